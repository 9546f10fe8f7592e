"""The texts of a tenant's apps and overlay in one language: labels, choices, messages of rules."""

from collections.abc import Mapping


class CatalogTexts:
    """A translator over the texts of a catalog. What has no translation stays English."""

    def __init__(self, locale: str, texts: Mapping[str, Mapping[str, str]]) -> None:
        self.locale = locale
        self._texts = texts.get(locale, {})

    def gettext(self, message: str) -> str:
        """The translation of `message`, or `message` itself."""
        return self._texts.get(message) or message

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Texts of apps have no plural forms."""
        return self.gettext(singular if count == 1 else plural)
