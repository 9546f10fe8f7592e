"""Looks at an image without unpacking it: whether it is one, and how large it would be in memory."""

import warnings
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from tessera.runtime.files.errors import ImageTooLarge, NotAnImage

#: The formats browsers show; no other parser of Pillow ever sees an upload.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MOST_PIXELS = 50_000_000


def check_image(content: BinaryIO, *, most_pixels: int = MOST_PIXELS) -> tuple[int, int]:
    """Width and height in pixels. Raises `NotAnImage` and `ImageTooLarge`; leaves `content` at its beginning."""
    content.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is stricter
            with Image.open(content, formats=FORMATS) as image:
                width, height = image.size
                if width * height > most_pixels:
                    raise ImageTooLarge(limit=most_pixels // 1_000_000)
                image.verify()
    except Image.DecompressionBombError:
        raise ImageTooLarge(limit=most_pixels // 1_000_000) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise NotAnImage() from None
    finally:
        content.seek(0)
    return width, height
