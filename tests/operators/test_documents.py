"""Operators for many documents: found, sent once, written as rows, on a local Extend."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseOperator, ObjectStoragePath
from fsspec.implementations.local import LocalFileSystem
from pypdf import PdfWriter

from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendHostNotAllowed, ExtendResultTooLarge
from airflow_provider_extend.documents.ledger import Ledger
from airflow_provider_extend.documents.reader import read_documents, read_failures
from airflow_provider_extend.documents.rows import JsonLines
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.operators import _document_batches, _document_files
from airflow_provider_extend.operators._document_batches import Batches
from airflow_provider_extend.operators.documents import (
    ExtendClassifyDocumentsOperator,
    ExtendParseDocumentsOperator,
    ExtendRunWorkflowDocumentsOperator,
    ExtendSplitDocumentsOperator,
)
from airflow_provider_extend.reading import look_up
from tests.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    TaskDeferralTimeout,
    TaskDeferred,
)
from tests.operators import many
from tests.operators.conftest import Died
from tests.operators.many import fill, fire, run_deferred

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


def test_each_document_of_a_prefix_is_one_row(extract, folder, task) -> None:
    fill(folder, 25)
    result = task.run(extract(batch_size=10))
    assert {k: result[k] for k in ("documents", "succeeded", "failed", "batches", "parts")} == {
        "documents": 25,
        "succeeded": 25,
        "failed": 0,
        "batches": 3,
        "parts": 3,
    }
    rows = {row["source"]: row for row in read_documents(result)}
    assert len(rows) == 25
    row = rows[f"file://{folder}/0007.txt"]
    assert row["output"]["value"] == {"number": "INV-7", "total": 7}
    assert row["status"] == "PROCESSED"
    assert set(row["confidences"]) == {"number", "total"}
    assert all(row[name] for name in ("run_id", "batch_id", "file_id"))
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 3
    assert len(extract.extend.requests("POST", "/files/upload")) == 25
    assert not (folder.parent / "out" / "_extend").exists()


def test_how_far_it_is_stands_in_the_state_store(extract, folder, task) -> None:
    fill(folder, 25)
    task.run(extract(batch_size=10))
    told = [value for value in task.store.writes if isinstance(value, dict) and "seconds_left" in value]
    assert [value["done"] for value in told if value["done"]][-1:] == [25]
    assert {value["documents"] for value in told} == {25}
    last = task.store.get("extend_progress")
    assert (last["done"], last["failed"], last["remaining"], last["at_extend"]) == (25, 0, 0, 0)
    task.clear()
    task.store.broken_for = lambda value: isinstance(value, dict) and "seconds_left" in value
    assert task.run(extract(batch_size=10))["succeeded"] == 25


def test_a_deferred_task_comes_back_once_for_each_batch(extract, folder, task, monkeypatch) -> None:
    """One batch has ended each time that the trigger looks."""
    fill(folder, 50)
    control = extract.extend.control
    control("POST", "/settings", {"run_seconds": 3600})

    def one_ends(away: Any) -> Any:
        moving = [run for run in control("GET", "/runs?kind=extract_run") if run["status"] != "PROCESSED"]
        for run in moving:
            if run["batchId"] == moving[0]["batchId"]:
                control("PATCH", f"/runs/{run['id']}", {"status": "PROCESSED"})
        return fire(away)

    monkeypatch.setattr(many, "fire", one_ends)
    result, processes = run_deferred(
        task, lambda: extract(batch_size=10, deferrable=True, batches_in_flight=2)
    )
    assert result["succeeded"] == 50
    assert processes == 1 + 5
    assert len({row["source"] for row in read_documents(result)}) == 50
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 5


@pytest.mark.parametrize("below_3_3", [False, True], ids=["with a store", "below 3.3"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_batch_whose_answer_dies_with_its_process_is_paid_for_once(
    extract, folder, new_task, dies_at, moment, below_3_3
) -> None:
    """Extend names no batch by its extract runs: they are waited for themselves."""
    fill(folder, 30)
    task = new_task(store=not below_3_3)
    for _ in range(2):
        dies_at(task, extract(batch_size=10), "/extract_runs/batch", moment)
    result = task.run(extract(batch_size=10))
    assert result["succeeded"] == 30
    rows = list(read_documents(result))
    assert len(rows) == len({row["source"] for row in rows}) == 30
    runs = extract.extend.send("GET", "/extract_runs", params={"maxPageSize": 1000})["data"]
    assert len(runs) == 30


def test_a_retry_reads_what_is_missing_alone(extract, folder, task, monkeypatch) -> None:
    fill(folder, 30)
    really = Batches.write
    written: list[int] = []

    def write(self: Any, batch: int, ended: Any) -> None:
        if len(written) == 2:
            raise Died
        really(self, batch, ended)
        written.append(batch)

    with monkeypatch.context() as patched:
        patched.setattr(Batches, "write", write)
        with pytest.raises(Died):
            task.run(extract(batch_size=10))
    before = len(extract.extend.requests("GET", "/extract_runs/"))
    result = task.run(extract(batch_size=10))
    assert result["succeeded"] == 30
    assert len(extract.extend.requests("GET", "/extract_runs/")) - before == 10
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 3
    assert len(extract.extend.requests("POST", "/files/upload")) == 30


def test_documents_that_cannot_be_sent_are_rows_with_a_reason(extract, folder, task) -> None:
    fill(folder, 3)
    (folder / "empty.pdf").touch()
    (folder / "movie.mp4").write_bytes(b"not a document")
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(folder / "locked.pdf")
    (folder / ("ä" * 100 + "漢字.txt")).write_text("Total: 5")
    result = task.run(extract(on_partial=0.5))
    rows = {Path(row["source"]).name: row for row in read_documents(result)}
    assert {name: row["failure"] for name, row in rows.items() if row["failure"]} == {
        "empty.pdf": "EMPTY_FILE",
        "movie.mp4": "FILE_TYPE_NOT_SUPPORTED",
        "locked.pdf": "PASSWORD_PROTECTED_FILE",
    }
    assert (result["succeeded"], result["failed"]) == (4, 3)
    assert {row["source"] for row in read_failures(result)} == {
        row["source"] for row in rows.values() if row["failure"]
    }
    assert result["failures"] == {
        "EMPTY_FILE": 1,
        "FILE_TYPE_NOT_SUPPORTED": 1,
        "PASSWORD_PROTECTED_FILE": 1,
    }


def test_too_many_failures_fail_the_task_for_good(extract, folder, task) -> None:
    fill(folder, 3)
    (folder / "empty.pdf").touch()
    with pytest.raises(AirflowFailException, match=r"1 of 4 documents did not succeed \(1 EMPTY_FILE\)"):
        task.run(extract(on_partial=0.9))
    with pytest.raises(AirflowFailException, match="1 of 4 documents did not succeed"):
        task.run(extract(on_partial=0.9))  # a process that died before it could say so
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1
    assert len(list(read_documents(f"file://{folder.parent}/out"))) == 4


def test_the_same_content_is_uploaded_once(extract, folder, task) -> None:
    for number in range(6):
        (folder / f"{number}.txt").write_text("No: INV-1\nTotal: 3.00\n")
    (folder / "other.txt").write_text("No: INV-2\nTotal: 4.00\n")  # of the same size
    result = task.run(extract(batch_size=3))
    assert result["succeeded"] == 7
    assert len(extract.extend.requests("POST", "/files/upload")) == 2
    assert len({row["file_id"] for row in read_documents(result)}) == 2


def test_a_clear_starts_anew_and_leaves_no_row_of_before(extract, folder, task) -> None:
    fill(folder, 25)
    task.run(extract(batch_size=10))
    for path in list(folder.iterdir())[:15]:
        path.unlink()
    task.clear()
    result = task.run(extract(batch_size=10))
    assert result["documents"] == len(list(read_documents(result))) == 10
    assert sorted(p.name for p in (folder.parent / "out").glob("part-*")) == ["part-00000.jsonl"]


def test_a_clear_goes_on_where_that_is_what_it_means(extract, folder, task, dies_at, monkeypatch) -> None:
    """No credits left for the second of three batches; then a process dies as it asks for the third."""
    fill(folder, 30)
    given = {"batch_size": 10, "batches_in_flight": 1, "on_clear": "go_on"}
    really = Batches.send

    def send(self: Any, batch: int) -> None:
        if batch == 1:
            extract.extend.fault(method="POST", path="^/extract_runs/batch", status=402, times=1)
        really(self, batch)

    with monkeypatch.context() as patched:
        patched.setattr(Batches, "send", send)
        with pytest.raises(AirflowFailException, match="402"):
            task.run(extract(**given))
    # What was paid for is read before that.
    assert len((folder.parent / "out" / "part-00000.jsonl").read_text().splitlines()) == 10
    task.clear()
    dies_at(task, extract(**given), "/extract_runs/batch", "after")
    task.clear()
    result = task.run(extract(**given))
    assert result["succeeded"] == len({row["source"] for row in read_documents(result)}) == 30
    runs = extract.extend.send("GET", "/extract_runs", params={"maxPageSize": 1000})["data"]
    assert len(runs) == 30
    task.clear()
    assert task.run(extract(**given)) == result
    started = [row["status"] for row in extract.extend.requests("POST", "/extract_runs/batch")]
    assert started.count(200) == 3


def test_what_failed_as_it_ended_is_accepted_after_a_clear_that_goes_on(extract, folder, task) -> None:
    """Neither was said before the first try: what there is costs nothing more."""
    fill(folder, 3)
    (folder / "empty.pdf").touch()
    with pytest.raises(
        AirflowFailException, match=r"Clearing this task pays for all of them again\. To accept"
    ):
        task.run(extract())
    task.clear()
    with pytest.raises(AirflowFailException, match="1 of 4 documents did not succeed"):
        task.run(extract(on_clear="go_on"))
    task.clear()
    assert task.run(extract(on_partial="succeed", on_clear="go_on"))["succeeded"] == 3
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1
    task.clear()
    task.run(extract(on_partial="succeed"))
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 2


def test_a_clear_goes_on_although_that_was_said_after_the_failure(extract, folder, task) -> None:
    fill(folder, 30)
    given = {"batch_size": 10, "batches_in_flight": 1}
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowException, match="too late"):
        task.run(extract(timeout=1, **given))
    extract.extend.control("POST", "/settings", {"clock_speed": 1000})
    task.clear()
    assert task.run(extract(on_clear="go_on", **given))["succeeded"] == 30
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 3


def test_an_id_of_no_file_is_a_row_and_the_rest_is_sent(extract, folder, task) -> None:
    paths = fill(folder, 2)
    given = ["file_of_somebody_else", *map(str, paths)]
    with pytest.raises(AirflowFailException, match=r"1 of 3 documents did not succeed \(1 NOT_FOUND\)"):
        task.run(extract(documents=given))
    rows = {row["source"]: row for row in read_documents(f"file://{folder.parent}/out")}
    assert rows["file_of_somebody_else"]["status"] == "NOT_SENT"
    assert [row["outcome"] for row in rows.values()].count("succeeded") == 2
    started = [row["status"] for row in extract.extend.requests("POST", "/extract_runs/batch")]
    assert started == [404, 200]


def test_another_404_than_that_of_a_file_fails_the_task(extract, folder, task) -> None:
    fill(folder, 2)
    with pytest.raises(AirflowFailException, match="404"):
        task.run(extract(extractor_id="ex_of_somebody_else"))
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


@pytest.mark.parametrize("shared", [True, False])
def test_an_upload_that_was_deleted_is_uploaded_anew(extract, folder, task, shared) -> None:
    fill(folder, 2)
    given: dict[str, Any] = {"uploads_path": f"file://{folder.parent}/uploads"} if shared else {}
    deleted = {row["file_id"] for row in read_documents(task.run(extract(**given)))}
    for file_id in deleted:
        extract.extend.send("DELETE", f"/files/{file_id}")
    task.clear()
    result = task.run(extract(**given))
    assert result["succeeded"] == 2
    assert deleted.isdisjoint(row["file_id"] for row in read_documents(result))
    assert len(extract.extend.requests("POST", "/files/upload")) == 4


def test_what_was_begun_with_otherwise_is_not_gone_on_with(api, extract, folder, task) -> None:
    fill(folder, 4)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowException):
        task.run(extract(timeout=1))
    [plan] = (folder.parent / "out").glob("_extend/*/plan.json")
    kept = json.loads(plan.read_text())
    for changed, said in (({"v": 99}, "newer version"), ({"job": {**kept["job"], "version": V25}}, V25)):
        plan.write_text(json.dumps({**kept, **changed}))
        with pytest.raises(AirflowFailException, match=said):
            task.run(extract())
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


def test_a_store_of_states_that_is_away_sends_nothing(extract, folder, task) -> None:
    """And where it comes back, what is kept is known there again."""
    fill(folder, 4)
    task.store.broken = True
    task.store.broken_for = lambda value: "path" in value
    with pytest.raises(RuntimeError):
        task.run(extract())
    assert extract.extend.requests("POST") == []
    task.store.broken_for = lambda value: False
    assert task.run(extract())["succeeded"] == 4
    assert set(task.store.get("extend_documents")) == {"state", "path", "asked", "max_tries"}


def test_the_folder_of_another_task_is_left_alone(extract, folder, task, new_task) -> None:
    fill(folder, 2)
    task.run(extract())
    other = new_task()
    other.map_index = 3
    with pytest.raises(AirflowFailException, match=r"holds the results of another task .*map_index -1"):
        other.run(extract())
    assert len(list(read_documents(f"file://{folder.parent}/out"))) == 2


@pytest.mark.parametrize("where", ["nothing", "in/*.docx"])
def test_no_document_is_an_error_or_a_skip(extract, folder, new_task, where) -> None:
    given = {"documents": f"file://{folder.parent}/{where}"}
    with pytest.raises(AirflowFailException, match="There is no document at"):
        new_task().run(extract(**given))
    with pytest.raises(AirflowSkipException):
        new_task().run(extract(**given, on_empty="skip"))
    assert extract.extend.requests("POST") == []


def test_a_list_may_hold_all_that_a_document_can_be(extract, folder, task) -> None:
    [path, twice] = fill(folder, 2)
    uploaded = extract.extend.upload(b"No: INV-9\nTotal: 9.00\n", "nine.txt")
    given = [
        str(path),
        {"path": f"file://{twice}", "metadata": {"case": 7}},
        f"file://{twice}",
        uploaded,
        {"text": "No: INV-5\nTotal: 5.00\n"},
        "https://bucket.example.com/nine.txt?X-Amz-Signature=secret",
        f"file://{folder}/gone.txt",
    ]
    result = task.run(extract(documents=given, on_partial="succeed"))
    rows = {row["source"]: row for row in read_documents(result)}
    assert {source: row["failure"] for source, row in rows.items()} == {
        f"file://{path}": None,
        f"file://{twice}": None,
        uploaded: None,
        "documents[4]": None,
        "https://bucket.example.com/nine.txt": None,
        f"file://{folder}/gone.txt": "UNREADABLE",
    }
    assert rows[uploaded]["file_id"] is None  # it is the author's
    assert "secret" not in json.dumps(list(rows.values()))


def through(workflow: str, folder: Path, **given: Any) -> ExtendRunWorkflowDocumentsOperator:
    return ExtendRunWorkflowDocumentsOperator(
        task_id="task",
        workflow_id=workflow,
        documents=f"file://{folder}",
        output_path=f"file://{folder.parent}/out",
        poll_interval=0.05,
        **given,
    )


@pytest.mark.parametrize("deferred", [False, True], ids=["in the worker", "deferred"])
@pytest.mark.parametrize("version", [V24, V25, V26])
def test_a_workflow_takes_them_in_every_version(api, folder, task, version, deferred) -> None:
    extend = api(version)
    workflow = extend.send("POST", "/workflows", json={"name": "W"})["id"]
    fill(folder, 12)

    def make() -> ExtendRunWorkflowDocumentsOperator:
        return through(workflow, folder, batch_size=5, deferrable=deferred)

    result = run_deferred(task, make)[0] if deferred else task.run(make())
    assert (result["kind"], result["succeeded"], result["batches"]) == ("workflow_run", 12, 3)
    assert len({row["source"] for row in read_documents(result)}) == 12


@pytest.mark.parametrize("version", [V25, V26])
def test_a_workflow_run_that_was_deleted_does_not_hold_up_the_others(
    api, folder, task, monkeypatch, version
) -> None:
    extend = api(version)
    workflow = extend.send("POST", "/workflows", json={"name": "W"})["id"]
    fill(folder, 4)
    extend.control("POST", "/settings", {"run_seconds": 60})

    with pytest.raises(AirflowException, match="too late"):
        task.run(through(workflow, folder, timeout=1, on_partial="succeed"))
    extend.control("POST", "/settings", {"clock_speed": 1000})
    rows = extend.send("GET", "/workflow_runs")
    run = (rows["data"] if version == V26 else rows)[0]
    extend.send("DELETE", f"/workflow_runs/{run['id']}")
    monkeypatch.setattr(_document_batches, "LIST_LAG", 0.0)
    result = task.run(through(workflow, folder, timeout=5, on_partial="succeed"))
    assert (result["succeeded"], result["failures"]) == (3, {"NOT_LISTED": 1})


def test_what_another_run_may_better_is_sent_once_more_by_a_retry(api, folder, task) -> None:
    """An OCR error of a parse run is such a failure; its document has one row in the end, whatever became of it."""
    extend = api(V26)
    fill(folder, 6)
    extend.control("POST", "/settings", {"fail_runs": {"times": 3, "reason": "OCR_ERROR"}})

    def make() -> ExtendParseDocumentsOperator:
        return ExtendParseDocumentsOperator(
            task_id="task",
            documents=f"file://{folder}",
            output_path=f"file://{folder.parent}/out",
            poll_interval=0.05,
            batch_size=4,
        )

    with pytest.raises(AirflowException, match=r"3 of 6 .*\(3 OCR_ERROR\).*A retry sends 3") as caught:
        task.run(make())
    assert not isinstance(caught.value, AirflowFailException)
    assert len(list(read_failures(f"file://{folder.parent}/out"))) == 3
    extend.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "OCR_ERROR"}})
    with pytest.raises(AirflowException, match=r"1 of 6 .*A retry sends 1"):
        task.run(make())
    extend.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "OCR_ERROR"}})
    with pytest.raises(AirflowFailException, match="1 of 6"):
        task.run(make())  # the last try
    rows = list(read_documents(f"file://{folder.parent}/out"))
    assert len(rows) == len({row["source"] for row in rows}) == 6
    assert [row["failure"] for row in rows if row["failure"]] == ["OCR_ERROR"]
    runs = extend.send("GET", "/parse_runs", params={"maxPageSize": 1000})["data"]
    assert len(runs) == 6 + 3 + 1


class Broken(Exception):
    """Of a store, which has errors of its own."""


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Broken("key=secret")])
def test_a_store_that_fails_while_it_is_written_loses_nothing(
    extract, folder, task, monkeypatch, error
) -> None:
    fill(folder, 12)
    really = LocalFileSystem.put_file

    def put_file(self: Any, local: str, remote: str, **given: Any) -> None:
        if "part-00001" in remote:
            Path(remote).write_bytes(Path(local).read_bytes()[:20])  # half of it
            raise error
        really(self, local, remote, **given)

    with monkeypatch.context() as patched:
        patched.setattr(LocalFileSystem, "put_file", put_file)
        with pytest.raises(AirflowException, match=r"part-00001\.jsonl' cannot be written") as caught:
            task.run(extract(batch_size=4))
    assert not isinstance(caught.value, AirflowFailException)
    assert "secret" not in str(caught.value)
    assert not [path for path in (folder.parent / "out").iterdir() if "part-00001" in path.name]
    result = task.run(extract(batch_size=4))
    assert len({row["source"] for row in read_documents(result)}) == result["succeeded"] == 12
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 3


def test_a_full_disk_of_the_worker_loses_nothing(extract, folder, task, monkeypatch) -> None:
    fill(folder, 4)
    with monkeypatch.context() as patched:

        def add(self: Any, row: Any) -> None:
            raise OSError(28, "No space left on device")

        patched.setattr(JsonLines, "add", add)
        with pytest.raises(AirflowException, match=r"No space left on device.* a retry reads them again"):
            task.run(extract())
    assert task.run(extract())["succeeded"] == 4
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


def test_a_file_that_cannot_be_read_is_a_row_and_a_store_that_is_away_is_not(
    extract, folder, task, monkeypatch
) -> None:
    fill(folder, 5)
    really, troubles = LocalFileSystem._open, {"0001.txt": PermissionError(13, "Permission denied")}

    def opened(self: Any, path: str, *args: Any, **given: Any) -> Any:
        if error := troubles.get(Path(path).name):
            raise error
        return really(self, path, *args, **given)

    monkeypatch.setattr(LocalFileSystem, "_open", opened)
    troubles["0002.txt"] = ConnectionError("reset")
    with pytest.raises(AirflowException, match=r"0002\.txt' cannot be read \(ConnectionError\)"):
        task.run(extract())
    assert extract.extend.requests("POST", "/extract_runs/batch") == []
    del troubles["0002.txt"]
    with pytest.raises(AirflowException, match=r"1 UNREADABLE.*A retry sends 1"):
        task.run(extract())
    troubles.clear()
    result = task.run(extract())
    assert result["succeeded"] == len(list(read_documents(result))) == 5


def test_a_path_may_be_airflows_own_object(extract, folder, task, new_task) -> None:
    paths = fill(folder, 3)
    given = ObjectStoragePath(f"file://{folder}")
    assert task.run(extract(documents=given))["documents"] == 3
    other = {"output_path": f"file://{folder.parent}/other"}
    listed = [ObjectStoragePath(f"file://{path}") for path in paths[:2]] + [paths[2]]
    assert new_task().run(extract(documents=listed, **other))["succeeded"] == 3


def test_a_deferred_task_waits_for_the_runs_of_a_batch_whose_id_was_lost(
    extract, folder, task, dies_at
) -> None:
    fill(folder, 20)
    dies_at(task, extract(batch_size=10), "/extract_runs/batch", "after")
    extract.extend.control("POST", "/settings", {"run_seconds": 0.5})
    result, _ = run_deferred(task, lambda: extract(batch_size=10, deferrable=True, batches_in_flight=1))
    assert result["succeeded"] == 20
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 2


def test_the_events_of_assets_name_the_documents(extract, folder, task) -> None:
    fill(folder, 3)
    asset = SimpleNamespace(uri=f"file://{folder}/0000.txt")
    more = {"documents": [f"file://{folder}/0001.txt", f"file://{folder}/0002.txt"]}
    events = [SimpleNamespace(extra=extra, asset=asset) for extra in (more, {}, {"documents": asset.uri})]
    operator = extract(documents=None)
    execute = operator.execute
    operator.execute = lambda context: execute(context | {"triggering_asset_events": {"an asset": events}})
    assert task.run(operator)["succeeded"] == 3


def test_a_trigger_that_fails_costs_no_retry(extract, folder, task) -> None:
    fill(folder, 4)
    with pytest.raises(TaskDeferred):
        task.run(extract(deferrable=True))
    failed = {"error": "Trigger failure", "traceback": []}
    try:
        value = extract(deferrable=True).resume_execution("__fail__", failed, task.context)
    except TaskDeferred as away:
        value = extract(deferrable=True).resume_execution(
            away.method_name, {"event": fire(away)}, task.context
        )
    assert value["succeeded"] == 4


def test_the_deadline_leaves_what_is_at_extend(extract, folder, task) -> None:
    fill(folder, 4)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(
        AirflowException, match="It is too late: 0 of 4 documents done; 4 at Extend"
    ) as caught:
        task.run(extract(timeout=1))
    assert not isinstance(caught.value, AirflowFailException)
    extract.extend.control("POST", "/settings", {"clock_speed": 1000})
    assert task.run(extract())["succeeded"] == 4
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


def test_a_task_that_is_told_to_end_stops_at_its_next_step(extract, folder, task) -> None:
    fill(folder, 4)
    operator = extract()
    operator.on_kill()
    with pytest.raises(AirflowException, match="told to end"):
        task.run(operator)
    assert extract.extend.requests("POST", "/extract_runs/batch") == []
    assert task.run(extract())["succeeded"] == 4


def test_state_that_is_gone_is_never_paid_for_again(extract, folder, task) -> None:
    fill(folder, 4)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowException):
        task.run(extract(timeout=1))
    shutil.rmtree(folder.parent / "out")
    with pytest.raises(AirflowFailException, match="that is gone"):
        task.run(extract())
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"send": "mail"}, "send is 'mail'"),
        ({"on_partial": 1.5}, "on_partial is 1.5"),
        ({"on_partial": True}, "on_partial is True"),
        ({"on_empty": "x"}, "on_empty is 'x'"),
        ({"on_clear": "x"}, "on_clear is 'x': expected 'anew' or 'go_on'"),
        ({"batch_size": 1001}, "batch_size is 1001: expected a whole number from 1 to 1000"),
        ({"batches_in_flight": 0}, "batches_in_flight is 0"),
        ({"files_per_minute": 0}, "files_per_minute is 0"),
        ({"timeout": -1}, "timeout is -1"),
        ({"output_format": "csv"}, "output_format is 'csv'"),
        ({"output_path": ""}, "output_path is ''"),
        ({"metadata": {"airflow_input": 1}}, "metadata has airflow_input"),
        ({"priority": 101}, "priority is 101"),
        ({"extractor_id": None}, "extractor_id is None"),
        ({"documents": 7}, "documents is a int"),
        ({"documents": [{"text": "a", "metadata": {"on": date(2026, 1, 1)}}]}, "what JSON does not know"),
        ({"documents": ["no such thing"]}, r"documents\[0\] is a text of 13 characters"),
        ({"documents": [{"path": "/a", "metadata": 1}]}, r"metadata of documents\[0\]"),
        ({"send": "url"}, "makes no signed addresses"),
        ({"output_path": "nowhere://a/b"}, "is in no store that is known here"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(extract, folder, task, given, said) -> None:
    fill(folder, 1)
    with pytest.raises(AirflowFailException, match=said):
        task.run(extract(**given))
    assert extract.extend.requests("POST") == []


def test_what_is_written_for_xcom_stays_small(extract, folder, task) -> None:
    fill(folder, 60)
    result = task.run(extract(batch_size=1, batches_in_flight=20))
    assert len(json.dumps(result)) < 1000
    assert task.xcoms["spent"] == {"runs": 60, "credits": result["credits"], "unknown": 0}


def test_a_mapped_task_for_each_chunk_has_a_folder_of_its_own(extract, folder, new_task) -> None:
    fill(folder, 6)
    results = []
    for index, chunk in enumerate(("000[0-2].txt", "000[3-5].txt")):
        task = new_task()
        task.map_index = index
        given = {
            "documents": f"file://{folder}/{chunk}",
            "output_path": f"file://{folder.parent}/out/{index}",
        }
        results.append(task.run(extract(**given)))
    sources = [row["source"] for result in results for row in read_documents(result)]
    assert sorted(Path(source).name for source in sources) == [f"{n:04d}.txt" for n in range(6)]


def test_results_below_the_prefix_are_no_documents(extract, folder, task) -> None:
    fill(folder, 3)
    result = task.run(extract(documents=f"file://{folder.parent}"))
    assert result["documents"] == 3
    task.clear()
    assert task.run(extract(documents=f"file://{folder.parent}"))["documents"] == 3


def test_where_nothing_can_be_sent_no_batch_is_started(extract, folder, task) -> None:
    for number in range(3):
        (folder / f"{number}.pdf").touch()
    result = task.run(extract(on_partial="succeed", batch_size=2))
    assert (result["documents"], result["failed"], result["failures"]) == (3, 3, {"EMPTY_FILE": 3})
    assert extract.extend.requests("POST") == []


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a batch that has ended look otherwise."""

    def change(how: Any) -> None:
        def looked(client: Any, kind: str, *args: Any) -> Any:
            run = look_up(client, kind, *args)
            return how(run) if run.ended else run

        monkeypatch.setattr(_document_batches, "look_up", looked)

    return change


