"""Identifiers from outside."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tessera.runtime.fields.base import Rejected
from tessera.runtime.values import Reference


def read_id(raw: Any) -> UUID | None:
    """`raw` as the id of a record, or None when empty; also an expanded record (`{"id": …}`). Raises `Rejected`."""
    if isinstance(raw, Mapping):
        raw = raw.get("id")
        if raw is None:
            raise not_an_id()
    if raw is None or isinstance(raw, UUID):
        return raw
    if isinstance(raw, Reference):
        return raw.id
    if isinstance(raw, str) and len(raw) <= 64:
        text = raw.strip()
        if not text:
            return None
        if len(text) in (32, 36) and text.isascii():
            try:
                return UUID(text)
            except ValueError:
                pass
    raise not_an_id()


def not_an_id() -> Rejected:
    """The refusal of something that identifies no record."""
    return Rejected("not_an_id", "This must be the id of a record.")
