"""The bodies that the stub answers, as bytes: shapes of the API's own examples for 2026-02-09, and of the peers'."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks.account import ENDED, Run, timestamp

_THEN = {"createdAt": "2026-03-21T15:30:00.000Z", "updatedAt": "2026-03-21T16:45:00.000Z"}
_EXTRACTOR = {"object": "extractor", "id": "ex_Xj8mK2pL9nR4vT7qY5wZ", "name": "Invoice Extractor", **_THEN}
_VERSION = {
    "object": "extractor_version",
    "id": "exv_xK9mLPqRtN3vS8wF5hB2cQ",
    "description": "Updated extraction fields for new invoice format",
    "version": "1.0",
    "extractorId": _EXTRACTOR["id"],
    "createdAt": _THEN["createdAt"],
    "createdBy": None,
}
_FILE = {
    "object": "file",
    "id": "file_xK9mLPqRtN3vS8wF5hB2cQ",
    "name": "Invoices.pdf",
    "type": "PDF",
    "parentFileId": None,
    "metadata": {"pageCount": 3},
    **_THEN,
}
_PLACE = {"page": {"number": 1, "width": 612, "height": 792}, "referenceText": "INV-1001"}
_CORNERS = [{"x": 10, "y": 20}, {"x": 90, "y": 20}, {"x": 90, "y": 32}, {"x": 10, "y": 32}]
_OUTPUT = {
    "value": {"invoice_number": "INV-1001", "total": {"amount": 120.5, "iso_4217_currency_code": "USD"}},
    "metadata": {
        "invoice_number": {
            "ocrConfidence": 0.98,
            "logprobsConfidence": 0.97,
            "citations": [{**_PLACE, "polygon": _CORNERS}],
        },
        "total": {"ocrConfidence": None, "logprobsConfidence": 0.93},
    },
}
_CONFIG = {
    "baseProcessor": "extraction_performance",
    "baseVersion": "4.0.0",
    "extractionRules": None,
    "schema": {
        "type": "object",
        "properties": {"invoice_number": {"type": ["string", "null"]}},
        "required": ["invoice_number"],
        "additionalProperties": False,
    },
}


def _summary(run: Run) -> dict[str, Any]:
    return {
        "object": "extract_run",
        "id": run.id,
        "status": run.status,
        "failureReason": None,
        "failureMessage": None,
        "metadata": {"airflow_key": "dag.task.map0.run"},
        "reviewed": False,
        "edited": False,
        "extractor": _EXTRACTOR,
        "extractorVersion": _VERSION,
        "file": _FILE,
        "files": None,
        "parseRunId": "pr_3UZSj69pYZDKHFuuX57ic" if run.status == ENDED else None,
        "dashboardUrl": f"https://dashboard.extend.ai/runs/{run.id}",
        "usage": {"credits": 2, "totalCredits": 5} if run.status == ENDED else None,
        "createdAt": timestamp(run.created),
        "updatedAt": timestamp(run.updated),
    }


def _extract_run(run: Run) -> dict[str, Any]:
    output = _OUTPUT if run.status == ENDED else None
    more = {"output": output, "initialOutput": None, "reviewedOutput": None, "edits": None, "config": _CONFIG}
    return {**_summary(run), **more}


def _evaluation_set_run(run: Run) -> dict[str, Any]:
    ended = run.status == ENDED
    field = {"countTotal": 10, "countPresent": 10, "countExpected": 10, "countAccurate": 9, "accuracy": 0.9}
    scores = (
        {"accuracy": 0.9, "fieldMetrics": {"invoice_number": field}, "meanLatencyMs": 1500} if ended else {}
    )
    metrics = {"type": "EXTRACT", "numFilesTotal": 10, "numFilesProcessed": 10 if ended else 4, **scores}
    return {
        "object": "evaluation_set_run",
        "id": run.id,
        "evaluationSetId": "ev_2LcgeY_mp2T5yPaEuq5Lw",
        "entity": _EXTRACTOR,
        "entityVersion": {**_VERSION, "version": "draft"},
        "metrics": metrics,
        "status": run.status,
        "options": {"fuzzyMatchFields": ["vendor_name"], "excludeFields": []},
        "createdAt": timestamp(run.created),
        "updatedAt": timestamp(run.updated),
    }


def _batch_processor_run(run: Run) -> dict[str, Any]:
    counts = {
        "object": "batch_processor_run",
        "id": run.id,
        "processorId": _EXTRACTOR["id"],
        "processorVersionId": _VERSION["id"],
        "processorName": "Invoice Processor",
        "metrics": {"numFiles": 10, "numPages": 25},
        "status": run.status,
        "source": "EVAL_SET",
        "sourceId": "ev_1234",
        "runCount": 1,
        "options": {"fuzzyMatchFields": ["invoice_number"], "excludeFields": ["internal_notes"]},
        "createdAt": timestamp(run.created),
        "updatedAt": timestamp(run.updated),
    }
    return {"success": True, "batchProcessorRun": counts}


def _dbt_run(run: Run) -> dict[str, Any]:
    """No more than dbt's hook reads: the real answer is longer, and costs it more."""
    status = {"code": 200, "is_success": True, "user_message": "Success!", "developer_message": ""}
    return {"status": status, "data": {"id": 1, "account_id": 1, "status": 10 if run.status == ENDED else 3}}


_SHAPES: dict[str, Callable[[Run], dict[str, Any]]] = {
    "summary": _summary,
    "extract_runs": _extract_run,
    "evaluation_set_runs": _evaluation_set_run,
    "batch_processor_runs": _batch_processor_run,
    "dbt": _dbt_run,
}


def body(shape: str, run: Run) -> bytes:
    """The run in one of the shapes, made once for each change of it."""
    if (found := run.rendered.get(shape)) is None:
        found = run.rendered[shape] = json.dumps(_SHAPES[shape](run), separators=(",", ":")).encode()
    return found


def listed(rows: list[Run], token: str | None) -> bytes:
    """A page of GET /extract_runs."""
    rest = b"" if token is None else b',"nextPageToken":' + json.dumps(token).encode()
    return b'{"object":"list","data":[' + b",".join(body("summary", run) for run in rows) + b"]" + rest + b"}"


def error(code: str, message: str) -> bytes:
    return json.dumps(
        {"code": code, "message": message, "retryable": False, "requestId": "req_stub"}
    ).encode()
