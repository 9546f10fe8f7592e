"""Many new rows of one table at once: COPY on PostgreSQL, which takes them at a fraction of what INSERT costs a row."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from psycopg import sql

#: Fewer rows than this go in as they always do: COPY has a round trip of its own.
COPY_FROM = 20


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, all with the columns of the first, in the connection's transaction. Raises SQLAlchemy's errors."""
    if connection.dialect.name != "postgresql" or len(rows) < COPY_FROM:
        connection.execute(table.insert(), rows)
        return
    names = list(rows[0])
    dialect = connection.dialect
    converters = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    schemas: Mapping[Any, Any] = connection.get_execution_options().get("schema_translate_map") or {}
    place = [part for part in (schemas.get(None), table.name) if part]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*place), sql.SQL(", ").join(sql.Identifier(name) for name in names)
    )
    driver: Any = connection.connection.dbapi_connection
    errors = dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = (row[name] for name in names)
                copy.write_row(
                    [v if v is None or convert is None else convert(v) for v, convert in zip(values, converters, strict=True)]
                )
    except errors as error:
        raise sa.exc.DBAPIError.instance("COPY", None, error, errors, hide_parameters=True, dialect=dialect) from error
