"""Documents as mapped arguments: Airflow expands a task for each chunk, and each has results of its own."""

from __future__ import annotations

import json

import pytest

from airflow_provider_extend.documents.reader import read_documents

#: Airflow's own API, which `dag.test()` runs in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

DAG_FILE = """\
from airflow.sdk import DAG, task

from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator

with DAG("documents_expanded", schedule=None, params={"extractor_id": ""}):

    @task
    def chunks():
        return CHUNKS

    ExtendExtractDocumentsOperator.partial(
        task_id="by_chunk",
        output_path="OUT/{{ ti.map_index }}",
        extractor_id="{{ params.extractor_id }}",
        version="draft",
        poll_interval=0.1,
    ).expand(documents=chunks())
"""


def test_a_task_for_each_chunk_that_airflow_maps(run_dag, extend, dag_folder) -> None:
    local = extend("2026-02-09")
    local.emulator.control("POST", "/settings", {"run_seconds": 0})
    base, out = f"file://{local.folder}", f"file://{local.folder}/out"
    chunks = [
        f"{base}/invoice-[12].txt",
        [f"{base}/invoice-3.txt", {"path": f"{base}/invoice-4.txt", "metadata": {"case": 7}}],
    ]
    code = DAG_FILE.replace("CHUNKS", json.dumps(chunks)).replace("OUT", out)
    (dag_folder / "documents_expanded.py").write_text(code)
    done = run_dag("documents_expanded", {"extractor_id": local.processor(good=True)})
    assert done.states == {"chunks": "success", "by_chunk[0]": "success", "by_chunk[1]": "success"}
    found = [sorted(row["source"] for row in read_documents(f"{out}/{index}")) for index in range(2)]
    assert found == [[f"{base}/invoice-{number}.txt" for number in pair] for pair in ((1, 2), (3, 4))]
