"""A webhook delivery: its raw bytes verified, then read into a value. For a receiver of your own; no I/O here.

Sources: webhooks.md 4 (delivery), 5 (signature, the same in the three versions), 6 (payloads behind a link).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn, Protocol

from airflow_provider_extend.api.errors import ExtendError, ExtendInputError
from airflow_provider_extend.api.versions import is_allowed_by_admin, is_own_host, split_url
from airflow_provider_extend.api.webhook_events import find_event

TIMESTAMP_HEADER: Final = "x-extend-request-timestamp"
SIGNATURE_HEADER: Final = "x-extend-request-signature"
VERSION_HEADER: Final = "x-extend-api-version"

#: Seconds that a delivery may be old, and may be ahead of this clock (webhooks.md 5).
MAX_AGE = 300.0
MAX_AHEAD = 60.0
#: Bytes of a delivery, and of a payload behind a link (assumption).
MAX_BODY = 16 * 2**20
MAX_PAYLOAD = 128 * 2**20

#: Why something was refused: `ExtendWebhookRefused.reason`.
HEADER: Final = "header"
TIMESTAMP: Final = "timestamp"
SIGNATURE: Final = "signature"
SIZE: Final = "size"
BODY: Final = "body"
URL: Final = "url"
PAYLOAD: Final = "payload"

_FORMS = {
    TIMESTAMP_HEADER: ("[0-9]{1,12}", "Unix seconds in decimal digits"),
    SIGNATURE_HEADER: ("[0-9a-f]{64}", "64 hexadecimal digits in lower case"),
    VERSION_HEADER: ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date such as 2026-02-09"),
}


class ExtendWebhookRefused(ExtendError):
    """A delivery, or the payload behind its link, that must not be acted on.

    :ivar reason: `header`, `timestamp`, `signature`, `size`, `body`, `url` or `payload`.
    """

    permanent = True

    def __init__(self, message: str, *, reason: str, **context: Any) -> None:
        super().__init__(message, **context)
        self.reason = reason


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


#: Headers as frameworks give them: with `items()`, or pairs; names and values as text or bytes, or a list of values.
Headers = _HasItems | Collection[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A delivery. What Extend did not send is None.

    :ivar type: the event's name, for instance `extract_run.processed`.
    :ivar known: whether the name is in the table of the endpoint's API version; where not, `kind`, `run_id` and
        `outcome` are None. Answer 2xx and leave it.
    :ivar api_version: that the endpoint is bound to, from the header, which the signature does not cover.
    :ivar kind: kind of run that the event is about; None for a definition (a workflow, a processor).
    :ivar run_id: that run; None where the payload does not name it.
    :ivar resource_id: what the payload is: the run, a step of it, or the definition.
    :ivar outcome: the run's, as the name of the event tells it; None: the event does not tell of a run's end.
    :ivar status: the payload's own word. Read the run before you act: a delivery may be late or out of order.
    :ivar payload: the object; None while it has to be fetched from `payload_url`.
    :ivar payload_url: a signed link, good for one hour, that needs no key: a secret, to be checked by
        `check_payload_url` before it is used.
    :ivar metadata: what was sent along when the run was made.
    :ivar dedupe_key: the same for each delivery of an event: `event_id`; without one, a digest of the body.
    """

    event_id: str | None
    type: str
    known: bool
    api_version: str | None
    kind: str | None
    run_id: str | None
    resource_id: str | None
    outcome: str | None
    status: str | None
    payload: Mapping[str, Any] | None = field(repr=False)
    payload_url: str | None = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)
    dedupe_key: str


def receive_event(
    body: bytes,
    headers: Headers,
    secrets: str | Iterable[str],
    *,
    now: float,
    max_age: float | None = MAX_AGE,
    max_bytes: int = MAX_BODY,
) -> WebhookEvent:
    """`verify_signature`, then `parse_event` with the API version of the header.

    :raises ExtendWebhookRefused: answer with a 4xx; Extend sends the event again.
    :raises ExtendInputError: what the receiver itself has handed over is wrong.
    """
    verify_signature(body, headers, secrets, now=now, max_age=max_age, max_bytes=max_bytes)
    return parse_event(body, _header(headers, VERSION_HEADER))


