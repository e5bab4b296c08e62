"""Defers all tasks of a DAG run as their own sensors do it, in one process instead of a worker for each.

Run inside Airflow, with its settings: `deferring.py <DAG file> <dag_id> <run_id>`. Each sensor is unmapped, rendered
and executed, looks once at its run, and hands over its trigger; that is stored as Airflow's execution API stores what
a worker sends.
"""

from __future__ import annotations

import os
import runpy
import sys
from types import SimpleNamespace
from typing import Any

# Connections are found in the database then, as by Airflow's own parts.
os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"

from airflow.models import TaskInstance
from airflow.models.dagrun import DagRun
from airflow.models.trigger import Trigger
from airflow.sdk.exceptions import TaskDeferred
from airflow.utils import timezone
from airflow.utils.session import create_session
from sqlalchemy import select, update


def deferral(dag: Any, map_index: int, conf: dict[str, Any]) -> TaskDeferred:
    """What the sensor of one mapped task asks Airflow for."""
    ti = SimpleNamespace(start_date=timezone.utcnow(), xcom_push=lambda **_: None, map_index=map_index)
    context: Any = {"dag": dag, "dag_run": SimpleNamespace(conf=conf), "ti": ti}
    dag.get_task("wait").render_template_fields(context)  # also puts the task of this index into the context
    try:
        context["task"].execute(context)
    except TaskDeferred as deferred:
        return deferred
    raise SystemExit(f"wait[{map_index}] did not defer: its run has ended")


def main(dag_file: str, dag_id: str, run_id: str) -> None:
    dag = next(dag for dag in runpy.run_path(dag_file).values() if getattr(dag, "dag_id", None) == dag_id)
    with create_session() as session:
        of_run = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
        conf = session.scalar(select(DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        rows = session.execute(select(TaskInstance.id, TaskInstance.map_index).where(*of_run)).all()
        for ti_id, map_index in rows:
            asked = deferral(dag, map_index, conf)
            trigger = Trigger.from_object(asked.trigger)
            session.add(trigger)
            session.flush()
            now = timezone.utcnow()
            changes = {
                "state": "deferred",
                "start_date": now,
                "trigger_id": trigger.id,
                "trigger_timeout": now + asked.timeout,
                "next_method": asked.method_name,
                "next_kwargs": asked.kwargs or {},
            }
            session.execute(update(TaskInstance).where(TaskInstance.id == ti_id).values(**changes))
    print(len(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
