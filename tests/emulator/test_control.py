"""What the control can bring about: runs out of band, faults, failures, statuses, a clean slate."""

from __future__ import annotations

import time

import pytest
import requests

from airflow_provider_extend.emulator.state import ApiError

CONFIG = {
    "schema": {"type": "object", "properties": {"n": {"type": ["string", "null"], "description": '"No"'}}}
}


@pytest.fixture
def a_set(api) -> tuple[str, str]:
    extractor = api.extractor(CONFIG)["id"]
    return extractor, api.evaluation_set(extractor, [(b"No: 1", {"n": "1"}), (b"No: 2", {"n": "9"})])


def test_over_http_without_a_key(api) -> None:
    base = api.emulator.base_url + "/_control"
    assert requests.get(base + "/health", timeout=10).json() == {"status": "ok", "runs": 0}
    settings = requests.post(base + "/settings", json={"run_seconds": 3}, timeout=10).json()
    assert (settings["run_seconds"], settings["rate_limits"]) == (3, {"GET": 0, "WRITE": 0, "RUN": 0})
    unknown = requests.post(base + "/settings", json={"speed": 3}, timeout=10)
    assert (unknown.status_code, "speed" in unknown.json()["error"]) == (400, True)
    assert requests.post(base + "/settings", json={"run_seconds": "1"}, timeout=10).status_code == 400
    assert requests.get(base + "/nothing", timeout=10).status_code == 404
    assert requests.post(base + "/settings", data="{", timeout=10).status_code == 400
    assert requests.post(base + "/faults", json=[{"path": "("}], timeout=10).status_code == 400


@pytest.mark.parametrize(("source", "at"), [("EVAL_SET", 1), ("STUDIO", 0), ("PLAYGROUND", None)])
def test_a_run_started_as_by_the_dashboard(api, a_set, source: str, at: int | None) -> None:
    api.control("POST", "/settings", {"run_seconds": 1})
    body = {"processorId": a_set[0], "evaluationSetId": a_set[1], "source": source}
    run_id = api.control("POST", "/batch_processor_runs", body)["id"]
    shown = api.ok("GET", f"/batch_processor_runs/{run_id}", "2024-12-23")["batchProcessorRun"]
    assert shown["status"] in ("PENDING", "PROCESSING")
    assert shown["source"] == source
    assert shown.get("sourceId") == (None if at is None else a_set[at])
    assert ("sourceId" in shown) is (at is not None)
    assert api.finished(run_id)["metrics"]["accuracy"] == 0.5


def test_outputs_and_the_list_of_runs(api, a_set) -> None:
    run = api.run(a_set[1])
    outputs = api.control("GET", f"/runs/{run['id']}/outputs")
    assert [o["output"] for o in outputs] == [{"n": "1"}, {"n": "2"}]
    items = api.ok("GET", f"/evaluation_sets/{a_set[1]}/items", params={"sortDir": "asc"})["data"]
    assert [(o["itemId"], o["fileId"]) for o in outputs] == [(i["id"], i["file"]["id"]) for i in items]
    listed = api.control("GET", "/runs")
    assert [(r["id"], r["runCount"], r["version"]) for r in listed] == [(run["id"], 2, "draft")]


def test_a_status_can_be_forced_also_an_unknown_one(api, a_set) -> None:
    run_id = api.run(a_set[1])["id"]
    api.control("PATCH", f"/runs/{run_id}", {"status": "QUEUED_ELSEWHERE"})
    time.sleep(0.25)
    shown = api.ok("GET", f"/evaluation_set_runs/{run_id}")
    assert (shown["status"], "accuracy" in shown["metrics"]) == ("QUEUED_ELSEWHERE", False)
    api.control("PATCH", f"/runs/{run_id}", {"status": "FAILED", "failureReason": "INTERNAL_ERROR"})
    old = api.ok("GET", f"/batch_processor_runs/{run_id}", "2024-12-23")["batchProcessorRun"]
    assert (old["status"], old["metrics"]) == ("FAILED", {})
    assert "failureReason" not in old  # the object has no such field in any version
    assert api.control("GET", "/runs")[0]["failureReason"] == "INTERNAL_ERROR"
    assert api.control("PATCH", f"/runs/{run_id}", {"status": None})["status"] == "PROCESSED"
    assert api.ok("GET", f"/evaluation_set_runs/{run_id}")["metrics"]["accuracy"] == 0.5


def test_the_next_runs_can_be_made_to_fail(api, a_set) -> None:
    api.control("POST", "/settings", {"fail_runs": {"times": 2, "reason": "OUT_OF_CREDITS"}})
    ended = [api.finished(api.run(a_set[1])["id"]) for _ in range(3)]
    assert [run["status"] for run in ended] == ["FAILED", "FAILED", "PROCESSED"]
    assert ended[0]["metrics"] == {"type": "EXTRACT", "numFilesTotal": 2, "numFilesProcessed": 1}
    assert api.control("GET", "/runs")[0]["failureReason"] == "OUT_OF_CREDITS"


# Faults


