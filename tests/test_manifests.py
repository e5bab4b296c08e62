"""What is said of many runs: small whatever their number, and naming those that did not succeed."""

import json

import pytest

from airflow_provider_extend.api.runs import read_run
from airflow_provider_extend.manifests import in_words, manifest_of, rows_of


def run_of(run_id, status="PROCESSED", kind="extract_run", members=(), **more):
    from dataclasses import replace

    run = read_run(kind, "2026-02-09", {"id": run_id, "status": status, **more})
    return replace(run, members=tuple(members))


def manifest(ids, runs, is_success=lambda run: run.succeeded):
    return manifest_of("extract_run", ids, {run.id: run for run in runs}, is_success)


def test_it_counts_and_names() -> None:
    runs = [
        run_of("a"),
        run_of("b", "FAILED", failureReason="CORRUPT_FILE"),
        run_of("c", "CANCELLED"),
        run_of("d"),
    ]
    assert manifest(["d", "c", "gone", "b", "a"], runs) == {
        "kind": "extract_run",
        "count": 5,
        "statuses": {"CANCELLED": 1, "FAILED": 1, "PROCESSED": 2},
        "succeeded": 2,
        "not_succeeded": [
            ["c", "CANCELLED", None],
            ["gone", None, "404: Extend knows no such run"],
            ["b", "FAILED", "CORRUPT_FILE"],
        ],
        "truncated": False,
    }


def test_a_batch_that_lost_some_is_named_though_it_counts_as_a_success() -> None:
    members = [run_of("m_1"), run_of("m_2", "FAILED"), run_of("m_3", "CANCELLED")]
    batch = run_of("b", kind="extract_batch", members=members)
    found = manifest(["b"], [batch], is_success=lambda run: True)
    assert (found["succeeded"], found["not_succeeded"]) == (
        0,
        [["b", "PROCESSED", "2 of its 3 runs did not succeed"]],
    )


@pytest.mark.parametrize(
    ("failed", "listed", "truncated"), [(100, 100, False), (101, 100, True), (10_000, 100, True)]
)
def test_at_most_a_hundred_are_named(failed, listed, truncated) -> None:
    ids = [f"exr_xK9mLPqRtN3vS8wF5h{number:06}" for number in range(10_000)]
    runs = [run_of(run_id, "FAILED" if number < failed else "PROCESSED") for number, run_id in enumerate(ids)]
    found = manifest(ids, runs)
    assert (len(found["not_succeeded"]), found["truncated"]) == (listed, truncated)
    assert found["succeeded"] == 10_000 - failed
    assert len(json.dumps(found)) < 8 * 1024


@pytest.mark.parametrize("letter", ["x", "\u00e4", "\U0001f4c4"])
def test_it_fits_into_xcom_however_long_ids_and_reasons_are(letter) -> None:
    ids = [f"{letter * 249}{number:06}" for number in range(200)]
    found = manifest(ids, [run_of(run_id, "FAILED", failureReason=letter * 5000) for run_id in ids])
    assert len(json.dumps(found).encode()) < 48 * 1024
    assert found["truncated"]
    assert len(found["not_succeeded"]) >= 6


def test_every_row_is_there_for_who_writes_them_all() -> None:
    ids = [str(number) for number in range(300)]
    runs = {run_id: run_of(run_id, "FAILED") for run_id in ids[:250]}
    rows = rows_of(ids, runs, lambda run: run.succeeded)
    assert rows[249] == ["249", "FAILED", None]
    assert rows[250] == ["250", None, "404: Extend knows no such run"]
    assert rows_of(["a"], {"a": run_of("a")}, lambda run: run.succeeded) == [None]


def test_the_words_name_ten() -> None:
    ids = [f"r_{number}" for number in range(20)]
    runs = [run_of(run_id, "FAILED", failureReason="OCR_ERROR") for run_id in ids[:15]] + [run_of("r_15")]
    words = in_words(manifest(ids, runs), "20 extract runs")
    assert words.startswith("19 of 20 extract runs did not succeed: r_0 FAILED (OCR_ERROR), ")
    assert "r_9 FAILED (OCR_ERROR) and 9 more. By status: 15 FAILED, 1 PROCESSED." in words
    assert "r_10" not in words


def test_the_words_of_runs_that_are_not_there() -> None:
    words = in_words(manifest(["a"], []), "1 extract run")
    assert words == (
        "1 of 1 extract run did not succeed: a not there (404: Extend knows no such run). By status: none is there."
    )
