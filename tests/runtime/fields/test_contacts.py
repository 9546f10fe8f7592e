"""E-mail, phone, web addresses, postal addresses and names of people."""

from typing import Any

import pytest
import sqlalchemy as sa

from tessera.runtime.fields.address import Address
from tessera.runtime.fields.person_name import PersonName
from tessera.storage.tenant_database import TenantDatabase
from tests.runtime.fields.building import coerce, compiled, context, refusal, text
from tests.runtime.fields.test_conformance_in_databases import Rows


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (" Ana@EXAMPLE.com ", "Ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("x@xn--bro-hoa.de", "x@büro.de"),
    ],
)
def test_mail_addresses_are_normalised(raw: str, kept: str) -> None:
    assert coerce(compiled("email"), raw) == kept


@pytest.mark.parametrize(
    "raw",
    ["ana", "ana@gmail", "@x.es", "a b@x.es", "a@x..es", "a@x.es, b@x.es", "Ana <a@x.es>", "a@[127.0.0.1]", "x" * 70 + "@x.es"],
)
def test_refuses_what_is_no_mail_address(raw: str) -> None:
    assert refusal(compiled("email"), raw) == "not_an_email"


@pytest.mark.parametrize(
    ("raw", "kept", "shown"),
    [
        ("912 345 678", "+34912345678", "912 34 56 78"),
        ("0034 912-345-678", "+34912345678", "912 34 56 78"),
        ("+44 20 7946 0958", "+442079460958", "+44 20 7946 0958"),
        ("+1 650 253 0000 ext. 5", "+16502530000;ext=5", "+1 650-253-0000 ext. 5"),
        ("Ext. 12", "Ext. 12", "Ext. 12"),
    ],
)
def test_phones_are_normalised_when_they_can_be_dialled(raw: str, kept: str, shown: str) -> None:
    field = compiled("phone", region="ES")
    assert coerce(field, raw) == kept
    assert text(field, kept) == shown


def test_without_a_region_a_national_number_stays_as_written() -> None:
    assert coerce(compiled("phone"), "912 345 678") == "912 345 678"
    assert text(compiled("phone"), "+34912345678") == "+34 912 34 56 78"


def test_phones_are_searched_as_dialled_at_home_and_abroad() -> None:
    field = compiled("phone", region="GB")
    assert field.type.to_search(field, "+442079460958") == "+442079460958 02079460958"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("example.com", "https://example.com"),
        ("www.example.com/a b".replace(" ", "%20"), "https://www.example.com/a%20b"),
        ("HTTP://EXAMPLE.com:80/Path?q=1#f", "http://example.com:80/Path?q=1#f"),
        ("localhost:8080/x", "https://localhost:8080/x"),
        ("http://[::1]/", "http://[::1]/"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
        ("mailto:ana@example.com?subject=x", "mailto:ana@example.com?subject=x"),
    ],
)
def test_web_addresses_are_completed(raw: str, kept: str) -> None:
    assert coerce(compiled("url"), raw) == kept


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("javascript:alert(1)", "not_a_url"),
        ("JaVaScRiPt://x%0aalert(1)", "not_a_url"),
        ("data:text/html,x", "not_a_url"),
        ("file:///etc/passwd", "not_a_url"),
        ("ftp://x.es", "not_a_url"),
        ("https://", "not_a_url"),
        ("https:/x.es", "not_a_url"),
        ("https://x.es\\@evil.es", "not_a_url"),
        ("https://x .es", "not_a_url"),
        ("https://ana:secret@x.es", "url_with_password"),
        ("https://x.es:99999", "not_a_url"),
        ("mailto:nobody", "not_a_url"),
        ("https://x.es/'onclick='x", "not_a_url"),
    ],
)
def test_refuses_addresses_that_could_do_harm(raw: str, code: str) -> None:
    assert refusal(compiled("url"), raw) == code


PARTS = {"street": "C/ Mayor 1\nPiso 2", "postal_code": "28001", "city": "Madrid", "region": "Madrid", "country": "ES"}


@pytest.mark.parametrize(
    ("country", "locale", "shown"),
    [
        ("ES", "en", "C/ Mayor 1, Piso 2, 28001 Madrid, Madrid, Spain"),
        ("ES", "zh", "C/ Mayor 1, Piso 2, 28001 Madrid, Madrid, 西班牙"),
        ("US", "en", "C/ Mayor 1, Piso 2, Madrid, Madrid 28001, United States"),
        ("CN", "zh", "28001 中国 Madrid Madrid C/ Mayor 1, Piso 2"),
    ],
)
def test_addresses_are_shown_as_their_country_writes_them(country: str, locale: str, shown: str) -> None:
    field = compiled("address")
    assert text(field, coerce(field, PARTS | {"country": country}), locale) == shown


