"""From apps and overlays to what serves."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tessera.kernel.errors import Conflict
from tessera.metadata.errors import OperationRefused
from tessera.metadata.operations import Operation
from tessera.runtime.compile import CompileErrors
from tessera.runtime.publishing.publisher import UnknownApp
from tessera.storage.apply import PublishRefused
from tessera.storage.system_tables import audit, installed_app, metadata_version, overlay_change
from tests.runtime.publishing.conftest import ITEM, Works


def add(name: str, **field: Any) -> Operation:
    return Operation(op="add", path=f"modules/shop_item/fields/{name}", value={"label": name.title(), **field})


def stored(works: Works, column: sa.Column[Any]) -> list[Any]:
    with works.database.reading() as connection:
        return list(connection.execute(sa.select(column)).scalars())


def test_a_new_tenant_serves_its_apps(shop: Works) -> None:
    assert shop.control.get(shop.key).state == "active"
    assert shop.control.current_versions() == {shop.key: 1}
    assert set(shop.server().catalog.modules) == {"user", "currency", "exchange_rate", "shop_item"}
    [item] = shop.create("shop_item", {"name": "Chai", "amount": "18.00"})
    assert shop.rows("shop_item", search="cha")[0]["id"] == item["id"]


def test_publishing_again_does_nothing(shop: Works) -> None:
    plan = shop.publisher.publish(shop.key)
    assert (plan.is_empty, plan.version, list(plan.lines())) == (True, 1, ["Nothing to publish."])
    plan = shop.publisher.install_apps(shop.key, [shop.core, shop.shop(ITEM)])
    assert plan.is_empty
    assert stored(shop, metadata_version.c.version) == [1]


def test_an_overlay_adds_a_field_that_servers_learn_of_by_themselves(shop: Works) -> None:
    server = shop.server()
    assert "x_note" not in server.catalog.module("shop_item").fields
    [item] = shop.create("shop_item", {"name": "Chai"})
    plan = shop.publisher.apply_overlay(shop.key, [add("x_note", type="text", searchable=True)])
    assert plan.applied
    assert (plan.version, plan.changes[0].text()) == (2, "Field shop_item/fields/x_note is added.")
    server.runtime.look_again()
    assert "x_note" in server.catalog.module("shop_item").fields
    with server.session(server.runtime.context(shop.key, _system())) as session:
        session.records.update("shop_item", item["id"], {"x_note": "grüner Tee"})
    assert shop.rows("shop_item", search="gruner")[0]["x_note"] == "grüner Tee"
    assert shop.publisher.publish(shop.key).is_empty


def _system() -> Any:
    from tessera.kernel.context import SYSTEM

    return SYSTEM


def test_a_dry_run_changes_nothing(shop: Works) -> None:
    plan = shop.publisher.apply_overlay(shop.key, [add("x_note", type="text")], dry_run=True)
    assert not plan.applied
    text = "\n".join(plan.lines())
    assert "Add the column shop_item.x_note." in text
    assert "ADD COLUMN x_note" in text
    assert stored(shop, overlay_change.c.id) == []
    assert stored(shop, metadata_version.c.version) == [1]
    assert "x_note" not in shop.server().catalog.module("shop_item").fields


def test_what_does_not_fit_is_refused_and_leaves_nothing(shop: Works) -> None:
    with pytest.raises(OperationRefused):
        shop.publisher.apply_overlay(shop.key, [add("x_a", type="text"), add("x_b", type="nonsense")])
    with pytest.raises((OperationRefused, CompileErrors)):
        shop.publisher.apply_overlay(shop.key, [add("x_b", type="formula", formula="nowhere + 1", result="decimal")])
    assert stored(shop, overlay_change.c.id) == []
    assert shop.publisher.publish(shop.key).is_empty


def test_data_that_forbid_a_change_are_named(shop: Works) -> None:
    shop.create("shop_item", {"name": "Twice"}, {"name": "twice"})
    unique = Operation(op="change", path="modules/shop_item/fields/name/unique", value=True)
    with pytest.raises(PublishRefused, match="twice"):
        shop.publisher.apply_overlay(shop.key, [unique])
    assert stored(shop, overlay_change.c.id) == []
    assert shop.control.current_versions() == {shop.key: 1}


def test_removing_hides_and_withdrawing_brings_back(shop: Works) -> None:
    shop.create("shop_item", {"name": "Chai", "amount": "1.50"})
    shop.publisher.apply_overlay(shop.key, [Operation(op="remove", path="modules/shop_item/fields/amount")])
    assert "amount" not in shop.server().catalog.module("shop_item").fields
    assert [(part.name, part.values) for part in shop.publisher.hidden(shop.key)] == [("shop_item.amount", 1)]
    [entry] = shop.publisher.overlay(shop.key)
    shop.publisher.withdraw_overlay(shop.key, [entry.id])
    assert shop.rows("shop_item")[0]["amount"] == Decimal("1.50")
    assert shop.publisher.hidden(shop.key) == []


def test_purging_is_audited_and_final(shop: Works) -> None:
    shop.create("shop_item", {"name": "Chai", "amount": "1.50"})
    shop.publisher.apply_overlay(shop.key, [Operation(op="remove", path="modules/shop_item/fields/amount")])
    shop.publisher.purge(shop.key, shop.publisher.hidden(shop.key))
    assert shop.publisher.hidden(shop.key) == []
    assert "purge" in stored(shop, audit.c.action)
    [entry] = shop.publisher.overlay(shop.key)
    shop.publisher.withdraw_overlay(shop.key, [entry.id])
    assert shop.rows("shop_item")[0]["amount"] is None


def test_a_removed_app_leaves_its_records(shop: Works) -> None:
    shop.create("shop_item", {"name": "Chai"})
    with pytest.raises(Conflict, match="shop"):
        shop.publisher.remove_app(shop.key, "core")
    with pytest.raises(UnknownApp):
        shop.publisher.remove_app(shop.key, "ghost")
    shop.publisher.remove_app(shop.key, "shop")
    assert "shop_item" not in shop.server().catalog.modules
    assert [package.name for package in shop.publisher.apps(shop.key)] == ["core"]
    shop.publisher.install_apps(shop.key, [shop.shop(ITEM)])
    assert [row["name"] for row in shop.rows("shop_item")] == ["Chai"]


def test_a_newer_app_replaces_the_older(shop: Works) -> None:
    shop.create("shop_item", {"name": "Chai", "amount": "2.50"})
    newer = shop.shop(ITEM.replace("scale: 2", "scale: 4"), version="1.1.0")
    shop.publisher.install_apps(shop.key, [newer])
    assert stored(shop, installed_app.c.version).count("1.1.0") == 1
    assert shop.rows("shop_item")[0]["amount"] == Decimal("2.5")


def test_publishes_are_audited(shop: Works) -> None:
    with shop.database.reading() as connection:
        [entry] = connection.execute(sa.select(audit.c.version, audit.c.changes).where(audit.c.action == "publish")).all()
    assert entry.version == 1
    assert "Module shop_item is added." in entry.changes["changes"]


def test_order_survives_being_stored(shop: Works) -> None:
    values = {"z": {"label": "First"}, "a": {"label": "Second"}, "m": {"label": "Third"}}
    shop.publisher.apply_overlay(shop.key, [add("x_kind", type="picklist", values=values)])
    shop.publisher.apply_overlay(shop.key, [add("x_note", type="text")])
    fields = shop.server().catalog.module("shop_item").definition.fields
    assert list(fields) == ["name", "amount", "x_kind", "x_note"]
    assert list(fields["x_kind"].options["values"]) == ["z", "a", "m"]


def test_a_publisher_elsewhere_is_noticed(shop: Works) -> None:
    from tessera.runtime.publishing.publisher import Publisher

    other = Publisher(shop.control, clock=shop.clock)
    shop.publisher.apply_overlay(shop.key, [add("x_a", type="text")])
    other.apply_overlay(shop.key, [add("x_b", type="text")])
    shop.publisher.apply_overlay(shop.key, [add("x_c", type="text")])
    assert {"x_a", "x_b", "x_c"} <= set(shop.server().catalog.module("shop_item").fields)


def test_a_lost_notice_is_repaired(shop: Works) -> None:
    """The process died between the commit and telling the control database."""
    shop.publisher.apply_overlay(shop.key, [add("x_a", type="text")])
    from tessera.storage.system_tables import tenant

    with shop.control.database.writing() as connection:
        connection.execute(sa.update(tenant).where(tenant.c.key == shop.key).values(metadata_version=1))
    shop.publisher.recover(shop.key)
    assert shop.control.current_versions() == {shop.key: 2}
