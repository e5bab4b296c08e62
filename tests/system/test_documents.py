"""Many documents in one task, whose processes are killed on the way: each is paid for once, and has one row."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_provider_extend.documents.reader import read_documents
from tests.system.deployment import ONLY, Deployment
from tests.system.extend import LocalExtend
from tests.system.processes import wait_for
from tests.system.proving import LONG

pytestmark = [pytest.mark.system, pytest.mark.slow]

DAG, TASK = "documents_killed", "table"


@ONLY["3.3"]
def test_documents_are_paid_for_once_whoever_is_killed(
    airflow: Deployment, extend: LocalExtend, chance: random.Random, tell: Callable[..., None], tmp_path: Path
) -> None:
    documents, wanted = (1000, 10) if LONG else (80, 3)
    extend.settings(run_seconds=5)
    # Long enough that a process dies, more often than not, between a batch that is paid for and the answer.
    extend.fault(method="POST", path="/batch$", latency_after=0.4)
    (tmp_path / "in").mkdir()
    for number in range(documents):
        text = f"Invoice No: INV-{number}\nTotal: {number}.00\n{'.' * number}"
        (tmp_path / "in" / f"{number:04d}.txt").write_text(text)
    conf = {
        "documents": f"file://{tmp_path}/in",
        "results": f"file://{tmp_path}/out",
        "extractor": extend.extractor(good=True),
    }
    run_id = airflow.trigger(DAG, conf)

    def killed() -> bool:
        """A process that has begun, a moment later."""
        assert airflow.states(DAG, run_id).get(TASK) not in ("success", "failed"), "it was killed too seldom"
        running = airflow.task_processes(DAG, run_id)
        if not running:
            return False
        time.sleep(chance.uniform(0, 0.6))
        return airflow.kill_task(running[TASK])

    for number in range(wanted):
        wait_for(f"kill {number + 1}", killed, 240, 0.05)
    assert airflow.wait_until_ended(DAG, run_id, 600) == "success"

    made = extend.runs_of(run_id)[TASK]
    result = airflow.results(DAG, run_id)[TASK]
    rows = list(read_documents(result))
    assert {row["run_id"] for row in rows} == {run["id"] for run in made}
    names = {Path(row["source"]).name for row in rows}
    tell(kills=wanted, documents=documents, runs=len(made), rows=len(rows), documents_with_a_row=len(names))
    assert len(made) == len(rows) == len(names) == result["succeeded"] == documents
