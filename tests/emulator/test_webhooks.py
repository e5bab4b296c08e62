"""Webhook endpoints and subscriptions, and what is delivered to a receiver that listens here."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from airflow_provider_extend.emulator.deliveries import signature
from airflow_provider_extend.emulator.server import open_server

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CONFIG = {"schema": {"properties": {"number": {"type": "string", "description": 'The "Invoice No"'}}}}
TEXT = {"text": "Invoice No: A-17", "name": "bill.txt"}
REVIEWED = [
    {"name": "trigger", "type": "TRIGGER", "next": [{"step": "parse"}]},
    {"name": "parse", "type": "PARSE", "next": [{"step": "look"}]},
    {"name": "look", "type": "HUMAN_REVIEW"},
]


class Receiver:
    """Answers with ``statuses`` in turn, then 200; remembers (headers, body as it came, when)."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes, float]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((headers | {"path": self.path}, body, time.time()))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook?k=v"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def events(self, count: int, *, rest: float = 0.15) -> list[Any]:
        """The first of them as JSON, once so many are here; fails when more come."""
        deadline = time.monotonic() + 10
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(rest)
        assert len(self.got) == count, [json.loads(body)["eventType"] for _, body, _ in self.got]
        return [json.loads(body) for _, body, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def endpoint(api, receiver) -> Callable[..., Any]:
    def make(*events: str, **more: Any) -> Any:
        body = {"url": receiver.url, "name": "hook", "enabledEvents": list(events), "apiVersion": V26} | more
        return api.ok("POST", "/webhook_endpoints", json=body)

    return make


def subscribe(api, endpoint: Any, kind: str, resource: str, *events: str) -> Any:
    body = {"webhookEndpointId": endpoint["id"], "resourceType": kind, "resourceId": resource}
    return api.ok("POST", "/webhook_subscriptions", json=body | {"enabledEvents": list(events)})


def deliveries(api, state: str, count: int = 1) -> list[Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        rows = [row for row in api.control("GET", "/webhook_deliveries") if row["state"] == state]
        if len(rows) == count:
            return rows
        time.sleep(0.02)
    raise AssertionError(api.control("GET", "/webhook_deliveries"))


def extract(api, extractor: str, **more: Any) -> Any:
    return api.ok("POST", "/extract_runs", json={"extractor": {"id": extractor}, "file": TEXT} | more)


# Endpoints and subscriptions


def test_an_endpoint_tells_its_secret_once(api, endpoint, example) -> None:
    options = {"headers": {"X-Team": "a"}, "payload": {"format": "url", "urlThresholdBytes": 5}}
    made = endpoint("extract_run.processed", "workflow.created", advancedOptions=options)
    assert made.keys() - {"createdBy"} == example("2026-02-09.webhook_endpoint.created").keys()
    assert made["signingSecret"].startswith("wss_")
    assert (made["status"], made["object"], made["advancedOptions"]) == (
        "enabled",
        "webhook_endpoint",
        options,
    )
    kept = {key: value for key, value in made.items() if key != "signingSecret"}
    path = f"/webhook_endpoints/{made['id']}"
    assert api.ok("GET", path) == kept
    assert api.ok("GET", "/webhook_endpoints")["data"] == [kept]
    changed = api.ok("POST", path, json={"name": "new", "status": "disabled", "enabledEvents": []})
    assert changed == kept | {"name": "new", "status": "disabled", "enabledEvents": []}
    other = endpoint()
    for status, found in (("disabled", made), ("enabled", other)):
        (row,) = api.ok("GET", "/webhook_endpoints", params={"status": status})["data"]
        assert row["id"] == found["id"]
    assert api.send("GET", "/webhook_endpoints?status=paused").status_code == 400
    assert api.ok("DELETE", path) == {"id": made["id"]}
    assert api.send("GET", path).status_code == 404
    assert api.send("GET", "/webhook_endpoints", V25).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": None}, "url"),
        ({"url": "ftp://127.0.0.1/"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://127.0.0.1:99999/"}, "url"),
        ({"url": "http://127.0.0.1/\r\nx: y"}, "url"),
        ({"name": 5}, "name must be of type str"),
        ({"status": "paused"}, "status must be one of enabled, disabled"),
        ({"enabledEvents": "extract_run.processed"}, "enabledEvents must be of type array"),
        ({"enabledEvents": [5]}, "enabledEvents[0] must be of type str"),
        ({"enabledEvents": ["run.done"]}, "run.done"),
        ({"enabledEvents": ["workflow_run.completed"]}, "workflow_run.completed"),
        ({"enabledEvents": ["processor_run.processed"]}, "processor_run.processed"),
        ({"apiVersion": None}, "apiVersion"),
        ({"apiVersion": "2024-02-01"}, "apiVersion must be one of"),
        ({"secret": "x"}, "Unknown field(s): secret"),
        ({"advancedOptions": {"retries": 3}}, "Unknown field(s): advancedOptions.retries"),
        ({"advancedOptions": {"payload": {}}}, "advancedOptions.payload.format"),
        ({"advancedOptions": {"payload": {"format": "xml"}}}, "json, url"),
        ({"advancedOptions": {"payload": {"format": "url", "urlThresholdBytes": -1}}}, "urlThresholdBytes"),
        ({"advancedOptions": {"headers": {"a": "b\nc"}}}, "advancedOptions.headers.a"),
        ({"advancedOptions": {"headers": {"a b": "c"}}}, "advancedOptions.headers.a b"),
        ({"advancedOptions": {"headers": {"a": 1}}}, "advancedOptions.headers.a"),
    ],
)
def test_endpoints_that_are_refused(api, changes: Any, said: str) -> None:
    body = {"url": "https://example.com/", "name": "n", "enabledEvents": [], "apiVersion": V26} | changes
    answer = api.send("POST", "/webhook_endpoints", json={k: v for k, v in body.items() if v is not None})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert said in answer.json()["message"]
    assert api.ok("GET", "/webhook_endpoints")["data"] == []


def test_the_version_of_an_endpoint_is_for_life(api, endpoint) -> None:
    made = endpoint("processor_run.failed", apiVersion=V25)
    answer = api.send("POST", f"/webhook_endpoints/{made['id']}", json={"apiVersion": V26})
    assert (answer.status_code, "apiVersion" in answer.text) == (400, True)
    events = {"enabledEvents": ["extract_run.failed"]}
    assert api.send("POST", f"/webhook_endpoints/{made['id']}", json=events).status_code == 400
    assert api.ok("GET", f"/webhook_endpoints/{made['id']}")["apiVersion"] == V25


def test_a_second_subscription_updates_the_first(api, endpoint, example) -> None:
    extractor, other = (api.extractor(CONFIG)["id"] for _ in range(2))
    hook, second = endpoint(), endpoint()
    made = subscribe(api, hook, "extractor", extractor, "extract_run.processed")
    assert made.keys() == example("2026-02-09.webhook_subscription").keys()
    again = subscribe(api, hook, "extractor", extractor, "extract_run.failed", "batch_processor_run.failed")
    assert again == made | {"enabledEvents": ["extract_run.failed", "batch_processor_run.failed"]}
    third = subscribe(api, second, "extractor", other, "extract_run.processed")
    path = f"/webhook_subscriptions/{made['id']}"
    events = {"enabledEvents": ["extract_run.processed"]}
    assert api.ok("POST", path, json=events) == made == api.ok("GET", path)
    for query, found in (
        ({}, [third, made]),
        ({"webhookEndpointId": hook["id"]}, [made]),
        ({"resourceId": other}, [third]),
        ({"resourceId": other, "webhookEndpointId": hook["id"]}, []),
    ):
        assert api.ok("GET", "/webhook_subscriptions", params=query)["data"] == found
    assert api.ok("DELETE", path) == {"id": made["id"]}
    assert api.send("GET", path).status_code == 404
    api.ok("DELETE", f"/webhook_endpoints/{second['id']}")
    assert api.ok("GET", "/webhook_subscriptions")["data"] == []


def test_subscriptions_that_do_not_fit(api, endpoint) -> None:
    extractor, hook = api.extractor(CONFIG)["id"], endpoint()
    good = {"webhookEndpointId": hook["id"], "resourceType": "extractor", "resourceId": extractor}
    good |= {"enabledEvents": ["extract_run.processed"]}
    for changes, status in (
        ({"resourceType": "classifier", "enabledEvents": ["classify_run.failed"]}, 404),
        ({"enabledEvents": ["classify_run.failed"]}, 400),
        ({"resourceType": "file"}, 400),
        ({"enabledEvents": ["extractor.created"]}, 400),
        ({"enabledEvents": ["workflow_run.completed"]}, 400),
        ({"resourceId": "ex_none"}, 404),
        ({"webhookEndpointId": "wh_none"}, 404),
        ({"name": "x"}, 400),
    ):
        answer = api.send("POST", "/webhook_subscriptions", json=good | changes)
        assert answer.status_code == status, answer.text
    old = endpoint(apiVersion=V24)
    answer = api.send("POST", "/webhook_subscriptions", json=good | {"webhookEndpointId": old["id"]})
    assert (answer.status_code, V24 in answer.text) == (400, True)
    subscribe(api, old, "extractor", extractor, "processor_run.failed")


# Deliveries


def test_the_signature_is_that_of_the_documentation() -> None:
    expected = "2a75569fdd182ae7084ad79755e174fcf4841c793eb94a63ace347ca10bf4ff6"
    assert signature("wss_test", "1700000000", b'{"eventId":"event_1"}') == expected


def test_a_run_is_announced_once_signed_and_as_it_is(api, endpoint, receiver) -> None:
    extractor = api.extractor(CONFIG)["id"]
    before = extract(api, extractor)
    api.until(f"/extract_runs/{before['id']}", "PROCESSED")
    headers = {"X-Team": "a", "Content-Type": "text/x", "x-extend-api-version": "none"}
    hook = endpoint("extract_run.processed", "extract_run.failed", advancedOptions={"headers": headers})
    subscribe(api, hook, "extractor", extractor, "extract_run.processed")  # told once for both
    run = extract(api, extractor, metadata={"k": 1})
    (event,) = receiver.events(1)
    assert event == {
        "eventId": event["eventId"],
        "eventType": "extract_run.processed",
        "payload": api.ok("GET", f"/extract_runs/{run['id']}"),
    }
    got, body, at = receiver.got[0]
    assert (got["path"], got["x-team"], got["content-type"]) == ("/hook?k=v", "a", "application/json")
    assert got["x-extend-api-version"] == V26
    assert abs(int(got["x-extend-request-timestamp"]) - at) < 3
    message = b"v0:" + got["x-extend-request-timestamp"].encode() + b":" + body
    expected = hmac.new(hook["signingSecret"].encode(), message, hashlib.sha256).hexdigest()
    assert got["x-extend-request-signature"] == expected
    (row,) = deliveries(api, "delivered")
    assert (row["objectId"], row["eventId"], row["webhookEndpointId"]) == (
        run["id"],
        event["eventId"],
        hook["id"],
    )
    assert [one["status"] for one in row["tries"]] == [200]
    assert "A-17" not in json.dumps(row)


def test_payloads_have_the_form_of_the_endpoints_version(api, endpoint, receiver) -> None:
    extractor = api.extractor(CONFIG)["id"]
    endpoint("processor_run.failed", "processor.created", apiVersion=V25)
    api.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "OUT_OF_CREDITS"}})
    run = extract(api, extractor)
    (event,) = receiver.events(1)
    assert (event["eventType"], event["payload"]["object"]) == (
        "processor_run.failed",
        "document_processor_run",
    )
    assert event["payload"] == api.ok("GET", f"/processor_runs/{run['id']}", V25)["processorRun"]
    other = api.extractor(CONFIG)
    created = receiver.events(2)[1]
    assert (created["eventType"], created["payload"]["object"]) == ("processor.created", "document_processor")
    assert created["payload"]["id"] == other["id"]
    endpoint("parser_run.processed", apiVersion=V25)
    file = {"id": api.upload(b"Invoice No: 1")}
    parsed = api.ok("POST", "/parse_runs", json={"file": file})["id"]
    told = receiver.events(3)[2]
    assert told["eventType"] == "parser_run.processed"
    assert (told["payload"]["object"], told["payload"]["id"]) == ("parser_run_status", parsed)


