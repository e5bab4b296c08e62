"""Triggerers die, freeze, and are told to stop while many tasks wait in them: no wait is lost, nothing is cancelled."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence

import psutil
import pytest

from tests.system.deployment import ONLY, Deployment
from tests.system.extend import ENDLESS, LocalExtend
from tests.system.processes import Process, wait_for
from tests.system.proving import LONG, counts, look_twice

pytestmark = [pytest.mark.system, pytest.mark.slow, ONLY["3.3"]]

DAG_ID = "many_deferred"


def deferred(airflow: Deployment, extend: LocalExtend, tasks: int) -> tuple[str, list[str]]:
    """DAG run, and ids of the runs that its tasks wait for in the triggerer."""
    extend.settings(run_seconds=ENDLESS)
    run_id = airflow.trigger(DAG_ID, extend.paid_conf() | {"tasks": tasks})
    wait_for(
        f"{tasks} deferred tasks",
        lambda: list(airflow.states(DAG_ID, run_id).values()).count("deferred") == tasks,
        120 + 5 * tasks,
    )
    waited_for = [runs[0]["id"] for runs in extend.runs_of(run_id).values()]
    look_twice(extend, waited_for)
    return run_id, waited_for


def end(extend: LocalExtend, runs: Sequence[str]) -> None:
    for run in runs:
        extend.force(run, "PROCESSED")


def check(
    airflow: Deployment, extend: LocalExtend, run_id: str, tell: Callable[..., None], tasks: int
) -> None:
    """All is well: each task has the result of its one run, in its first try, and nothing was cancelled."""
    assert airflow.wait_until_ended(DAG_ID, run_id, 120 + 5 * tasks) == "success"
    rows = airflow.tasks(DAG_ID, run_id)
    assert {(task.state, task.try_number) for task in rows.values()} == {("success", 1)}
    made, results = extend.runs_of(run_id), airflow.results(DAG_ID, run_id)
    assert {task: [run["id"] for run in runs] for task, runs in made.items()} == {
        task: [result["id"]] for task, result in results.items() if task != "count"
    }
    told = counts(made, [task for task in rows if task != "count"])
    cancels = extend.cancels_of(made)
    tell(**told, wrong_cancels=len(cancels))
    assert (told["tasks"], told["runs"], cancels) == (tasks, tasks, [])


def test_a_triggerer_is_killed_with_many_deferred(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, tell: Callable[..., None]
) -> None:
    tasks = 200 if LONG else 24
    run_id, waited_for = deferred(airflow, extend, tasks)
    triggerer = airflow.processes["triggerer"]
    time.sleep(chance.uniform(0, 3))
    triggerer.kill()
    chance.shuffle(waited_for)
    end(extend, waited_for[: tasks // 3])
    triggerer.start()
    look_twice(extend, waited_for[tasks // 3 :])
    end(extend, waited_for[tasks // 3 :])
    check(airflow, extend, run_id, tell, tasks)


def triggerers_of(airflow: Deployment, runs: Sequence[str]) -> set[int | None]:
    """Who has the triggers of these runs."""
    return {row[3] for row in airflow.triggers() if any(run in str(row[2]) for run in runs)}


def freeze(process: Process, number: signal.Signals) -> None:
    """Send it to all processes of a component."""
    for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        os.kill(child.pid, number)


def test_two_triggerers_one_killed_one_frozen(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, tell: Callable[..., None]
) -> None:
    tasks = 9
    run_id, waited_for = deferred(airflow, extend, tasks)
    chance.shuffle(waited_for)
    first, second = airflow.processes["triggerer"], airflow.process("triggerer", "triggerer-2")
    [owner] = triggerers_of(airflow, waited_for)
    second.start()
    try:
        freeze(first, signal.SIGSTOP)
        wait_for(
            "the second to take all over",
            lambda: len(new := triggerers_of(airflow, waited_for)) == 1 and not new & {owner, None},
            180,
        )
        look_twice(extend, waited_for)
        # Some end while the first does not move, some are still waited for when it comes back.
        end(extend, waited_for[:3])
        wait_for(
            "three to end", lambda: list(airflow.states(DAG_ID, run_id).values()).count("success") == 4, 240
        )
        freeze(first, signal.SIGCONT)
        look_twice(extend, waited_for[3:])
        end(extend, waited_for[3:6])
        wait_for(
            "six to end", lambda: list(airflow.states(DAG_ID, run_id).values()).count("success") == 7, 240
        )
        if not first.alive:
            first.start()
        second.kill()
        wait_for(
            "the first to take the rest over",
            lambda: len(new := triggerers_of(airflow, waited_for[6:])) == 1 and None not in new,
            180,
        )
        look_twice(extend, waited_for[6:])
        end(extend, waited_for[6:])
        assert "invoking on_kill" in airflow.task_log(DAG_ID, run_id, "read"), "in the one that came back"
        check(airflow, extend, run_id, tell, tasks)
    finally:
        freeze(first, signal.SIGCONT)
        second.kill()


def test_a_triggerer_stops_although_extend_hangs(
    airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]
) -> None:
    tasks = 8
    run_id, waited_for = deferred(airflow, extend, tasks)
    triggerer = airflow.processes["triggerer"]
    extend.fault(method="GET", path="/extract_runs", latency=60)
    wait_for(
        "hanging looks",
        lambda: any(row["status"] is None for row in extend.requests("GET", "/extract_runs")),
    )
    began = time.monotonic()
    triggerer.stop()
    seconds = time.monotonic() - began
    code = triggerer.code
    extend.control("DELETE", "/faults")
    triggerer.start()
    look_twice(extend, waited_for)
    end(extend, waited_for)
    tell(seconds_to_stop=round(seconds, 1))
    check(airflow, extend, run_id, tell, tasks)
    assert code != -signal.SIGKILL, "it had to be killed"
    assert seconds < 20, "mostly two; Airflow ends a runner after ten that has not ended by itself"
