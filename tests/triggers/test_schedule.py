"""What the shared poller asks on behalf of all who wait, in simulated time."""

from __future__ import annotations

import bisect
import collections
import itertools
import math
import statistics
import time
from dataclasses import dataclass, field

import pytest

from airflow_provider_extend.api.errors import (
    ExtendAPIError,
    ExtendConnectionError,
    ExtendInputError,
    ExtendNotFound,
    ExtendRateLimited,
    ExtendServerError,
    ExtendUnauthorized,
)
from airflow_provider_extend.triggers.lane import Page, Read
from airflow_provider_extend.triggers.waits import Wait
from tests.triggers.simulated import START, Extend, Poller

LISTED = "extract_run"
UNLISTED = "evaluation_set_run"
HOUR = 3600.0


@dataclass(slots=True, eq=False)
class Caller(Wait):
    """A wait that knows when it was over."""

    poller: Poller = field(kw_only=True)
    over_at: float = math.nan

    def changed(self) -> None:
        if self.event is not None:
            self.over_at = self.poller.now


def waits(poller: Poller, kind: str, *run_ids: str, deadline: float = START + 1e6, **given) -> Caller:
    members = given.pop("members", None)
    wait = Caller(deadline=deadline, poller=poller, **given)
    poller.schedule.add(wait, kind, run_ids, poller.now, members)
    return wait


def counts(extend: Extend) -> collections.Counter[str]:
    return collections.Counter(what for _, what in extend.asked)


def in_any_second(extend: Extend) -> int:
    times = sorted(when for when, _ in extend.asked)
    return max(bisect.bisect_left(times, when + 0.999) - index for index, when in enumerate(times))


# How often


def test_one_run_is_read_each_second_when_young_and_each_half_minute_when_old() -> None:
    extend = Extend()
    poller = Poller(extend)
    waits(poller, LISTED, extend.run("exr_1"))
    poller.run(START + HOUR)
    times = [when - START for when, what in extend.asked if what == "read"]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert all(0.7 < gap < 1.4 for at, gap in zip(times, gaps, strict=False) if at < 15)
    assert all(22 < gap < 38 for at, gap in zip(times, gaps, strict=False) if at > 700)
    assert counts(extend) == {"read": len(times)}
    assert 130 < len(times) < 260


def test_no_two_looks_lie_further_apart_than_the_author_wants() -> None:
    extend = Extend()
    poller = Poller(extend)
    waits(poller, UNLISTED, extend.run("bpr_1"), ceiling=2.0)
    poller.run(START + HOUR)
    times = [when for when, _ in extend.asked]
    assert max(after - before for before, after in itertools.pairwise(times)) <= 2.0 + 0.1


def test_many_runs_of_a_listable_kind_cost_a_page_now_and_then() -> None:
    extend = Extend()
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 3 + n * 0.06)) for n in range(1000)]
    poller.run(START + 70)
    assert {wait.event for wait in everybody} == {"ended"}
    one_by_one_each_5_s = sum(math.ceil((wait.over_at - START) / 5) for wait in everybody)
    assert len(extend.asked) * 50 <= one_by_one_each_5_s
    late = [wait.over_at - extend.ends[f"exr_{n}"] for n, wait in enumerate(everybody)]
    assert statistics.median(late) < 2.5


def test_the_limit_of_the_account_is_never_passed_and_everybody_has_a_turn() -> None:
    extend = Extend()
    poller = Poller(extend, together=1)
    for number in range(1000):
        waits(poller, UNLISTED, extend.run(f"bpr_{number}"))
    alone = waits(poller, "form_detection_run", extend.run("fdr_1", START + 300))
    poller.run(START + 600)
    assert in_any_second(extend) <= 10
    assert alone.over_at < START + 335, "a lane with one run does not stand behind one with a thousand"


