"""`airflow-extend gate`: check, explain, init. What a command needs is imported when it runs; none imports Airflow."""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_extend.gate.evidence import Baseline
    from airflow_provider_extend.gate.report import Report
    from airflow_provider_extend.gate.rules import Rules

_RUN_HELP = (
    "JSON file, or - for the standard input: an evaluation set run or a batch processor run as Extend's API answers "
    "it, the return value of a task that waited for one, or a report of the gate"
)
_EXITS = "Exit code: 0 PASS or WARN, 1 FAIL, 3 INCONCLUSIVE, 2 ERROR and wrong usage."
#: Verdict -> exit code.
CODES = {"PASS": 0, "WARN": 0, "FAIL": 1, "ERROR": 2, "INCONCLUSIVE": 3}
_ERROR = 2
_RATIO = re.compile(r"(\d{1,3}(?:\.\d+)?)%|([01]?\.\d+)")


def add_commands(commands: Any) -> None:
    """Add `gate` to the commands of `airflow-extend`."""
    gate = commands.add_parser(
        "gate",
        help="judge an evaluation run by a rules file, explain the rules, begin a rules file",
        description="The evaluation gate without Airflow. Nothing is sent to Extend.",
    )
    inner = gate.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = inner.add_parser(
        "check",
        help="judge a run",
        description=f"Judge a run by a rules file. Nothing is sent to Extend. {_EXITS}",
    )
    check.add_argument("run_file", metavar="RUN", help=_RUN_HELP)
    _add_rules(check)
    for name, what in (
        ("html", "one page that needs nothing else"),
        ("json", "whole"),
        ("markdown", "for a person"),
    ):
        check.add_argument(
            f"--{name}", metavar="OUT", help=f"write the report as {name}, {what}; - is the standard output"
        )
    check.set_defaults(run=_check)
    explain = inner.add_parser(
        "explain",
        help="say in words what a rules file means, and with a run how each rule was decided",
        description="Say in words what a rules file means, and with a run how each rule was decided. Exit code: 0, or "
        "2 where a file cannot be read.",
    )
    explain.add_argument("run_file", nargs="?", metavar="RUN", help=_RUN_HELP)
    _add_rules(explain)
    explain.set_defaults(run=_explain)
    init = inner.add_parser(
        "init",
        help="print a first rules file for a run",
        description="Print a first rules file: it asks for what the run reaches beyond chance. Exit code: 0, or 2 "
        "where the run cannot be judged.",
    )
    init.add_argument("run_file", metavar="RUN", help=_RUN_HELP)
    init.set_defaults(run=_init)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gate", required=True, metavar="FILE", help="the rules, YAML")
    parser.add_argument(
        "--baseline",
        metavar="FILE|NUMBER",
        help="what max_drop compares with: a RUN, or a number such as 95%%",
    )
    parser.add_argument(
        "--today",
        type=datetime.date.fromisoformat,
        metavar="DAY",
        help="by which waivers expire, as 2026-12-31",
    )


def _check(given: argparse.Namespace) -> int:
    report, told = _judged(given)
    to_stdout = [name for name in _FORMS if getattr(given, name) == "-"]
    failed = False
    for name, form in _FORMS.items():
        if (path := getattr(given, name)) and not _written(path, form(report)):
            failed = True
    if not to_stdout:
        _print(told)
    return _ERROR if failed else CODES[report.verdict]


def _explain(given: argparse.Namespace) -> int:
    from airflow_provider_extend.gate.explain import in_words, of_run
    from airflow_provider_extend.gate.rules import RulesError
    from airflow_provider_extend.gate_files import UnreadableFile, load_rules_file

    try:
        rules = load_rules_file(given.gate)
    except (UnreadableFile, RulesError) as error:
        return _refused(str(error))
    _print(_plain(in_words(rules)))
    if given.run_file is None:
        return 0
    report, told = _judged(given)
    if report.rules_fingerprint is None:
        return _refused(told)
    # With the file's number of a baseline, where one is given.
    _print("\n" + _plain(of_run(report, _compared(rules, given.baseline))))
    return 0


