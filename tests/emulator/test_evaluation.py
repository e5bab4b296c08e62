"""Evaluation of classifiers and splitters: what is counted, and the form that each version gives it."""

from __future__ import annotations

from typing import Any

import pytest

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
INV = {"id": "inv", "type": "invoice", "description": 'A bill with an "Invoice No"'}
PO = {"id": "po", "type": "purchase_order", "description": "An order for goods"}
CLASSES = [INV, PO]
NOISE = b"\x00\x01\x02"


def named(one: Any) -> Any:
    return {"id": one["id"], "type": one["type"]}


def part(one: Any, first: int, last: int) -> Any:
    return {"classificationId": one["id"], "type": one["type"], "startPage": first, "endPage": last}


@pytest.fixture
def classifier(api) -> str:
    body = {"name": "C", "config": {"classifications": CLASSES}}
    return str(api.ok("POST", "/classifiers", json=body)["id"])


@pytest.fixture
def splitter(api) -> str:
    body = {"name": "S", "config": {"splitClassifications": CLASSES}}
    return str(api.ok("POST", "/splitters", json=body)["id"])


def evaluated(api, processor: str, items: list[tuple[bytes, Any]]) -> Any:
    """The run, and the metrics of 2024-12-23."""
    set_id = api.ok("POST", "/evaluation_sets", json={"name": "Set", "entityId": processor})["id"]
    rows = [{"fileId": api.upload(data), "expectedOutput": want} for data, want in items]
    if rows:
        api.ok("POST", f"/evaluation_sets/{set_id}/items", json={"items": rows})
    run = api.finished(api.run(set_id)["id"])
    return run, api.ok("GET", f"/batch_processor_runs/{run['id']}", V24)["batchProcessorRun"]["metrics"]


def test_metrics_of_a_classifier(api, classifier, example) -> None:
    invoice, order = b"Invoice No: 1", b"An order for goods"
    items = [
        (invoice, named(INV)),
        (invoice, named(INV)),
        (order, named(INV)),
        (order, named(PO)),
        (NOISE, named(PO)),
    ]
    run, old = evaluated(api, classifier, items)
    published = example("2026-02-09.evaluation_set_run.classify")
    assert run.keys() == published.keys()
    assert run["entity"].keys() == published["entity"].keys()
    assert run["entityVersion"].keys() == published["entityVersion"].keys()
    assert (run["entity"]["object"], run["entityVersion"]["object"]) == ("classifier", "classifier_version")
    new = run["metrics"]
    assert new.keys() == published["metrics"].keys()
    assert (new["type"], new["accuracy"], new["numFiles"]) == ("CLASSIFY", 0.6, 5)
    assert new["classificationMetrics"] == {
        "invoice": {
            "countExpected": 3,
            "countPredicted": 2,
            "countCorrect": 2,
            "precision": 1.0,
            "recall": 0.666667,
            "f1": 0.8,
        },
        "purchase_order": {
            "countExpected": 2,
            "countPredicted": 2,
            "countCorrect": 1,
            "precision": 0.5,
            "recall": 0.5,
            "f1": 0.5,
        },
    }
    assert (
        old.keys()
        == example("2024-12-23.batch_processor_run.classify")["batchProcessorRun"]["metrics"].keys()
    )
    assert (old["type"], old["accuracyPerc"], old["meanConfidence"]) == ("CLASSIFY", 60.0, 1.0)
    assert old["distribution"] == {"invoice": 2, "purchase_order": 2}
    assert old["accuracyPercByClassification"] == {"invoice": 66.666667, "purchase_order": 50.0}
    assert old["confusionMatrix"] == {
        "invoice": {"invoice": 2, "purchase_order": 1},
        "purchase_order": {"purchase_order": 1},
    }
    outputs = api.control("GET", f"/runs/{run['id']}/outputs")
    assert [row["output"] and row["output"]["id"] for row in outputs] == ["inv", "inv", "po", "po", None]


