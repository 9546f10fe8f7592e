"""What the API says about itself: always current, valid, in the reader's language, and no more than they may know."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from tessera.api.routes import ROUTES
from tessera.metadata.naming import RESERVED_MODULES
from tessera.security.policy import BasicPolicy
from tessera.security.scopes import Scopes
from tests.api.service import Caller, Service
from tests.api.shop import SHOP, field


def with_customer_fields(*added: Any) -> Any:
    customer = SHOP.modules["customer"]
    fields = {**customer.fields, **{one.key: one for one in added}}
    return replace(SHOP, modules={**SHOP.modules, "customer": replace(customer, fields=fields)})


def field_of(description: dict[str, Any], key: str) -> dict[str, Any]:
    return next(entry for entry in description["fields"] if entry["key"] == key)


def test_the_description_is_valid_openapi(ann: Caller) -> None:
    document = ann.get("/openapi.json").get_json()
    OpenAPIV31SpecValidator(document).validate()
    operations = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))
    assert {"Customer", "CustomerCreate", "CustomerUpdate", "CustomerPage", "Problem"} <= document["components"]["schemas"].keys()


def test_every_address_is_described_and_nothing_else(ann: Caller) -> None:
    described = ann.get("/openapi.json").get_json()["paths"]
    for route in ROUTES:
        path = route.path.replace("<module>", "sales_order").replace("<record>", "{id}").replace("<field>", "{field}")
        for variable in ("<token>", "<file>", "<job>"):
            path = path.replace(variable, "{id}")
        assert set(described[path]) == {method.lower() for method in route.methods}


def test_a_new_field_is_described_at_once_with_type_and_choices(service: Service, ann: Caller) -> None:
    assert "x_channel" not in ann.get("/openapi.json").get_data(as_text=True)
    choices = {"web": {"label": "Web shop"}, "fair": {"label": "Trade fair"}}
    service.republish(with_customer_fields(field("x_channel", "picklist", values=choices), field("x_visits", "integer")))
    schemas = ann.get("/openapi.json").get_json()["components"]["schemas"]
    for name in ("Customer", "CustomerCreate", "CustomerUpdate"):
        properties = schemas[name]["properties"]
        assert {"$ref": "#/components/schemas/CustomerXChannelChoice"} in properties["x_channel"]["anyOf"]
        assert "integer" in properties["x_visits"]["type"]
    assert schemas["CustomerXChannelChoice"]["enum"] == ["web", "fair"]
    described = field_of(ann.get("/customer/describe").get_json(), "x_channel")
    assert described["type"] == "picklist"
    assert [(c["key"], c["label"]) for c in described["choices"]] == [("web", "Web shop"), ("fair", "Trade fair")]
    made = ann.made("/customer", {"name": "Acme", "x_channel": "fair", "x_visits": 3})
    assert (made["x_channel"], made["x_visits"]) == ("fair", 3)


def test_a_module_is_described_in_the_readers_language(ann: Caller) -> None:
    spanish = ann.get("/customer/describe", headers={"Accept-Language": "es"})
    described = spanish.get_json()
    assert spanish.headers["Content-Language"] == "es"
    assert described["label"] == "Cliente"
    level = field_of(described, "level")
    assert (level["label"], level["choices"][0]["label"], level["choices"][1]["label"]) == ("Nivel", "Importante", "Usual")
    assert described["views"][0]["label"] == "Todos los clientes"
    document = ann.get("/openapi.json", headers={"Accept-Language": "es"}).get_json()
    assert document["components"]["schemas"]["Customer"]["properties"]["level"]["description"].startswith("Nivel")


def test_problems_speak_the_readers_language_with_the_tenants_words(ann: Caller) -> None:
    answer = ann.post("/customer", {"name": "A", "credit_limit": -1}, headers={"Accept-Language": "es"})
    assert "El crédito es negativo." in [error["detail"] for error in answer.get_json()["errors"]]
    missing = ann.post("/customer", {}, headers={"Accept-Language": "es"}).get_json()["errors"]
    assert [error["detail"] for error in missing] == ["Nombre is required."]


def test_a_module_is_described_whole(ann: Caller) -> None:
    described = ann.get("/sales_order/describe").get_json()
    lines = field_of(described, "lines")
    assert [f["key"] for f in lines["fields"] if not f["read_only"]][:3] == ["product", "quantity", "price"]
    assert field_of(described, "customer")["modules"] == ["customer"]
    assert field_of(described, "number")["read_only"]
    customer = ann.get("/customer/describe").get_json()
    assert customer["layouts"][0]["tabs"][0]["sections"][0]["fields"] == [{"key": "name", "span": 2}]
    assert customer["layouts"][0]["related"][0]["module"] == "sales_order"
    assert field_of(customer, "region")["choices"][1]["parent"] == "europe"
    menus = ann.get("/describe").get_json()["menus"]
    assert [item["label"] for item in menus[0]["items"]] == ["Customers", "Sales orders"]


def test_nobody_is_told_what_they_may_not_know(service: Service) -> None:
    limited = service.caller("mel", Scopes(frozenset({"product"}), frozenset({"read"})))
    assert limited.get("/customer/describe").status_code == 404
    document = limited.get("/openapi.json").get_json()
    assert "/customer" not in document["paths"]
    assert list(document["paths"]["/product"]) == ["get"]
    assert "Customer" not in document["components"]["schemas"]


def test_a_hidden_field_is_described_nowhere(service: Service, ann: Caller) -> None:
    service.runtime.policy = BasicPolicy(
        hidden={"customer": frozenset({"credit_limit"}), "sales_order": frozenset({"lines.price"})}
    )
    mel = service.caller("mel")
    for path in ("/openapi.json", "/customer/describe"):
        assert "credit_limit" in ann.get(path).get_data(as_text=True)
        assert "credit_limit" not in mel.get(path).get_data(as_text=True)
    schemas = mel.get("/openapi.json").get_json()["components"]["schemas"]
    assert "price" not in schemas["SalesOrderLines"]["properties"]
    assert "price" not in schemas["SalesOrderLinesCreate"]["properties"]


class _Links(HTMLParser):
    """Collects anchors, links to them, and whatever would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        if tag == "a" and str(found.get("href")).startswith("#"):
            self.targets.add(str(found["href"])[1:])
        if tag in {"script", "link", "img", "iframe"} or "src" in found:
            self.loaded.append(tag)


def test_the_page_explains_everything_by_itself(service: Service, ann: Caller) -> None:
    evil = replace(SHOP.modules["customer"], label_plural="<img src=x onerror=alert(1)>")
    service.republish(replace(SHOP, modules={**SHOP.modules, "customer": evil}))
    page = service.client.get("/api/docs", headers={"Authorization": f"Bearer {ann.token}"})
    assert page.status_code == 200
    assert "style-src 'sha256-" in page.headers["Content-Security-Policy"]
    parser = _Links()
    parser.feed(page.get_data(as_text=True))
    assert parser.loaded == []
    assert parser.targets <= parser.ids
    assert {"operation-list_customer", "schema-CustomerPage", "problem-edit_conflict"} <= parser.ids
    assert service.client.get("/api/docs").status_code == 401


def test_no_module_can_take_the_place_of_a_fixed_address() -> None:
    fixed = {route.path.split("/")[1] for route in ROUTES if not route.path.startswith("/<")}
    assert {name.partition(".")[0] for name in fixed} <= RESERVED_MODULES
