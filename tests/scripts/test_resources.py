"""The types of the client's resources: made from the table, in step with it, and felt by mypy."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.api.signatures import RESOURCES

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "resources.py"
STUB = ROOT / "airflow_provider_extend" / "resources.pyi"
CLASSES = {node.name: node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef)}


@pytest.fixture
def script(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("resources_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(name: str) -> list[ast.FunctionDef]:
    resource, verb = name.split(".")
    members = CLASSES["".join(part.capitalize() for part in resource.split("_"))].body
    return [node for node in members if isinstance(node, ast.FunctionDef) and node.name == verb]


def test_the_file_is_what_the_table_says(script, capsys):
    assert script.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_stale_file_fails_with_one_line(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "STUB", tmp_path / "resources.pyi")
    assert script.main(["--check"]) == 1
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    script.STUB.write_text(script.STUB.read_text().replace("extractor", "extracter"))
    capsys.readouterr()
    assert script.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert told == "resources.pyi is not what api/table.py says: run scripts/resources.py\n"


def test_a_client_has_each_resource_as_an_attribute():
    named = {
        node.target.id: node.annotation.id
        for node in CLASSES["Resources"].body
        if isinstance(node, ast.AnnAssign)
    }
    assert set(named) == set(RESOURCES)
    assert set(named.values()) == set(CLASSES) - {"Resources"}


@pytest.mark.parametrize(
    ("version", "name"),
    [(version, name) for name, endpoint in ENDPOINTS.items() for version in endpoint.paths],
)
def test_one_way_to_call_it_is_that_of_the_version(version, name):
    endpoint = ENDPOINTS[name]
    [function] = [f for f in functions(name) if version in ast.get_docstring(f)]
    given = {
        argument.arg: default is None
        for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    }
    takes = {p.keyword: p for p in endpoint.parameters(version) if p.kind != "binary"}
    assert takes.keys() <= given.keys()
    assert {key for key, required in given.items() if required} == {
        key for key, parameter in takes.items() if parameter.required
    }
    ids = [*function.args.posonlyargs, *function.args.args]
    assert len(ids) == 1 + (len(endpoint.path_parameters(version)) or name == "files.upload")
    for key in given.keys() - takes.keys() - {"name"}:
        assert f":param {key}: (" in ast.get_docstring(function), "it says which versions have it"


SNIPPET = """
from collections.abc import Iterator
from typing import Any

from airflow_provider_extend.client import ExtendClient
from airflow_provider_extend.resources import ExtractRuns

def right(client: ExtendClient, runs: ExtractRuns, names: list[str], rows: list[dict[str, Any]]) -> None:
    run: dict[str, Any] = client.extract_runs.create(extractor={"id": "ex_1"}, file={"id": "f"}, priority=1)
    found: Iterator[dict[str, Any]] = client.files.list(name_contains="a", sort_dir="asc")
    started: list[dict[str, Any]] = client.workflow_runs.create(workflow_id="w", files=rows, raw_texts=names)
    one: dict[str, Any] = client.workflow_runs.create(workflow={"id": "w"}, file={"id": "f"})
    client.evaluation_set_items.update("evi_1", expected_output={})
    client.evaluation_set_items.update("ev_1", "evi_1", expected_output={})
    client.files.upload("a.pdf", password="p")
    runs.create_batch(extractor={"id": "ex_1"}, inputs=rows)

def wrong(client: ExtendClient) -> None:
    client.extract_runs.create(extracter={"id": "ex_1"})  # wrong
    client.extractors.create()  # wrong
    client.extract_runs.create(priority="high")  # wrong
    client.files.retrieve(file_id="f")  # wrong
    client.files.list(sort_dir="up")  # wrong
    client.workflow_runs.create(workflow_id="w", workflow={"id": "w"})  # wrong
    client.webhook_endpoints.create(url="u", name="n", enabled_events="all", api_version="v")  # wrong
    client.extract_runs.publish("exr_1")  # wrong
    client.invoices.list()  # wrong
"""


def test_mypy_knows_every_keyword(tmp_path):
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", os.devnull]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), str(snippet)],
        env={**os.environ, "MYPYPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    told = {line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line}
    wrong = {str(n) for n, line in enumerate(SNIPPET.splitlines(), 1) if line.endswith("# wrong")}
    assert told == wrong, done.stdout + done.stderr
