"""What holds for every answer: headers, limits, hosts, request ids, the log line, and answers where no face has one."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import structlog
from flask import Blueprint, Response, jsonify, request
from flask.testing import FlaskClient

from tessera.api.health import create_health_blueprint
from tessera.bootstrap.assembly import HEADERS, assemble_app
from tessera.bootstrap.configuration import load_settings
from tessera.bootstrap.log import configure_logging

SECRET = "hunter2"

MakeClient = Callable[..., FlaskClient]


def face() -> Blueprint:
    blueprint = Blueprint("face", __name__)

    @blueprint.post("/records/<key>")
    def save(key: str) -> Response:
        structlog.contextvars.bind_contextvars(tenant="demo", principal="p-1")
        return jsonify(size=len(request.get_data()), seen=request.headers["X-Request-ID"])

    @blueprint.get("/page")
    def page() -> Response:
        return Response("<p>", headers={"Content-Security-Policy": "default-src 'self'"})

    @blueprint.get("/broken")
    def broken() -> Response:
        raise RuntimeError(SECRET)

    return blueprint


def fail() -> None:
    raise ConnectionError(SECRET)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def client(output: io.StringIO) -> MakeClient:
    def make(*, ready: bool = True, **settings: Any) -> FlaskClient:
        health = create_health_blueprint({"control_database": (lambda: None) if ready else fail})
        return assemble_app(load_settings({}, **settings), [health, face()]).test_client()

    return make


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in output.getvalue().splitlines()]


@pytest.mark.parametrize("path", ["/healthz", "/page", "/nowhere", "/broken"])
def test_every_answer_has_the_headers(client: MakeClient, path: str) -> None:
    headers = client().get(path).headers
    assert HEADERS.keys() | {"X-Request-ID"} <= set(headers.keys())


def test_a_page_may_have_a_policy_of_its_own(client: MakeClient) -> None:
    assert client().get("/page").headers.getlist("Content-Security-Policy") == ["default-src 'self'"]


def test_a_request_is_one_line_without_what_was_typed(client: MakeClient, output: io.StringIO) -> None:
    client().post(f"/records/{SECRET}?q={SECRET}", data=SECRET, headers={"X-Request-ID": "abcdef12", "Authorization": SECRET})
    (line,) = lines(output)
    assert line.pop("timestamp")
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "route": "/records/<key>",
        "status": 200,
        "request_id": "abcdef12",
        "tenant": "demo",
        "principal": "p-1",
    }


def test_the_next_request_does_not_inherit_the_tenant(client: MakeClient, output: io.StringIO) -> None:
    made = client()
    made.post("/records/1")
    made.get("/page")
    assert "tenant" not in lines(output)[-1]


@pytest.mark.parametrize("given", ["", "short", "x" * 101, "a b c d e f", "<script>alert</script>"])
def test_a_strange_request_id_is_replaced_everywhere(client: MakeClient, given: str) -> None:
    answer = client().post("/records/1", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == answer.json["seen"] != given


def test_health_is_not_logged(client: MakeClient, output: io.StringIO) -> None:
    client().get("/healthz")
    client().get("/readyz")
    assert lines(output) == []


def test_ready_only_while_the_database_answers(client: MakeClient, output: io.StringIO) -> None:
    answer = client(ready=False).get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "checks": {"control_database": "failed"}})
    assert lines(output)[0]["exception"] == "builtins.ConnectionError"
    assert SECRET not in output.getvalue()
    assert client(ready=False).get("/healthz").status_code == 200


def test_an_unforeseen_error_is_logged_without_its_message(client: MakeClient, output: io.StringIO) -> None:
    answer = client().get("/broken")
    assert answer.status_code == 500
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    error, line = lines(output)
    assert error["exception"] == "builtins.RuntimeError"
    assert error["request_id"] == line["request_id"] == answer.headers["X-Request-ID"]
    assert SECRET not in output.getvalue() + answer.text


def test_what_nobody_serves_is_a_problem_document(client: MakeClient) -> None:
    answer = client().get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert client().delete("/page").status_code == 405


def test_a_body_over_the_limit_is_refused(client: MakeClient) -> None:
    made = client(max_upload_mb=1)
    assert made.post("/records/1", data=b"x" * 2**20).status_code == 200
    assert made.post("/records/1", data=b"x" * (2**20 + 1)).status_code == 413


def test_only_trusted_hosts_are_answered(client: MakeClient) -> None:
    made = client(trusted_hosts=("crm.example", ".inside.example"))
    statuses = {
        host: made.get("/page", base_url=f"http://{host}").status_code
        for host in ("crm.example:81", "a.inside.example", "evil.example")
    }
    assert statuses == {"crm.example:81": 200, "a.inside.example": 200, "evil.example": 400}


@pytest.mark.parametrize(("proxies", "status"), [(0, 400), (1, 200)])
def test_forwarded_headers_count_only_behind_a_proxy(client: MakeClient, proxies: int, status: int) -> None:
    made = client(trusted_hosts=("crm.example",), trusted_proxies=proxies)
    answer = made.get("/page", base_url="http://10.0.0.1", headers={"X-Forwarded-Host": "crm.example"})
    assert answer.status_code == status
