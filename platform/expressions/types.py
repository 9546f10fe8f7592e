"""The types of the formula language. Values are plain Python: str, Decimal, bool, date, datetime, time, timedelta, None."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "boolean", "date", "datetime", "time", "duration", "record", "list", "choices", "null", "any"]


@dataclass(frozen=True, slots=True)
class Type:
    """A kind, and for `record` and `list` the module (or line table, `module.field`) whose rows are meant.

    `choices` is a set of picklist keys (multi_picklist, tags). `scale` is the number of decimals of a stored number, None
    where it is not fixed: it decides how a formula's result is rounded when it is stored.
    """

    kind: Kind
    module: str | None = None
    scale: int | None = None


TEXT = Type("text")
NUMBER = Type("number")
INTEGER = Type("number", scale=0)
BOOLEAN = Type("boolean")
DATE = Type("date")
DATETIME = Type("datetime")
TIME = Type("time")
DURATION = Type("duration")
CHOICES = Type("choices")
NULL = Type("null")
ANY = Type("any")


def record(module: str) -> Type:
    """A reference to one row of `module`."""
    return Type("record", module)


def rows(module: str) -> Type:
    """A set of rows of `module`: a line table, or records that point here."""
    return Type("list", module)
