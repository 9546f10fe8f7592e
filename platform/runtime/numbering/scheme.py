"""How a number is written: `SO-{YYYYMM}-{0000}`. Pure: it knows no database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

Reset = Literal["never", "year", "month", "day"]

#: From the coarsest to the finest.
RESETS: tuple[Reset, ...] = ("never", "year", "month", "day")
#: Longest number, and the most digits a counter is padded to.
NUMBER_LENGTH = 100
MOST_DIGITS = 12

_PART = re.compile(r"\{([^{}]*)\}")
_DATE = re.compile(r"(YYYY|YY)?(MM)?(DD)?")
_FIELD = re.compile(r"field:([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Fixed:
    """Text as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class DatePart:
    """Digits of the day the number is drawn: any of year (4 or 2 digits), month, day."""

    year: str
    month: bool
    day: bool


@dataclass(frozen=True, slots=True)
class FieldPart:
    """The value of another field of the record. Each of its values counts for itself."""

    key: str


@dataclass(frozen=True, slots=True)
class CounterPart:
    """The running number, padded with zeros; a greater one is written in full."""

    width: int


Part = Fixed | DatePart | FieldPart | CounterPart


@dataclass(frozen=True)
class Scheme:
    """A parsed scheme. `reset` says when the counter begins anew; by default as its finest date part does."""

    text: str
    parts: tuple[Part, ...]
    reset: Reset

    @cached_property
    def field_keys(self) -> tuple[str, ...]:
        """The fields whose values stand in the number."""
        return tuple(part.key for part in self.parts if isinstance(part, FieldPart))

    def period(self, day: date) -> str:
        """The period in which numbers run on, as the key of a counter."""
        return {"never": "", "year": f"{day:%Y}", "month": f"{day:%Y-%m}", "day": f"{day:%Y-%m-%d}"}[self.reset]

    def write(self, number: int, day: date, values: Mapping[str, Any]) -> str:
        """The number as people read it. `values` holds the texts of `field_keys`."""
        return "".join(_write(part, number, day, values) for part in self.parts)


def parse_scheme(text: str, reset: str | None = None) -> Scheme:
    """`text` as a scheme. Raises ValueError with a plain sentence."""
    parts: list[Part] = []
    position = 0
    for match in _PART.finditer(text):
        _add_fixed(parts, text[position : match.start()])
        parts.append(_part(match.group(1)))
        position = match.end()
    _add_fixed(parts, text[position:])
    counters = [part for part in parts if isinstance(part, CounterPart)]
    if len(counters) != 1:
        raise ValueError(f"a numbering scheme has exactly one counter such as {{0000}}: {text!r}")
    finest = _finest(parts, text)
    if reset is not None and reset not in RESETS:
        raise ValueError(f"reset is one of {', '.join(RESETS)}")
    chosen = next((known for known in RESETS if known == reset), finest)
    if RESETS.index(chosen) > RESETS.index(finest):
        raise ValueError(f"numbers of {text!r} would repeat: it begins anew every {chosen}, but does not name the {chosen}")
    return Scheme(text, tuple(parts), chosen)


def _add_fixed(parts: list[Part], text: str) -> None:
    if "{" in text or "}" in text:
        raise ValueError(f"a brace is not closed or not opened: {text!r}")
    if text:
        parts.append(Fixed(text))


def _part(content: str) -> Part:
    if content and set(content) == {"0"}:
        if len(content) > MOST_DIGITS:
            raise ValueError(f"a counter has at most {MOST_DIGITS} digits")
        return CounterPart(len(content))
    field = _FIELD.fullmatch(content)
    if field:
        return FieldPart(field.group(1))
    dated = _DATE.fullmatch(content)
    if content and dated:
        return DatePart(dated.group(1) or "", bool(dated.group(2)), bool(dated.group(3)))
    raise ValueError(
        f"{{{content}}} is no part of a number; known are {{YYYY}} {{YY}} {{MM}} {{DD}}, those joined, {{0000}} and {{field:key}}"
    )


def _finest(parts: list[Part], text: str) -> Reset:
    """The finest date part; its coarser ones must stand there too, or numbers would repeat."""
    dates = [part for part in parts if isinstance(part, DatePart)]
    year, month, day = any(p.year for p in dates), any(p.month for p in dates), any(p.day for p in dates)
    if (day and not month) or (month and not year):
        raise ValueError(f"numbers of {text!r} would repeat: a day needs its month, and a month its year")
    return "day" if day else "month" if month else "year" if year else "never"


def _write(part: Part, number: int, day: date, values: Mapping[str, Any]) -> str:
    if isinstance(part, Fixed):
        return part.text
    if isinstance(part, CounterPart):
        return str(number).zfill(part.width)
    if isinstance(part, FieldPart):
        return str(values.get(part.key) or "")
    year = {"YYYY": f"{day.year:04}", "YY": f"{day.year % 100:02}", "": ""}[part.year]
    return year + (f"{day.month:02}" if part.month else "") + (f"{day.day:02}" if part.day else "")
