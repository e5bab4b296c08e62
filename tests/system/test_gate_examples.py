"""The examples of the gate, byte for byte, on a real scheduler: every outcome, a person, and what dies meanwhile."""

from __future__ import annotations

import time
from typing import Any

import pytest

from demo.dashboard import V2026
from tests.system.deployment import ONLY, Deployment
from tests.system.extend import LocalExtend
from tests.system.processes import wait_for

pytestmark = [pytest.mark.system, pytest.mark.slow]

PUBLISH, REVIEW, COMPARE = "extend_gated_publish", "extend_gate_review", "extend_compare_versions"
GATED = "gated"
ENOUGH, FEW, MANY = 60, 6, 200
#: (a good draft, documents, of so many another total is expected) -> verdict, tasks that do not succeed.
OUTCOMES: dict[str, tuple[tuple[bool, int, int], dict[str, str]]] = {
    "PASS": ((True, ENOUGH, 0), {}),
    "WARN": ((True, MANY, 12), {}),
    "INCONCLUSIVE": ((True, FEW, 0), {"gate": "failed"}),
    "FAIL": ((False, ENOUGH, 0), {"gate": "failed"}),
}


def test_a_scheduled_gate_in_all_outcomes(airflow: Deployment, extend: LocalExtend, tmp_path: Any) -> None:
    airflow.unchanged(PUBLISH)
    extend.settings(run_seconds=2)
    confs, extractors, runs = {}, {}, {}
    for verdict, ((good, documents, wrong), _) in OUTCOMES.items():
        extractors[verdict] = extend.extractor(good)
        set_id = extend.labelled(extractors[verdict], documents, wrong)
        confs[verdict] = {"evaluation_set_id": set_id, "reports_dir": str(tmp_path / verdict)}
        runs[verdict] = airflow.trigger(PUBLISH, confs[verdict])
    runs["ERROR"] = airflow.trigger(PUBLISH, {**confs["PASS"], "evaluation_set_id": "ev_gone"})
    for verdict, (_, wrong_tasks) in OUTCOMES.items():
        ended = airflow.wait_until_ended(PUBLISH, runs[verdict])
        assert airflow.xcom(PUBLISH, runs[verdict], "invoices.gate", "verdict") == verdict
        assert airflow.how_it_waited(PUBLISH, runs[verdict], "invoices.evaluate") == "poke"
        assert ended == ("failed" if wrong_tasks else "success")
        states = airflow.states(PUBLISH, runs[verdict])
        assert states["invoices.gate"] == wrong_tasks.get("gate", "success")
        assert len(extend.published(extractors[verdict], V2026)) == (not wrong_tasks)
        recorded = airflow.xcom(PUBLISH, runs[verdict], "invoices.record")
        assert recorded is (None if wrong_tasks else verdict == "PASS")
        assert len([*(tmp_path / verdict).glob("*.html")]) == 1
    assert airflow.wait_until_ended(PUBLISH, runs["ERROR"]) == "failed"

    # The same questions again: those that were decided are not paid for again.
    paid = len(extend.control("GET", "/runs"))
    again = {verdict: airflow.trigger(PUBLISH, confs[verdict]) for verdict in OUTCOMES}
    for verdict, run_id in again.items():
        airflow.wait_until_ended(PUBLISH, run_id)
        told = airflow.xcom(PUBLISH, run_id, "invoices.evaluate")
        assert told.get("from_store") is (True if verdict in ("PASS", "FAIL") else None)
        report = airflow.xcom(PUBLISH, run_id, "invoices.gate", "report")
        assert report["looks"] == (1 if verdict in ("PASS", "FAIL") else 2)
    assert len(extend.control("GET", "/runs")) == paid + 2
    report = airflow.xcom(PUBLISH, again["PASS"], "invoices.gate", "report")
    before = airflow.xcom(PUBLISH, runs["PASS"], "invoices.evaluate", "run_id")
    assert report["baseline"]["evidence"]["id"] == before
    events = airflow.query(
        "select e.extra from asset_event e join asset a on a.id = e.asset_id"
        " where a.name = 'invoices_judged' and e.source_run_id = %s",
        runs["PASS"],
    )
    assert [event[0]["verdict"] for event in events] == ["PASS"]
    (kept,) = airflow.query(
        "select count(*) from asset_state_store"
        if airflow.version.startswith("3.3.")
        else "select count(*) from variable where key like 'extend_gate.invoices_gate.%%'"
    )
    assert kept[0] > 0, "and so it is known where it is kept"


