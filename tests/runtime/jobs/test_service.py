import pytest

from tessera.kernel.context import ANONYMOUS, Context
from tessera.kernel.errors import Forbidden
from tessera.kernel.ids import uuid7
from tessera.kernel.registry import UnknownEntry
from tessera.runtime.jobs.errors import GiveUp, NoSuchJob, WrongJobState
from tessera.runtime.jobs.run import JobRun
from tests.runtime.jobs.workplace import Workplace, put_mark


def give_up(run: JobRun) -> None:
    raise GiveUp


def test_users_see_and_steer_only_their_own_jobs(workplace: Workplace, admin: Context, member: Context) -> None:
    workplace.kind("mail")
    service = workplace.service
    own = service.enqueue(member, "mail", {})
    other = service.enqueue(admin, "mail", {})
    assert [view.id for view in service.list(member)] == [own]
    assert [view.id for view in service.list(admin)] == [other, own]
    assert service.list(member.acting_as(ANONYMOUS)) == []
    for call in (service.get, service.cancel, service.replay):
        with pytest.raises(NoSuchJob):
            call(member, other)
    with pytest.raises(Forbidden):
        service.depth(member)


def test_jobs_are_listed_by_state_and_kind_in_pages(workplace: Workplace, admin: Context) -> None:
    workplace.kind("mail")
    workplace.kind("import")
    mails = [workplace.add("mail") for _ in range(5)]
    workplace.add("import")
    first = workplace.service.list(admin, kind="mail", limit=3)
    rest = workplace.service.list(admin, kind="mail", limit=3, before=first[-1].id)
    assert [view.id for view in (*first, *rest)] == mails[::-1]
    assert workplace.service.list(admin, state="done") == []


def test_enqueueing_names_a_known_kind(workplace: Workplace, admin: Context) -> None:
    with pytest.raises(UnknownEntry):
        workplace.service.enqueue(admin, "unheard_of", {})


def test_a_waiting_job_is_cancelled_at_once_and_can_be_replayed(workplace: Workplace, admin: Context) -> None:
    workplace.kind("mail")
    job_id = workplace.add("mail")
    assert workplace.service.cancel(admin, job_id).state == "cancelled"
    assert workplace.run().jobs == 0
    with pytest.raises(WrongJobState):
        workplace.service.cancel(admin, job_id)
    assert workplace.service.replay(admin, job_id).state == "waiting"
    workplace.run()
    assert workplace.service.get(admin, job_id).state == "done"


def test_a_running_job_is_asked_to_stop(workplace: Workplace, admin: Context) -> None:
    workplace.kind("mail")
    job_id = workplace.add("mail")
    workplace.claim()
    view = workplace.service.cancel(admin, job_id)
    assert (view.state, view.cancel_requested) == ("running", True)


def test_a_dead_job_is_replayed_without_repeating_what_it_did(workplace: Workplace, admin: Context) -> None:
    fixed = False

    def handler(run: JobRun) -> None:
        with run.effect("first") as effect:
            if effect.first:
                put_mark(effect.connection, "first")
        if not fixed:
            raise GiveUp
        with run.effect("second") as effect:
            if effect.first:
                put_mark(effect.connection, "second")

    workplace.kind("mail", handler)
    job_id = workplace.add("mail")
    workplace.run()
    assert workplace.service.get(admin, job_id).state == "dead"
    fixed = True
    view = workplace.service.replay(admin, job_id)
    assert (view.state, view.attempts, view.error, view.finished_at) == ("waiting", 0, None, None)
    workplace.run()
    assert workplace.marks() == ["first", "second"]


@pytest.mark.parametrize("state", ["waiting", "running", "done"])
def test_only_what_has_ended_badly_is_replayed(workplace: Workplace, admin: Context, state: str) -> None:
    workplace.kind("mail")
    job_id = workplace.add("mail")
    if state == "running":
        workplace.claim()
    if state == "done":
        workplace.run()
    with pytest.raises(WrongJobState, match=state):
        workplace.service.replay(admin, job_id)


def test_a_job_that_is_not_there(workplace: Workplace, admin: Context) -> None:
    with pytest.raises(NoSuchJob):
        workplace.service.get(admin, uuid7())


def test_the_depth_of_the_queue(workplace: Workplace, admin: Context) -> None:
    workplace.kind("mail")
    workplace.kind("bad", give_up)
    workplace.add("bad")
    workplace.run()
    workplace.emit("record.created")
    workplace.advance(seconds=30)
    workplace.add("mail")
    workplace.claim()
    workplace.add("mail")
    workplace.add("mail", run_at=workplace.clock.now().replace(year=2030))
    with workplace.kinds.register_temporarily(type(workplace.kinds.get("mail"))("newer", lambda run: None)):
        workplace.add("newer")
    depth = workplace.service.depth(admin)
    assert (depth.waiting, depth.due, depth.running, depth.dead, depth.unknown, depth.undispatched) == (3, 1, 1, 1, 1, 1)
    assert depth.lag == 30
