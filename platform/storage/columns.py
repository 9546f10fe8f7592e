"""What a table, column, index and constraint are, as plain values.

These specs are the language between the compiled modules and the database: a publish compares the specs of the old
metadata version with those of the new one and plans the difference. They serialise to JSON, so that the old side is a
stored snapshot and never guessed from the database. They know nothing of modules.
"""

from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal[
    "text",  # length None: unlimited
    "integer",  # 64 bits
    "decimal",  # exact; precision and scale
    "boolean",
    "date",
    "datetime",  # UTC, microseconds
    "time",
    "uuid",
    "json",
    "bytes",
]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column. `references` names a table of the same tenant whose `id` it points to."""

    name: str
    kind: ColumnKind
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True
    references: str | None = None
    on_delete: Literal["restrict", "cascade", "set_null"] = "restrict"
    default: str | int | bool | None = None  # a constant, for rows that exist when the column is added
    collation: Literal["binary", "nocase"] = "binary"
    hidden: bool = False  # no longer in the metadata; kept with its data until it is purged


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index over columns ("-name" for descending).

    `live_only` leaves out rows in the recycle bin (where `deleted_at` is null): uniqueness holds among live records.
    `method` "trigram" is a substring index over one text column. `case_folded` folds every text column, `folded` only those it
    names (in a list's index a name is compared folded, but a picklist's key as it stands).
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    live_only: bool = False
    case_folded: bool = False
    method: Literal["btree", "trigram"] = "btree"
    folded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table: its columns in order and its indexes. Names are at most 50 bytes.

    The primary key is `id`; a table without one (a link table) has its first two columns as the key.
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    indexes: tuple[IndexSpec, ...] = ()
    hidden: bool = False  # no longer in the metadata; kept with its data until it is purged

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the key columns."""
        names = tuple(column.name for column in self.columns)
        return ("id",) if "id" in names else names[:2]

    def column(self, name: str) -> ColumnSpec | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)