def test_a_document_whose_run_is_not_listed_is_told_and_not_sent_again(extract, folder, task, seen) -> None:
    fill(folder, 4)
    seen(lambda run: replace(run, members=run.members[1:]))
    result = task.run(extract(on_partial="succeed"))
    assert (result["succeeded"], result["failures"]) == (3, {"NOT_LISTED": 1})
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


def test_a_run_that_a_list_missed_once_is_found(extract, folder, task, seen) -> None:
    fill(folder, 4)
    looks: list[Any] = []

    def missed(run: Any) -> Any:
        looks.append(run)
        return replace(run, members=run.members[1:] if len(looks) == 1 else run.members[:3])

    seen(missed)
    assert task.run(extract())["succeeded"] == 4
    assert len(looks) == 2


def test_a_run_that_moves_in_a_batch_that_has_failed_is_waited_for(extract, folder, task, seen) -> None:
    fill(folder, 3)
    looks: list[Any] = []

    def moves(run: Any) -> Any:
        looks.append(run)
        first, *others = run.members
        moving = replace(first, status="PROCESSING", outcome=None)
        return replace(
            run, status="FAILED", outcome="failed", members=(moving if len(looks) < 3 else first, *others)
        )

    seen(moves)
    assert task.run(extract())["succeeded"] == 3
    assert len(looks) == 3


