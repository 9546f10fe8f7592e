"""The data: 100,000 customers of 20 owners, the same on every run and for both contestants."""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from bench.app_files import INDUSTRIES, STATUSES

CUSTOMERS = 100_000
OWNERS = 20
START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)  # nothing of the data was created later
_WORDS = ("north", "river", "stone", "bright", "golden", "silver", "maple", "harbor", "summit", "valley", "cedar", "falcon")
_CITIES = ("Madrid", "Lyon", "Köln", "Milano", "Porto", "Gdańsk", "Graz", "Oslo", "Cork", "Basel")
_COUNTRIES = ("ES", "FR", "DE", "IT", "PT", "PL", "AT", "NO", "IE", "CH")

#: Columns of a customer, in the order of `customers`; the same in both tables.
COLUMNS = (
    "id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner", "code", "name", "email", "phone",
    "website", "city", "country", "status", "industry", "employees", "annual_revenue", "rating", "since", "last_contact", "vip",
    "notes",
)  # fmt: skip


def identifier(kind: int, number: int) -> UUID:
    """A UUIDv7 that is always the same."""
    milliseconds = int(START.timestamp() * 1000) + kind * 1_000_000_000 + number
    tail = int.from_bytes(hashlib.blake2s(f"{kind}/{number}".encode(), digest_size=8).digest(), "big") >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | tail)


def owner_id(number: int) -> UUID:
    """The id of the owner of this number; 0 is the administrator, 1 to 20 are the members who own customers."""
    return identifier(0, number)


def token_of(number: int) -> str:
    """The API token of a user."""
    return "tsr_" + hashlib.sha256(f"bench {number}".encode()).hexdigest()[:43]


def customers(number: int = CUSTOMERS) -> Iterator[tuple[Any, ...]]:
    """The customers as rows of `COLUMNS`."""
    pick = random.Random(20_250_101)
    for n in range(number):
        owner = owner_id(1 + n % OWNERS)
        made = START + timedelta(seconds=60 * n)
        name = f"{pick.choice(_WORDS)} {pick.choice(_WORDS)} {n:06d}".title()
        place = pick.randrange(len(_CITIES))
        yield (
            identifier(1, n), 1, made, owner, made, owner, owner, f"C{n:06d}", name, f"info{n}@example.com",
            f"+34 {600_000_000 + n}", f"https://www.example.com/{n}", _CITIES[place], _COUNTRIES[place],
            pick.choice(STATUSES), pick.choice(INDUSTRIES),
            pick.randrange(1, 5_000), Decimal(pick.randrange(100_000, 10**9)) / 100, pick.randrange(1, 6),
            date(2015, 1, 1) + timedelta(days=pick.randrange(3_650)), made + timedelta(microseconds=pick.randrange(10**12)),
            pick.random() < 0.1, f"Met at the fair in {_CITIES[place]}. " * pick.randrange(1, 4),
        )  # fmt: skip


def copy_rows(
    connection: psycopg.Connection[Any], table: sql.Composable, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]
) -> None:
    """COPY rows into a table."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, names)) as copy:
        for row in rows:
            copy.write_row(row)
