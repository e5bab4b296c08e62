"""Workflows and their versions."""

from __future__ import annotations

from airflow_provider_extend.emulator import bodies
from airflow_provider_extend.emulator import steps as graph
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import processors
from airflow_provider_extend.emulator.lists import listing, reading
from airflow_provider_extend.emulator.parsing import CONFIG
from airflow_provider_extend.emulator.processing import TYPES, Type
from airflow_provider_extend.emulator.route import NEW, OLD, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View


def _steps(call: Call) -> list[Row] | None:
    """As they are kept: an extractor named without its version is that of the latest (assumption)."""
    steps = call.body.get("steps")
    if steps is None:
        return None
    graph.check(steps)
    kept = []
    for at, step in enumerate(steps):
        if parse := (step.get("config") or {}).get("parseConfig"):
            bodies.check(CONFIG, parse, f"steps[{at}].config.parseConfig")
        if reference := _reference(step):
            noun, named = reference
            filled = named | {"version": named.get("version") or "latest"}
            _version(call, step, filled)
            if noun in step["config"]:
                step = step | {"config": step["config"] | {noun: filled}}
        kept.append(step)
    return kept


def _reference(step: Row) -> tuple[str, Row] | None:
    """(what it is called there, the processor named) of a step that runs a saved one."""
    kind, config = graph.TYPES_OF_STEP[step["type"]], step.get("config") or {}
    if not kind.processor:
        return None
    # Assumption: formulas are not evaluated, so of a conditional extraction the last rule counts, the catch-all.
    named = config["rules"][-1]["extractor"] if config.get("rules") else config.get(kind.noun)
    return (kind.noun, named) if named else None


def _version(call: Call, step: Row, named: Row) -> Row:
    kind = TYPES[graph.TYPES_OF_STEP[step["type"]].processor]
    return processors.find_version(
        call, processors.find(call, named["id"], kind), named.get("version") or "latest"
    )


def jobs(call: Call, version: Row) -> dict[str, tuple[Type, Row, Row | None]]:
    """Step -> (type of processor, config, the version of the processor that it is from, if it is from one)."""
    found: dict[str, tuple[Type, Row, Row | None]] = {}
    for step in version["steps"]:
        kind, config = graph.TYPES_OF_STEP[step["type"]], step.get("config") or {}
        if reference := _reference(step):
            used = _version(call, step, reference[1])
            found[step["name"]] = TYPES[kind.processor], used["config"], used
        elif kind.processor and (inline := config.get(f"{kind.noun}Config")):
            found[step["name"]] = TYPES[kind.processor], inline, None
    return found


def _put_version(call: Call, workflow_id: str, version: str, steps: list[Row], name: str | None) -> Row:
    row: Row = {
        "id": new_id("workflow_version_"),
        "workflowId": workflow_id,
        "version": version,
        "name": name,
    }
    now = call.state.store.stamp()
    row |= {"steps": steps, "createdAt": now, "updatedAt": now}
    return call.state.store.put("workflow_version", row)


def create_workflow(call: Call) -> Row:
    steps, store, key = _steps(call), call.state.store, new_id("workflow_")
    with store.transaction():
        draft = _put_version(call, key, "draft", graph.DEFAULT if steps is None else steps, None)
        row: Row = {"id": key, "name": call.body["name"], "draftId": draft["id"]}
        row |= {"createdAt": draft["createdAt"], "updatedAt": draft["createdAt"]}
        return call.show("workflow", store.put("workflow", row))


def update_workflow(call: Call) -> Row:
    """Steps are those of the draft. Sending what is there already changes nothing (assumption)."""
    steps, store = _steps(call), call.state.store
    with store.transaction():
        row = call.find("workflow", call.params["id"])
        draft, before = store.need("workflow_version", row["draftId"]), row
        if steps is not None and steps != draft["steps"]:
            row = row | {"updatedAt": store.stamp()}
            store.put("workflow_version", draft | {"steps": steps, "updatedAt": row["updatedAt"]})
        if (name := call.body.get("name")) and name != before["name"]:
            row = row | {"name": name, "updatedAt": store.stamp()}
        return call.show("workflow", store.put("workflow", row))


def publish(call: Call) -> Row:
    """Given steps are what is published and leave the draft as it is."""
    steps, store = _steps(call), call.state.store
    with store.transaction():
        row = call.find("workflow", call.params["workflowId"])
        if steps is None:
            steps = store.need("workflow_version", row["draftId"])["steps"]
        if missing := graph.unconfigured(steps):
            raise ApiError(
                400, f"steps: {', '.join(missing)} must have a config before the workflow is deployed"
            )
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


def get_version(call: Call) -> Row:
    """Also by its id, and ``latest``."""
    rows = _versions(call, call.find("workflow", call.params["workflowId"])["id"])
    named = call.params["versionId"]
    if named == "latest":
        return call.show("workflow_version", rows[-1])
    for row in rows:
        if named in (row["id"], row["version"]):
            return call.show("workflow_version", row)
    raise ApiError(404, f"Workflow {call.params['workflowId']} has no version {named}")


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

_VERSIONS = "/workflows/{workflowId}/versions"

ROUTES = [
    Route("POST", "/workflows", OLD, create_workflow, "workflow", "name:str"),
    Route("POST", "/workflows", NEW, create_workflow, "", f"name:str {graph.FORM}"),
    Route("GET", "/workflows", NEW, listing("workflow")),
    Route("GET", "/workflows/{id}", NEW, reading("workflow", "workflow")),
    Route("POST", "/workflows/{id}", NEW, update_workflow, "", f"name:str? {graph.FORM}"),
    Route("POST", _VERSIONS, NEW, publish, "", f"name:str? {graph.FORM}"),
    Route("GET", _VERSIONS, NEW, listing("workflow_version", ("createdAt",))),
    Route("GET", _VERSIONS + "/{versionId}", NEW, get_version),
]  # fmt: skip
