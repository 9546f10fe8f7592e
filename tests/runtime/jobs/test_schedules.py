import threading
from datetime import timedelta
from typing import Any

import pytest

from tessera.runtime.jobs.errors import BadSchedule
from tessera.runtime.jobs.schedules import Schedule, remove_schedule, run_due, schedules, set_schedule
from tessera.storage.system_tables import job, schedule
from tests.runtime.jobs.workplace import Workplace, at

TOLERANCE = timedelta(minutes=5)


@pytest.fixture
def reports(workplace: Workplace) -> Workplace:
    """A workplace with a kind to schedule, at a full hour."""
    workplace.kind("report")
    workplace.clock.set(at("2026-01-15T12:00:00Z"))
    return workplace


def plan(workplace: Workplace, cron: str, key: str = "daily", **options: Any) -> None:
    with workplace.database.writing() as connection:
        set_schedule(connection, Schedule(key, cron, "report", **options), workplace.kinds, workplace.clock.now())


def tick(workplace: Workplace) -> int:
    return run_due(workplace.database, workplace.kinds, workplace.clock.now(), TOLERANCE)


def slots(workplace: Workplace) -> list[str]:
    return [row.arguments["slot"] for row in workplace.jobs()]


def fast_forward(workplace: Workplace, end: str, step: timedelta) -> None:
    while workplace.clock.now() < at(end):
        workplace.clock.advance(step)
        tick(workplace)


def test_each_slot_makes_one_job(reports: Workplace) -> None:
    plan(reports, "*/20 * * * *", arguments={"format": "pdf"})
    fast_forward(reports, "2026-01-15T13:05:00Z", timedelta(seconds=50))
    assert [slot[11:16] for slot in slots(reports)] == ["12:20", "12:40", "13:00"]
    assert reports.jobs()[0].arguments["format"] == "pdf"


