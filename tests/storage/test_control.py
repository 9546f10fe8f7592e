"""The control database and the places of tenants."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tessera.kernel.errors import BadRequest, ConfigurationError, Conflict, Unavailable
from tessera.storage.control import ControlDatabase, UnknownTenant
from tessera.storage.engines import EngineRegistry
from tessera.storage.system_schema import TENANT_SCHEMA, SystemSchema, SystemStep, upgrade
from tessera.storage.system_tables import setting
from tessera.storage.tenant_database import TenantDatabase
from tests.conftest import Location


@pytest.fixture
def control(engines: EngineRegistry, location: Location) -> Iterator[ControlDatabase]:
    control = ControlDatabase(engines, location.url, schema=f"{location.schema}")
    control.prepare()
    yield control
    for record in control.tenants():
        control.drop(record.key)


@pytest.fixture
def place(location: Location, worker_number: int) -> tuple[str, str]:
    """A tenant key nobody else uses, and a location for it."""
    if location.schema is None:
        return "acme", location.url.replace("tenant.sqlite", "{tenant}.sqlite")
    return f"acme_{location.schema[2:14]}", location.url


def test_a_tenant_is_created_found_and_dropped(control: ControlDatabase, place: tuple[str, str]) -> None:
    key, location = place
    database = control.create(key, "Acme", location, hosts=["Acme.Example"])
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(setting)).scalar() == 1
    assert control.get(key).state == "creating"
    assert control.current_versions() == {}
    control.set_state(key, "active")
    assert control.by_host("ACME.example").hosts == ("acme.example",)
    assert [record.key for record in control.tenants()] == [key]
    control.drop(key)
    assert control.tenants() == ()
    with pytest.raises(UnknownTenant):
        control.get(key)
    with pytest.raises(UnknownTenant):
        control.by_host("acme.example")


def test_an_interrupted_creation_is_taken_up_again(control: ControlDatabase, place: tuple[str, str]) -> None:
    key, location = place
    control.create(key, "Acme", location)
    control.create(key, "Acme", location)
    control.set_state(key, "active")
    with pytest.raises(Conflict):
        control.create(key, "Other", location)


def test_keys_are_small_words(control: ControlDatabase, place: tuple[str, str]) -> None:
    for key in ("Acme", "1a", "", "a-b", "a" * 32, "a;drop", "ä"):
        with pytest.raises(BadRequest):
            control.create(key, "x", place[1])


def test_hosts_belong_to_one_tenant(control: ControlDatabase, place: tuple[str, str]) -> None:
    key, location = place
    control.create(key, "Acme", location, hosts=["a.example"])
    control.create(f"{key}2", "Beta", location)
    with pytest.raises(Conflict, match=r"a\.example"):
        control.set_hosts(f"{key}2", ["b.example", "a.example"])
    control.set_hosts(key, ["b.example"])
    control.set_hosts(f"{key}2", ["a.example"])
    assert control.by_host("a.example").key == f"{key}2"


def test_two_tenants_never_share_a_file(control: ControlDatabase, place: tuple[str, str], sqlite_location: Location) -> None:
    if control.database.schema is not None:
        pytest.skip("tenants share a PostgreSQL database, each in its own schema")
    one_file = sqlite_location.url.replace("tenant.sqlite", "all.sqlite")
    control.create("first", "First", one_file)
    for location in (one_file, sqlite_location.url):  # the other tenant's, the control database's
        with pytest.raises(Conflict, match="file"):
            control.create("second", "Second", location)
    assert [record.key for record in control.tenants()] == ["first"]


def test_metadata_versions_never_go_back(control: ControlDatabase, place: tuple[str, str]) -> None:
    key, location = place
    control.create(key, "Acme", location)
    control.set_state(key, "active")
    control.set_version(key, 5)
    control.set_version(key, 4)
    assert control.current_versions() == {key: 5}


def test_preparing_twice_is_harmless(control: ControlDatabase) -> None:
    control.prepare()


def test_system_tables_go_forward_step_by_step(database: TenantDatabase) -> None:
    def add_table(connection: sa.Connection) -> None:
        schema = f"{database.schema}." if database.schema else ""
        connection.exec_driver_sql(f"CREATE TABLE {schema}sys_new (id integer PRIMARY KEY)")

    def fail(connection: sa.Connection) -> None:
        add_table(connection)

    longer = SystemSchema((*TENANT_SCHEMA.steps, SystemStep("Add a table.", add_table)), TENANT_SCHEMA.settings)
    failing = SystemSchema((*longer.steps, SystemStep("Add it again.", fail)), TENANT_SCHEMA.settings)
    assert upgrade(database, TENANT_SCHEMA) == []
    assert upgrade(database, longer) == ["Add a table."]
    with pytest.raises(sa.exc.DBAPIError):
        upgrade(database, failing)
    assert upgrade(database, longer) == []


def test_tenants_of_one_location_share_a_pool(engines: EngineRegistry, postgres_url: str) -> None:
    first, second = engines.database("a", postgres_url, "t_a"), engines.database("b", postgres_url, "t_b")
    assert first.engine.pool is second.engine.pool
    assert engines.database("a", postgres_url, "t_a") is first


def test_a_named_location_stands_for_its_url(sqlite_location: Location) -> None:
    engines = EngineRegistry({"main": sqlite_location.url.replace("tenant.sqlite", "{tenant}.sqlite")})
    assert engines.url("main", "acme").endswith("/acme.sqlite")
    assert engines.dialect_of("main") == "sqlite"


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "sqlite://"])
def test_wrong_locations_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        EngineRegistry().location(url)


def test_a_database_that_is_away_is_unavailable_and_keeps_its_password(postgres_url: str) -> None:
    url = postgres_url.replace("postgres@", "nobody:hidden-word@")
    database = EngineRegistry().database("x", url, "t_x")
    for way in (database.reading, database.writing, database.hot):
        with pytest.raises(Unavailable) as error, way():
            pass
        assert "hidden-word" not in str(error.value) + str(error.value.__cause__)
