"""Runs of workflows. One run is seen through all versions; each version starts runs in its own way."""

from __future__ import annotations

import time

from airflow_provider_extend.emulator import clock, flows, inputs
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import files, workflows
from airflow_provider_extend.emulator.inputs import INPUT, PRIORITY, Input
from airflow_provider_extend.emulator.lists import MEMBER, Filters, listing, reading, same
from airflow_provider_extend.emulator.processing import TYPES
from airflow_provider_extend.emulator.route import ALL, NEW, OLD, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.timeline import DONE
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
#: Type of a step's processor, None for the parser -> the key of its result.
_RESULTS = {None: "parseRun"} | {kind.name: f"{kind.verb}Run" for kind in TYPES.values()}
_FULL = "workflow_run_full"
_BATCH_PRIORITY = 90
_REVIEWER = {"id": "user_local", "email": "reviewer@example.com"}


def _wanted(call: Call) -> Row:
    body = call.body
    named = (
        body["workflow"] if call.style == V26 else {"id": body["workflowId"], "version": body.get("version")}
    )
    return workflows.find_version(call, named.get("id"), named.get("version"))


def _start(
    call: Call, version: Row, given: list[Input], batch_id: str | None = None, priority: int | None = None
) -> list[Row]:
    state, store, jobs = call.state, call.state.store, workflows.jobs(call, version)
    walks = [flows.walk(version, jobs, one.pages, one.metadata, one.outputs) for one in given]
    for one in given:
        for source in one.sources:
            files.write(state, source)
    rows = []
    with store.transaction():
        begun, now = time.time(), store.stamp()
        reasons = [
            made.failure if one.pages else "FAILED_TO_PROCESS_FILE"
            for one, made in zip(given, walks, strict=True)
        ]
        counts = [len(one.sources) for one in given]
        timings = clock.begin(state, True, begun, reasons, counts, priority)
        for one, made, timing in zip(given, walks, timings, strict=True):
            if timing["ending"] == "PROCESSED" and (made.waiting or state.settings["review_workflow_runs"]):
                timing["ending"] = "NEEDS_REVIEW"
            kept = [files.keep(state, source, now) for source in one.sources]
            names = ", ".join(file["name"] for file in kept)
            ids = [file["id"] for file in kept]
            row: Row = {
                "id": new_id("workflow_run_"),
                "workflowId": version["workflowId"],
                "workflowVersionId": version["id"],
                "version": version["version"],
                "name": one.name or names,
                "batchId": batch_id,
                "source": "API",
                "fileId": ids[0],
                "fileIds": ids,
                "fileName": names,
                "pages": len(one.pages),
                "parseRunId": new_id("pr_"),
                "steps": [],
                "documents": [{"fileIds": ids, "parent": None, "pages": len(one.pages)}],
                "metadata": one.metadata or {},
                **timing,
                "createdAt": now,
            }
            result: Row = {"id": row["id"], "readings": []}
            flows.settle(state, row, result, made, jobs, call.version)
            store.put("result", result)
            rows.append(store.put("workflow_run", row))
    call.made += [row["id"] for row in rows]
    return rows


def _created(call: Call, row: Row) -> Row:
    return call.show(_FULL, row | {"status": "PENDING", "updatedAt": row["createdAt"]})


def create(call: Call) -> Row | list[Row]:
    version, priority = _wanted(call), call.body.get("priority")
    if call.style == V26:
        return _created(call, _start(call, version, [inputs.single(call)], None, priority)[0])
    return [_created(call, row) for row in _start(call, version, inputs.each(call), None, priority)]


def create_batch(call: Call) -> Row:
    version, batch_id = _wanted(call), new_id("batch_")
    _start(call, version, inputs.batch(call), batch_id, call.body.get("priority") or _BATCH_PRIORITY)
    return {"batchId": batch_id}


def update(call: Call) -> Row:
    """Metadata is merged key by key."""
    store, added = call.state.store, call.body.get("metadata")
    with store.transaction():
        row = call.find("workflow_run", call.params["id"])
        row["metadata"] = inputs.metadata(row["metadata"] | (added or {}))
        row["name"] = call.body.get("name") or row["name"]
        row["editedAt"] = store.stamp()
        return call.show(_FULL, store.put("workflow_run", row))


