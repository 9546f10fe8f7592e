"""Style sheets, scripts, icons and fonts: bundled and named by their content at start, then served for a year.

There is no build step: a bundle is the files of a list, one after the other. Compressed forms are made on first use and kept.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable

import brotli

STYLES = (
    "layers", "tokens", "base", "shell", "components", "list", "record", "form", "palette", "login", "widths", "mobile", "pages",
)  # fmt: skip
SCRIPTS = ("vendor/htmx.min.js", "js/page.js", "js/list.js", "js/lookup.js", "js/lines.js", "js/form.js", "js/pad.js")
_COMPRESSIBLE = ("text/", "image/svg+xml")
#: Media types of what we ship, whatever the machine's own table says.
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".txt": "text/plain"}


@dataclass(slots=True)
class Asset:
    """One file as it is served. `name` carries the first 12 digits of the SHA-256 of its content."""

    name: str
    content: bytes
    media_type: str
    _compressed: dict[str, bytes] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The media type with the encoding of texts."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type

    def encoded(self, accepted: str) -> tuple[bytes, str | None]:
        """The content in the best encoding that `accepted` (an Accept-Encoding header) allows, and its name."""
        if not self.media_type.startswith(_COMPRESSIBLE):
            return self.content, None
        for encoding in ("br", "gzip"):
            if encoding in accepted:
                if encoding not in self._compressed:
                    pack = brotli.compress if encoding == "br" else _gzip
                    self._compressed[encoding] = pack(self.content)
                return self._compressed[encoding], encoding
        return self.content, None


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


class Assets:
    """All assets of the product by their served name, and the addresses pages use for them."""

    def __init__(self, prefix: str = "/static") -> None:
        self._prefix = prefix
        self._by_name: dict[str, Asset] = {}
        self._urls: dict[str, str] = {}
        root = files("tessera.web") / "static"
        for font in (root / "fonts").iterdir():
            self._add(f"fonts/{font.name}", font.read_bytes())
        styles = b"\n".join((root / "css" / f"{name}.css").read_bytes() for name in STYLES)
        for key, url in self._urls.items():
            styles = styles.replace(f"/static/{key}".encode(), url.encode())
        self._add("app.css", styles)
        self._add("app.js", b"\n;\n".join(_at(root, path).read_bytes() for path in SCRIPTS))
        self._add("theme.js", _at(root, "js/theme.js").read_bytes())
        self._add("scriptless.css", _at(root, "css/scriptless.css").read_bytes())
        for picture in (root / "img").iterdir():
            self._add(picture.name, picture.read_bytes())
        self._add("icons.svg", sprite((files("tessera.web") / "icons" / "icons.txt").read_text(encoding="utf-8")))

    def url(self, key: str) -> str:
        """The address of `app.css`, `app.js`, `icons.svg` …; raises KeyError for what does not exist."""
        return self._urls[key]

    def get(self, name: str) -> Asset | None:
        """The asset of a served name."""
        return self._by_name.get(name)

    def _add(self, key: str, content: bytes) -> None:
        stem, dot, suffix = key.rpartition(".")
        name = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffix}"
        media_type = _TYPES.get(dot + suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"
        self._by_name[name] = Asset(name, content, media_type)
        self._urls[key] = f"{self._prefix}/{name}"


def sprite(lines: str) -> bytes:
    """The SVG sprite of an icon list: `name|shapes` a line, on a 16-pixel grid; pages point into it with `#i-name`."""
    symbols = [
        f'<symbol id="i-{name}" viewBox="0 0 16 16">{shapes}</symbol>'
        for line in lines.splitlines()
        if line and not line.startswith("#")
        for name, _, shapes in [line.partition("|")]
    ]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


def _at(root: Traversable, path: str) -> Traversable:
    for part in path.split("/"):
        root = root / part
    return root
