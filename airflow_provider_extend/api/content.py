"""Which answers may hold document content or a secret, and what of them may be shown.

Document content is what was read from a document, what a person corrected of it, or what is expected of it. What an
author has written (configs, steps, names) and ids, states and counts are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from airflow_provider_extend.api.calls import without_signed_urls
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import ExtendInputError

#: Verbs that answer without content, by resource. A verb that stands nowhere here may answer with some: what is new
#: or forgotten is held back (objects.md 5 to 7; the lists of runs hold summaries, without outputs).
_DEFINITION = frozenset({"create", "list", "retrieve", "update", "delete"})
_RUN = frozenset({"list", "delete", "create_batch"})
_WITHOUT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *(
                    f"{family}s"
                    for family in ("processor", "extractor", "classifier", "splitter", "workflow")
                ),
                *(
                    f"{family}_versions"
                    for family in ("processor", "extractor", "classifier", "splitter", "workflow")
                ),
                "evaluation_sets",
                "webhook_endpoints",
                "webhook_subscriptions",
                "batch_processor_runs",
                "batch_runs",
                "evaluation_set_runs",
            ),
            _DEFINITION,
        ),
        **dict.fromkeys(
            (
                *(f"{kind}_runs" for kind in ("extract", "classify", "split", "parse", "edit")),
                *(f"{kind}_runs" for kind in ("form_detection", "processor")),
            ),
            _RUN,
        ),
        "workflow_runs": _RUN - {"list"},  # its rows have a person's rejection note
        "verify_runs": _RUN - {"list"},  # its rows have the risk level
        "files": frozenset({"create", "list", "upload", "delete"}),  # retrieve: its contents may be asked for
        "evaluation_set_items": frozenset({"delete"}),
    }
)

#: Keys under which the API gives document content.
CONTENT_KEYS = frozenset(
    "output initialOutput reviewedOutput outputs stepRuns expectedOutput edits contents chunks ocr outputUrl"
    " editedFile filledValues schema annotatedSchema mappingResult riskLevel rejectionNote".split()
)

#: What of an answer without content tells its state: single values that an author may branch on.
_STATE = (
    "object id name type status version failureReason batchId parseRunId evaluationSetId fileId processorId"
    " processorVersionId workflowId parentFileId reviewed dashboardUrl url createdAt updatedAt"
).split()

#: Resource -> keys whose values are secrets: what an endpoint signs with, and headers that it, or a step, sends along.
_SECRETS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "webhook_endpoints": frozenset({"signingSecret", "headers"}),
        "workflows": frozenset({"headers"}),
        "workflow_versions": frozenset({"headers"}),
    }
)
_HIDDEN = "***"


def may_hold_content(name: str) -> bool:
    """Whether an answer of endpoint `name` may hold document content, in any API version."""
    endpoint = find(name)
    return endpoint.verb not in _WITHOUT.get(endpoint.resource, ())


def shown(name: str, answer: Any) -> Any:
    """`answer` of endpoint `name` without secrets and the queries of signed links; content stays."""
    keys = _SECRETS.get(find(name).resource)
    return without_signed_urls(_hidden(answer, keys) if keys else answer)


def state_of(answer: Any) -> Any:
    """What of an answer, or of each of its rows, may be shown whatever it holds: id, status and their like."""
    if isinstance(answer, list):
        return [state_of(row) for row in answer]
    if not isinstance(answer, Mapping):
        return {}
    return {
        key: without_signed_urls(answer[key])
        for key in _STATE
        if isinstance(answer.get(key), str | int | float | bool)
    }


def check_fields(fields: Iterable[str]) -> None:
    """:raises ExtendInputError: a field that holds document content is to be shown, or it is no list of fields."""
    if isinstance(fields, str):
        raise ExtendInputError(f"fields is {fields!r}: expected a list of names. Nothing was sent.")
    held = sorted(set(fields) & CONTENT_KEYS)
    if held:
        raise ExtendInputError(
            f"fields names {', '.join(held)}: that is document content, which a list does not push to XCom. "
            "Nothing was sent."
        )


def row_of(row: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Those `fields` of a row that it has; an object stands as its id, and one without an id is left out."""
    found = {field: _as_id(row[field]) for field in fields if field in row}
    return {key: without_signed_urls(value) for key, value in found.items() if value is not ...}


def _as_id(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value["id"] if isinstance(value.get("id"), str) else ...
    if isinstance(value, list):
        return [each for item in value if (each := _as_id(item)) is not ...]
    return value


def _hidden(value: Any, keys: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _HIDDEN if key in keys and item else _hidden(item, keys) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, keys) for item in value]
    return value
