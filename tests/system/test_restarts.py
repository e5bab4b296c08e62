"""What dies in the middle of a wait, and comes back, loses nothing."""

from __future__ import annotations

import random
import time
from contextlib import suppress

import psutil
import pytest

from tests.system.deployment import Deployment
from tests.system.extend import LocalExtend
from tests.system.processes import wait_for

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_triggerer_that_restarts_in_the_middle_of_a_wait(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, how: str
) -> None:
    processor = extend.processor(good=True)
    waited_for = [extend.dashboard_run(processor) for _ in range(5)]
    for run in waited_for:
        extend.force(run, "PROCESSING")
    run_id = airflow.trigger("waiting_deferrable", {"run_ids": waited_for})
    wait_for(
        "5 deferred sensors",
        lambda: list(airflow.states("waiting_deferrable", run_id).values()) == ["deferred"] * 5,
    )
    triggerer = airflow.processes["triggerer"]
    wait_for("looks by the triggerer", lambda: all(extend.looks_at(run) > 2 for run in waited_for))
    time.sleep(chance.uniform(0, 3))
    getattr(triggerer, how)()
    assert list(airflow.states("waiting_deferrable", run_id).values()) == ["deferred"] * 5
    # Some end while nobody looks.
    chance.shuffle(waited_for)
    for run in waited_for[:2]:
        extend.force(run, "PROCESSED")
    triggerer.start()
    looks = {run: extend.looks_at(run) for run in waited_for}
    wait_for(
        "looks by the new triggerer", lambda: all(extend.looks_at(run) > looks[run] for run in waited_for)
    )
    for run in waited_for[2:]:
        extend.force(run, "PROCESSED")
    assert airflow.wait_until_ended("waiting_deferrable", run_id) == "success"
    tasks = airflow.tasks("waiting_deferrable", run_id)
    assert [(task.state, task.try_number) for task in tasks.values()] == [("success", 1)] * 5
    gone = lambda: not [row for row in airflow.triggers() if any(run in str(row) for run in waited_for)]  # noqa: E731
    wait_for("the triggers to be removed", gone)


@pytest.mark.parametrize("who", ["the task", "its worker"])
def test_a_wait_that_is_killed_finds_the_same_run(airflow: Deployment, extend: LocalExtend, who: str) -> None:
    dag_id = "waiting_poke"
    processor = extend.processor(good=True)
    waited_for = [extend.dashboard_run(processor) for _ in range(5)]
    paid = len(extend.control("GET", "/runs"))
    for run in waited_for:
        extend.force(run, "PROCESSING")
    run_id = airflow.trigger(dag_id, {"run_ids": waited_for})
    wait_for("looks", lambda: all(extend.looks_at(run) > 1 for run in waited_for))
    pids = [pid for (pid,) in airflow.query("select pid from task_instance where run_id = %s", run_id)]
    assert len(pids) == 5
    for pid in pids:
        task = psutil.Process(pid)
        if who == "its worker":
            task.parent().kill()
        with suppress(psutil.NoSuchProcess):
            task.kill()
    for run in waited_for:
        extend.force(run, "PROCESSED")
    if who == "the task" and airflow.version.startswith("3.0."):
        # Airflow 3.0 does not retry a task that a signal has ended.
        assert airflow.wait_until_ended(dag_id, run_id) == "failed"
        airflow.clear(dag_id, run_id)
    assert airflow.wait_until_ended(dag_id, run_id) == "success"
    tasks = airflow.tasks(dag_id, run_id)
    assert [(task.state, task.try_number) for task in tasks.values()] == [("success", 2)] * 5
    results = airflow.query(
        "select value ->> 'id' from xcom where run_id = %s and key = 'return_value'", run_id
    )
    assert sorted(results) == sorted((run,) for run in waited_for)
    assert len(extend.control("GET", "/runs")) == paid
