"""Parent totals equal what they are made of, however many writers change children and parents at the same time."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import sqlalchemy as sa

from tessera.storage.tenant_database import is_transient
from tests.runtime.computed.conftest import Workshop

WRITERS, CHANGES = 4, 12
#: How often a change is run again when it lost a deadlock: as `TenantRuntime.transact` does.
RETRIES = 3


def insist(change: Callable[[], object]) -> int:
    """Runs a change as a face does, again when it lost a deadlock; says how often it did."""
    for attempt in range(RETRIES):
        try:
            change()
        except sa.exc.DBAPIError as error:
            if not is_transient(error):
                raise
        else:
            return attempt
    change()
    return RETRIES


def test_totals_hold_under_parallel_changes(workshop: Workshop, tea: UUID) -> None:
    regions = [workshop.create("region", name=name) for name in ("North", "South")]
    customers = [workshop.create("customer", name=f"C{n}", region=str(regions[n % 2]), floor="20") for n in range(3)]
    orders = [workshop.order(customers[n % 3], lines=[(tea, "1")]) for n in range(6)]

    def write(seed: int) -> int:
        dice, lost = random.Random(seed), 0
        for _ in range(CHANGES):
            order, customer = dice.choice(orders), dice.choice(customers)
            quantity = str(dice.randint(1, 9))
            what: list[Callable[[], object]] = [
                lambda: workshop.order(customer, lines=[(tea, quantity)], status="won"),  # noqa: B023
                lambda: workshop.update("sales_order", order, customer=str(customer)),  # noqa: B023
                lambda: workshop.update("sales_order", order, lines=[{"product": str(tea), "quantity": quantity}]),  # noqa: B023
                lambda: workshop.update("customer", customer, discount=quantity),  # noqa: B023
                lambda: workshop.update("customer", customer, region=str(dice.choice(regions))),  # noqa: B023
                lambda: workshop.update("product", tea, price=quantity),  # noqa: B023
            ]
            lost += insist(dice.choice(what))
        return lost

    with ThreadPoolExecutor(WRITERS) as pool:
        lost = [done.result(timeout=120) for done in [pool.submit(write, seed) for seed in range(WRITERS)]]
    assert sum(lost) <= WRITERS, "writers wait in line, not for each other"
    assert workshop.recompute().differences == ()
    assert sum(workshop.values("customer", customer, "orders") for customer in customers) >= len(orders)