def test_runs_that_cannot_be_listed_are_all_read_in_turn() -> None:
    extend = Extend()
    poller = Poller(extend)
    reads: collections.Counter[str] = collections.Counter()
    really = extend.read
    extend.read = lambda kind, run_id, now: (reads.update([run_id]), really(kind, run_id, now))[1]  # type: ignore[method-assign]
    for number in range(500):
        waits(poller, UNLISTED, extend.run(f"bpr_{number}"))
    poller.run(START + 1000)
    assert len(reads) == 500
    assert max(reads.values()) <= min(reads.values()) + 2


def test_ten_thousand_runs_and_two_hours_take_seconds_and_no_end_is_missed() -> None:
    began = time.process_time()
    extend = Extend()
    poller = Poller(extend)
    everybody = []
    for number in range(10_000):
        ends = START + 10 + number * 0.7
        everybody.append(waits(poller, LISTED, extend.run(f"exr_{number}", ends)))
    poller.run(START + 2 * HOUR)
    assert {wait.event for wait in everybody} == {"ended"}
    late = [wait.over_at - extend.ends[f"exr_{n}"] for n, wait in enumerate(everybody)]
    assert max(late) < 40
    assert len(extend.asked) < 12_000, "less than two requests for a run, however long it was waited for"
    assert not poller.schedule.busy
    assert time.process_time() - began < 30


# What a list says, and what it does not


@pytest.mark.parametrize("lag", [0.0, 3.0, 20.0, 44.0])
def test_a_change_that_shows_late_is_seen_soon_after_it_shows(lag) -> None:
    extend = Extend(lag=lag)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 100 + n)) for n in range(300)]
    poller.run(START + 600)
    late = [wait.over_at - extend.ends[f"exr_{n}"] - lag for n, wait in enumerate(everybody)]
    assert {wait.event for wait in everybody} == {"ended"}
    assert max(late) < 75


def test_an_end_that_no_list_shows_is_found_by_reading() -> None:
    extend = Extend(forgets={"exr_3"})
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 30)) for n in range(20)]
    poller.run(START + HOUR)
    assert {wait.event for wait in everybody} == {"ended"}
    assert everybody[3].over_at < START + 300


@pytest.mark.parametrize("forgotten", [3, 20, 1000])
def test_ends_that_the_list_does_not_show_are_found_and_hold_nobody_else_up(forgotten) -> None:
    extend = Extend(forgets={f"exr_{n}" for n in range(forgotten)})
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 30 + n)) for n in range(1000)]
    poller.run(START + HOUR)
    assert {wait.event for wait in everybody} == {"ended"}
    late = [wait.over_at - extend.ends[f"exr_{n}"] for n, wait in enumerate(everybody)]
    assert max(late[:forgotten]) < 1000, "one in five seconds is read, and all once an end was missed"
    assert max(late[forgotten:], default=0) < 75


def test_who_waits_past_a_review_puts_no_list_in_doubt() -> None:
    extend = Extend()
    poller = Poller(extend)
    for n in range(300):
        run_id = extend.run(f"wfr_{n}", START, status="NEEDS_REVIEW")
        waits(poller, "workflow_run", run_id, past=frozenset({"needs_review"}))
    poller.run(START + 20)
    extend.asked.clear()
    poller.run(START + 620)
    assert counts(extend)["read"] <= 0.02 * poller.rate * 660


def test_a_last_look_that_could_not_be_asked_is_asked_again() -> None:
    extend = Extend()
    poller = Poller(extend)
    for number in range(500):
        waits(poller, UNLISTED, extend.run(f"bpr_{number}"))
    wait = waits(poller, UNLISTED, extend.run("bpr_x", START + 100), deadline=START + 100.1)
    poller.run(START + 100.05)
    poller.schedule.expire(START + 100.2)
    last = next(
        ask
        for ask in iter(lambda: poller.schedule.asks(START + 100.2, 1)[0], None)
        if ask.target in wait.left
    )
    poller.schedule.again(last)
    poller.now = START + 100.3
    poller.run(START + 103)
    assert (wait.event, wait.over_at < START + 102) == ("ended", True)


