"""Runs of workflows. One run is seen through all versions; each version starts runs in its own way."""

from __future__ import annotations

import time

from airflow_provider_extend.emulator import clock, inputs
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import files, workflows
from airflow_provider_extend.emulator.families.extract_runs import read_document
from airflow_provider_extend.emulator.families.processors import find_version
from airflow_provider_extend.emulator.inputs import INPUT, Input
from airflow_provider_extend.emulator.lists import MEMBER, Filters, listing, reading, same
from airflow_provider_extend.emulator.route import ALL, NEW, OLD, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import (
    DATES,
    FAILURE,
    Builders,
    Shapes,
    View,
    failure,
    link,
    usage,
)

_STOP_SHARE = 0.2  # of a run's time, spent in CANCELLING


def _wanted(call: Call) -> Row:
    body = call.body
    named = (
        body["workflow"] if call.style == V26 else {"id": body["workflowId"], "version": body.get("version")}
    )
    return workflows.find_version(call, named.get("id"), named.get("version"))


def _extracts(call: Call, version: Row) -> list[tuple[Row, Row]]:
    """(step, version of its extractor) of the steps that are run. Unnamed: the latest (assumption)."""
    found = []
    for step in version["steps"]:
        if step["type"] == "EXTRACT":
            named = step["config"]["extractor"]
            processor = call.find("processor", named["id"])
            found.append((step, find_version(call, processor, str(named.get("version") or "latest"))))
    return found


def _start(call: Call, version: Row, given: list[Input], batch_id: str | None = None) -> list[Row]:
    store, extracts = call.state.store, _extracts(call, version)
    readings = [[read_document(v["config"], one.source.pages) for _, v in extracts] for one in given]
    for one in given:
        files.write(call.state, one.source)
    rows = []
    with store.transaction():
        begun, now = time.time(), store.stamp()
        for one, kept in zip(given, readings, strict=True):
            file = files.keep(call.state, one.source, now)
            steps = [
                {
                    "stepId": f"step_{version['id'].removeprefix('workflow_version_')}{at}",
                    "stepRunId": new_id("workflow_step_run_"),
                    "runId": new_id("exr_" if call.version == V26 else "dpr_"),
                    "name": step["name"],
                    "processorId": extractor["processorId"],
                    "processorVersionId": extractor["id"],
                }
                for at, (step, extractor) in enumerate(extracts)
            ]
            row: Row = {
                "id": new_id("workflow_run_"),
                "workflowId": version["workflowId"],
                "workflowVersionId": version["id"],
                "version": version["version"],
                "name": one.name or file["name"],
                "batchId": batch_id,
                "source": "API",
                "fileId": file["id"],
                "fileName": file["name"],
                "pages": len(one.source.pages),
                "parseRunId": new_id("pr_"),
                "steps": steps,
                "metadata": one.metadata or {},
                **clock.begin(
                    call.state, True, begun, None if one.source.pages else "FAILED_TO_PROCESS_FILE"
                ),
                "createdAt": now,
            }
            outputs = [
                {"fileId": file["id"], "step": step["name"], "output": found["values"]}
                for step, found in zip(steps, kept, strict=True)
            ]
            store.put("result", {"id": row["id"], "readings": kept, "outputs": outputs})
            rows.append(store.put("workflow_run", row))
    call.made += [row["id"] for row in rows]
    return rows


def _created(call: Call, row: Row) -> Row:
    return call.show("workflow_run", row | {"status": "PENDING", "updatedAt": row["createdAt"]})


def create(call: Call) -> Row | list[Row]:
    version = _wanted(call)
    if call.style == V26:
        return _created(call, _start(call, version, [inputs.single(call)])[0])
    return [_created(call, row) for row in _start(call, version, inputs.each(call))]


def create_batch(call: Call) -> Row:
    version, batch_id = _wanted(call), new_id("batch_")
    _start(call, version, inputs.batch(call), batch_id)
    return {"batchId": batch_id}


def update(call: Call) -> Row:
    """Metadata is merged key by key."""
    store, added = call.state.store, call.body.get("metadata")
    with store.transaction():
        row = call.find("workflow_run", call.params["id"])
        row["metadata"] = inputs.metadata(row["metadata"] | (added or {}))
        row["name"] = call.body.get("name") or row["name"]
        row["editedAt"] = store.stamp()
        return call.show("workflow_run", store.put("workflow_run", row))


def cancel(call: Call) -> Row:
    with call.state.store.transaction():
        row = call.find("workflow_run", call.params["id"])
        cancelled = clock.cancelled(row, ("PENDING", "PROCESSING"), _STOP_SHARE)
        return call.show("workflow_run", call.state.store.put("workflow_run", cancelled))


def delete(call: Call) -> Row:
    return call.delete_run("workflow_run")


# How one is seen