def test_what_is_told_of_a_workflow_and_its_runs(api, endpoint, receiver) -> None:
    hook = endpoint("workflow.created", "workflow.deployed")
    flow = api.ok("POST", "/workflows", json={"name": "W", "steps": REVIEWED})["id"]
    names = "completed failed needs_review rejected cancelled step_run.processed"
    subscribe(api, hook, "workflow", flow, *(f"workflow_run.{name}" for name in names.split()))
    body = {"workflow": {"id": flow}, "file": TEXT}
    run = api.ok("POST", "/workflow_runs", json=body)
    events = receiver.events(3)
    assert [event["eventType"] for event in events] == [
        "workflow.created",
        "workflow_run.step_run.processed",
        "workflow_run.needs_review",
    ]
    waiting = api.ok("GET", f"/workflow_runs/{run['id']}")
    assert events[2]["payload"] == waiting
    assert events[1]["payload"] == waiting["stepRuns"][0]
    api.control("POST", f"/workflow_runs/{run['id']}/review", {"action": "approve"})
    events = receiver.events(4)
    assert events[3]["eventType"] == "workflow_run.completed"
    assert events[3]["payload"] == api.ok("GET", f"/workflow_runs/{run['id']}")
    other = api.ok("POST", "/workflow_runs", json=body)["id"]
    receiver.events(6)
    api.control("POST", f"/workflow_runs/{other}/review", {"action": "reject", "note": "no"})
    rejected = receiver.events(7)[6]
    assert (rejected["eventType"], rejected["payload"]["rejectionNote"]) == ("workflow_run.rejected", "no")
    api.control("POST", "/settings", {"run_seconds": 60})
    third = api.ok("POST", "/workflow_runs", json=body)["id"]
    api.ok("POST", f"/workflow_runs/{third}/cancel")
    cancelled = receiver.events(8)[7]
    assert (cancelled["eventType"], cancelled["payload"]["status"]) == ("workflow_run.cancelled", "CANCELLED")
    api.ok("POST", f"/workflows/{flow}/versions", json={})
    deployed = receiver.events(9)[8]
    assert (deployed["eventType"], deployed["payload"]["id"]) == ("workflow.deployed", flow)