@ONLY["3.3"]
def test_a_person_decides_where_the_documents_are_too_few(airflow: Deployment, extend: LocalExtend) -> None:
    airflow.unchanged(REVIEW)
    extend.settings(run_seconds=1)
    cases = {"through": (True, FEW), "back": (True, FEW), "enough": (True, ENOUGH), "bad": (False, ENOUGH)}
    extractors = {name: extend.extractor(good) for name, (good, _) in cases.items()}
    runs = {
        name: airflow.trigger(REVIEW, {"evaluation_set_id": extend.labelled(extractors[name], documents)})
        for name, (_, documents) in cases.items()
    }
    decided = {"through": "Let it through", "back": "Hold it back"}
    parked = "awaiting_input"
    wait_for(
        "two gates to wait for a person",
        lambda: [airflow.states(REVIEW, runs[name]).get("gate") for name in decided] == [parked, parked],
    )
    # As long as a person takes: Airflow takes the end of the process that has parked the task for the end of the one
    # that goes on with it, if that comes within the heartbeat of a worker.
    time.sleep(12)
    for name, chosen in decided.items():
        path = f"/dags/{REVIEW}/dagRuns/{runs[name]}/taskInstances/gate/-1/hitlDetails"
        asked = airflow.api("GET", path)
        assert asked["subject"].startswith("INCONCLUSIVE")
        assert "extract.accuracy" in asked["body"]
        airflow.api("PATCH", path, {"chosen_options": [chosen], "params_input": {}})
    assert airflow.triggers() == [], "nobody waits in the triggerer"

    ended = {name: airflow.wait_until_ended(REVIEW, run_id) for name, run_id in runs.items()}
    assert ended == {"through": "success", "back": "success", "enough": "success", "bad": "failed"}
    assert {airflow.how_it_waited(REVIEW, run_id, "evaluate") for run_id in runs.values()} == {"poke"}
    gates = {name: airflow.states(REVIEW, run_id)["gate"] for name, run_id in runs.items()}
    assert gates == {"through": "success", "back": "skipped", "enough": "success", "bad": "failed"}
    published = {name: len(extend.published(extractor, V2026)) for name, extractor in extractors.items()}
    assert published == {"through": 1, "back": 0, "enough": 1, "bad": 0}
    answer = airflow.xcom(REVIEW, runs["through"], "gate", "answer")
    assert answer["chosen"] == "Let it through"
    assert answer["by"]["id"]
    report = airflow.xcom(REVIEW, runs["back"], "gate", "report")
    assert "chose 'Hold it back'" in report["reason"]


@ONLY["3.0"]
def test_an_airflow_that_cannot_ask_says_so_and_publishes_nothing(
    airflow: Deployment, extend: LocalExtend
) -> None:
    extend.settings(run_seconds=0)
    extractor = extend.extractor(good=True)
    run_id = airflow.trigger(REVIEW, {"evaluation_set_id": extend.labelled(extractor, ENOUGH)})
    assert airflow.wait_until_ended(REVIEW, run_id) == "failed"
    assert "no human-in-the-loop, which came with 3.1" in airflow.task_log(REVIEW, run_id, "gate")
    assert extend.published(extractor, V2026) == []


def test_two_versions_are_compared_on_the_same_documents(
    airflow: Deployment, extend: LocalExtend, tmp_path: Any
) -> None:
    airflow.unchanged(COMPARE)
    extend.settings(run_seconds=1)
    runs = {}
    for good in (True, False):
        extractor = extend.extractor(good=True)
        extend.publish(extractor)
        extend.change_draft(extractor, good)
        set_id = extend.labelled(extractor, ENOUGH)
        runs[good] = airflow.trigger(COMPARE, {"evaluation_set_id": set_id, "reports_dir": str(tmp_path)})
    for good, run_id in runs.items():
        assert airflow.wait_until_ended(COMPARE, run_id) == ("success" if good else "failed")
        assert airflow.how_it_waited(COMPARE, run_id, "draft") == "poke"
        report = airflow.xcom(COMPARE, run_id, "compare", "report")
        assert report["verdict"] == ("PASS" if good else "FAIL")
        assert report["baseline"]["evidence"]["id"] == airflow.xcom(COMPARE, run_id, "published", "run_id")
    few = extend.extractor(good=True)
    extend.publish(few)
    conf = {"evaluation_set_id": extend.labelled(few, FEW), "reports_dir": str(tmp_path)}
    run_id = airflow.trigger(COMPARE, conf)
    assert airflow.wait_until_ended(COMPARE, run_id) == "failed"
    assert airflow.xcom(COMPARE, run_id, "compare", "verdict") == "INCONCLUSIVE"


def test_a_draft_that_is_edited_while_it_is_evaluated_is_not_published(
    airflow: Deployment, extend: LocalExtend, tmp_path: Any
) -> None:
    extend.settings(run_seconds=8)
    extractor = extend.extractor(good=True)
    set_id = extend.labelled(extractor, ENOUGH)
    run_id = airflow.trigger(PUBLISH, {"evaluation_set_id": set_id, "reports_dir": str(tmp_path)})
    wait_for("the evaluation", lambda: airflow.xcom(PUBLISH, run_id, "invoices.evaluate", "run_id"))
    extend.change_draft(extractor, good=False)
    assert airflow.wait_until_ended(PUBLISH, run_id) == "failed"
    states = airflow.states(PUBLISH, run_id)
    assert (states["invoices.gate"], states["invoices.publish"]) == ("success", "failed")
    assert states["invoices.record"] == "upstream_failed"
    assert "changed after run" in airflow.task_log(PUBLISH, run_id, "invoices.publish")
    assert extend.published(extractor, V2026) == []


@ONLY["3.3"]
def test_a_publish_that_is_killed_after_its_call_has_made_one_version(
    airflow: Deployment, extend: LocalExtend
) -> None:
    extend.settings(run_seconds=0)
    extractor = extend.extractor(good=True)
    extend.fault(method="POST", path=f"/extractors/{extractor}/versions$", latency_after=25, times=1)
    run_id = airflow.trigger(GATED, {"evaluation_set_id": extend.labelled(extractor, ENOUGH)})
    wait_for("the publish to be carried out", lambda: extend.published(extractor, V2026), 120, 0.1)
    assert airflow.kill_task(airflow.task_processes(GATED, run_id)["g.publish"])
    assert airflow.wait_until_ended(GATED, run_id) == "success"
    (version,) = extend.published(extractor, V2026)
    assert airflow.tasks(GATED, run_id)["g.publish"].try_number == 2
    assert airflow.xcom(GATED, run_id, "g.publish")["id"] == version["id"]
    assert airflow.xcom(GATED, run_id, "g.record") is True