def test_a_run_that_never_ends_costs_the_others_nothing(extract, folder, task, seen) -> None:
    """Of a batch that has failed as a whole; the local Extend shows the run as it is, and it is read as that."""
    fill(folder, 3)
    seen(moving_on)
    result = task.run(extract(on_partial="succeed", timeout=1))
    assert result["documents"] == 3
    assert result["succeeded"] == 3


def moving_on(run: Any) -> Any:
    first, *others = run.members
    moving = replace(first, status="PROCESSING", outcome=None)
    return replace(run, status="FAILED", outcome="failed", members=(moving, *others))


def test_a_batch_that_fails_as_a_whole_is_told_for_each_of_its_documents(extract, folder, task, seen) -> None:
    fill(folder, 4)
    seen(lambda run: replace(run, status="FAILED", outcome="failed", members=()))
    with pytest.raises(AirflowFailException, match=r"4 of 4 documents did not succeed \(4 BATCH_FAILED\)"):
        task.run(extract())


def test_a_run_that_was_deleted_meanwhile_is_told(extract, folder, task, seen) -> None:
    fill(folder, 3)

    def deleted(run: Any) -> Any:
        extract.extend.send("DELETE", f"/extract_runs/{run.members[0].id}")
        return run

    seen(deleted)
    assert task.run(extract(on_partial="succeed"))["failures"] == {"NOT_LISTED": 1}