def test_batches_and_definitions(api, endpoint, receiver) -> None:
    endpoint("batch_processor_run.processed", "batch_parse_run.processed", "parse_run.processed")
    extractor = api.extractor(CONFIG)["id"]
    inputs = [{"file": {"text": "Invoice No: 1"}}, {"file": {"text": "Invoice No: 2"}}]
    made = api.ok("POST", "/extract_runs/batch", json={"extractor": {"id": extractor}, "inputs": inputs})
    (event,) = receiver.events(1)
    assert event["eventType"] == "batch_processor_run.processed"
    assert event["payload"] == api.ok("GET", f"/batch_runs/{made['id']}")
    made = api.ok("POST", "/parse_runs/batch", json={"inputs": inputs[:1]})
    events = receiver.events(3)[1:]
    assert {event["eventType"] for event in events} == {"batch_parse_run.processed", "parse_run.processed"}
    (parsed,) = (event["payload"] for event in events if event["eventType"] == "parse_run.processed")
    assert (parsed["object"], parsed["status"], "output" in parsed) == (
        "parse_run_status",
        "PROCESSED",
        False,
    )
    names = "created updated draft.updated version.published"
    endpoint(*(f"classifier.{name}" for name in names.split()))
    classes = [{"id": "a", "type": "a", "description": "a"}]
    body = {"name": "C", "config": {"classifications": classes}}
    made = api.ok("POST", "/classifiers", json=body)
    assert receiver.events(4)[3]["eventType"] == "classifier.created"
    api.ok("POST", f"/classifiers/{made['id']}", json={"name": "D"})
    named = receiver.events(5)[4]
    assert (named["eventType"], named["payload"]["name"]) == ("classifier.updated", "D")
    published = api.ok("POST", f"/classifiers/{made['id']}/versions", json={"releaseType": "major"})
    told = receiver.events(6)[5]
    assert (told["eventType"], told["payload"]) == ("classifier.version.published", published)


