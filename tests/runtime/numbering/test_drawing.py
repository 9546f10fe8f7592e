"""Numbers of saved records: in order, in parallel, through failures, months and codes typed by hand."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tessera.kernel.errors import Unavailable, ValidationFailed
from tessera.runtime.session import Session
from tests.runtime.numbering.conftest import Company


@pytest.mark.feature("PLT-35")
@pytest.mark.parametrize(("module", "prefix"), [("order", "SO-202601-"), ("invoice", "F2026/0")])
def test_parallel_saves_get_consecutive_numbers_and_a_new_period_begins_anew(company: Company, module: str, prefix: str) -> None:
    with ThreadPoolExecutor(8) as people:
        numbers = list(people.map(lambda n: company.create(module, note=str(n)), range(20)))
    assert sorted(numbers) == [f"{prefix}{n:04}" for n in range(1, 21)]

    company.clock.set(datetime(2027, 2, 1, tzinfo=UTC))
    assert company.create(module, note="next") in ("SO-202702-0001", "F2027/00001")


def test_the_month_changes_at_midnight_of_the_tenant(company: Company) -> None:
    company.clock.set(datetime(2026, 1, 31, 15, 59, tzinfo=UTC))  # 23:59 in Shanghai
    assert company.create("order", note="old") == "SO-202601-0001"
    company.clock.set(datetime(2026, 1, 31, 16, 0, tzinfo=UTC))
    assert company.create("order", note="new") == "SO-202602-0001"


def test_a_refused_save_uses_no_number_up(company: Company) -> None:
    for module in ("order", "invoice"):
        with pytest.raises(ValidationFailed):
            company.create(module)
        assert company.create(module, note="x").endswith("0001")


def test_gap_free_numbers_of_a_lost_transaction_come_back(company: Company) -> None:
    with pytest.raises(Unavailable), company.session() as session:
        lost_after_saving(session)
    assert company.create("invoice", note="kept") == "F2026/00001"


def lost_after_saving(session: Session) -> None:
    assert session.records.create("invoice", {"note": "lost"})["number"] == "F2026/00001"
    raise Unavailable


def test_bulk_draws_a_run_of_numbers(company: Company) -> None:
    company.create("order", note="first")
    with company.session() as session:
        rows = session.records.create_many("order", [{"note": str(n)} for n in range(50)])
    assert [row["number"] for row in rows] == [f"SO-202601-{n:04}" for n in range(2, 52)]


def test_codes_typed_by_hand_are_kept_and_stepped_over(company: Company) -> None:
    assert company.create("article", number="a006") == "a006"
    assert company.create("article", number="Special") == "Special"
    assert [company.create("article") for _ in range(3)] == ["A005", "A007", "A008"]
    with company.session() as session, pytest.raises(ValidationFailed) as refused:
        session.records.create_many("article", [{"number": "A005"}, {"number": "A900"}])
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/0/number", "taken")]


def test_numbers_cannot_be_typed_unless_the_definition_says_so(company: Company) -> None:
    with pytest.raises(ValidationFailed) as refused:
        company.create("order", note="x", number="SO-1")
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/number", "read_only")]


def test_each_value_of_a_field_part_counts_for_itself(company: Company) -> None:
    branches = ["MAD", "BCN", "MAD"]
    with company.session() as session:
        rows = session.records.create_many("ticket", [{"branch": branch} for branch in branches])
    assert [row["number"] for row in rows] == ["MAD-001", "BCN-001", "MAD-002"]
    assert company.create("ticket", branch="MAD") == "MAD-003"


def test_lines_are_numbered_too(company: Company) -> None:
    with company.session() as session:
        row = session.records.create("order", {"note": "x", "lines": [{"note": "a"}, {"note": "b"}]})
    assert [line["line_number"] for line in row["lines"]] == ["L0001", "L0002"]


def test_an_update_keeps_the_number(company: Company) -> None:
    with company.session() as session:
        row = session.records.create("order", {"note": "x"})
    with company.session() as session:
        assert session.records.update("order", row["id"], {"note": "y"})["number"] == row["number"]