def test_a_page_and_a_last_look_come_alone_and_reads_with_those_of_their_kind() -> None:
    extend = Extend()
    poller = Poller(extend)
    for kind in (UNLISTED, "form_detection_run"):
        for number in range(50):
            waits(poller, kind, extend.run(f"{kind}_{number}"))
    for number in range(3):
        waits(poller, LISTED, extend.run(f"exr_{number}"))
    seen: list[list[Read | Page]] = []
    really = poller.schedule.asks
    poller.schedule.asks = lambda now, most: (seen.append(really(now, most)), seen[-1])[1]  # type: ignore[method-assign]
    waits(poller, UNLISTED, extend.run("bpr_late"), deadline=START + 30)
    poller.run(START + 60)
    asked = [asks for asks in seen if asks]
    for asks in asked:
        assert (
            len({ask.target.kind for ask in asks if isinstance(ask, Read)} | {type(ask) for ask in asks}) <= 2
        )
        assert len(asks) == 1 or not any(isinstance(ask, Page) for ask in asks)
    assert max(map(len, asked)) == poller.together
    [last] = [
        asks for asks in asked if any(isinstance(a, Read) and a.target.run_id == "bpr_late" for a in asks)
    ][-1]
    assert last.began >= START + 30


def test_a_list_that_shows_ends_late_is_believed() -> None:
    extend = Extend(lag=40)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 200 + n)) for n in range(1000)]
    poller.run(START + HOUR)
    assert {wait.event for wait in everybody} == {"ended"}
    first_looks, now_and_then = 40, 0.02 * poller.rate * (1200 + 60)
    assert counts(extend)["read"] <= first_looks + now_and_then


def test_whoever_waits_for_what_others_wait_for_gets_a_look_too() -> None:
    extend = Extend()
    poller = Poller(extend)
    extend.foreign(2, START + 2 * HOUR)
    for number in range(1000):
        waits(poller, LISTED, extend.run(f"exr_{number}"))
    poller.run(START + HOUR)
    read: list[str] = []
    really = extend.read
    extend.read = lambda kind, run_id, now: (read.append(run_id), really(kind, run_id, now))[1]  # type: ignore[method-assign]
    waits(poller, LISTED, "exr_777")
    poller.run(START + HOUR + 5)
    assert "exr_777" in read


def test_a_run_that_no_page_shows_does_not_stand_behind_those_that_pages_have_shown() -> None:
    extend = Extend()
    poller = Poller(extend)
    extend.foreign(2, START + 3 * HOUR)
    for number in range(1000):
        waits(poller, LISTED, extend.run(f"exr_{number}"))
    poller.run(START + 2 * HOUR)
    long_ago = waits(poller, LISTED, extend.run("exr_old", START - 8000, made=START - 9000))
    poller.run(START + 2 * HOUR + 120)
    assert (long_ago.event, long_ago.over_at - START - 2 * HOUR < 10) == ("ended", True)


def test_however_slow_pages_are_there_is_time_for_reads() -> None:
    extend = Extend()
    poller = Poller(extend, latency=0.5)
    extend.foreign(20, START + 700)
    for number in range(100):
        waits(poller, LISTED, extend.run(f"exr_{number}"))
    poller.run(START + 100)
    long_ago = waits(poller, LISTED, extend.run("exr_old", START - 8000, made=START - 9000))
    for number in range(300):  # one newcomer after the other, each of whom wants a scan
        waits(poller, LISTED, extend.run(f"exr_new_{number}", made=poller.now))
        poller.run(poller.now + 0.8)
    assert (long_ago.event, long_ago.over_at - START - 100 < 30) == ("ended", True)


@pytest.mark.parametrize("together", [1, 5])
def test_last_looks_get_every_other_turn_beside_a_kind_that_takes_all(together) -> None:
    extend = Extend()
    poller = Poller(extend, together=together, at_once=15)
    for number in range(500):
        waits(poller, UNLISTED, extend.run(f"bpr_{number}"))
    ids = [extend.run(f"fdr_{number}", START + 999.9) for number in range(60)]
    everybody = [waits(poller, "form_detection_run", run_id, deadline=START + 1000) for run_id in ids]
    poller.run(START + 1030)
    assert {wait.event for wait in everybody} == {"ended"}


