"""The parts of scripts/dev.py that decide something, and how it ends what it started."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "dev.py"


@pytest.fixture(scope="module")
def dev():
    spec = importlib.util.spec_from_file_location("dev", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 2), (3, 14, 9)])
def test_a_fit_python_has_no_problem(dev, version):
    assert dev.python_problem(version, True, "demo") is None


@pytest.mark.parametrize(
    ("version", "can_venv", "others", "expected"),
    [
        ((3, 9, 18), True, ["python3.13"], "make demo PYTHON=python3.13"),
        ((3, 10, 1), True, [], "install Python 3.12 with its venv module, then: make demo PYTHON=python3.12"),
        ((3, 15, 0), True, [], "Python 3.15 does not fit"),
        ((3, 12, 1), False, [], "apt-get install python3.12-venv"),
    ],
)
def test_an_unfit_python_gets_one_line_that_mends_it(dev, version, can_venv, others, expected):
    problem = dev.python_problem(version, can_venv, "demo", others)
    assert expected in problem
    assert "\n" not in problem


def test_windows_is_sent_elsewhere(dev):
    assert "WSL" in dev.python_problem((3, 12, 0), True, "demo", windows=True)


def test_children_inherit_no_other_airflow_or_python(dev):
    inherited = {
        "AIRFLOW_HOME": "/nonsense",
        "AIRFLOW__CORE__EXECUTOR": "x",
        "AIRFLOW_CONN_EXTEND_DEFAULT": "x",
        "PYTHONPATH": "x",
        "PYTHONHOME": "x",
        "VIRTUAL_ENV": "x",
        "PIP_INDEX_URL": "kept",
        "PATH": "kept",
        "no_proxy": "example.com",
    }
    env = dev.clean_env(inherited)
    assert env == {
        "PIP_INDEX_URL": "kept",
        "PATH": "kept",
        "AIRFLOW_HOME": str(Path(dev.DEV, "airflow")),
        "NO_PROXY": "127.0.0.1,localhost,example.com",
        "no_proxy": "127.0.0.1,localhost,example.com",
        "UV_SYSTEM_CERTS": "1",
        "UV_NATIVE_TLS": "1",
    }


def test_only_proxies_that_do_not_answer_are_dropped_and_no_password_is_shown(dev):
    env = {
        "https_proxy": "http://me:secret@dead.example.com:9",
        "HTTP_PROXY": "alive.example.com:3128",
        "ALL_PROXY": "http://[broken",
        "http_proxy": "",
        "PATH": "/bin",
    }
    kept, lines = dev.without_dead_proxies(env, probe=lambda host, port: host == "alive.example.com")
    assert kept == {"HTTP_PROXY": "alive.example.com:3128", "http_proxy": "", "PATH": "/bin"}
    assert any("https_proxy (dead.example.com:9)" in line for line in lines)
    assert "secret" not in "".join(lines)


def test_a_port_that_refuses_does_not_answer(dev):
    assert not dev.answers("127.0.0.1", 9)


def test_the_stamp_tells_every_part_apart(dev):
    stamps = {dev.stamp(parts) for parts in ([b"a", "b"], [b"ab", ""], [b"a", "b", ""], [b"a", "c"])}
    assert len(stamps) == 4
    assert dev.stamp([b"a", "b"]) == dev.stamp(["a", b"b"])


def test_a_failed_step_shows_its_end_and_where_the_rest_is(dev, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dev, "LOGS", str(tmp_path / "logs"))
    with pytest.raises(dev.Failed, match="3"):
        dev.step(
            "some step", [sys.executable, "-c", "print(*range(99), sep='\\n'); exit(3)"], dict(os.environ)
        )
    out = capsys.readouterr().out
    assert "98" in out.splitlines()
    assert "68" not in out.splitlines()
    assert str(tmp_path / "logs" / "some-step.log") in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_children_and_grandchildren(tmp_path, number):
    pids = tmp_path / "pids"
    child = (
        "import os, pathlib, subprocess, sys, time\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{other.pid}}')\n"
        "time.sleep(60)\n"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r}); import dev\n"
        "dev.setup = lambda env: None\n"
        f"dev.TARGETS['demo'] = lambda env, args: dev.live([sys.executable, '-c', {child!r}], env)\n"
        "sys.exit(dev.main(['demo']))\n"
    )
    make = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 20
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    make.send_signal(number)
    out, _ = make.communicate(timeout=20)
    assert make.returncode == 128 + number
    assert b"stopped" in out
    for pid in pids.read_text().split():
        status = Path(f"/proc/{pid}/status")
        assert not status.exists() or "State:\tZ" in status.read_text()


def test_an_unknown_target_is_refused(dev, capsys):
    assert dev.main(["nonsense"]) == 2
    assert "test-all" in capsys.readouterr().out


def test_what_the_oldest_airflow_is_spared_is_there_and_imports_no_airflow(dev):
    for path in dev.WITHOUT_AIRFLOW:
        given = SCRIPT.parents[1] / "tests" / path
        files = [given] if path.endswith(".py") else sorted(given.glob("**/*.py"))
        assert files, path
        for file in files:
            imports = re.findall(
                r"^\s*(?:from|import) (airflow|tests\.airflow_names)\b", file.read_text(), re.M
            )
            assert imports == [], file


def test_every_example_runs_on_real_processes(dev):
    tests = SCRIPT.parents[1] / "tests"
    system = (tests / "system").glob("test_*example*.py")
    used = {name for path in system for name in re.findall(r'"(extend_\w+)"', path.read_text())}
    assert used == {path.stem for path in (SCRIPT.parents[1] / "example_dags").glob("*.py")}
    assert all((tests / path).is_file() for path in dev.ON_REAL_PROCESSES), "spared on the oldest Airflow"
