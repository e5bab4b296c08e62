"""Workflows and their runs. One run is seen through all versions; each version starts runs in its own way."""

from __future__ import annotations

import time

from airflow_provider_extend.emulator import clock, files, inputs
from airflow_provider_extend.emulator.api import find_version
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.inputs import Input
from airflow_provider_extend.emulator.run_views import reading
from airflow_provider_extend.emulator.state import V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id

_STOP_SHARE = 0.2  # of a run's time, spent in CANCELLING


# Workflows and their versions


def _steps(call: Call) -> list[Row] | None:
    """Steps of every type are kept; those of type EXTRACT are run."""
    steps = call.body.get("steps")
    for at, step in enumerate(steps or []):
        if not isinstance(step, dict) or not all(isinstance(step.get(key), str) for key in ("name", "type")):
            raise ApiError(400, f"Missing required field(s): steps[{at}].name, steps[{at}].type")
        if step["type"] == "EXTRACT":
            extractor = (step.get("config") or {}).get("extractor")
            if not isinstance(extractor, dict) or not isinstance(extractor.get("id"), str):
                raise ApiError(400, f"steps[{at}].config.extractor.id is needed: no inline configs here")
            call.find("processor", extractor["id"])
    return steps


def _put_version(call: Call, workflow_id: str, version: str, steps: list[Row], name: str | None) -> Row:
    row: Row = {
        "id": new_id("workflow_version_"),
        "workflowId": workflow_id,
        "version": version,
        "name": name,
    }
    row |= {"steps": steps, "createdAt": call.state.store.stamp()}
    return call.state.store.put("workflow_version", row)


def create_workflow(call: Call) -> Row:
    steps, store, key = _steps(call) or [], call.state.store, new_id("workflow_")
    with store.transaction():
        draft = _put_version(call, key, "draft", steps, None)
        row: Row = {"id": key, "name": call.body["name"], "draftId": draft["id"]}
        row |= {"createdAt": draft["createdAt"], "updatedAt": draft["createdAt"]}
        return call.show("workflow", store.put("workflow", row))


def publish(call: Call) -> Row:
    """Given steps are what is published and leave the draft as it is (assumption)."""
    steps, store = _steps(call), call.state.store
    with store.transaction():
        row = call.find("workflow", call.params["id"])
        if steps is None:
            steps = store.need("workflow_version", row["draftId"])["steps"]
        number = str(len(_versions(call, row["id"])))
        return call.show(
            "workflow_version", _put_version(call, row["id"], number, steps, call.body.get("name"))
        )


def _versions(call: Call, workflow_id: str) -> list[Row]:
    """Oldest first: the draft, 1, 2, ..."""
    return [row for _, row in call.state.store.all("workflow_version") if row["workflowId"] == workflow_id]


def _version(call: Call, workflow_id: object, named: object) -> Row:
    """By number or ``draft``; without one the newest published, the draft when none is published."""
    if not isinstance(workflow_id, str) or not isinstance(named, str | None):
        raise ApiError(400, "A workflow is named by its id, and its version by a text")
    rows = _versions(call, call.find("workflow", workflow_id)["id"])
    if named is None:
        return rows[-1]
    for row in rows:
        if row["version"] == named:
            return row
    raise ApiError(404, f"Workflow {workflow_id} has no version {named}")


# Runs


def _wanted(call: Call) -> Row:
    body = call.body
    named = (
        body["workflow"] if call.style == V26 else {"id": body["workflowId"], "version": body.get("version")}
    )
    return _version(call, named.get("id"), named.get("version"))


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
    readings = [[reading(v["config"], one.source.pages) for _, v in extracts] for one in given]
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