@pytest.mark.parametrize(("locale", "name"), [("es", "España"), ("zh", "西班牙"), ("es", "Spain"), ("en", "es")])
def test_countries_are_read_by_name(locale: str, name: str) -> None:
    assert coerce(compiled("address"), {"country": name}, locale=locale).country == "ES"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"country": "Spain"}, "unknown_country"),
        ({"country": "EU"}, "unknown_country"),
        ({"planet": "Mars"}, "unknown_part"),
        ("Main St", "not_an_object"),
        ([], "not_an_object"),
        ({"city": 5}, "not_text"),
        ({"city": "x" * 101}, "too_long"),
    ],
)
def test_refuses_what_is_no_address(raw: Any, code: str) -> None:
    assert refusal(compiled("address"), raw) == code


def test_the_parts_of_an_address_are_fields_of_their_own(place: TenantDatabase) -> None:
    field = compiled("address", table="sample_address")
    table = Rows(place, field)
    table.fill([Address(city="Madrid", country="ES"), Address(street="Gran Vía 1, Madrid"), None, Address(city="MÁLAGA")])
    city = field.type.part(field, "city")
    assert city is not None
    assert field.type.part(field, "planet") is None
    clause = city.type.filter(city, city.columns, "eq", "madrid", context())
    with place.reading() as connection:
        assert [row[0] for row in connection.execute(sa.select(table.table.c.id).where(clause))] == [0]
    assert table.where("contains", "madrid") == {0, 1}
    assert table.where("contains", "málaga") == {3}
    assert table.where("not_contains", "madrid") == {2, 3}
    assert table.where("is_empty", None) == {2}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Ana María García", PersonName("García", "Ana María")),
        ("García López, Ana", PersonName("García López", "Ana")),
        ("王小明", PersonName("王", "小明")),
        ("欧阳修", PersonName("欧阳", "修")),
        ("Prince", PersonName("Prince")),
        ({"given": "Ana"}, PersonName(given="Ana")),
    ],
)
def test_names_are_taken_apart(raw: Any, name: PersonName) -> None:
    assert coerce(compiled("person_name"), raw) == name


@pytest.mark.parametrize(
    ("name", "locale", "shown"),
    [
        (PersonName("García", "Ana", "Dr."), "es", "Dr. Ana García"),
        (PersonName("García", "Ana"), "zh", "García Ana"),
        (PersonName("王", "小明"), "en", "王小明"),
        (PersonName("王", "小明", suffix="博士"), "zh", "王小明 博士"),
        (PersonName(given="Ana"), "en", "Ana"),
    ],
)
def test_names_are_shown_in_the_order_of_the_language(name: PersonName, locale: str, shown: str) -> None:
    assert text(compiled("person_name"), name, locale) == shown


def test_people_are_found_however_their_name_is_written(place: TenantDatabase) -> None:
    field = compiled("person_name", table="sample_people")
    table = Rows(place, field)
    table.fill([PersonName("García", "Ana"), PersonName("王", "小明"), PersonName("López"), None])
    for written in ("Ana García", "garcía ana", "GARCÍA"):
        assert table.where("contains", written) == {0}
    assert table.where("contains", "王小明") == {1}
    assert table.where("not_contains", "ana") == {1, 2, 3}


@pytest.mark.parametrize("key", ["address", "person_name"])
def test_formulas_see_the_same_text_in_python_and_in_sql(place: TenantDatabase, key: str) -> None:
    field = compiled(key, table=f"sample_expression_{key}")
    raws: list[Any] = (
        [PARTS, {"city": "Madrid"}] if key == "address" else [{"family": "García", "given": "Ana"}, {"family": "López"}]
    )
    values = [coerce(field, raw) for raw in raws]
    table = Rows(place, field)
    table.fill([*values, None])
    expression = field.type.expression_sql(field, field.columns)
    assert expression is not None
    with place.reading() as connection:
        found = [row[0] for row in connection.execute(sa.select(expression).order_by(table.table.c.id))]
    assert found == [*(field.type.to_expression(field, value) for value in values), None]
