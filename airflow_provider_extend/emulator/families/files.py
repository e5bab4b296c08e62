"""Files: uploaded ones, and those that come with a run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow_provider_extend.emulator import documents
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.lists import contains, listing
from airflow_provider_extend.emulator.route import ALL, OLD, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View


@dataclass(frozen=True)
class Source:
    """A document: one that is here already, or one that is still to be kept. No pages: it cannot be read."""

    file: Row
    pages: list[str]
    data: bytes | None = None
    new: bool = False


def _new(name: str, data: bytes, uploaded: bool) -> Source:
    document = documents.read(data)
    row: Row = {"id": new_id("file_"), "name": name, "type": document.type, "uploaded": uploaded}
    row["pageCount"] = len(document.pages) or None
    return Source(row, list(document.pages), data, new=True)


def keep(state: State, source: Source, now: str) -> Row:
    """The row of a file whose bytes were written before: one that is known has them."""
    if not source.new:
        return source.file
    return state.store.put("file", source.file | {"createdAt": now, "updatedAt": now})


def write(state: State, source: Source) -> None:
    if source.data is not None:
        documents.keep(state.store, source.file["id"], source.data, source.pages)


def source(call: Call, given: object, keys: Mapping[str, str]) -> Source:
    """What a run is asked to read. ``keys``: what url, id, text and name are called in this version."""
    ways = [keys[way] for way in ("url", "id", "text") if way in keys]
    if not isinstance(given, dict) or sum(given.get(way) is not None for way in ways) != 1:
        raise ApiError(400, f"A file needs exactly one of {', '.join(ways)}")
    told: dict[str, Any] = {name: given.get(key) for name, key in keys.items()}
    if wrong := [keys[name] for name, value in told.items() if not isinstance(value, str | None)]:
        raise ApiError(400, f"{', '.join(wrong)} must be of type str")
    if told.get("id") is not None:
        row = call.find("file", told["id"])
        return Source(row, documents.pages_of(call.state.store, row["id"]))
    if told.get("text") is not None:
        return _new(told.get("name") or "text.txt", told["text"].encode("utf-8", "replace"), uploaded=False)
    return _linked(call.state, told["url"], told.get("name"))


def _linked(state: State, url: str, name: str | None) -> Source:
    """Assumption: nothing is downloaded; a link leads to the newest upload whose name ends its path."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ApiError(400, "url must start with http:// or https://")
    last = unquote(parts.path.rpartition("/")[2])
    for _, row in reversed(state.store.all("file")):
        if row["name"] == last and row.get("uploaded", True):
            copy = row | {"id": new_id("file_"), "name": name or last, "uploaded": False}
            return Source(
                copy, documents.pages_of(state.store, row["id"]), state.store.read_blob(row["id"]), new=True
            )
    nothing = {"id": new_id("file_"), "name": name or last or "file", "type": None, "pageCount": None}
    return Source(nothing | {"uploaded": False}, [], new=True)


def _store(call: Call, name: str, data: bytes) -> Row:
    """``convertToPdf`` and ``password`` are taken and ignored: nothing is converted or decrypted here."""
    stored = _new(name, data, uploaded=True)
    write(call.state, stored)
    return call.show("file", keep(call.state, stored, call.state.store.stamp()))


def upload(call: Call) -> Row:
    if call.upload is None:
        raise ApiError(400, "Missing required field(s): file (a part of a multipart form)")
    return _store(call, *call.upload)


def create(call: Call) -> Row:
    if call.body.get("rawText") is None:
        raise ApiError(400, "This emulator downloads nothing: send rawText instead of url")
    return _store(call, call.body["name"], call.body["rawText"].encode())


def get(call: Call) -> Row:
    """The link really works for as long as the emulator runs; its signature is only for the looks."""
    row = call.find("file", call.params["id"])
    signature = hashlib.sha256(f"{row['id']}{time.time_ns()}".encode()).hexdigest()
    link = f"{call.base_url}/_control/files/{row['id']}?X-Amz-Expires=900&X-Amz-Signature={signature}"
    shown = call.show("file", row) | {"presignedUrl": link}
    pages = documents.pages_of(call.state.store, row["id"])
    contents: Row = {}
    if call.query.get("rawText") == "true":
        contents["rawText"] = "\n".join(pages)
    if call.query.get("markdown") == "true":
        contents["pages"] = [{"pageNumber": n, "markdown": page} for n, page in enumerate(pages, 1)]
    return shown | ({"contents": contents} if contents else {})


def delete(call: Call) -> Row:
    row = call.find("file", call.params["id"])
    call.state.store.delete("file", row["id"])
    documents.forget(call.state.store, row["id"])
    return {"id": row["id"]}


def of_run(view: View, row: Row) -> list[Row]:
    """Assumption: a file that was deleted is gone from the runs that used it."""
    file = view.state.store.get("file", row["fileId"])
    return [view.show("file_summary", file)] if file else []


def _file(view: View, row: Row) -> Row:
    facts: Row = {"object": "file", "presignedUrl": None, "parentFileId": None, "contents": None}
    return facts | {"metadata": {"pageCount": row["pageCount"]}} | row


SHAPES: Shapes = {
    "file": {
        V24: f"object id name type presignedUrl metadata {DATES}",
        V25: f"object id name type presignedUrl parentFileId contents metadata {DATES}",
        V26: f"object id name type presignedUrl parentFileId contents metadata {DATES}",
    },
    "file_summary": {V26: f"object id name type parentFileId metadata {DATES}"},
}

BUILDERS: Builders = {"file": _file}

ROUTES = [
    Route("POST", "/files/upload", ALL, upload, "file"),
    Route("POST", "/files", OLD, create, "file", "name:str url:str? rawText:str? mediaType:str?"),
    Route("GET", "/files", ALL, listing("file", ("createdAt",), {"nameContains": contains("name")}), "files"),
    Route("GET", "/files/{id}", ALL, get, "file"),
    Route("DELETE", "/files/{id}", SINCE_2025, delete, "fileId"),
]  # fmt: skip
