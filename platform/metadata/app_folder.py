"""The folder of an app on disk: which files belong to it, what stands in them, and where each definition was written.

app.yaml                        the manifest
modules/<key>/module.yaml       a module
picklists/<key>.yaml            a shared picklist
menus.yaml                      the navigation
extensions/<any name>.yaml      changes to definitions of apps that this one depends on
translations/<language>.po      texts
demo/, README.md, LICENSE       not read here
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from tessera.metadata.catalogues import read_catalogue
from tessera.metadata.errors import Finding, Mistake, Path, nearest, show_path
from tessera.metadata.operations import ROOTS, Operation
from tessera.metadata.schema_check import SchemaCheck
from tessera.metadata.shape import normalise
from tessera.metadata.source import Source, read_file

MAX_FILES = 2_000
_KNOWN = ("app.yaml", "menus.yaml", "modules", "picklists", "extensions", "translations", "demo", "README.md", "LICENSE")
_IGNORED = re.compile(r"\.|__pycache__$|__init__\.py$")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?")


@dataclass(slots=True)
class AppFolder:
    """What was read: the manifest, the documents, the operations, the texts, and every mistake on the way."""

    folder: FilePath
    manifest: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=lambda: {root: {} for root in ROOTS})
    extensions: list[Operation] = field(default_factory=list)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)  # definitions that are there but broken
    _places: dict[Path, tuple[Source, Path]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.folder.name

    def mistake(self, finding: Finding) -> Mistake:
        """A finding in the documents, told with the file and line where it was written."""
        for length in range(len(finding.path), 0, -1):
            if (place := self._places.get(finding.path[:length])) is not None:
                source, path = place
                return source.mistake((*path, *finding.path[length:]), finding.message, finding.suggestion)
        return Mistake(f"{self.name}/app.yaml", 0, show_path(finding.path), finding.message, finding.suggestion)

    def note(self, path: Path, source: Source, inside: Path) -> None:
        """Remember where the definition at `path` was written."""
        self._places.setdefault(path, (source, inside))

    def shown(self, path: FilePath) -> str:
        """A file's name in mistakes: below the app's folder, with the app's name."""
        return f"{self.name}/{path.relative_to(self.folder).as_posix()}"


def read_folder(folder: FilePath, checks: SchemaCheck) -> AppFolder:
    """Everything in an app's folder, each file checked by itself; mistakes are collected, not raised."""
    app = AppFolder(folder)
    if not folder.is_dir():
        app.mistakes.append(Mistake(str(folder), 0, "", "There is no such folder."))
        return app
    if not (folder / "app.yaml").is_file():
        app.mistakes.append(Mistake(f"{app.name}/app.yaml", 0, "", "The app has no manifest: app.yaml is missing."))
        return app
    if sum(1 for _ in folder.rglob("*")) > MAX_FILES:
        app.mistakes.append(Mistake(app.name, 0, "", f"The app has more than {MAX_FILES:,} files."))
        return app
    _unknown(app, folder, _KNOWN)
    _read_manifest(app, checks)
    for path in _inside(app, "modules"):
        _read_module(app, path, checks)
    for path in _inside(app, "picklists", ".yaml"):
        _read_picklist(app, path, checks)
    if (folder / "menus.yaml").is_file():
        _read_menus(app, folder / "menus.yaml", checks)
    for path in _inside(app, "extensions", ".yaml"):
        _read_extension(app, path, checks)
    for path in _inside(app, "translations", ".po"):
        _read_texts(app, path)
    return app


def _inside(app: AppFolder, name: str, suffix: str = "") -> Iterator[FilePath]:
    """The entries of a subfolder in order of name: folders, or files with `suffix`; others are mistakes."""
    folder = app.folder / name
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _IGNORED.match(path.name):
            continue
        if path.is_symlink():
            app.mistakes.append(Mistake(app.shown(path), 0, "", "Links to other places are not followed."))
        elif (path.is_dir() and not suffix) or (path.is_file() and suffix and path.suffix == suffix):
            yield path
        else:
            wanted = f"files that end in {suffix}" if suffix else "folders"
            app.mistakes.append(Mistake(app.shown(path), 0, "", f"The folder {name} holds {wanted} only."))


