"""Errors become problem documents, in the reader's language, and faults tell nothing."""

from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from tessera.api.errors import BadParameter, MethodNotAllowed
from tessera.api.problems import as_tessera_error, problem_body, problem_headers
from tessera.kernel.errors import (
    BadQuery,
    EditConflict,
    FieldClash,
    Forbidden,
    NotAuthenticated,
    Problem,
    TooManyRequests,
    Unavailable,
    ValidationFailed,
)
from tessera.kernel.messages import English


class Spanish(English):
    locale = "es"
    texts: ClassVar = {"Conflict": "Conflicto", "You may not {action} {module}.": "No puede {action} {module}."}

    def gettext(self, message: str) -> str:
        return self.texts.get(message, message)


def body(error: Any, translator: Any = None) -> dict[str, Any]:
    return problem_body(error, translator or English(), "req-1")


def test_a_problem_has_the_members_of_the_standard() -> None:
    assert body(Forbidden()) == {
        "type": "/api/docs#problem-forbidden",
        "title": "Not allowed",
        "status": 403,
        "detail": "You may not do this.",
        "code": "forbidden",
        "request_id": "req-1",
    }


def test_every_place_that_is_wrong_is_named() -> None:
    problems = [
        Problem("/name", "required", "{label} is needed.", {"label": "Name"}),
        Problem("/lines/2/quantity", "too_small", "Too small."),
    ]
    assert body(ValidationFailed(problems))["errors"] == [
        {"pointer": "/name", "code": "required", "detail": "Name is needed."},
        {"pointer": "/lines/2/quantity", "code": "too_small", "detail": "Too small."},
    ]


def test_a_clash_brings_both_values() -> None:
    made = body(EditConflict([FieldClash("name", "A", "B", "C")], 7))
    assert made["version"] == 7
    assert made["clashes"] == [{"field": "name", "base": "A", "current": "B", "submitted": "C"}]


def test_a_query_and_a_parameter_say_where() -> None:
    assert (
        body(BadQuery("There is no field {field}.", pointer="/filter/field", field="x"))["errors"][0]["pointer"]
        == "/filter/field"
    )
    assert body(BadParameter(parameter="limit"))["errors"][0]["parameter"] == "limit"


def test_texts_are_in_the_readers_language() -> None:
    error = Forbidden("You may not {action} {module}.", action="leer", module="clientes")
    assert body(error, Spanish())["detail"] == "No puede leer clientes."


def test_braces_in_values_do_no_harm() -> None:
    assert body(BadParameter("There is no parameter {parameter}.", parameter="{x.__class__}"))["detail"].endswith(
        "{x.__class__}."
    )


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (TooManyRequests(retry_after=17), {"Retry-After": "17"}),
        (Unavailable(), {"Retry-After": "1"}),
        (MethodNotAllowed(method="PUT", allowed="GET, HEAD"), {"Allow": "GET, HEAD"}),
        (NotAuthenticated(), {"WWW-Authenticate": 'Bearer realm="api"'}),
        (Forbidden(), {}),
    ],
)
def test_errors_bring_their_headers(error: Any, headers: dict[str, str]) -> None:
    assert problem_headers(error, token_sent=False) == headers


def test_a_fault_is_logged_and_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    known = as_tessera_error(KeyError("secret column"), "req-9")
    assert known.status == 500
    assert "secret" not in body(known)["detail"]
    assert "req-9" in caplog.text


class _Driver(Exception):
    sqlstate = "53100"


@pytest.mark.parametrize(("state", "status"), [("53100", 507), ("57P01", 503), ("08006", 503), ("40P01", 503), ("42P01", 500)])
def test_a_database_that_cannot_is_no_fault_of_the_program(state: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    driver = _Driver("no")
    driver.sqlstate = state
    assert as_tessera_error(sa.exc.OperationalError("select 1", {}, driver), "r").status == status
