"""What a test of this folder prints when it fails."""

from __future__ import annotations

import pytest

from tests.system.deployment import Deployment

pytestmark = [pytest.mark.system, pytest.mark.slow]


def test_a_failing_test_shows_the_task_log_and_not_only_the_state(airflow: Deployment) -> None:
    run_id = airflow.trigger("extend_gate_by_run_id", {"batch_processor_run_id": "bpr_of_nobody"})
    assert airflow.wait_until_ended("extend_gate_by_run_id", run_id) == "failed"
    report = airflow.report()
    assert "  wait: failed, try 1" in report
    assert "  gate: upstream_failed, try 0" in report
    assert "ExtendFailException: GET /batch_processor_runs/bpr_of_nobody: HTTP 404" in report
    assert str(airflow.home) in report
    assert '"exc_type"' not in report, "it is for people to read"
