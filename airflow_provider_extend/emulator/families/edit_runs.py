"""Edit runs and their templates, and form detection: runs of it and the sync call that gives the schema alone.

Assumption: of a form the text counts: its blanks are found there, and the edited file is a PDF of the text with
the values in them. Form fields of the PDF itself are neither seen nor kept.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_extend.emulator import bodies, documents, forms, inputs, pdf
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import document_runs, files
from airflow_provider_extend.emulator.families.document_runs import Failed, Kind, Outcome
from airflow_provider_extend.emulator.inputs import Input
from airflow_provider_extend.emulator.lists import Filters, contains, listing, reading, same
from airflow_provider_extend.emulator.route import NEW, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, FAILURE, Builders, Shapes, View

_SCHEMA = """(
    type:object|object? required[]:str? properties(*(
        description:str? enum[]:str? required[]:str? extend_edit:page_index:int?
        extend_edit:field_type:text|signature|checkbox|radio|optionList|dropdown|table?
        extend_edit:bbox?(left:number top:number right:number bottom:number)
    ))
)"""
_COMMON = """engineVersion:str? instructions:str? advancedOptions?(
    tableParsingEnabled:bool? flattenPdf:bool? radioEnumsEnabled:bool? nativeFieldsOnly:bool?
    conditionalGenerationEnabled:bool?
)"""
_EDIT = f"config?({_COMMON} schema?{_SCHEMA} schemaGenerationInstructions:str?)"
_DETECTION = f"({_COMMON} inputSchema?{_SCHEMA})"
_DEFAULTS = {"tableParsingEnabled": False, "radioEnumsEnabled": True, "nativeFieldsOnly": False}
_ENGINE = "1.0.0"
_COUNTS = ("fieldsDetectedCount", "fieldsAnnotatedCount")  # 2026-02-09 alone has them
_SHARES = {
    "fieldDetectionTimeMs": 0.5,
    "fieldAnnotationTimeMs": 0.2,
    "fieldFillingTimeMs": 0.3,
}  # of the time


def _config(given: Any, defaults: Row, saved: Row | None = None) -> Row:
    """What is given comes before what a template has saved, and that before the defaults."""
    own = {key: value for key, value in (given or {}).items() if value is not None}
    levels = [one.get("advancedOptions") or {} for one in (saved or {}, own)]
    found = (saved or {}) | own | {"advancedOptions": defaults | levels[0] | levels[1]}
    if found.get("engineVersion") in (None, "latest"):
        found["engineVersion"] = _ENGINE
    return found


def _edited(call: Call) -> tuple[Input, Row]:
    template, defaults = call.body.get("templateId"), _DEFAULTS | {"flattenPdf": True}
    if call.style == V25 or template is None:
        if call.body.get("file") is None:
            raise ApiError(400, "Exactly one of file and templateId is needed")
        return inputs.document(call), _config(call.body.get("config"), defaults)
    if call.body.get("file") is not None:
        raise ApiError(400, "Exactly one of file and templateId is needed")
    row = call.find("edit_template", template)
    config = _config(call.body.get("config"), defaults, row["config"])
    file = call.find("file", row["fileId"])
    return Input(files.Source(file, documents.pages_of(call.state.store, file["id"]))), config


def _detected(call: Call) -> tuple[Input, Row]:
    return inputs.document(call), _config(call.body.get("config"), _DEFAULTS)


def _blanks(source: files.Source, config: Row) -> list[forms.Blank]:
    if source.file.get("format") != "pdf" and source.file.get("problem") != "UNABLE_TO_DOWNLOAD_FILE":
        raise Failed("FILE_TYPE_NOT_SUPPORTED", "A PDF is needed.")
    pages = document_runs.readable(source)
    return [] if config["advancedOptions"].get("nativeFieldsOnly") else forms.detect(pages)


def _counts(blanks: list[forms.Blank], schema: Row) -> Row:
    fields = schema["properties"].values()
    placed = sum("extend_edit:bbox" in one for one in fields)
    return {"fieldCount": len(fields), "fieldsDetectedCount": len(blanks), "fieldsAnnotatedCount": placed}


def _edit(source: files.Source, config: Row) -> Outcome:
    blanks = _blanks(source, config)
    given = config.get("schema")
    schema = forms.mapped(given, blanks)[0] if given else forms.schema_of(blanks)
    if not schema["properties"]:
        raise Failed("EMPTY_SCHEMA", "No schema was given, and no blanks were found.")
    try:
        values = forms.values_of(schema, config.get("instructions") or "")
    except ValueError as error:
        raise Failed("SCHEMA_VALIDATION_ERROR", str(error)) from error
    text = forms.filled(source.pages, schema, values)
    return Outcome(
        {"filledValues": values} if values else {},
        _counts(blanks, schema),
        files.made(source.file["name"], pdf.write(text)),
    )


def _detect(source: files.Source, config: Row) -> Outcome:
    blanks, given = _blanks(source, config), config.get("inputSchema")
    if not blanks:
        raise Failed("EMPTY_SCHEMA", "No blanks were found.")
    found = forms.schema_of(blanks)
    schema, matched = forms.mapped(given, blanks) if given else (found, None)
    output = {"schema": schema, "annotatedSchema": found, "mappingResult": matched}
    return Outcome(output, _counts(blanks, schema))


EDIT = Kind("edit_run", ("edit_run_", "edr_"), _edited, _edit, fails_calls=True)
DETECTION = Kind("form_detection_run", ("sgr_", "sgr_"), _detected, _detect, fails_calls=False)


def generate(call: Call) -> Row:
    """At once, and without a run."""
    one, config = _detected(call)
    files.write(call.state, one.source)
    files.keep(call.state, one.source, call.state.store.stamp())
    try:
        return _detect(one.source, config).output
    except Failed as failed:
        raise ApiError(422, failed.message, failed.reason) from failed


_TEMPLATE = f"name:str description:str? fileId:str {_EDIT} schemaConfig?{_DETECTION} !"


def create_template(call: Call, body: Any) -> Row:
    """By the control: no call of the API makes one."""
    bodies.check(_TEMPLATE, body, "body")
    file, now = call.find("file", body["fileId"]), call.state.store.stamp()
    row: Row = {"id": new_id("edt_"), "name": body["name"], "description": body.get("description")}
    row |= {
        "fileId": file["id"],
        "config": body.get("config") or {},
        "schemaConfig": body.get("schemaConfig"),
    }
    return call.show(
        "edit_template", call.state.store.put("edit_template", row | {"createdAt": now, "updatedAt": now})
    )


# How one is seen


def _edit_run(view: View, row: Row) -> Row:
    facts = _measured(view, "edit_run", row)
    done, file = facts["metrics"] is not None and row.get("madeId"), row.get("madeId")
    output, link = facts["output"] or {}, files.signed(view.base_url, f"/files/{file}")
    if view.style == V26:
        made = {"editedFile": {"id": file, "presignedUrl": link}} | output
        return facts | {"output": made if done else None}
    status = {"object": "edit_run_status", "id": row["id"]}
    config = {key: value for key, value in row["config"].items() if key != "engineVersion"}
    metrics = {key: value for key, value in (facts["metrics"] or {}).items() if key not in _COUNTS}
    return facts | {
        "config": config,
        "editedFile": {"fileId": file, "downloadUrl": link} if done else None,
        "output": output.get("filledValues"),
        "metrics": metrics,
        "status": status | {key: facts[key] for key in ("status", "failureReason")},
    }


def _measured(view: View, name: str, row: Row) -> Row:
    """Assumption: detection, annotation and filling share the time of a run in fixed parts."""
    facts = document_runs.facts(view, name, row)
    if (metrics := facts["metrics"]) is not None:
        shares = {key: share for key, share in _SHARES.items() if name == "edit_run" or "Filling" not in key}
        metrics |= {key: round(metrics["processingTimeMs"] * share, 3) for key, share in shares.items()}
        metrics |= {key: metrics.get(key, 0) for key in ("fieldCount", *_COUNTS)}
    return facts


def _template(view: View, row: Row) -> Row:
    shown = files.of_run(view.of_2026(), row)
    return {"object": "edit_template", "file": shown[0] if shown else None}


_OUT = "config output metrics usage"
_RUN = f"object id file status {FAILURE}"
_TEMPLATE_SHAPE = f"object id name description file config schemaConfig {DATES}"

SHAPES: Shapes = {
    "edit_run": {V25: "object id fileId editedFile status failureReason " + _OUT, V26: f"{_RUN} {_OUT}"},
    "edit_run_summary": {V26: f"{_RUN} metrics usage {DATES}"},
    "edit_run_status": {V25: "object id status failureReason"},
    "form_detection_run": {V26: f"{_RUN} {_OUT}"},
    "edit_template": {V25: _TEMPLATE_SHAPE, V26: _TEMPLATE_SHAPE},
    "edit_template_summary": {V26: f"object id name description file {DATES}"},
}

BUILDERS: Builders = {
    "edit_run": _edit_run,
    "edit_run_status": document_runs.status_of("edit_run"),
    "form_detection_run": lambda view, row: _measured(view, "form_detection_run", row),
    "edit_template": _template,
}

_RUNS: Filters = {"source": same("source"), "fileNameContains": contains("fileName")}
_VALUES = {"source": ("API", "STUDIO", "ADMIN")}
_NAMED: Filters = {"nameContains": contains("name")}
_FILE, _EITHER = f"file:object {_EDIT}", f"file:object? templateId:str? {_EDIT}"
_FORM = f"file:object config?{_DETECTION}"
_get, _delete = document_runs.getting("edit_run"), document_runs.deleting("edit_run")
_template_of = reading("edit_template", "edit_template")

ROUTES = [
    Route("POST", "/edit", (V25,), document_runs.creating(EDIT, sync=True), None, _FILE, run=True),
    Route("POST", "/edit", NEW, document_runs.creating(EDIT, sync=True), "", _EITHER, run=True),
    Route("POST", "/edit/async", (V25,), document_runs.creating(EDIT), None, _FILE, run=True),
    Route("POST", "/edit_runs", NEW, document_runs.creating(EDIT), "", _EITHER, run=True),
    Route("GET", "/edit_runs", NEW, listing("edit_run", filters=_RUNS, runs=True, values=_VALUES)),
    Route("GET", "/edit_runs/{id}", SINCE_2025, _get, "editRun"),
    Route("DELETE", "/edit_runs/{id}", SINCE_2025, _delete, "editRunId"),
    Route("GET", "/edit_templates", NEW, listing("edit_template", filters=_NAMED)),
    Route("GET", "/edit_templates/{id}", SINCE_2025, _template_of, "editTemplate"),
    Route("POST", "/edit_schemas/generate", SINCE_2025, generate, None, _FORM, run=True),
    Route("POST", "/detect_form", NEW, document_runs.creating(DETECTION, sync=True), "", _FORM, run=True),
    Route("POST", "/form_detection_runs", NEW, document_runs.creating(DETECTION), "", _FORM, run=True),
    Route("GET", "/form_detection_runs/{id}", NEW, document_runs.getting("form_detection_run")),
]  # fmt: skip
