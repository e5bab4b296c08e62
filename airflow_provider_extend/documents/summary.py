"""What a task with many documents says in the end: a small result, and an error."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_provider_extend.api.errors import ExtendRunFailed
from airflow_provider_extend.documents.ledger import FAILED, Ledger, Totals
from airflow_provider_extend.documents.rows import WRITERS

#: Kinds of failure that the result names at most, and an error.
_NAMED, _SHOWN = 20, 5


def result_of(kind: str, ledger: Ledger, totals: Totals, output_format: str) -> dict[str, Any]:
    """The return value: counts and paths, below 10 KB whatever the number of documents.

    `failures` is {reason: number of documents}, the most frequent; `failed_path` None where there is none.

    :param kind: of the runs.
    """
    path = ledger.output.path
    return {
        "kind": kind,
        "documents": totals.documents,
        "succeeded": totals.succeeded,
        "failed": totals.failed,
        "statuses": dict(totals.statuses),
        "failures": dict(totals.reasons.most_common(_NAMED)),
        "batches": len(ledger.batches),
        "path": path,
        "format": output_format,
        "parts": len(totals.parts),
        "failed_path": f"{path}/{FAILED}" if totals.failed else None,
        "credits": totals.credits,
        "credits_unknown": totals.unknown_credits,
    }


def failure(ledger: Ledger, totals: Totals, advice: str, again: bool) -> ExtendRunFailed:
    """
    :param advice: what a retry does. :param again: whether one may end better.
    """
    told = ", ".join(f"{count:,} {reason}" for reason, count in totals.reasons.most_common(_SHOWN))
    return ExtendRunFailed(
        f"{totals.failed:,} of {totals.documents:,} documents did not succeed ({told}). They are "
        f"listed in {ledger.output.path}/{FAILED}, and what was read of the others is beside it. {advice}",
        run_id=ledger.state,
        outcome="failed",
        worth_new_run=again,
    )


def write_kept_back(ledger: Ledger, output_format: str) -> str:
    """The rows that no later try betters. Returns the name of their part."""
    part = f"part-{len(ledger.batches):05d}.{output_format}"
    with TemporaryDirectory(prefix="extend-") as here:
        with closing(WRITERS[output_format](Path(here) / part)) as writer:
            for kept in ledger.kept_back():
                writer.add(kept["row"])
        ledger.output.put(part, Path(here) / part)
    return part
