"""Many documents: none is paid for twice and none is lost, whoever dies, comes between, or changes what he asks for."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.ledger import MANIFEST, Ledger
from airflow_provider_extend.documents.reader import read_documents, read_failures
from airflow_provider_extend.operators import _document_batches
from airflow_provider_extend.operators._document_batches import Batches
from airflow_provider_extend.operators._document_files import Files
from airflow_provider_extend.operators.documents import (
    ExtendParseDocumentsOperator,
    ExtendRunWorkflowDocumentsOperator,
)
from tests.airflow_names import AirflowException, AirflowFailException, TaskDeferred
from tests.operators.conftest import Died
from tests.operators.many import fill, fire


def runs_of(extend: Any) -> int:
    return len(extend.send("GET", "/extract_runs", params={"maxPageSize": 1000})["data"])


def sources_of(result: Any) -> list[str]:
    return [row["source"] for row in read_documents(result)]


def test_of_two_tasks_that_come_to_one_folder_at_a_time_one_is_refused(
    extract, folder, new_task, monkeypatch
) -> None:
    """The second comes while the first looks whose the folder is, and there is no result yet to know it by."""
    fill(folder, 4)
    first, second = new_task(), new_task()
    first.map_index, second.map_index = 0, 1
    really, looked = Folder.read, []

    def read(self: Any, name: str) -> Any:
        found = really(self, name)
        looked.extend([name] * (name == MANIFEST))
        if len(looked) == 2:  # the first time was to see whether it has ended already
            with pytest.raises(AirflowFailException, match=r"holds the results of another .*map_index 0"):
                second.run(extract())
        return found

    monkeypatch.setattr(Folder, "read", read)
    result = first.run(extract())
    assert len(looked) > 2
    assert len(set(sources_of(result))) == runs_of(extract.extend) == 4
    with pytest.raises(AirflowFailException, match="map_index 0"):
        second.run(extract())


def test_a_folder_without_documents_is_free_for_another_task(extract, folder, new_task) -> None:
    first, second = new_task(), new_task()
    first.map_index, second.map_index = 0, 1
    with pytest.raises(AirflowFailException, match="There is no document"):
        first.run(extract())
    fill(folder, 1)
    assert second.run(extract())["succeeded"] == 1


@pytest.mark.parametrize("below_3_3", [False, True], ids=["with a store", "below 3.3"])
def test_state_that_is_gone_when_a_deferred_task_comes_back_is_not_paid_for_again(
    extract, folder, new_task, below_3_3
) -> None:
    fill(folder, 4)
    task = new_task(store=not below_3_3)
    with pytest.raises(TaskDeferred) as caught:
        task.run(extract(deferrable=True))
    event = fire(caught.value)
    shutil.rmtree(folder.parent / "out")
    with pytest.raises(AirflowFailException, match="that is gone"):
        extract(deferrable=True).resume_execution("execute_complete", {"event": event}, task.context)
    assert runs_of(extract.extend) == 4


def test_another_size_of_batches_pays_for_nothing_again(extract, folder, task) -> None:
    fill(folder, 6)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowException, match="too late"):
        task.run(extract(batch_size=4, batches_in_flight=1, timeout=1))
    extract.extend.control("POST", "/settings", {"clock_speed": 1000})
    assert task.run(extract(batch_size=2, batches_in_flight=5))["succeeded"] == 6
    assert runs_of(extract.extend) == 6


@pytest.mark.parametrize("below_3_3", [False, True], ids=["with a store", "below 3.3"])
def test_a_process_that_was_given_up_for_dead_and_the_next_try_pay_once(
    extract, folder, new_task, monkeypatch, below_3_3
) -> None:
    """Both upload the same batch; the older one thaws when the next try has ended, and harms nothing."""
    fill(folder, 6)
    task = new_task(store=not below_3_3)
    really, states = Files.make_ready, []

    def make_ready(self: Any, batch: int) -> Any:
        done = really(self, batch)
        states.append(batch)
        if len(states) == 1:
            task.run(extract(on_partial="succeed"))
        return done

    monkeypatch.setattr(Files, "make_ready", make_ready)
    with pytest.raises(AirflowException, match=r"Another process of this task has gone on|is gone"):
        task.run(extract(on_partial="succeed"))
    assert states == [0, 0]
    result = task.run(extract(on_partial="succeed"))
    assert result["succeeded"] == len(set(sources_of(result))) == runs_of(extract.extend) == 6


def test_two_processes_that_lay_out_at_a_time_send_the_same(extract, folder, task, monkeypatch) -> None:
    """One has listed a file more, and writes that down when the other's batch is at Extend."""
    fill(folder, 7)
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    really, begun = Ledger.begin, []

    def begin(self: Any, plan: Any, owner: Any) -> None:
        begun.append(plan["documents"])
        if len(begun) == 1:
            (folder / "0000.txt").unlink()
            with pytest.raises(AirflowException, match="too late"):
                task.run(extract(timeout=1))
            extract.extend.control("POST", "/settings", {"clock_speed": 1000})
        really(self, plan, owner)

    monkeypatch.setattr(Ledger, "begin", begin)
    result = task.run(extract())
    assert begun == [7, 6]
    rows = {Path(row["source"]).stem: row["output"]["value"]["number"] for row in read_documents(result)}
    assert rows == {f"{number:04d}": f"INV-{number}" for number in range(1, 7)}
    assert runs_of(extract.extend) == 6


