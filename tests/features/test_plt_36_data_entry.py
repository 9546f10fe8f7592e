"""PLT-36: an admin sets data-entry control, applied on form, import and API alike."""

import pytest

from tests.api.service import Caller
from tests.features.workplace import Workplace

FIELD = "modules/customer/fields/mobile"
ELEVEN_DIGITS = {
    "formula": "len(mobile) = 11 and number('1' & mobile) >= 0 and not contains(mobile, '.')",
    "message": "A mobile number has 11 digits.",
}
MAPPING = "module: customer\nsource: customers.csv\nfields: {name: name, mobile: mobile}\n"


@pytest.fixture
def strict(work: Workplace) -> Workplace:
    """Mobile numbers are required and have 11 digits."""
    work.change(
        {"op": "change", "path": f"{FIELD}/required", "value": True},
        {"op": "add", "path": f"{FIELD}/validations/x_digits", "value": ELEVEN_DIGITS},
    )
    return work


@pytest.mark.feature("PLT-36")
def test_a_bad_value_is_refused_on_the_form_on_import_and_through_the_api(strict: Workplace, ann: Caller) -> None:
    """Make mobile number required and 11 digits; a bad value is refused on form, on import (row error) and through the API."""
    visitor = strict.visitor("ann")
    for sent, said in (("", "Mobile is required."), ("1380013800", "A mobile number has 11 digits.")):
        answer = visitor.send("/m/customer/new", {"/name": "Form", "/mobile": sent})
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
        refused = ann.post("/customer", {"name": "Api", "mobile": sent})
        assert refused.status_code == 422
        assert [(error["pointer"], error["detail"]) for error in refused.get_json()["errors"]] == [("/mobile", said)]
        result = strict.import_text(MAPPING, customers=f"name,mobile\nFile,{sent}\n")
        assert [(error.row, error.text()) for error in result.errors] == [(2, said)]
    assert ann.get("/customer").get_json()["items"] == []

    assert visitor.send("/m/customer/new", {"/name": "Form", "/mobile": "13800138000"}).status_code == 303
    ann.made("/customer", {"name": "Api", "mobile": "13800138001"})
    assert strict.import_text(MAPPING, customers="name,mobile\nFile,13800138002\n").created == 1
    assert [row["name"] for row in ann.get("/customer?sort=mobile").get_json()["items"]] == ["Form", "Api", "File"]


def test_the_api_refuses_what_is_no_number_of_eleven_digits(strict: Workplace, ann: Caller) -> None:
    good = ann.made("/customer", {"name": "Acme", "mobile": "13800138000"})
    for sent in (None, "", "1380013800", "138001380001", "1380013800x", "1380013800.", "+1380013800"):
        refused = [
            ann.post("/customer", {"name": "Acme", "mobile": sent}),
            ann.patch(f"/customer/{good['id']}", {"mobile": sent}),
        ]
        assert [answer.status_code for answer in refused] == [422, 422], sent
        assert all([e["pointer"] for e in answer.get_json()["errors"]] == ["/mobile"] for answer in refused)
    assert ann.get(f"/customer/{good['id']}").get_json()["mobile"] == "13800138000"


def test_an_import_tells_the_row(strict: Workplace, ann: Caller) -> None:
    result = strict.import_text(MAPPING, customers="name,mobile\nAcme,13800138000\nBolt,1380013800\nCane,\n")
    assert (result.created, result.failed) == (1, 2)
    said = {error.row: [(problem.pointer, problem.text()) for problem in error.problems] for error in result.errors}
    assert said == {3: [("/mobile", "A mobile number has 11 digits.")], 4: [("/mobile", "Mobile is required.")]}
    assert [row["name"] for row in ann.get("/customer").get_json()["items"]] == ["Acme"]


def test_records_from_before_the_rule_are_kept_and_put_right_when_they_are_next_changed(work: Workplace, ann: Caller) -> None:
    old = ann.made("/customer", {"name": "Old", "mobile": "123"})
    work.change({"op": "add", "path": f"{FIELD}/validations/x_digits", "value": ELEVEN_DIGITS})
    assert ann.get(f"/customer/{old['id']}").get_json()["mobile"] == "123"
    assert ann.patch(f"/customer/{old['id']}", {"mobile": "12345678901"}).status_code == 200


def test_a_rule_over_two_fields_holds_whichever_of_them_changes(work: Workplace, ann: Caller) -> None:
    rule = {"formula": "value_score >= 10 or credit_limit <= 1000", "message": "So much credit only for valued customers."}
    work.change({"op": "add", "path": "modules/customer/validations/x_credit", "value": rule})
    made = ann.made("/customer", {"name": "Acme", "value_score": 20, "credit_limit": "5000"})
    for change in ({"value_score": 5}, {"value_score": 9, "credit_limit": "1001"}):
        refused = ann.patch(f"/customer/{made['id']}", change)
        assert refused.status_code == 422
        assert refused.get_json()["errors"][0]["detail"] == "So much credit only for valued customers."
    assert ann.patch(f"/customer/{made['id']}", {"value_score": 5, "credit_limit": "1000"}).status_code == 200
