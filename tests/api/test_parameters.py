"""The parameters of every call against the list of the API's documentation (data/parameters.csv)."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from airflow_provider_extend.api.endpoints import ENDPOINTS, find
from airflow_provider_extend.api.errors import ExtendEndpointNotInVersion
from airflow_provider_extend.api.parameters import Parameter, in_versions, parse, snake
from airflow_provider_extend.api.table import ENDPOINTS_TABLE, GLOSSARY

with (Path(__file__).parent.parent / "data" / "parameters.csv").open(newline="") as _file:
    DOCUMENTED = list(csv.DictReader(_file))
V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


def address(row: dict[str, str]) -> tuple[str, ...]:
    return row["version"], row["method"], row["path"], row["parameter"]


BY_ADDRESS: dict[tuple[str, ...], Parameter] = {
    (version, endpoint.method, path, parameter.name): parameter
    for endpoint in ENDPOINTS.values()
    for version, path in endpoint.paths.items()
    for parameter in endpoint.parameters(version)
}


def parameter(name: str, version: str, key: str) -> Parameter:
    [found] = [p for p in find(name).parameters(version) if p.name == key]
    return found


def test_every_documented_parameter_and_no_other_is_in_the_table():
    assert set(BY_ADDRESS) == {address(row) for row in DOCUMENTED}
    assert len(DOCUMENTED) >= 444


def test_none_is_there_twice():
    counted = Counter(
        (name, version, p.name)
        for name, endpoint in ENDPOINTS.items()
        for version in endpoint.paths
        for p in endpoint.parameters(version)
    )
    assert [key for key, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda row: " ".join(address(row)))
def test_a_parameter_has_its_documented_place_and_need(documented):
    found = BY_ADDRESS[address(documented)]
    assert found.where == documented["in"]
    assert found.required is (documented["required"] == "yes")


@pytest.mark.parametrize(
    ("name", "version", "key", "said"),
    [
        ("extract_runs.create", V2026, "priority", "1 to 100"),
        ("processor_runs.create", V2024, "priority", "1 to 100"),
        ("workflow_runs.create_batch", V2026, "priority", "1 to 100"),
        ("workflow_runs.create", V2025, "files", "1 to 50 of them"),
        ("workflow_runs.create_batch", V2024, "inputs", "1 to 1000 of them"),
        ("split_runs.create_batch", V2026, "inputs", "1 to 1000 of them"),
        ("parse_runs.create_batch", V2026, "inputs", "1 to 1000 of them"),
        ("evaluation_set_items.create", V2026, "items", "1 to 100 of them; 2 to 50 fileIds each"),
        ("workflow_runs.create", V2026, "package", "2 to 50 files, each once"),
        ("files.list", V2025, "maxPageSize", "1 to 1000"),
    ],
)
def test_a_documented_limit(name, version, key, said):
    assert parameter(name, version, key).limit.said == said


@pytest.mark.parametrize(
    ("name", "version", "key"),
    [
        ("files.list", V2026, "maxPageSize"),
        ("files.list", V2024, "maxPageSize"),
        ("workflow_runs.create", V2025, "metadata"),
        ("evaluation_set_items.create_bulk", V2025, "items"),
    ],
)
def test_where_no_limit_is_documented_there_is_none(name, version, key):
    assert parameter(name, version, key).limit is None


@pytest.mark.parametrize("name", ["extract_runs.create", "parse_runs.create", "workflow_runs.update"])
def test_metadata_has_a_limit_in_bytes_on_the_newest(name):
    assert parameter(name, V2026, "metadata").limit.said == "at most 10 KB as JSON"
    assert "extend:usage_tags" in parameter(name, V2026, "metadata").meaning


@pytest.mark.parametrize(
    ("name", "version", "key", "kind"),
    [
        ("files.list", V2024, "sortBy", "createdAt"),
        ("workflow_runs.list", V2024, "sortBy", "updatedAt|createdAt"),
        ("processors.create", V2024, "type", "EXTRACT|CLASSIFY|SPLITTER"),
        ("parse_runs.retrieve", V2026, "responseType", "json|url"),
        ("extractor_versions.create", V2026, "releaseType", "major|minor"),
        ("webhook_subscriptions.create", V2026, "resourceType", "extractor|classifier|splitter|workflow"),
        ("webhook_endpoints.list", V2026, "status", "enabled|disabled"),
    ],
)
def test_a_closed_list_of_values_is_the_type(name, version, key, kind):
    assert parameter(name, version, key).kind == kind


@pytest.mark.parametrize(
    ("name", "version", "rules"),
    [
        ("extract_runs.create", V2026, ["Exactly one of file, package", "At most one of extractor, config"]),
        ("classify_runs.create_sync", V2026, ["At least one of classifier, config"]),
        ("processor_runs.create", V2025, ["Exactly one of file, raw_text"]),
        ("workflow_runs.create", V2024, ["Exactly one of files, raw_texts"]),
        (
            "workflow_runs.create",
            V2026,
            ["Exactly one of file, package", "At most one of package, outputs"],
        ),
        ("edit_runs.create", V2025, []),
        ("edit_runs.create", V2026, ["Exactly one of file, template_id"]),
    ],
)
def test_what_parameters_must_be_together(name, version, rules):
    assert [str(rule) for rule in find(name).rules(version)] == rules


def test_a_version_without_the_endpoint_has_no_parameters_of_it():
    for ask in (find("extract_runs.create").parameters, find("extract_runs.create").rules):
        with pytest.raises(ExtendEndpointNotInVersion, match="2026-02-09 has it"):
            ask(V2024)


def test_the_rows_that_are_read_are_those_that_are_written():
    written = [line for line in ENDPOINTS_TABLE.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in written] == list(ENDPOINTS)
    assert len({line.split()[0] for line in GLOSSARY.splitlines()}) == len(GLOSSARY.splitlines())


def test_every_word_of_the_glossary_is_used():
    used = set(re.findall(r"\w+", ENDPOINTS_TABLE))
    groups = {"maxPageSize", "nextPageToken", "pageSize", "sortBy", "sortDir"}
    assert {line.split()[0] for line in GLOSSARY.splitlines()} - used - groups == set()


@pytest.mark.parametrize(
    ("marks", "years"),
    [(None, "456"), ("2025", "5"), ("2025+", "56"), ("-2025", "45"), ("2026", "6"), ("2026+", "6")],
)
def test_versions_are_named_by_their_year(marks, years):
    assert [in_versions(marks, f"202{year}-01-01") for year in "456"] == [year in years for year in "456"]


def test_a_token_says_place_word_need_and_versions():
    [found], rules = parse("?convertToPdf:sync!@2025+ name:rawText@2024", "POST", V2026)
    assert (found.name, found.keyword, found.where, found.required) == (
        "convertToPdf",
        "convert_to_pdf",
        "query",
        True,
    )
    assert (found.kind, rules) == ("boolean", ())
    assert [p.where for p in parse("name", "GET", V2026)[0]] == ["query"]
    assert [p.where for p in parse("name", "POST", V2026)[0]] == ["body"]


@pytest.mark.parametrize(
    ("tokens", "told"), [("na-me", "'na-me' is no parameter"), ("nothing", "no 'nothing'")]
)
def test_a_slip_in_the_table_is_told(tokens, told):
    with pytest.raises(ValueError, match=told):
        parse(tokens, "POST", V2026)


@pytest.mark.parametrize(
    ("api", "python"),
    [("evaluationSetId", "evaluation_set_id"), ("file", "file"), ("convertToPdf", "convert_to_pdf")],
)
def test_keywords_are_spelt_as_python_spells_them(api, python):
    assert snake(api) == python


@pytest.mark.parametrize(
    ("name", "version", "names"),
    [
        ("files.retrieve", V2026, ("file_id",)),
        ("workflow_runs.retrieve", V2024, ("workflow_run_id",)),
        ("workflow_runs.retrieve", V2026, ("workflow_run_id",)),
        ("parse_runs.retrieve", V2025, ("parser_run_id",)),
        ("processor_versions.list", V2025, ("processor_id",)),
        ("evaluation_set_items.update", V2025, ("evaluation_set_item_id",)),
        ("evaluation_set_items.update", V2026, ("evaluation_set_id", "item_id")),
        ("files.list", V2026, ()),
    ],
)
def test_an_id_is_called_after_what_it_is_of(name, version, names):
    assert find(name).id_names(version) == names
