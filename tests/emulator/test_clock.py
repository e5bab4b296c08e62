"""How fast time runs, and what is counted by it: runs, lists, limits, the files per minute."""

from __future__ import annotations

import time
from typing import Any

import pytest

from airflow_provider_extend.emulator.state import ApiError
from airflow_provider_extend.emulator.timeline import Timeline

CONFIG = {"schema": {"properties": {"number": {"type": "string", "description": 'The "Invoice No"'}}}}


def test_a_timeline_keeps_what_has_happened(monkeypatch) -> None:
    line, now = Timeline(), 1000.0
    monkeypatch.setattr("airflow_provider_extend.emulator.timeline.time.time", lambda: now)
    assert (line.seconds(), line.moment(1000.0), line.after(900.0, 50)) == (1000.0, 1000.0, 950.0)
    line.run_at(60)
    assert (line.seconds(1001.0), line.moment(1060.0)) == (1060.0, 1001.0)
    assert line.after(999.0, 61) == 1001.0  # a second at the old speed, and sixty at the new one
    assert line.after(1001.0, -61) == 999.0
    now = 1010.0
    line.run_at(0.5)
    assert line.since(1009.0) == 60.0
    assert line.after(1010.0, 1) == 1012.0
    assert line.after(999.0, 61) == 1001.0
    again = Timeline()
    again.restore(line.anchors)
    assert [again.seconds(at) for at in (999.0, 1005.0, 1012.0)] == [999.0, 1300.0, 1601.0]
    again.restore([])
    assert again.seconds(5.0) == 5.0


def test_a_run_goes_faster_from_when_the_clock_does(api) -> None:
    api.control("POST", "/settings", {"run_seconds": 60})
    extractor = api.extractor(CONFIG)["id"]
    body = {"extractor": {"id": extractor}, "file": {"text": "Invoice No: 1"}}
    first = api.ok("POST", "/extract_runs", json=body)
    time.sleep(0.3)
    assert api.ok("GET", f"/extract_runs/{first['id']}")["status"] == "PROCESSING"
    api.control("POST", "/settings", {"clock_speed": 100})
    began = time.monotonic()
    ended = api.until(f"/extract_runs/{first['id']}", "PROCESSED")
    assert 0.4 < time.monotonic() - began < 3
    assert first["createdAt"] < ended["updatedAt"] <= _stamp(time.time())
    second = api.ok("POST", "/extract_runs", json=body)
    api.control("POST", "/settings", {"clock_speed": 1})
    time.sleep(0.1)
    assert api.ok("GET", f"/extract_runs/{first['id']}") == ended  # what has happened stays as it was
    assert api.ok("GET", f"/extract_runs/{second['id']}")["status"] == "PROCESSING"


def _stamp(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.999Z", time.gmtime(moment))


def test_lags_and_limits_follow_the_clock(api) -> None:
    api.control("POST", "/settings", {"list_lag": 60, "clock_speed": 100})
    api.extractor(CONFIG)
    assert api.ok("GET", "/extractors")["data"] == []
    time.sleep(0.7)
    assert len(api.ok("GET", "/extractors")["data"]) == 1
    api.control("POST", "/settings", {"list_lag": 0, "rate_limits": {"GET": 1}, "clock_speed": 0.5})
    answers = []
    for _ in range(2):
        answers.append(api.send("GET", "/files").status_code)
    assert answers == [200, 429]
    api.control("POST", "/settings", {"clock_speed": 1000})
    time.sleep(0.01)
    assert [api.send("GET", "/files").status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    "wrong",
    [
        {"clock_speed": 0},
        {"clock_speed": "2"},
        {"clock_speed": True},
        {"files_per_minute": 1.5},
        {"bad_body_status": 404},
        {"rate_limits": {"GET": "x"}},
        {"rate_limits": {"PUT": 1}},
        {"rate_limits": [1]},
        {"fail_runs": {"times": -1}},
        {"fail_runs": {"often": 1}},
        {"webhook_retries": 5},
        {"webhook_retries": ["x"]},
        {"retry_after": -1},
    ],
)
def test_settings_that_are_refused(api, wrong: Any) -> None:
    with pytest.raises(ApiError):
        api.control("POST", "/settings", wrong)
    assert api.ok("GET", "/files")["data"] == []


def test_files_beyond_those_of_a_minute_wait(api) -> None:
    """A minute is a second here."""
    api.control("POST", "/settings", {"files_per_minute": 2, "clock_speed": 60, "run_seconds": 0.6})
    extractor = api.extractor(CONFIG)["id"]

    def start(priority: int | None = None) -> str:
        body = {"extractor": {"id": extractor}, "file": {"text": "Invoice No: 1"}, "priority": priority}
        return str(api.ok("POST", "/extract_runs", json=body)["id"])

    began = time.monotonic()
    runs = [start() for _ in range(4)]
    late, urgent = start(90), start(1)
    ends: dict[str, float] = {}
    while len(ends) < 6 and time.monotonic() - began < 10:
        for run in (*runs, late, urgent):
            status = api.ok("GET", f"/extract_runs/{run}")["status"]
            if run not in ends and status == "PROCESSED":
                ends[run] = time.monotonic() - began
    assert [round(ends[run]) for run in (*runs, late, urgent)] == [0, 0, 1, 2, 2, 1]


def test_a_package_counts_with_each_of_its_files(api) -> None:
    api.control("POST", "/settings", {"files_per_minute": 2, "run_seconds": 0})
    flow = api.ok("POST", "/workflows", json={"name": "W"})["id"]
    files = [{"id": api.upload(b"a", f"{n}.txt")} for n in range(2)]
    body = {"workflow": {"id": flow}, "package": {"files": files}}
    first, second = (api.ok("POST", "/workflow_runs", json=body)["id"] for _ in range(2))
    assert api.until(f"/workflow_runs/{first}", "PROCESSED")["status"] == "PROCESSED"
    assert api.ok("GET", f"/workflow_runs/{second}")["status"] == "PENDING"
    api.ok("POST", f"/workflow_runs/{second}/cancel")
    api.control("POST", "/settings", {"files_per_minute": 0})
    third = api.ok("POST", "/workflow_runs", json=body)["id"]
    assert api.until(f"/workflow_runs/{third}", "PROCESSED")["status"] == "PROCESSED"


def test_evaluations_are_not_counted(api) -> None:
    api.control("POST", "/settings", {"files_per_minute": 1})
    extractor = api.extractor(CONFIG)["id"]
    set_id = api.evaluation_set(extractor, [(b"Invoice No: 1", {"number": "1"})] * 3)
    assert [api.finished(api.run(set_id)["id"])["status"] for _ in range(2)] == ["PROCESSED"] * 2
