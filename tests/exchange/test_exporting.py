"""Exports: what the reader may see, in files that can be imported again and that no spreadsheet calculates."""

import csv
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tessera.exchange.exporting import ExportFormat, export
from tessera.exchange.guards import guarded, unguarded
from tessera.kernel.context import Context, Principal
from tessera.kernel.errors import BadQuery
from tessera.runtime.fields.base import Display
from tessera.runtime.values import Query
from tessera.storage.system_tables import audit
from tests.exchange.conftest import ImportText
from tests.support.installation import Installation

CUSTOMERS = """
module: customer
source: customers.csv
match: [code]
fields: {code: Code, name: Name, credit_limit: Credit limit, hot: Hot}
"""
ROWS = "Code,Name,Credit limit,Hot\nA1,Alfreds,1200.50,true\nA2,=1+1,,false\nA3,@北京,0,\n"


def write(installed: Installation, target: Path, **asked: object) -> int:
    with installed.tenant.session(installed.context()) as session:
        return export(session, "customer", target, Query(sort=("code",), **asked), Display(currency="USD"))


def test_a_csv_export_comes_back_as_it_was(installed: Installation, import_text: ImportText, tmp_path: Path) -> None:
    import_text(CUSTOMERS, customers=ROWS)
    assert write(installed, tmp_path / "out.csv", fields=("code", "name", "credit_limit", "hot")) == 3
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert [row[:3] for row in csv.reader(text.splitlines())][1:] == [
        ["A1", "Alfreds", "1200.50"],
        ["A2", "'=1+1", ""],
        ["A3", "'@北京", "0.00"],
    ]
    again = import_text(CUSTOMERS.replace(", hot: Hot", ""), customers=text)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)


def test_a_workbook_has_typed_cells_and_no_formula(installed: Installation, import_text: ImportText, tmp_path: Path) -> None:
    import_text(CUSTOMERS, customers=ROWS)
    write(
        installed,
        tmp_path / "out.xlsx",
        fields=("code", "name", "credit_limit"),
        filter={"field": "code", "op": "ne", "value": "A3"},
    )
    rows = list(openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows())
    assert [cell.value for cell in rows[0]] == ["Code", "Name", "Credit limit"]
    assert [(cell.value, cell.data_type) for cell in rows[1]][2] == (1200.5, "n")
    assert rows[2][1].data_type == "s"
    assert len(rows) == 3


def test_a_member_exports_their_own_and_it_is_noted(installed: Installation, tmp_path: Path) -> None:
    tenant = installed.tenant
    with tenant.session(installed.context()) as session:
        mel = session.records.create("user", {"login": "mel", "name": "Mel", "role": "member"})
        session.records.create("customer", {"name": "Mine", "owner": str(mel["id"])})
        session.records.create("customer", {"name": "Other"})
    member = Context(tenant.key, Principal(id=mel["id"], name="Mel", role="member"))
    with tenant.session(member) as session:
        assert export(session, "customer", tmp_path / "mine.csv", Query(), Display()) == 1
    with tenant.database.reading() as connection:
        entry = connection.execute(sa.select(audit).where(audit.c.action == "export")).one()
    assert (entry.module, entry.principal, entry.changes["rows"]) == ("customer", "Mel", [None, 1])


@pytest.mark.parametrize(
    ("name", "asked", "error"), [("out.pdf", {}, ExportFormat), ("out.csv", {"fields": ("shoe",)}, BadQuery)]
)
def test_what_cannot_be_written_leaves_no_file(
    installed: Installation, tmp_path: Path, name: str, asked: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        write(installed, tmp_path / name, **asked)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@given(st.text(alphabet="=+-@'\ta1", max_size=6))
def test_guards_come_off_as_they_were_put_on(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t"))
