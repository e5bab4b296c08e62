"""What a delivery says, and what may be fetched from its link."""

from __future__ import annotations

import hashlib
import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.webhooks import (
    ExtendWebhookRefused,
    WebhookEvent,
    check_payload_size,
    check_payload_url,
    parse_event,
    read_payload,
    receive_event,
)
from tests.api.deliveries import BODY, NOW, SECRET, V2025, V2026, envelope, signed

EXAMPLES = Path(__file__).parent.parent / "data" / "examples"

# ---------------------------------------------------------------------------------------------------- the examples

EXAMPLES_READ = {
    "2024-12-23.webhook.workflow_run.completed":
        ("workflow_run.completed", "workflow_run", "succeeded", "workflow_run_1234", None, None, {}),
    "2025-04-21.webhook.processor_run.processed":
        ("processor_run.processed", "processor_run", "succeeded", "dpr_l39vTgFDiB13heVuMQnUa", "PROCESSED", None, {}),
    "2025-04-21.webhook.signed_url":
        ("workflow_run.completed", "workflow_run", "succeeded", None, None, "<signed download URL>", {}),
    "2026-02-09.webhook.batch_processor_run.processed":
        ("batch_processor_run.processed", "batch_run", "succeeded", "bpr_Xj8mK2pL9nR4vT7qY5wZ", "PROCESSED", None, {}),
    "2026-02-09.webhook.extract_run.processed":
        ("extract_run.processed", "extract_run", "succeeded", "exr_Xj8mK2pL9nR4vT7qY5wZ", "PROCESSED", None,
         {"airflow_key": "dag.task.map0.run"}),
    "2026-02-09.webhook.parse_run.processed":
        ("parse_run.processed", "parse_run", "succeeded", "pr_xK9mLPqRtN3vS8wF5hB2cQ", "PROCESSED", None,
         {"airflow_key": "k1"}),
    "2026-02-09.webhook.signed_url":
        ("workflow_run.completed", "workflow_run", "succeeded", "workflow_run_xKm9pNv3qWsY_jL2tR5Dh", None,
         "https://storage.example.com/payload.json?signature=abc", {"env": "production"}),
}  # fmt: skip


def test_every_example_of_a_delivery_is_read_below() -> None:
    assert {path.name.removesuffix(".json") for path in EXAMPLES.glob("*.webhook.*")} == set(EXAMPLES_READ)


@pytest.mark.parametrize("name", EXAMPLES_READ)
def test_a_documented_delivery_is_read(name: str) -> None:
    version = name[:10]
    given = json.loads((EXAMPLES / f"{name}.json").read_text())["body"]
    body = json.dumps(given).encode()
    event = receive_event(body, signed(body) | {"X-Extend-Api-Version": version}, SECRET, now=NOW)
    type_, kind, outcome, run_id, status, url, metadata = EXAMPLES_READ[name]
    assert event == WebhookEvent(
        event_id="event_1234",
        type=type_,
        known=True,
        api_version=version,
        kind=kind,
        run_id=run_id,
        resource_id=run_id,
        outcome=outcome,
        status=status,
        payload=None if url else given["payload"],
        payload_url=url,
        metadata=metadata,
        dedupe_key="event_1234",
    )


# --------------------------------------------------------------------------------------------------------- events


@pytest.mark.parametrize("version", [V2026, "2030-01-01", None])
@pytest.mark.parametrize("type_", ["extract_run.paused", "invoice.paid", "é.€", "processor_run"])
def test_an_unknown_event_is_kept_with_its_name(type_: str, version: str | None) -> None:
    event = parse_event(envelope({"id": "exr_1", "status": "PAUSED"}, type_), version)
    assert (event.type, event.known, event.api_version) == (type_, False, version)
    assert (event.kind, event.run_id, event.outcome) == (None, None, None)
    assert (event.resource_id, event.status, event.dedupe_key) == ("exr_1", "PAUSED", "event_1")
    assert event.payload == {"id": "exr_1", "status": "PAUSED"}
    assert parse_event(envelope({}, type_), version).resource_id is None


def test_an_event_of_another_version_is_unknown_too() -> None:
    body = envelope({"id": "dpr_1", "status": "PROCESSED"}, "processor_run.processed")
    assert parse_event(body, V2026).known is False
    for version in (V2025, None):
        assert parse_event(body, version).run_id == "dpr_1"


