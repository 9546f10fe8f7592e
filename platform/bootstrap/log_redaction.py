"""What may stand in a log line: numbers, identifiers and words that the program itself chose. Nothing a person typed.

An allow-list, because a list of forbidden names is never complete: a text passes only under a key that is known to hold no
field value and no secret, and under most of these only if it is a single word.
"""

import re
import traceback
from collections.abc import MutableMapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tessera.kernel.errors import TesseraError

#: Keys that hold one word of the program's own: names of things, never contents.
WORD_KEYS = frozenset(
    {
        "level",
        "timestamp",
        "logger",
        "request_id",
        "tenant",
        "principal",
        "face",
        "method",
        "module",
        "error",
        "code",
        "exception",
        "sqlstate",
        "job",
        "kind",
        "schedule",
        "state",
        "queue",
        "worker",
        "app",
        "version",
        "engine",
        "step",
        "setting",
        "address",
    }
)
#: Keys that hold more than a word: what happened, the pattern of the address, the frames of a stack.
TEXT_KEYS = frozenset({"event", "route", "stack"})
_WORD = re.compile(r"[\w.:@+<>\-\[\]]{0,200}")
REDACTED = "[redacted]"
LONGEST_TEXT = 500
DEEPEST_FRAMES = 25

_PLAIN = (bool, int, float, UUID, date, datetime, timedelta, type(None))


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: blank out every value that is not known to be harmless, and cut what is too long."""
    for name, value in event.items():
        if name == "stack":
            event[name] = [str(frame)[:LONGEST_TEXT] for frame in value[-DEEPEST_FRAMES:]]
        elif name in TEXT_KEYS:
            event[name] = str(value)[:LONGEST_TEXT]
        elif not isinstance(value, _PLAIN) and not (name in WORD_KEYS and _WORD.fullmatch(str(value))):
            event[name] = REDACTED
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
