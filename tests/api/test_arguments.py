"""What is given to an endpoint: where it goes, and what is refused before anything is sent."""

import pytest

from airflow_provider_extend.api.arguments import arrange
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import ExtendEndpointNotInVersion, ExtendInputError

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"
FILE = {"id": "file_1"}


def given(name: str, version: str = V2026, /, **parameters):
    query, body, warnings = arrange(find(name), version, parameters)
    assert warnings == []
    return query, body


def refused(name: str, version: str = V2026, /, **parameters) -> str:
    with pytest.raises(ExtendInputError) as caught:
        given(name, version, **parameters)
    text = str(caught.value)
    assert name in text
    assert version in text
    assert text.endswith("Nothing was sent.")
    return text


def test_query_and_body_are_told_apart_and_spelt_as_the_api_spells_them():
    assert given(
        "parse_runs.create_sync", file=FILE, response_type="url", data_retention={"mode": "zero"}
    ) == (
        {"responseType": "url"},
        {"file": FILE, "dataRetention": {"mode": "zero"}},
    )
    assert given("files.list", max_page_size=5, name_contains="x") == (
        {"maxPageSize": 5, "nameContains": "x"},
        {},
    )


def test_the_apis_own_spelling_does_too():
    assert given("files.list", maxPageSize=5, nameContains="x") == given(
        "files.list", max_page_size=5, name_contains="x"
    )


def test_none_is_not_given():
    assert given("extractors.update", name=None, config={"a": None}) == ({}, {"config": {"a": None}})
    assert "name must be given" in refused("extractors.create", name=None)


@pytest.mark.parametrize("empty", [False, 0, "", [], {}])
def test_what_is_empty_is_given(empty):
    assert given("workflow_runs.update", name=empty) == ({}, {"name": empty})


def test_a_misspelt_parameter_names_near_ones_and_the_way_out():
    text = refused("extract_runs.create", extracter={"id": "ex_1"}, file=FILE)
    assert "no parameter 'extracter'" in text
    assert "Did you mean extractor?" in text
    assert "It takes extractor, config, file, package, priority, metadata." in text
    assert "client.call('extract_runs.create', ..., body={...})" in text


def test_what_resembles_nothing_is_named_too():
    text = refused("batch_runs.retrieve", zzz=1)
    assert "no parameter 'zzz'" in text
    assert "It takes none." in text
    assert "Did you mean" not in text
    assert "query={...}" in text


@pytest.mark.parametrize(
    ("name", "version", "parameters", "having"),
    [
        ("processor_runs.create", V2024, {"sync": True}, "2025-04-21 and 2026-02-09 have it"),
        ("workflow_runs.create", V2026, {"workflow_id": "w"}, "2024-12-23 and 2025-04-21 have it"),
        ("files.list", V2025, {"sort_by": "createdAt"}, "2024-12-23 has it"),
        ("files.upload", V2025, {"password": "p"}, "2026-02-09 has it"),
    ],
)
def test_a_parameter_of_another_version_names_the_versions_that_have_it(name, version, parameters, having):
    assert having in refused(name, version, **parameters)


@pytest.mark.parametrize("key", ["file_id", "id"])
def test_an_id_by_keyword_is_told_to_go_by_position(key):
    assert "Ids are given by position: (file_id)" in refused("files.retrieve", **{key: "f"})


def test_what_must_be_given_is_named():
    assert "name, entity_id must be given" in refused("evaluation_sets.create")
    assert "description must be given" in refused(
        "evaluation_sets.create", V2025, name="n", processor_id="dp_1"
    )


def test_a_parameter_in_two_spellings_is_refused():
    text = refused("files.list", max_page_size=1, maxPageSize=2)
    assert "max_page_size is given twice" in text


@pytest.mark.parametrize("priority", [0, 101, -1])
def test_a_priority_outside_1_to_100_is_refused(priority):
    text = refused("extract_runs.create", file=FILE, priority=priority)
    assert f"priority is {priority}: expected a whole number from 1 to 100" in text


@pytest.mark.parametrize("priority", [1, 100])
def test_a_priority_at_the_limit_passes(priority):
    assert given("extract_runs.create", file=FILE, priority=priority)[1]["priority"] == priority


