"""Extract runs of 2026-02-09: bodies, life, inputs, cancel, batches, what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

V26 = "2026-02-09"
CONFIG = {
    "schema": {
        "type": "object",
        "properties": {
            "number": {"type": ["string", "null"], "description": 'The "Invoice No"'},
            "total": {"type": ["number", "null"], "description": 'The "Total"'},
            "vendor": {"type": "object", "properties": {"name": {"type": "string", "title": "Vendor"}}},
        },
    }
}
TEXT = "Invoice No: A-17\nTotal: 12.50\nTotal: 13.00\n"
VALUES = {"number": "A-17", "total": 13, "vendor": {"name": None}}

FULL = (
    "object id status output initialOutput reviewedOutput failureReason failureMessage metadata reviewed edited "
    "edits config extractor extractorVersion file files parseRunId dashboardUrl usage createdAt updatedAt"
).split()
SUMMARY = (
    "object id extractor extractorVersion status failureReason failureMessage metadata reviewed edited file files "
    "parseRunId dashboardUrl usage createdAt updatedAt"
).split()
EXTRACTOR = "object id name createdAt updatedAt".split()
VERSION = "object id description version extractorId createdAt createdBy".split()
FILE = "object id name type parentFileId metadata createdAt updatedAt".split()


@pytest.fixture
def extractor(api) -> str:
    return str(api.extractor(CONFIG)["id"])


@pytest.fixture
def start(api, extractor) -> Callable[..., Any]:
    """A run of the text, or of what is given instead."""

    def begin(**more: Any) -> Any:
        body = {"extractor": {"id": extractor}, "file": {"text": TEXT}} | more
        return api.ok("POST", "/extract_runs", json={k: v for k, v in body.items() if v is not None})

    return begin


def processed(api, run: Any) -> Any:
    return api.until(f"/extract_runs/{run['id']}", "PROCESSED", "FAILED", "CANCELLED")


def keys(body: Any) -> list[str]:
    return sorted(body)


# Bodies


def test_a_run_has_exactly_the_documented_fields(api, start, example) -> None:
    made = start(metadata={"k": 1})
    shown = processed(api, made)
    for run in (made, shown):
        assert keys(run) == sorted(FULL)
        assert keys(run["extractor"]) == sorted(EXTRACTOR)
        assert keys(run["extractorVersion"]) == sorted(VERSION)
        assert keys(run["file"]) == sorted(FILE)
        assert (run["object"], run["files"], run["config"]) == ("extract_run", None, CONFIG)
    published = example("2026-02-09.extract_run.sdk_fixture")
    assert published.keys() == set(FULL) - {"files"}  # which the fixture predates
    assert shown["extractorVersion"].keys() - published["extractorVersion"].keys() == {"createdBy"}
    (listed,) = api.ok("GET", "/extract_runs")["data"]
    assert keys(listed) == sorted(SUMMARY)
    assert listed == {key: shown[key] for key in SUMMARY} | {"usage": {"credits": 1, "totalCredits": 2}}


def test_what_is_extracted_and_how_sure_it_is(api, start) -> None:
    run = processed(api, start())
    assert run["output"] == {
        "value": VALUES,
        "metadata": {
            "number": {"ocrConfidence": None, "logprobsConfidence": 1.0},
            "total": {"ocrConfidence": None, "logprobsConfidence": 0.5},  # two totals
            "vendor.name": {"ocrConfidence": None, "logprobsConfidence": None},
        },
    }
    assert (run["initialOutput"], run["reviewedOutput"]) == (run["output"], None)


def test_the_older_field_list_gives_a_map_of_results(api) -> None:
    fields = [
        {"id": "f1", "name": "number", "type": "string", "description": '"Invoice No"'},
        {"id": "f2", "name": "po", "type": "string", "description": '"PO"'},
    ]
    made = api.ok("POST", "/processors", "2024-12-23", json={"name": "P", "type": "EXTRACT"})["processor"]
    api.ok("POST", f"/processors/{made['id']}", "2024-12-23", json={"config": {"fields": fields}})
    body = {"extractor": {"id": made["id"]}, "file": {"text": TEXT}}
    output = processed(api, api.ok("POST", "/extract_runs", json=body))["output"]
    assert output["number"] == {
        "id": "f1",
        "type": "string",
        "value": "A-17",
        "confidence": 1.0,
        "insights": [],
        "references": [],
    }
    assert (output["po"]["value"], "confidence" in output["po"]) == (None, False)


# Life


def test_a_run_passes_its_statuses_and_shows_results_at_the_end(api, start) -> None:
    api.control("POST", "/settings", {"run_seconds": 0.4})
    made = start()
    assert made["status"] == "PROCESSING"
    for key in ("output", "initialOutput", "usage", "parseRunId", "failureReason", "failureMessage"):
        assert made[key] is None, key
    seen = []
    while not seen or seen[-1]["status"] == "PROCESSING":
        seen.append(api.ok("GET", f"/extract_runs/{made['id']}"))
        time.sleep(0.03)
    assert [run["status"] for run in seen[-2:]] == ["PROCESSING", "PROCESSED"]
    assert all(run["output"] is None and run["usage"] is None for run in seen[:-1])
    assert seen[-1]["createdAt"] == made["createdAt"] < seen[-1]["updatedAt"]


def test_a_create_answers_processing_whatever_the_clock(api, start) -> None:
    api.control("POST", "/settings", {"run_seconds": 0})
    made = start()
    assert (made["status"], made["output"]) == ("PROCESSING", None)
    assert api.ok("GET", f"/extract_runs/{made['id']}")["status"] == "PROCESSED"


def test_a_run_can_be_made_to_fail(api, start) -> None:
    api.control("POST", "/settings", {"fail_runs": {"times": 2, "reason": "OUT_OF_CREDITS"}})
    one, two, three = (processed(api, start()) for _ in range(3))
    assert [run["status"] for run in (one, two, three)] == ["FAILED", "FAILED", "PROCESSED"]
    assert (one["failureReason"], one["output"], one["usage"]) == ("OUT_OF_CREDITS", None, None)
    assert "OUT_OF_CREDITS" in one["failureMessage"]
    assert (three["failureReason"], three["failureMessage"]) == (None, None)
    api.control("POST", "/settings", {"fail_runs": 1})
    assert processed(api, start())["failureReason"] == "INTERNAL_ERROR"


def test_a_status_can_be_forced_and_given_back(api, start) -> None:
    run = processed(api, start())
    path = f"/extract_runs/{run['id']}"
    api.control("PATCH", f"/runs/{run['id']}", {"status": "FAILED", "failureReason": "PARSING_ERROR"})
    forced = api.ok("GET", path)
    assert (forced["status"], forced["failureReason"], forced["output"]) == ("FAILED", "PARSING_ERROR", None)
    api.control("PATCH", f"/runs/{run['id']}", {"status": "SOMETHING_NEW"})
    assert (api.ok("GET", path)["status"], api.ok("GET", path)["failureReason"]) == ("SOMETHING_NEW", None)
    api.control("PATCH", f"/runs/{run['id']}", {"status": None})
    assert api.ok("GET", path) == run


def test_the_version_that_is_run(api, extractor, start) -> None:
    versions = f"/extractors/{extractor}/versions"

    def run(**chosen: Any) -> tuple[str, Any]:
        shown = processed(api, start(extractor={"id": extractor, **chosen}))
        return shown["extractorVersion"]["version"], shown["output"]["value"]

    assert run() == ("draft", VALUES)  # nothing is published
    assert run(version="latest") == ("draft", VALUES)
    other = {"schema": {"properties": {"n": {"type": "string", "title": "Invoice No"}}}}
    api.ok("POST", versions, json={"releaseType": "major"})
    api.ok("POST", versions, json={"releaseType": "minor", "config": other})
    assert run() == ("1.1", {"n": "A-17"})
    assert run(version="1.0") == ("1.0", VALUES)
    assert run(version="draft") == ("draft", VALUES)
    override = {"schema": {"properties": {"t": {"type": "number", "title": "Total"}}}}
    assert run(version="draft", overrideConfig=override) == ("draft", {"t": 13})
    assert api.ok("GET", f"/extractors/{extractor}")["draftVersion"]["config"] == CONFIG


def test_an_inline_config_and_none_at_all(api) -> None:
    made = api.ok("POST", "/extract_runs", json={"config": CONFIG, "file": {"text": TEXT}})
    run = processed(api, made)
    assert (run["output"]["value"], run["extractor"], run["extractorVersion"]) == (VALUES, None, None)
    bare = processed(api, api.ok("POST", "/extract_runs", json={"file": {"text": "no label here"}}))
    assert (bare["status"], bare["failureReason"]) == ("FAILED", "SCHEMA_GENERATION_FAILED")
    inferred = processed(api, api.ok("POST", "/extract_runs", json={"file": {"text": TEXT}}))
    assert inferred["output"]["value"] == {"invoice_no": "A-17", "total": 13}
    assert list(inferred["config"]["schema"]["properties"]) == ["invoice_no", "total"]


# Inputs


def test_an_uploaded_file_is_run_by_its_id(api, start, pdf) -> None:
    file_id = api.upload(pdf(["Invoice No: P-1"], ["Total: 5"]), "two pages.pdf")
    run = processed(api, start(file={"id": file_id}))
    assert (run["file"]["id"], run["file"]["name"]) == (file_id, "two pages.pdf")
    assert run["output"]["value"] == {"number": "P-1", "total": 5, "vendor": {"name": None}}
    assert run["usage"] == {
        "credits": 1,
        "totalCredits": 3,  # two pages and the extraction
        "breakdown": [
            {"object": "extract_run", "id": run["id"], "credits": 1},
            {"object": "parse_run", "id": run["parseRunId"], "credits": 2},
        ],
    }


def test_a_text_becomes_a_file_of_the_given_name(api, start) -> None:
    run = start(file={"text": TEXT, "name": "dag.task.run-1"})
    assert run["file"]["name"] == "dag.task.run-1"
    kept = api.ok("GET", f"/files/{run['file']['id']}", params={"rawText": "true"})
    assert (kept["contents"]["rawText"], kept["type"]) == (TEXT, "TXT")


def test_a_link_leads_to_the_upload_that_is_named_so(api, start) -> None:
    api.upload(b"Invoice No: old", "my bill.txt")
    uploaded = api.upload(b"Invoice No: U-1\nTotal: 3", "my bill.txt")
    link = "https://bucket.example.com/2026/my%20bill.txt?X-Amz-Signature=abc"
    run = processed(api, start(file={"url": link, "name": "token-1"}))
    assert run["output"]["value"]["number"] == "U-1"
    assert (run["file"]["name"], run["file"]["type"]) == ("token-1", "TXT")
    assert run["file"]["id"] != uploaded
    assert processed(api, start(file={"url": link}))["file"]["name"] == "my bill.txt"
    lost = processed(
        api, start(file={"url": "https://bucket.example.com/token-1"})
    )  # no upload, but a run's file
    assert (lost["status"], lost["failureReason"]) == ("FAILED", "FAILED_TO_PROCESS_FILE")
    assert (lost["failureMessage"], lost["usage"]) == ("The file could not be processed.", None)
    assert "X-Amz-Signature" not in str(run)


def test_a_file_that_cannot_be_read_fails_its_run(api, start) -> None:
    file_id = api.upload(b"\x00\x01\x02", "noise.bin")
    run = processed(api, start(file={"id": file_id}))
    assert (run["status"], run["failureReason"]) == ("FAILED", "FAILED_TO_PROCESS_FILE")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"file": None}, 400, "Exactly one of file and package"),
        ({"package": {"files": []}}, 400, "Exactly one of file and package"),
        ({"file": None, "package": {"files": []}}, 400, "package"),
        ({"file": {}}, 400, "exactly one of url, id, text"),
        ({"file": {"text": "x", "id": "file_1"}}, 400, "exactly one of url, id, text"),
        ({"file": {"text": 5}}, 400, "text must be of type str"),
        ({"file": {"text": "x", "name": 5}}, 400, "name must be of type str"),
        ({"file": {"id": "file_none"}}, 404, "No file with id file_none"),
        ({"file": {"url": "file:///etc/passwd"}}, 400, "http"),
        ({"config": CONFIG}, 400, "extractor and config"),
        ({"extractor": {}}, 400, "extractor.id"),
        ({"extractor": {"id": "ex_none"}}, 404, "ex_none"),
        ({"extractor": "ex_1"}, 400, "extractor must be of type object"),
        ({"extractor": None, "config": {"schema": {"properties": 3}}}, 400, "config: "),
        ({"priority": 0}, 400, "priority"),
        ({"priority": 101}, 400, "priority"),
        ({"priority": True}, 400, "priority must be a number from 1 to 100"),
        ({"metadata": []}, 400, "metadata must be of type object"),
        ({"metadata": {"k": "x" * 11_000}}, 400, "10 KB"),
        ({"metadata": {"extend:usage_tags": "a"}}, 400, "extend:usage_tags"),
    ],
)
def test_bodies_that_are_refused(api, extractor, changes: Any, status: int, said: str) -> None:
    body = {"extractor": {"id": extractor}, "file": {"text": TEXT}} | changes
    answer = api.send("POST", "/extract_runs", json={k: v for k, v in body.items() if v is not None})
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == ("INVALID_REQUEST" if status == 400 else "NOT_FOUND")
    assert said in answer.json()["message"]
    assert api.ok("GET", "/extract_runs")["data"] == []
    assert api.ok("GET", "/files")["data"] == []


def test_a_version_that_is_not_there(api, extractor) -> None:
    body = {"extractor": {"id": extractor, "version": "3.0"}, "file": {"text": TEXT}}
    assert api.send("POST", "/extract_runs", json=body).status_code == 404


# Metadata


def test_metadata_comes_back_everywhere(api, start) -> None:
    told = {"airflow": {"dag": "d", "n": [1, None]}, "extend:usage_tags": ["team a!", "b-1_c"]}
    kept = told | {"extend:usage_tags": ["teama", "b-1_c"]}
    made = start(metadata=told, priority=1)
    assert made["metadata"] == kept
    assert processed(api, made)["metadata"] == kept
    assert api.ok("GET", "/extract_runs")["data"][0]["metadata"] == kept
    assert api.control("GET", "/runs")[0]["metadata"] == kept
    assert start()["metadata"] is None


# Cancel and delete


@pytest.mark.parametrize(
    ("status", "allowed"),
    [("PENDING", False), ("PROCESSING", True), ("PROCESSED", False), ("FAILED", False), ("CANCELLED", False)],
)
def test_a_run_is_cancelled_while_processing_only(api, start, status: str, allowed: bool) -> None:
    run = start()
    api.control("PATCH", f"/runs/{run['id']}", {"status": status})
    answer = api.send("POST", f"/extract_runs/{run['id']}/cancel")
    assert answer.status_code == (200 if allowed else 400)
    if not allowed:
        assert (answer.json()["code"], answer.json()["retryable"]) == ("INVALID_REQUEST", False)
        assert status in answer.json()["message"]
    shown = api.ok("GET", f"/extract_runs/{run['id']}")
    assert shown["status"] == ("CANCELLED" if allowed else status)
    if allowed:
        assert answer.json() == shown
        assert (shown["output"], shown["usage"], shown["failureReason"]) == (None, None, None)


def test_a_cancel_by_the_clock_is_for_good(api, start) -> None:
    run = start()
    answer = api.ok("POST", f"/extract_runs/{run['id']}/cancel", json={})
    assert (answer["status"], sorted(answer)) == ("CANCELLED", sorted(FULL))
    time.sleep(0.25)  # by when it would have ended
    assert api.ok("GET", f"/extract_runs/{run['id']}") == answer
    assert api.send("POST", f"/extract_runs/{run['id']}/cancel").status_code == 400
    assert api.send("POST", "/extract_runs/exr_none/cancel").status_code == 404


def test_a_deleted_run_is_gone(api, start, example) -> None:
    run = start()
    gone = api.ok("DELETE", f"/extract_runs/{run['id']}")
    assert gone == {"id": run["id"]}
    assert gone.keys() == example("2026-02-09.extract_run.deleted").keys()
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel")):
        assert api.send(method, f"/extract_runs/{run['id']}{path}").status_code == 404
    assert api.ok("GET", "/extract_runs")["data"] == []
    assert api.ok("GET", f"/files/{run['file']['id']}")["id"] == run["file"]["id"]


def test_a_deleted_file_is_gone_from_its_run(api, start) -> None:
    run = start()
    api.ok("DELETE", f"/files/{run['file']['id']}")
    shown = processed(api, run)
    assert (shown["file"], shown["output"]["value"]) == (None, VALUES)


# Batches


def members(api, batch_id: str, **query: Any) -> list[Any]:
    found = api.ok("GET", "/extract_runs", params={"batchId": batch_id, "maxPageSize": 1000, **query})
    return list(found["data"])


def test_a_batch_and_its_members(api, extractor, example) -> None:
    api.control("POST", "/settings", {"run_seconds": 0.5})
    inputs = [{"file": {"text": f"Invoice No: {n}"}, "metadata": {"n": n}} for n in range(3)]
    body = {"extractor": {"id": extractor}, "inputs": inputs, "priority": 90}
    batch = api.ok("POST", "/extract_runs/batch", json=body)
    assert keys(batch) == sorted("object id status runCount createdAt".split())
    assert batch.keys() == example("2026-02-09.batch_run").keys()
    assert (batch["object"], batch["status"], batch["runCount"]) == ("batch_run", "PENDING", 3)
    assert batch["id"].startswith("bpr_")
    assert {run["status"] for run in members(api, batch["id"])} == {"PENDING"}
    statuses = [batch["status"]]
    while statuses[-1] != "PROCESSED":
        statuses.append(api.ok("GET", f"/batch_runs/{batch['id']}")["status"])
        time.sleep(0.02)
    assert list(dict.fromkeys(statuses)) == ["PENDING", "PROCESSING", "PROCESSED"]
    done = members(api, batch["id"])
    assert sorted(run["metadata"]["n"] for run in done) == [0, 1, 2]
    for run in done:
        value = api.ok("GET", f"/extract_runs/{run['id']}")["output"]["value"]
        assert value["number"] == str(run["metadata"]["n"])
    assert api.send("GET", f"/batch_processor_runs/{batch['id']}").status_code == 404


def test_a_batch_ends_when_every_member_has(api, extractor) -> None:
    body = {"extractor": {"id": extractor}, "inputs": [{"file": {"text": "x"}}] * 2}
    batch = api.ok("POST", "/extract_runs/batch", json=body)
    path = f"/batch_runs/{batch['id']}"
    one, two = members(api, batch["id"])
    api.control("PATCH", f"/runs/{one['id']}", {"status": "PROCESSING"})
    api.control("PATCH", f"/runs/{two['id']}", {"status": "FAILED"})
    assert api.ok("GET", path)["status"] == "PROCESSING"
    api.ok("POST", f"/extract_runs/{one['id']}/cancel")
    assert api.ok("GET", path)["status"] == "PROCESSED"
    shown = api.control("PATCH", f"/runs/{batch['id']}", {"status": "FAILED"})
    assert (shown["kind"], shown["status"]) == ("batch_run", "FAILED")
    assert api.ok("GET", path)["status"] == "FAILED"
    assert len(api.control("GET", "/runs")) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": [{"file": {"text": "x"}}]}, "extractor"),
        ({"extractor": {}, "inputs": []}, "extractor.id"),
        ({"inputs": []}, "extractor"),
        ({"extractor": 0, "config": CONFIG, "inputs": [{"file": {"text": "x"}}]}, "cannot both"),
        ({"extractor": 0, "inputs": []}, "1 to 1000"),
        ({"extractor": 0, "inputs": [{"file": {"text": "x"}}] * 1001}, "1 to 1000"),
        ({"extractor": 0, "inputs": [{"file": {"text": "x"}}, {"file": {}}]}, "inputs[1]: "),
        ({"extractor": 0, "inputs": [{"file": {"text": "x"}}, 7]}, "inputs[1]: "),
        ({"extractor": 0, "inputs": [{"file": {"text": "x"}, "metadata": 3}]}, "inputs[0]: metadata"),
    ],
)
def test_batches_are_refused_as_a_whole(api, extractor, body: Any, said: str) -> None:
    body = body | ({"extractor": {"id": extractor}} if body.get("extractor") == 0 else {})
    answer = api.send("POST", "/extract_runs/batch", json=body)
    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.text
    assert api.ok("GET", "/extract_runs")["data"] == api.ok("GET", "/files")["data"] == []


# The page behind a link


def test_a_run_links_to_a_page_that_names_it(api, start) -> None:
    run = start(file={"text": TEXT, "name": "secret name"}, metadata={"secret": "metadata"})
    assert run["dashboardUrl"] == f"{api.emulator.base_url}/_control/dashboard/{run['id']}"
    page = requests.get(run["dashboardUrl"], timeout=10)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(said in page.text for said in (run["id"], "extract_run", "PROCESSING"))
    assert "A-17" not in page.text
    assert "secret" not in page.text


def test_the_page_escapes_what_it_shows(api, start) -> None:
    run = start()
    evil = "<script>alert('1')</script>"
    api.control("PATCH", f"/runs/{run['id']}", {"status": evil, "failureReason": evil})
    page = requests.get(run["dashboardUrl"], timeout=10).text
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;") == 2
    lost = requests.get(f"{api.emulator.base_url}/_control/dashboard/%3Cb%3Ex", timeout=10)
    assert (lost.status_code, lost.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize("target", ["markdown", "spatial"])
def test_the_parse_run_that_a_run_names_is_read_by_its_id(api, target: str) -> None:
    parse = {"target": target, "chunkingStrategy": {"type": "document"}}  # which spatial does not know
    extractor = api.extractor(CONFIG | {"parseConfig": parse})["id"]
    body = {"extractor": {"id": extractor}, "file": {"text": TEXT, "name": "typed.txt"}}
    run = api.until(f"/extract_runs/{api.ok('POST', '/extract_runs', json=body)['id']}", "PROCESSED")
    found = api.ok("GET", f"/parse_runs/{run['parseRunId']}")
    assert (found["id"], found["status"], found["file"]) == (run["parseRunId"], "PROCESSED", run["file"])
    assert [one["type"] for one in found["output"]["chunks"]] == [
        "document" if target == "markdown" else "page"
    ]
    assert api.ok("GET", "/parse_runs")["data"] == []
    assert api.send("DELETE", f"/parse_runs/{run['parseRunId']}").status_code == 404
    refused = api.send("POST", "/extractors", json={"name": "E", "config": {"parseConfig": {"target": "x"}}})
    assert "config.parseConfig.target must be one of" in refused.json()["message"]
