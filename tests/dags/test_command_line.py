"""`airflow dags test` in a process of its own, with the connection where users keep it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def airflow(tmp_path: Path, database: None, bundle: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line as a user has it: not in unit test mode, where each process has a key of its own."""
    usual = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle,
    }

    def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "airflow", *arguments]
        environment = {**os.environ, **usual, **env}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)

    return call


def forget(conn_id: str) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == conn_id))


@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_with_the_connection_in_the_environment(airflow, extend, good) -> None:
    local = extend("2026-02-09")
    local.emulator.control("POST", "/settings", {"run_seconds": 8})
    extractor = local.processor(good)
    conf = json.dumps({"extractor_id": extractor, "documents_dir": str(local.folder)})
    done = airflow(
        *("dags", "test", "extend_evaluation_gate", "--conf", conf),
        AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE="True",
    )
    said = done.stdout + done.stderr
    assert f"state={'success' if good else 'failed'}" in said, said[-3000:]
    assert "running trigger in line" in said, "the sensor was deferred, as the configuration says"
    assert len(local.published(extractor)) == (1 if good else 0)
    assert local.emulator.token not in said
    assert "INV-1" not in said, "content of the documents"


def test_with_the_connection_in_the_metadata_database(airflow, extend, monkeypatch) -> None:
    local = extend("2024-12-23")
    local.emulator.control("POST", "/settings", {"run_seconds": 0})
    monkeypatch.delenv("AIRFLOW_CONN_EXTEND_LEGACY")
    processor = local.processor(good=True)
    conf = json.dumps({"batch_processor_run_id": local.dashboard_run(processor)})
    connection = json.dumps(local.emulator.connection("2024-12-23"))
    added = airflow("connections", "add", "extend_legacy", "--conn-json", connection)
    try:
        assert added.returncode == 0, added.stderr[-3000:]
        done = airflow("dags", "test", "extend_gate_by_run_id", "--conf", conf)
    finally:
        forget("extend_legacy")
    said = done.stdout + done.stderr
    assert "state=success" in said, said[-3000:]
    assert len(local.published(processor)) == 1
    assert local.emulator.token not in said
