"""The example of each family, as a user runs it, on documents that are as they should be and on others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.documents.reader import read_documents
from tests import moto_s3
from tests.airflow_names import DagBag
from tests.families import (
    CLASSES,
    INVOICE,
    LETTER,
    MANUAL,
    MORE_OF_IT,
    RECEIPT,
    extractor,
    pdf,
    picture,
    published,
    workflow,
)

#: Airflow's own API, which `dag.test()` runs in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


@pytest.fixture
def local(extend: Callable[[str], Any]) -> Any:
    made = extend(V26)
    made.emulator.control("POST", "/settings", {"run_seconds": 0.2})
    return made


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def runs(local: Any, kind: str) -> list[dict[str, Any]]:
    return list(local.emulator.control("GET", f"/runs?kind={kind}"))


def read(local: Any, run: dict[str, Any]) -> dict[str, Any]:
    return dict(local.emulator.control("GET", f"/runs/{run['id']}/outputs")[0]["output"])


def lines(results: Path, name: str) -> list[dict[str, Any]]:
    (path,) = results.glob(f"*/{name}")
    return [json.loads(line) for line in path.read_text().splitlines()]


def by_state(done: Any, *tasks: str) -> list[str]:
    return [done.states[task] for task in tasks]


# ------------------------------------------------------------------------------------------- extract from URLs

URLS = "extend_extract_urls"


def upload(local: Any, *paths: str) -> None:
    """What the local Extend finds behind an address that ends with the file's name."""
    for path in paths:
        local.send("POST", "/files/upload", files={"file": (Path(path).name, Path(path).read_bytes())})


def test_each_address_is_read_once_and_what_was_read_is_in_one_file(
    run_dag, local, results, tmp_path
) -> None:
    upload(
        local, pdf(tmp_path / "a.pdf", INVOICE), pdf(tmp_path / "b.pdf", ["Invoice No: INV-8", "Total: 3"])
    )
    urls = [f"https://files.example.com/2026/{name}.pdf" for name in "ab"]
    conf = {"extractor_id": extractor(local), "urls": urls, "results_dir": str(results)}
    done = run_dag(URLS, conf)
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    found = lines(results, "fields.jsonl")
    assert [row["fields"] for row in found] == [
        {"number": "INV-7", "total": 120.5},
        {"number": "INV-8", "total": 3},
    ]
    assert [row["run"] for row in found] == [run["id"] for run in by_index(runs(local, "extract_run"))]
    assert done.xcoms["collect"]["return_value"] == {"documents": 2, "unsure": 0}
    assert "INV-7" not in json.dumps(done.xcoms)


