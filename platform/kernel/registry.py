"""A small typed registry with loud errors: the one way plug-ins are found."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar


class Keyed(Protocol):
    """Anything with a stable key to be registered under."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Keyed)


class AlreadyRegistered(ValueError):
    """Raised when two entries claim one key."""


class UnknownEntry(LookupError):
    """Raised when a key names nothing; the message lists what is known."""


class Registry(Generic[T]):
    """Entries of one kind by key, in the order of registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, entry: T) -> T:
        """Add `entry`; raises `AlreadyRegistered` when its key is taken."""
        if entry.key in self._entries:
            raise AlreadyRegistered(f"{self.kind} {entry.key!r} is already registered")
        self._entries[entry.key] = entry
        return entry

    def get(self, key: str) -> T:
        """The entry of `key`; raises `UnknownEntry` naming the nearest and all known keys."""
        try:
            return self._entries[key]
        except KeyError:
            near = get_close_matches(key, self._entries, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            known = ", ".join(sorted(self._entries)) or "none"
            raise UnknownEntry(f"no {self.kind} {key!r}{hint}; known: {known}") from None

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def keys(self) -> tuple[str, ...]:
        """All keys, in the order of registration."""
        return tuple(self._entries)

    @contextmanager
    def register_temporarily(self, entry: T) -> Iterator[T]:
        """For tests: `entry` is known inside the block only."""
        self.register(entry)
        try:
            yield entry
        finally:
            del self._entries[entry.key]
