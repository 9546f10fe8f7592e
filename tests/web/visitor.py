"""A person with a browser that runs no scripts: follows links, fills forms, sends back what the page gave."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import Client, TestResponse

from tessera.kernel.context import SYSTEM, Context
from tessera.security.policy import BasicPolicy
from tessera.security.sessions import open_session
from tessera.web.blueprint import create_blueprint
from tessera.web.options import SESSION_COOKIE, WebOptions
from tests.api.service import Service


class Shop:
    """The installation with its pages."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = Flask("test", static_folder=None)
        self.app.testing = True
        self.app.register_blueprint(create_blueprint(service.runtime, WebOptions(default_tenant=service.tenant, page_size=10)))
        self.tenant = service.runtime.tenant(service.tenant)

    def anonymous(self) -> "Visitor":
        """Somebody who has not signed in."""
        return Visitor(Client(self.app))

    def visitor(self, login: str) -> "Visitor":
        """That person with an open session."""
        user = self.service.people[self.service.tenant, login]
        with self.tenant.database.writing() as connection:
            opened = open_session(connection, user, self.service.clock.now())
        client = Client(self.app)
        client.set_cookie(SESSION_COOKIE, opened.cookie)
        return Visitor(client)

    def make(self, module: str, values: dict[str, Any], owner: str | None = None) -> str:
        """The id of a new record."""
        if owner is not None:
            values = {**values, "owner": self.service.people[self.service.tenant, owner]}
        with self.tenant.session(self._context()) as session:
            return str(session.records.create(module, values)["id"])

    def get(self, module: str, record: str) -> dict[str, Any]:
        """A record as the system sees it."""
        with self.tenant.session(self._context(), write=False) as session:
            return session.records.get(module, UUID(record))

    def update(self, module: str, record: str, values: dict[str, Any]) -> None:
        """Change a record behind everybody's back."""
        with self.tenant.session(self._context()) as session:
            session.records.update(module, UUID(record), values)

    def hide(self, module: str, *fields: str) -> None:
        """From now on members do not see these fields."""
        self.service.runtime.policy = BasicPolicy(hidden={module: frozenset(fields)})

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The SQL that the tenant's database is asked meanwhile: by way of SQLAlchemy, and on the hot path beside it."""
        seen: list[str] = []
        database: Any = self.tenant.database
        hot = database.fetch_all

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            seen.append(statement)

        def fetch_all(statement: Any, values: Any) -> Any:
            seen.append(statement.sql)
            return hot(statement, values)

        sa.event.listen(database.engine, "before_cursor_execute", note)
        database.fetch_all = fetch_all
        try:
            yield seen
        finally:
            del database.fetch_all
            sa.event.remove(database.engine, "before_cursor_execute", note)

    def _context(self) -> Context:
        return Context(tenant=self.tenant.key, principal=SYSTEM, clock=self.service.clock)


class Visitor:
    """One browser."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, buffered=True, **more)

    def text(self, path: str) -> str:
        """The page at `path`, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status, re.findall(r"<h1>(.*?)</h1>", answer.text))
        return answer.text

    def post(self, path: str, values: Any = None, *, csrf: bool = True, **more: Any) -> TestResponse:
        """Send a form by hand, with the token of the person's pages."""
        data: MultiDict[str, Any] = MultiDict(values or {})
        if csrf:
            data["csrf"] = self.csrf()
        return self.client.post(path, data=data, buffered=True, **more)

    def csrf(self) -> str:
        """The token that pages give this visitor."""
        found = re.search(r'name="csrf" content="([^"]+)"', self.get("/profile", follow_redirects=True).text)
        assert found is not None
        return found.group(1)

    def submit(self, path: str, changes: dict[str, Any], *, then: str | None = None) -> TestResponse:
        """Open the form at `path`, change these controls, and send it where it says, as a browser without scripts does."""
        return self.send(self.get(path).text, changes, then=then)

    def send(self, page: str, changes: dict[str, Any], *, then: str | None = None) -> TestResponse:
        """Send the main form of a page that is already there."""
        form = FormReader()
        form.feed(page)
        assert form.action is not None
        for name, value in changes.items():
            assert name in form.values or name in form.names, f"the form has no control {name}"
            if isinstance(value, list):
                form.values.setlist(name, value)
            else:
                form.values[name] = value
        if then is not None:
            form.values["~then"] = then
        return self.client.post(form.action, data=form.values, buffered=True, content_type="multipart/form-data")


class FormReader(HTMLParser):
    """What a browser would send of the form with the id `form`: controls with their present values."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.action: str | None = None
        self.values: MultiDict[str, Any] = MultiDict()
        self.names: set[str] = set()
        self._inside = False
        self._template = 0
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value if value is not None else "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == "form"
            if self._inside:
                self.action = unescape(given["action"])
        elif tag == "template":
            self._template += 1
        elif self._inside and not self._template:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if name:
            self.names.add(name)
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    self.values.add(name, given.get("value", "on"))
            elif kind not in ("submit", "file"):
                self.values.add(name, given.get("value", ""))
        elif tag == "select":
            self._select = name
            self.values.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            self.values[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.values.setdefault(name, "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.values[self._area] = self.values[self._area] + data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "template":
            self._template -= 1
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
