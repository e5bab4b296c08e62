"""What reaches XCom."""

import json
import logging
from dataclasses import replace

import pytest
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_extend.api.errors import ExtendInputError, ExtendStorageError
from airflow_provider_extend.api.runs import read_run
from airflow_provider_extend.fingerprints import file_ids, of, of_items
from airflow_provider_extend.results import (
    OUTPUT_KEY,
    RAW_KEY,
    check_push_limit,
    push_run,
    read_output,
    result_of_run,
)

LIMIT = 48 * 1024
KEYS = [
    "id", "kind", "status", "outcome", "api_version", "url", "metrics_from", "metrics", "counts", "source",
    "source_id", "processor_id", "processor_version_id", "usage", "files", "config_fingerprint",
    "items_fingerprint",
]  # fmt: skip


class Pushed(dict):
    """Stands for a task instance."""

    def xcom_push(self, key, value):
        self[key] = json.loads(json.dumps(value))


@pytest.fixture
def ti():
    return Pushed()


def run_2024(example, **changes):
    body = example("2024-12-23.batch_processor_run.extract")["batchProcessorRun"]
    return read_run("batch_processor_run", "2024-12-23", {**body, **changes})


def large(fields, **changes):
    """A run with a score for each of many fields, and its size as JSON is known to be above the limit."""
    body = {
        "object": "evaluation_set_run",
        "id": "bpr_1",
        "status": "PROCESSED",
        "metrics": {
            "type": "EXTRACT",
            "accuracy": 0.9,
            "numFilesTotal": 4,
            "numFilesProcessed": 4,
            "p95LatencyMs": 12,
            "fieldMetrics": {
                f"field_{number:05}": {"countExpected": 4, "countAccurate": 3} for number in range(fields)
            },
        },
        **changes,
    }
    return read_run("evaluation_set_run", "2026-02-09", body)


def test_the_contract_of_a_2024_run(example):
    assert result_of_run(run_2024(example)) == {
        "id": "bpr_1234",
        "kind": "batch_processor_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": "2024-12-23",
        "url": None,
        "metrics_from": "batch_processor_run",
        "metrics": {
            "latency.mean_ms": 1500.0,
            "extract.fields.invoice_number.recall": 0.985,
            "extract.fields.invoice_number.precision": 0.992,
            "extract.fields.invoice_number.confidence": 0.95,
            "extract.fields.invoice_date.recall": 0.951,
            "extract.fields.invoice_date.precision": 0.973,
            "extract.fields.invoice_date.confidence": 0.92,
        },
        "counts": {},
        "source": "STUDIO",
        "source_id": "dp_5678",
        "processor_id": "dp_5678",
        "processor_version_id": "dpv_91011",
        "usage": None,
        "files": None,
        "config_fingerprint": None,
        "items_fingerprint": None,
    }


def test_the_contract_of_a_2026_run(example):
    run = read_run("evaluation_set_run", "2026-02-09", example("2026-02-09.evaluation_set_run.splitter"))
    result = result_of_run(run)
    assert list(result) == KEYS
    assert result["counts"] == {"coverage": [10, 10], "split.recall": [8, 9], "split.precision": [8, 10]}
    assert result["files"] == [10, 10]
    assert result["metrics_from"] == "evaluation_set_run"
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_run_that_failed_has_the_same_keys(status):
    result = result_of_run(read_run("batch_processor_run", "2025-04-21", {"id": "bpr_1", "status": status}))
    assert list(result) == KEYS
    assert (result["outcome"], result["metrics"], result["metrics_from"]) == (status.lower(), {}, None)


def test_links_in_the_usage_lose_their_query_and_the_link_of_the_run_its_signature(example):
    run = run_2024(
        example,
        usage={"invoice": "https://x.example.com/i?sig=abc"},
        url="https://d.example.com/r?token=abc&runId=1",
    )
    result = result_of_run(run)
    assert "abc" not in json.dumps(result)
    assert result["usage"] == {"invoice": "https://x.example.com/i"}
    assert result["url"] == "https://d.example.com/r?runId=1", "which of a page is meant"


def test_beyond_48_kilobytes_only_aggregates_are_kept():
    result = result_of_run(large(2000))
    assert result["truncated"] is True
    assert list(result) == [*KEYS, "truncated"]
    assert result["metrics"] == {"extract.accuracy": 0.9, "coverage": 1.0, "latency.p95_ms": 12.0}
    assert result["counts"] == {"coverage": [4, 4]}
    assert len(json.dumps(result)) < LIMIT


def test_below_48_kilobytes_nothing_is_left_out():
    result = result_of_run(large(100))
    assert "truncated" not in result
    assert len(result["metrics"]) == 103


