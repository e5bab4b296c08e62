"""Limits of what is sent, checked before it is (README section 8): each function raises `ExtendInputError`.

`LIMITS` has those of parameters, under the names by which the glossary of `api.table` refers to them. No version
documents a limit of size or pages for a document, so none is checked here; Extend answers FILE_SIZE_TOO_LARGE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError

#: Lower runs first.
PRIORITIES = (1, 100)
#: Rows of a page on 2025-04-21; the other versions document no number.
PAGE_ROWS = (1, 1000)
#: Bytes of a run's metadata as JSON (2026-02-09); before, no limit is documented.
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
    if priority is not None:
        _check_whole("priority", priority, PRIORITIES)


def check_page_rows(rows: Any) -> None:
    """:param rows: of one page of a list."""
    _check_whole("max_page_size", rows, PAGE_ROWS)


def check_metadata(metadata: Any, *, limit: int = METADATA_BYTES) -> list[str]:
    """Metadata of a run (runs.md 6).

    :param metadata: a JSON object, or None.
    :param limit: most bytes as JSON.
    :return: warnings. Extend takes away characters of a usage tag that are no letters, digits, hyphens or
        underscores; that is told, and not refused.
    :raises ExtendInputError: no JSON object, too large, or usage tags that are no list of texts.
    """
    return _told(_tags("metadata", metadata, limit))


def check_json(name: str, value: Any) -> int:
    """Bytes of `value` as JSON, in the shortest of its spellings: without spaces, in UTF-8 (assumption).

    :raises ExtendInputError: it is none, for instance a date.
    """
    try:
        return len(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
    except (TypeError, ValueError, RecursionError):
        raise ExtendInputError(
            f"{name} holds what JSON does not know, a date for instance: write it as text. Nothing was sent."
        ) from None


def check_inputs(inputs: Any) -> None:
    """:param inputs: of one batch call, of which the API version documents the number alone (before 2026-02-09)."""
    _check_number("inputs", inputs, BATCH_INPUTS, "a batch")


def check_batch(inputs: Any) -> list[str]:
    """Inputs of one batch call of 2026-02-09, each with the metadata of its run.

    :return: warnings, as those of `check_metadata`.
    """
    check_inputs(inputs)
    return _told(
        [
            tag
            for number, given in enumerate(inputs)
            if isinstance(given, Mapping)
            for tag in _tags(f"inputs[{number}].metadata", given.get("metadata"), METADATA_BYTES)
        ]
    )


def check_workflow_files(files: Any) -> None:
    """:param files: `files` of POST /workflow_runs before 2026-02-09; each becomes a run."""
    _check_number("files", files, WORKFLOW_FILES, "one call that runs a workflow")


def check_package(files: Any) -> None:
    """:param files: `files` of a package that one run reads together (2026-02-09): {"id": ...} or {"url": ...} each,
    and none of them twice.
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
    """:param items: of one call: {"fileId": ...} or {"fileIds": [...]} each, with "expectedOutput"."""
    _check_number("items", items, EVALUATION_ITEMS, "one call that adds evaluation items")
    for number, item in enumerate(items):
        check_evaluation_item(f"items[{number}]", item)


def check_evaluation_item(name: str, item: Any) -> None:
    """One of them; what is wrong is said without the item, which holds a document's content."""
    given = item.keys() & {"fileId", "fileIds"} if isinstance(item, Mapping) else set()
    if len(given) != 1:
        raise ExtendInputError(
            f"{name} has {' and '.join(sorted(given)) or 'no file'}: expected either fileId or fileIds. Nothing was "
            "sent."
        )
    if "expectedOutput" not in item:
        raise ExtendInputError(f"{name} has no expectedOutput. Nothing was sent.")
    if "fileIds" in item:
        _check_number(f"{name}.fileIds", item["fileIds"], PACKAGE_FILES, "an evaluation item")
        named = {f"{name}.fileIds[{number}]": file_id for number, file_id in enumerate(item["fileIds"])}
    else:
        named = {f"{name}.fileId": item["fileId"]}
    for where, file_id in named.items():
        if not isinstance(file_id, str) or not file_id:
            raise ExtendInputError(
                f"{where} is {_kinds(file_id)}: expected an id of a file. Nothing was sent."
            )
    _check_distinct(f"{name}.fileIds", [*named.values()])


