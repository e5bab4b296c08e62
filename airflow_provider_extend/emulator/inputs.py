"""What is common to the bodies that start runs: one document or several, metadata, priority."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import files
from airflow_provider_extend.emulator.families.files import Source
from airflow_provider_extend.emulator.state import V26, ApiError
from airflow_provider_extend.emulator.store import Row

#: Fields of a body that starts a run.
INPUT = "file:object? package:object? outputs:array? priority:int? metadata:object?"
_METADATA_BYTES = 10 * 1024
_TAGS = "extend:usage_tags"
_FILE_26 = {"url": "url", "id": "id", "text": "text", "name": "name"}
_FILE_OLD = {"url": "fileUrl", "id": "fileId", "name": "fileName"}
_RAW_TEXT = {"text": "rawText"}


@dataclass(frozen=True)
class Input:
    source: Source
    metadata: Row | None = None
    name: str | None = None


def single(call: Call) -> Input:
    """The one document of a 2026-02-09 body."""
    body = call.body
    _check_priority(body)
    if (body.get("file") is None) == (body.get("package") is None):
        raise ApiError(400, "Exactly one of file and package is needed")
    if body.get("package") is not None:
        raise ApiError(400, "package: this emulator runs one file at a time")
    _refuse_outputs(body)
    return Input(files.source(call, body["file"], _FILE_26), metadata(body.get("metadata")))


def each(call: Call) -> list[Input]:
    """The documents of a workflow run's body on the older versions: each starts a run."""
    body = call.body
    _check_priority(body)
    if (body.get("files") is None) == (body.get("rawTexts") is None):
        raise ApiError(400, "Exactly one of files and rawTexts is needed")
    given: list[Any] = body.get("files") or [{"rawText": text} for text in body.get("rawTexts") or []]
    if not 1 <= len(given) <= 50:
        raise ApiError(400, "files or rawTexts must hold 1 to 50 documents")
    keys, said = _FILE_OLD if body.get("files") else _RAW_TEXT, metadata(body.get("metadata"))
    return [Input(_older(call, one, keys), said, body.get("name")) for one in given]


def batch(call: Call) -> list[Input]:
    """All or none, each with metadata of its own."""
    _check_priority(call.body)
    given: list[Any] = call.body["inputs"]
    if not 1 <= len(given) <= 1000:
        raise ApiError(400, "inputs must hold 1 to 1000 documents")
    found: list[Input] = []
    for at, one in enumerate(given):
        try:
            if not isinstance(one, dict):
                raise ApiError(400, "an object is expected")
            if call.style == V26:
                source = files.source(call, one.get("file"), _FILE_26)
            elif (one.get("file") is None) == (one.get("rawText") is None):
                raise ApiError(400, "exactly one of file and rawText is needed")
            elif one.get("file") is None:
                source = files.source(call, one, _RAW_TEXT)
            else:
                source = _older(call, one["file"], _FILE_OLD)
            found.append(Input(source, metadata(one.get("metadata")), _name(one)))
        except ApiError as error:
            raise ApiError(error.status, f"inputs[{at}]: {error.message}") from error
    return found


def _older(call: Call, given: Any, keys: dict[str, str]) -> Source:
    if isinstance(given, dict):
        _refuse_outputs(given)
    return files.source(call, given, keys)


def _name(given: Row) -> str | None:
    name = given.get("name")
    if not isinstance(name, str | None):
        raise ApiError(400, "name must be of type str")
    return name


def _refuse_outputs(given: Row) -> None:
    if given.get("outputs"):
        raise ApiError(400, "outputs: this emulator makes them itself")


def _check_priority(body: Row) -> None:
    if body.get("priority") is not None and not 1 <= body["priority"] <= 100:
        raise ApiError(400, "priority must be a number from 1 to 100")


def metadata(given: Any) -> Row | None:
    """Of the reserved key, characters that no tag may have are dropped."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ApiError(400, "metadata must be of type object")
    text = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode("utf-8", "replace")) > _METADATA_BYTES:
        raise ApiError(400, "metadata must not be larger than 10 KB")
    if (tags := given.get(_TAGS)) is None:
        return given
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ApiError(400, f"{_TAGS} must be an array of strings")
    return given | {_TAGS: [re.sub(r"[^A-Za-z0-9_-]", "", tag) for tag in tags]}
