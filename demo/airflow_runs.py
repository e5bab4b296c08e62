"""The one process that imports Airflow: makes its database, then runs DAGs as it is told on standard input.

Each line in is a JSON object, each line out the answer. Everything else that is printed goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

#: Task -> the XCom that tells how it went. The gate's report is there too when the gate has failed.
_XCOMS = {"wait": "return_value", "gate": "report", "publish": "return_value"}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    from airflow import __version__
    from airflow.utils.db import initdb

    initdb()
    _store_connection(json.loads(sys.stdin.readline()))
    answer({"airflow": __version__})
    for line in sys.stdin:
        question = json.loads(line)
        answer(_run(question["dag_id"], question["conf"]))
    os._exit(0)  # threads of Airflow's in-process API would keep the process


def _store_connection(fields: dict[str, Any]) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    with create_session() as session:
        session.add(Connection(**fields | {"extra": json.dumps(fields["extra"])}))


def _run(dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
    from airflow.configuration import conf as settings

    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:  # Airflow 3.0
        from airflow.models.dagbag import DagBag

    # Looked up anew for each run, as a scheduler's worker would.
    bag = DagBag(settings.get("core", "dags_folder"))
    if dag_id not in bag.dags:
        raise SystemExit(f"There is no DAG {dag_id}. Import errors: {bag.import_errors}")
    run = bag.dags[dag_id].test(run_conf=conf)
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    return {"state": str(run.state), "tasks": states, "xcoms": _xcoms(dag_id, run.run_id)}


def _xcoms(dag_id: str, run_id: str) -> dict[str, Any]:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.scalars(
            select(XComModel).where(XComModel.dag_id == dag_id, XComModel.run_id == run_id)
        )
        return {
            row.task_id: XComModel.deserialize_value(row)
            for row in rows
            if _XCOMS.get(row.task_id) == row.key
        }


if __name__ == "__main__":
    main()
