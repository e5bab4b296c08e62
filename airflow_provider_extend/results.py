"""What a task that ends a run pushes to XCom: the contract of the return value, within its size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import without_signed_urls
from airflow_provider_extend.api.errors import ExtendOutputNotWritten
from airflow_provider_extend.api.runs import Run

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

#: XCom values stay below this many bytes of JSON: they live in Airflow's database.
XCOM_LIMIT = 48 * 1024

RUN_ID_KEY = "run_id"
RUN_URL_KEY = "run_url"
RAW_KEY = "batch_processor_run"
OUTPUT_KEY = "output"
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
    }
    if limit is not None and json_size(result) > limit:
        # Aggregates are short: a selector of two levels, such as extract.accuracy, speaks of all documents.
        for name in ("metrics", "counts"):
            result[name] = {key: value for key, value in result[name].items() if key.count(".") <= 1}
        result["truncated"] = True
    return result


def push_run(
    context: Context,
    run: Run,
    output_path: str | None,
    log: Any,
    beside: Mapping[str, Any],
    must_write: bool = False,
) -> dict[str, Any]:
    """Push what belongs beside the contract of an ended run, and return the contract.

    The queries of signed links are cut off. `output_path` gets the API's answer and the contract whole, as
    {<kind of run>: ..., "result": ...}; without it, what XCom cannot hold is left out, with a line in the log. A
    path that cannot be written is logged too.

    :param beside: XCom key -> JSON.
    :param must_write: raise where the path cannot be written, once everything is pushed.
    :raises ExtendOutputNotWritten: see `must_write`.
    """
    result = result_of_run(run)
    kept, lost = "set output_path to keep all", None
    if output_path:
        from airflow.sdk import ObjectStoragePath

        whole = {run.kind: without_signed_urls(dict(run.raw)), "result": result_of_run(run, limit=None)}
        try:
            ObjectStoragePath(output_path).write_text(json.dumps(whole))
            kept = f"all is at {output_path}"
        except Exception as error:
            lost = f"{output_path} cannot be written ({type(error).__name__})."
            log.error("%s", lost)
    for key, value in beside.items():
        shown = without_signed_urls(value)
        if json_size(shown) <= XCOM_LIMIT:
            context["ti"].xcom_push(key=key, value=shown)
        else:
            log.warning("%s is too large for XCom and left out there; %s.", key, kept)
    if result.get("truncated"):
        log.warning("Run %s has more metrics than XCom holds: aggregates only were pushed; %s.", run.id, kept)
    if lost and must_write:
        raise ExtendOutputNotWritten(
            f"{lost} Run {run.id} has ended {run.status} and is paid for: a retry of this task takes it up and writes "
            "it.",
            run_id=run.id,
        )
    return result


def json_size(value: Any) -> int:
    return len(json.dumps(value).encode())
