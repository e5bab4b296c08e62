"""Extract the fields of documents that stand at addresses, and collect what was read in one file.

One paid run for each address, whatever dies on the way. What was read goes to `results_dir` (a folder that all workers
see, or a store such as `s3://conn@bucket/invoices`) and nowhere else. The addresses themselves stand in the DAG run's
conf and in XCom: give such as need no signature. API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_extend.api.outputs import read_run_output
from airflow_provider_extend.operators.extract import ExtendExtractOperator

with DAG(
    dag_id="extend_extract_urls",
    schedule=None,
    catchup=False,
    params={
        "extractor_id": Param("ex_...", type="string", description="The extractor."),
        "urls": Param(["https://..."], type="array", minItems=1, description="Where the documents stand."),
        "results_dir": Param("/data/results", type="string", description="What was read goes here."),
    },
    doc_md=__doc__,
    tags=["extend"],
):

    @task
    def list_urls(params: dict[str, Any]) -> list[str]:
        return list(params["urls"])

    urls = list_urls()

    # A retry takes up the run of the try before it; clearing a task cancels its run and starts another.
    extract = ExtendExtractOperator.partial(
        task_id="extract",
        extractor_id="{{ params.extractor_id }}",
        output_path="{{ params.results_dir }}/{{ run_id }}/{{ ti.map_index }}.json",
        deferrable=True,
        timeout=60 * 60,
        retries=3,
        retry_delay=timedelta(seconds=30),
        max_runs=2,
    ).expand(file_url=urls)

    @task(trigger_rule="all_done")
    def collect(urls: list[str], params: dict[str, Any], run_id: str) -> dict[str, int]:
        """One line for each document that was read; the task fails if any was not, and the lines are there."""
        folder = f"{params['results_dir']}/{run_id}"
        rows, unsure = [], 0
        for number in range(len(urls)):
            path = ObjectStoragePath(f"{folder}/{number}.json")
            if not path.exists():
                continue
            run = json.loads(path.read_text())["extract_run"]
            if run["status"] != "PROCESSED":
                continue
            values = read_run_output(run)
            low = [value.path for value in values if value.confidence is not None and value.confidence < 0.8]
            unsure += bool(low)
            rows.append({"run": run["id"], "fields": run["output"]["value"], "unsure": low})
        if rows:
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            ObjectStoragePath(f"{folder}/fields.jsonl").write_text(lines)
        if len(rows) < len(urls):
            raise RuntimeError(
                f"{len(urls) - len(rows)} of {len(urls)} documents were not read: see extract."
            )
        return {"documents": len(rows), "unsure": unsure}

    extract >> collect(urls)
