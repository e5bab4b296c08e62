"""What the gate judges and compares with, from files: a run as the API of any version answers it, what this package
has written of one, a report, a baseline. Knows no Airflow."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import cut_queries
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN, EVALUATION_SET_RUN, read_run
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.results import result_of_run

if TYPE_CHECKING:
    from airflow_provider_extend.gate.rules import Rules

#: Bytes of a JSON file: the longest answer of the API is a small part of that.
MOST_BYTES = 100_000_000
_KINDS = (EVALUATION_SET_RUN, BATCH_PROCESSOR_RUN)
_WANTED = "an evaluation set run or a batch processor run as Extend's API answers it, or a report of the gate"


class UnreadableFile(ValueError):
    """A file that cannot be read, or holds something else; the text says which file, what it holds, and the way out."""


def read_bytes(path: str) -> bytes:
    """The content of a file; `-` is the standard input.

    :raises UnreadableFile: it is not there, may not be read, or is too large.
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        told = getattr(error, "strerror", None) or type(error).__name__
        raise UnreadableFile(f"{path} cannot be read: {told}.") from None
    if len(data) > MOST_BYTES:
        raise UnreadableFile(f"{path} has more than {MOST_BYTES:,} bytes: it is not {_WANTED}.")
    return data


def read_json(path: str) -> Any:
    """:raises UnreadableFile: see `read_bytes`; or it is no JSON."""
    data = read_bytes(path)
    try:
        return json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"{path}, line {error.lineno}: this is no JSON ({error.msg}). Expected {_WANTED}."
        ) from None
    except (
        ValueError,
        RecursionError,
    ) as error:  # bytes that are no text, a number of thousands of digits, depth
        told = f"this is no JSON that can be read ({type(error).__name__}). Expected {_WANTED}."
        raise UnreadableFile(f"{path}: {told}") from None


def load_rules_file(path: str) -> Rules:
    """:raises UnreadableFile: see `read_bytes`. :raises RulesError: with the line of each mistake."""
    from airflow_provider_extend.gate.rules_file import load_rules

    return load_rules(read_bytes(path), path)


def evidence_of(document: Any, name: str = "the run") -> Evidence:
    """What the gate judges of a run, a report, or a baseline.

    :param document: JSON: an EvaluationSetRun (objects.md 3.1) or BatchProcessorRun (2.1), in its envelope or bare; the
        contract of docs/xcom.md, or what `output_path` got; a report or a baseline of the gate.
    :param name: of the document, for messages.
    :raises UnreadableFile: it is something else; it says what.
    """
    if not isinstance(document, Mapping):
        raise UnreadableFile(f"{name} holds {_type(document)}, not {_WANTED}.")
    try:
        for known, read in _FORMS:
            if known(document):
                return read(document)
        return _of_run(document, name)
    except UnreadableFile:
        raise
    except ValueError as error:  # of a report or baseline
        raise UnreadableFile(f"{name}: {error}") from None


def baseline_of(document: Any, name: str) -> Baseline:
    """The same, to compare with.

    :raises UnreadableFile: it is none of these, or a run that has no metrics (yet).
    """
    evidence = evidence_of(document, name)
    if evidence.outcome != "succeeded" or not evidence.metrics:
        raise UnreadableFile(
            f"{name} is {evidence.status} and has {len(evidence.metrics)} metrics: nothing to compare with."
        )
    if evidence.truncated:
        raise UnreadableFile(
            f"{name} has aggregates alone: take the run itself, or its whole report, as the baseline."
        )
    return Baseline(evidence, f"{evidence.id} of {name}")


