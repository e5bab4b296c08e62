"""What is announced of which kind of object, as a table: a new kind of run needs one row (webhooks.md 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from airflow_provider_extend.emulator.state import V24, V25, V26, State
from airflow_provider_extend.emulator.store import Row
from airflow_provider_extend.emulator.timeline import DONE, ENDED
from airflow_provider_extend.emulator.views import View

#: Of runs that were started otherwise nothing is told.
_BY_API = ("API", "BATCH_PROCESSOR_RUN", "BATCH_PARSER_RUN")


@dataclass(frozen=True)
class Stage:
    """A moment in the life of an object that has an event: its last word, and what the object is then."""

    word: str
    since: str
    then: Row
    part: int | None = None  # which of its step runs is meant


def _ends(words: dict[str, str]) -> Callable[[State, Row], Iterator[Stage]]:
    def stages(state: State, row: Row) -> Iterator[Stage]:
        if row.get("source", "API") in _BY_API:
            for status, since in state.clock.passed(row):
                if status in words:
                    yield Stage(words[status], since, row | {"status": status, "updatedAt": since})

    return stages


_ENDS = _ends({"PROCESSED": "processed", "FAILED": "failed"})
_FLOWN = _ends(
    {"PROCESSED": "completed", "FAILED": "failed", "NEEDS_REVIEW": "needs_review", "REJECTED": "rejected"}
    | {"CANCELLED": "cancelled"}
)


def _of_workflow_run(state: State, row: Row) -> Iterator[Stage]:
    """The steps of a run are done when it is, or when it waits for a review of them."""
    counts = [*(review["steps"] for review in row.get("reviews", ())), len(row["steps"])]
    told = 0
    for stage in _FLOWN(state, row):
        if stage.then["status"] in DONE:
            until = counts.pop(0) if counts else told
            for part in range(told, until):
                yield Stage("step_run.processed", stage.since, stage.then, part)
            told = until
        yield stage


def members(state: State, batch: Row) -> list[Row]:
    return [row for _, row in state.store.all(batch["kind"]) if row["batchId"] == batch["id"]]


def _of_batch(state: State, row: Row) -> Iterator[Stage]:
    status = View(state, V26).show("batch", row)["status"]
    if status in ("PROCESSED", "FAILED"):
        forced = [row["forced"]["at"]] if row.get("forced") else []
        ends = forced or [state.clock.passed(member)[-1][1] for member in members(state, row)]
        yield Stage(status.lower(), max(ends, default=row["createdAt"]), row | {"status": status})


def _of_processor(state: State, row: Row) -> Iterator[Stage]:
    """A change of its draft changes the processor too."""
    yield Stage("created", row["createdAt"], row)
    if row["updatedAt"] > row["createdAt"]:
        yield Stage("updated", row["updatedAt"], row)
    draft = state.store.need("version", row["draftId"])
    if draft["updatedAt"] > draft["createdAt"]:
        yield Stage("draft.updated", draft["updatedAt"], row)


def _deployed(state: State, row: Row) -> Iterator[Stage]:
    """A version of a workflow; what is shown is the workflow."""
    if row["version"] != "draft":
        workflow = state.store.need("workflow", row["workflowId"])
        yield Stage("deployed", row["createdAt"], workflow | {"shownVersion": row["version"]})


def _made(word: str) -> Callable[[State, Row], Iterator[Stage]]:
    def stages(state: State, row: Row) -> Iterator[Stage]:
        if row.get("version") != "draft":
            yield Stage(word, row["createdAt"], row)

    return stages


def _noun(state: State, row: Row) -> str:
    """Of a processor, or of a version of one."""
    owner = state.store.need("processor", row["processorId"]) if "processorId" in row else row
    return {"CLASSIFY": "classifier", "SPLITTER": "splitter"}.get(owner.get("type", "EXTRACT"), "extractor")


def _family(name: str) -> Callable[[State, Row], str]:
    return lambda state, row: name


def _batch_family(state: State, row: Row) -> str:
    return "batch_parse_run" if row["kind"] == "parse_run" else "batch_processor_run"


def _batch_resource(state: State, row: Row) -> str | None:
    return next((member.get("processorId") for member in members(state, row)), None)


def _batch_over(state: State, row: Row) -> bool:
    return bool(View(state, V26).show("batch", row)["status"] in ENDED)


def _run_over(state: State, row: Row) -> bool:
    return state.clock.left(row) == 0


def _key(name: str) -> Callable[[State, Row], str | None]:
    return lambda state, row: row.get(name)


@dataclass(frozen=True)
class Announced:
    """Of one kind of object. A version without a family is told nothing of it."""

    stages: Callable[[State, Row], Iterator[Stage]]
    families: dict[str, Callable[[State, Row], str]]  # version -> first word of the event's name
    shapes: dict[str, str]  # version -> how the payload is shown, by its kind where that is not said
    resource: Callable[[State, Row], str | None] = lambda state, row: None  # what a subscription to it names
    #: Whether nothing more will come, unless the row is changed: that is so of what has no clock.
    over: Callable[[State, Row], bool] = lambda state, row: True

    def name(self, state: State, row: Row, stage: Stage, version: str) -> str | None:
        family = self.families.get(version)
        return f"{family(state, row)}.{stage.word}" if family else None

    def payload(self, view: View, kind: str, stage: Stage) -> Row | None:
        """None: this version shows no such step run."""
        shown = view.show(self.shapes.get(view.style, kind), stage.then)
        if stage.part is None:
            return shown
        runs: list[Row] = shown.get("stepRuns", [])
        return runs[stage.part] if stage.part < len(runs) else None


def _run(old: str = "", new: str = "", shapes: dict[str, str] | None = None, resource: str = "") -> Announced:
    """``old``: its family in the older versions, with its version where only one has it."""
    name, _, only = old.partition("@")
    older = {version: _family(name) for version in (V24, V25) if name and only in ("", version)}
    return Announced(_ENDS, older | {V26: _family(new)}, shapes or {}, _key(resource), _run_over)


_PROCESSOR_FAMILY = {V24: _family("processor"), V25: _family("processor"), V26: _noun}
_WORKFLOW_FAMILY = dict.fromkeys((V24, V25, V26), _family("workflow"))

#: Kind in the store -> what is told of it. Assumption: of evaluation set runs nothing is.
EVENTS: dict[str, Announced] = {
    "extract_run": _run("processor_run", "extract_run", resource="processorId"),
    "classify_run": _run("processor_run", "classify_run", resource="processorId"),
    "split_run": _run("processor_run", "split_run", resource="processorId"),
    "parse_run": _run(f"parser_run@{V25}", "parse_run", dict.fromkeys((V25, V26), "parse_run_status")),
    "edit_run": _run("", "edit_run"),
    "form_detection_run": _run("", "form_detection_run"),
    "batch": Announced(_of_batch, {V26: _batch_family}, {}, _batch_resource, _batch_over),
    "workflow_run": Announced(
        _of_workflow_run,
        dict.fromkeys((V24, V25, V26), _family("workflow_run")),
        dict.fromkeys((V24, V25, V26), "workflow_run_full"),
        _key("workflowId"),
        _run_over,
    ),
    "processor": Announced(_of_processor, _PROCESSOR_FAMILY, {}),
    "version": Announced(_made("version.published"), _PROCESSOR_FAMILY, {}),
    "workflow": Announced(_made("created"), _WORKFLOW_FAMILY, {}),
    "workflow_version": Announced(_deployed, _WORKFLOW_FAMILY, dict.fromkeys((V24, V25, V26), "workflow")),
}
