"""`tessera user`: people who can sign in."""

import sys

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened_tenant, pass_options, tenant_option

#: Given instead of a password: command lines can be seen by others on the machine, standard input cannot.
FROM_INPUT = "-"

password_option = click.password_option(
    "--password", help="Asked for when left out; `--password -` reads it from standard input.", prompt_required=True
)


@click.group()
def user() -> None:
    """Make people who can sign in, and change their passwords."""


@user.command()
@tenant_option
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role", type=click.Choice(["member", "administrator"]), default="member", show_default=True, help="What they may do."
)
@click.option("--email", help="Mail address.")
@password_option
@pass_options
def create(
    options: ProcessOptions, *, tenant_key: str, login: str, name: str, role: str, email: str | None, password: str
) -> None:
    """Make a user who signs in as LOGIN."""
    from tessera.bootstrap.accounts import create_account

    values: dict[str, object] = {"login": login, "name": name, "role": role}
    if email:
        values["email"] = email
    with opened_tenant(options, tenant_key) as tenant:
        create_account(tenant, values, _from_input(password))
    click.echo(f"{login} can sign in to {tenant_key}.")


@user.command("password")
@tenant_option
@click.argument("login")
@password_option
@pass_options
def change(options: ProcessOptions, tenant_key: str, login: str, password: str) -> None:
    """Give LOGIN a new password; ends their sessions and lifts a lock."""
    from tessera.bootstrap.accounts import change_password

    with opened_tenant(options, tenant_key) as tenant:
        change_password(tenant, login, _from_input(password))
    click.echo(f"{login} has a new password.")


def _from_input(password: str) -> str:
    """What was given, or the first line of standard input for `-`."""
    return sys.stdin.readline().rstrip("\n") if password == FROM_INPUT else password
