"""What is hidden is shown nowhere: layouts, lists, cards and menus lose their mention of it, its storage stays."""

from typing import Any

from tessera.metadata.naming import SYSTEM_FIELDS
from tessera.metadata.scope import Scope

Documents = dict[str, dict[str, Any]]


def prune(documents: Documents) -> None:
    """Take mentions of hidden fields and modules out of pages. Filters and titles stay: a list without them would lie."""
    scope = Scope(documents)
    for key, module in documents["modules"].items():
        if module.get("hidden"):
            continue
        for name in ("subtitle_fields", "card"):
            _drop_hidden(scope, key, module.get(name))
        for view in module.get("views", {}).values():
            _drop_hidden(scope, key, view.get("columns"))
            _drop_hidden(scope, key, view.get("sort"))
        for layout in module.get("layouts", {}).values():
            _prune_layout(scope, key, layout)
    for group in documents["menus"].values():
        items = group.get("items", {})
        for name in [name for name, item in items.items() if _is_hidden_module(scope, item.get("module"))]:
            del items[name]


def _prune_layout(scope: Scope, module: str, layout: dict[str, Any]) -> None:
    _drop_hidden(scope, module, layout.get("highlights"))
    for tab in layout.get("tabs", {}).values():
        for section in tab.get("sections", {}).values():
            _drop_hidden(scope, module, section.get("fields"))
    related = layout.get("related", {})
    for name, one in list(related.items()):
        source = one.get("module", "")
        if _is_hidden_module(scope, source) or _leads_to_hidden(scope, source, one.get("field", "")):
            del related[name]
            continue
        _drop_hidden(scope, source, one.get("columns"))
        _drop_hidden(scope, source, one.get("sort"))


def _is_hidden_module(scope: Scope, module: Any) -> bool:
    return bool(scope.modules.get(module, {}).get("hidden"))


def _drop_hidden(scope: Scope, module: str, names: dict[str, Any] | None) -> None:
    """Remove from a mapping by field path those that lead to something hidden; unknown ones stay, to be reported."""
    for name in list(names or ()):
        if names is not None and _leads_to_hidden(scope, module, name.removeprefix("-")):
            del names[name]


def _leads_to_hidden(scope: Scope, module: str, path: str) -> bool:
    here: str | None = module
    for name in path.split("."):
        if here is None or _is_hidden_module(scope, here.partition(".")[0]):
            return here is not None
        if name not in scope.fields(here):
            return name not in SYSTEM_FIELDS and name in _all_fields(scope, here)
        here = scope.target(here, name)
    return False


def _all_fields(scope: Scope, module: str) -> Any:
    key, _, line_field = module.partition(".")
    fields = scope.modules.get(key, {}).get("fields", {})
    return fields.get(line_field, {}).get("fields", {}) if line_field else fields
