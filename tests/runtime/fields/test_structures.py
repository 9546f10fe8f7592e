"""References, lines, places, JSON, signatures, bar codes and files."""

import base64
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tessera.kernel.ids import uuid7
from tessera.runtime.fields.any_lookup import RecordLink
from tessera.runtime.fields.base import Display
from tessera.runtime.fields.geo_point import GeoPoint
from tessera.runtime.values import Reference
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.fields.building import ME, coerce, compiled, definition, refusal, text
from tests.runtime.fields.test_conformance_in_databases import Rows
from tests.runtime.files.pictures import bomb, picture

ID = UUID("01a20143-4ca8-71f6-af79-7cb1681ee726")  # fixed: it names tests, which every worker collects


@pytest.mark.parametrize("raw", [ID, str(ID), ID.hex, f" {ID} ", {"id": str(ID), "name": "x"}, Reference(ID, "customer", "x")])
def test_a_record_is_named_by_its_id_or_by_what_was_expanded(raw: Any) -> None:
    assert coerce(compiled("lookup", module="customer"), raw) == ID


@pytest.mark.parametrize("raw", ["Ana", 5, {}, {"id": None}, [str(ID)], "urn:uuid:" + str(ID), "{" + str(ID) + "}"])
def test_refuses_what_is_no_id(raw: Any) -> None:
    assert refusal(compiled("lookup", module="customer"), raw) == "not_an_id"


def test_lookups_show_the_title_and_name_their_targets() -> None:
    field = compiled("lookup", module="customer")
    assert field.type.to_text(field, ID, Display(title_of=lambda module, _: f"the {module}")) == "the customer"
    assert field.type.to_text(field, Reference(ID, "customer", "ACME"), Display()) == "ACME"
    assert list(field.type.targets(field, ID)) == [("customer", ID)]
    assert field.specs[0].references == "customer"
    assert field.specs[0].on_delete == "restrict"


def test_users_may_be_me() -> None:
    assert coerce(compiled("user"), "me") == ME


def test_several_lookups_live_in_a_link_table() -> None:
    field = compiled("multi_lookup", module="customer", max=2)
    (link,) = field.type.extra_tables(field.definition, field.options, "order")
    assert (link.name, link.primary_key) == ("order__f", ("record_id", "target_id"))
    assert {column.name: column.references for column in link.columns} == {
        "record_id": "order",
        "target_id": "customer",
        "position": None,
    }
    assert coerce(field, [str(ID), ID]) == (ID,)
    assert refusal(field, [str(uuid7()) for _ in range(3)]) == "too_many"
    assert list(field.type.targets(field, (ID,))) == [("customer", ID)]


def test_a_link_to_one_of_several_modules() -> None:
    field = compiled("any_lookup", modules=["customer", "product"])
    link = RecordLink("product", ID)
    assert coerce(field, {"module": "product", "id": str(ID)}) == link
    assert coerce(field, f"product/{ID}", locale="en") == link
    assert refusal(field, {"module": "user", "id": str(ID)}) == "wrong_module"
    assert refusal(field, {"module": "product"}) == "not_a_link"
    assert list(field.type.targets(field, link)) == [("product", ID)]


@pytest.mark.parametrize(("count", "code"), [(0, ""), (1, "too_few_lines"), (2, ""), (4, "too_many_lines")])
def test_lines_are_counted(count: int, code: str) -> None:
    field = compiled("lines", fields={"note": definition("note", "text")}, min=2, max=3)
    assert refusal(field, [{}] * count if count else None) == code
    assert refusal(field, "x") == "not_a_list"


MADRID, TOLEDO, BARCELONA = (
    {"latitude": a, "longitude": o} for a, o in ((40.4168, -3.7038), (39.8628, -4.0273), (41.3874, 2.1686))
)
FIJI_EAST, FIJI_WEST, POLE = ({"latitude": a, "longitude": o} for a, o in ((-17.0, 179.9), (-17.0, -179.9), (89.99, 0.0)))


@pytest.mark.parametrize(
    ("centre", "metres", "found"),
    [
        (MADRID, 1, {0}),
        (MADRID, 66_000, {0}),
        (MADRID, 70_000, {0, 1}),  # Toledo is 67 km away
        (MADRID, 500_000, {0, 1}),
        (MADRID, 510_000, {0, 1, 2}),  # Barcelona 505 km
        (FIJI_WEST, 25_000, {3, 4}),  # across the date line: 21 km
        ({"latitude": 89.99, "longitude": 180.0}, 2_300, {5}),  # across the pole: 2.2 km
        ({"latitude": 89.99, "longitude": 180.0}, 2_100, set()),
    ],
)
def test_places_within_a_distance(place: TenantDatabase, centre: Any, metres: int, found: set[int]) -> None:
    field = compiled("geo_point", table="sample_places")
    table = Rows(place, field)
    table.fill([coerce(field, raw) for raw in (MADRID, TOLEDO, BARCELONA, FIJI_EAST, FIJI_WEST, POLE)] + [None])
    assert table.where("within", {**centre, "radius": metres}) == found


