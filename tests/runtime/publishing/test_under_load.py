"""People write while definitions change: every save that was acknowledged is there, whole, and nobody sees an error."""

import threading
from typing import Any

from tessera.kernel.context import SYSTEM
from tests.runtime.publishing.conftest import Works
from tests.runtime.publishing.test_publishing import add

PUBLISHES = 6


def test_writers_never_notice_a_publish(shop: Works) -> None:
    servers = [shop.server() for _ in range(3)]
    stop = threading.Event()
    acknowledged: list[dict[str, Any]] = []
    errors: list[str] = []

    def write(number: int) -> None:
        tenant = servers[number]
        made = 0
        while not stop.is_set():
            made += 1
            values: dict[str, Any] = {"name": f"W{number}-{made}"}

            def save(session: Any, values: dict[str, Any] = values) -> dict[str, Any]:
                known = session.catalog.module("shop_item").fields
                told = {key: f"{values['name']} in {key}" for key in known if key.startswith("x_")}
                row: dict[str, Any] = session.records.create("shop_item", {**values, **told})
                return row

            try:
                acknowledged.append(tenant.transact(tenant.runtime.context(shop.key, SYSTEM), save))
            except Exception as error:
                errors.append(repr(error))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(len(servers))]
    for thread in threads:
        thread.start()
    for number in range(PUBLISHES):
        shop.publisher.apply_overlay(shop.key, [add(f"x_{number}", type="text", index=number % 2 == 0)])
    stop.set()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len(acknowledged) > PUBLISHES
    tenant = shop.server()
    with tenant.session(tenant.runtime.context(shop.key, SYSTEM), write=False) as session:
        for row in acknowledged:
            stored = session.records.get("shop_item", row["id"])
            assert row == {key: stored[key] for key in row}
    assert any(key.startswith("x_") for row in acknowledged for key in row)