def test_runs_that_had_ended_long_before_are_found_without_waiting_for_a_change() -> None:
    extend = Extend()
    poller = Poller(extend)
    everybody = [extend.run(f"exr_{n}", START - 5000 + n, made=START - 9000) for n in range(1000)]
    callers = [waits(poller, LISTED, run_id) for run_id in everybody]
    poller.run(START + 60)
    assert {wait.event for wait in callers} == {"ended"}
    assert len(extend.asked) <= 20, "old pages are turned as long as they show somebody new"


def test_old_runs_among_those_of_others_are_read_one_by_one() -> None:
    extend = Extend()
    extend.changes = sorted((START - 4000 + n * 0.01, f"foreign_{n}") for n in range(390_000))
    poller = Poller(extend)
    callers = [
        waits(poller, LISTED, extend.run(f"exr_{n}", START - 5000, made=START - 9000)) for n in range(5)
    ]
    poller.run(START + 60)
    assert {wait.event for wait in callers} == {"ended"}


def test_where_others_change_much_more_than_is_waited_for_each_run_is_read() -> None:
    extend = Extend()
    extend.foreign(100, START + 400)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 200 + n)) for n in range(5)]
    poller.run(START + 400)
    assert {wait.event for wait in everybody} == {"ended"}
    assert counts(extend)["list"] < counts(extend)["read"]
    assert max(wait.over_at - extend.ends[f"exr_{n}"] for n, wait in enumerate(everybody)) < 15


@pytest.mark.parametrize("page", [10, 33, 100])
def test_whatever_page_comes_is_used(page) -> None:
    extend = Extend(page=page)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 10 + n * 0.2)) for n in range(500)]
    poller.run(START + 300)
    assert {wait.event for wait in everybody} == {"ended"}
    assert counts(extend)["read"] <= poller.now - START + 5, "a tenth of what the smallest plan allows"


def test_small_pages_are_turned_as_fast_as_the_account_allows() -> None:
    late = {}
    for rate in (10.0, 75.0):
        extend = Extend(page=10)
        poller = Poller(extend, rate=rate, latency=0.01)
        everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 100 + n / 20)) for n in range(2000)]
        poller.run(START + 900)
        assert {wait.event for wait in everybody} == {"ended"}
        late[rate] = statistics.median(
            wait.over_at - extend.ends[f"exr_{n}"] for n, wait in enumerate(everybody)
        )
    assert 2 * late[75.0] < late[10.0]


def test_a_list_that_does_not_say_what_changed_last_is_left_alone() -> None:
    extend = Extend()
    really = extend.list

    def shuffled(query, now):
        rows, following = really(query, now)
        return rows[::-1], following

    extend.list = shuffled  # type: ignore[method-assign]
    poller = Poller(extend)
    ids = [extend.run(f"exr_{n}", START + 20 + n, made=START - n) for n in range(20)]
    everybody = [waits(poller, LISTED, run_id) for run_id in ids]
    poller.run(START + 300)
    assert {wait.event for wait in everybody} == {"ended"}
    assert counts(extend)["list"] == 1


@pytest.mark.parametrize(
    "error", [ExtendAPIError("no", status=403), ExtendNotFound("no", status=404), ExtendInputError("no")]
)
def test_a_list_that_is_refused_costs_nobody_anything(error) -> None:
    extend = Extend(trouble=lambda ask, now: error if isinstance(ask, Page) else None)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 20 + n)) for n in range(20)]
    poller.run(START + 300)
    assert {wait.event for wait in everybody} == {"ended"}
    assert counts(extend)["trouble"] == 1


def test_a_page_that_fails_begins_the_scan_anew() -> None:
    failed = []

    def trouble(ask, now):
        if isinstance(ask, Page) and ask.scan.token and len(failed) < 3:
            failed.append(now)
            return ExtendServerError("no", status=500, retryable=True)
        return None

    extend = Extend(page=10, trouble=trouble)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 20 + n * 0.1)) for n in range(100)]
    poller.run(START + 300)
    assert {wait.event for wait in everybody} == {"ended"}
    assert len(failed) == 3


