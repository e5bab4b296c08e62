"""Tasks are killed while they start runs and wait for them: each run is started, and paid for, once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.deployment import ONLY, Deployment
from tests.system.extend import ENDLESS, LocalExtend
from tests.system.processes import wait_for
from tests.system.proving import LONG, counts, statuses

pytestmark = [pytest.mark.system, pytest.mark.slow]

AT_EACH, IN_CALL = "killed_at_each_moment", "killed_during_the_call"
MOMENTS = {
    AT_EACH: ("before_intent", "after_intent", "after_id", "waiting", "collecting"),
    # In the order in which they are killed: a retry of the last one alone asks again.
    IN_CALL: ("during_carried_out", "during_late", "during_lost"),
}
#: What holds the call; `late`: it is carried out after its sender has died.
HOLDS = {
    "during_carried_out": {"latency_after": 25},
    "during_late": {"latency": 10},
    "during_lost": {"latency": 25, "drop": True},
}
FOUND_AGAIN = ("extract", "workflow", "workflow_2024")
#: An evaluation set run cannot be looked up: how many are made, and whether its task may succeed.
EVALUATIONS = {
    "before_intent": (1, True),
    "after_intent": (0, False),
    "after_id": (1, True),
    "waiting": (1, True),
    "collecting": (1, True),
    "during_carried_out": (1, False),
    "during_late": (1, False),
    "during_lost": (0, False),
}
UNKNOWN = "It cannot be told whether Extend made the evaluation set run"
CHOICE = "if it is there, use its id in place of this task's; if not, clear this task to ask for it again"


def kill_held(airflow: Deployment, extend: LocalExtend, run_id: str, folder: Path, moment: str) -> int:
    """Let the tasks of this moment make their calls, and kill them while these are held."""
    kinds = [*FOUND_AGAIN, "evaluation"]
    before = len(extend.requests("POST", "_runs$"))
    extend.control(
        "POST", "/faults", {"method": "POST", "path": "_runs$", "times": len(kinds)} | HOLDS[moment]
    )
    (folder / f"{moment}.open").touch()

    def held() -> bool:
        rows = extend.requests("POST", "_runs$")[before:]
        done = moment != "during_carried_out" or all(row["runs"] for row in rows)
        return (
            len(rows) == len(kinds) and all(row["whole"] and row["status"] is None for row in rows) and done
        )

    wait_for(f"the calls {moment} to be held", held, 20, 0.1)
    pids = airflow.task_processes(IN_CALL, run_id)
    return sum(airflow.kill_task(pids[f"{kind}.{moment}"]) for kind in kinds)


@ONLY["3.3"]
def test_killed_at_each_moment(
    airflow: Deployment, extend: LocalExtend, tell: Callable[..., None], tmp_path: Path
) -> None:
    told: dict[str, int] = {}
    for number, lag in enumerate((5, 0, 10) if LONG else (5,)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, value in kill_at_each_moment(airflow, extend, folder, lag).items():
            told[name] = told.get(name, 0) + value
    tell(**told)


def kill_at_each_moment(airflow: Deployment, extend: LocalExtend, folder: Path, lag: int) -> dict[str, int]:
    extend.settings(list_lag=0)
    conf = extend.paid_conf() | {"folder": str(folder)}
    conf["sets"] = {
        moment: extend.evaluation_set(conf["extractor"]) for moments in MOMENTS.values() for moment in moments
    }
    listed_at = time.monotonic() + lag
    runs = {IN_CALL: airflow.trigger(IN_CALL, conf)}
    ready = len(MOMENTS[IN_CALL]) * (len(FOUND_AGAIN) + 1)
    wait_for("the tasks to stand before their calls", lambda: len([*folder.glob("*.ready")]) == ready, 240)
    extend.settings(list_lag=lag)
    kills = sum(kill_held(airflow, extend, runs[IN_CALL], folder, moment) for moment in MOMENTS[IN_CALL])
    assert kills == ready
    time.sleep(max(listed_at - time.monotonic(), 0))  # the items of the evaluation sets are listed too
    runs[AT_EACH] = airflow.trigger(AT_EACH, conf)
    for dag_id, run_id in runs.items():
        assert airflow.wait_until_ended(dag_id, run_id, 400) == "failed", (
            "the evaluations that nobody knows of"
        )

    made = extend.runs_of(runs[IN_CALL]) | extend.runs_of(runs[AT_EACH])
    evaluations = [row["evaluationSetId"] for row in extend.control("GET", "/runs?kind=evaluation_set_run")]
    ended, expected, taken = {}, {}, {}
    for dag_id, run_id in runs.items():
        tasks, results = airflow.tasks(dag_id, run_id), airflow.results(dag_id, run_id)
        for moment in MOMENTS[dag_id]:
            for kind in FOUND_AGAIN:
                task = f"{kind}.{moment}"
                ended[task] = (len(made.get(task, ())), tasks[task].state, tasks[task].try_number)
                expected[task] = (1, "success", 2)
                taken[task] = [run["id"] for run in made.get(task, ())] == [results.get(task, {}).get("id")]
            task, (paid, succeeds) = f"evaluation.{moment}", EVALUATIONS[moment]
            ended[task] = (
                evaluations.count(conf["sets"][moment]),
                tasks[task].state,
                tasks[task].try_number,
            )
            expected[task] = (paid, "success" if succeeds else "failed", 2)
            log = airflow.task_log(dag_id, run_id, task)
            assert succeeds != (UNKNOWN in log and CHOICE in log), task
    assert ended == expected
    assert all(taken.values()), f"the result is that of another run: {taken}"
    assert extend.cancels_of(made) == []
    told = counts(made, [task for task in expected if not task.startswith("evaluation")])
    return {"kills": len(expected)} | told | {"evaluations": sum(paid for paid, _ in EVALUATIONS.values())}


@pytest.mark.parametrize("draw", range(5 if LONG else 1))
@ONLY["3.3"]
def test_killed_at_random_moments(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, tell: Callable[..., None], draw: int
) -> None:
    dag_id, wanted, tasks = "many_waiting", 20 if LONG else 8, 6
    extend.settings(run_seconds=8)
    conf = extend.paid_conf() | {"tasks": tasks}
    runs: list[str] = []
    killed: list[str] = []
    while len(killed) < wanted:
        if not runs or airflow.query(
            "select 1 from dag_run where run_id = %s and end_date is not null", runs[-1]
        ):
            runs.append(airflow.trigger(dag_id, conf))
        time.sleep(chance.uniform(0.2, 2.5))
        running = airflow.task_processes(dag_id, runs[-1])
        running.pop("count", None)
        if running:
            task = chance.choice(sorted(running))
            if airflow.kill_task(running[task]):
                killed.append(task)
    made: dict[str, list[dict[str, Any]]] = {}
    for number, run_id in enumerate(runs):
        assert airflow.wait_until_ended(dag_id, run_id, 600) == "success"
        results = airflow.results(dag_id, run_id)
        of_this = extend.runs_of(run_id)
        for task, its_runs in of_this.items():
            assert [run["id"] for run in its_runs] == [results[task]["id"]]
        made |= {f"{number} {task}": its_runs for task, its_runs in of_this.items()}
    told = counts(made, [f"{number} read[{n}]" for number in range(len(runs)) for n in range(tasks)])
    tell(kills=len(killed), **told)
    assert (told["doubles"], told["losses"]) == (0, 0)
    assert extend.cancels_of(made) == []


@ONLY["3.3"]
def test_reordered(
    airflow: Deployment, extend: LocalExtend, tell: Callable[..., None], tmp_path: Path
) -> None:
    dag_id, uploaded = "reordered", extend.upload()
    names = list(uploaded)[:4]
    extend.settings(run_seconds=ENDLESS)
    airflow.variable("reordered", [uploaded[name] for name in names])
    run_id = airflow.trigger(dag_id, extend.paid_conf() | {"folder": str(tmp_path)})
    wait_for("the ids to be stored", lambda: len([*tmp_path.glob("*.ready")]) == 4, 240)
    first = extend.runs_of(run_id)
    assert {task: runs[0]["fileName"] for task, runs in first.items()} == {
        f"read[{number}]": name for number, name in enumerate(names)
    }
    airflow.variable("reordered", [uploaded[name] for name in names[::-1]])
    (tmp_path / "held.open").touch()
    wait_for("the new runs", lambda: sum(map(len, extend.runs_of(run_id).values())) == 8, 240)
    for runs in extend.runs_of(run_id).values():
        extend.force(runs[-1]["id"], "PROCESSED")
    assert airflow.wait_until_ended(dag_id, run_id, 300) == "success"

    made, results = extend.runs_of(run_id), airflow.results(dag_id, run_id)
    assert statuses(made) == {f"read[{number}]": ["CANCELLED", "PROCESSED"] for number in range(4)}
    by_task = {task: {run["id"]: run["fileName"] for run in runs} for task, runs in made.items()}
    read = [by_task[f"read[{number}]"].get(results[f"read[{number}]"]["id"]) for number in range(4)]
    assert read == names[::-1], "each has the result of its own document"
    wrong = sum(got != asked for got, asked in zip(read, names[::-1], strict=True))
    tell(kills=4, runs=sum(map(len, made.values())), given_up_and_cancelled=4, of_another_document=wrong)


@ONLY["3.3"]
def test_signed_urls(airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]) -> None:
    run_id = airflow.trigger("signed_urls", extend.paid_conf())
    assert airflow.wait_until_ended("signed_urls", run_id, 240) == "success"
    assert airflow.tasks("signed_urls", run_id)["read"].try_number == 2
    made = extend.runs_of(run_id)
    assert [run["id"] for run in made["read"]] == [airflow.results("signed_urls", run_id)["read"]["id"]]
    tell(kills=1, **counts(made, ["read"]))


@ONLY["3.0"]
def test_lost_without_a_record(airflow: Deployment, extend: LocalExtend, tell: Callable[..., None]) -> None:
    """Below Airflow 3.3 the token is computed: the same deployment finds the run, another one does not."""
    extend.settings(run_seconds=ENDLESS)
    run_id = airflow.trigger("lost", extend.paid_conf())
    wait_for(
        "the retries", lambda: min(t.try_number for t in airflow.tasks("lost", run_id).values()) == 2, 240
    )
    wait_for("the runs", lambda: len(extend.runs_of(run_id).get("other", ())) == 2, 120)
    for runs in extend.runs_of(run_id).values():
        extend.force(runs[-1]["id"], "PROCESSED")
    assert airflow.wait_until_ended("lost", run_id, 240) == "success"
    made, results = extend.runs_of(run_id), airflow.results("lost", run_id)
    assert [run["id"] for run in made["same"]] == [results["same"]["id"]]
    assert statuses(made)["other"] == ["PROCESSING", "PROCESSED"], "it lets the run of the first be"
    assert made["other"][1]["id"] == results["other"]["id"]
    tell(kills=2, found=1, of_another_deployment_touched=0)
