"""`airflow-extend gate`: exit codes for each kind of run and file, what is written where, and what is imported."""

import json
import re
import subprocess
import sys

import pytest

from airflow_provider_extend import cli
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules_file import load_rules
from airflow_provider_extend.gate.summary import headline
from tests.gate.given import HOSTILE, MIXED, RULES, contract, example, fields

EXTRACT = "2026-02-09.evaluation_set_run.extract"
LENIENT = "version: 1\nrules: [{select: '**', min: 1%, floor: 0%}]\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in; writes a file there."""
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    return write


def run(*arguments):
    return cli.main(["gate", *arguments])


def check(*arguments):
    return run("check", *arguments)


# --- exit codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "rule", "code", "verdict"),
    [
        (198, "min: 90%", 0, "PASS"),
        (178, "min: 90%, floor: 82%", 0, "WARN"),
        (150, "min: 90%", 1, "FAIL"),
        (180, "min: 90%, floor: 89%", 3, "INCONCLUSIVE"),
        (198, "min: 90%, min_n: 300", 3, "INCONCLUSIVE"),
        (150, "min: 90%, severity: warn", 0, "WARN"),
    ],
)
def test_the_verdict_is_the_exit_code(here, capsys, right, rule, code, verdict):
    here("run.json", contract(fields({"total": right})))
    here("gate.yaml", f"version: 1\nrules: [{{select: extract.fields.total.accuracy, {rule}}}]\n")
    assert check("run.json", "--gate", "gate.yaml") == code
    out, err = capsys.readouterr()
    assert out.startswith(f"Gate: {verdict}. ")
    assert err == ""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("2024-12-23.batch_processor_run.classify", 0),
        ("2024-12-23.batch_processor_run.extract", 3),  # recall comes without counts
        ("2024-12-23.batch_processor_run.playground", 3),
        ("2024-12-23.batch_processor_run.splitter", 0),
        ("2024-12-23.batch_processor_run.processing", 2),
        ("2025-04-21.batch_processor_run", 2),  # counts of files alone
        ("2026-02-09.batch_processor_run.legacy", 2),
        ("2026-02-09.evaluation_set_run.classify", 0),
        ("2026-02-09.evaluation_set_run.extract", 0),
        ("2026-02-09.evaluation_set_run.splitter", 0),
        ("2026-02-09.evaluation_set_run.pending", 2),
        ("2026-02-09.evaluation_set_run.sdk_fixture_2026_05", 2),
        ("2026-02-09.extract_run.processed", 2),
        ("2026-02-09.webhook.batch_processor_run.processed", 2),
        ("2026-02-09.error.rate_limited", 2),
    ],
)
def test_each_documented_answer(here, capsys, name, code):
    here("run.json", example(name))
    here("gate.yaml", "version: 1\nrules: [{select: '**', min: 1%}]\n")
    assert check("run.json", "--gate", "gate.yaml") == code, capsys.readouterr().out
    assert capsys.readouterr().out.startswith("Gate: ")


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED", "PROCESSING", "SOMETHING_NEW"])
def test_a_run_that_is_not_processed_is_an_error(here, capsys, status):
    here("run.json", {**example(EXTRACT), "status": status})
    here("gate.yaml", LENIENT)
    assert check("run.json", "--gate", "gate.yaml") == 2
    assert f"is {status}: only a PROCESSED run has metrics" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: this is no JSON"),
        ("[]", "holds a list"),
        ("{}", "holds no run"),
        ('{"success": false, "error": "Not found"}', "holds an error that Extend answered (Not found)"),
    ],
)
def test_a_run_that_cannot_be_read_is_an_error_that_names_the_file(here, capsys, content, told):
    here("run.json", content)
    here("gate.yaml", LENIENT)
    assert check("run.json", "--gate", "gate.yaml", "--json", "out.json") == 2
    out = capsys.readouterr().out
    assert out.startswith("Gate: ERROR.\nrun.json")
    assert told in out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "gate.yaml: the file is empty"),
        (
            "version: 2\nrules:\n  - {select: a.b, min: 95}\n",
            "gate.yaml, line 3: min of a rule is '95': 95 has no unit",
        ),
        ("version: 1\nrules: [{select: a.b, min: 95%, sevrity: warn}]\n", "no key 'sevrity'"),
        ("a: &a [1]\nb: *a\n", "gate.yaml, line "),
        ("\x00", "gate.yaml"),
    ],
)
def test_rules_that_cannot_be_read_are_an_error_with_the_line(here, capsys, content, told):
    here("run.json", example(EXTRACT))
    here("gate.yaml", content)
    assert check("run.json", "--gate", "gate.yaml") == 2
    assert told in capsys.readouterr().out
    assert run("explain", "--gate", "gate.yaml") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err


