"""Evaluation runs: documents in, counted metrics out, in the form of each version."""

from __future__ import annotations

import time

import pytest

from airflow_provider_extend.emulator.state import VERSIONS

V24, V25, V26 = VERSIONS


def text(label: str) -> dict:
    return {"type": ["string", "null"], "description": f'The "{label}"'}


CONFIG = {
    "schema": {
        "type": "object",
        "properties": {
            "invoice_number": text("Invoice No"),
            "invoice_date": text("Invoice Date") | {"format": "date"},
            "total": {"type": ["number", "null"], "description": 'The "Total"'},
            "vendor": {"type": "object", "properties": {"name": text("Vendor")}},
            "po_number": text("PO"),
            "lines": {"type": "array", "items": {"type": "object", "properties": {}}},
        },
    }
}


@pytest.fixture
def five(pdf) -> list:
    """Five documents and what was expected of them. The counts below were made by hand from these lines."""
    return [
        # all right; no rows expected, none found
        (
            b"Invoice No: INV-001\nInvoice Date: 01/03/2026\nVendor: Acme Ltd\nSubtotal: 90.00\nTotal: $1,090.00\n",
            _expect("inv-001", "2026-01-03", 1090, "ACME  ltd") | {"lines": []},
        ),
        # all right, but for the one row that was expected
        (
            b'Invoice No,INV-002\nInvoice Date,1 March 2026\nVendor,Beta GmbH\nTotal,"1.234,56"\n',
            _expect("INV-002", "2026-03-01", "1,234.56", "Beta GmbH") | {"lines": [{"sku": "a"}]},
        ),
        # the total is wrong, the vendor missing
        (
            b"<html><body><table><tr><td>Invoice No</td><td>INV-003</td></tr>"
            b"<tr><td>Invoice Date</td><td>03.01.2026</td></tr>"
            b"<tr><td>Total</td><td>10.00</td></tr></table></body></html>",
            _expect("INV-003", "2026-01-03", 12, "Gamma"),
        ),
        # two pages; the number is wrong, the date of no known form, a vendor found where none was expected
        (
            pdf(["Invoice No: INV-004", "Invoice Date: 31/12/2026"], ["Vendor: Delta", "Total: EUR 5.00"]),
            _expect("INV-4", "2026-12-31", 5, None),
        ),
        # not readable: counts, without values
        (b"\x00\x01\x02", _expect("INV-005", "2026-05-05", 7, "Epsilon")),
    ]


def _expect(number: str, date: str, total: object, vendor: str | None) -> dict:
    return {"invoice_number": number, "invoice_date": date, "total": total, "vendor": {"name": vendor}}


def test_metrics_of_2026_02_09_are_counted_from_the_documents(api, five) -> None:
    metrics = api.evaluate(CONFIG, five)["metrics"]
    assert metrics["fieldMetrics"] == {
        "invoice_number": _counts(present=4, expected=5, accurate=3, accuracy=0.6),
        "invoice_date": _counts(present=3, expected=5, accurate=3, accuracy=0.6),
        "total": _counts(present=4, expected=5, accurate=3, accuracy=0.6),
        "vendor.name": _counts(present=3, expected=4, accurate=2, accuracy=0.5),
        "po_number": {"countTotal": 5, "countPresent": 0, "countExpected": 0, "countAccurate": 0},
        "lines": _counts(present=0, expected=1, accurate=0, accuracy=0.0),
    }
    assert metrics["accuracy"] == 0.55  # 11 of 20
    counts = {k: metrics[k] for k in ("type", "numFilesTotal", "numFilesProcessed", "numFiles", "numPages")}
    assert counts == {
        "type": "EXTRACT",
        "numFilesTotal": 5,
        "numFilesProcessed": 5,
        "numFiles": 5,
        "numPages": 5,
    }
    assert metrics["meanLatencyMs"] == pytest.approx(1000 * 0.2 * 0.8 / 5, abs=0.01)
    assert (
        0
        < metrics["p50LatencyMs"]
        <= metrics["p90LatencyMs"]
        <= metrics["p95LatencyMs"]
        <= metrics["p99LatencyMs"]
    )


