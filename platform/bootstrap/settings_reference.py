"""`docs/configuration.md`, written from the settings themselves so that it cannot lie."""

from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tessera.bootstrap.settings import Settings

HEAD = """\
# Configuration

<!-- Written by tools/write_docs from platform/bootstrap/settings.py: change the texts there. -->

A setting comes from the command line, else from the environment, else from a TOML file, else it has its default.

- **Environment**: `TESSERA_` and the name in capitals, `TESSERA_PORT=9000`. Lists are written with commas.
- **TOML file**: the one that `tessera --config FILE` or `TESSERA_CONFIG` names, else `tessera.toml` in the working directory.

A setting that is wrong, or that nobody knows, stops the start with a message that names it and says where it was set.

```toml
# tessera.toml
host = "127.0.0.1"
port = 8080
log_format = "json"
trusted_hosts = ["crm.example.com"]
```

| setting | environment | type | default |
| --- | --- | --- | --- |
"""

_TYPES = {str: "text", int: "whole number", bool: "true or false", Path: "path"}


def settings_reference() -> str:
    """The page in Markdown."""
    hints = get_type_hints(Settings)
    every = fields(Settings)
    rows = "".join(_row(field, hints[field.name]) for field in every)
    return f"{HEAD}{rows}\n" + "\n".join(_section(field, hints[field.name]) for field in every)


def _row(field: Field[Any], kind: Any) -> str:
    name = field.name
    return f"| [`{name}`](#{name}) | `TESSERA_{name.upper()}` | {_type_name(kind, field)} | {_default(field)} |\n"


def _section(field: Field[Any], kind: Any) -> str:
    example = field.metadata["example"]
    lines = [f"### {field.name}", "", field.metadata["about"], ""]
    if example:
        lines += [f"Example: `{field.name} = {_toml(kind, example)}`", ""]
    return "\n".join(lines)


def _type_name(kind: Any, field: Field[Any]) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return f"list of {_TYPES[get_args(kind)[0]]}s"
    least, most = field.metadata["at_least"], field.metadata["at_most"]
    limits = f", {least} to {most}" if most is not None else f", at least {least}" if least is not None else ""
    return _TYPES[kind] + limits


def _default(field: Field[Any]) -> str:
    if field.default in ("", ()):
        return "(empty)"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _toml(kind: Any, example: str) -> str:
    if kind in (int, bool):
        return example
    if get_origin(kind) is tuple:
        return "[" + ", ".join(f'"{part}"' for part in example.split(",")) + "]"
    return f'"{example}"'
