"""Parse runs of 2026-02-09, parser runs of 2025-04-21, and the sync call of all versions."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
import requests

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
FULL = (
    "object id batchId file status failureReason failureMessage metadata output outputUrl metrics config usage"
).split()
SUMMARY = (
    "object id batchId file status failureReason failureMessage metadata metrics usage createdAt updatedAt"
).split()
OLDER = "object id fileId chunks status failureReason metrics config".split()
TEXT = b"INVOICE\n\nNo: 5"


@pytest.fixture
def file_id(api) -> str:
    return api.upload(TEXT, "invoice.txt")


def parsed(api, run: Any) -> Any:
    return api.until(f"/parse_runs/{run['id']}", "PROCESSED", "FAILED", "CANCELLED")


# Bodies of three versions


def test_a_run_has_exactly_the_documented_fields(api, example, file_id) -> None:
    made = api.ok("POST", "/parse_runs", json={"file": {"id": file_id}, "metadata": {"k": 1}})
    assert (made["status"], made["output"], made["metrics"], made["usage"]) == (
        "PROCESSING",
        None,
        None,
        None,
    )
    shown = parsed(api, made)
    published = example("2026-02-09.parse_run.sdk_fixture")
    assert list(made) == list(shown) == FULL
    assert set(FULL) == published.keys() | {"metadata"}
    (chunk,), (told,) = shown["output"]["chunks"], published["output"]["chunks"]
    assert chunk.keys() == told.keys()
    assert chunk["blocks"][0].keys() == told["blocks"][0].keys()
    assert chunk["content"] == "# INVOICE\n\nNo: 5"
    assert (shown["object"], shown["id"][:3], shown["metadata"]) == ("parse_run", "pr_", {"k": 1})
    assert shown["metrics"].keys() == published["metrics"].keys()
    assert shown["metrics"]["pageCount"] == 1
    entry = {"object": "parse_run", "id": made["id"], "credits": 1}
    assert shown["usage"] == {"credits": 1, "totalCredits": 1, "breakdown": [entry]}
    (listed,) = api.ok("GET", "/parse_runs")["data"]
    assert list(listed) == SUMMARY
    assert listed["usage"] == {"credits": 1, "totalCredits": 1}


def test_defaults_of_the_config_are_told(api, file_id) -> None:
    body = {
        "file": {"id": file_id},
        "config": {"target": "spatial", "engineVersion": "latest", "engine": None},
    }
    assert api.ok("POST", "/parse", json=body)["config"] == {
        "target": "spatial",
        "engineVersion": "latest",
        "engine": "parse_performance",
        "chunkingStrategy": {"type": "page"},
    }


def test_the_sync_call_of_each_version_answers_the_run_that_is_done(api, example, file_id) -> None:
    api.control("POST", "/settings", {"run_seconds": 0.3})
    begun = time.monotonic()
    new = api.ok("POST", "/parse", json={"file": {"id": file_id}})
    assert time.monotonic() - begun >= 0.3
    assert (new["status"], list(new)) == ("PROCESSED", FULL)
    old = api.ok("POST", "/parse", V25, json={"file": {"fileId": file_id}})
    oldest = api.ok("POST", "/parse", V24, json={"file": {"fileId": file_id}, "config": {}})
    assert old.keys() == example("2025-04-21.parser_run.processed").keys() | {"usage"} == {*OLDER, "usage"}
    assert list(oldest) == OLDER
    assert old["id"].startswith("parser_run_")
    assert (old["object"], old["fileId"], old["usage"]) == ("parser_run", file_id, {"credits": 1})
    assert old["chunks"] == oldest["chunks"] == new["output"]["chunks"]
    assert "engine" not in oldest["config"]
    assert api.ok("GET", f"/parse_runs/{old['id']}")["output"]["chunks"] == old["chunks"]


def test_a_parser_run_shows_its_status_and_then_all(api, example, file_id) -> None:
    api.control("POST", "/settings", {"run_seconds": 1})
    made = api.ok("POST", "/parse/async", V25, json={"file": {"fileId": file_id}})
    assert made.keys() == example("2025-04-21.parser_run.status").keys()
    assert (made["object"], made["status"]) == ("parser_run_status", "PROCESSING")
    path = f"/parser_runs/{made['id']}"
    assert api.ok("GET", path, V25) == {"success": True, "parserRun": made}
    api.control("PATCH", f"/runs/{made['id']}", {"status": "PROCESSED"})
    assert api.ok("GET", path, V25)["parserRun"]["chunks"][0]["content"] == "# INVOICE\n\nNo: 5"
    assert api.ok("DELETE", path, V25) == {"success": True, "parserRunId": made["id"], "message": "Deleted"}
    assert api.send("GET", path, V25).status_code == 404
    assert api.send("GET", path).json()["code"] == "ENDPOINT_REMOVED"


def test_base64_is_taken_by_the_oldest_version_only(api) -> None:
    body = {"file": {"fileBase64": base64.b64encode(b"Hello").decode(), "fileName": "h.txt"}, "config": {}}
    assert api.ok("POST", "/parse", V24, json=body)["chunks"][0]["content"] == "Hello"
    assert api.send("POST", "/parse", V25, json=body).status_code == 400
    bad = api.send("POST", "/parse", V24, json={"file": {"fileBase64": "!"}, "config": {}})
    assert (bad.status_code, "fileBase64" in bad.json()["message"]) == (400, True)


# The output by a link


def test_a_link_stands_for_the_output(api, file_id) -> None:
    run = api.ok("POST", "/parse?responseType=url", json={"file": {"id": file_id}})
    assert run["output"] is None
    inline = api.ok("GET", f"/parse_runs/{run['id']}")
    assert inline["outputUrl"] is None
    linked = api.ok("GET", f"/parse_runs/{run['id']}?responseType=url")
    for link in (run["outputUrl"], linked["outputUrl"]):
        assert "X-Amz-Signature=" in link
        assert requests.get(link, timeout=10).json() == inline["output"]
    assert api.send("GET", f"/parse_runs/{run['id']}?responseType=xml").status_code == 400
    assert api.send("POST", "/parse?responseType=xml", json={"file": {"id": file_id}}).status_code == 400
    assert len(api.ok("GET", "/parse_runs")["data"]) == 1


def test_in_the_older_version_each_chunk_has_its_link(api, pdf) -> None:
    file_id = api.upload(pdf(["one"], ["two"]))
    old = api.ok("POST", "/parse?responseType=url", V25, json={"file": {"fileId": file_id}})
    links = [chunk["content"] for chunk in old["chunks"]]
    assert [requests.get(link, timeout=10).json() for link in links] == ["one", "two"]
    assert [chunk["blocks"] for chunk in old["chunks"]] == [[], []]
    lost = requests.get(links[0].replace("chunk=0", "chunk=9"), timeout=10)
    assert lost.status_code == 404


# What fails

NOISE, PICTURE, BROKEN = b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n\x00", b"%PDF-1.4 broken"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ({"url": "https://bucket.example.com/none.pdf"}, "UNABLE_TO_DOWNLOAD_FILE"),
        (NOISE, "FILE_TYPE_NOT_SUPPORTED"),
        (PICTURE, "FAILED_TO_GENERATE_TARGET_FORMAT"),
        (b"PK\x03\x04 word/document.xml", "FAILED_TO_CONVERT_TO_PDF"),
    ],
)
def test_a_file_that_cannot_be_read(api, file: Any, reason: str) -> None:
    given = file if isinstance(file, dict) else {"id": api.upload(file)}
    run = parsed(api, api.ok("POST", "/parse_runs", json={"file": given}))
    assert (run["status"], run["failureReason"], run["output"]) == ("FAILED", reason, None)
    assert run["failureMessage"]
    older = {"fileUrl": given.get("url"), "fileId": given.get("id")}
    answers = [
        api.send("POST", "/parse", json={"file": given}),
        api.send("POST", "/parse", V25, json={"file": older}),
        api.send("POST", "/parse", V24, json={"file": older, "config": {}}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert answer.json().keys() == {"code", "message", "requestId", "retryable"}
        assert (answer.json()["code"], answer.json()["retryable"]) == (reason, False)
    made = api.ok("POST", "/parse/async", V25, json={"file": older})
    time.sleep(0.25)
    ended = api.ok("GET", f"/parser_runs/{made['id']}", V25)["parserRun"]
    assert (ended["object"], ended["status"], ended["failureReason"]) == ("parser_run", "FAILED", reason)
    assert (ended["chunks"], ended["metrics"]) == ([], {"processingTimeMs": 0, "pageCount": 0})


def test_options_that_contradict_each_other(api, example, file_id) -> None:
    config = {"target": "spatial", "chunkingStrategy": {"type": "section"}}
    body = {"file": {"id": file_id}, "config": config}
    run = parsed(api, api.ok("POST", "/parse_runs", json=body))
    assert (run["status"], run["failureReason"]) == ("FAILED", "INVALID_CONFIG_OPTIONS")
    oldest = api.send("POST", "/parse", V24, json={"file": {"fileId": file_id}, "config": config})
    assert (oldest.status_code, oldest.json()["code"]) == (422, "INVALID_CONFIG_OPTIONS")
    assert oldest.json().keys() == example("2024-12-23.error.parse").keys()


def test_a_failure_made_to_order(api, file_id) -> None:
    api.control("POST", "/settings", {"fail_runs": {"times": 2, "reason": "OCR_ERROR"}})
    sync = api.send("POST", "/parse", json={"file": {"id": file_id}})
    assert (sync.status_code, sync.json()["code"], sync.json()["retryable"]) == (500, "OCR_ERROR", True)
    run = parsed(api, api.ok("POST", "/parse_runs", json={"file": {"id": file_id}}))
    assert run["failureReason"] == "OCR_ERROR"
    assert parsed(api, api.ok("POST", "/parse_runs", json={"file": {"id": file_id}}))["status"] == "PROCESSED"


def test_a_sync_call_waits_no_longer_than_it_is_set_to(api, file_id) -> None:
    api.control("POST", "/settings", {"run_seconds": 5, "sync_seconds": 0.1})
    answer = api.send("POST", "/parse", json={"file": {"id": file_id}})
    assert (answer.status_code, answer.json()["retryable"]) == (504, True)
    assert "runId" not in answer.json()
    assert [run["status"] for run in api.ok("GET", "/parse_runs")["data"]] == ["PROCESSING"]


@pytest.mark.parametrize(
    ("path", "version", "changes", "said"),
    [
        ("/parse_runs", V26, {"file": None}, "file"),
        ("/parse_runs", V26, {"file": {"text": "x"}}, "exactly one of url, id"),
        ("/parse_runs", V26, {"file": {"url": "https://[", "name": "x"}}, "url"),
        (
            "/parse_runs",
            V26,
            {"file": {"url": "https://x/y", "settings": {"password": 5}}},
            "settings.password",
        ),
        (
            "/parse_runs",
            V26,
            {"config": {"target": "html"}},
            "config.target must be one of markdown, spatial",
        ),
        (
            "/parse_runs",
            V26,
            {"config": {"advancedOptions": {"pageRanges": [{"start": 1}]}}},
            "pageRanges[0].end",
        ),
        ("/parse_runs", V26, {"dataRetention": {"mode": "never"}}, "dataRetention.mode"),
        ("/parse_runs", V26, {"metadata": {"k": "x" * 10_240}}, "10 KB"),
        ("/parse", V24, {"file": {"fileId": "x"}}, "Missing required field(s): config"),
        ("/parse/async", V25, {"file": {"id": "x"}}, "exactly one of fileUrl, fileId"),
        ("/parse_runs/batch", V26, {"inputs": []}, "1 to 1000"),
        ("/parse_runs/batch", V26, {"inputs": [{"file": {"text": "x"}}] * 1001}, "1 to 1000"),
        ("/parse_runs/batch", V26, {"inputs": [{"file": {"text": "x"}}, {}]}, "inputs[1]"),
        ("/parse_runs/batch", V26, {"inputs": [{"file": {"text": "x"}}], "priority": 101}, "priority"),
        (
            "/parse_runs/batch",
            V26,
            {"inputs": [{"file": {"text": "x"}}], "config": {"target": 5}},
            "config.target",
        ),
    ],
)
def test_bad_bodies_say_what_is_wrong(api, file_id, path: str, version: str, changes: Any, said: str) -> None:
    body = changes if path != "/parse_runs" else {"file": {"id": file_id}} | changes
    answer = api.send("POST", path, version, json=body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert api.control("GET", "/runs") == []


@pytest.mark.parametrize("raw", ['{"file": NaN}', '{"config": 1e999}', '{"file": "\\ud800"}', "[" * 100_000])
def test_what_no_answer_could_hold_is_no_body(api, raw: str) -> None:
    answer = api.send("POST", "/parse_runs", data=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


# Cancel, delete, batches, lists


def test_a_run_is_cancelled_while_it_is_processing(api, example, file_id) -> None:
    api.control("POST", "/settings", {"run_seconds": 5})
    made = api.ok("POST", "/parse_runs", json={"file": {"id": file_id}})
    cancelled = api.ok("POST", f"/parse_runs/{made['id']}/cancel")
    assert cancelled.keys() == example("2026-02-09.parse_run.cancelled").keys()
    assert (cancelled["status"], cancelled["failureReason"], cancelled["output"]) == ("CANCELLED", None, None)
    assert api.send("POST", f"/parse_runs/{made['id']}/cancel").status_code == 400
    assert api.ok("DELETE", f"/parse_runs/{made['id']}") == {"id": made["id"]}
    assert api.send("POST", f"/parse_runs/{made['id']}/cancel").status_code == 404


def test_a_batch_is_made_of_parse_runs(api, example, file_id) -> None:
    inputs = [{"file": {"id": file_id}, "metadata": {"n": 1}}, {"file": {"text": "hi", "name": "note"}}]
    inputs.append({"file": {"url": "https://bucket.example.com/none"}})
    batch = api.ok("POST", "/parse_runs/batch", json={"inputs": inputs, "config": {"target": "spatial"}})
    assert batch.keys() == example("2026-02-09.batch_run").keys()
    assert (batch["id"][:5], batch["status"], batch["runCount"]) == ("bpar_", "PENDING", 3)
    assert api.until(f"/batch_runs/{batch['id']}", "PROCESSED") == batch | {"status": "PROCESSED"}
    runs = api.ok("GET", "/parse_runs", params={"batchId": batch["id"], "source": "API"})["data"]
    assert [run["file"]["name"] for run in runs] == ["none", "note", "invoice.txt"]
    assert [run["status"] for run in runs] == ["FAILED", "PROCESSED", "PROCESSED"]
    assert (runs[2]["metadata"], runs[2]["batchId"]) == ({"n": 1}, batch["id"])
    full = api.ok("GET", f"/parse_runs/{runs[1]['id']}")
    assert (full["batchId"], full["config"]["target"]) == (batch["id"], "spatial")
    assert api.control("GET", "/requests?path=batch$")[0]["runs"] == [run["id"] for run in reversed(runs)]


def test_members_of_a_batch_wait_before_they_move(api) -> None:
    api.control("POST", "/settings", {"run_seconds": 20})
    batch = api.ok("POST", "/parse_runs/batch", json={"inputs": [{"file": {"text": "x"}}]})
    (run,) = api.ok("GET", "/parse_runs", params={"batchId": batch["id"]})["data"]
    assert (run["status"], api.ok("GET", f"/batch_runs/{batch['id']}")["status"]) == ("PENDING", "PENDING")
    assert api.send("POST", f"/parse_runs/{run['id']}/cancel").status_code == 400


def test_lists_are_filtered_and_paged(api, file_id) -> None:
    api.control("POST", "/settings", {"run_seconds": 0})
    batch = api.ok(
        "POST", "/parse_runs/batch", json={"inputs": [{"file": {"text": "x", "name": "b.txt"}}] * 2}
    )
    made = [api.ok("POST", "/parse_runs", json={"file": {"id": file_id}})["id"] for _ in range(3)]

    def listed(**query: Any) -> list[str]:
        return [row["id"] for page in api.pages("/parse_runs", {"maxPageSize": 2} | query) for row in page]

    assert listed()[:3] == made[::-1]
    assert len(listed()) == 5
    assert listed(source="API") == listed(fileNameContains="INVOICE") == made[::-1]
    assert len(listed(source="BATCH_PARSER_RUN")) == len(listed(sourceId=batch["id"])) == 2
    assert (len(listed(status="PROCESSED")), listed(status="FAILED")) == (5, [])
    assert api.send("GET", "/parse_runs?status=DONE").status_code == 400
    token = api.ok("GET", "/parse_runs?maxPageSize=1")["nextPageToken"]
    for odd in (f"{token}x", "NQ==", "é"):
        query = {"maxPageSize": 1, "nextPageToken": odd, "source": "API"}
        assert api.send("GET", "/parse_runs", params=query).status_code == 400


# Retention


def test_without_retention_the_output_is_given_once(api, file_id) -> None:
    body = {"file": {"id": file_id}, "dataRetention": {"mode": "zero"}}
    sync = api.ok("POST", "/parse", json=body)
    assert sync["output"]["chunks"]
    assert api.ok("GET", f"/parse_runs/{sync['id']}")["output"] is None
    run = api.ok("POST", "/parse_runs", json=body)
    assert parsed(api, run)["output"]["chunks"]
    shown = api.ok("GET", f"/parse_runs/{run['id']}")
    assert (shown["status"], shown["output"], shown["metrics"]["pageCount"]) == ("PROCESSED", None, 1)
    assert api.control("GET", f"/runs/{run['id']}/outputs") == []
    kept = api.ok("POST", "/parse", json=body | {"dataRetention": {"mode": "workspace_default"}})
    assert api.ok("GET", f"/parse_runs/{kept['id']}")["output"] == kept["output"]
