"""Run operators that are given a signed link and a text; neither stands in this file, which Airflow stores too."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG

from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator


def link() -> str:
    return "https://files.example.com/invoice-1.txt?X-Amz-" + "Signature=5d41402abc4b2a76"


def document(path: str) -> str:
    return Path(path).read_text()


GIVEN = {"url": {"file_url": "{{ link() }}"}, "text": {"text": "{{ document(dag_run.conf['document']) }}"}}
KINDS = {
    "extract": (ExtendExtractOperator, {"extractor_id": "{{ dag_run.conf['extractor'] }}"}),
    "workflow": (ExtendRunWorkflowOperator, {"workflow_id": "{{ dag_run.conf['workflow'] }}"}),
}

with DAG(
    dag_id="leaving_traces",
    schedule=None,
    catchup=False,
    user_defined_macros={"link": link, "document": document},
):
    for way, deferrable in {"deferred": True, "running": False}.items():
        for name, given in GIVEN.items():
            for kind, (operator, of_what) in KINDS.items():
                operator(task_id=f"{kind}.{name}.{way}", deferrable=deferrable, **of_what, **given)