def cancel(call: Call) -> Row:
    with call.state.store.transaction():
        row = call.find("workflow_run", call.params["id"])
        cancelled = clock.cancelled(call.state, row, ("PENDING", "PROCESSING"), _STOP_SHARE)
        return call.show(_FULL, call.state.store.put("workflow_run", cancelled))


def delete(call: Call) -> Row:
    return call.delete_run("workflow_run")


# Review


def correct(call: Call) -> Row:
    """Assumption: of a run that waits for a review this is one, by nobody in particular."""
    store = call.state.store
    with store.transaction():
        row = call.find("workflow_run", call.params["id"])
        at = [
            at
            for at, step in enumerate(row["steps"])
            if step["kind"] and step["runId"] == call.params["outputId"]
        ]
        if not at:
            raise ApiError(404, f"Run {row['id']} has no output {call.params['outputId']}")
        if (status := call.state.clock.progress(row)["status"]) not in ("PROCESSED", "NEEDS_REVIEW"):
            raise ApiError(
                400, f"Outputs can be corrected in PROCESSED or NEEDS_REVIEW; this run is in {status}"
            )
        result = store.need("result", row["id"])
        flows.correct(call.state, row, result, at[0], call.body["reviewedOutput"])
        if status == "NEEDS_REVIEW":
            _pass(call, row, result, None)
        row["editedAt"] = store.stamp()
        store.put("result", result)
        return call.show(_FULL, store.put("workflow_run", row))


def review(call: Call, body: Row) -> Row:
    """What a person does in the dashboard: ``{action: approve|reject, note?, edits?, reviewer?: {id, email}}``.

    ``edits``: name of a step, or id of its run where it ran more than once -> output.
    """
    action, edits, by = body.get("action"), body.get("edits") or {}, body.get("reviewer") or _REVIEWER
    if action not in ("approve", "reject"):
        raise ApiError(400, "action must be approve or reject")
    if (
        not isinstance(edits, dict)
        or not isinstance(by, dict)
        or not isinstance(body.get("note"), str | None)
    ):
        raise ApiError(400, "edits and reviewer must be of type object, note of type str")
    store = call.state.store
    with store.transaction():
        row = call.find("workflow_run", call.params["id"])
        if (status := call.state.clock.progress(row)["status"]) != "NEEDS_REVIEW":
            raise ApiError(400, f"A run is reviewed in NEEDS_REVIEW; this one is {status}")
        result = store.need("result", row["id"])
        done = [(at, step) for at, step in enumerate(row["steps"]) if step["kind"]]
        named = {step[key]: at for at, step in reversed(done) for key in ("name", "runId")}
        for name, output in edits.items():
            if name not in named or not isinstance(output, dict):
                raise ApiError(400, f"edits.{name} must be the output of one of {', '.join(named)}")
            flows.correct(call.state, row, result, named[name], output)
        if action == "approve":
            _pass(call, row, result, _REVIEWER | by)
        else:
            flows.reviewed(row, "REJECTED", _REVIEWER | by, body.get("note"))
        store.put("result", result)
        return store.put("workflow_run", row)


def _pass(call: Call, row: Row, result: Row, by: Row | None) -> None:
    """What comes after the review is done at once (assumption), up to the next one."""
    version = call.state.store.need("workflow_version", row["workflowVersionId"])
    before = len(row["steps"])
    flows.go_on(call.state, row, result, version, workflows.jobs(call, version), call.version)
    flows.reviewed(row, "NEEDS_REVIEW" if result["waiting"] else "PROCESSED", by, None)
    row["reviews"][-1]["steps"] = before


# How one is seen


def _workflow_run(view: View, row: Row) -> Row:
    line = view.state.clock
    at, (start, end) = line.progress(row), line.times(row)
    store, status = view.state.store, at["status"]
    workflow = store.need("workflow", row["workflowId"])
    version = store.need("workflow_version", row["workflowVersionId"])
    by, reviewed = row.get("reviewer") or {}, status in ("REJECTED", "REVIEWED") or bool(row.get("reviews"))
    reviewed_at = line.passed(row)[-1][1] if reviewed else None
    moved = row | at
    parts = [(TYPES[step["kind"]].run, step["runId"], 1) for step in row["steps"] if step["kind"]]
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
        "reviewedAt": reviewed_at,
        "reviewedBy": by.get("id" if view.style == V24 else "email"),
        "reviewedByUser": by.get("email"),
        "rejectionNote": row.get("rejectionNote"),
        "outputs": lambda: _outputs(view, moved) if status in DONE else [],
        "stepRuns": lambda: _step_runs(view, moved) if view.style == V26 and start else [],
        "usage": usage(view, own, parts) if status in DONE else None,
        "url": link(view, row),
        "dashboardUrl": link(view, row),
    }
    if view.style == V26:
        facts["workflowVersion"] = view.show("workflow_version_summary", version)
    return facts | failure(row, status) | at


