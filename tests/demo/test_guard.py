"""What the guard ends: every process of its session, however the command or the starter came to its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from demo.processes import ROOT, Child

pytestmark = pytest.mark.slow

#: A child in a process group of its own, as Airflow's tasks are, which does not listen to TERM; then {then}.
SPAWNS = """
import os, signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", deaf], process_group=0)
time.sleep(0.5)
print(child.pid, os.getpid(), flush=True)
{then}
"""


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for(look, seconds=15):
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return seen


@pytest.fixture
def folder(tmp_path):
    """What is thrown away with the processes."""
    (tmp_path / "state" / "below").mkdir(parents=True)
    return tmp_path / "state"


def guarded(folder: Path, then: str) -> list[str]:
    command = [sys.executable, "-c", SPAWNS.format(then=then)]
    return [sys.executable, "-m", "demo.guard", str(folder), *command]


def start(folder: Path, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        guarded(folder, then),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("then", "code"), [("sys.exit(3)", 3), ("os.kill(os.getpid(), signal.SIGKILL)", 137), ("", 0)]
)
def test_when_the_command_ends(folder, then, code):
    guard = start(folder, then)
    pids = [int(pid) for pid in guard.stdout.readline().split()]
    assert guard.wait(15) == code
    assert all(ended(pid) for pid in pids)
    assert folder.exists(), "the starter may want to look at it"
    guard.stdin.close()
    guard.stdout.close()


def test_when_the_guard_is_asked_to_end(folder):
    guard = start(folder, "time.sleep(600)")
    pids = [int(pid) for pid in guard.stdout.readline().split()]
    guard.send_signal(signal.SIGTERM)
    assert guard.wait(15) == 0
    assert all(ended(pid) for pid in pids)
    assert not folder.exists()
    guard.stdin.close()
    guard.stdout.close()


def test_when_the_starter_is_killed(folder):
    """Nothing can be cleaned up by a process that gets SIGKILL: the end of its pipe tells."""
    starter = f"""
import subprocess, sys, time
guard = subprocess.Popen({guarded(folder, "time.sleep(600)")!r}, stdin=subprocess.PIPE, start_new_session=True)
print(guard.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    pids = [int(process.stdout.readline())]
    pids += [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 3
    process.kill()
    process.wait()
    wait_for(lambda: all(ended(pid) for pid in pids))
    assert not folder.exists()
    process.stdout.close()


def test_a_guarded_child_is_stopped_with_all_it_has_started(tmp_path, folder):
    module = tmp_path / "spawns.py"
    module.write_text(SPAWNS.format(then="time.sleep(600)"))
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    child = Child("spawns", env=env, log=tmp_path / "spawns.log", guarded=folder)
    text = wait_for(lambda: Path(tmp_path / "spawns.log").read_text())
    pids = [int(pid) for pid in text.split()]
    assert child.alive
    child.stop()
    assert not child.alive
    assert all(ended(pid) for pid in pids)
