"""What a page must never do: run what somebody stored, act without its token, show what is not one's own."""

import re
from io import BytesIO

import pytest

from tests.web.visitor import Shop, Visitor

XSS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def assert_harmless(page: str) -> None:
    """No script but ours, no handler, no style attribute, no javascript: address."""
    for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL):
        assert script == ""
    assert re.search(r"<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*\son\w+\s*=", page) is None
    assert re.search(r"<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*\sstyle\s*=", page) is None
    assert re.search(r"(?:href|src)\s*=\s*\"\s*javascript:", page, re.IGNORECASE) is None
    assert "<img src=x" not in page


HOSTILE = {
    "customer": {
        "name": XSS, "code": XSS[:20], "city": XSS, "words": [XSS.replace("|", "")], "notes": XSS, "level": "a",
    },
    "asset": {
        "name": XSS, "homepage": "https://example.com/?q=%22%3E%3Cscript%3E", "keeper": {"family": XSS, "given": XSS[:40]},
        "place": {"street": XSS, "city": XSS}, "article": f"<p onclick='alert(1)'>{XSS}<a href='javascript:alert(1)'>x</a></p>",
        "settings": {"a": XSS}, "label_code": XSS[:40], "paint": "#ff0000",
        "approval": {"width": 10, "height": 10, "strokes": [[[1, 2], [3, 4]]]}, "stars": 3,
    },
}  # fmt: skip


@pytest.mark.parametrize("module", sorted(HOSTILE))
def test_nothing_that_was_stored_runs(shop: Shop, ann: Visitor, module: str) -> None:
    record = shop.make(module, HOSTILE[module])
    for path in (f"/m/{module}", f"/m/{module}/{record}", f"/m/{module}/{record}/edit", f"/m/{module}/{record}/changes"):
        assert_harmless(ann.text(path))
    product = shop.make("product", {"code": "x", "name": XSS})
    about = shop.make("asset", {"name": "About", "products": [product], "about": {"module": "product", "id": product}})
    assert_harmless(ann.text(f"/m/asset/{about}"))
    assert_harmless(ann.text(f"/m/asset/{about}/edit"))
    ann.post(f"/m/{module}/{record}/delete")
    assert_harmless(ann.text(f"/bin?module={module}"))
    assert_harmless(ann.text(f"/m/{module}?deleted={record}"))


@pytest.mark.parametrize("path", ["/search", "/m/customer", "/m/customer/new"])
def test_nothing_in_an_address_runs(ann: Visitor, path: str) -> None:
    assert_harmless(ann.get(path, query_string={"q": XSS, "name": XSS, "view": XSS, "tab": XSS}).text)


def test_what_was_typed_comes_back_harmless(ann: Visitor) -> None:
    answer = ann.submit("/m/asset/new", {"/name": "", "/homepage": XSS, "/warranty": XSS, "/position": XSS, "/place/street": XSS})
    assert answer.status_code == 422
    assert_harmless(answer.text)


@pytest.mark.parametrize("path", ["/m/customer/new", "/m/customer/draft", "/logout", "/profile", "/profile/password"])
def test_no_change_without_the_token(shop: Shop, ann: Visitor, path: str) -> None:
    answer = ann.post(path, {"/name": "Forged"}, csrf=False)
    assert answer.status_code == 403
    assert "Forged" not in ann.text("/m/customer?view=*")


def test_the_token_of_somebody_else_is_not_taken(shop: Shop, ann: Visitor, mel: Visitor) -> None:
    answer = ann.client.post("/m/customer/new", data={"/name": "Forged", "csrf": mel.csrf()})
    assert answer.status_code == 403


def test_pages_forbid_what_is_not_ours(ann: Visitor) -> None:
    policy = ann.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_somebody_elses_record_is_not_there(shop: Shop, mel: Visitor) -> None:
    record = shop.make("customer", {"name": "Not yours"}, owner="moe")
    for path in ("", "/edit", "/related", "/changes"):
        answer = mel.get(f"/m/customer/{record}{path}")
        assert answer.status_code == 404, path
        assert "Not yours" not in answer.text
    assert "Not yours" not in mel.text("/m/customer?view=*")
    assert "Not yours" not in mel.text("/search?q=yours")
    for action in ("delete", "restore", "purge", "edit"):
        assert mel.post(f"/m/customer/{record}/{action}", {"/name": "Mine now"}).status_code in (403, 404)
    assert shop.get("customer", record)["name"] == "Not yours"


def test_what_one_may_only_see_cannot_be_changed(shop: Shop, mel: Visitor) -> None:
    product = shop.make("product", {"code": "p1", "name": "Bell"}, owner="moe")
    page = mel.text(f"/m/product/{product}")
    assert "/edit" not in page
    assert mel.post(f"/m/product/{product}/edit", {"/name": "Mine now"}).status_code == 403


def test_a_hidden_field_is_nowhere(shop: Shop) -> None:
    record = shop.make("customer", {"name": "Secretive", "credit_limit": "777777777.00"}, owner="mel")
    shop.update("customer", record, {"credit_limit": "888888888.00"})
    shop.hide("customer", "credit_limit")
    mel = shop.visitor("mel")
    for path in ("", "/edit", "/changes"):
        page = mel.text(f"/m/customer/{record}{path}")
        assert "777777777" not in page.replace(",", "")
        assert "888888888" not in page.replace(",", "")
        assert "credit_limit" not in page
    assert mel.get('/m/customer?f={"field":"credit_limit","op":"gt","value":"1"}').status_code == 400
    assert mel.submit(f"/m/customer/{record}/edit", {"/name": "Discreet"}).status_code == 303
    assert str(shop.get("customer", record)["credit_limit"]) == "888888888.00"


def test_a_file_is_given_only_to_those_who_see_its_record(shop: Shop) -> None:
    moe, mel = shop.visitor("moe"), shop.visitor("mel")
    made = moe.submit("/m/asset/new", {"/name": "Manual", "/manual[]": (BytesIO(b"secret text"), "manual.html")})
    page = moe.text(made.headers["Location"])
    path = re.search(r"/files/[0-9a-f-]{36}", page)
    assert path is not None
    given = moe.get(path.group())
    assert (given.data, given.headers["Content-Disposition"][:10]) == (b"secret text", "attachment")
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert mel.get(path.group()).status_code == 200  # assets are open to all
    assert shop.anonymous().get(path.group()).status_code == 303
    shop.hide("asset", "manual")
    assert shop.visitor("mel").get(path.group()).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["f={", 'f={"field":"nothing","op":"eq","value":1}', "sort=nothing", "cursor=xyz", "f=[]", 'f={"field":"name","op":"drop"}'],
)
def test_a_hostile_address_is_refused_in_plain_words(ann: Visitor, query: str) -> None:
    answer = ann.get(f"/m/customer?{query}")
    assert answer.status_code == 400
    assert "Traceback" not in answer.text
    assert_harmless(answer.text)
