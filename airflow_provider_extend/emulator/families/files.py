"""Files: uploaded ones, and those that come with a run."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow_provider_extend.emulator import bodies, documents, parsing, pdf, splitting
from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.lists import contains, listing
from airflow_provider_extend.emulator.route import ALL, OLD, SINCE_2025, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError, State
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import DATES, Builders, Shapes, View

_REFUSED = frozenset("CORRUPT_FILE PASSWORD_PROTECTED_FILE FILE_TYPE_NOT_SUPPORTED".split())
_SINCE_2025 = frozenset("gif bmp webp psd".split())  # README 8: the pictures of 2024-12-23 are fewer


@dataclass(frozen=True)
class Source:
    """A document: one that is here already, or one that is still to be kept. No pages: it cannot be read.

    Of its ``file``, ``problem`` says why, in the codes of README 4, and ``format`` what the bytes are.
    """

    file: Row
    pages: list[str]
    data: bytes | None = None
    new: bool = False


def made(name: str, data: bytes, uploaded: bool = False, password: str | None = None) -> Source:
    document = documents.read(data, password)
    row: Row = {"id": new_id("file_"), "name": name, "type": document.type, "uploaded": uploaded}
    row |= {"pageCount": len(document.pages) or None, "format": document.format, "problem": document.problem}
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
    """What a run is asked to read. ``keys``: what url, id, text, base64 and name are called in this version."""
    ways = [keys[way] for way in ("url", "id", "text", "base64") if way in keys]
    if not isinstance(given, dict) or sum(given.get(way) is not None for way in ways) != 1:
        raise ApiError(400, f"A file needs exactly one of {', '.join(ways)}")
    told: dict[str, Any] = {name: given.get(key) for name, key in keys.items()}
    if wrong := [keys[name] for name, value in told.items() if not isinstance(value, str | None)]:
        raise ApiError(400, f"{', '.join(wrong)} must be of type str")
    bodies.check("settings?(password:str?)", given)
    if told.get("id") is not None:
        row = call.find("file", told["id"])
        return Source(row, documents.pages_of(call.state.store, row["id"]))
    if told.get("text") is not None:
        return made(told.get("name") or "text.txt", told["text"].encode("utf-8", "replace"))
    if told.get("base64") is not None:
        try:
            return made(told.get("name") or "file", base64.b64decode(told["base64"], validate=True))
        except ValueError as error:
            raise ApiError(400, f"{keys['base64']} is no base64: {error}") from error
    return _linked(call.state, told["url"], told.get("name"))


def _linked(state: State, url: str, name: str | None) -> Source:
    """Assumption: nothing is downloaded; a link leads to the newest upload whose name ends its path."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ApiError(400, f"url: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ApiError(400, "url must start with http:// or https://")
    last = unquote(parts.path.rpartition("/")[2])
    for _, row in reversed(state.store.all("file")):
        if row["name"] == last and row.get("uploaded", True):
            copy = row | {"id": new_id("file_"), "name": name or last, "uploaded": False}
            return Source(
                copy, documents.pages_of(state.store, row["id"]), state.store.read_blob(row["id"]), new=True
            )
    nothing: Row = {"id": new_id("file_"), "name": name or last or "file", "type": None, "pageCount": None}
    return Source(nothing | {"uploaded": False, "problem": "UNABLE_TO_DOWNLOAD_FILE"}, [], new=True)


def _store(call: Call, stored: Source) -> Row:
    write(call.state, stored)
    return call.show("file", keep(call.state, stored, call.state.store.stamp()))


def upload(call: Call) -> Row:
    """Bytes of which nothing is known are taken, with the type null. Of what can be converted, HTML is."""
    if (given := call.upload) is None:
        raise ApiError(400, "Missing required field(s): file (a part of a multipart form)")
    stored = made(given.name, given.data, uploaded=True, password=given.password)
    problem = stored.file["problem"] if given.data else "CORRUPT_FILE"
    if call.style == V24 and stored.file["format"] in _SINCE_2025:
        problem = "FILE_TYPE_NOT_SUPPORTED"
    if problem in _REFUSED and (stored.file["format"] or not given.data):
        raise ApiError(400, f"{problem}: {documents.PROBLEMS[problem]}", problem)
    converted = call.query.get("convertToPdf") == "true"
    if converted and stored.file["type"] == "HTML":
        stored = made(given.name, pdf.write(stored.pages), uploaded=True)
    stored.file["convertToPdf"] = converted
    return _store(call, stored)


