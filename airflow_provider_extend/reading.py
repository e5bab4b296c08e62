"""Reading one run through the client, whatever the version makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendEndpointRemoved, ExtendNotFound, plain_error
from airflow_provider_extend.api.runs import EVALUATION_SET_RUN, SUCCEEDED, Run, read_run, reads

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


def look_up(client: ExtendClient, kind: str, run_id: Any, **how: Any) -> Run:
    """The run as it is now, with its scores once it has succeeded.

    2026-02-09 answers counts on the path of a batch processor run and scores on that of the evaluation set
    run of the same id (objects.md 2.3, 3), which is also asked where the first path knows no such run.

    :param run_id: checked here: it comes from a template or from XCom.
    :param how: `attempts` and `timeout` of `ExtendClient.call`.
    :raises ExtendError: (or its translation) as the client does; 404 only when no endpoint knows the id.
    """
    check_id(run_id, f"{kind} id")
    first, *others = reads(kind, client.api_version)
    try:
        run = read_run(kind, client.api_version, client.call(first, run_id, **how))
    except Exception as error:
        if not others or not is_gone(error):
            raise
        return read_run(kind, client.api_version, client.call(others[0], run_id, **how))
    if run.outcome != SUCCEEDED or run.metrics_from or not others:
        return run
    try:
        body = client.call(others[0], run_id, **how)
    except Exception as error:
        if not is_gone(error):
            raise
        return run  # a batch that is no evaluation keeps its counts
    return _with_scores(run, read_run(EVALUATION_SET_RUN, client.api_version, body))


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


def is_gone(error: Exception) -> bool:
    """Of the plain error, or of the one inside its translation."""
    return isinstance(plain_error(error), ExtendNotFound | ExtendEndpointRemoved)
