"""Operators for many documents: found, sent once, written as rows, on a local Extend."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.documents.reader import read_documents, read_failures
from airflow_provider_extend.operators.documents import ExtendExtractDocumentsOperator
from tests.airflow_names import AirflowFailException

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
    assert not (folder.parent / "out" / "_extend" ).exists() or not list((folder.parent / "out" / "_extend").iterdir())
