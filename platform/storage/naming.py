"""Names of schemas, constraints and indexes: at most 50 bytes, the same every time, readable."""

import hashlib
from collections.abc import Sequence

LONGEST = 50  # Citus cuts and hashes longer ones


def schema_name(key: str) -> str:
    """The PostgreSQL schema of the tenant `key`."""
    return f"t_{key}"


def shortened(name: str) -> str:
    """`name`, or its beginning and a hash of the whole when it has more than 50 bytes."""
    encoded = name.encode()
    if len(encoded) <= LONGEST:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:8]
    return encoded[: LONGEST - 9].decode(errors="ignore").rstrip("_") + "_" + digest


def index_name(table: str, columns: Sequence[str], *, unique: bool = False) -> str:
    """The name of an index over `columns` ("-name" for descending)."""
    parts = "_".join(c[1:] + "_desc" if c.startswith("-") else c for c in columns)
    return shortened(f"{'ux' if unique else 'ix'}_{table}_{parts}")


def foreign_key_name(table: str, column: str) -> str:
    """The name of the foreign key of `column`."""
    return shortened(f"fk_{table}_{column}")


def primary_key_name(table: str) -> str:
    """The name of the primary key of `table`."""
    return shortened(f"pk_{table}")


def search_table(table: str) -> str:
    """The companion table that holds the substring index of `table` on SQLite."""
    return shortened(f"{table}__fts")
