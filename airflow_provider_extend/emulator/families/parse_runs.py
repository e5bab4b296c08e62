"""Parse runs, one by one and in batches; the parser runs of 2025-04-21; the sync call of all versions."""

from __future__ import annotations

from airflow_provider_extend.emulator import flows, inputs, parsing
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.families import document_runs, files
from airflow_provider_extend.emulator.families.document_runs import Failed, Kind, Outcome
from airflow_provider_extend.emulator.inputs import PRIORITY, Input
from airflow_provider_extend.emulator.lists import MEMBER, Filters, listing, same
from airflow_provider_extend.emulator.parsing import CONFIG
from airflow_provider_extend.emulator.route import NEW, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.timeline import DONE
from airflow_provider_extend.emulator.views import DATES, FAILURE, Builders, Shapes, View

_DEFAULTS = {"target": "markdown", "chunkingStrategy": {"type": "page"}}
_ENGINE = {"engine": "parse_performance"}


def _linked(delivery: str | None) -> bool:
    if delivery not in (None, "json", "url"):
        raise ApiError(400, "responseType must be json or url")
    return delivery == "url"


def _config(call: Call) -> Row:
    _linked(call.query.get("responseType"))
    config = call.body.get("config") or {}
    return (
        _DEFAULTS
        | ({} if call.style == V24 else _ENGINE)
        | {key: value for key, value in config.items() if value is not None}
    )


def _given(call: Call) -> tuple[Input, Row]:
    return inputs.document(call), _config(call)


def _work(source: files.Source, config: Row) -> Outcome:
    pages = document_runs.readable(source)
    try:
        found = parsing.parse(pages, config, source.file.get("format", ""))
    except ValueError as error:
        raise Failed("INVALID_CONFIG_OPTIONS", str(error)) from error
    return Outcome(found, {"pageCount": len(parsing.numbers_of(config, len(pages)))})


PARSE = Kind("parse_run", ("parser_run_", "pr_"), _given, _work, fails_calls=True, retention=True)


def create_batch(call: Call) -> Row:
    batch_id, config = new_id("bpar_"), _config(call)
    document_runs.start(call, PARSE, inputs.batch(call), config, batch_id)
    return call.show("batch", call.find("batch", batch_id) | {"status": "PENDING"})


def get(call: Call) -> Row:
    """Also the one that another run names (``parseRunId``), which no list shows (assumption)."""
    key, store = call.params["id"], call.state.store
    if not store.get("parse_run", key):
        if inside := flows.find(call.view, key, [None]):
            return inside
        for kind in _READERS:
            for _, run in store.all(kind):
                if run["parseRunId"] == key and call.state.clock.progress(run)["status"] in DONE:
                    return call.show("parse_run", _named(call, run))
    return document_runs.getting("parse_run")(call)


def _named(call: Call, run: Row) -> Row:
    """The parse run of a run that has it from the same text, at the same time."""
    reading = call.state.store.need("result", run["id"]).get("reading") or {"config": {}}
    config = reading["config"].get("parseConfig") or reading["config"].get("parser") or {}
    pages = files.pages_of_run(call.state, run)
    try:
        parsed = parsing.parse(pages, config)
    except ValueError:  # options that do not fit each other, of which those runs make nothing
        parsed = parsing.parse(pages, _DEFAULTS)
    facts = {"id": run["parseRunId"], "batchId": None, "metadata": None, "zero": False, "said": None}
    facts |= {"status": "PROCESSED", "config": _DEFAULTS | _ENGINE | config}
    facts |= {"counts": {"pageCount": len(pages)}, "parsed": parsed}
    return run | call.state.clock.progress(run) | facts


_READERS = ("extract_run", "classify_run", "split_run", "workflow_run")
_FILTERS: Filters = MEMBER | {"source": same("source"), "sourceId": same("sourceId")}
_SOURCES = "API STUDIO WORKFLOW_RUN ADMIN BATCH_PARSER_RUN EDIT_RUN DOCUMENT_PROCESSOR_RUN"
_VALUES = {"source": _SOURCES.split()}
_LISTED = listing("parse_run", ("createdAt",), _FILTERS, True, values=_VALUES, sizes=("maxPageSize", "limit"))


def list_runs(call: Call) -> Page:
    """Newest first: this list is not sorted otherwise. A batch alone says which source is meant."""
    for name in ("sortBy", "sortDir", *(["source"] if "batchId" in call.query else [])):
        call.query.pop(name, None)
    return _LISTED(call)


# How one is seen


def _parse_run(view: View, row: Row) -> Row:
    """With ``responseType=url`` a link stands for the output, in the older versions for the text of each chunk."""
    facts, link = (
        document_runs.facts(view, "parse_run", row),
        files.signed(view.base_url, f"/outputs/{row['id']}"),
    )
    output, linked = facts["output"], _linked(row.get("delivery"))
    if view.style == V26:
        outside = {"output": None, "outputUrl": link} if linked and output else {"outputUrl": None}
        return facts | outside
    chunks = (output or {}).get("chunks", [])
    if linked:
        chunks = [one | {"content": f"{link}&chunk={at}", "blocks": []} for at, one in enumerate(chunks)]
    ocr = {"ocr": output["ocr"]} if output and "ocr" in output else {}
    spent = facts["metrics"] or {"processingTimeMs": 0, "pageCount": 0}
    return facts | {"object": "parser_run", "chunks": chunks, "metrics": spent} | ocr


_SHORT = "object id status failureReason"
_RUN = "object id fileId chunks ocr status failureReason metrics config"
_SUMMARY = f"object id batchId file status {FAILURE} metadata"

SHAPES: Shapes = {
    "parse_run": {V24: _RUN, V25: f"{_RUN} usage", V26: f"{_SUMMARY} output outputUrl metrics config usage"},
    "parse_run_summary": {V26: f"{_SUMMARY} metrics usage {DATES}"},
    "parse_run_status": {V25: _SHORT, V26: f"{_SHORT} failureMessage metadata"},
}

BUILDERS: Builders = {"parse_run": _parse_run, "parse_run_status": document_runs.status_of("parse_run")}

_sync, _async = document_runs.creating(PARSE, sync=True), document_runs.creating(PARSE)
_delete = document_runs.deleting("parse_run")
_cancel = document_runs.cancelling("parse_run", refused=True)
_FILE = f"file:object config?({CONFIG})"
_PARSE = f"{_FILE} metadata:object? dataRetention?(mode:workspace_default|zero?)"

ROUTES = [
    Route("POST", "/parse", (V24,), _sync, None, f"file:object config({CONFIG})", run=True),
    Route("POST", "/parse", (V25,), _sync, None, _FILE, run=True),
    Route("POST", "/parse", NEW, _sync, None, _PARSE, run=True),
    Route("POST", "/parse/async", (V25,), _async, None, _FILE, run=True),
    Route("GET", "/parser_runs/{id}", (V25,), get, "parserRun"),
    Route("DELETE", "/parser_runs/{id}", (V25,), _delete, "parserRunId"),
    Route("POST", "/parse_runs", NEW, _async, "", _PARSE, run=True),
    Route("POST", "/parse_runs/batch", NEW, create_batch, "", f"inputs:array config?({CONFIG}) {PRIORITY}", run=True),
    Route("GET", "/parse_runs", NEW, list_runs),
    Route("GET", "/parse_runs/{id}", NEW, get),
    Route("POST", "/parse_runs/{id}/cancel", NEW, _cancel),
    Route("DELETE", "/parse_runs/{id}", NEW, _delete),
]  # fmt: skip
