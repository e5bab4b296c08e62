"""Workflows and their runs through all three versions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CONFIG = {"schema": {"properties": {"number": {"type": "string", "description": 'The "Invoice No"'}}}}
TEXT = "Invoice No: A-17\n"

FIELDS = {
    V24: "object id name batchId status url metadata initialRunAt failureReason failureMessage reviewed reviewedBy "
    "reviewedAt startTime endTime files outputs workflow",
    V25: "object id name url status metadata batchId files failureReason failureMessage initialRunAt reviewedBy "
    "reviewed rejectionNote reviewedAt startTime endTime outputs stepRuns workflow usage",
    V26: "object id workflow workflowVersion dashboardUrl status metadata batchId files failureReason failureMessage "
    "initialRunAt reviewedByUser reviewed rejectionNote reviewedAt startTime endTime stepRuns usage",
}
SUMMARIES = {
    V24: "id batchId status initialRunAt reviewed reviewedByUser reviewedAt startTime endTime workflowId workflowName "
    "workflowVersionId rejectionNote createdAt updatedAt",
    V25: "id status initialRunAt reviewedByUser reviewedAt startTime endTime workflowId workflowName workflowVersionId "
    "batchId rejectionNote createdAt updatedAt usage",
    V26: "object id status workflow workflowVersion dashboardUrl reviewedByUser reviewedAt initialRunAt startTime "
    "endTime batchId rejectionNote files createdAt updatedAt usage",
}
WORKFLOW_SUMMARY = "object id name createdAt updatedAt createdBy"
VERSION_SUMMARY = "object id version name createdAt createdBy"
PROCESSOR_RUN = {
    V24: "object id mergedProcessors processorId processorVersionId processorName status output initialOutput "
    "reviewedOutput failureReason failureMessage metadata reviewed edited edits type config files url",
    V25: "object id processorId processorVersionId processorName status output failureReason failureMessage metadata "
    "reviewed edited edits type config initialOutput reviewedOutput files mergedProcessors url usage",
}
STEP_RUN = "object id workflowRunId status files step result stepType"


def fields(text: str) -> set[str]:
    return set(text.split())


@pytest.fixture
def flow(api) -> tuple[str, str]:
    """(a workflow of one extraction, its extractor)"""
    extractor = api.extractor(CONFIG, "Invoices")["id"]
    steps = [
        {"name": "trigger", "type": "TRIGGER", "next": [{"step": "parse"}]},
        {"name": "parse", "type": "PARSE", "next": [{"step": "read it"}]},
        {
            "name": "read it",
            "type": "EXTRACT",
            "config": {"extractor": {"id": extractor, "version": "latest"}},
        },
    ]
    return str(api.ok("POST", "/workflows", json={"name": "Bills", "steps": steps})["id"]), str(extractor)


@pytest.fixture
def start(api, flow) -> Callable[..., Any]:
    """A run of one text in the way of a version, as that version shows it."""

    def begin(way: str = V26, /, **more: Any) -> Any:
        if way == V26:
            body = {"workflow": {"id": flow[0]}, "file": {"text": TEXT, "name": "bill.txt"}} | more
            return api.ok("POST", "/workflow_runs", json=body)
        body = {"workflowId": flow[0], "rawTexts": [TEXT]} | more
        (run,) = api.ok("POST", "/workflow_runs", way, json=body)["workflowRuns"]
        return run

    return begin


def get(api, run: Any, version: str = V26) -> Any:
    shown = api.ok("GET", f"/workflow_runs/{run['id']}", version)
    return shown if version == V26 else shown["workflowRun"]


def processed(api, run: Any, version: str = V26) -> Any:
    api.until(f"/workflow_runs/{run['id']}", "PROCESSED", "FAILED", "CANCELLED")
    return get(api, run, version)


def force(api, run: Any, status: str | None, **more: Any) -> None:
    api.control("PATCH", f"/runs/{run['id']}", {"status": status, **more})


# Workflows


def test_workflows_in_each_version(api, flow, example) -> None:
    for version in (V24, V25):
        made = api.ok("POST", "/workflows", version, json={"name": "W"})["workflow"]
        assert made == {"object": "workflow", "id": made["id"], "name": "W", "version": "draft"}
    shown = api.ok("GET", f"/workflows/{flow[0]}")
    assert shown.keys() == fields("object id name createdAt updatedAt draftVersion createdBy")
    draft = shown["draftVersion"]
    assert draft.keys() == fields("object id version name steps createdAt createdBy")
    assert [step["name"] for step in draft["steps"]] == ["trigger", "parse", "read it"]
    assert draft["steps"][2]["config"]["extractor"]["id"] == flow[1]
    published = example("2026-02-09.workflow")
    assert shown.keys() - published.keys() == {"createdBy"}  # newer than the fixture
    assert draft.keys() - published["draftVersion"].keys() == {"createdBy"}
    listed = api.ok("GET", "/workflows")["data"]
    assert [row["name"] for row in listed] == ["W", "W", "Bills"]
    assert listed[0].keys() == fields(WORKFLOW_SUMMARY)
    assert api.send("GET", "/workflows/workflow_none").status_code == 404
    step = {"name": "e", "type": "EXTRACT", "config": {"extractor": {"id": "ex_none"}}}
    assert api.send("POST", "/workflows", json={"name": "W", "steps": [step]}).status_code == 404


def test_published_versions_and_which_is_run(api, flow, start, example) -> None:
    def ran(**named: str) -> tuple[str, int]:
        run = start(workflow={"id": flow[0], **named})
        return run["workflowVersion"]["version"], len(processed(api, run)["stepRuns"])

    assert ran() == ("draft", 2)
    path = f"/workflows/{flow[0]}/versions"
    one = api.ok("POST", path, json={"name": "first"})
    assert one.keys() - example("2026-02-09.workflow_version").keys() == {"createdBy"}
    assert (one["version"], one["name"], len(one["steps"])) == ("1", "first", 3)
    assert api.ok("POST", path, json={"steps": []})["version"] == "2"
    assert ran() == ("2", 0)
    assert ran(version="1") == ("1", 2)
    assert ran(version="draft") == ("draft", 2)
    assert start(V25, version="1")["workflow"] == {
        "object": "workflow",
        "id": flow[0],
        "name": "Bills",
        "version": "1",
    }
    for named in ("latest", "3"):
        body = {"workflow": {"id": flow[0], "version": named}, "file": {"text": TEXT}}
        assert api.send("POST", "/workflow_runs", json=body).status_code == 404


# Bodies


@pytest.mark.parametrize("version", [V24, V25, V26])
def test_a_run_has_exactly_the_documented_fields(api, start, version: str) -> None:
    made = start(version, metadata={"k": 1})
    shown = processed(api, made, version)
    key = "data" if version == V26 else "workflowRuns"
    (listed,) = api.ok("GET", "/workflow_runs", version)[key]
    for run in (made, shown):
        assert run.keys() == fields(FIELDS[version])
    assert listed.keys() == fields(SUMMARIES[version])
    if version == V26:
        assert shown["workflow"].keys() == listed["workflow"].keys() == fields(WORKFLOW_SUMMARY)
        assert shown["workflowVersion"].keys() == fields(VERSION_SUMMARY)
        assert shown["files"][0].keys() == fields(
            "object id name type parentFileId metadata createdAt updatedAt"
        )
    else:
        assert shown["workflow"].keys() == fields("object id name version")
        file = "object id name type presignedUrl metadata createdAt updatedAt"
        more = " parentFileId contents" if version == V25 else ""
        assert shown["files"][0].keys() == fields(file + more)
    assert (shown["object"], made["status"], shown["status"]) == ("workflow_run", "PENDING", "PROCESSED")


def test_published_examples_have_no_field_that_is_missing_here(api, start, example) -> None:
    for version in (V24, V25):
        made = {"workflowRuns": [start(version)]}
        listed = api.ok("GET", "/workflow_runs", version)
        for ours, name in ((made, "created"), (listed, "list")):
            published = example(f"{version}.workflow_runs.{name}")["workflowRuns"][0]
            assert published.keys() <= ours["workflowRuns"][0].keys(), (version, name)
            if version == V25:
                assert ours["workflowRuns"][0].keys() - published.keys() <= {"usage"}  # newer
    shown = processed(api, start(V24), V24)
    published = example("2024-12-23.workflow_run.get")["workflowRun"]
    assert published.keys() <= shown.keys()
    assert published["outputs"][0].keys() <= shown["outputs"][0].keys()
    new = example("2026-02-09.workflow_run.sdk_fixture")
    shown = processed(api, start())
    assert new.keys() == shown.keys()
    assert new["stepRuns"][0].keys() == shown["stepRuns"][0].keys()
    listed = api.ok("GET", "/workflow_runs")["data"][0]
    assert listed.keys() - example("2026-02-09.workflow_runs.list")["data"][0].keys() == {"files"}


def test_one_run_seen_through_all_versions(api, flow, start) -> None:
    made = start(metadata={"k": 1})
    new, mid, old = (processed(api, made, version) for version in (V26, V25, V24))
    assert new["id"] == mid["id"] == old["id"] == made["id"]
    assert new["dashboardUrl"] == mid["url"] == old["url"]
    assert new["metadata"] == mid["metadata"] == old["metadata"] == {"k": 1}
    assert (mid["name"], old["name"]) == ("bill.txt", "bill.txt")  # of the file, when none is given
    assert [mid["usage"], new["usage"]["credits"]] == [{"credits": 2}, 2]
    parsed, step = new["stepRuns"]
    assert parsed.keys() == step.keys() == fields(STEP_RUN)
    assert (parsed["stepType"], parsed["result"]["parseRun"]["id"]) == (
        "PARSE",
        step["result"]["extractRun"]["parseRunId"],
    )
    assert "Invoice No: A-17" in parsed["result"]["parseRun"]["output"]["chunks"][0]["content"]
    assert (step["status"], step["stepType"], step["workflowRunId"]) == ("PROCESSED", "EXTRACT", made["id"])
    assert step["step"] == {
        "object": "workflow_step",
        "id": step["step"]["id"],
        "name": "read it",
        "type": "EXTRACT",
    }
    run = step["result"]["extractRun"]
    assert (run["object"], run["status"], run["extractor"]["id"]) == ("extract_run", "PROCESSED", flow[1])
    assert run["output"]["value"] == {"number": "A-17"}
    assert run["usage"]["totalCredits"] == 2
    assert new["usage"]["breakdown"] == [
        {"object": "extract_run", "id": run["id"], "credits": 1},
        {"object": "parse_run", "id": run["parseRunId"], "credits": 1},
    ]
    for shown, version in ((old, V24), (mid, V25)):
        (inner,) = shown["outputs"]
        assert inner.keys() == fields(PROCESSOR_RUN[version])
        assert (inner["id"], inner["type"], inner["object"]) == (
            run["id"],
            "EXTRACT",
            "document_processor_run",
        )
        assert (inner["processorId"], inner["processorName"]) == (flow[1], "Invoices")
        assert inner["files"] == shown["files"]
    assert mid["outputs"][0]["output"] == run["output"]
    assert mid["outputs"][0]["config"]["type"] == "EXTRACT"
    assert old["outputs"][0]["output"]["number"]["value"] == "A-17"
    assert mid["stepRuns"] == []
    outputs = api.control("GET", f"/runs/{made['id']}/outputs")
    assert outputs == [{"fileId": new["files"][0]["id"], "step": "read it", "output": {"number": "A-17"}}]


def test_a_step_has_the_same_id_in_every_run(api, start) -> None:
    one, two = (processed(api, start())["stepRuns"][1] for _ in range(2))
    assert one["step"]["id"] == two["step"]["id"]
    assert one["id"] != two["id"]


def test_a_workflow_without_steps_only_parses(api, pdf) -> None:
    flow = api.ok("POST", "/workflows", V24, json={"name": "W"})["workflow"]["id"]
    file_id = api.upload(pdf(["a"], ["b"], ["c"]), "three.pdf")
    run = api.ok("POST", "/workflow_runs", json={"workflow": {"id": flow}, "file": {"id": file_id}})
    shown = processed(api, run)
    (step,) = shown["stepRuns"]
    assert (step["stepType"], get(api, run, V25)["outputs"]) == ("PARSE", [])
    assert [chunk["content"] for chunk in step["result"]["parseRun"]["output"]["chunks"]] == ["a", "b", "c"]
    assert (shown["usage"]["credits"], len(shown["usage"]["breakdown"])) == (3, 1)
    (listed,) = api.ok("GET", "/workflow_runs")["data"]
    assert listed["usage"] == {"credits": 3, "totalCredits": 3}


# Starting


def test_the_older_versions_start_a_run_for_each_file(api, flow) -> None:
    first, second = api.upload(b"Invoice No: 1", "one.txt"), api.upload(b"Invoice No: 2", "two.txt")
    files = [{"fileId": first}, {"fileUrl": "https://example.com/two.txt?sig=1", "fileName": "named"}]
    body = {"workflowId": flow[0], "files": files, "metadata": {"k": "v"}, "priority": 10, "version": "draft"}
    for version in (V24, V25):
        runs = api.ok("POST", "/workflow_runs", version, json=body)["workflowRuns"]
        assert [run["name"] for run in runs] == ["one.txt", "named"]
        assert [run["metadata"] for run in runs] == [{"k": "v"}] * 2
        assert runs[0]["files"][0]["id"] == first
        assert runs[1]["files"][0]["id"] != second
        outputs = [processed(api, run, V25)["outputs"][0]["output"]["value"]["number"] for run in runs]
        assert outputs == ["1", "2"]
    assert [r["runs"] for r in api.control("GET", "/requests?method=POST&path=^/workflow_runs$")][1] == [
        run["id"] for run in runs
    ]
    texts = {"workflowId": flow[0], "rawTexts": ["Invoice No: 7", "Invoice No: 8"], "name": "together"}
    runs = api.ok("POST", "/workflow_runs", V24, json=texts)["workflowRuns"]
    assert [run["name"] for run in runs] == ["together", "together"]
    assert runs[0]["metadata"] == {}


@pytest.mark.parametrize(
    ("version", "changes", "status", "said"),
    [
        (V24, {"files": None}, 400, "files and rawTexts"),
        (V25, {"rawTexts": ["x"]}, 400, "files and rawTexts"),
        (V25, {"files": []}, 400, "1 to 50"),
        (V24, {"files": [{"fileUrl": "https://example.com/a"}] * 51}, 400, "1 to 50"),
        (V24, {"files": None, "rawTexts": ["x"] * 51}, 400, "1 to 50"),
        (V24, {"files": None, "rawTexts": [5]}, 400, "rawTexts[0] must be of type str"),
        (V25, {"files": [{}]}, 400, "exactly one of fileUrl, fileId"),
        (V25, {"files": [{"fileId": "a", "fileUrl": "b"}]}, 400, "exactly one of fileUrl, fileId"),
        (V25, {"files": ["x"]}, 400, "files[0] must be of type object"),
        (V25, {"files": [{"fileId": "file_none"}]}, 404, "file_none"),
        (V25, {"files": [{"fileId": "x", "outputs": [{}]}]}, 400, "outputs"),
        (V24, {"workflowId": "workflow_none"}, 404, "workflow_none"),
        (V24, {"workflowId": None}, 400, "workflowId"),
        (V25, {"priority": 101}, 400, "priority"),
        (V25, {"metadata": "text"}, 400, "metadata must be of type object"),
        (V25, {"version": 3}, 400, "version must be of type str"),
        (V26, {"workflow": None}, 400, "workflow"),
        (V26, {"workflow": {}}, 400, "workflow"),
        (V26, {"workflow": {"id": "workflow_none"}}, 404, "workflow_none"),
        (V26, {"file": None}, 400, "file and package"),
        (V26, {"file": None, "package": {"files": []}}, 400, "package"),
        (V26, {"file": {"text": "x", "url": "https://example.com"}}, 400, "exactly one of url, id, text"),
        (V26, {"outputs": [{"processorId": "x"}]}, 400, "outputs"),
    ],
)
def test_bodies_that_are_refused(api, flow, version: str, changes: Any, status: int, said: str) -> None:
    new = {"workflow": {"id": flow[0]}, "file": {"text": TEXT}}
    old = {"workflowId": flow[0], "files": [{"fileUrl": "https://example.com/a.txt"}]}
    body = {k: v for k, v in ((new if version == V26 else old) | changes).items() if v is not None}
    answer = api.send("POST", "/workflow_runs", version, json=body)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert ("code" in answer.json()) is (version == V26)
    assert api.control("GET", "/runs") == []


# Life


def test_a_run_passes_its_statuses_by_the_clock(api, start) -> None:
    api.control("POST", "/settings", {"run_seconds": 0.6})
    made = start()
    assert (made["status"], made["initialRunAt"] is None) == ("PENDING", False)
    assert (made["startTime"], made["endTime"], made["usage"], made["stepRuns"]) == (None, None, None, [])
    seen = [made]
    while seen[-1]["status"] != "PROCESSED":
        seen.append(get(api, made))
        time.sleep(0.02)
    assert list(dict.fromkeys(run["status"] for run in seen)) == ["PENDING", "PROCESSING", "PROCESSED"]
    working = next(run for run in seen if run["status"] == "PROCESSING")
    assert (working["endTime"], working["usage"]) == (None, None)
    assert [(step["status"], step["result"]) for step in working["stepRuns"]] == [("PROCESSING", None)] * 2
    last = seen[-1]
    assert last["initialRunAt"] < last["startTime"] < last["endTime"]
    assert last["startTime"] == working["startTime"]


def test_failures(api, start) -> None:
    api.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "DOCUMENT_PROCESSOR_ERROR"}})
    run = processed(api, start())
    assert (run["status"], run["failureReason"]) == ("FAILED", "DOCUMENT_PROCESSOR_ERROR")
    assert [(step["status"], step["result"]) for step in run["stepRuns"]] == [("FAILED", None)] * 2
    assert (run["usage"], get(api, run, V24)["outputs"], run["endTime"] is None) == (None, [], False)
    lost = processed(api, start(file={"url": "https://example.com/none.pdf"}), V25)
    assert (lost["status"], lost["failureReason"]) == ("FAILED", "FAILED_TO_PROCESS_FILE")


def test_a_review_is_a_status_that_is_forced(api, start) -> None:
    run = processed(api, start())
    force(api, run, "NEEDS_REVIEW")
    waiting = get(api, run)
    assert (waiting["status"], waiting["endTime"], waiting["reviewed"]) == ("NEEDS_REVIEW", None, False)
    assert waiting["stepRuns"][1]["result"]["extractRun"]["output"] is not None
    force(api, run, "REJECTED")
    rejected = get(api, run)
    assert (rejected["reviewed"], rejected["endTime"] is None, rejected["reviewedAt"] is None) == (
        True,
        False,
        False,
    )
    force(api, run, None)
    assert get(api, run) == run


# Update


@pytest.mark.parametrize("version", [V24, V25, V26])
def test_metadata_is_merged_key_by_key(api, start, version: str) -> None:
    run = processed(api, start(metadata={"a": {"x": 1}, "b": 2}))
    path = f"/workflow_runs/{run['id']}"
    body = {"metadata": {"a": {"y": 3}, "c": None}, "name": "renamed"}
    shown = api.ok("POST", path, version, json=body)
    shown = shown if version == V26 else shown["workflowRun"]
    assert shown["metadata"] == {"a": {"y": 3}, "b": 2, "c": None}
    assert get(api, run)["metadata"] == shown["metadata"]
    assert get(api, run, V25)["name"] == "renamed"
    assert (shown["status"], shown["initialRunAt"]) == ("PROCESSED", run["initialRunAt"])
    (listed,) = api.ok("GET", "/workflow_runs")["data"]
    assert listed["updatedAt"] > run["endTime"]
    assert "metadata" not in listed
    assert api.send("POST", path, version, json={"metadata": {"k": "x" * 11_000}}).status_code == 400
    assert api.send("POST", "/workflow_runs/workflow_run_none", version, json={}).status_code == 404


# Cancel and delete


@pytest.mark.parametrize("version", [V25, V26])
@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("PENDING", True),
        ("PROCESSING", True),
        ("NEEDS_REVIEW", False),
        ("REJECTED", False),
        ("PROCESSED", False),
        ("FAILED", False),
        ("CANCELLED", False),
        ("CANCELLING", False),
    ],
)
def test_what_can_be_cancelled(api, start, version: str, status: str, allowed: bool) -> None:
    run = start()
    force(api, run, status)
    answer = api.send("POST", f"/workflow_runs/{run['id']}/cancel", version)
    assert answer.status_code == (200 if allowed else 400), answer.text
    assert status in answer.text or allowed
    assert get(api, run)["status"] in (("CANCELLING", "CANCELLED") if allowed else (status,))


def test_a_cancel_passes_through_cancelling(api, start) -> None:
    api.control("POST", "/settings", {"run_seconds": 1.5})  # 0.3 s of them to stop
    run = start()
    answer = api.ok("POST", f"/workflow_runs/{run['id']}/cancel")
    assert (answer["status"], answer["endTime"]) == ("CANCELLING", None)
    assert api.send("POST", f"/workflow_runs/{run['id']}/cancel").status_code == 400
    began = time.monotonic()
    over = api.until(f"/workflow_runs/{run['id']}", "CANCELLED")
    assert 0.1 < time.monotonic() - began < 2
    assert (over["usage"], over["failureReason"], over["endTime"] is None) == (None, None, False)
    assert get(api, run, V24)["status"] == "CANCELLED"
    time.sleep(1.5 - (time.monotonic() - began))
    assert get(api, run)["status"] == "CANCELLED"  # also when it would have ended


def test_stopping_never_takes_long(api, start) -> None:
    api.control("POST", "/settings", {"run_seconds": 60})
    run = start(V25)
    cancelled = api.ok("POST", f"/workflow_runs/{run['id']}/cancel", V25)
    assert (cancelled["success"], cancelled["workflowRun"]["status"]) == (True, "CANCELLING")
    began = time.monotonic()
    assert api.until(f"/workflow_runs/{run['id']}", "CANCELLED")["startTime"] is None  # it never began
    assert time.monotonic() - began < 2


def test_a_deleted_run_is_gone_in_every_version(api, start) -> None:
    run, other = start(), start()
    assert api.ok("DELETE", f"/workflow_runs/{run['id']}") == {"id": run["id"]}
    gone = api.ok("DELETE", f"/workflow_runs/{other['id']}", V25)
    assert (gone.keys(), gone["workflowRunId"]) == ({"success", "workflowRunId", "message"}, other["id"])
    for version in (V24, V25, V26):
        assert api.send("GET", f"/workflow_runs/{run['id']}", version).status_code == 404
        assert api.send("POST", f"/workflow_runs/{run['id']}", version, json={}).status_code == 404
    assert api.ok("GET", "/workflow_runs")["data"] == []


# Batches


@pytest.mark.parametrize("version", [V24, V25, V26])
def test_a_batch_is_seen_in_its_members_only(api, flow, example, version: str) -> None:
    texts = [f"Invoice No: {n}" for n in range(3)]
    if version == V26:
        inputs = [{"file": {"text": text}, "metadata": {"n": n}} for n, text in enumerate(texts)]
        body: Any = {"workflow": {"id": flow[0]}, "inputs": inputs, "priority": 90}
    else:
        url = {"fileUrl": "https://example.com/none.txt", "fileName": "f"}
        inputs = [{"rawText": text, "metadata": {"n": n}} for n, text in enumerate(texts)]
        inputs[2] = {"file": url, "metadata": {"n": 2}, "name": "named", "secrets": {"k": "v"}}
        body = {"workflowId": flow[0], "inputs": inputs}
    made = api.ok("POST", "/workflow_runs/batch", version, json=body)
    name = "workflow_runs_batch" if version == V26 else "workflow_runs.batch"
    assert made.keys() == example(f"{version}.{name}").keys()
    batch_id = made["batchId"]
    assert batch_id.startswith("batch_")
    assert api.send("GET", f"/batch_runs/{batch_id}").status_code == 404
    (listed,) = api.pages("/workflow_runs", {"batchId": batch_id})
    assert [row["batchId"] for row in listed] == [batch_id] * 3
    assert all("metadata" not in row for row in listed)
    runs = sorted((processed(api, row) for row in listed), key=lambda run: run["metadata"]["n"])
    found = [run["stepRuns"][1]["result"]["extractRun"]["output"]["value"]["number"] for run in runs[:2]]
    assert found == ["0", "1"]
    assert runs[2]["status"] == ("PROCESSED" if version == V26 else "FAILED")
    if version != V26:
        assert get(api, runs[2], V24)["name"] == "named"
    rows = api.control("GET", "/runs?kind=workflow_run")
    assert {(row["batchId"], row["metadata"]["n"]) for row in rows} == {(batch_id, n) for n in range(3)}


@pytest.mark.parametrize(
    ("version", "inputs", "said"),
    [
        (V26, [], "1 to 1000"),
        (V26, [{"rawText": "x"}], "inputs[0]: "),
        (V25, [{"rawText": "x"}] * 1001, "1 to 1000"),
        (V25, [{"rawText": "x"}, {}], "inputs[1]: exactly one of file and rawText"),
        (V24, [{"rawText": "x", "file": {"fileId": "y"}}], "inputs[0]: exactly one of file and rawText"),
        (V24, [{"rawText": "x", "name": 5}], "inputs[0]: name"),
        (V24, [{"rawText": "x", "metadata": []}], "inputs[0]: metadata"),
    ],
)
def test_batches_are_refused_as_a_whole(api, flow, version: str, inputs: Any, said: str) -> None:
    named = {"workflow": {"id": flow[0]}} if version == V26 else {"workflowId": flow[0]}
    answer = api.send("POST", "/workflow_runs/batch", version, json=named | {"inputs": inputs})
    assert (answer.status_code, said in answer.text) == (400, True), answer.text
    assert api.control("GET", "/runs") == []


def test_the_link_of_a_run_leads_to_a_page(api, start) -> None:
    api.control("POST", "/settings", {"run_seconds": 60})
    run = start(V25)
    assert run["url"] == f"{api.emulator.base_url}/_control/dashboard/{run['id']}"
    page = requests.get(run["url"], timeout=10).text
    assert all(said in page for said in (run["id"], "workflow_run", "PENDING"))


def test_the_runs_inside_are_read_by_their_ids(api, start) -> None:
    run = api.until(f"/workflow_runs/{start()['id']}", "PROCESSED")
    parse, extract = (next(iter(step["result"].values())) for step in run["stepRuns"])
    assert api.ok("GET", f"/extract_runs/{extract['id']}") == extract
    assert api.ok("GET", f"/parse_runs/{parse['id']}") == parse
    assert extract["parseRunId"] == parse["id"]
    old = api.ok("GET", f"/workflow_runs/{run['id']}", V25)["workflowRun"]["outputs"]
    assert [api.ok("GET", f"/processor_runs/{extract['id']}", V25)["processorRun"]] == old
    for path in (f"/split_runs/{extract['id']}", f"/extract_runs/{parse['id']}", "/extract_runs/exr_none"):
        assert api.send("GET", path).status_code == 404
    api.ok("DELETE", f"/workflow_runs/{run['id']}")
    for path in (f"/extract_runs/{extract['id']}", f"/parse_runs/{parse['id']}"):
        assert api.send("GET", path).status_code == 404


def test_a_run_inside_has_what_its_review_put_right(api, start) -> None:
    api.control("POST", "/settings", {"review_workflow_runs": True})
    run = api.until(f"/workflow_runs/{start()['id']}", "NEEDS_REVIEW")
    key = run["stepRuns"][1]["result"]["extractRun"]["id"]
    assert api.ok("GET", f"/extract_runs/{key}")["reviewed"] is False
    edits = {"read it": {"value": {"number": "B-1"}}}
    api.control("POST", f"/workflow_runs/{run['id']}/review", {"action": "approve", "edits": edits})
    inside = api.ok("GET", f"/extract_runs/{key}")
    assert (inside["reviewed"], inside["output"]["value"]) == (True, {"number": "B-1"})
