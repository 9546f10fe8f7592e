"""Names of components and operations, as a client generator turns them into classes and functions."""

import re
from collections.abc import Collection, Iterable, Mapping

_WORD = re.compile(r"[A-Za-z0-9]+")


def class_name(key: str) -> str:
    """`sales_order` → `SalesOrder`; `sales_order.lines` → `SalesOrderLines`."""
    name = "".join(word[:1].upper() + word[1:] for word in _WORD.findall(key))
    return name if name[:1].isalpha() else f"M{name}"


#: What is put behind a module's name for its other schemas.
SUFFIXES = ("", "Create", "Update", "Page")


def choice_name(module_name: str, field_key: str, taken: Collection[str]) -> str:
    """The name of the component for a field's choices."""
    name = f"{module_name}{class_name(field_key)}Choice"
    while name in taken:
        name += "Value"
    return name


def class_names(keys: Iterable[str], taken: Iterable[str]) -> Mapping[str, str]:
    """A name for each module or line table, all different, also with suffixes, from each other and from those `taken`."""
    used, names = set(taken), {}
    for key in keys:
        name = class_name(key)
        candidate, number = name, 1
        while not used.isdisjoint(candidate + suffix for suffix in SUFFIXES):
            number += 1
            candidate = f"{name}Module" if number == 2 else f"{name}Module{number - 1}"
        used.update(candidate + suffix for suffix in SUFFIXES)
        names[key] = candidate
    return names
