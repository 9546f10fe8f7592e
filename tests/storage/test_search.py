"""Finding rows by parts of words, on both databases with the same answers."""

from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa

from tessera.kernel.ids import uuid7
from tessera.storage.columns import ColumnSpec, IndexSpec, TableSpec
from tessera.storage.search import (
    fold,
    folded_search_text,
    index_rows,
    search_clause,
    search_clause_of,
    search_parameters,
    search_shape,
    unindex_rows,
)
from tessera.storage.tables import build_table
from tessera.storage.tenant_database import TenantDatabase
from tests.support.tables import plan_tables, publish_tables

BARE = TableSpec("firm", (ColumnSpec("id", "uuid", nullable=False), ColumnSpec("search_text", "text")))
FIRM = replace(BARE, indexes=(IndexSpec("ix_firm_search", ("search_text",), method="trigram"),))
TEXTS = (
    "Müller & Söhne GmbH",
    "北京中国石油有限公司",
    "上海国中学校",
    "100% Straße_ \\ 'quoted\"",
    "Żółć łódź",
    "ＦＵＬＬ width",
    "AB C",
)


@pytest.fixture
def firms(database: TenantDatabase) -> sa.Table:
    publish_tables(database, [FIRM])
    table = build_table(FIRM, sa.MetaData())
    add(database, table, *TEXTS)
    return table


def add(database: TenantDatabase, table: sa.Table, *texts: str) -> list[UUID]:
    ids = [uuid7() for _ in texts]
    with database.writing() as connection:
        rows = [{"id": new, "search_text": folded_search_text(text)} for new, text in zip(ids, texts, strict=True)]
        connection.execute(sa.insert(table), rows)
        index_rows(connection, table, ids)
    return ids


def found(database: TenantDatabase, table: sa.Table, text: str) -> list[int]:
    with database.reading() as connection:
        ids = list(connection.execute(sa.select(table.c.id).order_by(table.c.id)).scalars())
        hits = connection.execute(sa.select(table.c.id).where(search_clause(table, text))).scalars().all()
    return sorted(ids.index(hit) for hit in hits)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("muller", [0]),
        ("SÖHNE müll", [0]),  # every word, in any order, any case, with or without accents
        ("sohne gmbx", []),
        ("中国", [1]),  # not 国中
        ("国中", [2]),
        ("石油有限", [1]),
        ("中", [1, 2]),
        ("strasse", [3]),
        ("100%", [3]),
        ("0% Str", [3]),
        ("%", [3]),  # a percent sign is a percent sign
        ("_", [3]),
        ("\\", [3]),
        ('quoted"', [3]),
        ("zolc lodz", [4]),
        ("full", [5]),
        ("ab", [6]),
        ("", [0, 1, 2, 3, 4, 5, 6]),
        ("‹中国›", [1]),  # the marks of the index are nobody's words
    ],
)
def test_words_are_found(database: TenantDatabase, firms: sa.Table, text: str, rows: list[int]) -> None:
    assert found(database, firms, text) == rows


def test_kept_statements_find_the_same(database: TenantDatabase, firms: sa.Table) -> None:
    alias = firms.alias("f")
    for text in ("muller sohne", "中国", "ab c"):
        clause = search_clause_of(alias, search_shape(text))
        statement = database.render(sa.select(sa.func.count()).select_from(alias).where(clause))
        assert database.fetch_one(statement, search_parameters(text)) == (1,)


def test_cached_statements_do_not_mix_their_words(database: TenantDatabase, firms: sa.Table) -> None:
    assert [found(database, firms, text) for text in ("muller", "strasse", "muller")] == [[0], [3], [0]]


def test_the_index_follows_changes_and_deletions(database: TenantDatabase, firms: sa.Table) -> None:
    [new] = add(database, firms, "Changing name")
    assert found(database, firms, "changing") == [7]
    with database.writing() as connection:
        connection.execute(sa.update(firms).where(firms.c.id == new).values(search_text=folded_search_text("Other words")))
        index_rows(connection, firms, [new])
    assert (found(database, firms, "changing"), found(database, firms, "other")) == ([], [7])
    with database.writing() as connection:
        unindex_rows(connection, firms, [new])
        connection.execute(sa.delete(firms).where(firms.c.id == new))
    add(database, firms, "Nothing alike")  # may take the place of the deleted row
    assert found(database, firms, "other") == []


def test_the_index_is_used(database: TenantDatabase, firms: sa.Table) -> None:
    with database.writing() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for text in ("muller", "中国"):
            clause = search_clause(firms, text).compile(
                connection.engine,
                compile_kwargs={"literal_binds": True},
                schema_translate_map={None: database.schema} if database.schema else None,
                render_schema_translate=bool(database.schema),
            )
            name = f"{database.schema}.firm" if database.schema else "firm"
            explain = "EXPLAIN " if database.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
            query = f"{explain}SELECT id FROM {name} WHERE {clause}".replace("%%", "%")
            plan = " ".join(str(row) for row in connection.exec_driver_sql(query, execution_options={"no_parameters": True}))
            assert ("ix_firm_search" in plan) or ("VIRTUAL TABLE INDEX" in plan), plan


def test_an_index_that_comes_later_knows_the_rows_before(database: TenantDatabase) -> None:
    publish_tables(database, [BARE])
    add(database, build_table(BARE, sa.MetaData()), "Earlier bird")
    assert found(database, build_table(BARE, sa.MetaData()), "early") == []
    assert found(database, build_table(BARE, sa.MetaData()), "earlier") == [0]
    publish_tables(database, [FIRM])
    assert found(database, build_table(FIRM, sa.MetaData()), "earlier bird") == [0]


def test_the_index_survives_a_rebuilt_and_a_compacted_file(database: TenantDatabase) -> None:
    publish_tables(database, [FIRM])
    table = build_table(FIRM, sa.MetaData())
    ids = add(database, table, "first one", "second one", "third one")
    with database.writing() as connection:
        unindex_rows(connection, table, ids[:1])
        connection.execute(sa.delete(table).where(table.c.id == ids[0]))
    required = replace(FIRM, columns=(FIRM.columns[0], replace(FIRM.columns[1], nullable=False)))
    publish_tables(database, [required])
    with database.reading() as connection:
        connection.exec_driver_sql("VACUUM" if database.dialect == "sqlite" else f"VACUUM {database.schema}.firm")
    assert (found(database, table, "second"), found(database, table, "third")) == ([0], [1])


def test_without_the_extension_search_still_works(database: TenantDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setattr("tessera.storage.plan.ensure_trigram", lambda _database: False)
        plan = publish_tables(database, [FIRM])
        assert plan_tables(database, [FIRM]).is_empty
    table = build_table(FIRM, sa.MetaData())
    add(database, table, "Some words")
    assert found(database, table, "ome wor") == [0]
    if database.dialect == "postgresql":
        assert "pg_trgm" in plan.warnings[0].text()
        assert [type(step.change).__name__ for step in plan_tables(database, [FIRM]).steps] == ["AddIndex"]


def test_folding_keeps_what_matters() -> None:
    assert fold("ÉCOLE ﬁn ÆØ ①") == "ecole fin aeo 1"
    assert fold("한국어") == "한국어"
    assert folded_search_text("  a \n b ") == "a b"
