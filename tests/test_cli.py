"""`airflow-extend`: what a terminal, a script and a support request get from it."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from airflow_provider_extend import __version__, cli, doctor
from airflow_provider_extend.doctor.report import Finding, Report

KEY = "sk_emulator"
SCRIPT = Path(sys.executable).with_name("airflow-extend")


def made(conn_id, *findings):
    return Report(conn_id, "3.3.2", {f"check{number}": finding for number, finding in enumerate(findings)})


@pytest.fixture
def examined(monkeypatch):
    """Stands in for the examination; the connections that were asked for."""
    asked = []

    def set_up(*findings, noise=None):
        def examine(conn_id):
            asked.append(conn_id)
            if noise:
                noise()
            return made(conn_id, *findings)

        monkeypatch.setattr(doctor, "examine", examine)
        return asked

    return set_up


# --- usage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["doctr"], ["doctor", "a", "b"], ["doctor", "--jsn"], ["--x"]])
def test_wrong_usage_is_2_and_shows_what_there_is(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: airflow-extend")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--help"], "doctor"), (["doctor", "--help"], "Exit code: 0"), (["--version"], __version__)],
)
def test_help_and_version(capsys, arguments, words):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 0
    assert words in capsys.readouterr().out


def test_help_imports_no_airflow():
    code = (
        "import sys; from airflow_provider_extend import cli\n"
        "try: cli.main(['doctor', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'airflow', 'requests', 'airflow_provider_extend.doctor'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "CONN_ID" in done.stdout


# --- what is printed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "conn_id"), [([], "extend_default"), (["mine"], "mine")])
@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("skip", 0), ("fail", 1)])
def test_the_exit_code_tells_whether_anything_failed(examined, capsys, arguments, conn_id, status, code):
    asked = examined(Finding("ok", "Well."), Finding(status, "So it is."))
    assert cli.main(["doctor", *arguments]) == code
    assert asked == [conn_id]
    ending = "Failed: check1." if code else "Nothing failed."
    shown = {"fail": "FAIL"}.get(status, status)
    assert capsys.readouterr().out == f"ok    check0  Well.\n{shown:<4}  check1  So it is.\n\n{ending}\n"
    assert cli.main(["doctor", *arguments, "--json"]) == code
    bundle = json.loads(capsys.readouterr().out)
    assert list(bundle) == ["ok", "provider", "airflow", "python", "conn_id", "checks"]
    assert (bundle["ok"], bundle["conn_id"], bundle["airflow"]) == (code == 0, conn_id, "3.3.2")
    assert bundle["checks"][1] == {"name": "check1", "status": status, "sentence": "So it is."}


def test_what_airflow_prints_logs_and_warns_does_not_reach_stdout(examined, capfd):
    def noise():
        print("printed")
        os.write(1, b"written\n")
        subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)

    examined(Finding("ok", "Well."), noise=noise)
    assert cli.main(["doctor", "--json"]) == 0
    print("afterwards")
    out, err = capfd.readouterr()
    report, _, after = out.rpartition("afterwards")
    assert json.loads(report)["checks"][0]["sentence"] == "Well."
    assert after == "\n"
    for word in ("printed", "written", "by a child"):
        assert word in err
    assert "deprecated" not in err


def test_stdout_is_given_back_after_a_crash(examined, capfd):
    def crash():
        raise KeyboardInterrupt

    examined(noise=crash)
    with pytest.raises(KeyboardInterrupt):
        cli.main(["doctor"])
    os.write(1, b"here")
    assert capfd.readouterr().out == "here"


def test_a_terminal_that_cannot_show_a_character_gets_its_code(examined, monkeypatch, tmp_path):
    examined(Finding("ok", "Grüße €"))
    with (tmp_path / "out").open("w", encoding="latin-1") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert cli.main(["doctor"]) == 0
    assert "Grüße \\u20ac" in (tmp_path / "out").read_text(encoding="latin-1")


# --- the real thing --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_installed_script_on_an_airflow_of_its_own(extend_emulator, tmp_path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    env |= {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",  # much more to keep off stdout
    }

    def run(*command, **more):
        return subprocess.run(
            command, env=env | more, capture_output=True, text=True, cwd=tmp_path, timeout=120
        )

    def airflow(*arguments):
        done = run(sys.executable, "-m", "airflow", *arguments)
        assert done.returncode == 0, done.stderr[-2000:]

    def statuses(done):
        return {check["name"]: check["status"] for check in json.loads(done.stdout)["checks"]}

    without = run(SCRIPT, "doctor")
    assert without.returncode == 1, without.stderr
    assert "there is no metadata database at" in without.stdout
    assert not (tmp_path / "airflow.db").exists()

    airflow("db", "migrate")
    airflow(
        "connections", "add", "extend_default", "--conn-type", "extend",
        "--conn-host", extend_emulator.base_url, "--conn-password", KEY,
    )  # fmt: skip
    good = run(SCRIPT, "doctor")
    assert good.returncode == 0, good.stdout + good.stderr
    lines = good.stdout.splitlines()
    assert [line.split()[1] for line in lines[:8]] == [
        "versions", "connection", "host", "api_version", "key", "rates", "test_button", "triggerer",
    ]  # fmt: skip
    assert lines[8:] == ["", "Nothing failed."]
    assert "comes from the metadata database" in lines[1]
    assert KEY not in good.stdout

    bundle = run(SCRIPT, "doctor", "--json")
    found = statuses(bundle)
    assert {found[name] for name in ("connection", "host", "api_version", "key", "rates", "triggerer")} == {
        "ok"
    }
    if json.loads(bundle.stdout)["airflow"] in ("3.3.1", "3.3.2"):
        assert found["test_button"] == "warn", "the connection is stored without a port"

    assert statuses(run(SCRIPT, "doctor", "nowhere", "--json"))["connection"] == "fail"
    connection = {"conn_type": "extend", "password": "sk_wrong", "host": extend_emulator.base_url}
    wrong = run(SCRIPT, "doctor", "--json", AIRFLOW_CONN_EXTEND_DEFAULT=json.dumps(connection))
    assert wrong.returncode == 1
    assert statuses(wrong)["key"] == "fail"
    assert statuses(wrong)["connection"] == "warn", "it hides the one in the database"
    other = run(SCRIPT, "doctor", AIRFLOW__CORE__FERNET_KEY="81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=")
    assert "encrypted with another key (InvalidToken)" in other.stdout


@pytest.mark.slow
def test_a_database_that_hangs_holds_the_script_neither_while_it_runs_nor_at_its_end(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg2://u:hunter2@127.0.0.1:{silent.getsockname()[1]}/airflow"
        env = os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
        env.pop("AIRFLOW__CORE__UNIT_TEST_MODE", None)
        done = subprocess.run([SCRIPT, "doctor"], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "the metadata database cannot be read here (TimeoutError)" in done.stdout
    assert done.stdout.endswith("Failed: connection.\n")
    assert "Traceback" not in done.stdout + done.stderr
    assert "hunter2" not in done.stdout + done.stderr
