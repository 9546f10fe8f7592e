"""Entity tags: `"v7-1c291ca3"` is a record at version 7 as it was shown, whatever coding it travelled in."""

import re
from collections.abc import Iterable

from tessera.api.errors import BadParameter

_TAG = re.compile(r'\s*(?:W/)?"(v(\d{1,9})(?:-[0-9a-f]{8})?)(?:-(?:br|gzip))?"\s*')


def if_match(header: str | None) -> int | None:
    """The version that If-Match insists on; None when it does not, or says `*` (any version will do).

    Raises `BadParameter` for what is none of our tags: guessing could overwrite somebody's work.
    """
    if header is None or header.strip() == "*":
        return None
    tag = _TAG.fullmatch(header)
    if tag is None:
        raise BadParameter('If-Match takes one tag as it came, such as "v3".', parameter="If-Match")
    return int(tag[2])


def none_match(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names this tag: the client has already what it stands for."""
    if not header:
        return False
    return header.strip() == "*" or etag.strip('"') in _names(header.split(","))


def _names(tags: Iterable[str]) -> Iterable[str]:
    return (found[1] for tag in tags if (found := _TAG.fullmatch(tag)) is not None)
