"""`tessera token`: personal access tokens for the API."""

from datetime import timedelta

import click

from tessera.bootstrap.cli.process import ProcessOptions, opened_tenant, pass_options, tenant_option


@click.group()
def token() -> None:
    """Make personal access tokens for the API."""


@token.command()
@tenant_option
@click.argument("login")
@click.option("--name", default="command line", show_default=True, help="What the token is for; shown in the user's list.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires. Default: never.")
@click.option("--module", "modules", multiple=True, metavar="KEY", help="Good for this module only; may be repeated.")
@click.option(
    "--action", "actions", multiple=True, metavar="ACTION", help="Good for this only (read, create …); may be repeated."
)
@pass_options
def create(
    options: ProcessOptions,
    *,
    tenant_key: str,
    login: str,
    name: str,
    days: int | None,
    modules: tuple[str, ...],
    actions: tuple[str, ...],
) -> None:
    """Print a new token that acts as LOGIN. It is shown this once.

    \b
    TOKEN=$(tessera token create -t demo admin)
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/v1/customer
    """
    from tessera.bootstrap.accounts import find_user, system_context
    from tessera.security.scopes import Scopes
    from tessera.security.tokens import issue_token

    scopes = Scopes(frozenset(modules) or None, frozenset(actions) or None)
    with opened_tenant(options, tenant_key) as tenant:
        now = system_context(tenant).now()
        user_id = find_user(tenant, login)
        expires_at = now + timedelta(days=days) if days else None
        with tenant.database.writing() as connection:
            issued = issue_token(connection, user_id, name, now, scopes=scopes, expires_at=expires_at)
    click.echo(issued.secret)
