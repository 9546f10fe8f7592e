"""Settings from the outside world: command line over environment over TOML file over defaults.

A setting that is wrong or that nobody knows stops the start, and the message names it: a misspelt `TESSERA_PROT` that is
silently ignored costs more than a refusal.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import Field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from tessera.bootstrap.setting_values import CHECKS, SECRET_LENGTH, as_type
from tessera.bootstrap.settings import Settings
from tessera.kernel.errors import ConfigurationError

PREFIX = "TESSERA_"
FILE_VARIABLE = "TESSERA_CONFIG"
DEFAULT_FILE = Path("tessera.toml")
#: Variables of the test tools: they are nobody's settings.
IGNORED_PREFIX = "TESSERA_TEST_"
KEY_FILE = "secret-key"

_HINTS: Mapping[str, Any] = MappingProxyType(get_type_hints(Settings))
_FIELDS: Mapping[str, Field[Any]] = MappingProxyType({f.name: f for f in fields(Settings)})


def load_settings(environment: Mapping[str, str] | None = None, *, file: Path | None = None, **overrides: Any) -> Settings:
    """The settings of this process; `overrides` come from the command line, None meaning not given.

    `file` is the TOML file; by default the one that TESSERA_CONFIG names, else `tessera.toml` in the working directory if
    there is one. Raises `ConfigurationError` naming the setting, where it was set and what is wrong with it.
    """
    environment = os.environ if environment is None else environment
    values = _from_file(_file(environment, file))
    values.update(_from_environment(environment))
    values.update({name: (value, "command line") for name, value in overrides.items() if value is not None})
    settings = Settings(**{name: _convert(name, value, where) for name, (value, where) in values.items()})
    return _completed(settings, {name: where for name, (_, where) in values.items()})


def prepare(settings: Settings) -> Settings:
    """Make the data folder, and the secret key when none is given; the settings with the key in them."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _wrong("data_dir", "settings", f"the folder cannot be made: {error.strerror}") from error
    return settings if settings.secret_key else replace(settings, secret_key=_kept_secret(settings.data_dir / KEY_FILE))


def _kept_secret(path: Path) -> str:
    """The key in the file; two processes that start at once agree on the one that was there first."""
    made = path.with_name(f"{KEY_FILE}.{os.getpid()}")
    try:
        if not path.exists():
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as output:
                output.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(made, path)
            made.unlink()
        key = path.read_text().strip()
    except OSError as error:
        raise _wrong("secret_key", "settings", f"{path} cannot be read or written: {error.strerror}") from error
    if len(key) < SECRET_LENGTH:
        raise _wrong("secret_key", str(path), f"it holds fewer than {SECRET_LENGTH} characters; remove it to get a new key")
    return key


def _file(environment: Mapping[str, str], given: Path | None) -> Path | None:
    if given is None and environment.get(FILE_VARIABLE):
        given = Path(environment[FILE_VARIABLE])
    if given is not None and not given.is_file():
        raise ConfigurationError("The configuration file {path} does not exist.", path=str(given))
    return given or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)


def _from_file(path: Path | None) -> dict[str, tuple[Any, str]]:
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = "The configuration file {path} cannot be read: {reason}"
        raise ConfigurationError(message, path=str(path), reason=str(error)) from error
    for name in content:
        _known(name, name, str(path))
    return {name: (value, str(path)) for name, value in content.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX) or variable.startswith(IGNORED_PREFIX) or variable == FILE_VARIABLE:
            continue
        name = variable.removeprefix(PREFIX).lower()
        _known(name, variable, "environment")
        found[name] = (text, "environment")
    return found


def _known(name: str, shown: str, where: str) -> None:
    if name in _FIELDS:
        return
    near = get_close_matches(name, _FIELDS, n=1)
    hint = f" Did you mean {PREFIX + near[0].upper() if shown.startswith(PREFIX) else near[0]}?" if near else ""
    raise ConfigurationError("There is no setting {name} ({where}).{hint}", name=shown, where=where, hint=hint)


def _wrong(name: str, where: str, reason: str) -> ConfigurationError:
    return ConfigurationError("The setting {name} ({where}) is wrong: {reason}.", name=name, where=where, reason=reason)


def _convert(name: str, value: Any, where: str) -> Any:
    """`value` as the setting's type: texts from the environment and the TOML file's own types alike."""
    kind = _HINTS[name]
    try:
        converted = as_type(kind, value)
    except ValueError as error:
        raise _wrong(name, where, str(error)) from error
    least, most = (_FIELDS[name].metadata[limit] for limit in ("at_least", "at_most"))
    if least is not None and converted < least:
        raise _wrong(name, where, f"{converted} is less than {least}")
    if most is not None and converted > most:
        raise _wrong(name, where, f"{converted} is more than {most}")
    return converted


def _completed(settings: Settings, where: Mapping[str, str]) -> Settings:
    """Derived defaults filled in, and what no type can tell checked."""
    data_dir = settings.data_dir.expanduser().resolve()
    settings = replace(
        settings,
        data_dir=data_dir,
        apps_path=tuple(path.expanduser().resolve() for path in settings.apps_path),
        control_database_url=settings.control_database_url or f"sqlite:///{data_dir / 'control.sqlite'}",
        base_url=(settings.base_url or f"http://{_shown_host(settings.host)}:{settings.port}").rstrip("/"),
    )
    for name, check in CHECKS.items():
        reason = check(getattr(settings, name))
        if reason:
            raise _wrong(name, where.get(name, "default"), reason)
    return settings


def _shown_host(host: str) -> str:
    """The host as it stands in a URL."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host