def test_the_version_of_the_header_counts() -> None:
    old = envelope({"id": "dpr_1"}, "processor_run.failed")
    headers = signed(old)
    assert receive_event(old, headers, SECRET, now=NOW).known is False
    assert receive_event(old, headers | {"X-Extend-Api-Version": V2025}, SECRET, now=NOW).outcome == "failed"
    del headers["X-Extend-Api-Version"]
    event = receive_event(old, headers, SECRET, now=NOW)
    assert (event.api_version, event.outcome) == (None, "failed")


def test_a_definition_is_no_run() -> None:
    event = parse_event(envelope({"object": "extractor", "id": "ex_1"}, "extractor.draft.updated"), V2026)
    assert (event.known, event.kind, event.run_id, event.outcome) == (True, None, None, None)
    assert event.resource_id == "ex_1"


def test_a_step_names_its_run_and_does_not_end_it() -> None:
    step = {
        "object": "workflow_step_run",
        "id": "step_1",
        "workflowRunId": "workflow_run_1",
        "status": "PROCESSED",
    }
    event = parse_event(envelope(step, "workflow_run.step_run.processed"), V2026)
    assert (event.kind, event.run_id, event.resource_id) == ("workflow_run", "workflow_run_1", "step_1")
    assert (event.outcome, event.status) == (None, "PROCESSED")
    del step["workflowRunId"]  # as 2025-04-21 sends it
    event = parse_event(envelope(step, "workflow_run.step_run.processed"), V2025)
    assert (event.kind, event.run_id, event.resource_id) == ("workflow_run", None, "step_1")


def test_the_word_of_the_event_and_that_of_the_payload_are_both_kept() -> None:
    event = parse_event(
        envelope({"id": "workflow_run_1", "status": "PROCESSED"}, "workflow_run.needs_review"), V2026
    )
    assert (event.outcome, event.status) == ("needs_review", "PROCESSED")


@pytest.mark.parametrize("event_id", [None, "", 7, [], {}])
def test_without_an_event_id_the_body_is_the_key(event_id: Any) -> None:
    body = envelope({"id": "exr_1"}, event_id=event_id)
    event = parse_event(body, V2026)
    assert event.event_id is None
    assert event.dedupe_key == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert parse_event(body, V2026).dedupe_key == event.dedupe_key
    assert parse_event(envelope({"id": "exr_2"}, event_id=event_id), V2026).dedupe_key != event.dedupe_key


def test_what_an_event_shows_of_itself_holds_no_content() -> None:
    payload = {"id": "exr_1", "output": {"iban": "DE89"}, "metadata": {"patient": "Jane"}}
    shown = repr(parse_event(envelope(payload), V2026))
    assert "exr_1" in shown
    for hidden in ("DE89", "Jane"):
        assert hidden not in shown
    link = {"object": "signed_data_url", "id": "exr_1", "data": "https://x.extend.ai/a?sig=s3cret"}
    assert "s3cret" not in repr(parse_event(envelope(link), V2026))


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b'"exr_1"', b"{", b"exr_1", b'{"eventId": "exr_1\xff"}',
     b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}",
     b"[" * 200_000, b'{"a": ' + b"9" * 5000 + b"}", BODY[:-1]],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_a_body_that_is_no_json_object(body: bytes) -> None:
    with pytest.raises(ExtendWebhookRefused) as caught:
        receive_event(body, signed(body), SECRET, now=NOW)
    assert (caught.value.reason, str(caught.value)) == ("body", "The body is no JSON object in UTF-8.")
    assert caught.value.__context__ is None, "the decoder's error holds the whole text"


@pytest.mark.parametrize(
    ("type_", "payload"),
    [(None, {}), ("", {}), (7, {}), ({}, {}), ("extract_run.failed", None), ("extract_run.failed", []),
     ("extract_run.failed", "exr_1"), ("an.event.of.tomorrow", None)],
)  # fmt: skip
def test_an_envelope_without_type_or_payload(type_: Any, payload: Any) -> None:
    with pytest.raises(
        ExtendWebhookRefused, match="expected eventType as text and payload as an object"
    ) as caught:
        parse_event(envelope(payload, type_), V2026)
    assert caught.value.reason == "body"
    assert "exr_1" not in str(caught.value)


