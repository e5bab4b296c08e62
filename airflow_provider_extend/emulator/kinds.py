"""The kinds of run: what each is called in the store, and which statuses each version knows of it."""

from __future__ import annotations

from airflow_provider_extend.emulator.state import V24

_FIVE = "PENDING PROCESSING PROCESSED FAILED CANCELLED"
_WORKFLOW = "PENDING PROCESSING NEEDS_REVIEW REJECTED PROCESSED FAILED"

#: Kind in the store -> the statuses that its list can be filtered by (objects.md 1.2).
STATUSES = {
    "run": _FIVE,
    "extract_run": _FIVE,
    "classify_run": _FIVE,
    "split_run": _FIVE,
    "parse_run": _FIVE,
    "edit_run": "PROCESSING PROCESSED FAILED",
    "form_detection_run": "PROCESSING PROCESSED FAILED",
    "verify_run": "PROCESSING PROCESSED FAILED CANCELLED",
    "workflow_run": f"{_WORKFLOW} CANCELLED CANCELLING",
}
_IN_VERSION = {("workflow_run", V24): _WORKFLOW}

#: Kind in the store -> what the control calls it.
RUNS = {kind: "evaluation_set_run" if kind == "run" else kind for kind in STATUSES}

#: Kinds whose files count against the files per minute (README.md 5); a workflow run counts with its own files.
COUNTED = ("extract_run", "classify_run", "split_run", "parse_run", "edit_run", "workflow_run")


def statuses(kind: str, version: str) -> list[str]:
    return _IN_VERSION.get((kind, version), STATUSES[kind]).split()
