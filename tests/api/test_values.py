"""Values of every kind over HTTP: what is sent comes back, and what comes back may be sent again."""

from io import BytesIO
from typing import Any

import pytest

from tessera.runtime.fields.registry import FIELD_TYPES
from tests.api.service import Caller
from tests.api.shop import SHOP

#: One transparent pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b49444154789c63600002000005"
    "00017a5eab3f0000000049454e44ae426082"
)


def test_the_shop_has_every_kind_of_field() -> None:
    used = {field.type for module in SHOP.modules.values() for field in module.fields.values()}
    used |= {field.type for field in SHOP.modules["sales_order"].fields["lines"].fields.values()}
    assert used == set(FIELD_TYPES.keys())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("homepage", "https://example.com/a?b=c"),
        ("position", {"latitude": 42.2406, "longitude": -8.7207}),
        ("stars", 4),
        ("paint", "#12ab9f"),
        ("settings", {"deep": [1, 2.5, None, {"exact": 0.1, "large": 1234567890123456}]}),
        ("settings", [1.2345678901234567]),
        ("warranty", "P1DT2H"),
    ],
)
def test_a_value_comes_back_and_may_be_sent_again(ann: Caller, field: str, value: Any) -> None:
    made = ann.made("/asset", {"name": "Van", field: value})
    read = ann.get(f"/asset/{made['id']}").get_json()
    assert read[field] is not None
    assert read == made
    again = ann.patch(f"/asset/{made['id']}", {k: v for k, v in read.items() if k != "version"})
    assert again.status_code == 200, again.get_data(as_text=True)
    assert again.get_json()[field] == read[field]
    assert again.get_json()["version"] == 1


def test_references_of_every_kind_come_back(ann: Caller) -> None:
    product = ann.made("/product", {"code": "P", "name": "Pen", "price": 1})
    customer = ann.made("/customer", {"name": "Acme"})
    photo = ann.post("/files", data={"file": (BytesIO(PNG), "p.png")}).get_json()["id"]
    sent = {"name": "Van", "products": [product["id"]], "about": {"module": "customer", "id": customer["id"]}, "photo": photo}
    made = ann.made("/asset", sent)
    read = ann.get(f"/asset/{made['id']}").get_json()
    assert read == made
    assert read["products"] == [product["id"]]
    assert read["about"]["id"] == customer["id"]
    assert ann.patch(f"/asset/{made['id']}", {k: v for k, v in read.items() if k != "version"}).get_json()["version"] == 1
    assert ann.get(f"/asset/{made['id']}?titles=true").get_json()["products"][0]["title"] == "Pen"
