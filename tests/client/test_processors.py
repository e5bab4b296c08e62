"""Drafts and versions of a processor are the same thing in every version of the API."""

from datetime import UTC, datetime

import pytest

from airflow_provider_extend.api import errors
from airflow_provider_extend.processors import Processor, check_release_type

API = "https://api.extend.ai"
V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"
EX, DP = "ex_Xj8mK2pL9nR4vT7qY5wZ", "dp_Xj8mK2pL9nR4vT7qY5wZ"
CONFIG = {"extractionRules": "be exact", "schema": {"type": "object"}}


def test_a_draft_of_2026_is_part_of_its_extractor(client, requests_mock, example):
    requests_mock.get(f"{API}/extractors/{EX}", json=example("2026-02-09.extractor"))
    draft = Processor(client, EX, "EXTRACT").draft()
    assert (draft.id, draft.name, draft.processor_id) == ("exv_xK9mLPqRtN3vS8wF5hB2cQ", "draft", EX)
    assert draft.config["extractionRules"] == "extractionRules"
    # versions of 2026 have no time of change: the extractor's own
    assert draft.changed_at == datetime(2024, 3, 21, 16, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_", "path"), [("EXTRACT", "extractors"), ("CLASSIFY", "classifiers"), ("SPLITTER", "splitters")]
)
def test_each_type_of_2026_has_a_path_of_its_own(client, requests_mock, type_, path):
    requests_mock.get(
        f"{API}/{path}/p_1", json={"id": "p_1", "draftVersion": {"id": "v_0", "version": "draft"}}
    )
    requests_mock.get(f"{API}/{path}/p_1/versions/v_1", json={"id": "v_1", "version": "1.0"})
    requests_mock.get(f"{API}/{path}/p_1/versions", json={"object": "list", "data": [{"id": "v_1"}]})
    requests_mock.post(f"{API}/{path}/p_1/versions", json={"id": "v_2", "version": "2.0"})
    processor = Processor(client, "p_1", type_)
    assert processor.draft().id == "v_0"
    assert processor.version("v_1").name == "1.0"
    assert [row["id"] for row in processor.versions()] == ["v_1"]
    assert processor.publish({}, release_type="major", description="d")["id"] == "v_2"


@pytest.mark.parametrize(
    ("version", "type_"), [(V2024, "EXTRACT"), (V2025, "EXTRACT"), (V2025, None), (V2026, None)]
)
def test_elsewhere_the_draft_is_found_in_the_list_of_versions(
    make_client, requests_mock, example, version, type_
):
    requests_mock.get(f"{API}/processors/{DP}/versions", json=example("2025-04-21.processor_versions"))
    draft = Processor(make_client(api_version=version), DP, type_).draft()
    assert (draft.id, draft.name) == ("dpv_xK9mLPqRtN3vS8wF5hB2cQ", "draft")
    assert draft.changed_at == datetime(2024, 3, 21, 16, 45, tzinfo=UTC)
    assert draft.description == "Updated extraction fields for new invoice format"


def test_a_processor_without_a_draft_is_an_error(make_client, requests_mock):
    requests_mock.get(
        f"{API}/processors/{DP}/versions", json={"success": True, "versions": [{"id": "v", "version": "1.0"}]}
    )
    with pytest.raises(errors.ExtendError, match=f"Processor {DP} has no draft version"):
        Processor(make_client(api_version=V2025), DP, "EXTRACT").draft()
    requests_mock.get(f"{API}/extractors/{EX}", json={"id": EX, "draftVersion": None})
    with pytest.raises(errors.ExtendError, match=f"Processor {EX} has no draft version"):
        Processor(make_client(), EX, "EXTRACT").draft()


def test_a_version_of_2025_is_read_with_its_time_of_change(make_client, requests_mock, example):
    row = example("2025-04-21.processor_versions")["versions"][1]
    requests_mock.get(f"{API}/processors/{DP}/versions/{row['id']}", json={"success": True, "version": row})
    version = Processor(make_client(api_version=V2025), DP, "EXTRACT").version(row["id"])
    assert (version.id, version.name) == ("dpv_QYk6jgHA_8CsO8rVWhyNC", "1.0")
    assert version.config["type"] == "EXTRACT"
    assert version.changed_at is not None


def test_a_version_of_2026_was_changed_when_it_was_made(client, requests_mock, example):
    requests_mock.get(f"{API}/extractors/{EX}/versions/exv_1", json=example("2026-02-09.extractor_version"))
    version = Processor(client, EX, "EXTRACT").version("exv_1")
    assert version.changed_at == datetime(2024, 3, 21, 16, 45, tzinfo=UTC)


def test_exactly_the_given_config_is_published_once(make_client, requests_mock):
    requests_mock.post(
        f"{API}/processors/{DP}/publish",
        json={"success": True, "processorVersion": {"id": "dpv_2", "version": "2.0", "config": CONFIG}},
    )
    processor = Processor(make_client(api_version=V2025), DP, "EXTRACT")
    row = processor.publish(CONFIG, release_type="minor", description="passed its gate")
    assert requests_mock.last_request.json() == {
        "releaseType": "minor",
        "description": "passed its gate",
        "config": CONFIG,
    }
    assert (row["id"], row["version"]) == ("dpv_2", "2.0")
    version = processor.as_version(row)
    assert (version.id, version.name, version.processor_id, version.config) == ("dpv_2", "2.0", DP, CONFIG)


def test_a_publish_whose_answer_is_lost_is_not_repeated(client, requests_mock):
    requests_mock.post(f"{API}/extractors/{EX}/versions", status_code=503, json={"message": "busy"})
    with pytest.raises(errors.ExtendServerError):
        Processor(client, EX, "EXTRACT").publish({}, release_type="minor", description="d")
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("answer", ["null", "[]", "{}", '{"id": 7}', '"v_1"'])
def test_a_version_without_an_id_is_no_version(client, requests_mock, answer):
    requests_mock.get(f"{API}/extractors/{EX}/versions/v_1", text=answer)
    with pytest.raises(
        errors.ExtendAnswerError, match=f"version of processor {EX} has no id|expected an object"
    ):
        Processor(client, EX, "EXTRACT").version("v_1")


@pytest.mark.parametrize("answer", ["null", "[]", '"ex_1"'])
def test_an_extractor_that_is_none_is_an_error_of_this_package(client, requests_mock, answer):
    requests_mock.get(f"{API}/extractors/{EX}", text=answer)
    with pytest.raises(errors.ExtendError):
        Processor(client, EX, "EXTRACT").draft()


def test_a_version_without_a_config_has_an_empty_one(client, requests_mock):
    requests_mock.get(f"{API}/extractors/{EX}/versions/v_1", json={"id": "v_1", "config": None})
    version = Processor(client, EX, "EXTRACT").version("v_1")
    assert (version.config, version.name, version.description, version.changed_at) == ({}, "", None, None)


@pytest.mark.parametrize("value", ["major", "minor"])
def test_a_release_is_major_or_minor(value):
    assert check_release_type(value) == value


@pytest.mark.parametrize("value", ["patch", "", "MAJOR", None])
def test_any_other_release_is_refused_by_name(value):
    with pytest.raises(errors.ExtendInputError, match="expected 'major' or 'minor'") as caught:
        check_release_type(value)
    assert repr(value) in str(caught.value)
