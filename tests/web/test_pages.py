"""Lists, records and forms of a module that no template knows, without scripts, on both databases."""

import re

import pytest

from tests.api.service import PASSWORD
from tests.web.visitor import Shop, Visitor


def rows_of(page: str) -> int:
    return page.count("<tr data-href=")


def test_a_list_is_paged_and_each_page_goes_on_where_the_last_ended(shop: Shop, ann: Visitor) -> None:
    for number in range(23):
        shop.make("customer", {"name": f"Customer {number:02}", "code": f"C{number}"})
    page, seen = ann.text("/m/customer"), []
    while True:
        seen += re.findall(r'class="key"[^>]*>([^<]+)</a>', page)
        more = re.search(r'<a class="btn sm" href="([^"]+)"', page)
        if more is None:
            break
        page = ann.text(more.group(1).replace("&amp;", "&"))
    assert seen == [f"Customer {number:02}" for number in range(23)]


def test_the_rows_that_follow_come_as_rows_for_htmx(shop: Shop, ann: Visitor) -> None:
    for number in range(12):
        shop.make("customer", {"name": f"Customer {number:02}"})
    more = re.search(r'data-hx-get="([^"]+cursor[^"]+)"', ann.text("/m/customer"))
    assert more is not None
    part = ann.get(more.group(1).replace("&amp;", "&"), headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert rows_of(part) == 2


def test_a_list_is_searched_sorted_and_filtered_by_its_address(shop: Shop, ann: Visitor) -> None:
    for name, city in (("Weir", "Leeds"), ("Weir and sons", "York"), ("Dunmore", "Leeds")):
        shop.make("customer", {"name": name, "city": city})
    assert rows_of(ann.text("/m/customer?q=weir")) == 2
    assert rows_of(ann.text('/m/customer?f={"field":"city","op":"eq","value":"Leeds"}')) == 2
    page = ann.text("/m/customer?sort=-name")
    assert page.index("Weir and sons") < page.index("Dunmore")
    assert 'aria-sort="descending"' in page


def test_a_filter_is_made_with_a_form(shop: Shop, ann: Visitor) -> None:
    for name, staff in (("Small", 3), ("Large", 300)):
        shop.make("customer", {"name": name, "staff": staff})
    assert 'value="gt"' in ann.text("/m/customer/condition?field=staff")
    answer = ann.get("/m/customer/filter?field=staff&op=gt&value=1,00", follow_redirects=True)
    assert answer.status_code == 400  # that is no number in English
    page = ann.get("/m/customer/filter?field=staff&op=gt&value=100", follow_redirects=True).text
    assert rows_of(page) == 1
    assert "Large" in page
    assert "is greater than" in page


def test_where_nothing_matches_the_filter_to_drop_is_named(shop: Shop, ann: Visitor) -> None:
    shop.make("customer", {"name": "Weir", "city": "Leeds"})
    page = ann.text('/m/customer?f={"field":"city","op":"eq","value":"Rome"}')
    assert "Without the filter “City” there is something to see." in page


def test_views_tell_their_counts_and_columns_their_sums(shop: Shop, ann: Visitor) -> None:
    product = shop.make("product", {"code": "b", "name": "Bell"})
    for quantity in (2, 3):
        customer = shop.make("customer", {"name": f"C{quantity}"})
        shop.make("sales_order", {"customer": customer, "lines": [{"product": product, "quantity": quantity, "price": "10"}]})
    assert ">2</span>" in ann.text("/m/customer/counts")
    assert "2 records" in ann.text("/m/sales_order/totals")
    assert "<b>50</b>" in ann.text("/m/sales_order/totals")


def test_a_record_is_made_changed_and_seen_in_its_history(shop: Shop, ann: Visitor) -> None:
    made = ann.submit("/m/product/new", {"/code": "B1", "/name": "Bell", "/price": "1,234.50"})
    assert made.status_code == 303
    path = made.headers["Location"].partition("?")[0]
    assert str(shop.get("product", path.rpartition("/")[2])["price"]) == "1234.5000"
    assert ann.submit(f"{path}/edit", {"/name": "Large bell"}).status_code == 303
    page = ann.text(f"{path}?tab=changes")
    assert "Large bell" in page
    assert "Ann changed one field" in page
    assert "Ann created this" in page


def test_all_that_is_wrong_is_told_at_once_beside_its_field(ann: Visitor) -> None:
    answer = ann.submit("/m/product/new", {"/price": "dear"})
    assert answer.status_code == 422
    assert "3 things to put right" in answer.text
    for control in ("code", "name", "price"):
        assert re.search(rf'id="c-{control}"[^>]*aria-invalid="true"', answer.text), control
        assert f'href="#c-{control}"' in answer.text
    assert 'value="dear"' in answer.text


def order_of(shop: Shop) -> tuple[str, str, str]:
    """(a customer, a product, another product)"""
    customer = shop.make("customer", {"name": "Weir"})
    return (
        customer,
        shop.make("product", {"code": "b", "name": "Bell", "price": "10"}),
        shop.make("product", {"code": "c", "name": "Cog"}),
    )


def test_an_order_is_written_without_scripts(shop: Shop, ann: Visitor) -> None:
    """Lookups by what is typed, lines in the spare rows, then one changed, one dropped, one added."""
    order_of(shop)
    made = ann.submit(
        "/m/sales_order/new",
        {
            "/customer~text": "weir",
            "/lines/0/product~text": "bell", "/lines/0/quantity": "2", "/lines/0/price": "10",
            "/lines/1/product~text": "cog", "/lines/1/quantity": "1", "/lines/1/price": "5",
        },
    )  # fmt: skip
    assert made.status_code == 303, made.text
    path = made.headers["Location"].partition("?")[0]
    order = shop.get("sales_order", path.rpartition("/")[2])
    assert (str(order["total"]), len(order["lines"])) == ("25.0000", 2)
    changed = ann.submit(
        f"{path}/edit",
        {
            "/lines/0/quantity": "3", "/lines/1/~drop": "1",
            "/lines/2/product~text": "cog", "/lines/2/quantity": "4", "/lines/2/price": "1",
        },
    )  # fmt: skip
    assert changed.status_code == 303, changed.text
    after = shop.get("sales_order", path.rpartition("/")[2])
    assert [str(line["quantity"]) for line in after["lines"]] == ["3.00", "4.00"]
    assert after["lines"][0]["id"] == order["lines"][0]["id"]


def test_a_typed_name_that_several_have_is_asked_back(shop: Shop, ann: Visitor) -> None:
    first, _ = shop.make("customer", {"name": "Weir one"}), shop.make("customer", {"name": "Weir two"})
    answer = ann.submit("/m/sales_order/new", {"/customer~text": "weir"})
    assert answer.status_code == 422
    assert "Several fit “weir”. Choose one." in answer.text
    assert f'value="{first}" data-candidate' in answer.text


def test_two_who_change_different_fields_both_win(shop: Shop, ann: Visitor) -> None:
    record = shop.make("product", {"code": "b", "name": "Bell", "price": "1"})
    page = ann.text(f"/m/product/{record}/edit")
    shop.update("product", record, {"name": "Large bell"})
    assert ann.send(page, {"/price": "2"}).status_code == 303
    after = shop.get("product", record)
    assert (after["name"], str(after["price"])) == ("Large bell", "2.0000")


@pytest.mark.parametrize(("choice", "kept"), [("mine", "Small bell"), ("theirs", "Large bell")])
def test_a_true_clash_shows_both_values_and_lets_one_choose(shop: Shop, ann: Visitor, choice: str, kept: str) -> None:
    record = shop.make("product", {"code": "b", "name": "Bell"})
    page = ann.text(f"/m/product/{record}/edit")
    shop.update("product", record, {"name": "Large bell"})
    clash = ann.send(page, {"/name": "Small bell", "/price": "7"})
    assert clash.status_code == 409
    assert "Large bell" in clash.text
    assert 'value="Small bell"' in clash.text
    assert ann.send(clash.text, {"~clash/name": choice}).status_code == 303
    after = shop.get("product", record)
    assert (after["name"], str(after["price"])) == (kept, "7.0000")


def test_what_is_deleted_can_be_undone_and_found_in_the_bin(shop: Shop, ann: Visitor) -> None:
    record = shop.make("product", {"code": "b", "name": "Bell"})
    answer = ann.post(f"/m/product/{record}/delete", follow_redirects=True)
    assert "Bell was moved to the recycle bin." in answer.text
    assert f'action="/m/product/{record}/restore"' in answer.text
    assert "Bell" in ann.text("/bin?module=product")
    assert ann.post(f"/m/product/{record}/restore").status_code == 303
    assert "Bell" in ann.text(f"/m/product/{record}")
    ann.post(f"/m/product/{record}/delete")
    ann.post(f"/m/product/{record}/purge")
    assert "Bell" not in ann.text("/bin?module=product")


def test_related_lists_count_and_offer_a_new_record_with_the_lookup_filled(shop: Shop, ann: Visitor) -> None:
    customer, product, _ = order_of(shop)
    shop.make("sales_order", {"customer": customer, "lines": [{"product": product, "quantity": 1, "price": 1}]})
    page = ann.text(f"/m/customer/{customer}/related")
    assert "SO-0001" in page
    assert f'href="/m/sales_order/new?customer={customer}"' in page
    assert f'name="/customer" value="{customer}"' in ann.text(f"/m/sales_order/new?customer={customer}")


def test_a_live_draft_brings_formulas_and_problems(shop: Shop, ann: Visitor) -> None:
    _, product, _ = order_of(shop)
    values = {"/lines": "1", "/lines/0/id": "", "/lines/0/product": product, "/lines/0/quantity": "2", "/lines/0/price": "4"}
    draft = ann.post("/m/sales_order/draft", values).get_json()
    assert draft["outputs"]["/lines/0/amount"] == "8"
    assert draft["outputs"]["/total"] == "8"
    assert draft["problems"]["/customer"] == "Customer is required."


def test_search_looks_everywhere_one_may_read(shop: Shop, ann: Visitor) -> None:
    shop.make("customer", {"name": "Ferrer and sons"})
    shop.make("product", {"code": "f", "name": "Ferrer valve"})
    page = ann.text("/search?q=ferrer")
    assert "Ferrer and sons" in page
    assert "Ferrer valve" in page


def test_people_choose_their_time_zone_and_password(shop: Shop, mel: Visitor) -> None:
    other = shop.visitor("mel")
    assert mel.post("/profile", {"language": "en", "timezone": "Europe/Madrid"}).status_code == 303
    assert 'value="Europe/Madrid"' in mel.text("/profile")
    assert mel.post("/profile", {"language": "en", "timezone": "Nowhere"}).status_code == 422
    wrong = mel.post("/profile/password", {"current": "no", "new": "yellow boat in the rain", "again": "yellow boat in the rain"})
    assert wrong.status_code == 422
    right = {"current": PASSWORD, "new": "yellow boat in the rain", "again": "yellow boat in the rain"}
    assert mel.post("/profile/password", right).status_code == 303
    assert mel.get("/").status_code == 200
    assert other.get("/").status_code == 303


def test_labels_come_in_the_readers_language(shop: Shop, ann: Visitor) -> None:
    ann.client.set_cookie("tessera_language", "es")
    page = ann.text("/m/customer")
    assert '<html lang="es"' in page
    assert "Todos los clientes" in page
    assert "Nombre" in page
    assert "Crear cliente" in page


def test_below_a_prefix_every_address_keeps_it(shop: Shop, ann: Visitor) -> None:
    prefix = f"/t/{shop.tenant.key}"
    page = ann.text(f"{prefix}/m/customer")
    local = re.findall(r'(?:href|action|data-hx-get)="(/[^"]*)"', page)
    assert all(path.startswith((prefix, "/static/")) for path in local)


@pytest.mark.parametrize(("kind", "most"), [("list", 1), ("record", 3), ("edit", 4), ("related", 3)])
def test_the_number_of_statements_does_not_grow_with_the_rows(shop: Shop, ann: Visitor, kind: str, most: int) -> None:
    small, _, _ = order_of(shop)
    large, product = shop.make("customer", {"name": "Large"}), shop.make("product", {"code": "z", "name": "Zip"})
    line = {"product": product, "quantity": 1, "price": 1}
    orders = [shop.make("sales_order", {"customer": large, "lines": [line] * (1 + 4 * number)}) for number in range(4)]
    one, many = {
        "list": ("/m/sales_order?q=SO-0001", "/m/sales_order"),
        "record": (f"/m/sales_order/{orders[0]}", f"/m/sales_order/{orders[-1]}"),
        "edit": (f"/m/sales_order/{orders[0]}/edit", f"/m/sales_order/{orders[-1]}/edit"),
        "related": (f"/m/customer/{small}/related", f"/m/customer/{large}/related"),
    }[kind]
    counts = []
    for path in (one, many):
        ann.text(path)  # plans are made once
        with shop.counting() as seen:
            ann.text(path)
        counts.append([sql for sql in seen if "sys_web_session" not in sql])
    assert 0 < len(counts[0]) == len(counts[1]) <= most, counts
