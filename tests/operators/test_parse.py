"""Parse runs: three versions with three ways, the oldest of which answers with the result and never again."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from airflow_provider_extend.exceptions import ExtendException
from airflow_provider_extend.operators.parse import ExtendParseOperator
from tests.airflow_names import AirflowFailException, AirflowTaskTimeout

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
OLD = "https://api-prod.extend.app"
NEW = "https://api.extend.ai"
PARSED = {
    "object": "parser_run",
    "id": "parser_run_1",
    "fileId": "file_1",
    "chunks": [{"object": "chunk", "content": "Total: 7"}],
    "status": "PROCESSED",
    "failureReason": None,
    "metrics": {"processingTimeMs": 12, "pageCount": 1},
    "config": {"target": "markdown"},
    "usage": {"credits": 2},
}


def parse(**given: Any) -> ExtendParseOperator:
    given = {"file_id": "file_1", "config": {"target": "markdown"}, "poll_interval": 0.001, **given}
    return ExtendParseOperator(task_id="task", **given)


def permanent(task: Any, operator: Any) -> str:
    with pytest.raises(AirflowFailException) as caught:
        task.run(operator)
    return str(caught.value)


# 2024-12-23: the answer is the result


@pytest.mark.parametrize("deferrable", [False, True])
def test_the_answer_is_the_result_and_nothing_is_read(
    requests_mock, connect, task, tmp_path, deferrable
) -> None:
    connect(V24)
    requests_mock.post(f"{OLD}/parse", json=PARSED)
    path = tmp_path / "run.json"
    value = task.run(parse(push_output=True, output_path=f"file://{path}", deferrable=deferrable))
    assert (value["id"], value["kind"], value["outcome"]) == ("parser_run_1", "parse_run", "succeeded")
    assert task.xcoms["output"] == PARSED["chunks"]
    assert task.xcoms["spent"] == {"runs": 1, "credits": 2.0, "unknown": 0}
    assert json.loads(path.read_text())["parse_run"]["chunks"] == PARSED["chunks"]
    (request,) = requests_mock.request_history
    assert request.json() == {"file": {"fileId": "file_1"}, "config": {"target": "markdown"}}
    assert request.timeout[1] >= 300, "such a call takes up to five minutes"


def test_a_document_that_cannot_be_parsed_fails_with_the_reason(requests_mock, connect, task) -> None:
    connect(V24)
    failed = {**PARSED, "status": "FAILED", "failureReason": "CORRUPT_FILE", "chunks": []}
    requests_mock.post(f"{OLD}/parse", json=failed)
    assert "CORRUPT_FILE" in permanent(task, parse())
    refused = {
        "code": "PASSWORD_PROTECTED_FILE",
        "message": "protected",
        "retryable": False,
        "requestId": "req_1",
    }
    requests_mock.post(f"{OLD}/parse", status_code=422, json=refused)
    task.clear()
    assert "PASSWORD_PROTECTED_FILE" in permanent(task, parse())
    assert task.record is None


def test_a_lost_answer_is_told_and_paid_for_again_only_where_the_author_says_so(
    requests_mock, connect, task
) -> None:
    connect(V24)
    call = requests_mock.post(f"{OLD}/parse", [{"exc": requests.ReadTimeout}, {"json": PARSED}])
    assert "no way to look it up" in permanent(task, parse())
    assert "no way to look it up" in permanent(task, parse())
    assert call.call_count == 1
    assert task.run(parse(on_unknown_submission="resubmit"))["id"] == "parser_run_1"
    assert call.call_count == 2


def test_a_retry_after_the_answer_says_that_the_result_is_gone(
    requests_mock, connect, task, tmp_path
) -> None:
    connect(V24)
    call = requests_mock.post(f"{OLD}/parse", json=PARSED)
    (tmp_path / "folder").touch()
    with pytest.raises(Exception, match="cannot be written"):
        task.run(parse(output_path=f"file://{tmp_path}/folder/run.json"))
    told = permanent(task, parse())
    for words in ("parser_run_1", "is paid for", "cannot be read again", "clear this task"):
        assert words in told
    assert call.call_count == 1
    assert task.run(parse(on_unknown_submission="resubmit"))["id"] == "parser_run_1"
    assert call.call_count == 2


def test_execution_timeout_during_the_call_is_told_as_unknown(
    requests_mock, connect, task, monkeypatch
) -> None:
    connect(V24)
    operator = parse()

    def alarm(*given: Any) -> None:
        raise AirflowTaskTimeout

    monkeypatch.setattr(operator, "create", alarm)
    assert "it may be paid for" in permanent(task, operator)


def test_a_task_that_is_told_to_end_during_the_call_says_what_became_of_the_run(
    requests_mock, connect, task, log_text
) -> None:
    connect(V24)
    operator = parse()
    requests_mock.post(f"{OLD}/parse", json=lambda request, context: operator.on_kill() or PARSED)
    with pytest.raises(
        ExtendException, match="told to end; parse run parser_run_1 has ended, and its result"
    ):
        task.run(operator)
    task.clear()
    requests_mock.post(f"{OLD}/parse", json={**PARSED, "id": "parser_run_2"})
    assert task.run(parse())["id"] == "parser_run_2"
    told = log_text()
    assert "parser_run_1, has ended, and its result" in told
    assert "goes on" not in told


def test_a_path_that_cannot_be_written_promises_nothing(requests_mock, connect, task, tmp_path) -> None:
    connect(V24)
    requests_mock.post(f"{OLD}/parse", json=PARSED)
    (tmp_path / "folder").touch()
    with pytest.raises(ExtendException, match="cannot be read again, so what it has read is lost"):
        task.run(parse(output_path=f"file://{tmp_path}/folder/run.json"))


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize("status", ["PROCESSING", "PARTLY", None])
def test_an_answer_that_does_not_say_that_it_ended_is_not_waited_for(
    requests_mock, connect, task, deferrable, status
) -> None:
    connect(V24)
    requests_mock.post(f"{OLD}/parse", json={**PARSED, "status": status})
    told = permanent(task, parse(deferrable=deferrable))
    assert f"does not say that it has ended (status {status})" in told
    assert "is paid for" in told


def test_below_airflow_3_3_a_retry_does_not_know_and_says_so(requests_mock, connect, new_task) -> None:
    connect(V24)
    requests_mock.post(f"{OLD}/parse", [{"exc": requests.ReadTimeout}, {"json": PARSED}])
    task = new_task(store=False)
    permanent(task, parse())
    assert "Airflow below 3.3 keeps no record" in permanent(task, parse())


# 2025-04-21: a status first, the chunks later


def test_a_status_that_says_processed_is_followed_by_one_read(requests_mock, connect, task) -> None:
    connect(V25)
    status = {"object": "parser_run_status", "id": "parser_run_1", "status": "PROCESSED"}
    requests_mock.post(f"{NEW}/parse/async", json=status)
    read = requests_mock.get(f"{NEW}/parser_runs/parser_run_1", json={"success": True, "parserRun": PARSED})
    assert task.run(parse(push_output=True))["outcome"] == "succeeded"
    assert task.xcoms["output"] == PARSED["chunks"]
    assert read.call_count == 1


@pytest.mark.parametrize(
    ("reason", "retried"), [("OCR_ERROR", True), ("INTERNAL_ERROR", True), ("CORRUPT_FILE", False)]
)
def test_what_a_new_run_may_not_meet_again_is_retried(requests_mock, connect, task, reason, retried) -> None:
    connect(V25)
    requests_mock.post(f"{NEW}/parse/async", json={"id": "parser_run_1", "status": "PROCESSING"})
    failed = {"id": "parser_run_1", "status": "FAILED", "failureReason": reason}
    requests_mock.get(f"{NEW}/parser_runs/parser_run_1", json={"success": True, "parserRun": failed})
    with pytest.raises(Exception, match=reason) as caught:
        task.run(parse())
    assert isinstance(caught.value, AirflowFailException) is not retried


# 2026-02-09


def test_an_answer_that_holds_the_result_is_not_read_again(requests_mock, connect, task) -> None:
    connect(V26)
    whole = {"id": "pr_1", "status": "PROCESSED", "output": {"chunks": []}, "metadata": None}
    requests_mock.post(f"{NEW}/parse_runs", json=whole)
    assert task.run(parse(push_output=True))["id"] == "pr_1"
    assert task.xcoms["output"] == {"chunks": []}
    assert [request.method for request in requests_mock.request_history] == ["POST"]


def test_a_cancelled_parse_run_is_no_success(requests_mock, connect, task, monkeypatch) -> None:
    connect(V26)
    requests_mock.post(f"{NEW}/parse_runs", json={"id": "pr_1", "status": "PROCESSING"})
    requests_mock.get(f"{NEW}/parse_runs/pr_1", json={"id": "pr_1", "status": "CANCELLED"})
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    assert "ended CANCELLED" in permanent(task, parse())


@pytest.mark.parametrize(
    ("version", "given", "told"),
    [
        (V24, {"wait_for_completion": False}, "the answer is the result, and no call reads it later"),
        (V24, {"metadata": {"a": 1}}, "parse runs take none in API version 2024-12-23"),
        (V25, {"metadata": {"a": 1}}, "parse runs take none in API version 2025-04-21"),
        (V25, {"data_retention": "zero"}, "API version 2025-04-21 does not know it: 2026-02-09 does"),
        (V26, {"data_retention": "none"}, "expected 'workspace_default' or 'zero'"),
        (V26, {"priority": 5}, "priority is given: parse runs take none"),
        (V26, {"text": "a", "file_id": None}, "text is given: parse runs take none"),
        (V26, {"package": ["a", "b"], "file_id": None}, "package is given: parse runs take none"),
    ],
)
def test_what_a_version_does_not_take_is_refused(requests_mock, connect, task, version, given, told) -> None:
    connect(version)
    message = permanent(task, parse(**given))
    assert told in message
    assert "Nothing was sent" in message
    assert requests_mock.call_count == 0


# Where the connection changes its version between two tries


@pytest.mark.parametrize("before", [V24, V25])
def test_a_parse_in_doubt_is_not_taken_for_absent_in_a_version_that_could_find_it(
    requests_mock, connect, task, dies_at, before
) -> None:
    """What was asked for before 2026-02-09 carries no token, so a search by one proves nothing."""
    connect(before)
    requests_mock.post(f"{OLD}/parse", json=PARSED)
    requests_mock.post(f"{NEW}/parse/async", json={"id": "parser_run_1", "status": "PROCESSING"})
    dies_at(task, parse(), "/parse(/async)?$", "after")
    connect(V26)
    again = requests_mock.post(f"{NEW}/parse_runs", json={"id": "pr_2", "status": "PROCESSING"})
    requests_mock.get(f"{NEW}/parse_runs", json={"object": "list", "data": []})
    assert "asked for otherwise then: another account, API version" in permanent(task, parse())
    assert again.call_count == 0
    connect(V24)
    assert "no way to look it up" in permanent(task, parse())