def test_files_that_are_not_there_are_an_error(here, capsys):
    here("run.json", example(EXTRACT))
    assert check("run.json", "--gate", "none.yaml") == 2
    assert "none.yaml cannot be read: No such file or directory." in capsys.readouterr().out
    here("gate.yaml", LENIENT)
    assert check("none.json", "--gate", "gate.yaml") == 2
    assert "none.json cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check"],
        ["check", "run.json"],
        ["check", "run.json", "--gate", "gate.yaml", "--today", "tomorrow"],
        ["check", "run.json", "--gate", "gate.yaml", "--xml", "out"],
        ["explain"],
        ["init"],
        ["judge"],
    ],
)
def test_wrong_usage_is_2(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: airflow-extend")


# --- what is written ---------------------------------------------------------------------------------------------


def test_the_report_is_written_in_each_form(here, tmp_path, capsys):
    here("run.json", contract(fields(MIXED) | {"extract.accuracy": (184, 200)}))
    here("gate.yaml", RULES)
    outs = ["--html", "out.html", "--json", "out.json", "--markdown", "out.md"]
    assert check("run.json", "--gate", "gate.yaml", "--today", "2026-11-26", *outs) == 1
    report = Report.from_dict(json.loads((tmp_path / "out.json").read_text()))
    assert report.verdict == "FAIL"
    assert report.today == "2026-11-26"
    assert "<h1>FAIL</h1>" in (tmp_path / "out.html").read_text()
    assert (tmp_path / "out.md").read_text().startswith("# ✗ FAIL\n")
    assert capsys.readouterr().out == f"{report.as_text()}\n{headline(report)}\n"


@pytest.mark.parametrize(
    ("form", "begins"), [("html", "<!doctype html>"), ("json", "{"), ("markdown", "# ✓ PASS")]
)
def test_a_dash_is_the_standard_output_and_nothing_else_is_there(here, capsys, form, begins):
    here("run.json", example(EXTRACT))
    here("gate.yaml", LENIENT)
    assert check("run.json", "--gate", "gate.yaml", f"--{form}", "-") == 0
    out = capsys.readouterr().out
    assert out.startswith(begins)
    assert "Gate: " not in out


def test_an_error_is_a_report_too(here, tmp_path):
    here("run.json", "[]")
    here("gate.yaml", LENIENT)
    outs = ["--html", "out.html", "--json", "out.json", "--markdown", "out.md"]
    assert check("run.json", "--gate", "gate.yaml", *outs) == 2
    report = Report.from_dict(json.loads((tmp_path / "out.json").read_text()))
    assert report.verdict == "ERROR"
    assert "run.json holds a list" in report.reason
    for name in ("out.html", "out.md"):
        assert "run.json holds a list" in (tmp_path / name).read_text()


def test_a_report_that_cannot_be_written_is_an_error_and_the_verdict_is_shown(here, capsys):
    here("run.json", example(EXTRACT))
    here("gate.yaml", LENIENT)
    for path, why in (("no/such/out.html", "No such file or directory"), ("a\0b", "ValueError")):
        assert check("run.json", "--gate", "gate.yaml", "--html", path) == 2
        out, err = capsys.readouterr()
        assert out.startswith("Gate: PASS.")
        assert "The report cannot be written to " in err
        assert why in err


@pytest.mark.parametrize("name", HOSTILE)
def test_a_terminal_gets_no_commands_and_no_forged_lines(here, capsys, name):
    now = contract(fields({name: 100}))
    here("run.json", now)
    here("gate.yaml", 'version: 1\nrules: [{select: "**", min: 90%}]\n')
    assert check("run.json", "--gate", "gate.yaml") == 1
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 5, "the reason, the head, the metric, the coverage, the sum"
    assert all(character.isprintable() or character == "\n" for character in out)
    run("explain", "run.json", "--gate", "gate.yaml")
    run("init", "run.json")
    assert all(character.isprintable() or character == "\n" for character in "".join(capsys.readouterr()))


# --- baselines ---------------------------------------------------------------------------------------------------

DROP = (
    "version: 1\nbaseline: {from: SOURCE}\nrules: [{select: extract.fields.total.accuracy, max_drop: 5pp}]\n"
)


@pytest.mark.parametrize(
    ("baseline", "code"),
    [("70%", 0), ("0.7", 0), ("99%", 1), ("before.json", 0), ("report.json", 0), ("bad.json", 1)],
)
def test_a_number_or_a_file_is_the_baseline(here, capsys, baseline, code):
    here("run.json", contract(fields({"total": 180})))
    here("before.json", contract(fields({"total": 170})))
    here("bad.json", contract(fields({"total": 200})))
    here("lenient.yaml", LENIENT)
    check("before.json", "--gate", "lenient.yaml", "--json", "report.json")
    here("gate.yaml", DROP.replace("SOURCE", "last_passed"))
    capsys.readouterr()
    assert check("run.json", "--gate", "gate.yaml", "--baseline", baseline) == code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("baseline", "told"),
    [
        ("95", "--baseline 95 has no unit: write 95%, or a fraction such as 0.95."),
        ("195%", "--baseline 195% is more than 100%."),
        ("none.json", "none.json cannot be read"),
        ("", "cannot be read"),
        ("pending.json", "pending.json is PENDING and has 0 metrics: nothing to compare with."),
    ],
)
def test_a_baseline_that_cannot_be_read_is_an_error(here, capsys, baseline, told):
    here("run.json", contract(fields({"total": 180})))
    here("pending.json", example("2026-02-09.evaluation_set_run.pending"))
    here("gate.yaml", DROP.replace("SOURCE", "last_passed, on_missing: absolute_only"))
    assert check("run.json", "--gate", "gate.yaml", "--baseline", baseline) == 2
    assert told in capsys.readouterr().out
    run("explain", "run.json", "--gate", "gate.yaml", "--baseline", baseline)
    assert told in capsys.readouterr().err