def verify_signature(
    body: bytes,
    headers: Headers,
    secrets: str | Iterable[str],
    *,
    now: float,
    max_age: float | None = MAX_AGE,
    max_bytes: int = MAX_BODY,
) -> None:
    """Return if Extend has sent exactly this body, lately. The age and the form of the headers are looked at first.

    :param body: the request's bytes as they came: JSON that was read and written again has another signature.
    :param secrets: signing secrets (`wss_...`), one of which has to fit: several while one replaces another.
    :param now: seconds since the epoch.
    :param max_age: seconds that the timestamp may be old; None switches that off, and the check for the future too.
    :param max_bytes: a longer body is refused unread.
    :raises ExtendWebhookRefused: its message holds neither body nor secret nor header values.
    :raises ExtendInputError: no usable secret, a body that is not bytes, a `max_age` that is not positive.
    """
    keys = _keys(secrets)
    if max_age is not None and not max_age > 0:
        raise ExtendInputError(f"max_age is {max_age!r}: expected seconds above 0, or None for any age.")
    if len(_bytes(body, "body")) > max_bytes:
        _refuse(SIZE, f"The body has {len(body)} bytes: {max_bytes} are allowed.")
    timestamp, signature = _required(headers, TIMESTAMP_HEADER), _required(headers, SIGNATURE_HEADER)
    _check_age(int(timestamp), now, max_age)
    signed = b"v0:%b:%b" % (timestamp.encode(), body)
    digests = [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in keys]
    fits = [hmac.compare_digest(digest, signature) for digest in digests]
    if not any(fits):
        _refuse(
            SIGNATURE,
            f"The signature fits none of {len(keys)} secret(s): expected that of the bytes as they were sent, by the "
            "endpoint's secret. Either the body was changed on its way here, or the secret is another endpoint's.",
        )


def parse_event(body: bytes, api_version: str | None = None) -> WebhookEvent:
    """The event of a body whose signature was verified (webhooks.md 4, 6). An event that nobody knows is no error.

    :param api_version: that the endpoint is bound to; None: an event of any version counts as known.
    :raises ExtendWebhookRefused: the body is no event, or names no run where its event is about one.
    """
    envelope = _json_object(_bytes(body, "body"), "The body", BODY)
    name, payload = _text(envelope.get("eventType")), envelope.get("payload")
    if name is None or not isinstance(payload, dict):
        _refuse(BODY, "The body is no event: expected eventType as text and payload as an object.")
    event_type = find_event(name, api_version)
    event_id = _text(envelope.get("eventId"))
    event = WebhookEvent(
        event_id=event_id,
        type=name,
        known=event_type is not None,
        api_version=api_version,
        kind=event_type.kind if event_type else None,
        run_id=None,
        resource_id=None,
        outcome=event_type.outcome if event_type else None,
        status=None,
        payload=None,
        payload_url=_link(payload, BODY),
        metadata={},
        dedupe_key=event_id or f"sha256:{hashlib.sha256(body).hexdigest()}",
    )
    return _with_payload(event, payload, BODY)


def check_payload_url(url: str | None, allowed_hosts: Iterable[str] = ()) -> str:
    """Return `url` if a payload may be fetched from it: https, on Extend's own domains or an allowed host.

    Which hosts serve the links is not documented (assumption). Do not follow redirects: nobody has checked them.

    :param allowed_hosts: `host`, `host:port` or `http://host:port`, each of them whole.
    :raises ExtendWebhookRefused: naming the host, never the link's path or query.
    """
    parts = split_url(url or "")
    host = (parts.hostname or "") if parts else ""
    if not url or parts is None or not parts.scheme:
        _refuse(URL, "The payload's link is no http(s) address. Nothing was fetched.")
    if (is_own_host(host) and parts.scheme == "https") or is_allowed_by_admin(url, allowed_hosts):
        return url
    _refuse(
        URL,
        f"The payload is not fetched from {f'{parts.scheme}://{host}'!r}: expected https on a host that was allowed. "
        f"Add {host!r} to allowed_hosts if Extend's links lead there, or read the run by its id. Nothing was fetched.",
    )


def check_payload_size(size: int, max_bytes: int = MAX_PAYLOAD) -> None:
    """Return if `size` bytes, those of a `Content-Length` or those read so far, are not too many.

    :raises ExtendWebhookRefused: they are.
    """
    if size > max_bytes:
        _refuse(
            SIZE, f"The payload has {size} bytes or more: {max_bytes} are allowed. Read the run by its id."
        )


