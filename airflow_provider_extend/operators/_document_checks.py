"""What is refused of an operator for many documents before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.limits import (
    BATCH_INPUTS,
    OWN_METADATA_BYTES,
    check_metadata,
    check_priority,
)
from airflow_provider_extend.api.lookups import TASK_KEY, TOKEN_KEY
from airflow_provider_extend.documents.folders import folder_path
from airflow_provider_extend.documents.ledger import VERSION, Ledger
from airflow_provider_extend.documents.rows import check_format
from airflow_provider_extend.documents.sources import Source
from airflow_provider_extend.operators._document_files import WAYS
from airflow_provider_extend.results import INPUT_KEY
from airflow_provider_extend.waiting import FAIL, SUCCEED

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient
    from airflow_provider_extend.operators._documents import ExtendDocumentsOperator

SKIP = "skip"
ANEW, GO_ON = "anew", "go_on"
#: Parameters that are one of a few words.
_WORDS = {"send": WAYS, "on_empty": (FAIL, SKIP), "on_clear": (ANEW, GO_ON)}
#: Parameters that are whole numbers, from and to.
_WHOLE = {"batch_size": BATCH_INPUTS, "batches_in_flight": (1, 100)}
_ABOVE_0 = ("files_per_minute", "poll_interval", "link_seconds", "timeout")


def check_parameters(operator: ExtendDocumentsOperator) -> None:
    """
    :raises ExtendInputError: naming the parameter, its value and what was expected.
    """
    for name, words in _WORDS.items():
        if getattr(operator, name) not in words:
            expected = " or ".join(map(repr, words))
            raise _refused(name, operator, expected)
    for name, (low, high) in _WHOLE.items():
        number = getattr(operator, name)
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise _refused(name, operator, f"a whole number from {low} to {high}")
    for name in _ABOVE_0:
        number = getattr(operator, name)
        if (number is not None or name != "timeout") and not (_is_number(number) and 0 < number < math.inf):
            raise _refused(name, operator, "a number above 0")
    for name in ("output_path", "uploads_path"):
        given = getattr(operator, name)
        if folder_path(given) is None and not (given is None and name == "uploads_path"):
            expected = "a folder of an object store, such as s3://conn@bucket/results, or a path that begins with '/'"
            raise _refused(name, operator, expected)
    runs = operator.max_runs
    if runs is not None and (isinstance(runs, bool) or not isinstance(runs, int) or runs < 1):
        raise _refused("max_runs", operator, "a whole number above 0, or None")
    share = operator.on_partial
    if share not in (FAIL, SUCCEED) and not (_is_number(share) and 0 <= float(share) <= 1):
        raise _refused(
            "on_partial", operator, "'fail', 'succeed', or the share that has to succeed, from 0 to 1"
        )
    check_format(operator.output_format)
    check_priority(operator.priority)
    _check_own(operator.metadata, "metadata")


def checked_metadata(found: Iterator[Source], metadata: Mapping[str, Any] | None) -> Iterator[Source]:
    """The documents, as long as what goes along with each can be sent."""
    for source in found:
        if source.metadata:
            _check_own({**(metadata or {}), **source.metadata}, f"metadata of {source.source}")
        yield source


def check_ledger(ledger: Ledger, client: ExtendClient) -> Ledger:
    """
    :raises ExtendInputError: it is not for this package, or not for the connection as it is now, to go on with.
    """
    if ledger.plan is None:
        return ledger
    if ledger.plan["v"] > VERSION:
        raise ExtendInputError(
            f"What an earlier try has kept at {ledger.output.path!r} was written by a newer version of this package: "
            "go on with that. Nothing was sent."
        )
    began = ledger.plan["job"]["version"]
    if began != client.api_version:
        raise ExtendInputError(
            f"The documents were begun with in API version {began}, and the connection speaks {client.api_version} "
            "now: set it back until this task has ended, or clear the task to pay for all of them anew. Nothing was "
            "sent."
        )
    return ledger


def _check_own(metadata: Mapping[str, Any] | None, what: str) -> None:
    check_metadata(metadata, limit=OWN_METADATA_BYTES)
    if taken := sorted({TOKEN_KEY, TASK_KEY, INPUT_KEY} & (metadata or {}).keys()):
        raise ExtendInputError(
            f"{what} has {', '.join(taken)}: by these the runs are told apart. Nothing was sent."
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refused(name: str, operator: ExtendDocumentsOperator, expected: str) -> ExtendInputError:
    return ExtendInputError(f"{name} is {getattr(operator, name)!r}: expected {expected}. Nothing was sent.")
