"""Carries a plan out: prepares beside the old version, switches in one transaction, finishes beside the new one.

    prepare   additions that the old version does not notice (indexes of large tables, built beside the writers)
    switch    everything else, with the version row that makes it serve: one transaction, so it is the old or the new version
    finish    what the new version can do without for a moment (indexes on new columns, checks, backfills), step by step

Each phase writes down how far it is in the plan of the version's row. A process may be killed anywhere: `recover` takes back what
was being prepared and finishes what was switched.
"""

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import psycopg
import sqlalchemy as sa

from tessera.kernel.errors import Conflict, TesseraError, Unavailable
from tessera.kernel.messages import N_
from tessera.storage.assess import Finding
from tessera.storage.changes import AddColumn, AddIndex, RebuildTable, execute
from tessera.storage.ddl import Ddl
from tessera.storage.plan import Plan, PlannedStep
from tessera.storage.tenant_database import TenantDatabase
from tessera.storage.versions import (
    Snapshot,
    StoredVersion,
    active_version,
    insert_version,
    save_plan,
    set_state,
    state_of,
    supersede,
    unfinished,
)

log = logging.getLogger(__name__)

#: Milliseconds that a change waits for a table before it lets the writers pass and tries again.
LOCK_WAIT_MS = 40
#: What holds a table for that many seconds is not a writer. PostgreSQL's autovacuum gives way to whoever waits for longer than
#: `deadlock_timeout` (1 s), so one attempt now and then waits for that long.
LONG_HELD = 5.0
LONG_LOCK_WAIT_MS = 1_500
#: Seconds after which a switch that never got its locks gives up.
SWITCH_PATIENCE = 60.0

#: Called with a label before every step that changes something; tests fail or kill there.
Checkpoint = Callable[[str], None]
#: Work inside the switching transaction.
InSwitch = Callable[[sa.Connection, int], None]
#: One batch of a finishing task: `handler(arguments)` returns the arguments of the next batch, or None when all is done.
TaskHandler = Callable[[sa.Connection, Mapping[str, Any]], Mapping[str, Any] | None]


class PublishRefused(Conflict):
    """Raised when the data do not allow the change; `findings` name the rows."""

    code = "publish_refused"
    message = "The data do not allow this change: {reasons}"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(reasons=" ".join(finding.text() for finding in findings))


