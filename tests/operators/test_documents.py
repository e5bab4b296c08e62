"""Operators for many documents: found, sent once, written as rows, on a local Extend."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter

from airflow_provider_extend.documents.reader import read_documents, read_failures
from airflow_provider_extend.operators._document_batches import Batches
from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator
from tests.airflow_names import AirflowFailException, AirflowSkipException, TaskDeferred, import_string
from tests.operators.conftest import Died

V26 = "2026-02-09"


@pytest.fixture(autouse=True)
def no_napping(monkeypatch: pytest.MonkeyPatch) -> None:
    really = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: really(min(seconds, 0.02)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def fill(folder: Path, count: int, first: int = 0) -> list[Path]:
    paths = [folder / f"{number:04d}.txt" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        path.write_text(f"No: INV-{number}\nTotal: {number}.00\n")
    return paths


@pytest.fixture
def extract(api: Any, folder: Path) -> Any:
    extend = api(V26)
    processor = extend.processor()

    def make(**given: Any) -> ExtendExtractDocumentsOperator:
        defaults = {
            "documents": f"file://{folder}",
            "output_path": f"file://{folder.parent}/out",
            "extractor_id": processor,
            "poll_interval": 0.05,
        }
        return ExtendExtractDocumentsOperator(task_id="task", **{**defaults, **given})

    make.extend = extend  # type: ignore[attr-defined]
    return make


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
    assert row["run_id"] and row["batch_id"] and row["file_id"]
    assert len(extract.extend.requests("POST", "/extract_runs/batch")) == 3
    assert len(extract.extend.requests("POST", "/files/upload")) == 25
    assert not (folder.parent / "out" / "_extend").exists() or not list(
        (folder.parent / "out" / "_extend").iterdir()
    )


def fire(away: Any) -> dict[str, Any]:
    """The event of the trigger, rebuilt from what the database holds of it."""
    class_path, kwargs = away.trigger.serialize()
    trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)) | {"not_before": None})

    async def run() -> Any:
        async with asyncio.timeout(20):
            return [event.payload async for event in trigger.run()]

    (payload,) = asyncio.run(run())
    return json.loads(json.dumps(payload))


def run_deferred(task: Any, make: Any) -> tuple[Any, int]:
    """From the first process to the end, each resume in a process of its own. Returns the value, and how many."""
    with pytest.raises(TaskDeferred) as caught:
        task.run(make())
    away, count = caught.value, 1
    while True:
        event = fire(away)
        count += 1
        try:
            value = make().resume_execution(away.method_name, {"event": event}, task.context)
        except TaskDeferred as again:
            away = again
            continue
        return json.loads(json.dumps(value)), count


def test_a_deferred_task_comes_back_once_for_each_batch(extract, folder, task) -> None:
    fill(folder, 50)
    extract.extend.control("POST", "/settings", {"run_seconds": 0.3})
    result, processes = run_deferred(
        task, lambda: extract(batch_size=10, deferrable=True, batches_in_flight=2)
    )
    assert result["succeeded"] == 50
    assert 2 <= processes <= 6
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
    with pytest.raises(AirflowFailException, match="1 documents did not succeed"):
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


def test_the_folder_of_another_task_is_left_alone(extract, folder, task, new_task) -> None:
    fill(folder, 2)
    task.run(extract())
    other = new_task()
    other.map_index = 3
    with pytest.raises(AirflowFailException, match="holds the results of another task .*map_index -1"):
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
