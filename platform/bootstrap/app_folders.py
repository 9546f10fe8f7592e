"""Apps on the disk: found by name or path, loaded together with what they depend on and the tenant lacks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tessera.bootstrap.settings import Settings
from tessera.kernel.errors import NotFound
from tessera.metadata.errors import Mistake, nearest
from tessera.metadata.loader import discover, load_apps
from tessera.metadata.packages import AppPackage
from tessera.metadata.source import read_file
from tessera.runtime.fields.registry import field_type_schemas

MANIFEST = "app.yaml"


class NoSuchApp(NotFound):
    """Raised when an app is neither known by name nor a folder with a manifest."""

    code = "no_such_app"
    message = "There is no app {name!r}: neither one of {known} nor a folder with an app.yaml.{hint}"


def known_apps(settings: Settings) -> dict[str, Path]:
    """The folders of the bundled apps and of those in the setting `apps_path`, by name."""
    return discover(settings.apps_path)


def load(settings: Settings, wanted: Sequence[str], installed: Iterable[AppPackage] = ()) -> tuple[AppPackage, ...]:
    """The apps `wanted` by name or path, and those they need that are not `installed`, in dependency order.

    Raises `NoSuchApp`, and `AppErrors` with every mistake of every file.
    """
    installed = tuple(installed)
    known = known_apps(settings)
    have = {package.name for package in installed}
    folders: dict[str, Path] = {}
    waiting = [_folder(name, known) for name in wanted]
    while waiting:
        folder = waiting.pop()
        if folder.name in folders:
            continue
        folders[folder.name] = folder
        waiting += [known[name] for name in _depends(folder) if name not in have and name in known]
    return load_apps(folders.values(), field_type_schemas(), installed)


def _folder(name: str, known: dict[str, Path]) -> Path:
    if name in known:
        return known[name]
    folder = Path(name).resolve()
    if (folder / MANIFEST).is_file():
        return folder
    near = nearest(name, known)
    hint = f" Did you mean {near!r}?" if near else ""
    raise NoSuchApp(name=name, known=", ".join(sorted(known)), hint=hint)


def _depends(folder: Path) -> list[str]:
    """The names an app says it depends on; none while its manifest cannot be read, which loading it will complain of."""
    manifest = read_file(folder / MANIFEST, MANIFEST)
    if isinstance(manifest, Mistake) or not isinstance(manifest.data, dict):
        return []
    depends = manifest.data.get("depends")
    return [str(name) for name in depends] if isinstance(depends, dict) else []
