"""A loaded app: its manifest and its documents, checked and normalised, in a form that can be stored and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tessera.metadata.operations import Operation
from tessera.metadata.ordered import pack, unpack

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPackage:
    """An app as loaded. Nothing in it may be changed.

    `documents` holds its own modules, picklists and menus in their normalised shape (see `shape`), `extensions` what it changes
    in the apps it depends on, `texts` its translations as {language: {English: translation}}, `settings` what it declares.
    """

    name: str
    title: str
    version: str
    help: str = ""
    namespace: str = ""
    depends: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    provides: tuple[str, ...] = ()
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extensions: tuple[Operation, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that survives any store, also one that sorts keys."""
        document: dict[str, Any] = pack(
            {
                "format": FORMAT,
                "name": self.name,
                "title": self.title,
                "version": self.version,
                "help": self.help,
                "namespace": self.namespace,
                "depends": dict(self.depends),
                "settings": dict(self.settings),
                "provides": list(self.provides),
                "documents": dict(self.documents),
                "extensions": [operation.to_json() for operation in self.extensions],
                "texts": {language: dict(texts) for language, texts in self.texts.items()},
            }
        )
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "AppPackage":
        """The package that `to_json` gave; it has been checked when it was loaded."""
        values = unpack(dict(document))
        if values.pop("format") != FORMAT:
            raise ValueError("this package was stored by a newer version")
        values["provides"] = tuple(values["provides"])
        values["extensions"] = tuple(Operation.from_json(operation) for operation in values["extensions"])
        return cls(**values)


def in_dependency_order(packages: Iterable[AppPackage]) -> list[AppPackage]:
    """The packages, each after those it depends on, else by name; of a cycle the rest comes last, by name."""
    waiting = {package.name: package for package in sorted(packages, key=lambda package: package.name)}
    ordered: list[AppPackage] = []
    while waiting:
        ready = [package for package in waiting.values() if not any(name in waiting for name in package.depends)]
        for package in ready or list(waiting.values()):
            ordered.append(waiting.pop(package.name))
    return ordered


def with_dependencies(package: AppPackage, packages: Mapping[str, AppPackage]) -> list[AppPackage]:
    """The package and all that it depends on, through others as well, in dependency order; unknown ones are left out."""
    found = {package.name: package}
    open_names = list(package.depends)
    while open_names:
        name = open_names.pop()
        if name in packages and name not in found:
            found[name] = packages[name]
            open_names += packages[name].depends
    return in_dependency_order(found.values())


def satisfies(version: str, wanted: str) -> bool:
    """True when `version` lies in the range `wanted`; raises `packaging.specifiers.InvalidSpecifier` for no range."""
    return SpecifierSet(wanted).contains(Version(version), prereleases=True)
