"""Small values that cross between the record service and its callers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

#: `{field key: value}`; line tables as lists of such rows.
Row = dict[str, Any]

Count = Literal["none", "bounded", "exact"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that another one points to: enough to show and link it. `title` is None when the reader may not see it.

    `fields` holds what `expand` asked of it ("customer.region" gives `{"region": …}`), else None.
    """

    id: UUID
    module: str
    title: str | None
    fields: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to list. `filter` is a JSON filter tree; `sort` field paths, "-" for descending; `cursor` from the page before.

    `fields` None: every field of the row (no lines). `expand` turns lookups into references with the expanded fields.
    `titles` turns every lookup into a `Reference`. `search` is full text. `deleted` lists the recycle bin instead.
    """

    filter: Mapping[str, Any] | None = None
    sort: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    expand: tuple[str, ...] = ()
    titles: bool = False
    search: str | None = None
    limit: int = 50
    cursor: str | None = None
    count: Count = "none"
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows. `count` is None when not asked for; `count_bounded` when there are at least that many."""

    rows: list[Row]
    next_cursor: str | None = None
    count: int | None = None
    count_bounded: bool = False


@dataclass(frozen=True, slots=True)
class GroupKey:
    """A field to group by; dates in buckets of a `day`, `week`, `month`, `quarter` or `year` (context's time zone)."""

    field: str
    bucket: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate: `count`, `count_distinct`, `sum`, `avg`, `min` or `max` of a field (None: of the rows)."""

    function: str
    field: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Figures over the records that `filter` leaves, grouped. A path into a line table (`lines.amount`) aggregates lines."""

    measures: tuple[Measure, ...]
    group_by: tuple[GroupKey, ...] = ()
    filter: Mapping[str, Any] | None = None
    search: str | None = None
    sort: tuple[str, ...] = ()
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a save would do: the values with defaults and formulas, the problems, and the state of conditional fields."""

    values: Row
    problems: tuple[Any, ...] = ()
    hidden: frozenset[str] = field(default_factory=frozenset)
    required: frozenset[str] = field(default_factory=frozenset)
    read_only: frozenset[str] = field(default_factory=frozenset)
