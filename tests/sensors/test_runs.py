"""ExtendRunsSensor: many runs, the same in each mode, whatever becomes of some of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_extend.sensors.runs import ExtendRunsSensor

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
API = "https://api.extend.ai"
MODES = ("poke", "reschedule", "deferrable")
SUCCESS, FAILED, SKIPPED = "success", "failed, not retried", "skipped"


@pytest.fixture
def sensor() -> Callable[..., ExtendRunsSensor]:
    def make(mode: str = "poke", **given: Any) -> ExtendRunsSensor:
        given = {"kind": "extract_run", "poke_interval": 0.001, "timeout": 60, **given}
        how = {"mode": "poke" if mode == "deferrable" else mode, "deferrable": mode == "deferrable"}
        return ExtendRunsSensor(task_id="wait", **how, **given)

    return make


class Wire:
    """Runs that pass through their statuses, a step at each look at one of them; the last status stays."""

    def __init__(self, requests_mock: Any, path: str = "extract_runs", **runs: list[str]) -> None:
        self.left = {run_id: list(statuses) for run_id, statuses in runs.items()}
        self.more: dict[str, Any] = {"failureReason": None, "updatedAt": "2026-05-15T12:00:00Z"}
        self.lists, self.reads = 0, 0
        requests_mock.get(re.compile(rf"{API}/{path}(\?.*)?$"), json=self._list)
        requests_mock.get(re.compile(rf"{API}/{path}/.+"), json=self._get)

    def _run(self, run_id: str) -> dict[str, Any]:
        statuses = self.left[run_id]
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        reason = {"failureReason": "CORRUPT_FILE"} if status == "FAILED" else {}
        return {"id": run_id, "status": status, "output": {"total": "5ecret"}, **self.more, **reason}

    def _list(self, request: Any, context: Any) -> Any:
        self.lists += 1
        rows = [self._run(run_id) for run_id in self.left]
        return {"object": "list", "data": rows, "processorRuns": rows}

    def _get(self, request: Any, context: Any) -> Any:
        self.reads += 1
        run_id = request.path.rpartition("/")[2]
        if run_id not in self.left:
            context.status_code = 404
            return {"code": "NOT_FOUND", "message": "No such run."}
        return self._run(run_id)


MOVES = ["PROCESSING"] * 3


# How it ends


@pytest.mark.parametrize("mode", MODES)
def test_it_ends_when_all_have_ended(requests_mock, connect, end, mode) -> None:
    connect(V26)
    Wire(requests_mock, exr_1=["PROCESSED"], exr_2=[*MOVES, "PROCESSED"], exr_3=[*MOVES, *MOVES, "PROCESSED"])
    ended = end(mode, run_ids=["exr_1", "exr_2", "exr_3"])
    assert ended.state == SUCCESS, repr(ended.error)
    assert ended.value == {
        "kind": "extract_run",
        "count": 3,
        "statuses": {"PROCESSED": 3},
        "succeeded": 3,
        "not_succeeded": [],
        "truncated": False,
    }
    assert ended.xcoms == {"manifest": ended.value}
    assert bool(ended.deferrals) == (mode == "deferrable")
    if ended.deferrals:
        kwargs = ended.deferrals[0].trigger.serialize()[1]
        assert kwargs["run_ids"] == ["exr_1", "exr_2", "exr_3"], "one trigger for all"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("on_partial", "second", "state"),
    [
        ("fail", "PROCESSED", FAILED),
        ("succeed", "PROCESSED", SUCCESS),
        ("succeed", "CANCELLED", FAILED),
    ],
)
def test_when_some_did_not_succeed(requests_mock, connect, end, mode, on_partial, second, state) -> None:
    connect(V26)
    Wire(requests_mock, exr_1=[*MOVES, "FAILED"], exr_2=["PROCESSING", second])
    ended = end(mode, run_ids=["exr_1", "exr_2"], on_partial=on_partial)
    assert ended.state == state, repr(ended.error)
    assert ended.xcoms["manifest"]["not_succeeded"][0] == ["exr_1", "FAILED", "CORRUPT_FILE"]
    if state == SUCCESS:
        assert ended.value == ended.xcoms["manifest"]
    else:
        count = 1 if second == "PROCESSED" else 2
        assert f"{count} of 2 extract runs did not succeed: exr_1 FAILED (CORRUPT_FILE)" in str(ended.error)
        assert "A retry of this task would find the same runs" in str(ended.error)
    assert "5ecret" not in json.dumps([ended.xcoms, str(ended.error)])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("flag", ["soft_fail", "never_fail"])
def test_a_failure_that_is_to_skip(requests_mock, connect, end, mode, flag) -> None:
    connect(V26)
    Wire(requests_mock, exr_1=["PROCESSING", "FAILED"], exr_2=["PROCESSED"])
    ended = end(mode, run_ids=["exr_1", "exr_2"], **{flag: True})
    assert ended.state == SKIPPED
    assert "exr_1 FAILED (CORRUPT_FILE)" in f"{ended.error} {ended.error.__cause__}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("on_partial", "state"), [("fail", FAILED), ("succeed", SUCCESS)])
def test_one_that_extend_does_not_know_keeps_nobody_from_ending(
    requests_mock, connect, end, monkeypatch, mode, on_partial, state
) -> None:
    from airflow_provider_extend.api import polling

    monkeypatch.setattr(polling, "GRACE", 0.0)
    connect(V26)
    Wire(requests_mock, exr_1=[*MOVES, "PROCESSED"])
    ended = end(mode, run_ids=["exr_1", "exr_gone"], on_partial=on_partial)
    assert ended.state == state, repr(ended.error)
    manifest = ended.xcoms["manifest"]
    assert (manifest["statuses"], manifest["count"], manifest["succeeded"]) == ({"PROCESSED": 1}, 2, 1)
    assert manifest["not_succeeded"] == [["exr_gone", None, "404: Extend knows no such run"]]


@pytest.mark.parametrize("mode", MODES)
def test_a_timeout_says_who_moves_and_that_nothing_was_cancelled(
    requests_mock, connect, end, task_instance, mode
) -> None:
    connect(V26)
    Wire(requests_mock, exr_1=["PROCESSED"], exr_2=["PROCESSING"])
    task_instance.start_date = datetime.now(UTC)
    ended = end(mode, run_ids=["exr_1", "exr_2"], timeout=0.2)
    assert ended.state == "timed out, not retried"
    assert "2 extract runs did not all end within 0 s: at the last look exr_2 was PROCESSING" in str(
        ended.error
    )
    assert "at least 1 were over. The others go on, and nothing was cancelled" in str(ended.error)
    assert {request.method for request in requests_mock.request_history} == {"GET"}
    assert ended.xcoms == {}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("status", "state"), [(401, FAILED), (500, "failed, retried")])
def test_trouble_at_the_first_look(requests_mock, connect, end, mode, status, state) -> None:
    connect(V26)
    requests_mock.get(re.compile(f"{API}/extract_runs.*"), status_code=status, json={"message": "no"})
    assert end(mode, run_ids=["exr_1", "exr_2"]).state == state


@pytest.mark.parametrize("mode", MODES)
def test_trouble_that_is_looked_past(requests_mock, connect, end, mode) -> None:
    connect(V26)
    page = {"json": {"data": [{"id": f"exr_{n}", "status": "PROCESSED"} for n in (1, 2)]}}
    requests_mock.get(f"{API}/extract_runs", [*[{"status_code": 500, "json": {}}] * 12, page])
    assert end(mode, run_ids=["exr_1", "exr_2"], silent_fail=True).state == SUCCESS


def test_a_triggerer_that_cannot_read_is_waited_for_three_times(
    requests_mock, connect, sensor, task_instance
) -> None:
    from tests.airflow_names import TaskDeferralError, TaskDeferred

    connect(V26)
    Wire(requests_mock, exr_1=["PROCESSING"], exr_2=["PROCESSING"])
    event = {"event": "error", "kind": "extract_run", "counts": {}, "run_ids": [], "deadline": 4e9}
    given = {"run_ids": ["exr_1", "exr_2"]}
    for _ in range(3):
        with pytest.raises(TaskDeferred):
            sensor("deferrable", **given).execute_complete({"ti": task_instance}, event)
    with pytest.raises(
        TaskDeferralError, match="The triggerer cannot read 2 extract runs, and this worker can"
    ):
        sensor("deferrable", **given).execute_complete({"ti": task_instance}, event)


# What a look costs


def test_a_poke_asks_only_for_what_moved_before(requests_mock, connect, sensor, task_instance) -> None:
    connect(V26)
    ids = {f"exr_{number}": ["PROCESSED"] for number in range(60)}
    wire = Wire(requests_mock, **ids, exr_last=["PROCESSING"])
    poking = sensor(run_ids=[*ids, "exr_last"])
    assert not poking.poke({"ti": task_instance})
    assert (wire.lists, wire.reads) == (1, 1)
    assert not poking.poke({"ti": task_instance})
    assert (wire.lists, wire.reads) == (1, 2)


def test_a_review_is_looked_at_again(requests_mock, connect, sensor, task_instance) -> None:
    """Of runs that end for good the first answer holds; a person may still move one on."""
    connect(V26)
    Wire(
        requests_mock,
        "workflow_runs",
        w_1=["NEEDS_REVIEW", "PROCESSED"],
        w_2=["PROCESSING", "PROCESSING", "PROCESSED"],
    )
    poking = sensor(run_ids=["w_1", "w_2"], kind="workflow_run")
    assert not poking.poke({"ti": task_instance})
    assert poking.poke({"ti": task_instance}).xcom_value["statuses"] == {"PROCESSED": 2}


# Kinds


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("on_needs_review", "state", "statuses"),
    [
        ("fail", FAILED, {"NEEDS_REVIEW": 1, "PROCESSED": 1}),
        ("succeed", SUCCESS, {"NEEDS_REVIEW": 1, "PROCESSED": 1}),
        ("wait", SUCCESS, {"PROCESSED": 1, "REVIEWED": 1}),
    ],
)
def test_runs_that_a_person_has_to_see(
    requests_mock, connect, end, mode, on_needs_review, state, statuses
) -> None:
    connect(V26)
    last = ["REVIEWED"] if on_needs_review == "wait" else []
    review = ["NEEDS_REVIEW"] * 4
    Wire(requests_mock, "workflow_runs", w_1=["PROCESSED"], w_2=["PROCESSING", *review, *last])
    ended = end(mode, kind="workflow_run", run_ids=["w_1", "w_2"], on_needs_review=on_needs_review)
    assert ended.state == state, repr(ended.error)
    assert ended.xcoms["manifest"]["statuses"] == statuses
    assert ended.xcoms["manifest"]["succeeded"] == (1 if state == FAILED else 2)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("on_partial", "state"), [("fail", FAILED), ("succeed", SUCCESS)])
def test_batches(requests_mock, connect, end, mode, on_partial, state) -> None:
    connect(V26)
    Wire(requests_mock, "batch_runs", b_1=["PROCESSED"], b_2=["PROCESSING", "PROCESSED"])
    members = {"b_1": ["PROCESSED", "PROCESSED"], "b_2": ["PROCESSED", "FAILED"]}

    def listed(request: Any, context: Any) -> Any:
        [batch_id] = request.qs["batchid"]
        rows = enumerate(members[batch_id])
        return {"data": [{"id": f"{batch_id}_{number}", "status": status} for number, status in rows]}

    requests_mock.get(f"{API}/extract_runs", json=listed)
    ended = end(mode, kind="extract_batch", run_ids=["b_1", "b_2"], on_partial=on_partial)
    assert ended.state == state, repr(ended.error)
    manifest = ended.xcoms["manifest"]
    assert (manifest["statuses"], manifest["succeeded"]) == ({"PROCESSED": 2}, 1)
    assert manifest["not_succeeded"] == [["b_2", "PROCESSED", "1 of its 2 runs did not succeed"]]


def test_verify_runs_are_left_for_who_wants_their_result(requests_mock, connect, end) -> None:
    connect(V26)
    wire = Wire(requests_mock, "verify_runs", vr_1=["PROCESSED"], vr_2=["PROCESSED"])
    assert end("poke", kind="verify_run", run_ids=["vr_1", "vr_2"]).state == SUCCESS
    assert wire.reads == 0


def test_a_kind_that_extend_calls_deprecated_is_told_once(requests_mock, connect, end, log_text) -> None:
    connect(V26)
    Wire(
        requests_mock, "processor_runs", dpr_1=["PROCESSED"], dpr_2=["PROCESSING", "PROCESSING", "PROCESSED"]
    )
    log_text()
    assert end("deferrable", kind="processor_run", run_ids=["dpr_1", "dpr_2"]).state == SUCCESS
    assert log_text().count("use the kind extract_run or classify_run or split_run") == 1


def test_a_status_that_nobody_knows_is_told_and_waited_past(requests_mock, connect, end, log_text) -> None:
    connect(V26)
    Wire(requests_mock, exr_1=["REWINDING"] * 3 + ["PROCESSED"], exr_2=["PROCESSED"])
    log_text()
    assert end("poke", run_ids=["exr_1", "exr_2"]).state == SUCCESS
    assert "exr_1 is REWINDING (unknown)" in log_text()


# What is handed in


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"run_ids": []}, "run_ids is empty"),
        ({"run_ids": "exr_1"}, "run_ids is a str: expected a list of ids"),
        ({"run_ids": None}, "run_ids is a NoneType"),
        ({"run_ids": {"PROCESSED": ["exr_1"]}}, "run_ids is a dict"),
        ({"run_ids": ["exr_1", None]}, "run_ids[1] is None"),
        ({"run_ids": ["../files", "exr_1"]}, "run_ids[0] '../files' cannot be an id"),
        ({"run_ids": ["exr_1", {"id": "exr_2"}]}, "run_ids[1] is a dict"),
        ({"run_ids": ["exr_1", "exr_2", "exr_1"]}, "run_ids[2] is 'exr_1', as run_ids[0] is"),
        ({"kind": "invoice_run"}, "Unknown kind of run 'invoice_run'"),
        ({"kind": "workflow_batch"}, "no call tells when such a batch has ended"),
        ({"on_partial": "skip"}, "on_partial is 'skip'"),
        ({"on_needs_review": "ask"}, "on_needs_review is 'ask'"),
        ({"run_ids": [f"exr_{n}" for n in range(10_001)]}, "10,001 of kind extract_run: at most 10,000"),
        ({"run_ids": [f"pr_{n}" for n in range(1_001)], "kind": "parse_run"}, "at most 1,000 may be"),
        ({"run_ids": [f"b_{n}" for n in range(101)], "kind": "extract_batch"}, "at most 100 may be"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(requests_mock, connect, end, mode, given, words) -> None:
    connect(V26)
    ended = end(mode, **{"run_ids": ["exr_1", "exr_2"], **given})
    assert ended.state == FAILED
    assert words in str(ended.error)
    assert "Nothing was sent" in str(ended.error)
    assert requests_mock.call_count == 0


def test_a_version_without_such_runs_is_told(requests_mock, connect, end) -> None:
    connect(V25)
    ended = end("poke", run_ids=["exr_1"])
    assert ended.state == FAILED
    assert V26 in str(ended.error)
    assert requests_mock.call_count == 0


def test_ten_thousand_are_taken(requests_mock, connect, end) -> None:
    connect(V26)
    ids = [f"exr_xK9mLPqRtN3vS8wF5h{number:06}" for number in range(10_000)]
    pages = []

    def page(request: Any, context: Any) -> Any:
        skip = int(request.qs.get("nextpagetoken", ["0"])[0])
        pages.append(skip)
        rows = [{"id": run_id, "status": "PROCESSED"} for run_id in ids[skip : skip + 100]]
        return {"data": rows, **({"nextPageToken": str(skip + 100)} if skip < 9_900 else {})}

    requests_mock.get(f"{API}/extract_runs", json=page)
    ended = end("poke", run_ids=ids)
    assert ended.value["statuses"] == {"PROCESSED": 10_000}
    assert len(pages) == 100


def test_outputs_of_mapped_tasks_are_fetched_with_one_request(
    requests_mock, connect, end, monkeypatch
) -> None:
    """Iterated, Airflow would fetch each with a request of its own."""
    from airflow.sdk.execution_time.lazy_sequence import LazyXComSequence

    connect(V26)
    Wire(requests_mock, exr_1=["PROCESSED"], exr_2=["PROCESSED"])
    asked = []

    def get(sequence: Any, key: Any) -> Any:
        asked.append(key)
        return ["exr_1", "exr_2"][key]

    monkeypatch.setattr(LazyXComSequence, "__getitem__", get)
    ended = end("poke", run_ids=LazyXComSequence(xcom_arg=None, ti=None))
    assert ended.value["count"] == 2
    assert asked == [slice(None, None, None)]


def test_all_of_them_are_written(requests_mock, connect, end, tmp_path) -> None:
    connect(V26)
    failed = {f"exr_{number}": ["FAILED"] for number in range(120)}
    Wire(requests_mock, **failed, good=["PROCESSED"])
    path = tmp_path / "folder" / "runs.json"
    ended = end("poke", run_ids=[*failed, "good"], on_partial="succeed", output_path=f"file://{path}")
    assert (len(ended.value["not_succeeded"]), ended.value["truncated"]) == (100, True)
    written = json.loads(path.read_text())
    assert len(written["not_succeeded"]) == 120
    assert (written["succeeded_ids"], written["truncated"], written["succeeded"]) == (["good"], False, 1)
    assert "5ecret" not in path.read_text()


def test_a_path_that_cannot_be_written_is_told(requests_mock, connect, end, log_text) -> None:
    connect(V26)
    Wire(requests_mock, exr_1=["PROCESSED"], exr_2=["PROCESSED"])
    log_text()
    ended = end("poke", run_ids=["exr_1", "exr_2"], output_path="nowhere://bucket/runs.json")
    assert ended.state == SUCCESS
    assert "'nowhere://bucket/runs.json' cannot be written" in log_text()