def test_a_result_that_is_too_large_is_a_row_with_its_reason(extract, folder, task, monkeypatch) -> None:
    fill(folder, 3)
    first = []

    def whole(client: Any, run: Any) -> Any:
        if not first:
            first.append(run.id)
            raise as_airflow(ExtendResultTooLarge("The result has more than 256 MB: it was not read."))
        return run

    monkeypatch.setattr(_document_batches, "whole", whole)
    result = task.run(extract(on_partial=0.6))
    [row] = read_failures(result)
    assert (row["run_id"], row["failure"]) == (first[0], "RESULT_TOO_LARGE")


def test_a_link_that_leads_nowhere_is_a_row_and_the_others_are_written(
    extract, folder, task, monkeypatch
) -> None:
    fill(folder, 4)
    troubles = [
        ExtendAnswerError("The link leads to no JSON.", status=200),
        ExtendHostNotAllowed("Not followed."),
    ]

    def whole(client: Any, run: Any) -> Any:
        if troubles:
            raise as_airflow(troubles.pop())
        return run

    monkeypatch.setattr(_document_batches, "whole", whole)
    result = task.run(extract(on_partial="succeed"))
    assert (result["succeeded"], result["failures"]) == (2, {"RESULT_UNREADABLE": 2})
    assert {row["message"] for row in read_failures(result)} == {
        "The link leads to no JSON.",
        "Not followed.",
    }