def test_what_is_kept_and_gone_loses_no_row_silently(extract, folder, task) -> None:
    fill(folder, 6)
    given: dict[str, Any] = {"batch_size": 3, "batches_in_flight": 1, "on_partial": "succeed"}
    with pytest.raises(TaskDeferred):
        task.run(extract(deferrable=True, **given))
    [gone] = (folder.parent / "out").glob("_extend/*/batch-*-00001")
    kept = gone.read_text()
    gone.unlink()
    with pytest.raises(AirflowException, match=r"kept of batch 2 at .* is gone"):
        extract(**given).execute_complete(task.context, None)
    assert runs_of(extract.extend) == 3
    gone.write_text(kept)
    [plan] = (folder.parent / "out").glob("_extend/*/plan.json")
    plan.write_text(plan.read_text().replace('"documents": 6', '"documents": 8'))
    with pytest.raises(AirflowException, match="tells of 6 documents of 8"):
        extract(**given).execute_complete(task.context, None)
    assert len(list((folder.parent / "out").glob("part-*"))) == 2


def test_files_of_others_that_look_like_results_are_left_alone(extract, folder, task) -> None:
    fill(folder, 2)
    out = folder.parent / "out"
    out.mkdir()
    (out / "part-00000-spark.snappy.parquet").write_text("of others")
    assert task.run(extract())["succeeded"] == 2
    assert (out / "part-00000-spark.snappy.parquet").exists()
    (out / "_manifest.json").unlink()
    task.clear()
    with pytest.raises(AirflowFailException, match="no results of this package"):
        task.run(extract())
    assert (out / "part-00000.jsonl").exists()
    assert runs_of(extract.extend) == 2


def test_what_has_no_order_is_refused(extract, folder, task) -> None:
    paths = map(str, fill(folder, 2))
    for given, kind in ((set(paths), "set"), (iter(["file_1"]), "list_iterator")):
        with pytest.raises(AirflowFailException, match=f"documents is a {kind}"):
            task.run(extract(documents=given))
    assert runs_of(extract.extend) == 0


def test_what_is_at_extend_is_read_before_the_task_fails(extract, folder, task) -> None:
    """The second batch is refused for good; the first is paid for."""
    fill(folder, 8)
    extract.extend.control("POST", "/settings", {"run_seconds": 0.3})
    really = Batches.send

    def send(self: Any, batch: int) -> None:
        if batch == 1:
            extract.extend.fault(method="POST", path="^/extract_runs/batch", status=402, times=1)
        really(self, batch)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Batches, "send", send)
        with pytest.raises(AirflowFailException, match="402"):
            task.run(extract(batch_size=4))
    part = folder.parent / "out" / "part-00000.jsonl"
    assert len(part.read_text().splitlines()) == 4


