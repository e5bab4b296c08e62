"""Which files Extend has because of tasks with many documents, as the folders of these tasks tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.ledger import KEPT, MARK, SENT, UPLOADS
from airflow_provider_extend.documents.reader import parts_of, rows_of

#: Name of a file of shared uploads: a hash of the content. A folder may hold other things.
_CONTENT = re.compile(r"[0-9a-f]{64}")


def of_results(output: Folder) -> Iterator[str]:
    """Ids of files, some more than once: of its rows; and, of a task that has failed on its way, of all that it had
    uploaded and noted, for batches that were refused too.

    :param output: where a task with many documents writes, or wrote.
    :raises ExtendStorageError: it cannot be read.
    """
    yield from (row["file_id"] for row in rows_of(output, parts_of(output)) if row["file_id"])
    kept = output.below(KEPT)
    for state in (name for name in kept.names() if not name.startswith(MARK)):
        own = kept.below(state)
        for name in own.names():
            if name.startswith(f"{SENT}-"):
                yield from own.read(name)["files"].values()
        yield from of_uploads(own.below(UPLOADS)).values()


def of_uploads(folder: Folder) -> dict[str, str]:
    """{name in the folder: id of a file} of a folder that tasks share (`uploads_path`)."""
    names = [name for name in folder.names() if _CONTENT.fullmatch(name)]
    return {name: found["id"] for name in names if (found := folder.read(name)) is not None}
