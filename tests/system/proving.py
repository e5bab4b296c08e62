"""What the proofs about paid runs share."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tests.system.extend import LocalExtend
from tests.system.processes import wait_for

#: `make proofs`: more of everything.
LONG = os.environ.get("EXTEND_PROOFS") == "long"
MOVING = ("PENDING", "PROCESSING")


def statuses(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[str]]:
    """Task -> status of each run that it has made, oldest first."""
    return {task: [str(run["status"]) for run in made] for task, made in sorted(runs.items())}


def counts(runs: Mapping[str, Sequence[Any]], tasks: Collection[str]) -> dict[str, int]:
    """For a proof's last line. A double: one more run than the task needs; a loss: a task without any."""
    return {
        "tasks": len(tasks),
        "runs": sum(map(len, runs.values())),
        "doubles": sum(max(len(made) - 1, 0) for made in runs.values()),
        "losses": sum(not runs.get(task) for task in tasks),
    }


def look_twice(extend: LocalExtend, run_ids: Collection[str], seconds: float = 120) -> None:
    """Twice, let the runs, which still move, change, and wait until each was looked at afterwards.

    Without a change a run that a list carries is looked at again only after a minute.
    """
    for _ in range(2):
        for run in run_ids:
            extend.force(run, "PROCESSING")
        before = len(extend.control("GET", "/requests"))

        def all_were(before: int = before) -> bool:
            rows = extend.control("GET", "/requests")[before:]
            return all(extend.looks_at(run, rows) for run in run_ids)

        wait_for("a look at each run", all_were, seconds)
