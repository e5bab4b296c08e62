"""Lists of runs: filters, order, pages, a lag, and thousands of rows. And the control's own list."""

from __future__ import annotations

import time
from typing import Any

import pytest

from airflow_provider_extend.emulator.state import ApiError

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CONFIG = {"schema": {"properties": {"number": {"type": "string", "title": "No"}}}}


@pytest.fixture
def extractor(api) -> str:
    return str(api.extractor(CONFIG)["id"])


@pytest.fixture
def workflow(api) -> str:
    return str(api.ok("POST", "/workflows", json={"name": "W"})["id"])


def extract(api, extractor: str, name: str) -> str:
    body = {"extractor": {"id": extractor}, "file": {"text": "No: 1", "name": name}}
    return str(api.ok("POST", "/extract_runs", json=body)["id"])


def flow(api, workflow: str, name: str) -> str:
    body = {"workflow": {"id": workflow}, "file": {"text": "x", "name": name}}
    return str(api.ok("POST", "/workflow_runs", json=body)["id"])


def names(rows: list[Any]) -> list[str]:
    return [row["file"]["name"] if "file" in row else row["files"][0]["name"] for row in rows]


def found(api, path: str, **query: Any) -> list[str]:
    return names(api.ok("GET", path, params={"sortBy": "createdAt", "sortDir": "asc", **query})["data"])


def test_filters_of_extract_runs(api, extractor) -> None:
    api.control("POST", "/settings", {"run_seconds": 60})
    other = str(api.extractor(CONFIG)["id"])
    one, two, three = (
        extract(api, who, name)
        for who, name in ((extractor, "One.txt"), (extractor, "two"), (other, "three"))
    )
    inputs = [{"file": {"text": "x", "name": f"member {n}"}} for n in range(2)]
    batch = api.ok("POST", "/extract_runs/batch", json={"extractor": {"id": other}, "inputs": inputs})["id"]
    api.control("PATCH", f"/runs/{two}", {"status": "FAILED"})
    path = "/extract_runs"
    assert found(api, path) == ["One.txt", "two", "three", "member 0", "member 1"]
    assert found(api, path, status="PROCESSING") == ["One.txt", "three"]
    assert found(api, path, status="PENDING") == ["member 0", "member 1"]
    assert found(api, path, status="CANCELLED") == []
    assert found(api, path, extractorId=extractor) == ["One.txt", "two"]
    assert found(api, path, batchId=batch) == ["member 0", "member 1"]
    assert found(api, path, batchId="bpr_none") == []
    assert found(api, path, source="API") == ["One.txt", "two", "three"]
    assert found(api, path, source="BATCH_PROCESSOR_RUN", sourceId=batch) == ["member 0", "member 1"]
    assert found(api, path, fileNameContains="ONE") == ["One.txt"]
    assert found(api, path, fileNameContains="t", extractorId=extractor, status="FAILED") == ["two"]
    assert api.send("GET", path, params={"status": "DONE"}).status_code == 400
    assert api.ok("GET", f"{path}/{three}")["file"]["name"] == "three"
    assert one != two


@pytest.mark.parametrize("version", [V24, V25, V26])
def test_filters_of_workflow_runs(api, workflow, version: str) -> None:
    api.control("POST", "/settings", {"run_seconds": 60})
    other = str(api.ok("POST", "/workflows", V25, json={"name": "V"})["workflow"]["id"])
    ids = {
        name: flow(api, who, name) for who, name in ((workflow, "one"), (workflow, "two"), (other, "three"))
    }
    inputs = [{"rawText": "x", "metadata": {}}]
    batch = api.ok("POST", "/workflow_runs/batch", V25, json={"workflowId": other, "inputs": inputs})[
        "batchId"
    ]
    api.control("PATCH", f"/runs/{ids['two']}", {"status": "NEEDS_REVIEW"})

    def ask(**query: Any) -> list[str]:
        query = {"sortBy": "createdAt", "sortDir": "asc", **query}
        body = api.ok("GET", "/workflow_runs", version, params=query)
        known = {run_id: name for name, run_id in ids.items()}
        return [known.get(row["id"], "member") for row in body["data" if version == V26 else "workflowRuns"]]

    assert ask() == ["one", "two", "three", "member"]
    assert ask(status="NEEDS_REVIEW") == ["two"]
    assert ask(status="PENDING") == ["one", "three", "member"]
    assert ask(workflowId=workflow) == ["one", "two"]
    assert ask(batchId=batch) == ["member"]
    assert ask(fileNameContains="T") == ["two", "three", "member"]  # text.txt
    assert ask(fileNameContains="thr", workflowId=workflow) == []


