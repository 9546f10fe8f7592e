"""The Jinja environment of the pages: escapes everything, knows nothing of Flask, fails loudly on an unknown name."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tessera.web.assets import Assets
from tessera.web.columns import line_columns
from tessera.web.fragments import Fragments
from tessera.web.presenting import is_numeric


def make_environment(assets: Assets) -> Environment:
    """The environment, shared by all requests; what depends on the request is handed to `render`."""
    environment = Environment(
        loader=PackageLoader("tessera.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    fragments = Fragments(environment)
    environment.globals.update(
        asset=assets.url,
        fragment=fragments.find,
        initials=initials,
        is_numeric=is_numeric,
        line_columns=line_columns,
        person_tone=person_tone,
    )
    environment.filters["attributes"] = attributes
    return environment


_TONES = ("blue", "sky", "teal", "green", "amber", "orange", "rose", "violet", "slate")


def person_tone(name: str) -> str:
    """The colour of a person's avatar: always the same for the same name."""
    return _TONES[sum(name.encode()) % len(_TONES)]


def initials(name: str) -> str:
    """Two letters for an avatar; of a Chinese name the family name."""
    words = name.split()
    if not words:
        return "?"
    if ord(words[0][0]) >= 0x3400:
        return words[0][0]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()


def attributes(values: dict[str, Any]) -> Markup:
    """HTML attributes from a mapping: True stands alone, None and False are left out."""
    parts = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        parts.append(Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value))
    return Markup("").join(parts)
