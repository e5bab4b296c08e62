"""Documents on this machine's disk, each once, and which of them may have the same content."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendStorageError
from airflow_provider_extend.documents.sources import Source
from airflow_provider_extend.documents.spool import spooled


def stored(key: str, size: int | None = 1, total: str | None = None, source: str | None = None) -> Source:
    return Source(source or f"s3://{key}", "s3://", key, size, total)


def test_each_is_there_once_in_its_order() -> None:
    given = [stored("b"), Source("file_1", given={"file_id": "file_1"}), stored("a", 2), stored("b")]
    assert [row["source"] for row in spooled(given)] == ["s3://b", "file_1", "s3://a"]
    assert list(spooled([])) == []


def test_names_that_are_shown_alike_are_two_documents() -> None:
    given = [stored("\udcff.txt", 1, None, "s3://?.txt"), stored("\udcfe.txt", 2, None, "s3://?.txt")]
    assert [row["key"] for row in spooled(given)] == ["\udcff.txt", "\udcfe.txt"]


def test_what_may_have_the_same_content_is_marked() -> None:
    given = [
        stored("a", 1, "x"),
        stored("b", 1, "x"),
        stored("c", 1, "y"),
        stored("d", 2, "x"),
        stored("e", None),
        stored("f", None),
        Source("file_1", given={"file_id": "file_1"}),
        Source("file_2", given={"file_id": "file_2"}),
    ]
    twins = {row["source"] for row in spooled(given) if row.get("twin")}
    assert twins == {"s3://a", "s3://b", "s3://e", "s3://f"}


def test_a_full_disk_is_said(monkeypatch) -> None:
    def connect(*args: Any, **given: Any) -> Any:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(ExtendStorageError, match=r"cannot be written on this machine \(OperationalError\)"):
        list(spooled([stored("a")]))


def test_what_is_wrong_with_a_document_is_raised_as_it_is() -> None:
    def broken() -> Any:
        yield stored("a")
        raise ValueError("no document")

    with pytest.raises(ValueError, match="no document"):
        list(spooled(broken()))
