"""Importing through the record service: rows are in whole or not at all, and a second run makes no duplicates."""

from decimal import Decimal

import pytest

from tessera.exchange.errors import MappingErrors
from tessera.exchange.undoing import undo
from tessera.kernel.errors import Conflict
from tessera.runtime.values import Query
from tests.exchange.conftest import ImportText
from tests.support.installation import Installation

CUSTOMERS = """
module: customer
source: customers.csv
match: [code]
fields: {code: no, name: company, city: city, email: mail}
"""


def names(installed: Installation, module: str = "customer") -> list[str]:
    with installed.tenant.session(installed.context(), write=False) as session:
        return [row["name"] for row in session.records.query(module, Query(sort=("name",), limit=500)).rows]


def test_good_rows_go_in_and_bad_ones_say_why(installed: Installation, import_text: ImportText) -> None:
    result = import_text(
        CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,Berlin,a@example.com\nA2,,Bonn,\nA3,Bolido,,nonsense\n"
    )
    assert (result.created, result.failed) == (1, 2)
    assert {error.row: [p.pointer for p in error.problems] for error in result.errors} == {3: ["/name"], 4: ["/email"]}
    assert names(installed) == ["Alfreds"]


def test_a_second_run_updates_and_makes_no_duplicates(installed: Installation, import_text: ImportText) -> None:
    import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,Berlin,\nA2,Bolido,Madrid,\n")
    again = import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,Berlin,\nA2,Bólido,Madrid,\nA3,Cactus,,\n")
    assert (again.created, again.updated, again.unchanged) == (1, 1, 1)
    assert names(installed) == ["Alfreds", "Bólido", "Cactus"]


def test_rows_that_match_are_left_alone_when_told_so(installed: Installation, import_text: ImportText) -> None:
    import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,,\n")
    again = import_text(
        CUSTOMERS.replace("match: [code]", "match: [code]\non_match: skip"), customers="no,company,city,mail\nA1,Other,,\n"
    )
    assert (again.created, again.unchanged) == (0, 1)
    assert names(installed) == ["Alfreds"]


def test_the_same_key_twice_in_one_file_is_an_error_of_the_second(installed: Installation, import_text: ImportText) -> None:
    result = import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,,\nA1,Bolido,,\n")
    assert (result.created, [(e.row, e.problems[0].code) for e in result.errors]) == (1, [(3, "duplicate_row")])


def test_a_dry_run_tells_and_keeps_nothing(installed: Installation, import_text: ImportText) -> None:
    result = import_text(CUSTOMERS, dry_run=True, customers="no,company,city,mail\nA1,Alfreds,,\nA2,,,\n")
    assert (result.created, result.failed) == (1, 1)
    assert names(installed) == []


def test_lookups_formulas_fixed_and_translated_values(installed: Installation, import_text: ImportText) -> None:
    import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,,\n")
    mapping = """
module: contact
source: people.csv
match: [customer, name]
fields:
  name: {formula: first & ' ' & upper(last)}
  customer: {column: firm, lookup: code}
  is_primary: {value: true}
  gender: {column: sex, values: {f: female, m: male}}
"""
    result = import_text(mapping, people="first,last,firm,sex\nMaria,Anders,A1,f\nAna,Trujillo,B9,f\n")
    assert result.created == 1
    assert [error.text() for error in result.errors] == ["Customer: there is no record B9."]
    with installed.tenant.session(installed.context(), write=False) as session:
        (row,) = session.records.query("contact", Query()).rows
    assert (row["name"], row["is_primary"], row["gender"]) == ("Maria ANDERS", True, "female")


def test_rows_may_point_to_later_rows_of_the_same_file(installed: Installation, import_text: ImportText) -> None:
    mapping = """
module: user
source: staff.csv
match: [login]
fields: {login: login, name: name, role: {value: member}, reports_to: {column: boss, lookup: login, later: true}}
"""
    result = import_text(mapping, staff="login,name,boss\nnancy,Nancy,andrew\nandrew,Andrew,\njanet,Janet,nobody\n")
    assert (result.created, [(e.row, e.problems[0].pointer) for e in result.errors]) == (3, [(4, "/reports_to")])
    with installed.tenant.session(installed.context(), write=False) as session:
        page = session.records.query("user", Query(filter={"field": "login", "op": "eq", "value": "nancy"}, titles=True))
    assert page.rows[0]["reports_to"].title == "Andrew"


