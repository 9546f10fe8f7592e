"""Structured logs: one line an event, as text for people or JSON for machines, on standard error.

What may stand in a line is an allow-list (`bootstrap.log_redaction`), so that neither a secret nor a field value gets there by
accident. Lines of the standard library's `logging` (ours and other people's) take the same way.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import IO, Any

import orjson
import structlog

from tessera.bootstrap.log_redaction import WORD_KEYS, exception_facts, harmless, redact
from tessera.bootstrap.settings import LogFormat, LogLevel

_LEVELS: Mapping[str, int] = logging.getLevelNamesMapping()
#: `logging` has attributes of its own by some of the names.
EXTRA_KEYS = WORD_KEYS - logging.makeLogRecord({}).__dict__.keys()
_FIRST = ("timestamp", "level", "event", "logger")


def configure_logging(level: LogLevel, form: LogFormat, stream: IO[str] | None = None) -> None:
    """Set up all logging of this process. May be called again, for instance in a forked server process."""
    output = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _describe_exception,
            redact,
            render_json if form == "json" else render_text,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level.upper()]),
        logger_factory=lambda *_: LineLogger(output),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [StandardLibraryHandler()]
    root.setLevel(_LEVELS[level.upper()])


class LineLogger:
    """Writes finished lines. A full disk or a closed pipe must not stop the service: such lines are lost."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line."""
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass

    debug = info = warning = error = critical = msg


class StandardLibraryHandler(logging.Handler):
    """Hands records of `logging` to structlog. Of `extra`, the keys that the redaction knows are taken along."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        facts: dict[str, Any] = {key: record.__dict__[key] for key in EXTRA_KEYS & record.__dict__.keys()}
        facts["logger"] = record.name
        if record.exc_info and record.exc_info[1] is not None:
            facts["exc_info"] = record.exc_info[1]
        structlog.get_logger().log(min(record.levelno, logging.CRITICAL), _message(record), **facts)


def _message(record: logging.LogRecord) -> str:
    """The text with its arguments filled in, as far as they are harmless."""
    arguments: Any = record.args or ()
    if isinstance(arguments, Mapping):
        arguments = {name: harmless(value) for name, value in arguments.items()}
    elif isinstance(arguments, tuple):
        arguments = tuple(harmless(value) for value in arguments)
    try:
        return str(record.msg) % arguments if arguments else str(record.msg)
    except (TypeError, ValueError, KeyError):
        return str(record.msg)


def _describe_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put type and place of an exception in, not its message: that may hold what somebody typed."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event.update(exception_facts(error))
    return event


def render_json(_logger: Any, _method: str, event: Mapping[str, Any]) -> str:
    """One JSON object."""
    return orjson.dumps(event, default=str).decode()


def render_text(_logger: Any, _method: str, event: Mapping[str, Any]) -> str:
    """Time, level and text, then `name=value` pairs; an exception's stack below."""
    pairs = [f"{name}={_shown(value)}" for name, value in event.items() if name not in (*_FIRST, "stack")]
    head = f"{str(event['timestamp'])[11:23]} {event['level']:<7} {_shown(event['event'])}"
    stack = "".join(f"\n    {frame}" for frame in event.get("stack", ()))
    return " ".join([head, *pairs]) + stack


def _shown(value: Any) -> str:
    """The value on one line, whatever characters a stranger put into it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))