def _init(given: argparse.Namespace) -> int:
    from airflow_provider_extend.gate.first_file import first_file
    from airflow_provider_extend.gate.guards import unjudgeable
    from airflow_provider_extend.gate_files import documents_of, evidence_of, read_json

    try:
        document = read_json(given.run_file)
        evidence = evidence_of(document, given.run_file)
        if refused := unjudgeable(evidence):
            return _refused(refused)
        text = first_file(evidence, documents_of(document))
    except ValueError as error:  # UnreadableFile is one
        return _refused(str(error))
    _print(text.rstrip("\n"))
    return 0


def _judged(given: argparse.Namespace) -> tuple[Report, str]:
    """The report, and what a terminal shows of it."""
    from airflow_provider_extend.gate.judge import judge, not_judged
    from airflow_provider_extend.gate.rules import RulesError
    from airflow_provider_extend.gate.summary import for_terminal, headline
    from airflow_provider_extend.gate_files import UnreadableFile, evidence_of, load_rules_file, read_json

    today = _today(given.today)
    try:
        rules = _compared(load_rules_file(given.gate), given.baseline)
        document = read_json(given.run_file)
        evidence = evidence_of(document, given.run_file)
        baseline = _baseline(given, rules, document)
    except (UnreadableFile, RulesError) as error:
        problems = str(error).splitlines()
        return not_judged(" ".join(problems), today=today), _plain("\n".join(["Gate: ERROR.", *problems]))
    report = judge(rules, evidence, today=today, baseline=baseline)
    return report, f"{for_terminal(report)}\n{headline(report)}"


def _compared(rules: Rules, given: str | None) -> Rules:
    """The rules, with a number that was given as the baseline of each that compares and has none of its own.

    :raises UnreadableFile: a number without its unit.
    """
    from airflow_provider_extend.gate_files import UnreadableFile, with_number

    number = _RATIO.fullmatch(given or "")
    if number is None:
        if given and re.fullmatch(r"\d+(\.\d+)?", given) and not Path(given).exists():
            raise UnreadableFile(
                f"--baseline {given} has no unit: write {given}%, or a fraction such as 0.95."
            )
        return rules
    value = round(float(number[1]) / 100, 14) if number[1] else float(number[2])
    if value > 1:
        raise UnreadableFile(f"--baseline {given} is more than 100%.")
    return with_number(rules, value)


def _baseline(given: argparse.Namespace, rules: Rules, document: Any) -> Baseline | None:
    """From the file that was given, that the rules name, or of a report that is judged anew; None where there is none.

    :raises UnreadableFile: there should be one, and it cannot be read.
    """
    from airflow_provider_extend.gate_files import baseline_named, baseline_of, read_json

    if given.baseline is not None:
        return (
            None
            if _RATIO.fullmatch(given.baseline)
            else baseline_of(read_json(given.baseline), given.baseline)
        )
    found = baseline_named(rules, Path(given.gate).parent, document)
    if found is None and any(rule.compares for rule in rules.rules):
        told = "The last run that passed is in Airflow's store, which is not read here: give one with --baseline FILE."
        sys.stderr.write(f"{told}\n")
    return found


def _today(given: datetime.date | None) -> datetime.date:
    return given or datetime.datetime.now(datetime.UTC).date()


def _html(report: Report) -> str:
    from airflow_provider_extend.gate.html import as_html

    return as_html(report)


def _json(report: Report) -> str:
    return json.dumps(report.as_dict(), indent=2) + "\n"


def _markdown(report: Report) -> str:
    from airflow_provider_extend.gate.markdown import as_markdown

    return as_markdown(report)


#: Form of a report, which is the name of its option too.
_FORMS: dict[str, Callable[[Report], str]] = {"html": _html, "json": _json, "markdown": _markdown}


def _written(path: str, content: str) -> bool:
    if path == "-":
        _print(content.rstrip("\n"))
        return True
    try:
        Path(path).write_text(content, encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        told = getattr(error, "strerror", None) or type(error).__name__
        _refused(f"The report cannot be written to {path}: {told}.")
        return False
    return True


def _refused(told: str) -> int:
    sys.stderr.write(f"{_plain(told)}\n")
    return _ERROR


def _plain(told: str) -> str:
    from airflow_provider_extend.gate.summary import printable

    return "\n".join(map(printable, told.splitlines()))


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()
