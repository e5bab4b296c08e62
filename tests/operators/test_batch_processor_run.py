"""ExtendGetBatchProcessorRunOperator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_extend.operators.batch_processor_run import ExtendGetBatchProcessorRunOperator
from tests.airflow_names import AirflowException, AirflowFailException

VERSIONS = ("2024-12-23", "2025-04-21", "2026-02-09")


def get(run_id: Any, **given: Any) -> ExtendGetBatchProcessorRunOperator:
    return ExtendGetBatchProcessorRunOperator(task_id="get", batch_processor_run_id=run_id, **given)


def ended_run(extend: Any, **settings: Any) -> str:
    extend.control("POST", "/settings", settings)
    processor = extend.processor()
    return str(extend.run(extend.evaluation_set(processor), processor))


@pytest.mark.parametrize(
    ("version", "selector", "origin"),
    [
        ("2024-12-23", "extract.fields.total.recall", "batch_processor_run"),
        ("2026-02-09", "extract.fields.total.accuracy", "evaluation_set_run"),
    ],
)
def test_a_run_that_ended_is_pushed_with_its_metrics(api, task, version, selector, origin) -> None:
    run_id = ended_run(api(version))
    value = task.run(get(run_id))
    assert (value["id"], value["outcome"], value["metrics_from"]) == (run_id, "succeeded", origin)
    assert value["metrics"][selector] == 1.0
    assert task.xcoms["batch_processor_run"]["id"] == run_id


def test_counts_only_come_without_a_word_on_where_scores_are_from(api, task) -> None:
    assert task.run(get(ended_run(api("2025-04-21"))))["metrics_from"] is None


def test_it_pushes_what_the_sensor_does(api, task, new_task) -> None:
    from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

    run_id = ended_run(api())
    waited = new_task()
    sensor = BatchProcessorRunSensor(task_id="wait", batch_processor_run_id=run_id)
    assert task.run(get(run_id)) == waited.run(sensor)
    assert task.xcoms["batch_processor_run"] == waited.xcoms["batch_processor_run"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_failed_run_is_a_result_and_no_error(api, task, version) -> None:
    run_id = ended_run(api(version), fail_runs=1)
    value = task.run(get(run_id))
    assert (value["status"], value["outcome"]) == ("FAILED", "failed")


@pytest.mark.parametrize("status", ["PROCESSING", "REWINDING"])
def test_a_run_that_still_moves_is_an_error_that_a_retry_may_not_meet(api, task, status) -> None:
    extend = api()
    run_id = ended_run(extend)
    extend.control("PATCH", f"/runs/{run_id}", {"status": status})
    with pytest.raises(AirflowException, match=f"{status}.*BatchProcessorRunSensor") as caught:
        task.run(get(run_id))
    assert not isinstance(caught.value, AirflowFailException)
    assert "batch_processor_run" not in task.xcoms


@pytest.mark.parametrize("run_id", ["", None, "../files"])
def test_an_id_that_cannot_be_one_sends_nothing(api, task, run_id) -> None:
    extend = api()
    with pytest.raises(AirflowFailException, match="Nothing was sent"):
        task.run(get(run_id))
    assert extend.requests() == []


def test_the_answer_is_written_to_output_path(api, task, tmp_path) -> None:
    target = tmp_path / "run.json"
    run_id = ended_run(api())
    task.run(get(run_id, output_path=str(target)))
    assert json.loads(target.read_text())["batch_processor_run"]["id"] == run_id
