"""Classify a document, and extract it with the extractor of its class; what nobody is sure of is left to a person.

Give the DAG a document, a classifier, and an extractor for each class, by the classes' types. Only the class leaves the
task that reads the classification: the reasons beside it may quote the document.
API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_extend.operators.classify import ExtendClassifyOperator
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.file import ExtendUploadFilesOperator

CLASSES = ("invoice", "receipt")
#: Below this share of certainty a person looks.
SURE = 0.8
FILE_ID = "{{ ti.xcom_pull(task_ids='upload')[0]['id'] }}"
#: A retry takes up the run of the try before it; clearing a task cancels its run and starts another.
ONCE: dict[str, Any] = {
    "file_id": FILE_ID,
    "deferrable": True,
    "timeout": 60 * 60,
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "max_runs": 2,
}

with DAG(
    dag_id="extend_classify_route",
    schedule=None,
    catchup=False,
    params={
        "document": Param("/data/inbox/1.pdf", type="string", description="The document."),
        "classifier_id": Param("cl_...", type="string", description="The classifier."),
        "extractor_ids": Param(
            dict.fromkeys(CLASSES, "ex_..."), type="object", description="An extractor for each class."
        ),
        "results_dir": Param("/data/results", type="string", description="What was read goes here."),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    upload = ExtendUploadFilesOperator(task_id="upload", paths=["{{ params.document }}"])

    classify = ExtendClassifyOperator(task_id="classify", classifier_id="{{ params.classifier_id }}", **ONCE)

    @task.branch
    def route(classify_run_id: str) -> str:
        from airflow_provider_extend.hooks.extend import ExtendHook

        run = ExtendHook("extend_default").get_conn().classify_runs.retrieve(classify_run_id)
        found = run["output"]
        known = found["type"] in CLASSES and found["confidence"] >= SURE
        return f"extract_{found['type']}" if known else "ask_a_person"

    @task
    def ask_a_person(run_url: str) -> str:
        """The place for a mail or a message: the link leads to the classification in Extend's dashboard."""
        return run_url

    routed = route(classify.output["run_id"])
    upload >> classify
    routed >> ask_a_person(classify.output["run_url"])
    for name in CLASSES:
        routed >> ExtendExtractOperator(
            task_id=f"extract_{name}",
            extractor_id="{{ params.extractor_ids." + name + " }}",
            output_path="{{ params.results_dir }}/{{ run_id }}." + name + ".json",
            **ONCE,
        )
