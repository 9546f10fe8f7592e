"""Reading YAML from people we do not know: plain data and the line of everything, or a list of mistakes.

The tree is built from the parser's events, so that nothing is ever constructed, resolved or expanded: tags, anchors, aliases
and merge keys are refused, size, depth and number of nodes are bounded. Plain `true`, `false`, `null` and integers get their
type; everything else is text, dates and `yes`/`no` and decimal numbers included (decimals stay exact that way).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from tessera.metadata.errors import Mistake, show_path

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_NODES = 50_000

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML document: its data (dict, list, str, int, bool, None) and the line, from 1, of each path in it.

    The entries of a list of texts can be found by their text too, because they become keys when they are normalised.
    """

    file: str
    data: Any
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def line(self, path: tuple[str, ...]) -> int:
        """The line of `path`, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1

    def mistake(self, path: tuple[str, ...], message: str, suggestion: str | None = None) -> Mistake:
        """A mistake at `path` of this file."""
        return Mistake(self.file, self.line(path), show_path(path), message, suggestion)


class _Refused(Exception):
    """Raised inside this module when a document may not be read any further."""

    def __init__(self, line: int, message: str, path: tuple[str, ...] = ()) -> None:
        self.line, self.path = line, path
        super().__init__(message)


def read_file(path: FilePath, name: str) -> Source | Mistake:
    """The document in the file at `path`, which mistakes call `name`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Mistake(name, 0, "", f"The file is larger than {MAX_BYTES:,} bytes.")
        return read_text(path.read_bytes(), name)
    except OSError as error:
        return Mistake(name, 0, "", f"The file cannot be read: {error.strerror}.")


def read_text(content: bytes, name: str) -> Source | Mistake:
    """The document in `content` (UTF-8), or the first mistake that keeps it from being read."""
    if len(content) > MAX_BYTES:
        return Mistake(name, 0, "", f"The file is larger than {MAX_BYTES:,} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Mistake(name, line, "", "The file is not UTF-8 text.")
    try:
        builder = _Builder(yaml.parse(text, Loader=_LOADER))
        return Source(name, builder.document(), builder.lines)
    except _Refused as refused:
        return Mistake(name, refused.line, show_path(refused.path), str(refused))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        sentence = (error.problem or "it cannot be parsed").removesuffix(".")
        return Mistake(name, mark.line + 1 if mark else 0, "", f"This is not YAML: {sentence}.")
    except (yaml.YAMLError, ValueError) as error:
        return Mistake(name, 0, "", f"This is not YAML: {str(error).splitlines()[0]}")


class _Builder:
    """Builds plain data from parser events, counting nodes and keeping lines."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._nodes = 0
        self.lines: dict[tuple[str, ...], int] = {}

    def document(self) -> Any:
        """The one document of the stream."""
        self._expect(yaml.StreamStartEvent)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return None
        data = self._value(next(self._events), ())
        self._expect(yaml.DocumentEndEvent)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Refused(_line(event), "A file holds one document.")
        return data

    def _expect(self, kind: type[yaml.Event]) -> None:
        event = next(self._events)
        assert isinstance(event, kind), event

    def _value(self, event: yaml.Event, path: tuple[str, ...]) -> Any:
        line = _line(event)
        self.lines.setdefault(path, line)
        self._refuse_features(event, line, path)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _Refused(line, f"The file has more than {MAX_NODES:,} entries.", path)
        if len(path) > MAX_DEPTH:
            raise _Refused(line, f"The file is nested deeper than {MAX_DEPTH} levels.", path[:5])
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        return self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._sequence(path)

    def _refuse_features(self, event: yaml.Event, line: int, path: tuple[str, ...]) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(line, "Anchors and aliases (& and *) are not used here: write the value out.", path)
        if getattr(event, "tag", None) is not None:
            raise _Refused(line, "Tags (!…) are not used here.", path)

    def _mapping(self, path: tuple[str, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            self._refuse_features(event, line, path)
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused(line, "A key is a plain word.", path)
            key = event.value
            if key == "<<" and not event.style:
                raise _Refused(line, "Merge keys (<<) are not used here: write the values out.", path)
            if key in result:
                raise _Refused(line, f"The key {key!r} stands here twice.", (*path, key))
            self.lines[(*path, key)] = line
            result[key] = None
            result[key] = self._value(next(self._events), (*path, key))
        return result

    def _sequence(self, path: tuple[str, ...]) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            value = self._value(event, (*path, str(len(result))))
            if isinstance(value, str):
                self.lines.setdefault((*path, value), _line(event))
            result.append(value)
        return result


def _line(event: yaml.Event) -> int:
    """The line of an event, from 1; every event of a parser has a mark."""
    return event.start_mark.line + 1 if event.start_mark else 0


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Text, unless a plain (unquoted) scalar is one of the few other things."""
    value: str = event.value
    if event.style or not event.implicit[0]:
        return value
    if value in _WORDS:
        return _WORDS[value]
    return int(value) if _INTEGER.fullmatch(value) else value