def test_a_batch_that_cannot_be_looked_at_does_not_keep_the_others_from_being_written(
    extract, folder, task, monkeypatch
) -> None:
    fill(folder, 4)

    def looked(client: Any, kind: str, batch_id: str, *args: Any) -> Any:
        if batch_id == batches[0]:
            raise as_airflow(ExtendHostNotAllowed("Not asked."))
        return look_up(client, kind, batch_id, *args)

    really, batches = Ledger.note_receipt, []

    def note(self: Any, batch: int, receipt: Any) -> None:
        batches.append(receipt["id"])
        really(self, batch, receipt)

    monkeypatch.setattr(Ledger, "note_receipt", note)
    with monkeypatch.context() as patched:
        patched.setattr(_document_batches, "look_up", looked)
        with pytest.raises(AirflowFailException, match=r"Not asked\."):
            task.run(extract(batch_size=2))
    assert [path.name for path in (folder.parent / "out").glob("part-*")] == ["part-00001.jsonl"]


def test_what_else_goes_wrong_while_results_are_read_fails_the_try(extract, folder, task) -> None:
    fill(folder, 3)
    extract.extend.fault(method="GET", path="^/extract_runs/", status=500, times=100)
    with pytest.raises(AirflowException) as caught:
        task.run(extract())
    assert not isinstance(caught.value, AirflowFailException)
    extract.extend.control("DELETE", "/faults")
    assert task.run(extract())["succeeded"] == 3
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 1