@pytest.mark.parametrize(
    ("name", "version", "parameters", "told"),
    [
        ("parse_runs.create_batch", V2026, {"inputs": []}, "inputs holds 0: a batch takes 1 to 1000"),
        ("parse_runs.create_batch", V2026, {"inputs": [{}] * 1001}, "inputs holds 1001"),
        ("workflow_runs.create_batch", V2024, {"workflow_id": "w", "inputs": ()}, "inputs holds 0"),
        ("evaluation_set_items.create", V2026, {"items": [{}] * 101}, "items holds 101"),
        ("workflow_runs.create", V2025, {"workflow_id": "w", "files": [{}] * 51}, "files holds 51"),
        ("files.list", V2025, {"max_page_size": 1001}, "max_page_size is 1001: expected a whole number"),
        ("extract_runs.create", V2026, {"package": {"files": [FILE]}}, "package holds 1"),
        (
            "workflow_runs.create",
            V2026,
            {"workflow": {}, "package": {"files": [FILE, FILE]}},
            "is the same file as",
        ),
        ("evaluation_set_items.create", V2026, {"items": [{"fileIds": ["f"]}]}, "no expectedOutput"),
        (
            "extract_runs.create_batch",
            V2026,
            {"extractor": {}, "inputs": [{"metadata": {"extend:usage_tags": 1}}]},
            "inputs[0].metadata 'extend:usage_tags' is a int",
        ),
    ],
)
def test_too_few_or_too_many_are_refused(name, version, parameters, told):
    assert told in refused(name, version, **parameters)


def test_as_many_as_may_be_pass():
    for count in (1, 1000):
        assert len(given("parse_runs.create_batch", inputs=[{"file": FILE}] * count)[1]["inputs"]) == count


def test_metadata_above_10_kb_is_refused_without_being_shown():
    fits = {"k": "é" * ((10240 - len('{"k":""}')) // 2)}
    assert given("extract_runs.create", file=FILE, metadata=fits)[1]["metadata"] == fits
    text = refused("extract_runs.create", file=FILE, metadata={"k": fits["k"] + "éa"})
    assert "metadata has 10243 bytes as JSON: at most 10240 may be" in text
    assert "é" not in text


def test_metadata_of_an_older_version_has_no_limit_here():
    large = {"k": "x" * 20000}
    assert given("processor_runs.create", V2025, processor_id="p", raw_text="t", metadata=large)[1][
        "metadata"
    ] == (large)


def test_metadata_that_are_no_json_are_refused():
    assert "JSON does not know" in refused("extract_runs.create", file=FILE, metadata={"k": object()})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("extract_runs.create", {"file": FILE, "metadata": {"extend:usage_tags": ["a b"]}}),
        ("workflow_runs.update", {"metadata": {"extend:usage_tags": ["a b"]}}),
        (
            "parse_runs.create_batch",
            {"inputs": [{"file": FILE, "metadata": {"extend:usage_tags": ["a b"]}}]},
        ),
    ],
)
def test_what_extend_changes_of_it_is_told(name, parameters):
    _, body, [said] = arrange(find(name), V2026, parameters)
    assert body == parameters
    assert "'a b' as 'ab'" in said


@pytest.mark.parametrize(
    ("name", "version", "parameters", "told"),
    [
        ("extract_runs.create", V2026, {}, "exactly one of file, package must be given, not none of them"),
        ("extract_runs.create", V2026, {"file": FILE, "package": {}}, "not file and package"),
        (
            "extract_runs.create",
            V2026,
            {"file": FILE, "extractor": {}, "config": {}},
            "at most one of extractor, config must be given, not extractor and config",
        ),
        ("classify_runs.create", V2026, {"file": FILE}, "at least one of classifier, config must be given"),
        ("processor_runs.create", V2025, {"processor_id": "p"}, "exactly one of file, raw_text"),
        (
            "processor_runs.create",
            V2024,
            {"processor_id": "p", "file": {}, "raw_text": "t"},
            "not file and raw_text",
        ),
        ("workflow_runs.create", V2026, {"workflow": {}}, "exactly one of file, package"),
        (
            "workflow_runs.create",
            V2026,
            {"workflow": {}, "package": {}, "outputs": []},
            "at most one of package, outputs",
        ),
        ("extractors.create", V2026, {"name": "n", "generate": {}, "config": {}}, "not generate and config"),
    ],
)
def test_parameters_that_exclude_or_need_each_other(name, version, parameters, told):
    assert told in refused(name, version, **parameters)


def test_both_ways_to_say_it_pass_where_the_documentation_does_not_exclude_them():
    both = {"classifier": {"id": "cl_1"}, "config": {"classifications": []}}
    assert given("classify_runs.create", file=FILE, **both)[1] == {"file": FILE, **both}


def test_an_endpoint_of_another_version_is_told_first():
    with pytest.raises(ExtendEndpointNotInVersion, match="2026-02-09 has it"):
        given("extract_runs.create", V2024, nonsense=1)
