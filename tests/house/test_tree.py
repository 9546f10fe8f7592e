"""The shape of the repository: what the folders promise."""

import configparser
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from setuptools import find_packages

from tessera.bootstrap.settings_reference import settings_reference

ROOT = Path(__file__).parents[2]
MAPPED = {"tessera": "platform", "tessera_apps": "apps", "tessera_connectors": "connectors"}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def declared_packages() -> set[str]:
    script = "import setuptools; setuptools.setup = lambda packages: print(*packages); import runpy; runpy.run_path('setup.py')"
    return set(run(sys.executable, "-c", script).stdout.split())


def test_import_platform_from_the_root_is_pythons_own() -> None:
    printed = run(
        sys.executable, "-c", "import platform, uuid; print(platform.__file__); print(platform.python_version())"
    ).stdout.split()
    assert Path(printed[0]).parent != ROOT / "platform"
    assert printed[1] == platform.python_version()


def test_platform_folder_is_a_namespace() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_every_folder_with_code_is_a_declared_package() -> None:
    with_code = {
        ".".join((name, *path.parent.relative_to(ROOT / folder).parts))
        for name, folder in MAPPED.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert with_code == declared_packages()


def test_declared_packages_are_those_setuptools_finds() -> None:
    found = {f"tessera.{package}" for package in find_packages(str(ROOT / "platform"))}
    assert {package for package in declared_packages() if package.startswith("tessera.")} == found


def test_apps_hold_no_python() -> None:
    code = {path.relative_to(ROOT / "apps").as_posix() for path in (ROOT / "apps").rglob("*.py")}
    assert code == {"__init__.py"}


@pytest.mark.parametrize("package", sorted((ROOT / "platform").glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_every_package_says_what_lives_there(package: Path) -> None:
    assert package.read_text(encoding="utf-8").startswith('"""')


def test_every_data_file_is_packed() -> None:
    options = configparser.ConfigParser()
    options.read(ROOT / "setup.cfg", encoding="utf-8")
    packed = {pattern.removeprefix("**/*") for pattern in options["options.package_data"]["*"].split()}
    tracked = run("git", "ls-files", *MAPPED.values()).stdout.splitlines()
    assert {Path(name).suffix for name in tracked} - packed == {".py"}


def test_imports_lean_downwards() -> None:
    result = run(
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])",
        PYTHONPATH="tools/typecheck",
    )
    assert result.returncode == 0, result.stdout


def test_configuration_page_is_current() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == settings_reference(), "run tools/write_docs"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_locks_name_no_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert "--index-url" not in text


def test_what_is_tested_is_what_is_served() -> None:
    served, tested = (pinned(ROOT / name) for name in ("requirements.lock", "requirements-test.lock"))
    assert served.items() <= tested.items()


def pinned(lock: Path) -> dict[str, str]:
    lines = [line.split(" ")[0] for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line]
    return dict(line.split("==") for line in lines)


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").casefold()
    names = [
        line.split("==")[0] for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines() if "==" in line
    ]
    assert [name for name in names if f"| {name.casefold()} |" not in page] == []
