"""The bundled apps, loaded and compiled once."""

from collections.abc import Mapping

import pytest

from tessera.metadata.definitions import Definitions
from tessera.metadata.layers import effective
from tessera.metadata.loader import discover, load_apps
from tessera.metadata.packages import AppPackage
from tessera.metadata.schema_check import SchemaCheck
from tessera.runtime.compile import compile_catalog
from tessera.runtime.fields.registry import field_type_schemas
from tessera.runtime.model import Catalog


@pytest.fixture(scope="session")
def bundled() -> Mapping[str, AppPackage]:
    """The bundled apps by name."""
    return {package.name: package for package in load_apps(discover().values(), field_type_schemas())}


@pytest.fixture(scope="session")
def definitions(bundled: Mapping[str, AppPackage]) -> Definitions:
    """What holds in a tenant with all bundled apps."""
    return effective(bundled.values(), [], checks=SchemaCheck(field_type_schemas())).definitions


@pytest.fixture(scope="session")
def catalog(definitions: Definitions) -> Catalog:
    """The same, compiled: every option, formula and roll-up has been checked."""
    return compile_catalog(definitions, 1)
