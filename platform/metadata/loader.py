"""Loading apps: folders on disk become checked packages, or one error that carries every mistake of every file."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path as FilePath

from packaging.specifiers import InvalidSpecifier

from tessera.metadata.app_folder import AppFolder, read_folder
from tessera.metadata.errors import AppErrors, Finding, Mistake, OperationRefused, Path, nearest
from tessera.metadata.layers import lay_app, settle
from tessera.metadata.naming import BARE_APPS, TENANT_NAMESPACE, prefix_finding
from tessera.metadata.operations import Layers, apply
from tessera.metadata.packages import AppPackage, in_dependency_order, satisfies, with_dependencies
from tessera.metadata.published import FieldTypeSchemas
from tessera.metadata.schema_check import SchemaCheck


def discover(extra: Iterable[FilePath] = ()) -> dict[str, FilePath]:
    """The apps that can be installed, by name: the bundled ones, and those in the folders `extra`; the first of a name wins."""
    bundled = FilePath(str(files("tessera_apps")))
    found: dict[str, FilePath] = {}
    for root in (bundled, *extra):
        for manifest in sorted(root.glob("*/app.yaml")):
            found.setdefault(manifest.parent.name, manifest.parent)
    return found


def load_app(path: FilePath, field_types: FieldTypeSchemas, installed: Iterable[AppPackage] = ()) -> AppPackage:
    """The app in the folder `path`, checked against the `installed` packages that it depends on. Raises `AppErrors`."""
    return load_apps([path], field_types, installed)[0]


def load_apps(
    paths: Iterable[FilePath], field_types: FieldTypeSchemas, installed: Iterable[AppPackage] = ()
) -> tuple[AppPackage, ...]:
    """The apps in the folders `paths`, in dependency order. Raises `AppErrors` with all mistakes; then none of them is loaded.

    `field_types` holds the options schema of each known field type: `{type key: {option: schema}}`.
    """
    checks = SchemaCheck(field_types)
    folders: dict[str, AppFolder] = {}
    mistakes: list[Mistake] = []
    for path in paths:
        folder = read_folder(path, checks)
        mistakes += folder.mistakes
        if folders.setdefault(folder.name, folder) is not folder:
            mistakes.append(Mistake(str(path), 0, "", f"Another folder brings an app called {folder.name!r} as well."))
    loaded = {name: _package(folder) for name, folder in folders.items() if folder.manifest}
    known = {package.name: package for package in installed} | loaded
    wrong_manifests = [mistake for name in loaded for mistake in _manifest_mistakes(folders[name], loaded[name], known)]
    if len(loaded) < len(folders) or wrong_manifests:
        raise AppErrors(mistakes + wrong_manifests)  # what the definitions may refer to is not known
    unread = [path for folder in folders.values() for path in folder.unread]
    for package in in_dependency_order(loaded.values()):
        mistakes += _definition_mistakes(folders[package.name], package, known, checks, unread)
    if mistakes:
        raise AppErrors(mistakes)
    return tuple(in_dependency_order(loaded.values()))


def _package(folder: AppFolder) -> AppPackage:
    manifest = folder.manifest
    return AppPackage(
        name=manifest["name"],
        title=manifest["title"],
        version=manifest["version"],
        help=manifest.get("help", ""),
        namespace=manifest.get("namespace", ""),
        depends=manifest.get("depends", {}),
        settings=manifest.get("settings", {}),
        provides=tuple(manifest.get("provides", ())),
        documents=folder.documents,
        extensions=tuple(folder.extensions),
        texts=folder.texts,
    )


def _manifest_mistakes(folder: AppFolder, package: AppPackage, known: Mapping[str, AppPackage]) -> list[Mistake]:
    """What is wrong with an app's name space and with what it depends on."""
    found: list[Finding] = []
    if not package.namespace and package.name not in BARE_APPS:
        found.append(Finding(("app",), "The manifest needs a namespace: every name of the app begins with it."))
    if package.namespace == TENANT_NAMESPACE:
        found.append(Finding(("app", "namespace"), f"The namespace {TENANT_NAMESPACE!r} belongs to the tenants."))
    for name, wanted in package.depends.items():
        at = ("app", "depends", name)
        try:
            if name not in known:
                found.append(Finding(at, f"The app {name!r} is not there.", nearest(name, known)))
            elif not satisfies(known[name].version, wanted):
                found.append(Finding(at, f"The app {name!r} is there in version {known[name].version}, not {wanted}."))
        except InvalidSpecifier:
            found.append(Finding(at, f'{wanted!r} is not a range of versions; write for example ">=1.2,<2".'))
    if package.name in _all_dependencies(package, known):
        found.append(Finding(("app", "depends"), f"The app depends on itself: {_cycle(package, known)}."))
    return [folder.mistake(finding) for finding in found]


def _all_dependencies(package: AppPackage, known: Mapping[str, AppPackage]) -> set[str]:
    """The names of all apps that `package` needs, through others as well."""
    found: set[str] = set()
    open_names = list(package.depends)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += known[name].depends if name in known else ()
    return found


def _cycle(package: AppPackage, known: Mapping[str, AppPackage]) -> str:
    """A way from the package back to itself, in words."""
    way = [package.name]
    while True:
        needed = (name for name in known[way[-1]].depends if name in known)
        step = next(name for name in needed if name == package.name or package.name in _all_dependencies(known[name], known))
        way.append(step)
        if step in way[:-1]:
            return " → ".join(way)


def _definition_mistakes(
    folder: AppFolder, package: AppPackage, known: Mapping[str, AppPackage], checks: SchemaCheck, unread: Iterable[Path]
) -> list[Mistake]:
    """What is wrong in an app's definitions, seen together with those of the apps it depends on and no others."""
    layers = Layers()
    below = [other for other in with_dependencies(package, known) if other.name != package.name]
    for other in below:
        lay_app(layers, other)
        for operation in other.extensions:
            with suppress(OperationRefused):  # reported with the app it belongs to
                apply(layers, operation, layer=other.name, namespace=other.namespace)
    found = _name_findings(package, layers)
    lay_app(layers, package)
    for operation in package.extensions:
        try:
            apply(layers, operation, layer=package.name, namespace=package.namespace)
        except OperationRefused as refused:
            found.append(Finding(operation.keys, refused.reason))
    found += settle(layers, package.extensions, checks, unread)
    return [folder.mistake(finding) for finding in found]


def _name_findings(package: AppPackage, below: Layers) -> list[Finding]:
    """Names without the app's prefix, and names that another app has already."""
    found: list[Finding] = []
    for root, entries in package.documents.items():
        for key in entries:
            if key in below.documents[root]:
                owner = below.layer_of((root, key))
                found.append(Finding((root, key), f"The app {owner!r} has {key!r} already; to change it, write an extension."))
            elif (finding := prefix_finding((root, key), package.namespace)) is not None:
                found.append(finding)
    return found