@pytest.mark.parametrize(
    "payload", [{}, {"id": ""}, {"id": 7}, {"object": "extract_run", "data": "x"}, {"data": 7}]
)
def test_an_event_about_a_run_that_names_none(payload: dict[str, Any]) -> None:
    with pytest.raises(
        ExtendWebhookRefused, match=r"'extract_run.processed' has no id: expected a ExtractRun"
    ):
        parse_event(envelope(payload), V2026)


@pytest.mark.parametrize("metadata", [None, [], "Jane", 7])
def test_metadata_of_another_form_is_none(metadata: Any) -> None:
    assert parse_event(envelope({"id": "exr_1", "metadata": metadata}), V2026).metadata == {}


# ----------------------------------------------------------------------------------------- payloads behind a link

LINK = "https://payloads.extend.ai/a/b.json?signature=s3cret"
STUB = {"object": "signed_data_url", "id": "exr_1", "data": LINK, "metadata": {"env": "test"}}
RUN = {"object": "extract_run", "id": "exr_1", "status": "PROCESSED", "output": {"iban": "DE89"}}


def by_link(payload: dict[str, Any] = STUB, type_: str = "extract_run.processed") -> WebhookEvent:
    return parse_event(envelope(payload, type_), V2026)


def fetched(data: Any, event: WebhookEvent | None = None, **more: Any) -> WebhookEvent:
    return read_payload(
        event or by_link(), data if isinstance(data, bytes) else json.dumps(data).encode(), **more
    )


def test_a_link_in_place_of_the_payload() -> None:
    event = by_link()
    assert (event.payload, event.payload_url, event.run_id, event.status) == (None, LINK, "exr_1", None)
    assert event.metadata == {"env": "test"}
    assert by_link({"data": LINK}).payload_url == LINK
    assert by_link({"data": LINK}).run_id is None


@pytest.mark.parametrize("data", [None, "", 7, {}])
def test_a_link_that_is_missing(data: Any) -> None:
    with pytest.raises(ExtendWebhookRefused, match="no link says from where") as caught:
        by_link(STUB | {"data": data})
    assert caught.value.reason == "body"


def test_what_was_fetched_completes_the_event() -> None:
    event = fetched(RUN)
    assert (event.payload, event.payload_url, event.status, event.run_id) == (RUN, None, "PROCESSED", "exr_1")
    assert (event.dedupe_key, event.metadata) == ("event_1", {"env": "test"})
    assert fetched(RUN | {"metadata": {"env": "live"}}).metadata == {"env": "live"}
    # a link without an id: only now is it known which run it is
    assert fetched(RUN, by_link({"data": LINK})).run_id == "exr_1"


def test_a_step_behind_a_link() -> None:
    step = {"id": "step_1", "workflowRunId": "workflow_run_1", "status": "PROCESSED"}
    for stub_id in ("step_1", "workflow_run_1"):  # which of the two the link names is not documented
        event = fetched(step, by_link(STUB | {"id": stub_id}, "workflow_run.step_run.processed"))
        assert (event.run_id, event.resource_id) == ("workflow_run_1", "step_1")
    unknown = fetched({"id": "x_1"}, by_link(STUB | {"id": "x_1"}, "an.event.of.tomorrow"))
    assert (unknown.payload, unknown.known, unknown.run_id) == ({"id": "x_1"}, False, None)


@pytest.mark.parametrize(
    ("data", "reason", "told"),
    [
        (RUN | {"id": "exr_2"}, "payload", "is not that of 'exr_1'"),
        ({"object": "extract_run", "output": {"iban": "DE89"}}, "payload", "is not that of 'exr_1'"),
        ({"eventId": "e", "eventType": "t", "payload": RUN}, "payload", "is not that of 'exr_1'"),
        (STUB, "payload", "another link"),
        ({"object": "signed_data_url", "id": "exr_1"}, "payload", "no link says from where"),
        ([RUN], "payload", "The payload is no JSON object in UTF-8"),
        (b"<html>DE89</html>", "payload", "The payload is no JSON object in UTF-8"),
        (b"", "payload", "The payload is no JSON object in UTF-8"),
    ],
)
def test_what_was_fetched_is_something_else(data: Any, reason: str, told: str) -> None:
    with pytest.raises(ExtendWebhookRefused) as caught:
        fetched(data)
    assert caught.value.reason == reason
    assert told in str(caught.value)
    for hidden in ("DE89", "s3cret", "exr_2"):
        assert hidden not in "".join(traceback.format_exception(caught.value))


