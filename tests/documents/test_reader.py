"""Reading results: which there are, which are not whole, and what is no place of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.documents.reader import read_documents, read_failures


@pytest.fixture
def results(tmp_path: Path) -> Any:
    """`results(complete)`: a folder with two parts and the manifest of a task that is so far."""

    def make(complete: bool) -> str:
        for number in range(2):
            (tmp_path / f"part-0000{number}.jsonl").write_text(json.dumps({"source": str(number)}) + "\n")
        manifest = {"complete": complete} | ({"parts": ["part-00001.jsonl"]} if complete else {})
        (tmp_path / "_manifest.json").write_text(json.dumps(manifest))
        (tmp_path / "part-notes.txt").write_text("somebody else's")
        return f"file://{tmp_path}"

    return make


@pytest.mark.parametrize("read", [read_documents, read_failures])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "result is None without a path of a store"),
        ({}, "result is a dict without a path"),
        ({"path": None}, "result is a dict without a path"),
        (7, "result is a int"),
        ("relative/out", "result is 'relative/out'"),
        (Path("relative/out"), "result is a PosixPath"),
        ("https://example.com/out?X-Amz-Signature=secret", r"result is 'https://example.com/out' without"),
    ],
)
def test_what_is_no_place_of_results_is_named(read, given, said) -> None:
    with pytest.raises(ExtendInputError, match=said):
        read(given)


@pytest.mark.parametrize("read", [read_documents, read_failures])
def test_a_folder_that_no_task_has_written_to_is_told(read, tmp_path) -> None:
    """A mistyped path is no task without failures."""
    with pytest.raises(ExtendInputError, match=r"mistyped' holds no results: there is no _manifest\.json"):
        read(f"file://{tmp_path}/mistyped")


def test_results_that_are_not_whole_are_read_where_that_is_wanted(results) -> None:
    path = results(complete=False)
    with pytest.raises(ExtendInputError, match=r"has not ended, or has failed on its way.*whole=False"):
        read_documents({"path": path})
    assert [row["source"] for row in read_documents(path, whole=False)] == ["0", "1"]


@pytest.mark.parametrize("whole", [True, False])
def test_of_results_that_are_whole_their_parts_are_read(results, whole) -> None:
    path = ObjectStoragePath(results(complete=True))
    assert [row["source"] for row in read_documents(path, whole=whole)] == ["1"]


def test_failures_of_a_task_that_is_not_at_its_end_are_not_none(results, tmp_path) -> None:
    path = results(complete=False)
    with pytest.raises(ExtendInputError, match=r"has not ended.*It writes failed\.jsonl at its end"):
        read_failures(path)
    (tmp_path / "failed.jsonl").write_text('{"source": "a"}\n')  # of a try that a retry may better
    assert list(read_failures(path)) == [{"source": "a"}]


def test_a_whole_task_without_failures_has_none(results) -> None:
    assert list(read_failures(results(complete=True))) == []
