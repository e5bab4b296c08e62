"""Runs: the kinds there are, what their statuses mean, and one value for a run whatever the version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from airflow_provider_extend.api.calls import MAX_MESSAGE, cut_queries, page_link
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import ExtendAnswerError, ExtendInputError
from airflow_provider_extend.api.metrics import Metrics, read_metrics
from airflow_provider_extend.api.versions import V2026

SUCCEEDED = "succeeded"
FAILED = "failed"
CANCELLED = "cancelled"
NEEDS_REVIEW = "needs_review"
REJECTED = "rejected"

#: Status -> outcome; None: still moving (objects.md 1.1). A status that is not here is still moving too, and
#: never success: the API may add values without a new version.
OUTCOMES: Mapping[str, str | None] = MappingProxyType(
    {
        "PENDING": None,
        "PROCESSING": None,
        "CANCELLING": None,
        "PROCESSED": SUCCEEDED,
        "REVIEWED": SUCCEEDED,
        "NEEDS_REVIEW": NEEDS_REVIEW,
        "REJECTED": REJECTED,
        "FAILED": FAILED,
        "CANCELLED": CANCELLED,
    }
)

#: Failure reasons that a new run may not meet again, by kind; for other kinds no source says (objects.md 1.4).
WORTH_NEW_RUN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "workflow_run": frozenset({"INTERNAL_ERROR", "DOCUMENT_PROCESSOR_ERROR"}),
        "parse_run": frozenset({"OCR_ERROR", "INTERNAL_ERROR"}),
    }
)

BATCH_PROCESSOR_RUN = "batch_processor_run"
EVALUATION_SET_RUN = "evaluation_set_run"
EXTRACT_RUN = "extract_run"
CLASSIFY_RUN = "classify_run"
SPLIT_RUN = "split_run"
PARSE_RUN = "parse_run"
EDIT_RUN = "edit_run"
FORM_DETECTION_RUN = "form_detection_run"
VERIFY_RUN = "verify_run"
PROCESSOR_RUN = "processor_run"
WORKFLOW_RUN = "workflow_run"
EXTRACT_BATCH = "extract_batch"
CLASSIFY_BATCH = "classify_batch"
SPLIT_BATCH = "split_batch"
PARSE_BATCH = "parse_batch"
WORKFLOW_BATCH = "workflow_batch"

#: Kind of batch -> kind of the runs that are its members.
MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        EXTRACT_BATCH: EXTRACT_RUN,
        CLASSIFY_BATCH: CLASSIFY_RUN,
        SPLIT_BATCH: SPLIT_RUN,
        PARSE_BATCH: PARSE_RUN,
        WORKFLOW_BATCH: WORKFLOW_RUN,
    }
)

_SINGLE = (
    EXTRACT_RUN,
    CLASSIFY_RUN,
    SPLIT_RUN,
    PARSE_RUN,
    EDIT_RUN,
    FORM_DETECTION_RUN,
    VERIFY_RUN,
    PROCESSOR_RUN,
    WORKFLOW_RUN,
)
#: Kind of run -> endpoints that read one, best first. A later one is asked where the version has it and the
#: one before answered 404: 2026-02-09 keeps the old path of a batch processor run, for how long is not said.
#: No call reads a batch of workflow runs: the list of its members is what there is (runs.md 8).
READS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        BATCH_PROCESSOR_RUN: ("batch_processor_runs.retrieve", "evaluation_set_runs.retrieve"),
        EVALUATION_SET_RUN: ("evaluation_set_runs.retrieve",),
        **{kind: (f"{kind}s.retrieve",) for kind in _SINGLE},
        **{kind: ("batch_runs.retrieve",) for kind in MEMBERS if kind != WORKFLOW_BATCH},
        WORKFLOW_BATCH: ("workflow_runs.list",),
    }
)

#: Kind of run -> endpoint that cancels one (runs.md 1). A kind that is not here cannot be cancelled in any version.
CANCELS: Mapping[str, str] = MappingProxyType(
    {kind: f"{kind}s.cancel" for kind in _SINGLE if kind not in (EDIT_RUN, FORM_DETECTION_RUN)}
)

#: Kinds whose result Extend may give once and then purge, where the workspace retains nothing (runs.md 3).
DELIVERED_ONCE: frozenset[str] = frozenset({VERIFY_RUN})

#: Kind of run -> keys that hold what was read from the document, the newest version's first; else `output`.
_OUTPUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {WORKFLOW_RUN: ("stepRuns", "outputs"), PARSE_RUN: ("output", "chunks")}
)


def cancels(kind: str, version: str) -> str | None:
    """Endpoint that cancels a run of `kind` in `version`; None where the API has none."""
    name = CANCELS.get(kind)
    return name if name and version in find(name).paths else None


def reads(kind: str, version: str) -> tuple[str, ...]:
    """Endpoints that read a run of `kind` in `version`, best first.

    :raises ExtendInputError: unknown kind, or a kind that the version does not have.
    """
    if kind not in READS:
        raise ExtendInputError(f"Unknown kind of run {kind!r}: one of {', '.join(READS)}. Nothing was sent.")
    names = tuple(name for name in READS[kind] if version in find(name).paths)
    if not names:
        find(READS[kind][0]).path(version)  # raises, naming the versions that have it
    return names


def readable(kind: str, version: str) -> bool:
    """Whether a run of `kind` can be read in `version` once it is started; the answer to POST /parse of 2024-12-23 is
    all that there ever is of its run."""
    return any(version in find(name).paths for name in READS[kind])


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the API answered it, in one shape for all versions. What the API does not give is None.

    :ivar kind: kind of run that was asked for (`batch_processor_run`, ...).
    :ivar status: the API's word, for instance `PROCESSING`.
    :ivar outcome: `succeeded`, `failed`, `cancelled`, `needs_review`, `rejected`; None while it moves.
    :ivar failure_reason: the API's code, where it gives one; batch processor runs and evaluation set runs
        have none in any version.
    :ivar metrics_from: which object the metrics were read from; None while there are none worth the name.
    :ivar metadata: what was sent along when the run was made, as the API gives it back.
    :ivar source: where it was started, for instance `EVAL_SET`, `API`; :ivar source_id: evaluation set or processor.
    :ivar processor_type: `EXTRACT`, `CLASSIFY`, `SPLITTER` or None where the answer does not tell.
    :ivar version_name: `draft` or a number such as `1.0`; None where the answer does not tell.
    :ivar members: of a batch that has ended, its runs as the list shows them; empty for every other run.
    """

    kind: str
    id: str
    status: str
    outcome: str | None
    api_version: str
    raw: Mapping[str, Any] = field(repr=False)
    failure_reason: str | None = None
    failure_message: str | None = None
    url: str | None = None
    metrics: Metrics = field(default_factory=Metrics)
    metrics_from: str | None = None
    source: str | None = None
    source_id: str | None = None
    processor_id: str | None = None
    processor_version_id: str | None = None
    processor_type: str | None = None
    version_name: str | None = None
    usage: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    members: tuple[Run, ...] = field(default=(), repr=False)

    @property
    def ended(self) -> bool:
        return self.outcome is not None

    @property
    def succeeded(self) -> bool:
        """The run, and of a batch each member."""
        return self.outcome == SUCCEEDED and all(member.succeeded for member in self.members)

    @property
    def output(self) -> Any:
        """What was read from the document, as the API gives it; None where there is nothing (yet)."""
        keys = _OUTPUTS.get(self.kind, ("output",))
        old = self.api_version != V2026
        return next((self.raw[key] for key in (keys[::-1] if old else keys) if key in self.raw), None)

    @property
    def status_known(self) -> bool:
        return self.status in OUTCOMES

    @property
    def worth_new_run(self) -> bool:
        return self.failure_reason in WORTH_NEW_RUN.get(self.kind, ())

    @property
    def credits(self) -> float | None:
        """What the run cost with the runs inside it; None where the API does not say."""
        usage = self.usage or {}
        given = usage.get("totalCredits", usage.get("credits"))
        return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


