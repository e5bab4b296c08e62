"""Configs against versions. What is expected was written from the objects of the documentation and of the two clients
(SDK 0.2.0 and 1.20.0), not from the table."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_extend.api.configs import check_config
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.versions import V2024, V2025, V2026
from tests.api.conftest import EXAMPLES

SCHEMA = {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}
CLASSES = [{"id": "invoice", "type": "invoice", "description": "An invoice"}]

#: A config of each kind and version that has one, as small as it may be.
SMALLEST: dict[tuple[str, str], dict[str, Any]] = {
    ("extract", V2024): {},
    ("extract", V2025): {"type": "EXTRACT"},
    ("extract", V2026): {},
    ("classify", V2024): {},
    ("classify", V2025): {"type": "CLASSIFY", "classifications": CLASSES},
    ("classify", V2026): {"classifications": CLASSES},
    ("split", V2024): {},
    ("split", V2025): {"type": "SPLITTER", "splitClassifications": CLASSES},
    ("split", V2026): {"splitClassifications": CLASSES},
    ("parse", V2024): {},
    ("parse", V2025): {},
    ("parse", V2026): {},
    ("edit", V2025): {},
    ("edit", V2026): {},
    ("form_detection", V2026): {},
    ("verify", V2026): {},
}


def nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


def merged(config: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    whole = copy.deepcopy(config)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(whole.get(key), dict)
        whole[key] = merged(whole[key], value) if both else value
    return whole


def problems(kind: str, version: str, config: Any, **more: Any) -> tuple[str, ...]:
    with pytest.raises(ExtendInputError) as caught:
        check_config(kind, version, config, **more)
    found = caught.value.context["problems"]
    assert isinstance(found, tuple)
    assert str(caught.value).endswith(". Nothing was sent.")
    assert all(each in str(caught.value) for each in found)
    return found


@pytest.mark.parametrize(("kind", "version"), SMALLEST)
def test_the_smallest_config_passes_without_a_word(kind, version):
    assert check_config(kind, version, SMALLEST[kind, version]) == []


RENAMED = [
    ("extract", V2025, "customExtractionRules", "Be exact", "extractionRules"),
    ("extract", V2026, "customExtractionRules", "Be exact", "extractionRules"),
    ("extract", V2024, "extractionRules", "Be exact", "customExtractionRules"),
    ("extract", V2025, "includeBoundingBoxCitations", True, "advancedOptions.citationsEnabled"),
    ("extract", V2026, "includeBoundingBoxCitations", True, "advancedOptions.citationsEnabled"),
    ("extract", V2024, "advancedOptions.citationsEnabled", True, "includeBoundingBoxCitations"),
    ("extract", V2026, "fields", [], "schema"),
    ("extract", V2026, "parser", {}, "parseConfig"),
    ("extract", V2025, "parseConfig", {}, "parser"),
    ("classify", V2026, "parser", {}, "parseConfig"),
    ("split", V2025, "parseConfig", {}, "parser"),
    ("extract", V2026, "advancedOptions.documentKind", "invoice", "extractionRules"),
    ("extract", V2026, "advancedOptions.keyDefinitions", "a", "extractionRules"),
    ("extract", V2026, "advancedOptions.fixedPageLimit", 3, "advancedOptions.pageRanges"),
    ("classify", V2026, "advancedOptions.fixedPageLimit", 3, "advancedOptions.pageRanges"),
    ("split", V2026, "advancedOptions.fixedPageLimit", 3, "advancedOptions.pageRanges"),
    (
        "parse",
        V2026,
        "advancedOptions.agenticOcrEnabled",
        True,
        "blockOptions.text.agentic or blockOptions.tables.agentic",
    ),
]


@pytest.mark.parametrize(("kind", "version", "path", "value", "new"), RENAMED)
def test_a_key_that_the_version_calls_otherwise_is_named_with_its_new_name(kind, version, path, value, new):
    config = merged(SMALLEST[kind, version], nested(path, value))
    assert problems(kind, version, config) == (f"{path} is called {new} in {version}",)


@pytest.mark.parametrize(
    ("kind", "word"), [("extract", "EXTRACT"), ("classify", "CLASSIFY"), ("split", "SPLITTER")]
)
def test_the_type_of_a_config_is_needed_in_2025_and_no_more_in_2026(kind, word):
    without = {key: value for key, value in SMALLEST[kind, V2025].items() if key != "type"}
    assert problems(kind, V2025, without) == ("type is missing",)
    assert check_config(kind, V2024, {"type": word}) == []
    assert problems(kind, V2026, {**SMALLEST[kind, V2026], "type": word}) == (
        "type is no more, leave it out",
    )


def test_the_type_of_a_config_is_that_of_its_kind():
    config = {**SMALLEST["split", V2025], "type": "EXTRACT"}
    assert check_config("split", V2025, config) == ["type is 'EXTRACT', documented are SPLITTER"]


@pytest.mark.parametrize(
    ("version", "old", "new"),
    [(V2025, "basic_precision", "low_latency"), (V2026, "low_latency", "basic_precision")],
)
def test_a_word_that_the_version_calls_otherwise_is_named_with_its_new_name(version, old, new):
    config = merged(SMALLEST["split", version], nested("advancedOptions.splitMethod", old))
    said = f"advancedOptions.splitMethod {old!r} is called {new!r} in {version}"
    assert problems("split", version, config) == (said,)


WORDS = [
    ("extract", V2026, "baseProcessor", "extraction_performance, extraction_light, extraction_operator"),
    ("classify", V2025, "baseProcessor", "classification_performance, classification_light"),
    (
        "classify",
        V2026,
        "baseProcessor",
        "classification_standard, classification_performance, classification_light",
    ),
    ("split", V2026, "baseProcessor", "splitting_performance, splitting_light"),
    ("parse", V2024, "target", "markdown, spatial"),
    ("parse", V2026, "chunkingStrategy.type", "page, document, section"),
    ("parse", V2026, "engine", "parse_performance, parse_light, parse_auto"),
    ("extract", V2026, "parseConfig.target", "markdown, spatial"),
    ("extract", V2025, "advancedOptions.chunkingOptions.chunkingStrategy", "standard, semantic"),
    ("extract", V2026, "advancedOptions.citationMode", "line, word, block"),
    ("verify", V2026, "engine", "verify_agentic, verify_light"),
]


@pytest.mark.parametrize(("kind", "version", "path", "known"), WORDS)
def test_a_word_of_no_list_is_sent_with_a_warning_that_names_the_list(kind, version, path, known):
    for word in known.split(", "):
        assert check_config(kind, version, merged(SMALLEST[kind, version], nested(path, word))) == []
    config = merged(SMALLEST[kind, version], nested(path, "best"))
    assert check_config(kind, version, config) == [f"{path} is 'best', documented are {known}"]


TYPES = [
    ("extract", V2026, "schema", "{}", "a str, expected an object"),
    ("extract", V2026, "extractionRules", ["a"], "a list, expected a text"),
    ("extract", V2026, "baseProcessor", 4, "a int, expected a text"),
    ("extract", V2026, "advancedOptions.citationsEnabled", "yes", "a str, expected true or false"),
    ("extract", V2026, "advancedOptions.citationsEnabled", 1, "a int, expected true or false"),
    ("extract", V2025, "advancedOptions.fixedPageLimit", True, "a bool, expected a whole number"),
    ("extract", V2025, "advancedOptions.fixedPageLimit", 2.5, "a float, expected a whole number"),
    ("parse", V2026, "advancedOptions.verticalGroupingThreshold", "1.0", "a str, expected a number"),
    ("parse", V2026, "chunkingStrategy", "page", "a str, expected an object"),
    ("extract", V2026, "advancedOptions.pageRanges", {"start": 1}, "a dict, expected a list"),
    ("classify", V2026, "classifications", "invoice", "a str, expected a list"),
    ("edit", V2025, "advancedOptions", [], "a list, expected an object"),
]


@pytest.mark.parametrize(("kind", "version", "path", "value", "said"), TYPES)
def test_a_wrong_type_is_named_without_the_value(kind, version, path, value, said):
    config = {**SMALLEST[kind, version], **nested(path, value)}
    assert problems(kind, version, config) == (f"{path} is {said}",)


def test_whole_numbers_are_numbers():
    path = "advancedOptions.verticalGroupingThreshold"
    assert (
        check_config("parse", V2026, nested(path, 1)) == check_config("parse", V2026, nested(path, 1.5)) == []
    )


def test_what_is_missing_inside_of_lists_is_named_by_its_place():
    config = {"classifications": [*CLASSES, {"id": "other"}, "other"]}
    assert problems("classify", V2026, config) == (
        "classifications[1].type is missing",
        "classifications[1].description is missing",
        "classifications[2] is a str, expected an object",
    )
    ranges = nested("advancedOptions.pageRanges", [{"start": 1, "end": 2}, {"start": 4}])
    assert problems("extract", V2026, ranges) == ("advancedOptions.pageRanges[1].end is missing",)
    assert check_config("extract", V2025, {"type": "EXTRACT", **ranges}) == []


def test_fields_hold_fields():
    inner = {"id": "amount", "name": "amount", "description": "The amount", "type": 4}
    rows = {"id": "rows", "name": "rows", "description": "The rows", "type": "array", "schema": [inner]}
    config = {"type": "EXTRACT", "fields": [rows]}
    assert problems("extract", V2025, config) == ("fields[0].schema[0].type is a int, expected a text",)
    inner["type"] = "money"
    [said] = check_config("extract", V2025, config)
    assert said.startswith("fields[0].schema[0].type is 'money', documented are string, number, currency")


def test_a_list_of_classes_is_needed():
    assert problems("classify", V2026, {}) == ("classifications is missing",)
    assert problems("split", V2026, {"splitClassifications": None}) == ("splitClassifications is missing",)
    assert check_config("split", V2026, {"splitRules": "One each"}, partial=True) == []
    assert problems("split", V2026, {"splitClassifications": [{}]}, partial=True)[0] == (
        "splitClassifications[0].id is missing"
    )


def test_schema_and_fields_exclude_each_other_in_2025():
    both = {"type": "EXTRACT", "schema": SCHEMA, "fields": []}
    assert problems("extract", V2025, both) == ("it has schema and fields, expected one of them",)
    assert check_config("extract", V2025, {**both, "fields": None}) == []
    assert check_config("extract", V2024, {"schema": SCHEMA, "fields": []}) == []


def test_null_stands_for_a_key_that_is_left_out():
    """As the API itself answers configs of 2025-04-21."""
    nulls = dict.fromkeys(["baseProcessor", "extractionRules", "fields", "parseConfig", "advancedOptions"])
    assert check_config("extract", V2026, nulls) == []


def test_everything_that_is_wrong_is_said_at_once():
    config = {
        "type": "EXTRACT",
        "baseProcessor": ["fast"],
        "customExtractionRules": "Be exact",
        "schema": [],
        "advancedOptions": {"fixedPageLimit": 3, "citationsEnabled": "yes"},
    }
    assert problems("extract", V2026, config) == (
        "type is no more, leave it out",
        "baseProcessor is a list, expected a text",
        "customExtractionRules is called extractionRules in 2026-02-09",
        "schema is a list, expected an object",
        "advancedOptions.fixedPageLimit is called advancedOptions.pageRanges in 2026-02-09",
        "advancedOptions.citationsEnabled is a str, expected true or false",
    )


# --------------------------------------------------------------------------------------------------- warnings


def test_a_key_of_no_version_is_sent_with_a_warning():
    config = {"schema": SCHEMA, "extractionRule": "Be exact", "advancedOptions": {"somethingNew": 1}}
    assert check_config("extract", V2026, config) == [
        "extractionRule is not documented for any version (did you mean extractionRules?)",
        "advancedOptions.somethingNew is not documented for any version",
    ]


def test_a_key_of_another_version_without_a_new_name_is_sent_with_a_warning():
    later = nested("advancedOptions.citationMode", "line")
    assert check_config("extract", V2025, {"type": "EXTRACT", **later}) == [
        "advancedOptions.citationMode is documented for 2026-02-09 only"
    ]
    earlier = nested("advancedOptions.advancedFigureParsingEnabled", True)
    assert check_config("extract", V2026, earlier) == [
        "advancedOptions.advancedFigureParsingEnabled is documented for 2025-04-21 only"
    ]


def test_keys_that_do_nothing_any_more_are_told():
    config = merged(
        SMALLEST["split", V2026],
        {"advancedOptions": {"splitMethod": "high_precision", "splitIdentifierRules": "a"}},
    )
    [method, rules] = check_config("split", V2026, config)
    assert method.startswith("advancedOptions.splitMethod: ")
    assert "ignore it" in method
    assert rules.startswith("advancedOptions.splitIdentifierRules: ")
    assert "identifierKey" in rules
    tables = nested("blockOptions.tables.tableHeaderContinuationEnabled", True)
    assert check_config("parse", V2026, tables) == [
        "blockOptions.tables.tableHeaderContinuationEnabled: it has no effect any more"
    ]


@pytest.mark.parametrize("path", ["depth", "advancedOptions.depth"])
def test_verify_refuses_what_it_does_not_know(path):
    """Extend does so itself (SDK 1.20.0)."""
    assert problems("verify", V2026, nested(path, 1)) == (f"{path} is not documented for any version",)


@pytest.mark.parametrize(
    ("kind", "version", "said"),
    [
        ("edit", V2024, "2025-04-21, 2026-02-09 alone has such configs"),
        ("verify", V2025, "2026-02-09 alone has such configs"),
        ("form_detection", V2024, "2026-02-09 alone has such configs"),
    ],
)
def test_a_kind_that_a_version_does_not_have(kind, version, said):
    assert problems(kind, version, {}) == (said,)


@pytest.mark.parametrize("config", [None, [], "{}", 3])
def test_a_config_is_an_object(config):
    assert problems("extract", V2026, config) == (f"it is a {type(config).__name__}, expected an object",)


def test_an_unknown_kind_or_version_is_an_error():
    with pytest.raises(
        ExtendInputError, match="A config of 'merge' is not known: expected one of extract, classify"
    ):
        check_config("merge", V2026, {})
    with pytest.raises(ExtendInputError, match="2020-01-01"):
        check_config("extract", "2020-01-01", {})


# --------------------------------------------------------------------------------------------------- examples

KINDS = {
    "extractor_version": "extract",
    "classifier_version": "classify",
    "splitter_version": "split",
    "extract_run": "extract",
    "classify_run": "classify",
    "split_run": "split",
    "parse_run": "parse",
    "parser_run": "parse",
    "edit_run": "edit",
    "edit_template": "edit",
    "form_detection_run": "form_detection",
    "verify_run": "verify",
    "EXTRACT": "extract",
    "CLASSIFY": "classify",
    "SPLITTER": "split",
}
#: Its word is in neither client: the values of this example are made up.
MADE_UP = "2025-04-21.processor_run.classify"
#: The old paths of 2026-02-09 answer configs of 2025-04-21.
OLD_PATHS = "2026-02-09.processor_run.legacy"


def configs_of(body: Any) -> Iterator[tuple[str, Any]]:
    rows = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    if isinstance(body, dict) and isinstance(body.get("config"), dict):
        kind = KINDS.get(body.get("object", "")) or KINDS.get(
            body.get("type") or body.get("processorType") or ""
        )
        if kind is not None:
            yield kind, body["config"]
    for row in rows:
        yield from configs_of(row)


SENT = [
    (path.stem, kind, config)
    for path in sorted(EXAMPLES.glob("*.json"))
    for kind, config in configs_of(json.loads(path.read_text())["body"])
]


def test_examples_of_every_kind_are_found():
    assert {kind for _, kind, _ in SENT} == {kind for kind, _ in SMALLEST}
    assert len(SENT) > 25


@pytest.mark.parametrize(("name", "kind", "config"), SENT, ids=[f"{name}-{kind}" for name, kind, _ in SENT])
def test_configs_of_the_published_answers_pass(name, kind, config):
    version = V2025 if name == OLD_PATHS else name[:10]
    said = check_config(kind, version, config)
    if name == MADE_UP:
        assert said == [
            "baseProcessor is 'classifier_performance', documented are classification_performance, classification_light"
        ]
    else:
        assert said == []