def by_index(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(made, key=lambda run: run["metadata"]["airflow_task"]["map_index"])


def test_an_address_that_leads_nowhere_fails_and_the_others_are_delivered(
    run_dag, local, results, tmp_path
) -> None:
    upload(local, pdf(tmp_path / "a.pdf", INVOICE))
    urls = ["https://files.example.com/gone.pdf", "https://files.example.com/a.pdf"]
    conf = {"extractor_id": extractor(local), "urls": urls, "results_dir": str(results)}
    done = run_dag(URLS, conf)
    assert done.state == "failed"
    assert by_state(done, "extract[0]", "extract[1]", "collect") == ["failed", "success", "failed"]
    assert [row["fields"]["number"] for row in lines(results, "fields.jsonl")] == ["INV-7"]
    assert sorted(run["status"] for run in runs(local, "extract_run")) == ["FAILED", "PROCESSED"]


def test_where_no_document_is_read_the_collection_says_so(run_dag, local, results) -> None:
    conf = {
        "extractor_id": "ex_gone",
        "urls": ["https://files.example.com/a.pdf"],
        "results_dir": str(results),
    }
    done = run_dag(URLS, conf)
    assert by_state(done, "extract[0]", "collect") == ["failed"] * 2
    assert not results.exists()
    assert runs(local, "extract_run") == []


# ------------------------------------------------------------------------------------------ classify then route

ROUTE = "extend_classify_route"


def route(run_dag: Any, local: Any, results: Path, document: str) -> Any:
    classifier = published(local, "classifiers", {"name": "C", "config": {"classifications": CLASSES}})
    extractors = {"invoice": extractor(local), "receipt": extractor(local, "Receipt")}
    conf = {"document": document, "classifier_id": classifier, "extractor_ids": extractors}
    return run_dag(ROUTE, conf | {"results_dir": str(results)})


@pytest.mark.parametrize(
    ("page", "taken", "left", "value"),
    [
        (INVOICE, "extract_invoice", "extract_receipt", {"number": "INV-7", "total": 120.5}),
        (RECEIPT, "extract_receipt", "extract_invoice", {"number": "9931", "total": 8}),
    ],
    ids=["invoice", "receipt"],
)
def test_a_document_goes_to_the_extractor_of_its_class(
    run_dag, local, results, tmp_path, page, taken, left, value
) -> None:
    done = route(run_dag, local, results, pdf(tmp_path / "1.pdf", page))
    assert done.state == "success"
    assert by_state(done, "classify", "route", taken, left, "ask_a_person") == [
        *["success"] * 3,
        *["skipped"] * 2,
    ]
    (path,) = results.glob("*.json")
    assert path.name.endswith(f".{taken.removeprefix('extract_')}.json")
    assert json.loads(path.read_text())["extract_run"]["output"]["value"] == value
    assert "Found:" not in json.dumps(done.xcoms)  # so begin the classifier's reasons


@pytest.mark.parametrize(
    "page",
    [LETTER, [*INVOICE[:3], *RECEIPT[:3]], ["Nothing that anybody knows"]],
    ids=["other", "unsure", "unknown"],
)
def test_what_nobody_is_sure_of_is_left_to_a_person(run_dag, local, results, tmp_path, page) -> None:
    done = route(run_dag, local, results, pdf(tmp_path / "1.pdf", page))
    assert done.state == "success"
    assert by_state(done, "ask_a_person", "extract_invoice", "extract_receipt") == [
        "success",
        *["skipped"] * 2,
    ]
    (run,) = runs(local, "classify_run")
    assert run["id"] in done.xcoms["ask_a_person"]["return_value"]
    assert runs(local, "extract_run") == []


def test_a_document_that_cannot_be_read_is_routed_nowhere(run_dag, local, results, tmp_path) -> None:
    done = route(run_dag, local, results, picture(tmp_path / "1.png"))
    assert done.state == "failed"
    assert by_state(done, "classify", "route", "ask_a_person") == ["failed", *["upstream_failed"] * 2]
    assert [run["status"] for run in runs(local, "classify_run")] == ["FAILED"]
    assert runs(local, "extract_run") == []


# ----------------------------------------------------------------------------------------------- split packets

PACKET = "extend_split_packet"


def packet(run_dag: Any, local: Any, results: Path, path: str) -> Any:
    splitter = published(local, "splitters", {"name": "S", "config": {"splitClassifications": CLASSES}})
    extractors = {"invoice": extractor(local), "receipt": extractor(local, "Receipt")}
    conf = {"packet": path, "splitter_id": splitter, "extractor_ids": extractors, "results_dir": str(results)}
    return run_dag(PACKET, conf)


def test_each_part_of_a_packet_is_extracted_by_the_extractor_of_its_type(
    run_dag, local, results, tmp_path
) -> None:
    done = packet(run_dag, local, results, pdf(tmp_path / "packet.pdf", INVOICE, MORE_OF_IT, LETTER, RECEIPT))
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    parts = done.xcoms["list_parts"]["return_value"]
    assert [(part["type"], part["startPage"], part["endPage"]) for part in parts] == [
        ("invoice", 1, 2),
        ("letter", 3, 3),
        ("receipt", 4, 4),
    ]
    made = by_index(runs(local, "extract_run"))
    assert [run["metadata"]["pages"] for run in made] == ["1-2", "4-4"]
    assert [read(local, run) for run in made] == [
        {"number": "INV-7", "total": 120.5},
        {"number": "9931", "total": 8},
    ]
    written = [json.loads(path.read_text())["extract_run"] for path in sorted(results.glob("*/*.json"))]
    assert [run["file"]["id"] for run in written] == [parts[0]["fileId"], parts[2]["fileId"]]
    assert [run["file"]["metadata"]["pageCount"] for run in written] == [2, 1]
    assert "9931" not in json.dumps(done.xcoms)


def test_a_packet_of_other_things_is_split_and_nothing_is_extracted(
    run_dag, local, results, tmp_path
) -> None:
    done = packet(run_dag, local, results, pdf(tmp_path / "packet.pdf", LETTER))
    assert done.state == "success"
    assert by_state(done, "to_extract", "extract") == ["success", "skipped"]
    assert runs(local, "extract_run") == []


def test_a_packet_that_cannot_be_read_fails(run_dag, local, results, tmp_path) -> None:
    done = packet(run_dag, local, results, picture(tmp_path / "packet.png"))
    assert done.state == "failed"
    assert by_state(done, "split", "list_parts", "extract") == ["failed", *["upstream_failed"] * 2]
    assert [run["status"] for run in runs(local, "split_run")] == ["FAILED"]


# --------------------------------------------------------------------------------------------- parse to chunks

CHUNKS = "extend_parse_chunks"


def test_documents_become_lines_of_chunks(run_dag, local, results, tmp_path) -> None:
    pdf(tmp_path / "a.pdf", MANUAL, ["# Disposal", "Bring it back."])
    (tmp_path / "b.txt").write_text("Plain words.\n")
    done = run_dag(CHUNKS, {"documents": str(tmp_path / "?.*"), "results_dir": str(results)})
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    found = lines(results, "chunks.jsonl")
    counts = done.xcoms["write_chunks"]["return_value"]
    assert [row["document"] for row in found] == ["a.pdf"] * counts[0] + ["b.txt"] * counts[1]
    assert len({row["id"] for row in found}) == len(found)
    of_manual = [(row["pages"]["start"], row["text"]) for row in found[: counts[0]]]
    assert [page for page, _ in of_manual] == [1, 1, 2]
    for (_, text), words in zip(of_manual, ("Turn the key.", "Wipe it.", "Bring it back."), strict=True):
        assert words in text
    assert "Plain words." in found[-1]["text"]
    assert "Wipe it" not in json.dumps(done.xcoms)


def test_a_document_that_cannot_be_parsed_holds_the_lines_back(run_dag, local, results, tmp_path) -> None:
    pdf(tmp_path / "a.pdf", MANUAL)
    picture(tmp_path / "b.png")
    done = run_dag(CHUNKS, {"documents": str(tmp_path / "?.p*"), "results_dir": str(results)})
    assert done.state == "failed"
    assert by_state(done, "parse[0]", "parse[1]", "write_chunks") == ["success", "failed", "upstream_failed"]
    assert list(results.glob("*/chunks.jsonl")) == []
    assert len(runs(local, "parse_run")) == 2


# ---------------------------------------------------------------------------------------- workflow with review

REVIEW = "extend_workflow_review"


@contextmanager
def a_person_reviews(local: Any, **review: Any) -> Iterator[None]:
    """In the dashboard, once the task has seen three times that its run waits."""
    failed: list[BaseException] = []
    over = threading.Event()

    def seen(run_id: str) -> int:
        asked = local.emulator.control("GET", f"/requests?method=GET&path=/workflow_runs/{run_id}$")
        return len(asked)

    def look() -> None:
        try:
            while not over.wait(0.05):
                waiting = [run for run in runs(local, "workflow_run") if run["status"] == "NEEDS_REVIEW"]
                if not waiting:
                    continue
                run_id, before = waiting[0]["id"], seen(waiting[0]["id"])
                while seen(run_id) < before + 2 and not over.wait(0.05):
                    pass
                local.emulator.control("POST", f"/workflow_runs/{run_id}/review", review)
                return
        except BaseException as error:
            failed.append(error)

    person = threading.Thread(target=look)
    person.start()
    try:
        yield
    finally:
        over.set()
        person.join(10)
    assert failed == []


def put_through(run_dag: Any, local: Any, results: Path, document: str) -> Any:
    conf = {"workflow_id": workflow(local), "document": document, "results_dir": str(results)}
    return run_dag(REVIEW, conf)


@pytest.mark.parametrize("version", [V26, V25, V24])
def test_what_a_person_approves_goes_on_with_what_the_person_has_put_right(
    run_dag, local, results, tmp_path, monkeypatch, version
) -> None:
    speak(local, version, monkeypatch)
    document = pdf(tmp_path / "claim.pdf", INVOICE)
    right = {"value": {"number": "INV-77", "total": 120.5}}
    with a_person_reviews(local, action="approve", edits={"fields": right}):
        done = put_through(run_dag, local, results, document)
    assert done.state == "success"
    assert by_state(done, "start", "review", "outcome", "decide", "approved", "rejected") == [
        *["success"] * 5,
        "skipped",
    ]
    (path,) = results.glob("*.json")
    written = json.loads(path.read_text())
    assert (written["result"]["api_version"], written["result"]["outcome"]) == (version, "succeeded")
    assert "INV-77" in path.read_text()
    assert list(done.xcoms["approved"]["return_value"].values()) == [2]
    assert "INV-77" not in json.dumps(done.xcoms)
    assert len(runs(local, "workflow_run")) == 1


def speak(local: Any, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The DAG's connection has this API version."""
    made = local.emulator.connection(version)
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(made))


def test_what_a_person_rejects_goes_the_other_way(run_dag, local, results, tmp_path) -> None:
    with a_person_reviews(local, action="reject", note="The total is Zyxomma"):
        done = put_through(run_dag, local, results, pdf(tmp_path / "claim.pdf", INVOICE))
    assert done.state == "success"
    assert by_state(done, "review", "outcome", "decide", "approved", "rejected") == [
        "skipped",
        *["success"] * 2,
        "skipped",
        "success",
    ]
    (run,) = runs(local, "workflow_run")
    assert run["status"] == "REJECTED"
    assert run["id"] in done.xcoms["rejected"]["return_value"]
    assert "Zyxomma" not in json.dumps(done.xcoms)


def test_a_document_that_no_workflow_can_read_is_neither_approved_nor_rejected(
    run_dag, local, results, tmp_path
) -> None:
    done = put_through(run_dag, local, results, picture(tmp_path / "claim.png"))
    assert done.state == "failed"
    assert by_state(done, "review", "outcome", "decide", "approved", "rejected") == [
        "skipped",
        "success",
        "failed",
        *["upstream_failed"] * 2,
    ]
    assert [run["status"] for run in runs(local, "workflow_run")] == ["FAILED"]


# --------------------------------------------------------------------------------- any number of documents

MANY = "extend_many_documents"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`bucket` of moto's S3, which the connection `store` leads to."""
    moto_s3.skip_without_it()
    with moto_s3.running() as address:
        monkeypatch.setenv("AIRFLOW_CONN_STORE", moto_s3.connection(address))
        yield moto_s3.client(address)


def many(run_dag: Any, extractor_id: str, documents: str, results_dir: str) -> Any:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    return run_dag(MANY, {"extractor_id": extractor_id, "documents": documents, "results_dir": results_dir})


def test_a_prefix_becomes_a_table_and_a_summary(run_dag, local, results, tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02d}.txt").write_text(f"Invoice No: INV-{number}\nTotal: {number}.00\n")
    (folder / "empty.txt").touch()
    done = many(run_dag, extractor(local), f"file://{folder}", f"file://{results}")
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    assert done.xcoms["summary"]["return_value"] == {"documents": 13, "failed": 1, "unsure": 0}
    assert done.xcoms["clean_up"]["return_value"] == {
        "runs": {"extract_run": 12},
        "files": 12,
        "dry_run": True,
    }
    (written,) = results.iterdir()
    assert {path.name for path in written.iterdir()} == {
        "part-00000.parquet",
        "failed.jsonl",
        "_manifest.json",
    }
    rows = {Path(row["source"]).name: row for row in read_documents(f"file://{written}")}
    assert rows["07.txt"]["output"]["value"] == {"number": "INV-7", "total": 7}
    assert rows["empty.txt"]["failure"] == "EMPTY_FILE"
    assert len(runs(local, "extract_run")) == 12
    assert "INV-7" not in json.dumps(done.xcoms)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_prefix_of_s3_becomes_parquet_in_s3(run_dag, local, bucket) -> None:
    for number in range(3):
        body = f"Invoice No: INV-{number}\nTotal: {number}.00\n".encode()
        bucket.put_object(Bucket="bucket", Key=f"in/{number}.txt", Body=body)
    done = many(run_dag, extractor(local), "s3://store@bucket/in/", "s3://store@bucket/results")
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    assert done.xcoms["summary"]["return_value"] == {"documents": 3, "failed": 0, "unsure": 0}
    result = done.xcoms["extract"]["return_value"]
    names = [row["Key"] for row in bucket.list_objects_v2(Bucket="bucket", Prefix="results/")["Contents"]]
    assert sorted(name.rpartition("/")[2] for name in names) == ["_manifest.json", "part-00000.parquet"]
    found = {row["source"]: row["output"]["value"]["total"] for row in read_documents(result)}
    assert found == {f"s3://store@bucket/in/{number}.txt": number for number in range(3)}


def test_what_has_failed_is_cleaned_up_and_the_dag_run_has_failed(run_dag, local, results, tmp_path) -> None:
    (tmp_path / "1.txt").write_text("Total: 1.00\n")
    local.emulator.control("POST", "/faults", {"method": "POST", "path": "/batch", "status": 402, "times": 1})
    done = many(run_dag, extractor(local), f"file://{tmp_path}/1.txt", f"file://{results}")
    assert done.state == "failed"
    assert by_state(done, "extract", "summary", "clean_up") == ["failed", "upstream_failed", "success"]
    assert done.xcoms["clean_up"]["return_value"] == {"runs": {}, "files": 1, "dry_run": True}


def test_clearing_the_summary_pays_for_nothing_again(dag_folder) -> None:
    dag = DagBag(str(dag_folder / f"{MANY}.py")).dags[MANY]
    cleared = dag.partial_subset("summary", include_downstream=True, include_upstream=False)
    assert set(cleared.task_dict) == {"summary", "clean_up"}
