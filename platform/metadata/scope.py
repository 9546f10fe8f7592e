"""Ways through documents: which fields a module has, where they point, and what a path of names leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tessera.metadata.errors import Finding, Path, nearest
from tessera.metadata.naming import SYSTEM_FIELDS

Document = Mapping[str, Any]
Documents = Mapping[str, Mapping[str, Any]]

#: System fields that point to users.
_USER_FIELDS = frozenset({"owner", "created_by", "updated_by"})
#: Types whose values are records of one module.
_POINTERS = frozenset({"lookup", "multi_lookup", "user"})


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents that names are looked up in, with ways through them. A line table is called `module.field`."""

    documents: Documents
    unread: frozenset[Path] = (
        frozenset()
    )  # (root, key) of definitions that are there but could not be read: nothing is said about them

    @property
    def modules(self) -> Mapping[str, Document]:
        return self.documents["modules"]

    @property
    def picklists(self) -> Mapping[str, Document]:
        return self.documents["picklists"]

    def fields(self, module: str) -> Mapping[str, Document]:
        """The visible fields of a module or line table; nothing for an unknown one."""
        key, _, line_field = module.partition(".")
        fields: Mapping[str, Document] = self.modules.get(key, {}).get("fields", {})
        if line_field:
            fields = fields.get(line_field, {}).get("fields", {})
        return {name: field for name, field in fields.items() if not field.get("hidden")}

    def is_visible(self, module: str) -> bool:
        """True for a module that is there and not hidden."""
        if module in self.modules:
            return not self.modules[module].get("hidden")
        return self.is_unread(module)

    def is_unread(self, module: str) -> bool:
        """True for a module or line table whose file is broken."""
        return ("modules", module.partition(".")[0]) in self.unread

    def target(self, module: str, name: str) -> str | None:
        """The module that the values of a field point to, or its line table; None for other fields."""
        if name in _USER_FIELDS and "." not in module:
            return "user"
        field = self.fields(module).get(name, {})
        if field.get("type") == "lines":
            return f"{module}.{name}"
        if field.get("type") == "user":
            return "user"
        return field.get("module") if field.get("type") in _POINTERS else None

    def path_finding(self, at: Path, module: str, path: str) -> Finding | None:
        """What is wrong with a field path that starts in `module`."""
        here = module
        segments = path.split(".")
        for index, name in enumerate(segments):
            if self.is_unread(here):
                return None
            fields = self.fields(here)
            if name not in fields and not (name in SYSTEM_FIELDS and "." not in here):
                near = nearest(name, (*fields, *SYSTEM_FIELDS))
                suggestion = ".".join((*segments[:index], near, *segments[index + 1 :])) if near else None
                return Finding(at, f"There is no field {name!r} in {here}.", suggestion)
            if index + 1 == len(segments):
                return None
            target = self.target(here, name)
            if target is None:
                return Finding(at, f"{name!r} in {here} does not point to other records, so nothing can follow it.")
            if "." not in target and not self.is_visible(target):
                return None  # the lookup itself is reported
            here = target
        return None

    def choices(self, field: Document) -> Mapping[str, Document] | None:
        """The values that a choice field offers; None when its picklist is unknown."""
        if "values" in field:
            return field["values"]  # type: ignore[no-any-return]
        return self.picklists.get(field.get("picklist", ""), {}).get("values")
