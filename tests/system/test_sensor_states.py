"""A wait ends in the state that the sensor's table says, the same in every mode."""

from __future__ import annotations

import pytest

from tests.system.deployment import Deployment
from tests.system.extend import LocalExtend
from tests.system.processes import wait_for

pytestmark = [pytest.mark.system, pytest.mark.slow]

SUCCESS, FAILED, RETRIED, SKIPPED = ("success", 1), ("failed", 1), ("failed", 2), ("skipped", 1)
#: Outcome -> state and tries if plain, with soft_fail, with never_fail. `retries` is 1.
TABLE = {
    "processed": (SUCCESS, SUCCESS, SUCCESS),
    "failed": (FAILED, SKIPPED, SKIPPED),
    "cancelled": (FAILED, SKIPPED, SKIPPED),
    "unknown": (FAILED, SKIPPED, SKIPPED),
    "wrong_key": (FAILED, SKIPPED, SKIPPED),
    "forbidden": (FAILED, SKIPPED, SKIPPED),
    "malformed_id": (FAILED, SKIPPED, SKIPPED),
    "timeout": (FAILED, SKIPPED, SKIPPED),
    "outage": (RETRIED, RETRIED, SKIPPED),
}
MODES = ("poke", "reschedule", "deferrable")
MOVING = ("processed", "failed", "cancelled", "timeout")


def test_every_outcome_in_every_mode(airflow: Deployment, extend: LocalExtend) -> None:
    extractor = extend.processor(good=True)
    runs = {outcome: extend.dashboard_run(extractor) for outcome in (*MOVING, "forbidden", "outage")}
    for outcome in MOVING:
        extend.force(runs[outcome], "PROCESSING")
    extend.fault(path=runs["forbidden"], status=403)
    extend.fault(path=runs["outage"], status=503)
    conf = runs | {"unknown": "bpr_unknown", "wrong_key": runs["processed"], "malformed_id": "bpr_1/../files"}
    seen = len(extend.control("GET", "/requests"))
    run_id = airflow.trigger("sensor_states", conf)

    def all_wait() -> bool:
        tasks = airflow.tasks("sensor_states", run_id)
        rows = airflow.query(
            "select distinct ti.task_id from task_reschedule r join task_instance ti on ti.id = r.ti_id"
        )
        came_back = {task_id for (task_id,) in rows}
        waits = {
            "poke": lambda task: task.state == "running",
            "reschedule": lambda task: task.task_id in came_back,
            "deferrable": lambda task: task.state == "deferred",
        }
        moving = [task for task in tasks.values() if task.task_id.split(".")[0] in MOVING[:3]]
        return len(moving) == 27 and all(waits[task.task_id.split(".")[1]](task) for task in moving)

    wait_for("all sensors to wait", all_wait, 240)
    for outcome, status in {"processed": "PROCESSED", "failed": "FAILED", "cancelled": "CANCELLED"}.items():
        extend.force(runs[outcome], status)
    assert airflow.wait_until_ended("sensor_states", run_id, 300) == "failed"

    ended = {
        name: (task.state, task.try_number) for name, task in airflow.tasks("sensor_states", run_id).items()
    }
    expected = {
        f"{outcome}.{mode}.{flag}": states[number]
        for outcome, states in TABLE.items()
        for mode in MODES
        for number, flag in enumerate(("plain", "soft_fail", "never_fail"))
    }
    assert ended == expected
    results = [airflow.xcom("sensor_states", run_id, f"processed.{mode}.plain") for mode in MODES]
    assert results[0]["id"] == runs["processed"]
    assert results[0]["metrics"]["extract.fields.total.accuracy"] == 1.0
    assert results[1:] == results[:1] * 2
    asked = extend.control("GET", "/requests")[seen:]
    assert {row["method"] for row in asked} == {"GET"}, "a sensor starts, cancels and changes nothing"
