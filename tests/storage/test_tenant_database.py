"""Reading and writing a tenant's database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tessera.storage.system_tables import counter, setting
from tessera.storage.tenant_database import TenantDatabase, driver_connection


def put(connection: sa.Connection, key: str, value: object) -> None:
    connection.execute(sa.insert(setting).values(key=key, value=value))


def keys(database: TenantDatabase) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(sa.select(setting.c.key)).scalars()) - {"system_schema_version"}


def test_a_transaction_commits_at_the_end_and_rolls_back_on_an_error(database: TenantDatabase) -> None:
    with database.writing() as connection:
        put(connection, "kept", {"a": [1, None, "é"]})
        assert keys(database) == set()  # nobody sees it before the end
    with pytest.raises(ZeroDivisionError), database.writing() as connection:  # noqa: PT012 - the block is what raises
        put(connection, "lost", 1)
        raise ZeroDivisionError
    assert keys(database) == {"kept"}
    with database.reading() as connection:
        assert connection.execute(sa.select(setting.c.value).where(setting.c.key == "kept")).scalar() == {"a": [1, None, "é"]}


def test_a_failed_statement_rolls_the_whole_transaction_back(database: TenantDatabase) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:  # noqa: PT012 - the block is what raises
        put(connection, "twice", 1)
        put(connection, "twice", 2)
    assert keys(database) == set()
    with database.writing() as connection:
        put(connection, "next", 1)
    assert keys(database) == {"next"}


def test_a_savepoint_can_be_undone_alone(database: TenantDatabase) -> None:
    with database.writing() as connection:
        put(connection, "before", 1)
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():  # noqa: PT012 - the block is what raises
            put(connection, "inside", 1)
            put(connection, "before", 2)
        put(connection, "after", 1)
    assert keys(database) == {"before", "after"}


def test_writers_in_many_threads_wait_for_each_other(database: TenantDatabase) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(counter).values(series="s", period="", value=0))

    def count(_: int) -> None:
        def work(connection: sa.Connection) -> None:
            connection.execute(sa.update(counter).values(value=counter.c.value + 1))

        database.run_in_transaction(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    with database.reading() as connection:
        assert connection.execute(sa.select(counter.c.value)).scalar() == 200


def test_deadlocks_are_tried_again(database: TenantDatabase) -> None:
    with database.writing() as connection:
        for period in "ab":
            connection.execute(sa.insert(counter).values(series="s", period=period, value=0))
    meet = threading.Barrier(2, timeout=2)

    def cross(order: str) -> None:
        first = True

        def work(connection: sa.Connection) -> None:
            nonlocal first
            for period in order:
                connection.execute(sa.update(counter).where(counter.c.period == period).values(value=counter.c.value + 1))
                if first and database.dialect == "postgresql" and period == order[0]:
                    first = False
                    meet.wait()

        database.run_in_transaction(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, ("ab", "ba")))
    with database.reading() as connection:
        assert list(connection.execute(sa.select(counter.c.value)).scalars()) == [2, 2]


def test_rendered_statements_bind_by_name_and_convert_rows(database: TenantDatabase) -> None:
    with database.writing() as connection:
        put(connection, "a%", {"n": 1})
        put(connection, "b", {"n": 2})
    statement = database.render(
        sa.select(setting.c.key, setting.c.value)
        .where(setting.c.key.in_(["a%", "b", "c"]), setting.c.key >= sa.bindparam("least"))
        .order_by(setting.c.key)
    )
    assert statement.rows(database.fetch_all(statement, {"least": "a"})) == [("a%", {"n": 1}), ("b", {"n": 2})]
    assert statement.rows(database.fetch_all(statement, {"least": "b"})) == [("b", {"n": 2})]
    assert database.fetch_one(statement, {"least": "z"}) is None
    with pytest.raises(KeyError):
        statement.bind({})
    with database.hot() as raw:
        assert len(raw.execute(statement.sql, statement.bind({"least": "a"})).fetchall()) == 2


def test_a_rendered_statement_runs_inside_a_transaction(database: TenantDatabase) -> None:
    statement = database.render(sa.select(setting.c.key).where(setting.c.key == sa.bindparam("k")))
    with database.writing() as connection:
        put(connection, "new", 1)
        assert driver_connection(connection).execute(statement.sql, statement.bind({"k": "new"})).fetchall() == [("new",)]
        assert database.fetch_one(statement, {"k": "new"}) is None


def test_a_thread_keeps_its_hot_connection_and_gives_it_back_when_it_ends(database: TenantDatabase) -> None:
    def look() -> int:
        with database.hot() as first, database.hot() as second:
            assert first is second
            return id(first)

    assert look() == look()
    before = database.engine.pool.checkedout()  # type: ignore[attr-defined]
    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.engine.pool.checkedout() == before  # type: ignore[attr-defined]


def test_a_dead_hot_connection_is_replaced(database: TenantDatabase) -> None:
    if database.dialect == "sqlite":
        pytest.skip("a file has no server that could go away")
    statement = database.render(sa.select(setting.c.key).where(setting.c.key == sa.bindparam("k")))
    with database.hot() as raw:
        pid = raw.info.backend_pid
    with database.reading() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    assert database.fetch_all(statement, {"k": "x"}) == []


def test_a_retyped_column_does_not_break_prepared_statements(database: TenantDatabase) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite prepares again by itself")
    statement = database.render(sa.select(counter.c.value))
    core = sa.select(counter.c.value)
    with database.reading() as connection:
        for _ in range(8):
            database.fetch_all(statement, {})
            connection.execute(core).all()
    with database.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {database.schema}.sys_counter ALTER COLUMN value TYPE numeric(30, 2)")
    assert database.fetch_all(statement, {}) == []
    with database.reading() as connection:
        assert connection.execute(core).all() == []


def test_sqlite_runs_durable(database: TenantDatabase) -> None:
    if database.dialect == "postgresql":
        pytest.skip("settings of SQLite")
    with database.reading() as connection:
        values = [
            connection.exec_driver_sql(f"PRAGMA {p}").scalar()
            for p in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 2, 1, 10_000]
