"""From an HTTP answer to the API's result, or to the error that says what happened and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_extend.api.calls import MAX_MESSAGE, Call, cut_queries
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendAPIError,
    ExtendEndpointRemoved,
    ExtendError,
    ExtendForbidden,
    ExtendNotFound,
    ExtendUnauthorized,
    ExtendUsageBlocked,
    api_error_class,
    read_error_body,
)
from airflow_provider_extend.api.permissions import what_is_needed
from airflow_provider_extend.api.retry import parse_retry_after, status_in_doubt

#: Statuses that are the API's whatever the body says; a proxy's page under another one is no answer of Extend.
_OWN_STATUS = frozenset({401, 402, 403, 404, 408, 429})


@dataclass(frozen=True, slots=True)
class _NoJson:
    what: str


NOT_JSON = _NoJson("something that is not JSON")
NOTHING = _NoJson("nothing")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, the key already struck out of it.

    :ivar headers: by lower-case name.
    :ivar body: JSON, or `NOT_JSON` or `NOTHING`.
    """

    status: int
    headers: Mapping[str, str]
    body: Any


def read_answer(call: Call, answer: Answer, base_url: str) -> Any:
    """The JSON of a success.

    :param base_url: shown where the host may be the reason.
    :raises ExtendAPIError: an error answer of the API.
    :raises ExtendAnswerError: no answer of the API at all.
    """
    if not 200 <= answer.status < 300:
        raise _error(call, answer, base_url)
    if isinstance(answer.body, _NoJson):
        raise ExtendAnswerError(
            f"{call}: HTTP {answer.status} with {answer.body.what}, where JSON was due{doubt(call)}. Check the host "
            "and the proxy of the Extend connection.",
            status=answer.status,
        )
    return answer.body


def doubt(call: Call, status: int | None = None) -> str:
    """What is unknown now: a create whose answer was lost may have been carried out."""
    if call.endpoint.repeatable or not status_in_doubt(status):
        return ""
    return "; it is not known whether Extend carried it out, and it was not sent again"


def _error(call: Call, answer: Answer, base_url: str) -> ExtendError:
    status = answer.status
    fields = read_error_body(answer.body)
    if not fields and status < 500 and status not in _OWN_STATUS:
        what = "a redirect that is not followed" if 300 <= status < 400 else "an answer that is not Extend's"
        return ExtendAnswerError(
            f"{call}: HTTP {status}, {what}. Check the host of the connection.", status=status
        )
    text = cut_queries(fields.pop("message", "the answer says no more"))[:MAX_MESSAGE].rstrip(".")
    code = fields.pop("code", None)
    request_id = fields.pop("request_id", None) or answer.headers.get("x-extend-request-id")
    cls = api_error_class(status, code)
    needed = what_is_needed(call.endpoint, call.version)
    hint = _HINTS.get(cls, "").format(url=base_url, version=call.version, needed=needed)
    named = f" {code}" if code else ""
    ticket = f" [request {request_id}]" if request_id else ""
    return cls(
        f"{call}: HTTP {status}{named}: {text}{doubt(call, status)}.{hint}{ticket}",
        status=status,
        code=code,
        request_id=request_id,
        retry_after=parse_retry_after(answer.headers.get("retry-after")),
        said=text,
        **fields,
    )


_HINTS: Mapping[type[ExtendAPIError], str] = {
    ExtendUnauthorized: " Either the API key is wrong or revoked, or it belongs to another region: {url} was asked. "
    "Or it lacks a permission. {needed}",
    ExtendUsageBlocked: " The account is out of credits or blocked; a retry does not help before that is settled.",
    ExtendForbidden: " The key may not do this: check its scope and the workspace id of the connection. {needed}",
    ExtendNotFound: " It does not exist, was deleted, or belongs to another workspace or region ({url} was asked).",
    ExtendEndpointRemoved: " API version {version} of the connection no longer has this call.",
}