def test_texts_of_a_file_are_read_as_people_write_them(installed: Installation, import_text: ImportText) -> None:
    mapping = """
module: customer
source: customers.csv
match: [name]
fields: {name: name, status: status, source: source, tags: tags, hot: hot, credit_limit: limit, discount: discount}
"""
    text = 'name,status,source,tags,hot,limit,discount\nAcme,Active,Cold call,"fair, vip",yes,"1,234.50",5 %\n'
    assert import_text(mapping, customers=text).errors == []
    assert import_text(mapping, customers=text).unchanged == 1
    with installed.tenant.session(installed.context(), write=False) as session:
        (row,) = session.records.query("customer", Query()).rows
    assert (row["status"], row["source"], row["tags"], row["hot"]) == ("active", "cold_call", ("fair", "vip"), True)
    assert (row["credit_limit"], row["discount"]) == (Decimal("1234.50"), Decimal("5.00"))


def test_rows_match_by_value_however_it_is_written(installed: Installation, import_text: ImportText) -> None:
    mapping = "module: customer\nsource: c.csv\nmatch: [email, phone]\nfields: {name: name, email: mail, phone: phone}\n"
    first = import_text(mapping, c="name,mail,phone\nAcme,info@ACME.example,+34 912 345 678\n")
    again = import_text(mapping, c="name,mail,phone\nAcme,info@acme.example,+34912345678\n")
    assert (first.created, again.created, again.unchanged) == (1, 0, 1)
    assert names(installed) == ["Acme"]


ORDERS = """
module: sales_order
source: orders.csv
match: [number]
fields: {number: no, customer: {column: firm, lookup: code}, order_date: date}
lines:
  lines:
    source: items.csv
    join: no
    fields: {product: {column: sku, lookup: code}, quantity: qty, unit_price: price}
"""


def test_documents_come_with_their_lines_and_stay_the_same_when_repeated(
    installed: Installation, import_text: ImportText
) -> None:
    import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,,\n")
    import_text("module: product\nsource: p.csv\nfields: {code: code, name: name}\n", p="code,name\nP1,Chai\nP2,Tofu\n")
    files = {
        "orders": "no,firm,date\n10,A1,1996-07-04\n11,A1,1996-07-05\n",
        "items": "no,sku,qty,price\n10,P1,2,18\n10,P2,1,23.25\n11,P9,1,1\n",
    }
    result = import_text(ORDERS, **files)
    assert (result.created, [(e.row, e.problems[0].pointer) for e in result.errors]) == (1, [(3, "/lines/0/product")])
    again = import_text(ORDERS, **files)
    assert (again.created, again.updated, again.unchanged, again.failed) == (0, 0, 1, 1)
    with installed.tenant.session(installed.context(), write=False) as session:
        (order,) = session.records.query("sales_order", Query()).rows
    assert (order["net_total"], order["version"]) == (Decimal("59.25"), 1)


def test_an_import_can_be_undone_once(installed: Installation, import_text: ImportText) -> None:
    import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,,\n")
    result = import_text(CUSTOMERS, customers="no,company,city,mail\nA1,Alfreds,,\nA2,Bolido,,\nA3,Cactus,,\n")
    with installed.tenant.session(installed.context()) as session:
        changed = Query(filter={"field": "code", "op": "eq", "value": "A3"})
        (cactus,) = session.records.query("customer", changed).rows
        session.records.update("customer", cactus["id"], {"city": "Lima"})
    assert undo(installed.tenant, installed.context(), result.id) == 1
    assert names(installed) == ["Alfreds", "Cactus"]
    with pytest.raises(Conflict):
        undo(installed.tenant, installed.context(), result.id)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("module: custmer\nsource: customers.csv\nfields: {name: company}\n", "Did you mean 'customer'"),
        ("module: customer\nsource: customers.csv\nfields: {nmae: company}\n", "Did you mean 'name'"),
        ("module: customer\nsource: customers.csv\nfields: {name: compny}\n", "Did you mean 'company'"),
        ("module: customer\nsource: customers.csv\nmatch: [code]\nfields: {name: company}\n", "is not filled by this mapping"),
        ("module: customer\nsource: customers.csv\nfields: {name: {formula: upper(}}\n", "customer/name"),
        ("module: customer\nsource: customers.csv\nfields: {name: {column: company, value: x}}\n", "give one of"),
        (
            "module: customer\nsource: customers.csv\nfields: {owner: {column: company, lookup: shoe}}\n",
            "is not a field of the record",
        ),
        ("module: customer\nsource: customers.csv\ncolour: red\nfields: {name: company}\n", "colour"),
    ],
)
def test_wrong_mappings_are_told_before_a_row_is_read(import_text: ImportText, mapping: str, said: str) -> None:
    with pytest.raises(MappingErrors, match=said):
        import_text(mapping, customers="no,company,city,mail\nA1,Alfreds,,\n")
