"""Translations of an app: a gettext catalogue a language, read into plain texts."""

from io import BytesIO

from babel.messages.pofile import PoFileError, read_po

from tessera.metadata.errors import Mistake

MAX_BYTES = 5_000_000


def read_catalogue(content: bytes, language: str, name: str) -> dict[str, str] | Mistake:
    """{English: translation} of the finished entries (fuzzy and empty ones are left out), or what is wrong with the file."""
    if len(content) > MAX_BYTES:
        return Mistake(name, 0, "", f"The file is larger than {MAX_BYTES:,} bytes.")
    try:
        content.decode("utf-8")
        catalogue = read_po(BytesIO(content), locale=language, charset="utf-8", abort_invalid=True)
    except PoFileError as error:
        return Mistake(name, error.lineno, "", f"This is not a gettext catalogue: {error.args[0]}.")
    except UnicodeDecodeError as error:
        return Mistake(name, content[: error.start].count(b"\n") + 1, "", "The file is not UTF-8 text.")
    finished = ((entry.id, entry.string) for entry in catalogue if not entry.fuzzy)
    return {
        english: text for english, text in finished if isinstance(english, str) and isinstance(text, str) and english and text
    }
