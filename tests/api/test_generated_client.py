"""A client that somebody else's tool generates from the description works, without a line by hand."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.live import live_server
from tests.api.service import Service


@pytest.fixture
def client_package(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The generated package, imported under a name of its own."""
    description = tmp_path / "openapi.json"
    description.write_bytes(service.caller("ann").get("/openapi.json").get_data())
    name = f"generated_{service.tenant}"
    command = ["generate", "--path", str(description), "--meta", "none", "--output-path", str(tmp_path / name)]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *command], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unsupported" not in done.stdout.lower()
    assert "error" not in done.stdout.lower()
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda path: importlib.import_module(f"{name}.{path}" if path else name)


def test_a_generated_client_works(service: Service, client_package: Any) -> None:
    models, customers, orders = client_package("models"), "api.customers", "api.sales_orders"
    with live_server(service.app) as address:
        client = client_package("").AuthenticatedClient(base_url=f"{address}/api/v1", token=service.token("ann"))
        wanted = models.CustomerCreate(name="Acme", level=models.CustomerLevelChoice.A, credit_limit="99.90")
        made = client_package(f"{customers}.create_customer").sync(client=client, body=wanted)
        assert made.name == "Acme"
        assert made.level is models.CustomerLevelChoice.A

        read = client_package(f"{customers}.get_customer").sync(id=made.id, client=client)
        assert (read.id, read.credit_limit, read.version) == (made.id, "99.90", 1)

        change = models.CustomerUpdate(city="Vigo", version=read.version)
        changed = client_package(f"{customers}.update_customer").sync(id=made.id, client=client, body=change)
        assert (changed.city, changed.version) == ("Vigo", 2)

        product = client_package("api.products.create_product").sync(
            client=client, body=models.ProductCreate(code="P", name="Pen", price="2.5")
        )
        lines = [models.SalesOrderLinesCreate(product=product.id, quantity="2")]
        order = client_package(f"{orders}.create_sales_order").sync(
            client=client, body=models.SalesOrderCreate(customer=made.id, lines=lines)
        )
        assert (order.total, order.lines[0].amount) == ("5.0000", "5.0000")

        page = client_package(f"{orders}.list_sales_order").sync(client=client, expand="customer", limit=10)
        assert page.items[0].customer.title == "Acme"

        refused = client_package(f"{customers}.create_customer").sync(client=client, body=models.CustomerCreate(name=""))
        assert (refused.status, refused.errors[0].pointer) == (422, "/name")
        described = client_package("api.customers.describe_customer").sync(client=client)
        assert {field.key: field.type_ for field in described.fields}["level"] == "picklist"
        client.get_httpx_client().close()
