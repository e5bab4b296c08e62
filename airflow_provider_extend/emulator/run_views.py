"""Extract and workflow runs as each version shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.emulator import clock, extraction
from airflow_provider_extend.emulator.state import V24, V25, V26, State
from airflow_provider_extend.emulator.store import Row

if TYPE_CHECKING:
    from airflow_provider_extend.emulator.views import View

_UNREVIEWED = {"reviewed": False, "edited": False, "edits": None, "reviewedOutput": None}


def reading(config: Row, pages: list[str]) -> Row:
    """What is kept of an extraction: config and text are of the moment of the run."""
    values, confidence = extraction.extract(pages, config)
    certain = {".".join(path): value for path, value in confidence.items()}
    return {"config": config, "values": values, "confidence": certain}


def output(reading: Row, style: str) -> Row:
    """Of a config with a schema values and metadata, of the older field list (and in 2024-12-23) one map.

    Nothing here is OCR, so its confidence is null.
    """
    config, certain = reading["config"], reading["confidence"]
    older = style == V24 or (not config.get("schema") and bool(config.get("fields")))
    metadata: Row = {}
    tree: Row = {}
    for leaf in extraction.leaves(config):
        path, value, level = ".".join(leaf.path), reading["values"], tree
        metadata[path] = {"ocrConfidence": None, "logprobsConfidence": certain.get(path)}
        for step in leaf.path[:-1]:
            value = value[step]
            node = {"id": step, "type": "object", "value": {}, "insights": [], "references": []}
            level = level.setdefault(step, node)["value"]
        kind = "number" if leaf.kind == "integer" else leaf.kind
        found = {"id": leaf.keys[-1], "type": kind, "value": value[leaf.path[-1]]}
        known = {"confidence": certain[path]} if path in certain else {}
        level[leaf.path[-1]] = found | known | {"insights": [], "references": []}
    return tree if older else {"value": reading["values"], "metadata": metadata}


def _failure(row: Row, status: str) -> Row:
    reason = row["failureReason"] if status == "FAILED" else None
    message = "The file could not be processed." if reason == "FAILED_TO_PROCESS_FILE" else None
    return {
        "failureReason": reason,
        "failureMessage": message or (reason and f"The run ended with {reason}."),
    }


def _usage(view: View, own: int, parts: list[tuple[str, str, int]]) -> Row:
    """A page costs a credit to parse, an extraction one more (assumption: any fixed price would do)."""
    if view.style == V25:
        return {"credits": own}
    breakdown = [{"object": kind, "id": key, "credits": credits} for kind, key, credits in parts]
    return {"credits": own, "totalCredits": sum(part[2] for part in parts), "breakdown": breakdown}


def _link(view: View, row: Row) -> str:
    return f"{view.base_url}/_control/dashboard/{row['id']}"


def _files(view: View, row: Row) -> list[Row]:
    """Assumption: a file that was deleted is gone from the runs that used it."""
    file = view.state.store.get("file", row["fileId"])
    return [view.show("file_summary", file)] if file else []


def _extract_run(view: View, row: Row) -> Row:
    """A stored run, or the one inside a step of a workflow, which brings its reading along."""
    at, store = clock.progress(row), view.state.store
    done, files, of = at["status"] in clock.DONE, _files(view, row), row["processorId"]

    def kept() -> Row:
        found: Row = row.get("reading") or store.need("result", row["id"])["reading"]
        return found

    found = (lambda: output(kept(), view.style)) if done else None
    parse = ("parse_run", row["parseRunId"], row["pages"])
    facts: Row = {
        "output": found,
        "initialOutput": found,
        "config": lambda: view.config(kept()["config"]),
        "parseRunId": row["parseRunId"] if done else None,
        "usage": _usage(view, 1, [("extract_run", row["id"], 1), parse]) if done else None,
    }
    if view.style == V26:
        facts |= {
            "object": "extract_run",
            "extractor": view.need("processor_summary", of) if of else None,
            "extractorVersion": view.need("version_summary", row["processorVersionId"]) if of else None,
            "file": files[0] if files else None,
            "files": None,
            "dashboardUrl": _link(view, row),
        }
    else:
        facts |= {
            "object": "document_processor_run",
            "type": "EXTRACT",
            "processorName": store.need("processor", of)["name"],
            "files": files,
            "mergedProcessors": [],
            "url": _link(view, row),
        }
    return facts | _UNREVIEWED | _failure(row, at["status"]) | at


def _batch(view: View, row: Row) -> Row:
    return {"object": "batch_run", "status": row.get("status") or batch_status(view.state, row)}


def batch_status(state: State, row: Row) -> str:
    """PROCESSED once every member has ended; a batch by itself never fails unless it is forced to."""
    if row.get("forced"):
        return str(row["forced"]["status"])
    members = [(seq, run) for seq, run in state.store.all("extract_run") if run["batchId"] == row["id"]]
    seen = {run["status"] for _, run in clock.as_of_now(members)}
    return "PROCESSED" if seen <= clock.ENDED else "PENDING" if seen == {"PENDING"} else "PROCESSING"


def _workflow(view: View, row: Row) -> Row:
    facts: Row = {"object": "workflow", "version": row.get("shownVersion", "draft")}
    return facts | {"draftVersion": lambda: view.need("workflow_version", row["draftId"])}


def _workflow_version(view: View, row: Row) -> Row:
    return {"object": "workflow_version"}


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
        "files": lambda: _files(view, row),
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
        "usage": _usage(view, own, parts) if status in clock.DONE else None,
        "url": _link(view, row),
        "dashboardUrl": _link(view, row),
    }
    if view.style == V26:
        facts["workflowVersion"] = view.show("workflow_version_summary", version)
    return facts | _failure(row, status) | at


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
            "files": _files(view, row),
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


BUILDERS: dict[str, Callable[[Any, Row], dict[str, Any]]] = {
    "extract_run": _extract_run,
    "batch": _batch,
    "workflow": _workflow,
    "workflow_version": _workflow_version,
    "workflow_run": _workflow_run,
}
