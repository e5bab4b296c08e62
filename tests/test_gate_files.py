"""What is taken for a run, and what is refused, by a file's content."""

import io
import json

import pytest

from airflow_provider_extend import gate_files
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.judge import judge, not_judged
from airflow_provider_extend.gate.rules_file import load_rules
from airflow_provider_extend.gate_files import (
    UnreadableFile,
    baseline_named,
    baseline_of,
    documents_of,
    evidence_of,
    read_json,
    with_number,
)
from tests.gate.given import EXAMPLES, TODAY, contract, example, fields, mixed

RUNS = sorted(
    path.stem
    for path in EXAMPLES.glob("*.json")
    if "batch_processor_run" in path.stem.replace("webhook.batch_processor_run", "")
    or "evaluation_set_run" in path.stem
)
OTHERS = sorted(path.stem for path in EXAMPLES.glob("*.json") if path.stem not in RUNS)


def test_the_documented_runs_are_all_there():
    assert len(RUNS) == 12
    assert len(OTHERS) > 60


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_read_in_its_envelope_and_bare(name):
    document = example(name)
    enveloped = evidence_of(document)
    bare = evidence_of(document.get("batchProcessorRun", document))
    assert enveloped == bare
    inner = document.get("batchProcessorRun", document)
    assert (enveloped.id, enveloped.status) == (inner["id"], inner["status"])
    assert (enveloped.api_version == "2026-02-09") == (inner["object"] == "evaluation_set_run")
    assert evidence_of({"success": True, "batchProcessorRun": inner}) == bare
    assert bool(enveloped.metrics_from) == (inner["status"] == "PROCESSED" and "type" in inner["metrics"])


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_run_is_refused_and_says_what_it_is(name):
    document = example(name)
    with pytest.raises(
        UnreadableFile, match=r"^x\.json h(olds|as) .*Expected an evaluation set run"
    ) as refused:
        evidence_of(document, "x.json")
    if isinstance(document.get("object"), str) and "message" not in document:
        assert repr(document["object"]) in str(refused.value)


@pytest.mark.parametrize("name", [name for name in OTHERS if ".error." in name])
def test_an_error_of_the_api_is_called_one(name):
    with pytest.raises(UnreadableFile, match="holds an error that Extend answered"):
        evidence_of(example(name))


def test_an_error_is_shown_without_the_query_of_a_link():
    with pytest.raises(UnreadableFile) as refused:
        evidence_of({"success": False, "error": "https://s3.example/a.pdf?X-Amz-Signature=5ecret failed"})
    assert "5ecret" not in str(refused.value)
    assert "https://s3.example/a.pdf" in str(refused.value)


def test_the_return_value_of_a_task_and_what_output_path_got_are_read():
    given = contract(fields({"total": 190}))
    assert evidence_of(given) == Evidence.of_result(given)
    assert evidence_of({"batch_processor_run": {"id": 7}, "result": given}) == Evidence.of_result(given)


def test_a_report_and_a_baseline_are_read():
    report = mixed()
    assert evidence_of(json.loads(json.dumps(report.as_dict()))) == report.evidence
    stored = Baseline(report.evidence, "last passed").as_dict()
    assert evidence_of(json.loads(json.dumps(stored))) == report.evidence


