"""Formatted text, as a small safe part of HTML."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import nh3
import sqlalchemy as sa

from tessera.kernel.context import Context
from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, FieldEnvironment, Rejected
from tessera.runtime.fields.text_input import check_length, clean_lines, read_text
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

LONGEST = 1_000_000
_INLINE = frozenset({"br", "b", "strong", "i", "em", "u", "s", "sub", "sup", "a", "code"})
_BLOCKS = frozenset({"p", "hr", "ul", "ol", "li", "h2", "h3", "h4", "blockquote", "pre"})
_TABLES = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
_ATTRIBUTES = {"a": {"href", "title"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}, "ol": {"start"}}
_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _TABLES,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
)
_STRIPPER = nh3.Cleaner(tags=set(), attributes={}, link_rel=None)
#: Ends of what stands on a line of its own.
_BREAKS = re.compile(r"<(?:br|hr)\b[^>]*>|</(?:p|li|h2|h3|h4|blockquote|pre|tr)>", re.IGNORECASE)
_CELLS = re.compile(r"</t[dh]>", re.IGNORECASE)
_CONTENT = re.compile(r"<hr\b")


@dataclass(frozen=True, slots=True)
class RichTextOptions:
    """`max_length` of the HTML in characters."""

    max_length: int


class RichTextField(TextualField):
    """HTML cleaned by an allow-list on the way in, so that it is safe wherever it is shown. A second column holds the plain
    words, which filters and searches go by."""

    key = "rich_text"
    label = "Formatted text"
    widget = "rich_text"
    json_ready = False
    operators: ClassVar[tuple[str, ...]] = ("contains", "not_contains", "is_empty", "is_not_empty")
    sortable = False
    groupable = False
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {
        "max_length": {
            "type": "integer",
            "minimum": 1,
            "maximum": LONGEST,
            "default": 100_000,
            "description": "Most characters, formatting included.",
        },
    }

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> RichTextOptions:
        return RichTextOptions(definition.options.get("max_length", 100_000))

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text"), ColumnSpec(f"{definition.key}__text", "text"))

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        text = read_text(raw, coercion)
        if not text:
            return None
        check_length(text, 2 * field.options.max_length)
        cleaned = sanitised(clean_lines(text))
        if not _CONTENT.search(cleaned) and not plain_text(cleaned):
            return None
        return check_length(cleaned, field.options.max_length)

    def to_columns(self, field: CompiledField, value: Any) -> tuple[Any, ...]:
        return (None, None) if value is None else (value, plain_text(value))

    def json_from_driver(self, field: CompiledField, dialect: str) -> Callable[..., Any] | None:
        return lambda markup, _text: markup

    def to_expression(self, field: CompiledField, value: Any) -> Any:
        return plain_text(value)

    def expression_sql(self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any] | None:
        return columns[1]

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return "" if value is None else plain_text(value)

    def to_search(self, field: CompiledField, value: Any) -> str:
        return "" if value is None else plain_text(value)

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": field.options.max_length, "contentMediaType": "text/html"}

    def filter(
        self, field: CompiledField, columns: Sequence[sa.ColumnElement[Any]], operator: str, operand: Any, context: Context
    ) -> sa.ColumnElement[bool]:
        by_words = operator in ("contains", "not_contains")
        return super().filter(field, columns[1:] if by_words else columns, operator, operand, context)


def sanitised(markup: str) -> str:
    """The allowed part of `markup`. Cleaning it again changes nothing. Raises `Rejected` where that is not to be had."""
    for _ in range(4):
        cleaned = _CLEANER.clean(markup).strip()
        if cleaned == markup:
            return cleaned
        markup = cleaned
    raise Rejected("bad_markup", "This formatting cannot be made safe.")


def plain_text(markup: str) -> str:
    """The words of sanitised HTML, a line for each paragraph."""
    lined = _CELLS.sub("\t", _BREAKS.sub(r"\g<0>\n", markup))
    words = html.unescape(_STRIPPER.clean(lined))
    return "\n".join(line.strip() for line in words.split("\n") if line.strip())
