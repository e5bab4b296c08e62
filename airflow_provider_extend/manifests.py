"""What a task that waits for many runs says of them: a manifest that fits into XCom, and an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airflow_provider_extend.api.runs import Run
from airflow_provider_extend.results import XCOM_LIMIT, json_size

#: Of the runs that did not succeed, so many are named in the manifest, and so many in an error.
LISTED, NAMED = 100, 10
#: What stands for the reason of a run that is not there.
NOT_FOUND = "404: Extend knows no such run"
_MAX_REASON = 100


def manifest_of(
    kind: str, run_ids: Sequence[str], runs: Mapping[str, Run], is_success: Callable[[Run], bool]
) -> dict[str, Any]:
    """{kind, count, statuses, succeeded, not_succeeded, truncated}, below `XCOM_LIMIT` bytes of JSON.

    `statuses` is {status: number of runs}. `not_succeeded` has [id, status, reason] of at most `LISTED` runs, in the
    order of `run_ids`: the reason is Extend's code or None, the status None where there is no such run. A batch of
    which some runs did not succeed is among them, with their number. `truncated`: there are more of them.

    :param runs: those of them that there are, each ended.
    """
    rows = rows_of(run_ids, runs, is_success)
    unlike = [row for row in rows if row is not None]
    manifest: dict[str, Any] = {
        "kind": kind,
        "count": len(run_ids),
        "statuses": dict(sorted(Counter(run.status for run in runs.values()).items())),
        "succeeded": len(run_ids) - len(unlike),
        "not_succeeded": unlike[:LISTED],
        "truncated": len(unlike) > LISTED,
    }
    while json_size(manifest) >= XCOM_LIMIT:  # ids may be long
        listed = manifest["not_succeeded"]
        manifest |= {"not_succeeded": listed[: len(listed) // 2], "truncated": True}
    return manifest


def rows_of(
    run_ids: Sequence[str], runs: Mapping[str, Run], is_success: Callable[[Run], bool]
) -> list[list[str | None] | None]:
    """For each run [id, status, reason], or None: it succeeded, and of a batch each of its runs."""
    rows: list[list[str | None] | None] = []
    for run_id in run_ids:
        run = runs.get(run_id)
        if run is None:
            rows.append([run_id, None, NOT_FOUND])
        elif is_success(run) and all(member.succeeded for member in run.members):
            rows.append(None)
        else:
            rows.append([run_id, run.status, _reason(run)])
    return rows


def in_words(manifest: Mapping[str, Any], named: str) -> str:
    """Which runs did not succeed: the first `NAMED` by id, and how many of all have which status.

    :param named: all of them in words, for instance `3 extract runs`.
    """
    unlike = manifest["not_succeeded"]
    count = manifest["count"] - manifest["succeeded"]
    shown = ", ".join(
        f"{run_id} {status or 'not there'}{f' ({reason})' if reason else ''}"
        for run_id, status, reason in unlike[:NAMED]
    )
    more = f" and {count - len(unlike[:NAMED])} more" if count > len(unlike[:NAMED]) else ""
    told = ", ".join(f"{number} {status}" for status, number in manifest["statuses"].items())
    return f"{count} of {named} did not succeed: {shown}{more}. By status: {told or 'none is there'}."


def _reason(run: Run) -> str | None:
    unlike = sum(not member.succeeded for member in run.members)
    if unlike:
        return f"{unlike} of its {len(run.members)} runs did not succeed"
    return run.failure_reason[:_MAX_REASON] if run.failure_reason else None
