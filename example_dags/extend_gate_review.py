"""Publish an extractor's draft; where its documents are too few to tell, or it warns, a person decides.

The gate's task waits, without a worker, until somebody has answered it in Airflow (*Required Actions*), where the
report is shown too. Needs Airflow 3.1. API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator
from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from airflow_provider_extend.operators.processor_version import ExtendPublishProcessorVersionOperator

with DAG(
    dag_id="extend_gate_review",
    schedule=None,
    catchup=False,
    params={
        "evaluation_set_id": Param(
            "ev_...", type="string", description="Labelled documents of the extractor."
        ),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    evaluate = ExtendRunEvaluationSetOperator(
        task_id="evaluate",
        evaluation_set_id="{{ params.evaluation_set_id }}",
        wait_for_completion=True,
        timeout=60 * 60,
    )

    gate = ExtendEvaluationGateOperator(
        task_id="gate",
        run=evaluate.output,
        rules={
            "version": 1,
            "rules": [
                {"select": "extract.accuracy", "min": "95%", "floor": "90%"},
                {"select": "extract.fields.invoice_number.accuracy", "min": "95%", "severity": "warn"},
            ],
        },
        on_warn="ask",
        on_inconclusive="ask",
        on_fail="fail",
        ask_timeout=timedelta(days=14),
    )

    publish = ExtendPublishProcessorVersionOperator(
        task_id="publish",
        run=evaluate.output,
        description="Passed the gate in {{ run_id }}.",
        config_fingerprint=evaluate.output["config_fingerprint"],
    )

    gate >> publish
