"""Texts for people. The English text is the key; translations come from gettext catalogues handed in by the faces."""

from collections.abc import Mapping
from typing import Any, Protocol


class Translator(Protocol):
    """Turns English texts into the reader's language."""

    locale: str

    def gettext(self, message: str) -> str:
        """The translation of `message`, or `message` itself."""
        ...

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The plural form that fits `count`."""
        ...


class English:
    """The translator that changes nothing."""

    locale = "en"

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return singular if count == 1 else plural


def render(translator: Translator, message: str, params: Mapping[str, Any]) -> str:
    """`message` translated, then its `{named}` placeholders filled from `params`."""
    text = translator.gettext(message)
    return text.format(**params) if params else text


def N_(message: str) -> str:
    """Mark `message` for extraction into the catalogue where it is stored rather than shown."""
    return message
