"""Which files Extend has because of tasks with many documents, as the folders of these tasks tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.ledger import PART
from airflow_provider_extend.documents.rows import read_rows

#: Name of a file of shared uploads: a hash of the content. A folder may hold other things.
_CONTENT = re.compile(r"[0-9a-f]{64}")


def of_results(output: Folder) -> Iterator[str]:
    """Ids of files, some more than once: of its rows; and, of a task that has failed on its way, of all that it had
    uploaded and noted, for batches that were refused too.

    :param output: where a task with many documents writes, or wrote.
    :raises ExtendStorageError: it cannot be read.
    """
    for name in output.names():
        if PART.fullmatch(name):
            with output.open(name) as stream:
                rows = read_rows(stream, PurePosixPath(name).suffix[1:])
                yield from (row["file_id"] for row in rows if row["file_id"])
    kept = output.below("_extend")
    for state in (name for name in kept.names() if not name.startswith("task-")):
        own = kept.below(state)
        for name in own.names():
            if name.startswith("sent-"):
                yield from own.read(name)["files"].values()
        yield from of_uploads(own.below("files")).values()


def of_uploads(folder: Folder) -> dict[str, str]:
    """{name in the folder: id of a file} of a folder that tasks share (`uploads_path`)."""
    names = [name for name in folder.names() if _CONTENT.fullmatch(name)]
    return {name: found["id"] for name in names if (found := folder.read(name)) is not None}
