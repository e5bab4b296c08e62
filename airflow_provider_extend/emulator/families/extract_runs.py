"""Extract runs, one by one and in batches. Only 2026-02-09 has them.

As with evaluation runs the work is done when a run is made, from what is there then; the clock reveals it.
"""

from __future__ import annotations

import time

from airflow_provider_extend.emulator import clock, extraction, inputs
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import files
from airflow_provider_extend.emulator.families.processors import checked_config, find_version
from airflow_provider_extend.emulator.inputs import INPUT, Input
from airflow_provider_extend.emulator.lists import MEMBER, Filters, listing, reading, same
from airflow_provider_extend.emulator.route import NEW, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError, State
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


def _wanted(call: Call) -> tuple[Row | None, Row]:
    """The version of the extractor, none for an inline config, and the config that counts.

    Assumption: an override replaces whole keys of the config.
    """
    extractor, config = call.body.get("extractor"), checked_config(call.body.get("config"))
    if extractor is None:
        return None, config or {}
    if config is not None:
        raise ApiError(400, "extractor and config cannot both be given")
    if not isinstance(extractor.get("id"), str):
        raise ApiError(400, "Missing required field(s): extractor.id")
    override = extractor.get("overrideConfig")
    if override is not None and not isinstance(override, dict):
        raise ApiError(400, "extractor.overrideConfig must be of type object")
    processor = call.find("processor", extractor["id"])
    version = find_version(call, processor, str(extractor.get("version") or "latest"))
    return version, version["config"] | (checked_config(override) or {})


def _start(
    call: Call, version: Row | None, config: Row, given: list[Input], batch_id: str | None
) -> list[Row]:
    store = call.state.store
    readings = [read_document(config, one.source.pages) for one in given]
    for one in given:
        files.write(call.state, one.source)
    rows = []
    unknown = version is None and not config.get("schema") and not config.get("fields")
    with store.transaction():
        begun, now = time.time(), store.stamp()
        if batch_id:
            store.put("batch", {"id": batch_id, "runCount": len(given), "createdAt": now})
        for one, kept in zip(given, readings, strict=True):
            file = files.keep(call.state, one.source, now)
            # Assumption: where the API would infer a schema, this run fails.
            reason = "SCHEMA_GENERATION_FAILED" if unknown else None
            reason = reason if one.source.pages else "FAILED_TO_PROCESS_FILE"
            row: Row = {
                "id": new_id("exr_"),
                "processorId": version and version["processorId"],
                "processorVersionId": version and version["id"],
                "version": version and version["version"],
                "batchId": batch_id,
                "source": "BATCH_PROCESSOR_RUN" if batch_id else "API",
                "sourceId": batch_id,  # assumption: of a run that the API made alone, nothing
                "fileId": file["id"],
                "fileName": file["name"],
                "pages": len(one.source.pages),
                "parseRunId": new_id("pr_"),
                "metadata": one.metadata,
                **clock.begin(call.state, batch_id is not None, begun, reason),
                "createdAt": now,
            }
            outputs = [{"fileId": file["id"], "output": kept["values"]}]
            store.put("result", {"id": row["id"], "reading": kept, "outputs": outputs})
            rows.append(store.put("extract_run", row))
    call.made += [row["id"] for row in rows]
    return rows


def create(call: Call) -> Row:
    version, config = _wanted(call)
    (row,) = _start(call, version, config, [inputs.single(call)], None)
    return call.show("extract_run", row | {"status": "PROCESSING", "updatedAt": row["createdAt"]})


def create_batch(call: Call) -> Row:
    version, config = _wanted(call)
    batch_id = new_id("bpr_")
    _start(call, version, config, inputs.batch(call), batch_id)
    return call.show("batch", call.find("batch", batch_id) | {"status": "PENDING"})


def cancel(call: Call) -> Row:
    with call.state.store.transaction():
        cancelled = clock.cancelled(call.find("extract_run", call.params["id"]), ("PROCESSING",), 0)
        return call.show("extract_run", call.state.store.put("extract_run", cancelled))


