"""Laying apps and the tenant's overlay on each other: the effective definitions, and what could not be applied."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tessera.metadata.definitions import Definitions
from tessera.metadata.documents import definitions_of
from tessera.metadata.errors import AppErrors, Finding, Mistake, OperationRefused, Path, show_path
from tessera.metadata.naming import TENANT_NAMESPACE
from tessera.metadata.operations import ROOTS, Layers, Operation, apply, value_at
from tessera.metadata.packages import AppPackage, in_dependency_order
from tessera.metadata.provenance import OVERLAY
from tessera.metadata.pruning import prune
from tessera.metadata.references import check
from tessera.metadata.schema_check import SchemaCheck
from tessera.metadata.shape import plain

#: What the key of a definition is called in its own file, which the schemas describe.
_KEY_NAMES: Mapping[str, str] = {"modules": "module", "picklists": "picklist"}


@dataclass(frozen=True, slots=True)
class Parked:
    """An overlay operation that does not fit any more: kept, reported, without effect. `index` is its place in the overlay."""

    operation: Operation
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds in a tenant: the definitions, and the operations that were parked on the way there."""

    definitions: Definitions
    parked: tuple[Parked, ...] = ()


def lay_app(layers: Layers, package: AppPackage) -> None:
    """Add an app's own modules, picklists, menus, settings and texts; its extensions are operations of their own."""
    for root in ROOTS:
        for key, document in package.documents.get(root, {}).items():
            own = {"app": package.name} if root == "modules" else {}
            layers.documents[root][key] = {**plain(document), **own}
            layers.provenance[root, key] = package.name
    for key, declared in package.settings.items():
        name = f"{package.name}.{key}"
        layers.setting_types[name] = dict(declared)
        layers.settings[name] = declared.get("default")
        layers.provenance["settings", name] = package.name
    for language, texts in package.texts.items():
        known = layers.texts.setdefault(language, {})
        known |= {english: text for english, text in texts.items() if english not in known}  # an app never renames those below it


def lay_apps(packages: Iterable[AppPackage]) -> Layers:
    """The documents of apps laid on each other in dependency order. Raises `AppErrors` when an extension finds no target."""
    layers = Layers()
    mistakes = []
    for package in in_dependency_order(packages):
        lay_app(layers, package)
        for operation in package.extensions:
            try:
                apply(layers, operation, layer=package.name, namespace=package.namespace)
            except OperationRefused as refused:
                mistakes.append(Mistake(package.name, 0, operation.path, refused.reason))
    if mistakes:
        raise AppErrors(mistakes)
    return layers


def effective(packages: Iterable[AppPackage], overlay: Sequence[Operation], *, checks: SchemaCheck) -> Effective:
    """The definitions that hold with these apps and this overlay.

    An operation of the overlay whose target is gone, or which would leave something wrong, is parked and reported: an overlay
    never keeps a tenant from working. Raises `AppErrors` when the apps themselves do not fit together.
    """
    stack = _Stack(tuple(packages), overlay, checks)
    wrong: dict[int, str] = {}
    while True:
        layers, refused = stack.lay(without=wrong)
        findings = stack.findings(layers)
        if not findings:
            reasons = wrong | refused
            parked = tuple(Parked(overlay[index], index, reasons[index]) for index in sorted(reasons))
            return Effective(definitions_of(layers), parked)
        culprit = stack.culprit(findings[0], without=wrong)
        if culprit is None:
            raise AppErrors([Mistake("apps", 0, show_path(f.path), f.message, f.suggestion) for f in findings])
        wrong[culprit] = _reason(findings[0])


def with_base(packages: Iterable[AppPackage], overlay: Sequence[Operation], operation: Operation) -> Operation:
    """`operation` as it is to be stored on top of `overlay`: a change keeps the value it replaces.

    Raises `OperationRefused` when there is nothing at its path.
    """
    if operation.op != "change":
        return operation
    layers = lay_apps(packages)
    for earlier in overlay:
        _try(layers, earlier)
    return replace(operation, base=value_at(layers, operation))


