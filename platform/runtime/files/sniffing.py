"""What a file is, told from its bytes; what its sender claims counts for nothing."""

from collections.abc import Sequence

#: How much of the beginning and of the end is looked at.
HEAD, TAIL = 4096, 65_536

OCTETS, TEXT = "application/octet-stream", "text/plain"
#: Types that browsers show as pictures and that are taken as images.
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")

#: (offset, bytes, type), the first that fits.
_SIGNATURES: Sequence[tuple[int, bytes, str]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"OggS", "application/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp", "video/mp4"),
)
_IN_ZIP: Sequence[tuple[bytes, str]] = (
    (b"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
)


def sniff(head: bytes, tail: bytes = b"") -> str:
    """The media type of a file that begins with `head` and ends with `tail`.

    Whatever is text (HTML, SVG and scripts among it) is `text/plain`, so that no browser ever runs it.
    """
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return next((kind for sign, kind in _IN_ZIP if sign in head or sign in tail), "application/zip")
    for offset, sign, kind in _SIGNATURES:
        if head[offset : offset + len(sign)] == sign and (offset != 8 or head[:4] == b"RIFF"):
            return kind
    return TEXT if _is_text(head) else OCTETS


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return head[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a character cut in two at the end of what was read is no fault; other old encodings have no control bytes either
        return error.start >= len(head) - 3 or not any(byte < 9 or 13 < byte < 32 for byte in head)
    return True