def _full(view: View, row: Row) -> Row:
    """The object itself, which alone says REVIEWED in 2024-12-23."""
    facts = _workflow_run(view, row)
    passed = (facts["status"], facts["reviewed"]) == ("PROCESSED", True)
    return facts | ({"status": "REVIEWED"} if passed and view.style == V24 else {})


def _outputs(view: View, row: Row) -> list[Row]:
    """Assumption: the older versions show no run of an inline config, since theirs name a processor."""
    readings = view.state.store.need("result", row["id"])["readings"]
    return [
        flows.inner(view, row, step, found)
        for step, found in zip(row["steps"], readings, strict=True)
        if step["processorId"]
    ]


def _step_runs(view: View, row: Row) -> list[Row]:
    done = row["status"] in DONE
    stopped = row["status"] in ("FAILED", "CANCELLED")
    shown = "PROCESSED" if done else row["status"] if stopped else "PROCESSING"
    readings = view.state.store.need("result", row["id"])["readings"]
    return [
        {
            "object": "workflow_step_run",
            "id": step["stepRunId"],
            "workflowRunId": row["id"],
            "status": shown,
            "files": files.of_run(view, row["documents"][step["document"]]),
            "step": {
                "object": "workflow_step",
                "id": step["stepId"],
                "name": step["name"],
                "type": step["type"],
            },
            "stepType": step["type"],
            "result": {_RESULTS[step["kind"]]: flows.inner(view, row, step, found)} if done else None,
        }
        for step, found in zip(row["steps"], readings, strict=True)
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

SHAPES[_FULL] = SHAPES["workflow_run"]
BUILDERS: Builders = {"workflow_run": _workflow_run, _FULL: _full}

_FLOWN: Filters = {"workflowId": same("workflowId")}


_OUTPUTS = "outputs[]?(processorId:str output:object)"
_OLD_INPUT = (
    f"workflowId:str files[]?({_OUTPUTS}) rawTexts[]:str? version:str? name:str? {PRIORITY} metadata:object?"
)
_WORKFLOW, _INPUTS = "workflow(id:str version:str?)", "inputs[](secrets:object?)"
_NEW_INPUT = f"{_WORKFLOW} secrets:object? {INPUT} {PRIORITY} {_OUTPUTS}"
_NEW_BATCH = f"{_WORKFLOW} {PRIORITY} {_INPUTS}"

_RUNS, _RUN = "/workflow_runs", "/workflow_runs/{id}"
_LISTED = listing("workflow_run", filters=_FLOWN | MEMBER, runs=True)

ROUTES = [
    Route("POST", _RUNS, OLD, create, "workflowRuns", _OLD_INPUT, run=True),
    Route("POST", _RUNS, NEW, create, "", _NEW_INPUT, run=True),
    Route("POST", _RUNS + "/batch", OLD, create_batch, "", f"workflowId:str version:str? {_INPUTS}", run=True),
    Route("POST", _RUNS + "/batch", NEW, create_batch, "", _NEW_BATCH, run=True),
    Route("GET", _RUNS, ALL, _LISTED, "workflowRuns"),
    Route("GET", _RUN, ALL, reading("workflow_run", _FULL), "workflowRun"),
    Route("POST", _RUN, ALL, update, "workflowRun", "name:str? metadata:object?"),
    Route("POST", _RUN + "/cancel", SINCE_2025, cancel, "workflowRun"),
    Route("POST", _RUN + "/outputs/{outputId}", OLD, correct, "workflowRun", "reviewedOutput:object"),
    Route("DELETE", _RUN, SINCE_2025, delete, "workflowRunId"),
]  # fmt: skip