def _try(layers: Layers, operation: Operation) -> str | None:
    """Apply an operation of the tenant; the reason when it is refused."""
    try:
        apply(layers, operation, layer=OVERLAY, namespace=TENANT_NAMESPACE)
    except OperationRefused as refused:
        return refused.reason
    return None


@dataclass(frozen=True, slots=True)
class _Stack:
    """The apps and the overlay above them, to be laid with some operations left out."""

    packages: Sequence[AppPackage]
    overlay: Sequence[Operation]
    checks: SchemaCheck

    def lay(self, *, without: Collection[int], count: int | None = None) -> tuple[Layers, dict[int, str]]:
        """The layers with the first `count` operations, and the reasons of those that were refused."""
        layers = lay_apps(self.packages)
        refused = {}
        for index, operation in enumerate(self.overlay[:count]):
            if index not in without and (reason := _try(layers, operation)) is not None:
                refused[index] = reason
        return layers, refused

    def findings(self, layers: Layers) -> list[Finding]:
        """What is wrong in `layers`, which are settled on the way."""
        return settle(layers, self.overlay, self.checks)

    def culprit(self, finding: Finding, *, without: Collection[int]) -> int | None:
        """The operation that brings `finding` about, found by halving; None when it is there without any."""
        low, high = 0, len(self.overlay)
        if finding in self.findings(self.lay(without=without, count=0)[0]):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            if finding in self.findings(self.lay(without=without, count=middle)[0]):
                high = middle
            else:
                low = middle
        return high - 1


def settle(layers: Layers, applied: Iterable[Operation], checks: SchemaCheck, unread: Iterable[Path] = ()) -> list[Finding]:
    """Finish `layers` after operations: what they touched is held against the schemas again, then mentions of hidden things
    are taken out and all names checked. Gives what is wrong; `unread` lists definitions that are there but broken."""
    touched: dict[Path, list[Path]] = {}
    for operation in applied:
        if operation.keys[0] in ROOTS and len(operation.keys) > 1:
            touched.setdefault(operation.keys[:2], []).append(operation.keys[2:])
    found = [finding for path, inside in touched.items() for finding in _schema_findings(layers.documents, path, inside, checks)]
    if found:
        return found
    prune(layers.documents)
    return check(layers.documents, unread)


def _schema_findings(
    documents: Mapping[str, Mapping[str, dict[str, object]]], path: Path, inside: Sequence[Path], checks: SchemaCheck
) -> list[Finding]:
    """What the schema of its kind refuses in one module, picklist or menu group, of which `inside` has been touched."""
    root, key = path
    document = documents[root].get(key)
    if document is None:
        return []
    if root == "menus":
        return [Finding((root, *f.path), f.message, f.suggestion) for f in checks.findings("menu", {key: document})]
    name = _KEY_NAMES[root]
    part = _excerpt(document, inside) if root == "modules" else document
    written = {name: key, **{property_: value for property_, value in part.items() if property_ != "app"}}
    found = checks.findings(name, written)
    return [Finding((root, key, *(() if f.path == (name,) else f.path)), f.message, f.suggestion) for f in found]


def _excerpt(document: dict[str, object], inside: Sequence[Path]) -> dict[str, object]:
    """A module with those entries of its collections only that were touched: checking all of a large one takes its time."""
    if not all(inside):  # the module itself
        return document
    touched = dict.fromkeys((path[0], path[1] if len(path) > 1 else None) for path in inside)
    kept = {name: value for name, value in document.items() if not isinstance(value, dict) or (name, None) in touched}
    for name in dict.fromkeys(name for name, _ in touched):
        value = document.get(name)
        if name not in kept and isinstance(value, dict):
            kept[name] = {key: value[key] for collection, key in touched if collection == name and key in value}
    fields = document.get("fields")
    if not kept.get("fields") and isinstance(fields, dict):  # there must be one
        kept["fields"] = dict(list(fields.items())[:1])
    return kept


def _reason(finding: Finding) -> str:
    hint = f" Did you mean {finding.suggestion!r}?" if finding.suggestion else ""
    return f"{show_path(finding.path)}: {finding.message}{hint}"
