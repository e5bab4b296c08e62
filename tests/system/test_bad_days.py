"""Extend answers badly, late, or in the very moment that counts: every task ends well, and each run is made once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.system.deployment import ONLY, Deployment
from tests.system.extend import ENDLESS, LocalExtend
from tests.system.processes import wait_for
from tests.system.proving import LONG, counts, statuses

pytestmark = [pytest.mark.system, pytest.mark.slow, ONLY["3.3"]]

#: Share of all requests that meet it.
WEATHER = [
    {"status": 429, "retry_after": 1, "chance": 0.1},
    {"status": 500, "chance": 0.05},
    {"drop": True, "chance": 0.025},
    {"drop_after": True, "chance": 0.025},
    {"latency": 2, "chance": 0.05},
]


def test_a_bad_day(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, tell: Callable[..., None]
) -> None:
    each, outage = (15, 30) if LONG else (5, 10)
    extend.settings(run_seconds=20, seed=chance.randrange(2**31))
    conf = extend.paid_conf() | {"tasks": each}
    asked = len(extend.control("GET", "/requests"))
    for fault in WEATHER:
        extend.fault(**fault)
    run_id = airflow.trigger("bad_day", conf)
    wait_for("half of the runs", lambda: sum(map(len, extend.runs_of(run_id).values())) >= 2 * each, 300)
    extend.control("DELETE", "/faults")
    extend.fault(drop=True)
    time.sleep(outage)
    extend.control("DELETE", "/faults")
    for fault in WEATHER:
        extend.fault(**fault)
    assert airflow.wait_until_ended("bad_day", run_id, 600) == "success"

    made, results = extend.runs_of(run_id), airflow.results("bad_day", run_id)
    results.pop("count")
    assert {task: [run["id"] for run in runs] for task, runs in made.items()} == {
        task: [result["id"]] for task, result in results.items()
    }
    bad = [row for row in extend.control("GET", "/requests")[asked:] if row["status"] in (None, 429, 500)]
    tries = sum(task.try_number for task in airflow.tasks("bad_day", run_id).values()) - len(results) - 1
    tell(bad_answers=len(bad), **counts(made, results), retries=tries)
    assert len(results) == 4 * each
    assert extend.cancels_of(made) == []


def test_races(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, tell: Callable[..., None]
) -> None:
    dag_id, tasks = "many_deferred", 4
    conf = extend.paid_conf() | {"tasks": tasks}
    # The run has ended when its task would begin to wait.
    extend.settings(run_seconds=0)
    at_once = airflow.trigger(dag_id, conf)
    wait_for("their runs", lambda: len(extend.runs_of(at_once)) == tasks, 240)
    # It ends while its task is being deferred, before the triggerer looks.
    extend.settings(run_seconds=ENDLESS)
    meanwhile, ended = airflow.trigger(dag_id, conf), set()

    def end_it() -> bool:
        for task, runs in extend.runs_of(meanwhile).items():
            if task not in ended:
                ended.add(task)
                time.sleep(chance.uniform(0, 1))
                extend.force(runs[0]["id"], "PROCESSED")
        return len(ended) == tasks

    wait_for("runs to end", end_it, 240, 0.05)
    # It ends in the second in which its task's time is over.
    extend.settings(run_seconds=15)
    late = airflow.trigger("deadlines", conf)
    for run_id in (at_once, meanwhile):
        assert airflow.wait_until_ended(dag_id, run_id) == "success"
        assert statuses(extend.runs_of(run_id)) == {
            f"read[{number}]": ["PROCESSED"] for number in range(tasks)
        }
        assert {task.try_number for task in airflow.tasks(dag_id, run_id).values()} == {1}
    airflow.wait_until_ended("deadlines", late, 300)
    became, rows = statuses(extend.runs_of(late)), airflow.tasks("deadlines", late)
    ends = {task: (row.state, became[task], row.try_number) for task, row in rows.items()}
    fits = (("success", ["PROCESSED"], 1), ("failed", ["CANCELLED"], 1))
    assert {task: end for task, end in ends.items() if end not in fits} == {}
    tell(
        ended_before_or_while_deferring=2 * tasks,
        at_the_deadline=len(ends),
        of_these_in_time=sum(end == fits[0] for end in ends.values()),
        cancelled=sum(end == fits[1] for end in ends.values()),
        neither=0,
    )
