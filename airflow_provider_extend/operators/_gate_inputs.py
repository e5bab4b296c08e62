"""What a gate is given, read: its rules, what it judges, and what that is compared with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import gate_files
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate.rules import LAST_PASSED, BaselineSource, Rules, minimums
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import result_of_run

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient
    from airflow_provider_extend.gate_store import GateMemory

RULES_EXT = (".yaml", ".yml")
_NOT_JUDGED = "The run was not judged; it costs nothing to judge it later."
#: Keys of a rules file; a plain mapping of minimums has selectors in their place.
_OF_A_FILE = frozenset({"version", "rules", "evidence", "baseline", "waivers"})


def is_elsewhere(rules: Any) -> bool:
    """Whether `rules` is the path of a file that no Jinja loader reads: it is read when the gate runs."""
    return isinstance(rules, str) and "://" in rules and rules.endswith(RULES_EXT)


def rules_of(given: Any, name: str) -> Rules:
    """The rules: the text of a file, the path of one, the same as an object, or selector -> minimum.

    :param name: of the file, for messages.
    :raises ExtendInputError: they cannot be used.
    """
    from airflow_provider_extend.gate import rules_file  # needs a YAML parser

    try:
        if isinstance(given, str) and "\n" not in given and given.strip().endswith(RULES_EXT):
            return rules_file.load_rules(_text(given.strip()), given.strip())
        if isinstance(given, str):
            return rules_file.load_rules(given, name)
        if isinstance(given, Mapping) and _OF_A_FILE & set(given):
            return rules_file.read_rules(given, name)
        return minimums(given)
    except ValueError as error:  # `RulesError`, or a path that cannot be read
        raise ExtendInputError(f"{error} {_NOT_JUDGED}") from None


def evidence_of(given: Any, client: Callable[[], ExtendClient]) -> Evidence:
    """The run that is judged: the return value of a task, a report of a gate, the path of a file with one of them or
    with Extend's own answer, or its id. What is not whole is read by its id.

    :raises ValueError: it is none of these.
    """
    if isinstance(given, str) and given.strip().endswith(".json"):
        evidence = gate_files.evidence_of(_document(given.strip()), given.strip())
    elif isinstance(given, Mapping) and "report" in given:
        evidence = Report.from_dict(given).evidence
    else:
        evidence = Evidence.of_result(given) if isinstance(given, Mapping) else Evidence()
    if evidence.id and not evidence.truncated:
        return evidence
    run_id = evidence.id if evidence.id or isinstance(given, Mapping) else given
    read = Evidence.of_result(_read_run(client(), evidence.kind, run_id))
    # A run does not tell the config and the items that it was started with; a task that started it does.
    return replace(
        read,
        config_fingerprint=evidence.config_fingerprint,
        items_fingerprint=evidence.items_fingerprint,
    )


def _read_run(client: ExtendClient, kind: str | None, run_id: Any) -> Mapping[str, Any]:
    with airflow_errors():
        run = look_up(client, kind or BATCH_PROCESSOR_RUN, run_id)
    return result_of_run(run, limit=None)


def baseline_of(
    source: BaselineSource | None,
    given: Any,
    evidence: Evidence,
    memory: GateMemory | None,
    client: Callable[[], ExtendClient],
) -> Baseline | None:
    """What `evidence` is compared with, None where there is none yet.

    :param source: what the rules say. :param given: the operator's own baseline, which comes before that.
    :raises ExtendInputError: it is to be what passed last, and there is nowhere to look for that.
    :raises ValueError: it cannot be read.
    """
    if given is not None:
        known = evidence_of(given, client)
        return Baseline(known, f"run {known.id}")
    if source is None:
        return None
    if source.source == LAST_PASSED:
        if memory is None:
            raise ExtendInputError(
                "The rules compare with what passed last, and the gate has no store that remembers it: give it "
                f"`store`, an Asset or a path. {_NOT_JUDGED}"
            )
        return memory.baseline(evidence)
    if source.source == "run":
        return Baseline(evidence_of(source.value, client), f"run {source.value}")
    path = str(source.value)
    return gate_files.baseline_of(_document(path), path)


def _document(path: str) -> Any:
    """:raises ValueError: it cannot be read, or is no JSON."""
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: this is no JSON ({error.msg}).") from None


def _text(path: str) -> str:
    """:raises ValueError: it cannot be read."""
    from airflow.sdk import ObjectStoragePath

    try:
        text: str = ObjectStoragePath(path).read_text()
    except Exception as error:
        # The kind of error: its text may hold a key of the store.
        raise ValueError(f"{path} cannot be read ({type(error).__name__}).") from None
    return text
