"""Idempotency keys: a request that is sent again with its key has its effect once and gets the first answer again.

The answer is stored in the transaction of the work itself. So both hold or neither does, whatever is killed when, and no key
is ever stuck "in progress". What counts as the same: tenant, principal, method and path, key and body. Kept for `LIFETIME`.

Stored is whatever execution led to, refusals and faults included. Not stored, so that the same key may try again: requests that
were refused before execution (who, how, how often), validation errors, and temporary conditions.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tessera.api.answers import Answer
from tessera.api.errors import BadParameter, KeyInProgress, KeyReused
from tessera.storage.system_tables import idempotency

LIFETIME: Final = timedelta(hours=24)
MAX_KEY: Final = 255
#: Statuses of refusals that execution led to; every other refusal leaves the key free.
STORED_REFUSALS: Final = frozenset({404, 409, 412, 500})
_KEPT_HEADERS: Final = ("Location", "ETag")


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request that carries a key."""

    key: str
    principal: str
    route: str
    fingerprint: str

    @property
    def _where(self) -> tuple[sa.ColumnElement[bool], ...]:
        c = idempotency.c
        return c.key == self.key, c.principal_id == self.principal, c.route == self.route


def idempotent_request(key: str | None, principal: str, method: str, path: str, body: bytes) -> IdempotentRequest | None:
    """The request as the store knows it; None when it carries no key. Raises `BadParameter` for a key that does not fit."""
    if key is None:
        return None
    if not key or len(key) > MAX_KEY or not key.isprintable():
        raise BadParameter("An Idempotency-Key has 1 to {most} printable characters.", parameter="Idempotency-Key", most=MAX_KEY)
    return IdempotentRequest(key, principal, _route(method, path), hashlib.sha256(body).hexdigest())


def _route(method: str, path: str) -> str:
    route = f"{method} {path}"
    return route if len(route) <= 200 else f"{method} sha256:{hashlib.sha256(path.encode()).hexdigest()}"


def begin(connection: sa.Connection, request: IdempotentRequest, now: datetime) -> Answer | None:
    """Claim the key in this transaction, or give the answer that is stored for it.

    Raises `KeyReused` when the key belongs to another body, `KeyInProgress` when its first request is still running
    (on SQLite one waits for it instead: there is one writer at a time).
    """
    if connection.dialect.name == "postgresql" and not _lock(connection, request):
        raise KeyInProgress()
    c = idempotency.c
    row = connection.execute(sa.select(c.fingerprint, c.status, c.headers, c.body, c.created_at).where(*request._where)).first()
    if row is not None and timedelta(0) <= abs(now - row.created_at) < LIFETIME:
        if row.fingerprint != request.fingerprint:
            raise KeyReused()
        headers = dict(row.headers)
        content_type = headers.pop("Content-Type")
        return Answer(row.status, bytes(row.body), {**headers, "Idempotent-Replayed": "true"}, content_type)
    if row is not None:
        connection.execute(idempotency.delete().where(*request._where))
    return None


def finish(connection: sa.Connection, request: IdempotentRequest, answer: Answer, now: datetime) -> None:
    """Store the answer; an answer that is already there (stored by the one who came first) stays."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    kept = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    values: dict[str, Any] = {
        "key": request.key,
        "principal_id": request.principal,
        "route": request.route,
        "fingerprint": request.fingerprint,
        "status": answer.status,
        "headers": {**kept, "Content-Type": answer.content_type},
        "body": answer.body,
        "created_at": now,
    }
    connection.execute(insert(idempotency).values(values).on_conflict_do_nothing())


def remove_expired(connection: sa.Connection, now: datetime) -> int:
    """Delete answers that are older than `LIFETIME`; says how many. A cleaning job calls it."""
    return connection.execute(idempotency.delete().where(idempotency.c.created_at <= now - LIFETIME)).rowcount


def _lock(connection: sa.Connection, request: IdempotentRequest) -> bool:
    """Hold the key until the transaction ends; False when another transaction does."""
    schema = (connection.get_execution_options().get("schema_translate_map") or {}).get(None)
    name = "\0".join((str(schema), request.key, request.principal, request.route))
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(number))))
