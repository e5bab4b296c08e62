"""Headers, keys, error bodies, endpoints of three versions, lists, limits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from airflow_provider_extend.emulator.state import VERSIONS

V24, V25, V26 = VERSIONS
CONFIG = {"schema": {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}}


# Headers and keys


def test_the_version_header_is_required_and_must_be_known(api) -> None:
    for version in (None, "2023-01-01"):
        answer = api.send("GET", "/files", version)
        assert answer.status_code == 400
        assert answer.json()["code"] == "INVALID_REQUEST"
        assert all(known in answer.json()["message"] for known in VERSIONS)
        assert answer.headers["x-extend-request-id"] == answer.json()["requestId"]


@pytest.mark.parametrize("value", [None, "", "Bearer wrong", "Basic sk_emulator", "sk_emulator", "Bearer"])
def test_a_request_without_a_known_key_is_refused(api, value: str | None) -> None:
    new = api.send("GET", "/files", headers={"Authorization": value})
    old = api.send("GET", "/files", V24, headers={"Authorization": value})
    assert (new.status_code, new.json()["code"], new.json()["retryable"]) == (401, "UNAUTHORIZED", False)
    assert (old.status_code, old.json()["success"], sorted(old.json())) == (401, False, ["error", "success"])


def test_keys_made_by_the_control(api) -> None:
    def status(key: str, workspace: str | None = None) -> tuple[int, str]:
        sent = {"Authorization": f"Bearer {key}", "x-extend-workspace-id": workspace}
        answer = api.send("GET", "/files", headers=sent)
        return answer.status_code, answer.text

    assert status("sk_two")[0] == 401
    api.control("POST", "/keys", {"key": "sk_two", "scope": "workspace"})
    assert status("sk_two")[0] == 200
    api.control("POST", "/keys", {"key": "sk_org", "scope": "organization", "workspace_id": "ws_1"})
    assert status("sk_org")[0] == 400
    assert "x-extend-workspace-id" in status("sk_org")[1]
    assert status("sk_org", "ws_2")[0] == 403
    assert "x-extend-workspace-id" in status("sk_org", "ws_2")[1]
    assert status("sk_org", "ws_1")[0] == 200
    api.control("POST", "/keys", {"key": "sk_two", "revoked": True})
    assert status("sk_two")[0] == 401
    api.control("POST", "/keys", {"key": api.emulator.token, "revoked": True})
    assert status(api.emulator.token)[0] == 401


# Errors


def test_error_bodies_have_the_form_of_the_version_and_of_the_path(api, example) -> None:
    assert api.send("GET", "/files/none", V24).json().keys() == example("2024-12-23.error").keys()
    assert api.send("GET", "/files/none", V25).json().keys() == example("2025-04-21.error").keys()
    new = api.send("GET", "/files/none").json()
    assert new["code"] == "NOT_FOUND"
    assert new.keys() == example("2026-02-09.error.rate_limited").keys() | {"requestId"}
    legacy = api.send("GET", "/batch_processor_runs/none")
    assert (legacy.status_code, legacy.json().keys()) == (404, {"success", "error"})
    deleting = api.send("DELETE", "/files/none", V25)  # one of the newer calls of that version
    assert (deleting.status_code, deleting.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "version", "status"),
    [
        ("POST", "/evaluation_set_items", V26, 410),
        ("POST", "/files", V26, 410),
        ("GET", "/nowhere", V26, 404),
        ("PUT", "/files", V26, 404),
        ("GET", "/extractors", V25, 404),
        ("POST", "/evaluation_set_runs", V24, 404),
        ("DELETE", "/files/x", V24, 404),
        ("GET", "/classifiers", V25, 404),
        ("POST", "/extract_runs", V25, 404),
        ("GET", "/extract_runs/x", V24, 404),
        ("GET", "/batch_runs/x", V25, 404),
        ("GET", "/workflows", V25, 404),
        ("POST", "/workflow_runs/x/cancel", V24, 404),
        ("DELETE", "/workflow_runs/x", V24, 404),
    ],
)
def test_endpoints_that_are_not_there(api, method: str, path: str, version: str, status: int) -> None:
    answer = api.send(method, path, version, json={})
    assert answer.status_code == status
    if status == 410:
        assert answer.json()["code"] == "ENDPOINT_REMOVED"


@pytest.mark.parametrize(
    ("path", "version", "body", "said"),
    [
        ("/extractors", V26, {}, "Missing required field(s): name"),
        ("/evaluation_sets", V26, {"description": "d"}, "Missing required field(s): name, entityId"),
        ("/evaluation_sets", V25, {"name": "n"}, "Missing required field(s): description, processorId"),
        (
            "/evaluation_set_items",
            V24,
            {},
            "Missing required field(s): evaluationSetId, fileId, expectedOutput",
        ),
        ("/evaluation_set_runs", V26, {"evaluationSetId": 5}, "evaluationSetId must be of type str"),
        ("/extractors", V26, {"name": "n", "config": []}, "config must be of type object"),
        ("/extractors", V26, {"name": "n", "config": {"schema": {"properties": 3}}}, "config: "),
        ("/processors", V25, {"name": "n", "type": "SORT"}, "type must be one of EXTRACT, CLASSIFY"),
        ("/processors", V24, {"name": "n", "type": {}}, "type must be one of"),
        ("/files", V24, {"name": "n", "url": "https://example.com/a.pdf"}, "rawText"),
        ("/workflows", V26, {"steps": []}, "Missing required field(s): name"),
        ("/workflows", V26, {"name": "n", "steps": [{"type": "PARSE"}]}, "steps[0].name"),
        (
            "/workflows",
            V26,
            {"name": "n", "steps": [{"name": "e", "type": "EXTRACT", "config": {"extractor": {}}}]},
            "extractor.id",
        ),
    ],
)
def test_bad_bodies_say_what_is_wrong(api, path: str, version: str, body: Any, said: str) -> None:
    answer = api.send("POST", path, version, json=body)
    assert answer.status_code == 400
    assert said in answer.text


def test_bodies_that_are_no_json_object_or_no_form(api) -> None:
    assert api.send("POST", "/extractors", data="{").status_code == 400
    assert api.send("POST", "/extractors", json=[1]).status_code == 400
    assert "file" in api.send("POST", "/files/upload", data={"a": "b"}).json()["message"]
    broken = {"Content-Type": "multipart/form-data"}
    assert api.send("POST", "/files/upload", data=b"x", headers=broken).status_code == 400


# Shapes against published examples


def same_keys(
    ours: Any, theirs: Any, more: frozenset[str] = frozenset(), optional: frozenset[str] = frozenset()
) -> None:
    """``more``: required fields that the example predates; ``optional``: what the example shows but need not be."""
    if isinstance(theirs, list):
        for one in ours:
            same_keys(one, theirs[0], more, optional)
    elif isinstance(theirs, dict) and isinstance(ours, dict):
        assert theirs.keys() - ours.keys() <= optional
        assert ours.keys() - theirs.keys() <= more
        for key in ours.keys() & theirs.keys() - {"config", "expectedOutput", "fieldMetrics", "contents"}:
            same_keys(ours[key], theirs[key], more, optional)


def test_answers_have_the_fields_of_the_published_examples(api, example) -> None:
    newer = frozenset({"createdBy", "files"})
    optional = frozenset({"parentSplit", "nextPageToken"})
    config = {"name": "n", "config": CONFIG}
    extractor = api.ok("POST", "/extractors", json=config)
    same_keys(extractor, example("2026-02-09.extractor"), newer)
    same_keys(api.ok("GET", f"/extractors/{extractor['id']}"), example("2026-02-09.extractor"), newer)
    version = api.ok("GET", f"/extractors/{extractor['id']}/versions/draft")
    same_keys(version, example("2026-02-09.extractor_version"), newer)
    uploaded = api.ok("POST", "/files/upload", V25, files={"file": ("a.txt", b"Total: 5")})
    same_keys(uploaded, example("2025-04-21.file.uploaded"), optional=optional)
    file_id = uploaded["file"]["id"]
    same_keys(api.ok("GET", f"/files/{file_id}"), example("2026-02-09.file"), optional=optional)
    same_keys(api.ok("GET", "/files"), example("2026-02-09.files.list"), optional=optional)
    made = api.ok("POST", "/evaluation_sets", json={"name": "s", "entityId": extractor["id"]})
    same_keys(made, example("2026-02-09.evaluation_set"), newer)
    same_keys(api.ok("GET", f"/evaluation_sets/{made['id']}"), example("2026-02-09.evaluation_set"), newer)
    same_keys(api.ok("GET", "/evaluation_sets"), example("2026-02-09.evaluation_sets.list"), newer, optional)
    same_keys(api.ok("GET", f"/evaluation_sets/{made['id']}", V25), example("2025-04-21.evaluation_set"))
    items = f"/evaluation_sets/{made['id']}/items"
    row = {"fileId": file_id, "expectedOutput": {"value": {"total": 5}}}
    created = api.ok("POST", items, json={"items": [row]})
    same_keys(created, example("2026-02-09.evaluation_set_items.created"), newer, optional)
    one = api.ok("GET", f"{items}/{created['evaluationSetItems'][0]['id']}")
    same_keys(one, example("2026-02-09.evaluation_set_item"), newer, optional)
    same_keys(api.ok("GET", items), example("2026-02-09.evaluation_set_items.list"), newer, optional)
    old = {"evaluationSetId": made["id"], **row}
    single = api.ok("POST", "/evaluation_set_items", V25, json=old)
    same_keys(single, example("2025-04-21.evaluation_set_item"))
    bulk = api.ok(
        "POST", "/evaluation_set_items/bulk", V24, json={"evaluationSetId": made["id"], "items": [row]}
    )
    same_keys(bulk, example("2024-12-23.evaluation_set_items.bulk"))
    processor = api.ok("POST", "/processors", V25, json={**config, "type": "EXTRACT"})
    same_keys(processor, example("2025-04-21.processor"))
    assert processor["processor"]["draftVersion"]["config"] == {"type": "EXTRACT", **CONFIG}
    versions = api.ok("GET", f"/processors/{processor['processor']['id']}/versions", V25)
    same_keys(versions, example("2025-04-21.processor_versions"))
    legacy = example("2026-02-09.processors.list.legacy")
    same_keys(api.ok("GET", "/processors"), legacy, optional=optional | {"warning"})
    same_keys(api.ok("DELETE", f"/files/{file_id}", V25), example("2025-04-21.file.deleted"))


# Files


def test_files_are_kept_named_and_deleted(api) -> None:
    file_id = api.upload(b"Total: 5\n", "b ü.txt")
    shown = api.ok("GET", f"/files/{file_id}?rawText=true")
    assert (shown["name"], shown["type"], shown["metadata"]) == ("b ü.txt", "TXT", {"pageCount": 1})
    assert shown["contents"] == {"rawText": "Total: 5\n"}
    assert "X-Amz-Signature=" in shown["presignedUrl"]
    assert requests.get(shown["presignedUrl"], timeout=10).content == b"Total: 5\n"
    assert "contents" not in api.ok("GET", f"/files/{file_id}", V24)["file"]
    assert api.ok("DELETE", f"/files/{file_id}") == {"id": file_id}
    assert api.send("GET", f"/files/{file_id}").status_code == 404


def test_the_type_of_a_file_is_that_of_its_content(api, pdf) -> None:
    made = api.ok("POST", "/files/upload", V24, files={"file": ("a.csv", pdf(["x"], ["y"]))})["file"]
    assert (made["name"], made["type"], made["metadata"]) == ("a.csv", "PDF", {"pageCount": 2})


def test_the_older_create_takes_raw_text(api) -> None:
    made = api.ok("POST", "/files", V25, json={"name": "note", "rawText": "Total: 5"})["file"]
    assert (
        api.ok("GET", f"/files/{made['id']}?rawText=true", V25)["file"]["contents"]["rawText"] == "Total: 5"
    )


# Processors and versions


def test_one_processor_seen_through_all_versions(api) -> None:
    made = api.ok("POST", "/processors", V24, json={"name": "P", "type": "EXTRACT"})["processor"]
    assert made["id"].startswith("dp_")
    assert made["draftVersion"]["config"] == {}
    api.ok("POST", f"/processors/{made['id']}", V24, json={"config": CONFIG})
    seen = api.ok("GET", f"/extractors/{made['id']}")
    assert (seen["id"], seen["draftVersion"]["config"]) == (made["id"], CONFIG)
    assert seen["draftVersion"]["id"] == made["draftVersion"]["id"]
    assert api.ok("POST", "/extractors", json={"name": "Q"})["id"].startswith("ex_")
    legacy = api.ok("POST", "/processors", json={"name": "R", "type": "EXTRACT"})["processor"]
    assert (legacy["id"][:3], legacy["object"]) == ("ex_", "document_processor")
    clone = api.ok("POST", "/extractors", json={"name": "C", "cloneExtractorId": made["id"]})
    assert clone["draftVersion"]["config"] == CONFIG


def test_updated_at_follows_the_draft_config(api) -> None:
    made = api.extractor(CONFIG)
    path = f"/extractors/{made['id']}"
    assert api.ok("POST", path, json={"config": CONFIG})["updatedAt"] == made["updatedAt"]
    changed = {**CONFIG, "extractionRules": "Dates are day first."}
    edited = api.ok("POST", path, json={"config": changed})
    assert edited["updatedAt"] > made["updatedAt"]
    assert edited["draftVersion"]["id"] == made["draftVersion"]["id"]
    renamed = api.ok("POST", path, json={"name": "Other"})
    assert (renamed["name"], renamed["draftVersion"]["config"]) == ("Other", changed)
    api.ok("POST", f"{path}/versions", json={"releaseType": "major"})
    assert api.ok("GET", path)["updatedAt"] == renamed["updatedAt"]


def test_publishing_counts_up_and_lists_newest_first(api) -> None:
    made = api.extractor(CONFIG)
    path = f"/extractors/{made['id']}/versions"
    other = {"schema": {"type": "object", "properties": {"other": {"type": "string"}}}}
    bodies = [
        {"releaseType": "major", "description": "first"},
        {"releaseType": "minor", "config": other},
        {"releaseType": "major"},
    ]
    published = [api.ok("POST", path, json=body) for body in bodies]
    assert [p["version"] for p in published] == ["1.0", "1.1", "2.0"]
    assert [p["description"] for p in published] == ["first", None, None]
    assert [p["config"] for p in published] == [CONFIG, other, CONFIG]
    listed = api.ok("GET", f"/processors/{made['id']}/versions", V24)["versions"]
    assert [v["version"] for v in listed] == ["draft", "2.0", "1.1", "1.0"]
    assert listed[3]["description"] == "first"
    new = api.ok("GET", path)
    assert [v["version"] for v in new["data"]] == ["draft", "2.0", "1.1", "1.0"]
    assert "config" not in new["data"][0]
    first = api.ok("GET", path, params={"maxPageSize": 3})
    rest = api.ok("GET", path, params={"maxPageSize": 3, "nextPageToken": first["nextPageToken"]})
    assert [v["version"] for v in first["data"] + rest["data"]] == ["draft", "2.0", "1.1", "1.0"]
    assert api.ok("GET", f"{path}/latest")["version"] == "2.0"
    assert api.ok("GET", f"{path}/1.1")["config"] == other
    assert (
        api.ok("GET", f"/processors/{made['id']}/versions/{published[1]['id']}", V25)["version"]["version"]
        == "1.1"
    )
    assert api.send("GET", f"{path}/9.9").status_code == 404
    assert api.send("POST", path, json={"releaseType": "huge"}).status_code == 400
    minor = api.extractor(CONFIG)["id"]
    assert api.ok("POST", f"/processors/{minor}/publish", V25, json={"releaseType": "minor"})[
        "processorVersion"
    ]["version"] == ("0.1")


# Evaluation sets and items


def test_items_are_created_updated_and_deleted_in_every_version(api) -> None:
    made = api.ok("POST", "/processors", V24, json={"name": "P", "type": "EXTRACT"})["processor"]
    body = {"name": "S", "description": "d", "processorId": made["id"]}
    set_id = api.ok("POST", "/evaluation_sets", V24, json=body)["evaluationSet"]["id"]
    other = api.ok("POST", "/evaluation_sets", json={"name": "T", "entityId": made["id"]})["id"]
    file_id = api.upload(b"Total: 5")
    row = {"evaluationSetId": set_id, "fileId": file_id, "expectedOutput": {"total": {"value": 5}}}
    item = api.ok("POST", "/evaluation_set_items", V24, json=row)["evaluationSetItem"]
    assert item["expectedOutput"] == {"total": {"value": 5}}
    changed = {"expectedOutput": {"value": {"total": 6}}}
    new_path = f"/evaluation_sets/{set_id}/items/{item['id']}"
    assert api.ok("POST", new_path, json=changed)["expectedOutput"] == changed["expectedOutput"]
    assert api.ok("GET", new_path)["file"]["id"] == file_id
    assert api.send("GET", f"/evaluation_sets/{other}/items/{item['id']}").status_code == 404
    again = api.ok("POST", f"/evaluation_set_items/{item['id']}", V25, json=row)["evaluationSetItem"]
    assert (again["fileId"], again["expectedOutput"]) == (file_id, row["expectedOutput"])
    gone = api.ok("DELETE", f"/evaluation_set_items/{item['id']}", V25)
    assert (gone["success"], gone["evaluationSetItemId"]) == (True, item["id"])
    assert api.send("DELETE", new_path).status_code == 404


def test_bad_items_are_refused_as_a_whole(api) -> None:
    set_id = api.evaluation_set(api.extractor(CONFIG)["id"], [])
    path, file_id = f"/evaluation_sets/{set_id}/items", api.upload(b"x")
    good = {"fileId": file_id, "expectedOutput": {"value": {}}}
    for bad, status in [
        ({"fileId": "file_none", "expectedOutput": {}}, 404),
        ({"expectedOutput": {}}, 400),
        ({"fileId": file_id}, 400),
        ({"fileId": file_id, "fileIds": [file_id, file_id], "expectedOutput": {}}, 400),
        ({"fileIds": [file_id], "expectedOutput": {}}, 400),
        ("text", 400),
    ]:
        assert api.send("POST", path, json={"items": [good, bad]}).status_code == status
    assert api.send("POST", path, json={"items": []}).status_code == 400
    assert api.send("POST", path, json={"items": [good] * 101}).status_code == 400
    assert api.ok("GET", path)["data"] == []


# Lists


def test_lists_are_paged_with_a_token_bound_to_the_query(api) -> None:
    names = [f"file {n:02d}" for n in range(12)]
    for name in names:
        api.upload(b"x", name)
    first = api.ok("GET", "/files")
    assert [f["name"] for f in first["data"]] == names[:1:-1]  # ten by default, newest first
    second = api.ok("GET", "/files", params={"nextPageToken": first["nextPageToken"]})
    assert [f["name"] for f in second["data"]] == ["file 01", "file 00"]
    assert "nextPageToken" not in second
    found: list[str] = []
    token: dict[str, str] = {}
    query = {"nameContains": "FILE 0", "sortDir": "asc", "maxPageSize": "4"}
    while True:
        page = api.ok("GET", "/files", V25, params=query | token)
        assert len(page["files"]) <= 4
        found += [f["name"] for f in page["files"]]
        if not page.get("nextPageToken"):
            break
        token = {"nextPageToken": page["nextPageToken"]}
    assert found == names[:10]
    foreign = api.send("GET", "/files", params={"nextPageToken": first["nextPageToken"], "nameContains": "0"})
    assert foreign.status_code == 400
    for bad in (
        {"nextPageToken": "!"},
        {"maxPageSize": 0},
        {"maxPageSize": 1001},
        {"sortDir": "up"},
        {"sortBy": "name"},
    ):
        assert api.send("GET", "/files", params=bad).status_code == 400, bad


def test_lists_are_sorted_and_filtered(api) -> None:
    one, two = api.extractor(CONFIG, "one"), api.extractor(CONFIG, "two")
    api.ok("POST", f"/extractors/{one['id']}", json={"name": "one again"})
    assert [e["name"] for e in api.ok("GET", "/extractors")["data"]] == ["one again", "two"]
    created = api.ok("GET", "/extractors", params={"sortBy": "createdAt"})["data"]
    assert [e["name"] for e in created] == ["two", "one again"]
    mine = api.evaluation_set(two["id"], [])
    api.evaluation_set(one["id"], [])
    assert [s["id"] for s in api.ok("GET", "/evaluation_sets", params={"entityId": two["id"]})["data"]] == [
        mine
    ]
    listed = api.ok("GET", "/evaluation_sets", V25, params={"processorId": two["id"]})["evaluationSets"]
    assert [s["id"] for s in listed] == [mine]
    assert api.ok("GET", "/processors", V25, params={"type": "CLASSIFY"})["processors"] == []


# Limits


def test_limits_are_counted_per_class(api) -> None:
    api.control("POST", "/settings", {"rate_limits": {"GET": 2, "RUN": 1}})
    assert [api.send("GET", "/files").status_code for _ in range(3)] == [200, 200, 429]
    refused = api.send("GET", "/files")
    assert (refused.json()["code"], refused.json()["retryable"]) == ("RATE_LIMIT_EXCEEDED", True)
    assert "retry-after" not in refused.headers
    assert api.send("POST", "/extractors", json={"name": "n"}).status_code == 200  # WRITE is not limited
    run = {"evaluationSetId": "ev_none"}
    assert [api.send("POST", "/evaluation_set_runs", json=run).status_code for _ in range(2)] == [404, 429]
    api.control("POST", "/settings", {"retry_after": 3})
    assert api.send("GET", "/files", V24).headers["retry-after"] == "3"
    assert api.send("GET", "/files", V24).json().keys() == {"success", "error"}


def test_calls_that_wait_for_their_run_hold_up_no_other(api) -> None:
    """More of them than there are threads for calls."""
    api.control("POST", "/settings", {"run_seconds": 3})
    with ThreadPoolExecutor(60) as pool:
        began = time.monotonic()
        given = {"json": {"file": {"id": api.upload(b"Total: 1")}}, "timeout": 30}
        waiting = [pool.submit(api.send, "POST", "/parse", **given) for _ in range(60)]
        while len(api.control("GET", "/runs")) < 60:
            time.sleep(0.01)
        assert api.ok("GET", "/files")["data"]
        assert not any(one.done() for one in waiting)
        assert {one.result().json()["status"] for one in waiting} == {"PROCESSED"}
        assert 3 < time.monotonic() - began < 6  # all at the same time
