"""Reading what a task with many documents has written, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.documents.folders import Folder, folder_path
from airflow_provider_extend.documents.ledger import FAILED, MANIFEST, PART
from airflow_provider_extend.documents.rows import Row, read_rows


def read_documents(result: Mapping[str, Any] | str, *, whole: bool = True) -> Iterator[Row]:
    """The rows, one for each document, in constant memory, whatever their format.

    :param result: what the task has returned (XCom), or its `output_path`.
    :param whole: False: where the task has not ended, or has failed on its way, the rows of the batches that it has
        written so far.
    :raises ExtendInputError: there are no results, or they are not whole.
    :raises ExtendStorageError: they cannot be read.
    """
    folder = _folder(result)
    manifest = _manifest(folder)
    if manifest.get("complete"):
        parts = manifest["parts"]
    elif not whole:
        parts = parts_of(folder)
    else:
        raise _not_whole(folder, "What it has finished is there as files part-*: whole=False reads these.")
    return rows_of(folder, parts)


def read_failures(result: Mapping[str, Any] | str) -> Iterator[Row]:
    """{source, status, failure, message, run_id} of each document that did not succeed, of a task that has failed too.

    Their `source` can be given as `documents` to another task, but for texts and addresses with a query.

    :param result: see `read_documents`.
    :raises ExtendInputError: there are no results, or the task that writes them has not come to its end.
    """
    folder = _folder(result)
    if not _manifest(folder).get("complete") and FAILED not in folder.names():
        raise _not_whole(folder, f"It writes {FAILED} at its end.")
    return folder.lines(FAILED)


def parts_of(folder: Folder) -> list[str]:
    """Those that are there, whether the results are whole or not."""
    return [name for name in folder.names() if PART.fullmatch(name)]


def rows_of(folder: Folder, parts: list[str]) -> Iterator[Row]:
    """Of these parts."""
    for part in parts:
        with folder.open(part) as stream:
            yield from read_rows(stream, part.rpartition(".")[2])


def _manifest(folder: Folder) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] | None = folder.read(MANIFEST)
    if manifest is None:
        raise ExtendInputError(
            f"{folder.path!r} holds no results: there is no {MANIFEST}. Either it is not the output_path of a task "
            "with many documents, or that task has not laid out its documents yet."
        )
    return manifest


def _not_whole(folder: Folder, advice: str) -> ExtendInputError:
    return ExtendInputError(
        f"{folder.path!r} holds no results that are whole: the task that writes them has not ended, or has failed on "
        f"its way, and a retry of it goes on from there. {advice}"
    )


def _folder(result: Any) -> Folder:
    path = folder_path(result["path"] if isinstance(result, Mapping) and "path" in result else result)
    if path is None:
        shown = f"a {type(result).__name__}"
        if result is None or isinstance(result, str):
            shown = repr(result and result.partition("?")[0])  # a link may be signed
        raise ExtendInputError(
            f"result is {shown} without a path of a store: expected what a task with many documents has returned, or "
            "its output_path. A task that has failed or was skipped returns nothing."
        )
    return Folder(path)
