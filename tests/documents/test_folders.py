"""A folder in which a file is whole or not there, and the documents that are found in one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from airflow_provider_extend.api.errors import ExtendStorageError
from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.sources import Source, find, source_of

V24, V26 = "2024-12-23", "2026-02-09"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(f"file://{tmp_path}/a")


def test_what_is_written_is_read(folder) -> None:
    assert folder.read("x") is None
    assert list(folder.lines("x")) == []
    assert folder.names() == []
    folder.write("x", {"a": [1, "ä"]})
    assert folder.write_lines("y", ({"n": n} for n in range(3))) == 3
    assert folder.read("x") == {"a": [1, "ä"]}
    assert list(folder.lines("y")) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert folder.names() == ["x", "y"]
    folder.remove(["x", "x", "z"])
    assert folder.names() == ["y"]
    folder.remove_all()
    folder.remove_all()
    assert folder.names() == []


def test_half_a_file_is_never_there(folder, monkeypatch) -> None:
    folder.write("x", 1)

    def breaks(self: Any, local: str, remote: str, **given: Any) -> None:
        Path(remote).write_text("hal")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LocalFileSystem, "put_file", breaks)
    with pytest.raises(ExtendStorageError, match=r"a/x' cannot be written \(No space left on device\)"):
        folder.write("x", 2)
    assert folder.read("x") == 1
    assert folder.names() == ["x"]


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("open", lambda folder: folder.read("x")),
        ("open", lambda folder: list(folder.lines("x"))),
        ("open", lambda folder: folder.open("x")),
        ("ls", lambda folder: folder.names()),
        ("rm_file", lambda folder: folder.remove(["x"])),
        ("rm", lambda folder: folder.remove_all()),
    ],
)
def test_an_error_of_the_store_is_told_without_its_words(folder, monkeypatch, method, call) -> None:
    folder.write("x", 1)

    def breaks(*args: Any, **given: Any) -> None:
        raise RuntimeError("key=secret")

    monkeypatch.setattr(LocalFileSystem, method, breaks)
    with pytest.raises(ExtendStorageError, match="RuntimeError") as caught:
        call(folder)
    assert "secret" not in str(caught.value)


def found(given: Any, use: str = "extract", version: str = V26, **more: Any) -> list[Source]:
    return list(find(given, use, version, lambda entry, where: {"file_id": str(entry)}, **more))


def test_a_prefix_a_pattern_and_a_file(tmp_path) -> None:
    for name in ("a.pdf", "b/c.txt", "b/d.pdf", "b/e"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    base = f"file://{tmp_path}"
    assert [s.source for s in found(base)] == [f"{base}/{n}" for n in ("a.pdf", "b/c.txt", "b/d.pdf", "b/e")]
    assert [s.source for s in found(f"{base}/**/*.pdf")] == [f"{base}/{n}" for n in ("a.pdf", "b/d.pdf")]
    [one] = found(f"{base}/a.pdf")
    assert (one.name, one.size, one.store, one.problem) == ("a.pdf", 5, "file://", None)
    [one] = found(str(tmp_path / "a.pdf"))
    assert one.source == f"{base}/a.pdf"
    assert found(f"{base}/nothing") == []
    assert [s.source for s in found(base, beside=Folder(f"{base}/b"))] == [f"{base}/a.pdf"]


def test_a_source_is_what_it_was_after_it_was_written_down(tmp_path) -> None:
    (tmp_path / "a.pdf").touch()
    [empty] = found(f"file://{tmp_path}")
    assert empty.problem == ("EMPTY_FILE", "is empty")
    for source in (empty, Source("x", given={"text": "t"}, metadata={"a": 1}, twin=True)):
        assert source_of(source.as_row()) == source


def test_a_name_that_is_no_utf8_has_a_source_that_is(tmp_path) -> None:
    raw = bytes(tmp_path) + b"/\xff.txt"
    with open(raw, "w") as stream:  # noqa: PTH123 - a path of bytes
        stream.write("x")
    [source] = found(f"file://{tmp_path}")
    assert source.source.encode().endswith(b"?.txt")
    assert source_of(source.as_row()).key == source.key


def test_a_text_where_none_is_taken_is_told() -> None:
    def text(entry: Any, where: str) -> Any:
        return {"text": entry}

    [source] = find(["t"], "split", V26, text)
    assert source.problem == ("INVALID_INPUT", f"is a text, which is not taken in API version {V26}")
    assert source.source == "documents[0]"


def test_a_store_that_cannot_be_listed_fails_the_try(tmp_path, monkeypatch) -> None:
    def breaks(*args: Any, **given: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", breaks)
    with pytest.raises(ExtendStorageError, match=r"cannot be listed \(Permission denied\)"):
        found(f"file://{tmp_path}")
