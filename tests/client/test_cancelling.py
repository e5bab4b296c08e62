"""Cancelling a run: what is asked, how often, and in which words it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_extend import cancelling
from airflow_provider_extend.api.errors import ExtendForbidden, ExtendServerError

BASE = "https://api.extend.ai"


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_provider_extend.api import retry

    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)


@pytest.fixture
def runs(requests_mock: Any) -> Callable[..., Any]:
    """Script what reads of the run answer, and what the cancel does; the last answer stays."""

    def script(*reads: Any, cancel: Any = 200, path: str = "extract_runs/exr_1") -> Any:
        def answer(step: Any) -> dict[str, Any]:
            if isinstance(step, int):
                return {"status_code": step, "json": {"code": "X", "message": f"made to order {step}"}}
            return {"json": {"id": "exr_1", "status": step}}

        requests_mock.get(f"{BASE}/{path}", [answer(step) for step in reads])
        steps = cancel if isinstance(cancel, list) else [cancel]
        return requests_mock.post(f"{BASE}/{path}/cancel", [answer(step) for step in steps])

    return script


def cancel(client: Any, kind: str = "extract_run") -> Any:
    return cancelling.cancel_run(client, kind, "exr_1", sleep=lambda seconds: None)


def test_a_run_that_moves_is_cancelled_and_read_again(client, runs) -> None:
    post = runs("PROCESSING", "CANCELLED", cancel="PROCESSING")
    done = cancel(client)
    assert (done.means, done.run.status, done.words) == ("cancelled", "CANCELLED", "was cancelled")
    assert post.call_count == 1


@pytest.mark.parametrize("status", ["PROCESSED", "FAILED"])
def test_a_run_that_has_ended_is_left_as_it_is(client, runs, status) -> None:
    post = runs(status)
    done = cancel(client)
    assert (done.means, post.call_count) == ("ended", 0)
    assert done.words == f"had ended {status} before it could be cancelled"


def test_cancelling_twice_is_reading_twice(client, runs) -> None:
    post = runs("CANCELLED")
    assert (cancel(client).means, post.call_count) == ("cancelled", 0)


def test_a_cancel_that_loses_the_race_tells_how_the_run_ended(client, runs) -> None:
    runs("PROCESSING", "PROCESSED", cancel=400)
    done = cancel(client)
    assert (done.means, done.run.outcome) == ("ended", "succeeded")


def test_a_workflow_run_on_its_way_there_counts_as_cancelled(client, runs) -> None:
    post = runs("PROCESSING", "CANCELLING", path="workflow_runs/exr_1")
    assert cancel(client, "workflow_run").means == "cancelled"
    assert post.call_count == 1


def test_a_run_that_has_not_begun_is_asked_again_until_it_has(client, runs) -> None:
    post = runs("PENDING", "PENDING", "PROCESSING", "CANCELLED", cancel=[400, 400, 200])
    assert cancel(client).means == "cancelled"
    assert post.call_count == 3


def test_a_run_that_is_not_cancelled_goes_on_and_the_reason_is_told(client, runs) -> None:
    post = runs("PENDING", cancel=400)
    done = cancel(client)
    assert (done.means, post.call_count) == ("goes_on", 4)
    assert "goes on" in done.words
    assert "made to order 400" in done.words


def test_a_cancel_whose_answer_is_lost_is_not_believed_either_way(client, runs) -> None:
    post = runs("PROCESSING", "CANCELLED", cancel=500)
    assert (cancel(client).means, post.call_count) == ("cancelled", 1)


def test_a_run_that_extend_does_not_know_is_gone(client, runs) -> None:
    post = runs(404)
    done = cancel(client)
    assert (done.means, done.run, post.call_count) == ("gone", None, 0)


@pytest.mark.parametrize(("status", "error"), [(403, ExtendForbidden), (503, ExtendServerError)])
def test_what_cannot_be_read_is_an_error_and_no_guess(client, runs, status, error) -> None:
    runs(status)
    with pytest.raises(error):
        cancel(client)


def test_what_cannot_be_cancelled_is_told_in_plain_words(client, requests_mock) -> None:
    requests_mock.get(f"{BASE}/evaluation_set_runs/exr_1", json={"id": "exr_1", "status": "PROCESSING"})
    done = cancel(client, "evaluation_set_run")
    assert done.means == "goes_on"
    assert done.words == "goes on: Extend's API has no call that cancels this kind (evaluation set run)"
    assert [request.method for request in requests_mock.request_history] == ["GET"]


def test_the_oldest_version_cannot_cancel_a_workflow_run(make_client, requests_mock) -> None:
    client = make_client("https://api-prod.extend.app", api_version="2024-12-23")
    body = {"success": True, "workflowRun": {"id": "exr_1", "status": "PROCESSING"}}
    requests_mock.get("https://api-prod.extend.app/workflow_runs/exr_1", json=body)
    assert cancel(client, "workflow_run").means == "goes_on"
    assert [request.method for request in requests_mock.request_history] == ["GET"]
