"""What a DAG run has left at Extend is deleted, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.documents import rows
from airflow_provider_extend.operators.clean_up import ExtendCleanUpOperator
from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator
from tests.airflow_names import AirflowException, AirflowFailException
from tests.operators.conftest import Died
from tests.operators.many import fill

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


def starts_now(task: Any) -> None:
    task.run_after = type(task.run_after).now(task.run_after.tzinfo)


def refused(extract: Any, task: Any, folder: Path, **given: Any) -> set[str]:
    """Documents are uploaded, and no credits are left for their batch. Ids of their files."""
    before = there(extract.extend)[1]
    fill(folder, 3)
    (folder / "0003.txt").write_bytes((folder / "0002.txt").read_bytes())
    extract.extend.fault(method="POST", path="^/extract_runs/batch", status=402, times=1)
    with pytest.raises(AirflowFailException, match="402"):
        task.run(extract(**given))
    return there(extract.extend)[1] - before


def test_files_of_a_batch_that_was_refused_are_deleted_where_its_folder_is_named(
    extract, folder, task
) -> None:
    older = extract.extend.upload(b"Total: 9.00\n")
    starts_now(task)
    uploaded = refused(extract, task, folder)
    assert len(uploaded) == 3  # of two that are the same, one
    assert task.run(clean_up())["files"] == 0
    output = f"file://{folder.parent}/out"
    told = {"runs": {}, "files": 3}
    assert task.run(clean_up(results=output, dry_run=True)) == told | {"dry_run": True}
    assert task.run(clean_up(results=output, files=False))["files"] == 0
    assert task.run(clean_up(results=[None, {"path": output}])) == told | {"dry_run": False}
    assert there(extract.extend)[1] == {older}
    assert task.run(clean_up(results=output))["files"] == 0


@pytest.mark.parametrize("output_format", ["jsonl", "parquet"])
def test_files_that_rows_name_are_deleted_whatever_has_become_of_their_runs(
    extract, folder, task, output_format
) -> None:
    if output_format == "parquet":
        pytest.importorskip("pyarrow")
    starts_now(task)
    fill(folder, 3)
    result = task.run(extract(output_format=output_format))
    assert task.run(clean_up(files=False))["runs"] == {"extract_run": 3}
    assert task.run(clean_up())["files"] == 0  # what has read them is gone
    assert task.run(clean_up(results=result))["files"] == 3
    assert there(extract.extend) == (set(), set())


def test_a_file_that_rows_name_and_that_is_older_stays(extract, folder, task) -> None:
    older = extract.extend.upload(b"Total: 9.00\n")
    starts_now(task)
    out = folder.parent / "out"
    out.mkdir()
    empty = dict.fromkeys(rows.COLUMNS)
    named = [{**empty, "file_id": older}, {**empty, "file_id": "file_gone"}, empty]
    (out / "part-00000.jsonl").write_text("".join(json.dumps(row) + "\n" for row in named))
    assert task.run(clean_up(results=f"file://{out}"))["files"] == 0
    assert there(extract.extend)[1] == {older}


def test_shared_uploads_go_with_their_names(extract, folder, task) -> None:
    shared = folder.parent / "uploads"
    starts_now(task)
    refused(extract, task, folder, uploads_path=f"file://{shared}")
    older, gone = "0" * 64, "1" * 64
    (shared / older).write_text(json.dumps({"id": extract.extend.upload(b"Total: 9.00\n")}))
    (shared / gone).write_text('{"id": "file_gone"}\n')
    (shared / "notes.txt").write_text("somebody's")
    names = {path.name for path in shared.iterdir()}
    assert len(names) == 6
    assert task.run(clean_up(uploads_path=f"file://{shared}", dry_run=True))["files"] == 4
    assert {path.name for path in shared.iterdir()} == names
    starts_now(task)  # then all are older
    assert task.run(clean_up(uploads_path=f"file://{shared}"))["files"] == 0
    assert {path.name for path in shared.iterdir()} == names - {gone}
    task.run_after = type(task.run_after).fromtimestamp(0, task.run_after.tzinfo)
    assert task.run(clean_up(uploads_path=f"file://{shared}"))["files"] == 4
    assert [path.name for path in shared.iterdir()] == ["notes.txt"]
    assert there(extract.extend)[1] == set()


def test_a_file_that_a_moving_run_reads_stays(extract, folder, task) -> None:
    starts_now(task)
    fill(folder, 1)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowException):
        task.run(extract(timeout=1))
    output = f"file://{folder.parent}/out"
    with pytest.raises(AirflowException, match="1 runs of this DAG run still move"):
        task.run(clean_up(results=output))
    assert len(there(extract.extend)[1]) == 1


@pytest.mark.parametrize("results", [7, [{"return_value": 7}]])
def test_results_that_are_no_folder_are_refused(extend, task, left, results) -> None:
    with pytest.raises(AirflowFailException, match="expected output_path of a task with many documents"):
        task.run(clean_up(results=results))
    assert len(there(extend)[0]) == 5
