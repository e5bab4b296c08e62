"""Classify and split runs, packages, sync calls, and processor runs of the older paths.

What extract runs share with these is in test_extract_runs.py.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from airflow_provider_extend.emulator import documents

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CLASSES = [
    {"id": "inv", "type": "invoice", "description": 'A bill with an "Invoice No"'},
    {"id": "po", "type": "purchase_order", "description": "An order for goods"},
]
SCHEMA = {"type": "object", "properties": {"n": {"type": ["string", "null"], "title": "Invoice No"}}}
KINDS: dict[str, tuple[str, str, Any]] = {
    "extract": ("extractor", "EXTRACT", {"schema": SCHEMA}),
    "classify": ("classifier", "CLASSIFY", {"classifications": CLASSES}),
    "split": ("splitter", "SPLITTER", {"splitClassifications": CLASSES}),
}
VERBS = list(KINDS)
PACK = b"Invoice No: 1\x0cAn order for goods"


@pytest.fixture
def processors(api) -> dict[str, str]:
    return {
        verb: api.ok("POST", f"/{noun}s", json={"name": verb, "config": config})["id"]
        for verb, (noun, _, config) in KINDS.items()
    }


@pytest.fixture
def file_id(api) -> str:
    return str(api.upload(PACK, "pack.txt"))


@pytest.fixture
def body(processors, file_id) -> Any:
    return lambda verb: {KINDS[verb][0]: {"id": processors[verb]}, "file": {"id": file_id}}


def ended(api, verb: str, run: Any) -> Any:
    return api.until(f"/{verb}_runs/{run['id']}", "PROCESSED", "FAILED", "CANCELLED")


# 2026-02-09


@pytest.mark.parametrize("verb", VERBS)
def test_a_run_has_exactly_the_documented_fields(api, verb, body, example) -> None:
    made = api.ok("POST", f"/{verb}_runs", json=body(verb) | {"metadata": {"k": 1}, "priority": 1})
    shown = ended(api, verb, made)
    published = example(f"2026-02-09.{verb}_run.sdk_fixture")
    expected = published.keys() | ({"files"} if verb == "extract" else set())  # which the fixture predates
    assert made.keys() == shown.keys() == expected
    noun = KINDS[verb][0]
    for key in (noun, f"{noun}Version", "file"):
        assert shown[key].keys() >= published[key].keys()
    assert (made["status"], shown["status"], shown["metadata"]) == ("PROCESSING", "PROCESSED", {"k": 1})
    assert (made["output"], made["usage"], shown["object"]) == (None, None, f"{verb}_run")
    (listed,) = api.ok("GET", f"/{verb}_runs")["data"]
    gone = {"output", "initialOutput", "reviewedOutput", "config", "edits"}
    assert listed == {key: shown[key] for key in expected - gone} | {
        "usage": {"credits": 1, "totalCredits": 3}
    }


def test_a_class_is_chosen_and_said_why(api, body) -> None:
    run = api.ok("POST", "/classify", json=body("classify") | {"file": {"text": "Invoice No: 5"}})
    assert run["output"] == {
        "id": "inv",
        "type": "invoice",
        "confidence": 1.0,
        "insights": [{"type": "reasoning", "content": "Found: invoice, invoice no."}],
    }
    assert api.control("GET", f"/runs/{run['id']}/outputs")[0]["output"] == run["output"]


@pytest.mark.parametrize("kind", ["txt", "pdf"])
def test_the_parts_of_a_split_are_files_of_their_own(api, body, pdf, kind) -> None:
    pages = (["Invoice No: 1"], ["amount due"], ["An order for goods"])
    data = pdf(*pages) if kind == "pdf" else "\f".join(page[0] for page in pages).encode()
    whole = api.upload(data, f"pack.{kind}")
    run = api.ok("POST", "/split", json=body("split") | {"file": {"id": whole}})
    first, second = run["output"]["splits"]
    assert first.keys() == {
        "id", "classificationId", "type", "identifier", "startPage", "endPage", "observation", "fileId",
    }  # fmt: skip
    assert (first["startPage"], first["endPage"], first["identifier"], first["type"]) == (
        1,
        2,
        "1",
        "invoice",
    )
    assert (second["startPage"], second["endPage"], second["classificationId"]) == (3, 3, "po")
    for part, texts in ((first, ["Invoice No: 1", "amount due"]), (second, ["An order for goods"])):
        file = api.ok("GET", f"/files/{part['fileId']}")
        assert (file["parentFileId"], file["type"]) == (whole, "PDF" if kind == "pdf" else "TXT")
        split = {key: part[key] for key in ("id", "type", "identifier", "startPage", "endPage")}
        assert file["metadata"] == {"pageCount": len(texts), "parentSplit": split}
        content = api.send("GET", file["presignedUrl"].removeprefix(api.emulator.base_url)).content
        assert [page.strip() for page in documents.read(content).pages] == texts
        again = api.ok("POST", "/extract", json=body("extract") | {"file": {"id": part["fileId"]}})
        assert again["output"]["value"] == {"n": "1" if part is first else None}


def test_a_run_that_fails_leaves_no_parts(api, body) -> None:
    api.control("POST", "/settings", {"fail_runs": 1})
    run = api.ok("POST", "/split", json=body("split"))
    assert (run["status"], run["output"]) == ("FAILED", None)
    assert len(api.ok("GET", "/files")["data"]) == 1


@pytest.mark.parametrize("verb", ["classify", "split"])
def test_without_classes_a_run_fails(api, verb, body) -> None:
    noun, _, config = KINDS[verb]
    empty = api.ok("POST", f"/{noun}s", json={"name": "E"})["id"]
    run = api.ok("POST", f"/{verb}", json=body(verb) | {noun: {"id": empty}})
    assert (run["status"], run["failureReason"]) == ("FAILED", "INVALID_CONFIGURATION")
    over = {"id": empty, "version": "draft", "overrideConfig": config}
    assert api.ok("POST", f"/{verb}", json=body(verb) | {noun: over})["status"] == "PROCESSED"


@pytest.mark.parametrize("verb", VERBS)
def test_a_sync_call_answers_when_the_run_has_ended(api, verb, body) -> None:
    api.control("POST", "/settings", {"run_seconds": 0.4})
    begun = time.monotonic()
    run = api.ok("POST", f"/{verb}", json=body(verb))
    assert time.monotonic() - begun >= 0.4
    assert (run["status"], run["output"] is None) == ("PROCESSED", False)
    assert api.ok("GET", f"/{verb}_runs/{run['id']}") == run


def test_a_sync_call_waits_for_five_minutes_at_most(api, body) -> None:
    api.control("POST", "/settings", {"run_seconds": 100_000, "clock_speed": 5000})
    late = api.send("POST", "/classify", json=body("classify"))
    assert (late.status_code, late.json()["retryable"]) == (504, False)
    asks = {"processorId": body("classify")["classifier"]["id"], "rawText": "x", "sync": True}
    run = api.ok("POST", "/processor_runs", V25, json=asks)["processorRun"]
    assert (run["status"], len(api.ok("GET", "/classify_runs")["data"])) == ("PROCESSING", 2)


@pytest.mark.parametrize("verb", VERBS)
def test_cancel_and_delete(api, verb, body) -> None:
    api.control("POST", "/settings", {"run_seconds": 5})
    run = api.ok("POST", f"/{verb}_runs", json=body(verb))
    path = f"/{verb}_runs/{run['id']}"
    for other in set(VERBS) - {verb}:
        assert api.send("GET", f"/{other}_runs/{run['id']}").status_code == 404
        assert api.send("POST", f"/{other}_runs/{run['id']}/cancel").status_code == 404
    assert api.ok("POST", path + "/cancel")["status"] == "CANCELLED"
    assert api.send("POST", path + "/cancel").status_code == 400
    assert api.ok("DELETE", path) == {"id": run["id"]}
    assert api.send("GET", path).status_code == 404


@pytest.mark.parametrize("verb", VERBS)
def test_a_batch_and_its_members(api, verb, body, file_id, processors) -> None:
    noun, _, config = KINDS[verb]
    asks: dict[str, Any] = {noun: body(verb)[noun]}
    inputs = [{"file": {"id": file_id}, "metadata": {"n": n}} for n in range(2)]
    batch = api.ok("POST", f"/{verb}_runs/batch", json=asks | {"inputs": inputs})
    assert (batch["object"], batch["status"], batch["runCount"]) == ("batch_run", "PENDING", 2)
    alone = api.ok("POST", f"/{verb}", json=body(verb))
    query: dict[str, Any] = {
        f"{noun}Id": processors[verb],
        "source": "BATCH_PROCESSOR_RUN",
        "batchId": batch["id"],
    }
    members = api.ok("GET", f"/{verb}_runs", params=query | {"sourceId": batch["id"]})["data"]
    assert sorted(run["metadata"]["n"] for run in members) == [0, 1]
    assert all(ended(api, verb, run)["status"] == "PROCESSED" for run in members)
    assert api.ok("GET", f"/batch_runs/{batch['id']}")["status"] == "PROCESSED"
    (mine,) = api.ok("GET", f"/{verb}_runs", params={"source": "API"})["data"]
    assert mine["id"] == alone["id"]
    assert api.ok("GET", f"/{verb}_runs", params={f"{noun}Id": "x"})["data"] == []
    for wrong in ({"inputs": inputs, "config": config}, {"inputs": []}, {"inputs": inputs * 501}):
        assert api.send("POST", f"/{verb}_runs/batch", json=asks | wrong).status_code == 400
    bare = api.send("POST", f"/{verb}_runs/batch", json={"config": config, "inputs": inputs})
    assert (bare.status_code, noun in bare.json()["message"]) == (400, True)


def test_a_split_takes_no_text(api, body, file_id) -> None:
    for path in ("/split", "/split_runs"):
        answer = api.send("POST", path, json=body("split") | {"file": {"text": "x"}})
        assert (answer.status_code, "exactly one of url, id" in answer.text) == (400, True)
    batch = {
        "splitter": body("split")["splitter"],
        "inputs": [{"file": {"id": file_id}}, {"file": {"text": "x"}}],
    }
    answer = api.send("POST", "/split_runs/batch", json=batch)
    assert (answer.status_code, answer.json()["message"][:9]) == (400, "inputs[1]")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"file": None}, 400, "file"),
        ({"file": {"id": "file_none"}}, 404, "file_none"),
        ({"NOUN": {"id": "x_none"}}, 404, "x_none"),
        ({"NOUN": {}}, 400, "NOUN.id"),
        ({"NOUN": {"id": 5}}, 400, "NOUN.id must be of type str"),
        ({"NOUN": {"id": "OWN", "version": 5}}, 400, "NOUN.version must be of type str"),
        ({"NOUN": {"id": "OWN", "version": "7.0"}}, 404, "7.0"),
        ({"NOUN": {"id": "OWN", "overrideConfig": []}}, 400, "overrideConfig"),
        ({"NOUN": {"id": "OWN", "overrideConfig": {"advancedOptions": 5}}}, 400, "config.advancedOptions"),
        ({"NOUN": {"id": "OTHER"}}, 404, "No NOUN with id"),
        ({"config": {}}, 400, "cannot both be given"),
        ({"priority": 0}, 400, "priority"),
        ({"priority": 101}, 400, "priority"),
        ({"priority": True}, 400, "priority"),
        ({"metadata": {"k": "x" * 11_000}}, 400, "10 KB"),
        ({"metadata": {"extend:usage_tags": "a"}}, 400, "extend:usage_tags"),
    ],
)
def test_bodies_that_are_refused(api, verb, body, processors, changes, status, said) -> None:
    noun = KINDS[verb][0]
    other = next(key for name, key in processors.items() if name != verb)
    text = json.dumps(changes).replace("NOUN", noun).replace("OWN", processors[verb]).replace("OTHER", other)
    asks = body(verb) | json.loads(text)
    answer = api.send("POST", f"/{verb}_runs", json={k: v for k, v in asks.items() if v is not None})
    assert answer.status_code == status, answer.text
    assert said.replace("NOUN", noun) in answer.json()["message"]
    assert api.ok("GET", f"/{verb}_runs")["data"] == []


@pytest.mark.parametrize("verb", ["classify", "split"])
def test_a_processor_or_a_config_is_needed(api, verb, file_id) -> None:
    noun, _, config = KINDS[verb]
    answer = api.send("POST", f"/{verb}_runs", json={"file": {"id": file_id}})
    assert (answer.status_code, answer.json()["message"]) == (400, f"One of {noun} and config is needed")
    run = api.ok("POST", f"/{verb}", json={"file": {"id": file_id}, "config": config})
    assert (run[noun], run[f"{noun}Version"], run["config"]) == (None, None, config)


# Packages


def test_a_package_is_read_as_one(api, body) -> None:
    ids = [api.upload(text) for text in (b"nothing here", b"Invoice No: 9")]
    asks = {"extractor": body("extract")["extractor"], "package": {"files": [{"id": key} for key in ids]}}
    run = api.ok("POST", "/extract", json=asks)
    assert (run["file"], [file["id"] for file in run["files"]]) == (None, ids)
    assert run["output"]["value"] == {"n": "9"}
    assert run["usage"]["totalCredits"] == 3  # two pages and the extraction
    (listed,) = api.ok("GET", "/extract_runs")["data"]
    assert (listed["file"], len(listed["files"])) == (None, 2)
    lost = {"files": [{"id": ids[1]}, {"url": "https://example.com/lost.txt"}]}
    assert (
        api.ok("POST", "/extract", json=asks | {"package": lost})["failureReason"] == "FAILED_TO_PROCESS_FILE"
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([{"id": "OWN"}], "2 to 50"),
        ([{"url": f"https://example.com/{n}"} for n in range(51)], "2 to 50"),
        (None, "2 to 50"),
        ([{"id": "OWN"}, {"id": "OWN"}], "twice"),
        ([{"id": "OWN"}, {"text": "x"}], "package.files[1]: A file needs exactly one of url, id"),
        ([{"id": "OWN"}, 5], "package.files[1]"),
    ],
)
def test_packages_that_are_refused(api, file_id, files, said) -> None:
    text = json.dumps({"package": {"files": files}}).replace("OWN", file_id)
    answer = api.send("POST", "/extract_runs", json=json.loads(text))
    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.text


# The older paths


FULL = {
    V24: "object id processorId processorVersionId processorName status output initialOutput reviewedOutput "
    "failureReason failureMessage metadata reviewed edited edits type config files mergedProcessors url",
    V25: "object id processorId processorVersionId processorName status output initialOutput reviewedOutput "
    "failureReason failureMessage metadata reviewed edited edits type config files mergedProcessors url usage",
}
FULL[V26] = FULL[V25]


@pytest.mark.parametrize("version", [V24, V25, V26])
@pytest.mark.parametrize("verb", VERBS)
def test_a_processor_run(api, verb, version, processors, file_id, example) -> None:
    asks = {"processorId": processors[verb], "file": {"fileId": file_id}, "metadata": {"k": 1}, "priority": 3}
    made = api.ok("POST", "/processor_runs", version, json=asks)["processorRun"]
    assert (made["status"], made["output"]) == ("PROCESSING", None if version == V24 else {})
    assert made["id"].startswith(
        {"extract": "exr_", "classify": "clr_", "split": "splr_"}[verb] if version == V26 else "dpr_"
    )
    ended(api, verb, made)
    answer = api.ok("GET", f"/processor_runs/{made['id']}", version)
    run = answer["processorRun"]
    assert (answer["success"], set(run)) == (True, set(FULL[version].split()))
    name = {V24: "2024-12-23.processor_run.processed", V25: "2025-04-21.processor_run.created"}.get(version)
    published = example(name or "2026-02-09.processor_run.legacy")["processorRun"]
    assert published.keys() <= run.keys()
    assert (run["type"], run["processorName"], run["metadata"]) == (KINDS[verb][1], verb, {"k": 1})
    assert (run["edits"], [file["id"] for file in run["files"]]) == (
        None if version == V24 else {},
        [file_id],
    )
    config = KINDS[verb][2]
    assert run["config"] == ({} if version == V24 else {"type": KINDS[verb][1]}) | config
    output = run["output"]
    if verb == "extract":
        assert (output["n"] if version == V24 else {"value": output["value"]["n"]})["value"] == "1"
    elif verb == "classify":
        assert output["id"] == "inv"
    else:
        (parts,) = output.values()
        assert list(output) == ["subDocumentClassifications" if version == V24 else "splits"]
        assert [part["classificationId"] for part in parts] == ["inv", "po"]


def test_a_config_of_the_run_replaces_that_of_the_version(api, processors) -> None:
    swapped = [CLASSES[0] | {"id": "new"}]
    asks = {
        "processorId": processors["classify"],
        "rawText": "Invoice No: 1",
        "version": "draft",
        "sync": True,
    }
    asks["config"] = {"type": "CLASSIFY", "classifications": swapped}
    run = api.ok("POST", "/processor_runs", V25, json=asks)["processorRun"]
    assert (run["status"], run["output"]["id"], run["config"]) == ("PROCESSED", "new", asks["config"])
    wrong = asks | {"config": {"type": "EXTRACT", "schema": SCHEMA}}
    assert api.send("POST", "/processor_runs", V25, json=wrong).status_code == 400


def test_base64_is_for_the_oldest_version_alone(api, processors) -> None:
    data = base64.b64encode(b"Invoice No: B-1").decode()
    asks = {"processorId": processors["extract"], "file": {"fileBase64": data, "fileName": "b.txt"}}
    run = api.ok("POST", "/processor_runs", V24, json=asks)["processorRun"]
    assert run["files"][0]["name"] == "b.txt"
    assert ended(api, "extract", run)["output"]["value"] == {"n": "B-1"}
    assert api.send("POST", "/processor_runs", V25, json=asks).status_code == 400
    asks["file"]["fileBase64"] = "no base64!"
    assert api.send("POST", "/processor_runs", V24, json=asks).status_code == 400


def test_the_oldest_version_never_waits(api, processors) -> None:
    asks = {"processorId": processors["extract"], "rawText": "x", "sync": True}
    assert api.ok("POST", "/processor_runs", V24, json=asks)["processorRun"]["status"] == "PROCESSING"


@pytest.mark.parametrize("version", [V25, V26])
def test_lists_cancel_and_delete_of_processor_runs(api, version, processors, example) -> None:
    api.control("POST", "/settings", {"run_seconds": 5})
    made = [
        api.ok(
            "POST",
            "/processor_runs",
            version,
            json={"processorId": key, "file": {"fileUrl": f"https://x/{verb}.txt"}},
        )
        for verb, key in processors.items()
    ]
    ids = [answer["processorRun"]["id"] for answer in made]
    api.ok("POST", "/extract_runs", json={"file": {"text": "a: b"}})  # of no processor, so in none of these
    assert (
        api.send(
            "GET", f"/processor_runs/{api.ok('GET', '/extract_runs')['data'][0]['id']}", version
        ).status_code
        == 404
    )

    def listed(**query: Any) -> list[str]:
        return [row["id"] for row in api.ok("GET", "/processor_runs", version, params=query)["processorRuns"]]

    assert listed(sortBy="createdAt", sortDir="asc") == ids
    assert listed(processorType="SPLITTER") == listed(processorId=processors["split"]) == ids[2:]
    assert listed(fileNameContains="classify") == ids[1:2]
    assert (len(listed(source="API")), listed(source="STUDIO"), listed(sourceId="x")) == (3, [], [])
    (row,) = api.ok("GET", "/processor_runs", version, params={"processorType": "EXTRACT"})["processorRuns"]
    known = example("2026-02-09.processor_runs.list.legacy")["processorRuns"][0].keys()
    assert (row.keys(), row["processorName"]) == (known, "extract")
    pages = api.pages("/processor_runs", {"maxPageSize": 2}, version, "processorRuns")
    assert [len(page) for page in pages] == [2, 1]
    for wrong in ({"processorType": "SORT"}, {"status": "DONE"}, {"source": "ME"}, {"sortBy": "name"}):
        assert api.send("GET", "/processor_runs", version, params=wrong).status_code == 400
    path = f"/processor_runs/{ids[0]}"
    assert api.ok("POST", path + "/cancel", version)["processorRun"]["status"] == "CANCELLED"
    assert listed(status="CANCELLED") == ids[:1]
    assert api.send("POST", path + "/cancel", version).status_code == 400
    gone = api.ok("DELETE", path, version)
    assert gone.keys() == example("2026-02-09.processor_run.deleted.legacy").keys()
    assert (gone["documentProcessorRunId"], listed(status="CANCELLED")) == (ids[0], [])
    for method, more in (("GET", ""), ("DELETE", ""), ("POST", "/cancel")):
        assert api.send(method, path + more, version).status_code == 404


@pytest.mark.parametrize(
    ("version", "changes", "status", "said"),
    [
        (V24, {"rawText": None}, 400, "exactly one of file and rawText"),
        (V25, {"file": {"fileId": "x"}}, 400, "exactly one of file and rawText"),
        (V26, {"rawText": None, "file": {}}, 400, "exactly one of fileUrl, fileId"),
        (V25, {"processorId": None}, 400, "processorId"),
        (V25, {"processorId": "dp_none"}, 404, "dp_none"),
        (V25, {"sync": "yes"}, 400, "sync must be of type bool"),
        (V25, {"priority": 101}, 400, "priority"),
        (V26, {"version": "3.0"}, 404, "3.0"),
        (V26, {"config": []}, 400, "config must be of type object"),
    ],
)
def test_processor_runs_that_are_refused(api, processors, version, changes, status, said) -> None:
    body = {"processorId": processors["split"], "rawText": "x"} | changes
    answer = api.send(
        "POST", "/processor_runs", version, json={k: v for k, v in body.items() if v is not None}
    )
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert said in answer.json()["error"]


def test_endpoints_that_the_oldest_version_has_not(api) -> None:
    for method, path in (
        ("GET", "/processor_runs"),
        ("POST", "/processor_runs/x/cancel"),
        ("DELETE", "/processor_runs/x"),
    ):
        assert api.send(method, path, V24).status_code == 404