def test_a_run_behind_a_link_that_names_none() -> None:
    with pytest.raises(ExtendWebhookRefused, match="has no id: expected a ExtractRun") as caught:
        fetched({"status": "PROCESSED"}, by_link({"data": LINK}))
    assert caught.value.reason == "payload"


def test_the_largest_payload_and_one_byte_more() -> None:
    data = json.dumps(RUN).encode()
    assert fetched(data, max_bytes=len(data)).payload == RUN
    with pytest.raises(
        ExtendWebhookRefused, match=f"{len(data)} bytes or more: {len(data) - 1} are allowed"
    ) as caught:
        fetched(data, max_bytes=len(data) - 1)
    assert caught.value.reason == "size"
    check_payload_size(128 * 2**20)
    with pytest.raises(ExtendWebhookRefused, match="134217728 are allowed"):
        check_payload_size(128 * 2**20 + 1)


def test_nothing_is_to_be_fetched_twice() -> None:
    with pytest.raises(ExtendInputError, match="came with its payload"):
        fetched(RUN, fetched(RUN))
    with pytest.raises(ExtendInputError, match="data is a str: expected the bytes"):
        read_payload(by_link(), json.dumps(RUN))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (LINK, ()),
        ("https://extend.app/x", ()),
        ("https://A.EXTEND.AI:443/x?y=z", ()),
        ("https://bucket.s3.amazonaws.com/x?y=z", ["bucket.s3.amazonaws.com"]),
        ("https://bucket.s3.amazonaws.com/x", ["other.example.com", "bucket.s3.amazonaws.com:443"]),
        ("http://127.0.0.1:8080/x", ["127.0.0.1:8080"]),
        ("http://gateway.example.com/x", ["http://gateway.example.com"]),
    ],
)
def test_hosts_that_a_payload_may_come_from(url: str, allowed: Any) -> None:
    assert check_payload_url(url, allowed) == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://payloads.extend.ai/p4th?q=s3cret", "http://payloads.extend.ai"),
        ("https://extend.ai.example.com/p4th?q=s3cret", "https://extend.ai.example.com"),
        ("https://notextend.ai/p4th", "https://notextend.ai"),
        ("https://169.254.169.254/p4th", "https://169.254.169.254"),
        ("https://127.0.0.1/p4th", "https://127.0.0.1"),
        ("https://[::1]/p4th", "https://::1"),
        ("https://evil.bucket.s3.amazonaws.com/p4th", "https://evil.bucket.s3.amazonaws.com"),
        ("https://bucket.s3.amazonaws.com:8443/p4th", "https://bucket.s3.amazonaws.com"),
        ("http://bucket.s3.amazonaws.com/p4th", "http://bucket.s3.amazonaws.com"),
    ],
)
def test_hosts_that_it_may_not_come_from(url: str, shown: str) -> None:
    with pytest.raises(ExtendWebhookRefused) as caught:
        check_payload_url(url, ["bucket.s3.amazonaws.com:443"])
    assert caught.value.reason == "url"
    assert f"not fetched from '{shown}'" in str(caught.value)
    assert "Nothing was fetched" in str(caught.value)
    assert "p4th" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [None, "", "<signed download URL>", "payload.json", "//payloads.extend.ai/x",
     "file:///etc/passwd", "ftp://extend.ai/x",
     "https://extend.ai@evil.example.com/x", "https://evil.example.com\\@extend.ai/x",
     "https://extend.ai/\n", "https://", "https://:443/",
     "https://extend.ai:port/x"],
)  # fmt: skip
def test_what_is_no_address_is_not_fetched(url: str | None) -> None:
    with pytest.raises(
        ExtendWebhookRefused, match=r"link is no http\(s\) address. Nothing was fetched"
    ) as caught:
        check_payload_url(url, ["evil.example.com"])
    assert caught.value.reason == "url"
