"""How a wait ends: the same in poke, reschedule and deferrable mode, as the table of `WaitingSensor` says."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

import pytest

MODES = ("poke", "reschedule", "deferrable")
FLAGS = ("plain", "soft_fail", "never_fail", "silent_fail")
DONE = ("success",) * 4
PERMANENT = ("failed, not retried", "skipped", "skipped", "failed, not retried")
ENDLESS = ("timed out, not retried", "skipped", "skipped", "timed out, not retried")
# What does not pass: with silent_fail the wait goes on until its timeout.
TRANSIENT = ("failed, retried", "failed, retried", "skipped", "timed out, not retried")

# What the server says, one look after the other and the last for ever -> end states in the order of FLAGS
OUTCOMES: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "processed": (("PROCESSED",), DONE),
    "failed": (("FAILED",), PERMANENT),
    "cancelled": (("CANCELLED",), PERMANENT),
    "an unknown status, then processed": (("REWINDING", "PROCESSED"), DONE),
    "an unknown status for ever": (("REWINDING",), ENDLESS),
    "400": ((400,), PERMANENT),
    "401": ((401,), PERMANENT),
    "403": ((403,), PERMANENT),
    "404": ((404,), PERMANENT),
    "500 for ever": ((500,), TRANSIENT),
    "429 for ever": ((429,), TRANSIENT),
    "a proxy's page for ever": ((b"<html>Log in</html>",), TRANSIENT),
    "an answer that breaks off, then processed": ((b'{"success": tr', "PROCESSED"), DONE),
    "500, but within the retries of a call": ((500, 500, 500, "PROCESSED"), DONE),
    "500 for longer, then processed": (
        (*[500] * 12, "PROCESSED"),
        ("failed, retried", "failed, retried", "skipped", "success"),
    ),
    "timeout": (("PROCESSING",), ENDLESS),
}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "first", [(), ("PROCESSING", "PROCESSING")], ids=["at the first look", "while waiting"]
)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_mode_ends_as_the_table_says(answers, end, task_instance, outcome, first, mode, flag) -> None:
    steps, states = OUTCOMES[outcome]
    answers(*first, *steps)
    flags = {} if flag == "plain" else {flag: True}
    state = states[FLAGS.index(flag)]
    # In the triggerer trouble that may pass is waited out, whoever waits: it holds no worker.
    patient = mode == "deferrable" and bool(first)
    if patient and outcome == "500 for longer, then processed":
        state = "success"
    endless = state.startswith("timed out") or states == ENDLESS or (patient and states is TRANSIENT)
    task_instance.start_date = datetime.now(UTC)
    # Before it defers it has looked once, which takes a quarter of a second where everything is busy.
    deadline = 1 if patient else 0.25
    ended = end(mode, timeout=deadline if endless else 60, **flags)
    assert ended.state == state, repr(ended.error)
    if ended.state == "success":
        assert ended.value["outcome"] == "succeeded"
    else:
        assert ended.value is None
    if mode == "deferrable" and first:
        assert ended.deferrals, "a deferrable sensor waits in the triggerer"


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("mode", MODES)
def test_a_server_that_refuses_connections_is_a_passing_trouble(
    connect, monkeypatch, end, mode, flag
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        monkeypatch.setenv("AIRFLOW__EXTEND__ALLOWED_HOSTS", "127.0.0.1")
        connect(host=f"http://127.0.0.1:{port}")
        ended = end(mode, timeout=0.03, **({} if flag == "plain" else {flag: True}))
    assert ended.state == TRANSIENT[FLAGS.index(flag)], repr(ended.error)


@pytest.mark.parametrize("mode", MODES)
def test_a_connection_that_is_not_there_is_no_success(monkeypatch, end, mode) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_EXTEND_DEFAULT", raising=False)
    assert end(mode).state in ("failed, retried", "failed, not retried")


@pytest.mark.parametrize("flag", ["plain", "soft_fail", "never_fail"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("run_id", ["", None, "bpr 1", "../files", "bpr_1?x=1", "b" * 256])
def test_an_id_that_cannot_be_one_ends_the_task_without_a_request(
    requests_mock, connect, end, run_id, mode, flag
) -> None:
    connect()
    ended = end(mode, batch_processor_run_id=run_id, **({} if flag == "plain" else {flag: True}))
    assert ended.state == ("failed, not retried" if flag == "plain" else "skipped")
    assert "Nothing was sent" in f"{ended.error} {ended.error.__cause__}"
    assert requests_mock.call_count == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_broken_connection_names_its_field_and_sends_nothing(requests_mock, connect, end, mode) -> None:
    connect(password="")
    ended = end(mode)
    assert ended.state == "failed, not retried"
    assert "no API key" in str(ended.error)
    assert requests_mock.call_count == 0


@pytest.mark.parametrize("mode", MODES)
def test_soft_fail_and_never_fail_say_why_the_task_was_skipped(answers, end, mode) -> None:
    answers("PROCESSING", "FAILED")
    for flag in ("soft_fail", "never_fail"):
        ended = end(mode, **{flag: True})
        assert ended.error.__cause__ is not None
        assert "FAILED" in f"{ended.error} {ended.error.__cause__}"


@pytest.mark.parametrize("mode", MODES)
def test_silent_fail_looks_past_outages_however_often_they_come(answers, end, mode) -> None:
    answers(*(["PROCESSING", *[500] * 5] * 8), "PROCESSED")
    ended = end(mode, silent_fail=True)
    assert ended.state == "success", repr(ended.error)


@pytest.mark.parametrize("mode", MODES)
def test_silent_fail_logs_what_it_looks_past(answers, end, log_text, mode) -> None:
    answers(*[500] * 12, "PROCESSED")
    assert end(mode, silent_fail=True).state == "success"
    errors = [line for line in log_text().splitlines() if "[error" in line or "ERROR" in line]
    assert any("HTTP 500" in line or "poke failed" in line for line in errors)
