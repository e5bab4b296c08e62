"""Workflows and their versions."""

from __future__ import annotations

from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.lists import listing, reading
from airflow_provider_extend.emulator.route import NEW, OLD, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View


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


def find_version(call: Call, workflow_id: object, named: object) -> Row:
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


def _workflow_view(view: View, row: Row) -> Row:
    facts: Row = {"object": "workflow", "version": row.get("shownVersion", "draft")}
    return facts | {"draftVersion": lambda: view.need("workflow_version", row["draftId"])}


def _version_view(view: View, row: Row) -> Row:
    return {"object": "workflow_version"}


SHAPES: Shapes = {
    "workflow": {
        V24: "object id version name",
        V25: "object id version name",
        V26: f"object id name {DATES} draftVersion createdBy",
    },
    "workflow_summary": {V26: f"object id name {DATES} createdBy"},
    "workflow_version": {V26: "object id version name steps createdAt createdBy"},
    "workflow_version_summary": {V26: "object id version name createdAt createdBy"},
}

BUILDERS: Builders = {"workflow": _workflow_view, "workflow_version": _version_view}

ROUTES = [
    Route("POST", "/workflows", OLD, create_workflow, "workflow", "name:str"),
    Route("POST", "/workflows", NEW, create_workflow, "", "name:str steps:array?"),
    Route("GET", "/workflows", NEW, listing("workflow")),
    Route("GET", "/workflows/{id}", NEW, reading("workflow", "workflow")),
    Route("POST", "/workflows/{id}/versions", NEW, publish, "", "name:str? steps:array?"),
]  # fmt: skip
