"""Lists: filtered, sorted, paged; nothing in them that is younger than the setting ``list_lag``."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_extend.emulator import clock
from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row, timestamp

_Keyed = tuple[tuple[Any, int], Row]
Filters = dict[str, Callable[[Row, str], bool]]
STATUSES = "PENDING PROCESSING NEEDS_REVIEW REJECTED PROCESSED FAILED CANCELLED CANCELLING".split()


def same(key: str) -> Callable[[Row, str], bool]:
    return lambda row, wanted: bool(row[key] == wanted)


def contains(key: str) -> Callable[[Row, str], bool]:
    """Whatever the case (assumption)."""
    return lambda row, wanted: wanted.casefold() in row[key].casefold()


MEMBER: Filters = {"batchId": same("batchId"), "fileNameContains": contains("fileName")}


def visible(state: State, rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    if not (lag := state.settings["list_lag"]):
        return rows
    latest = timestamp(datetime.now(UTC) - timedelta(seconds=lag))
    return [(seq, row) for seq, row in rows if row["createdAt"] <= latest]


def listing(
    kind: str,
    sorts: Sequence[str] = ("updatedAt", "createdAt"),
    filters: Filters | None = None,
    runs: bool = False,
) -> Callable[[Call], Page]:
    """``runs``: rows with a clock, so that their status is a filter too and ``updatedAt`` moves."""
    chosen = filters or {}

    def handler(call: Call) -> Page:
        query, rows = call.query, visible(call.state, call.state.store.all(kind))
        if "setId" in call.params:
            parent = call.find("set", call.params["setId"])["id"]
            rows = [(seq, row) for seq, row in rows if row["evaluationSetId"] == parent]
        for name, fits in chosen.items():
            if (wanted := query.get(name)) is not None:
                rows = [(seq, row) for seq, row in rows if fits(row, wanted)]
        sort = query.get("sortBy", sorts[0])
        if sort not in sorts:
            raise ApiError(400, f"sortBy must be one of {', '.join(sorts)}")
        status = query.get("status") if runs else None
        if status is not None and status not in STATUSES:
            raise ApiError(400, f"status must be one of {', '.join(STATUSES)}")
        if runs and (status is not None or sort == "updatedAt"):
            rows = clock.as_of_now(rows)
            rows = [(seq, row) for seq, row in rows if status in (None, row["status"])]
        keyed = [((row[sort], seq), row) for seq, row in rows]
        return paged(call, keyed, [*chosen, *(["status"] if runs else [])], f"{kind}_summary")

    return handler


def paged(call: Call, rows: list[_Keyed], filters: Sequence[str] = (), shape: str = "") -> Page:
    """A token holds the place of the last row and a digest of the query it belongs to."""
    query = call.query
    size = query.get("maxPageSize", "10")
    if not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise ApiError(400, "maxPageSize must be a number from 1 to 1000")
    direction = query.get("sortDir", "desc")
    if direction not in ("asc", "desc"):
        raise ApiError(400, "sortDir must be asc or desc")
    bound = [shape, call.params, {k: query.get(k) for k in (*filters, "sortBy", "sortDir")}]
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()[:16]
    rows = sorted(rows, key=lambda entry: entry[0], reverse=direction == "desc")
    if token := query.get("nextPageToken"):
        try:
            made_for, *last = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            made_for, last = None, []
        if made_for != digest:
            raise ApiError(400, "nextPageToken does not belong to this query")
        after = tuple(last)
        rows = [entry for entry in rows if (entry[0] < after if direction == "desc" else entry[0] > after)]
    page = rows[: int(size)]
    shown = [call.show(shape, row) if shape else row for _, row in page]
    if len(rows) == len(page):
        return Page(shown)
    return Page(shown, base64.urlsafe_b64encode(json.dumps([digest, *page[-1][0]]).encode()).decode())


def reading(kind: str, shape: str) -> Callable[[Call], Row]:
    return lambda call: call.show(shape, call.find(kind, call.params["id"]))
