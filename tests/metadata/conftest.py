"""Apps on disk, and the sample apps loaded."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from tessera.metadata.errors import AppErrors
from tessera.metadata.loader import load_apps
from tessera.metadata.packages import AppPackage
from tessera.metadata.schema_check import SchemaCheck
from tests.metadata.sample_apps import CORE, FIELD_TYPES, SHOP

WriteApp = Callable[..., Path]


@pytest.fixture
def checks() -> SchemaCheck:
    return SchemaCheck(FIELD_TYPES)


@pytest.fixture
def write_app(tmp_path: Path) -> WriteApp:
    """Write an app's files below a fresh folder; a file given as None is left out."""

    def write(name: str, files: Mapping[str, str | bytes | None]) -> Path:
        folder = tmp_path / name
        for place, content in files.items():
            if content is None:
                continue
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode())
        return folder

    return write


@pytest.fixture
def packages(write_app: WriteApp) -> tuple[AppPackage, ...]:
    """`core` and `shop`, loaded."""
    return load_apps([write_app("core", CORE), write_app("shop", SHOP)], FIELD_TYPES)


@pytest.fixture
def mistakes_of(write_app: WriteApp) -> Callable[..., list[str]]:
    """Load `core` and `shop` with some files replaced, and give what is wrong, a line each."""

    def broken(files: Mapping[str, str | bytes | None]) -> list[str]:
        try:
            load_apps([write_app("core", CORE), write_app("shop", {**SHOP, **files})], FIELD_TYPES)
        except AppErrors as errors:
            return [str(mistake) for mistake in errors.mistakes]
        return []

    return broken
