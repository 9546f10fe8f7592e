"""What may stand in a log line: numbers, identifiers and words that the program itself chose. Nothing a person typed.

An allow-list, because a list of forbidden names is never complete: a text passes only under a key that is known to hold no
field value and no secret.
"""

import traceback
from collections.abc import MutableMapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tessera.kernel.errors import TesseraError

#: Keys whose texts are the program's own: names of things, never contents.
TEXT_KEYS = frozenset(
    {
        "event", "level", "timestamp", "logger",
        "request_id", "tenant", "principal", "face", "method", "route", "module",
        "error", "code", "exception", "stack", "sqlstate",
        "job", "kind", "state", "queue", "worker", "app", "version", "engine", "step", "setting", "address",
    }
)  # fmt: skip
REDACTED = "[redacted]"
LONGEST_TEXT = 500
DEEPEST_FRAMES = 25

_PLAIN = (bool, int, float, UUID, date, datetime, timedelta, type(None))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: blank out every value that is not known to be harmless, and cut what is too long."""
    for name, value in event.items():
        if isinstance(value, _PLAIN):
            continue
        if name not in TEXT_KEYS:
            event[name] = REDACTED
        elif name == "stack":
            event[name] = [str(frame)[:LONGEST_TEXT] for frame in value[-DEEPEST_FRAMES:]]
        else:
            event[name] = str(value)[:LONGEST_TEXT]
    return event


def harmless(value: Any) -> Any:
    """`value` if it is a number, a moment or an identifier, else `REDACTED`."""
    return value if isinstance(value, _PLAIN) else REDACTED


def exception_facts(error: BaseException) -> dict[str, Any]:
    """What is said of an exception: its class, its stable code or SQLSTATE, and where it came from. Never its message."""
    facts: dict[str, Any] = {"exception": f"{type(error).__module__}.{type(error).__qualname__}"}
    if isinstance(error, TesseraError):
        facts["code"] = error.code
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    if state:
        facts["sqlstate"] = state
    frames = traceback.extract_tb(error.__traceback__)
    facts["stack"] = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    if error.__cause__ is not None:
        facts["stack"] += [f"caused by {type(error.__cause__).__name__}"]
    return facts
