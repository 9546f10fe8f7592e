"""The demo data set: imported whole, its control figures exact through the API, a second import changing nothing."""

from decimal import ROUND_HALF_UP, Decimal

from flask import Flask

from tessera.api.blueprint import create_blueprint
from tessera.api.rate_limits import MemoryStore
from tessera.exchange.importing import Importer
from tessera.exchange.mapping import read_mapping
from tessera.kernel.context import SYSTEM, Context
from tessera.security.credentials import set_password
from tests.support.installation import NORTHWIND, Installation

COUNTS = {"customer": 91, "product": 77, "supplier": 29, "sales_order": 830, "contact": 91, "product_category": 8}


def import_all(installed: Installation) -> dict[str, tuple[int, int, int, int]]:
    done = {}
    for path in sorted(NORTHWIND.glob("*.yaml")):
        mapping = read_mapping(path, installed.tenant.catalog, NORTHWIND / "data")
        result = Importer(installed.tenant, installed.context(), mapping).run()
        done[path.stem[3:]] = (result.created, result.updated, result.unchanged, result.failed)
    return done


def test_control_figures_hold_to_the_cent(installed: Installation) -> None:
    first = import_all(installed)
    assert all(failed == 0 for *_, failed in first.values())
    again = import_all(installed)
    assert {name: (created, updated, failed) for name, (created, updated, _, failed) in again.items()} == dict.fromkeys(
        first, (0, 0, 0)
    )

    tenant = installed.tenant
    with tenant.session(Context(tenant.key, SYSTEM)) as session:
        boss = session.records.create("user", {"login": "boss", "name": "Boss", "role": "administrator"})
        set_password(session.connection, boss["id"], "boss", "blue lamp over the door", session.context.now())
    app = Flask("test")
    app.register_blueprint(create_blueprint(installed.runtime, store=MemoryStore()))
    client = app.test_client()
    token = client.post("/api/v1/auth/token", json={"login": "boss", "password": "blue lamp over the door", "name": "test"})
    assert token.status_code in (200, 201), token.get_data(as_text=True)
    headers = {"Authorization": f"Bearer {token.get_json()['token']}"}

    def figures(module: str, *measures: dict[str, str], **more: object) -> dict[str, str]:
        answer = client.post(f"/api/v1/{module}/aggregate", json={"measures": list(measures), **more}, headers=headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return dict(answer.get_json()["items"][0])

    for module, count in COUNTS.items():
        assert figures(module, {"function": "count", "name": "n"})["n"] == count
    still = {"field": "status", "op": "eq", "value": "executing"}
    assert figures("sales_order", {"function": "count", "name": "n"}, filter=still)["n"] == 21
    order = figures(
        "sales_order",
        {"function": "sum", "field": "gross_total", "name": "gross"},
        {"function": "sum", "field": "net_total", "name": "net"},
        {"function": "sum", "field": "freight", "name": "freight"},
        {"function": "min", "field": "order_date", "name": "first"},
        {"function": "max", "field": "order_date", "name": "last"},
    )
    assert Decimal(order["gross"]) == Decimal("1354458.59")
    assert Decimal(order["net"]).quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("1265793.04")
    assert Decimal(order["freight"]) == Decimal("64942.69")
    assert (order["first"], order["last"]) == ("1996-07-04", "1998-05-06")
    lines = figures(
        "sales_order",
        {"function": "sum", "field": "lines.net", "name": "net"},
        {"function": "count", "field": "lines.id", "name": "n"},
    )
    assert (Decimal(lines["net"]), lines["n"]) == (Decimal(order["net"]), 2155)
