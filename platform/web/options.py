"""What the pages are told once, when they are made."""

from dataclasses import dataclass

#: The languages that ship complete, in their own words.
LANGUAGES = {"en": "English", "zh": "中文", "es": "Español"}

SESSION_COOKIE = "tessera_session"
LANGUAGE_COOKIE = "tessera_language"
#: Until somebody is signed in, the CSRF token is a cookie compared with the form's field.
FORM_COOKIE = "tessera_form"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """`default_tenant` answers at hosts that no tenant claims. `secure_cookies` where pages are reached by https."""

    default_tenant: str | None = None
    secure_cookies: bool = False
    page_size: int = 50
