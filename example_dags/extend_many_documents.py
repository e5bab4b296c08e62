"""From a prefix of an object store to a table and a summary: one task, whatever the number of documents.

One paid run for each document, in batches, whatever dies on the way; the results are one row for each, in Parquet (the
extra `parquet`). `documents` is a prefix or a pattern such as `s3://conn@bucket/invoices/*.pdf`, and `results_dir` a
place that holds nothing else. In the end `clean_up` tells what it would delete at Extend; with `dry_run=False` it
deletes it, also what an `extract` that has failed has paid for. API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_extend.documents.reader import read_documents
from airflow_provider_extend.operators.clean_up import ExtendCleanUpOperator
from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

with DAG(
    dag_id="extend_many_documents",
    schedule=None,
    catchup=False,
    params={
        "extractor_id": Param("ex_...", type="string", description="The extractor."),
        "documents": Param(
            "s3://conn@bucket/invoices/", type="string", description="Where the documents are."
        ),
        "results_dir": Param("s3://conn@bucket/results", type="string", description="The results go here."),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    # A retry goes on where the last try ended; what may end better is sent once more. Clearing it starts anew.
    extract = ExtendExtractDocumentsOperator(
        task_id="extract",
        documents="{{ params.documents }}",
        output_path="{{ params.results_dir }}/{{ run_id }}",
        output_format="parquet",
        extractor_id="{{ params.extractor_id }}",
        on_partial=0.9,
        deferrable=True,
        retries=3,
        retry_delay=timedelta(seconds=30),
    )

    @task
    def summary(result: dict[str, Any]) -> dict[str, Any]:
        """Row by row: memory does not grow with the number of documents."""
        unsure = 0
        for row in read_documents(result):
            unsure += any(confidence < 0.8 for confidence in (row["confidences"] or {}).values())
        return {"documents": result["documents"], "failed": result["failed"], "unsure": unsure}

    # A teardown runs whatever has become of the others. It has no setup: clearing `summary` must not clear `extract`.
    clean_up = ExtendCleanUpOperator(task_id="clean_up", results=extract.output_path, dry_run=True)
    [extract, summary(extract.output)] >> clean_up.as_teardown()
