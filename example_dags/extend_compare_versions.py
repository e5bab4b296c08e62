"""Is the draft of an extractor as good as a published version of it? Both read the same documents.

Two paid runs, at once; then the draft is compared with the published version, field by field. Nothing is published.
API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator
from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator

with DAG(
    dag_id="extend_compare_versions",
    schedule=None,
    catchup=False,
    params={
        "evaluation_set_id": Param(
            "ev_...", type="string", description="Labelled documents of the extractor."
        ),
        "published_version": Param("latest", type="string", description="`latest` or a number such as 1.0."),
        "reports_dir": Param(
            "/tmp/extend-reports", type="string", description="Folder or bucket for the report."
        ),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    published = ExtendRunEvaluationSetOperator(
        task_id="published",
        evaluation_set_id="{{ params.evaluation_set_id }}",
        version="{{ params.published_version }}",
        wait_for_completion=True,
        timeout=60 * 60,
    )

    draft = ExtendRunEvaluationSetOperator(
        task_id="draft",
        evaluation_set_id="{{ params.evaluation_set_id }}",
        wait_for_completion=True,
        timeout=60 * 60,
    )

    compare = ExtendEvaluationGateOperator(
        task_id="compare",
        run=draft.output,
        baseline=published.output,
        rules={
            "version": 1,
            # Where it comes from is said by `baseline` above.
            "baseline": {"from": "last_passed"},
            "rules": [{"select": "extract.fields.*.accuracy", "max_drop": "5pp", "max_gain": "20pp"}],
        },
        report_path="{{ params.reports_dir }}/{{ run_id }}.html",
    )
