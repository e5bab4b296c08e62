"""Verify runs: single documents, checked for signs of change. Only 2026-02-09 has them."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow_provider_extend.emulator import checks, inputs
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.families import document_runs, files
from airflow_provider_extend.emulator.families.document_runs import Failed, Kind, Outcome
from airflow_provider_extend.emulator.inputs import Input
from airflow_provider_extend.emulator.lists import Filters, listing, same
from airflow_provider_extend.emulator.route import NEW, Route
from airflow_provider_extend.emulator.state import V26, ApiError
from airflow_provider_extend.emulator.store import Row
from airflow_provider_extend.emulator.views import DATES, FAILURE, Builders, Shapes, View

_FORMATS = frozenset("pdf jpeg png webp".split())
_RELEASE = "0.1.0"
_CONFIG = f"""config?(
    engine:verify_agentic|verify_light? engineVersion:latest|{_RELEASE}? advancedOptions?(requireParsing:bool? !) !
)"""
_VALUES = {"source": ("API", "STUDIO"), "riskLevel": ("LOW", "MEDIUM", "HIGH")}


def _given(call: Call) -> tuple[Input, Row]:
    config = call.body.get("config") or {}
    engine = config.get("engine") or "verify_agentic"
    agentic = engine == "verify_agentic"
    parsed = (config.get("advancedOptions") or {}).get("requireParsing")
    if agentic and parsed is False:
        raise ApiError(400, "config.advancedOptions.requireParsing must be true for verify_agentic")
    resolved = {"engine": engine, "engineVersion": _RELEASE}
    resolved |= {"advancedOptions": {"requireParsing": agentic if parsed is None else parsed}}
    one = inputs.document(call)
    if one.source.file.get("format") not in _FORMATS:
        said = "A PDF, JPEG, PNG or WebP file that was uploaded here is needed"
        raise ApiError(400, said, "FILE_TYPE_NOT_SUPPORTED")
    if one.source.data is None:
        data = call.state.store.read_blob(one.source.file["id"])
        one = Input(files.Source(one.source.file, one.source.pages, data), one.metadata)
    return one, resolved


def _work(source: files.Source, config: Row) -> Outcome:
    """Pictures have no text here: of them the bytes are checked alone."""
    read, kind = config["advancedOptions"]["requireParsing"], source.file["format"]
    if read and kind == "pdf" and not source.pages:
        raise Failed("PARSE_FAILED", "The text of the file could not be read.")
    today = datetime.now(UTC).date()
    found = checks.output(source.data or b"", kind, source.pages, read, today)
    return Outcome(found, {"pageCount": len(source.pages) or None})


VERIFY = Kind("verify_run", ("vr_", "vr_"), _given, _work, fails_calls=False, retried=False)


def _of_file(row: Row, wanted: str) -> bool:
    """A run by its id, runs on a file by its id, else by a part of the file's name."""
    ways = {"vr_": row["id"], "file_": row["fileId"]}
    for prefix, key in ways.items():
        if wanted.startswith(prefix):
            return bool(key == wanted)
    return wanted.casefold() in row["fileName"].casefold()


_FILTERS: Filters = {"source": same("source"), "sourceId": same("sourceId"), "fileNameContains": _of_file}


def list_runs(call: Call) -> Page:
    """By the risk that came out, too: of runs that are done, and whose result is still there."""
    state = call.state
    risk = {"riskLevel": lambda row, wanted: _risk(document_runs.output_of(state, row)) == wanted}
    return listing("verify_run", filters=_FILTERS | risk, runs=True, values=_VALUES)(call)


def _risk(output: Row | None) -> str | None:
    return str(output["riskLevel"]) if output else None


def _verify_run(view: View, row: Row) -> Row:
    facts = document_runs.facts(view, "verify_run", row)
    if facts["usage"]:  # no breakdown names a verify run
        facts["usage"] = {"credits": facts["usage"]["credits"], "totalCredits": facts["usage"]["credits"]}
    return facts | {"riskLevel": _risk(facts["output"])}


_HEAD, _TAIL = "object id file status", f"{FAILURE} metadata metrics config usage source sourceId {DATES}"

SHAPES: Shapes = {
    "verify_run": {V26: f"{_HEAD} output {_TAIL}"},
    "verify_run_summary": {V26: f"{_HEAD} riskLevel {_TAIL}"},
}

BUILDERS: Builders = {"verify_run": _verify_run}

_VERIFY = f"file:object {_CONFIG} metadata:object?"

ROUTES = [
    Route("POST", "/verify", NEW, document_runs.creating(VERIFY, sync=True), "", _VERIFY, run=True),
    Route("POST", "/verify_runs", NEW, document_runs.creating(VERIFY), "", _VERIFY, run=True),
    Route("GET", "/verify_runs", NEW, list_runs),
    Route("GET", "/verify_runs/{id}", NEW, document_runs.getting("verify_run")),
    Route("POST", "/verify_runs/{id}/cancel", NEW, document_runs.cancelling("verify_run", refused=False)),
    Route("DELETE", "/verify_runs/{id}", NEW, document_runs.deleting("verify_run")),
]  # fmt: skip
