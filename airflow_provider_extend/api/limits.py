"""Limits of what is sent, checked before it is (README section 8): each function raises `ExtendInputError`.

No version documents a limit of size or pages for a document, so none is checked here; Extend answers
FILE_SIZE_TOO_LARGE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError

#: Lower runs first; Extend's default is 50, that of a workflow batch 90.
PRIORITIES = (1, 100)
#: Bytes of a run's metadata as JSON.
METADATA_BYTES = 10 * 1024
#: The same, where a token and the task's address travel in it too.
OWN_METADATA_BYTES = 9 * 1024
#: Reserved key of metadata: tags by which Extend reports usage.
USAGE_TAGS = "extend:usage_tags"
#: Inputs of one batch call.
BATCH_INPUTS = (1, 1000)
#: Files of a package, and of an evaluation item with `fileIds` (2026-02-09).
PACKAGE_FILES = (2, 50)
#: Files of one POST /workflow_runs before 2026-02-09.
WORKFLOW_FILES = (1, 50)
#: Items of one POST /evaluation_sets/{id}/items.
EVALUATION_ITEMS = (1, 100)

_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9_-]")
_SHOWN = 5


def check_priority(priority: Any) -> None:
    """:param priority: 1 to 100, or None for Extend's default."""
    low, high = PRIORITIES
    if priority is not None and (not _is_whole(priority) or not low <= priority <= high):
        raise ExtendInputError(
            f"priority is {_shown(priority)}: expected a whole number from {low} to {high}. Nothing was sent."
        )


def check_metadata(metadata: Any, *, limit: int = METADATA_BYTES) -> list[str]:
    """Metadata of a run (runs.md 6).

    :param metadata: a JSON object, or None.
    :param limit: most bytes as JSON.
    :return: warnings. Extend takes away characters of a usage tag that are no letters, digits, hyphens or
        underscores; that is told, and not refused.
    :raises ExtendInputError: no JSON object, too large, or usage tags that are no list of texts.
    """
    if metadata is None:
        return []
    if not isinstance(metadata, Mapping) or check_json("metadata", metadata) > limit:
        raise ExtendInputError(
            f"metadata is no object, or is larger than {limit // 1024} KB as JSON. Nothing was sent."
        )
    tags = metadata.get(USAGE_TAGS, [])
    if not _is_list(tags) or not all(isinstance(tag, str) for tag in tags):
        raise ExtendInputError(
            f"metadata {USAGE_TAGS!r} is {_kinds(tags)}: expected a list of texts. Nothing was sent."
        )
    changed = [tag for tag in tags if _NOT_IN_TAG.search(tag)]
    if not changed:
        return []
    shown = ", ".join(f"{tag!r} as {_NOT_IN_TAG.sub('', tag)!r}" for tag in changed[:_SHOWN])
    return [
        f"Extend keeps letters, digits, hyphens and underscores of a usage tag: {len(changed)} of {len(tags)} tags "
        f"are reported otherwise than written ({shown})."
    ]


def check_json(name: str, value: Any) -> int:
    """Bytes of `value` as JSON.

    :raises ExtendInputError: it is none, for instance a date.
    """
    try:
        text = json.dumps(value, sort_keys=True)
        json.dumps(value, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        raise ExtendInputError(
            f"{name} holds what JSON does not know, a date for instance: write it as text. Nothing was sent."
        ) from None
    return len(text)


def check_batch(inputs: Any) -> None:
    """:param inputs: of one batch call."""
    _check_number("inputs", inputs, BATCH_INPUTS, "a batch")


def check_workflow_files(files: Any) -> None:
    """:param files: `files` or `rawTexts` of POST /workflow_runs before 2026-02-09; each becomes a run."""
    _check_number("files", files, WORKFLOW_FILES, "one call that runs a workflow")


def check_package(files: Any) -> None:
    """:param files: of a package that one run reads together (2026-02-09): {"id": ...} or {"url": ...} each, and none
    of them twice.
    """
    _check_number("package", files, PACKAGE_FILES, "a package")
    named = []
    for number, file in enumerate(files):
        given = [key for key in ("id", "url") if isinstance(file, Mapping) and isinstance(file.get(key), str)]
        if len(given) != 1:
            raise ExtendInputError(
                f"package[{number}] is {_kinds(file)}: expected either an id or a url; a package takes no text. "
                "Nothing was sent."
            )
        named.append(f"{given[0]} {file[given[0]]}")
    _check_distinct("package", named)


def check_evaluation_items(items: Any) -> None:
    """:param items: of one call: {"fileId": ...} or {"fileIds": [...]} each."""
    _check_number("items", items, EVALUATION_ITEMS, "one call that adds evaluation items")
    for number, item in enumerate(items):
        given = item.keys() & {"fileId", "fileIds"} if isinstance(item, Mapping) else set()
        if len(given) != 1:
            raise ExtendInputError(
                f"items[{number}] has {' and '.join(sorted(given)) or 'no file'}: expected either fileId or fileIds. "
                "Nothing was sent."
            )
        if "fileIds" in item:
            _check_number(f"items[{number}].fileIds", item["fileIds"], PACKAGE_FILES, "an evaluation item")
            _check_distinct(f"items[{number}].fileIds", list(item["fileIds"]))


def _check_number(name: str, given: Any, limits: tuple[int, int], of_what: str) -> None:
    low, high = limits
    if not _is_list(given):
        raise ExtendInputError(f"{name} is {_kinds(given)}: expected a list. Nothing was sent.")
    if not low <= len(given) <= high:
        raise ExtendInputError(
            f"{name} holds {len(given)}: {of_what} takes {low} to {high}. Nothing was sent."
        )


def _check_distinct(name: str, values: list[Any]) -> None:
    first: dict[Any, int] = {}
    for number, value in enumerate(values):
        if first.setdefault(value, number) != number:
            # By their places: an address may be signed.
            raise ExtendInputError(
                f"{name}[{number}] is the same file as {name}[{first[value]}]: expected each once. Nothing was sent."
            )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shown(value: Any) -> str:
    return repr(value)[:40]


def _kinds(value: Any) -> str:
    """What a value is, without what it holds."""
    if _is_list(value):
        return f"a list of {', '.join(sorted({type(item).__name__ for item in value})) or 'nothing'}"
    return "an object of other keys" if isinstance(value, Mapping) else f"a {type(value).__name__}"
