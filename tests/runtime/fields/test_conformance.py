"""What every field type must do, asked of each: its definition, its conversions, its texts, its cells."""

from io import BytesIO
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from openpyxl import Workbook, load_workbook

from tessera.expressions.types import Type
from tessera.metadata.schema_check import SchemaCheck
from tessera.runtime.fields.base import Coercion, Display, Rejected
from tessera.runtime.fields.registry import FIELD_TYPES, field_type_schemas
from tessera.runtime.query.operators import OPERATORS
from tests.runtime.fields.building import coerce, compiled, context, said
from tests.runtime.fields.cases import CASES, HOSTILE, nested

LOCALES = ("en", "zh", "es", "de")
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

every_type = pytest.mark.parametrize("key", FIELD_TYPES.keys())
#: Values that stay rows of raw values until their own fields coerce them.
UNCOERCED = ("lines",)
#: White space is no list.
LISTS = ("lines", "multi_lookup", "file", "image")
#: Formulas see a part or a text of these, and cannot make one.
NOT_FROM_FORMULAS = (
    *LISTS, "signature", "geo_point", "any_lookup", "json", "address", "person_name", "rich_text",
)  # fmt: skip


def sample(key: str) -> Any:
    case = CASES[key]
    return compiled(key, *case.siblings, table=f"sample_{key}", **case.options, **case.common)


def values(key: str) -> st.SearchStrategy[Any]:
    field = sample(key)
    return CASES[key].raw.map(lambda raw: coerce(field, raw))


def test_every_type_has_a_case_and_every_case_a_type() -> None:
    assert set(CASES) == set(FIELD_TYPES.keys())


@every_type
def test_says_what_it_is(key: str) -> None:
    kind = FIELD_TYPES.get(key)
    assert kind.label
    assert kind.widget
    assert kind.__doc__
    assert set(kind.operators) <= set(OPERATORS)
    assert set(kind.required_options) <= set(kind.options_schema)


@every_type
def test_describes_every_option(key: str) -> None:
    for name, schema in field_type_schemas()[key].items():
        Draft202012Validator.check_schema(schema)
        assert schema.get("description", "").endswith((".", "`")), f"{key}.{name}"


@every_type
def test_takes_its_options_and_no_others(key: str) -> None:
    case = CASES[key]
    fields = {"fields": {"note": {"type": "text", "label": "Note"}}} if key == "lines" else {}
    unique = {"unique": True} if case.common.get("unique") else {}
    field = {"type": key, "label": "F", **case.options, **fields, **unique}
    check = SchemaCheck(field_type_schemas())

    def findings(**more: Any) -> list[Any]:
        return check.findings(
            "module", {"module": "m", "label": "M", "label_plural": "M", "title_field": "f", "fields": {"f": field | more}}
        )

    assert findings() == []
    assert findings(no_such_option=1) != []


@every_type
def test_knows_its_type_in_formulas(key: str) -> None:
    field = sample(key)
    assert isinstance(field.type.expression_type(field), Type)


@every_type
def test_takes_nothing_for_no_value(key: str) -> None:
    field = sample(key)
    for raw in (None, "") if key in LISTS else (None, "", " \t\n "):
        assert coerce(field, raw) is None


@every_type
@given(data=st.data())
@few
def test_values_survive_their_json_form(key: str, data: Any) -> None:
    field, value = sample(key), data.draw(values(key))
    shown = orjson.loads(orjson.dumps(field.type.to_json(field, value)))
    assert coerce(field, shown) == value
    assert coerce(field, value) == value


@every_type
@given(data=st.data())
@few
def test_json_schema_fits_the_json_form(key: str, data: Any) -> None:
    field = sample(key)
    shown = orjson.loads(orjson.dumps(field.type.to_json(field, data.draw(values(key)))))
    Draft202012Validator.check_schema(field.type.json_schema(field))
    Draft202012Validator(field.type.json_schema(field), format_checker=FormatChecker()).validate(shown)


@every_type
@pytest.mark.parametrize("localized", [False, True], ids=["json", "typed"])
def test_hostile_input_is_refused_or_understood(key: str, localized: bool) -> None:
    field = sample(key)
    for raw in (*HOSTILE, nested(200), nested(5000)):
        try:
            value = field.type.coerce(field, raw, Coercion(context("es"), localized=localized))
        except Rejected as rejected:
            value = None
            said(rejected)
        if value is not None and key not in UNCOERCED:
            orjson.dumps(field.type.to_json(field, value))
            field.type.to_text(field, value, Display("zh"))


@every_type
@given(data=st.data())
@few
def test_shows_itself_in_every_language(key: str, data: Any) -> None:
    field, value = sample(key), data.draw(values(key))
    for locale in LOCALES:
        display = Display(locale, "Europe/Madrid", currency="EUR")
        shown = field.type.to_text(field, value, display)
        assert isinstance(shown, str)
        assert field.type.to_text(field, None, display) == ""
        if CASES[key].reads_its_text:
            assert coerce(field, shown, locale=locale) == value, (locale, shown)


@every_type
@given(data=st.data())
@few
def test_finds_words_to_be_searched_by(key: str, data: Any) -> None:
    field = sample(key)
    assert isinstance(field.type.to_search(field, data.draw(values(key))), str)
    assert field.type.to_search(field, None) == ""


@every_type
@given(data=st.data())
@few
def test_fits_into_a_cell(key: str, data: Any) -> None:
    field = sample(key)
    drawn = data.draw(st.lists(values(key), min_size=1, max_size=4))
    book = Workbook()
    for value in (*drawn, None):
        book.active.append([field.type.to_cell(field, value, Display("es", "Europe/Madrid"))])
    assert all(cell.data_type not in ("f", "e") for row in book.active for cell in row)
    saved = BytesIO()
    book.save(saved)
    load_workbook(saved).close()


@pytest.mark.parametrize("key", [kind.key for kind in FIELD_TYPES if kind.key not in NOT_FROM_FORMULAS])
@given(data=st.data())
@few
def test_formulas_give_back_what_they_take(key: str, data: Any) -> None:
    field, value = sample(key), data.draw(values(key))
    seen = field.type.to_expression(field, value)
    assert field.type.to_expression(field, field.type.from_expression(field, seen)) == seen


@pytest.mark.parametrize("fragment", ["=1+1", "'=x", "=", "#REF!", "\x01\x02", "a" * 40_000, "+1", "-1", "@x"])
def test_no_text_becomes_a_formula_and_texts_come_back(fragment: str) -> None:
    field = sample("long_text")
    cell = field.type.to_cell(field, fragment, Display())
    book = Workbook()
    book.active.append([cell])
    assert book.active["A1"].data_type in ("s", "n")
    if "\x01" not in fragment and len(fragment) < 32_767:
        assert coerce(field, cell, locale="en") == fragment
