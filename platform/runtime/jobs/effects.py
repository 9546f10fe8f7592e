"""Proof that an effect took place, written in the effect's own transaction: running twice has the effect once."""

from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tessera.storage.system_tables import effect

MAX_KEY = 200

State = Literal["done", "begun"]


def effect_key(scope: str, key: str) -> str:
    """The name of an effect within a scope; long ones keep their beginning and get a digest."""
    whole = f"{scope}/{key}" if key else scope
    if len(whole) <= MAX_KEY:
        return whole
    digest = sha256(whole.encode()).hexdigest()
    return f"{whole[: MAX_KEY - len(digest) - 1]}~{digest}"


def record_once(connection: sa.Connection, key: str, now: datetime, *, job_id: UUID | None = None, state: State = "done") -> bool:
    """Record in the caller's transaction that the effect `key` takes place; False when it already has.

    Another transaction that is just recording the same key is waited for.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(effect).on_conflict_do_nothing(index_elements=[effect.c.key]).returning(effect.c.key)
    return connection.execute(insert, {"key": key, "at": now, "state": state, "job_id": job_id}).first() is not None


def state_of(connection: sa.Connection, key: str) -> State | None:
    """What is known of the effect: None when it has not begun."""
    return connection.execute(sa.select(effect.c.state).where(effect.c.key == key)).scalar()


def mark_done(connection: sa.Connection, key: str) -> None:
    """An effect that had begun took place."""
    connection.execute(effect.update().where(effect.c.key == key).values(state="done"))


def forget(connection: sa.Connection, key: str) -> None:
    """An effect that had begun certainly did not take place."""
    connection.execute(effect.delete().where(effect.c.key == key, effect.c.state == "begun"))


def forget_begun(connection: sa.Connection, job_id: UUID) -> None:
    """A person decided that what this job had begun shall be done again."""
    connection.execute(effect.delete().where(effect.c.job_id == job_id, effect.c.state == "begun"))