def test_two_hundred_schedules_and_three_schedulers_for_an_hour_with_jumps(reports: Workplace) -> None:
    with reports.database.writing() as connection:
        for n in range(200):
            new = Schedule(f"s{n}", f"{n % 60} * * * *", "report")
            set_schedule(connection, new, reports.kinds, reports.clock.now())
    for minutes in (10, 15, -20, 30, 1, 24, -5, 6):  # to 13:01 in the end
        reports.clock.advance(timedelta(minutes=minutes))
        threads = [threading.Thread(target=tick, args=(reports,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    made = [row.effect_key for row in reports.jobs()]
    assert len(made) == len(set(made)) == 200 + 4  # minutes 0 and 1 have four schedules each; minute 1 came at 12:01 and at 13:01


@pytest.mark.parametrize(("missed", "expected"), [("run_once", ["2026-01-15T20:00:00+00:00"]), ("skip", [])])
def test_slots_missed_in_a_standstill_follow_the_rule(reports: Workplace, missed: str, expected: list[str]) -> None:
    plan(reports, "0 * * * *", missed=missed)
    reports.clock.set(at("2026-01-15T20:30:00Z"))
    tick(reports)
    assert slots(reports) == expected
    reports.clock.set(at("2026-01-15T21:00:10Z"))
    tick(reports)
    assert slots(reports) == [*expected, "2026-01-15T21:00:00+00:00"]


def test_a_slot_that_comes_late_within_the_tolerance_is_not_missed(reports: Workplace) -> None:
    plan(reports, "* * * * *", missed="skip")
    reports.clock.set(at("2026-01-15T12:03:30Z"))
    tick(reports)
    assert [slot[11:16] for slot in slots(reports)] == ["12:01", "12:02", "12:03"]


def test_a_jump_of_ten_years_and_back_makes_no_flood_and_stops_nothing(reports: Workplace) -> None:
    plan(reports, "* * * * *")
    start = reports.clock.now()
    reports.clock.advance(timedelta(days=3650))
    tick(reports)
    assert len(slots(reports)) <= 6
    reports.clock.set(start)
    tick(reports)
    before = len(slots(reports))
    reports.clock.set(start + timedelta(minutes=1))
    tick(reports)
    assert slots(reports)[before:] == ["2026-01-15T12:01:00+00:00"]


def test_a_clock_put_back_runs_no_slot_again(reports: Workplace) -> None:
    plan(reports, "0 * * * *")
    fast_forward(reports, "2026-01-15T15:30:00Z", timedelta(minutes=4))
    reports.clock.set(at("2026-01-15T12:30:00Z"))
    fast_forward(reports, "2026-01-15T16:30:00Z", timedelta(minutes=4))
    assert [slot[11:16] for slot in slots(reports)] == ["13:00", "14:00", "15:00", "16:00"]


def test_two_servers_five_minutes_apart_run_each_slot_once(reports: Workplace) -> None:
    plan(reports, "*/5 * * * *")
    for _ in range(90):
        reports.clock.advance(timedelta(seconds=20))
        tick(reports)
        run_due(reports.database, reports.kinds, reports.clock.now() + timedelta(minutes=5), TOLERANCE)
    made = slots(reports)
    assert len(made) == len(set(made))
    assert made == sorted(made)
    assert made[0][11:16] == "12:05"
    assert made[-1][11:16] == "12:35"
    assert len(made) == 7


@pytest.mark.parametrize(
    ("cron", "start", "end", "expected"),
    [
        # clocks go forward on 29 March at 01:00 UTC: 02:30 does not exist and runs when the clock jumps
        ("30 2 * * *", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z", ["28T01:30", "29T01:00", "30T00:30"]),
        # clocks go back on 25 October at 01:00 UTC: 02:30 comes twice and runs once
        ("30 2 * * *", "2026-10-24T00:00:00Z", "2026-10-26T12:00:00Z", ["24T00:30", "25T00:30", "26T01:30"]),
        # every hour is every hour, also on that day
        ("15 * * * *", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z", ["24T23:15", "25T00:15", "25T01:15", "25T02:15"]),
        ("0 9 29 2 *", "2027-12-01T00:00:00Z", "2028-03-01T00:00:00Z", ["29T08:00"]),
    ],
)
@pytest.mark.parametrize("step", [timedelta(minutes=1), timedelta(minutes=4)])
def test_summer_time_and_leap_days(
    reports: Workplace, cron: str, start: str, end: str, expected: list[str], step: timedelta
) -> None:
    if at(end) - at(start) > timedelta(days=10):
        step *= 0  # months of minutes tell nothing more: go straight to the day before
    reports.clock.set(at(start) if step else at("2028-02-29T00:00:00Z"))
    plan(reports, cron, timezone="Europe/Madrid")
    fast_forward(reports, end, step or timedelta(minutes=4))
    assert [slot[8:16] for slot in slots(reports)] == expected


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/10 * * * *", "0 */6 * * *", "5 4 1 * *", "0 3 * * 0"])
@pytest.mark.parametrize("start", ["2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z"])
def test_slots_are_the_same_backwards_and_forwards(cron: str, start: str) -> None:
    schedule, moment = Schedule("s", cron, "report", "Europe/Madrid"), at(start)
    forwards = []
    while (moment := schedule.next_after(moment)) <= at(start) + timedelta(days=3):
        forwards.append(moment)
    backwards = []
    for slot in schedule.before(at(start) + timedelta(days=3)):
        if slot <= at(start):
            break
        backwards.append(slot)
    assert backwards[::-1] == forwards


def test_schedules_can_be_changed_disabled_and_removed(reports: Workplace) -> None:
    plan(reports, "0 * * * *")
    plan(reports, "30 * * * *", enabled=False)
    with reports.database.writing() as connection:
        assert [(s.cron, s.enabled) for s in schedules(connection)] == [("30 * * * *", False)]
    fast_forward(reports, "2026-01-15T14:00:00Z", timedelta(minutes=5))
    assert slots(reports) == []
    with reports.database.writing() as connection:
        assert remove_schedule(connection, "daily")
        assert not remove_schedule(connection, "daily")


def test_a_changed_schedule_does_not_make_up_for_slots_before_the_change(reports: Workplace) -> None:
    plan(reports, "0 * * * *", enabled=False)
    reports.clock.set(at("2026-01-15T18:30:00Z"))
    plan(reports, "0 * * * *", enabled=True)
    tick(reports)
    assert slots(reports) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cron": "61 * * * *"}, "Bad minute"),
        ({"cron": "* * * * * *"}, "five fields"),
        ({"cron": "0 0 30 2 *"}, "Bad day"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"kind": "unheard_of"}, "no job kind"),
        ({"missed": "sometimes"}, "run_once"),
    ],
)
def test_a_wrong_schedule_is_refused(reports: Workplace, options: dict[str, Any], reason: str) -> None:
    new = Schedule(**{"key": "daily", "cron": "0 * * * *", "kind": "report", **options})
    with reports.database.writing() as connection, pytest.raises(BadSchedule, match=reason):
        set_schedule(connection, new, reports.kinds, reports.clock.now())


def test_a_schedule_of_a_kind_that_this_process_does_not_know_is_left_alone(reports: Workplace) -> None:
    kind = type(reports.kinds.get("report"))
    with reports.kinds.register_temporarily(kind("newer", lambda run: None)), reports.database.writing() as connection:
        set_schedule(connection, Schedule("n", "0 * * * *", "newer"), reports.kinds, reports.clock.now())
    reports.clock.advance(timedelta(minutes=61))
    assert tick(reports) == 0
    with reports.kinds.register_temporarily(kind("newer", lambda run: None)):
        assert tick(reports) == 1


def test_a_schedule_whose_time_zone_was_abolished_does_not_stop_the_others(reports: Workplace) -> None:
    plan(reports, "0 * * * *", key="broken")
    plan(reports, "0 * * * *", key="fine")
    with reports.database.writing() as connection:
        connection.execute(schedule.update().where(schedule.c.key == "broken").values(timezone="Europe/Atlantis"))
    reports.clock.advance(timedelta(hours=1))
    assert tick(reports) == 1


def test_a_clock_put_back_runs_no_slot_again_whose_job_has_been_removed(reports: Workplace) -> None:
    plan(reports, "0 * * * *")
    fast_forward(reports, "2026-01-15T14:30:00Z", timedelta(minutes=5))
    with reports.database.writing() as connection:
        connection.execute(job.delete())
    reports.clock.set(at("2026-01-15T12:30:00Z"))
    fast_forward(reports, "2026-01-15T15:30:00Z", timedelta(minutes=5))
    assert [slot[11:16] for slot in slots(reports)] == ["15:00"]
