"""What is done with a block of each language. A block that no executor understands is an error, never left out."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.docs.pages import ROOT, Block, blocks, commands

BIN = Path(sys.executable).parent
#: Where pytest looks on behalf of a make target.
TESTS_OF = {"test": "tests", "test-system": "tests/system", "test-browser": "tests/browser"}


class Machine:
    """A shell with this package installed, an Airflow of its own and a local Extend.

    :param migrated: makes an Airflow home with a database; called when a command needs one.
    """

    def __init__(self, folder: Path, migrated: Callable[[], Path], emulator: Any, monkeypatch: Any) -> None:
        self.folder, self.emulator, self.monkeypatch = folder, emulator, monkeypatch
        self._migrated = migrated

    def env(self) -> dict[str, str]:
        home = self.folder / "airflow"
        if not home.exists():
            shutil.copytree(self._migrated(), home)
        return environment(home)

    def bash(
        self, command: str, env: dict[str, str] | None = None, codes: tuple[int, ...] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env=env or self.env(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode in codes, f"{command}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
        return done


def environment(home: Path) -> dict[str, str]:
    """As a user's: no unit test mode, no connection."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return env | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }


# ----------------------------------------------------------------------------------------------------- python


def run_python(block: Block, machine: Machine) -> None:
    """Inside a DAG, after the blocks above it on the page; functions that are tests are called."""
    from airflow.sdk import DAG

    for name, value in machine.emulator.env("2026-02-09").items():
        machine.monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}
    if (
        "retry_policy" in block.code
        and importlib.util.find_spec("airflow.sdk.definitions.retry_policy") is None
    ):
        # As the page says: not on this Airflow, and that is told in one line.
        with pytest.raises(ImportError, match=r"needs Airflow 3\.3 or newer"):
            exec(compile(block.code, block.name, "exec"), names)
        return
    with DAG(dag_id=f"docs_{block.page.stem.replace('-', '_')}", schedule=None) as dag:
        for each in blocks(block.page, "python"):
            if each.line <= block.line:
                exec(compile(each.code, f"{each.name}", "exec"), names)
    for node in ast.parse(block.code).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.args.args:
            names[node.name](machine.emulator, machine.monkeypatch, machine.folder)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            write_gate_files(machine)
            machine.monkeypatch.chdir(machine.folder)
            names[node.name]()
    if "publish" in names:
        assert set(dag.task_dict) >= {"wait", "gate", "publish"}
        assert dag.get_task("publish").upstream_task_ids == {"wait", "gate"}


# ------------------------------------------------------------------------------------------------ json and ini


def read_connection(text: str, conn_id: str = "docs") -> None:
    """An Airflow connection: the hook takes it and believes every field of it."""
    from airflow_provider_extend.api.versions import base_url
    from airflow_provider_extend.hooks.extend import client_settings
    from tests.airflow_names import connection_from_json

    given = json.loads(text)
    assert given["conn_type"] == "extend"
    settings = client_settings(connection_from_json(text, conn_id=conn_id))
    extra = given["extra"]
    assert settings.api_key == given["password"]
    assert settings.base_url == base_url(extra["api_version"], region=extra.get("region"))
    for name in extra.keys() - {"region"}:
        assert getattr(settings, name) == extra[name], name


def run_json(block: Block, machine: Machine) -> None:
    if json.loads(block.code).get("object") == "evaluation_set_run":
        from airflow_provider_extend.gate_files import evidence_of

        assert evidence_of(json.loads(block.code)).outcome == "succeeded"
        return
    if "conn_type" not in json.loads(block.code):
        pytest.fail(f"{block.name}: this JSON is no connection. Say in run_json what is to be done with it.")
    read_connection(block.code)


