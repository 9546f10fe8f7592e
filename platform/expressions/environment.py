"""The circumstances a formula is evaluated under: the only things it can know beside its record."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Environment:
    """`now` is aware UTC; `today` the day it is in `timezone` (an IANA name); `user` the id of who acts, None for nobody."""

    now: datetime
    today: date
    timezone: str = "UTC"
    user: UUID | None = None

    @classmethod
    def at(cls, now: datetime, timezone: str = "UTC", user: UUID | None = None) -> "Environment":
        """The environment of the moment `now`, with the day worked out in `timezone`."""
        return cls(now, now.astimezone(ZoneInfo(timezone)).date(), timezone, user)
