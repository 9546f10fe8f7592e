"""Entity tags: `"v7"` is a record at version 7, whatever coding it travelled in."""

import re
from collections.abc import Iterable

from tessera.api.errors import BadParameter

_TAG = re.compile(r'\s*(?:W/)?"v(\d{1,9})(?:-(?:br|gzip))?"\s*')


def if_match(header: str | None) -> int | None:
    """The version that If-Match insists on; None when it does not, or says `*` (any version will do).

    Raises `BadParameter` for what is none of our tags: guessing could overwrite somebody's work.
    """
    if header is None or header.strip() == "*":
        return None
    tag = _TAG.fullmatch(header)
    if tag is None:
        raise BadParameter('If-Match takes one tag as it came, such as "v3".', parameter="If-Match")
    return int(tag[1])


def none_match(header: str | None, version: int) -> bool:
    """Whether If-None-Match names this version: the client has it already."""
    if not header:
        return False
    return header.strip() == "*" or version in _versions(header.split(","))


def _versions(tags: Iterable[str]) -> Iterable[int]:
    return (int(found[1]) for tag in tags if (found := _TAG.fullmatch(tag)) is not None)
