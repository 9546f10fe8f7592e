"""A workplace on each kind of database."""

import pytest

from tessera.kernel.context import Context, Principal
from tessera.kernel.ids import uuid7
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.jobs.workplace import Tenant, Tenants, Workplace, mark


@pytest.fixture
def workplace(database: TenantDatabase) -> Workplace:
    """One tenant, "test", with an empty queue and a table to leave marks in."""
    with database.writing() as connection:
        mark.create(connection)
    return Workplace(Tenants(test=Tenant("test", database)))


@pytest.fixture
def admin(workplace: Workplace) -> Context:
    """An administrator of the tenant, at the workplace's time."""
    return Context("test", Principal(uuid7(), "Ada", "administrator"), clock=workplace.clock)


@pytest.fixture
def member(workplace: Workplace) -> Context:
    """A user who sees only their own jobs."""
    return Context("test", Principal(uuid7(), "Max", "member"), clock=workplace.clock)
