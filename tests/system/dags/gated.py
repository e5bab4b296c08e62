"""The gate's task group with retries: what a task that dies has begun is taken up."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Asset

from airflow_provider_extend.operators.gated_publish import gated_publish

with DAG(
    dag_id="gated",
    schedule=None,
    catchup=False,
    params={"evaluation_set_id": ""},
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
):
    gated_publish(
        "g",
        evaluation_set_id="{{ params.evaluation_set_id }}",
        rules="extend_gate_rules.yaml",
        store=Asset("system_gate"),
    )
