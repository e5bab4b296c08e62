"""Run operators as a DAG has them, for tests of what becomes of their runs."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, task

from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

COMMON = {"retries": 5, "retry_delay": timedelta(seconds=1), "poll_interval": 2}
FILE = {"file_id": "{{ dag_run.conf['file'] }}"}
EXTRACT = FILE | {"extractor_id": "{{ dag_run.conf['extractor'] }}"} | COMMON
WORKFLOW = FILE | {"workflow_id": "{{ dag_run.conf['workflow'] }}"} | COMMON
LEGACY = {"extend_conn_id": "extend_legacy"}
WAYS = {"deferred": True, "running": False}
TIMEOUT = 45
ACTIONS = {
    "mark_failed": {},
    "mark_success": {},
    "clear": {},
    "stay": {},
    "unwanted": {"cancel_on_kill": False},
    "timeout_cancel": {"timeout": TIMEOUT},
    "timeout_leave": {"timeout": TIMEOUT, "on_timeout": "leave"},
    "timeout_execution": {"execution_timeout": timedelta(seconds=TIMEOUT)},
}

with DAG(dag_id="who_cancels", schedule=None, catchup=False):
    for way, deferrable in WAYS.items():
        for action, given in ACTIONS.items():
            ExtendExtractOperator(task_id=f"{action}.{way}", deferrable=deferrable, **EXTRACT, **given)
        BatchProcessorRunSensor(
            task_id=f"sensor.{way}",
            batch_processor_run_id="{{ dag_run.conf['batch_processor_run'] }}",
            deferrable=deferrable,
            poke_interval=2,
        )
    ExtendExtractOperator(task_id="woken.deferred", deferrable=True, **EXTRACT)
    ExtendRunWorkflowOperator(task_id="workflow_mark_failed.deferred", deferrable=True, **WORKFLOW)
    for way, deferrable in WAYS.items():
        for action in ("mark_failed", "clear"):
            ExtendRunWorkflowOperator(
                task_id=f"workflow_2024_{action}.{way}", deferrable=deferrable, **WORKFLOW, **LEGACY
            )
    ExtendRunEvaluationSetOperator(
        task_id="evaluation_clear.deferred",
        evaluation_set_id="{{ dag_run.conf['evaluation_set'] }}",
        wait_for_completion=True,
        deferrable=True,
        **COMMON,
    )

with DAG(dag_id="who_cancels_all", schedule=None, catchup=False):
    for way, deferrable in WAYS.items():
        ExtendExtractOperator(task_id=f"extract.{way}", deferrable=deferrable, **EXTRACT)


def numbers():
    """One task for each number, as many as the DAG run asks for."""

    @task
    def count(dag_run=None) -> list[dict[str, int]]:
        return [{"number": number} for number in range(dag_run.conf["tasks"])]

    return count()


with DAG(dag_id="many_deferred", schedule=None, catchup=False):
    ExtendExtractOperator.partial(task_id="read", deferrable=True, **EXTRACT).expand(metadata=numbers())

with DAG(dag_id="smallest_plan", schedule=None, catchup=False):
    ExtendExtractOperator.partial(
        task_id="read", deferrable=True, extend_conn_id="extend_smallest_plan", **EXTRACT
    ).expand(metadata=numbers())

with DAG(dag_id="many_waiting", schedule=None, catchup=False):
    ExtendExtractOperator.partial(task_id="read", deferrable=False, **(EXTRACT | {"retries": 100})).expand(
        metadata=numbers()
    )

with DAG(dag_id="bad_day", schedule=None, catchup=False):
    counted = numbers()
    for way, deferrable in WAYS.items():
        ExtendExtractOperator.partial(task_id=f"extract.{way}", deferrable=deferrable, **EXTRACT).expand(
            metadata=counted
        )
        ExtendRunWorkflowOperator.partial(
            task_id=f"workflow.{way}", deferrable=deferrable, **WORKFLOW
        ).expand(metadata=counted)

with DAG(dag_id="deadlines", schedule=None, catchup=False):
    # Around the moment at which a run of 15 s ends.
    for way, deferrable in WAYS.items():
        ExtendExtractOperator.partial(task_id=way, deferrable=deferrable, **EXTRACT).expand(
            timeout=[15 + half / 2 for half in range(10)]
        )
