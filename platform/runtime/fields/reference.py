"""`docs/field-types.md`, written from the field types themselves so that it cannot lie."""

import inspect

from tessera.runtime.fields.base import FieldType
from tessera.runtime.fields.registry import FIELD_TYPES

_HEAD = """\
<!-- Written by tools/write_docs from platform/runtime/fields: change the docstrings there. -->

# Field types

A field of a module has one of these types. The properties that every field has (label, required, unique, default …) are in
[reference/module.md](reference/module.md#field), the options of each type with their limits in
[reference/field-types.md](reference/field-types.md).

What holds for all of them:

- **Input** comes as JSON, or as text in a person's own notation (forms and files): `1.234,50`, `15/1/2026`, `2026年1月15日`.
  White space alone is no value. NUL, control characters, lone surrogates, NaN and infinities are refused, and so is whatever
  would lose something: a number with more decimals than the field has is an error, never rounded.
- **JSON form** is what the API shows; sending it back unchanged gives the same value. Exact numbers are texts (`"12.50"`).
- **Empty** is a value of its own in filters: `ne`, `not_in` and `not_contains` include empty fields; `eq` with null means
  `is_empty`. Comparisons of text ignore case, unless the field says `case_sensitive` for equality.
- **Dates in filters** may be days, moments, or periods of the reader's time zone: `today`, `last_month`,
  `{"last": 7, "unit": "days"}`. `eq` and `during` mean within, `lt` before its beginning, `gt` after its end. Weeks begin on
  Monday.
"""

_GUIDE = """\
## Add a field type

A type is one file in `platform/runtime/fields/`, whole in it: options, columns, conversion, filters, texts, cells.

1. Copy the nearest type (`text.py` for one text column, `integer.py` for one ordered column, `address.py` for several) and
   give it a `key`, a `label` and a docstring, which becomes its paragraph on this page.
2. Describe every option in `options_schema`, and turn them into a frozen dataclass in `parse_options`, which raises `ValueError`
   with a plain sentence when they do not fit together.
3. Say what is stored in `column_specs`; the first column has the field's key, others are `<key>__<part>`.
4. Write `coerce` (raw → value; raise `Rejected` with a stable code), `to_json`, `to_text`, and whatever else differs from the
   defaults in `base.py`. `json_from_driver` is the short way from the driver's value to JSON for hot reads.
5. List it in `registry.py`, and add a case to `tests/runtime/fields/cases.py`. The conformance suite then asks of it what it asks
   of every type, on both databases; rules of its own get tests of their own beside it.
6. Give it its page fragments in `web/templates/fields/<key>/`, and run `tools/write_docs`.
"""


def field_types_page() -> str:
    """The page, in Markdown."""
    index = ", ".join(f"[{kind.key}](#{kind.key})" for kind in FIELD_TYPES)
    sections = "\n".join(_section(kind) for kind in FIELD_TYPES)
    return f"{_HEAD}\n{index}\n\n{sections}\n{_GUIDE}"


def _section(kind: FieldType) -> str:
    lines = [f"## {kind.key}", "", f"**{kind.label}.** {inspect.getdoc(kind)}", ""]
    if kind.options_schema:
        lines.append(f"- Options: {', '.join(_option(kind, name) for name in kind.options_schema)}")
    lines.append(f"- Filters: {', '.join(f'`{operator}`' for operator in kind.operators)}")
    limits = [
        text
        for flag, text in (
            (kind.stored, "its values stand in a table of their own"),
            (kind.writable, "people cannot set it"),
            (kind.sortable, "no sorting"),
            (kind.groupable, "no grouping"),
            (kind.may_be_unique, "cannot be unique"),
            (kind.may_be_indexed, "no index"),
        )
        if not flag
    ]
    if limits:
        lines.append(f"- Limits: {', '.join(limits)}")
    return "\n".join([*lines, ""])


def _option(kind: FieldType, name: str) -> str:
    return f"`{name}` (required)" if name in kind.required_options else f"`{name}`"
