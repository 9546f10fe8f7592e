"""Build the package list: `find:` cannot rename a prefix, so the folders are walked here."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
MAPPED = {"tessera": "platform", "tessera_apps": "apps", "tessera_connectors": "connectors"}


def packages() -> list[str]:
    """Every importable package under its public name."""
    found: list[str] = []
    for name, folder in MAPPED.items():
        if (ROOT / folder / "__init__.py").exists():
            found.append(name)
        found += [f"{name}.{package}" for package in find_packages(str(ROOT / folder))]
    return found


setup(packages=packages())