def _check_packed(package: Any) -> None:
    """A package as it is sent: `{files}`."""
    if not isinstance(package, Mapping):
        raise ExtendInputError(
            f"package is {_kinds(package)}: expected an object with files. Nothing was sent."
        )
    check_package(package.get("files"))


def _tags(name: str, metadata: Any, limit: int) -> list[str]:
    """Usage tags of metadata that may be sent."""
    if metadata is None:
        return []
    if not isinstance(metadata, Mapping):
        raise ExtendInputError(f"{name} is {_kinds(metadata)}: expected an object. Nothing was sent.")
    if (size := check_json(name, metadata)) > limit:
        raise ExtendInputError(f"{name} has {size} bytes as JSON: at most {limit} may be. Nothing was sent.")
    tags = metadata.get(USAGE_TAGS, [])
    if not _is_list(tags) or not all(isinstance(tag, str) for tag in tags):
        raise ExtendInputError(
            f"{name} {USAGE_TAGS!r} is {_kinds(tags)}: expected a list of texts. Nothing was sent."
        )
    return list(tags)


def _told(tags: Sequence[str]) -> list[str]:
    """What Extend makes of usage tags, where it changes some."""
    changed = [tag for tag in tags if _NOT_IN_TAG.search(tag)]
    if not changed:
        return []
    shown = ", ".join(
        f"{tag!r} as {_NOT_IN_TAG.sub('', tag)!r}" for tag in [*dict.fromkeys(changed)][:_SHOWN]
    )
    return [
        f"Extend keeps letters, digits, hyphens and underscores of a usage tag: {len(changed)} of {len(tags)} tags "
        f"are reported otherwise than written ({shown})."
    ]


def _check_whole(name: str, given: Any, limits: tuple[int, int]) -> None:
    low, high = limits
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise ExtendInputError(
            f"{name} is {_shown(given)}: expected a whole number from {low} to {high}. Nothing was sent."
        )


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


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shown(value: Any) -> str:
    """A number, or what there is in its place."""
    return repr(value)[:40] if isinstance(value, int | float | str) else _kinds(value)


def _kinds(value: Any) -> str:
    """What a value is, without what it holds."""
    if _is_list(value):
        return f"a list of {', '.join(sorted({type(item).__name__ for item in value})) or 'nothing'}"
    return "an object of other keys" if isinstance(value, Mapping) else f"a {type(value).__name__}"


@dataclass(frozen=True, slots=True)
class Limit:
    """What is documented of a parameter's value.

    :ivar said: in words, for `help()`.
    :ivar check: refuses a value, and returns warnings, if any.
    """

    said: str
    check: Callable[[Any], list[str] | None]


def _span(limits: tuple[int, int]) -> str:
    return f"{limits[0]} to {limits[1]}"


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "priority": Limit(_span(PRIORITIES), check_priority),
        "rows": Limit(_span(PAGE_ROWS), check_page_rows),
        "metadata": Limit(f"at most {METADATA_BYTES // 1024} KB as JSON", check_metadata),
        "inputs": Limit(f"{_span(BATCH_INPUTS)} of them", check_inputs),
        "batch": Limit(f"{_span(BATCH_INPUTS)} of them", check_batch),
        "files": Limit(f"{_span(WORKFLOW_FILES)} of them", check_workflow_files),
        "package": Limit(f"{_span(PACKAGE_FILES)} files, each once", _check_packed),
        "items": Limit(
            f"{_span(EVALUATION_ITEMS)} of them; {_span(PACKAGE_FILES)} fileIds each", check_evaluation_items
        ),
    }
)
