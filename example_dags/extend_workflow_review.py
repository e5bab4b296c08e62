"""Put a document through a workflow, wait until a person has reviewed it, and go on as the person has decided.

The workflow asks for a review (a step HUMAN_REVIEW). The wait holds no worker; ended, cleared or timed out, it costs
nothing and changes nothing at Extend. All API versions, connection `extend_default`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_extend.api.outputs import read_workflow_outputs
from airflow_provider_extend.operators.file import ExtendUploadFilesOperator
from airflow_provider_extend.operators.run import ExtendGetRunOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from airflow_provider_extend.sensors.workflow_run import ExtendWorkflowRunSensor

RESULT = "{{ params.results_dir }}/{{ run_id }}.json"

with DAG(
    dag_id="extend_workflow_review",
    schedule=None,
    catchup=False,
    params={
        "document": Param("/data/inbox/claim.pdf", type="string", description="The document."),
        "workflow_id": Param("workflow_...", type="string", description="The workflow."),
        "results_dir": Param("/data/results", type="string", description="What was read goes here."),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    upload = ExtendUploadFilesOperator(task_id="upload", paths=["{{ params.document }}"])

    # A retry takes up the run of the try before it; clearing the task starts another.
    start = ExtendRunWorkflowOperator(
        task_id="start",
        workflow_id="{{ params.workflow_id }}",
        file_id="{{ ti.xcom_pull(task_ids='upload')[0]['id'] }}",
        wait_for_completion=False,
        retries=3,
        retry_delay=timedelta(seconds=30),
        max_runs=2,
    )

    # A run that did not end well, a rejected one too, skips this task; `outcome` says which it was.
    review = ExtendWorkflowRunSensor(
        task_id="review",
        workflow_run_id=start.output,
        on_needs_review="wait",
        deferrable=True,
        timeout=3 * 24 * 60 * 60,
        soft_fail=True,
    )

    outcome = ExtendGetRunOperator(
        task_id="outcome",
        kind="workflow_run",
        run_id=start.output,
        output_path=RESULT,
        trigger_rule="none_failed",
    )

    @task.branch
    def decide(run: dict[str, Any]) -> str:
        decided = {"succeeded": "approved", "rejected": "rejected"}.get(run["outcome"])
        if decided is None:
            raise RuntimeError(f"{run['id']} is {run['status']}, neither approved nor rejected: {run['url']}")
        return decided

    @task
    def approved(params: dict[str, Any], run_id: str) -> dict[str, int]:
        """The place for what uses the values, as the person has left them; XCom gets their number by step."""
        run = json.loads(ObjectStoragePath(f"{params['results_dir']}/{run_id}.json").read_text())[
            "workflow_run"
        ]
        return {str(step.step): len(step.values) for step in read_workflow_outputs(run)}

    @task
    def rejected(run: dict[str, Any]) -> str:
        """The place for a mail or a message: what the person noted stands behind the link, in the dashboard."""
        return str(run["url"])

    upload >> start
    review >> outcome
    decide(outcome.output) >> [approved(), rejected(outcome.output)]