def test_the_baseline_that_the_rules_name(here, tmp_path, capsys):
    here("run.json", contract(fields({"total": 180})))
    (tmp_path / "rules").mkdir()
    here("rules/before.json", contract(fields({"total": 200})))
    here("rules/gate.yaml", DROP.replace("SOURCE", "report, path: before.json"))
    assert check("run.json", "--gate", "rules/gate.yaml") == 1
    here("gate.yaml", DROP.replace("SOURCE", "run, id: bpr_7"))
    assert check("run.json", "--gate", "gate.yaml") == 2
    assert "compare with run bpr_7" in capsys.readouterr().out
    here("gate.yaml", DROP.replace("SOURCE", "last_passed"))
    assert check("run.json", "--gate", "gate.yaml") == 3
    assert "give one with --baseline FILE" in capsys.readouterr().err


def test_a_report_is_judged_anew_beside_its_baseline(here, capsys):
    here("run.json", contract(fields({"total": 180})))
    here("before.json", contract(fields({"total": 200})))
    here("gate.yaml", DROP.replace("SOURCE", "last_passed"))
    assert check("run.json", "--gate", "gate.yaml", "--baseline", "before.json", "--json", "report.json") == 1
    first = capsys.readouterr()
    assert check("report.json", "--gate", "gate.yaml") == 1
    assert capsys.readouterr() == first


# --- explain and init --------------------------------------------------------------------------------------------


def test_explain_says_what_the_rules_mean_and_how_a_run_was_decided(here, capsys):
    here("run.json", contract(fields({"total": 180})))
    here("gate.yaml", DROP.replace("SOURCE", "last_passed"))
    assert run("explain", "--gate", "gate.yaml") == 0
    alone = capsys.readouterr().out
    assert "Should not be more than 5 points below the baseline." in alone
    assert "Run bpr_1" not in alone
    assert run("explain", "run.json", "--gate", "gate.yaml", "--baseline", "99%") == 0
    both = capsys.readouterr().out
    assert both.startswith(alone)
    assert "Run bpr_1: FAIL." in both
    assert "FAIL if surely below -5.0pp: " in both


def test_init_prints_a_file_by_which_the_run_goes_through(here, capsys):
    here("run.json", example(EXTRACT))
    assert run("init", "run.json") == 0
    here("gate.yaml", capsys.readouterr().out)
    assert check("run.json", "--gate", "gate.yaml") == 0
    assert capsys.readouterr().out.startswith("Gate: PASS.")


def test_init_of_a_report_is_that_of_its_run(here, capsys):
    here("run.json", example(EXTRACT))
    here("gate.yaml", LENIENT)
    check("run.json", "--gate", "gate.yaml", "--json", "report.json")
    capsys.readouterr()
    assert run("init", "run.json") == run("init", "report.json") == 0
    texts = capsys.readouterr().out
    assert load_rules(texts[: len(texts) // 2]) == load_rules(texts[len(texts) // 2 :])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("2026-02-09.evaluation_set_run.pending", "is PENDING: only a PROCESSED run has metrics"),
        (
            "2025-04-21.batch_processor_run",
            "was answered without scores (API version unknown may send counts only)",
        ),
        ("2026-02-09.file", "has no metrics of an evaluation"),
    ],
)
def test_init_refuses_what_cannot_be_judged(here, capsys, name, told):
    here("run.json", example(name))
    assert run("init", "run.json") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err


# --- what it costs to start --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        [
            "check",
            "run.json",
            "--gate",
            "gate.yaml",
            "--html",
            "out.html",
            "--json",
            "out.json",
            "--markdown",
            "out.md",
        ],
        ["explain", "run.json", "--gate", "gate.yaml"],
        ["init", "run.json"],
    ],
)
def test_nothing_heavy_is_imported(here, tmp_path, command):
    here("run.json", example(EXTRACT))
    here("gate.yaml", LENIENT)
    code = (
        "import sys; before = set(sys.modules)\n"
        "from airflow_provider_extend.cli import main\n"
        f"code = main(['gate', *{command!r}])\n"
        "assert code == 0, code\n"
        "own = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)\n"
        "print(*sorted(own), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert re.sub(r"_?cython\w*|_yaml", "", done.stderr).split() in (
        ["airflow_provider_extend", "yaml"],
        ["airflow_provider_extend"],
    )