def test_a_refused_delivery_is_tried_again_under_the_same_id(api, endpoint, receiver) -> None:
    api.control("POST", "/settings", {"webhook_retries": [20, 40], "clock_speed": 100})
    receiver.statuses = [500, 302]
    endpoint("extractor.created")
    api.extractor(CONFIG)
    events = receiver.events(3)
    assert len({json.dumps(event) for event in events}) == 1
    first, second, third = (at for _, _, at in receiver.got)
    assert 0.15 < second - first < 1.5
    assert 0.35 < third - second < 2
    (row,) = deliveries(api, "delivered")
    assert [one["status"] for one in row["tries"]] == [500, 302, 200]
    receiver.statuses = [400] * 3
    api.extractor(CONFIG)
    (failed,) = deliveries(api, "failed")
    assert [one["status"] for one in failed["tries"]] == [400] * 3
    api.control("POST", f"/webhook_deliveries/{failed['id']}/retry")
    assert receiver.events(7)[6]["eventId"] == failed["eventId"]


def test_a_receiver_that_is_not_there(api, endpoint) -> None:
    api.control("POST", "/settings", {"webhook_retries": []})
    endpoint("extractor.created", url="http://127.0.0.1:9/")
    endpoint("extractor.created", url="https://example.com/hook")
    api.extractor(CONFIG)
    (failed,) = deliveries(api, "failed")
    assert [one["error"] for one in failed["tries"]] == ["ConnectionRefusedError"]
    (elsewhere,) = deliveries(api, "not_delivered")
    assert (elsewhere["tries"], "127.0.0.1" in elsewhere["reason"]) == ([], True)


