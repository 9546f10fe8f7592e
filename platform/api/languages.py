"""Which language an answer speaks."""

from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=512)
def negotiate(accept: str, available: Sequence[str]) -> str:
    """The language of `available` that an Accept-Language header likes best; the first one when it likes none of them.

    Regions are ignored where the catalogue has none: `es-MX` gets `es`, `zh-Hans-CN` gets `zh`.
    """
    best, best_quality = available[0], 0.0
    for part in accept[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = _quality(parameters)
        language = _match(tag.strip().lower().replace("_", "-"), available)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def _match(tag: str, available: Sequence[str]) -> str | None:
    while tag:
        for language in available:
            if language.lower().replace("_", "-") == tag:
                return language
        tag = tag.rpartition("-")[0]
    return None
