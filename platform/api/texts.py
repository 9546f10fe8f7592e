"""The texts of an answer in the caller's language: those of the tenant's apps first, then the product's own."""

from collections.abc import Mapping
from typing import Any

from tessera.kernel.messages import Translator, render
from tessera.runtime.model import Catalog


class TenantTranslator:
    """Looks a text up among the tenant's (labels, messages of its rules), then in the product's catalogue."""

    def __init__(self, texts: Mapping[str, str], product: Translator) -> None:
        self.locale = product.locale
        self._texts = texts
        self._product = product

    def gettext(self, message: str) -> str:
        """The translation, or the English text itself."""
        return self._texts.get(message) or self._product.gettext(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The form that fits `count`; only the product has such texts."""
        return self._product.ngettext(singular, plural, count)


def texts_of(catalog: Catalog, language: str) -> Mapping[str, str]:
    """The catalogue's texts in `language`, or in the language without its region; empty for English."""
    texts = catalog.definitions.texts
    return texts.get(language) or texts.get(language.partition("_")[0].partition("-")[0]) or {}


def say(translator: Translator, message: str, params: Mapping[str, Any]) -> str:
    """`message` in the reader's language; labels among its parameters are translated with it."""
    return render(translator, message, {key: _said(translator, value) for key, value in params.items()})


def _said(translator: Translator, value: Any) -> Any:
    return translator.gettext(value) if isinstance(value, str) and value else value
