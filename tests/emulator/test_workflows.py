"""The steps of workflows: what is refused, which way documents take, reviews, and outputs that are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
CONFIG = {
    "schema": {
        "properties": {
            "number": {"type": "string", "description": 'The "Invoice No"'},
            "total": {"type": "number", "description": 'The "Total"'},
        }
    }
}
CLASSES = [
    {"id": "cls_inv", "type": "invoice", "description": 'Says "Invoice No"'},
    {"id": "cls_rec", "type": "receipt", "description": 'Says "Receipt No"'},
]
INVOICE, RECEIPT = "Invoice No: A-17\nTotal: 500\n", "Receipt No: 3\nTotal: 7\n"


def step(name: str, kind: str, *following: Any, **config: Any) -> Any:
    entries = [one if isinstance(one, dict) else {"step": one} for one in following]
    return {"name": name, "type": kind, "next": entries} | ({"config": config} if config else {})


def by(key: str, value: str, name: str) -> Any:
    return {"step": name, key: value}


@pytest.fixture
def processors(api) -> tuple[str, str, str]:
    """An extractor, a classifier and a splitter."""
    extractor = api.extractor(CONFIG)["id"]
    made = [
        api.ok("POST", path, json={"name": "P", "config": {key: CLASSES}})["id"]
        for path, key in (("/classifiers", "classifications"), ("/splitters", "splitClassifications"))
    ]
    return extractor, *made


@pytest.fixture
def flow(api) -> Callable[..., str]:
    """A workflow of these steps, behind a trigger and a parser."""

    def make(*steps: Any) -> str:
        head = [
            step("trigger", "TRIGGER", "parse"),
            step("parse", "PARSE", *[one["name"] for one in steps[:1]]),
        ]
        return str(api.ok("POST", "/workflows", json={"name": "W", "steps": [*head, *steps]})["id"])

    return make


def ran(api, flow_id: str, text: str = INVOICE, *ends: str, **more: Any) -> Any:
    body = {"workflow": {"id": flow_id}, "file": {"text": text, "name": "d.txt"}} | more
    run = api.ok("POST", "/workflow_runs", json={k: v for k, v in body.items() if v is not None})
    return api.until(f"/workflow_runs/{run['id']}", *(ends or ("PROCESSED", "FAILED", "NEEDS_REVIEW")))


def taken(run: Any) -> list[str]:
    """Names of the steps that were run, the parser aside."""
    return [one["step"]["name"] for one in run["stepRuns"] if one["stepType"] != "PARSE"]


def value(run: Any, name: str) -> Any:
    (found,) = (one for one in run["stepRuns"] if one["step"]["name"] == name)
    return found["result"]["extractRun"]["output"]["value"]


# What is kept and what is refused


def test_every_type_of_step_is_kept(api, processors) -> None:
    extractor, _, splitter = processors
    saved = {"id": extractor, "version": "latest"}
    steps = [
        step("t", "TRIGGER", "p"),
        step("p", "PARSE", "f", parseConfig={"target": "markdown"}),
        step("f", "FILE_CONVERSION", "s", failureBehavior="EXIT"),
        step(
            "s",
            "SPLIT",
            by("classificationId", "cls_inv", "c"),
            splitter={"id": splitter, "version": "draft"},
        ),
        step(
            "c",
            "CLASSIFY",
            by("classificationId", "cls_inv", "e"),
            classifierConfig={"classifications": CLASSES},
        ),
        step("e", "EXTRACT", "ce", extractorConfig=CONFIG),
        step("ce", "CONDITIONAL_EXTRACT", "m", rules=[{"formula": "TRUE", "extractor": saved}]),
        step("m", "MERGE_EXTRACT", "x", mergeOrder="confidence"),
        step("x", "EXTERNAL_DATA_VALIDATION", "r"),
        step("r", "RULE_VALIDATION", by("result", "pass", "v"), rules=[{"name": "n", "formula": "TRUE"}]),
        step("v", "VALIDATION", by("result", "pass", "o"), blocks=[{}]),
        step("o", "ROUTER", by("branchId", "otherwise", "q"), branches=[{"id": "b"}]),
        step("q", "COLLECT", "i"),
        step("i", "CONDITIONAL", by("conditionId", "else", "h"), conditions=[{"id": "else", "type": "ELSE"}]),
        step("h", "HUMAN_REVIEW", "w"),
        {"name": "w", "type": "WEBHOOK_RESPONSE"},
    ]
    made = api.ok("POST", "/workflows", json={"name": "W", "steps": steps})
    assert made["draftVersion"]["steps"] == steps
    run = ran(api, made["id"])
    assert (run["status"], taken(run)) == ("NEEDS_REVIEW", ["s", "c", "e", "ce"])


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([step("a", "EXTRACT"), step("a", "PARSE")], "a: a name can be used once"),
        ([step("a", "MAGIC")], "steps[0].type must be one of TRIGGER"),
        ([{"type": "PARSE"}], "steps[0].name"),
        ([step("a", "TRIGGER"), step("b", "TRIGGER")], "one TRIGGER"),
        ([step("a", "PARSE", "b")], "steps[0].next[0].step: there is no step 'b'"),
        ([step("a", "PARSE", {"stp": "a"})], "steps[0].next[0].step"),
        (
            [step("a", "PARSE", "b"), step("b", "COLLECT", "c"), step("c", "COLLECT", "b")],
            "b, c lead in a circle",
        ),
        ([step("a", "PARSE", parseConfig={"target": "pdf"})], "steps[0].config.parseConfig.target"),
        ([step("a", "EXTRACT", extractor={"id": "x"}, extractorConfig=CONFIG)], "exactly one of extractor"),
        ([step("a", "EXTRACT", other=1)], "exactly one of extractor"),
        ([step("a", "EXTRACT", extractor={})], "steps[0].config.extractor.id"),
        ([step("a", "EXTRACT", extractorConfig={})], "steps[0].config.extractorConfig.schema"),
        ([step("a", "EXTRACT", extractorConfig={"schema": {"properties": 1}})], "properties"),
        ([step("a", "CLASSIFY", classifier={"id": "x"})], "steps[0].config.classifier.version"),
        ([step("a", "CLASSIFY", classifier={"id": "x", "version": "latest"})], "must be pinned"),
        ([step("a", "SPLIT", splitterConfig={"splitClassifications": [{}]})], "splitClassifications[0].id"),
        ([step("a", "CONDITIONAL")], "steps[0].config.conditions"),
        ([step("a", "CONDITIONAL", conditions=[{"id": "x", "type": "WHEN"}])], "conditions[0].type"),
        ([step("a", "RULE_VALIDATION", "b"), step("b", "COLLECT")], "steps[0].next[0].result"),
        ([step("a", "CLASSIFY", "b"), step("b", "COLLECT")], "steps[0].next[0].classificationId"),
    ],
)
def test_steps_that_are_refused(api, steps: Any, said: str) -> None:
    flow = api.ok("POST", "/workflows", json={"name": "W"})
    for path, body in (
        ("/workflows", {"name": "n"}),
        (f"/workflows/{flow['id']}", {}),
        (f"/workflows/{flow['id']}/versions", {}),
    ):
        answer = api.send("POST", path, json=body | {"steps": steps})
        assert (answer.status_code, said in answer.text) == (400, True), answer.text
    assert api.ok("GET", f"/workflows/{flow['id']}") == flow


def test_a_processor_of_another_type_is_not_found(api, processors) -> None:
    named = {"id": processors[0], "version": "draft"}
    answer = api.send(
        "POST", "/workflows", json={"name": "W", "steps": [step("a", "CLASSIFY", classifier=named)]}
    )
    assert (answer.status_code, "No classifier" in answer.text) == (404, True)


# Versions


def test_the_draft_changes_and_versions_stay(api, processors) -> None:
    made = api.ok("POST", "/workflows", json={"name": "W"})
    assert [one["type"] for one in made["draftVersion"]["steps"]] == ["TRIGGER", "PARSE"]
    path = f"/workflows/{made['id']}"
    one = api.ok("POST", f"{path}/versions", json={"name": "first"})
    unfinished = [step("t", "TRIGGER", "e"), step("e", "EXTRACT")]
    changed = api.ok("POST", path, json={"steps": unfinished, "name": "V"})
    assert (changed["name"], changed["draftVersion"]["steps"]) == ("V", unfinished)
    assert changed["updatedAt"] > made["updatedAt"]
    assert api.ok("POST", path, json={"steps": unfinished, "name": "V"}) == changed
    answer = api.send("POST", f"{path}/versions", json={})
    assert (answer.status_code, "e must have a config" in answer.text) == (400, True)
    run = ran(api, made["id"], workflow={"id": made["id"], "version": "draft"})
    assert (run["status"], run["failureReason"]) == ("FAILED", "INVALID_WORKFLOW")
    ready = [step("t", "TRIGGER", "e"), step("e", "EXTRACT", extractor={"id": processors[0]})]
    two = api.ok("POST", f"{path}/versions", json={"steps": ready})
    assert two["steps"][1]["config"] == {"extractor": {"id": processors[0], "version": "latest"}}
    assert api.ok("GET", path)["draftVersion"]["steps"] == unfinished
    pages = api.pages(f"{path}/versions", {"maxPageSize": 2})
    assert [row["version"] for page in pages for row in page] == ["2", "1", "draft"]
    assert pages[0][0] == {key: value for key, value in two.items() if key != "steps"}
    for named, found in (("latest", two), ("2", two), (one["id"], one), ("1", one)):
        assert api.ok("GET", f"{path}/versions/{named}") == found
    assert api.ok("GET", f"{path}/versions/draft")["steps"] == unfinished
    assert api.send("GET", f"{path}/versions/3").status_code == 404
    assert api.send("GET", "/workflows/workflow_none/versions").status_code == 404


# Which way a document takes


def test_a_classifier_sends_each_document_its_way(api, flow, processors) -> None:
    extractor, classifier, _ = processors
    named = {"id": classifier, "version": "draft"}
    flow_id = flow(
        step(
            "kind",
            "CLASSIFY",
            by("classificationId", "cls_inv", "bill"),
            by("classificationId", "cls_rec", "slip"),
            classifier=named,
        ),
        step("bill", "EXTRACT", extractor={"id": extractor}),
        step("slip", "EXTRACT", extractor={"id": extractor}),
    )
    bill, slip = ran(api, flow_id, INVOICE), ran(api, flow_id, RECEIPT)
    assert (taken(bill), taken(slip)) == (["kind", "bill"], ["kind", "slip"])
    kind = bill["stepRuns"][1]["result"]["classifyRun"]
    assert (kind["output"]["id"], kind["classifier"]["id"], kind["status"]) == (
        "cls_inv",
        classifier,
        "PROCESSED",
    )
    old = api.ok("GET", f"/workflow_runs/{slip['id']}", V25)["workflowRun"]
    assert [output["type"] for output in old["outputs"]] == ["CLASSIFY", "EXTRACT"]
    assert old["outputs"][0]["output"]["type"] == "receipt"


def test_a_splitter_sends_each_part_its_way(api, flow, processors) -> None:
    extractor, _, splitter = processors
    flow_id = flow(
        step(
            "cut",
            "SPLIT",
            by("classificationId", "cls_inv", "bill"),
            splitter={"id": splitter, "version": "draft"},
        ),
        step("bill", "EXTRACT", extractor={"id": extractor}),
    )
    file_id = api.upload(f"{INVOICE}\f{RECEIPT}\fInvoice No: B-2\n".encode(), "packet.txt")
    run = ran(api, flow_id, file={"id": file_id})
    assert taken(run) == ["cut", "bill", "bill"]
    splits = run["stepRuns"][1]["result"]["splitRun"]["output"]["splits"]
    assert [(one["type"], one["startPage"], one["endPage"]) for one in splits] == [
        ("invoice", 1, 1),
        ("receipt", 2, 2),
        ("invoice", 3, 3),
    ]
    bills = run["stepRuns"][2:]
    assert [one["result"]["extractRun"]["output"]["value"]["number"] for one in bills] == ["A-17", "B-2"]
    assert [one["files"][0]["id"] for one in bills] == [splits[0]["fileId"], splits[2]["fileId"]]
    part = api.ok("GET", f"/files/{splits[2]['fileId']}")
    assert (part["parentFileId"], part["metadata"]["parentSplit"]["startPage"]) == (file_id, 3)
    assert [file["id"] for file in run["files"]] == [file_id]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"operation": "GTE", "leftOperand": "{{read.output.value.total}}", "rightOperand": "500"}, True),
        ({"operation": "GTE", "leftOperand": "{{read.output.value.total}}", "rightOperand": "500.01"}, False),
        ({"operation": "LTE", "leftOperand": "{{ read.output.value.total }}", "rightOperand": "1e3"}, True),
        ({"operation": "LTE", "leftOperand": "{{read.output.value.number}}", "rightOperand": "5"}, False),
        (
            {"operation": "EQUALS", "leftOperand": "{{read.output.value.number}}", "rightOperand": "a-17"},
            True,
        ),
        (
            {"operation": "EQUALS", "leftOperand": "{{read.output.value.total}}", "rightOperand": "500.0"},
            True,
        ),
        ({"operation": "EQUALS", "leftOperand": "{{read.output.value.none}}", "rightOperand": "None"}, False),
        ({"operation": "IS_NULL", "leftOperand": "{{read.output.value.none}}"}, True),
        ({"operation": "IS_NULL", "leftOperand": "{{read.output.value.number}}"}, False),
        (
            {"operation": "CONTAINS", "leftOperand": "{{read.output.value.number}}", "rightOperand": "A-"},
            True,
        ),
        ({"operation": "CONTAINS", "leftOperand": "{{metadata.tags}}", "rightOperand": "big"}, True),
        ({"operation": "CONTAINS", "leftOperand": "{{metadata.tags[1]}}", "rightOperand": "ig"}, True),
        ({"operation": "CONTAINS", "leftOperand": "{{metadata.tags}}", "rightOperand": "small"}, False),
        ({"operation": "EQUALS", "leftOperand": "x", "rightOperand": "{{metadata.x}}"}, True),
        ({"operation": "NO_OP"}, False),
    ],
)
def test_conditions(api, flow, processors, condition: Any, holds: bool) -> None:
    flow_id = flow(
        step("read", "EXTRACT", "check", extractor={"id": processors[0]}),
        step(
            "check",
            "CONDITIONAL",
            by("conditionId", "yes", "look"),
            conditions=[{"id": "yes", "type": "IF"} | condition, {"id": "no", "type": "ELSE"}],
        ),
        step("look", "HUMAN_REVIEW"),
    )
    run = ran(api, flow_id, metadata={"tags": ["new", "big"], "x": "x"})
    assert run["status"] == ("NEEDS_REVIEW" if holds else "PROCESSED")


# Review


@pytest.fixture
def waiting(api, flow, processors) -> Any:
    flow_id = flow(
        step("read", "EXTRACT", "look", extractor={"id": processors[0]}),
        step("look", "HUMAN_REVIEW", "check"),
        step(
            "check",
            "CONDITIONAL",
            by("conditionId", "big", "again"),
            conditions=[
                {
                    "id": "big",
                    "type": "IF",
                    "operation": "GTE",
                    "leftOperand": "{{read.output.value.total}}",
                    "rightOperand": "1000",
                }
            ],
        ),
        step("again", "EXTRACT", extractorConfig=CONFIG),
    )
    return ran(api, flow_id, INVOICE, "NEEDS_REVIEW")


def review(api, run: Any, action: str, **more: Any) -> Any:
    return api.control("POST", f"/workflow_runs/{run['id']}/review", {"action": action, **more})


def test_an_approved_run_goes_on_with_what_was_put_right(api, waiting) -> None:
    assert (taken(waiting), waiting["endTime"], waiting["reviewed"]) == (["read"], None, False)
    by = {"id": "user_1", "email": "jane@example.com"}
    shown = review(api, waiting, "approve", edits={"read": {"value": {"total": 2000}}}, reviewer=by)
    assert shown["status"] == "PROCESSED"
    new, mid, old = (api.ok("GET", f"/workflow_runs/{waiting['id']}", version) for version in (V26, V25, V24))
    mid, old = mid["workflowRun"], old["workflowRun"]
    assert (new["status"], mid["status"], old["status"]) == ("PROCESSED", "PROCESSED", "REVIEWED")
    assert (new["reviewedByUser"], mid["reviewedBy"], old["reviewedBy"]) == (
        by["email"],
        by["email"],
        "user_1",
    )
    assert all(run["reviewed"] for run in (new, mid, old))
    assert new["reviewedAt"] == new["endTime"] > new["startTime"]
    assert (taken(new), new["rejectionNote"]) == (["read", "again"], None)
    read = new["stepRuns"][1]["result"]["extractRun"]
    assert (read["output"]["value"]["total"], read["initialOutput"]["value"]["total"]) == (2000, 500)
    assert (read["reviewedOutput"], read["reviewed"], read["edited"]) == (read["output"], True, True)
    assert read["edits"] == {"total": {"originalValue": 500, "editedValue": 2000}}
    assert old["outputs"][0]["output"]["total"]["value"] == 2000
    (listed,) = api.ok("GET", "/workflow_runs", V24, params={"status": "PROCESSED"})["workflowRuns"]
    assert (listed["status"], listed["reviewedByUser"]) == ("PROCESSED", by["email"])


def test_a_rejected_run_ends_there(api, waiting) -> None:
    review(api, waiting, "reject", note="not ours")
    for version in (V24, V25, V26):
        run = api.ok("GET", f"/workflow_runs/{waiting['id']}", version)
        run = run if version == V26 else run["workflowRun"]
        assert (run["status"], run["reviewed"]) == ("REJECTED", True)
        assert run.get("rejectionNote", "not ours") == "not ours"
    assert taken(run) == ["read"]
    for action in ("approve", "reject"):
        with pytest.raises(Exception, match="NEEDS_REVIEW; this one is REJECTED"):
            review(api, waiting, action)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "approve or reject"),
        ({"action": "approve", "edits": []}, None),
        ({"action": "approve", "edits": [1]}, "type object"),
        ({"action": "approve", "edits": {"look": {}}}, "edits.look"),
        ({"action": "approve", "edits": {"read": {"value": {"tax": 1}}}}, "no field tax"),
        ({"action": "reject", "note": 5}, "type"),
    ],
)
def test_reviews_that_are_refused(api, waiting, body: Any, said: str | None) -> None:
    if said is None:
        assert api.control("POST", f"/workflow_runs/{waiting['id']}/review", body)["status"] == "PROCESSED"
        return
    with pytest.raises(Exception, match=said):
        api.control("POST", f"/workflow_runs/{waiting['id']}/review", body)
    assert api.ok("GET", f"/workflow_runs/{waiting['id']}") == waiting


def test_every_run_can_be_sent_to_review(api, flow) -> None:
    flow_id = flow()
    api.control("POST", "/settings", {"review_workflow_runs": True})
    run = ran(api, flow_id)
    assert run["status"] == "NEEDS_REVIEW"
    assert review(api, run, "approve")["status"] == "PROCESSED"


def test_two_reviews_one_after_the_other(api, flow) -> None:
    run = ran(api, flow(step("one", "HUMAN_REVIEW", "two"), step("two", "HUMAN_REVIEW")))
    assert review(api, run, "approve")["status"] == "NEEDS_REVIEW"
    assert review(api, run, "approve")["status"] == "PROCESSED"


# Outputs that are corrected, or known before


@pytest.mark.parametrize("version", [V24, V25])
def test_a_correction_is_a_review_too(api, waiting, version: str) -> None:
    path = f"/workflow_runs/{waiting['id']}/outputs"
    output = waiting["stepRuns"][1]["result"]["extractRun"]["id"]
    given = (
        {"value": {"total": 1}}
        if version == V25
        else {"total": {"id": "total", "type": "number", "value": 1}}
    )
    shown = api.ok("POST", f"{path}/{output}", version, json={"reviewedOutput": given})["workflowRun"]
    assert (shown["status"], shown["reviewed"]) == ("PROCESSED" if version == V25 else "REVIEWED", True)
    (corrected,) = shown["outputs"]
    assert corrected["edits"] == {"total": {"originalValue": 500, "editedValue": 1}}
    assert corrected["edited"]
    assert value(api.ok("GET", f"/workflow_runs/{waiting['id']}"), "read") == {"number": "A-17", "total": 1}
    answer = api.send("POST", f"{path}/{output}", json={"reviewedOutput": given})
    assert (answer.status_code, answer.json()["code"]) == (410, "ENDPOINT_REMOVED")
    assert api.send("POST", f"{path}/dpr_none", version, json={"reviewedOutput": given}).status_code == 404
    for wrong in ({"reviewedOutput": 5}, {}, {"reviewedOutput": {"value": {"none": 1}}}):
        assert api.send("POST", f"{path}/{output}", version, json=wrong).status_code == 400
    review_is_over = api.send("POST", f"/workflow_runs/{waiting['id']}/cancel", V25)
    assert review_is_over.status_code == 400


def test_fields_inside_an_object_are_put_right_one_by_one(api, flow) -> None:
    inside = {"type": "object", "properties": {"name": {"type": "string"}, "city": {"type": "string"}}}
    config = {"schema": {"properties": {"seller": inside, "number": {"type": "string"}}}}
    extractor = api.extractor(config)["id"]
    run = ran(
        api, flow(step("read", "EXTRACT", extractor={"id": extractor})), "Name: Ada\nCity: Oslo\nNumber: 1"
    )
    output = run["stepRuns"][1]["result"]["extractRun"]["id"]
    path = f"/workflow_runs/{run['id']}/outputs/{output}"
    for version, given in (
        (V25, {"value": {"seller": {"name": "Bo"}}}),
        (V24, {"seller": {"id": "s", "type": "object", "value": {"city": {"id": "c", "value": "Rome"}}}}),
    ):
        api.ok("POST", path, version, json={"reviewedOutput": given})
    now = value(api.ok("GET", f"/workflow_runs/{run['id']}"), "read")
    assert now == {"seller": {"name": "Bo", "city": "Rome"}, "number": "1"}
    for wrong in ({"seller": None}, {"seller": 5}, {"seller": {"none": 1}}):
        answer = api.send("POST", path, V25, json={"reviewedOutput": {"value": wrong}})
        assert (answer.status_code, "output.seller" in answer.text) == (400, True), answer.text


def test_a_run_that_is_not_done_cannot_be_corrected(api, flow, processors) -> None:
    flow_id = flow(step("read", "EXTRACT", extractor={"id": processors[0]}))
    run = ran(api, flow_id)
    output = run["stepRuns"][1]["result"]["extractRun"]["id"]
    api.control("PATCH", f"/runs/{run['id']}", {"status": "PROCESSING"})
    body = {"reviewedOutput": {"value": {"total": 1}}}
    answer = api.send("POST", f"/workflow_runs/{run['id']}/outputs/{output}", V25, json=body)
    assert (answer.status_code, "PROCESSING" in answer.text) == (400, True)


def test_known_outputs_stand_for_those_of_their_processor(api, flow, processors) -> None:
    extractor, classifier, _ = processors
    flow_id = flow(
        step(
            "kind",
            "CLASSIFY",
            by("classificationId", "cls_rec", "read"),
            classifier={"id": classifier, "version": "draft"},
        ),
        step("read", "EXTRACT", extractor={"id": extractor}),
    )
    known = [
        {"processorId": classifier, "output": {"id": "cls_rec", "type": "receipt"}},
        {"processorId": extractor, "output": {"value": {"total": 12}}},
    ]
    run = ran(api, flow_id, outputs=known)
    assert taken(run) == ["kind", "read"]
    assert value(run, "read") == {"number": "A-17", "total": 12}
    file = {"fileId": run["files"][0]["id"], "outputs": known[:1]}
    body = {"workflowId": flow_id, "files": [file, {"fileId": file["fileId"]}]}
    runs = api.ok("POST", "/workflow_runs", V25, json=body)["workflowRuns"]
    shown = [api.until(f"/workflow_runs/{one['id']}", "PROCESSED") for one in runs]
    assert [taken(one) for one in shown] == [["kind", "read"], ["kind"]]
    for wrong, said in (
        ([{"processorId": "ex_none", "output": {}}], "outputs[0].processorId"),
        ([{"processorId": classifier, "output": {"id": "cls_none", "type": "x"}}], "class of the classifier"),
        ([{"processorId": classifier, "output": {}}], "class of the classifier"),
        ([{"processorId": classifier}], "outputs[0].output"),
        ([{"output": {}}], "outputs[0].processorId"),
        ({}, "outputs must be of type array"),
    ):
        new = {"workflow": {"id": flow_id}, "file": {"text": INVOICE}, "outputs": wrong}
        answer = api.send("POST", "/workflow_runs", json=new)
        assert (answer.status_code, said in answer.text) == (400, True), answer.text


# Packages, secrets


def test_a_package_is_one_run_of_all_its_files(api, flow, processors) -> None:
    flow_id = flow(step("read", "EXTRACT", extractor={"id": processors[0]}))
    one, two = api.upload(b"Invoice No: A-17\n", "one.txt"), api.upload(b"Total: 5\n", "two.txt")
    run = ran(api, flow_id, file=None, package={"files": [{"id": one}, {"id": two}]})
    assert [file["id"] for file in run["files"]] == [one, two]
    assert value(run, "read") == {"number": "A-17", "total": 5}
    inner = run["stepRuns"][1]["result"]["extractRun"]
    assert (inner["file"], [file["id"] for file in inner["files"]]) == (None, [one, two])
    (listed,) = api.ok("GET", "/workflow_runs", params={"fileNameContains": "TWO"})["data"]
    assert listed["id"] == run["id"]
    url = {"url": "https://example.com/one.txt"}
    for package, said in (
        ({"files": [{"id": one}]}, "2 to 50"),
        ({"files": [{"id": one}] * 51}, "2 to 50"),
        ({"files": [{"id": one}, {"id": one}]}, "twice"),
        ({"files": [url, url]}, "twice"),
        ({"files": [{"id": one}, {"text": "x"}]}, "package.files[1]"),
        ({"files": [{"id": one}, 5]}, "package.files[1]"),
        ({}, "package.files"),
        ([], "package must be of type object"),
    ):
        answer = api.send("POST", "/workflow_runs", json={"workflow": {"id": flow_id}, "package": package})
        assert (answer.status_code, said in answer.text) == (400, True), answer.text
    known = [{"processorId": processors[0], "output": {"value": {}}}]
    body = {"workflow": {"id": flow_id}, "package": {"files": [{"id": one}, {"id": two}]}, "outputs": known}
    assert api.send("POST", "/workflow_runs", json=body).status_code == 400
    assert ran(api, flow_id, file=None, package={"files": [{"id": one}, url]})["status"] == "PROCESSED"


def test_secrets_are_taken_and_never_shown(api, flow) -> None:
    flow_id = flow()
    run = ran(api, flow_id, secrets={"token": "very-secret"})
    body: Any = {
        "workflow": {"id": flow_id},
        "inputs": [{"file": {"text": "x"}, "secrets": {"a": "very-secret"}}],
    }
    api.ok("POST", "/workflow_runs/batch", json=body)
    for version in (V24, V25, V26):
        for path in ("/workflow_runs", f"/workflow_runs/{run['id']}"):
            assert "very-secret" not in api.send("GET", path, version).text
    body["inputs"][0]["secrets"] = 5
    answer = api.send("POST", "/workflow_runs/batch", json=body)
    assert (answer.status_code, "inputs[0].secrets" in answer.text) == (400, True)