def test_order_follows_what_changed_last(api, extractor, workflow) -> None:
    api.control("POST", "/settings", {"run_seconds": 60})
    runs = [extract(api, extractor, name) for name in ("a", "b", "c")]
    api.control("PATCH", f"/runs/{runs[0]}", {"status": "FAILED"})
    assert names(api.ok("GET", "/extract_runs")["data"]) == ["a", "c", "b"]  # updatedAt, newest first
    assert found(api, "/extract_runs", sortBy="updatedAt") == ["b", "c", "a"]
    assert found(api, "/extract_runs", sortDir="desc") == ["c", "b", "a"]
    flows = [flow(api, workflow, name) for name in ("a", "b")]
    api.ok("POST", f"/workflow_runs/{flows[0]}", json={"metadata": {"k": 1}})
    assert names(api.ok("GET", "/workflow_runs")["data"]) == ["a", "b"]
    assert found(api, "/workflow_runs", sortDir="desc") == ["b", "a"]
    for bad in ({"sortBy": "name"}, {"sortDir": "up"}, {"maxPageSize": 1001}):
        assert api.send("GET", "/extract_runs", params=bad).status_code == 400, bad


def test_a_status_in_a_list_is_of_one_moment(api, extractor) -> None:
    """What a filter let through is what is shown, also when runs end while the list is made."""
    api.control("POST", "/settings", {"run_seconds": 1.5})
    inputs = [{"file": {"text": "x"}} for _ in range(200)]
    api.ok("POST", "/extract_runs/batch", json={"extractor": {"id": extractor}, "inputs": inputs})
    counts: dict[str, set[int]] = {"PENDING": set(), "PROCESSING": set(), "PROCESSED": set()}
    while counts["PROCESSED"] != {0, 200}:
        for status, seen in counts.items():
            rows = api.ok("GET", "/extract_runs", params={"status": status, "maxPageSize": 1000})["data"]
            assert {row["status"] for row in rows} <= {status}
            seen.add(len(rows))
    assert all(seen <= {0, 200} for seen in counts.values())
    assert 200 in counts["PENDING"] | counts["PROCESSING"]


def test_pages_hold_each_run_once_and_a_token_its_query(api, extractor, workflow) -> None:
    inputs = [{"file": {"text": "x", "name": f"{n:02d}"}} for n in range(23)]
    body = {"extractor": {"id": extractor}, "inputs": inputs}
    batch = api.ok("POST", "/extract_runs/batch", json=body)["id"]
    query = {"batchId": batch, "sortBy": "createdAt", "sortDir": "asc"}
    pages = api.pages("/extract_runs", query)
    assert [len(page) for page in pages] == [10, 10, 3]
    assert names([row for page in pages for row in page]) == [f"{n:02d}" for n in range(23)]
    assert [len(page) for page in api.pages("/extract_runs", query | {"maxPageSize": 23})] == [23]
    token = api.ok("GET", "/extract_runs", params=query)["nextPageToken"]
    for changed in (
        {"batchId": "other"},
        {"sortDir": "desc"},
        {"status": "PROCESSED"},
        {"extractorId": extractor},
        {"fileNameContains": "1"},
        {"sortBy": "updatedAt"},
    ):
        answer = api.send("GET", "/extract_runs", params=query | changed | {"nextPageToken": token})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), changed
    assert api.send("GET", "/workflow_runs", params=query | {"nextPageToken": token}).status_code == 400
    again = api.ok("GET", "/extract_runs", params=query | {"nextPageToken": token, "maxPageSize": 2})
    assert names(again["data"]) == ["10", "11"]


