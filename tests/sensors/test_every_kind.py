"""ExtendRunSensor and ExtendWorkflowRunSensor: every kind of run, every mode, every way that a wait may end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_extend.api.runs import MEMBERS, READS
from airflow_provider_extend.api.versions import API_VERSIONS
from airflow_provider_extend.sensors.run import ExtendRunSensor
from airflow_provider_extend.sensors.workflow_run import ExtendWorkflowRunSensor
from tests.airflow_names import AirflowRescheduleException, TaskDeferred, import_string

V24, V25, V26 = API_VERSIONS
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}
MODES = ("poke", "reschedule", "deferrable")

#: Kind -> for each version that has it: path of the read, key of its answer, key of what was read from the document.
KINDS: dict[str, dict[str, tuple[str, str | None, str | None]]] = {
    "extract_run": {V26: ("extract_runs", None, "output")},
    "classify_run": {V26: ("classify_runs", None, "output")},
    "split_run": {V26: ("split_runs", None, "output")},
    "parse_run": {V25: ("parser_runs", "parserRun", "chunks"), V26: ("parse_runs", None, "output")},
    "edit_run": {V25: ("edit_runs", "editRun", "output"), V26: ("edit_runs", None, "output")},
    "form_detection_run": {V26: ("form_detection_runs", None, "output")},
    "verify_run": {V26: ("verify_runs", None, "output")},
    "processor_run": dict.fromkeys((V24, V25, V26), ("processor_runs", "processorRun", "output")),
    "workflow_run": {
        V24: ("workflow_runs", "workflowRun", "outputs"),
        V25: ("workflow_runs", "workflowRun", "outputs"),
        V26: ("workflow_runs", None, "stepRuns"),
    },
    "batch_processor_run": dict.fromkeys((V24, V25), ("batch_processor_runs", "batchProcessorRun", None)),
    "evaluation_set_run": {V26: ("evaluation_set_runs", None, None)},
    "extract_batch": {V26: ("batch_runs", None, None)},
    "classify_batch": {V26: ("batch_runs", None, None)},
    "split_batch": {V26: ("batch_runs", None, None)},
    "parse_batch": {V26: ("batch_runs", None, None)},
}
CASES = [(kind, version) for kind, versions in KINDS.items() for version in versions]
SUCCEEDS, FAILS, SKIPPED = "success", "failed, not retried", "skipped"


class Wire:
    """One run, or one batch, whose read passes through these statuses; the last one stays."""

    def __init__(self, requests_mock: Any, kind: str, version: str, *statuses: str, **more: Any) -> None:
        path, key, self.output = KINDS[kind][version]
        self.left = list(statuses)
        self.more = more
        self.kind, self.key, self.reads = kind, key, 0
        base = HOSTS[version]
        requests_mock.get(f"{base}/{path}/r_1", json=self._get)
        requests_mock.get(f"{base}/{path}", json=self._list)  # what the triggerer asks for verify runs
        if kind in MEMBERS:
            members = MEMBERS[kind].removesuffix("_run")
            rows = [{"id": f"m_{n}", "status": "PROCESSED", "metadata": {"airflow_input": n}} for n in (1, 0)]
            requests_mock.get(f"{base}/{members}_runs", json={"object": "list", "data": rows})

    def _run(self) -> dict[str, Any]:
        status = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        content = {self.output: {"total": "5ecret"}} if self.output and status == "PROCESSED" else {}
        return {"id": "r_1", "status": status, **content, **self.more}

    def _get(self, request: Any, context: Any) -> Any:
        self.reads += 1
        run = self._run()
        return {"success": True, self.key: run} if self.key else run

    def _list(self, request: Any, context: Any) -> Any:
        return {"object": "list", "data": [self._run()]}


@pytest.fixture
def end(task_instance: Any, end: Callable[..., Any]) -> Callable[..., Any]:
    """As the fixture of that name, for a sensor that is made by `make(mode)`."""
    from tests.sensors.conftest import Ended, fire, state_of

    def drive(make: Callable[[str], Any], mode: str) -> Any:
        ended = Ended(SUCCEEDS, ti=task_instance)
        context = {"ti": task_instance}
        step: Callable[[], Any] = lambda: make(mode).execute(context)  # noqa: E731
        latest = time.monotonic() + 20
        while True:
            assert time.monotonic() < latest, "for ever"
            try:
                ended.value = step()
            except TaskDeferred as deferred:
                ended.deferrals.append(deferred)
                event = fire(deferred)
                step = lambda: make(mode).resume_execution("execute_complete", {"event": event}, context)  # noqa: B023, E731
                continue
            except AirflowRescheduleException:
                task_instance.rescheduled_at = task_instance.rescheduled_at or task_instance.start_date
                continue
            except BaseException as error:
                ended.error = error
            ended.state = state_of(ended.error)
            return ended

    return drive


def made(sensor: type, **given: Any) -> Callable[[str], Any]:
    def make(mode: str) -> Any:
        how = {"mode": "poke" if mode == "deferrable" else mode, "deferrable": mode == "deferrable"}
        return sensor(task_id="wait", **{"poke_interval": 0.001, "timeout": 60, **how, **given})

    return make


def sensor_of(kind: str, **given: Any) -> Callable[[str], Any]:
    return made(ExtendRunSensor, run_id="r_1", kind=kind, **given)


def test_every_kind_is_here() -> None:
    assert set(KINDS) | {"workflow_batch"} == set(READS)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("kind", "version"), CASES)
def test_each_kind_is_waited_for_in_each_mode(requests_mock, connect, end, kind, version, mode) -> None:
    connect(version)
    Wire(requests_mock, kind, version, "PROCESSING", "PROCESSING", "PROCESSED")
    ended = end(sensor_of(kind), mode)
    assert ended.state == SUCCEEDS, repr(ended.error)
    assert (ended.value["id"], ended.value["kind"], ended.value["outcome"]) == ("r_1", kind, "succeeded")
    assert ended.xcoms["run_id"] == "r_1"
    assert bool(ended.deferrals) == (mode == "deferrable")
    assert "5ecret" not in json.dumps([ended.value, ended.xcoms]), (
        "what was read is nobody's unless asked for"
    )
    assert ("batch_processor_run" in ended.xcoms) == (kind == "batch_processor_run")
    if kind in MEMBERS:
        assert ended.xcoms["members"] == {"PROCESSED": 2}
        assert ended.xcoms["member_run_ids"] == {"PROCESSED": ["m_0", "m_1"]}


@pytest.mark.parametrize(("kind", "version"), [case for case in CASES if KINDS[case[0]][case[1]][2]])
def test_what_was_read_is_pushed_where_the_author_asks_for_it(
    requests_mock, connect, end, kind, version, tmp_path
) -> None:
    connect(version)
    Wire(requests_mock, kind, version, "PROCESSED")
    ended = end(sensor_of(kind, push_output=True, output_path=f"file://{tmp_path}/run.json"), "poke")
    assert ended.xcoms["output"] == {"total": "5ecret"}
    assert "5ecret" in (tmp_path / "run.json").read_text()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
@pytest.mark.parametrize(
    ("flag", "state"), [("plain", FAILS), ("soft_fail", SKIPPED), ("never_fail", SKIPPED)]
)
@pytest.mark.parametrize(
    ("kind", "version"), [("extract_run", V26), ("processor_run", V24), ("split_batch", V26)]
)
def test_a_run_that_ends_badly(requests_mock, connect, end, kind, version, mode, status, flag, state) -> None:
    connect(version)
    Wire(requests_mock, kind, version, "PROCESSING", status, failureReason="CORRUPT_FILE")
    ended = end(sensor_of(kind, **({} if flag == "plain" else {flag: True})), mode)
    assert ended.state == state
    assert status in f"{ended.error} {ended.error.__cause__}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["parse_run", "verify_run", "form_detection_run"])
def test_a_timeout_says_that_the_run_goes_on(requests_mock, connect, end, task_instance, kind, mode) -> None:
    connect(V26)
    Wire(requests_mock, kind, V26, "PROCESSING")
    task_instance.start_date = datetime.now(UTC)
    ended = end(sensor_of(kind, timeout=0.2), mode)
    assert ended.state == "timed out, not retried"
    assert "nothing was cancelled" in str(ended.error)
    assert {request.method for request in requests_mock.request_history} == {"GET"}


@pytest.mark.parametrize("mode", MODES)
def test_the_link_leads_to_a_run_that_has_an_address(requests_mock, connect, end, mode) -> None:
    connect(V26)
    url = "https://dashboard.extend.ai/r/1"
    Wire(requests_mock, "extract_run", V26, "PROCESSING", "PROCESSED", dashboardUrl=f"{url}?token=5ecret")
    ended = end(sensor_of("extract_run"), mode)
    assert ended.xcoms["run_url"] == url
    assert [link.name for link in ExtendRunSensor.operator_extra_links] == ["Extend run"]


def test_there_is_no_link_where_there_is_no_address(requests_mock, connect, end) -> None:
    connect(V26)
    Wire(requests_mock, "parse_run", V26, "PROCESSED")
    assert "run_url" not in end(sensor_of("parse_run"), "poke").xcoms


@pytest.mark.parametrize("version", [V25, V26])
def test_an_edit_run_names_the_file_that_it_made(requests_mock, connect, end, version) -> None:
    connect(version)
    link = "https://a.example.com/9?sig=5ecret"
    old, new = {"fileId": "file_9", "downloadUrl": link}, {"id": "file_9", "presignedUrl": link}
    more = {"editedFile": old} if version == V25 else {"output": {"editedFile": new}}
    Wire(requests_mock, "edit_run", version, "PROCESSED", **more)
    ended = end(sensor_of("edit_run"), "poke")
    assert ended.xcoms["edited_file_id"] == "file_9"
    assert "5ecret" not in json.dumps(ended.xcoms)


# Batches


def member_rows(*statuses: str) -> dict[str, Any]:
    return {"data": [{"id": f"m_{n}", "status": status} for n, status in enumerate(statuses)]}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("on_partial", "state"), [("fail", FAILS), ("succeed", SUCCEEDS)])
def test_a_batch_of_which_some_failed(requests_mock, connect, end, mode, on_partial, state) -> None:
    connect(V26)
    Wire(requests_mock, "extract_batch", V26, "PROCESSING", "PROCESSED")
    requests_mock.get(f"{HOSTS[V26]}/extract_runs", json=member_rows("PROCESSED", "FAILED", "CANCELLED"))
    ended = end(sensor_of("extract_batch", on_partial=on_partial), mode)
    assert ended.state == state
    assert ended.xcoms["members"] == {"PROCESSED": 1, "FAILED": 1, "CANCELLED": 1}
    if state == FAILS:
        assert "of its 3 runs 2 did not succeed (1 CANCELLED, 1 FAILED)" in str(ended.error)


class WorkflowBatch:
    """Its runs, as the list of a version shows them; and each look may find them further."""

    def __init__(self, requests_mock: Any, version: str, *rows: list[str]) -> None:
        self.rows = [list(row) for row in rows]
        self.now = self.rows[0]
        self.key = "data" if version == V26 else "workflowRuns"
        requests_mock.get(f"{HOSTS[version]}/workflow_runs", json=self._list)

    def _list(self, request: Any, context: Any) -> Any:
        assert request.qs["batchid"] == ["r_1"]
        wanted = request.qs.get("status")
        if wanted == ["processing"]:  # a look begins
            self.now = self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]
        shown = [{"id": f"m_{n}", "status": status} for n, status in enumerate(self.now)]
        shown = [row for row in shown if wanted in (None, [row["status"].lower()])]
        return {"success": True, self.key: shown}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", API_VERSIONS)
def test_a_batch_of_workflow_runs_has_ended_when_as_many_as_its_inputs_have(
    requests_mock, connect, end, version, mode
) -> None:
    connect(version)
    moves, lacks, done = ["PROCESSED", "PROCESSING"], ["PROCESSED"], ["PROCESSED", "PROCESSED"]
    WorkflowBatch(requests_mock, version, moves, ["PENDING"], lacks, lacks, done)
    ended = end(sensor_of("workflow_batch", members=2), mode)
    assert ended.state == SUCCEEDS, repr(ended.error)
    assert ended.xcoms["member_run_ids"] == {"PROCESSED": ["m_0", "m_1"]}
    if mode == "deferrable":
        assert ended.deferrals[0].trigger.serialize()[1]["members"] == 2


def test_members_of_a_batch_that_wait_for_a_person_are_told(requests_mock, connect, end) -> None:
    connect(V26)
    WorkflowBatch(requests_mock, V26, ["PROCESSED", "NEEDS_REVIEW"])
    ended = end(sensor_of("workflow_batch", members="2"), "poke")
    assert ended.state == FAILS
    assert "(1 NEEDS_REVIEW)" in str(ended.error)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("workflow_batch", {}, "members is None with kind 'workflow_batch'"),
        ("workflow_batch", {"members": 0}, "members is 0"),
        ("workflow_batch", {"members": "many"}, "members is 'many'"),
        ("extract_batch", {"members": 2}, "members is 2 with kind 'extract_batch'"),
        ("extract_batch", {"on_partial": "skip"}, "on_partial is 'skip'"),
        ("invoice_run", {}, "Unknown kind of run 'invoice_run'"),
        ("extract_run", {"run_id": "../files"}, "cannot be an id"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(requests_mock, connect, end, kind, given, words) -> None:
    connect(V26)
    ended = end(made(ExtendRunSensor, **{"run_id": "r_1", "kind": kind, **given}), "poke")
    assert ended.state == FAILS
    assert words in str(ended.error)
    assert requests_mock.call_count == 0


def test_a_version_without_such_runs_is_told(requests_mock, connect, end) -> None:
    connect(V24)
    ended = end(sensor_of("parse_run"), "poke")
    assert ended.state == FAILS
    assert "2025-04-21 and 2026-02-09 have it" in str(ended.error)
    assert requests_mock.call_count == 0


# Reviews


def workflow_sensor(**given: Any) -> Callable[[str], Any]:
    return made(ExtendWorkflowRunSensor, workflow_run_id="r_1", **given)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", API_VERSIONS)
@pytest.mark.parametrize(
    ("on_needs_review", "then", "state", "outcome"),
    [
        ("wait", "PROCESSED", SUCCEEDS, "succeeded"),
        ("wait", "REJECTED", FAILS, None),
        ("succeed", "NEEDS_REVIEW", SUCCEEDS, "needs_review"),
        ("fail", "NEEDS_REVIEW", FAILS, None),
        ("succeed", "REJECTED", FAILS, None),
        ("succeed", "PROCESSED", SUCCEEDS, "succeeded"),
    ],
)
def test_a_run_that_a_person_has_to_see(
    requests_mock, connect, end, version, mode, on_needs_review, then, state, outcome
) -> None:
    connect(version)
    first = ["NEEDS_REVIEW"] * 3 if on_needs_review == "wait" else []
    note = {"rejectionNote": "Total 5ecret is wrong"}
    Wire(requests_mock, "workflow_run", version, "PROCESSING", *first, then, **note)
    ended = end(workflow_sensor(on_needs_review=on_needs_review), mode)
    assert ended.state == state, repr(ended.error)
    if outcome:
        assert ended.value["outcome"] == outcome
    else:
        words = "a person has rejected it" if then == "REJECTED" else "it waits for a person to review it"
        assert words in str(ended.error)
        assert "5ecret" not in str(ended.error)


def test_the_wait_for_a_person_holds_no_worker(requests_mock, connect, end, monkeypatch) -> None:
    connect(V26)
    Wire(requests_mock, "workflow_run", V26, *["NEEDS_REVIEW"] * 12, "PROCESSED")
    ended = end(workflow_sensor(), "deferrable")
    assert ended.state == SUCCEEDS
    assert len(ended.deferrals) == 1, "it stays in the triggerer until the review"
    assert ended.deferrals[0].trigger.serialize()[1]["waits_past"] == ["needs_review"]


def test_a_word_that_is_none_of_three(requests_mock, connect, end) -> None:
    connect(V26)
    ended = end(workflow_sensor(on_needs_review="ask"), "poke")
    assert "on_needs_review is 'ask': expected 'fail', 'succeed' or 'wait'" in str(ended.error)
    assert requests_mock.call_count == 0


def test_a_review_that_comes_too_late_is_a_timeout(requests_mock, connect, end, task_instance) -> None:
    connect(V26)
    Wire(requests_mock, "workflow_run", V26, "NEEDS_REVIEW")
    task_instance.start_date = datetime.now(UTC)
    ended = end(workflow_sensor(timeout=0.2), "deferrable")
    assert ended.state == "timed out, not retried"
    assert "it was NEEDS_REVIEW last" in str(ended.error)


def test_a_trigger_of_any_kind_is_rebuilt_from_what_the_database_holds(requests_mock, connect) -> None:
    connect(V26)
    Wire(requests_mock, "workflow_run", V26, "NEEDS_REVIEW", "PROCESSED")
    kwargs = {
        "kind": "workflow_run",
        "run_id": "r_1",
        "deadline": time.time() + 9,
        "waits_past": ["needs_review"],
    }
    cls = import_string("airflow_provider_extend.triggers.run.ExtendRunTrigger")
    class_path, stored = cls("extend_default", **kwargs).serialize()

    async def fire() -> Any:
        rebuilt = import_string(class_path)(**json.loads(json.dumps(stored)))
        return [event.payload["status"] async for event in rebuilt.run()]

    assert asyncio.run(fire()) == ["PROCESSED"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kind", "version", "instead"),
    [
        ("processor_run", V26, "use the kind extract_run or classify_run or split_run"),
        ("batch_processor_run", V26, "use the kind evaluation_set_run"),
        ("processor_run", V25, ""),
        ("extract_run", V26, ""),
    ],
)
def test_a_kind_that_extend_calls_deprecated_is_told_once(
    requests_mock, connect, end, log_text, kind, version, instead, mode
) -> None:
    connect(version)
    rows = [{"id": "r_1", "status": status} for status in ("PROCESSING", "PROCESSING", "PROCESSED")]
    answers = [{"json": {"processorRun": row, "batchProcessorRun": row, **row}} for row in rows]
    requests_mock.get(f"{HOSTS[version]}/{kind}s/r_1", answers)
    requests_mock.get(f"{HOSTS[version]}/evaluation_set_runs/r_1", status_code=404, json={})
    log_text()
    assert end(sensor_of(kind), mode).state == SUCCEEDS
    told = log_text()
    assert told.count("Extend calls") == bool(instead)
    assert instead in told
