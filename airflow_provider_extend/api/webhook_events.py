"""The events that Extend's webhooks announce, in each API version: a closed table (webhooks.md 2).

Columns: event; the versions that have it (2024-12-23, 2025-04-21, 2026-02-09: `x` or `-`); kind of the run it is
about (`-`: about a definition); what its payload is; the run's outcome that it tells (`-` none); where it is switched
on by API on 2026-02-09: `endpoint` for all resources, a type of resource for a subscription.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.versions import API_VERSIONS

#: Switched on for all resources, not by a subscription to one.
ENDPOINT: Final = "endpoint"

_TABLE = """\
extract_run.processed            --x  extract_run         ExtractRun         succeeded     endpoint,extractor
extract_run.failed               --x  extract_run         ExtractRun         failed        endpoint,extractor
classify_run.processed           --x  classify_run        ClassifyRun        succeeded     endpoint,classifier
classify_run.failed              --x  classify_run        ClassifyRun        failed        endpoint,classifier
split_run.processed              --x  split_run           SplitRun           succeeded     endpoint,splitter
split_run.failed                 --x  split_run           SplitRun           failed        endpoint,splitter
parse_run.processed              --x  parse_run           ParseRunStatus     succeeded     endpoint
parse_run.failed                 --x  parse_run           ParseRunStatus     failed        endpoint
parser_run.processed             -x-  parse_run           ParserRunStatus    succeeded     -
parser_run.failed                -x-  parse_run           ParserRunStatus    failed        -
edit_run.processed               --x  edit_run            EditRun            succeeded     endpoint
edit_run.failed                  --x  edit_run            EditRun            failed        endpoint
form_detection_run.processed     --x  form_detection_run  FormDetectionRun   succeeded     endpoint
form_detection_run.failed        --x  form_detection_run  FormDetectionRun   failed        endpoint
batch_processor_run.processed    --x  batch_run           BatchRun           succeeded     endpoint,extractor,classifier,splitter
batch_processor_run.failed       --x  batch_run           BatchRun           failed        endpoint,extractor,classifier,splitter
batch_parse_run.processed        --x  batch_run           BatchRun           succeeded     endpoint
batch_parse_run.failed           --x  batch_run           BatchRun           failed        endpoint
processor_run.processed          xx-  processor_run       ProcessorRun       succeeded     -
processor_run.failed             xx-  processor_run       ProcessorRun       failed        -
workflow_run.completed           xxx  workflow_run        WorkflowRun        succeeded     workflow
workflow_run.failed              xxx  workflow_run        WorkflowRun        failed        workflow
workflow_run.needs_review        xxx  workflow_run        WorkflowRun        needs_review  workflow
workflow_run.rejected            xxx  workflow_run        WorkflowRun        rejected      workflow
workflow_run.cancelled           --x  workflow_run        WorkflowRun        cancelled     workflow
workflow_run.step_run.processed  xxx  workflow_run        StepRun            -             workflow
workflow.created                 xxx  -                   Workflow           -             endpoint
workflow.deployed                xxx  -                   Workflow           -             endpoint
workflow.deleted                 xxx  -                   Workflow           -             endpoint
processor.created                xx-  -                   Processor          -             -
processor.updated                xx-  -                   Processor          -             -
processor.deleted                xx-  -                   Processor          -             -
processor.draft.updated          xx-  -                   Processor          -             -
processor.version.published      xx-  -                   ProcessorVersion   -             -
extractor.created                --x  -                   Extractor          -             endpoint
extractor.updated                --x  -                   Extractor          -             endpoint
extractor.deleted                --x  -                   Extractor          -             endpoint
extractor.draft.updated          --x  -                   Extractor          -             endpoint
extractor.version.published      --x  -                   ExtractorVersion   -             endpoint
classifier.created               --x  -                   Classifier         -             endpoint
classifier.updated               --x  -                   Classifier         -             endpoint
classifier.deleted               --x  -                   Classifier         -             endpoint
classifier.draft.updated         --x  -                   Classifier         -             endpoint
classifier.version.published     --x  -                   ClassifierVersion  -             endpoint
splitter.created                 --x  -                   Splitter           -             endpoint
splitter.updated                 --x  -                   Splitter           -             endpoint
splitter.deleted                 --x  -                   Splitter           -             endpoint
splitter.draft.updated           --x  -                   Splitter           -             endpoint
splitter.version.published       --x  -                   SplitterVersion    -             endpoint"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the table.

    :ivar versions: API versions that have the event.
    :ivar kind: kind of the run that it is about; None for a definition (a workflow, a processor).
    :ivar payload: the API's name of the object that comes with it.
    :ivar outcome: `succeeded`, `failed`, `cancelled`, `needs_review` or `rejected`; None where the event does not tell
        of a run's end. A batch has succeeded when all members have ended, however they did (runs.md 8).
    :ivar enabled_on: where it can be switched on by API: `endpoint`, and types of resource; empty for the older
        versions, which are set up in the dashboard.
    """

    name: str
    versions: tuple[str, ...]
    kind: str | None
    payload: str
    outcome: str | None
    enabled_on: tuple[str, ...]


def _parse(line: str) -> EventType:
    name, marks, kind, payload, outcome, places = line.split()
    return EventType(
        name=name,
        versions=tuple(version for version, mark in zip(API_VERSIONS, marks, strict=True) if mark == "x"),
        kind=None if kind == "-" else kind,
        payload=payload,
        outcome=None if outcome == "-" else outcome,
        enabled_on=() if places == "-" else tuple(places.split(",")),
    )


EVENTS: Mapping[str, EventType] = MappingProxyType(
    {event.name: event for event in map(_parse, _TABLE.splitlines())}
)


def find_event(name: str, api_version: str | None) -> EventType | None:
    """The row of event `name`; None where it is none that `api_version` is known to have.

    :param api_version: the version that the endpoint is bound to; None: not known, and any version's event counts.
    """
    event = EVENTS.get(name)
    return event if event and (api_version is None or api_version in event.versions) else None


def check_enabled_events(events: Iterable[str], resource_type: str | None = None) -> list[str]:
    """`events` as a list, for `enabledEvents` of a webhook endpoint or subscription (2026-02-09, webhooks.md 3).

    An event that is not in the table is let through: Extend adds events without a new API version.

    :param resource_type: of a subscription: `extractor`, `classifier`, `splitter` or `workflow`; None: an endpoint,
        which may do without events of its own where subscriptions alone are to use it.
    :raises ExtendInputError: a subscription to no event, or an event that Extend does not offer there; it names where
        it does.
    """
    if isinstance(events, str):
        raise ExtendInputError("events is one text: expected a list of names of events. Nothing was sent.")
    names, place = list(events), resource_type or ENDPOINT
    if not names and resource_type is not None:
        raise ExtendInputError(
            f"events is empty: a subscription to one {resource_type} takes at least one name of an event. Nothing was "
            "sent."
        )
    for name in names:
        known = EVENTS.get(name)
        if known and place not in known.enabled_on:
            where = " or ".join(
                "an endpoint" if each == ENDPOINT else f"a subscription to one {each}"
                for each in known.enabled_on
            )
            way = f"it takes {where}" if where else "API version 2026-02-09 no longer has it"
            raise ExtendInputError(
                f"Event {name!r} cannot be switched on for {resource_type or 'an endpoint'}: {way}. Nothing was sent."
            )
    return names
