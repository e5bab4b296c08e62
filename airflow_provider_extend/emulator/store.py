"""Everything the emulator knows, on disk: one table of objects and a directory of file bytes.

SQLite in WAL mode, committed on every write, so that the state outlives a killed process.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    def __init__(self, directory: Path) -> None:
        self._blobs = directory / "files"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._db = sqlite3.connect(directory / "state.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS objects(seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
            " id TEXT NOT NULL, body TEXT NOT NULL, created TEXT NOT NULL, UNIQUE(kind, id))"
        )
        # Parsed rows of each kind that was listed, so that a list of thousands parses nothing twice.
        self._listed: dict[str, dict[str, tuple[int, Row]]] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """For read-then-write. Not nested."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._listed.clear()
                raise
            self._db.execute("COMMIT")

    def stamp(self) -> str:
        """Now, later than any stamp before it: whether one change came after another is always decidable."""
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
            return timestamp(self._last)

    def put(self, kind: str, body: Row) -> Row:
        text, key = json.dumps(body), body["id"]
        with self._lock:
            done = self._db.execute(
                "INSERT INTO objects(kind, id, body, created) VALUES (?, ?, ?, ?)"
                " ON CONFLICT(kind, id) DO UPDATE SET body = excluded.body",
                (kind, key, text, body.get("createdAt", "")),
            )
            if (listed := self._listed.get(kind)) is not None:
                seq = listed[key][0] if key in listed else done.lastrowid or 0
                listed[key] = (seq, json.loads(text))
        return body

    def get(self, kind: str, key: str) -> Row | None:
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM objects WHERE kind = ? AND id = ?", (kind, key)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def need(self, kind: str, key: str) -> Row:
        """For what must be there: no call deletes it while others refer to it."""
        row = self.get(kind, key)
        if row is None:
            raise LookupError(f"{kind} {key}")
        return row

    def all(self, kind: str) -> list[tuple[int, Row]]:
        """(sequence number, object), oldest first. The objects are shared: to read, never to change."""
        with self._lock:
            if kind not in self._listed:
                rows = self._db.execute(
                    "SELECT seq, id, body FROM objects WHERE kind = ? ORDER BY seq", (kind,)
                ).fetchall()
                self._listed[kind] = {key: (seq, json.loads(body)) for seq, key, body in rows}
            return list(self._listed[kind].values())

    def delete(self, kind: str, key: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, key))
            self._listed.get(kind, {}).pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._db.execute("DELETE FROM objects")
            self._listed.clear()
        for path in self._blobs.iterdir():
            path.unlink()

    def write_blob(self, name: str, data: bytes) -> None:
        part = self._blobs / f"{name}.part"
        part.write_bytes(data)
        part.replace(self._blobs / name)

    def read_blob(self, name: str) -> bytes | None:
        path = self._blobs / name
        return path.read_bytes() if path.exists() else None

    def delete_blob(self, name: str) -> None:
        (self._blobs / name).unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            self._db.close()
