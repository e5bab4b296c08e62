"""The example DAGs as a user runs them."""

from __future__ import annotations

import pytest

from tests.dags.conftest import EXAMPLES

#: Airflow's own API, which `dag.test()` runs in this process.
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
GATE, BY_ID = "extend_evaluation_gate", "extend_gate_by_run_id"
EXTRACT = "extend_extract_documents"
MODES = pytest.mark.parametrize("deferrable", [False, True], ids=["poke", "deferrable"])


@pytest.mark.parametrize("dag_id", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_a_dag_is_imported_without_errors_and_without_warnings(dag_folder, dag_id) -> None:
    from tests.airflow_names import DagBag

    bag = DagBag(str(dag_folder / f"{dag_id}.py"))
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert list(bag.dags) == [dag_id]


@MODES
def test_a_good_draft_is_published(run_dag, extend, deferrable) -> None:
    local = extend(V26)
    local.emulator.control("POST", "/settings", {"run_seconds": 0.2 if deferrable else 0})
    extractor = local.processor(good=True)
    conf = {"extractor_id": extractor, "documents_dir": str(local.folder)}
    done = run_dag(GATE, conf, deferrable=deferrable)
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    (version,) = local.published(extractor)
    assert done.xcoms["publish"]["processor_version_id"] == version["id"]
    assert done.xcoms["gate"]["report"]["verdict"] == "PASS"
    assert done.xcoms["wait"]["return_value"]["counts"]["extract.fields.total.accuracy"] == [4, 4]
    assert len(local.emulator.control("GET", "/runs")) == 1


@MODES
def test_a_bad_draft_is_held_back(run_dag, extend, deferrable) -> None:
    local = extend(V26)
    local.emulator.control("POST", "/settings", {"run_seconds": 0.2 if deferrable else 0})
    extractor = local.processor(good=False)
    conf = {"extractor_id": extractor, "documents_dir": str(local.folder)}
    done = run_dag(GATE, conf, deferrable=deferrable)
    assert done.state == "failed"
    assert (done.states["wait"], done.states["gate"], done.states["publish"]) == (
        "success",
        "failed",
        "upstream_failed",
    )
    report = done.xcoms["gate"]["report"]
    counts = {rule["selector"]: (rule["verdict"], rule["counts"]) for rule in report["rules"]}
    assert counts["extract.fields.total.accuracy"] == ("FAIL", [0, 4])
    assert counts["extract.fields.invoice_number.accuracy"] == ("PASS", [4, 4])
    assert local.published(extractor) == []


@MODES
@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_a_run_of_the_dashboard_is_judged_by_its_id_on_2024_12_23(run_dag, extend, good, deferrable) -> None:
    local = extend(V24)
    local.emulator.control("POST", "/settings", {"run_seconds": 0.2 if deferrable else 0})
    processor = local.processor(good)
    conf = {"batch_processor_run_id": local.dashboard_run(processor)}
    done = run_dag(BY_ID, conf, deferrable=deferrable)
    assert done.states["gate"] == ("success" if good else "failed")
    assert len(local.published(processor)) == (1 if good else 0)
    recall = done.xcoms["wait"]["return_value"]["metrics"]["extract.fields.total.recall"]
    assert recall == (1.0 if good else 0.0)
    raw = done.xcoms["wait"]["batch_processor_run"]
    assert raw["metrics"]["fieldMetrics"]["total"]["recallPerc"] == recall * 100


def test_counts_only_on_2025_04_21_fail_the_gate_with_the_way_out(run_dag, extend) -> None:
    local = extend(V25)
    local.emulator.control("POST", "/settings", {"run_seconds": 0})
    processor = local.send(
        "POST",
        "/processors",
        json={"name": "I", "type": "EXTRACT", "config": {"type": "EXTRACT", "schema": {"properties": {}}}},
    )["processor"]["id"]
    done = run_dag(BY_ID, {"batch_processor_run_id": local.dashboard_run(processor)})
    assert (done.states["wait"], done.states["gate"]) == ("success", "failed")
    assert done.xcoms["gate"]["report"]["verdict"] == "ERROR"
    assert V26 in done.xcoms["gate"]["report"]["reason"]
    assert local.published(processor) == []


def test_a_failed_run_fails_the_wait_and_nothing_is_published(run_dag, extend) -> None:
    local = extend(V26)
    local.emulator.control("POST", "/settings", {"run_seconds": 0, "fail_runs": 1})
    extractor = local.processor(good=True)
    conf = {"extractor_id": extractor, "documents_dir": str(local.folder)}
    done = run_dag(GATE, conf)
    assert (done.states["wait"], done.states["publish"]) == ("failed", "upstream_failed")
    assert local.published(extractor) == []


def test_a_draft_that_is_edited_while_it_is_judged_is_not_published(run_dag, extend, monkeypatch) -> None:
    from airflow_provider_extend.operators.evaluation_gate import ExtendEvaluationGateOperator

    local = extend(V26)
    local.emulator.control("POST", "/settings", {"run_seconds": 0})
    extractor = local.processor(good=True)
    really = ExtendEvaluationGateOperator._evidence

    def while_somebody_edits(self):
        properties = {"total": {"type": "number"}}
        body = {"config": {"schema": {"type": "object", "properties": properties}}}
        local.send("POST", f"/extractors/{extractor}", json=body)
        return really(self)

    monkeypatch.setattr(ExtendEvaluationGateOperator, "_evidence", while_somebody_edits)
    done = run_dag(GATE, {"extractor_id": extractor, "documents_dir": str(local.folder)})
    assert (done.states["gate"], done.states["publish"]) == ("success", "failed")
    assert local.published(extractor) == []


def test_each_document_is_extracted_once(run_dag, extend) -> None:
    local = extend(V26)
    local.emulator.control("POST", "/settings", {"run_seconds": 0.2})
    conf = {"extractor_id": local.processor(good=True), "documents_dir": str(local.folder)}
    done = run_dag(EXTRACT, conf)
    assert (done.state, set(done.states.values())) == ("success", {"success"})
    runs = local.emulator.control("GET", "/runs?kind=extract_run")
    assert sorted(run["metadata"]["airflow_task"]["map_index"] for run in runs) == [0, 1, 2, 3]
    assert {run["status"] for run in runs} == {"PROCESSED"}
    # Each document has one page: a credit to parse it, and one to extract.
    assert done.xcoms["summary"]["return_value"] == {"documents": 4, "credits": 8}
    read = [local.emulator.control("GET", f"/runs/{run['id']}/outputs")[0]["output"]["total"] for run in runs]
    assert sorted(read) == [21, 22, 23, 24]
