"""The steps of a workflow: what one of each type must hold, how they hang together, and which way a document takes.

All types that the API knows are kept. Run are parse, extract, conditional extract, classify, split, conditional
and human review; the others are passed through as if all was well (assumption), which shows in no step run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow_provider_extend.emulator import bodies, parsing
from airflow_provider_extend.emulator.processing import TYPES, Type, perform
from airflow_provider_extend.emulator.state import V26, ApiError
from airflow_provider_extend.emulator.store import Row


@dataclass(frozen=True)
class StepType:
    config: str = ""  # the form of its config, which may be left out unless it is ``needed``
    when: str = ""  # the key by which an entry of ``next`` says when it is taken
    processor: str = ""  # the type of processor that it runs
    needed: bool = False

    @property
    def noun(self) -> str:
        return TYPES[self.processor].noun


def _processor(noun: str, version: str) -> str:
    return f"{noun}?(id:str version:{version}) {noun}Config:object?"


_RULE = "rules[](name:str? formula:str)"
_CONDITION = """conditions[](
    id:str type:IF|ELSE_IF|ELSE operation:EQUALS|GTE|LTE|IS_NULL|CONTAINS|NO_OP? leftOperand:str? rightOperand:str?
)"""
TYPES_OF_STEP = {
    "TRIGGER": StepType(),
    "PARSE": StepType("parseConfig:object?"),
    "EXTRACT": StepType(_processor("extractor", "str?") + " extractorConfig.schema:object", "", "EXTRACT"),
    "CLASSIFY": StepType(_processor("classifier", "str"), "classificationId", "CLASSIFY"),
    "SPLIT": StepType(_processor("splitter", "str"), "classificationId", "SPLITTER"),
    "MERGE_EXTRACT": StepType("mergeOrder:str?"),
    "CONDITIONAL": StepType(_CONDITION, "conditionId", needed=True),
    "CONDITIONAL_EXTRACT": StepType(
        "rules[](name:str? formula:str extractor(id:str version:str?))", "", "EXTRACT"
    ),
    "EXTERNAL_DATA_VALIDATION": StepType(),
    "WEBHOOK_RESPONSE": StepType(),
    "RULE_VALIDATION": StepType(_RULE, "result"),
    "VALIDATION": StepType("blocks[]:object", "result"),
    "ROUTER": StepType("branches[](id:str)", "branchId"),
    "HUMAN_REVIEW": StepType(),
    "COLLECT": StepType(),
    "FILE_CONVERSION": StepType("failureBehavior:str?"),
}
#: Of ``steps`` in a body.
FORM = f"steps[]?(name:str type:{'|'.join(TYPES_OF_STEP)} config:object? next[]?(step:str))"
#: Of a workflow that is made without any (SDK 1.20.0 workflows.create).
DEFAULT: list[Row] = [
    {"name": "trigger", "type": "TRIGGER", "next": [{"step": "parse"}]},
    {"name": "parse", "type": "PARSE"},
]
_RESULTS = {"RULE_VALIDATION": "pass", "VALIDATION": "pass", "ROUTER": "otherwise"}


def check(steps: Sequence[Row]) -> None:
    """Raises ApiError 400. A list without a trigger is taken: its steps are run as they stand (assumption)."""
    names = [step["name"] for step in steps]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ApiError(400, f"steps: {', '.join(twice)}: a name can be used once")
    if sum(step["type"] == "TRIGGER" for step in steps) > 1:
        raise ApiError(400, "steps: one TRIGGER is expected")
    for at, step in enumerate(steps):
        kind, config, place = TYPES_OF_STEP[step["type"]], step.get("config"), f"steps[{at}]"
        if config is not None or kind.needed:
            bodies.check(kind.config, config or {}, f"{place}.config")
        if kind.processor and config and "rules" not in config:
            named, inline = config.get(kind.noun), config.get(f"{kind.noun}Config")
            if (named is None) == (inline is None):
                raise ApiError(
                    400, f"{place}.config must hold exactly one of {kind.noun} and {kind.noun}Config"
                )
            if inline is not None:
                TYPES[kind.processor].checked(inline)
            if kind.processor != "EXTRACT" and named and named["version"] == "latest":
                raise ApiError(400, f"{place}.config.{kind.noun}.version must be pinned, or draft")
        for number, entry in enumerate(step.get("next") or []):
            if entry["step"] not in names:
                raise ApiError(400, f"{place}.next[{number}].step: there is no step {entry['step']!r}")
            if kind.when and not isinstance(entry.get(kind.when), str):
                raise ApiError(400, f"Missing required field(s): {place}.next[{number}].{kind.when}")
    _check_ends(steps)


def _check_ends(steps: Sequence[Row]) -> None:
    left = {step["name"]: {entry["step"] for entry in step.get("next") or []} for step in steps}
    while done := {name for name, following in left.items() if not following & left.keys()}:
        left = {name: following for name, following in left.items() if name not in done}
    if left:
        raise ApiError(400, f"steps: {', '.join(sorted(left))} lead in a circle")


def unconfigured(steps: Sequence[Row]) -> list[str]:
    return [
        step["name"] for step in steps if TYPES_OF_STEP[step["type"]].processor and not step.get("config")
    ]


# Which way a document takes


@dataclass
class Document:
    """What steps look at: what the run was given, or a part that a split cut out of it."""

    pages: list[str]
    parent: int | None = None
    part: Row | None = None


@dataclass
class Walk:
    """``jobs``: step -> type of processor and config. ``known``: step -> what its output is known to say."""

    steps: Sequence[Row]
    jobs: Mapping[str, tuple[Type, Row]]
    metadata: Row
    documents: list[Document]
    known: Mapping[str, Any] = field(default_factory=dict)
    records: list[Row] = field(default_factory=list)  # {step, document, reading} of what was run
    waiting: list[tuple[str, int]] = field(default_factory=list)  # (review, document)
    failure: str | None = None

    def start(self) -> None:
        first = next((step for step in self.steps if step["type"] == "TRIGGER"), None)
        if first or self.steps:
            self._go([((first or self.steps[0])["name"], 0)])

    def resume(self) -> None:
        """What comes after the reviews that were waited for."""
        reviews, self.waiting = self.waiting, []
        self._go([(name, at) for review, at in reviews for name in self._following(review, None)])

    def _go(self, ahead: list[tuple[str, int]]) -> None:
        named = {step["name"]: step for step in self.steps}
        seen: set[tuple[str, int]] = set()
        while ahead and self.failure is None:
            name, at = ahead.pop(0)
            if (name, at) not in seen:
                seen.add((name, at))
                ahead += self._done(named[name], at)

    def _done(self, step: Row, at: int) -> list[tuple[str, int]]:
        name, kind = step["name"], step["type"]
        if kind == "HUMAN_REVIEW":
            self.waiting.append((name, at))
            return []
        if kind == "PARSE":
            config = (step.get("config") or {}).get("parseConfig") or {}
            try:
                found = {"config": config, "parsed": parsing.parse(self.documents[at].pages, config)}
            except ValueError:  # options that do not fit the document
                self.failure = "INVALID_WORKFLOW"
                return []
            self.records.append({"step": name, "document": at, "reading": found})
        if TYPES_OF_STEP[kind].processor:
            return self._worked(step, at)
        taken = self._branch(step, at) if kind == "CONDITIONAL" else _RESULTS.get(kind)
        return [(following, at) for following in self._following(name, taken)]

    def _worked(self, step: Row, at: int) -> list[tuple[str, int]]:
        name = step["name"]
        if (job := self.jobs.get(name)) is None:
            self.failure = "INVALID_WORKFLOW"
            return []
        kind, config = job
        reading = perform(kind.name, config, self.documents[at].pages)
        if reading["values"] is None or (kind.classes and not config[kind.classes]):
            self.failure = "DOCUMENT_PROCESSOR_ERROR"
            return []
        if name in self.known:
            reading = reading | {"values": amended(kind, reading, self.known[name])}
        self.records.append({"step": name, "document": at, "reading": reading})
        values = reading["values"]
        if kind.name != "SPLITTER":
            taken = values["id"] if kind.name == "CLASSIFY" else None
            return [(following, at) for following in self._following(name, taken)]
        ways = []
        for number, part in enumerate(values):
            pages = self.documents[at].pages[part["startPage"] - 1 : part["endPage"]]
            self.documents.append(Document(pages, at, {"record": len(self.records) - 1, "number": number}))
            following = self._following(name, part["classificationId"])
            ways += [(one, len(self.documents) - 1) for one in following]
        return ways

    def _following(self, name: str, taken: str | None) -> list[str]:
        at = next(at for at, step in enumerate(self.steps) if step["name"] == name)
        step = self.steps[at]
        if step.get("next") is None and all(one["type"] != "TRIGGER" for one in self.steps):
            return [one["name"] for one in self.steps[at + 1 : at + 2]]
        when = TYPES_OF_STEP[step["type"]].when
        return [entry["step"] for entry in step.get("next") or [] if not when or entry[when] == taken]

    def _branch(self, step: Row, at: int) -> str | None:
        outputs = self._outputs(at)
        return next(
            (one["id"] for one in step["config"]["conditions"] if _holds(one, outputs)),
            None,
        )

    def _outputs(self, at: int) -> Row:
        """By step what was found in this document, or in what it was cut from."""
        line: list[int | None] = [at]
        while (last := line[-1]) is not None:
            line.append(self.documents[last].parent)
        found: Row = {"metadata": self.metadata}
        for record in self.records:
            if record["document"] in line and record["step"] in self.jobs:
                kind, _ = self.jobs[record["step"]]
                found[record["step"]] = {"output": kind.shown(latest(record["reading"]), V26)}
        return found


_TERM = re.compile(r"\{\{\s*(.+?)\s*\}\}")


def _operand(text: str | None, outputs: Row) -> Any:
    """``{{step.output.value.field}}`` is looked up, and ``{{metadata.key}}`` (assumption); else it is the text."""
    match = _TERM.fullmatch((text or "").strip())
    if not match:
        return text
    value: Any = outputs
    for key in re.findall(r"[^.\[\]]+", match[1]):
        if isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and len(key) < 9 and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _holds(condition: Row, outputs: Row) -> bool:
    operation = condition.get("operation") or "NO_OP"
    if condition["type"] == "ELSE":
        return True
    left, right = (_operand(condition.get(side), outputs) for side in ("leftOperand", "rightOperand"))
    if operation == "IS_NULL":
        return left is None
    if operation == "CONTAINS":
        inside = left if isinstance(left, list) else "" if left is None else str(left)
        return right is not None and (right in inside if isinstance(inside, list) else str(right) in inside)
    if operation == "EQUALS" and left is not None and str(left).casefold() == str(right).casefold():
        return True
    return operation != "NO_OP" and _number(left, right, operation)


def _number(left: Any, right: Any, operation: str) -> bool:
    try:
        one, other = Decimal(str(left)), Decimal(str(right))
        return {"GTE": one >= other, "LTE": one <= other, "EQUALS": one == other}[operation]
    except InvalidOperation:
        return False


# What is known better than a step found it


def latest(reading: Row) -> Row:
    """With what a review has put right."""
    return reading | {"values": reading["reviewed"]} if "reviewed" in reading else reading


def amended(kind: Type, reading: Row, given: Any) -> Any:
    """The values of a reading with those of an output that is given. Raises ApiError 400 for one that does not fit."""
    values = latest(reading)["values"]
    if kind.name == "EXTRACT":
        told = given.get("value") if set(given) == {"value"} and isinstance(given["value"], dict) else given
        return _merged(values, told, "output")
    if kind.name == "CLASSIFY":
        classes = [one for one in reading["config"][kind.classes] if given.get("id", one["id"]) == one["id"]]
        classes = [one for one in classes if given.get("type", one["type"]) == one["type"]]
        if not classes or not given.keys() & {"id", "type"}:
            raise ApiError(400, "output: id and type must be those of a class of the classifier")
        return values | {"id": classes[0]["id"], "type": classes[0]["type"]}
    parts = given.get("splits", given.get("subDocumentClassifications"))
    bodies.check(
        "splits[](classificationId:str type:str startPage:1..100000 endPage:1..100000)",
        {"splits": parts},
        "output",
    )
    if any(part["endPage"] < part["startPage"] for part in parts):
        raise ApiError(400, "output.splits: a part ends before it starts")
    blank = {"observation": "", "identifier": ""}
    return [blank | {key: part[key] for key in _PART if key in part} for part in parts]


_PART = ("classificationId", "type", "startPage", "endPage")


def _merged(values: Row, told: Any, place: str) -> Row:
    if not isinstance(told, dict):
        raise ApiError(400, f"{place} must be of type object")
    if unknown := sorted(told.keys() - values.keys()):
        raise ApiError(400, f"{place}: the extractor has no field {', '.join(unknown)}")
    merged = dict(values)
    for name, value in told.items():
        inside = values[name]
        if not isinstance(inside, dict) or "value" not in inside:
            value = _bare(value)
        nested = isinstance(inside, dict) and "iso_4217_currency_code" not in inside
        merged[name] = _merged(inside, value, f"{place}.{name}") if nested else value
    return merged


def _bare(value: Any) -> Any:
    """Of the older form, where a field is ``{"id", "type", "value"}``, the value."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def edits(before: Row, after: Row) -> Iterator[tuple[str, Row]]:
    for name, value in after.items():
        if before.get(name) != value:
            yield name, {"originalValue": before.get(name), "editedValue": value}
