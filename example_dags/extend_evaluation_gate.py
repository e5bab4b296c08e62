"""Publish an extractor's draft only if it reaches the minimum accuracy on labelled documents.

Give the DAG an extractor and a folder of documents beside a `truth.json` ({file name: {field: value}}).
API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator
from airflow_provider_extend.operators.evaluation_set import (
    ExtendCreateEvaluationSetItemsOperator,
    ExtendCreateEvaluationSetOperator,
)
from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from airflow_provider_extend.operators.file import ExtendUploadFilesOperator
from airflow_provider_extend.operators.processor_version import ExtendPublishProcessorVersionOperator
from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

with DAG(
    dag_id="extend_evaluation_gate",
    schedule=None,
    catchup=False,
    params={
        "extractor_id": Param("ex_...", type="string", description="The extractor whose draft is judged."),
        "documents_dir": Param("/data/invoices", type="string", description="Documents and truth.json."),
        "release_type": Param("minor", enum=["minor", "major"]),
        "report_path": Param(
            "", type="string", description="Where the gate's report goes as a page, if anywhere."
        ),
    },
    doc_md=__doc__,
    tags=["extend"],
):

    @task
    def list_documents(params: dict[str, Any]) -> list[str]:
        folder = Path(params["documents_dir"])
        return [str(folder / name) for name in sorted(json.loads((folder / "truth.json").read_text()))]

    upload = ExtendUploadFilesOperator(task_id="upload", paths=list_documents())

    create_evaluation_set = ExtendCreateEvaluationSetOperator(
        task_id="create_evaluation_set",
        name="Gate of {{ run_id }}",
        processor_id="{{ params.extractor_id }}",
    )

    create_items = ExtendCreateEvaluationSetItemsOperator(
        task_id="create_items",
        evaluation_set_id=create_evaluation_set.output,
        files=upload.output,
        expected_outputs_path="{{ params.documents_dir }}/truth.json",
    )

    # Starts a paid run, once: a retry takes up the run of an earlier try.
    evaluate = ExtendRunEvaluationSetOperator(
        task_id="evaluate",
        evaluation_set_id=create_evaluation_set.output,
    )

    wait = BatchProcessorRunSensor(
        task_id="wait",
        batch_processor_run_id=evaluate.output,
        poke_interval=5,
        timeout=60 * 60,
    )

    gate = ExtendEvaluationGateOperator(
        task_id="gate",
        run=wait.output,
        rules={
            "extract.accuracy": 0.95,
            "extract.fields.total.accuracy": 0.95,
            "extract.fields.invoice_number.accuracy": 0.9,
        },
        report_path="{{ params.report_path }}",
    )

    publish = ExtendPublishProcessorVersionOperator(
        task_id="publish",
        run=wait.output,
        release_type="{{ params.release_type }}",
        description="Passed the gate in {{ run_id }}.",
        config_fingerprint=evaluate.output["config_fingerprint"],
    )

    create_items >> evaluate
    gate >> publish
