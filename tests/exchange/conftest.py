"""An installation with the bundled apps on each kind of database, and a way to import small files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tessera.exchange.importing import Importer, ImportResult
from tessera.exchange.mapping import read_mapping
from tests.support.installation import Installation, installation

ImportText = Callable[..., ImportResult]


@pytest.fixture(params=["sqlite", "postgresql"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    location = "sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with installation(tmp_path / "var", location) as made:
        yield made


@pytest.fixture
def import_text(installed: Installation, tmp_path: Path) -> ImportText:
    """Import CSV texts by file name under a mapping."""

    def run(mapping: str, *, dry_run: bool = False, **texts: str) -> ImportResult:
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
        read = read_mapping(tmp_path / "mapping.yaml", installed.tenant.catalog)
        return Importer(installed.tenant, installed.context(), read, dry_run=dry_run).run()

    return run