@pytest.mark.parametrize("signs", ["https", "http"])
@pytest.mark.parametrize("send", ["auto", "url", "upload"])
def test_how_a_document_gets_to_extend(extract, folder, task, monkeypatch, send, signs) -> None:
    """By an address where its store makes one, by `auto` only where everybody can reach it."""
    for path in fill(folder, 3):
        extract.extend.upload(
            path.read_bytes(), path.name
        )  # the local Extend knows an address by its last part
    before = len(extract.extend.requests("POST", "/files/upload"))

    def sign(self: Any, path: str, expiration: int, **given: Any) -> str:
        assert expiration == 600
        return f"{signs}://bucket.example.com{path}?X-Amz-Signature=secret"

    monkeypatch.setattr(LocalFileSystem, "sign", sign)
    result = task.run(extract(send=send, link_seconds=600))
    assert result["succeeded"] == 3
    by_address = send == "url" or (send == "auto" and signs == "https")
    assert len(extract.extend.requests("POST", "/files/upload")) - before == (0 if by_address else 3)
    assert "secret" not in json.dumps([*read_documents(result)])


@pytest.mark.parametrize("send", ["auto", "url"])
def test_a_store_that_cannot_sign_says_so_in_its_own_way(extract, folder, task, monkeypatch, send) -> None:
    fill(folder, 2)

    def sign(self: Any, path: str, expiration: int, **given: Any) -> str:
        raise AttributeError("you need a private key, and not hunter2")

    monkeypatch.setattr(LocalFileSystem, "sign", sign)
    if send == "auto":
        assert task.run(extract(send=send))["succeeded"] == 2
    else:
        with pytest.raises(AirflowFailException, match="makes no signed addresses") as caught:
            task.run(extract(send=send))
        assert "hunter2" not in str(caught.value)


