"""A request as a value, built from the endpoint table, and the way back from an answer to its result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from airflow_provider_extend.api.endpoints import RUN, Endpoint, find
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendAPIError, ExtendInputError

#: Ids may grow to 255 characters without a new version (README section 3).
MAX_ID_LENGTH = 255
#: What of the server's own words is shown.
MAX_MESSAGE = 500
_NOT_IN_ID = re.compile(r"[\s/\\?#%\x00-\x1f\x7f]")
_QUERY = re.compile(r"(https?://[^\s\"'<>?]+)\?[^\s\"'<>]*", re.IGNORECASE)
#: Parameters of signed links (S3, Google, Azure, CloudFront and what is built like them), in lower case.
_SIGNATURES = frozenset(
    "signature sig expires policy key-pair-id awsaccesskeyid googleaccessid token"
    " se sp sv sr st spr skoid sktid skt ske sks skv".split()
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent.

    :ivar path: quoted path below the base URL.
    :ivar query: query parameters without those that are None.
    """

    endpoint: Endpoint
    version: str
    path: str
    query: Mapping[str, Any]
    body: Any | None

    def __str__(self) -> str:
        return f"{self.endpoint.method} {self.path}"


def check_id(value: Any, what: str = "id") -> str:
    """Return `value` if it can stand in a path without reaching another one. Ids are never parsed.

    :raises ExtendInputError: naming the value and what is wrong with it.
    """
    if not isinstance(value, str) or not value:
        # A value of another kind may hold anything, a signed link or a document among it.
        given = (
            repr(value)
            if value is None or isinstance(value, str | int | float)
            else f"a {type(value).__name__}"
        )
        raise ExtendInputError(
            f"{what} is {given}: expected the id of an object of Extend as text, for instance one that an "
            "earlier task pushed to XCom. Nothing was sent."
        )
    plain = value.partition("?")[0]  # a link in the place of an id may be signed
    shown = ascii(plain if len(plain) <= 80 else f"{plain[:77]}...")
    if (
        len(value) > MAX_ID_LENGTH
        or value in (".", "..")
        or _NOT_IN_ID.search(value)
        or not value.isprintable()
    ):
        raise ExtendInputError(
            f"{what} {shown} cannot be an id of Extend: ids hold no white space, slash, '?', '#' or '%' and "
            f"have at most {MAX_ID_LENGTH} characters. Copy it from the dashboard or from XCom. Nothing was sent."
        )
    return value


def build(
    name: str,
    version: str,
    *path_args: str,
    query: Mapping[str, Any] | None = None,
    body: Any | None = None,
) -> Call:
    """The request of endpoint `name` in API `version`.

    :param path_args: values of the path's parameters, in order.
    :raises ExtendInputError: unknown endpoint, not in that version, wrong number of ids, malformed id.
    """
    endpoint = find(name)
    template = endpoint.path(version)
    wanted = endpoint.path_parameters(version)
    if len(path_args) != len(wanted):
        raise ExtendInputError(
            f"{name} takes {len(wanted)} id(s) in version {version} ({', '.join(wanted) or 'none'}), "
            f"{len(path_args)} given. Nothing was sent."
        )
    values = {key: quote(check_id(value, key), safe="") for key, value in zip(wanted, path_args, strict=True)}
    return Call(
        endpoint=endpoint,
        version=version,
        path=template.format(**values),
        query={key: _query_value(value) for key, value in (query or {}).items() if value is not None},
        body=body,
    )


def result_of(call: Call, body: Any) -> Any:
    """What the caller wants of a success answer: the object, or for lists the rows.

    The 2024-12-23 page of GET /files/{id} shows the object bare where 2025-04-21 wraps it: both are read.

    :raises ExtendAPIError: for `{"success": false}` sent with a success status.
    :raises ExtendAnswerError: where a list was due and none came.
    """
    if isinstance(body, dict) and body.get("success") is False:
        said = cut_queries(str(body.get("error")))[:MAX_MESSAGE]
        raise ExtendAPIError(f"{call}: Extend answered success=false: {said}", status=200)
    key = call.endpoint.envelopes[call.version]
    result = body[key] if key and isinstance(body, dict) and key in body else body
    if call.endpoint.method == "DELETE" and isinstance(result, str):
        return {"id": result}
    if call.endpoint.verb == "list" and not isinstance(result, list):
        raise ExtendAnswerError(f"{call}: expected a list under {key!r}, the answer has none.", status=200)
    if not isinstance(result, Mapping) and not (isinstance(result, list) and key):
        raise ExtendAnswerError(f"{call}: expected an object, the answer is none.", status=200)
    if (
        call.endpoint.rate_class == RUN
        and isinstance(result, Mapping)
        and not result.keys() & {"id", "batchId"}
    ):
        raise ExtendAnswerError(f"{call}: the answer does not name what was started.", status=200)
    return result


def next_page_token(body: Any) -> str | None:
    token = body.get("nextPageToken") if isinstance(body, dict) else None
    return token if isinstance(token, str) and token else None


def without_signed_urls(value: Any) -> Any:
    """JSON `value` with the query of every URL in it cut off: a signed link is a key to a document."""
    if isinstance(value, dict):
        return {key: without_signed_urls(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_signed_urls(item) for item in value]
    return cut_queries(value) if isinstance(value, str) else value


def without_signature(url: str) -> str:
    """The address without what a signing adds, so that what names the document in a query still counts."""
    address, _, query = url.partition("?")
    kept = [
        (name, value)
        for name, value in parse_qsl(query.partition("#")[0], keep_blank_values=True)
        if name.lower() not in _SIGNATURES and not name.lower().startswith(("x-amz-", "x-goog-"))
    ]
    return f"{address}?{urlencode(kept)}" if kept else address


def page_link(url: str) -> str:
    """The address of a page, with those parts of its query alone that say which object is meant (`workflowRunId`)."""
    address, _, query = without_signature(url).partition("?")
    kept = [(name, value) for name, value in parse_qsl(query) if name.endswith("Id")]
    return f"{address}?{urlencode(kept)}" if kept else address


def cut_queries(text: str) -> str:
    """`text` without the query of each URL in it."""
    return _QUERY.sub(r"\1", text)


def _query_value(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
