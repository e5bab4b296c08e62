"""The receiver of docs/webhooks.md at work, and the tables of webhooks and permissions."""

from __future__ import annotations

import csv
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_extend.api.permissions import PERMISSIONS
from airflow_provider_extend.api.webhook_events import EVENTS
from airflow_provider_extend.api.webhooks import ExtendWebhookRefused
from tests.docs.pages import ROOT, blocks
from tests.docs.test_tables import rows

pytestmark = pytest.mark.docs

RUN = {"object": "extract_run", "id": "exr_1", "status": "PROCESSED"}
LINK = "https://payloads.example.com/a.json?signature=s3cret"


@pytest.fixture
def page() -> Any:
    """What the blocks of the page define."""
    names: dict[str, Any] = {}
    for block in blocks(ROOT / "docs" / "webhooks.md", "python"):
        exec(compile(block.code, block.name, "exec"), names)
    return SimpleNamespace(**names)


def send(page: Any, payload: dict[str, Any], type_: str = "extract_run.processed", **more: Any) -> int:
    body = json.dumps({"eventId": "event_1", "eventType": type_, "payload": payload}).encode()
    headers = page.delivery(body, **{"secret": "wss_...", "timestamp": int(time.time())} | more)
    return page.receive(body, headers)


def test_the_receiver_takes_a_delivery_once(page: Any) -> None:
    assert [send(page, RUN), send(page, RUN)] == [200, 200]
    assert [(event.kind, event.run_id, event.outcome) for event in page.work] == [
        ("extract_run", "exr_1", "succeeded")
    ]


def test_the_receiver_answers_what_is_not_about_the_end_of_a_run(page: Any) -> None:
    assert send(page, {"id": "ex_1"}, "extractor.created") == 200
    assert send(page, {"id": "x_1"}, "an.event.of.tomorrow") == 200
    assert page.work == []


@pytest.mark.parametrize("wrong", [{"secret": "wss_other"}, {"timestamp": 1_700_000_000}], ids=str)
def test_the_receiver_refuses(page: Any, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    assert send(page, RUN, **wrong) == 400
    assert (page.work, page.seen) == ([], set())
    assert len(caplog.records) == 1
    assert "exr_1" not in caplog.text


def test_a_payload_is_fetched_from_a_host_that_was_named(page: Any, requests_mock: Any) -> None:
    requests_mock.get(LINK, json=RUN)
    send(page, {"object": "signed_data_url", "id": "exr_1", "data": LINK})
    [event] = page.work
    assert page.with_payload(event, ["payloads.example.com"]).payload == RUN
    with pytest.raises(ExtendWebhookRefused, match=r"payloads\.example\.com"):
        page.with_payload(event, [])
    assert requests_mock.call_count == 1


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        ({"status_code": 403, "text": "expired"}, RuntimeError, "HTTP 403"),
        ({"status_code": 302, "headers": {"Location": "http://127.0.0.1/"}}, RuntimeError, "HTTP 302"),
        ({"json": RUN | {"id": "exr_2"}}, ExtendWebhookRefused, "not that of 'exr_1'"),
        ({"json": RUN, "headers": {"Content-Length": str(2**40)}}, ExtendWebhookRefused, "are allowed"),
    ],
)
def test_a_payload_that_is_not_there(
    page: Any, requests_mock: Any, answer: dict[str, Any], error: type[Exception], told: str
) -> None:
    requests_mock.get(LINK, **answer)
    send(page, {"object": "signed_data_url", "id": "exr_1", "data": LINK})
    with pytest.raises(error, match=told) as caught:
        page.with_payload(page.work[0], ["payloads.example.com"])
    assert "s3cret" not in str(caught.value)


# --------------------------------------------------------------------------------------------------------- tables


def split(cell: str) -> tuple[str, ...]:
    return () if cell == "-" else tuple(cell.split(", "))


def test_the_table_of_events() -> None:
    told = {}
    for about, names, versions, run, payload, places in rows("webhooks.md", "| about |"):
        for name in split(names):
            event = f"{about.strip('`')}.{name}"
            assert event not in told, event
            told[event] = (split(versions), None if run == "-" else run, payload, split(places))
    assert told == {
        event.name: (event.versions, event.kind, event.payload, event.enabled_on) for event in EVENTS.values()
    }
    with (ROOT / "tests" / "data" / "webhook_events.csv").open(newline="") as file:
        documented = {(row["version"], row["event"], row["payload"]) for row in csv.DictReader(file)}
    assert {(version, event, row[2]) for event, row in told.items() for version in row[0]} == documented


def test_the_table_of_roles() -> None:
    none = "not documented"
    told = [tuple(cells[:3]) for cells in rows("permissions.md", "| calls |")]
    assert told == [(row.family, row.reads or none, row.writes or none) for row in PERMISSIONS]
