"""Functions on texts. An empty text is the same as no value, so every result that would be empty is null."""

import re
from decimal import Decimal

from tessera.expressions import numbers
from tessera.expressions.functions.base import Function, Overload, listed, parameters, settled
from tessera.expressions.limits import REPLACEMENT, TEXT_RESULT
from tessera.expressions.types import BOOLEAN, INTEGER, NUMBER, TEXT

_BLANKS = " \t\r\n\u00a0\u3000"
_SQL_BLANKS = "E' \\t\\r\\n\\u00a0\\u3000'"
_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(?:\.[0-9]{1,12})?")


def _bounded(text: str) -> str | None:
    return text[:TEXT_RESULT] or None


def _count(number: Decimal) -> int:
    return int(max(Decimal(0), min(Decimal(TEXT_RESULT), number)))


def _join(*parts: str | None) -> str | None:
    return _bounded("".join(part for part in parts if part))


def _mid(text: str, start: Decimal, count: Decimal) -> str | None:
    first = max(_count(start), 1) - 1
    return text[first : first + _count(count)] or None


def _right(text: str, count: Decimal) -> str | None:
    wanted = _count(count)
    return text[-wanted:] if wanted else None


def _contains(text: str | None, part: str | None) -> bool:
    return bool(text and part and part in text)


def _starts(text: str | None, part: str | None) -> bool:
    return bool(text and part and text.startswith(part))


def _ends(text: str | None, part: str | None) -> bool:
    return bool(text and part and text.endswith(part))


def _replace(text: str | None, old: str | None, new: str | None) -> str | None:
    if not text or not old:
        return text
    return _bounded(text.replace(old, (new or "")[:REPLACEMENT]))


def _number(text: str) -> Decimal | None:
    text = text.strip(_BLANKS)
    return numbers.settle(Decimal(text)) if _NUMBER.fullmatch(text) else None


def _clamped(argument: str) -> str:
    return f"LEAST(GREATEST(TRUNC({argument}), 0), {TEXT_RESULT})::int"


JOIN = Overload(
    "join",
    parameters("text: text"),
    TEXT,
    _join,
    lambda n: f"NULLIF(LEFT({listed('CONCAT(', ', ', ')')(n)}, {TEXT_RESULT}), '')",
    strict=False,
    repeats=True,
)
TEXT_OF_NUMBER = Overload("text_of_number", parameters("value: number"), TEXT, numbers.plain, "TRIM_SCALE({0})::text")
TEXT_OF_BOOLEAN = Overload("text_of_boolean", parameters("value: boolean"), TEXT, lambda v: "true" if v else "false", "{0}::text")
TEXT_ITSELF = Overload("text_itself", parameters("value: text"), TEXT, lambda v: v, "{0}", "{0}")

_MIDDLE = (
    "CASE WHEN {1} IS NOT NULL AND {2} IS NOT NULL THEN "
    f"NULLIF(SUBSTR({{0}}, GREATEST({_clamped('{1}')}, 1), {_clamped('{2}')}), '') END"
)
_REPLACED = (
    "CASE WHEN {1} IS NULL THEN {0} ELSE "
    f"NULLIF(LEFT(REPLACE({{0}}, {{1}}, COALESCE(LEFT({{2}}, {REPLACEMENT}), '')), {TEXT_RESULT}), '') END"
)
_TEXT = parameters("text: text")
_PART = parameters("text: text, part: text")
_COUNT = parameters("text: text, count: number")
_UNICODE = 'COLLATE "und-x-icu"'