def test_a_class_that_is_never_right_has_no_f1(api, classifier) -> None:
    run, old = evaluated(api, classifier, [(b"Invoice No: 1", named(PO))])
    assert run["metrics"]["classificationMetrics"] == {
        "purchase_order": {"countExpected": 1, "countPredicted": 0, "countCorrect": 0, "recall": 0.0},
        "invoice": {"countExpected": 0, "countPredicted": 1, "countCorrect": 0, "precision": 0.0},
    }
    assert old["accuracyPercByClassification"] == {"purchase_order": 0.0}


def test_without_an_item_there_is_no_ratio(api, classifier, splitter) -> None:
    run, old = evaluated(api, classifier, [])
    assert "accuracy" not in run["metrics"]
    assert old.keys() == {"numFiles", "numPages", "type", "distribution", "accuracyPercByClassification"}
    run, old = evaluated(api, splitter, [])
    assert run["metrics"].keys() & {"precision", "recall", "f1"} == set()
    assert old["numExpectedDocs"] == 0


def test_metrics_of_a_splitter(api, splitter, example) -> None:
    pack = b"Invoice No: 1\x0cAn order for goods\x0cInvoice No: 2"
    wrong = [part(INV, 1, 2), part(INV, 3, 3)]
    right = [part(INV, 1, 1), part(PO, 2, 2), part(INV, 3, 3)]
    items = [(pack, {"splits": right}), (pack, {"splits": wrong}), (NOISE, {"splits": right})]
    run, old = evaluated(api, splitter, items)
    published = example("2026-02-09.evaluation_set_run.splitter")
    assert (run.keys(), run["metrics"].keys()) == (published.keys(), published["metrics"].keys())
    assert run["entityVersion"].keys() == published["entityVersion"].keys()
    counts = {"numSplitsExpected": 8, "numSplitsPredicted": 6, "numSplitsCorrect": 4}
    ratios = {"precision": 0.666667, "recall": 0.5, "f1": 0.571429}
    assert run["metrics"] | counts | ratios == run["metrics"]
    assert (
        old.keys()
        == example("2024-12-23.batch_processor_run.splitter")["batchProcessorRun"]["metrics"].keys()
    )
    assert (old["precisionPerc"], old["recallPerc"]) == (66.666667, 50.0)
    assert (old["numExpectedDocs"], old["numPredictedDocs"], old["numCorrectDocs"]) == (8, 6, 4)


def test_before_the_end_there_is_the_progress_alone(api, splitter) -> None:
    api.control("POST", "/settings", {"run_seconds": 5})
    set_id = api.ok("POST", "/evaluation_sets", json={"name": "Set", "entityId": splitter})["id"]
    assert api.run(set_id)["metrics"] == {"type": "SPLITTER", "numFilesTotal": 0, "numFilesProcessed": 0}


def test_the_entity_of_a_run_is_of_the_type_of_its_set(api, classifier, splitter) -> None:
    set_id = api.ok("POST", "/evaluation_sets", json={"name": "Set", "entityId": splitter})["id"]
    wrong = api.send(
        "POST", "/evaluation_set_runs", json={"evaluationSetId": set_id, "entity": {"id": classifier}}
    )
    assert (wrong.status_code, "evaluates a splitter" in wrong.text) == (400, True)
    assert api.run(set_id, entity={"id": splitter, "version": "draft"})["entityVersion"]["version"] == "draft"
    for entity, status in (
        ({"id": splitter, "version": "2.0"}, 404),
        ({"version": "draft"}, 400),
        ({"id": 5}, 400),
    ):
        answer = api.send("POST", "/evaluation_set_runs", json={"evaluationSetId": set_id, "entity": entity})
        assert answer.status_code == status
    items = {"evaluationSetId": set_id, "evaluationSetItemIds": [{}]}
    assert api.send("POST", "/evaluation_set_runs", json=items).status_code == 400


