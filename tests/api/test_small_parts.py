"""Languages, entity tags, parameters, tenants' addresses, compression: the small rules of HTTP."""

import gzip
from typing import Any
from uuid import UUID

import brotli
import pytest
from werkzeug.datastructures import MultiDict

from tessera.api.answers import Answer, respond
from tessera.api.cors import cors_headers
from tessera.api.errors import BadParameter
from tessera.api.languages import negotiate
from tessera.api.parameters import Parameters, record_id
from tessera.api.preconditions import if_match, none_match
from tessera.api.rate_limits import address_key
from tessera.kernel.errors import NotFound

LANGUAGES = ("en", "zh", "es")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("es", "es"),
        ("es-MX,en;q=0.5", "es"),
        ("zh-Hans-CN", "zh"),
        ("fr, de;q=0.9", "en"),
        ("fr, es;q=0.2, zh;q=0.8", "zh"),
        ("es;q=0", "en"),
        ("es;q=nonsense, zh;q=0.1", "zh"),
        ("*", "en"),
        (";;;,,=", "en"),
        ("es" * 1_000, "en"),
    ],
)
def test_the_language_that_is_liked_best_is_spoken(accept: str, language: str) -> None:
    assert negotiate(accept, LANGUAGES) == language


@pytest.mark.parametrize(
    ("header", "version"),
    [(None, None), ("*", None), ('"v7"', 7), ('W/"v7"', 7), ('"v7-br"', 7), (' "v12-gzip" ', 12), ('"v12-0a1b2c3d-br"', 12)],
)
def test_if_match_names_a_version(header: str | None, version: int | None) -> None:
    assert if_match(header) == version


@pytest.mark.parametrize("header", ["", "7", '"7"', '"v"', '"v1", "v2"', '"v99999999999"'])
def test_an_if_match_that_is_not_ours_is_refused(header: str) -> None:
    with pytest.raises(BadParameter):
        if_match(header)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ('"v3-0a1b2c3d"', True),
        ('"v2", W/"v3-0a1b2c3d-br"', True),
        ('"v3-ffffffff"', False),
        ('"v3"', False),
        ("*", True),
        ("junk", False),
    ],
)
def test_if_none_match_knows_what_the_client_has(header: str | None, known: bool) -> None:
    assert none_match(header, '"v3-0a1b2c3d"') is known


@pytest.mark.parametrize(
    "arguments",
    [
        [("surprise", "1")],
        [("limit", "1"), ("limit", "2")],
        [("limit", "0")],
        [("limit", "1e3")],
        [("limit", "٣")],
        [("q", "a\0")],
    ],
)
def test_parameters_that_do_not_fit_are_named(arguments: list[tuple[str, str]]) -> None:
    with pytest.raises(BadParameter) as refused:
        Parameters(MultiDict(arguments), ("limit", "q")).integer("limit", 50, least=1, most=500)
    assert refused.value.parameter == arguments[0][0]


@pytest.mark.parametrize("text", ["[]", "1", "{", '{"a":1,"a":2}'])
def test_a_filter_parameter_is_a_json_object(text: str) -> None:
    with pytest.raises(BadParameter):
        Parameters(MultiDict([("filter", text)]), ("filter",)).json_object("filter")


def test_an_id_in_a_path_is_a_uuid_or_nothing_is_there() -> None:
    assert record_id("0190a1b2-0000-7000-8000-000000000001") == UUID("0190a1b2-0000-7000-8000-000000000001")
    for text in ("", "1", "{0190a1b2-0000-7000-8000-00000000001}", "0190a1b20000700080000000000000001234", "g" * 36):
        with pytest.raises(NotFound):
            record_id(text)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str | None, key: str) -> None:
    assert address_key(address) == key


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("*", "gzip"),
        ("", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("br;q=0, gzip", "gzip"),
    ],
)
def test_large_answers_are_compressed_as_the_client_likes(accepted: str, coding: str | None) -> None:
    body = b'{"name":"Acme"}' * 200
    response = respond(Answer(body=body, headers={"ETag": '"v3"'}), accepted, compress_from=1_024)
    unpack: Any = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(response.get_data()) == body
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert if_match(response.headers["ETag"]) == 3


def test_small_answers_travel_as_they_are() -> None:
    response = respond(Answer(body=b"{}"), "br", compress_from=1_024)
    assert "Content-Encoding" not in response.headers
    assert response.get_data() == b"{}"


def test_only_named_origins_may_call_from_a_browser() -> None:
    allowed = frozenset({"https://shop.example"})
    assert cors_headers("https://evil.example", allowed, preflight=False) == {}
    assert cors_headers("https://shop.example.evil.example", allowed, preflight=True) == {}
    headers = cors_headers("https://shop.example", allowed, preflight=True)
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in headers
