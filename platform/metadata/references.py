"""Checks across definitions: that every name which stands in one place is the name of something in another.

Field types say nothing to this package but their option schemas; the options below mean the same in every type, which is how
a reference in a plug-in's options is checked as well:

    module, modules     module keys; a line table (`module.lines`) where rows are meant
    via                 of a roll-up: the lookup over there that points here
    lines               a line table of this module
    field               of a roll-up: a field of those rows
    picklist            a shared picklist
    controlled_by       a choice field beside this one
    currency            a field beside this one, or `parent.<field>` of a line's record
    filter              a filter over the module that the field points to; `{"$field": …}` in it is a field beside this one
    copies              fields here, with the fields over there that fill them
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tessera.metadata.errors import Finding, Path, nearest
from tessera.metadata.naming import module_findings
from tessera.metadata.scope import Document, Documents, Scope

_CHOICES = frozenset({"picklist", "multi_picklist"})
#: Options without which a type means nothing: one of each group.
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "lookup": (("module",),),
    "multi_lookup": (("module",),),
    "any_lookup": (("modules",),),
    "picklist": (("picklist", "values"),),
    "multi_picklist": (("picklist", "values"),),
    "formula": (("formula",), ("result",)),
    "sequence": (("scheme",),),
    "rollup": (("module", "lines"), ("function",)),
}


def check(documents: Documents, unread: Iterable[Path] = ()) -> list[Finding]:
    """Everything in normalised, schema-valid documents that names what is not there; `unread` lists what is there but broken."""
    scope = Scope(documents, frozenset(unread))
    found: list[Finding] = []
    for key, module in scope.modules.items():
        found += module_findings(key, module)
        if not module.get("hidden"):
            found += _module(scope, key, module)
    for key, picklist in scope.picklists.items():
        found += _values(("picklists", key), picklist["values"], is_tree=picklist.get("tree", False))
    for key, group in documents["menus"].items():
        found += _menu(scope, ("menus", key), group)
    return found


def _module(scope: Scope, key: str, module: Document) -> Iterator[Finding]:
    path: Path = ("modules", key)
    title = module.get("title_field", "name")
    yield from _some(scope.path_finding((*path, "title_field") if "title_field" in module else path, key, title))
    for name in ("subtitle_fields", "card"):
        yield from _paths(scope, (*path, name), key, module.get(name, {}))
    for name, field in scope.fields(key).items():
        yield from _field(scope, (*path, "fields", name), key, name, field)
        for inner_name, inner in scope.fields(f"{key}.{name}").items():
            yield from _field(scope, (*path, "fields", name, "fields", inner_name), f"{key}.{name}", inner_name, inner)
    for name, layout in module.get("layouts", {}).items():
        yield from _layout(scope, (*path, "layouts", name), key, layout)
    for name, view in module.get("views", {}).items():
        yield from _view(scope, (*path, "views", name), key, view)
    defaults = [name for name, view in module.get("views", {}).items() if view.get("default")]
    yield from (
        Finding((*path, "views", name, "default"), f"{defaults[0]!r} is the default list already.") for name in defaults[1:]
    )


# -- fields -----------------------------------------------------------------------------------------------------------


def _field(scope: Scope, path: Path, module: str, name: str, field: Document) -> Iterator[Finding]:
    for group in _NEEDED.get(field["type"], ()):
        if not any(option in field for option in group):
            yield Finding(path, f"A field of type {field['type']} needs {' or '.join(map(repr, group))}.")
    for option, rule in _OPTION_RULES.items():
        if option in field:
            yield from rule(scope, (*path, option), module, field)
    if field["type"] in _CHOICES:
        yield from _choice(scope, path, module, field)


def _module_name(scope: Scope, path: Path, name: object) -> Iterator[Finding]:
    if not isinstance(name, str) or not scope.is_visible(name):
        yield Finding(path, f"There is no module {name!r}.", nearest(str(name), scope.modules))


def _option_module(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    key, _, lines = str(field["module"]).partition(".")
    yield from _module_name(scope, path, key)
    if lines and scope.is_visible(key) and not scope.is_unread(key) and not scope.fields(str(field["module"])):
        yield Finding(path, f"There is no line table {lines!r} in {key}.", nearest(lines, scope.fields(key)))


def _option_modules(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    for name in field["modules"]:
        yield from _module_name(scope, (*path, str(name)), name)


def _option_picklist(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    if field["picklist"] not in scope.picklists and ("picklists", field["picklist"]) not in scope.unread:
        yield Finding(path, f"There is no picklist {field['picklist']!r}.", nearest(str(field["picklist"]), scope.picklists))
    if "values" in field:
        yield Finding(path, "A choice field has either a shared picklist or values of its own.")


def _option_controlled_by(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    name = str(field["controlled_by"])
    finding = scope.path_finding(path, module, name)
    if finding is None and ("." in name or scope.fields(module).get(name, {}).get("type") not in _CHOICES):
        finding = Finding(path, f"{name!r} is not a choice field of {module}.")
    yield from _some(finding)


def _option_lines(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    tables = [name for name, other in scope.fields(module).items() if other["type"] == "lines"]
    if field["lines"] not in tables:
        yield Finding(path, f"There is no line table {field['lines']!r} in {module}.", nearest(str(field["lines"]), tables))


def _rows(module: str, field: Document) -> str:
    """The module or line table whose rows a roll-up reads."""
    return f"{module}.{field['lines']}" if "lines" in field else str(field.get("module", ""))


def _option_via(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    source, lookup = str(field.get("module", "")), str(field["via"])
    if scope.is_unread(source) or not scope.fields(source):
        return
    finding = scope.path_finding(path, source, lookup)
    if finding is None and scope.target(source, lookup) != module:
        finding = Finding(path, f"{lookup!r} of {source} does not point to {module}.")
    yield from _some(finding)


def _option_field(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    source = _rows(module, field)
    if scope.fields(source):
        yield from _some(scope.path_finding(path, source, str(field["field"])))


def _option_filter(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    target = field.get("module", "user" if field["type"] == "user" else None)
    if target is not None and scope.is_visible(str(target)):
        yield from _filter(scope, path, str(target), field["filter"], beside=module)


def _option_currency(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    yield from _beside(scope, path, module, str(field["currency"]))


def _option_copies(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    target = field.get("module", "user" if field["type"] == "user" else "")
    for here, there in field["copies"].items() if isinstance(field["copies"], Mapping) else ():
        yield from _some(scope.path_finding((*path, here), module, here))
        if scope.is_visible(str(target)):
            yield from _some(scope.path_finding((*path, here), str(target), str(there)))


def _beside(scope: Scope, path: Path, module: str, name: str) -> Iterator[Finding]:
    """A field of the same record, or from a line one of its record: `parent.currency`."""
    record, _, line_table = module.partition(".")
    if line_table and name.startswith("parent."):
        module, name = record, name.removeprefix("parent.")
    yield from _some(scope.path_finding(path, module, name))


_OPTION_RULES: Mapping[str, Callable[[Scope, Path, str, Document], Iterator[Finding]]] = {
    "module": _option_module,
    "modules": _option_modules,
    "picklist": _option_picklist,
    "controlled_by": _option_controlled_by,
    "lines": _option_lines,
    "via": _option_via,
    "field": _option_field,
    "currency": _option_currency,
    "filter": _option_filter,
    "copies": _option_copies,
}


def _choice(scope: Scope, path: Path, module: str, field: Document) -> Iterator[Finding]:
    values = scope.choices(field)
    if values is None:
        return
    if "values" in field:
        yield from _values(path, values, is_tree=True)
    default = field.get("default")
    for name in default if isinstance(default, list) else [default] if default is not None else []:
        if name not in values:
            yield Finding((*path, "default"), f"{name!r} is not one of the choices.", nearest(str(name), values))
    controlling = scope.choices(scope.fields(module).get(field.get("controlled_by", ""), {}))
    if controlling is None:
        return
    place: Path = (*path, "values") if "values" in field else (*path, "controlled_by")
    for key, value in values.items():
        for when in value.get("when", {}):
            if when not in controlling:
                at = (*place, key, "when", when) if "values" in field else place
                yield Finding(at, f"{when!r} is not a choice of {field['controlled_by']!r}.", nearest(when, controlling))


def _values(path: Path, values: Mapping[str, Document], *, is_tree: bool) -> Iterator[Finding]:
    for key, value in values.items():
        at = (*path, "values", key, "parent")
        parent = value.get("parent")
        if parent is None:
            continue
        if not is_tree:
            yield Finding(at, "Only a tree (`tree: true`) has choices under others.")
        elif parent not in values:
            yield Finding(at, f"There is no choice {parent!r}.", nearest(parent, values))
        elif _stands_under_itself(values, key):
            yield Finding(at, f"{key!r} stands under itself.")


def _stands_under_itself(values: Mapping[str, Document], key: str) -> bool:
    above = values[key].get("parent", "")
    seen: set[str] = set()
    while above in values and above not in seen:
        if above == key:
            return True
        seen.add(above)
        above = values[above].get("parent", "")
    return False


# -- pages ------------------------------------------------------------------------------------------------------------


def _layout(scope: Scope, path: Path, module: str, layout: Document) -> Iterator[Finding]:
    yield from _paths(scope, (*path, "highlights"), module, layout.get("highlights", {}))
    placed: dict[str, Path] = {}
    for tab_key, tab in layout.get("tabs", {}).items():
        for section_key, section in tab.get("sections", {}).items():
            for name in section.get("fields", {}):
                at = (*path, "tabs", tab_key, "sections", section_key, "fields", name)
                yield from _some(scope.path_finding(at, module, name))
                if name in placed:
                    yield Finding(at, f"{name!r} stands in this layout already.")
                placed[name] = at
    for key, related in layout.get("related", {}).items():
        yield from _related(scope, (*path, "related", key), module, related)


def _related(scope: Scope, path: Path, module: str, related: Document) -> Iterator[Finding]:
    source = related["module"]
    if not scope.is_visible(source):
        yield from _module_name(scope, (*path, "module"), source)
        return
    if scope.is_unread(source):
        return
    finding = scope.path_finding((*path, "field"), source, related["field"])
    if finding is None and not _points_to(scope, source, related["field"], module):
        finding = Finding((*path, "field"), f"{related['field']!r} of {source} does not point to {module}.")
    yield from _some(finding)
    yield from _paths(scope, (*path, "columns"), source, related.get("columns", {}))
    yield from _paths(scope, (*path, "sort"), source, related.get("sort", {}))


def _points_to(scope: Scope, source: str, path: str, module: str) -> bool:
    table, _, name = f"{source}.{path}".rpartition(".")
    return scope.target(table, name) == module or module in scope.fields(table).get(name, {}).get("modules", ())


def _view(scope: Scope, path: Path, module: str, view: Document) -> Iterator[Finding]:
    yield from _paths(scope, (*path, "columns"), module, view.get("columns", {}))
    yield from _paths(scope, (*path, "sort"), module, view.get("sort", {}))
    if view.get("filter") is not None:
        yield from _filter(scope, (*path, "filter"), module, view["filter"])


def _filter(scope: Scope, path: Path, module: str, node: Any, beside: str | None = None) -> Iterator[Finding]:
    """The fields of a filter tree, and of the record `beside` it that its values name.

    Its form has been checked where a schema knows it; other forms are left to their owner.
    """
    if not isinstance(node, Mapping):
        return
    for word in ("and", "or"):
        for index, inner in enumerate(node.get(word, ()) if isinstance(node.get(word, ()), list) else ()):
            yield from _filter(scope, (*path, word, str(index)), module, inner, beside)
    if "not" in node:
        yield from _filter(scope, (*path, "not"), module, node["not"], beside)
    if isinstance(node.get("field"), str):
        yield from _some(scope.path_finding((*path, "field"), module, node["field"]))
    value = node.get("value")
    if beside is not None and isinstance(value, Mapping) and isinstance(value.get("$field"), str):
        yield from _beside(scope, (*path, "value", "$field"), beside, value["$field"])


def _menu(scope: Scope, path: Path, group: Document) -> Iterator[Finding]:
    for key, item in group.get("items", {}).items():
        at = (*path, "items", key)
        module = item["module"]
        if not scope.is_visible(module):
            yield from _module_name(scope, (*at, "module"), module)
        elif (
            not scope.is_unread(module)
            and (view := item.get("view")) is not None
            and view not in scope.modules[module].get("views", {})
        ):
            known = scope.modules[module].get("views", {})
            yield Finding((*at, "view"), f"There is no list {view!r} in {module}.", nearest(view, known))


def _paths(scope: Scope, path: Path, module: str, names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        yield from _some(scope.path_finding((*path, name), module, name.removeprefix("-")))


def _some(finding: Finding | None) -> Iterator[Finding]:
    if finding is not None:
        yield finding
