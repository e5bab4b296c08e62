"""A task that is handed a signed link and a document's text, as somebody's own task may be."""

from __future__ import annotations

from airflow.sdk import DAG, task

with DAG(dag_id="reading_files", schedule=None, catchup=False):

    @task
    def read(dag_run=None) -> str:
        from airflow_provider_extend.hooks.extend import ExtendHook

        file = ExtendHook("extend_default").get_conn().files.retrieve(dag_run.conf["file_id"], raw_text=True)
        assert "Signature=" in file["presignedUrl"]
        assert "Buyer: " in file["contents"]["rawText"]
        return str(file["name"])

    read()