#: `object` of an entity of 2026-02-09 -> type of processor, as the older versions call it.
ENTITY_TYPES: Mapping[str, str] = {"extractor": "EXTRACT", "classifier": "CLASSIFY", "splitter": "SPLITTER"}


#: Keys under which an answer names what the run was of.
_ENTITIES = ("entity", "extractor", "classifier", "splitter", "workflow")


def read_run(kind: str, version: str, body: Any) -> Run:
    """`body` (the object, out of its envelope) as a `Run`.

    Sources: objects.md 2.1 (BatchProcessorRun), 3.1 (EvaluationSetRun), 5 to 7 (all others). The status object that
    2025-04-21 answers for a parse or edit run that moves is read alike. `processor_id` of a workflow run is the
    workflow. Unknown keys are ignored.

    :raises ExtendAnswerError: where the answer is no run (no id or no status).
    """
    status = body.get("status") if isinstance(body, dict) else None
    if isinstance(status, dict):
        status = status.get("status")  # an edit run of 2025-04-21 that has ended holds its status object
    if not isinstance(body, dict) or not _text(body.get("id")) or not isinstance(status, str) or not status:
        raise ExtendAnswerError(f"The answer for a {kind} has no id or no status: it is no run.", status=200)
    entity = _first(body, _ENTITIES)
    entity_version = _first(body, [f"{name}Version" for name in _ENTITIES])
    url = _text(body.get("dashboardUrl")) or _text(body.get("url"))
    metrics, metrics_from = read_metrics(body, ended=OUTCOMES.get(status) is not None)
    return Run(
        kind=kind,
        id=body["id"],
        status=status,
        outcome=OUTCOMES.get(status),
        api_version=version,
        raw=body,
        failure_reason=_text(body.get("failureReason")),
        failure_message=_shown(body.get("failureMessage")),
        url=page_link(url) if url else None,
        metrics=metrics,
        metrics_from=metrics_from,
        source=_text(body.get("source")) or ("EVAL_SET" if _text(body.get("evaluationSetId")) else None),
        source_id=_text(body.get("sourceId")) or _text(body.get("evaluationSetId")),
        processor_id=_text(body.get("processorId")) or _text(entity.get("id")),
        processor_version_id=_text(body.get("processorVersionId")) or _text(entity_version.get("id")),
        processor_type=ENTITY_TYPES.get(_text(entity.get("object")) or "")
        or metrics.processor_type
        or (_text(body.get("type")) if kind == PROCESSOR_RUN else None),
        version_name=_text(entity_version.get("version") or entity.get("version")),
        usage=_object(body.get("usage")) or None,
        metadata=_object(body.get("metadata")),
        created_at=parse_time(body.get("createdAt") or body.get("initialRunAt")),
    )


def parse_time(value: Any) -> datetime | None:
    """An RFC 3339 time of the API; None where it is absent, unreadable or without a zone."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo else None


def _shown(value: Any) -> str | None:
    """The API's words, as far as they may be shown: a message may quote the link that a document was fetched from."""
    text = _text(value)
    return cut_queries(text)[:MAX_MESSAGE] if text else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _first(body: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return _object(next((body[key] for key in keys if body.get(key)), None))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
