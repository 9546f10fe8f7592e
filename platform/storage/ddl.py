"""The text of statements that change tables, for one database and schema. Pure: nothing is executed here.

Rules for PostgreSQL that keep Citus possible: constraints and indexes have names of at most 50 bytes, a column is added first
and its foreign key after it, nothing uses sequences, triggers or functions of ours.
"""

from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.naming import foreign_key_name, primary_key_name, search_table
from tessera.storage.tables import column_type

_ON_DELETE = {"restrict": "", "cascade": " ON DELETE CASCADE", "set_null": " ON DELETE SET NULL"}

#: The key of a SQLite table as SQLite counts it. Naming it keeps it when a file is compacted, and the search index depends on it.
ROW_NUMBER = "_row"


class Ddl:
    """Writes statements for `dialect`, its tables in `schema` (None on SQLite)."""

    def __init__(self, dialect: sa.Dialect, schema: str | None) -> None:
        self.dialect = dialect
        self.schema = schema
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if dialect.name == "sqlite" else "postgresql"

    # -- names and values ---------------------------------------------------------------------------------------

    def quote(self, name: str) -> str:
        """A name as an identifier."""
        return self.dialect.identifier_preparer.quote(name)

    def table(self, name: str) -> str:
        """A table's name with its schema."""
        return f"{self.quote(self.schema)}.{self.quote(name)}" if self.schema else self.quote(name)

    def type_of(self, column: ColumnSpec) -> str:
        """The type as the database spells it."""
        return column_type(column).compile(dialect=self.dialect)

    def literal(self, value: str | int | bool | None) -> str:
        """A constant."""
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return ("1" if value else "0") if self.kind == "sqlite" else ("true" if value else "false")
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    # -- tables -------------------------------------------------------------------------------------------------

    def create_table(self, spec: TableSpec, name: str | None = None) -> str:
        """CREATE TABLE; on SQLite with its foreign keys, which cannot be added later."""
        key = spec.primary_key
        lines = [self._column(column, required=column.name in key) for column in spec.columns]
        keys = ", ".join(self.quote(k) for k in key)
        if self.kind == "sqlite":
            lines.insert(0, f"{self.quote(ROW_NUMBER)} INTEGER PRIMARY KEY")
            lines.append(f"CONSTRAINT {self.quote(primary_key_name(spec.name))} UNIQUE ({keys})")
            lines += [self._foreign_key(spec.name, column) for column in spec.columns if column.references]
        else:
            lines.append(f"CONSTRAINT {self.quote(primary_key_name(spec.name))} PRIMARY KEY ({keys})")
        body = ",\n  ".join(lines)
        return f"CREATE TABLE {self.table(name or spec.name)} (\n  {body}\n)"

    def drop_table(self, name: str) -> str:
        """DROP TABLE; on PostgreSQL with the foreign keys of others that point to it."""
        return f"DROP TABLE {self.table(name)}" + (" CASCADE" if self.kind == "postgresql" else "")

    def rename_table(self, name: str, to: str) -> str:
        """ALTER TABLE … RENAME TO."""
        return f"ALTER TABLE {self.table(name)} RENAME TO {self.quote(to)}"

    # -- columns ------------------------------------------------------------------------------------------------

    def add_column(self, table: str, column: ColumnSpec) -> tuple[str, ...]:
        """ADD COLUMN; existing rows get the default, which no longer holds for a column that may be empty."""
        default = f" DEFAULT {self._default(column)}" if column.default is not None else ""
        text = f"ALTER TABLE {self.table(table)} ADD COLUMN {self._column(column)}{default}"
        if self.kind == "sqlite":
            reference = f" {self._reference(table, column)}" if column.references else ""
            return (text + reference,)
        if default and column.nullable:
            return (text, f"{self._alter_column(table, column.name)} DROP DEFAULT")
        return (text,)

    def drop_column(self, table: str, column: str) -> str:
        """DROP COLUMN."""
        return f"ALTER TABLE {self.table(table)} DROP COLUMN {self.quote(column)}"

    def rename_column(self, table: str, column: str, to: str) -> str:
        """RENAME COLUMN."""
        return f"ALTER TABLE {self.table(table)} RENAME COLUMN {self.quote(column)} TO {self.quote(to)}"

    def set_type(self, table: str, column: ColumnSpec) -> str:
        """ALTER COLUMN … TYPE (PostgreSQL)."""
        kind = self.type_of(column)
        return f"{self._alter_column(table, column.name)} TYPE {kind} USING {self.quote(column.name)}::{kind}"

    def set_not_null(self, table: str, column: str) -> str:
        """ALTER COLUMN … SET NOT NULL (PostgreSQL)."""
        return f"{self._alter_column(table, column)} SET NOT NULL"

    def drop_not_null(self, table: str, column: str) -> str:
        """ALTER COLUMN … DROP NOT NULL (PostgreSQL)."""
        return f"{self._alter_column(table, column)} DROP NOT NULL"

    # -- constraints and indexes --------------------------------------------------------------------------------

    def add_foreign_key(self, table: str, column: ColumnSpec, *, valid: bool = False) -> str:
        """ADD CONSTRAINT (PostgreSQL). Unless `valid` it holds for new rows only, until `validate_foreign_key`."""
        return f"ALTER TABLE {self.table(table)} ADD {self._foreign_key(table, column)}" + ("" if valid else " NOT VALID")

    def validate_foreign_key(self, table: str, column: str) -> str:
        """VALIDATE CONSTRAINT (PostgreSQL): reads the table without holding up writers."""
        return f"ALTER TABLE {self.table(table)} VALIDATE CONSTRAINT {self.quote(foreign_key_name(table, column))}"

    def drop_foreign_key(self, table: str, column: str) -> str:
        """DROP CONSTRAINT (PostgreSQL)."""
        return f"ALTER TABLE {self.table(table)} DROP CONSTRAINT IF EXISTS {self.quote(foreign_key_name(table, column))}"

    def create_index(self, table: str, index: IndexSpec, *, concurrently: bool = False) -> tuple[str, ...]:
        """CREATE INDEX; a substring index on SQLite is a companion table, filled from the rows."""
        if index.method == "trigram":
            return self._create_trigram_index(table, index, concurrently)
        unique = "UNIQUE " if index.unique else ""
        where = f" WHERE {self.quote('deleted_at')} IS NULL" if index.live_only else ""
        keys = ", ".join(self.index_key(index, key) for key in index.columns)
        name = self._concurrently(concurrently) + self.quote(index.name)
        return (f"CREATE {unique}INDEX {name} ON {self.table(table)} ({keys}){where}",)

    def drop_index(self, table: str, index: IndexSpec, *, concurrently: bool = False) -> str:
        """DROP INDEX."""
        if index.method == "trigram" and self.kind == "sqlite":
            return f"DROP TABLE IF EXISTS {self.quote(search_table(table))}"
        return f"DROP INDEX {self._concurrently(concurrently)}IF EXISTS {self.table(index.name)}"

    def index_key(self, index: IndexSpec, key: str) -> str:
        """One key of an index as SQL, in the form that queries compare with."""
        name = self.quote(key.removeprefix("-"))
        if index.case_folded or key.removeprefix("-") in index.folded:
            name = f"{'tessera_lower' if self.kind == 'sqlite' else 'lower'}({name})"
        if not key.startswith("-"):
            return name
        return f"{name} DESC" if self.kind == "sqlite" else f"{name} DESC NULLS LAST"  # lists show empty values last

    # -- inside -------------------------------------------------------------------------------------------------

    def _column(self, column: ColumnSpec, *, required: bool = False) -> str:
        text = f"{self.quote(column.name)} {self.type_of(column)}"
        if column.collation == "nocase" and self.kind == "sqlite":
            text += " COLLATE NOCASE"
        return text + (" NOT NULL" if required or not column.nullable else "")

    def _default(self, column: ColumnSpec) -> str:
        value = column.default
        if self.kind == "sqlite" and column.kind in ("decimal", "datetime"):
            convert = column_type(column).dialect_impl(self.dialect).bind_processor(self.dialect)
            assert convert is not None
            value = convert(datetime.fromisoformat(str(value)) if column.kind == "datetime" else value)
        return self.literal(value)

    def _alter_column(self, table: str, column: str) -> str:
        return f"ALTER TABLE {self.table(table)} ALTER COLUMN {self.quote(column)}"

    def _foreign_key(self, table: str, column: ColumnSpec) -> str:
        assert column.references is not None
        target = self.quote(column.references) if self.kind == "sqlite" else self.table(column.references)
        name = self.quote(foreign_key_name(table, column.name))
        action = _ON_DELETE[column.on_delete]
        return f"CONSTRAINT {name} FOREIGN KEY ({self.quote(column.name)}) REFERENCES {target} ({self.quote('id')}){action}"

    def _reference(self, table: str, column: ColumnSpec) -> str:
        assert column.references is not None
        name = self.quote(foreign_key_name(table, column.name))
        return f"CONSTRAINT {name} REFERENCES {self.quote(column.references)} ({self.quote('id')}){_ON_DELETE[column.on_delete]}"

    def _create_trigram_index(self, table: str, index: IndexSpec, concurrently: bool) -> tuple[str, ...]:
        column = self.quote(index.columns[0])
        if self.kind == "postgresql":
            name = self.quote(index.name)
            return (
                f"CREATE INDEX {self._concurrently(concurrently)}{name} ON {self.table(table)} USING gin ({column} gin_trgm_ops)",
            )
        fts = self.quote(search_table(table))
        return (
            f"CREATE VIRTUAL TABLE {fts} USING fts5(search_text, tokenize='trigram')",
            f"INSERT INTO {fts}(rowid, search_text) SELECT rowid, coalesce({column}, '') FROM {self.quote(table)}",  # noqa: S608
        )

    def _concurrently(self, concurrently: bool) -> str:
        return "CONCURRENTLY " if concurrently and self.kind == "postgresql" else ""
