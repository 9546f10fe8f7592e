"""Web addresses."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import Coercion, CompiledField, Display, Rejected
from tessera.runtime.fields.text_input import read_line
from tessera.runtime.fields.textual import TextualField
from tessera.storage.columns import ColumnSpec

URL_LENGTH = 2000
_UNSAFE = re.compile(r"[\s\\<>\"'`{}|^]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)*[^\W_](?:[\w-]*[^\W_])?\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)


class UrlField(TextualField):
    """`http`, `https` and `mailto` only, so that a link can never run anything. An address without a scheme gets `https://`."""

    key = "url"
    label = "Web address"
    widget = "url"
    may_be_unique = False
    may_be_indexed = False
    options_schema: ClassVar[Mapping[str, Any]] = {}

    def column_specs(self, definition: FieldDefinition, options: Any) -> tuple[ColumnSpec, ...]:
        return (ColumnSpec(definition.key, "text", length=URL_LENGTH),)

    def coerce(self, field: CompiledField, raw: Any, coercion: Coercion) -> str | None:
        text = read_line(raw, coercion, URL_LENGTH)
        if text is None:
            return None
        if _UNSAFE.search(text):
            raise _not_a_url()
        if not _SCHEME.match(text) or re.match(r"[^/:]+:\d{1,5}(/|$)", text):
            text = f"https://{text}"
        return _checked(text)

    def to_text(self, field: CompiledField, value: Any, display: Display) -> str:
        return value or ""

    def json_schema(self, field: CompiledField) -> dict[str, Any]:
        return {"type": "string", "maxLength": URL_LENGTH, "pattern": "^(https?://|mailto:)"}


def _checked(text: str) -> str:
    scheme, _, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme == "mailto":
        return f"mailto:{_mail_target(rest)}"
    if scheme not in ("http", "https") or not rest.startswith("//"):
        raise _not_a_url()
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _not_a_url() from None
    if parts.username is not None or parts.password is not None:
        raise Rejected("url_with_password", "A web address must not contain a user name or password.")
    shown = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(shown) or len(host) > 253:
        raise _not_a_url()
    tail = (parts.path or "") + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    url = f"{scheme}://{shown}" + (f":{port}" if port is not None else "") + tail
    if len(url) > URL_LENGTH:
        raise Rejected("too_long", "This is longer than {limit} characters.", limit=URL_LENGTH)
    return url


def _mail_target(rest: str) -> str:
    address, mark, query = rest.partition("?")
    try:
        found = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise _not_a_url() from None
    return found.normalized + mark + query


def _not_a_url() -> Rejected:
    return Rejected("not_a_url", "This must be a web address, such as {example}.", example="https://example.com")
