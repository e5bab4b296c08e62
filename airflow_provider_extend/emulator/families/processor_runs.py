"""Runs of processors: extract, classify and split runs of 2026-02-09 with their batches, processor runs of the others.

As with evaluation runs the work is done when a run is made, from what is there then; the clock reveals it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from airflow_provider_extend.emulator import clock, flows, inputs
from airflow_provider_extend.emulator.call import Call, Later
from airflow_provider_extend.emulator.families import files
from airflow_provider_extend.emulator.families.processors import find, find_version
from airflow_provider_extend.emulator.inputs import INPUT, PRIORITY, Input
from airflow_provider_extend.emulator.lists import MEMBER, Filters, listing, reading, same
from airflow_provider_extend.emulator.processing import TYPES, Type, perform, prefix
from airflow_provider_extend.emulator.route import ALL, NEW, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.timeline import DONE, ENDED
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


@dataclass(frozen=True)
class Job:
    """What is run: the version of a processor (none for an inline config), and the config that counts."""

    type: Type
    version: Row | None
    config: Row


def _job(kind: Type, call: Call) -> Job:
    """Assumption: an override replaces whole keys of the config."""
    named, config, noun = call.body.get(kind.noun), call.body.get("config"), kind.noun
    if named is not None and config is not None:
        raise ApiError(400, f"{noun} and config cannot both be given")
    if named is None:
        if config is None and kind.classes:
            raise ApiError(400, f"One of {noun} and config is needed")
        return Job(kind, None, kind.checked(config or {}))
    version = find_version(call, find(call, named["id"], kind), _version(named))
    return Job(kind, version, kind.checked(version["config"] | (named.get("overrideConfig") or {})))


def _older_job(call: Call) -> Job:
    processor = find(call, call.body["processorId"])
    kind, version = TYPES[processor["type"]], find_version(call, processor, _version(call.body))
    return Job(kind, version, kind.checked(call.body.get("config") or version["config"]))


def _version(given: Row) -> str:
    return "latest" if given.get("version") is None else str(given["version"])


def _will_fail(job: Job, reading: Row, pages: Sequence[str]) -> str | None:
    if not pages:
        return "FAILED_TO_PROCESS_FILE"
    config: Row = reading["config"]
    if job.type.classes:
        return None if config[job.type.classes] else "INVALID_CONFIGURATION"
    return None if config.get("schema") or config.get("fields") else "SCHEMA_GENERATION_FAILED"


def keep(state: State, job: Job, given: Sequence[Row], reading: Row, about: Row) -> Row:
    """Stores a run of these files. Call within a transaction.

    ``reading`` is what ``perform`` made of their text; ``about`` has what is told by the caller: ``id``, ``createdAt``,
    ``pages``, the clock of ``clock.begin``, and whatever differs from a run that the API made alone. The parts of a
    split become files when the run is made, though its output names them only at its end (assumption).
    """
    if job.type.name == "SPLITTER" and about["ending"] == "PROCESSED":
        reading = reading | {
            "values": [files.part_of(state, given[0], part, about["createdAt"]) for part in reading["values"]]
        }
    version = job.version or {}
    row: Row = {
        "processorId": version.get("processorId"),
        "processorVersionId": version.get("id"),
        "version": version.get("version"),
        "type": job.type.name,
        "batchId": None,
        "source": "API",
        "sourceId": None,  # assumption: of a run that the API made alone, nothing
        "fileId": given[0]["id"],
        "fileIds": [file["id"] for file in given],
        "fileName": given[0]["name"],
        "parseRunId": new_id("pr_"),
        "metadata": None,
    } | about
    outputs = [
        {
            "fileId": row["fileId"],
            "output": job.type.shown(reading, V26) if job.type.classes else reading["values"],
        }
    ]
    state.store.put("result", {"id": row["id"], "reading": reading, "outputs": outputs})
    return state.store.put(job.type.run, row)


def _start(call: Call, job: Job, given: list[Input], batch_id: str | None = None) -> list[Row]:
    store, state = call.state.store, call.state
    readings = [perform(job.type.name, job.config, one.pages) for one in given]
    for one in given:
        for source in one.sources:
            files.write(state, source)
    with store.transaction():
        begun, now, rows = time.time(), store.stamp(), []
        about: Row = {"createdAt": now}
        if batch_id:
            store.put(
                "batch", {"id": batch_id, "kind": job.type.run, "runCount": len(given), "createdAt": now}
            )
            about |= {"batchId": batch_id, "source": "BATCH_PROCESSOR_RUN", "sourceId": batch_id}
        reasons = [_will_fail(job, read, one.pages) for one, read in zip(given, readings, strict=True)]
        counts = [len(one.sources) for one in given]
        timings = clock.begin(state, batch_id is not None, begun, reasons, counts, call.body.get("priority"))
        for one, read, timing in zip(given, readings, timings, strict=True):
            kept = [files.keep(state, source, now) for source in one.sources]
            own = {
                "id": new_id(prefix(job.type, 2, call.version)),
                "pages": len(one.pages),
                "metadata": one.metadata,
            }
            rows.append(keep(state, job, kept, read, about | timing | own))
    call.made += [row["id"] for row in rows]
    return rows


def _begun(row: Row) -> Row:
    """Whatever the clock, a create answers PROCESSING."""
    return row | {"status": "PROCESSING", "updatedAt": row["createdAt"]}


def create(kind: Type, call: Call) -> Row:
    return call.show(kind.run, _begun(_start(call, _job(kind, call), [inputs.single(call, kind.ways)])[0]))


def run_now(kind: Type, call: Call) -> Row | Later:
    """The sync call. Assumption: after five minutes it fails with 504, and the run goes on."""
    (row,) = _start(call, _job(kind, call), [inputs.single(call, kind.ways)])

    def answer(run: Row, ended: bool) -> Row:
        if ended:
            return call.show(kind.run, run)
        late = ApiError(504, f"{run['id']} has not ended within {call.state.settings['sync_seconds']} s")
        late.retryable = False
        raise late

    return call.wait(kind.run, row["id"], answer)


def create_older(call: Call) -> Row | Later:
    """``sync`` waits up to five minutes; after that the run is shown as it is, and goes on."""
    job = _older_job(call)
    (row,), kind = _start(call, job, [inputs.older(call)]), job.type.run
    if call.body.get("sync"):
        return call.wait(kind, row["id"], lambda run, ended: call.show(kind, run))
    return call.show(kind, _begun(row))


def create_batch(kind: Type, call: Call) -> Row:
    batch_id = new_id("bpr_")
    _start(call, _job(kind, call), inputs.batch(call, kind.ways), batch_id)
    return call.show("batch", call.find("batch", batch_id) | {"status": "PENDING"})


def _found(kind: Type | None, call: Call) -> tuple[Type, Row]:
    """The run that is named. Assumption: the older paths see no run of an inline config."""
    for one in [kind] if kind else TYPES.values():
        if (row := call.state.store.get(one.run, call.params["id"])) and (kind or row["processorId"]):
            return one, row
    raise ApiError(404, f"No {kind.verb if kind else 'processor'} run with id {call.params['id']}")


def get(kind: Type | None, call: Call) -> Row:
    """Those inside workflow runs too, which no list shows (assumption)."""
    try:
        found, row = _found(kind, call)
    except ApiError:
        if inside := flows.find(call.view, call.params["id"], [kind.name] if kind else list(TYPES)):
            return inside
        raise
    return call.show(found.run, row)


def cancel(kind: Type | None, call: Call) -> Row:
    with call.state.store.transaction():
        found, row = _found(kind, call)
        cancelled = clock.cancelled(call.state, row, ("PROCESSING",), 0)
        return call.show(found.run, call.state.store.put(found.run, cancelled))


def delete(kind: Type | None, call: Call) -> Row:
    return call.delete_run(_found(kind, call)[0].run)


# How one is seen


def _run(kind: Type, view: View, row: Row) -> Row:
    """A stored run, or the one inside a step of a workflow, which brings its reading along."""
    at, store = view.state.clock.progress(row), view.state.store
    done, of, noun, new = at["status"] in DONE, row["processorId"], kind.noun, view.style == V26

    parse = ("parse_run", row["parseRunId"], row["pages"])

    def kept() -> Row:
        reading: Row = row.get("reading") or store.need("result", row["id"])["reading"]
        return reading

    # An output must not be null in 2025-04-21, so there it is empty until it is known.
    found: Any = (lambda: kind.shown(kept(), view.style)) if done else {} if view.style == V25 else None
    facts: Row = {
        "object": kind.run if new else "document_processor_run",
        "output": found,
        "initialOutput": found,
        "reviewedOutput": None,
        "reviewed": False,
        "edited": False,
        "config": lambda: view.config(kept()["config"], kind.name),
        "parseRunId": row["parseRunId"] if done else None,
        "usage": usage(view, 1, [(kind.run, row["id"], 1), parse]) if done else None,
        "dashboardUrl": link(view, row),
        "url": link(view, row),
        "type": kind.name,
        "mergedProcessors": [],
    }  # fmt: skip
    shown, several = files.of_run(view, row), new and len(row.get("fileIds", "1")) > 1
    if new:
        facts[noun] = view.need("processor_summary", of) if of else None
        facts[f"{noun}Version"] = view.need("version_summary", row["processorVersionId"]) if of else None
        facts["file"] = shown[0] if shown and not several else None
    else:
        facts["processorName"] = store.need("processor", of)["name"]
    if not new or not kind.classes:  # classify and split runs of 2026-02-09 have neither
        facts |= {"edits": {} if view.style == V25 else None, "files": shown if several or not new else None}
    return facts | failure(row, at["status"]) | at


def _batch(view: View, row: Row) -> Row:
    return {"object": "batch_run", "status": row.get("status") or batch_status(view.state, row)}


def batch_status(state: State, row: Row) -> str:
    """PROCESSED once every member has ended; a batch by itself never fails unless it is forced to."""
    if row.get("forced"):
        return str(row["forced"]["status"])
    members = [(seq, run) for seq, run in state.store.all(row["kind"]) if run["batchId"] == row["id"]]
    seen = {run["status"] for _, run in state.clock.as_of_now(members)}
    return "PROCESSED" if seen <= ENDED else "PENDING" if seen == {"PENDING"} else "PROCESSING"


_OUTPUTS = "output initialOutput reviewedOutput"
_OF = "extractor extractorVersion classifier classifierVersion splitter splitterVersion"  # of which a run has its own
_PROCESSOR_RUN = (
    f"object id processorId processorVersionId processorName status {_OUTPUTS} {FAILURE} metadata reviewed "
    "edited edits type config files mergedProcessors url"
)
_SHAPES = {
    V24: _PROCESSOR_RUN,
    V25: f"{_PROCESSOR_RUN} usage",
    V26: f"object id status {_OUTPUTS} {FAILURE} metadata reviewed edited edits config {_OF} file files parseRunId "
    f"dashboardUrl usage {DATES}",
}
_SUMMARIES = {
    V25: f"id status processorId processorName processorVersionId type {DATES} usage",
    V26: f"object id status {FAILURE} metadata reviewed edited {_OF} file files parseRunId dashboardUrl usage {DATES}",
}

SHAPES: Shapes = {"batch": {V26: "object id status runCount createdAt"}}
SHAPES |= {_type.run: _SHAPES for _type in TYPES.values()}
SHAPES |= {f"{_type.run}_summary": _SUMMARIES for _type in TYPES.values()}
SHAPES["processor_run_summary"] = _SUMMARIES

BUILDERS: Builders = {_type.run: partial(_run, _type) for _type in TYPES.values()} | {"batch": _batch}
BUILDERS["processor_run"] = lambda view, row: _run(TYPES[row["type"]], view, row)

_SOURCES = "ADMIN BATCH_PROCESSOR_RUN PLAYGROUND WORKFLOW_CONFIGURATION WORKFLOW_RUN STUDIO API"
_VALUES = {"source": _SOURCES.split()}
_SOURCE: Filters = {name: same(name) for name in ("source", "sourceId")}
_OLDER: Filters = _SOURCE | {"processorId": same("processorId"), "processorType": same("type")}
_OLDER |= {"fileNameContains": MEMBER["fileNameContains"]}

_RUNS, _RUN = "/processor_runs", "/processor_runs/{id}"
_NEW_RUN = (
    "processorId:str version:str? file:object? rawText:str? priority:1..100? metadata:object? config:object?"
)
_ONE_FILE = "file:object metadata:object?"
_EVERY = listing(
    " ".join(_type.run for _type in TYPES.values()),
    filters=_OLDER,
    runs=True,
    shape="processor_run_summary",
    only=lambda row: row["processorId"] is not None,
    values=_VALUES | {"processorType": tuple(TYPES)},
)

ROUTES = [
    Route("POST", _RUNS, (V24,), create_older, "processorRun", _NEW_RUN, run=True),
    Route("POST", _RUNS, SINCE_2025, create_older, "processorRun", f"{_NEW_RUN} sync:bool?", run=True),
    Route("GET", _RUNS, SINCE_2025, _EVERY, "processorRuns"),
    Route("GET", _RUN, ALL, partial(get, None), "processorRun"),
    Route("POST", _RUN + "/cancel", SINCE_2025, partial(cancel, None), "processorRun"),
    Route("DELETE", _RUN, SINCE_2025, partial(delete, None), "documentProcessorRunId"),
    Route("GET", "/batch_runs/{id}", NEW, reading("batch", "batch")),
]
for _type in TYPES.values():
    _named = "(id:str version:str? overrideConfig:object?) config:object?"
    _new = f"{_type.noun}?{_named} {_ONE_FILE if _type.classes else INPUT}"
    _many = f"{_type.noun}{_named} inputs:array {PRIORITY}"
    _filters = {f"{_type.noun}Id": same("processorId")} | _SOURCE | MEMBER
    _runs, _one = f"/{_type.run}s", f"/{_type.run}s/{{id}}"
    ROUTES += [
        Route("POST", f"/{_type.verb}", NEW, partial(run_now, _type), "", _new, run=True),
        Route("POST", _runs, NEW, partial(create, _type), "", f"{_new} {PRIORITY}", run=True),
        Route("POST", f"{_runs}/batch", NEW, partial(create_batch, _type), "", _many, run=True),
        Route("GET", _runs, NEW, listing(_type.run, filters=_filters, runs=True, values=_VALUES)),
        Route("GET", _one, NEW, partial(get, _type)),
        Route("POST", _one + "/cancel", NEW, partial(cancel, _type)),
        Route("DELETE", _one, NEW, partial(delete, _type)),
    ]
