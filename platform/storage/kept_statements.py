"""Statements that transactions run again and again: rendered once, run on the driver, with errors as SQLAlchemy would raise them.

An execution through SQLAlchemy costs several times what the server needs for an insert of one row. What a save always does goes
this way; everything else goes through the connection as usual, in the same transaction.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import sqlalchemy as sa

from tessera.storage.statements import CompiledStatement, render

_MOST = 5_000
_kept: dict[tuple[str, str | None, Hashable], CompiledStatement] = {}


def kept(connection: sa.Connection, key: Hashable, make: Callable[[], sa.sql.ClauseElement]) -> CompiledStatement:
    """The statement of `key` for the connection's database and schema, made by `make` the first time.

    For tables that never change, those of `system_tables`; what depends on metadata belongs into `Catalog.extras`.
    """
    schemas: Mapping[Any, Any] = connection.get_execution_options().get("schema_translate_map") or {}
    place = (connection.dialect.name, schemas.get(None), key)
    found = _kept.get(place)
    if found is None:
        if len(_kept) >= _MOST:
            _kept.clear()
        found = _kept[place] = render(make(), connection.dialect, schemas.get(None))
    return found


def execute(connection: sa.Connection, statement: CompiledStatement, values: Mapping[str, Any]) -> Any:
    """The driver's cursor after running `statement` in the transaction of `connection`. Raises SQLAlchemy's errors."""
    driver: Any = connection.connection.dbapi_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        return driver.execute(statement.sql, statement.bind(values))
    except errors as error:
        raise sa.exc.DBAPIError.instance(
            statement.sql, None, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from error


def inserting(table: sa.Table) -> sa.Insert:
    """An insert of one row into `table`, each column a parameter of its name."""
    return table.insert().values({column.name: sa.bindparam(column.name, type_=column.type) for column in table.columns})
