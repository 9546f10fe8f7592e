"""What a form sends → what the record service takes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from tessera.kernel.context import Context
from tessera.runtime.compile import compile_catalog
from tessera.runtime.model import Catalog
from tessera.web.form_data import place_of, read_form
from tessera.web.inputs import decimal_text, input_text
from tests.api.shop import SHOP


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return compile_catalog(SHOP, 1)


def test_names_are_pointers(catalog: Catalog) -> None:
    sent = MultiDict(
        [("/name", "Pump"), ("/place/city", "Leeds"), ("/place/street", "Low Lane"), ("/nothing", "x"), ("csrf", "y")]
    )
    assert read_form(catalog.module("asset"), sent).values == {"name": "Pump", "place": {"city": "Leeds", "street": "Low Lane"}}


def test_a_box_after_its_no_counts_and_lists_leave_the_empty_mark_out(catalog: Catalog) -> None:
    sent = MultiDict([("/blocked", "false"), ("/blocked", "true"), ("/interests[]", ""), ("/interests[]", "bikes")])
    assert read_form(catalog.module("customer"), sent).values == {"blocked": "true", "interests": ["bikes"]}
    assert read_form(catalog.module("customer"), MultiDict([("/interests[]", "")])).values == {"interests": []}


def test_lines_keep_their_order_spare_and_dropped_ones_go(catalog: Catalog) -> None:
    sent = MultiDict(
        [
            ("/lines", "1"),
            ("/lines/10/id", ""), ("/lines/10/quantity", "10"),
            ("/lines/2/id", "abc"), ("/lines/2/quantity", "2"),
            ("/lines/3/id", "def"), ("/lines/3/quantity", "3"), ("/lines/3/~drop", "1"),
            ("/lines/11/id", ""), ("/lines/11/quantity", ""), ("/lines/11/~blank", "1"),
            ("/lines/12/id", ""), ("/lines/12/quantity", "12"), ("/lines/12/price", ""), ("/lines/12/~blank", "1"),
        ]
    )  # fmt: skip
    assert read_form(catalog.module("sales_order"), sent).values == {
        "lines": [{"id": "abc", "quantity": "2"}, {"id": "", "quantity": "10"}, {"quantity": "12"}]
    }


def test_without_its_mark_a_line_table_was_not_sent(catalog: Catalog) -> None:
    assert read_form(catalog.module("sales_order"), MultiDict([("/note", "x")])).values == {"note": "x"}


def test_typed_lookups_are_kept_apart(catalog: Catalog) -> None:
    sent = MultiDict([("/customer~text", " Weir "), ("/lines", "1"), ("/lines/4/product~text", "bell"), ("/lines/4/id", "")])
    data = read_form(catalog.module("sales_order"), sent)
    assert data.typed == {"/customer": "Weir", "/lines/0/product": "bell"}
    assert data.values["customer"] == ""


def test_a_pointer_finds_its_row() -> None:
    values = {"a": 1, "lines": [{"b": 2}]}
    assert place_of(values, "/a") == (values, "a")
    assert place_of(values, "/lines/0/b") == (values["lines"][0], "b")
    assert place_of(values, "/lines/1/b") is None


@pytest.mark.parametrize(
    ("value", "locale", "padded", "text"),
    [("1234.5000", "en", 0, "1234.5"), ("1234.50", "es", 2, "1234,50"), ("7", "es", 2, "7,00"), ("0.1250", "zh", 2, "0.125")],
)
def test_numbers_stand_in_the_readers_notation_without_groups(value: str, locale: str, padded: int, text: str) -> None:
    assert decimal_text(Decimal(value), locale, padded=padded) == text


def test_moments_stand_in_the_readers_time_zone_as_the_browser_wants_them(catalog: Catalog) -> None:
    fields, context = catalog.module("customer").fields, Context(tenant="x", timezone="Europe/Madrid")
    assert input_text(fields["last_call"], datetime(2026, 7, 1, 22, 30, tzinfo=UTC), context) == "2026-07-02T00:30"
    assert input_text(fields["since"], date(2026, 7, 1), context) == "2026-07-01"
    assert input_text(fields["words"], ("a", "b"), context) == "a, b"
    assert input_text(fields["name"], None, context) == ""
