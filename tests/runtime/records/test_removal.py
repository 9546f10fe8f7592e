"""The recycle bin: deleting, restoring and purging, and what happens to what points there."""

import pytest

from tessera.kernel.errors import NotFound, StillReferenced
from tests.runtime.records.conftest import Company
from tests.runtime.records.test_saving import an_order


def test_a_deleted_record_is_gone_until_it_is_restored(company: Company) -> None:
    order = an_order(company)
    with company.session() as session:
        session.records.delete("sales_order", order["id"])
    with pytest.raises(NotFound):
        company.get("sales_order", order["id"])
    with company.session() as session:
        session.records.restore("sales_order", order["id"])
    again = company.get("sales_order", order["id"])
    assert [line["id"] for line in again["lines"]] == [line["id"] for line in order["lines"]]
    assert again["number"] == order["number"]


def test_a_record_that_others_point_to_stays(company: Company) -> None:
    order = an_order(company)
    for module, record_id in (("customer", order["customer"]), ("product", order["lines"][0]["product"])):
        with pytest.raises(StillReferenced), company.session() as session:
            session.records.delete(module, record_id)


def test_roll_ups_follow_delete_and_restore(company: Company) -> None:
    order = an_order(company)
    customer = order["customer"]
    assert company.get("customer", customer)["ordered"] == order["total"]
    with company.session() as session:
        session.records.delete("sales_order", order["id"])
    assert company.get("customer", customer)["order_count"] == 0
    with company.session() as session:
        session.records.restore("sales_order", order["id"])
    assert company.get("customer", customer)["ordered"] == order["total"]


def test_purging_is_for_good(company: Company) -> None:
    order = an_order(company)
    with pytest.raises(NotFound), company.session() as session:
        session.records.purge("sales_order", order["id"])
    with company.session() as session:
        session.records.delete("sales_order", order["id"])
    with company.session() as session:
        session.records.purge("sales_order", order["id"])
    with pytest.raises(NotFound), company.session() as session:
        session.records.restore("sales_order", order["id"])
