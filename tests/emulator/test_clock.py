"""How fast time runs, and what is counted by it: runs, lists, limits, the files per minute."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.timeline import Clock

CONFIG = {"schema": {"properties": {"number": {"type": "string", "description": 'The "Invoice No"'}}}}


def test_a_timeline_keeps_what_has_happened(monkeypatch) -> None:
    line, now = Clock(), 1000.0
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
    again = Clock()
    again.restore(line.anchors)
    assert [again.seconds(at) for at in (999.0, 1005.0, 1012.0)] == [999.0, 1300.0, 1601.0]
    again.restore([])
    assert again.seconds(5.0) == 5.0


def test_each_emulator_has_a_clock_of_its_own(tmp_path) -> None:
    fast, slow = State(tmp_path / "fast", "sk_x"), State(tmp_path / "slow", "sk_x")
    began = time.time()
    fast.change_settings({"clock_speed": 1000})
    assert (fast.clock.after(began + 10, 5), slow.clock.after(began + 10, 5)) == (began + 10.005, began + 15)
    again = State(tmp_path / "fast", "sk_x")
    assert again.clock.anchors == fast.clock.anchors  # and it outlives a restart
    for state in (fast, slow, again):
        state.store.close()


def test_what_has_ended_is_shown_anew_when_it_is_changed() -> None:
    clock, now = Clock(), time.time()
    run = {"id": "r", "startedAt": now - 9, "runSeconds": 1.0, "ending": "PROCESSED", "createdAt": "2026"}
    first = clock.as_of_now([(1, run)])
    assert first == clock.as_of_now([(1, run)]) == [(1, run | clock.progress(run))]
    assert clock.as_of_now([(1, run)])[0][1] is first[0][1]  # found once
    forced = run | {"forced": {"status": "FAILED", "at": "2027"}}
    assert [row["status"] for _, row in clock.as_of_now([(1, forced), (1, run)])] == ["FAILED", "PROCESSED"]


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

    runs = [start() for _ in range(4)]
    order = [*runs, start(90), start(1)]
    for run in order:
        api.until(f"/extract_runs/{run}", "PROCESSED")
    # By its own clock: how soon a test is told is the machine's business.
    shown = [api.ok("GET", f"/extract_runs/{run}") for run in order]
    made = datetime.fromisoformat(shown[0]["createdAt"])
    ends = [(datetime.fromisoformat(run["updatedAt"]) - made).total_seconds() for run in shown]
    assert [round(end) for end in ends] == [0, 0, 1, 2, 2, 1]


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


def test_what_the_minute_does_not_count_waits_for_nothing(api, pdf) -> None:
    api.control("POST", "/settings", {"files_per_minute": 1, "run_seconds": 0})
    file = {"id": api.upload(pdf(["Name: "]), "form.pdf")}
    for path in ("verify_runs", "form_detection_runs"):
        for run in [api.ok("POST", f"/{path}", json={"file": file})["id"] for _ in range(2)]:
            assert api.ok("GET", f"/{path}/{run}")["status"] == "PROCESSED"
    first, second = (api.ok("POST", "/parse_runs", json={"file": file})["id"] for _ in range(2))
    assert api.ok("GET", f"/parse_runs/{first}")["status"] == "PROCESSED"
    assert api.ok("GET", f"/parse_runs/{second}")["status"] == "PROCESSING"


def test_a_batch_of_parse_runs_has_a_priority(api) -> None:
    api.control("POST", "/settings", {"files_per_minute": 1, "clock_speed": 60, "run_seconds": 0})

    def batch(priority: int) -> str:
        body = {"inputs": [{"file": {"text": "x"}}], "priority": priority}
        return str(api.ok("POST", "/parse_runs/batch", json=body)["id"])

    batch(50)
    late, urgent = batch(90), batch(1)
    while (statuses := [api.ok("GET", f"/batch_runs/{one}")["status"] for one in (late, urgent)])[
        1
    ] == "PENDING":
        time.sleep(0.02)
    assert statuses == ["PENDING", "PROCESSED"]
    wrong = {"inputs": [{"file": {"text": "x"}}], "priority": 0}
    assert api.send("POST", "/parse_runs/batch", json=wrong).status_code == 400


def test_a_thousand_members_find_their_place_at_once(api) -> None:
    api.control("POST", "/settings", {"files_per_minute": 80, "clock_speed": 1000, "run_seconds": 0})
    extractor = api.extractor(CONFIG)["id"]
    body = {"extractor": {"id": extractor}, "inputs": [{"file": {"text": "Invoice No: 1"}}] * 1000}
    began = time.monotonic()
    batch = api.ok("POST", "/extract_runs/batch", json=body, timeout=60)["id"]
    assert time.monotonic() - began < 20
    while api.ok("GET", f"/batch_runs/{batch}")["status"] != "PROCESSED":
        time.sleep(0.1)
    rows = api.ok("GET", "/extract_runs", params={"batchId": batch, "maxPageSize": 1000})["data"]
    ends = sorted(row["updatedAt"] for row in rows)
    minutes = [_seconds(end) - _seconds(ends[0]) for end in ends[::80]]
    assert minutes == pytest.approx([0.06 * at for at in range(13)], abs=0.02)


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
