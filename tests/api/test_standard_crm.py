"""The API over the real thing: the bundled apps, published, and changed by the tenant while it serves."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import Client

from tessera.api.blueprint import create_blueprint
from tessera.api.rate_limits import MemoryStore
from tessera.kernel.context import SYSTEM
from tessera.metadata.loader import discover, load_apps
from tessera.metadata.operations import Operation
from tessera.metadata.packages import AppPackage
from tessera.runtime.fields.registry import field_type_schemas
from tessera.runtime.files.store import FileStore
from tessera.runtime.publishing.catalogs import CatalogLoader
from tessera.runtime.publishing.publisher import Publisher
from tessera.runtime.runtime import Runtime
from tessera.security.policy import BasicPolicy
from tessera.security.scopes import UNLIMITED, Scopes
from tessera.security.tokens import issue_token
from tessera.storage.engines import EngineRegistry
from tests.api.service import Caller, make_control


@pytest.fixture(scope="module")
def apps() -> list[AppPackage]:
    found = discover()
    return list(load_apps([found["core"], found["standard_crm"]], field_type_schemas()))


class Installation:
    """A tenant with the bundled apps, and the publisher that changes it."""

    def __init__(self, runtime: Runtime, publisher: Publisher, key: str) -> None:
        self.runtime, self.publisher, self.key = runtime, publisher, key
        app = Flask("test")
        app.register_blueprint(create_blueprint(runtime, store=MemoryStore()))
        self.client = Client(app)

    def caller(self, login: str, role: str, scopes: Scopes = UNLIMITED) -> Caller:
        tenant = self.runtime.tenant(self.key)
        with tenant.session(self.runtime.context(self.key, SYSTEM)) as session:
            user = session.records.create("user", {"login": login, "name": login.title(), "role": role})
            issued = issue_token(session.connection, user["id"], "test", self.runtime.clock.now(), scopes=scopes)
        return Caller(self.client, issued.secret)

    def change(self, *operations: dict[str, Any]) -> None:
        """Publish changes of the tenant's own."""
        self.publisher.apply_overlay(self.key, [Operation(**operation) for operation in operations])


@pytest.fixture
def installation(engines: EngineRegistry, location: Any, tmp_path: Path, apps: list[AppPackage]) -> Iterator[Installation]:
    control, place = make_control(engines, location, tmp_path)
    key, catalogs = f"crm{uuid.uuid4().hex[:10]}", CatalogLoader()
    publisher = Publisher(control, catalogs=catalogs)
    publisher.create_tenant(key, "Standard CRM", place, apps)
    runtime = Runtime(
        control, policy=BasicPolicy(), load_catalog=catalogs, store_for=lambda tenant: FileStore(tmp_path / "files" / tenant)
    )
    yield Installation(runtime, publisher, key)
    for thread in threading.enumerate():
        if thread.name == "last-use":
            thread.join()
    control.drop(key)


VEHICLE = {
    "label": "Vehicle",
    "label_plural": "Vehicles",
    "fields": {
        "name": {"type": "text", "label": "Name", "required": True},
        "seats": {"type": "integer", "label": "Seats"},
    },
}


@pytest.mark.feature("PLT-26")
def test_bundled_and_custom_modules_have_the_interface_under_the_callers_own_rights(installation: Installation) -> None:
    """PLT-26: with a staff token create, read, filter and update a custom-module record; without the rights: forbidden."""
    installation.change({"op": "add", "path": "modules/x_vehicle", "value": VEHICLE})
    staff = installation.caller("staff", "member")
    lacking = installation.caller("limited", "member", Scopes(frozenset({"customer"}), frozenset({"read"})))
    made = staff.made("/x_vehicle", {"name": "Van", "seats": 3})
    path, query = f"/x_vehicle/{made['id']}", '/x_vehicle?filter={"field":"seats","op":"gte","value":3}'
    assert staff.get(path).get_json()["name"] == "Van"
    assert [row["id"] for row in staff.get(query).get_json()["items"]] == [made["id"]]
    assert staff.patch(path, {"seats": 5}).get_json()["seats"] == 5
    refused = [
        lacking.post("/x_vehicle", {"name": "Bus"}),
        lacking.get(path),
        lacking.get(query),
        lacking.patch(path, {"seats": 9}),
        lacking.delete(path),
    ]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in refused] == [(403, "forbidden")] * 5
    assert staff.get(path).get_json()["seats"] == 5


@pytest.mark.feature("PLT-28")
def test_a_tenants_field_is_described_at_once(installation: Installation) -> None:
    """PLT-28: add a field to Customer; the generated description lists it at once with type and picklist values."""
    caller = installation.caller("ann", "administrator")
    before = caller.get("/openapi.json").get_json()
    OpenAPIV31SpecValidator(before).validate()
    assert "x_channel" not in before["components"]["schemas"]["Customer"]["properties"]
    values = {"web": {"label": "Web shop"}, "fair": {"label": "Trade fair"}}
    value = {"type": "picklist", "label": "Channel", "values": values}
    installation.change({"op": "add", "path": "modules/customer/fields/x_channel", "value": value})

    document = caller.get("/openapi.json").get_json()
    OpenAPIV31SpecValidator(document).validate()
    schemas = document["components"]["schemas"]
    for name in ("Customer", "CustomerCreate", "CustomerUpdate"):
        channel = schemas[name]["properties"]["x_channel"]
        assert channel["anyOf"] == [{"$ref": "#/components/schemas/CustomerXChannelChoice"}, {"type": "null"}]
        assert channel["description"] == "Channel"
    assert schemas["CustomerXChannelChoice"]["type"] == "string"
    assert schemas["CustomerXChannelChoice"]["enum"] == ["web", "fair"]
    described = {field["key"]: field for field in caller.get("/customer/describe").get_json()["fields"]}["x_channel"]
    assert described["type"] == "picklist"
    assert {choice["key"]: choice["label"] for choice in described["choices"]} == {"web": "Web shop", "fair": "Trade fair"}
    assert caller.made("/customer", {"name": "Acme", "x_channel": "fair"})["x_channel"] == "fair"


def test_a_roll_up_that_moved_is_another_representation(installation: Installation) -> None:
    ann = installation.caller("ann", "administrator")
    customer = ann.made("/customer", {"name": "Acme"})
    product = ann.made("/product", {"name": "Chai", "list_price": "18"})
    known = {"If-None-Match": ann.get(f"/customer/{customer['id']}").headers["ETag"]}
    assert ann.get(f"/customer/{customer['id']}", headers=known).status_code == 304
    ann.made("/sales_order", {"customer": customer["id"], "lines": [{"product": product["id"], "quantity": "2"}]})
    answer = ann.get(f"/customer/{customer['id']}", headers=known)
    assert (answer.status_code, answer.get_json()["version"]) == (200, 1)
