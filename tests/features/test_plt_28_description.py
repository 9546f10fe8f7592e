"""PLT-28: an integrator reads a generated, always current description of the interface, including tenant fields."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.service import Caller
from tests.features.workplace import Workplace, by_key

CHANNEL = {
    "type": "picklist",
    "label": "Channel",
    "help": "How they found us.",
    "values": {"web": {"label": "Web shop"}, "fair": {"label": "Trade fair"}},
}


@pytest.mark.feature("PLT-28")
def test_an_added_field_is_described_at_once_with_type_and_values(work: Workplace, ann: Caller) -> None:
    """Add a field to Customer; the generated API description lists it at once with type and picklist values."""
    before = ann.get("/openapi.json")
    assert "x_channel" not in before.get_json()["components"]["schemas"]["Customer"]["properties"]

    work.change({"op": "add", "path": "modules/customer/fields/x_channel", "value": CHANNEL})

    document = ann.get("/openapi.json", headers={"If-None-Match": before.headers.get("ETag", "")}).get_json()
    OpenAPIV31SpecValidator(document).validate()
    schemas = document["components"]["schemas"]
    for name in ("Customer", "CustomerCreate", "CustomerUpdate"):
        described = schemas[name]["properties"]["x_channel"]
        assert described["anyOf"] == [{"$ref": "#/components/schemas/CustomerXChannelChoice"}, {"type": "null"}]
    assert schemas["CustomerXChannelChoice"]["type"] == "string"
    assert schemas["CustomerXChannelChoice"]["enum"] == ["web", "fair"]
    field = by_key(ann.get("/customer/describe").get_json()["fields"])["x_channel"]
    assert (field["type"], field["label"], field["help"]) == ("picklist", "Channel", "How they found us.")
    assert [(choice["key"], choice["label"]) for choice in field["choices"]] == [("web", "Web shop"), ("fair", "Trade fair")]

    work.change({"op": "add", "path": "modules/customer/fields/x_channel/values/x_post", "value": {"label": "Post"}})
    schemas = ann.get("/openapi.json").get_json()["components"]["schemas"]
    assert schemas["CustomerXChannelChoice"]["enum"] == ["web", "fair", "x_post"]