def run_ini(block: Block, machine: Machine) -> None:
    """As `airflow.cfg`: each option exists, and what `allowed_hosts` permits is really asked, and nothing else."""
    import requests_mock
    from airflow.configuration import AirflowConfigParser, conf

    from airflow_provider_extend.get_provider_info import get_provider_info
    from airflow_provider_extend.hooks.extend import ExtendHook
    from tests.airflow_names import AirflowFailException

    parser = AirflowConfigParser()
    parser.read_string(block.code)
    ours: Any = get_provider_info()["config"]
    written = [(section, key) for section in parser.sections() for key in _keys(block.code, section)]
    assert written, f"{block.name}: no option"
    for section, key in written:
        known = ours.get(section, {}).get("options", {})
        assert key in known or conf.has_option(section, key), f"{block.name}: there is no [{section}] {key}"
        machine.monkeypatch.setenv(f"AIRFLOW__{section}__{key}".upper(), parser.get(section, key))
        if (section, key) == ("extend", "allowed_hosts"):
            hosts = [host.strip() for host in parser.get(section, key).split(",")]
            urls = [host if "://" in host else f"https://{host}" for host in hosts]
            for url, permitted in [(url, True) for url in urls] + [("https://elsewhere.example.com", False)]:
                connection = {"conn_type": "extend", "host": url, "password": "sk_docs"}
                machine.monkeypatch.setenv("AIRFLOW_CONN_DOCS", json.dumps(connection))
                with requests_mock.Mocker() as extend:
                    extend.get(f"{url}/files", json={"data": []})
                    if permitted:
                        assert list(ExtendHook("docs").get_conn().files.list()) == []
                    else:
                        with pytest.raises(AirflowFailException, match="allowed_hosts"):
                            list(ExtendHook("docs").get_conn().files.list())
                assert extend.called is permitted


def _keys(text: str, section: str) -> list[str]:
    from configparser import RawConfigParser

    plain = RawConfigParser()
    plain.read_string(text)
    return list(plain[section]) if plain.has_section(section) else []


# ------------------------------------------------------------------------------------------------------- bash


