"""Reading what a task with many documents has written, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.ledger import FAILED, MANIFEST
from airflow_provider_extend.documents.rows import Row, read_rows


def read_documents(result: Mapping[str, Any] | str) -> Iterator[Row]:
    """The rows, one for each document, in constant memory, whatever their format.

    :param result: what the task has returned (XCom), or its `output_path`.
    :raises ExtendInputError: there are no results, or they are not whole.
    :raises ExtendStorageError: they cannot be read.
    """
    folder = _folder(result)
    manifest = folder.read(MANIFEST) or {}
    if not manifest.get("complete"):
        raise ExtendInputError(
            f"{folder.path!r} holds no results that are whole: the task that writes them has not ended."
        )
    for part in manifest["parts"]:
        with folder.open(part) as stream:
            yield from read_rows(stream, manifest["result"]["format"])


def read_failures(result: Mapping[str, Any] | str) -> Iterator[Row]:
    """{source, status, failure, message, run_id} of each document that did not succeed, of a task that has failed too.

    Their `source` can be given as `documents` to another task.

    :param result: see `read_documents`.
    """
    return _folder(result).lines(FAILED)


def _folder(result: Mapping[str, Any] | str) -> Folder:
    return Folder(result if isinstance(result, str) else result["path"])
