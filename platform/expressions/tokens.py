"""Text → tokens."""

import re
from dataclasses import dataclass
from typing import Literal

from tessera.expressions.errors import FormulaError, FormulaIssue
from tessera.expressions.limits import MAX_TEXT
from tessera.expressions.syntax import Span

TokenKind = Literal["number", "text", "name", "operator", "end"]

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\u00a0\u3000]+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
      | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<operator><=|>=|<>|!=|==|&&|\|\||[-+*/%^&=<>!(),.\[\]])""",
    re.VERBOSE | re.DOTALL,
)

#: What people write, and the one form the parser knows.
_SPELLINGS = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "null", "empty"})


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the name, the operator in its one form, or the unescaped text; `keyword` its lower case."""

    kind: TokenKind
    value: str
    span: Span

    @property
    def keyword(self) -> str:
        """The value in lower case where it is a name, otherwise the value: `AND` reads as `and`."""
        return self.value.lower() if self.kind == "name" else self.value


def tokenize(source: str) -> list[Token]:
    """The tokens of `source`, the last one being `end`. Raises `FormulaError`."""
    if len(source) > MAX_TEXT:
        raise _error(source, "The formula is longer than {limit} characters.", MAX_TEXT, len(source) - MAX_TEXT, limit=MAX_TEXT)
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise _unreadable(source, at)
        kind, span = found.lastgroup, Span(at, found.end() - at)
        at = found.end()
        if kind == "number":
            tokens.append(Token("number", found.group(), span))
        elif kind == "text":
            tokens.append(Token("text", _unquote(source, found.group(), span), span))
        elif kind == "name":
            tokens.append(Token("name", found.group(), span))
        elif kind == "operator":
            tokens.append(Token("operator", _SPELLINGS.get(found.group(), found.group()), span))
    tokens.append(Token("end", "", Span(len(source), 0)))
    return tokens


def _unquote(source: str, quoted: str, span: Span) -> str:
    quote, inner = quoted[0], quoted[1:-1]
    text = re.sub(r"\\(.)|" + quote * 2, lambda m: _escape(source, m, span, quote), inner, flags=re.DOTALL)
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _error(source, "The text contains a character that cannot be stored.", span.offset, span.length)
    return text


def _escape(source: str, found: "re.Match[str]", span: Span, quote: str) -> str:
    letter = found.group(1)
    if letter is None:
        return quote
    if letter not in _ESCAPES:
        message = "There is no escape \\{letter}; write \\\\ for a backslash."
        raise _error(source, message, span.offset + 1 + found.start(), 2, letter=letter)
    return _ESCAPES[letter]


def _unreadable(source: str, at: int) -> FormulaError:
    character = source[at]
    if character in "'\"":
        return _error(source, "This text has no closing quote.", at, len(source) - at)
    return _error(source, "The character {character!r} means nothing here.", at, 1, character=character)


def _error(source: str, message: str, offset: int, length: int, **params: object) -> FormulaError:
    return FormulaError(source, [FormulaIssue(message, offset, length, params)])
