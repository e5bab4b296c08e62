"""Edit runs and templates, form detection: what is found, filled, kept, refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

V25, V26 = "2025-04-21", "2026-02-09"
FULL = "object id file status failureReason failureMessage config output metrics usage".split()
SUMMARY = "object id file status failureReason failureMessage metrics usage createdAt updatedAt".split()
OLDER = "object id fileId editedFile status failureReason config output metrics usage".split()
TEMPLATE = "object id name description file config schemaConfig createdAt updatedAt".split()
LINES = ["APPLICATION", "Name: ____", "[ ] Citizen", "City:"]
DEFAULTS = {
    "tableParsingEnabled": False,
    "radioEnumsEnabled": True,
    "nativeFieldsOnly": False,
    "flattenPdf": True,
}


@pytest.fixture
def form(api, pdf) -> str:
    return api.upload(pdf(LINES), "form.pdf")


def schema(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def text_of(api, file_id: str) -> list[str]:
    shown = api.ok("GET", f"/files/{file_id}?rawText=true")
    assert (shown["type"], shown["name"]) == ("PDF", "form.pdf")
    return shown["contents"]["rawText"].strip().splitlines()


# Edit runs


def test_a_run_has_exactly_the_documented_fields(api, example, form) -> None:
    body = {"file": {"id": form}, "config": {"instructions": "Name: Ada; citizen: yes"}}
    made = api.ok("POST", "/edit_runs", json=body)
    shown = api.until(f"/edit_runs/{made['id']}", "PROCESSED")
    published = example("2026-02-09.edit_run.sdk_fixture")
    assert list(made) == list(shown) == FULL
    assert set(FULL) == published.keys()
    assert (made["status"], made["output"], made["metrics"]) == ("PROCESSING", None, None)
    assert (made["object"], made["id"][:4], made["file"]["id"]) == ("edit_run", "edr_", form)
    assert shown["metrics"].keys() == published["metrics"].keys()
    assert shown["output"].keys() == published["output"].keys()
    assert shown["output"]["editedFile"].keys() == published["output"]["editedFile"].keys()
    assert shown["config"] == body["config"] | {"engineVersion": "1.0.0", "advancedOptions": DEFAULTS}
    counts = ("pageCount", "fieldCount", "fieldsDetectedCount", "fieldsAnnotatedCount")
    assert [shown["metrics"][key] for key in counts] == [1, 3, 3, 3]
    assert shown["usage"]["totalCredits"] == 1
    (listed,) = api.ok("GET", "/edit_runs")["data"]
    assert list(listed) == SUMMARY
    assert "breakdown" not in listed["usage"]


def test_the_edited_file_holds_the_values(api, form) -> None:
    body = {"file": {"id": form}, "config": {"instructions": "Name: Ada; citizen: yes"}}
    output = api.ok("POST", "/edit", json=body)["output"]
    assert output["filledValues"] == {"name": "Ada", "citizen": True}
    edited = output["editedFile"]
    assert text_of(api, edited["id"]) == ["APPLICATION", "Name: Ada", "[x] Citizen", "City:"]
    assert requests.get(edited["presignedUrl"], timeout=10).content.startswith(b"%PDF-")
    assert text_of(api, form) == LINES
    again = {"file": {"id": edited["id"]}, "config": {"instructions": "City: London"}}
    twice = api.ok("POST", "/edit", json=again)["output"]["editedFile"]["id"]
    assert text_of(api, twice)[1:] == ["Name: Ada", "[x] Citizen", "City: London"]


def test_a_schema_forces_values_and_its_own_fields(api, form) -> None:
    fields = schema(
        name={"type": ["string", "null"], "extend_edit:value": "Bob"},
        total={"type": ["number", "null"], "extend_edit:value": 5, "description": "Total"},
    )
    config = {"schema": fields | {"required": ["name"]}, "instructions": "name: Ada"}
    run = api.ok("POST", "/edit", json={"file": {"id": form}, "config": config})
    assert run["output"]["filledValues"] == {"name": "Bob", "total": 5}
    assert text_of(api, run["output"]["editedFile"]["id"])[1:] == [
        "Name: Bob",
        "[ ] Citizen",
        "City:",
        "Total: 5",
    ]
    metrics = run["metrics"]
    assert (metrics["fieldCount"], metrics["fieldsDetectedCount"], metrics["fieldsAnnotatedCount"]) == (
        2,
        3,
        1,
    )
    assert run["config"]["schema"] == config["schema"]


def test_without_values_the_file_is_as_it_was(api, form) -> None:
    output = api.ok("POST", "/edit", json={"file": {"id": form}})["output"]
    assert list(output) == ["editedFile"]
    assert text_of(api, output["editedFile"]["id"]) == LINES


@pytest.mark.parametrize(
    ("lines", "config", "reason"),
    [
        (["Nothing to fill."], {}, "EMPTY_SCHEMA"),
        (LINES, {"schema": schema()}, "EMPTY_SCHEMA"),
        (LINES, {"advancedOptions": {"nativeFieldsOnly": True}}, "EMPTY_SCHEMA"),
        (LINES, {"schema": schema(name={}) | {"required": ["name"]}}, "SCHEMA_VALIDATION_ERROR"),
        (
            LINES,
            {"schema": schema(name={"enum": ["a"], "extend_edit:value": "b"})},
            "SCHEMA_VALIDATION_ERROR",
        ),
        (b"Name: ____", {}, "FILE_TYPE_NOT_SUPPORTED"),
        (None, {}, "UNABLE_TO_DOWNLOAD_FILE"),
    ],
)
def test_what_cannot_be_edited(api, pdf, lines: Any, config: Any, reason: str) -> None:
    file = {"url": "https://bucket.example.com/none.pdf"}
    if lines is not None:
        file = {"id": api.upload(lines if isinstance(lines, bytes) else pdf(lines))}
    body = {"file": file, "config": config}
    run = api.ok("POST", "/edit_runs", json=body)
    ended = api.until(f"/edit_runs/{run['id']}", "FAILED")
    assert (ended["failureReason"], ended["output"], bool(ended["failureMessage"])) == (reason, None, True)
    sync = api.send("POST", "/edit", json=body)
    assert (sync.status_code, sync.json()["code"], sync.json()["retryable"]) == (422, reason, False)


def test_a_run_that_fails_by_order_leaves_no_file(api, form) -> None:
    api.control("POST", "/settings", {"fail_runs": 1})
    failed = api.send("POST", "/edit", json={"file": {"id": form}})
    assert (failed.status_code, failed.json()["code"]) == (500, "INTERNAL_ERROR")
    assert [file["id"] for file in api.ok("GET", "/files")["data"]] == [form]


def test_the_older_version(api, example, form) -> None:
    fields = schema(name={"type": ["string", "null"], "extend_edit:value": "Bob"})
    body = {"file": {"fileId": form}, "config": {"schema": fields}}
    run = api.ok("POST", "/edit", V25, json=body)
    assert list(run) == OLDER
    assert run["id"].startswith("edit_run_")
    assert run["status"].keys() == example("2025-04-21.edit_run.status").keys()
    assert (run["status"]["status"], run["output"], run["fileId"]) == ("PROCESSED", {"name": "Bob"}, form)
    assert text_of(api, run["editedFile"]["fileId"])[1] == "Name: Bob"
    assert requests.get(run["editedFile"]["downloadUrl"], timeout=10).content.startswith(b"%PDF-")
    api.control("POST", "/settings", {"run_seconds": 5})
    made = api.ok("POST", "/edit/async", V25, json=body)
    assert made == example("2025-04-21.edit_run.status") | {"id": made["id"]}
    path = f"/edit_runs/{made['id']}"
    assert api.ok("GET", path, V25) == {"success": True, "editRun": made}
    api.control("PATCH", f"/runs/{made['id']}", {"status": "FAILED", "failureReason": "OUT_OF_CREDITS"})
    ended = api.ok("GET", path, V25)["editRun"]
    assert (ended["failureReason"], ended["editedFile"], ended["metrics"]) == ("OUT_OF_CREDITS", None, {})
    assert api.ok("DELETE", path, V25) == {"success": True, "editRunId": made["id"], "message": "Deleted"}
    coded = api.send("POST", "/edit", V25, json={"file": {"fileId": "file_none"}})
    assert (coded.status_code, coded.json()["code"]) == (404, "NOT_FOUND")
    assert api.send("POST", "/edit/async", json=body).json()["code"] == "ENDPOINT_REMOVED"


def test_runs_are_listed_and_deleted_but_not_cancelled(api, form, pdf) -> None:
    other = api.upload(pdf(["Name: ____"]), "other.pdf")
    first, second = (api.ok("POST", "/edit", json={"file": {"id": one}})["id"] for one in (form, other))
    ids = [
        row["id"]
        for row in api.ok("GET", "/edit_runs", params={"sortBy": "createdAt", "sortDir": "asc"})["data"]
    ]
    assert ids == [first, second]
    named = api.ok("GET", "/edit_runs", params={"fileNameContains": "OTHER", "source": "API"})["data"]
    assert [row["id"] for row in named] == [second]
    assert api.ok("GET", "/edit_runs?source=STUDIO")["data"] == []
    assert api.ok("DELETE", f"/edit_runs/{first}") == {"id": first}
    assert api.send("GET", f"/edit_runs/{first}").status_code == 404
    assert api.send("POST", f"/edit_runs/{second}/cancel").status_code == 404


# Templates


def test_templates_are_made_by_the_control_and_read_by_the_api(api, example, form) -> None:
    told = {"name": "W-9", "fileId": form, "config": {"instructions": "Name: Ada"}, "schemaConfig": {}}
    made = api.control("POST", "/edit_templates", told)
    shown = api.ok("GET", f"/edit_templates/{made['id']}")
    assert shown == made
    assert list(shown) == TEMPLATE
    assert set(TEMPLATE) == example("2026-02-09.edit_template").keys()
    assert (shown["id"][:4], shown["config"], shown["description"]) == ("edt_", told["config"], None)
    assert api.ok("GET", f"/edit_templates/{made['id']}", V25) == {"success": True, "editTemplate": shown}
    (listed,) = api.ok("GET", "/edit_templates?nameContains=w-")["data"]
    assert listed.keys() == set(TEMPLATE) - {"config", "schemaConfig"}
    assert api.ok("GET", "/edit_templates?nameContains=x")["data"] == []
    assert api.send("GET", "/edit_templates/none").status_code == 404


def test_a_run_of_a_template_and_what_the_request_overrides(api, form) -> None:
    saved = {"instructions": "Name: Ada", "advancedOptions": {"flattenPdf": False}}
    template = api.control("POST", "/edit_templates", {"name": "T", "fileId": form, "config": saved})["id"]
    run = api.ok("POST", "/edit", json={"templateId": template})
    assert (run["file"]["id"], run["output"]["filledValues"]) == (form, {"name": "Ada"})
    own = {"instructions": "Name: Bob", "advancedOptions": {"tableParsingEnabled": True}}
    run = api.ok("POST", "/edit", json={"templateId": template, "config": own})
    assert run["output"]["filledValues"] == {"name": "Bob"}
    assert run["config"]["advancedOptions"] == DEFAULTS | {"flattenPdf": False, "tableParsingEnabled": True}
    api.ok("DELETE", f"/files/{form}")
    assert api.ok("GET", f"/edit_templates/{template}")["file"] is None
    assert api.send("POST", "/edit", json={"templateId": template}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({"name": "T"}, 400),
        ({"name": "T", "fileId": "file_none"}, 404),
        ({"name": "T", "fileId": "x", "config": {"schema": 5}}, 400),
        ({"name": "T", "fileId": "x", "files": []}, 400),
    ],
)
def test_templates_that_cannot_be(api, body: Any, status: int) -> None:
    answer = requests.post(f"{api.emulator.base_url}/_control/edit_templates", json=body, timeout=10)
    assert answer.status_code == status


# Form detection


def test_detection_runs_have_exactly_the_documented_fields(api, example, form) -> None:
    made = api.ok("POST", "/form_detection_runs", json={"file": {"id": form}})
    shown = api.until(f"/form_detection_runs/{made['id']}", "PROCESSED")
    published = example("2026-02-09.form_detection_run")
    assert made.keys() == shown.keys() == published.keys()
    assert shown["metrics"].keys() == published["metrics"].keys()
    assert shown["output"].keys() == published["output"].keys()
    assert (made["id"][:4], made["status"], made["output"]) == ("sgr_", "PROCESSING", None)
    output = shown["output"]
    assert list(output["schema"]["properties"]) == ["name", "citizen", "city"]
    assert (output["annotatedSchema"], output["mappingResult"]) == (output["schema"], None)
    assert api.send("GET", "/form_detection_runs").status_code == 404
    assert api.send("DELETE", f"/form_detection_runs/{made['id']}").status_code == 404


def test_what_was_detected_can_be_filled(api, form) -> None:
    found = api.ok("POST", "/detect_form", json={"file": {"id": form}})["output"]["schema"]
    found["properties"]["city"]["extend_edit:value"] = "London"
    run = api.ok("POST", "/edit", json={"file": {"id": form}, "config": {"schema": found}})
    assert text_of(api, run["output"]["editedFile"]["id"])[3] == "City: London"


def test_an_input_schema_is_mapped(api, form) -> None:
    given = schema(full_name={"description": "Name"}, zip={})
    body = {"file": {"id": form}, "config": {"inputSchema": given}}
    output = api.ok("POST", "/detect_form", json=body)["output"]
    assert output["mappingResult"] == {
        "matches": [{"inputPath": "full_name", "formFieldKey": "name"}],
        "unmatchedInputPaths": ["zip"],
        "unusedFormFieldKeys": ["citizen", "city"],
    }
    assert list(output["schema"]["properties"]) == ["full_name", "zip"]
    assert list(output["annotatedSchema"]["properties"]) == ["name", "citizen", "city"]
    assert api.ok("POST", "/edit_schemas/generate", json=body) == output
    older = {"file": {"fileId": form}, "config": body["config"]}
    assert api.ok("POST", "/edit_schemas/generate", V25, json=older) == output


def test_a_sync_detection_answers_the_run_that_failed(api) -> None:
    body = {"file": {"id": api.upload(b"Name: ____")}}
    run = api.ok("POST", "/detect_form", json=body)
    assert (run["status"], run["failureReason"]) == ("FAILED", "FILE_TYPE_NOT_SUPPORTED")
    bare = api.send("POST", "/edit_schemas/generate", json=body)
    assert (bare.status_code, bare.json()["code"]) == (422, "FILE_TYPE_NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("path", "changes", "said"),
    [
        ("/edit_runs", {"templateId": "edt_x"}, "Exactly one of file and templateId"),
        ("/edit_runs", {"file": None}, "Exactly one of file and templateId"),
        ("/edit_runs", {"file": {"text": "x"}}, "exactly one of url, id"),
        ("/edit_runs", {"config": {"schema": {"type": "array", "properties": {}}}}, "config.schema.type"),
        ("/edit_runs", {"config": {"schema": {}}}, "config.schema.properties"),
        ("/edit_runs", {"config": {"schema": {"properties": {"a": 5}}}}, "config.schema.properties.a"),
        ("/edit_runs", {"config": {"schema": schema(a={"enum": [5]})}}, "config.schema.properties.a.enum[0]"),
        (
            "/edit_runs",
            {"config": {"schema": schema(a={"extend_edit:bbox": {"left": 1}})}},
            "extend_edit:bbox.top",
        ),
        (
            "/edit_runs",
            {"config": {"advancedOptions": {"flattenPdf": "yes"}}},
            "config.advancedOptions.flattenPdf",
        ),
        ("/form_detection_runs", {"config": {"inputSchema": []}}, "config.inputSchema"),
        ("/detect_form", {"config": {"instructions": 5}}, "config.instructions"),
        ("/edit_schemas/generate", {"file": 5}, "file"),
    ],
)
def test_bad_bodies_say_what_is_wrong(api, form, path: str, changes: Any, said: str) -> None:
    answer = api.send("POST", path, json={"file": {"id": form}} | changes)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert api.control("GET", "/runs") == []
