"""The examples of the gate as a user runs them: each outcome, what is paid for, and what is remembered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.dags.conftest import config

#: Airflow's own API, which `dag.test()` runs in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

V26 = "2026-02-09"
PUBLISH, COMPARE = "extend_gated_publish", "extend_compare_versions"
GATE, EVALUATE, RECORD = "invoices.gate", "invoices.evaluate", "invoices.record"
ENOUGH, FEW, MANY = 60, 6, 200


@pytest.fixture
def local(extend, tmp_path):
    made = extend(V26)
    made.emulator.control("POST", "/settings", {"run_seconds": 0})
    return made


def extractor(local: Any, chosen: dict[str, Any]) -> str:
    return str(local.send("POST", "/extractors", json={"name": "Invoices", "config": chosen})["id"])


def change(local: Any, extractor_id: str, chosen: dict[str, Any]) -> None:
    local.send("POST", f"/extractors/{extractor_id}", json={"config": chosen})


def labelled(local: Any, extractor_id: str, documents: int, wrong: int = 0) -> str:
    """An evaluation set of so many documents; of so many another total is expected than they show."""
    set_id = local.send(
        "POST", "/evaluation_sets", json={"name": "S", "description": "", "entityId": extractor_id}
    )["id"]
    items = []
    for n in range(documents):
        text = f"Invoice No: INV-{n}\nSubtotal: {n}.00\nTotal: {n + 200}.00\n"
        file_id = local.send("POST", "/files/upload", files={"file": (f"{n}.txt", text.encode())})["id"]
        expected = {"value": {"total": n + 200 + (n < wrong), "invoice_number": f"INV-{n}"}}
        items.append({"fileId": file_id, "expectedOutput": expected})
    for at in range(0, len(items), 20):
        local.send("POST", f"/evaluation_sets/{set_id}/items", json={"items": items[at : at + 20]})
    return str(set_id)


def paid(local: Any) -> int:
    return len(local.emulator.control("GET", "/runs"))


def conf(set_id: str, tmp_path: Any, **more: Any) -> dict[str, Any]:
    return {"evaluation_set_id": set_id, "reports_dir": str(tmp_path / "reports"), **more}


def test_a_question_is_paid_for_once_and_what_passed_is_what_the_next_draft_is_compared_with(
    run_dag, local, tmp_path
) -> None:
    made = extractor(local, config("Total"))
    set_id = labelled(local, made, ENOUGH)
    first = run_dag(PUBLISH, conf(set_id, tmp_path))
    assert (first.state, set(first.states.values())) == ("success", {"success"})
    report = first.xcoms[GATE]["report"]
    assert (report["verdict"], report["looks"], report["baseline"]) == ("PASS", 1, None)
    assert first.xcoms[RECORD]["return_value"] is True
    assert len(local.published(made)) == 1
    (page,) = (tmp_path / "reports").glob("*.html")
    assert "PASS" in page.read_text()
    assert json.loads(page.with_suffix(".json").read_text())["verdict"] == "PASS"
    assert first.xcoms[GATE]["report_url"] == str(page)

    again = run_dag(PUBLISH, conf(set_id, tmp_path))
    assert paid(local) == 1, "the draft and its documents are the same"
    assert again.xcoms[EVALUATE]["return_value"]["from_store"] is True
    assert again.xcoms[EVALUATE]["return_value"]["id"] == first.xcoms[EVALUATE]["return_value"]["id"]
    report = again.xcoms[GATE]["report"]
    assert (report["verdict"], report["looks"]) == ("PASS", 1)
    assert report["baseline"]["evidence"]["id"] == first.xcoms[EVALUATE]["run_id"]

    fresh = run_dag(PUBLISH, conf(set_id, tmp_path, fresh=True))
    assert paid(local) == 2
    report = fresh.xcoms[GATE]["report"]
    assert (report["verdict"], report["looks"]) == ("PASS", 2)
    assert fresh.xcoms[RECORD]["return_value"] is True

    change(local, made, config("Subtotal"))
    worse = run_dag(PUBLISH, conf(set_id, tmp_path))
    assert worse.states[GATE] == "failed"
    assert (worse.xcoms[GATE]["verdict"], worse.xcoms[GATE]["report"]["looks"]) == ("FAIL", 1)
    assert {line["check"] for line in worse.xcoms[GATE]["report"]["lines"] if line["verdict"] == "FAIL"} == {
        "min",
        "max_drop",
    }
    before = paid(local)
    held = run_dag(PUBLISH, conf(set_id, tmp_path))
    assert (held.xcoms[GATE]["verdict"], paid(local)) == ("FAIL", before), "a FAIL is an answer too"


def test_too_few_documents_are_inconclusive_and_nothing_is_published(run_dag, local, tmp_path) -> None:
    made = extractor(local, config("Total"))
    done = run_dag(PUBLISH, conf(labelled(local, made, FEW), tmp_path))
    assert (done.states[EVALUATE], done.states[GATE]) == ("success", "failed")
    report = done.xcoms[GATE]["report"]
    assert report["verdict"] == "INCONCLUSIVE"
    assert all(line["more_documents"] > 0 for line in report["lines"] if line["verdict"] == "INCONCLUSIVE")
    assert local.published(made) == []


def test_a_warning_is_published_and_does_not_become_the_baseline(run_dag, local, tmp_path) -> None:
    made = extractor(local, config("Total"))
    # 94 %: below the target, as far as 200 documents tell above the floor.
    done = run_dag(PUBLISH, conf(labelled(local, made, MANY, wrong=12), tmp_path))
    assert (done.xcoms[GATE]["verdict"], done.state) == ("WARN", "success")
    assert len(local.published(made)) == 1
    assert done.xcoms[RECORD]["return_value"] is False


def test_a_metric_that_is_not_there_is_an_error(run_dag, local, tmp_path) -> None:
    chosen = config("Total")
    del chosen["schema"]["properties"]["invoice_number"]
    made = extractor(local, chosen)
    done = run_dag(PUBLISH, conf(labelled(local, made, FEW), tmp_path))
    assert (done.states[GATE], done.xcoms[GATE]["verdict"]) == ("failed", "ERROR")
    assert local.published(made) == []


def test_a_draft_that_is_edited_while_it_is_evaluated_is_not_published(
    run_dag, local, tmp_path, monkeypatch
) -> None:
    from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator

    made = extractor(local, config("Total"))
    really = ExtendRunEvaluationSetOperator._look_until_ended

    def while_somebody_edits(self, context):
        change(local, made, config("Subtotal"))
        return really(self, context)

    monkeypatch.setattr(ExtendRunEvaluationSetOperator, "_look_until_ended", while_somebody_edits)
    local.emulator.control("POST", "/settings", {"run_seconds": 0.2})
    done = run_dag(PUBLISH, conf(labelled(local, made, ENOUGH), tmp_path))
    assert (done.states[EVALUATE], done.states[GATE]) == ("success", "success")
    assert (done.states["invoices.publish"], done.states[RECORD]) == ("failed", "upstream_failed")
    assert local.published(made) == []


def test_a_draft_is_compared_with_a_published_version_on_the_same_documents(run_dag, local, tmp_path) -> None:
    made = extractor(local, config("Total"))
    set_id = labelled(local, made, ENOUGH)
    local.send("POST", f"/extractors/{made}/versions", json={"releaseType": "major"})
    same = run_dag(COMPARE, conf(set_id, tmp_path))
    assert same.xcoms["compare"]["verdict"] == "PASS", same.xcoms["compare"]["reasons"]
    checks = {line["check"]: line["verdict"] for line in same.xcoms["compare"]["report"]["lines"]}
    assert checks["identity"] == "PASS", "both fingerprints of the items are known, and are equal"
    change(local, made, config("Subtotal"))
    worse = run_dag(COMPARE, conf(set_id, tmp_path))
    assert worse.states["compare"] == "failed"
    failed = [
        line["selector"] for line in worse.xcoms["compare"]["report"]["lines"] if line["verdict"] == "FAIL"
    ]
    assert failed == ["extract.fields.total.accuracy"]
    assert paid(local) == 4
    assert len(local.published(made)) == 1