def test_no_list_shows_what_is_younger_than_the_lag(api, extractor, workflow) -> None:
    api.evaluation_set(extractor, [(b"x", {})])
    set_id = api.ok("GET", "/evaluation_sets")["data"][0]["id"]
    run, other = extract(api, extractor, "a"), flow(api, workflow, "b")
    api.ok("POST", f"/extractors/{extractor}/versions", json={"releaseType": "major"})
    api.control("POST", "/settings", {"list_lag": 60})
    lists = (
        "/files /extractors /evaluation_sets /workflows /extract_runs /workflow_runs "
        f"/extractors/{extractor}/versions /evaluation_sets/{set_id}/items"
    ).split()
    for path in lists:
        assert api.ok("GET", path)["data"] == [], path
    assert api.ok("GET", f"/processors/{extractor}/versions", V24)["versions"] == []
    assert api.ok("GET", "/workflow_runs", V25)["workflowRuns"] == []
    assert api.ok("GET", f"/extract_runs/{run}")["id"] == run
    assert api.ok("GET", f"/workflow_runs/{other}")["id"] == other
    assert api.ok("GET", f"/extractors/{extractor}/versions/1.0")["version"] == "1.0"
    assert len(api.control("GET", "/runs")) == 2
    api.control("POST", "/settings", {"list_lag": 0})
    assert all(api.ok("GET", path)["data"] for path in lists)


def test_the_lag_runs_out(api, extractor) -> None:
    api.control("POST", "/settings", {"list_lag": 0.4})
    run = extract(api, extractor, "a")
    began = time.monotonic()
    assert api.ok("GET", "/extract_runs")["data"] == []
    while not (rows := api.ok("GET", "/extract_runs")["data"]):
        assert time.monotonic() - began < 5
        time.sleep(0.02)
    assert (rows[0]["id"], time.monotonic() - began > 0.2) == (run, True)


# The control's list


def test_the_control_lists_every_kind_of_run(api, extractor, workflow) -> None:
    evaluation = api.run(api.evaluation_set(extractor, [(b"No: 1", {"number": "1"})]))["id"]
    body = {"extractor": {"id": extractor}, "file": {"text": "No: 5", "name": "f"}, "metadata": {"k": 1}}
    one = api.ok("POST", "/extract_runs", json=body)["id"]
    two = flow(api, workflow, "b")
    rows = api.control("GET", "/runs")
    kinds = [(evaluation, "evaluation_set_run"), (one, "extract_run"), (two, "workflow_run")]
    assert [(row["id"], row["kind"]) for row in rows] == kinds
    old = (
        "id evaluationSetId processorId processorVersionId version source createdAt failureReason status updatedAt "
        "runCount"
    ).split()
    assert all(set(old) | {"kind", "metadata", "batchId"} <= row.keys() for row in rows)
    assert [row["metadata"] for row in rows] == [None, {"k": 1}, {}]
    assert [row["runCount"] for row in rows] == [1, 1, 1]
    assert (rows[1]["processorId"], rows[1]["source"], rows[1]["fileName"]) == (extractor, "API", "f")
    for run_id, kind in kinds:
        assert [row["id"] for row in api.control("GET", f"/runs?kind={kind}")] == [run_id]
        assert kind in api.control("GET", f"/dashboard/{run_id}")
    with pytest.raises(ApiError, match="kind must be one of"):
        api.control("GET", "/runs?kind=run")
    (output,) = api.control("GET", f"/runs/{one}/outputs")
    assert output == {
        "fileId": api.ok("GET", f"/extract_runs/{one}")["file"]["id"],
        "output": {"number": "5"},
    }
    assert api.control("GET", f"/runs/{two}/outputs") == []
    assert api.control("GET", f"/runs/{evaluation}/outputs")[0]["output"] == {"number": "1"}
    assert api.control("GET", "/health")["runs"] == 3
    with pytest.raises(ApiError, match="No run with id x"):
        api.control("PATCH", "/runs/x", {"status": "FAILED"})