def test_the_limit_is_48_kilobytes_of_json():
    sizes = {}
    for fields in range(300, 700, 10):
        whole = result_of_run(large(fields), limit=None)
        size = len(json.dumps(whole).encode())
        sizes[size] = "truncated" in result_of_run(large(fields))
    assert min(sizes) < LIMIT < max(sizes)
    assert all(truncated is (size > LIMIT) for size, truncated in sizes.items())


def test_without_a_limit_nothing_is_left_out():
    result = result_of_run(large(2000), limit=None)
    assert "truncated" not in result
    assert len(result["metrics"]) == 2003


# --- what is pushed --------------------------------------------------------------------------------------


def pushed(ti, run, path=None):
    return push_run({"ti": ti}, run, path, logging.getLogger("task"), {RAW_KEY: dict(run.raw)})


def test_the_apis_own_answer_is_pushed_with_its_percents(example, ti):
    result = pushed(ti, run_2024(example))
    assert set(ti) == {"batch_processor_run"}
    assert ti["batch_processor_run"] == example("2024-12-23.batch_processor_run.extract")["batchProcessorRun"]
    assert ti["batch_processor_run"]["metrics"]["fieldMetrics"]["invoice_number"]["recallPerc"] == 98.5
    assert result == result_of_run(run_2024(example))


def test_signed_links_are_pushed_without_their_query(example, ti):
    run = run_2024(example, files=[{"presignedUrl": "https://s3.example.com/a.pdf?X-Amz-Signature=abc"}])
    pushed(ti, run)
    assert ti["batch_processor_run"]["files"] == [{"presignedUrl": "https://s3.example.com/a.pdf"}]
    assert run.raw["files"][0]["presignedUrl"].endswith("=abc"), "the run itself is left as it is"


def test_a_signed_link_inside_a_message_is_pushed_without_its_query(example, ti):
    run = run_2024(example, failureMessage="no answer from https://s3.example.com/a.pdf?X-Amz-Signature=abc.")
    pushed(ti, run)
    assert "Signature" not in json.dumps(ti)


def test_what_xcom_cannot_hold_is_left_out_with_a_line_in_the_log(ti, caplog):
    result = pushed(ti, large(2000))
    assert ti == {}
    assert result["truncated"] is True
    assert "batch_processor_run is too large for XCom" in caplog.text
    assert "set output_path" in caplog.text
    assert "aggregates only" in caplog.text


def test_an_output_path_gets_all_of_it(ti, tmp_path, caplog):
    path = tmp_path / "run.json"
    pushed(ti, large(2000), f"file://{path}")
    kept = json.loads(path.read_text())
    assert len(kept["evaluation_set_run"]["metrics"]["fieldMetrics"]) == 2000
    assert len(kept["result"]["metrics"]) == 2003
    assert ti == {}
    assert str(path) in caplog.text


def test_an_output_path_gets_signed_links_without_their_query(example, ti, tmp_path):
    path = tmp_path / "run.json"
    pushed(ti, run_2024(example, extra="https://s3.example.com/a?sig=abc"), f"file://{path}")
    assert "abc" not in path.read_text()
    assert set(ti) == {"batch_processor_run"}


def test_folders_of_an_output_path_are_made(example, ti, tmp_path):
    for path in (f"{tmp_path}/a/b/run.json", f"file://{tmp_path}/c/d/run.json"):
        pushed(ti, run_2024(example), path)
    assert [len(list(tmp_path.glob(f"{name}/*/run.json"))) for name in "ac"] == [1, 1]


