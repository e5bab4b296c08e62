"""Each night: evaluate an extractor's draft, and publish it where the rules hold.

A draft that was judged already, on the same documents, costs nothing: its scores are in the state store of an asset
(below Airflow 3.3 in Variables). There is also what passed last, which the next draft is compared with, and how often
a question was asked. The rules are in `extend_gate_rules.yaml`. API version 2026-02-09, connection `extend_default`.
"""

from __future__ import annotations

from airflow.sdk import DAG, Asset, Param

from airflow_provider_extend.operators.gated_publish import gated_publish

with DAG(
    dag_id="extend_gated_publish",
    schedule="0 5 * * *",
    catchup=False,
    params={
        "evaluation_set_id": Param(
            "ev_...", type="string", description="Labelled documents of the extractor."
        ),
        "reports_dir": Param(
            "/tmp/extend-reports", type="string", description="Folder or bucket for the reports."
        ),
        "fresh": Param(False, type="boolean", description="Evaluate although the answer is known."),
    },
    doc_md=__doc__,
    tags=["extend"],
):
    gated_publish(
        "invoices",
        evaluation_set_id="{{ params.evaluation_set_id }}",
        rules="extend_gate_rules.yaml",
        store=Asset("invoices_gate"),
        fresh="{{ params.fresh }}",
        description="Passed the gate in {{ run_id }}.",
        report_path="{{ params.reports_dir }}/{{ run_id }}.html",
        evaluate={"timeout": 60 * 60},
        # Another DAG may be scheduled on it: the event tells the verdict.
        gate={"outlets": [Asset("invoices_judged")]},
    )