class Application:
    """Applies plans to one tenant's database. The caller holds the tenant's `publish_lock`.

    `tasks` are the handlers of finishing tasks by name (see `runtime.publishing.backfills`).
    """

    def __init__(
        self, database: TenantDatabase, *, tasks: Mapping[str, TaskHandler] | None = None, checkpoint: Checkpoint | None = None
    ) -> None:
        self.database = database
        self._ddl = Ddl(database.engine.dialect, database.schema)
        self._tasks = dict(tasks or {})
        self._checkpoint = checkpoint or _no_checkpoint

    def apply(
        self,
        plan: Plan,
        version: int,
        snapshot: Snapshot,
        *,
        at_once: Sequence[Mapping[str, Any]] = (),
        tasks: Sequence[Mapping[str, Any]] = (),
        in_switch: InSwitch | None = None,
        switched: Callable[[], None] | None = None,
        accept: bool = False,
    ) -> list[str]:
        """Make `version` serve. Returns what could not be finished after it (see `finish`).

        Tasks ({"task": name, "arguments": {…}}) run at the end of the switching transaction (`at_once`) or after it (`tasks`).
        `in_switch` is called within that transaction before the tables change, `switched` as soon as it holds.

        Raises `PublishRefused` when the data forbid it (with `accept`, values that do not convert are left empty instead)
        and `Unavailable` when the tables are never free; the old version serves on in both cases.
        """
        blocking = tuple(f for f in plan.blocking if not (accept and f.acceptable))
        if blocking:
            raise PublishRefused(blocking)
        try:
            stored = StoredVersion(version, snapshot.checksum, plan.tables, self._progress(plan, tasks))
            self._carry_out(plan, stored, snapshot, at_once, in_switch)
        except sa.exc.IntegrityError as error:  # somebody wrote between the plan and the change
            reason = str(error.orig).strip().splitlines()[0]
            raise PublishRefused((Finding(N_("Meanwhile the data changed: {reason}"), 1, True, {"reason": reason}),)) from error
        self._checkpoint("switched")
        if switched is not None:
            switched()
        return self.finish()

    def _carry_out(
        self,
        plan: Plan,
        stored: StoredVersion,
        snapshot: Snapshot,
        at_once: Sequence[Mapping[str, Any]],
        in_switch: InSwitch | None,
    ) -> None:
        progress = stored.plan
        prepared = bool(progress["prepare"])
        if prepared:
            self._checkpoint("announce")
            with self.database.writing() as connection:
                insert_version(connection, stored, "applying", snapshot)
            try:
                self._prepare(progress)
            except Exception:
                self._take_back(stored.version, progress)
                raise
        try:
            self._switch(plan, stored, snapshot, at_once, in_switch, prepared=prepared)
        except Exception:
            if prepared:
                self._take_back(stored.version, progress)
            raise

    def _run_task(self, connection: sa.Connection, task: Mapping[str, Any]) -> None:
        """All batches of a task in the caller's transaction."""
        arguments: Mapping[str, Any] | None = task["arguments"]
        while arguments is not None:
            arguments = self._tasks[task["task"]](connection, arguments)

    def finish(self) -> list[str]:
        """Do what the serving version still waits for.

        A task that fails is said and logged, stays to be done, and keeps neither the others nor later publishes from being done.
        """
        with self.database.reading() as connection:
            current = active_version(connection)
        failures = []
        for step in current.plan.get("finish", ()):
            while not step["done"]:
                name = step.get("task") or step["sql"][-1]
                self._checkpoint(f"finish {name}")
                try:
                    self._finish_step(step, current.version, current.plan)
                except (TesseraError, sa.exc.SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError) as error:
                    log.exception("version %s of %s: %s is not finished", current.version, self.database.key, name)
                    failures.append(f"{name}: {error}")
                    break
        return failures

    def recover(self) -> None:
        """After a kill: take back what was only being prepared, finish what was switched."""
        with self.database.reading() as connection:
            left = unfinished(connection)
        for version, progress in left:
            self._take_back(version, progress)
        self.finish()

    # -- phases -------------------------------------------------------------------------------------------------

    def _progress(self, plan: Plan, tasks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        finishing = self._left_tasks()
        finishing += [{"sql": self._repeatable(step), "done": False} for step in plan.of("finish")]
        finishing += [{"task": task["task"], "arguments": dict(task["arguments"]), "done": False} for task in tasks]
        return {
            "changes": [step.to_json() for step in plan.steps],
            "prepare": [{"sql": self._repeatable(step), "undo": self._undo(step)} for step in plan.of("prepare")],
            "finish": finishing,
        }

    def _left_tasks(self) -> list[dict[str, Any]]:
        """Tasks that the serving version could not finish: they are still to be done under the next one."""
        with self.database.reading() as connection:
            steps = active_version(connection).plan.get("finish", ())
        return [step for step in steps if "task" in step and not step["done"]]

    def _prepare(self, progress: dict[str, Any]) -> None:
        for step in progress["prepare"]:
            self._checkpoint(f"prepare {step['sql'][-1]}")
            patiently(partial(self._run_alone, step["sql"]))

    def _switch(
        self,
        plan: Plan,
        stored: StoredVersion,
        snapshot: Snapshot,
        at_once: Sequence[Mapping[str, Any]],
        in_switch: InSwitch | None,
        *,
        prepared: bool,
    ) -> None:
        copied = [step.change.table for step in plan.of("switch") if isinstance(step.change, RebuildTable)]

        def switch(lock_wait: int) -> None:
            with self.database.altering(lock_wait_ms=lock_wait, foreign_keys=not copied, check=copied) as connection:
                self._checkpoint("activate")
                supersede(connection)
                if prepared:
                    set_state(connection, stored.version, "active")
                else:
                    insert_version(connection, stored, "active", snapshot)
                if in_switch is not None:
                    self._checkpoint("switch work")
                    in_switch(connection, stored.version)
                for step in plan.of("switch"):  # late, because it is what others wait for
                    self._checkpoint(f"switch {step.change.text()}")
                    step.change.execute(connection, self._ddl)
                for task in at_once:
                    self._checkpoint(f"switch {task['task']}")
                    self._run_task(connection, task)
                self._checkpoint("commit")

        patiently(switch)

    def _finish_step(self, step: dict[str, Any], version: int, progress: dict[str, Any]) -> None:
        if "sql" in step:
            patiently(partial(self._run_alone, step["sql"]))
            step["done"] = True
            with self.database.writing() as connection:
                save_plan(connection, version, progress)
            return

        def batch(_lock_wait: int) -> None:
            with self.database.writing() as connection:
                following = self._tasks[step["task"]](connection, step["arguments"])
                step["done"] = following is None
                step["arguments"] = dict(following or step["arguments"])
                save_plan(connection, version, progress)

        before = dict(step)
        try:
            patiently(batch)
        except BaseException:
            step.update(before)  # what did not commit is not done
            raise

    def _take_back(self, version: int, progress: Mapping[str, Any]) -> None:
        """Remove what was prepared for a version that does not come. (A commit whose answer got lost has come.)"""
        with self.database.reading() as connection:
            if state_of(connection, version) != "applying":
                return
        for step in reversed(progress.get("prepare", ())):
            patiently(partial(self._run_alone, step["undo"]))
        with self.database.writing() as connection:
            set_state(connection, version, "failed")

    # -- statements ---------------------------------------------------------------------------------------------

    def _repeatable(self, step: PlannedStep) -> list[str]:
        """The step's statements so that they may run again after they were interrupted."""
        if isinstance(step.change, AddIndex):
            return [self._ddl.drop_index(step.change.table, step.change.index, concurrently=True), *step.sql]
        if isinstance(step.change, AddColumn):
            return [statement.replace(" ADD COLUMN ", " ADD COLUMN IF NOT EXISTS ", 1) for statement in step.sql]
        return list(step.sql)

    def _undo(self, step: PlannedStep) -> list[str]:
        if isinstance(step.change, AddIndex):
            return [self._ddl.drop_index(step.change.table, step.change.index, concurrently=True)]
        assert isinstance(step.change, AddColumn)
        return [self._ddl.drop_column(step.change.table, step.change.column.name).replace("DROP COLUMN", "DROP COLUMN IF EXISTS")]

    def _run_alone(self, statements: list[str], lock_wait: int) -> None:
        """Each statement in a transaction of its own, as building an index beside writers needs."""
        with self.database.reading() as connection:
            quick = not any("CONCURRENTLY" in statement for statement in statements)
            execute(connection, [f"SET lock_timeout = {lock_wait if quick else 0}", "SET statement_timeout = 0"])
            try:
                execute(connection, statements)
            finally:
                if not connection.invalidated:
                    execute(connection, ["RESET lock_timeout", "RESET statement_timeout"])


def patiently(work: Callable[[int], None]) -> None:
    """Run `work(lock wait in ms)`; when a table is in use, let the others pass and try again.

    Raises `Unavailable` when that never ends.
    """
    begun = time.monotonic()
    wait = LOCK_WAIT_MS
    while True:
        try:
            return work(wait)
        except (sa.exc.DBAPIError, psycopg.Error, sqlite3.Error) as error:
            if not _is_contended(error):
                raise
            passed = time.monotonic() - begun
            if passed > SWITCH_PATIENCE:
                raise Unavailable("The tables are in use and cannot be changed now. Try again.") from error
            wait = LONG_LOCK_WAIT_MS if passed > LONG_HELD and wait == LOCK_WAIT_MS else LOCK_WAIT_MS
            time.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - not a secret


def _is_contended(error: BaseException) -> bool:
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return getattr(original, "sqlstate", None) in {"55P03", "40P01", "40001"}


def _no_checkpoint(_label: str) -> None:
    """Nothing to do at a checkpoint outside of tests."""
