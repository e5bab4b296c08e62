"""Judge a batch processor run that somebody started in the dashboard, and publish what it judged.

For accounts on API version 2024-12-23 or 2025-04-21, where no call starts such a run: its id is a parameter.
Connection `extend_legacy`. The scores of 2024-12-23 are recall and precision by field.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator
from airflow_provider_extend.operators.processor_version import ExtendPublishProcessorVersionOperator
from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

with DAG(
    dag_id="extend_gate_by_run_id",
    schedule=None,
    catchup=False,
    params={
        "batch_processor_run_id": Param(
            "bpr_...", type="string", description="From the dashboard's address bar."
        ),
        "release_type": Param("minor", enum=["minor", "major"]),
        "report_path": Param(
            "", type="string", description="Where the gate's report goes as a page, if anywhere."
        ),
    },
    default_args={"extend_conn_id": "extend_legacy"},
    doc_md=__doc__,
    tags=["extend"],
):
    wait = BatchProcessorRunSensor(
        task_id="wait",
        batch_processor_run_id="{{ params.batch_processor_run_id }}",
        poke_interval=5,
        timeout=60 * 60,
    )

    gate = ExtendEvaluationGateOperator(
        task_id="gate",
        run=wait.output,
        rules={
            "extract.fields.total.recall": 0.95,
            "extract.fields.total.precision": 0.95,
            "extract.fields.invoice_number.recall": 0.9,
        },
        report_path="{{ params.report_path }}",
    )

    # Without `config_fingerprint`: the draft may be published only if it has not changed since the run began.
    publish = ExtendPublishProcessorVersionOperator(
        task_id="publish",
        run=wait.output,
        release_type="{{ params.release_type }}",
        description="Passed the gate in {{ run_id }}.",
    )

    gate >> publish
