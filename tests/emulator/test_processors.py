"""Extractors, classifiers and splitters: one family, three types, seen through three versions."""

from __future__ import annotations

from typing import Any

import pytest

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CLASSES = [
    {"id": "inv", "type": "invoice", "description": 'A bill with "Invoice No"'},
    {"id": "other", "type": "other", "description": "Anything else"},
]
CONFIGS: dict[str, Any] = {
    "extractor": {"schema": {"type": "object", "properties": {"n": {"type": ["string", "null"]}}}},
    "classifier": {"classifications": CLASSES, "classificationRules": "as you like"},
    "splitter": {"splitClassifications": CLASSES},
}
TYPES = {"extractor": "EXTRACT", "classifier": "CLASSIFY", "splitter": "SPLITTER"}
PREFIXES = {"extractor": ("ex_", "exv_"), "classifier": ("cl_", "clv_"), "splitter": ("spl_", "splv_")}
NOUNS = list(TYPES)

pytestmark = pytest.mark.parametrize("noun", NOUNS)


@pytest.fixture
def made(api, noun) -> Any:
    return api.ok("POST", f"/{noun}s", json={"name": "P", "config": CONFIGS[noun]})


def test_a_processor_has_the_documented_fields(api, noun, made, example) -> None:
    published = example(f"2026-02-09.{noun}")
    assert made.keys() == published.keys()
    draft = made["draftVersion"]
    assert draft.keys() == published["draftVersion"].keys() | {"createdBy"}  # which the example predates
    assert (made["object"], draft["object"], draft["version"]) == (noun, f"{noun}_version", "draft")
    assert draft[f"{noun}Id"] == made["id"]
    assert (made["id"].startswith(PREFIXES[noun][0]), draft["id"].startswith(PREFIXES[noun][1])) == (
        True,
        True,
    )
    assert draft["config"] == CONFIGS[noun]
    assert api.ok("GET", f"/{noun}s/{made['id']}") == made
    (listed,) = api.ok("GET", f"/{noun}s")["data"]
    assert listed == {key: made[key] for key in ("object", "id", "name", "createdAt", "updatedAt")}


def test_a_processor_of_another_type_is_not_there(api, noun, made) -> None:
    for other in set(NOUNS) - {noun}:
        path = f"/{other}s/{made['id']}"
        assert api.send("GET", path).status_code == 404
        assert api.send("POST", path, json={"name": "x"}).status_code == 404
        assert api.send("POST", path + "/versions", json={"releaseType": "major"}).status_code == 404
        assert api.send("GET", path + "/versions").status_code == 404
        assert api.send("GET", path + "/versions/draft").status_code == 404
        assert api.ok("GET", f"/{other}s")["data"] == []
        clone = {"name": "C", f"clone{other.capitalize()}Id": made["id"]}
        assert api.send("POST", f"/{other}s", json=clone).status_code == 404


def test_update_publish_and_versions(api, noun, made) -> None:
    path = f"/{noun}s/{made['id']}"
    changed = CONFIGS[noun] | {"baseVersion": "1.0.0"}
    shown = api.ok("POST", path, json={"name": "Q", "config": changed})
    assert (shown["name"], shown["draftVersion"]["config"]) == ("Q", changed)
    assert shown["updatedAt"] > made["updatedAt"]
    first = api.ok("POST", path + "/versions", json={"releaseType": "major", "description": "d"})
    second = api.ok("POST", path + "/versions", json={"releaseType": "minor", "config": CONFIGS[noun]})
    assert (first["version"], first["config"], first["description"]) == ("1.0", changed, "d")
    assert (second["version"], second["config"]) == ("1.1", CONFIGS[noun])
    rows = api.pages(path + "/versions", {"maxPageSize": 2})
    assert [[row["version"] for row in page] for page in rows] == [["draft", "1.1"], ["1.0"]]
    assert rows[1][0] == {key: first[key] for key in first if key != "config"}
    assert api.ok("GET", f"{path}/versions/{first['id']}") == first
    assert api.send("GET", f"{path}/versions/9.9").status_code == 404


def test_clones_and_empty_drafts(api, noun, made) -> None:
    key = f"clone{noun.capitalize()}Id"
    clone = api.ok("POST", f"/{noun}s", json={"name": "C", key: made["id"]})
    assert (clone["draftVersion"]["config"], clone["id"] != made["id"]) == (CONFIGS[noun], True)
    both = api.send("POST", f"/{noun}s", json={"name": "C", key: made["id"], "config": CONFIGS[noun]})
    assert (both.status_code, "Only one of" in both.text) == (400, True)
    bare = api.ok("POST", f"/{noun}s", json={"name": "E"})["draftVersion"]["config"]
    assert (
        bare
        == {"extractor": {}, "classifier": {"classifications": []}, "splitter": {"splitClassifications": []}}[
            noun
        ]
    )


