"""The wheel as a user installs it, without extras: what it brings along, and that the sensor works."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints" / "airflow-3.3.txt"
EXTEND = {"requests", "tenacity"}

# As a worker would call it: the sensor's own poke loop, with nothing of the development environment.
SENSOR = """
import importlib.util, json, sys
from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor

class TaskInstance:
    start_date = None
    map_index = -1
    pushed = {}
    def xcom_push(self, key, value):
        self.pushed[key] = value

sensor = BatchProcessorRunSensor(
    task_id="wait", batch_processor_run_id=sys.argv[1], mode="poke", poke_interval=0.1, timeout=30
)
ti = TaskInstance()
result = sensor.execute({"ti": ti})
assert importlib.util.find_spec("pypdf") is None, "the emulator's packages are not here"
print(json.dumps({"result": result, "pushed": ti.pushed}))
"""


def run(*command: str, **kwargs) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]
    return done.stdout


def installed(python: Path) -> set[str]:
    listed = run(sys.executable, "-m", "uv", "pip", "list", "--python", str(python), "--format", "json")
    return {package["name"] for package in json.loads(listed)}


@pytest.mark.slow
def test_the_wheel_adds_only_requests_and_tenacity_and_its_sensor_waits(tmp_path, extend_emulator) -> None:
    uv = (sys.executable, "-m", "uv")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT)
    [wheel] = tmp_path.glob("*.whl")
    run(*uv, "venv", "--python", sys.executable, str(tmp_path / "venv"))
    python = tmp_path / "venv" / "bin" / "python"
    install = (*uv, "pip", "install", "--python", str(python), "-c", str(CONSTRAINTS))
    run(*install, "apache-airflow==3.3.2")
    airflow_alone = installed(python)
    run(*install, str(wheel))
    assert installed(python) - airflow_alone - EXTEND == {"airflow-provider-extend"}

    run_id = evaluation(extend_emulator)
    env = {
        **os.environ,
        **extend_emulator.env("2024-12-23"),
        "PYTHONPATH": "",
        "AIRFLOW_HOME": str(tmp_path / "home"),
    }
    printed = run(str(python), "-W", "error::DeprecationWarning", "-c", SENSOR, run_id, env=env, cwd=tmp_path)
    found = json.loads(printed.splitlines()[-1])
    assert found["result"]["outcome"] == "succeeded"
    assert found["result"]["metrics"]["extract.fields.total.recall"] == 1.0
    raw = found["pushed"]["batch_processor_run"]
    assert raw["metrics"]["fieldMetrics"]["total"]["recallPerc"] == 100


def evaluation(emulator) -> str:
    """A batch processor run of one document, made as a person would: by API and dashboard."""
    import requests

    headers = {"Authorization": f"Bearer {emulator.token}", "x-extend-api-version": "2025-04-21"}

    def post(path, **kwargs):
        answer = requests.post(emulator.base_url + path, headers=headers, timeout=10, **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    schema = {
        "type": "object",
        "properties": {"total": {"type": ["number", "null"], "description": '"Total"'}},
    }
    config = {"type": "EXTRACT", "schema": schema}
    processor = post("/processors", json={"name": "I", "type": "EXTRACT", "config": config})["processor"][
        "id"
    ]
    file = post("/files/upload", files={"file": ("a.txt", b"Total: 12.50\n")})["file"]["id"]
    body = {"name": "S", "description": "", "processorId": processor}
    evaluation_set = post("/evaluation_sets", json=body)["evaluationSet"]["id"]
    item = {"fileId": file, "expectedOutput": {"value": {"total": 12.5}}}
    post("/evaluation_set_items", json={"evaluationSetId": evaluation_set, **item})
    started = emulator.control(
        "POST", "/batch_processor_runs", {"processorId": processor, "evaluationSetId": evaluation_set}
    )
    return started["id"]
