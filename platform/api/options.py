"""What the API is told once, when it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from tessera.api.texts import TenantTranslator, texts_of
from tessera.kernel.messages import English, Translator
from tessera.runtime.model import Catalog


def _english(_language: str) -> Translator:
    return English()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """Limits and surroundings of the API.

    `default_tenant` answers at hosts that no tenant claims; None: the only tenant, if there is just one. `translator_for`
    gives the catalogue of one of `languages`, the first of which is spoken when no other is wanted. Rates are requests a minute;
    0 sets no limit. Pages of `cors_origins` (`https://shop.example.com`) may call from a browser.
    """

    default_tenant: str | None = None
    languages: tuple[str, ...] = ("en", "zh", "es")
    translator_for: Callable[[str], Translator] = _english
    max_body_bytes: int = 25 * 1024 * 1024
    max_upload_bytes: int = 25 * 1024 * 1024
    token_rate: int = 6_000
    address_rate: int = 600
    login_rate: int = 20
    cors_origins: frozenset[str] = frozenset()
    session_cookie: str = "tessera_session"
    compress_from: int = 1_024

    def translator(self, catalog: Catalog | None, language: str) -> Translator:
        """Speaks `language`, with the words of the tenant of `catalog` where there is one."""
        product = self.translator_for(language)
        return product if catalog is None else TenantTranslator(texts_of(catalog, language), product)
