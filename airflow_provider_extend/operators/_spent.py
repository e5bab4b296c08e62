"""What a task has paid for in its DAG run, over all its tries: runs and credits.

Kept in the task state store of Airflow >= 3.3; below it the tries before this one are not known.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.exceptions import as_airflow

SPENT_KEY = "extend_spent"
_log = logging.getLogger(__name__)


class Spent:
    """The account of one task.

    :param store: `task_state_store`, or None.
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        kept = store.get(SPENT_KEY) if store is not None else None
        #: run id -> {"runs": how many Extend charges for, "credits": what they cost or None}
        self._by_id: dict[str, dict[str, Any]] = dict(kept) if isinstance(kept, dict) else {}

    @property
    def runs(self) -> int:
        return sum(entry["runs"] for entry in self._by_id.values())

    def check(self, more: int, max_runs: int | None, what: str) -> None:
        """Refuse a call that would start more runs than the task may pay for.

        :raises ExtendFailException: with the sum.
        """
        if max_runs is None or self.runs + more <= max_runs:
            return
        raise as_airflow(
            ExtendInputError(
                f"max_runs is {max_runs}, and this {what} would make it {self.runs + more}: {more} more run(s), "
                f"after {self.runs} that this task has started in this DAG run, all tries together. Nothing was "
                "started; a retry would be refused too. Raise max_runs, or ask for less."
            )
        )

    def note(self, made: str, runs: int) -> None:
        """A run, or what stands for several, that this task has started."""
        if runs and made not in self._by_id:
            self._by_id[made] = {"runs": runs, "credits": None}
            self._keep()

    def cost(self, made: str, credits: float | None) -> None:
        """What it came to, once the API tells."""
        entry = self._by_id.setdefault(made, {"runs": 1, "credits": None})
        if credits is not None and entry["credits"] != credits:
            entry["credits"] = credits
            self._keep()

    def summary(self) -> dict[str, Any]:
        """{runs, credits, unknown}: runs started; credits of those whose cost is known; how many are not."""
        known = [entry for entry in self._by_id.values() if entry["credits"] is not None]
        return {
            "runs": self.runs,
            "credits": sum(entry["credits"] for entry in known),
            "unknown": self.runs - sum(entry["runs"] for entry in known),
        }

    def _keep(self) -> None:
        if self._store is None:
            return
        try:
            self._store.set(SPENT_KEY, self._by_id)
        except Exception:
            # The run is made: an account that cannot be kept must not fail its task.
            _log.exception("What this task has paid for could not be recorded.")