def test_what_extend_refuses_as_it_is_uploaded_is_a_row(extract, folder, task) -> None:
    fill(folder, 2)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    result = task.run(extract(on_partial="succeed"))
    assert (result["succeeded"], result["failures"]) == (2, {"CORRUPT_FILE": 1})


def test_an_upload_that_extend_does_not_answer_fails_the_try_and_what_was_uploaded_stands(
    extract, folder, task
) -> None:
    for path in fill(folder, 6):
        path.write_text(path.read_text() + path.name * int(path.stem))  # each of another size
    extract.extend.fault(method="POST", path="^/files/upload", status=500, times=100)
    with pytest.raises(AirflowException):
        task.run(extract())
    extract.extend.control("DELETE", "/faults")
    assert task.run(extract())["succeeded"] == 6


def test_a_file_that_breaks_off_while_it_is_read_is_a_row(extract, folder, task, monkeypatch) -> None:
    for path in fill(folder, 3):
        path.write_text(path.read_text() + path.name * int(path.stem))
    really = _document_files.Guarded.read

    def read(self: Any, size: int = -1) -> bytes:
        if self._stream.path.endswith("0001.txt"):
            return self._watched(breaks)
        return really(self, size)

    def breaks() -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(_document_files.Guarded, "read", read)
    with pytest.raises(AirflowException, match=r"1 UNREADABLE.*A retry sends 1"):
        task.run(extract())


