"""Logs: their form, and what never gets into them."""

import io
import logging
from collections.abc import Iterator
from uuid import UUID

import orjson
import pytest
import structlog

from tessera.bootstrap.log import StandardLibraryHandler, configure_logging
from tessera.kernel.errors import NotFound

SECRET = "hunter2 ES91 2100 0418"


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


def last(output: io.StringIO) -> dict[str, object]:
    line: dict[str, object] = orjson.loads(output.getvalue().splitlines()[-1])
    return line


def test_a_line_carries_the_request_it_belongs_to(output: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-12345678", tenant="demo", principal=UUID(int=7))
    structlog.get_logger().info("request", status=200, ms=1.5)
    line = last(output)
    line.pop("timestamp")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "r-12345678",
        "tenant": "demo",
        "principal": str(UUID(int=7)),
        "status": 200,
        "ms": 1.5,
    }


@pytest.mark.parametrize("key", ["password", "token", "authorization", "values", "email", "changes", "name", "query"])
@pytest.mark.parametrize("value", [SECRET, {"iban": SECRET}, [SECRET], (SECRET,), SECRET.encode()])
def test_texts_under_unknown_keys_are_blanked(output: io.StringIO, key: str, value: object) -> None:
    structlog.get_logger().warning("saved", **{key: value}, module="customer")
    assert SECRET not in output.getvalue()
    assert last(output)[key] == "[redacted]"
    assert last(output)["module"] == "customer"


@pytest.mark.parametrize("key", ["error", "tenant", "principal", "kind"])
def test_even_known_keys_take_a_single_word_only(output: io.StringIO, key: str) -> None:
    structlog.get_logger().warning("failed", **{key: f"no such customer: {SECRET}"})
    assert last(output)[key] == "[redacted]"


def test_the_message_of_an_exception_stays_out_but_its_place_is_told(output: io.StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        structlog.get_logger().error("failed", exc_info=True)
    line = last(output)
    assert SECRET not in output.getvalue()
    assert line["exception"] == "builtins.ValueError"
    assert "test_log.py" in str(line["stack"])


def test_an_error_of_ours_is_logged_with_its_code(output: io.StringIO) -> None:
    try:
        raise NotFound("There is no {thing}.", thing=SECRET)
    except NotFound as error:
        logging.getLogger("tessera.x").error("failed", exc_info=error)
    assert last(output)["code"] == "not_found"
    assert SECRET not in output.getvalue()


@pytest.mark.parametrize(
    ("message", "arguments", "shown"),
    [
        ("job %s of %s", (UUID(int=1), SECRET), f"job {UUID(int=1)} of [redacted]"),
        ("%(n)d rows of %(who)s", ({"n": 3, "who": SECRET},), "3 rows of [redacted]"),
        ("%d rows", (SECRET,), "%d rows"),
        ("100% done", (), "100% done"),
    ],
)
def test_lines_of_the_standard_library_take_the_same_way(
    output: io.StringIO, message: str, arguments: tuple[object, ...], shown: str
) -> None:
    record = logging.LogRecord("other.library", logging.WARNING, "place.py", 1, message, arguments, None)
    StandardLibraryHandler().handle(record)
    assert last(output)["event"] == shown
    assert last(output)["logger"] == "other.library"
    assert SECRET not in output.getvalue()


def test_known_extras_are_taken_along(output: io.StringIO) -> None:
    logging.getLogger("tessera.jobs").info("done", extra={"job": "a-b", "password": SECRET})
    assert last(output)["job"] == "a-b"
    assert SECRET not in output.getvalue()


def test_less_important_lines_are_left_out(output: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("x").debug("detail")
    assert output.getvalue() == ""


def test_text_lines_cannot_be_forged() -> None:
    stream = io.StringIO()
    configure_logging("info", "text", stream)
    structlog.get_logger().info("request", route="/x\n12:00:00 info admin signed in", tenant="\x1b[31mdemo")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_a_broken_output_does_not_stop_the_work() -> None:
    stream = io.StringIO()
    configure_logging("info", "text", stream)
    stream.close()
    structlog.get_logger().info("request")
