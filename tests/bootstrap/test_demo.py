"""The demo: complete, the same after an interruption, and open to its people."""

from pathlib import Path

import pytest

from tessera.bootstrap.accounts import system_context
from tessera.bootstrap.configuration import load_settings, prepare
from tessera.bootstrap.demo import ADMINISTRATOR, PASSWORD, make_demo
from tessera.bootstrap.demo_marker import DEMO
from tessera.bootstrap.settings import Settings
from tessera.bootstrap.shutdown import close
from tessera.bootstrap.tenants import delete_tenant
from tessera.bootstrap.wiring import build_runtime
from tessera.runtime.authentication import authentication_of
from tessera.runtime.runtime import TenantRuntime
from tessera.runtime.values import Query

pytestmark = pytest.mark.slow

COUNTS = {
    "currency": 4,
    "user": 10,
    "carrier": 6,
    "supplier": 29,
    "product": 77,
    "customer": 91,
    "contact": 91,
    "sales_order": 830,
}


class CtrlC(Exception):
    """Raised in place of a person's Ctrl-C."""


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    place = {"default_location": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    return prepare(load_settings({}, data_dir=tmp_path / "data", **place))


def counts(tenant: TenantRuntime) -> dict[str, int | None]:
    with tenant.session(system_context(tenant), write=False) as session:
        return {module: session.records.query(module, Query(limit=1, count="exact")).count for module in COUNTS}


def test_an_interrupted_demo_is_finished_without_duplicates(settings: Settings) -> None:
    runtime = build_runtime(settings)

    def interrupt(step: str) -> None:
        if "Products" in step:
            raise CtrlC

    try:
        with pytest.raises(CtrlC):
            make_demo(settings, runtime, interrupt)
        make_demo(settings, runtime, lambda step: None)
        tenant = runtime.tenant(DEMO)
        assert counts(tenant) == COUNTS
        verify = authentication_of(tenant).credentials.verify
        for login in (ADMINISTRATOR, "nancy.davolio"):
            assert verify(login, PASSWORD, runtime.clock.now())
        make_demo(settings, runtime, lambda step: None)
        assert counts(tenant) == COUNTS
        delete_tenant(settings, runtime, DEMO)
    finally:
        close(runtime)