def test_a_store_is_written_to_as_it_is(example, ti, monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    made = []
    for name in ("mkdir", "makedirs"):
        monkeypatch.setattr(MemoryFileSystem, name, lambda self, path, **_: made.append(path))
    attach("memory", fs=MemoryFileSystem())
    pushed(ti, run_2024(example), "memory://bucket/a/run.json")
    assert made == []
    (written,) = MemoryFileSystem.store.values()
    assert json.loads(written.getvalue())["result"]["id"] == "bpr_1234"


def test_a_path_that_cannot_be_written_does_not_lose_the_result_of_a_run(example, ti, tmp_path, caplog):
    (tmp_path / "file").touch()
    path = f"file://{tmp_path}/file/run.json"
    result = pushed(ti, run_2024(example), path)
    assert result["id"] == "bpr_1234"
    assert set(ti) == {"batch_processor_run"}
    assert f"{path} cannot be written" in caplog.text


def test_a_store_that_airflow_does_not_know_is_named(example, ti, caplog):
    path = "nowhere://bucket/run.json"
    pushed(ti, run_2024(example), path)
    assert f"{path} cannot be written (ValueError; is a provider" in caplog.text
    assert "a store for nowhere:// installed?" in caplog.text


# --- fingerprints ----------------------------------------------------------------------------------------


def test_a_fingerprint_does_not_depend_on_the_order_of_keys():
    assert of({"a": 1, "b": [1, 2]}) == of({"b": [1, 2], "a": 1})
    assert of({"a": 1}) != of({"a": 2})
    assert of([1, 2]) != of([2, 1])
    # printf '{"a":"ü"}' | sha256sum
    assert of({"a": "ü"}) == "fd621823002706e24604cb868a9f4f8850d6f01fb5040d49ba050482e1472437"


def test_items_are_the_same_in_any_order_and_others_where_something_else_is_expected():
    one = {"id": "evi_1", "expectedOutput": {"value": {"total": 1, "number": "A"}}}
    two = {"id": "evi_2", "expectedOutput": {"value": {"total": 2, "number": "B"}}, "updatedAt": "today"}
    turned = {"id": "evi_1", "expectedOutput": {"value": {"number": "A", "total": 1}}}
    assert of_items([one, two]) == of_items([{**two, "updatedAt": "later"}, turned])
    assert of_items([one, two]) != of_items([one])
    assert of_items([one, two]) != of_items(
        [one, {**two, "expectedOutput": {"value": {"total": 3, "number": "B"}}}]
    )
    swapped = [{**one, "id": "evi_2"}, {**two, "id": "evi_1"}]
    assert of_items([one, two]) != of_items(swapped)


@pytest.mark.parametrize(
    ("item", "ids"),
    [
        ({"fileId": "f"}, ["f"]),
        ({"file": {"id": "f"}}, ["f"]),
        ({"file": None, "files": [{"id": "a"}, {"id": "b"}]}, ["a", "b"]),
        ({"file": "f", "files": [None, {"id": 3}]}, []),
        ({}, []),
    ],
)
def test_files_of_an_item_in_the_form_of_any_version(item, ids):
    assert file_ids(item) == ids


def test_a_batch_that_extend_does_not_list_whole_is_told(ti, caplog):
    body = {"id": "bpr_1", "status": "PROCESSED", "runCount": 2}
    batch = read_run("extract_batch", "2026-02-09", body)
    member = read_run("extract_run", "2026-02-09", {"id": "exr_1", "status": "PROCESSED"})
    log = logging.getLogger("task")
    push_run({"ti": ti}, replace(batch, members=(member, replace(member, id="exr_2"))), None, log, {})
    assert not caplog.records
    push_run({"ti": ti}, replace(batch, members=(member,)), None, log, {})
    assert "Of the 2 runs of extract_batch bpr_1 Extend lists 1." in caplog.text


def test_an_output_that_xcom_cannot_hold_is_there_a_reference(ti, tmp_path):
    small, big = ({"chunks": [{"content": "x" * size}]} for size in (10, LIMIT))
    path = f"file://{tmp_path}/run.json"
    for output in (small, big):
        body = {"id": "pr_1", "status": "PROCESSED", "output": output}
        run = read_run("parse_run", "2026-02-09", body)
        push_run({"ti": ti}, run, path, logging.getLogger("t"), {OUTPUT_KEY: run.output})
        assert read_output(ti[OUTPUT_KEY]) == output
        assert len(json.dumps(ti[OUTPUT_KEY])) < LIMIT
    assert ti[OUTPUT_KEY]["stored_output"] | {"bytes": 0} == {
        "path": path,
        "kind": "parse_run",
        "api_version": "2026-02-09",
        "bytes": 0,
    }
    body = {"id": "pr_1", "status": "PROCESSED", "output": small}
    run = read_run("parse_run", "2026-02-09", body)
    for limit, referred in ((len(json.dumps(small)), False), (len(json.dumps(small)) - 1, True)):
        log = logging.getLogger("t")
        push_run({"ti": ti}, run, path, log, {OUTPUT_KEY: run.output}, push_limit=limit)
        assert ("stored_output" in ti[OUTPUT_KEY]) is referred
        assert read_output(ti[OUTPUT_KEY]) == small
    (tmp_path / "run.json").unlink()
    with pytest.raises(ExtendStorageError, match="cannot be read"):
        read_output(ti[OUTPUT_KEY])


@pytest.mark.parametrize("limit", [-1, LIMIT + 1, True, 1.0, None])
def test_a_limit_that_is_no_size_of_an_xcom_is_refused(limit):
    with pytest.raises(ExtendInputError, match=f"push_limit is {limit}"):
        check_push_limit(limit)
