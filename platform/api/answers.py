"""What a handler answers, and how it becomes an HTTP response."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

import brotli
import orjson
from flask import Response

JSON: Final = "application/json"


@dataclass(slots=True)
class Answer:
    """Status, body and headers. `stream` replaces the body for downloads, which are neither compressed nor stored."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    stream: Iterable[bytes] | None = None


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    """An answer with `value` as JSON."""
    return Answer(status, orjson.dumps(value, default=str), {name.replace("_", "-"): text for name, text in headers.items()})


def etag(version: int, body: bytes) -> str:
    """The entity tag of a record at a version, as `body` shows it.

    The version is what If-Match goes by. The check sum tells the representation: roll-ups, formulas and titles follow other
    records without a new version, and different fields may have been asked for.
    """
    return f'"v{version}-{crc32(body):08x}"'


def respond(answer: Answer, accepted: str, *, compress_from: int) -> Response:
    """The response, compressed when the client takes it and the body is worth it."""
    headers = answer.headers
    if answer.stream is not None:
        return Response(answer.stream, answer.status, headers, content_type=answer.content_type, direct_passthrough=True)
    body = answer.body
    if len(body) >= compress_from:
        headers["Vary"] = "Accept-Encoding, Origin" if "Vary" in headers else "Accept-Encoding"
        coding = _coding(accepted)  # at the lowest levels: a fifth more bytes, a quarter of the time
        if coding is not None:
            body = brotli.compress(body, quality=1) if coding == "br" else gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = coding
            if "ETag" in headers:  # another representation has another strong tag
                headers["ETag"] = f'{headers["ETag"][:-1]}-{coding}"'
    if answer.status in {204, 304}:
        response = Response(None, answer.status, headers)
        response.headers.pop("Content-Type", None)
        return response
    return Response(body, answer.status, headers, content_type=answer.content_type)


def _coding(accepted: str) -> str | None:
    """Brotli or gzip when the client takes it (`;q=0` refuses), else None."""
    if not accepted:
        return None
    codings = {}
    for part in accepted[:200].lower().split(","):
        name, _, parameters = part.strip().partition(";")
        codings[name.strip()] = parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    if codings.get("br"):
        return "br"
    return "gzip" if codings.get("gzip", codings.get("*", False)) else None
