"""Many documents in one task whose processes are killed from outside."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

with DAG(dag_id="documents_killed", schedule=None, catchup=False):
    ExtendExtractDocumentsOperator(
        task_id="table",
        documents="{{ dag_run.conf['documents'] }}",
        output_path="{{ dag_run.conf['results'] }}/{{ run_id }}",
        extractor_id="{{ dag_run.conf['extractor'] }}",
        version="draft",
        batch_size=10,
        deferrable=True,
        poll_interval=2,
        retries=20,
        retry_delay=timedelta(seconds=1),
    )
