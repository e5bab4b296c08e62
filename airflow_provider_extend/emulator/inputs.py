"""What is common to the bodies that start runs: one document or several, metadata, priority."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.families import files
from airflow_provider_extend.emulator.families.files import Source
from airflow_provider_extend.emulator.state import V24, V25, V26, ApiError
from airflow_provider_extend.emulator.store import Row

#: Fields of a body that starts a run.
INPUT = "file:object? package:object? metadata:object?"
PRIORITY = "priority:1..100?"
_METADATA_BYTES = 10 * 1024
_TAGS = "extend:usage_tags"
_WAYS = ("url", "id", "text")  # to name a file in 2026-02-09
_FILE_OLD = {"url": "fileUrl", "id": "fileId", "name": "fileName"}
_RAW_TEXT = {"text": "rawText"}
_Read = TypeVar("_Read")
#: What parse, edit, verify and form detection take: no text; base64 only in 2024-12-23.
_DOCUMENT = {
    V24: _FILE_OLD | {"base64": "fileBase64"},
    V25: _FILE_OLD,
    V26: {"url": "url", "id": "id", "name": "name"},
}


@dataclass(frozen=True)
class Input:
    """What one run reads; ``rest``: what a package holds beside its first file."""

    source: Source
    metadata: Row | None = None
    name: str | None = None
    rest: tuple[Source, ...] = ()
    outputs: tuple[Row, ...] = ()  # known ones, as they were sent: {processorId, output}

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.source, *self.rest)

    @property
    def pages(self) -> list[str]:
        """Of all its files; none when one of them cannot be read."""
        return (
            [page for one in self.sources for page in one.pages] if all(s.pages for s in self.sources) else []
        )


def single(call: Call, ways: Sequence[str] = _WAYS) -> Input:
    """The file of a 2026-02-09 body, or the 2 to 50 of its package."""
    body = call.body
    if (body.get("file") is None) == (body.get("package") is None):
        raise ApiError(400, "Exactly one of file and package is needed")
    if body.get("package") is None:
        source = _file(call, body["file"], ways)
        return Input(source, metadata(body.get("metadata")), outputs=tuple(body.get("outputs") or ()))
    given = body["package"].get("files")
    if not isinstance(given, list) or not 2 <= len(given) <= 50:
        raise ApiError(400, "package.files must hold 2 to 50 files")

    def read(one: Any) -> Source:
        return _file(call, one, ("url", "id"))

    first, *rest = [_at(f"package.files[{at}]", read, one) for at, one in enumerate(given)]
    named = [json.dumps([one.get("url"), one.get("id")]) for one in given]
    if len(set(named)) < len(named):
        raise ApiError(400, "package.files must not hold a file twice")
    if body.get("outputs"):
        raise ApiError(400, "outputs: not with a package, which has one result for all its files")
    return Input(first, metadata(body.get("metadata")), rest=tuple(rest))


def older(call: Call) -> Input:
    """The document of a processor run's body on the older paths."""
    return Input(_either(call, call.body), metadata(call.body.get("metadata")))


def document(call: Call) -> Input:
    """The one document of a run that reads, fills or checks it."""
    given = files.source(call, call.body.get("file"), _DOCUMENT[call.style])
    return Input(given, metadata(call.body.get("metadata")))


def each(call: Call) -> list[Input]:
    """The documents of a workflow run's body on the older versions: each starts a run."""
    body = call.body
    if (body.get("files") is None) == (body.get("rawTexts") is None):
        raise ApiError(400, "Exactly one of files and rawTexts is needed")
    given: list[Any] = body.get("files") or [{"rawText": text} for text in body.get("rawTexts") or []]
    if not 1 <= len(given) <= 50:
        raise ApiError(400, "files or rawTexts must hold 1 to 50 documents")
    keys, said = _FILE_OLD if body.get("files") else _RAW_TEXT, metadata(body.get("metadata"))
    return [
        Input(files.source(call, one, keys), said, body.get("name"), outputs=tuple(one.get("outputs") or ()))
        for one in given
    ]


def batch(call: Call, ways: Sequence[str] = _WAYS) -> list[Input]:
    """All or none, each with metadata of its own."""
    given: list[Any] = call.body["inputs"]
    if not 1 <= len(given) <= 1000:
        raise ApiError(400, "inputs must hold 1 to 1000 documents")

    def read(one: Any) -> Input:
        if not isinstance(one, dict):
            raise ApiError(400, "an object is expected")
        source = _file(call, one.get("file"), ways) if call.style == V26 else _either(call, one)
        return Input(source, metadata(one.get("metadata")), _name(one))

    return [_at(f"inputs[{at}]", read, one) for at, one in enumerate(given)]


def _at(place: str, read: Callable[[Any], _Read], given: Any) -> _Read:
    try:
        return read(given)
    except ApiError as error:
        raise ApiError(error.status, f"{place}: {error.message}") from error


def _file(call: Call, given: Any, ways: Sequence[str]) -> Source:
    return files.source(call, given, {way: way for way in (*ways, "name")})


def _either(call: Call, given: Row) -> Source:
    if (given.get("file") is None) == (given.get("rawText") is None):
        raise ApiError(400, "exactly one of file and rawText is needed")
    if given.get("file") is None:
        return files.source(call, given, _RAW_TEXT)
    return files.source(
        call, given["file"], _FILE_OLD | ({"base64": "fileBase64"} if call.style == V24 else {})
    )


def _name(given: Row) -> str | None:
    name = given.get("name")
    if not isinstance(name, str | None):
        raise ApiError(400, "name must be of type str")
    return name


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
