"""What a task that ends a run pushes to XCom: the contract of the return value, within its size."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import without_signed_urls
from airflow_provider_extend.api.errors import (
    ExtendInputError,
    ExtendOutputNotWritten,
    ExtendRunFailed,
    ExtendStorageError,
)
from airflow_provider_extend.api.runs import DELIVERED_ONCE, MEMBERS, SUCCEEDED, Run, read_run, readable

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

#: XCom values stay below this many bytes of JSON: they live in Airflow's database.
XCOM_LIMIT = 48 * 1024

_UNLESS_PURGED = dict.fromkeys(
    DELIVERED_ONCE, ", unless the workspace retains nothing: then Extend has given it once, and it is lost"
)

RUN_ID_KEY = "run_id"
RUN_URL_KEY = "run_url"
RAW_KEY = "batch_processor_run"
OUTPUT_KEY = "output"
#: In place of an output that is too large for XCom: {path, kind, api_version, bytes} (see `read_output`).
STORED_KEY = "stored_output"
#: Of a batch: {status: number of its runs}, and {status: their ids}.
MEMBERS_KEY = "members"
MEMBER_IDS_KEY = "member_run_ids"
#: Of an edit run: the id of the file that it made.
EDITED_FILE_KEY = "edited_file_id"
#: Key of a batch member's metadata: the place of its input among those that were given, from 0.
INPUT_KEY = "airflow_input"
#: What the task has paid for in its DAG run: {runs, credits, unknown}.
SPENT_XCOM_KEY = "spent"


def result_of_run(run: Run, limit: int | None = XCOM_LIMIT) -> dict[str, Any]:
    """The return value for an ended run; beyond `limit` bytes aggregates only, with `truncated: True`.

    `metrics` and `counts` are flat: selector -> fraction, selector -> [k, n]. `files` is [processed, total] or
    None. The fingerprints are None: a run does not tell the config it was started with.
    """
    metrics = run.metrics
    result: dict[str, Any] = {
        "id": run.id,
        "kind": run.kind,
        "status": run.status,
        "outcome": run.outcome,
        "api_version": run.api_version,
        "url": run.url,
        "metrics_from": run.metrics_from,
        "metrics": dict(metrics.values),
        "counts": {selector: list(counts) for selector, counts in metrics.counts.items()},
        "source": run.source,
        "source_id": run.source_id,
        "processor_id": run.processor_id,
        "processor_version_id": run.processor_version_id,
        "usage": without_signed_urls(dict(run.usage)) if run.usage else None,
        "files": list(metrics.files) if metrics.files else None,
        "config_fingerprint": None,
        "items_fingerprint": None,
        **({"unusable": dict(metrics.unusable)} if metrics.unusable else {}),
    }
    return result if limit is None else within_xcom(result, limit)


def within_xcom(result: dict[str, Any], limit: int = XCOM_LIMIT) -> dict[str, Any]:
    """`result` of a run, beyond `limit` bytes its aggregates alone."""
    if json_size(result) <= limit:
        return result
    # Aggregates are short: a selector of two levels, such as extract.accuracy, speaks of all documents.
    aggregates = {
        name: {key: value for key, value in result[name].items() if key.count(".") <= 1}
        for name in ("metrics", "counts")
    }
    return {**result, **aggregates, "truncated": True}


def push_run(
    context: Context,
    run: Run,
    output_path: str | None,
    log: Any,
    beside: Mapping[str, Any],
    must_write: bool = False,
    push_limit: int = XCOM_LIMIT,
) -> dict[str, Any]:
    """Push what belongs beside the contract of an ended run, and return the contract.

    The queries of signed links are cut off. `output_path` gets the API's answer and the contract whole, as
    {<kind of run>: ..., "result": ...}, and an `output` above `push_limit` is in XCom a reference to it, for
    `read_output`. What else XCom cannot hold is left out, with a line in the log. A path that cannot be written is
    logged too.

    :param beside: XCom key -> JSON.
    :param must_write: raise where the path cannot be written, once everything is pushed.
    :param push_limit: bytes of JSON up to which an `output` is pushed itself.
    :raises ExtendRunFailed: the run's result is wanted, and Extend has purged it.
    :raises ExtendOutputNotWritten: see `must_write`.
    """
    if output_path or OUTPUT_KEY in beside:
        _check_delivered(run)
    result = result_of_run(run)
    kept, lost = "set output_path to keep all", None
    if output_path:
        whole = {run.kind: without_signed_urls(dict(run.raw)), "result": result_of_run(run, limit=None)}
        if run.kind in MEMBERS:
            whole[MEMBERS_KEY] = [without_signed_urls(dict(member.raw)) for member in run.members]
        try:
            write_text(output_path, json.dumps(whole))
            kept = f"all is at {output_path}"
        except Exception as error:
            lost = f"{output_path} cannot be written ({_why(output_path, error)})."
            log.error("%s", lost)
    for key, value in {**beside, **members_of(run)}.items():
        shown = without_signed_urls(value)
        size = json_size(shown)
        if size <= (push_limit if key == OUTPUT_KEY else XCOM_LIMIT):
            context["ti"].xcom_push(key=key, value=shown)
        elif key == OUTPUT_KEY and output_path and lost is None:
            at = {"path": output_path, "kind": run.kind, "api_version": run.api_version, "bytes": size}
            context["ti"].xcom_push(key=key, value={STORED_KEY: at})
            log.info(
                "%s has %d bytes, which is more than is pushed: XCom says where it is, %s.",
                key,
                size,
                output_path,
            )
        else:
            log.warning("%s is too large for XCom and left out there; %s.", key, kept)
    if result.get("truncated"):
        log.warning("Run %s has more metrics than XCom holds: aggregates only were pushed; %s.", run.id, kept)
    count = run.raw.get("runCount")
    if run.kind in MEMBERS and run.ended and isinstance(count, int) and len(run.members) < count:
        log.warning("Of the %d runs of %s %s Extend lists %d.", count, run.kind, run.id, len(run.members))
    if lost and must_write:
        state = f"has ended {run.status} and is paid for" if run.ended else f"is {run.status}"
        way_out = f"a retry of this task takes it up and writes it{_UNLESS_PURGED.get(run.kind, '')}"
        if not readable(run.kind, run.api_version):
            way_out = "it cannot be read again, so what it has read is lost"
        raise ExtendOutputNotWritten(f"{lost} Run {run.id} {state}: {way_out}.", run_id=run.id)
    return result


def check_push_limit(limit: Any) -> None:
    """
    :raises ExtendInputError: it is no number of bytes that XCom can hold.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= XCOM_LIMIT:
        raise ExtendInputError(
            f"push_limit is {limit!r}: expected a whole number of bytes from 0 to {XCOM_LIMIT}. Nothing was sent."
        )


