"""From one set of tables to the next, with rows in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.storage.apply import PublishRefused
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.naming import index_name
from tessera.storage.tables import build_table
from tessera.storage.tenant_database import TenantDatabase
from tests.support.tables import column_types, foreign_keys, index_names, plan_tables, publish_tables, table_names

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = ColumnSpec("id", "uuid", nullable=False)
PEOPLE = TableSpec("person", (ID, ColumnSpec("name", "text", length=50), ColumnSpec("deleted_at", "datetime")))
FIRMS = TableSpec(
    "firm",
    (
        ID,
        ColumnSpec("name", "text", length=100),
        ColumnSpec("code", "text", length=20),
        ColumnSpec("size", "integer"),
        ColumnSpec("rate", "decimal", precision=12, scale=2),
        ColumnSpec("contact", "uuid", references="person"),
        ColumnSpec("deleted_at", "datetime"),
    ),
    (IndexSpec("ix_firm_contact", ("contact",)),),
)


def with_columns(spec: TableSpec, *columns: ColumnSpec) -> TableSpec:
    """`spec` with `columns` in place of those of the same names, new ones at the end."""
    given = {c.name: c for c in columns}
    kept = tuple(given.pop(c.name, c) for c in spec.columns)
    return replace(spec, columns=(*kept, *given.values()))


def without(spec: TableSpec, *names: str) -> TableSpec:
    indexes = tuple(i for i in spec.indexes if not {n.removeprefix("-") for n in i.columns} & set(names))
    return replace(spec, columns=tuple(c for c in spec.columns if c.name not in names), indexes=indexes)


def put(database: TenantDatabase, spec: TableSpec, **values: Any) -> UUID:
    table, new = build_table(spec, sa.MetaData()), uuid7()
    with database.writing() as connection:
        connection.execute(sa.insert(table).values(id=new, **values))
    return new


def rows(database: TenantDatabase, spec: TableSpec, *names: str) -> list[Any]:
    table = build_table(spec, sa.MetaData())
    with database.reading() as connection:
        found = connection.execute(sa.select(*(table.c[n] for n in names)).order_by(table.c.id)).all()
    return [row[0] if len(names) == 1 else tuple(row) for row in found]


def kinds(database: TenantDatabase, specs: Sequence[TableSpec]) -> list[str]:
    return [type(step.change).__name__ for step in plan_tables(database, specs).steps]


def test_new_tables_have_their_columns_keys_and_indexes(database: TenantDatabase) -> None:
    publish_tables(database, [FIRMS, PEOPLE])  # a reference to a table that comes later
    assert table_names(database) == {"firm", "person"}
    types = column_types(database, "firm")
    assert list(types) == ["id", "name", "code", "size", "rate", "contact", "deleted_at"]
    assert types["id"].endswith("!")
    assert foreign_keys(database, "firm") == {"contact": "person"}
    assert "ix_firm_contact" in index_names(database, "firm")
    with pytest.raises(sa.exc.IntegrityError):
        put(database, FIRMS, contact=uuid7())


def test_publishing_the_same_tables_again_plans_nothing(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    assert plan_tables(database, [PEOPLE, FIRMS]).is_empty


def test_a_new_column_gives_existing_rows_its_default(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, name="Old")
    new = with_columns(
        FIRMS,
        ColumnSpec("active", "boolean", nullable=False, default=True),
        ColumnSpec("note", "text", default="it's 100% new"),
        ColumnSpec("price", "decimal", precision=10, scale=3, default="1.5"),
        ColumnSpec("boss", "uuid", references="person"),
    )
    publish_tables(database, [PEOPLE, new])
    put(database, new, name="New", active=False)
    assert rows(database, new, "active", "note", "price")[0] == (True, "it's 100% new", Decimal("1.500"))
    assert rows(database, new, "name", "active") == [("Old", True), ("New", False)]
    assert foreign_keys(database, "firm") == {"contact": "person", "boss": "person"}
    assert plan_tables(database, [PEOPLE, new]).is_empty


def test_types_are_widened_in_place(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, name="A", size=7, rate=Decimal("12.50"))
    new = with_columns(
        FIRMS,
        ColumnSpec("name", "text", length=200),
        ColumnSpec("size", "decimal", precision=30, scale=3),
        ColumnSpec("rate", "decimal", precision=18, scale=4),
    )
    assert kinds(database, [PEOPLE, new]) == ["WidenColumn"] * 3
    publish_tables(database, [PEOPLE, new])
    put(database, new, name="B" * 150, size=Decimal("0.125"), rate=Decimal("0.0001"))
    assert rows(database, new, "size", "rate") == [(7, Decimal("12.5")), (Decimal("0.125"), Decimal("0.0001"))]
    assert plan_tables(database, [PEOPLE, new]).is_empty


def test_shorter_texts_keep_the_wider_column(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, name="N" * 90)
    shorter = with_columns(FIRMS, ColumnSpec("name", "text", length=10))
    assert plan_tables(database, [PEOPLE, shorter]).is_empty
    assert rows(database, FIRMS, "name") == ["N" * 90]


def test_a_narrower_type_is_converted_and_the_old_values_are_kept(database: TenantDatabase) -> None:
    indexed = replace(FIRMS, indexes=(*FIRMS.indexes, IndexSpec("ix_firm_code", ("code",))))
    publish_tables(database, [PEOPLE, indexed])
    for code in ("12", " 7 ", "x-9", None):
        put(database, indexed, code=code)
    new = with_columns(indexed, ColumnSpec("code", "integer"))
    plan = plan_tables(database, [PEOPLE, new])
    [finding] = plan.blocking
    assert (finding.count, finding.examples) == (1, ("x-9",))
    with pytest.raises(PublishRefused, match="x-9"):
        publish_tables(database, [PEOPLE, new])
    assert rows(database, indexed, "code") == ["12", " 7 ", "x-9", None]

    publish_tables(database, [PEOPLE, new], accept=True)
    assert rows(database, new, "code") == [12, 7, None, None]
    kept = with_columns(indexed, ColumnSpec("code__v2", "text"))
    assert rows(database, kept, "code__v2") == ["12", " 7 ", "x-9", None]
    assert "ix_firm_code" in index_names(database, "firm")
    assert plan_tables(database, [PEOPLE, new]).is_empty


def test_fewer_decimals_are_converted_exactly_or_reported(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, rate=Decimal("3.50"))
    new = with_columns(FIRMS, ColumnSpec("rate", "decimal", precision=12, scale=1))
    publish_tables(database, [PEOPLE, new])
    assert [str(value) for value in rows(database, new, "rate")] == ["3.5"]
    put(database, new, rate=Decimal("1.5"))
    whole = with_columns(new, ColumnSpec("rate", "integer"))
    [finding] = plan_tables(database, [PEOPLE, whole]).blocking
    assert finding.count == 2


def test_more_rows_than_a_batch_are_converted(database: TenantDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.storage.changes.BATCH", 7)
    publish_tables(database, [PEOPLE, FIRMS])
    for number in range(20):
        put(database, FIRMS, code=str(number))
    new = with_columns(FIRMS, ColumnSpec("code", "integer"))
    publish_tables(database, [PEOPLE, new])
    assert rows(database, new, "code") == list(range(20))


def test_requiring_a_value_names_the_rows_without_one(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, name="Named")
    nameless = put(database, FIRMS)
    required = with_columns(FIRMS, ColumnSpec("name", "text", length=100, nullable=False))
    with pytest.raises(PublishRefused) as refused:
        publish_tables(database, [PEOPLE, required])
    assert refused.value.findings[0].examples == (str(nameless),)
    with database.writing() as connection:
        firm = build_table(FIRMS, sa.MetaData())
        connection.execute(sa.update(firm).where(firm.c.name.is_(None)).values(name="Now named"))
    publish_tables(database, [PEOPLE, required])
    assert column_types(database, "firm")["name"].endswith("!")
    assert rows(database, required, "name") == ["Named", "Now named"]
    assert foreign_keys(database, "firm") == {"contact": "person"}
    publish_tables(database, [PEOPLE, FIRMS])
    assert not column_types(database, "firm")["name"].endswith("!")


def test_uniqueness_names_the_duplicates_and_holds_among_live_rows_without_regard_to_case(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE])
    first, second = put(database, PEOPLE, name="Éva"), put(database, PEOPLE, name="éva")
    unique = replace(PEOPLE, indexes=(IndexSpec("ux_person_name", ("name",), unique=True, live_only=True, case_folded=True),))
    [finding] = plan_tables(database, [unique]).blocking
    assert (finding.count, finding.examples) == (2, ("éva",))
    with database.writing() as connection:
        person = build_table(PEOPLE, sa.MetaData())
        connection.execute(sa.update(person).where(person.c.id == second).values(deleted_at=sa.bindparam("d")), {"d": NOW})
    publish_tables(database, [unique])
    with pytest.raises(sa.exc.IntegrityError):
        put(database, unique, name="ÉVA")
    put(database, unique, name="Eva")
    assert first in rows(database, unique, "id")


def test_hiding_keeps_the_data_and_lets_go_of_what_they_held(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    person = put(database, PEOPLE, name="P")
    put(database, FIRMS, name="F", contact=person)
    publish_tables(database, [PEOPLE, without(FIRMS, "contact")])
    assert foreign_keys(database, "firm") == {}
    assert "ix_firm_contact" not in index_names(database, "firm")
    assert rows(database, FIRMS, "contact") == [person]
    assert plan_tables(database, [PEOPLE, without(FIRMS, "contact")]).is_empty
    with database.writing() as connection:
        connection.execute(sa.delete(build_table(PEOPLE, sa.MetaData())))

    plan = publish_tables(database, [PEOPLE, FIRMS])
    assert [f.count for step in plan.steps for f in step.findings] == [1]  # the person is gone
    assert rows(database, FIRMS, "name", "contact") == [("F", None)]
    assert foreign_keys(database, "firm") == {"contact": "person"}
    assert plan_tables(database, [PEOPLE, FIRMS]).is_empty


def test_a_hidden_table_comes_back_with_its_rows(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    person = put(database, PEOPLE, name="P")
    put(database, FIRMS, name="F", contact=person)
    publish_tables(database, [PEOPLE])
    assert table_names(database) == {"person", "firm"}
    assert plan_tables(database, [PEOPLE]).is_empty
    with database.writing() as connection:
        connection.execute(sa.delete(build_table(PEOPLE, sa.MetaData())))  # the hidden firm does not hold it
    larger = with_columns(FIRMS, ColumnSpec("extra", "date"))
    publish_tables(database, [PEOPLE, larger])
    assert rows(database, larger, "name", "contact", "extra") == [("F", None, None)]


def test_a_changed_reference_is_checked(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, contact=put(database, PEOPLE, name="P"))
    agents = replace(PEOPLE, name="agent")
    moved = with_columns(FIRMS, ColumnSpec("contact", "uuid", references="agent", on_delete="set_null"))
    with pytest.raises(PublishRefused, match="points nowhere"):
        publish_tables(database, [PEOPLE, agents, moved])
    assert table_names(database) == {"person", "firm"}
    cascading = with_columns(FIRMS, ColumnSpec("contact", "uuid", references="person", on_delete="set_null"))
    publish_tables(database, [PEOPLE, cascading])
    with database.writing() as connection:
        connection.execute(sa.delete(build_table(PEOPLE, sa.MetaData())))
    assert rows(database, cascading, "contact") == [None]


def test_a_changed_index_is_made_anew(database: TenantDatabase) -> None:
    first = replace(PEOPLE, indexes=(IndexSpec("ix_person_name", ("name",)),))
    second = replace(PEOPLE, indexes=(IndexSpec("ix_person_name", ("-name", "id"), live_only=True),))
    publish_tables(database, [first])
    assert kinds(database, [second]) == ["DropIndex", "AddIndex"]
    publish_tables(database, [second])
    assert index_names(database, "person") == {"ix_person_name"}
    publish_tables(database, [PEOPLE])
    assert index_names(database, "person") == set()


def test_link_tables_have_two_columns_as_their_key(database: TenantDatabase) -> None:
    link = TableSpec(
        "firm__people",
        (
            ColumnSpec("record_id", "uuid", nullable=False, references="firm", on_delete="cascade"),
            ColumnSpec("target_id", "uuid", nullable=False, references="person", on_delete="cascade"),
            ColumnSpec("position", "integer", nullable=False),
        ),
    )
    publish_tables(database, [PEOPLE, FIRMS, link])
    firm, person = put(database, FIRMS), put(database, PEOPLE)
    table = build_table(link, sa.MetaData())
    with database.writing() as connection:
        connection.execute(sa.insert(table).values(record_id=firm, target_id=person, position=0))
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.execute(sa.insert(table).values(record_id=firm, target_id=person, position=1))


def test_the_plan_says_what_happens(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE, FIRMS])
    put(database, FIRMS, name="F")
    [step] = plan_tables(database, [PEOPLE, with_columns(FIRMS, ColumnSpec("note", "text"))]).steps
    told = step.to_json()
    assert told["text"] == "Add the column firm.note."
    assert "ADD COLUMN note TEXT" in told["sql"][0]
    assert told["lock"] == ("other writers" if database.dialect == "sqlite" else "everybody")
    assert (told["rows"], told["duration"], told["findings"]) == (0, "instant", [])


def test_the_row_budget_is_watched(database: TenantDatabase) -> None:
    publish_tables(database, [PEOPLE])
    many = with_columns(PEOPLE, *(ColumnSpec(f"c{n}", "integer") for n in range(1590)))
    plan = plan_tables(database, [many])
    if database.dialect == "postgresql":
        assert [(w.count, w.blocks) for w in plan.warnings] == [(1593, False)]
        many = with_columns(PEOPLE, *(ColumnSpec(f"c{n}", "integer") for n in range(1600)))
        assert plan_tables(database, [many]).blocking
    else:
        assert plan.warnings == ()


def test_a_reference_and_a_required_column_are_converted_too(database: TenantDatabase) -> None:
    visits = TableSpec(
        "visit",
        (
            ID,
            ColumnSpec("who", "uuid", nullable=False, references="person"),
            ColumnSpec("count", "text", nullable=False),
        ),
        (IndexSpec("ix_visit_who", ("who", "count")),),
    )
    publish_tables(database, [PEOPLE, visits])
    person = put(database, PEOPLE, name="P")
    put(database, visits, who=person, count="3")
    changed = with_columns(visits, ColumnSpec("who", "text", nullable=False), ColumnSpec("count", "integer", nullable=False))
    publish_tables(database, [PEOPLE, changed])
    assert rows(database, changed, "who", "count") == [(str(person), 3)]
    assert foreign_keys(database, "visit") == {}
    assert column_types(database, "visit")["who"].endswith("!")
    put(database, changed, who="anybody", count=4)
    publish_tables(database, [PEOPLE, with_columns(changed, visits.columns[2])])
    back = with_columns(changed, visits.columns[2])
    assert rows(database, back, "count") == ["3", "4"]
    assert plan_tables(database, [PEOPLE, back]).is_empty


def test_long_names_stay_within_what_databases_take(database: TenantDatabase) -> None:
    name = "a_field_with_a_name_of_nearly_fifty_characters_xx"
    long = TableSpec("a_table_with_a_rather_long_name_of_its_own", (ID, ColumnSpec(name, "text", references=None)))
    publish_tables(database, [long])
    put(database, long, **{name: "7"})
    indexed = replace(
        with_columns(long, ColumnSpec(name, "integer"), ColumnSpec("boss", "uuid", references=long.name)),
        indexes=(IndexSpec(index_name(long.name, (name, "-id")), (name, "-id")),),
    )
    publish_tables(database, [indexed])
    assert rows(database, indexed, name) == [7]
    assert all(len(found.encode()) <= 50 for found in index_names(database, long.name) | set(column_types(database, long.name)))
    assert foreign_keys(database, long.name) == {"boss": long.name}
    assert plan_tables(database, [indexed]).is_empty