def _counts(present: int, expected: int, accurate: int, accuracy: float) -> dict:
    found = {"countPresent": present, "countExpected": expected, "countAccurate": accurate}
    return {"countTotal": 5, **found, "accuracy": accuracy}


def test_metrics_of_2024_12_23_are_percents_in_a_tree(api, five, example) -> None:
    run = api.evaluate(CONFIG, five)
    body = api.ok("GET", f"/batch_processor_runs/{run['id']}", V24)
    shown = body["batchProcessorRun"]
    metrics = shown["metrics"]
    name = {"meanConfidence": 1.0, "recallPerc": 50.0, "precisionPerc": 66.666667}
    assert metrics["fieldMetrics"] == {
        "invoice_number": {"meanConfidence": 1.0, "recallPerc": 60.0, "precisionPerc": 75.0},
        "invoice_date": {"meanConfidence": 1.0, "recallPerc": 60.0, "precisionPerc": 100.0},
        "total": {"meanConfidence": 1.0, "recallPerc": 60.0, "precisionPerc": 75.0},
        "vendor": {**name, "fieldMetrics": {"name": name}},
        "po_number": {},
    }
    assert metrics["arrayCardinalityMetrics"] == {"lines": 1}
    assert (metrics["numFiles"], metrics["numPages"], metrics["type"]) == (5, 5, "EXTRACT")
    assert metrics["meanRunTimeMs"] == pytest.approx(32, abs=0.01)
    published = example("2024-12-23.batch_processor_run.extract")
    assert body.keys() == published.keys()
    assert shown.keys() == published["batchProcessorRun"].keys()
    assert published["batchProcessorRun"]["metrics"].keys() == metrics.keys() - {"arrayCardinalityMetrics"}
    assert (shown["source"], shown["sourceId"], shown["runCount"]) == ("EVAL_SET", run["evaluationSetId"], 5)


def test_2025_04_21_and_the_legacy_path_count_only(api, five, example) -> None:
    run = api.evaluate(CONFIG, five)
    path = f"/batch_processor_runs/{run['id']}"
    for version, name in (
        (V25, "2025-04-21.batch_processor_run"),
        (V26, "2026-02-09.batch_processor_run.legacy"),
    ):
        body = api.ok("GET", path, version)
        published = example(name)
        assert body.keys() == published.keys()
        assert body["batchProcessorRun"].keys() == published["batchProcessorRun"].keys()
        assert body["batchProcessorRun"]["metrics"] == {"numFiles": 5, "numPages": 5}
    assert api.ok("GET", path)["batchProcessorRun"]["processorId"].startswith("ex_")
    api.control("POST", "/settings", {"rich_metrics_2025": True})
    rich = api.ok("GET", path, V25)["batchProcessorRun"]["metrics"]
    assert rich == api.ok("GET", path, V24)["batchProcessorRun"]["metrics"]
    assert api.ok("GET", path)["batchProcessorRun"]["metrics"] == {"numFiles": 5, "numPages": 5}


def test_the_expected_output_of_2024_12_23_scores_the_same(api) -> None:
    fields = [{"id": "f1", "name": "invoice_number", "type": "string", "description": '"Invoice No"'}]
    made = api.ok("POST", "/processors", V24, json={"name": "P", "type": "EXTRACT"})["processor"]
    api.ok("POST", f"/processors/{made['id']}", V24, json={"config": {"fields": fields}})
    body = {"name": "S", "description": "", "processorId": made["id"]}
    set_id = api.ok("POST", "/evaluation_sets", V24, json=body)["evaluationSet"]["id"]
    expected = [
        {"invoice_number": {"value": "A1"}},
        {"f1": {"id": "f1", "value": "A1"}},
        {"value": {"invoice_number": "B"}},
    ]
    items = [{"fileId": api.upload(b"Invoice No: A1"), "expectedOutput": want} for want in expected]
    api.ok("POST", "/evaluation_set_items/bulk", V24, json={"evaluationSetId": set_id, "items": items})
    field = api.finished(api.run(set_id)["id"])["metrics"]["fieldMetrics"]["invoice_number"]
    assert (field["countAccurate"], field["countExpected"]) == (2, 3)


