"""Cross-origin requests: off, except for the origins that were allowed by name."""

from typing import Final

_METHODS: Final = "GET, HEAD, POST, PATCH, DELETE"
_HEADERS: Final = "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, Idempotency-Key, X-Request-Id"
_EXPOSED: Final = "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id"


def cors_headers(origin: str | None, allowed: frozenset[str], *, preflight: bool) -> dict[str, str]:
    """The headers for a page of `origin`; none unless it is allowed. Cookies never travel: tokens are sent by the page itself."""
    if origin is None or origin not in allowed:
        return {}
    headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    if preflight:
        headers |= {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": "600",
        }
    else:
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    return headers
