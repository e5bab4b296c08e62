"""Many tasks wait in triggerers: what that costs, and that an account of the smallest plan is enough for it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.system.deployment import ONLY, Deployment
from tests.system.extend import ENDLESS, LocalExtend
from tests.system.processes import stop, wait_for
from tests.system.proving import LONG, counts

pytestmark = [pytest.mark.system, pytest.mark.slow, ONLY["3.3"]]

#: Extend's smallest plan, requests per second; the connection `extend_smallest_plan` says so in every process.
SMALLEST_PLAN = {"GET": 10, "WRITE": 10, "RUN": 10}
#: More than all of it, so that nobody gets what they ask for.
OTHERS_PER_SECOND = 12
#: As many connections as a triggerer may have to Extend, whatever waits in it: one for each of the threads that ask,
#: and for some seconds another, when Airflow's connection was looked up anew.
CONNECTIONS = 24
#: Long enough for several looks at each run.
WATCHED_SECONDS = 20


def deferred(airflow: Deployment, dag_id: str, run_ids: list[str]) -> int:
    return sum(state == "deferred" for run_id in run_ids for state in airflow.states(dag_id, run_id).values())


@contextmanager
def others(extend: LocalExtend) -> Iterator[None]:
    """Something else reads with the key of the account, as much as its limit lets it."""
    done = Event()

    def read() -> None:
        while not done.wait(1 / OTHERS_PER_SECOND):
            extend.list_files()

    thread = Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_two_triggerers_share_the_smallest_plan(
    airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]
) -> None:
    dag_id, tasks = "smallest_plan", 20
    extend.settings(run_seconds=ENDLESS)
    conf = extend.paid_conf() | {"tasks": tasks}
    airflow.processes["triggerer"].stop()
    half = {"AIRFLOW__TRIGGERER__CAPACITY": str(tasks // 2)}
    triggerers = [airflow.process("triggerer", f"triggerer-of-{name}", **half) for name in ("one", "two")]
    extend.settings(rate_limits=SMALLEST_PLAN, retry_after=1)
    began = len(extend.control("GET", "/requests"))

    def refused() -> Counter[str]:
        """Class -> requests of Airflow that were answered 429."""
        rows = extend.control("GET", "/requests")[began:]
        ours = [row for row in rows if row["path"] != extend.LISTED and row["status"] == 429]
        return Counter("GET" if row["method"] == "GET" else "POST" for row in ours)

    def owners() -> list[int]:
        rows = airflow.query(
            "select count(*) from trigger t join task_instance ti on ti.trigger_id = t.id"
            " where ti.run_id = %s and t.triggerer_id is not null group by t.triggerer_id",
            run_id,
        )
        return [count for (count,) in rows]

    try:
        for triggerer in triggerers:
            triggerer.start()
        run_id = airflow.trigger(dag_id, conf)
        wait_for("half of the tasks in each", lambda: owners() == [tasks // 2] * 2, 120 + 5 * tasks)
        time.sleep(WATCHED_SECONDS)
        alone = refused()
        with others(extend):
            time.sleep(WATCHED_SECONDS)
            assert deferred(airflow, dag_id, [run_id]) == tasks
            for [run] in extend.runs_of(run_id).values():
                extend.force(run["id"], "PROCESSED")
            state = airflow.wait_until_ended(dag_id, run_id, 300)
    finally:
        stop(triggerers)
    made, results = extend.runs_of(run_id), airflow.results(dag_id, run_id)
    results.pop("count")
    told = counts(made, results)
    crowded = refused() - alone
    tell(**told, answers_429_alone=alone.total(), answers_429_beside_others=crowded.total())
    assert state == "success"
    assert {(row.state, row.try_number) for row in airflow.tasks(dag_id, run_id).values()} == {("success", 1)}
    assert {task: [run["id"] for run in runs] for task, runs in made.items()} == {
        task: [result["id"]] for task, result in results.items()
    }
    assert (len(results), told["doubles"], extend.cancels_of(made)) == (tasks, 0, [])
    assert crowded["GET"] > 0, "the limit was never met: this proves nothing"


def test_waiting_takes_no_worker_slot_and_no_connection_of_its_own(
    airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]
) -> None:
    dag_id, run_ids, waiting = "many_deferred", [], 0
    extend.settings(run_seconds=ENDLESS)
    conf = extend.paid_conf()
    triggerer = airflow.processes["triggerer"]
    connections, slots = {}, {}
    for more in (50, 150) if LONG else (6, 18):
        run_ids.append(airflow.trigger(dag_id, conf | {"tasks": more}))
        waiting += more
        wait_for(
            f"{waiting} deferred tasks",
            lambda wanted=waiting: deferred(airflow, dag_id, run_ids) == wanted,
            120 + 5 * more,
        )
        began, until = len(extend.control("GET", "/requests")), time.monotonic() + WATCHED_SECONDS
        seen = []
        while time.monotonic() < until:
            seen.append((triggerer.connections(extend.port), len(airflow.working())))
            time.sleep(0.1)
        assert len(extend.control("GET", "/requests")) > began, "nobody has asked for the runs"
        connections[waiting], at_work = map(max, zip(*seen, strict=True))
        pool = airflow.api("GET", "/pools/default_pool")
        slots[waiting] = max(at_work, pool["occupied_slots"])
        assert pool["deferred_slots"] == waiting
    tell(**{f"connections_with_{number}_waiting": most for number, most in connections.items()})
    tell(**{f"worker_slots_with_{number}_waiting": most for number, most in slots.items()})
    for run_id in run_ids:
        for runs in extend.runs_of(run_id).values():
            extend.force(runs[0]["id"], "PROCESSED")
    assert [airflow.wait_until_ended(dag_id, run_id, 120 + 5 * waiting) for run_id in run_ids] == [
        "success"
    ] * 2
    assert set(slots.values()) == {0}
    assert all(1 <= most <= CONNECTIONS for most in connections.values()), connections
