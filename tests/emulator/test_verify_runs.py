"""Verify runs: bodies, inputs, signs, cancel, delete, lists, results that are given once."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_extend.emulator.families import document_runs

FULL = (
    "object id file status output failureReason failureMessage metadata metrics config usage source sourceId "
    "createdAt updatedAt"
).split()
GOOD, BAD = ["Subtotal: 5", "Total: 5"], ["Subtotal: 5", "Total: 6"]
LIGHT = {"engine": "verify_light"}


@pytest.fixture
def statement(api, pdf) -> str:
    return api.upload(pdf(BAD), "statement.pdf")


def verify(api, file_id: str, **more: Any) -> Any:
    return api.ok("POST", "/verify", json={"file": {"id": file_id}} | more)


def test_a_run_has_exactly_the_documented_fields(api, example, statement) -> None:
    answer = api.send("POST", "/verify_runs", json={"file": {"id": statement}, "metadata": {"k": 1}})
    made = answer.json()
    shown = api.until(f"/verify_runs/{made['id']}", "PROCESSED")
    published = example("2026-02-09.verify_run")
    assert list(made) == list(shown) == FULL
    assert set(FULL) == published.keys()
    assert (made["id"][:3], made["status"], made["output"]) == ("vr_", "PROCESSING", None)
    assert (made["source"], made["sourceId"]) == ("API", answer.headers["x-extend-request-id"])
    assert shown["output"].keys() == published["output"].keys()
    assert shown["metrics"].keys() == published["metrics"].keys()
    assert (shown["config"], shown["metadata"]) == (published["config"], {"k": 1})
    assert shown["usage"] == {"credits": 1, "totalCredits": 1}
    assert shown["output"]["riskLevel"] == "HIGH"
    (listed,) = api.ok("GET", "/verify_runs")["data"]
    assert listed == {key: shown[key] for key in FULL if key != "output"} | {"riskLevel": "HIGH"}


def test_the_light_engine_reads_the_text_only_when_it_is_told_to(api, pdf, statement) -> None:
    light = verify(api, statement, config=LIGHT)
    assert (light["output"]["signals"], light["config"]["advancedOptions"]) == ([], {"requireParsing": False})
    told = verify(api, statement, config=LIGHT | {"advancedOptions": {"requireParsing": True}})
    assert [sign["type"] for sign in told["output"]["signals"]] == [
        "FINANCIAL_RECONCILIATION_AND_SEQUENCE_CONTINUITY"
    ]
    assert verify(api, api.upload(pdf(GOOD)))["output"]["summary"] == "No fraud signals were detected."


def test_the_bytes_that_were_submitted_are_checked(api, pdf) -> None:
    picture = api.upload(b"\x89PNG\r\n\x1a\n....IEND\xae\x42\x60\x82<script>", "a.png")
    run = verify(api, picture)
    assert [sign["type"] for sign in run["output"]["signals"]] == ["FILE_FORMAT_AND_PDF_STRUCTURE"]
    assert run["metrics"]["pageCount"] is None
    api.upload(pdf(GOOD) + b"tail", "linked.pdf")
    linked = api.ok("POST", "/verify", json={"file": {"url": "https://bucket.example.com/linked.pdf"}})
    assert linked["output"]["riskLevel"] == "MEDIUM"


@pytest.mark.parametrize("data", [b"plain text", b"GIF89a\x00\x01", b"\x00\x01", None])
def test_only_four_types_are_taken(api, data: bytes | None) -> None:
    file = {"id": api.upload(data)} if data else {"url": "https://bucket.example.com/none.pdf"}
    for path in ("/verify", "/verify_runs"):
        answer = api.send("POST", path, json={"file": file})
        assert (answer.status_code, answer.json()["code"]) == (400, "FILE_TYPE_NOT_SUPPORTED")
    assert api.ok("GET", "/verify_runs")["data"] == []


def test_a_failure_is_the_answer_of_a_sync_call(api, statement) -> None:
    api.control("POST", "/settings", {"fail_runs": {"times": 1, "reason": "NO_APPLICABLE_SIGNALS"}})
    run = verify(api, statement)
    assert (run["status"], run["failureReason"], run["output"]) == ("FAILED", "NO_APPLICABLE_SIGNALS", None)


def test_a_sync_call_that_takes_too_long_names_its_run(api, example, statement) -> None:
    api.control("POST", "/settings", {"run_seconds": 0.5, "sync_seconds": 0.1})
    answer = api.send("POST", "/verify", json={"file": {"id": statement}})
    assert (answer.status_code, answer.json()["retryable"]) == (504, False)
    assert answer.json().keys() == example("2026-02-09.error.verify_timeout").keys()
    ended = api.until(f"/verify_runs/{answer.json()['runId']}", "PROCESSED")
    assert ended["output"]["riskLevel"] == "HIGH"


def test_a_cancel_stops_a_run_and_leaves_one_that_ended_alone(api, statement) -> None:
    done = verify(api, statement)
    assert api.ok("POST", f"/verify_runs/{done['id']}/cancel") == done
    api.control("POST", "/settings", {"run_seconds": 20})
    run = api.ok("POST", "/verify_runs", json={"file": {"id": statement}})
    cancelled = api.ok("POST", f"/verify_runs/{run['id']}/cancel")
    assert (cancelled["status"], cancelled["output"], cancelled["metrics"]) == ("CANCELLED", None, None)
    assert api.ok("POST", f"/verify_runs/{run['id']}/cancel") == cancelled
    moving = api.ok("POST", "/verify_runs", json={"file": {"id": statement}})
    assert api.ok("DELETE", f"/verify_runs/{moving['id']}") == {"id": moving["id"]}
    for method, path in (("GET", ""), ("POST", "/cancel"), ("DELETE", "")):
        assert api.send(method, f"/verify_runs/{moving['id']}{path}").status_code == 404
    assert api.send("GET", f"/files/{statement}").status_code == 200


def test_lists_know_the_risk_the_file_and_the_request(api, pdf, statement) -> None:
    high = verify(api, statement)
    low = verify(api, api.upload(pdf(GOOD), "receipt.pdf"))
    api.control("POST", "/settings", {"run_seconds": 20})
    moving = api.ok("POST", "/verify_runs", json={"file": {"id": statement}})

    def listed(**query: str) -> list[str]:
        return [
            row["id"] for row in api.ok("GET", "/verify_runs", params={"sortBy": "createdAt"} | query)["data"]
        ]

    assert listed() == [moving["id"], low["id"], high["id"]]
    assert (listed(riskLevel="HIGH"), listed(riskLevel="LOW")) == ([high["id"]], [low["id"]])
    assert (
        listed(fileNameContains="STATE") == listed(fileNameContains=statement) == [moving["id"], high["id"]]
    )
    assert listed(fileNameContains=low["id"]) == listed(sourceId=low["sourceId"]) == [low["id"]]
    assert (listed(status="PROCESSING"), listed(source="STUDIO")) == ([moving["id"]], [])
    assert api.send("GET", "/verify_runs?riskLevel=high").status_code == 400


def test_a_workspace_without_retention_gives_a_result_once(api, statement) -> None:
    api.control("POST", "/settings", {"zero_retention": True})
    run = api.ok("POST", "/verify_runs", json={"file": {"id": statement}})
    first = api.until(f"/verify_runs/{run['id']}", "PROCESSED")
    assert first["output"]["riskLevel"] == "HIGH"
    assert api.ok("GET", f"/verify_runs/{run['id']}") == first | {"output": None}
    (listed,) = api.ok("GET", "/verify_runs")["data"]
    assert listed["riskLevel"] is None
    assert api.ok("GET", "/verify_runs?riskLevel=HIGH")["data"] == []


def test_a_result_that_nobody_fetched_is_gone_after_its_time(api, statement, monkeypatch) -> None:
    api.control("POST", "/settings", {"zero_retention": True, "run_seconds": 0})
    run = api.ok("POST", "/verify_runs", json={"file": {"id": statement}})
    monkeypatch.setattr(document_runs, "_PURGED_AFTER", -1)
    late = api.until(f"/verify_runs/{run['id']}", "PROCESSED")
    assert (late["output"], late["metrics"]["pageCount"]) == (None, 1)
    monkeypatch.undo()
    assert api.ok("GET", f"/verify_runs/{run['id']}")["output"]["riskLevel"] == "HIGH"


def test_the_file_may_be_gone(api, statement) -> None:
    run = verify(api, statement)
    api.ok("DELETE", f"/files/{statement}")
    assert api.ok("GET", f"/verify_runs/{run['id']}") == run | {"file": None}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"file": {"text": "x"}}, "exactly one of url, id"),
        ({"config": {"mode": "x"}}, "config.mode"),
        ({"config": {"engine": "x"}}, "config.engine"),
        ({"config": {"engineVersion": "9"}}, "config.engineVersion"),
        ({"config": {"advancedOptions": {"requireParsing": 1}}}, "config.advancedOptions.requireParsing"),
        ({"config": {"advancedOptions": {"other": True}}}, "config.advancedOptions.other"),
        ({"config": {"advancedOptions": {"requireParsing": False}}}, "must be true for verify_agentic"),
        ({"metadata": []}, "metadata"),
    ],
)
def test_bad_bodies_say_what_is_wrong(api, statement, changes: Any, said: str) -> None:
    answer = api.send("POST", "/verify", json={"file": {"id": statement}} | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert said in answer.json()["message"]
