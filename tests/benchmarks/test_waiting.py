"""Rows of the waiting: which there are, what is made of a measurement, and one from end to end."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import results, sides, waiting
from benchmarks.waiting import FULL, QUICK, Row

WAITER = {
    "since": 1000.0,
    "until": 1060.0,
    "cpu": 1.2,
    "started": 1024,
    "resident_before": 100 * 2**20,
    "resident_waiting": 101 * 2**20,
    "resident_most": 120 * 2**20,
    "lag": {"p50": 0.001, "p99": 0.004, "most": 0.02},
    "seen": {"a": 1003.0, "b": 1012.0, "c": 1061.0},
    "failures": {"RuntimeError: no": 2},
}
REPORT = {
    "requests": {"extract_runs list": 40, "extract_runs": 20},
    "busiest": 9,
    "most_connections": 3,
    "ends": {"a": 1001.0, "b": 1002.0, "c": 1059.0, "d": 1030.0, "later": 1061.0},
}


def test_the_numbers_of_a_row():
    found = waiting.summary(Row("extend", 1024), WAITER, REPORT)
    assert found == {
        "seconds": 60.0,
        "cpu_seconds": 1.2,
        "core_percent": 2.0,
        "requests": 60,
        "wanted": None,
        "list_pages": 40,
        "single_reads": 20,
        "busiest_second": 9,
        "most_connections": 3,
        "cpu_ms_per_request": 20.0,
        "waiter_kb": 1.0,
        "most_mb": 120.0,
        "lag_ms": {"p50": 1.0, "p99": 4.0, "most": 20.0},
        "started": 1024,
        "ended": 4,
        "seen": 3,
        # b after 10 s, a and c after 2 s, d never
        "latency_s": {"p50": 10.0, "p99": None},
        "failures": {"RuntimeError: no": 2},
    }


def test_without_requests_and_ends_there_is_no_ratio_and_no_latency():
    report = {"requests": {}, "busiest": 0, "most_connections": 1, "ends": {}}
    found = waiting.summary(Row("nobody", 10), WAITER, report)
    assert found["cpu_ms_per_request"] is None
    assert found["latency_s"] == {"p50": None, "p99": None}


@pytest.mark.parametrize(
    ("side", "ends", "wanted"),
    [
        ("dbt-cloud", [], 12 * 100),
        ("http", [0.0] * 50, 12 * 50 + 50),  # each of those is looked at once more
        ("extend", [], None),
    ],
)
def test_what_a_side_of_fixed_intervals_wants_to_ask(side, ends, wanted):
    found = waiting.wanted(Row(side, 100), ends, 60.0)
    assert found == (None if wanted is None else pytest.approx(wanted, rel=0.1))


def test_the_sdk_asks_less_and_less():
    wanted = [waiting.wanted(Row("sdk", 100), [], seconds) for seconds in (10.0, 20.0, 40.0, 60.0)]
    assert wanted[0] == 1000
    assert wanted[1] == 2000
    assert wanted[3] - wanted[2] < 1000


@pytest.mark.parametrize("rows", [FULL, QUICK], ids=["full", "quick"])
def test_each_row_has_a_name_of_its_own_and_a_side_that_there_is(rows):
    assert [name for name, count in Counter(row.name for row in rows).items() if count > 1] == []
    assert {row.side for row in rows} == set(sides.SIDES)
    own = [row for row in rows if row.side == "extend"]
    for runs in {row.runs for row in own}:  # each is compared with peers of as many runs
        assert {row.side for row in rows if row.runs == runs} == set(sides.SIDES)


def test_the_full_plan_takes_forty_minutes_or_so():
    seconds = sum(row.seconds + 18 for row in FULL)
    assert seconds < 42 * 60
    assert {row.runs for row in FULL} == {50, 100, 375, 1_000, 10_000}
    assert {(row.pages, row.others > 0) for row in FULL if row.side == "extend" and row.runs == 1_000} == {
        (100, False),
        (10, False),
        (100, True),
        (10, True),
    }


def test_rows_are_chosen_by_name_and_from_one_on():
    names = [row.name for row in FULL]
    assert [row.name for row in waiting.chosen(FULL, ["http-*"], None)] == [
        n for n in names if n.startswith("http-")
    ]
    assert [row.name for row in waiting.chosen(FULL, [], names[5])] == names[5:]
    assert waiting.chosen(FULL, ["dbt-cloud-100"], names[-1]) == []


def test_a_row_that_is_measured_again_takes_its_own_place(tmp_path):
    for rows in (
        [{"name": "a", "x": 1}, {"name": "b", "x": 1}],
        [{"name": "c", "x": 1}],
        [{"name": "a", "x": 2}],
    ):
        results.put(tmp_path, "waiting", rows)
    found = results.load(tmp_path, "waiting")
    assert found["rows"] == [{"name": "a", "x": 2}, {"name": "b", "x": 1}, {"name": "c", "x": 1}]
    assert found["machine"]["processors"] >= 1
    assert "apache-airflow" in found["machine"]["versions"]


@pytest.mark.slow
def test_twenty_runs_are_waited_for_in_a_process_of_its_own():
    row = waiting.measure(Row("extend", 20, others=5.0, rate=30.0, seconds=3.0))
    assert "failed" not in row, row
    one = row["measured"]
    assert one["failures"] == {}
    assert one["started"] == 20
    assert one["seen"] == one["ended"] == 7
    assert 0 < one["requests"] <= 30 * 3 + 1
    assert one["list_pages"] + one["single_reads"] == one["requests"]
    assert one["most_connections"] <= 6  # four threads, the control, and nothing for each run
    assert one["cpu_seconds"] < one["seconds"]


@pytest.mark.slow
def test_a_process_that_fails_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setattr(waiting, "environment", lambda: {"PATH": "", "AIRFLOW_HOME": "/proc/none"})
    row = waiting.measure(Row("extend", 1, seconds=0.1))
    assert row["failed"]
    assert "measured" not in row
    assert row["name"] == "extend-1-extract_run-p100-o0-r10"
