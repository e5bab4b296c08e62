"""The endpoint table against the list of the API's documentation (data/endpoints.csv, made from it by hand).

Two rows of the list say more than the documentation's table: a batch of workflow runs is answered as
`{batchId}` in every version (before 2026-02-09 beside `success`) and taken whole, and the items created on
2026-02-09 come under `evaluationSetItems`.
"""

import csv
import json
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from airflow_provider_extend.api.calls import build
from airflow_provider_extend.api.endpoints import ENDPOINTS, find, rows
from airflow_provider_extend.api.errors import (
    ExtendEndpointNotInVersion,
    ExtendHostNotAllowed,
    ExtendInputError,
)

with (Path(__file__).parent.parent / "data" / "endpoints.csv").open(newline="") as _file:
    DOCUMENTED = list(csv.DictReader(_file))
BY_ADDRESS = {(row["version"], row["method"], row["path"]): row for row in rows()}


def address(row: dict[str, str]) -> tuple[str, str, str]:
    return row["version"], row["method"], row["path"]


def test_every_documented_call_and_no_other_is_in_the_table():
    assert set(BY_ADDRESS) == {address(row) for row in DOCUMENTED}
    assert len(rows()) == len(BY_ADDRESS) == len(DOCUMENTED)


def test_each_version_has_as_many_calls_as_its_documentation():
    assert Counter(row["version"] for row in rows()) == {
        "2024-12-23": 24,
        "2025-04-21": 44,
        "2026-02-09": 117,
    }


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda row: " ".join(address(row)))
def test_a_call_has_its_documented_traits(documented):
    row = BY_ADDRESS[address(documented)]
    assert row["class"] == documented["class"]
    assert row["repeatable"] is (documented["repeatable"] == "yes")
    assert row["envelope"] == (documented["envelope"] or None)
    assert row["deprecated"] is (documented["deprecated"] == "yes")


def test_exactly_the_calls_that_start_a_run_count_as_runs():
    runs = {name for name, endpoint in ENDPOINTS.items() if endpoint.rate_class == "RUN"}
    assert runs == {
        "processor_runs.create",
        "workflow_runs.create",
        "workflow_runs.create_batch",
        "evaluation_set_runs.create",
        "form_detection_runs.create",
        "form_detection_runs.create_sync",
        *(f"{kind}_runs.create" for kind in ("extract", "classify", "split", "parse", "edit", "verify")),
        *(f"{kind}_runs.create_sync" for kind in ("extract", "classify", "split", "parse", "edit", "verify")),
        *(f"{kind}_runs.create_batch" for kind in ("extract", "classify", "split", "parse")),
    }


def test_nothing_that_starts_a_run_or_deletes_is_repeatable():
    assert not [
        name
        for name, endpoint in ENDPOINTS.items()
        if endpoint.repeatable and (endpoint.rate_class == "RUN" or endpoint.method == "DELETE")
    ]


def test_the_command_line_prints_the_table_as_json(capsys):
    runpy.run_module("airflow_provider_extend.api", run_name="__main__")
    printed = capsys.readouterr()
    table = json.loads(printed.out)
    assert printed.err == ""
    assert {address(row) for row in table} == {address(row) for row in DOCUMENTED}
    assert {
        "version": "2024-12-23",
        "name": "batch_processor_runs.retrieve",
        "method": "GET",
        "path": "/batch_processor_runs/{id}",
        "class": "GET",
    }.items() <= table[0].items()
    assert all({"version", "name", "method", "path", "class"} <= set(row) for row in table)


def test_the_table_is_light_it_loads_neither_airflow_nor_an_http_library():
    code = (
        "import sys, airflow_provider_extend.api.runs, airflow_provider_extend.gate.judge\n"
        "print([name for name in ('airflow', 'requests', 'tenacity') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"


def test_an_unknown_verb_names_the_verbs_there_are():
    with pytest.raises(ExtendInputError) as caught:
        find("evaluation_set_runs.cancel")
    assert "'evaluation_set_runs.cancel'" in str(caught.value)
    assert "evaluation_set_runs.create, evaluation_set_runs.retrieve" in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_an_unknown_resource_names_the_resources_there_are():
    with pytest.raises(ExtendInputError, match=r"no endpoint 'invoices.list'.*extract_runs, .*workflows"):
        find("invoices.list")


@pytest.mark.parametrize(
    ("name", "version", "has_it"),
    [
        ("evaluation_set_runs.create", "2024-12-23", "2026-02-09 has it"),
        ("evaluation_set_runs.create", "2025-04-21", "2026-02-09 has it"),
        ("files.create", "2026-02-09", "2024-12-23 and 2025-04-21 have it"),
        ("files.delete", "2024-12-23", "2025-04-21 and 2026-02-09 have it"),
    ],
)
def test_a_call_of_another_version_names_the_versions_that_have_it(name, version, has_it):
    with pytest.raises(ExtendEndpointNotInVersion) as caught:
        build(name, version)
    for words in (repr(name), version, has_it, "api_version", "Nothing was sent"):
        assert words in str(caught.value)
    assert caught.value.is_permanent()
    assert not isinstance(caught.value, ExtendHostNotAllowed)


@pytest.mark.parametrize(
    ("name", "version", "parameters"),
    [
        ("workflow_runs.retrieve", "2024-12-23", ("workflowRunId",)),
        ("workflow_runs.retrieve", "2026-02-09", ("id",)),
        ("evaluation_set_items.update", "2025-04-21", ("id",)),
        ("evaluation_set_items.update", "2026-02-09", ("evaluationSetId", "itemId")),
        ("files.list", "2026-02-09", ()),
    ],
)
def test_the_ids_of_a_path_differ_between_versions(name, version, parameters):
    assert find(name).path_parameters(version) == parameters