def _workflow_run(view: View, row: Row) -> Row:
    at, (start, end) = clock.progress(row), clock.times(row)
    store, status = view.state.store, at["status"]
    workflow = store.need("workflow", row["workflowId"])
    version = store.need("workflow_version", row["workflowVersionId"])
    reviewed = status in ("REJECTED", "REVIEWED")
    moved = row | at
    parts = [("extract_run", step["runId"], 1) for step in row["steps"]]
    parts += [("parse_run", row["parseRunId"], row["pages"])]
    own = sum(part[2] for part in parts)
    facts: Row = {
        "object": "workflow_run",
        "workflow": view.show("workflow_summary", workflow | {"shownVersion": version["version"]}),
        "workflowId": workflow["id"],
        "workflowName": workflow["name"],
        "workflowVersionId": version["id"],
        "files": lambda: files.of_run(view, row),
        "initialRunAt": row["createdAt"],
        "startTime": start,
        "endTime": end,
        "reviewed": reviewed,
        "reviewedAt": at["updatedAt"] if reviewed else None,
        "reviewedBy": None,
        "reviewedByUser": None,
        "rejectionNote": None,
        "outputs": lambda: _inner(view, moved) if status in clock.DONE else [],
        "stepRuns": lambda: _step_runs(view, moved) if view.style == V26 and start else [],
        "usage": usage(view, own, parts) if status in clock.DONE else None,
        "url": link(view, row),
        "dashboardUrl": link(view, row),
    }
    if view.style == V26:
        facts["workflowVersion"] = view.show("workflow_version_summary", version)
    return facts | failure(row, status) | at


def _inner(view: View, row: Row) -> list[Row]:
    """The extract runs of the steps. Assumption: they end with the workflow run and share its metadata."""
    readings = view.state.store.need("result", row["id"])["readings"]
    shared = {key: row[key] for key in "fileId pages parseRunId metadata createdAt updatedAt".split()}
    shared |= {"status": "PROCESSED", "failureReason": None}
    inner = [
        shared | {key: step[key] for key in ("processorId", "processorVersionId")} | {"id": step["runId"]}
        for step in row["steps"]
    ]
    return [
        view.show("extract_run", run | {"reading": kept}) for run, kept in zip(inner, readings, strict=True)
    ]


def _step_runs(view: View, row: Row) -> list[Row]:
    status = row["status"]
    stopped = status in ("FAILED", "CANCELLED")
    shown = "PROCESSED" if status in clock.DONE else status if stopped else "PROCESSING"
    runs = _inner(view, row) if shown == "PROCESSED" else [None] * len(row["steps"])
    return [
        {
            "object": "workflow_step_run",
            "id": step["stepRunId"],
            "workflowRunId": row["id"],
            "status": shown,
            "files": files.of_run(view, row),
            "step": {
                "object": "workflow_step",
                "id": step["stepId"],
                "name": step["name"],
                "type": "EXTRACT",
            },
            "stepType": "EXTRACT",
            "result": run and {"extractRun": run},
        }
        for step, run in zip(row["steps"], runs, strict=True)
    ]


_WORKFLOW_RUN = (
    f"object id name url status metadata batchId files {FAILURE} initialRunAt reviewedBy reviewed reviewedAt "
    "startTime endTime outputs workflow"
)
_WORKFLOW_SUMMARY = (
    "id status initialRunAt reviewedByUser reviewedAt startTime endTime workflowId workflowName "
    f"workflowVersionId batchId rejectionNote {DATES}"
)

SHAPES: Shapes = {
    "workflow_run": {
        V24: _WORKFLOW_RUN,
        V25: f"{_WORKFLOW_RUN} rejectionNote stepRuns usage",
        V26: f"object id workflow workflowVersion dashboardUrl status metadata batchId files {FAILURE} "
        "initialRunAt reviewedByUser reviewed rejectionNote reviewedAt startTime endTime stepRuns usage",
    },
    "workflow_run_summary": {
        V24: f"{_WORKFLOW_SUMMARY} reviewed",
        V25: f"{_WORKFLOW_SUMMARY} usage",
        V26: "object id status workflow workflowVersion dashboardUrl reviewedByUser reviewedAt initialRunAt "
        f"startTime endTime batchId rejectionNote files {DATES} usage",
    },
}

BUILDERS: Builders = {"workflow_run": _workflow_run}

_FLOWN: Filters = {"workflowId": same("workflowId")}


_OLD_INPUT = (
    "workflowId:str files:array? rawTexts:array? version:str? name:str? priority:int? metadata:object?"
)


_FLOWS = "/workflow_runs/batch"


_FLOW = "/workflow_runs/{id}"

ROUTES = [
    Route("POST", "/workflow_runs", OLD, create, "workflowRuns", _OLD_INPUT, run=True),
    Route("POST", "/workflow_runs", NEW, create, "", "workflow:object " + INPUT, run=True),
    Route("POST", _FLOWS, OLD, create_batch, "", "workflowId:str version:str? inputs:array", run=True),
    Route("POST", _FLOWS, NEW, create_batch, "", "workflow:object inputs:array priority:int?", run=True),
    Route("GET", "/workflow_runs", ALL, listing("workflow_run", filters=_FLOWN | MEMBER, runs=True), "workflowRuns"),
    Route("GET", _FLOW, ALL, reading("workflow_run", "workflow_run"), "workflowRun"),
    Route("POST", _FLOW, ALL, update, "workflowRun", "name:str? metadata:object?"),
    Route("POST", _FLOW + "/cancel", SINCE_2025, cancel, "workflowRun"),
    Route("DELETE", _FLOW, SINCE_2025, delete, "workflowRunId"),
]  # fmt: skip
