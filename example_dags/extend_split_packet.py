"""Split a packet into the documents that it holds, and extract each of them with the extractor of its type.

Each part is a file of its own at Extend, so nothing is cut or uploaded here. Of the split only ids, types and page
numbers go to XCom: what the splitter notes of a part may quote it. Parts of a type without an extractor are named
and left. API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.file import ExtendUploadFilesOperator
from airflow_provider_extend.operators.split import ExtendSplitOperator

#: A retry takes up the run of the try before it; clearing a task cancels its run and starts another.
ONCE: dict[str, Any] = {
    "deferrable": True,
    "timeout": 60 * 60,
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "max_runs": 2,
}

with DAG(
    dag_id="extend_split_packet",
    schedule=None,
    catchup=False,
    params={
        "packet": Param("/data/inbox/packet.pdf", type="string", description="The file to split."),
        "splitter_id": Param("spl_...", type="string", description="The splitter."),
        "extractor_ids": Param(
            {"invoice": "ex_...", "receipt": "ex_..."},
            type="object",
            description="An extractor for each type.",
        ),
        "results_dir": Param("/data/results", type="string", description="What was read goes here."),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    upload = ExtendUploadFilesOperator(task_id="upload", paths=["{{ params.packet }}"])

    split = ExtendSplitOperator(
        task_id="split",
        splitter_id="{{ params.splitter_id }}",
        file_id="{{ ti.xcom_pull(task_ids='upload')[0]['id'] }}",
        **ONCE,
    )

    @task
    def list_parts(split_run_id: str) -> list[dict[str, Any]]:
        from airflow_provider_extend.hooks.extend import ExtendHook

        run = ExtendHook("extend_default").get_conn().split_runs.retrieve(split_run_id)
        wanted = ("type", "startPage", "endPage", "fileId")
        return [{key: part[key] for key in wanted} for part in run["output"]["splits"]]

    @task
    def to_extract(parts: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
        """Arguments of `extract` for each part; the pages stand in the run's metadata, to find it by."""
        extractors = params["extractor_ids"]
        if left := [part for part in parts if part["type"] not in extractors]:
            print(f"No extractor for {left}.")
        return [
            {
                "file_id": part["fileId"],
                "extractor_id": extractors[part["type"]],
                "metadata": {"type": part["type"], "pages": f"{part['startPage']}-{part['endPage']}"},
            }
            for part in parts
            if part["type"] in extractors
        ]

    extract = ExtendExtractOperator.partial(
        task_id="extract",
        output_path="{{ params.results_dir }}/{{ run_id }}/{{ ti.map_index }}.json",
        **ONCE,
    ).expand_kwargs(to_extract(list_parts(split.output["run_id"])))

    upload >> split