def read_payload(event: WebhookEvent, data: bytes, *, max_bytes: int = MAX_PAYLOAD) -> WebhookEvent:
    """`event` with the payload that was fetched from its link: the object alone, without the envelope.

    The signature covers the link and not what is behind it: it must be about the same run.

    :raises ExtendWebhookRefused: too large, no JSON object, a link again, or another run's.
    :raises ExtendInputError: the event came with its payload.
    """
    if event.payload_url is None:
        raise ExtendInputError("The event came with its payload: nothing is to be fetched.")
    check_payload_size(len(_bytes(data, "data")), max_bytes)
    payload = _json_object(data, "The payload", PAYLOAD)
    if _link(payload, PAYLOAD) is not None:
        _refuse(PAYLOAD, "Behind the payload's link is another link: expected the object itself.")
    if event.resource_id not in (None, payload.get("id"), payload.get("workflowRunId")):
        _refuse(
            PAYLOAD,
            f"The payload behind the link is not that of {event.resource_id!r}, which the event is about: "
            "expected an object with this id. Read the run by its id.",
        )
    return _with_payload(replace(event, payload_url=None), payload, PAYLOAD)


# ---------------------------------------------------------------------------------------------- what a payload says


def _with_payload(event: WebhookEvent, payload: dict[str, Any], reason: str) -> WebhookEvent:
    by_link = event.payload_url is not None
    row = find_event(event.type, event.api_version)
    own_id, metadata = _text(payload.get("id")), payload.get("metadata")
    if row and row.kind and not by_link and own_id is None:
        _refuse(reason, f"The payload of {event.type!r} has no id: expected a {row.payload}.")
    run_id = _text(payload.get("workflowRunId")) if row and row.payload == "StepRun" else own_id
    return replace(
        event,
        run_id=run_id if event.kind else None,
        resource_id=own_id,
        status=_text(payload.get("status")),
        payload=None if by_link else payload,
        metadata=metadata if isinstance(metadata, dict) else event.metadata,
    )


def _link(payload: Mapping[str, Any], reason: str) -> str | None:
    """The link in place of a payload; 2025-04-21 is documented with `data` alone (webhooks.md 6)."""
    data = _text(payload.get("data"))
    if payload.get("object") == "signed_data_url":
        return data or _refuse(reason, "The payload is to be fetched, and no link says from where.")
    return data if "object" not in payload else None


def _json_object(data: bytes, what: str, reason: str) -> dict[str, Any]:
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError):
        value = None
    # Outside of the handler: the decoder's error holds the whole text.
    return value if isinstance(value, dict) else _refuse(reason, f"{what} is no JSON object in UTF-8.")


# ------------------------------------------------------------------------------------------- bytes, headers, secrets


def _check_age(timestamp: int, now: float, max_age: float | None) -> None:
    age = now - timestamp
    if max_age is None:
        return
    # Said the other way round, a clock that gives no number would pass.
    if not age <= max_age:
        _refuse(
            TIMESTAMP,
            f"The delivery is {age:.0f} s old: {max_age:g} s are allowed. Set this machine's clock, or max_age.",
        )
    if age < -MAX_AHEAD:
        _refuse(
            TIMESTAMP,
            f"The delivery is {-age:.0f} s ahead of this machine's clock: {MAX_AHEAD:g} s are allowed.",
        )


def _required(headers: Headers, name: str) -> str:
    return _header(headers, name) or _refuse(HEADER, f"The header {name} is missing.")


def _header(headers: Headers, name: str) -> str | None:
    values = {value for key, value in _pairs(headers) if value and key.lower() == name}
    if len(values) > 1:
        _refuse(HEADER, f"The header {name} has {len(values)} different values: expected one.")
    pattern, expected = _FORMS[name]
    if not all(re.fullmatch(pattern, value) for value in values):
        _refuse(HEADER, f"The header {name} is malformed: expected {expected}.")
    return values.pop() if values else None


def _pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    items = headers.items() if hasattr(headers, "items") else headers
    for key, value in items:
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(key, str | bytes) and isinstance(one, str | bytes):
                yield _decoded(key), _decoded(one)


def _decoded(text: str | bytes) -> str:
    return text.decode("latin-1") if isinstance(text, bytes) else text


def _keys(secrets: str | Iterable[str]) -> list[bytes]:
    given = [secrets] if secrets is None or isinstance(secrets, str) else list(secrets)
    usable = [
        secret
        for secret in given
        if isinstance(secret, str) and secret and secret.isprintable() and not any(map(str.isspace, secret))
    ]
    if not given or len(usable) < len(given):
        raise ExtendInputError(
            f"{len(given) - len(usable)} of {len(given)} signing secrets cannot be one: expected at least one, each "
            "as text (wss_...) without white space or line break."
        )
    return [secret.encode() for secret in usable]


def _bytes(data: bytes, what: str) -> bytes:
    if not isinstance(data, bytes):
        raise ExtendInputError(
            f"{what} is a {type(data).__name__}: expected the bytes as they were received, not decoded or parsed."
        )
    return data


def _refuse(reason: str, message: str) -> NoReturn:
    raise ExtendWebhookRefused(message, reason=reason)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
