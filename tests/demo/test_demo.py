"""The demo whole, as `make demo` starts it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.processes import ROOT

pytestmark = pytest.mark.slow
DRAFTS = ROOT / "demo" / "drafts"


def command(out, *args):
    return [sys.executable, "-m", "demo", "--out", str(out), *map(str, args)]


def play(out, *args, env=None):
    done = subprocess.run(
        command(out, *args), cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    return done, json.loads((out / "summary.json").read_text()) if (out / "summary.json").exists() else None


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Among a dead proxy, another Airflow's settings and a taken port, into a path with a space."""
    out = tmp_path_factory.mktemp("demo") / "with space"
    dead = "http://127.0.0.1:9"
    env = os.environ | {"https_proxy": dead, "HTTP_PROXY": dead, "all_proxy": dead}
    env |= {"AIRFLOW__CORE__DAGS_FOLDER": "/nonsense", "AIRFLOW_CONN_EXTEND_DEFAULT": "extend://elsewhere"}
    for name in ("NO_PROXY", "no_proxy"):
        env.pop(name, None)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # it is taken already
        return out, *play(out, env=env)


def test_the_good_draft_is_published_and_the_regressed_one_held_back(whole):
    out, done, summary = whole
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "Published: version 0.1" in done.stdout
    assert 'Held back: "Invoices" stays at version 0.1, because' in done.stdout
    first, second, third = summary["gate_runs"]
    assert [run["verdict"] for run in summary["gate_runs"]] == ["PASS", "FAIL", "WARN"]
    assert first["published_version_id"]
    assert second["published_version_id"] is None
    assert third["published_version_id"]
    assert third["api_version"] == "2024-12-23"
    for number, run in enumerate(summary["gate_runs"], 1):
        assert f"Gate: {run['verdict']}." in done.stdout
        assert run["page"] == f"gate-{number}.html"
        assert f">{run['verdict']}<" in (out / run["page"]).read_text()
        compared = [selector for selector in run["recounted"] if selector in run["metrics"]]
        assert len(compared) > 8
        assert {rule["selector"] for rule in run["rules"]} <= set(compared)
    assert "running trigger in line" in (out / "airflow.log").read_text()


def test_swapped_drafts_do_not_pass(tmp_path):
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    shutil.copy(DRAFTS / "good.json", drafts / "regressed.json")
    shutil.copy(DRAFTS / "regressed.json", drafts / "good.json")
    done, summary = play(tmp_path / "out", "--drafts", drafts)
    assert done.returncode == 1
    assert not summary["ok"]
    assert "The good draft: The gate said FAIL, expected was PASS." in done.stdout
    assert "Somebody edits the draft: The gate said PASS, expected was FAIL." in done.stdout
    assert [run["verdict"] for run in summary["gate_runs"]] == ["FAIL", "PASS", "FAIL"]


def test_outputs_follow_the_content_and_not_the_name(whole, tmp_path):
    """All files renamed, and the contents of two exchanged while the truth stays."""
    before, _, first = whole
    outputs = next(iter(json.loads((before / "outputs.json").read_text()).values()))
    truth = json.loads((before / "documents" / "truth.json").read_text())
    left, right = [name for name in truth if name.endswith(".html") and outputs[name]["total"]][:2]
    renamed = {name: f"{99 - n}-scan{Path(name).suffix}" for n, name in enumerate(truth)}
    folder = tmp_path / "other documents"
    folder.mkdir()
    for name in truth:
        source = {left: right, right: left}.get(name, name)
        shutil.copy(before / "documents" / source, folder / renamed[name])
    (folder / "truth.json").write_text(json.dumps({renamed[name]: truth[name] for name in truth}))

    done, summary = play(tmp_path / "out", "--documents", folder)

    again = next(iter(json.loads((tmp_path / "out" / "outputs.json").read_text()).values()))
    exchanged = outputs | {left: outputs[right], right: outputs[left]}
    assert again == {renamed[name]: values for name, values in exchanged.items()}
    k, n = first["gate_runs"][0]["counts"]["extract.fields.total.accuracy"]
    assert summary["gate_runs"][0]["counts"]["extract.fields.total.accuracy"] == [k - 2, n]
    assert done.returncode == 1  # 56 of 60 are too few


@pytest.mark.parametrize("until", ["emulator.log", "airflow.log"])
def test_nothing_is_left_behind(tmp_path, until):
    """Ctrl-C while the local Extend starts, or while Airflow does."""
    env = os.environ | {"TMPDIR": str(tmp_path)}
    out = tmp_path / "out"
    demo = subprocess.Popen(command(out), cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    log = out / until
    deadline = time.monotonic() + 60
    while not log.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
    assert children
    demo.send_signal(signal.SIGINT)
    told, _ = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert told.endswith("stopped\n")
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert not list(tmp_path.glob("extend-demo-*"))
