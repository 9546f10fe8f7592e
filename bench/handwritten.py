"""The same endpoints as a good programmer writes them by hand: Flask, SQLAlchemy Core, psycopg 3, orjson, columns hard-coded.

What it leaves out is what the comparison is about: metadata, validation beyond the obvious, audit, outbox, versions of fields.
"""

import hashlib
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from flask import Flask, Response, request
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from tessera.kernel.ids import uuid7

SCHEMA = "bench_handwritten"
metadata = sa.MetaData(schema=SCHEMA)

token = sa.Table(
    "token", metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("administrator", sa.Boolean, nullable=False),
)  # fmt: skip
customer = sa.Table(
    "customer", metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    sa.Column("created_by", sa.Uuid),
    sa.Column("updated_at", TIMESTAMP(timezone=True), nullable=False),
    sa.Column("updated_by", sa.Uuid),
    sa.Column("owner", sa.Uuid),
    sa.Column("code", sa.String(20), unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(254)),
    sa.Column("phone", sa.String(40)),
    sa.Column("website", sa.String(200)),
    sa.Column("city", sa.String(100)),
    sa.Column("country", sa.String(2)),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("industry", sa.String(20)),
    sa.Column("employees", sa.BigInteger),
    sa.Column("annual_revenue", sa.Numeric(18, 2)),
    sa.Column("rating", sa.BigInteger),
    sa.Column("since", sa.Date),
    sa.Column("last_contact", TIMESTAMP(timezone=True)),
    sa.Column("vip", sa.Boolean),
    sa.Column("notes", sa.Text),
    sa.Column("deleted_at", TIMESTAMP(timezone=True)),
    sa.Index("ix_customer_owner_list", "owner", "status", "name", "id"),
    sa.Index("ix_customer_list", "status", "name", "id"),
)  # fmt: skip

_ALL = [c for c in customer.c if c.key != "deleted_at"]
_MEMBERS = [c for c in _ALL if c.key != "annual_revenue"]
_WRITABLE = {c.key for c in _ALL} - {"id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner"}

app = Flask(__name__)
engine = sa.create_engine(
    os.environ["BENCH_DATABASE"], pool_size=8, connect_args={"options": "-c timezone=UTC"}, isolation_level="AUTOCOMMIT"
)
writing = engine.execution_options(isolation_level="READ COMMITTED")


class Caller:
    """Who asks, looked up by the token in the database."""

    def __init__(self, connection: sa.Connection) -> None:
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        hashed = hashlib.sha256(secret.encode()).hexdigest()
        row = connection.execute(sa.select(token.c.user_id, token.c.administrator).where(token.c.hash == hashed)).first()
        if row is None:
            raise PermissionError
        self.id: UUID = row.user_id
        self.administrator: bool = row.administrator
        self.columns = _ALL if row.administrator else _MEMBERS
        self.names = [str(column.key) for column in self.columns]

    def visible(self) -> list[sa.ColumnElement[bool]]:
        """The rows the caller may see."""
        live = customer.c.deleted_at.is_(None)
        if self.administrator:
            return [live]
        return [live, customer.c.owner == sa.any_(sa.literal([self.id], ARRAY(sa.Uuid)))]


def answer(value: Any, status: int = 200) -> Response:
    """JSON; exact numbers as text."""
    return Response(orjson.dumps(value, default=_text), status, content_type="application/json")


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value))


@app.errorhandler(PermissionError)
def refuse(_error: PermissionError) -> Response:
    """No token, or a wrong one."""
    return answer({"title": "Sign in first."}, 401)


@app.get("/customer/<uuid:record_id>")
def get_one(record_id: UUID) -> Response:
    """One customer."""
    with engine.connect() as connection:
        caller = Caller(connection)
        row = connection.execute(sa.select(*caller.columns).where(customer.c.id == record_id, *caller.visible())).first()
    return answer(dict(zip(caller.names, row, strict=True))) if row is not None else answer({"title": "Not found"}, 404)


@app.get("/customer")
def list_some() -> Response:
    """A page: filtered by status and size, sorted by name, counted if asked."""
    status, least = request.args["status"], int(request.args["employees"])
    with engine.connect() as connection:
        caller = Caller(connection)
        chosen = [*caller.visible(), customer.c.status == status, customer.c.employees >= least]
        page = sa.select(*caller.columns).where(*chosen).order_by(customer.c.name, customer.c.id).limit(51)
        rows = [dict(zip(caller.names, row, strict=True)) for row in connection.execute(page)]
        body: dict[str, Any] = {"items": rows[:50], "more": len(rows) > 50}
        if "count" in request.args:
            body["count"] = connection.execute(sa.select(sa.func.count()).select_from(customer).where(*chosen)).scalar_one()
    return answer(body)


@app.get("/customer/groups")
def group() -> Response:
    """Customers and their employees by status."""
    with engine.connect() as connection:
        caller = Caller(connection)
        groups = (
            sa.select(customer.c.status, sa.func.count().label("count"), sa.func.sum(customer.c.employees).label("sum_employees"))
            .where(*caller.visible())
            .group_by(customer.c.status)
            .order_by(customer.c.status)
        )
        rows = [
            {"status": status, "count": number, "sum_employees": int(total)}
            for status, number, total in connection.execute(groups)
        ]
    return answer({"rows": rows})


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - _WRITABLE
    if unknown or not values.get("name", "x") or len(values.get("name", "")) > 200:
        raise ValueError(unknown)
    if "since" in values:
        values["since"] = date.fromisoformat(values["since"])
    if "last_contact" in values:
        values["last_contact"] = datetime.fromisoformat(values["last_contact"])
    if "annual_revenue" in values:
        values["annual_revenue"] = Decimal(values["annual_revenue"])
    return values


@app.post("/customer")
def create() -> Response:
    """A new customer."""
    values = _checked(orjson.loads(request.get_data()))
    with writing.connect() as connection, connection.begin():
        caller = Caller(connection)
        now = datetime.now(UTC)
        made = {"id": uuid7(), "version": 1, "created_at": now, "created_by": caller.id, "updated_at": now}
        made |= {"updated_by": caller.id, "owner": caller.id, **values}
        row = connection.execute(customer.insert().values(made).returning(*caller.columns)).one()
    return answer(dict(zip(caller.names, row, strict=True)), 201)


@app.patch("/customer/<uuid:record_id>")
def update(record_id: UUID) -> Response:
    """Change some fields."""
    values = _checked(orjson.loads(request.get_data()))
    with writing.connect() as connection, connection.begin():
        caller = Caller(connection)
        changed = (
            customer.update()
            .where(customer.c.id == record_id, *caller.visible())
            .values(version=customer.c.version + 1, updated_at=datetime.now(UTC), updated_by=caller.id, **values)
            .returning(*caller.columns)
        )
        row = connection.execute(changed).first()
    return answer(dict(zip(caller.names, row, strict=True))) if row is not None else answer({"title": "Not found"}, 404)