def test_places_have_six_decimals() -> None:
    field = compiled("geo_point")
    value = GeoPoint(Decimal("40.416775"), Decimal("-3.703790"))
    assert coerce(field, {"latitude": 40.4167754321, "longitude": -3.70379}) == value
    assert coerce(field, "40.416775, -3.70379") == value
    assert text(field, value) == "40.416775, -3.703790"
    for raw in ({"latitude": 91, "longitude": 0}, {"latitude": 0, "longitude": -180.5}, {"latitude": None, "longitude": 0}):
        assert refusal(field, raw) == "out_of_range"


@pytest.mark.parametrize(
    ("symbology", "raw", "kept"),
    [
        ("ean13", "4 006381 333931", "4006381333931"),
        ("ean13", "036000291452", "0036000291452"),
        ("upca", "0036000291452", "036000291452"),
        ("ean8", "9638-5074", "96385074"),
        ("itf14", "15400141288763", "15400141288763"),
        ("code128", "AB-12 $", "AB-12 $"),
    ],
)
def test_bar_codes(symbology: str, raw: str, kept: str) -> None:
    assert coerce(compiled("barcode", symbology=symbology), raw) == kept


@pytest.mark.parametrize(
    ("symbology", "raw", "code"),
    [
        ("ean13", "4006381333932", "wrong_check_digit"),
        ("ean13", "400638133393", "wrong_check_digit"),
        ("ean8", "123", "not_a_barcode"),
        ("ean13", "٤006381333931", "not_a_barcode"),
        ("code128", "ñ", "not_a_barcode"),
    ],
)
def test_bar_codes_that_cannot_be(symbology: str, raw: str, code: str) -> None:
    assert refusal(compiled("barcode", symbology=symbology), raw) == code


@pytest.mark.parametrize(
    ("options", "raw", "code"),
    [
        ({"max_depth": 2}, {"a": [1]}, ""),
        ({"max_depth": 2}, {"a": [[1]]}, "too_deep"),
        ({"max_bytes": 20}, ["x" * 30], "too_large"),
        ({}, {"a": float("nan")}, "out_of_range"),
        ({}, {"a": 2**60}, "out_of_range"),
        ({}, {"a": {1, 2}}, "not_json"),
        ({}, {5: 1}, "not_json"),
        ({}, ["a\x00"], "bad_character"),
        ({"schema": {"type": "object", "required": ["size"]}}, {"size": 1}, ""),
        ({"schema": {"type": "object", "required": ["size"]}}, {}, "schema_mismatch"),
        ({"schema": {"$ref": "https://example.com/schema.json"}}, {}, "schema_mismatch"),
    ],
)
def test_json_within_limits(options: dict[str, Any], raw: Any, code: str) -> None:
    assert refusal(compiled("json", **options), raw) == code


def test_typed_json_is_parsed() -> None:
    assert coerce(compiled("json"), '{"a": [1, 2]}', locale="en") == {"a": [1, 2]}
    assert refusal(compiled("json"), "{a: 1}", locale="en") == "not_json"


def png(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def test_signatures_are_strokes_or_a_small_picture() -> None:
    field = compiled("signature")
    drawn = {"width": 300, "height": 100, "strokes": [[[0, 0.123456], [300, 100]]]}
    assert coerce(field, drawn)["strokes"] == [[[0, 0.12], [300, 100]]]
    assert coerce(field, png(picture())) == png(picture())
    assert text(field, drawn) == "Signed"


@pytest.mark.parametrize(
    "raw",
    [
        png(b"<svg onload=alert(1)>"),
        png(bomb()),
        png(picture("JPEG")),
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/png;base64,????",
        {"width": 300, "height": 100, "strokes": [[["<script>", 0]]]},
        {"width": 300, "height": 100, "strokes": [[[301, 0]]]},
        {"width": 300, "height": 100, "strokes": [[[True, 0]]]},
        {"width": 300, "height": 100, "strokes": []},
        {"width": 300, "height": 100, "strokes": [[[1, 2]]], "onclick": "x"},
        {"width": 10**6, "height": 100, "strokes": [[[1, 2]]]},
    ],
)
def test_signatures_carry_nothing_else(raw: Any) -> None:
    assert refusal(compiled("signature"), raw) == "not_a_signature"


def test_files_are_ids() -> None:
    one, several = compiled("image"), compiled("file", max=2)
    assert coerce(one, str(ID)) == (ID,)
    assert one.type.to_json(one, (ID,)) == str(ID)
    assert refusal(one, [str(uuid7()), str(uuid7())]) == "too_many"
    assert several.type.to_json(several, (ID,)) == [str(ID)]
    assert several.type.to_text(several, (ID,), Display(title_of=lambda _module, _id: "offer.pdf")) == "offer.pdf"
    assert one.options.takes("image/png")
    assert not one.options.takes("image/svg+xml")
    assert isinstance(coerce(several, [{"id": str(ID)}])[0], UUID)


def test_a_grid_shows_only_fields_that_lines_have() -> None:
    given = {"fields": {"product": definition("product", "text")}, "columns": ["product", "shoe"]}
    with pytest.raises(ValueError, match="shoe"):
        compiled("lines", **given)
