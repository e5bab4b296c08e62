"""What Airflow and pip see of the package."""

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from importlib.metadata import entry_points
from pathlib import Path

import jsonschema
import pytest

import airflow_provider_extend
from airflow_provider_extend.get_provider_info import get_provider_info

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
INFO = get_provider_info()
MODULES = sorted(
    module
    for kind in ("hooks", "operators", "sensors", "triggers")
    for entry in INFO[kind]
    for module in entry["python-modules"]
)


def airflow_schema(name: str) -> dict:
    airflow = Path(importlib.util.find_spec("airflow").origin).parent
    path = airflow / name
    if not path.exists():
        pytest.skip(f"this Airflow ships no {name}")
    return json.loads(path.read_text())


def test_names_and_versions_agree():
    assert INFO["package-name"] == PROJECT["name"] == "airflow-provider-extend"
    assert airflow_provider_extend.__version__ == PROJECT["version"]


def test_dependencies_are_the_three_that_were_promised():
    assert [re.split("[<>=~!]", text)[0] for text in PROJECT["dependencies"]] == [
        "apache-airflow",
        "requests",
        "tenacity",
    ]


def test_airflow_finds_the_entry_point():
    (found,) = [
        point
        for point in entry_points(group="apache_airflow_provider")
        if point.value.startswith("airflow_provider_extend.")
    ]
    assert found.dist.name == PROJECT["name"]
    assert found.load() is get_provider_info


def test_provider_info_fits_airflows_schema():
    jsonschema.validate(INFO, airflow_schema("provider_info.schema.json"))


def test_connection_form_fits_airflows_schema():
    schema = airflow_schema("provider.yaml.schema.json")["properties"]["connection-types"]
    if "conn-fields" not in schema["items"]["properties"]:
        pytest.skip("this Airflow knows no declared connection forms")
    jsonschema.validate(INFO["connection-types"], schema)


def test_connection_form_keeps_the_port_and_hides_no_secret_key():
    (connection,) = INFO["connection-types"]
    behaviour = connection["ui-field-behaviour"]
    assert behaviour["hidden-fields"] == ["login", "schema"]
    assert "443" in behaviour["placeholders"]["port"]
    assert behaviour["placeholders"]["port"] != "443", "it would look as if it were filled in"
    for name, field in connection["conn-fields"].items():
        assert field["description"], name
        assert "null" in field["schema"]["type"], f"{name} must be optional"
        default = field["schema"].get("default")
        jsonschema.validate(default, field["schema"]) if default is not None else None


def test_provider_info_imports_nothing():
    code = (
        "import sys; import airflow_provider_extend; before = set(sys.modules)\n"
        "from airflow_provider_extend.get_provider_info import get_provider_info; get_provider_info()\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["airflow_provider_extend.get_provider_info"]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_is_named_exists(module):
    importlib.import_module(module)


def test_hook_class_that_is_named_exists():
    (connection,) = INFO["connection-types"]
    module, _, name = connection["hook-class-name"].rpartition(".")
    hook = getattr(importlib.import_module(module), name)
    assert hook.conn_type == connection["connection-type"]
    assert hook.hook_name == connection["hook-name"]


@pytest.mark.slow
def test_airflow_lists_the_provider():
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "providers", "list", "--output", "json"],
        check=True,
        capture_output=True,
        text=True,
    )
    (listed,) = [
        row
        for row in json.loads(done.stdout[done.stdout.index("[{") :])
        if row["package_name"] == PROJECT["name"]
    ]
    assert listed["version"] == PROJECT["version"]


@pytest.mark.slow
def test_airflow_reads_the_default_configuration():
    if not hasattr(importlib.import_module("airflow.sdk"), "conf"):
        pytest.skip("this Airflow knows a provider's defaults only once all providers are loaded")
    code = "from airflow.sdk import conf; print([conf.get('extend', k) for k in ('allowed_hosts', 'deployment')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "['', '']"  # after Airflow's own log lines


@pytest.mark.slow
def test_wheel_holds_the_package_alone(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        dist_info = next(name for name in names if name.endswith("/METADATA"))
        metadata = message_from_string(archive.read(dist_info).decode())
    assert {name.split("/")[0] for name in names} == {
        "airflow_provider_extend",
        dist_info.split("/")[0],
    }
    assert {"airflow_provider_extend/py.typed", "airflow_provider_extend/resources.pyi"} <= set(names)
    required = [text for text in metadata.get_all("Requires-Dist") if "extra ==" not in text]
    assert sorted(re.split("[<>=~!]", text)[0] for text in required) == [
        "apache-airflow",
        "requests",
        "tenacity",
    ]
    assert any(url.startswith("Documentation,") for url in metadata.get_all("Project-URL"))