def baseline_named(rules: Rules, folder: Path, document: Any) -> Baseline | None:
    """The report that the rules name as their baseline; for the last run that passed, the baseline of `document`.

    :param folder: of the rules file: the report's path begins there.
    :param document: JSON of what is judged. Where it is a report of the gate, it holds its baseline.
    :return: None where nothing is compared, or nothing here knows the last run that passed: Airflow's store does.
    :raises UnreadableFile: the report cannot be read, or the rules name a run.
    """
    source = rules.baseline
    if source is None or not any(rule.compares for rule in rules.rules):
        return None
    if source.source == "report":
        path = str(folder / str(source.value))
        return baseline_of(read_json(path), path)
    if source.source == "run":
        told = f"The rules compare with run {source.value}, and nothing is asked of Extend here"
        raise UnreadableFile(f"{told}: save the run as a JSON file, and give that as the baseline.")
    if not _is_report(document):
        return None
    from airflow_provider_extend.gate.report import Report

    return Report.from_dict(document).baseline


def with_number(rules: Rules, baseline: float) -> Rules:
    """`rules`, with the number as the baseline of each that compares and has none of its own.

    :raises UnreadableFile: it is not from 0 to 1.
    """
    if isinstance(baseline, bool) or not 0 <= baseline <= 1:
        raise UnreadableFile(f"The baseline {baseline!r} is no fraction from 0 to 1 (95% is 0.95).")
    with_it = [replace(rule, baseline=baseline) if rule.compares else rule for rule in rules.rules]
    return replace(rules, rules=tuple(with_it))


def documents_of(document: Any) -> int | None:
    """How many files a run speaks of, as the API gives it beside its metrics; None where it does not."""
    metrics = _inner(document).get("metrics") if isinstance(document, Mapping) else None
    given = metrics.get("numFiles") if isinstance(metrics, Mapping) else None
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def _is_contract(document: Mapping[str, Any]) -> bool:
    return {"outcome", "metrics_from", "metrics"} <= set(document)


def _is_report(document: Any) -> bool:
    return isinstance(document, Mapping) and "report" in document and "lines" in document


def _of_report(document: Mapping[str, Any]) -> Evidence:
    from airflow_provider_extend.gate.report import Report

    report = Report.from_dict(document)
    if report.evidence.id is None and not report.evidence.metrics:
        raise ValueError(f"This is the report of a run that could not be read: {report.reason}")
    return replace(report.evidence, truncated=True) if report.left_out else report.evidence


#: (Whether a document is of the form, how its evidence is read.)
_FORMS = (
    (_is_report, _of_report),
    (lambda document: "baseline" in document, lambda document: Baseline.from_dict(document).evidence),
    (_is_contract, Evidence.of_result),
    (
        lambda document: isinstance(document.get("result"), Mapping) and _is_contract(document["result"]),
        lambda document: Evidence.of_result(document["result"]),
    ),
)


def _of_run(document: Mapping[str, Any], name: str) -> Evidence:
    run = _inner(document)
    kind = run.get("object")
    if kind is None and isinstance(run.get("metrics"), Mapping):
        kind = BATCH_PROCESSOR_RUN
    if kind not in _KINDS or not all(isinstance(run.get(key), str) and run[key] for key in ("id", "status")):
        raise UnreadableFile(f"{name} {_other(document, run)}. Expected {_WANTED}.")
    # The older versions' answers do not tell them apart.
    version = V2026 if kind == EVALUATION_SET_RUN else None
    result = result_of_run(read_run(kind, V2026, dict(run)), limit=None)
    return Evidence.of_result({**result, "api_version": version})


def _inner(document: Mapping[str, Any]) -> Mapping[str, Any]:
    inside = document.get("batchProcessorRun")
    return inside if isinstance(inside, Mapping) else document


def _other(document: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    """What a document is instead."""
    if document.get("success") is False or (run.get("message") and not run.get("status")):
        said = str(document.get("error") or document.get("message"))
        return f"holds an error that Extend answered ({cut_queries(said)[:200]})"
    kind = run.get("object")
    if isinstance(kind, str) and kind not in _KINDS:
        return f"holds {kind[:60]!r}, which has no metrics of an evaluation"
    return (
        "holds no run: an object, an id and a status are missing"
        if kind is None
        else "has no id or no status"
    )


def _type(value: Any) -> str:
    return {list: "a list", str: "a text", type(None): "nothing"}.get(type(value), f"{value!r:.40}")
