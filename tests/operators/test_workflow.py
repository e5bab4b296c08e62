"""Workflow runs against the local Extend, in three API versions."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from tests.airflow_names import AirflowFailException

V24, V25, V26 = VERSIONS = "2024-12-23", "2025-04-21", "2026-02-09"


def workflow(extend: Any) -> str:
    """One that extracts, where the version lets it be made so."""
    body: dict[str, Any] = {"name": "Invoices"}
    return str(extend.send("POST", "/workflows", json=body)["id"])


def operator(**given: Any) -> ExtendRunWorkflowOperator:
    return ExtendRunWorkflowOperator(task_id="task", **{"poll_interval": 0.05, **given})


def runs(extend: Any) -> list[dict[str, Any]]:
    return list(extend.control("GET", "/runs?kind=workflow_run"))


@pytest.mark.parametrize("source", ["file_id", "text", "file_url"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_goes_through(api, task, version, source) -> None:
    extend = api(version)
    file_id = extend.upload(b"Total: 1\n", "invoice.txt")
    document = {"file_id": file_id, "text": "Total: 1", "file_url": "https://a.example.com/invoice.txt?sig=1"}
    given = {source: document[source], "metadata": {"case": 7}}
    value = task.run(operator(workflow_id=workflow(extend), **given, push_output=True))
    assert (value["kind"], value["outcome"], value["api_version"]) == ("workflow_run", "succeeded", version)
    steps = [step["step"]["type"] for step in task.xcoms["output"]]
    assert steps == (["PARSE"] if version == V26 else [])
    assert task.xcoms["run_url"].endswith(value["id"])
    (made,) = runs(extend)
    assert made["metadata"]["case"] == 7
    assert made["metadata"]["airflow_task"]["task_id"] == "task"


def test_the_steps_of_a_run_are_its_output(api, task) -> None:
    extend = api()
    step = {
        "name": "read",
        "type": "EXTRACT",
        "config": {"extractor": {"id": extend.processor(), "version": "draft"}},
    }
    made = extend.send("POST", "/workflows", json={"name": "Invoices", "steps": [step]})
    given = {"workflow_id": made["id"], "text": "No: INV-7\nTotal: 12.00\n"}
    task.run(operator(**given, push_output=True))
    (read,) = task.xcoms["output"]
    assert read["result"]["extractRun"]["output"]["value"] == {"total": 12, "number": "INV-7"}


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_process_that_died_in_the_call_leaves_one_run(api, new_task, dies_at, version, store) -> None:
    extend, task = api(version), new_task(store=store)
    asks = {"workflow_id": workflow(extend), "text": "Total: 1"}
    dies_at(task, operator(**asks), "/workflow_runs$", "after")
    other = new_task()
    other.map_index = 1
    other.run(operator(**asks))
    value = task.run(operator(**asks))
    assert value["id"] == runs(extend)[0]["id"]
    assert len(runs(extend)) == 2


@pytest.mark.parametrize(("version", "left"), [(V24, "PROCESSING"), (V25, "CANCELLED"), (V26, "CANCELLED")])
def test_a_clear_cancels_where_the_version_can(api, task, version, left, log_text) -> None:
    extend = api(version)
    extend.control("POST", "/settings", {"run_seconds": 60})
    asks = {"workflow_id": workflow(extend), "text": "Total: 1", "wait_for_completion": False}
    first = task.run(operator(**asks))
    extend.control("PATCH", f"/runs/{first}", {"status": "PROCESSING"})
    task.clear()
    second = task.run(operator(**asks))
    statuses = {run["id"]: run["status"] for run in runs(extend)}
    assert statuses[first] in (left, "CANCELLING") if left == "CANCELLED" else statuses[first] == left
    assert statuses[second] == "PENDING"
    if version == V24:
        assert "goes on: Extend's API has no call that cancels this kind (workflow run)" in log_text()
        assert extend.requests("POST", "/cancel") == []


def test_a_run_that_is_rejected_fails_and_a_retry_would_not_run_it_again(api, task) -> None:
    extend = api()
    extend.control("POST", "/settings", {"run_seconds": 60})
    asks = {"workflow_id": workflow(extend), "text": "Total: 1"}
    run_id = task.run(operator(**asks, wait_for_completion=False))
    extend.control("PATCH", f"/runs/{run_id}", {"status": "REJECTED"})
    with pytest.raises(AirflowFailException, match="ended REJECTED"):
        task.run(operator(**asks))
    assert len(runs(extend)) == 1


def test_a_batch_is_found_by_the_token_of_its_members(api, task) -> None:
    import time

    from airflow_provider_extend.api.lookups import look_up_of
    from airflow_provider_extend.hooks.extend import ExtendHook
    from airflow_provider_extend.searching import find_by_token

    for version in VERSIONS:
        extend = api(version)
        workflow_id = workflow(extend)
        named = {"workflow": {"id": workflow_id}} if version == V26 else {"workflowId": workflow_id}
        text = {"file": {"text": "a"}} if version == V26 else {"rawText": "a"}
        inputs = [{**text, "metadata": {"airflow_token": f"of {version}"}}] * 3
        made = extend.send("POST", "/workflow_runs/batch", json={**named, "inputs": inputs})
        way = look_up_of("workflow_batch", version)
        assert way is not None
        found = find_by_token(ExtendHook().get_conn(), way, f"of {version}", time.time())
        assert found == (made["batchId"] if version == V26 else made)
