"""What goes away, what takes its place, and one warning for each."""

import inspect
import warnings

import pytest

from airflow_provider_extend.api import deprecations
from airflow_provider_extend.api.deprecations import ExtendDeprecationWarning, replacement, warn_deprecated
from airflow_provider_extend.api.endpoints import ENDPOINTS, REPLACED_BY

V2024, V2025, V2026 = "2024-12-23", "2025-04-21", "2026-02-09"


@pytest.fixture(autouse=True)
def nothing_was_said(monkeypatch):
    monkeypatch.setattr(deprecations, "_WARNED", {})


#: Of the documentation: call that is deprecated or gone, and the calls that do its work on 2026-02-09.
DOCUMENTED = {
    "GET /batch_processor_runs/{id}": ["GET /evaluation_set_runs/{id}"],
    "GET /processor_runs": ["GET /extract_runs", "GET /classify_runs", "GET /split_runs"],
    "POST /processor_runs": ["POST /extract_runs", "POST /classify_runs", "POST /split_runs"],
    "GET /processor_runs/{id}": [f"GET /{kind}_runs/{{id}}" for kind in ("extract", "classify", "split")],
    "DELETE /processor_runs/{id}": [
        f"DELETE /{kind}_runs/{{id}}" for kind in ("extract", "classify", "split")
    ],
    "POST /processor_runs/{id}/cancel": [
        f"POST /{kind}_runs/{{id}}/cancel" for kind in ("extract", "classify", "split")
    ],
    "GET /processors": ["GET /extractors", "GET /classifiers", "GET /splitters"],
    "POST /processors": ["POST /extractors", "POST /classifiers", "POST /splitters"],
    "POST /processors/{id}": [f"POST /{kind}s/{{id}}" for kind in ("extractor", "classifier", "splitter")],
    "POST /processors/{id}/publish": [
        f"POST /{kind}s/{{{kind}Id}}/versions" for kind in ("extractor", "classifier", "splitter")
    ],
    "GET /processors/{id}/versions": [
        f"GET /{kind}s/{{{kind}Id}}/versions" for kind in ("extractor", "classifier", "splitter")
    ],
    "GET /processors/{processorId}/versions/{processorVersionId}": [
        f"GET /{kind}s/{{{kind}Id}}/versions/{{versionId}}"
        for kind in ("extractor", "classifier", "splitter")
    ],
    "POST /edit_schemas/generate": ["POST /detect_form", "POST /form_detection_runs"],
    "POST /files": ["POST /files/upload"],
    "POST /evaluation_set_items/bulk": ["POST /evaluation_sets/{evaluationSetId}/items"],
    "POST /workflow_runs/{workflowRunId}/outputs/{outputId}": [],
}


def test_what_takes_the_place_of_what_is_as_documented():
    told = {
        f"{ENDPOINTS[old].method} {[*ENDPOINTS[old].paths.values()][-1]}": [
            f"{ENDPOINTS[name].method} {ENDPOINTS[name].path(V2026)}" for name in new
        ]
        for old, new in REPLACED_BY.items()
    }
    assert told == DOCUMENTED


def test_every_endpoint_that_is_deprecated_or_gone_says_what_takes_its_place():
    ending = {name for name, e in ENDPOINTS.items() if e.deprecated or V2026 not in e.paths}
    assert set(REPLACED_BY) == ending


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("files.create", "use files.upload"),
        ("edit_schemas.generate", "use form_detection_runs.create_sync or form_detection_runs.create"),
        ("processors.list", "use extractors.list, classifiers.list or splitters.list"),
        ("workflow_runs.correct_outputs", "nothing replaces it"),
    ],
)
def test_in_words(name, words):
    assert replacement(name) == words


def test_it_is_said_once_for_each_endpoint_at_the_line_that_is_asked_for():
    def operators() -> None:
        for verb in ("create", "create", "update"):
            warn_deprecated(f"processors.{verb}", V2026, stacklevel=2)

    with pytest.warns(ExtendDeprecationWarning) as said:
        operators()
    assert [str(warning.message) for warning in said] == [
        "processors.create is deprecated in Extend API version 2026-02-09: use extractors.create, "
        "classifiers.create or splitters.create.",
        "processors.update is deprecated in Extend API version 2026-02-09: use extractors.update, "
        "classifiers.update or splitters.update.",
    ]
    here = inspect.currentframe().f_code
    for warning in said:
        assert warning.filename == __file__
        assert warning.lineno in {line for _, _, line in here.co_lines()}, "the caller's line"
    assert issubclass(ExtendDeprecationWarning, FutureWarning)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("processors.create", V2024),
        ("processors.create", V2025),
        ("extractors.create", V2026),
        ("edit_schemas.generate", V2025),
    ],
)
def test_a_version_that_does_not_deprecate_it_warns_of_nothing(name, version):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_deprecated(name, version)
    assert deprecations._WARNED == {}