def test_a_process_that_dies_while_it_reads_has_little_read_again(extract, folder, task, monkeypatch) -> None:
    fill(folder, 30)
    monkeypatch.setattr(_document_batches, "_NOTED", 5)
    really, reads = Batches._read, []

    def read(self: Any, listed: Any) -> Any:
        reads.append(listed.id)
        if next(numbers) == 12:  # of whichever thread
            raise Died
        return really(self, listed)

    monkeypatch.setattr(Batches, "_read", read)
    for _ in range(2):
        numbers = count(1)
        with pytest.raises(Died):
            task.run(extract())
    numbers = count(13)
    result = task.run(extract())
    rows = list(read_documents(result))
    assert len({row["source"] for row in rows}) == len({row["run_id"] for row in rows}) == len(rows) == 30
    assert all(row["output"]["value"]["number"] for row in rows)
    assert result["credits"] == sum(row["credits"] for row in rows)
    # What was under way at a time, and what was not noted yet.
    assert len(reads) <= 30 + 2 * (9 + 5)


def test_failures_of_before_are_not_left_where_a_retry_has_bettered_them(api, folder, task) -> None:
    extend = api("2026-02-09")
    fill(folder, 3)
    extend.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "OCR_ERROR"}})
    given = {
        "documents": f"file://{folder}",
        "output_path": f"file://{folder.parent}/out",
        "poll_interval": 0.05,
    }
    with pytest.raises(AirflowException, match="A retry sends 1"):
        task.run(ExtendParseDocumentsOperator(task_id="task", **given))
    result = task.run(ExtendParseDocumentsOperator(task_id="task", **given))
    assert (result["succeeded"], result["failed_path"]) == (3, None)
    assert list(read_failures(result)) == []
    assert len(set(sources_of(result))) == len(sources_of(result)) == 3


def test_a_clear_that_finds_no_document_leaves_the_results_of_before(extract, folder, task) -> None:
    fill(folder, 3)
    result = task.run(extract())
    folder.rename(folder.parent / "elsewhere")
    task.clear()
    with pytest.raises(AirflowFailException, match="There is no document"):
        task.run(extract())
    assert len(sources_of(result)) == 3


@pytest.mark.parametrize("version", ["2024-12-23", "2025-04-21", "2026-02-09"])
def test_why_the_run_of_a_workflow_failed_is_in_its_row(api, folder, task, version) -> None:
    """Its list does not say so."""
    extend = api(version)
    workflow = extend.send("POST", "/workflows", json={"name": "W"})["id"]
    fill(folder, 3)
    extend.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "INTERNAL_ERROR"}})
    made = ExtendRunWorkflowDocumentsOperator(
        task_id="task",
        workflow_id=workflow,
        documents=f"file://{folder}",
        output_path=f"file://{folder.parent}/out",
        poll_interval=0.05,
        on_partial="succeed",
    )
    result = task.run(made)
    assert result["failures"] == {"INTERNAL_ERROR": 1}
    assert [row["failure"] for row in read_failures(result)] == ["INTERNAL_ERROR"]


@pytest.mark.parametrize("deferred", [False, True], ids=["in the worker", "deferred"])
def test_runs_that_were_deleted_of_a_batch_whose_id_was_lost_are_told(
    extract, folder, task, dies_at, deferred
) -> None:
    fill(folder, 3)
    extract.extend.control("POST", "/settings", {"run_seconds": 0})
    dies_at(task, extract(), "/extract_runs/batch", "after")
    really = Batches.send

    def send(self: Any, batch: int) -> None:
        really(self, batch)
        for run in extract.extend.send("GET", "/extract_runs")["data"]:
            extract.extend.send("DELETE", f"/extract_runs/{run['id']}")

    given = {"on_partial": "succeed", "deferrable": deferred}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Batches, "send", send)
        patched.setattr(_document_batches, "LIST_LAG", 0.05)
        result = task.run(extract(**given))
    assert result["failures"] == {"NOT_LISTED": 3}


