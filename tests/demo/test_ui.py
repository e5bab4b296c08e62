"""`make ui` whole: what it prints is what there is, and it leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from demo.components import free_port
from demo.processes import ROOT

slow = pytest.mark.slow
GATE, BY_ID = "extend_evaluation_gate", "extend_gate_by_run_id"


class Ui:
    """The real thing as a process of its own; whatever it starts is known by its TMPDIR."""

    def __init__(self, tmp_path: Path, *args: str) -> None:
        self.tmp, self.out = tmp_path / "tmp", tmp_path / "out"
        self.tmp.mkdir()
        dead = "http://127.0.0.1:9"
        env = os.environ | {"TMPDIR": str(self.tmp), "https_proxy": dead, "HTTP_PROXY": dead}
        env |= {
            "AIRFLOW__CORE__DAGS_FOLDER": "/nonsense",
            "AIRFLOW_CONN_EXTEND_DEFAULT": "extend://elsewhere",
        }
        self.printed = tmp_path / "printed.txt"
        with self.printed.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demo.ui", "--out", str(self.out), *args],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.printed.read_text()

    def wait(self, look, seconds):
        deadline = time.monotonic() + seconds
        while not (seen := look()):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.3)
        return seen

    def processes(self, *words: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("TMPDIR") == str(self.tmp) and set(words) <= set(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                pass  # ended in the meantime, or somebody else's
        return found

    def ends(self, code: int) -> str:
        """Its last words; nothing of it is there any more."""
        assert self.process.wait(30) == code
        assert self.processes() == []
        assert list(self.tmp.iterdir()) == []
        return self.text()


@pytest.fixture
def start(tmp_path):
    started = []

    def ui(*args: str) -> Ui:
        started.append(Ui(tmp_path, *args))
        return started[-1]

    yield ui
    for ui in started:
        ui.process.kill()  # its guards end the rest
        ui.process.wait()


@slow
def test_what_is_printed_is_there_and_nothing_is_left_behind(start, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ui = start("--run-seconds", "20", "--port", str(port))
        ui.wait(lambda: "Ctrl-C ends it all" in ui.text(), 120)
    url = re.search(r"Open (http://127\.0\.0\.1:\d+) ", ui.text()).group(1)
    assert not url.endswith(f":{port}")
    confs = [json.loads(line) for line in ui.text().splitlines() if line.strip().startswith("{")]

    with requests.Session() as session:
        session.trust_env = False
        token = session.get(f"{url}/auth/token", timeout=30).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"

        def api(method: str, path: str, body=None):
            answer = session.request(method, f"{url}/api/v2{path}", json=body, timeout=60)
            assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
            return answer.json()

        stored = {each["connection_id"]: each for each in api("GET", "/connections")["connections"]}
        assert stored.keys() == {"extend_default", "extend_legacy"}
        for connection in stored.values():  # as the button sends it
            tested = api("POST", "/connections/test", connection | {"password": ""})
            assert tested["status"], tested["message"]
            assert json.loads(connection["extra"])["api_version"] in tested["message"]

        assert [set(conf) for conf in confs] == [
            {"extractor_id", "documents_dir"},
            {"extractor_id", "documents_dir"},
            {"batch_processor_run_id"},
        ]
        for dag_id, conf in ((GATE, confs[0]), (BY_ID, confs[2])):
            params = api("GET", f"/dags/{dag_id}/details")["params"]
            assert {name: params[name]["value"] for name in conf} == conf, "the form is filled in"
        runs = [
            f"/dags/{dag_id}/dagRuns/"
            + api("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]
            for dag_id, conf in zip((GATE, GATE, BY_ID), confs, strict=True)
        ]
        deferred = set()

        def ended() -> bool:
            deferred.update(
                run for run in runs if api("GET", f"{run}/taskInstances/wait")["state"] == "deferred"
            )
            return all(api("GET", run)["state"] in ("success", "failed") for run in runs)

        ui.wait(ended, 200)
        assert [api("GET", run)["state"] for run in runs] == ["success", "failed", "success"]
        assert set(runs[:2]) <= deferred
        gates = [api("GET", f"{run}/taskInstances/gate/xcomEntries/report")["value"] for run in runs]
        assert [gate["verdict"] for gate in gates] == ["PASS", "FAIL", "WARN"]
        assert api("GET", f"{runs[0]}/taskInstances/publish/xcomEntries/processor_version_id")["value"]

    assert len(ui.processes()) > 8
    listening = {
        connection.laddr.ip
        for process in ui.processes()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    ui.process.send_signal(signal.SIGINT)
    assert ui.ends(130).endswith("\nstopping\n")
    assert (ui.out / "triggerer.log").exists()


@slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["SIGTERM", "SIGHUP"]
)
def test_a_signal_while_it_starts(start, number, code):
    ui = start("--port", "0")
    ui.wait((ui.out / "db-migrate.log").exists, 60)
    ui.process.send_signal(number)
    assert ui.ends(code).endswith("\nstopping\n")


@slow
def test_nothing_is_left_behind_even_if_it_is_killed(start):
    """As a second Ctrl-C does it, through make."""
    ui = start("--port", "0")
    ui.wait((ui.out / "triggerer.log").exists, 60)
    ui.process.kill()
    ui.process.wait()
    deadline = time.monotonic() + 20
    while ui.processes() or list(ui.tmp.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.2)


@slow
def test_a_server_that_dies_ends_the_rest(start):
    ui = start("--port", "0")
    ui.wait((ui.out / "triggerer.log").exists, 60)
    ui.wait(lambda: ui.processes("airflow_provider_extend.emulator"), 10)
    for process in ui.processes("airflow_provider_extend.emulator"):
        if "demo.guard" not in process.cmdline():
            process.kill()
    last = ui.ends(1)
    assert "The emulator has ended." in last
    assert "Extend emulator listening on" in last, "the end of its log"


def test_a_free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in (0, port)
    assert free_port(port) == port
