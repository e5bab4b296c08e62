"""What only Extend can tell is wrong: its words reach whoever reads the task's log, with what is to be done."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.hooks.extend import ExtendHook
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.processor_run import ExtendRunProcessorOperator
from airflow_provider_extend.operators.split import ExtendSplitOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from tests.airflow_names import AirflowFailException

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
NEW = "https://api.extend.ai"


def new(status: int, code: str, message: str) -> dict[str, Any]:
    return {
        "status_code": status,
        "json": {"code": code, "message": message, "retryable": False, "requestId": "req_1"},
    }


def old(status: int, message: str) -> dict[str, Any]:
    return {"status_code": status, "json": {"success": False, "error": message}}


@pytest.mark.parametrize(
    ("version", "operator", "given", "path", "answer", "words"),
    [
        (
            V26,
            ExtendExtractOperator,
            {"extractor_id": "cl_1"},
            "/extract_runs",
            new(404, "NOT_FOUND", "No extractor found with id cl_1"),
            "No extractor found with id cl_1",
        ),
        (
            V26,
            ExtendSplitOperator,
            {"splitter_id": "spl_1", "version": "9.0"},
            "/split_runs",
            new(400, "INVALID_REQUEST", "Version 9.0 of spl_1 is not published"),
            "Version 9.0 of spl_1 is not published",
        ),
        (
            V25,
            ExtendRunProcessorOperator,
            {"processor_id": "dp_1", "version": "9.0"},
            "/processor_runs",
            old(400, "Version 9.0 not found"),
            "Version 9.0 not found",
        ),
        (
            V26,
            ExtendRunWorkflowOperator,
            {"workflow_id": "w_1", "version": "7"},
            "/workflow_runs",
            new(422, "INVALID_REQUEST", "Version 7 is not deployed"),
            "Version 7 is not deployed",
        ),
    ],
    ids=["wrong type", "unpublished", "unpublished, old body", "workflow"],
)
def test_a_create_that_extend_refuses(
    requests_mock, connect, task, version, operator, given, path, answer, words
) -> None:
    connect(version)
    requests_mock.post(NEW + path, **answer)
    with pytest.raises(AirflowFailException) as caught:
        task.run(operator(task_id="task", file_id="file_1", **given))
    assert words in str(caught.value)
    assert f"POST {path}" in str(caught.value)
    assert str(answer["status_code"]) in str(caught.value)
    assert task.record is None, "nothing was started: a retry has nothing to look for"


@pytest.mark.parametrize(
    ("call", "path", "answer", "words"),
    [
        (
            ("extract_runs.cancel", "exr_1"),
            "/extract_runs/exr_1/cancel",
            new(400, "INVALID_REQUEST", "Only a run that is PROCESSING can be cancelled"),
            "Only a run that is PROCESSING can be cancelled",
        ),
        (
            ("extract_runs.delete", "exr_1"),
            "/extract_runs/exr_1",
            new(400, "INVALID_REQUEST", "A run that is PROCESSING cannot be deleted"),
            "A run that is PROCESSING cannot be deleted",
        ),
    ],
    ids=["cancel of a finished run", "delete of a running one"],
)
def test_a_call_that_comes_at_the_wrong_time(requests_mock, connect, call, path, answer, words) -> None:
    connect(V26)
    requests_mock.register_uri("POST" if "cancel" in path else "DELETE", NEW + path, **answer)
    with pytest.raises(AirflowFailException, match=words) as caught:
        ExtendHook().call(*call)
    assert caught.value.error.request_id == "req_1"
    assert requests_mock.call_count == 1


def test_a_cancel_of_a_finished_run_by_a_task_is_no_error(requests_mock, connect, task, log_text) -> None:
    """The run's own end is what counts."""
    connect(V26)
    requests_mock.post(f"{NEW}/extract_runs", json={"id": "exr_1", "status": "PROCESSING"})
    ended = {"id": "exr_1", "status": "PROCESSED", "output": {"value": {}}}
    requests_mock.get(
        f"{NEW}/extract_runs/exr_1", [{"json": {**ended, "status": "PROCESSING"}}, {"json": ended}]
    )
    refused = new(400, "INVALID_REQUEST", "Only a run that is PROCESSING can be cancelled")
    requests_mock.post(f"{NEW}/extract_runs/exr_1/cancel", **refused)
    operator = ExtendExtractOperator(task_id="task", file_id="file_1", wait_for_completion=False)
    task.run(operator)
    task.clear()
    again = ExtendExtractOperator(task_id="task", file_id="file_1", wait_for_completion=False)
    assert task.run(again) == "exr_1"
    assert "had ended PROCESSED before it could be cancelled" in log_text()