def test_a_status_is_answered_instead_of_work(api) -> None:
    fault = {"method": "POST", "path": "^/extractors$", "status": 503, "retry_after": 7, "times": 2}
    api.control("POST", "/faults", [fault])
    assert api.send("GET", "/extractors").status_code == 200
    answers = [api.send("POST", "/extractors", json={"name": "n"}) for _ in range(3)]
    assert [a.status_code for a in answers] == [503, 503, 200]
    assert answers[0].json()["code"] == "INTERNAL_ERROR"
    assert answers[0].json()["retryable"] is True
    assert answers[0].headers["retry-after"] == "7"
    assert answers[0].headers["x-extend-request-id"].startswith("req_")
    assert len(api.ok("GET", "/extractors")["data"]) == 1
    api.control("POST", "/faults", [{"status": 500}])
    assert api.send("GET", "/batch_processor_runs/x", "2024-12-23").json().keys() == {"success", "error"}


def test_a_connection_can_be_dropped_before_and_after_the_work(api) -> None:
    api.control("POST", "/faults", [{"drop": True}, {"drop_after": True}])
    with pytest.raises(requests.ConnectionError):
        api.send("POST", "/extractors", json={"name": "lost"})
    with pytest.raises(requests.ConnectionError):
        api.send("POST", "/extractors", json={"name": "made"})
    assert [e["name"] for e in api.ok("GET", "/extractors")["data"]] == ["made"]
    assert [r["status"] for r in api.control("GET", "/requests")] == [None, None, 200]


def test_damaged_bodies(api) -> None:
    api.extractor(CONFIG)
    api.control("POST", "/faults", [{"body": kind} for kind in ("truncated", "malformed", "empty", "html")])
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        api.send("GET", "/extractors")
    malformed = api.send("GET", "/extractors")
    assert malformed.status_code == 200
    assert malformed.text.startswith('{"object":"list"')
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        malformed.json()
    empty = api.send("GET", "/extractors")
    assert (empty.status_code, empty.content) == (200, b"")
    html = api.send("GET", "/extractors")
    assert (html.status_code, html.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert len(api.ok("GET", "/extractors")["data"]) == 1


def test_redirects_and_latency(api) -> None:
    faults = [
        {"body": "redirect:http://127.0.0.1:9/elsewhere"},
        {"body": "redirect:/x", "status": 307},
        {"latency": 0.15},
    ]
    api.control("POST", "/faults", faults)
    first, second = (api.send("GET", "/files", allow_redirects=False) for _ in range(2))
    assert (first.status_code, first.headers["location"]) == (302, "http://127.0.0.1:9/elsewhere")
    assert (second.status_code, second.headers["location"]) == (307, "/x")
    began = time.monotonic()
    assert api.send("GET", "/files").status_code == 200
    assert time.monotonic() - began >= 0.15
    api.control("POST", "/faults", [{"status": 500, "times": 99}])
    assert api.control("DELETE", "/faults") == []
    assert api.send("GET", "/files").status_code == 200


def test_the_authorization_can_be_echoed_to_find_clients_that_leak_it(api) -> None:
    secret = f"Bearer {api.emulator.token}"
    faults = [{"body": "html"}, {"body": "redirect:http://127.0.0.1:9/"}]
    api.control("POST", "/faults", faults)
    assert all(secret not in api.send("GET", "/files", allow_redirects=False).text for _ in faults)
    api.control("POST", "/settings", {"echo_authorization": True})
    assert secret in api.send("GET", "/files/none").json()["message"]
    assert secret in api.send("GET", "/files/none", "2024-12-23").json()["error"]
    api.control("POST", "/faults", faults)
    assert secret in api.send("GET", "/files").text
    assert "sk_emulator" in api.send("GET", "/files", allow_redirects=False).headers["location"]


def test_faults_are_checked_when_they_are_set(api) -> None:
    for bad in ({"stauts": 500}, {"body": "xml"}):
        with pytest.raises(ApiError):
            api.control("POST", "/faults", [bad])


# The log and the reset


def test_requests_are_logged_without_their_headers(api) -> None:
    api.send("GET", "/files?nameContains=x", "2025-04-21")
    api.send("GET", "/nowhere", None)
    logged = api.control("GET", "/requests")
    assert [(r["method"], r["path"], r["version"], r["status"]) for r in logged] == [
        ("GET", "/files", "2025-04-21", 200),
        ("GET", "/nowhere", None, 400),
    ]
    assert set(logged[0]) == {"method", "path", "version", "status", "at", "runs", "whole", "listed"}


def test_what_a_page_has_listed_is_logged(api) -> None:
    first, second = (api.upload(text.encode()) for text in "ab")
    api.ok("GET", "/files?maxPageSize=1")
    api.ok("GET", f"/files/{first}")
    *_, page, one = api.control("GET", "/requests")
    assert (page["listed"], one["listed"]) == ([second], [])


def test_a_reset_forgets_everything(api, a_set) -> None:
    file_id = api.upload(b"x")
    api.control("POST", "/settings", {"run_seconds": 9})
    api.control("POST", "/keys", {"key": "sk_two"})
    api.control("POST", "/faults", [{"status": 500, "times": 9}])
    api.control("POST", "/reset")
    assert api.ok("GET", "/files")["data"] == []
    assert api.send("GET", f"/files/{file_id}").status_code == 404
    assert api.send("GET", "/files", headers={"Authorization": "Bearer sk_two"}).status_code == 401
    assert api.control("POST", "/settings", {})["run_seconds"] == 0.2
