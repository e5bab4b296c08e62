"""Administration from beginning to end on a local Extend, by the same operators in each API version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_extend.operators.evaluation_set import ExtendListEvaluationSetsOperator
from airflow_provider_extend.operators.evaluation_set_item import (
    ExtendDeleteEvaluationSetItemOperator,
    ExtendListEvaluationSetItemsOperator,
    ExtendUpdateEvaluationSetItemOperator,
)
from airflow_provider_extend.operators.file import (
    ExtendCreateFileOperator,
    ExtendDeleteFileOperator,
    ExtendGetFileOperator,
    ExtendListFilesOperator,
)
from airflow_provider_extend.operators.processor import (
    ExtendCreateProcessorOperator,
    ExtendListProcessorsOperator,
    ExtendUpdateProcessorOperator,
)
from airflow_provider_extend.operators.processor_version import (
    ExtendGetProcessorVersionOperator,
    ExtendListProcessorVersionsOperator,
)
from airflow_provider_extend.operators.run import (
    ExtendDeleteRunOperator,
    ExtendGetRunOperator,
    ExtendListRunsOperator,
)
from airflow_provider_extend.operators.workflow_run import (
    ExtendCorrectWorkflowRunOutputsOperator,
    ExtendUpdateWorkflowRunOperator,
)
from airflow_provider_extend.operators.workflow_version import (
    ExtendCreateWorkflowOperator,
    ExtendPublishWorkflowVersionOperator,
    ExtendUpdateWorkflowOperator,
)

V24, V25, V26 = VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")

SCHEMA = {"schema": {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}}
CONFIGS: dict[str, dict[str, Any]] = {
    "EXTRACT": SCHEMA,
    "CLASSIFY": {"classifications": [{"id": "a", "type": "invoice", "description": "An invoice"}]},
    "SPLITTER": {"splitClassifications": [{"id": "a", "type": "invoice", "description": "An invoice"}]},
}


@pytest.fixture
def run(new_task: Any) -> Any:
    """What a first try of a task returns."""
    return lambda operator, **given: new_task().run(operator(task_id="t", **given))


@pytest.mark.parametrize("processor_type", CONFIGS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_processor(api, run, version, processor_type) -> None:
    extend = api(version)
    named = {"processor_type": processor_type}
    made = run(ExtendCreateProcessorOperator, name="Mine", config=CONFIGS[processor_type], **named)
    renamed = run(ExtendUpdateProcessorOperator, processor_id=made, name="Yours", **named)
    copied = run(ExtendCreateProcessorOperator, name="Copy", clone_processor_id=made, **named)
    assert renamed == made
    drafts = {row["id"]: row for _, row in extend.emulator._server.state.store.all("version")}
    for key, name in ((made, "Yours"), (copied, "Copy")):
        row = extend.emulator._server.state.store.need("processor", key)
        assert (row["name"], row["type"]) == (name, processor_type)
        config = drafts[row["draftId"]]["config"]
        assert {k: v for k, v in config.items() if k != "type"} == CONFIGS[processor_type]
    if version != V24:
        rows = run(ExtendListProcessorsOperator, **named)
        assert {row["name"] for row in rows} == {"Yours", "Copy"}
    base = {"EXTRACT": "extractors", "CLASSIFY": "classifiers", "SPLITTER": "splitters"}[processor_type]
    path = f"/{base}/{made}/versions" if version == V26 else f"/processors/{made}/publish"
    published = extend.send("POST", path, json={"releaseType": "major", "description": "first"})["id"]
    listed = run(ExtendListProcessorVersionsOperator, processor_id=made, **named)
    assert (published, "1.0", "first") in {(row["id"], row["version"], row["description"]) for row in listed}
    read = run(ExtendGetProcessorVersionOperator, processor_id=made, version_id=published, **named)
    assert (read["id"], read["version"], read["processor_id"]) == (published, "1.0", made)
    assert {k: v for k, v in read["config"].items() if k != "type"} == CONFIGS[processor_type]


def test_the_same_processor_on_the_path_of_the_older_versions(api, run) -> None:
    extend = api(V26)
    made = extend.processor()
    run(ExtendUpdateProcessorOperator, processor_id=made, name="Yours")
    assert [row["name"] for row in run(ExtendListProcessorsOperator)] == ["Yours"]
    [draft] = run(ExtendListProcessorVersionsOperator, processor_id=made)
    read = run(ExtendGetProcessorVersionOperator, processor_id=made, version_id=draft["id"])
    assert read["version"] == "draft"
    assert {row["path"].split("/")[1] for row in extend.requests()} == {"processors"}


STEPS = [
    {"type": "TRIGGER", "name": "trigger", "next": [{"step": "parse"}]},
    {"type": "PARSE", "name": "parse"},
]


def test_a_workflow_with_its_versions(api, run) -> None:
    extend = api(V26)
    made = run(ExtendCreateWorkflowOperator, name="Claims", steps=STEPS)
    assert run(ExtendUpdateWorkflowOperator, workflow_id=made, name="Cases") == made
    published = run(ExtendPublishWorkflowVersionOperator, workflow_id=made, name="first")
    assert (published["version"], published["workflow_id"]) == ("1", made)
    shown = extend.send("GET", f"/workflows/{made}")
    assert shown["name"] == "Cases"
    assert [step["type"] for step in shown["draftVersion"]["steps"]] == ["TRIGGER", "PARSE"]


def workflow_run(extend: Any) -> str:
    """Of a document, through a workflow that extracts."""
    extractor = extend.processor()
    current = type(extend)(extend.emulator, V26)
    steps = [
        {"type": "TRIGGER", "name": "trigger", "next": [{"step": "parse"}]},
        {"type": "PARSE", "name": "parse", "next": [{"step": "extract"}]},
        {"type": "EXTRACT", "name": "extract", "config": {"extractor": {"id": extractor}}},
    ]
    workflow = current.send("POST", "/workflows", json={"name": "Claims", "steps": steps})["id"]
    file = {"id": extend.upload(b"Total: 7.00\nNo: INV-7\n")}
    body = {"workflow": {"id": workflow, "version": "draft"}, "file": file}
    return str(current.send("POST", "/workflow_runs", json=body)["id"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_workflow_run_is_read_named_listed_and_deleted(api, run, version) -> None:
    extend = api(version)
    made = workflow_run(extend)
    result = run(ExtendGetRunOperator, kind="workflow_run", run_id=made)
    assert (result["id"], result["outcome"]) == (made, "succeeded")
    assert run(ExtendUpdateWorkflowRunOperator, workflow_run_id=made, metadata={"case": 7}) == made
    assert extend.send("GET", f"/workflow_runs/{made}")["metadata"] == {"case": 7}
    listed = run(ExtendListRunsOperator, kind="workflow_run", filters={"status": "PROCESSED"})
    assert [row["id"] for row in listed] == [made]
    assert run(ExtendListRunsOperator, kind="workflow_run", filters={"status": "FAILED"}) == []
    if version != V24:
        assert run(ExtendDeleteRunOperator, kind="workflow_run", run_id=made) == made
        assert run(ExtendListRunsOperator, kind="workflow_run") == []


@pytest.mark.parametrize("version", [V24, V25])
def test_an_output_of_a_workflow_run_is_corrected(api, run, version, tmp_path, log_text) -> None:
    extend = api(version)
    made = workflow_run(extend)
    [output] = extend.send("GET", f"/workflow_runs/{made}")["outputs"]
    reviewed = {"value": {"total": 8, "number": "Zyxomma"}}
    if version == V24:
        reviewed = output["output"] | {"number": output["output"]["number"] | {"value": "Zyxomma"}}
    path = tmp_path / "reviewed.json"
    path.write_text(json.dumps(reviewed))
    corrected = run(
        ExtendCorrectWorkflowRunOutputsOperator,
        workflow_run_id=made,
        output_id=output["id"],
        reviewed_output_path=str(path),
    )
    assert corrected == made
    [after] = extend.send("GET", f"/workflow_runs/{made}")["outputs"]
    assert after["edited"] is True
    assert "Zyxomma" not in log_text()


@pytest.mark.parametrize("version", VERSIONS)
def test_files(api, run, version, tmp_path) -> None:
    extend = api(version)
    made = run(ExtendCreateFileOperator, name="note.txt", raw_text="Total: 7.00")
    assert extend.control("GET", f"/files/{made}") == b"Total: 7.00"
    read = run(
        ExtendGetFileOperator, file_id=made, contents=["rawText"], output_path=str(tmp_path / "file.json")
    )
    assert (read["id"], read["name"], read["type"], read["page_count"]) == (made, "note.txt", "TXT", 1)
    assert json.loads((tmp_path / "file.json").read_text())["file"]["contents"]["rawText"] == "Total: 7.00"
    extend.upload(b"Total: 8.00", "other.txt")
    assert [row["name"] for row in run(ExtendListFilesOperator)] == ["other.txt", "note.txt"]
    assert [row["id"] for row in run(ExtendListFilesOperator, name_contains="note")] == [made]
    if version != V24:
        assert run(ExtendDeleteFileOperator, file_id=made) == made
        assert [row["name"] for row in run(ExtendListFilesOperator)] == ["other.txt"]


@pytest.mark.parametrize("version", VERSIONS)
def test_items_of_an_evaluation_set(api, run, version, log_text) -> None:
    extend = api(version)
    made = extend.evaluation_set(extend.processor(), documents=2)
    first, second = [row["id"] for row in extend.items(made)]
    changed = run(
        ExtendUpdateEvaluationSetItemOperator,
        evaluation_set_id=made,
        item_id=first,
        expected_output={"value": {"total": 99, "number": "Zyxomma"}},
    )
    assert changed == first
    assert extend.items(made)[0]["expectedOutput"]["value"]["total"] == 99
    if version != V24:
        listed = run(ExtendListEvaluationSetItemsOperator, evaluation_set_id=made)
        assert {row["id"] for row in listed} == {first, second}
        assert "Zyxomma" not in json.dumps(listed)
        [row] = run(ExtendListEvaluationSetsOperator)
        assert row["id"] == made
        deleted = run(ExtendDeleteEvaluationSetItemOperator, evaluation_set_id=made, item_id=first)
        assert deleted == first
        assert [row["id"] for row in extend.items(made)] == [second]
    assert "Zyxomma" not in log_text()
