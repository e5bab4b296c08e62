"""Extract runs against the local Extend: real extraction, real lists, real cancels."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from airflow_provider_extend import decisions
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from tests.airflow_names import AirflowFailException

DOCUMENT = b"No: INV-7\nTotal: 12.00\n"


@pytest.fixture
def extend(api: Any) -> Any:
    return api()


@pytest.fixture
def asks(extend: Any) -> dict[str, Any]:
    """What names an extraction of one document."""
    return {"extractor_id": extend.processor(), "version": "draft", "file_id": extend.upload(DOCUMENT)}


def extract(**given: Any) -> ExtendExtractOperator:
    return ExtendExtractOperator(task_id="task", **{"poll_interval": 0.05, **given})


def runs(extend: Any) -> list[dict[str, Any]]:
    return list(extend.control("GET", "/runs?kind=extract_run"))


def test_fields_are_read(extend, asks, task) -> None:
    value = task.run(extract(**asks, push_output=True))
    assert value["outcome"] == "succeeded"
    assert value["processor_id"] == asks["extractor_id"]
    assert task.xcoms["output"]["value"] == {"total": 12, "number": "INV-7"}
    assert task.xcoms["run_url"] == f"{extend.emulator.base_url}/_control/dashboard/{value['id']}"
    assert task.xcoms["spent"] == {"runs": 1, "credits": 2.0, "unknown": 0}


@pytest.mark.parametrize("source", ["text", "file_url", "config"])
def test_other_ways_to_name_the_document_and_the_fields(extend, asks, task, good, source) -> None:
    extend.upload(DOCUMENT, "invoice.txt")
    asks |= {
        "text": {"file_id": None, "text": DOCUMENT.decode()},
        "file_url": {"file_id": None, "file_url": "https://a.example.com/invoice.txt?X-Amz-Signature=1"},
        "config": {"extractor_id": None, "version": None, "config": good},
    }[source]
    task.run(extract(**asks, push_output=True))
    assert task.xcoms["output"]["value"]["total"] == 12


def test_a_document_that_cannot_be_read_fails_with_the_reason(extend, asks, task) -> None:
    asks |= {"file_id": None, "file_url": "https://a.example.com/nowhere.pdf"}
    with pytest.raises(AirflowFailException, match="FAILED_TO_PROCESS_FILE"):
        task.run(extract(**asks))


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
@pytest.mark.parametrize(
    "fault", [{"drop_after": True}, {"drop": True}, {"status": 500}, {"body": "truncated"}]
)
def test_a_call_in_doubt_ends_in_one_run(extend, asks, new_task, fault, store) -> None:
    extend.fault(method="POST", path="/extract_runs$", **fault)
    assert new_task(store=store).run(extract(**asks))["outcome"] == "succeeded"
    assert len(runs(extend)) == 1


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_died_in_the_call_leaves_one_run(
    extend, asks, new_task, dies_at, moment, store
) -> None:
    task = new_task(store=store)
    dies_at(task, extract(**asks), "/extract_runs$", moment)
    assert task.run(extract(**asks))["outcome"] == "succeeded"
    assert len(runs(extend)) == 1


def test_a_list_that_lags_is_waited_for(extend, asks, task, dies_at, monkeypatch) -> None:
    monkeypatch.setattr(decisions, "LIST_LAG", 1.0)
    extend.control("POST", "/settings", {"list_lag": 0.7})
    dies_at(task, extract(**asks), "/extract_runs$", "after")
    task.run(extract(**asks))
    assert len(runs(extend)) == 1


def test_a_run_among_many_of_others_is_found(extend, asks, task, dies_at) -> None:
    dies_at(task, extract(**asks), "/extract_runs$", "after")
    (mine,) = [run["id"] for run in runs(extend)]
    inputs = [{"file": {"id": asks["file_id"]}, "metadata": {"airflow_token": f"{n}"}} for n in range(250)]
    extractor = {"id": asks["extractor_id"], "version": "draft"}
    extend.send("POST", "/extract_runs/batch", json={"extractor": extractor, "inputs": inputs})
    assert task.run(extract(**asks))["id"] == mine
    assert len(runs(extend)) == 251


def test_members_of_a_batch_are_found_by_their_token(extend, asks, task) -> None:
    from airflow_provider_extend.api.lookups import look_up_of
    from airflow_provider_extend.hooks.extend import ExtendHook
    from airflow_provider_extend.searching import runs_with_token

    inputs = [{"file": {"id": asks["file_id"]}, "metadata": {"airflow_token": t}} for t in ("t", "u", "t")]
    extractor = {"id": asks["extractor_id"], "version": "draft"}
    extend.send("POST", "/extract_runs/batch", json={"extractor": extractor, "inputs": inputs})
    way = look_up_of("extract_batch", "2026-02-09")
    assert way is not None
    found = runs_with_token(ExtendHook().get_conn(), way, "t", time.time())
    assert {row["id"] for row in found} == {
        run["id"] for run in runs(extend) if run["metadata"]["airflow_token"] == "t"
    }


def test_a_clear_cancels_the_run_that_moves(extend, asks, task) -> None:
    extend.control("POST", "/settings", {"run_seconds": 60})
    task.run(extract(**asks, wait_for_completion=False))
    task.clear()
    task.run(extract(**asks, wait_for_completion=False))
    assert [run["status"] for run in runs(extend)] == ["CANCELLED", "PROCESSING"]


def test_a_deadline_cancels_the_run(extend, asks, task) -> None:
    extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowFailException, match=r"did not end within 0 s\. It was cancelled"):
        task.run(extract(**asks, timeout=0.2))
    assert [run["status"] for run in runs(extend)] == ["CANCELLED"]


def test_a_killed_worker_cancels_the_run(extend, asks, task, monkeypatch) -> None:
    extend.control("POST", "/settings", {"run_seconds": 60})
    operator = extract(**asks)
    really = time.sleep

    def killed(seconds: float) -> None:
        operator.on_kill()
        really(0.01)

    monkeypatch.setattr(time, "sleep", killed)
    with pytest.raises(Exception, match="told to end"):
        task.run(operator)
    assert [run["status"] for run in runs(extend)] == ["CANCELLED"]


def test_the_bad_day_of_one_task(extend, asks, new_task) -> None:
    """One task after another through 429, 500, dropped connections: each pays once, and succeeds in its first try."""
    extend.control("POST", "/settings", {"seed": 7})
    faults = [
        {"status": 429, "retry_after": 0, "chance": 0.1},
        {"status": 500, "chance": 0.05},
        {"drop": True, "chance": 0.03},
        {"drop_after": True, "chance": 0.02},
    ]
    extend.control("POST", "/faults", faults)
    for _ in range(30):
        assert new_task().run(extract(**asks))["outcome"] == "succeeded"
    assert len(runs(extend)) == 30
    met = {row["status"] for row in extend.requests() if re.search("extract_runs", row["path"])}
    assert {429, 500, None} <= met, "the day was bad"