def test_a_scan_ends_at_the_last_page_and_never_goes_in_a_circle() -> None:
    extend = Extend(page=10)
    really = extend.list
    extend.list = lambda query, now: (really(query | {"nextPageToken": None}, now)[0], "again")  # type: ignore[method-assign]
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 20)) for n in range(50)]
    poller.run(START + 200)
    assert {wait.event for wait in everybody} == {"ended"}


def test_parse_runs_of_one_batch_are_listed_by_it_and_others_are_read() -> None:
    extend = Extend()
    poller = Poller(extend)
    members = [waits(poller, "parse_run", extend.run(f"pr_{n}", START + 60 + n)) for n in range(50)]
    extend.batches = {f"pr_{n}": "bpar_1" for n in range(50)}
    alone = waits(poller, "parse_run", extend.run("pr_alone", START + 100))
    poller.run(START + 300)
    assert {wait.event for wait in [*members, alone]} == {"ended"}
    assert counts(extend)["list"] > 10
    assert counts(extend)["read"] < 200


@pytest.mark.parametrize(
    ("version", "lists"), [("2024-12-23", False), ("2025-04-21", True), ("2026-02-09", True)]
)
def test_what_can_be_listed_is_the_versions_business(version, lists) -> None:
    extend = Extend(version=version)
    poller = Poller(extend)
    everybody = [waits(poller, "processor_run", extend.run(f"dpr_{n}", START + 20)) for n in range(5)]
    poller.run(START + 100)
    assert {wait.event for wait in everybody} == {"ended"}
    assert (counts(extend)["list"] > 0) is lists


def test_a_connection_that_changes_its_version_is_followed() -> None:
    extend = Extend()
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 200)) for n in range(20)]
    poller.run(START + 60)
    assert counts(extend)["list"] > 0
    extend.asked.clear()
    poller.schedule.speaks("2025-04-21", poller.rate)
    poller.run(START + 400)
    assert {wait.event for wait in everybody} == {"ended"}
    assert counts(extend)["list"] <= 1, "one was on its way"


# What ends a wait


@pytest.mark.parametrize(
    "status", ["PROCESSED", "FAILED", "CANCELLED", "REVIEWED", "REJECTED", "NEEDS_REVIEW"]
)
@pytest.mark.parametrize("many", [1, 3])
def test_any_end_of_a_run_ends_the_wait(status, many) -> None:
    extend = Extend()
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 5, status=status)) for n in range(many)]
    poller.run(START + 60)
    assert [wait.event for wait in everybody] == ["ended"] * many
    assert everybody[0].statuses == {"exr_0": status}
    assert everybody[0].ended == ["exr_0"]


@pytest.mark.parametrize("many", [1, 3])
def test_an_outcome_that_a_person_may_change_is_waited_past_where_that_is_wanted(many) -> None:
    extend = Extend()
    poller = Poller(extend)
    ids = [extend.run(f"wfr_{n}", START + 5, status="NEEDS_REVIEW") for n in range(many)]
    patient = [waits(poller, "workflow_run", run_id, past=frozenset({"needs_review"})) for run_id in ids]
    hasty = waits(poller, "workflow_run", ids[0])
    poller.run(START + 60)
    assert hasty.event == "ended"
    assert {wait.event for wait in patient} == {None}
    assert patient[0].statuses == {ids[0]: "NEEDS_REVIEW"}


@pytest.mark.parametrize("status", ["PENDING", "CANCELLING", "REWINDING", "SUCCESS", "processed"])
def test_a_status_that_is_no_end_or_not_known_is_waited_on_and_said_once(status) -> None:
    extend = Extend()
    poller = Poller(extend)
    wait = waits(poller, UNLISTED, extend.run("bpr_1", START, status=status), deadline=START + 100)
    poller.run(START + 200)
    assert wait.event == "timeout"
    said = [words for _, words in wait.notes]
    known = status in ("PENDING", "CANCELLING")
    assert said == ([] if known else [f"Unknown status {status!r} of {UNLISTED} bpr_1: waiting on."])


