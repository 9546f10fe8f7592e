"""The name a file came with, made fit to be shown and to be offered on download."""

import re
import unicodedata

LONGEST = 200

_FORBIDDEN = re.compile(r'[<>:"|?*/\\]')
#: Signs that turn the direction of text round: `exe.gpj` must not read as `jpg.exe` backwards.
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def display_name(claimed: str | None) -> str:
    """A harmless file name: no folders, no control or direction signs, not longer than `LONGEST`, its extension kept."""
    name = re.split(r"[/\\]", claimed or "")[-1]
    name = _DIRECTION.sub("", unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode()))
    name = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in name)
    name = _FORBIDDEN.sub("_", re.sub(r"\s+", " ", name)).strip(" .")
    if not name:
        return "file"
    if _RESERVED.fullmatch(name):
        name = "_" + name
    if len(name) > LONGEST:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[: LONGEST - len(extension) - 1]}.{extension}" if dot and len(extension) <= 20 else name[:LONGEST]
    return name
