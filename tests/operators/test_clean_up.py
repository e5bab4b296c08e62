"""What a DAG run has left at Extend is deleted, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_extend.operators.clean_up import ExtendCleanUpOperator
from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from tests.airflow_names import AirflowException, AirflowFailException
from tests.operators.conftest import Died

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


def clean_up(**given: Any) -> ExtendCleanUpOperator:
    return ExtendCleanUpOperator(task_id="clean_up", **given)


@pytest.fixture
def extend(api: Any) -> Any:
    return api(V26)


@pytest.fixture
def left(extend: Any, task: Any, tmp_path: Any) -> dict[str, str]:
    """Somebody else's file and run, then three documents and a run of this DAG run."""
    processor = extend.processor()
    file_id = extend.upload(b"No: INV-1\nTotal: 1.00\n")
    theirs = extend.send(
        "POST", "/extract_runs", json={"file": {"id": file_id}, "extractor": {"id": processor}}
    )
    task.run_after = type(task.run_after).now(task.run_after.tzinfo)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"Total: {number}.00\n")
    task.run(
        ExtendExtractDocumentsOperator(
            task_id="task",
            documents=f"file://{tmp_path}/*.txt",
            output_path=f"file://{tmp_path}/out",
            extractor_id=processor,
            poll_interval=0.05,
        )
    )
    task.run(
        ExtendExtractOperator(task_id="task", extractor_id=processor, file_id=file_id, poll_interval=0.05)
    )
    return {"file": file_id, "run": theirs["id"], "processor": processor}


def there(extend: Any) -> tuple[set[str], set[str]]:
    runs = extend.send("GET", "/extract_runs", params={"maxPageSize": 100})["data"]
    files = extend.send("GET", "/files", params={"maxPageSize": 100})["data"]
    return {row["id"] for row in runs}, {row["id"] for row in files}


def test_runs_and_files_of_the_dag_run_go_and_others_stay(extend, task, left) -> None:
    runs, files = there(extend)
    assert (len(runs), len(files)) == (5, 4)
    told = {"runs": {"extract_run": 4}, "files": 3}
    assert task.run(clean_up(dry_run=True)) == told | {"dry_run": True}
    assert there(extend) == (runs, files)
    assert task.run(clean_up()) == told | {"dry_run": False}
    assert there(extend) == ({left["run"]}, {left["file"]})
    assert task.run(clean_up()) == {"runs": {}, "files": 0, "dry_run": False}


def test_what_is_gone_meanwhile_counts_as_deleted(extend, task, left, monkeypatch) -> None:
    from airflow_provider_extend.operators import clean_up as module

    really = module._delete

    def twice(client: Any, name: str, its_id: str) -> None:
        really(client, name, its_id)
        really(client, name, its_id)

    monkeypatch.setattr(module, "_delete", twice)
    assert task.run(clean_up(files=False))["runs"] == {"extract_run": 4}
    assert len(there(extend)[1]) == 4


def test_a_run_that_moves_is_left_for_a_retry(extend, task, left) -> None:
    extend.control("POST", "/settings", {"run_seconds": 60})
    task.run(
        ExtendExtractOperator(
            task_id="task", extractor_id=left["processor"], text="Total: 1", wait_for_completion=False
        )
    )
    with pytest.raises(AirflowException, match="1 runs of this DAG run still move") as caught:
        task.run(clean_up())
    assert not isinstance(caught.value, AirflowFailException)
    extend.control("POST", "/settings", {"clock_speed": 1000})
    while task.run(clean_up(dry_run=True))["runs"] == {}:
        pass
    assert task.run(clean_up())["runs"] == {"extract_run": 1}
    assert there(extend)[0] == {left["run"]}


@pytest.mark.parametrize("version", [V25, V26])
def test_workflow_runs_are_read_one_by_one(api, task, version) -> None:
    extend = api(version)
    workflow = extend.send("POST", "/workflows", json={"name": "W"})["id"]
    task.run(
        ExtendRunWorkflowOperator(
            task_id="task", workflow_id=workflow, file_id=extend.upload(b"Total: 1"), poll_interval=0.05
        )
    )
    assert task.run(clean_up(kinds=["workflow_run"]))["runs"] == {"workflow_run": 1}
    assert task.run(clean_up(kinds=["workflow_run"]))["runs"] == {}


def test_what_cannot_be_deleted_is_refused(api, task) -> None:
    api(V24)
    with pytest.raises(AirflowFailException, match="2024-12-23"):
        task.run(clean_up())
    extend = api(V26)
    for kinds in (["edit_run"], "extract_run"):
        with pytest.raises(AirflowFailException, match="expected some of extract_run"):
            task.run(clean_up(kinds=kinds))
    assert extend.requests("DELETE") == []


def test_a_task_that_is_told_to_end_deletes_no_more(extend, task, left) -> None:
    operator = clean_up()
    operator.on_kill()
    with pytest.raises(AirflowException, match="told to end"):
        task.run(operator)
    assert len(there(extend)[0]) == 5


def test_what_another_deployment_has_left_stays(extend, task, left, monkeypatch) -> None:
    """Its DAG and DAG run have the same names."""
    before = there(extend)
    monkeypatch.setenv("AIRFLOW__EXTEND__DEPLOYMENT", "staging")
    assert task.run(clean_up())["runs"] == {}
    assert there(extend) == before
    task.run(
        ExtendExtractOperator(
            task_id="task", extractor_id=left["processor"], text="Total: 9", poll_interval=0.05
        )
    )
    assert task.run(clean_up())["runs"] == {"extract_run": 1}
    monkeypatch.delenv("AIRFLOW__EXTEND__DEPLOYMENT")
    assert task.run(clean_up())["runs"] == {"extract_run": 4}


def test_files_that_others_read_too_stay(extend, task, left) -> None:
    _, files = there(extend)
    shared = sorted(files - {left["file"]})[0]
    body = {"file": {"id": shared}, "extractor": {"id": left["processor"]}}
    theirs = extend.send("POST", "/extract_runs", json=body)
    assert task.run(clean_up())["files"] == 2
    assert there(extend) == ({left["run"], theirs["id"]}, {left["file"], shared})


def test_files_of_before_the_dag_run_started_stay_though_it_was_due_earlier(extend, task, left) -> None:
    task.dag_run_started = datetime.now(UTC) + timedelta(seconds=1)
    assert task.run(clean_up())["files"] == 0
    assert len(there(extend)[1]) == 4


def test_a_process_that_dies_leaves_no_file_that_a_retry_does_not_find(
    extend, task, left, monkeypatch
) -> None:
    from airflow_provider_extend.operators import clean_up as module

    really, deleted = module._delete, []

    def dies(client: Any, name: str, its_id: str) -> None:
        if len(deleted) >= 2:
            raise Died
        deleted.append(its_id)
        really(client, name, its_id)

    with monkeypatch.context() as patched:
        patched.setattr(module, "_delete", dies)
        with pytest.raises(Died):
            task.run(clean_up())
    task.run(clean_up())
    assert there(extend) == ({left["run"]}, {left["file"]})
