"""A tenant with the bundled apps, its people, and all the ways in that a check needs: the API, the overlay, imports."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from werkzeug.datastructures import MultiDict
from werkzeug.test import Client, TestResponse

from tessera.bootstrap.app import create_app
from tessera.exchange.importing import Importer, ImportResult
from tessera.exchange.mapping import read_mapping
from tessera.kernel.clock import Clock
from tessera.metadata.operations import Operation
from tessera.security.credentials import set_password
from tessera.security.policy import Policy
from tessera.security.scopes import UNLIMITED, Scopes
from tessera.security.tokens import issue_token
from tests.api.service import Caller
from tests.features.pages import forms_of
from tests.support.installation import Installation, installation

T = TypeVar("T")
PASSWORD = "blue lamp over the door"


class Workplace:
    """`people` holds the ids of those who got a token, by login."""

    def __init__(self, installed: Installation, folder: Path) -> None:
        self.installed = installed
        self.tenant = installed.tenant
        self.runtime = installed.runtime
        self.folder = folder
        self.people: dict[str, UUID] = {}
        # nobody is slowed down here: how often callers may come is the subject of tests of the API
        settings = replace(installed.settings, token_rate=1_000_000, address_rate=1_000_000, login_rate=1_000_000)
        self.app = create_app(settings, installed.runtime)

    # -- people ---------------------------------------------------------------------------------------------------

    def caller(self, login: str = "ann", role: str = "administrator", scopes: Scopes = UNLIMITED) -> Caller:
        """A client with a new token of that person, who is made when they are new."""
        with self.tenant.session(self.installed.context()) as session:
            if login not in self.people:
                user = session.records.create("user", {"login": login, "name": login.title(), "role": role})
                self.people[login] = user["id"]
            issued = issue_token(session.connection, self.people[login], "test", self.runtime.clock.now(), scopes=scopes)
        return Caller(Client(self.app), issued.secret)

    def visitor(self, login: str = "ann", *, prefix: str = "") -> "Visitor":
        """The pages as that person sees them, signed in with their password; the person got a token before."""
        with self.tenant.session(self.installed.context()) as session:
            set_password(session.connection, self.people[login], login, PASSWORD, self.runtime.clock.now())
        visitor = Visitor(Client(self.app))
        answer = visitor.send(f"{prefix}/login", {"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return visitor

    def again(self, caller: Caller) -> Caller:
        """Another client with the same token, for another thread."""
        return Caller(Client(self.app), caller.token, caller.root)

    # -- definitions ----------------------------------------------------------------------------------------------

    def change(self, *operations: Mapping[str, Any]) -> None:
        """Publish changes of the tenant's own. Servers look for them every 200 ms; this one looks at once."""
        self.installed.publisher.apply_overlay(self.tenant.key, [Operation(**operation) for operation in operations])
        self.runtime.look_again()

    # -- imports --------------------------------------------------------------------------------------------------

    def import_text(self, mapping: str, **texts: str) -> ImportResult:
        """Import CSV texts by file name under a mapping."""
        for name, text in texts.items():
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        path = self.folder / "mapping.yaml"
        path.write_text(mapping, encoding="utf-8")
        return Importer(self.tenant, self.installed.context(), read_mapping(path, self.tenant.catalog)).run()


class Visitor:
    """A browser without scripts: fetches pages, fills their forms and sends them back."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str) -> str:
        """A page."""
        answer = self.client.get(path, buffered=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.get_data(as_text=True))
        return answer.get_data(as_text=True)

    def form(self, path: str) -> MultiDict[str, str]:
        """What the largest form of a page would send as it stands."""
        return max(forms_of(self.get(path)), key=len)

    def send(self, path: str, changes: Mapping[str, str]) -> TestResponse:
        """Fetch the form at `path`, fill these controls in and send it to where it came from."""
        fields = self.form(path)
        for name, value in changes.items():
            fields[name] = value
        return self.client.post(path, data=fields, buffered=True)


@contextmanager
def workplace(folder: Path, location: str, *, policy: Policy | None = None, clock: Clock | None = None) -> Iterator[Workplace]:
    """A workplace in `folder` whose tenant lives at `location`; gone afterwards."""
    with installation(folder / "var", location, clock=clock) as installed:
        if policy is not None:
            installed.runtime.policy = policy
        yield Workplace(installed, folder)


def in_parallel(work: Callable[[int], T], count: int, threads: int = 8) -> list[T]:
    """`work(0)` to `work(count - 1)` by as many threads as a server has; results in order."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(count)))


def by_key(entries: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Entries of a description by their key."""
    return {entry["key"]: entry for entry in entries}