def _unknown(app: AppFolder, folder: FilePath, known: tuple[str, ...]) -> None:
    for path in sorted(folder.iterdir()):
        if path.name not in known and not _IGNORED.match(path.name):
            message = f"This is not part of an app; it would never be read. Known here: {', '.join(known)}."
            app.mistakes.append(Mistake(app.shown(path), 0, "", message, nearest(path.name, known)))


def _read(app: AppFolder, path: FilePath, kind: str, checks: SchemaCheck) -> Source | None:
    """A file's document when it fits its schema; its mistakes are noted."""
    source = read_file(path, app.shown(path))
    if isinstance(source, Mistake):
        app.mistakes.append(source)
        return None
    findings = checks.findings(kind, source.data)
    app.mistakes += [source.mistake(finding.path, finding.message, finding.suggestion) for finding in findings]
    return None if findings else source


def _read_manifest(app: AppFolder, checks: SchemaCheck) -> None:
    source = _read(app, app.folder / "app.yaml", "app", checks)
    if source is None:
        return
    if source.data["name"] != app.name:
        app.mistakes.append(
            source.mistake(("name",), f"The app's folder is called {app.name!r}: both must be the same.", app.name)
        )
        return
    app.manifest = source.data
    app.note(("app",), source, ())
    for key in source.data.get("settings", {}):
        app.note(("settings", f"{app.name}.{key}"), source, ("settings", key))


def _read_module(app: AppFolder, folder: FilePath, checks: SchemaCheck) -> None:
    _unknown(app, folder, ("module.yaml",))
    path = folder / "module.yaml"
    if not path.is_file():
        app.mistakes.append(Mistake(app.shown(path), 0, "", "The module has no definition: module.yaml is missing."))
        app.unread.append(("modules", folder.name))
        return
    source = _read(app, path, "module", checks)
    if source is None:
        app.unread.append(("modules", folder.name))
    else:
        _keep(app, source, "modules", "module", folder.name)


def _read_picklist(app: AppFolder, path: FilePath, checks: SchemaCheck) -> None:
    source = _read(app, path, "picklist", checks)
    if source is None:
        app.unread.append(("picklists", path.stem))
    else:
        _keep(app, source, "picklists", "picklist", path.stem)


def _keep(app: AppFolder, source: Source, root: str, key_name: str, key: str) -> None:
    """Take a definition whose own key must be that of its place."""
    document = dict(source.data)
    if (written := document.pop(key_name)) != key:
        app.mistakes.append(source.mistake((key_name,), f"The place of this file calls it {key!r}: both must be the same.", key))
        app.unread.append((root, key))
        return
    app.documents[root][written] = normalise(ROOTS[root], written, document)
    app.note((root, written), source, ())


def _read_menus(app: AppFolder, path: FilePath, checks: SchemaCheck) -> None:
    source = _read(app, path, "menu", checks)
    for key, group in source.data.items() if source else ():
        app.documents["menus"][key] = normalise(ROOTS["menus"], key, group)
        app.note(("menus", key), source, (key,))  # type: ignore[arg-type]


def _read_extension(app: AppFolder, path: FilePath, checks: SchemaCheck) -> None:
    source = _read(app, path, "extension", checks)
    if source is None:
        return
    below = source.data["extend"]
    for place, value in source.data.get("add", {}).items():
        _operation(app, source, ("add", place), Operation(op="add", path=f"{below}/{place}", value=value))
    for place, value in source.data.get("change", {}).items():
        _operation(app, source, ("change", place), Operation(op="change", path=f"{below}/{place}", value=value))
    for place, after in source.data.get("move", {}).items():
        _operation(app, source, ("move", place), Operation(op="move", path=f"{below}/{place}", after=after))
    for place in source.data.get("remove", ()):
        _operation(app, source, ("remove", place), Operation(op="remove", path=f"{below}/{place}"))


def _operation(app: AppFolder, source: Source, inside: Path, operation: Operation) -> None:
    app.extensions.append(operation)
    app.note(operation.keys, source, inside)


def _read_texts(app: AppFolder, path: FilePath) -> None:
    name = app.shown(path)
    if not _LANGUAGE.fullmatch(path.stem):
        app.mistakes.append(Mistake(name, 0, "", "A catalogue is named by its language, such as es.po or zh.po."))
        return
    texts = read_catalogue(path.read_bytes(), path.stem, name)
    if isinstance(texts, Mistake):
        app.mistakes.append(texts)
    else:
        app.texts[path.stem] = texts
