"""PLT-02, what stands behind it: fields of every type added to the bundled Customer by the tenant keep their value everywhere.

Form, New Field button and print-template picker are pages of later parts; the id is claimed where those are checked.
"""

import json
from io import BytesIO
from typing import Any

from tessera.runtime.fields.registry import FIELD_TYPES
from tests.api.service import Caller
from tests.features.workplace import Workplace, by_key

#: Type → options, a value as the API takes it, a filter that finds it, and the same value as a text of a file ("": not imported).
TYPES: dict[str, tuple[dict[str, Any], Any, tuple[str, Any], str]] = {
    "text": ({"max_length": 60}, "Größe 7", ("contains", "größe"), "Größe 7"),
    "long_text": ({}, "First line\nsecond line", ("contains", "second"), "First line\nsecond line"),
    "rich_text": ({}, "<p>Very <strong>good</strong></p>", ("contains", "very good"), "<p>Very <strong>good</strong></p>"),
    "email": ({}, "ana@example.com", ("eq", "ANA@example.com"), "ana@example.com"),
    "phone": ({"region": "ES"}, "+34912345678", ("contains", "345"), "912 345 678"),
    "url": ({}, "https://example.com/a", ("starts_with", "https://"), "https://example.com/a"),
    "address": ({}, {"street": "Calle Mayor 1", "city": "Madrid", "country": "ES"}, ("is_not_empty", None), ""),
    "person_name": ({}, {"family": "López", "given": "Ana"}, ("contains", "lópez"), ""),
    "barcode": ({"symbology": "ean13"}, "4006381333931", ("eq", "4006381333931"), "4006381333931"),
    "integer": ({}, 42, ("gte", 42), "42"),
    "decimal": ({"scale": 4}, "3.1416", ("between", ["3.1415", "3.1416"]), "3.1416"),
    "money": ({}, "1234.50", ("gt", "1234.49"), "1234.50"),
    "percent": ({}, "12.50", ("eq", "12.5"), "12.5"),
    "rating": ({"max": 5}, 4, ("in", [4, 5]), "4"),
    "boolean": ({}, True, ("is_true", None), "yes"),
    "date": ({}, "2026-01-14", ("during", "yesterday"), "2026-01-14"),
    "datetime": ({}, "2026-01-15T09:30:00+00:00", ("during", "today"), "2026-01-15T09:30:00Z"),
    "time": ({}, "09:30:00", ("lt", "10:00"), "09:30"),
    "duration": ({}, 5400, ("gt", 5399), "1:30"),
    "picklist": ({"values": {"low": {"label": "Low"}, "high": {"label": "High"}}}, "high", ("eq", "high"), "High"),
    "multi_picklist": (
        {"values": {"red": {"label": "Red"}, "blue": {"label": "Blue"}}},
        ["red", "blue"],
        ("has_all", ["blue", "red"]),
        "Red; Blue",
    ),
    "tags": ({}, ["fair", "vip"], ("contains", "vip"), "fair, vip"),
    "colour": ({}, "#ff8800", ("eq", "#ff8800"), "#ff8800"),
    "lookup": ({"module": "product"}, "{product}", ("eq", "{product}"), "P1"),
    "multi_lookup": ({"module": "product"}, ["{product}"], ("has_any", ["{product}"]), ""),
    "any_lookup": (
        {"modules": ["product", "supplier"]},
        {"module": "product", "id": "{product}"},
        ("eq", {"module": "product", "id": "{product}"}),
        "",
    ),
    "user": ({}, "{me}", ("is_me", None), "ann"),
    "file": ({"max": 3}, ["{file}"], ("is_not_empty", None), ""),
    "image": ({}, "{image}", ("is_not_empty", None), ""),
    "signature": (
        {},
        {"width": 300, "height": 100, "strokes": [[[1, 2], [30, 40]]]},
        ("is_not_empty", None),
        "",
    ),
    "geo_point": ({}, {"latitude": 40.4168, "longitude": -3.7038}, ("is_not_empty", None), ""),
    "json": ({}, {"a": [1, True, "x"]}, ("is_not_empty", None), ""),
    "sequence": ({"scheme": "X-{000}"}, "X-001", ("eq", "x-001"), ""),
    "formula": ({"formula": "x_integer * 2", "result": "integer"}, 84, ("eq", 84), ""),
    "rollup": ({"module": "contact", "via": "customer", "function": "count"}, 0, ("eq", 0), ""),
    "lines": ({"fields": {"note": {"type": "text", "label": "Note"}}}, [{"note": "one"}], ("", None), ""),
}
GIVEN_BY_THE_PRODUCT = {"sequence", "formula", "rollup"}
#: Types whose text in a file names another record, by which field.
LOOKED_UP = {"lookup": "code", "user": "login"}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """`value` with `{name}` replaced by ids."""
    if isinstance(value, dict):
        return {key: filled(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return ids[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value


def without_ids(value: Any) -> Any:
    """Lines without the ids that they got."""
    return [{k: v for k, v in line.items() if k != "id"} for line in value]


def add_all(work: Workplace) -> None:
    """One publish that adds a field of each type to the bundled Customer."""
    work.change(
        *(
            {
                "op": "add",
                "path": f"modules/customer/fields/x_{name}",
                "value": {"type": name, "label": f"My {name.replace('_', ' ')}", **options},
            }
            for name, (options, *_) in TYPES.items()
        )
    )


def upload(caller: Caller, name: str, content: bytes) -> str:
    answer = caller.post("/files", data={"file": (BytesIO(content), name)})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.get_json()["id"])


def sent(caller: Caller, work: Workplace) -> dict[str, Any]:
    """A value for every field that takes one."""
    ids = {
        "product": caller.made("/product", {"code": "P1", "name": "Pen"})["id"],
        "me": str(work.people["ann"]),
        "file": upload(caller, "terms.txt", b"terms"),
        "image": upload(caller, "dot.png", PIXEL),
    }
    return {name: (filled(value, ids), filled(list(condition), ids)) for name, (_, value, condition, _) in TYPES.items()}


def test_there_is_a_case_for_every_type() -> None:
    assert set(TYPES) == set(FIELD_TYPES.keys())


def test_a_field_of_each_type_keeps_its_value_and_is_found_by_it(work: Workplace, ann: Caller) -> None:
    bystander = ann.made("/customer", {"name": "Was there before"})
    add_all(work)
    values = sent(ann, work)
    given = {f"x_{name}": value for name, (value, _) in values.items() if name not in GIVEN_BY_THE_PRODUCT}
    made = ann.made("/customer", {"name": "Acme", **given})
    read = ann.get(f"/customer/{made['id']}").get_json()
    described = by_key(ann.get("/customer/describe").get_json()["fields"])
    schema = ann.get("/openapi.json").get_json()["components"]["schemas"]["Customer"]["properties"]
    for name, (value, (operator, operand)) in values.items():
        key = f"x_{name}"
        shown = without_ids(read[key]) if name == "lines" else read[key]
        # the number began with the record that was there before
        assert shown == ("X-002" if name == "sequence" else value), name
        assert (described[key]["type"], described[key]["label"]) == (name, f"My {name.replace('_', ' ')}")
        assert key in schema, name
        if operator:
            assert operator in described[key]["operators"], name
            condition = {"field": key, "op": operator, **({} if operand is None else {"value": operand})}
            answer = ann.get("/customer", query_string={"filter": json.dumps(condition), "sort": "name"})
            assert answer.status_code == 200, (name, answer.get_data(as_text=True))
            found = [row["name"] for row in answer.get_json()["items"]]
            assert found == {"sequence": ["Was there before"], "rollup": ["Acme", "Was there before"]}.get(name, ["Acme"]), name
    again = ann.patch(f"/customer/{made['id']}", {**{key: read[key] for key in given}, "city": "Madrid"}).get_json()
    assert {key: again[key] for key in given} == {key: read[key] for key in given}
    assert ann.get(f"/customer/{bystander['id']}").get_json()["x_text"] is None


def test_a_field_of_each_type_is_filled_from_a_file(work: Workplace, ann: Caller) -> None:
    add_all(work)
    values = sent(ann, work)
    texts = {f"x_{name}": text for name, (*_, text) in TYPES.items() if text}
    sources = {
        key: {"column": key, "lookup": LOOKED_UP[key.removeprefix("x_")]} if key.removeprefix("x_") in LOOKED_UP else key
        for key in texts
    }
    mapping = json.dumps({"module": "customer", "source": "customers.csv", "fields": {"name": "name", **sources}})
    header = ",".join(["name", *texts])
    row = ",".join(f'"{text}"' for text in ("Acme", *texts.values()))
    result = work.import_text(mapping, customers=f"{header}\n{row}\n")
    assert [error.text() for error in result.errors] == []
    (read,) = ann.get("/customer").get_json()["items"]
    assert {key: read[key] for key in texts} == {key: values[key.removeprefix("x_")][0] for key in texts}


def test_what_is_taken_away_is_hidden_and_comes_back_whole(work: Workplace, ann: Caller) -> None:
    work.change({"op": "add", "path": "modules/customer/fields/x_text", "value": {"type": "text", "label": "Mine"}})
    made = ann.made("/customer", {"name": "Acme", "x_text": "kept"})
    work.change({"op": "change", "path": "modules/customer/fields/x_text/hidden", "value": True})
    assert "x_text" not in ann.get(f"/customer/{made['id']}").get_json()
    assert ann.patch(f"/customer/{made['id']}", {"x_text": "y"}).status_code == 422
    assert ann.get("/customer", query_string={"sort": "x_text"}).status_code == 400
    work.change({"op": "change", "path": "modules/customer/fields/x_text/hidden", "value": False})
    assert ann.get(f"/customer/{made['id']}").get_json()["x_text"] == "kept"