# Life of a run


def test_a_run_passes_its_statuses_by_the_clock(api, example) -> None:
    api.control("POST", "/settings", {"run_seconds": 1.0})
    set_id = api.evaluation_set(api.extractor(CONFIG)["id"], [(b"x", {})] * 4)
    run = api.run(set_id)
    published = example("2026-02-09.evaluation_set_run.pending")
    assert run.keys() == published.keys()
    assert run["entityVersion"].keys() == published["entityVersion"].keys()
    assert (run["status"], run["entityVersion"]["version"]) == ("PENDING", "draft")
    assert run["metrics"] == {"type": "EXTRACT", "numFilesTotal": 4, "numFilesProcessed": 0}
    seen: list[tuple[str, int]] = []
    legacy: list[tuple[str, dict]] = []
    while not seen or seen[-1][0] != "PROCESSED":
        shown = api.ok("GET", f"/evaluation_set_runs/{run['id']}")
        old = api.ok("GET", f"/batch_processor_runs/{run['id']}", V24)["batchProcessorRun"]
        seen.append((shown["status"], shown["metrics"]["numFilesProcessed"]))
        legacy.append((old["status"], old["metrics"]))
        time.sleep(0.03)
    assert list(dict.fromkeys(status for status, _ in seen)) == ["PENDING", "PROCESSING", "PROCESSED"]
    counts = [count for _, count in seen]
    assert counts == sorted(counts)
    assert {0, 1, 2, 3} <= {count for status, count in seen if status == "PROCESSING"}
    assert all(metrics == {} for status, metrics in legacy if status != "PROCESSED")
    assert shown["metrics"].keys() == example("2026-02-09.evaluation_set_run.extract")["metrics"].keys() - {
        "accuracy"
    }
    assert shown["createdAt"] == run["createdAt"] < shown["updatedAt"]


def test_a_run_is_of_the_moment_it_started(api) -> None:
    extractor = api.extractor(CONFIG)
    good = b"Invoice No: A1"
    set_id = api.evaluation_set(extractor["id"], [(good, {"invoice_number": "A1"})])
    started = api.run(set_id)
    item = api.ok("GET", f"/evaluation_sets/{set_id}/items")["data"][0]
    api.ok("POST", f"/evaluation_sets/{set_id}/items/{item['id']}", json={"expectedOutput": {"value": {}}})
    api.ok("DELETE", f"/files/{item['file']['id']}")
    api.ok("POST", f"/extractors/{extractor['id']}", json={"config": {"schema": {"properties": {"x": {}}}}})
    first = api.finished(started["id"])["metrics"]
    assert first["fieldMetrics"]["invoice_number"]["accuracy"] == 1.0
    later = api.finished(api.run(set_id)["id"])["metrics"]
    assert later["fieldMetrics"] == {
        "x": {"countTotal": 1, "countPresent": 0, "countExpected": 0, "countAccurate": 0}
    }
    assert later["numPages"] == 0
    assert "accuracy" not in later


def test_which_version_and_which_items_are_run(api) -> None:
    extractor = api.extractor({"schema": {"properties": {"n": text("Other")}}})["id"]
    versions = f"/extractors/{extractor}/versions"
    better = {"schema": {"properties": {"n": text("No")}}}
    api.ok("POST", versions, json={"releaseType": "major"})
    api.ok("POST", versions, json={"releaseType": "minor", "config": better})
    set_id = api.evaluation_set(extractor, [(b"No: 1", {"n": "1"}), (b"No: 2", {"n": "x"})])
    items = [
        i["id"] for i in api.ok("GET", f"/evaluation_sets/{set_id}/items", params={"sortDir": "asc"})["data"]
    ]

    def accuracy(**entity: str) -> tuple[str, float]:
        run = api.finished(api.run(set_id, entity={"id": extractor, **entity})["id"])
        return run["entityVersion"]["version"], run["metrics"]["accuracy"]

    assert accuracy() == ("draft", 0.0)
    assert accuracy(version="draft") == ("draft", 0.0)
    assert accuracy(version="1.0") == ("1.0", 0.0)
    assert accuracy(version="1.1") == ("1.1", 0.5)
    assert accuracy(version="latest") == ("1.1", 0.5)
    one = api.finished(
        api.run(set_id, entity={"id": extractor, "version": "1.1"}, evaluationSetItemIds=items[:1])["id"]
    )
    assert (one["metrics"]["accuracy"], one["metrics"]["numFilesTotal"]) == (1.0, 1)
    for bad in (
        {"entity": {"id": "ex_none"}},
        {"entity": {"id": extractor, "version": "7.0"}},
        {"evaluationSetItemIds": ["x"]},
    ):
        answer = api.send("POST", "/evaluation_set_runs", json={"evaluationSetId": set_id, **bad})
        assert answer.status_code == 404, bad