def delete(call: Call) -> Row:
    return call.delete_run("extract_run")


# How one is seen

_UNREVIEWED = {"reviewed": False, "edited": False, "edits": None, "reviewedOutput": None}


def read_document(config: Row, pages: list[str]) -> Row:
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


def _extract_run(view: View, row: Row) -> Row:
    """A stored run, or the one inside a step of a workflow, which brings its reading along."""
    at, store = clock.progress(row), view.state.store
    done, shown, of = at["status"] in clock.DONE, files.of_run(view, row), row["processorId"]

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
        "usage": usage(view, 1, [("extract_run", row["id"], 1), parse]) if done else None,
    }
    if view.style == V26:
        facts |= {
            "object": "extract_run",
            "extractor": view.need("processor_summary", of) if of else None,
            "extractorVersion": view.need("version_summary", row["processorVersionId"]) if of else None,
            "file": shown[0] if shown else None,
            "files": None,
            "dashboardUrl": link(view, row),
        }
    else:
        facts |= {
            "object": "document_processor_run",
            "type": "EXTRACT",
            "processorName": store.need("processor", of)["name"],
            "files": shown,
            "mergedProcessors": [],
            "url": link(view, row),
        }
    return facts | _UNREVIEWED | failure(row, at["status"]) | at


def _batch(view: View, row: Row) -> Row:
    return {"object": "batch_run", "status": row.get("status") or batch_status(view.state, row)}


def batch_status(state: State, row: Row) -> str:
    """PROCESSED once every member has ended; a batch by itself never fails unless it is forced to."""
    if row.get("forced"):
        return str(row["forced"]["status"])
    members = [(seq, run) for seq, run in state.store.all("extract_run") if run["batchId"] == row["id"]]
    seen = {run["status"] for _, run in clock.as_of_now(members)}
    return "PROCESSED" if seen <= clock.ENDED else "PENDING" if seen == {"PENDING"} else "PROCESSING"


_OUTPUTS = "output initialOutput reviewedOutput"
_PROCESSOR_RUN = (
    f"object id processorId processorVersionId processorName status {_OUTPUTS} {FAILURE} metadata reviewed "
    "edited edits type config files mergedProcessors url"
)

SHAPES: Shapes = {
    "batch": {V26: "object id status runCount createdAt"},
    "extract_run": {
        V24: _PROCESSOR_RUN,
        V25: f"{_PROCESSOR_RUN} usage",
        V26: f"object id status {_OUTPUTS} {FAILURE} metadata reviewed edited edits config extractor "
        f"extractorVersion file files parseRunId dashboardUrl usage {DATES}",
    },
    "extract_run_summary": {
        V26: f"object id status {FAILURE} metadata reviewed edited extractor extractorVersion file files "
        f"parseRunId dashboardUrl usage {DATES}"
    },
}

BUILDERS: Builders = {"extract_run": _extract_run, "batch": _batch}

_EXTRACTED: Filters = {
    "extractorId": same("processorId"),
    "source": same("source"),
    "sourceId": same("sourceId"),
}


_EXTRACT = "extractor:object? config:object? " + INPUT


_EXTRACTS = "extractor:object config:object? inputs:array priority:int?"

ROUTES = [
    Route("POST", "/extract_runs", NEW, create, "", _EXTRACT, run=True),
    Route("POST", "/extract_runs/batch", NEW, create_batch, "", _EXTRACTS, run=True),
    Route("GET", "/extract_runs", NEW, listing("extract_run", filters=_EXTRACTED | MEMBER, runs=True)),
    Route("GET", "/extract_runs/{id}", NEW, reading("extract_run", "extract_run")),
    Route("POST", "/extract_runs/{id}/cancel", NEW, cancel),
    Route("DELETE", "/extract_runs/{id}", NEW, delete),
    Route("GET", "/batch_runs/{id}", NEW, reading("batch", "batch")),
]  # fmt: skip
