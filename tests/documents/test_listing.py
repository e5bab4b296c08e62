"""What lies in a store, below a path or by a pattern: on a disk, page by page, or all at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.io import attach
from fsspec.asyn import get_loop
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_extend.api.errors import ExtendStorageError
from airflow_provider_extend.documents import listing, sources
from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.sources import find

NAMES = ["a.txt", "b/c.pdf", "b/d/e.pdf", "b.pdf", "f[1].pdf", "f1.pdf"]


class Pages:
    """A store that lists as S3's client does: keys in the order of their bytes, `folder/` for what has none."""

    protocol = ("s3", "s3a")
    loop = get_loop()

    def __init__(self, names: list[str]) -> None:
        self.keys = sorted(["in/", *(f"in/{name}" for name in names), "inside/other.pdf"])
        self.asked: list[dict[str, Any]] = []

    def split_path(self, path: str) -> tuple[str, str, None]:
        bucket, _, key = path.partition("/")
        return bucket, key, None

    def exists(self, path: str) -> bool:
        return path.removeprefix("bucket/") in self.keys

    def info(self, path: str) -> dict[str, Any]:
        if self.exists(path):
            return {"name": path, "type": "file", "size": 1}
        if not any(key.startswith(f"{path.removeprefix('bucket/').rstrip('/')}/") for key in self.keys):
            raise FileNotFoundError(path)
        return {"name": path, "type": "directory"}

    async def _iterdir(self, bucket: str, **given: Any) -> AsyncIterator[dict[str, Any]]:
        self.asked.append(given)
        seen = set()
        for key in self.keys:
            if not key.startswith(given["prefix"]):
                continue
            rest = key.removeprefix(given["prefix"])
            if given["delimiter"] and "/" in rest:
                folder = f"{bucket}/{given['prefix']}{rest.partition('/')[0]}"
                if folder not in seen:
                    seen.add(folder)
                    yield {"name": folder, "type": "directory"}
                continue
            yield {"name": f"{bucket}/{key}", "type": "file", "size": len(key)}


@pytest.fixture(params=["disk", "pages", "at once"])
def store(request, tmp_path, monkeypatch) -> tuple[Any, str]:
    """A file system, and the folder in it."""
    monkeypatch.setattr(listing, "_PAGE", 2)
    if request.param == "pages":
        return Pages(NAMES), "bucket/in"
    if request.param == "disk":
        fs, root = LocalFileSystem(), str(tmp_path)
    else:
        fs, root = MemoryFileSystem(), f"/{tmp_path.name}"
    for name in NAMES:
        fs.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        fs.pipe_file(f"{root}/{name}", name.encode())
    return fs, root


def names(store: tuple[Any, str], pattern: str) -> list[str]:
    fs, root = store
    return [path.removeprefix(f"{root}/") for path, _ in listing.files(fs, f"{root}{pattern}")]


@pytest.mark.parametrize("pattern", ["", "/"])
def test_all_files_of_a_folder_sorted_by_path(store, pattern) -> None:
    assert names(store, pattern) == sorted(NAMES)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("/*.pdf", ["b.pdf", "f1.pdf", "f[1].pdf"]),
        ("/*/*.pdf", ["b/c.pdf"]),
        ("/**/*.pdf", sorted(name for name in NAMES if name.endswith(".pdf"))),
        ("/b*", ["b.pdf"]),
        ("/f?.pdf", ["f1.pdf"]),
        ("/f[1].pdf", ["f[1].pdf"]),  # a name goes before a pattern
        ("/f[12].pdf", ["f1.pdf"]),
        ("/nothing*", []),
        ("/b/c.pdf", ["b/c.pdf"]),
    ],
)
def test_files_by_a_pattern(store, pattern, wanted) -> None:
    assert names(store, pattern) == wanted


def test_what_is_not_there_is_said(store) -> None:
    with pytest.raises(FileNotFoundError):
        names(store, "/gone")


def test_one_level_is_asked_for_alone() -> None:
    """Whatever lies below it."""
    fs = Pages(NAMES)
    assert names((fs, "bucket/in"), "/*.pdf") == ["b.pdf", "f1.pdf", "f[1].pdf"]
    assert fs.asked == [{"delimiter": "/", "prefix": "in/"}]
    assert [path for path, _ in listing.files(fs, "bucket/*/*.txt")] == ["bucket/in/a.txt"]


def test_what_is_no_file_on_a_disk_is_none(tmp_path) -> None:
    """A link to a file is one, wherever it leads; a folder behind a link, a pipe and a socket are none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("123")
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "x")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe")
    found = {Path(path).name: info["size"] for path, info in listing.files(LocalFileSystem(), str(tmp_path))}
    assert found == {"x": 3, "link": 3, "nowhere": None}


def test_a_folder_that_goes_while_it_is_listed_is_no_end_of_the_list(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").mkdir()
    really = os.scandir

    def scandir(path: str) -> Any:
        if str(path).endswith("/b"):
            raise FileNotFoundError(2, "No such file or directory")
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ExtendStorageError, match="cannot be listed"):
        list(find(f"file://{tmp_path}", "extract", "2026-02-09", lambda entry, where: {}))


def test_the_folder_of_results_is_left_out_in_its_own_store_alone(tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part").write_text("1")
    (tmp_path / "a").write_text("1")
    attach(protocol="memory", fs=MemoryFileSystem())
    base = f"file://{tmp_path}"
    for beside, wanted in (
        (Folder(f"{base}/out"), ["a"]),
        (Folder(f"memory://{tmp_path}/out"), ["a", "out/part"]),
    ):
        found = find(base, "extract", "2026-02-09", lambda entry, where: {}, beside)
        assert [source.source.removeprefix(f"{base}/") for source in found] == wanted


@pytest.mark.parametrize("bucket", [FileNotFoundError("gone"), PermissionError(13, "Forbidden"), None])
def test_an_empty_prefix_is_told_from_a_bucket_that_is_not_there(monkeypatch, bucket) -> None:
    """Where the store cannot tell, there is nothing below the prefix, and no more is said."""

    class Empty(Pages):
        def info(self, path: str) -> dict[str, Any]:
            if path == "bucket":
                if bucket is not None:
                    raise bucket
                return {"name": path, "type": "directory"}
            raise FileNotFoundError(path)

        def invalidate_cache(self) -> None:
            pass

    monkeypatch.setattr(sources, "filesystem", lambda path: (Empty([]), "bucket/gone/"))
    given = find("s3://bucket/gone/", "extract", "2026-02-09", lambda entry, where: {})
    if not isinstance(bucket, FileNotFoundError):
        assert list(given) == []
        return
    with pytest.raises(ExtendStorageError, match=r"'s3://bucket/gone/' is in a bucket .* not there"):
        list(given)