def test_a_set_without_items_ends_without_accuracies(api) -> None:
    run = api.finished(api.run(api.evaluation_set(api.extractor(CONFIG)["id"], []))["id"])
    assert (run["status"], run["metrics"]["numFilesTotal"]) == ("PROCESSED", 0)
    assert "accuracy" not in run["metrics"]
    assert all("accuracy" not in field for field in run["metrics"]["fieldMetrics"].values())
    old = api.ok("GET", f"/batch_processor_runs/{run['id']}", V24)["batchProcessorRun"]
    assert (old["runCount"], old["metrics"]["numFiles"]) == (0, 0)


def test_items_of_several_files_are_read_as_one_document(api) -> None:
    set_id = api.evaluation_set(api.extractor(CONFIG)["id"], [])
    files = [api.upload(b"Invoice No: A1"), api.upload(b"Total: 5")]
    row = {"fileIds": files, "expectedOutput": {"value": {"invoice_number": "A1", "total": 5}}}
    item = api.ok("POST", f"/evaluation_sets/{set_id}/items", json={"items": [row]})["evaluationSetItems"][0]
    assert (item["file"], [f["id"] for f in item["files"]]) == (None, files)
    assert api.finished(api.run(set_id)["id"])["metrics"]["accuracy"] == 1.0


# It is the content that decides


def test_better_labels_in_the_config_give_better_metrics(api) -> None:
    document = (b"Rechnung: R-7\nDatum: 02/03/2026\nTotal: 5", {"n": "R-7", "d": "2026-03-02", "t": 5})

    def accuracy(rules: str = "", **labels: str) -> float:
        properties = {name: text(label) for name, label in labels.items()}
        properties["d"]["format"] = "date"
        properties["t"] = {"type": "number", "description": labels["t"]}
        config = {"schema": {"properties": properties}, "extractionRules": rules}
        return api.evaluate(config, [document])["metrics"]["accuracy"]

    assert accuracy(n="Number", d="Date", t='"Sum"') == 0
    assert accuracy(n="Rechnung", d="Datum", t='"Sum"') == pytest.approx(1 / 3, abs=1e-5)
    assert accuracy(n="Rechnung", d="Datum", t='"Sum" or "Total"') == pytest.approx(2 / 3, abs=1e-5)
    assert accuracy("Dates are day first.", n="Rechnung", d="Datum", t='"Sum" or "Total"') == 1


def test_names_of_files_mean_nothing_and_contents_everything(api) -> None:
    extractor = api.extractor(CONFIG)["id"]
    one, two = b"Invoice No: A1", b"Invoice No: B2"

    def accuracy(*files: tuple[str, bytes, str]) -> float:
        set_id = api.evaluation_set(extractor, [])
        rows = [
            {"fileId": api.upload(data, name), "expectedOutput": {"value": {"invoice_number": want}}}
            for name, data, want in files
        ]
        api.ok("POST", f"/evaluation_sets/{set_id}/items", json={"items": rows})
        return api.finished(api.run(set_id)["id"])["metrics"]["accuracy"]

    assert accuracy(("A1.txt", one, "A1"), ("B2.txt", two, "B2")) == 1.0
    assert accuracy(("B2.pdf", one, "A1"), ("A1.csv", two, "B2")) == 1.0  # renamed
    assert accuracy(("A1.txt", two, "A1"), ("B2.txt", one, "B2")) == 0.0  # swapped
