"""What a function of the language is: one entry with its texts, its types, its Python and its SQL.

A function has one or more overloads. PostgreSQL runs an overload's `postgresql` template (`{0}` is the first argument; a
callable makes the template for a number of arguments). SQLite runs the very same Python function, registered as
`tx_<key>`, unless `sqlite` gives a native template of the same meaning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tessera.expressions.types import Kind, Type

Template = str | Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument: what the reference calls it and the kind it must have."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Overload:
    """One set of argument types. `key` is unique; with `strict` any missing argument gives a missing result, uncalled.

    `repeats`: the last parameter may be given any number of times, at least once. `words`: the only literal texts the parameter
    at `words_at` may hold. `local`: the last parameter is the reader's time zone, which nobody writes. `postgresql` None: there
    is no SQL form of the same meaning.
    """

    key: str
    parameters: tuple[Parameter, ...]
    result: Type
    python: Callable[..., Any]
    postgresql: Template | None
    sqlite: Template | None = None
    strict: bool = True
    repeats: bool = False
    words: tuple[str, ...] = ()
    words_at: int = -1
    local: bool = False

    @property
    def written(self) -> tuple[Parameter, ...]:
        """The parameters that people write."""
        return self.parameters[:-1] if self.local else self.parameters

    def parameter(self, position: int) -> Parameter:
        """The parameter an argument at `position` belongs to."""
        return self.parameters[min(position, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        """Whether `count` arguments fit in number."""
        return count >= len(self.written) if self.repeats else count == len(self.written)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A named function as people know it: overloads tried in order, a sentence, and examples (formula, result).

    `usage` is how it is called, where no overload says so.
    """

    name: str
    group: str
    summary: str
    overloads: tuple[Overload, ...]
    examples: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[str, ...]:
        """How it is called: `round(number, digits)`."""
        return self.usage or tuple(dict.fromkeys(f"{self.name}({_named(overload)})" for overload in self.overloads))


def _named(overload: Overload) -> str:
    names = ", ".join(parameter.name for parameter in overload.written)
    return f"{names}, …" if overload.repeats else names


def parameters(text: str) -> tuple[Parameter, ...]:
    """Parameters from a compact form: `"text: text, count: number"`."""
    found = []
    for part in text.split(","):
        name, _, kind = part.partition(":")
        found.append(Parameter(name.strip(), kind.strip()))  # type: ignore[arg-type]
    return tuple(found) if text else ()


def settled(template: str) -> str:
    """PostgreSQL: a numeric result rounded and bounded as `numbers.settle` does it, naming its argument only once."""
    limit = "1e24"
    return f"NULLIF(LEAST(NULLIF(GREATEST(ROUND({template}, 12), -{limit}), -{limit}), {limit}), {limit})"


def listed(before: str, between: str, after: str) -> Callable[[int], str]:
    """A template for any number of arguments: `listed("f(", ", ", ")")(2)` is `f({0}, {1})`."""
    return lambda count: before + between.join(f"{{{at}}}" for at in range(count)) + after