@pytest.mark.parametrize("version", [V24, V25])
def test_an_expected_split_has_the_form_of_each_version(api, splitter, version) -> None:
    body = {"name": "Set", "description": "d", "processorId": splitter}
    set_id = api.ok("POST", "/evaluation_sets", version, json=body)["evaluationSet"]["id"]
    key = "subDocumentClassifications" if version == V24 else "splits"
    asks = {"evaluationSetId": set_id, "fileId": api.upload(b"x"), "expectedOutput": {key: [part(INV, 1, 1)]}}
    made = api.ok("POST", "/evaluation_set_items", version, json=asks)["evaluationSetItem"]
    assert made["expectedOutput"] == {key: [part(INV, 1, 1) | {"id": "1"}]}
    new = api.ok("GET", f"/evaluation_sets/{set_id}/items/{made['id']}")
    assert new["expectedOutput"] == {"splits": [part(INV, 1, 1)]}
    changed = {"expectedOutput": {"splits": [part(PO, 1, 1) | {"id": "a"}]}}
    path = f"/evaluation_set_items/{made['id']}"
    assert api.ok("POST", path, version, json=changed)["evaluationSetItem"]["expectedOutput"] == {
        key: [part(PO, 1, 1) | {"id": "a"}]
    }
    bulk = {
        "evaluationSetId": set_id,
        "items": [{"fileId": asks["fileId"], "expectedOutput": changed["expectedOutput"]}],
    }
    (row,) = api.ok("POST", "/evaluation_set_items/bulk", version, json=bulk)["evaluationSetItems"]
    assert row["expectedOutput"] == {key: changed["expectedOutput"]["splits"]}


@pytest.mark.parametrize(
    ("kind", "expected", "said"),
    [
        ("classifier", {}, "id and type"),
        ("classifier", {"value": {"n": 1}}, "id and type"),
        ("classifier", {"id": "inv", "type": 5}, "id and type"),
        ("classifier", [], "items[0].expectedOutput must be of type object"),
        ("splitter", {}, "splits must be of type array"),
        ("splitter", {"splits": [5]}, "classificationId and type"),
        ("splitter", {"splits": [{"classificationId": "a", "type": "b"}]}, "startPage and endPage"),
        ("splitter", {"splits": [part(INV, 0, 1)]}, "number of a page"),
        ("splitter", {"splits": [part(INV, 1, 1) | {"endPage": True}]}, "number of a page"),
        ("splitter", {"value": 5, "splits": []}, "value must be of type object"),
    ],
)
def test_expected_outputs_that_are_refused(api, request, kind, expected, said) -> None:
    processor = request.getfixturevalue(kind)
    set_id = api.ok("POST", "/evaluation_sets", json={"name": "Set", "entityId": processor})["id"]
    rows = [{"fileId": api.upload(b"x"), "expectedOutput": expected}]
    answer = api.send("POST", f"/evaluation_sets/{set_id}/items", json={"items": rows})
    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.text
    assert api.ok("GET", f"/evaluation_sets/{set_id}/items")["data"] == []


def test_several_files_are_for_extractors_with_a_schema(api, classifier) -> None:
    ids = [api.upload(text) for text in (b"x", b"y")]
    fields = api.ok(
        "POST", "/processors", V25, json={"name": "F", "type": "EXTRACT", "config": {"fields": []}}
    )
    schema = api.extractor({"schema": {"properties": {"n": {"type": "string"}}}})["id"]
    for processor, want, status in (
        (classifier, named(INV), 400),
        (fields["processor"]["id"], {"value": {}}, 400),
        (schema, {"value": {"n": "1"}}, 200),
    ):
        set_id = api.ok("POST", "/evaluation_sets", json={"name": "Set", "entityId": processor})["id"]
        rows = [{"fileIds": ids, "expectedOutput": want}]
        answer = api.send("POST", f"/evaluation_sets/{set_id}/items", json={"items": rows})
        assert answer.status_code == status, answer.text
