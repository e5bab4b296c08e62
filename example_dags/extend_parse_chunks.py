"""Parse documents into chunks of markdown, and write them as lines for an index to take up.

Give the DAG a pattern of paths. The chunks go to `results_dir` (a folder that all workers see, or a store such as
`s3://conn@bucket/parsed`) and nowhere else; the lines are written when every document is parsed.
API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_extend.operators.file import ExtendUploadFilesOperator
from airflow_provider_extend.operators.parse import ExtendParseOperator

with DAG(
    dag_id="extend_parse_chunks",
    schedule=None,
    catchup=False,
    params={
        "documents": Param(
            "/data/manuals/*.pdf", type="string", description="Pattern of the documents' paths."
        ),
        "results_dir": Param("/data/results", type="string", description="The chunks go here."),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    upload = ExtendUploadFilesOperator(task_id="upload", paths="{{ params.documents }}")

    # A retry takes up the run of the try before it; clearing a task cancels its run and starts another.
    parse = ExtendParseOperator.partial(
        task_id="parse",
        config={"target": "markdown", "chunkingStrategy": {"type": "section"}},
        output_path="{{ params.results_dir }}/{{ run_id }}/{{ ti.map_index }}.json",
        deferrable=True,
        timeout=60 * 60,
        retries=3,
        retry_delay=timedelta(seconds=30),
        max_runs=2,
    ).expand(file_id=upload.output.map(lambda file: file["id"]))

    @task
    def write_chunks(files: list[dict[str, Any]], params: dict[str, Any], run_id: str) -> list[int]:
        """Returns how many chunks each document has; their text stays out of XCom."""
        folder = f"{params['results_dir']}/{run_id}"
        counts, lines = [], []
        for number, file in enumerate(files):
            run = json.loads(ObjectStoragePath(f"{folder}/{number}.json").read_text())["parse_run"]
            chunks = run["output"]["chunks"]
            for place, chunk in enumerate(chunks):
                pages = chunk["metadata"]["pageRange"]
                row = {"id": f"{file['id']}-{place}", "document": file["name"], "pages": pages}
                lines.append(json.dumps(row | {"text": chunk["content"]}))
            counts.append(len(chunks))
        ObjectStoragePath(f"{folder}/chunks.jsonl").write_text("".join(line + "\n" for line in lines))
        return counts

    parse >> write_chunks(upload.output)
