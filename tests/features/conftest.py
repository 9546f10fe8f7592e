"""A workplace on each kind of database, on a clock that tests move."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tessera.kernel.clock import MovableClock
from tests.api.service import Caller
from tests.features.workplace import Workplace, workplace


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> str:
    """Where tenants live."""
    return "sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 1, 15, 12, tzinfo=UTC))


@pytest.fixture
def work(place: str, tmp_path: Path, clock: MovableClock) -> Iterator[Workplace]:
    with workplace(tmp_path, place, clock=clock) as made:
        yield made


@pytest.fixture
def ann(work: Workplace) -> Caller:
    """An administrator."""
    return work.caller("ann")