def read_output(pushed: Any) -> Any:
    """What was read from the document, out of XCom `output`: as it is there, or from the path that stands for it.

    :raises ExtendStorageError: it cannot be read from there.
    """
    at = pushed.get(STORED_KEY) if isinstance(pushed, Mapping) else None
    if at is None:
        return pushed
    from airflow.sdk import ObjectStoragePath

    try:
        written = json.loads(ObjectStoragePath(at["path"]).read_text())
    except Exception as error:
        raise ExtendStorageError(f"{at['path']!r} cannot be read ({_why(at['path'], error)}).") from None
    return read_run(at["kind"], at["api_version"], written[at["kind"]]).output


def _check_delivered(run: Run) -> None:
    """A result that is wanted and that Extend has purged is no success."""
    if run.kind in DELIVERED_ONCE and run.outcome == SUCCEEDED and run.output is None:
        raise ExtendRunFailed(
            f"{run.kind.replace('_', ' ')} {run.id} ended {run.status} without a result: a workspace that retains "
            "nothing gives it once, to the first that reads it, and purges it an hour after the end at the latest. "
            "Only another run, which is paid for too, has one.",
            run_id=run.id,
            outcome=SUCCEEDED,
        )


def write_answer(output_path: str, answer: Any) -> None:
    """Write an answer of the API, without the queries of signed links, as JSON.

    :raises ExtendInputError: the path cannot be written.
    """
    try:
        write_text(output_path, json.dumps(without_signed_urls(answer)))
    except Exception as error:
        raise ExtendInputError(
            f"{output_path!r} cannot be written ({_why(output_path, error)}). What was asked of Extend was done."
        ) from None


def write_text(output_path: str, text: str) -> None:
    """Folders of this machine are made, a store has none; what goes wrong is raised as it is."""
    from airflow.sdk import ObjectStoragePath

    path = ObjectStoragePath(output_path)
    if path.protocol in ("", "file"):
        path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _why(output_path: str, error: Exception) -> str:
    """The kind of error: its text may hold a key of the store."""
    scheme, separator, _ = output_path.partition("://")
    unknown = separator and isinstance(error, ValueError | ImportError)
    hint = f"; is a provider with a store for {scheme}:// installed?" if unknown else ""
    return f"{type(error).__name__}{hint}"


def members_of(run: Run) -> dict[str, Any]:
    """What is pushed for a batch: its runs by status, counted and named, in the inputs' order where rows show it."""
    if run.kind not in MEMBERS:
        return {}
    ids: dict[str, list[str]] = {}
    for member in sorted(run.members, key=_place):
        ids.setdefault(member.status, []).append(member.id)
    return {MEMBERS_KEY: {status: len(named) for status, named in ids.items()}, MEMBER_IDS_KEY: ids}


def edited_file_id(run: Run) -> str | None:
    """The file that an edit run has made: `output.editedFile.id`; on 2025-04-21 `editedFile.fileId`."""
    output = run.raw.get("output")
    inside = output.get("editedFile") if isinstance(output, Mapping) else None
    made = inside or run.raw.get("editedFile")
    named = (made.get("id") or made.get("fileId")) if isinstance(made, Mapping) else None
    return named if isinstance(named, str) else None


def _place(member: Run) -> float:
    place = member.metadata.get(INPUT_KEY)
    return place if isinstance(place, int) else math.inf


def json_size(value: Any) -> int:
    return len(json.dumps(value).encode())
