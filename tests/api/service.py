"""An installation for tests: a control database, a tenant of the shop with three people, and clients that carry tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import Client, TestResponse

from tessera.api.blueprint import create_blueprint
from tessera.api.options import ApiOptions
from tessera.api.rate_limits import MemoryStore
from tessera.kernel.clock import MovableClock
from tessera.kernel.context import SYSTEM, Context
from tessera.metadata.definitions import Definitions
from tessera.runtime.compile import compile_catalog
from tessera.runtime.files.store import FileStore
from tessera.runtime.model import Catalog
from tessera.runtime.runtime import Runtime, TenantRuntime
from tessera.security.credentials import set_password
from tessera.security.policy import BasicPolicy
from tessera.security.scopes import UNLIMITED, Scopes
from tessera.security.tokens import issue_token
from tessera.storage.control import ControlDatabase
from tessera.storage.engines import EngineRegistry
from tessera.storage.tenant_database import TenantDatabase
from tests.support.tables import publish_tables

PASSWORD = "blue lamp over the door"
PEOPLE = {"ann": "administrator", "mel": "member", "moe": "member"}


class Caller:
    """A client that speaks for one person: JSON in, JSON out."""

    def __init__(self, client: Client, token: str | None, root: str = "/api/v1") -> None:
        self.client, self.token, self.root = client, token, root

    def call(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] = {}, **more: Any) -> TestResponse:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            more["json"] = body
        return self.client.open(self.root + path, method=method, headers={**given, **headers}, buffered=True, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> TestResponse:
        return self.call("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.call("DELETE", path, **more)

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """What a POST made; fails with the problem when it did not."""
        answer = self.post(path, body)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        return answer.get_json()


@dataclass
class Service:
    """The installation. `tenant` is the key of the first tenant."""

    control: ControlDatabase
    location: str
    folder: Path
    tenant: str
    options: ApiOptions = field(default_factory=lambda: ApiOptions(login_rate=1_000))
    clock: MovableClock = field(default_factory=MovableClock)
    catalogs: dict[str, Catalog] = field(default_factory=dict)
    people: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.runtime = Runtime(
            self.control,
            policy=BasicPolicy(),
            load_catalog=lambda database: self.catalogs[database.key],
            store_for=lambda key: FileStore(self.folder / "files" / key),
            clock=self.clock,
        )
        self.app = Flask("test")
        self.app.register_blueprint(create_blueprint(self.runtime, self.options, store=MemoryStore()))
        self.client = Client(self.app)

    def add_tenant(self, key: str, definitions: Definitions, *hosts: str) -> TenantRuntime:
        """A tenant with its people."""
        database = self.control.create(key, key.title(), self.location, hosts=hosts)
        self.publish(key, database, definitions)
        self.control.set_state(key, "active")
        self.runtime.look_again()
        tenant = self.runtime.tenant(key)
        with tenant.session(Context(tenant=key, principal=SYSTEM, clock=self.clock)) as session:
            for login, role in PEOPLE.items():
                row = session.records.create("user", {"login": login, "name": login.title(), "role": role})
                self.people[key, login] = row["id"]
        return tenant

    def publish(self, key: str, database: TenantDatabase, definitions: Definitions) -> None:
        """Make these definitions the tenant's next metadata version."""
        version = self.catalogs[key].version + 1 if key in self.catalogs else 1
        catalog = compile_catalog(definitions, version)
        publish_tables(database, catalog.specs())
        self.catalogs[key] = catalog
        self.control.set_version(key, version)
        self.runtime.look_again()

    def republish(self, definitions: Definitions) -> None:
        """Another version for the first tenant."""
        self.publish(self.tenant, self.runtime.tenant(self.tenant).database, definitions)

    def token(self, login: str = "ann", scopes: Scopes = UNLIMITED, *, tenant: str | None = None, **options: Any) -> str:
        """A new token of a person."""
        key = tenant or self.tenant
        with self.runtime.tenant(key).database.writing() as connection:
            return issue_token(connection, self.people[key, login], "test", self.clock.now(), scopes=scopes, **options).secret

    def caller(
        self, login: str = "ann", scopes: Scopes = UNLIMITED, *, tenant: str | None = None, root: str = "/api/v1"
    ) -> Caller:
        """A client with a token of that person."""
        return Caller(self.client, self.token(login, scopes, tenant=tenant), root)

    def anonymous(self) -> Caller:
        """A client without a token."""
        return Caller(self.client, None)

    def give_password(self, login: str) -> None:
        """Let the person sign in with `PASSWORD`."""
        with self.runtime.tenant(self.tenant).database.writing() as connection:
            set_password(connection, self.people[self.tenant, login], login, PASSWORD, self.clock.now())


def make_control(engines: EngineRegistry, location: Any, folder: Path) -> tuple[ControlDatabase, str]:
    """A control database beside the tenants, and the location for these."""
    if location.engine == "sqlite":
        control = ControlDatabase(engines, f"sqlite:///{folder}/control.sqlite")
        tenants = f"sqlite:///{folder}/{{tenant}}.sqlite"
    else:
        control = ControlDatabase(engines, location.url, schema=location.schema)
        tenants = location.url
    control.prepare()
    return control, tenants
