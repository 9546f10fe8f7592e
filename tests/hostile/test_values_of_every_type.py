"""Whatever is sent for whatever type of field, as a value or as the operand of a filter: an answer, never a fault."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.api.service import Caller
from tests.features.test_plt_02_fields import TYPES, add_all
from tests.features.workplace import Workplace
from tests.runtime.fields.cases import HOSTILE, nested

#: Sent as they are: what no JSON library would write.
TEXTS_OF_JSON = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1e999",
    "1e-999",
    "9" * 400,
    "0." + "0" * 400 + "1",
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\uffff"',
    '{"a":1,"a":2}',
    "01",
    "0x1",
    "'x'",
    "[1,]",
    "",
    "[" * 100 + "]" * 100,
    "[" * 100_000,
    '{"a":' * 60 + "1" + "}" * 60,
    '"' + "x" * 3_000_000 + '"',
    "\ufeff1",
    "1 2",
    "tru",
)
#: What fits into a body.
MOST_BYTES = 20_000_000
#: What a filter may be given in place of what it expects.
OPERANDS: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    "x",
    "' OR 1=1 --",
    "%_\\",
    [],
    ["x", 1],
    {"a": 1},
    [[]],
    "9999-12-31",
    "today",
)


@pytest.fixture(scope="module")
def crowded(work: Workplace, ann: Caller) -> Workplace:
    """A Customer with a field of each type."""
    add_all(work)
    ann.made("/customer", {"name": "Bystander", "x_text": "kept"})
    return work


def sendable() -> Iterator[str]:
    """The hostile values as JSON, those that have a form in it."""
    for value in (*HOSTILE, nested(30)):
        try:
            yield json.dumps(_plain(value))
        except (TypeError, ValueError):
            continue


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date | datetime | time | timedelta | UUID):
        return str(value)
    if isinstance(value, range):
        return list(value[:3])
    return list(value) if isinstance(value, tuple | set) else value


def post(caller: Caller, path: str, body: str) -> tuple[int, dict[str, Any]]:
    data = body.encode("utf-8", "surrogatepass")
    answer = caller.post(path, data=data, content_type="application/json")
    assert answer.status_code < 500, (body[:300], answer.get_data(as_text=True)[:500])
    return answer.status_code, answer.get_json()


def send_to(caller: Caller, keys: list[str], text: str) -> None:
    """Send `text` for all `keys`, then again for those that took it: what is accepted must be written and read as well."""
    status, answer = post(caller, "/customer", values_of(keys, text))
    if status == 400:
        return  # no JSON that is taken, whatever the field
    refused = {error["pointer"].split("/")[1] for error in answer["errors"]} if status == 422 else set()
    taken = [key for key in keys if key not in refused]
    if status == 422 and taken:
        status, answer = post(caller, "/customer", values_of(taken, text))
    assert status in (201, 422), text[:100]
    if status == 201:
        read = caller.get(f"/customer/{answer['id']}")
        assert read.status_code == 200
        assert {key: read.get_json()[key] for key in taken} == {key: answer[key] for key in taken}


def values_of(keys: list[str], text: str) -> str:
    return '{"name":"Hostile",' + ",".join(f'"{key}":{text}' for key in keys) + "}"


def test_hostile_values_are_refused_or_understood_by_every_type(crowded: Workplace, ann: Caller) -> None:
    keys = [f"x_{name}" for name in TYPES]
    for text in (*sendable(), *TEXTS_OF_JSON):
        at_once = max(1, min(len(keys), MOST_BYTES // (len(text) + 1)))
        for start in range(0, len(keys), at_once):
            send_to(ann, keys[start : start + at_once], text)
    listed = ann.get("/customer?limit=500&sort=-name")
    assert listed.status_code == 200
    assert ann.get("/customer", query_string={"q": "Bystander"}).get_json()["items"][0]["x_text"] == "kept"


def test_hostile_operands_are_refused_or_understood_by_every_operator(crowded: Workplace, ann: Caller) -> None:
    described = {field["key"]: field for field in ann.get("/customer/describe").get_json()["fields"]}
    for name in TYPES:
        for operator in described[f"x_{name}"]["operators"]:
            for operand in OPERANDS:
                body = {"filter": {"field": f"x_{name}", "op": operator, "value": operand}, "limit": 1}
                answer = ann.post("/customer/query", body)
                assert answer.status_code in (200, 400), (name, operator, operand, answer.get_data(as_text=True))


def test_operators_of_other_types_and_of_none_are_refused(crowded: Workplace, ann: Caller) -> None:
    for name in TYPES:
        for operator in ("regex", "=", "eq; --", "", "__eq__", None, 1, ["eq"], {"eq": 1}):
            body = {"filter": {"field": f"x_{name}", "op": operator, "value": 1}}
            assert ann.post("/customer/query", body).status_code == 400, (name, operator)


def test_pages_take_the_same_values_without_a_fault(crowded: Workplace, ann: Caller) -> None:
    """Forms send texts: each hostile text to every control at once. (NUL comes from no form; asked as a search it is a 400.)"""
    visitor = crowded.visitor("ann")
    form = visitor.form("/m/customer/new")
    token = form["csrf"]
    for value in (one for one in HOSTILE if isinstance(one, str) and len(one) < 10_000 and "\0" not in one):
        text = value.encode("utf-8", "replace").decode()
        sent = dict.fromkeys(form, text) | {"csrf": token}
        answer = visitor.client.post("/m/customer/new", data=sent, buffered=True)
        assert answer.status_code in (303, 422), (text, answer.status_code)
        assert "<script>alert" not in answer.get_data(as_text=True)
        answer = visitor.client.post("/m/customer/draft", data=sent, buffered=True)
        assert answer.status_code < 500, (text, answer.status_code)
        assert answer.mimetype == "application/json" or "<script>alert" not in answer.get_data(as_text=True)