def create(call: Call) -> Row:
    body = call.body
    if (body.get("url") is None) == (body.get("rawText") is None):
        raise ApiError(400, "Exactly one of url and rawText is needed")
    stored = source(call, body, {"url": "url", "text": "rawText", "name": "name"})
    if stored.data is None:
        said = documents.PROBLEMS["UNABLE_TO_DOWNLOAD_FILE"]
        raise ApiError(400, f"url: {said} Nothing is downloaded: upload it, or send rawText")
    stored.file["uploaded"] = True
    return _store(call, stored)


def signed(base_url: str, path: str) -> str:
    """The link really works for as long as the emulator runs; its signature is only for the looks."""
    signature = hashlib.sha256(f"{path}{time.time_ns()}".encode()).hexdigest()
    return f"{base_url}/_control{path}?X-Amz-Expires=900&X-Amz-Signature={signature}"


def get(call: Call) -> Row:
    row = call.find("file", call.params["id"])
    shown = call.show("file", row) | {"presignedUrl": signed(call.base_url, f"/files/{row['id']}")}
    contents = _contents(call, row, documents.pages_of(call.state.store, row["id"]))
    return shown | ({"contents": contents} if contents else {})


def _contents(call: Call, row: Row, texts: list[str]) -> Row:
    """What the query asks for. Pages are those of a PDF; HTML is that of Word files, which nothing here reads."""
    asked = {flag for flag in ("rawText", "markdown", "html") if call.query.get(flag) == "true"}
    contents: Row = {"rawText": "\n".join(texts)} if "rawText" in asked else {}
    if asked - {"rawText"}:
        shown = (
            [parsing.markdown(text) for text in texts] if row["type"] == "PDF" and "markdown" in asked else []
        )
        size = {"pageHeight": pdf.HEIGHT, "pageWidth": pdf.WIDTH}
        contents["pages"] = [{"pageNumber": at, **size, "markdown": one} for at, one in enumerate(shown, 1)]
        if shown and call.style != V26:
            contents["markdown"] = "\n\n".join(shown)
    return contents


def delete(call: Call) -> Row:
    row = call.find("file", call.params["id"])
    call.state.store.delete("file", row["id"])
    documents.forget(call.state.store, row["id"])
    return {"id": row["id"]}


def part_of(state: State, file: Row, part: Row, now: str) -> Row:
    """A part of a split with its id and a file of its own, cut from the original."""
    store, first, last = state.store, part["startPage"], part["endPage"]
    pages, key, split_id = documents.pages_of(store, file["id"]), new_id("file_"), new_id("splt_")
    data = splitting.cut(store.read_blob(file["id"]) or b"", pages, first, last)
    documents.keep(store, key, data, pages[first - 1 : last])
    whole, said = (
        PurePath(file["name"]),
        {name: part[name] for name in "type identifier startPage endPage".split()},
    )
    count = {"pageCount": last - first + 1}
    row = {
        "id": key,
        "name": f"{whole.stem} {first}-{last}{whole.suffix}",
        "type": file["type"],
        "uploaded": False,
    }
    row |= count | {"parentFileId": file["id"], "createdAt": now, "updatedAt": now}
    store.put("file", row | {"metadata": count | {"parentSplit": {"id": split_id} | said}})
    return part | {"id": split_id, "fileId": key}


def pages_of_run(state: State, run: Row) -> list[str]:
    return [page for key in run["fileIds"] for page in documents.pages_of(state.store, key)]


def of_run(view: View, row: Row) -> list[Row]:
    """Assumption: a file that was deleted is gone from the runs that used it."""
    found = [view.state.store.get("file", key) for key in row.get("fileIds") or [row["fileId"]]]
    return [view.show("file_summary", file) for file in found if file]


def _file(view: View, row: Row) -> Row:
    facts: Row = {"object": "file", "presignedUrl": None, "parentFileId": None, "contents": None}
    split = {"parentSplit": row["parentSplit"]} if row.get("parentSplit") else {}
    return facts | {"metadata": {"pageCount": row["pageCount"]} | split} | row


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