def test_a_shortened_report_is_no_whole_run():
    evidence = evidence_of(mixed().shortened(2).as_dict())
    assert evidence.truncated
    with pytest.raises(UnreadableFile, match="has aggregates alone"):
        baseline_of(mixed().shortened(2).as_dict(), "report.json")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({**mixed().as_dict(), "report": 9}, "r.json: This is no report of version 1"),
        ({**mixed().as_dict(), "lines": 3}, "r.json: This report of the gate is damaged"),
        ({"baseline": 9, "evidence": {}}, "r.json: This is no baseline of version 1"),
        (
            not_judged("No file.").as_dict(),
            "r.json: This is the report of a run that could not be read: No file.",
        ),
        ([], "r.json holds a list"),
        (None, "r.json holds nothing"),
        ("PROCESSED", "r.json holds a text"),
        (7, "r.json holds 7"),
        ({}, "r.json holds no run"),
        ({"object": "evaluation_set_run", "id": 7, "status": "PROCESSED"}, "r.json has no id or no status"),
        ({"object": "evaluation_set_run", "id": "a", "status": None}, "r.json has no id or no status"),
        ({"object": "evaluation_set_run", "id": "a", "status": ""}, "r.json has no id or no status"),
        ({"object": 5, "id": "a", "status": "PROCESSED"}, "r.json has no id or no status"),
        ({"batchProcessorRun": None}, "r.json holds no run"),
        ({"id": "a", "status": "PROCESSED"}, "r.json holds no run"),
    ],
)
def test_damaged_documents_are_refused(document, told):
    with pytest.raises(UnreadableFile) as refused:
        evidence_of(document, "r.json")
    assert str(refused.value).startswith(told)


def test_a_run_without_its_kind_is_known_by_its_metrics():
    assert evidence_of({"id": "a", "status": "PROCESSED", "metrics": {}}).kind == "batch_processor_run"


# --- files -------------------------------------------------------------------------------------------------------


def test_a_file_may_begin_with_a_mark_of_its_encoding(tmp_path):
    (tmp_path / "run.json").write_bytes(b"\xef\xbb\xbf{}")
    assert read_json(str(tmp_path / "run.json")) == {}


def test_a_dash_is_the_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    assert read_json("-") == {"a": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "line 1: this is no JSON"),
        (b'{"a": 1,\n}', "line 2: this is no JSON"),
        (b"\xff\xfe{}", "no JSON that can be read (UnicodeDecodeError)"),
        (b"[" * 200_000, "no JSON that can be read (RecursionError)"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "no JSON that can be read (ValueError)"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, content, told):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UnreadableFile) as refused:
        read_json(str(tmp_path / "run.json"))
    assert told in str(refused.value)
    assert "run.json" in str(refused.value)


def test_what_cannot_be_opened_is_refused(tmp_path):
    for path, told in (
        (tmp_path / "none.json", "No such file"),
        (tmp_path, "Is a directory"),
        ("a\0b", "ValueError"),
    ):
        with pytest.raises(UnreadableFile, match=told):
            read_json(str(path))


def test_a_file_without_end_is_not_read_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(gate_files, "MOST_BYTES", 10)
    (tmp_path / "run.json").write_bytes(b" " * 11)
    with pytest.raises(UnreadableFile, match="has more than 10 bytes"):
        read_json(str(tmp_path / "run.json"))
    (tmp_path / "run.json").write_bytes(b" " * 8 + b"{}")
    assert read_json(str(tmp_path / "run.json")) == {}


# --- baselines ---------------------------------------------------------------------------------------------------


def test_a_run_that_has_nothing_to_compare_with_is_no_baseline():
    for name in ("2026-02-09.evaluation_set_run.pending", "2024-12-23.batch_processor_run.processing"):
        with pytest.raises(
            UnreadableFile, match=r"^b\.json is P\w+ and has 0 metrics: nothing to compare with"
        ):
            baseline_of(example(name), "b.json")
    with pytest.raises(UnreadableFile, match="is FAILED"):
        baseline_of(contract(fields({"a": 1}), status="FAILED", outcome="failed"), "b.json")


def test_a_baseline_says_where_it_is_from():
    assert baseline_of(contract(fields({"a": 1})), "b.json").origin == "bpr_1 of b.json"


def rules(baseline, rule="select: split.recall, max_drop: 3pp"):
    return load_rules(f"version: 1\nbaseline: {baseline}\nrules: [{{{rule}}}]\n")


