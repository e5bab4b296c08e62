"""What the documentation shows is run: code blocks against the local Extend, links against the tree."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    found = []
    for indent, name, code in BLOCK.findall(page.read_text()):
        if name == language:
            found.append(re.sub(f"^{indent}", "", code, flags=re.MULTILINE))
    return found


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_python_blocks_run_in_order_inside_a_dag(page, extend_emulator, monkeypatch, tmp_path):
    from airflow.sdk import DAG

    for name, value in extend_emulator.env("2026-02-09").items():
        monkeypatch.setenv(name, value)
    names: dict = {}
    with DAG(dag_id=f"docs_{page.stem}", schedule=None) as dag:
        for code in blocks(page, "python"):
            exec(compile(code, str(page), "exec"), names)
    for name, function in list(names.items()):
        if name.startswith("test_"):
            function(extend_emulator, monkeypatch, tmp_path)
    if page.name == "emulator.md":
        assert "test_upload" in names
    if page.name == "README.md":
        assert names["names"] == []
    if "wait" in names:
        assert set(dag.task_dict) >= {"wait", "gate", "publish"}
        assert dag.get_task("publish").upstream_task_ids == {"wait", "gate"}


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "json")], ids=lambda p: p.name)
def test_json_blocks_are_connections_that_the_hook_reads(page):
    from airflow_provider_extend.hooks.extend import client_settings
    from tests.airflow_names import connection_from_json

    for text in blocks(page, "json"):
        settings = client_settings(connection_from_json(text))
        assert settings.base_url == "https://api.eu1.extend.ai"
        assert settings.timeout == 60


def test_readme_connection_of_the_environment_is_one_that_the_hook_reads():
    from airflow_provider_extend.hooks.extend import client_settings
    from tests.airflow_names import connection_from_json

    line = next(b for b in blocks(ROOT / "README.md", "bash") if "AIRFLOW_CONN_EXTEND_DEFAULT" in b)
    value = shlex.split(line)[1].partition("=")[2]
    settings = client_settings(connection_from_json(value, conn_id="extend_default"))
    assert json.loads(value)["conn_type"] == "extend"
    assert (settings.base_url, settings.api_version) == ("https://api.extend.ai", "2026-02-09")


@pytest.mark.slow
def test_readme_connection_of_the_command_line_is_stored(tmp_path):
    line = next(b for b in blocks(ROOT / "README.md", "bash") if "connections add" in b)
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    env.pop("AIRFLOW__CORE__UNIT_TEST_MODE", None)
    env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{tmp_path}/airflow.db"

    def airflow(*args):
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *args], env=env, capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    airflow("db", "migrate")
    airflow(*shlex.split(line)[1:])
    stored = json.loads(airflow("connections", "get", "extend_default", "-o", "json"))[0]
    assert stored["conn_type"] == "extend"
    assert stored["extra_dejson"] == {"api_version": "2026-02-09"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_files_that_the_docs_name_exist():
    text = (ROOT / "docs" / "architecture.md").read_text() + (ROOT / "docs" / "assumptions.md").read_text()
    for name in set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)`", text)):
        assert (ROOT / "airflow_provider_extend" / name).exists(), name
