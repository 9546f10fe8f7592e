"""A length of time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from tessera.expressions.types import DURATION, Type
from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Cell, Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.number_input import read_decimal
from tessera.runtime.fields.scalar import ScalarField
from tessera.storage.columns import ColumnSpec

#: Ten years in seconds, either way.
LONGEST = 10 * 366 * 86_400

_CLOCK = re.compile(r"([+-]?)(\d{1,6}):([0-5]?\d)(?::([0-5]?\d))?", re.ASCII)
_ISO = re.compile(r"([+-]?)P(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.ASCII)
_WORDS = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?)\s*([^\W\d_]+)\.?\s*")
_UNITS: Mapping[str, int] = {
    **dict.fromkeys(("d", "day", "days", "día", "días", "dia", "dias", "天", "日"), 86_400),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hora", "horas", "时", "小时"), 3_600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minuto", "minutos", "分", "分钟"), 60),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "segundo", "segundos", "秒"), 1),
}


@dataclass(frozen=True, slots=True)
class DurationOptions:
    """Whether a negative length of time is allowed."""

    negative: bool


class DurationField(ScalarField):
    """Working time, call length: whole seconds. JSON form: the number of seconds.

    People write `1:30` (hours and minutes), `90 min`, `2 h 15 m`.
    """

    key = "duration"
    label = "Duration"
    widget = "duration"
    json_ready = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "negative": {"type": "boolean", "default": False, "description": "Less than nothing is allowed (time owed)."},
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> DurationOptions:
        return DurationOptions(definition.options.get("negative", False))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "integer"),)

    def expression_type(self, field: CompiledField) -> Type:
        return DURATION

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> timedelta | None:
        seconds = _read_seconds(raw, coercion)
        if seconds is None:
            return None
        if seconds < 0 and not field.options.negative:
            raise Rejected("too_small", "This must be at least {least}.", least="0:00")
        return timedelta(seconds=seconds)

    def operand(self, field: CompiledField, raw: Any, context: Context) -> Any:
        return _read_seconds(raw, Coercion(context))

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return (None if value is None else _seconds(value),)

    def from_columns(self, field: CompiledField, values: Any) -> Any:
        return None if values[0] is None else timedelta(seconds=values[0])

    def from_expression(self, field: CompiledField, value: Any) -> Any:
        return timedelta(seconds=_seconds(value))

    def expression_sql(self, field: CompiledField, columns: Any) -> Any:
        return None

    def to_json(self, field: CompiledField, value: Any) -> Any:
        return _seconds(value)

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return None

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        if value is None:
            return ""
        seconds = _seconds(value)
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        text = f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}"
        return f"{text}:{seconds % 60:02}" if seconds % 60 else text

    def to_search(self, field: CompiledField, value: Any) -> str:
        return ""

    def to_cell(self, field: CompiledField, value: Any, display: Display) -> Cell:
        """Excel shows no negative times."""
        return self.to_text(field, value, display) if value is not None and value < timedelta() else value

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "integer", "minimum": -LONGEST if field.options.negative else 0, "maximum": LONGEST}


def _seconds(value: timedelta) -> int:
    return value.days * 86_400 + value.seconds


def _read_seconds(raw: Any, coercion: Coercion) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, time):  # how spreadsheets give lengths under a day
        raw = timedelta(hours=raw.hour, minutes=raw.minute, seconds=raw.second)
    if isinstance(raw, timedelta):
        return _checked(_seconds(raw))
    if isinstance(raw, str):
        text = raw.strip()[:80]
        if not text:
            return None
        spelled = _spelled(text.lower()) if len(raw) <= 80 else None
        if spelled is not None:
            return _checked(spelled)
        raw = text
    number = read_decimal(raw, coercion)
    if number is None:
        return None
    if number.adjusted() > 15 or number != number.to_integral_value():
        raise _no_duration()
    return _checked(int(number))


def _spelled(text: str) -> int | None:
    """A clock form, an ISO 8601 duration, or numbers with units; None when it is none of them."""
    clock = _CLOCK.fullmatch(text)
    if clock:
        sign, hours, minutes, seconds = clock.groups()
        return (-1 if sign == "-" else 1) * (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0))
    iso = _ISO.fullmatch(text.upper())
    if iso and any(iso.groups()[1:]):
        sign, *parts = iso.groups()
        total = sum(int(part or 0) * size for part, size in zip(parts, (86_400, 3_600, 60, 1), strict=True))
        return -total if sign == "-" else total
    found = _WORDS.findall(text.lstrip("+-"))
    if found and not _WORDS.sub("", text.lstrip("+-")) and all(unit in _UNITS for _, unit in found):
        total = sum(round(Decimal(number.replace(",", ".")) * _UNITS[unit]) for number, unit in found)
        return -total if text.startswith("-") else total
    return None


def _checked(seconds: int) -> int:
    if abs(seconds) > LONGEST:
        raise Rejected("out_of_range", "This length of time is too great.")
    return seconds


def _no_duration() -> Rejected:
    return Rejected("not_a_duration", "This must be a length of time, such as {example}.", example="1:30")