def test_the_report_that_rules_name_begins_at_their_folder(tmp_path):
    (tmp_path / "before.json").write_text(json.dumps(contract(fields({"a": 1}))))
    found = baseline_named(rules("{from: report, path: before.json}"), tmp_path, {})
    assert found.evidence.id == "bpr_1"
    with pytest.raises(UnreadableFile, match="No such file"):
        baseline_named(rules("{from: report, path: before.json}"), tmp_path / "elsewhere", {})


def test_a_run_that_rules_name_is_not_asked_for(tmp_path):
    with pytest.raises(UnreadableFile, match=r"compare with run bpr_7, .*save the run as a JSON file"):
        baseline_named(rules("{from: run, id: bpr_7}"), tmp_path, {})


def test_nothing_is_read_where_nothing_is_compared(tmp_path):
    assert baseline_named(rules("{from: last_passed}"), tmp_path, {}) is None
    assert baseline_named(rules("{from: run, id: a}", "select: split.recall, min: 90%"), tmp_path, {}) is None
    own = "select: split.recall, max_drop: 3pp, baseline: 90%"
    assert baseline_named(rules("{from: run, id: a}", own), tmp_path, {}) is None


def test_a_report_brings_the_baseline_that_it_was_compared_with(tmp_path):
    report = mixed()
    document = json.loads(json.dumps(report.as_dict()))
    assert baseline_named(rules("{from: last_passed}"), tmp_path, document) == report.baseline
    assert baseline_named(rules("{from: last_passed}"), tmp_path, []) is None


def test_a_number_is_the_baseline_of_what_has_none_of_its_own():
    given = load_rules(
        "version: 1\nbaseline: {from: last_passed}\nrules:\n"
        "  - {select: a.b, max_drop: 3pp}\n  - {select: a.c, max_gain: 3pp, baseline: 50%}\n"
        "  - {select: a.d, min: 3%}\n"
    )
    assert [rule.baseline for rule in with_number(given, 0.9).rules] == [0.9, 0.5, None]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("2024-12-23.batch_processor_run.extract", 10),
        ("2026-02-09.evaluation_set_run.extract", 10),
        ("2024-12-23.batch_processor_run.processing", None),
    ],
)
def test_the_number_of_files_is_given_beside_the_metrics(name, number):
    assert documents_of(example(name)) == number


@pytest.mark.parametrize("given", [None, 0, -1, True, "10", 2.5])
def test_a_number_of_files_that_is_none_is_not_taken(given):
    assert documents_of({"metrics": {"numFiles": given}}) is None


def test_a_document_without_metrics_has_no_number():
    assert documents_of([]) is documents_of({}) is documents_of({"metrics": 3}) is None


@pytest.mark.parametrize(
    "field", [{"countAccurate": 12, "countExpected": 10}, {"accuracy": "NaN"}, None], ids=repr
)
@pytest.mark.parametrize("policy", ["balanced", "point"])
def test_a_field_that_cannot_be_measured_is_none_that_a_wildcard_passes_over(field, policy):
    metrics = {"type": "EXTRACT", "numFilesProcessed": 200, "numFilesTotal": 200}
    metrics["fieldMetrics"] = {"total": {"countAccurate": 200, "countExpected": 200}, "iban": field}
    run = {"object": "evaluation_set_run", "id": "bpr_1", "status": "PROCESSED", "metrics": metrics}
    rules = load_rules(
        f"version: 1\nevidence: {{policy: {policy}}}\n"
        'rules: [{select: "extract.fields.*.accuracy", min: 90%}]\n'
    )
    report = judge(rules, evidence_of(run), today=TODAY)
    assert report.verdict == "ERROR"
    assert report.lines[0].selector == "extract.fields.iban.accuracy"


@pytest.mark.parametrize("baseline", [float("nan"), -0.1, 95, True])
def test_a_number_that_is_no_share_is_no_baseline(baseline):
    with pytest.raises(UnreadableFile, match="no fraction from 0 to 1"):
        with_number(load_rules("version: 1\nrules: [{select: a, max_drop: 3pp, baseline: 90%}]"), baseline)