def test_two_addresses_that_differ_in_their_query_are_two_documents(extract, folder, task) -> None:
    """And what is in a query, which may be a key, is shown nowhere."""
    given = [f"https://example.com/get?id={number}&key=hidden" for number in (1, 2, 1)]
    extract.extend.upload(b"No: INV-1\nTotal: 1.00\n", "get")
    result = task.run(extract(documents=given, on_partial="succeed"))
    rows = list(read_documents(result))
    assert len({row["source"] for row in rows}) == len(rows) == 2
    assert all(row["source"].startswith("https://example.com/get?sha256=") for row in rows)
    written = "".join(path.read_text() for path in (folder.parent / "out").iterdir())
    assert "hidden" not in json.dumps(rows) + json.dumps(result) + written


def test_links_to_files_and_names_that_look_like_patterns_are_documents(extract, folder, task) -> None:
    [path] = fill(folder, 1)
    (folder / "link.txt").symlink_to(path)
    (folder / "a[1].txt").write_text("Total: 7.00\n")
    (folder / "nowhere.txt").symlink_to(folder / "gone")
    with pytest.raises(AirflowException, match=r"1 of 4 .*1 UNREADABLE"):
        task.run(extract())
    (folder / "nowhere.txt").unlink()
    (folder / "nowhere.txt").write_text("Total: 8.00\n")
    result = task.run(extract())
    names = sorted(Path(source).name for source in sources_of(result))
    assert names == ["0000.txt", "a[1].txt", "link.txt", "nowhere.txt"]


def test_a_name_that_looks_like_a_pattern_can_be_sent_by_itself(extract, folder, task) -> None:
    (folder / "a[1].txt").write_text("Total: 7.00\n")
    (folder / "a1.txt").write_text("Total: 8.00\n")
    result = task.run(extract(documents=[f"file://{folder}/a[1].txt"]))
    assert sources_of(result) == [f"file://{folder}/a[1].txt"]


def test_tasks_that_share_their_uploads_upload_a_document_once(extract, folder, new_task) -> None:
    fill(folder, 5)
    given = {"uploads_path": f"file://{folder.parent}/uploads"}
    first = new_task().run(extract(**given))
    ids = {row["file_id"] for row in read_documents(first)}
    again = {"output_path": f"file://{folder.parent}/again"}
    second = new_task().run(extract(**given, **again))
    assert {row["file_id"] for row in read_documents(second)} == ids
    assert len(extract.extend.requests("POST", "/files/upload")) == len(ids) == 5
    assert second["succeeded"] == 5


def test_what_a_process_left_half_done_is_gone_in_the_end(extract, folder, task) -> None:
    fill(folder, 3)
    out = folder.parent / "out"
    out.mkdir()
    extract.extend.control("POST", "/settings", {"run_seconds": 60})
    with pytest.raises(AirflowException, match="too late"):
        task.run(extract(timeout=1))
    for name in (".part-00000.jsonl.12ab34cd", "part-00007.jsonl", "._manifest.json.12ab34cd"):
        (out / name).write_text("{}")
    (out / "README").write_text("somebody else's")
    extract.extend.control("POST", "/settings", {"clock_speed": 1000})
    task.run(extract())
    assert sorted(path.name for path in out.iterdir()) == ["README", "_manifest.json", "part-00000.jsonl"]


def test_a_share_that_is_met_exactly_is_enough(extract, folder, task) -> None:
    """0.55 of 100 is more than 55 where it is multiplied."""
    operator = extract(on_partial=0.55)
    assert operator._enough(55, 100)
    assert not operator._enough(54, 100)


def test_what_is_enough_is_not_sent_again_by_who_comes_after_a_crash(api, folder, task, monkeypatch) -> None:
    extend = api("2026-02-09")
    fill(folder, 3)
    extend.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "OCR_ERROR"}})

    def make() -> ExtendParseDocumentsOperator:
        return ExtendParseDocumentsOperator(
            task_id="task",
            documents=f"file://{folder}",
            output_path=f"file://{folder.parent}/out",
            on_partial=0.5,
            poll_interval=0.05,
        )

    def dies(*args: Any) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(ExtendParseDocumentsOperator, "_ends", dies)
        with pytest.raises(Died):
            task.run(make())
    result = task.run(make())
    assert (result["succeeded"], result["failures"]) == (2, {"OCR_ERROR": 1})
    assert len(extend.requests("POST", "/parse_runs/batch")) == 1
    assert len(sources_of(result)) == 3
