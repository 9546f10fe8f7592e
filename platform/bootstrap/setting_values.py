"""What a setting's value may be: texts and TOML values turned into the setting's type, and what no type can tell.

Raises `ValueError` with the bare reason; `bootstrap.configuration` says which setting it was and where it came from.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: A key of fewer characters can be guessed.
SECRET_LENGTH = 32

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def as_type(kind: Any, value: Any) -> Any:
    """`value` as `kind`: a text from the environment (lists are split at commas) or a value of TOML's own types."""
    if get_origin(kind) is tuple:
        parts = value if isinstance(value, list | tuple) else [part.strip() for part in str(value).split(",") if part.strip()]
        return tuple(as_type(get_args(kind)[0], part) for part in parts)
    if get_origin(kind) is Literal:
        return _as_choice(get_args(kind), value)
    if kind is bool:
        return _as_boolean(value)
    if kind is int:
        return _as_integer(value)
    if not isinstance(value, str | Path):
        raise ValueError(f"{value!r} is not a text")
    return kind(value)


def _as_choice(choices: tuple[str, ...], value: Any) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}")
    return str(value)


def _as_boolean(value: Any) -> bool:
    try:
        return _WORDS[str(value).lower()]
    except KeyError:
        raise ValueError(f"{value!r} is neither true nor false") from None


def _as_integer(value: Any) -> int:
    try:
        if isinstance(value, int | str) and not isinstance(value, bool):
            return int(value)
    except ValueError:
        pass
    raise ValueError(f"{value!r} is not a whole number")


def _check_database(url: str) -> str:
    if urlsplit(url).scheme in {"sqlite", "postgresql", "postgresql+psycopg"}:
        return ""
    return "the URL must begin with sqlite:/// or postgresql+psycopg://"


def _check_location(url: str) -> str:
    if url == "sqlite" or urlsplit(url).scheme in {"postgresql", "postgresql+psycopg"}:
        return ""
    return "it must be 'sqlite' or a URL that begins with postgresql+psycopg://"


def _check_apps_path(paths: tuple[Path, ...]) -> str:
    missing = [str(path) for path in paths if not path.is_dir()]
    return f"there is no folder {missing[0]}" if missing else ""


def _check_redis(url: str) -> str:
    if not url or urlsplit(url).scheme in {"redis", "rediss", "unix"}:
        return ""
    return "the URL must begin with redis://, rediss:// or unix://"


def _check_secret(key: str) -> str:
    return f"it is shorter than {SECRET_LENGTH} characters" if key and len(key) < SECRET_LENGTH else ""


def _check_base_url(url: str) -> str:
    parts = urlsplit(url)
    return "" if parts.scheme in {"http", "https"} and parts.netloc else "it must begin with http:// or https:// and name a host"


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"there is no time zone {name!r}"
    return ""


#: By setting: the reason why a value of the right type is wrong all the same, or nothing.
CHECKS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "control_database_url": _check_database,
        "default_location": _check_location,
        "apps_path": _check_apps_path,
        "redis_url": _check_redis,
        "secret_key": _check_secret,
        "base_url": _check_base_url,
        "timezone": _check_timezone,
    }
)
