"""Upload documents and extract the fields of each: one paid run a document, whatever dies on the way.

Give the DAG an extractor and a folder. API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.file import ExtendUploadFilesOperator

with DAG(
    dag_id="extend_extract_documents",
    schedule=None,
    catchup=False,
    params={
        "extractor_id": Param("ex_...", type="string", description="The extractor."),
        "documents_dir": Param("/data/invoices", type="string", description="The documents (*.txt, *.pdf)."),
    },
    doc_md=__doc__,
    tags=["extend"],
):

    @task
    def list_documents(params: dict[str, Any]) -> list[str]:
        found = Path(params["documents_dir"]).iterdir()
        return sorted(str(path) for path in found if path.suffix in (".txt", ".pdf"))

    @task
    def file_ids(files: list[dict[str, Any]]) -> list[str]:
        return [file["id"] for file in files]

    upload = ExtendUploadFilesOperator(task_id="upload", paths=list_documents())

    # A retry takes up the run of the try before it; clearing a task cancels its run and starts another.
    extract = ExtendExtractOperator.partial(
        task_id="extract",
        extractor_id="{{ params.extractor_id }}",
        version="draft",
        deferrable=True,
        timeout=60 * 60,
        retries=3,
        retry_delay=timedelta(seconds=30),
        max_runs=2,
    ).expand(file_id=file_ids(upload.output))

    @task
    def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
        credits = [result["usage"]["totalCredits"] for result in results if result["usage"]]
        return {"documents": len(results), "credits": sum(credits)}

    summary(extract.output)
