"""Files of an object store, below a path or by a pattern, one after another: memory holds a page of them."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

PATTERN = frozenset("*?[")
#: Rows of a store's list that are taken at a time.
_PAGE = 1000

Found = tuple[str, Mapping[str, Any]]


def files(fs: Any, root: str) -> Iterator[Found]:
    """(path, what the store tells of it) of each file at `root`, sorted by path.

    :param root: a file, a folder or prefix, or a pattern; a name that holds `*`, `?` or `[` goes before a pattern.
    :raises Exception: whatever the store raises; FileNotFoundError where there is nothing.
    """
    if PATTERN & set(root) and not fs.exists(root):
        yield from _matching(fs, root)
        return
    info = fs.info(root)
    if info["type"] == "file" and not root.endswith("/"):
        yield root, info
        return
    yield from _below(fs, root, depth=None)


def _matching(fs: Any, pattern: str) -> Iterator[Found]:
    glob_translate = import_module("fsspec.utils").glob_translate
    first = min(pattern.index(letter) for letter in PATTERN if letter in pattern)
    folder, _, rest = pattern[:first].rpartition("/")
    rest += pattern[first:]
    depth = None if "**" in rest else rest.count("/") + 1
    matches = re.compile(glob_translate(pattern)).match
    for path, info in _below(fs, folder, depth):
        if matches(path):
            yield path, info


def _below(fs: Any, folder: str, depth: int | None) -> Iterator[Found]:
    """
    :param depth: levels of folders at most; a store without folders may tell of more.
    """
    if "file" in fs.protocol:
        found = _on_disk(folder or "/", depth)
    elif hasattr(fs, "_iterdir"):  # S3's
        found = _in_pages(fs, folder, depth)
    else:
        found = _all_at_once(fs, folder, depth)
    for path, info in found:
        # A name that ends so stands for a folder.
        if info.get("type", "file") == "file" and not path.endswith("/"):
            yield path, info


def _on_disk(folder: str, depth: int | None) -> Iterator[Found]:
    with os.scandir(folder) as entries:
        # As whole paths are sorted: `a.txt` is before `a/b.txt`.
        names = sorted(name for entry in entries if (name := _name(entry)))
    for name in names:
        path = f"{folder.rstrip('/')}/{name}"
        if not name.endswith("/"):
            yield path, {"size": _size(path)}
        elif depth is None or depth > 1:
            yield from _on_disk(path[:-1], None if depth is None else depth - 1)


def _name(entry: os.DirEntry[str]) -> str | None:
    """Of a file, or of a folder with a slash; None: it is neither, or a link to a folder, which may lead back here."""
    if entry.is_dir(follow_symlinks=False):
        return f"{entry.name}/"
    leads_nowhere = entry.is_symlink() and not Path(entry.path).exists()  # said where it is read
    return entry.name if entry.is_file() or leads_nowhere else None


def _size(path: str) -> int | None:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return None


def _in_pages(fs: Any, folder: str, depth: int | None) -> Iterator[Found]:
    sync = import_module("fsspec.asyn").sync
    bucket, key, *_ = fs.split_path(folder)
    rows: AsyncIterator[Any] = fs._iterdir(
        bucket, delimiter="/" if depth == 1 else "", prefix=f"{key.rstrip('/')}/" if key else ""
    )

    async def page() -> list[Any]:
        some = []
        async for row in rows:
            some.append(row)
            if len(some) == _PAGE:
                break
        return some

    while some := sync(fs.loop, page):
        yield from ((row["name"], row) for row in some)


def _all_at_once(fs: Any, folder: str, depth: int | None) -> Iterator[Found]:
    found: dict[str, Any] = fs.find(folder, maxdepth=depth, detail=True)
    for path in sorted(found):
        yield path, found.pop(path)
