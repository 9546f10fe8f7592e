"""A forked process (jobs are done in such) uses connections of its own and does the parent's no harm."""

import os
import threading

import sqlalchemy as sa

from tessera.storage.system_tables import setting
from tessera.storage.tenant_database import TenantDatabase


def keys(database: TenantDatabase) -> set[str]:
    statement = database.render(sa.select(setting.c.key))
    return {row[0] for row in database.fetch_all(statement, {})}


def put(database: TenantDatabase, key: str) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(setting).values(key=key, value=1))


def in_child(work: object) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()  # type: ignore[operator]
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_parent_and_child_go_on_apart(database: TenantDatabase) -> None:
    with database.hot() as raw:
        mine = raw
    put(database, "before")
    with database.reading() as held:
        held.execute(sa.select(setting.c.key)).all()

        def work() -> None:
            with database.hot() as other:
                assert other is not mine
            assert "before" in keys(database)
            put(database, "child")

        assert in_child(work) == 0
        assert "child" in set(held.execute(sa.select(setting.c.key)).scalars())
    with database.hot() as raw:
        assert raw is mine
    assert "child" in keys(database)
    put(database, "after")


def test_a_fork_while_another_thread_writes(database: TenantDatabase) -> None:
    entered, leave = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(setting).values(key="thread", value=1))
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=write)
    thread.start()
    entered.wait(10)
    try:
        # the child sees what is committed, and does not wait for a lock that nobody in it will ever release
        assert in_child(lambda: keys(database).__contains__("thread") and os._exit(2)) == 0
    finally:
        leave.set()
        thread.join()
    assert "thread" in keys(database)
