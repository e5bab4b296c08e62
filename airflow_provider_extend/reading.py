"""Reading one run through the client, whatever the version makes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendEndpointRemoved, ExtendNotFound, plain_error
from airflow_provider_extend.api.lookups import look_up_of
from airflow_provider_extend.api.runs import (
    DELIVERED_ONCE,
    EVALUATION_SET_RUN,
    MEMBERS,
    SUCCEEDED,
    WORKFLOW_BATCH,
    Run,
    read_run,
    reads,
)
from airflow_provider_extend.decisions import LIST_LAG

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

_PAGE_SIZE = 100
#: Asked for first: one of these rows says as much as the whole list while a batch moves.
_MOVING = ("PROCESSING", "PENDING")


def look_up(client: ExtendClient, kind: str, run_id: Any, members: int | None = None, **how: Any) -> Run:
    """The run as it is now: with its scores once it has succeeded, with its members once a batch has ended.

    2026-02-09 answers counts on the path of a batch processor run and scores on that of the evaluation set
    run of the same id (objects.md 2.3, 3), which is also asked where the first path knows no such run.

    :param run_id: checked here: it comes from a template or from XCom.
    :param members: how many runs a batch of workflow runs has. No call says so: without it such a batch moves for ever.
    :param how: `attempts` and `timeout` of `ExtendClient.call`.
    :raises ExtendError: (or its translation) as the client does; 404 only when no endpoint knows the id.
    """
    check_id(run_id, f"{kind} id")
    first, *others = reads(kind, client.api_version)
    if kind == WORKFLOW_BATCH:
        return _workflow_batch(client, run_id, members, how)
    try:
        run = read_run(kind, client.api_version, client.call(first, run_id, **how))
    except Exception as error:
        if not others or not is_gone(error):
            raise
        return read_run(kind, client.api_version, client.call(others[0], run_id, **how))
    if kind in MEMBERS:
        return _with_members(run, _members(client, kind, run_id, how)) if run.ended else run
    if run.outcome != SUCCEEDED or run.metrics_from or not others:
        return run
    try:
        body = client.call(others[0], run_id, **how)
    except Exception as error:
        if not is_gone(error):
            raise
        return run  # a batch that is no evaluation keeps its counts
    return _with_scores(run, read_run(EVALUATION_SET_RUN, client.api_version, body))


def glance(client: ExtendClient, kind: str, run_id: Any, members: int | None = None, **how: Any) -> Run:
    """The run for whoever does not want its result: what Extend delivers once is left to be read.

    What the list does not show is read: it was deleted, or is so young that it has no result yet.
    """
    seen = _listed(client, kind, run_id, how) if kind in DELIVERED_ONCE else None
    return seen or look_up(client, kind, run_id, members, **how)


def watch(client: ExtendClient, kind: str, run_id: Any, members: int | None = None, **how: Any) -> Run:
    """As `glance`, for a waiter that looks again and wants the status only.

    A run that the list does not show yet counts as moving; so does a batch while one of its runs moves, none of which
    are read.
    """
    if kind in MEMBERS and kind != WORKFLOW_BATCH:
        run = read_run(
            kind, client.api_version, client.call(reads(kind, client.api_version)[0], run_id, **how)
        )
        moves = run.outcome == SUCCEEDED and _moves(client, kind, run_id, how)
        return replace(run, status="PROCESSING", outcome=None) if moves else run
    if kind not in DELIVERED_ONCE:
        return look_up(client, kind, run_id, members, **how)
    moving = {"id": run_id, "status": "PROCESSING"}
    return _listed(client, kind, run_id, how) or read_run(kind, client.api_version, moving)


def _listed(client: ExtendClient, kind: str, run_id: Any, how: Mapping[str, Any]) -> Run | None:
    """The list of verify runs finds them by their id, too (runs.md 5), and shows no result."""
    query = {"fileNameContains": check_id(run_id, f"{kind} id"), "maxPageSize": _PAGE_SIZE}
    rows = client.iterate(f"{kind}s.list", query=query, **how)
    return next((read_run(kind, client.api_version, row) for row in rows if row.get("id") == run_id), None)


def _members(client: ExtendClient, kind: str, batch_id: str, how: Mapping[str, Any]) -> tuple[Run, ...]:
    """All runs of a batch, as the list shows them."""
    way = look_up_of(kind, client.api_version)
    assert way is not None, "each kind of batch can be listed"
    query: dict[str, Any] = {"batchId": batch_id, "maxPageSize": _PAGE_SIZE}
    if way.by_creation:
        query |= {
            "sortBy": "createdAt",
            "sortDir": "desc",
        }  # by its last change the order moves while pages are read
    rows = client.iterate(way.list, query=query, **how)
    # By id: they are made at one moment, and rows that sort alike may stand on two pages.
    members = (read_run(MEMBERS[kind], client.api_version, row) for row in rows)
    return tuple({member.id: member for member in members}.values())


def _with_members(run: Run, members: tuple[Run, ...]) -> Run:
    """A batch that has ended, with its runs: PROCESSED says that they have, too, and so it counts only when they have.

    A list may lag: what it lacks of a young batch is waited for; later it has been deleted.
    """
    young = run.created_at is not None and time.time() < run.created_at.timestamp() + LIST_LAG
    count = run.raw.get("runCount")
    lacking = young and isinstance(count, int) and len(members) < count
    if run.outcome == SUCCEEDED and (lacking or not all(member.ended for member in members)):
        return replace(run, status="PROCESSING", outcome=None)
    return replace(run, members=members, usage=_summed(members))


def _workflow_batch(client: ExtendClient, batch_id: str, count: int | None, how: Mapping[str, Any]) -> Run:
    """It has ended when as many runs as it was given inputs are listed, and each has (runs.md 8)."""
    body = {"id": batch_id, "status": "PROCESSING", "runCount": count}
    if _moves(client, WORKFLOW_BATCH, batch_id, how):
        return read_run(WORKFLOW_BATCH, client.api_version, body)
    members = _members(client, WORKFLOW_BATCH, batch_id, how)
    if count is None or len(members) < count or not all(member.ended for member in members):
        return read_run(WORKFLOW_BATCH, client.api_version, body)
    run = read_run(WORKFLOW_BATCH, client.api_version, {**body, "status": "PROCESSED"})
    return replace(run, members=members, usage=_summed(members))


def _moves(client: ExtendClient, kind: str, batch_id: str, how: Mapping[str, Any]) -> bool:
    """Whether a run of the batch is listed as moving; a list may lag, so no is no proof."""
    way = look_up_of(kind, client.api_version)
    assert way is not None, "each kind of batch can be listed"
    for status in _MOVING:
        query = {"batchId": batch_id, "status": status, "maxPageSize": 1}
        if any(row.get("status") == status for row in client.call(way.list, query=query, **how)):
            return True
    return False


def _summed(members: tuple[Run, ...]) -> dict[str, Any] | None:
    """What a batch cost, where each of its runs tells."""
    credits = [member.credits for member in members]
    known = [given for given in credits if given is not None]
    return {"totalCredits": sum(known)} if known and len(known) == len(credits) else None


def _with_scores(run: Run, scored: Run) -> Run:
    """`run`, with what only its evaluation set run tells: scores, and which version was judged."""
    if scored.outcome != SUCCEEDED:
        # The two paths need not change at the same moment, and only both together are a success.
        return replace(run, status=scored.status, outcome=scored.outcome)
    return replace(
        run,
        metrics=scored.metrics,
        metrics_from=scored.metrics_from,
        processor_type=scored.processor_type or run.processor_type,
        version_name=scored.version_name,
        processor_id=run.processor_id or scored.processor_id,
        processor_version_id=run.processor_version_id or scored.processor_version_id,
    )


def read_file(client: ExtendClient, file_id: str) -> Mapping[str, Any] | None:
    """What Extend tells of a file; None: it is gone."""
    try:
        found: Mapping[str, Any] = client.call("files.retrieve", file_id)
    except Exception as error:
        if not is_gone(error):
            raise
        return None
    return found


def is_gone(error: Exception) -> bool:
    """Of the plain error, or of the one inside its translation."""
    return isinstance(plain_error(error), ExtendNotFound | ExtendEndpointRemoved)
