"""Parse runs, one by one and in batches; the parser runs of 2025-04-21; the sync call of all versions."""

from __future__ import annotations

from airflow_provider_extend.emulator import inputs, parsing, specs
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.families import document_runs, files
from airflow_provider_extend.emulator.families.document_runs import Failed, Kind, Outcome
from airflow_provider_extend.emulator.inputs import Input
from airflow_provider_extend.emulator.lists import MEMBER, Filters, listing, same
from airflow_provider_extend.emulator.route import NEW, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, FAILURE, Builders, Shapes, View

_AGENTIC = specs.Object({"enabled": bool, "customInstructions": str})
#: objects.md 6, ParseConfig. Other keys are taken as they are.
CONFIG = specs.Object(
    {
        "target": ("markdown", "spatial"),
        "chunkingStrategy": specs.Object(
            {
                "type": ("page", "document", "section"),
                "options": specs.Object({"minCharacters": int, "maxCharacters": int}),
            }
        ),
        "engine": ("parse_performance", "parse_light", "parse_auto"),
        "engineVersion": str,
        "blockOptions": specs.Object(
            {
                "figures": specs.Object({"enabled": bool, "customInstructions": str}),
                "tables": specs.Object(
                    {"targetFormat": ("markdown", "html"), "cellBlocksEnabled": bool, "agentic": _AGENTIC}
                ),
                "text": specs.Object({"signatureDetectionEnabled": bool, "agentic": _AGENTIC}),
                "keyValue": specs.Object(),
                "barcodes": specs.Object(),
                "formulas": specs.Object({"enabled": bool}),
            }
        ),
        "advancedOptions": specs.Object(
            {
                "pageRotationEnabled": bool,
                "pageRanges": [specs.Object({"start": int, "end": int}, frozenset({"start", "end"}))],
                "excelParsingMode": ("basic", "advanced"),
                "verticalGroupingThreshold": float,
                "returnOcr": specs.Object({"words": bool, "lines": bool}),
                "alwaysConvertToPdf": bool,
                "enrichmentFormat": ("xml", "bracket"),
                "imageConversionQuality": ("high", "medium", "low"),
                "formattingDetection": [specs.Object({"type": ("change_tracking",)})],
            }
        ),
    }
)
_RETENTION = specs.Object({"mode": ("workspace_default", "zero")})
_ENGINE = {"engine": "parse_performance"}


def _linked(delivery: str | None) -> bool:
    if delivery not in (None, "json", "url"):
        raise ApiError(400, "responseType must be json or url")
    return delivery == "url"


def _config(call: Call) -> Row:
    _linked(call.query.get("responseType"))
    config = call.body.get("config") or {}
    specs.check(config, CONFIG, "config")
    if call.body.get("dataRetention") is not None:
        specs.check(call.body["dataRetention"], _RETENTION, "dataRetention")
    defaults = {"target": "markdown", "chunkingStrategy": {"type": "page"}}
    defaults |= {} if call.style == V24 else _ENGINE
    return defaults | {key: value for key, value in config.items() if value is not None}


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


_FILTERS: Filters = MEMBER | {"source": same("source"), "sourceId": same("sourceId")}
_listed = listing("parse_run", ("createdAt",), _FILTERS, runs=True, sizes=("maxPageSize", "limit"))


def list_runs(call: Call) -> Page:
    """Newest first. A batch alone says which source is meant."""
    if "batchId" in call.query:
        call.query.pop("source", None)
    return _listed(call)


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
_get, _delete = document_runs.getting("parse_run"), document_runs.deleting("parse_run")
_cancel = document_runs.cancelling("parse_run", refused=True)
_FILE = "file:object config:object?"
_PARSE = f"{_FILE} metadata:object? dataRetention:object?"

ROUTES = [
    Route("POST", "/parse", (V24,), _sync, None, "file:object config:object", run=True),
    Route("POST", "/parse", (V25,), _sync, None, _FILE, run=True),
    Route("POST", "/parse", NEW, _sync, None, _PARSE, run=True),
    Route("POST", "/parse/async", (V25,), _async, None, _FILE, run=True),
    Route("GET", "/parser_runs/{id}", (V25,), _get, "parserRun"),
    Route("DELETE", "/parser_runs/{id}", (V25,), _delete, "parserRunId"),
    Route("POST", "/parse_runs", NEW, _async, "", _PARSE, run=True),
    Route("POST", "/parse_runs/batch", NEW, create_batch, "", "inputs:array config:object? priority:int?", run=True),
    Route("GET", "/parse_runs", NEW, list_runs),
    Route("GET", "/parse_runs/{id}", NEW, _get),
    Route("POST", "/parse_runs/{id}/cancel", NEW, _cancel),
    Route("DELETE", "/parse_runs/{id}", NEW, _delete),
]  # fmt: skip