def test_a_large_payload_is_left_behind_a_link(api, endpoint, receiver) -> None:
    payload = {"format": "url", "urlThresholdBytes": 1000}
    endpoint("extract_run.processed", "batch_processor_run.processed", advancedOptions={"payload": payload})
    extractor = api.extractor(CONFIG)["id"]
    run = extract(api, extractor, metadata={"k": 1})
    (event,) = receiver.events(1)
    stub = event["payload"]
    assert stub.keys() == {"object", "id", "data", "metadata"}
    assert (stub["object"], stub["id"], stub["metadata"]) == ("signed_data_url", run["id"], {"k": 1})
    assert requests.get(stub["data"], timeout=10).json() == api.ok("GET", f"/extract_runs/{run['id']}")
    assert requests.get(stub["data"][:-1], timeout=10).status_code == 403
    inputs = [{"file": TEXT}]
    api.ok("POST", "/extract_runs/batch", json={"extractor": {"id": extractor}, "inputs": inputs})
    small = [one["payload"] for one in receiver.events(3) if one["eventType"].startswith("batch")]
    assert [one["object"] for one in small] == ["batch_run"]  # below the threshold
    api.control("POST", "/settings", {"clock_speed": 100_000})
    time.sleep(0.05)  # more than an hour
    assert requests.get(stub["data"], timeout=10).status_code == 403
    endpoint("processor_run.processed", apiVersion=V25, advancedOptions={"payload": {"format": "url"}})
    extract(api, extractor)
    receiver.events(5)
    sent = {got["x-extend-api-version"]: json.loads(body) for got, body, _ in receiver.got}
    assert sent[V25]["payload"].keys() == {"data"}


def test_what_is_not_switched_on_is_not_told_later(api, endpoint, receiver) -> None:
    hook = endpoint("extractor.created")
    path = f"/webhook_endpoints/{hook['id']}"
    api.ok("POST", path, json={"status": "disabled"})
    api.extractor(CONFIG)
    time.sleep(0.15)
    api.ok("POST", path, json={"status": "enabled"})
    api.ok("POST", path, json={"enabledEvents": ["workflow.created"]})
    api.extractor(CONFIG)
    api.ok("POST", path, json={"enabledEvents": ["extractor.created"]})
    last = api.extractor(CONFIG)
    (event,) = receiver.events(1)
    assert event["payload"]["id"] == last["id"]


def test_duplicates_and_another_order(api, endpoint, receiver) -> None:
    api.control("POST", "/settings", {"webhook_duplicates": True, "webhook_reversed": True})
    endpoint("extractor.created")
    api.extractor(CONFIG)
    one, two = receiver.events(2)
    assert one == two
    api.control("POST", "/settings", {"webhook_duplicates": False, "webhook_retries": [1]})
    receiver.statuses = [500, 500]
    first, second = api.extractor(CONFIG)["id"], api.extractor(CONFIG)["id"]
    events = receiver.events(6)
    assert {event["payload"]["id"] for event in events[2:]} == {first, second}


def test_the_thread_lives_while_there_is_an_endpoint(api, endpoint) -> None:
    def alive() -> bool:
        return any(thread.name == "extend-webhooks" for thread in threading.enumerate())

    def becomes(wanted: bool) -> bool:
        deadline = time.monotonic() + 5
        while alive() is not wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        return alive() is wanted

    assert becomes(False)
    hook = endpoint()
    assert becomes(True)
    api.ok("DELETE", f"/webhook_endpoints/{hook['id']}")
    assert becomes(False)
    endpoint()
    assert becomes(True)
    api.control("POST", "/reset")
    assert becomes(False)


def test_nothing_is_lost_over_a_restart(tmp_path, receiver) -> None:
    headers = {"Authorization": "Bearer sk", "x-extend-api-version": V26}

    def served() -> tuple[Any, threading.Thread]:
        server = open_server(tmp_path, "sk", 0.0)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        return server, thread

    def post(server: Any, path: str, body: Any) -> Any:
        answer = requests.post(server.base_url + path, json=body, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    receiver.statuses = [503]
    server, thread = served()
    body = {"url": receiver.url, "name": "n", "enabledEvents": ["extractor.created"], "apiVersion": V26}
    post(server, "/webhook_endpoints", body)
    post(server, "/_control/settings", {"webhook_retries": [1.0]})
    extractor = post(server, "/extractors", {"name": "E"})
    receiver.events(1, rest=0)
    server.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive()
    server, thread = served()
    first, second = receiver.events(2)
    assert first["payload"]["id"] == extractor["id"]
    assert first["eventId"] == second["eventId"]
    server.should_exit = True
    thread.join(timeout=10)