@pytest.mark.parametrize("seconds", [0.5, 7.0, 333.0])
def test_at_its_deadline_a_run_is_looked_at_once_more(seconds) -> None:
    extend = Extend()
    poller = Poller(extend)
    wait = waits(poller, UNLISTED, extend.run("bpr_1"), deadline=START + seconds)
    poller.run(START + 1000)
    assert wait.event == "timeout"
    assert START + seconds <= extend.asked[-1][0] <= wait.over_at < START + seconds + 1


@pytest.mark.parametrize("past", [10.0, -10.0])
def test_a_run_that_has_ended_by_its_deadline_has_ended(past) -> None:
    extend = Extend()
    poller = Poller(extend)
    others = [waits(poller, UNLISTED, extend.run(f"bpr_{n}")) for n in range(200)]
    wait = waits(poller, UNLISTED, extend.run("bpr_x", START + past), deadline=START + past)
    poller.run(START + 60)
    assert wait.event == "ended"
    assert {other.event for other in others} == {None}


def test_a_last_look_that_is_not_answered_holds_nobody_back_for_long() -> None:
    gone = ExtendConnectionError("no answer", sent=True)
    extend = Extend(trouble=lambda ask, now: gone if now > START + 50 else None)
    poller = Poller(extend)
    everybody = [waits(poller, UNLISTED, extend.run(f"bpr_{n}"), deadline=START + 60) for n in range(200)]
    poller.run(START + 200)
    assert {wait.event for wait in everybody} == {"timeout"}
    assert max(wait.over_at for wait in everybody) <= START + 60 + 15.1


def test_a_server_that_asks_for_patience_is_left_alone_by_everybody_and_deadlines_hold() -> None:
    told = []

    def trouble(ask, now):
        if not told and now > START + 10:
            told.append(now)
            return ExtendRateLimited("no", status=429, retryable=True, retry_after=120.0)
        return None

    extend = Extend(trouble=trouble)
    poller = Poller(extend)
    for number in range(50):
        waits(poller, UNLISTED, extend.run(f"bpr_{number}"))
    soon = waits(poller, UNLISTED, extend.run("bpr_soon"), deadline=START + 40)
    poller.run(START + 300)
    again = min(when for when, _ in extend.asked if when > told[0] + 1)
    assert again >= told[0] + 120
    assert (soon.event, soon.over_at) == ("timeout", pytest.approx(START + 55, abs=0.1))


@pytest.mark.parametrize(
    "error",
    [
        ExtendServerError("no", status=500, retryable=True),
        ExtendConnectionError("no", sent=True),
        ExtendConnectionError("no", sent=False),
        ExtendRateLimited("no", status=429, retryable=True),
    ],
    ids=repr,
)
@pytest.mark.parametrize("many", [1, 50])
def test_trouble_that_may_pass_is_waited_out_however_long_it_takes(error, many) -> None:
    extend = Extend(trouble=lambda ask, now: error if START + 5 < now < START + HOUR else None)
    poller = Poller(extend)
    everybody = [waits(poller, LISTED, extend.run(f"exr_{n}", START + 60)) for n in range(many)]
    poller.run(START + HOUR + 120)
    assert {wait.event for wait in everybody} == {"ended"}
    asked_in_vain = counts(extend)["trouble"]
    assert asked_in_vain < 600, "all of them together ask no more than one would"
    assert len(everybody[0].notes) <= 12


@pytest.mark.parametrize(
    ("error", "looks"),
    [
        (ExtendUnauthorized("no", status=401), 3),
        (ExtendAPIError("no", status=403), 3),
        (ExtendNotFound("no", status=404), 3),
        (ExtendInputError("no"), 1),
    ],
    ids=repr,
)
def test_what_waiting_does_not_mend_ends_the_wait_after_a_few_refusals(error, looks) -> None:
    extend = Extend(trouble=lambda ask, now: error if now > START + 10 else None)
    poller = Poller(extend)
    wait = waits(poller, UNLISTED, extend.run("bpr_1"))
    poller.run(START + HOUR)
    assert wait.event == "error"
    assert counts(extend)["trouble"] == looks
    assert [words for level, words in wait.notes if level == 40] == [
        f"{UNLISTED} bpr_1 cannot be read: {error}"
    ]


