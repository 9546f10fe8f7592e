import threading
from datetime import timedelta
from typing import Any

import pytest

from tessera.kernel.ids import uuid7
from tessera.runtime.jobs.errors import BadArguments
from tessera.runtime.jobs.registry import Priority
from tests.runtime.jobs.workplace import Workplace


def claimed_arguments(workplace: Workplace) -> list[Any]:
    taken = []
    while (claim := workplace.claim()) is not None:
        taken.append(claim.arguments["n"])
    return taken


def test_the_most_urgent_job_comes_first_then_the_oldest(workplace: Workplace) -> None:
    workplace.kind("mail")
    for n, priority in ((1, Priority.BULK), (2, Priority.NORMAL), (3, Priority.URGENT), (4, Priority.NORMAL)):
        workplace.add("mail", {"n": n}, priority=priority)
        workplace.advance(seconds=1)
    assert claimed_arguments(workplace) == [3, 2, 4, 1]


def test_a_job_for_later_waits(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.add("mail", {"n": 1}, run_at=workplace.clock.now() + timedelta(minutes=5))
    assert claimed_arguments(workplace) == []
    assert workplace.run().next_at == workplace.clock.now() + timedelta(minutes=5)
    workplace.advance(minutes=5)
    assert claimed_arguments(workplace) == [1]


def test_a_job_for_now_does_not_wait_for_a_clock_that_is_behind(workplace: Workplace) -> None:
    workplace.kind("mail")
    workplace.add("mail", {"n": 1})
    workplace.clock.advance(timedelta(minutes=-5))
    assert claimed_arguments(workplace) == [1]


def test_an_effect_key_is_used_once(workplace: Workplace) -> None:
    workplace.kind("mail")
    first = workplace.add("mail", {"n": 1}, effect_key="mailer:1")
    assert workplace.add("mail", {"n": 2}, effect_key="mailer:1") == first
    assert workplace.add("mail", {"n": 3}) != workplace.add("mail", {"n": 3})
    assert [row.arguments["n"] for row in workplace.jobs()] == [1, 3, 3]


def test_unknown_kinds_are_never_run(workplace: Workplace) -> None:
    workplace.kind("mail")
    with workplace.kinds.register_temporarily(type(workplace.kinds.get("mail"))("newer", lambda run: None)):
        job_id = workplace.add("newer")
    assert workplace.run().jobs == 0
    assert workplace.job(job_id).state == "waiting"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"x": uuid7()}, "/x is a UUID"),
        ({"x": float("nan")}, "/x is not a finite number"),
        ({"x": [{1: 2}]}, "/x/0 has a key that is not text"),
        ({"to": 5}, r"\$.to: 5 is not of type 'string'"),
        ({"to": "x" * 1_000_001}, "bytes are more than"),
        ({"x": 2**70}, "64-bit"),
    ],
)
def test_arguments_are_plain_json_that_fits_the_kind(workplace: Workplace, arguments: Any, reason: str) -> None:
    workplace.kind("mail", schema={"properties": {"to": {"type": "string"}}})
    with pytest.raises(BadArguments, match=reason):
        workplace.add("mail", arguments)


def test_a_tenant_runs_no_more_than_its_share_and_bulk_leaves_room(workplace: Workplace) -> None:
    workplace.configure(slots_per_tenant=3)
    workplace.kind("import", priority=Priority.BULK)
    workplace.kind("mail")
    for _ in range(4):
        workplace.add("import")
    assert [workplace.claim() is not None for _ in range(3)] == [True, True, False]
    for _ in range(2):
        workplace.add("mail")
    assert [workplace.claim() is not None for _ in range(2)] == [True, False]


def test_eight_threads_claim_each_job_once(workplace: Workplace) -> None:
    workplace.kind("mail")
    expected = {workplace.add("mail", {"n": n}) for n in range(80)}
    taken: list[Any] = []

    def work(name: str) -> None:
        misses = 0
        while misses < 3:  # another may just hold the last rows
            claim = workplace.claim(name)
            if claim is None:
                misses += 1
            else:
                taken.append(claim.id)

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken))
    assert set(taken) == expected