TEXT_FUNCTIONS = (
    Function(
        "concat",
        "Texts",
        "The texts one after the other; also written `a & b`. Missing ones count as empty.",
        (JOIN,),
        (("concat('A', null, 'B')", "AB"),),
    ),
    Function(
        "upper",
        "Texts",
        "In capital letters.",
        (Overload("upper", _TEXT, TEXT, lambda t: _bounded(t.upper()), f"LEFT(UPPER({{0}} {_UNICODE}), {TEXT_RESULT})"),),
        (("upper('straße')", "STRASSE"),),
    ),
    Function(
        "lower",
        "Texts",
        "In small letters.",
        (Overload("lower", _TEXT, TEXT, lambda t: _bounded(t.lower()), f"LEFT(LOWER({{0}} {_UNICODE}), {TEXT_RESULT})"),),
        (("lower('ÁB')", "áb"),),
    ),
    Function(
        "trim",
        "Texts",
        "Without spaces and line ends at both ends.",
        (Overload("trim", _TEXT, TEXT, lambda t: t.strip(_BLANKS) or None, f"NULLIF(BTRIM({{0}}, {_SQL_BLANKS}), '')"),),
        (("trim('  a ')", "a"),),
    ),
    Function(
        "left",
        "Texts",
        "The first characters.",
        (
            Overload(
                "left",
                _COUNT,
                TEXT,
                lambda t, n: t[: _count(n)] or None,
                f"CASE WHEN {{1}} IS NOT NULL THEN NULLIF(LEFT({{0}}, {_clamped('{1}')}), '') END",
            ),
        ),
        (("left('Madrid', 3)", "Mad"),),
    ),
    Function(
        "right",
        "Texts",
        "The last characters.",
        (
            Overload(
                "right", _COUNT, TEXT, _right, f"CASE WHEN {{1}} IS NOT NULL THEN NULLIF(RIGHT({{0}}, {_clamped('{1}')}), '') END"
            ),
        ),
        (("right('Madrid', 2)", "id"),),
    ),
    Function(
        "mid",
        "Texts",
        "Characters from a position on, counted from 1.",
        (
            Overload(
                "mid",
                parameters("text: text, start: number, count: number"),
                TEXT,
                _mid,
                _MIDDLE,
            ),
        ),
        (("mid('Madrid', 2, 3)", "adr"),),
    ),
    Function(
        "len",
        "Texts",
        "How many characters; 0 of nothing.",
        (
            Overload(
                "len", _TEXT, INTEGER, lambda t: Decimal(len(t or "")), "COALESCE(CHAR_LENGTH({0}), 0)::numeric", strict=False
            ),
        ),
        (("len('Köln')", "4"), ("len(null)", "0")),
    ),
    Function(
        "contains",
        "Texts",
        "Whether a text has a part in it, capitals as written.",
        (
            Overload(
                "contains",
                _PART,
                BOOLEAN,
                _contains,
                "COALESCE(STRPOS({0}, {1}) > 0, false)",
                "COALESCE(INSTR({0}, {1}) > 0, 0)",
                strict=False,
            ),
        ),
        (("contains('Madrid', 'dri')", "true"),),
    ),
    Function(
        "starts_with",
        "Texts",
        "Whether a text begins with another.",
        (Overload("starts_with", _PART, BOOLEAN, _starts, "COALESCE(STARTS_WITH({0}, {1}), false)", strict=False),),
        (("starts_with('Madrid', 'Ma')", "true"),),
    ),
    Function(
        "ends_with",
        "Texts",
        "Whether a text ends with another.",
        (Overload("ends_with", _PART, BOOLEAN, _ends, "COALESCE(RIGHT({0}, CHAR_LENGTH({1})) = {1}, false)", strict=False),),
        (("ends_with('Madrid', 'id')", "true"),),
    ),
    Function(
        "replace",
        "Texts",
        "With every place of one part replaced by another.",
        (
            Overload(
                "replace",
                parameters("text: text, old: text, new: text"),
                TEXT,
                _replace,
                _REPLACED,
                strict=False,
            ),
        ),
        (("replace('a-b', '-', '/')", "a/b"),),
    ),
    Function(
        "number",
        "Texts",
        "The number a text spells (digits and one point); nothing if it spells none.",
        (
            Overload(
                "number",
                _TEXT,
                NUMBER,
                _number,
                settled(f"SUBSTRING(BTRIM({{0}}, {_SQL_BLANKS}) FROM '^[+-]?[0-9]{{1,24}}(?:[.][0-9]{{1,12}})?$')::numeric"),
            ),
        ),
        (("number('12.50')", "12.5"), ("number('a')", "")),
        ("value",),
    ),
)