def test_classifying_splitting_and_parsing_by_an_operator_each(api, folder, new_task) -> None:
    extend = api(V26)
    fill(folder, 2)
    classes = [{"id": "a", "type": "invoice", "description": "An invoice"}]
    config = {"classifications": classes}
    classifier = extend.send("POST", "/classifiers", json={"name": "C", "config": config})["id"]
    config = {"splitClassifications": classes}
    splitter = extend.send("POST", "/splitters", json={"name": "S", "config": config})["id"]
    for number, (operator, given) in enumerate(
        [
            (ExtendClassifyDocumentsOperator, {"classifier_id": classifier}),
            (ExtendSplitDocumentsOperator, {"splitter_id": splitter, "version": "draft"}),
            (ExtendParseDocumentsOperator, {"config": {"target": "markdown"}}),
        ]
    ):
        made = operator(
            task_id="task",
            documents=f"file://{folder}",
            output_path=f"file://{folder.parent}/{number}",
            poll_interval=0.05,
            **given,
        )
        result = new_task().run(made)
        assert result["succeeded"] == 2
        assert all(row["output"] for row in read_documents(result))


def test_texts_go_through_a_workflow_of_the_older_versions(api, folder, task) -> None:
    extend = api(V24)
    workflow = extend.send("POST", "/workflows", json={"name": "W"})["id"]
    given = {"task_id": "task", "workflow_id": workflow, "output_path": f"file://{folder}/out"}
    with pytest.raises(AirflowFailException, match="priority is given"):
        task.run(ExtendRunWorkflowDocumentsOperator(**given, documents=[{"text": "Total: 1"}], priority=1))
    made = ExtendRunWorkflowDocumentsOperator(**given, documents=[{"text": "Total: 1"}], poll_interval=0.05)
    assert task.run(made)["succeeded"] == 1


def test_a_wait_that_goes_wrong_in_the_triggerer_pauses_before_the_next(extract, folder, task) -> None:
    fill(folder, 2)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(TaskDeferred):
        task.run(extract(deferrable=True))
    operator = extract(deferrable=True, poll_interval=45.0)
    kinds = [{"event": {"event": "error", "kind": "extract_batch"}}, {"event": {"event": "ended"}}, None]
    for next_kwargs in kinds:
        began = time.time()
        with pytest.raises(TaskDeferred) as caught:
            operator.resume_execution("execute_complete", next_kwargs, task.context)
        pause = caught.value.trigger.serialize()[1]["not_before"] - began
        assert 40 < pause < 60
        operator = extract(deferrable=True, poll_interval=45.0)
    timeout = TaskDeferralTimeout("late")

    def late(*args: Any, **given: Any) -> Any:
        raise timeout

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseOperator, "resume_execution", late)
        with pytest.raises(TaskDeferred):
            operator.resume_execution("execute_complete", None, task.context)