@pytest.mark.parametrize("version", [V24, V25, V26])
def test_the_older_paths_show_the_older_forms(api, noun, version) -> None:
    body = {"name": "L", "type": TYPES[noun], "config": CONFIGS[noun] | {"type": TYPES[noun]}}
    shown = api.ok("POST", "/processors", version, json=body)["processor"]
    assert shown["id"].startswith(PREFIXES[noun][0] if version == V26 else "dp_")
    draft = shown["draftVersion"]
    assert (shown["object"], shown["type"], draft["processorType"]) == (
        "document_processor",
        TYPES[noun],
        TYPES[noun],
    )
    assert draft["config"] == body["config"]
    clone = {"name": "C", "type": TYPES[noun], "cloneProcessorId": shown["id"]}
    assert (
        api.ok("POST", "/processors", version, json=clone)["processor"]["draftVersion"]["config"]
        == draft["config"]
    )
    path = f"/processors/{shown['id']}"
    made = api.ok("POST", path + "/publish", version, json={"releaseType": "minor"})["processorVersion"]
    assert (made["version"], made["processorType"], made["config"]) == ("0.1", TYPES[noun], draft["config"])
    assert len(api.ok("GET", path + "/versions", version)["versions"]) == 2
    new = api.ok("GET", f"/{noun}s/{shown['id']}")
    assert new["draftVersion"]["config"] == CONFIGS[noun]  # the type is gone, in 2026-02-09
    if version != V24:
        listed = api.ok("GET", "/processors", version, params={"type": TYPES[noun]})["processors"]
        assert [row["type"] for row in listed] == [TYPES[noun]] * 2
        other = next(name for name in TYPES.values() if name != TYPES[noun])
        assert api.ok("GET", "/processors", version, params={"type": other})["processors"] == []


def test_what_is_called_parser_before_is_parse_config_now(api, noun) -> None:
    body = {"name": "L", "type": TYPES[noun], "config": CONFIGS[noun] | {"parser": {"target": "spatial"}}}
    key = api.ok("POST", "/processors", V25, json=body)["processor"]["id"]
    new = api.ok("GET", f"/{noun}s/{key}")["draftVersion"]["config"]
    assert new == CONFIGS[noun] | {"parseConfig": {"target": "spatial"}}
    (old,) = api.ok("GET", f"/processors/{key}/versions", V25)["versions"]
    assert old["config"] == body["config"] | {"type": TYPES[noun]}


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "SORT"},
        {"advancedOptions": []},
        {"parseConfig": "x"},
        {"baseProcessor": 3},
        {"classifications": 3, "splitClassifications": 3, "schema": 3},
        {"classifications": [3], "splitClassifications": [3], "schema": {"properties": {"a": 3}}},
        {
            "classifications": CLASSES + CLASSES[:1],
            "splitClassifications": CLASSES + CLASSES[:1],
            "schema": None,
            "fields": [{"name": "a"}, {"name": "a", "type": "object", "schema": []}],
        },
    ],
)
def test_configs_that_are_refused(api, noun, made, changes) -> None:
    body = {"name": "x", "config": CONFIGS[noun] | changes}
    for path in (f"/{noun}s", f"/{noun}s/{made['id']}"):
        answer = api.send("POST", path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), answer.text
    publish = api.send("POST", f"/{noun}s/{made['id']}/versions", json={"releaseType": "major"} | body)
    assert publish.status_code == 400
    assert api.ok("GET", f"/{noun}s/{made['id']}") == made


def test_a_schema_is_generated_from_the_labels_of_the_files(api, noun) -> None:
    text = b"ACME\nInvoice No: A-17\nInvoice date: 2026-03-01\nTotal due: $12.50\nItems:\t3\nJust words"
    body = {"name": "G", "generate": {"files": [{"id": api.upload(text)}], "instructions": "what you find"}}
    answer = api.send("POST", f"/{noun}s", json=body)
    if noun != "extractor":  # where it is no field, and an unknown one is not looked at
        assert list(answer.json()["draftVersion"]["config"].values()) == [[]]
        return
    config = answer.json()["draftVersion"]["config"]
    found = {
        name: prop.get("extend:type", prop["type"]) for name, prop in config["schema"]["properties"].items()
    }
    nullable = ["string", "null"], ["number", "null"]
    assert found == {
        "invoice_no": nullable[0],
        "invoice_date": "date",
        "total_due": "currency",
        "items": nullable[1],
    }
    run = api.ok(
        "POST", "/extract", json={"extractor": {"id": answer.json()["id"]}, "file": {"text": text.decode()}}
    )
    assert run["output"]["value"] == {
        "invoice_no": "A-17",
        "invoice_date": "2026-03-01",
        "total_due": {"amount": 12.5, "iso_4217_currency_code": "USD"},
        "items": 3,
    }
    refused = [
        ({"files": []}, "1 to 5"),
        ({"files": [{"id": "file_x"}] * 6}, "1 to 5"),
        ({}, "generate.files"),
        ({"files": [{"text": "a: b"}]}, "exactly one of url, id"),
        ({"files": [{"id": api.upload(b"no labels at all")}]}, "label: value"),
        ({"files": [{"id": api.upload(b"a: b")}], "instructions": 3}, "generate.instructions"),
    ]
    for generate, said in refused:
        answer = api.send("POST", "/extractors", json={"name": "G", "generate": generate})
        assert (answer.status_code, said in answer.text) == (400, True), answer.text
