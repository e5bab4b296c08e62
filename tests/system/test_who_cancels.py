"""What becomes of a run when its task is ended, cleared, too late, woken or moved: the whole table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from demo.dashboard import V2024
from tests.system.deployment import ONLY, Deployment
from tests.system.extend import ENDLESS, LocalExtend
from tests.system.processes import wait_for
from tests.system.proving import MOVING, look_twice, statuses

pytestmark = [pytest.mark.system, pytest.mark.slow]

CANCELLED, ENDED, GOES_ON = "CANCELLED", "PROCESSED", "PROCESSING"
#: Task -> what becomes of its runs, its state, its tries (None: that depends on how fast the machine is).
TABLE: dict[str, tuple[list[str], str | None, int | None]] = {
    "mark_failed.deferred": ([CANCELLED], "failed", 1),
    "mark_failed.running": ([CANCELLED], "failed", 1),
    "mark_success.deferred": ([CANCELLED], "success", 1),
    "mark_success.running": ([CANCELLED], "success", 1),
    "clear.deferred": ([CANCELLED, ENDED], "success", 2),
    "clear.running": ([CANCELLED, ENDED], "success", 2),
    "stay.deferred": ([ENDED], "success", 1),
    "stay.running": ([ENDED], "success", 1),
    "woken.deferred": ([ENDED], "success", 1),
    "unwanted.deferred": ([GOES_ON], "failed", 1),
    "unwanted.running": ([GOES_ON], "failed", 1),
    "timeout_cancel.deferred": ([CANCELLED], "failed", 1),
    "timeout_cancel.running": ([CANCELLED], "failed", 1),
    "timeout_leave.deferred": ([ENDED], "success", None),
    "timeout_leave.running": ([ENDED], "success", None),
    "timeout_execution.deferred": ([CANCELLED], "failed", 1),
    "timeout_execution.running": ([CANCELLED], "failed", 1),
    "workflow_mark_failed.deferred": ([CANCELLED], "failed", 1),
    "workflow_2024_mark_failed.deferred": ([GOES_ON], "failed", 1),
    "workflow_2024_mark_failed.running": ([GOES_ON], "failed", 1),
    # 2024-12-23 cannot cancel one: the task says so, and starts another.
    "workflow_2024_clear.deferred": ([GOES_ON, ENDED], "success", 2),
}
#: To Airflow a task that is cleared while it runs is now a cleared one, now a retry: it depends on who reports the end
#: of its process first. Where the run cannot be cancelled, a retry takes it up.
RUNS_ON = "workflow_2024_clear.running"
#: As a webhook would do it, for a run that still moves.
WAKE = """
import json, sys
from airflow.models.trigger import Trigger
from airflow.triggers.base import TriggerEvent
Trigger.submit_event(int(sys.argv[1]), TriggerEvent(json.loads(sys.argv[2])))
"""
CANNOT = "Extend's API has no call that cancels"
DAG_ID, ALL_ID, SENSOR, EVALUATION = "who_cancels", "who_cancels_all", "sensor", "evaluation_clear.deferred"
Row = tuple[list[str], str | None, int | None]


def wake(airflow: Deployment, run_id: str, task: str, event: Mapping[str, str]) -> None:
    """Wake a deferred task from outside, and wait until it is deferred anew."""
    # Airflow hears of the end of the process that let go of a task with a worker's heartbeat, and would take it for the
    # end of the one that goes on with it.
    time.sleep(12)
    where = "from task_instance where state = 'deferred' and run_id = %s and task_id = %s"
    [(trigger_id,)] = airflow.query(f"select trigger_id {where}", run_id, task)
    airflow.run_python(WAKE, str(trigger_id), json.dumps(event))
    anew = f"select 1 {where} and trigger_id != %s"
    wait_for("the woken task to wait again", lambda: airflow.query(anew, run_id, task, trigger_id))


def act(airflow: Deployment, run_id: str) -> None:
    """What a person does to the tasks, by their names."""
    for task in airflow.tasks(DAG_ID, run_id):
        if "mark_success" in task:
            airflow.mark(DAG_ID, run_id, task, "success")
        elif "clear" in task:
            airflow.clear_task(DAG_ID, run_id, task)
        elif any(action in task for action in ("mark_failed", "unwanted", SENSOR)):
            airflow.mark(DAG_ID, run_id, task, "failed")


def waiting(airflow: Deployment, run_id: str) -> dict[str, int]:
    """Task -> its try, of those that wait for a run."""
    tasks = airflow.tasks(DAG_ID, run_id).items()
    return {name: task.try_number for name, task in tasks if task.state in ("running", "deferred")}


def became(airflow: Deployment, extend: LocalExtend, run_id: str) -> dict[str, Row]:
    """The table, as it came to be."""
    tasks, runs = airflow.tasks(DAG_ID, run_id), statuses(extend.runs_of(run_id))
    return {
        task: (
            [GOES_ON if status in MOVING else status for status in runs[task]],
            tasks[task].state,
            tasks[task].try_number if number else None,
        )
        for task, (_, _, number) in TABLE.items()
    }


@ONLY["3.3"]
def test_who_cancels(airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]) -> None:
    extend.settings(run_seconds=ENDLESS)
    sensed = extend.dashboard_run(extend.processor(good=True))
    conf = extend.paid_conf() | {"batch_processor_run": sensed}
    conf["evaluation_set"] = extend.evaluation_set(conf["extractor"])
    run_id, all_run = airflow.trigger(DAG_ID, conf), airflow.trigger(ALL_ID, conf)

    def in_place() -> bool:
        states = airflow.states(DAG_ID, run_id) | airflow.states(ALL_ID, all_run)
        waits = [
            state == task.split(".")[1] for task, state in states.items() if not task.startswith("timeout")
        ]
        return all(waits) and len(extend.runs_of(run_id)) == len(TABLE) + 1

    wait_for("all tasks to wait", in_place, 300)
    first = {task: runs[0]["id"] for task, runs in extend.runs_of(run_id).items()}
    assert first.keys() == {*TABLE, RUNS_ON}
    lasting = [run for task, run in first.items() if not task.startswith("timeout")]
    lasting += [*evaluations(extend, conf), sensed]

    # A triggerer that ends and comes back cancels nothing; nor does what wakes a task from outside.
    airflow.processes["triggerer"].stop()
    airflow.processes["triggerer"].start()
    look_twice(extend, lasting)
    for event in ("ended", "timeout"):
        said = {"event": event, "kind": "extract_run", "run_id": first["woken.deferred"], "status": ENDED}
        wake(airflow, run_id, "woken.deferred", said)
        look_twice(extend, [first["woken.deferred"]])
    assert not set(lasting) & set(extend.cancels())

    airflow.api("PATCH", f"/dags/{ALL_ID}/dagRuns/{all_run}", {"state": "failed"})
    act(airflow, run_id)
    again = [EVALUATION, RUNS_ON, *(task for task, (_, _, number) in TABLE.items() if number != 1)]
    later = lambda: {task for task, number in waiting(airflow, run_id).items() if number > 1}  # noqa: E731
    wait_for("the next tries", lambda: later() >= set(again), 300)
    due = {task: len(row[0]) for task, row in TABLE.items()}
    made = lambda: {task: len(runs) for task, runs in extend.runs_of(run_id).items() if task in TABLE}  # noqa: E731
    wait_for("their runs", lambda: made() == due and len(evaluations(extend, conf)) == 2)
    alive = {
        task: [run["id"] for run in runs if run["status"] in MOVING]
        for task, runs in extend.runs_of(run_id).items()
        if task in TABLE and TABLE[task][0][-1] == ENDED
    }
    look_twice(extend, [runs[-1] for runs in alive.values()])
    for run in [*(runs[-1] for runs in alive.values()), *evaluations(extend, conf)]:
        extend.force(run, ENDED)

    def runs_on_ends() -> bool:
        extend.force(extend.runs_of(run_id)[RUNS_ON][-1]["id"], ENDED)
        return airflow.states(DAG_ID, run_id)[RUNS_ON] == "success"

    wait_for(RUNS_ON, runs_on_ends, 120, 2)
    assert airflow.wait_until_ended(DAG_ID, run_id, 300) == "failed"
    assert airflow.wait_until_ended(ALL_ID, all_run) == "failed"
    both = {task: [CANCELLED] for task in airflow.tasks(ALL_ID, all_run)}
    with suppress(AssertionError):  # what differs is shown below
        wait_for("the table", lambda: became(airflow, extend, run_id) == TABLE, 60)

    cancelled = extend.cancels()
    kept = [first[task] for task, row in TABLE.items() if CANCELLED not in row[0]]
    wrong = {*kept, sensed, *evaluations(extend, conf)} & set(cancelled)
    tell(
        cases=len(TABLE) + len(both) + 3,
        cancelled=sum(row[0].count(CANCELLED) for row in TABLE.values()) + len(both),
        wrong_cancels=len(wrong),
        two_alive=sum(len(runs) > 1 for task, runs in alive.items() if "2024" not in task),
    )
    assert became(airflow, extend, run_id) == TABLE
    assert statuses(extend.runs_of(all_run)) == both
    assert not wrong
    assert {len(runs) for task, runs in alive.items() if "2024" not in task} == {1}
    older = [row for row in extend.requests("POST", "/cancel$") if row["version"] == V2024]
    assert not older, "what cannot be cancelled is not asked to"
    for task in ("workflow_2024_clear.deferred", RUNS_ON, EVALUATION):
        assert CANNOT in airflow.task_log(DAG_ID, run_id, task), task


def evaluations(extend: LocalExtend, conf: Mapping[str, Any]) -> list[str]:
    """Evaluation runs of this test's set."""
    rows = extend.control("GET", "/runs?kind=evaluation_set_run")
    return [row["id"] for row in rows if row["evaluationSetId"] == conf["evaluation_set"]]
