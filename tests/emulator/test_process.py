"""The command: its line, its state on disk, its end. And the fixture that users get."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

COMMAND = [sys.executable, "-W", "error", "-m", "airflow_provider_extend.emulator"]
HEADERS = {"Authorization": "Bearer t", "x-extend-api-version": "2026-02-09"}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    running: list[subprocess.Popen[str]] = []

    def begin(*more: str) -> tuple[subprocess.Popen[str], str]:
        given = ["--port", "0", "--token", "t", "--state-dir", str(tmp_path / "state"), *more]
        process = subprocess.Popen([*COMMAND, *given], stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline().rstrip("\n")
        assert line.startswith("Extend emulator listening on http://127.0.0.1:")
        return process, line.rpartition(" ")[2]

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()


def test_state_outlives_a_kill(start) -> None:
    process, base = start("--run-seconds", "60")

    def send(method: str, path: str, **given: object) -> requests.Response:
        return requests.request(method, base + path, headers=HEADERS, timeout=10, **given)

    config = {"schema": {"properties": {"n": {"type": "string", "description": '"No"'}}}}
    extractor = send("POST", "/extractors", json={"name": "x", "config": config}).json()
    file_id = send("POST", "/files/upload", files={"file": ("a", b"No: 1")}).json()["id"]
    set_id = send("POST", "/evaluation_sets", json={"name": "s", "entityId": extractor["id"]}).json()["id"]
    items = {"items": [{"fileId": file_id, "expectedOutput": {"value": {"n": "1"}}}]}
    send("POST", f"/evaluation_sets/{set_id}/items", json=items)
    run = send("POST", "/evaluation_set_runs", json={"evaluationSetId": set_id}).json()
    requests.post(base + "/_control/keys", json={"key": "k2"}, timeout=10)
    requests.post(base + "/_control/settings", json={"run_seconds": 5}, timeout=10)
    process.kill()
    assert process.wait(timeout=10) == -signal.SIGKILL

    process, base = start()
    assert send("GET", f"/extractors/{extractor['id']}").json() == extractor
    link = send("GET", f"/files/{file_id}").json()["presignedUrl"]
    assert requests.get(link, timeout=10).content == b"No: 1"
    again = send("GET", f"/evaluation_set_runs/{run['id']}").json()
    assert (again["createdAt"], again["status"]) == (run["createdAt"], "PENDING")  # still by its own clock
    patch = {"status": "PROCESSED"}
    requests.patch(f"{base}/_control/runs/{run['id']}", json=patch, timeout=10)
    assert send("GET", f"/evaluation_set_runs/{run['id']}").json()["metrics"]["accuracy"] == 1.0
    two = {**HEADERS, "Authorization": "Bearer k2"}
    assert requests.get(base + "/files", headers=two, timeout=10).status_code == 200
    assert requests.post(base + "/_control/settings", json={}, timeout=10).json()["run_seconds"] == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly(start, number: signal.Signals) -> None:
    process, base = start()
    with requests.Session() as session:  # an open connection must not hold it up
        assert session.get(base + "/_control/health", timeout=10).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_the_fixture_gives_what_an_airflow_test_needs(extend_emulator) -> None:
    env = extend_emulator.env("2025-04-21")
    assert env["AIRFLOW__EXTEND__ALLOWED_HOSTS"] == "127.0.0.1"
    assert json.loads(env["AIRFLOW_CONN_EXTEND_DEFAULT"]) == {
        "conn_type": "extend",
        "password": extend_emulator.token,
        "host": extend_emulator.base_url,
        "extra": {"api_version": "2025-04-21"},
    }
    assert extend_emulator.connection()["extra"] == {"api_version": "2026-02-09"}
    assert extend_emulator.control("GET", "/_control/health") == extend_emulator.control("GET", "/health")


def test_loading_the_plugin_or_the_package_costs_nothing() -> None:
    code = (
        "import sys, airflow_provider_extend.emulator.pytest_plugin;"
        "heavy = {'fastapi', 'uvicorn', 'pypdf', 'airflow', 'starlette'} & sys.modules.keys();"
        "sys.exit(f'{heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