def test_a_request_tells_which_runs_it_made(api, extractor, workflow) -> None:
    set_id = api.evaluation_set(extractor, [(b"x", {})])
    one = extract(api, extractor, "a")
    inputs = [{"file": {"text": "x"}}] * 3
    api.ok("POST", "/extract_runs/batch", json={"extractor": {"id": extractor}, "inputs": inputs})
    two = flow(api, workflow, "b")
    three = api.run(set_id)["id"]
    assert api.send("POST", "/extract_runs", json={}).status_code == 400
    members = {row["id"] for row in api.control("GET", "/runs") if row["batchId"]}
    made = [row["runs"] for row in api.control("GET", "/requests?method=POST&path=_runs")]
    assert [set(ids) for ids in made] == [{one}, members, {two}, {three}, set()]
    assert len(members) == 3
    assert {row["method"] for row in api.control("GET", "/requests?method=GET")} <= {"GET"}
    assert api.control("GET", "/requests?path=^/extract_runs$")[0]["status"] == 200
    with pytest.raises(ApiError, match="no regular expression"):
        api.control("GET", "/requests?path=(")


def test_thousands_of_runs_are_listed_quickly(api, extractor) -> None:
    api.control("POST", "/settings", {"run_seconds": 600})
    inputs = [{"file": {"text": "No: 1", "name": f"f{n}"}} for n in range(1000)]
    batches = [
        api.ok("POST", "/extract_runs/batch", json={"extractor": {"id": extractor}, "inputs": inputs})["id"]
        for _ in range(5)
    ]
    run = api.ok("GET", "/extract_runs")["data"][0]["id"]

    def seconds(path: str, **query: Any) -> float:
        began = time.monotonic()
        api.ok("GET", path, params=query)
        return time.monotonic() - began

    api.control("GET", "/runs")
    began = time.monotonic()
    assert len(api.control("GET", "/runs")) == 5000
    assert time.monotonic() - began < 1.5
    assert seconds("/extract_runs", status="PENDING", batchId=batches[0]) < 1
    assert seconds("/extract_runs", fileNameContains="f99", sortBy="createdAt") < 1
    assert seconds(f"/batch_runs/{batches[4]}") < 1
    assert seconds(f"/extract_runs/{run}") < 0.2
    (page,) = api.pages("/extract_runs", {"batchId": batches[2], "maxPageSize": 1000, "sortBy": "createdAt"})
    assert names(page) == [f"f{n}" for n in range(999, -1, -1)]


@pytest.mark.parametrize(
    ("path", "version", "name", "words"),
    [
        (
            "/parse_runs",
            V26,
            "source",
            "API STUDIO WORKFLOW_RUN ADMIN BATCH_PARSER_RUN EDIT_RUN DOCUMENT_PROCESSOR_RUN",
        ),
        ("/edit_runs", V26, "source", "API STUDIO ADMIN"),
        ("/verify_runs", V26, "source", "API STUDIO"),
        ("/verify_runs", V26, "riskLevel", "LOW MEDIUM HIGH"),
        ("/processors", V25, "type", "EXTRACT CLASSIFY SPLITTER"),
        ("/webhook_endpoints", V26, "status", "enabled disabled"),
    ],
)
def test_a_filter_takes_the_documented_words_alone(api, path, version, name, words) -> None:
    assert [api.send("GET", path, version, params={name: one}).status_code for one in words.split()] == [
        200
    ] * len(words.split())
    assert api.send("GET", path, version, params={name: "OTHER"}).status_code == 400


def test_parse_runs_are_sorted_in_one_way(api) -> None:
    file = {"file": {"id": api.upload(b"a")}}
    made = [api.ok("POST", "/parse_runs", json=file)["id"] for _ in range(2)]
    for query in ({}, {"sortDir": "asc"}, {"sortBy": "updatedAt", "sortDir": "asc"}):
        rows = api.ok("GET", "/parse_runs", params=query)["data"]
        assert [row["id"] for row in rows] == made[::-1]


@pytest.mark.parametrize(
    ("version", "own", "other"), [(V25, "processorId", "entityId"), (V26, "entityId", "processorId")]
)
def test_evaluation_sets_are_filtered_as_the_version_says(api, extractor, version, own, other) -> None:
    api.evaluation_set(extractor, [])
    key = "data" if version == V26 else "evaluationSets"
    assert len(api.ok("GET", "/evaluation_sets", version, params={own: extractor})[key]) == 1
    assert api.ok("GET", "/evaluation_sets", version, params={own: "x"})[key] == []
    assert len(api.ok("GET", "/evaluation_sets", version, params={other: "x"})[key]) == 1
