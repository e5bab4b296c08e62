"""What is decided about paid runs, each decision as a table."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend import decisions
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendConnectionError,
    ExtendInputError,
    ExtendInvalidRequest,
    ExtendRateLimited,
    ExtendServerError,
    ExtendUsageBlocked,
)
from airflow_provider_extend.api.runs import OUTCOMES, Run

PARTS = {"file": "f", "extractor": "e"}
RECORD = {"v": 1, "token": "t", "max_tries": 2, "parts": PARTS, "started_at": 1.0}
MADE = {**RECORD, "id": "exr_1"}


@pytest.mark.parametrize(
    ("record", "action", "reason", "changed"),
    [
        (None, "submit", "first", ()),
        (MADE, "take", None, ()),
        (RECORD, "look_up", None, ()),
        ({**RECORD, "id": ""}, "look_up", None, ()),
        ({**MADE, "max_tries": 1}, "submit", "cleared", ()),
        ({**RECORD, "max_tries": 1}, "submit", "cleared", ()),
        ({**MADE, "parts": {**PARTS, "file": "g"}}, "submit", "changed", ("file",)),
        ({**MADE, "parts": {"file": "g"}}, "submit", "changed", ("extractor", "file")),
        ({**MADE, "parts": {**PARTS, "more": "m"}}, "submit", "changed", ("more",)),
        # A parameter that a newer version of this package has, and that is not given, changes nothing.
        ({**MADE, "parts": {**PARTS, "more": "74234e98afe7498f"}}, "take", None, ()),
        # A clear counts before what was changed with it.
        ({**MADE, "max_tries": 1, "parts": {}}, "submit", "cleared", ()),
        # What cannot be read is never taken for "nothing was made".
        ({**MADE, "v": 2}, "fail", None, ()),
        ({**MADE, "v": "1"}, "fail", None, ()),
        ({"id": "exr_1"}, "fail", None, ()),
        ({}, "fail", None, ()),
        ("exr_1", "fail", None, ()),
        ([], "fail", None, ()),
    ],
    ids=str,
)
def test_what_a_record_of_an_earlier_try_asks_for(
    record: Any, action: str, reason: str | None, changed: tuple[str, ...]
) -> None:
    plan = decisions.next_try(record, 2, PARTS)
    assert (plan.action, plan.reason, plan.changed) == (action, reason, changed)
    assert plan.gives_up_earlier is (reason in ("cleared", "changed"))


def run(status: str, kind: str = "extract_run", reason: str | None = None) -> Run:
    return Run(kind, "exr_1", status, OUTCOMES.get(status), "2026-02-09", {}, failure_reason=reason)


@pytest.mark.parametrize(
    ("earlier", "decision"),
    [
        (None, "fail"),
        (run("PENDING"), "take"),
        (run("PROCESSING"), "take"),
        (run("CANCELLING", "workflow_run"), "wait"),
        (run("A_STATUS_OF_TOMORROW"), "take"),
        (run("PROCESSED"), "take"),
        (run("REVIEWED", "workflow_run"), "take"),
        (run("NEEDS_REVIEW", "workflow_run"), "take"),
        (run("REJECTED", "workflow_run"), "take"),
        (run("CANCELLED"), "submit"),
        (run("FAILED"), "fail"),
        (run("FAILED", "workflow_run", "INVALID_WORKFLOW"), "fail"),
        (run("FAILED", "workflow_run", "INTERNAL_ERROR"), "submit"),
        (run("FAILED", "workflow_run", "DOCUMENT_PROCESSOR_ERROR"), "submit"),
        # For extract runs no source says which reasons are worth a new run.
        (run("FAILED", "extract_run", "INTERNAL_ERROR"), "fail"),
    ],
    ids=str,
)
def test_what_becomes_of_the_run_of_an_earlier_try(earlier: Run | None, decision: str) -> None:
    assert decisions.earlier_run(earlier) == decision


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (None, "made"),
        (ExtendInputError("x"), "refused"),
        (ExtendConnectionError("refused", sent=False), "refused"),
        (ExtendConnectionError("dropped", sent=True), "unknown"),
        (ExtendInvalidRequest("x", status=400), "refused"),
        (ExtendInvalidRequest("x", status=422), "refused"),
        (ExtendUsageBlocked("x", status=402), "refused"),
        (ExtendRateLimited("x", status=429), "refused"),
        (ExtendServerError("x", status=408), "unknown"),
        (ExtendServerError("x", status=500), "unknown"),
        (ExtendServerError("x", status=503), "unknown"),
        (ExtendAnswerError("no id", status=200), "unknown"),
        (ExtendAnswerError("a redirect", status=302), "refused"),
    ],
    ids=repr,
)
def test_what_an_answer_to_a_create_means(error: Any, means: str) -> None:
    assert decisions.answer_means(error) == means


@pytest.mark.parametrize(
    ("started_at", "now", "settled"),
    [
        # The call may have gone on until its process ended, which was just now.
        (1000.0, 1000.0, 1030.0),
        (1000.0, 1500.0, 1530.0),
        (1000.0, 1600.0, 1630.0),
        # No call lasts that long.
        (1000.0, 1601.0, 1030.0),
        # A clock that was set back.
        (1000.0, 900.0, 1030.0),
    ],
)
def test_when_an_empty_search_counts(started_at: float, now: float, settled: float) -> None:
    assert decisions.settled_at(started_at, now) == settled


GOES = {"wanted": True, "fired": False, "overdue": False, "state": "failed", "moving": True}


@pytest.mark.parametrize("state", ["failed", "success", "skipped", "removed"])
def test_a_trigger_cancels_where_a_user_ended_the_task(state: str) -> None:
    assert decisions.kill_cancels(**{**GOES, "state": state})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        {"wanted": False},
        {"fired": True},
        {"overdue": True},
        {"moving": False},
        {"moving": None},
        {"state": None},
        *(
            {"state": state}
            for state in (
                "deferred",
                "scheduled",
                "queued",
                "running",
                "restarting",
                "up_for_retry",
                "up_for_reschedule",
                "upstream_failed",
                "awaiting_input",
                "a state of tomorrow",
                "",
            )
        ),
    ],
    ids=str,
)
def test_a_trigger_cancels_nothing_in_any_other_case(other: dict[str, Any]) -> None:
    assert not decisions.kill_cancels(**{**GOES, **other})


@pytest.mark.parametrize(
    ("after", "means"),
    [
        (None, "gone"),
        (run("CANCELLED"), "cancelled"),
        (run("CANCELLING", "workflow_run"), "cancelled"),
        (run("PROCESSED"), "ended"),
        (run("FAILED"), "ended"),
        (run("NEEDS_REVIEW", "workflow_run"), "ended"),
        (run("PENDING"), "goes_on"),
        (run("PROCESSING"), "goes_on"),
        (run("A_STATUS_OF_TOMORROW"), "goes_on"),
    ],
    ids=str,
)
def test_what_a_run_has_become_of(after: Run | None, means: str) -> None:
    assert decisions.cancel_means(after) == means
