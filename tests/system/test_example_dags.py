"""The examples with a sensor for evaluations, byte for byte, on a real scheduler and triggerer, in every mode."""

from __future__ import annotations

import pytest

from demo.dashboard import V2024, V2026
from tests.system.deployment import Deployment
from tests.system.extend import LocalExtend

pytestmark = [pytest.mark.system, pytest.mark.slow]

GATE, BY_ID = "extend_evaluation_gate", "extend_gate_by_run_id"


@pytest.mark.parametrize("mode", ["poke", "reschedule", "deferrable"])
def test_the_example_dags_publish_the_good_and_hold_back_the_bad(
    airflow: Deployment, extend: LocalExtend, mode: str
) -> None:
    airflow.unchanged(GATE, BY_ID)
    airflow.set_mode(mode, dict.fromkeys((GATE, BY_ID), "wait"))
    paid_before = len(extend.control("GET", "/runs"))
    extractors = {good: extend.extractor(good) for good in (True, False)}
    processors = {good: extend.processor(good) for good in (True, False)}
    runs = {}
    for good in (True, False):
        conf = {"extractor_id": extractors[good], "documents_dir": str(extend.documents)}
        runs[GATE, good] = airflow.trigger(GATE, conf)
        conf = {"batch_processor_run_id": extend.dashboard_run(processors[good])}
        runs[BY_ID, good] = airflow.trigger(BY_ID, conf)

    for (dag_id, good), run_id in runs.items():
        assert airflow.wait_until_ended(dag_id, run_id) == ("success" if good else "failed")
        states = airflow.states(dag_id, run_id)
        ending = {"wait": "success", "gate": "failed", "publish": "upstream_failed"}
        assert states == (
            dict.fromkeys(states, "success") if good else dict.fromkeys(states, "success") | ending
        )
        report = airflow.xcom(dag_id, run_id, "gate", "report")
        # 2024-12-23 does not tell how many files there were.
        assert report["verdict"] == (("WARN" if dag_id == BY_ID else "PASS") if good else "FAIL")
        assert airflow.how_it_waited(dag_id, run_id, "wait") == mode
    for good in (True, False):
        assert len(extend.published(extractors[good], V2026)) == good
        assert len(extend.published(processors[good], V2024)) == good
    assert len(extend.control("GET", "/runs")) == paid_before + 4
