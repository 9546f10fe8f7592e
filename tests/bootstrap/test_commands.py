"""The commands at work: from an empty folder to a tenant with apps, people, data, changes and nothing left."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tessera.bootstrap.cli import main
from tessera.bootstrap.configuration import load_settings, prepare
from tessera.bootstrap.shutdown import close
from tessera.bootstrap.tenants import create_tenant
from tessera.bootstrap.wiring import build_runtime

MANIFEST = 'name: fleet\ntitle: Fleet\nversion: 0.1.0\nnamespace: fleet\ndepends: {core: ">=0.1,<1"}\n'
VEHICLE = """
module: fleet_vehicle
label: Vehicle
label_plural: Vehicles
title_field: plate
fields:
  plate: {type: text, label: Plate, required: true, unique: true}
  mileage: {type: integer, label: Mileage}
"""
MAPPING = "module: fleet_vehicle\nsource: vehicles.csv\nmatch: [plate]\nfields: {plate: plate, mileage: km}\n"

Command = Callable[..., Result]


@pytest.fixture(params=["sqlite", "postgresql"])
def command(request: pytest.FixtureRequest, tmp_path: Path, worker_number: int) -> Iterator[Command]:
    """Runs `tessera` in an installation of its own, with the tenants on each kind of database."""
    environment = {"TESSERA_DATA_DIR": str(tmp_path / "data")}
    if request.param == "postgresql":
        environment["TESSERA_DEFAULT_LOCATION"] = request.getfixturevalue("postgres_url")
    runner = CliRunner(env=environment)

    def run(*arguments: str, code: int = 0, text: str | None = None) -> Result:
        result = runner.invoke(main, arguments, input=text, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    yield run
    if "house" in run("tenant", "list").output:
        run("tenant", "delete", "house", "--yes")


@pytest.fixture
def tenant(command: Command) -> str:
    command("tenant", "create", "house", "--name", "The House", "--password", "correct horse battery")
    return "house"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    module = tmp_path / "fleet" / "modules" / "fleet_vehicle" / "module.yaml"
    module.parent.mkdir(parents=True)
    module.write_text(VEHICLE)
    (tmp_path / "fleet" / "app.yaml").write_text(MANIFEST)
    return tmp_path / "fleet"


def test_a_tenant_is_made_listed_suspended_and_deleted(command: Command, tenant: str, tmp_path: Path) -> None:
    assert "The House" in command("tenant", "list").output
    command("tenant", "suspend", tenant)
    assert "There is no tenant" in command("openapi", "-t", tenant, code=1).output
    command("tenant", "resume", tenant)
    assert "is active, not suspended" in command("tenant", "resume", tenant, code=1).output
    command("tenant", "delete", tenant, text="n\n", code=1)
    command("tenant", "delete", tenant, text="y\n")
    assert command("tenant", "list").output.startswith("No tenants yet")
    assert not list((tmp_path / "data").glob("tenants/*"))


def test_a_tenant_key_is_taken_once(command: Command, tenant: str) -> None:
    assert "There already is a tenant" in command("tenant", "create", tenant, code=1).output


def test_a_weak_password_is_refused_with_its_reason(command: Command, tenant: str) -> None:
    printed = command("user", "create", "-t", tenant, "ann", "--name", "Ann", "--password", "short", code=1).output
    assert "/password: A password has at least 10 characters." in printed


def test_people_get_passwords_and_tokens(command: Command, tenant: str) -> None:
    command("user", "create", "-t", tenant, "ann", "--name", "Ann", "--password", "-", text="staple fruit window\n")
    command("user", "password", "-t", tenant, "ann", "--password", "another fruit window")
    assert command("token", "create", "-t", tenant, "ann", "--days", "3").output.startswith("tsr_")
    assert "There is no user 'bob'" in command("token", "create", "-t", tenant, "bob", code=1).output


def test_an_app_comes_changes_and_goes(command: Command, tenant: str, fleet: Path) -> None:
    planned = command("app", "install", str(fleet), "-t", tenant, "--dry-run").output
    assert "CREATE TABLE" in planned
    assert "fleet" not in command("app", "list", "-t", tenant).output
    assert "Version 2 serves now." in command("app", "install", str(fleet), "-t", tenant).output
    assert command("app", "install", str(fleet), "-t", tenant).output == "Nothing to publish.\n"
    assert "fleet_vehicle" in json.loads(command("openapi", "-t", tenant).stdout)["paths"].__str__()
    assert "Module fleet_vehicle is removed." in command("app", "remove", "fleet", "-t", tenant).output
    assert "fleet_vehicle: 0 values" in command("purge", "-t", tenant).output
    command("purge", "-t", tenant, "--all", "--yes")
    assert command("purge", "-t", tenant).output == "Nothing is hidden.\n"


def test_core_stays(command: Command, tenant: str) -> None:
    assert "every tenant stands on it" in command("app", "remove", "core", "-t", tenant, code=1).output


def test_publish_takes_up_what_changed_on_the_disk(
    command: Command, tenant: str, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSERA_APPS_PATH", str(fleet.parent))
    command("app", "install", "fleet", "-t", tenant)
    assert command("publish", "-t", tenant, "--dry-run").output == "Nothing to publish.\n"
    module = fleet / "modules" / "fleet_vehicle" / "module.yaml"
    module.write_text(VEHICLE + "  colour: {type: text, label: Colour}\n")
    assert "Version 3 serves now." in command("publish", "-t", tenant).output


def test_every_mistake_of_an_app_is_told_with_its_place(command: Command, fleet: Path) -> None:
    module = fleet / "modules" / "fleet_vehicle" / "module.yaml"
    module.write_text(VEHICLE.replace("integer", "intger").replace("unique", "uniqe"))
    printed = command("app", "check", str(fleet), code=1).output
    assert "fleet/modules/fleet_vehicle/module.yaml:8:" in printed
    assert "Did you mean 'integer'?" in printed
    assert "Did you mean 'unique'?" in printed


def test_an_app_without_mistakes_is_said_to_be_so(command: Command, fleet: Path) -> None:
    assert "fleet 0.1.0: no mistakes." in command("app", "check", str(fleet)).output


def test_an_unknown_app_gets_the_nearest_name(command: Command, tenant: str) -> None:
    assert "Did you mean 'standard_crm'?" in command("app", "install", "standard_crn", "-t", tenant, code=1).output


def test_files_are_imported_once(command: Command, tenant: str, fleet: Path, tmp_path: Path) -> None:
    command("app", "install", str(fleet), "-t", tenant)
    (tmp_path / "vehicles.yaml").write_text(MAPPING)
    (tmp_path / "vehicles.csv").write_text("plate,km\nAB 1,10\nAB 2,many\nAB 3,30\n")
    mapping = str(tmp_path / "vehicles.yaml")
    first = command("import", "-t", tenant, mapping, code=1)
    assert "2 created, 0 updated, 0 unchanged, 1 left out." in first.output
    assert "row 3:" in first.output
    (tmp_path / "vehicles.csv").write_text("plate,km\nAB 1,11\nAB 3,30\n")
    assert "0 created, 1 updated, 1 unchanged, 0 left out." in command("import", "-t", tenant, mapping).output
    assert command("recompute", "-t", tenant).output.endswith("0 values put right.\n")
    assert "✓ Tenant house" in command("doctor").output


def test_a_new_tenant_lives_in_the_time_zone_of_the_settings(tmp_path: Path) -> None:
    settings = prepare(load_settings({}, data_dir=tmp_path, timezone="Europe/Madrid"))
    runtime = build_runtime(settings)
    try:
        assert create_tenant(settings, runtime, "house", "House").catalog.timezone == "Europe/Madrid"
    finally:
        close(runtime)
