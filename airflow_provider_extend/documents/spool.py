"""Documents on this machine's disk before they are laid out in batches: memory does not grow with their number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_provider_extend.api.errors import ExtendStorageError
from airflow_provider_extend.documents.sources import Source

_TABLE = """
    CREATE TABLE documents (number INTEGER PRIMARY KEY, identity TEXT UNIQUE, content TEXT, entry TEXT);
    CREATE INDEX alike ON documents (content) WHERE content IS NOT NULL;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
"""
_ENTRIES = """
    SELECT entry, content IS NOT NULL AND EXISTS (
        SELECT 1 FROM documents AS other WHERE other.content = document.content AND other.number != document.number
    ) FROM documents AS document ORDER BY number
"""


def spooled(sources: Iterable[Source]) -> Iterator[dict[str, Any]]:
    """The documents as `Source.as_row` has them, in order, each once: `twin` is True of one whose content another may
    have, by its size and sum. That can be told only when all are known.

    :raises ExtendStorageError: this machine's disk cannot be written.
    """
    import sqlite3

    with TemporaryDirectory(prefix="extend-") as here:
        try:
            database = sqlite3.connect(Path(here) / "documents", isolation_level=None)
            try:
                database.executescript(_TABLE)
                database.executemany(
                    "INSERT OR IGNORE INTO documents VALUES (NULL, ?, ?, ?)", map(_row, sources)
                )
                for entry, twin in database.execute(_ENTRIES):
                    yield {**json.loads(entry), **({"twin": True} if twin else {})}
            finally:
                database.close()
        except sqlite3.Error as error:
            raise ExtendStorageError(
                f"The list of documents cannot be written on this machine ({type(error).__name__}). Nothing was sent."
            ) from None


def _row(source: Source) -> tuple[str, str | None, str]:
    content = json.dumps([source.size, source.sum]) if source.key is not None else None
    return source.identity, content, json.dumps(source.as_row())