def check_make(command: str, machine: Machine | None) -> None:
    """The target exists, for make and for what make calls; tests that are picked by ARGS exist."""
    from scripts import dev

    words = shlex.split(command)
    first = words.index("make")
    done = subprocess.run(
        ["make", "-n", *words[first + 1 :]], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    target = words[first + 1]
    assert target in {*dev.TARGETS, "clean"}, command
    assignments = dict(word.split("=", 1) for word in words[first + 2 :])
    if machine is not None and "ARGS" in assignments and target in TESTS_OF:
        collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", TESTS_OF[target]]
        collect += shlex.split(assignments["ARGS"])
        done = subprocess.run(collect, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{command} picks no test\n{done.stdout[-2000:]}"


def check_pip(command: str, machine: Machine) -> None:
    """The name is the distribution's, the extra exists, and a test installs the wheel as a user does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [name] = shlex.split(command)[2:]
    found = re.fullmatch(r"([\w-]+)(?:\[(\w+)\])?", name)
    assert found, command
    assert found[1] == project["name"]
    assert found[2] is None or found[2] in project["optional-dependencies"]
    assert "str(wheel)" in (ROOT / "tests" / "test_wheel.py").read_text()


def run_export(command: str, machine: Machine) -> None:
    """Evaluated by a real shell; the hook reads what comes of it."""
    name = command.split()[1].partition("=")[0]
    env = {"PATH": os.environ["PATH"]}
    value = machine.bash(f'{command}\nprintf %s "${name}"', env=env).stdout
    read_connection(value, conn_id=name.removeprefix("AIRFLOW_CONN_").lower())


def run_connections_add(command: str, machine: Machine) -> None:
    machine.bash(command)
    words = shlex.split(command)
    shown = machine.bash(f"airflow connections get {words[3]} -o json").stdout
    stored = json.loads(shown)[0]
    given = dict(zip(words[4::2], words[5::2], strict=True))
    assert stored["conn_type"] == given["--conn-type"]
    assert stored["extra_dejson"] == json.loads(given["--conn-extra"])
    asked = {"conn_type": given["--conn-type"], "password": given["--conn-password"]}
    read_connection(json.dumps(asked | {"extra": stored["extra_dejson"]}))


def run_emulator(command: str, machine: Machine) -> None:
    """It answers whoever has the key, until it is stopped. The port is another one: the written one may be taken."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = re.sub(r"(--port) \d+", rf"\1 {port}", command)
    words = shlex.split(command)
    token = words[words.index("--token") + 1]
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    shell = ["bash", "-c", f"exec {command}"]
    process = subprocess.Popen(
        shell, env=env, cwd=machine.folder, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        assert str(port) in process.stdout.readline()
        for key, status in ((token, 200), ("another", 401)):
            headers = {"Authorization": f"Bearer {key}", "x-extend-api-version": "2026-02-09"}
            answer = requests.get(f"http://127.0.0.1:{port}/files", headers=headers, timeout=10)
            assert answer.status_code == status
        assert (machine.folder / words[words.index("--state-dir") + 1]).is_dir()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=20)


#: What a command has printed: it is shown again by the blocks of text that follow it.
_printed: dict[tuple[str, bool], subprocess.CompletedProcess[str]] = {}
#: The metadata database with the connection that works, and with that of the mistyped key.
_stored: dict[bool, bytes] = {}


def outputs_of_doctor(command: str, machine: Machine) -> list[str]:
    """With a connection that works, and with a mistyped key."""
    printed = []
    for right in (True, False):
        if (command, right) not in _printed or ">" in command:
            env = machine.env() | {
                "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
                "AIRFLOW__EXTEND__ALLOWED_HOSTS": "127.0.0.1",
            }
            key = machine.emulator.token if right else "sk_mistyped"
            stored = {"conn_type": "extend", "host": machine.emulator.base_url, "password": key}
            database = machine.folder / "airflow" / "airflow.db"
            if right not in _stored:
                (machine.folder / "connections.json").write_text(json.dumps({"extend_default": stored}))
                machine.bash("airflow connections import --overwrite connections.json", env)
                _stored[right] = database.read_bytes()
            database.write_bytes(_stored[right])
            _printed[command, right] = machine.bash(command, env, codes=(0,) if right else (1,))
        printed.append(_printed[command, right].stdout)
    return printed


def run_doctor(command: str, machine: Machine) -> None:
    printed = outputs_of_doctor(command, machine)
    if ">" in command:
        report = machine.folder / command.rpartition(">")[2].strip()
        assert printed == ["", ""]
        assert json.loads(report.read_text())["ok"] is False, "the key was mistyped the last time"
        assert "sk_mistyped" not in report.read_text()
    else:
        assert "Nothing failed." in printed[0]
        assert "Failed: key." in printed[1]


def outputs_of_jobs(command: str, machine: Machine) -> list[str]:
    """There is no job in an Airflow that nobody has started."""
    if (command, True) not in _printed:
        _printed[command, True] = machine.bash(command, codes=(1,))
    printed = _printed[command, True]
    return [printed.stdout + printed.stderr]


def run_jobs(command: str, machine: Machine) -> None:
    assert outputs_of_jobs(command, machine)[0]


def write_gate_files(machine: Machine) -> None:
    """`run.json` and `gate.yaml`, as docs/gate.md shows them before it judges."""
    page = ROOT / "docs" / "gate.md"
    rules = [block.code for block in blocks(page, "yaml") if block.code.startswith("version:")]
    (machine.folder / "run.json").write_text(blocks(page, "json")[0].code)
    (machine.folder / "gate.yaml").write_text(rules[-1])


def outputs_of_gate(command: str, machine: Machine) -> list[str]:
    """In a folder with a run that fails by the rules."""
    write_gate_files(machine)
    code = 1 if command.startswith("airflow-extend gate check") else 0
    return [machine.bash(command, environment(machine.folder), codes=(code,)).stdout]


def run_gate(command: str, machine: Machine) -> None:
    [printed] = outputs_of_gate(command, machine)
    if ">" in command:
        from airflow_provider_extend.gate.rules_file import load_rules

        assert printed == ""
        assert load_rules((machine.folder / command.rpartition(">")[2].strip()).read_bytes()).rules
    else:
        assert printed
    for option, begins in (("--markdown", "# ✗ FAIL"), ("--html", "<!doctype html>")):
        if option in command:
            words = shlex.split(command)
            assert (machine.folder / words[words.index(option) + 1]).read_text().startswith(begins)


@dataclass(frozen=True)
class Command:
    """What is done with a command line that begins so.

    :ivar outputs: what it prints, in each situation that the documentation speaks of.
    """

    begins: str
    run: Callable[[str, Machine], None]
    slow: bool = True
    outputs: Callable[[str, Machine], list[str]] | None = None


COMMANDS = (
    Command(r"(\w+=\S+ )*make [\w-]+$", check_make, slow=False),
    Command(r"(\w+=\S+ )*make [\w-]+ ", check_make),
    Command(r"pip install ", check_pip, slow=False),
    Command(r"export AIRFLOW_CONN_\w+=", run_export, slow=False),
    Command(r"airflow connections add ", run_connections_add),
    Command(r"airflow jobs check ", run_jobs, outputs=outputs_of_jobs),
    Command(r"airflow-extend doctor\b", run_doctor, outputs=outputs_of_doctor),
    Command(r"airflow-extend gate (check|explain|init) ", run_gate, slow=False, outputs=outputs_of_gate),
    Command(r"python -m airflow_provider_extend\.emulator ", run_emulator),
)


def command_of(block: Block, line: str) -> Command:
    for command in COMMANDS:
        if re.match(command.begins, line):
            return command
    raise LookupError(
        f"{block.name}: nothing runs {line!r}. Say in COMMANDS (tests/docs/executors.py) how to run it."
    )


def run_bash(block: Block, machine: Machine) -> None:
    lines = commands(block.code)
    assert lines, f"{block.name}: no command"
    for line in lines:
        command_of(block, line).run(line, machine)


# ------------------------------------------------------------------------------------------------------- text


def compare_text(block: Block, machine: Machine) -> None:
    """Printed by the command above it on the page, but for numbers that are others on every machine."""
    lines = [
        (each, line)
        for each in blocks(block.page, "bash")
        if each.line < block.line
        for line in commands(each.code)
        if command_of(each, line).outputs
    ]
    if not lines:
        pytest.fail(
            f"{block.name}: no command above it prints anything. Give one in COMMANDS its `outputs`, or write what "
            "is no output as an indented block."
        )
    each, line = lines[-1]
    outputs = command_of(each, line).outputs
    assert outputs is not None
    printed = outputs(line, machine)
    shown = _stable(block.code)
    assert shown
    assert any(shown in _stable(output) for output in printed), f"{shown}\n\nis not in:\n" + "\n".join(
        printed
    )


def run_yaml(block: Block, machine: Machine) -> None:
    """Rules of the gate load; of a CI job each command is run, or checked, as those of the shell are."""
    import yaml

    from airflow_provider_extend.gate.rules_file import load_rules

    if "jobs" not in yaml.safe_load(block.code):
        assert load_rules(block.code, block.name).rules
        return
    steps = [step for job in yaml.safe_load(block.code)["jobs"].values() for step in job["steps"]]
    lines = [line for step in steps for line in commands(step.get("run", ""))]
    assert lines, f"{block.name}: no command"
    for line in lines:
        command_of(block, line).run(line, machine)


def find_rows(block: Block, machine: Machine) -> None:
    """Rows of the table of endpoints: they stand in it."""
    table = ROOT / "airflow_provider_extend" / "api" / "table.py"
    assert set(map(_stable, block.code.splitlines())) <= set(map(_stable, table.read_text().splitlines()))


def _stable(text: str) -> str:
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"(Provider|Airflow|Python) \d+\.\d+\.\d+", r"\1 VERSION", text)
    return " ".join(re.sub(r"\d+ ms", "N ms", text).split())


EXECUTORS: dict[str, Callable[[Block, Machine], None]] = {
    "bash": run_bash,
    "ini": run_ini,
    "json": run_json,
    "python": run_python,
    "table": find_rows,
    "text": compare_text,
    "yaml": run_yaml,
}


def execute(block: Block, machine: Machine) -> None:
    if block.language not in EXECUTORS:
        pytest.fail(
            f"{block.name}: nothing executes a block in {block.language or 'no language'}. Say in EXECUTORS "
            "(tests/docs/executors.py) what is to be done with it: nothing is shown that was not tried."
        )
    EXECUTORS[block.language](block, machine)


def takes_long(block: Block) -> bool:
    """Whether it starts processes of Airflow or of the local Extend."""
    if block.language != "bash":
        return block.language == "text"
    try:
        return any(command_of(block, line).slow for line in commands(block.code))
    except LookupError:
        return False  # its test fails at once
