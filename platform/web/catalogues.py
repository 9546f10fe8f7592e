"""The product's own texts in the reader's language, joined with those of the tenant's apps."""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tessera.kernel.messages import Translator


@cache
def product_texts(language: str) -> gettext.NullTranslations:
    """The product's catalogue; English (or a language without one) is empty."""
    source = files("tessera.web") / "translations" / f"{language}.po"
    if not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class PageTranslator:
    """Looks a text up among the tenant's (labels, picklists, messages of its apps), then among the product's own."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.locale = language
        self._texts = texts
        self._product = product_texts(language)

    def gettext(self, message: str) -> str:
        """The translation, or the English text itself."""
        if not message:
            return ""
        return self._texts.get(message) or self._product.gettext(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The form that fits `count`, of the product's own texts."""
        return self._product.ngettext(singular, plural, count)


def product_translator(language: str) -> Translator:
    """A translator without a tenant, for faces that have none at hand."""
    return PageTranslator(language, {})