def test_a_refusal_that_is_taken_back_counts_for_nothing() -> None:
    extend = Extend()
    poller = Poller(extend)
    turns = iter(range(10**6))
    extend.trouble = lambda ask, now: ExtendAPIError("no", status=403) if next(turns) % 3 else None
    wait = waits(poller, UNLISTED, extend.run("bpr_1", START + 300))
    poller.run(START + HOUR)
    assert wait.event == "ended"


def test_a_run_that_is_not_to_be_found_yet_is_given_half_a_minute() -> None:
    extend = Extend()
    poller = Poller(extend)
    young, never = waits(poller, UNLISTED, "bpr_young"), waits(poller, UNLISTED, "bpr_never")
    poller.run(START + 20)
    extend.run("bpr_young", START + 50)
    poller.run(START + 100)
    assert (young.event, never.event) == ("ended", "error")
    assert 30 < never.over_at - START < 60


def test_one_run_that_cannot_be_read_is_no_trouble_of_the_others() -> None:
    bad = ExtendServerError("no", status=500, retryable=True)
    extend = Extend(
        trouble=lambda ask, now: bad if isinstance(ask, Read) and ask.target.run_id == "bpr_0" else None
    )
    poller = Poller(extend)
    everybody = [waits(poller, UNLISTED, extend.run(f"bpr_{n}", START + 60)) for n in range(10)]
    poller.run(START + 120)
    assert [wait.event for wait in everybody] == [None] + ["ended"] * 9


def test_nothing_can_be_asked_at_all() -> None:
    extend = Extend()
    poller = Poller(extend)
    one, other = (
        waits(poller, UNLISTED, extend.run("bpr_1")),
        waits(poller, LISTED, extend.run("exr_1"), extend.run("exr_2")),
    )
    poller.schedule.fail("no key")
    assert (one.event, other.event, one.notes) == ("error", "error", [(40, "no key")])
    assert not poller.schedule.busy


# Who waits


def test_waits_for_the_same_run_share_its_looks_and_end_together() -> None:
    extend = Extend()
    poller = Poller(extend)
    run_id = extend.run("bpr_1", START + 100)
    everybody = [waits(poller, UNLISTED, run_id) for _ in range(50)]
    poller.run(START + 200)
    assert {wait.event for wait in everybody} == {"ended"}
    assert len({wait.over_at for wait in everybody}) == 1
    assert len(extend.asked) < 80


def test_a_newcomer_gets_a_look_at_once() -> None:
    extend = Extend()
    poller = Poller(extend)
    for number in range(100):
        waits(poller, LISTED, extend.run(f"exr_{number}"))
    poller.run(START + 900)
    made_long_ago = extend.run("exr_late", START + 100, made=START + 1)
    late = waits(poller, LISTED, made_long_ago)
    poller.run(START + 960)
    assert late.event == "ended"
    assert late.over_at < START + 905


def test_whoever_goes_leaves_the_others_and_nothing_behind() -> None:
    extend = Extend()
    poller = Poller(extend)
    going = [waits(poller, LISTED, extend.run(f"exr_{n}")) for n in range(500)]
    staying = waits(poller, LISTED, "exr_0")
    poller.run(START + 10)
    for wait in going:
        poller.schedule.drop(wait)
    poller.run(START + 1000)
    assert staying.event is None
    assert poller.schedule.busy
    poller.schedule.drop(staying)
    assert not poller.schedule.busy
    assert poller.schedule.next_at() == math.inf or not poller.schedule.asks(poller.now, 1)


