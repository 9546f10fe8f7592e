"""Creating and changing records: what is stored, what is refused, and that all problems come at once."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tessera.kernel.errors import EditConflict, Forbidden, NotFound, PreconditionFailed, ValidationFailed
from tessera.metadata.definitions import Layout, LayoutField, Section, Tab
from tessera.runtime.compile import CompileErrors, compile_catalog
from tessera.runtime.values import Query
from tessera.storage.system_tables import audit, outbox
from tests.runtime.records.conftest import Company
from tests.runtime.records.trading import TRADING


def problems(error: pytest.ExceptionInfo[ValidationFailed]) -> dict[str, str]:
    return {p.pointer: p.code for p in error.value.problems}


def an_order(company: Company, who: str = "ann") -> dict:
    customer = company.create("customer", who, name="Alfreds")
    product = company.create("product", code=f"P{uuid4().hex[:6]}", name="Chai", price="18")
    lines = [{"product": str(product["id"]), "quantity": "2"}, {"product": str(product["id"]), "quantity": "3", "price": "1.5"}]
    return company.create("sales_order", who, customer=str(customer["id"]), lines=lines)


def test_a_record_gets_defaults_owner_and_version(company: Company) -> None:
    row = company.create("customer", "mel", name="  Alfreds Futterkiste ")
    assert (row["name"], row["level"], row["version"]) == ("Alfreds Futterkiste", "b", 1)
    assert row["owner"] == row["created_by"] == company.people["mel"].id
    assert company.get("customer", row["id"], "mel")["name"] == "Alfreds Futterkiste"


def test_every_problem_is_told_at_once(company: Company) -> None:
    with pytest.raises(ValidationFailed) as error:
        company.create("customer", email="nonsense", credit_limit="12.345", level="old", naem="x", blocked=True)
    assert problems(error) == {
        "/name": "required",
        "/email": "not_an_email",
        "/credit_limit": "too_many_decimals",
        "/level": "retired_choice",
        "/naem": "unknown_field",
        "/block_reason": "required",
    }


def test_problems_of_lines_point_at_their_line(company: Company) -> None:
    product = company.create("product", code="P1", name="Chai", price="18")
    lines = [{"product": str(product["id"]), "quantity": "1"}, {"product": str(uuid4()), "quantity": "0"}, {"quantity": "x"}]
    with pytest.raises(ValidationFailed) as error:
        company.create("sales_order", lines=lines)
    found = problems(error)
    assert found["/customer"] == "required"
    assert found["/lines/1/product"] == "not_found"
    assert found["/lines/1/quantity"] == "rule"
    assert found["/lines/2/product"] == "required"
    assert "/lines/2/quantity" in found


def test_cross_field_rules_hold(company: Company) -> None:
    with pytest.raises(ValidationFailed) as error:
        company.create("customer", name="A", credit_limit="-1")
    assert [p.text() for p in error.value.problems] == ["The credit limit is negative."]


def test_lines_formulas_and_totals_are_exact(company: Company) -> None:
    order = an_order(company)
    assert [line["amount"] for line in order["lines"]] == [Decimal("36.0000"), Decimal("4.5000")]
    assert order["total"] == Decimal("40.5000")
    assert order["number"] == "SO-202601-0001"
    assert company.get("sales_order", order["id"])["total"] == Decimal("40.5000")


def test_a_line_table_is_replaced_keeping_lines_by_id(company: Company) -> None:
    order = an_order(company)
    kept = order["lines"][1]
    lines = [{"id": str(kept["id"]), "quantity": "10"}]
    with company.session() as session:
        session.records.update("sales_order", order["id"], {"lines": lines})
    now = company.get("sales_order", order["id"])
    assert [(line["id"], line["quantity"], line["price"]) for line in now["lines"]] == [(kept["id"], Decimal(10), Decimal("1.5"))]
    assert (now["total"], now["version"]) == (Decimal(15), 2)


def test_uniqueness_holds_among_live_records(company: Company) -> None:
    first = company.create("customer", name="A", code="ALFKI")
    with pytest.raises(ValidationFailed) as error:
        company.create("customer", name="B", code="alfki")
    assert problems(error) == {"/code": "taken"}
    with company.session() as session:
        session.records.delete("customer", first["id"])
    company.create("customer", name="B", code="ALFKI")


def test_different_fields_both_win_and_the_same_field_clashes(company: Company) -> None:
    row = company.create("customer", name="A", city="Berlin")
    with company.session() as session:
        session.records.update("customer", row["id"], {"city": "Hamburg"}, version=1)
    with company.session() as session:
        session.records.update("customer", row["id"], {"name": "B"}, version=1)
    with pytest.raises(EditConflict) as error, company.session() as session:
        session.records.update("customer", row["id"], {"city": "Bonn"}, version=1)
    (clash,) = error.value.clashes
    assert (clash.field, clash.base, clash.current, clash.submitted) == ("city", "Berlin", "Hamburg", "Bonn")
    now = company.get("customer", row["id"])
    assert (now["name"], now["city"], now["version"]) == ("B", "Hamburg", 3)


def test_base_values_serve_as_the_read_version(company: Company) -> None:
    row = company.create("customer", name="A", city="Berlin")
    with pytest.raises(EditConflict), company.session() as session:
        session.records.update("customer", row["id"], {"city": "Bonn"}, base={"city": "Hamburg"})
    with company.session() as session:
        session.records.update("customer", row["id"], {"city": "Bonn"}, base={"city": "Berlin"})


def test_if_match_insists_on_the_version(company: Company) -> None:
    row = company.create("customer", name="A")
    with pytest.raises(PreconditionFailed), company.session() as session:
        session.records.update("customer", row["id"], {"name": "B"}, if_match=7)


def test_nothing_changed_means_no_new_version(company: Company) -> None:
    row = company.create("customer", name="A", city="Bonn")
    with company.session() as session:
        again = session.records.update("customer", row["id"], {"city": "Bonn", "name": "A"})
    assert again["version"] == 1


def test_what_was_read_may_be_sent_back_whole(company: Company) -> None:
    order = an_order(company)
    module = company.catalog.module("sales_order")
    sent = {k: module.fields[k].type.to_json(module.fields[k], v) for k, v in order.items() if v is not None and k != "lines"}
    with company.session() as session:
        again = session.records.update("sales_order", order["id"], {**sent, "note": "new"})
    assert again["note"] == "new"
    with pytest.raises(ValidationFailed) as error, company.session() as session:
        session.records.update("sales_order", order["id"], {"total": "1", "version": 99})
    assert problems(error) == {"/total": "read_only", "/version": "read_only"}


def test_each_change_leaves_one_audit_entry_and_one_event(company: Company) -> None:
    row = company.create("customer", "mel", name="A", city="Bonn")
    with company.session("mel") as session:
        session.records.update("customer", row["id"], {"city": "Köln"})
    with company.database.reading() as connection:
        entries = connection.execute(sa.select(audit).where(audit.c.record_id == row["id"]).order_by(audit.c.version)).all()
        events = connection.execute(
            sa.select(outbox.c.event).where(outbox.c.record_id == row["id"]).order_by(outbox.c.id)
        ).scalars()
        assert list(events) == ["record.created", "record.updated"]
    assert [(e.action, e.version, e.principal) for e in entries] == [("create", 1, "Mel"), ("update", 2, "Mel")]
    assert entries[1].changes == {"city": ["Bonn", "Köln"]}


def test_a_failed_save_leaves_nothing_behind(company: Company) -> None:
    with company.database.reading() as connection:
        before = connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar()
    with pytest.raises(ValidationFailed):
        company.create("customer", name="")
    with company.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar() == before


def test_many_are_made_all_or_none(company: Company) -> None:
    with pytest.raises(ValidationFailed) as error, company.session() as session:
        session.records.create_many("customer", [{"name": "A", "code": "X"}, {"name": "B", "code": "x"}, {"city": "Bonn"}])
    assert problems(error) == {"/1/code": "taken", "/2/name": "required"}
    with company.session() as session:
        rows = session.records.create_many("customer", [{"name": f"N{i}"} for i in range(300)])
    assert len({row["id"] for row in rows}) == 300


def test_members_change_only_their_own(company: Company) -> None:
    mine = company.create("customer", "mel", name="Mine")
    other = company.create("customer", "moe", name="Other")
    with company.session("mel") as session:
        session.records.update("customer", mine["id"], {"name": "Still mine"})
    calls = (("update", ({"name": "x"},)), ("delete", ()), ("get", ()))
    for name, arguments in calls:
        with pytest.raises(NotFound), company.session("mel") as session:
            getattr(session.records, name)("customer", other["id"], *arguments)
    product = company.create("product", code="P", name="Chai")
    with pytest.raises(Forbidden), company.session("mel") as session:
        session.records.update("product", product["id"], {"name": "x"})
    with pytest.raises(Forbidden), company.session("mel") as session:
        session.records.create("user", {"login": "eve", "name": "Eve"})


def test_a_lookup_cannot_name_what_one_may_not_see(company: Company) -> None:
    other = company.create("customer", "moe", name="Other")
    product = company.create("product", code="P", name="Chai", price="1")
    with pytest.raises(ValidationFailed) as error:
        company.create("sales_order", "mel", customer=str(other["id"]), lines=[{"product": str(product["id"]), "quantity": "1"}])
    assert problems(error) == {"/customer": "not_found"}


def test_a_dry_run_computes_and_saves_nothing(company: Company) -> None:
    product = company.create("product", code="P", name="Chai", price="3")
    with company.session() as session:
        draft = session.records.validate("sales_order", {"lines": [{"product": str(product["id"]), "quantity": "4"}]})
    assert draft.values["total"] == Decimal(12)
    assert [p.pointer for p in draft.problems] == ["/customer"]
    with company.session() as session:
        draft = session.records.validate("customer", {"name": "A"})
    assert "block_reason" in draft.hidden


def test_a_lookup_brings_its_copies_along_unless_something_else_was_sent(company: Company) -> None:
    customer = company.create("customer", name="A")
    chai = company.create("product", code="P1", name="Chai", price="18")
    tofu = company.create("product", code="P2", name="Tofu", price="23")
    lines = [{"product": str(chai["id"]), "quantity": 1}, {"product": str(tofu["id"]), "quantity": 1, "description": "Soft"}]
    order = company.create("sales_order", customer=str(customer["id"]), lines=lines)
    assert [line["description"] for line in order["lines"]] == ["Chai", "Soft"]
    changed = [{"id": str(order["lines"][0]["id"]), "product": str(tofu["id"]), "description": "Chai", "quantity": 1}]
    with company.session() as session:
        draft = session.records.validate("sales_order", {"lines": changed}, order["id"], touched="/lines/0/product")
    assert draft.values["lines"][0]["description"] == "Tofu"


def test_a_dry_run_brings_nothing_from_records_one_may_not_see(company: Company) -> None:
    secret = company.create("customer", "moe", name="Other", city="Geheim")
    with company.session("mel") as session:
        draft = session.records.validate("sales_order", {"customer": str(secret["id"])})
    assert {p.pointer: p.code for p in draft.problems}["/customer"] == "not_found"
    assert draft.values["ship_city"] is None


def test_choices_may_be_named_in_the_writers_language(company: Company) -> None:
    texts = {"es": {"Member": "Miembro"}}
    company.catalog = replace(company.catalog, definitions=replace(company.catalog.definitions, texts=texts))
    context = replace(company.context("ann"), locale="es")
    with company.session("ann") as session:
        session.context = context
        row = session.records.create("user", {"login": "eva", "name": "Eva", "role": "Miembro"}, localized=True)
    assert row["role"] == "member"


def test_a_list_sorted_by_a_lookup_follows_its_titles(company: Company) -> None:
    product = company.create("product", code="P", name="Chai", price="1")
    for name in ("Zeta", "Alfa", "Mu"):
        customer = company.create("customer", name=name)
        company.create("sales_order", customer=str(customer["id"]), lines=[{"product": str(product["id"]), "quantity": "1"}])
    with company.session(write=False) as session:
        page = session.records.query("sales_order", Query(sort=("-customer",), titles=True))
    assert [row["customer"].title for row in page.rows] == ["Zeta", "Mu", "Alfa"]


def test_a_layout_whose_condition_is_wrong_does_not_compile() -> None:
    customer = TRADING.modules["customer"]
    section = Section(key="main", visible_if="shoe = 1", fields={"name": LayoutField(key="name")})
    layout = Layout(key="default", tabs={"details": Tab(key="details", label="Details", sections={"main": section})})
    broken = replace(TRADING, modules={**TRADING.modules, "customer": replace(customer, layouts={"default": layout})})
    with pytest.raises(CompileErrors, match=r"customer\.layouts\.default\.tabs\.details\.sections\.main\.visible_if"):
        compile_catalog(broken, 1)