def test_waits_that_are_over_are_not_kept_until_their_deadlines() -> None:
    extend = Extend()
    poller = Poller(extend)
    for number in range(2000):
        waits(poller, UNLISTED, extend.run(f"bpr_{number}", START), deadline=START + 1e6)
        poller.run(poller.now + 1)
    assert not poller.schedule.busy
    assert len(poller.schedule._deadlines) < 300


@pytest.mark.parametrize("many", [2, 300])
def test_one_wait_may_be_for_many_runs(many) -> None:
    extend = Extend()
    poller = Poller(extend)
    ids = [extend.run(f"exr_{n}", START + 10 + n * 0.1) for n in range(many)]
    every = waits(poller, LISTED, *ids, ids[0])
    first = waits(poller, LISTED, *ids, first=True)
    poller.run(START + 100)
    assert (every.event, first.event) == ("ended", "ended")
    assert sorted(every.ended) == sorted(ids)
    assert len(first.ended) == 1
    assert every.over_at >= max(extend.ends.values())
    assert first.over_at < START + 15


@pytest.mark.parametrize("many", [2, 300])
def test_one_wait_for_many_ends_at_its_deadline_with_what_was_seen(many) -> None:
    extend = Extend()
    poller = Poller(extend)
    ids = [extend.run(f"exr_{n}", START + 10 if n else math.inf) for n in range(many)]
    wait = waits(poller, LISTED, *ids, deadline=START + 60)
    poller.run(START + 100)
    assert wait.event == "timeout"
    assert sorted(wait.ended) == sorted(ids[1:])
    assert START + 60 <= wait.over_at <= START + 75.1


def test_one_wait_for_many_says_error_when_the_others_have_ended() -> None:
    extend = Extend()
    poller = Poller(extend)
    ids = [extend.run(f"bpr_{n}", START + 100) for n in range(5)]
    wait = waits(poller, UNLISTED, *ids, "bpr_unknown")
    poller.run(START + 300)
    assert wait.event == "error"
    assert sorted(wait.ended) == ids
    assert wait.over_at > START + 100


def test_who_comes_when_the_others_have_waited_for_long_is_not_held_up_by_their_interval() -> None:
    extend = Extend()
    poller = Poller(extend)
    for number in range(200):
        waits(poller, LISTED, extend.run(f"exr_{number}"))
    late: list[float] = []
    for day in range(1, 11):
        came = START + day * HOUR
        poller.run(came)
        ids = [extend.run(f"exr_{day}_{n}", came + 3, made=came - 1) for n in range(40)]
        everybody = [waits(poller, LISTED, run_id) for run_id in ids]
        poller.run(came + 60)
        late += [wait.over_at - came - 3 for wait in everybody]
    assert statistics.median(late) < 1.5
    assert max(late) < 3


def test_newcomers_one_after_the_other_do_not_scan_more_than_each_second_or_so() -> None:
    extend = Extend()
    scans = []
    extend.trouble = lambda ask, now: (
        scans.append(now) if isinstance(ask, Page) and not ask.scan.token else None
    )
    poller = Poller(extend)
    for number in range(600):
        waits(poller, LISTED, extend.run(f"exr_{number}", made=START + number / 10))
        poller.run(START + number / 10)
    assert 30 < len(scans) <= 60 / 0.75


def test_runs_that_have_ended_when_many_deadlines_pass_at_once_are_found_by_list() -> None:
    extend = Extend()
    poller = Poller(extend)
    ids = [extend.run(f"exr_{n}", START + 99.9) for n in range(1000)]
    everybody = [waits(poller, LISTED, run_id, deadline=START + 100) for run_id in ids]
    poller.run(START + 200)
    assert {wait.event for wait in everybody} == {"ended"}
    assert max(wait.over_at for wait in everybody) < START + 110


def test_how_many_runs_a_batch_has_is_taken_from_whoever_knows() -> None:
    poller = Poller(Extend())
    waits(poller, "workflow_batch", "batch_1")
    waits(poller, "workflow_batch", "batch_1", members=7)
    waits(poller, "workflow_batch", "batch_1")
    [ask] = poller.schedule.asks(poller.now, 1)
    assert isinstance(ask, Read)
    assert ask.target.members == 7
