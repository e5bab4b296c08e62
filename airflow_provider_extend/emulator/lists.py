"""Lists: filtered, sorted, paged; nothing in them that is younger than the setting ``list_lag``."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_provider_extend.emulator.call import Call, Page
from airflow_provider_extend.emulator.kinds import statuses
from airflow_provider_extend.emulator.state import ApiError, State
from airflow_provider_extend.emulator.store import Row, timestamp

_Keyed = tuple[tuple[Any, int], Row]
Filters = dict[str, Callable[[Row, str], bool]]

#: Parameter of a path -> the kind that it names, and the key by which the listed rows name it.
_PARENTS = {"setId": ("set", "evaluationSetId"), "workflowId": ("workflow", "workflowId")}
_LARGEST = 1000


def same(key: str) -> Callable[[Row, str], bool]:
    return lambda row, wanted: bool(row[key] == wanted)


def contains(key: str) -> Callable[[Row, str], bool]:
    """Whatever the case (assumption)."""
    return lambda row, wanted: wanted.casefold() in row[key].casefold()


MEMBER: Filters = {"batchId": same("batchId"), "fileNameContains": contains("fileName")}


def visible(state: State, rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    if not (lag := state.settings["list_lag"]):
        return rows
    latest = timestamp(datetime.fromtimestamp(state.clock.after(time.time(), -lag), UTC))
    return [(seq, row) for seq, row in rows if row["createdAt"] <= latest]


def listing(
    kinds: str,
    sorts: Sequence[str] = ("updatedAt", "createdAt"),
    filters: Filters | None = None,
    runs: bool = False,
    shape: str = "",
    only: Callable[[Row], bool] = lambda _: True,
    values: Mapping[str, Sequence[str]] | None = None,
    sizes: Sequence[str] = ("maxPageSize",),
) -> Callable[[Call], Page]:
    """``kinds``: one, or several with a space between. ``sorts``: what it can be sorted by, the default first.
    ``runs``: rows with a clock, so that their status is a filter too (``kinds.py`` has its values) and ``updatedAt``
    moves. ``only``: the rows that belong in it whatever the query. ``values``: of the filters that take one of a
    closed list, those; another is refused. ``sizes``: names of the page size; the first that is given counts.
    """
    chosen = filters or {}

    def handler(call: Call) -> Page:
        query, store = call.query, call.state.store
        rows = visible(call.state, [one for kind in kinds.split() for one in store.all(kind) if only(one[1])])
        for param, (parent, key) in _PARENTS.items():
            if param in call.params:
                named = call.find(parent, call.params[param])["id"]
                rows = [(seq, row) for seq, row in rows if row[key] == named]
        for name, allowed in (values or {}).items():
            _one_of(query, name, allowed)
        for name, fits in chosen.items():
            if (wanted := query.get(name)) is not None:
                rows = [(seq, row) for seq, row in rows if fits(row, wanted)]
        sort = _one_of(query, "sortBy", sorts) or sorts[0]
        status = _one_of(query, "status", statuses(kinds.split()[0], call.style)) if runs else None
        if runs and (status is not None or sort == "updatedAt"):
            rows = call.state.clock.as_of_now(rows)
            rows = [(seq, row) for seq, row in rows if status in (None, row["status"])]
        keyed = [((row[sort], seq), row) for seq, row in rows]
        bound = [*chosen, *(["status"] if runs else [])]
        return paged(call, keyed, bound, shape or f"{kinds}_summary", sort, sizes)

    return handler


def _one_of(query: Mapping[str, str], name: str, values: Sequence[str]) -> str | None:
    wanted = query.get(name)
    if wanted is not None and wanted not in values:
        raise ApiError(400, f"{name} must be one of {', '.join(values)}")
    return wanted


def paged(
    call: Call,
    rows: list[_Keyed],
    filters: Sequence[str] = (),
    shape: str = "",
    sort: str = "",
    sizes: Sequence[str] = ("maxPageSize",),
) -> Page:
    """A token holds the place of the last row and a digest of the query it belongs to, whatever the page size."""
    query = call.query
    size = next((query[name] for name in sizes if name in query), "10")
    if not (size.isdecimal() and len(size) <= 4 and 1 <= int(size) <= _LARGEST):
        raise ApiError(400, f"{sizes[0]} must be a number from 1 to {_LARGEST}")
    direction = _one_of(query, "sortDir", ("asc", "desc")) or "desc"
    bound = [shape, call.params, {name: query.get(name) for name in filters}, sort, direction]
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()[:16]
    rows = sorted(rows, key=lambda entry: entry[0], reverse=direction == "desc")
    if token := query.get("nextPageToken"):
        after = _place(token, digest)
        rows = [entry for entry in rows if (entry[0] < after if direction == "desc" else entry[0] > after)]
    page = rows[: int(size)]
    shown = [call.show(shape, row) if shape else row for _, row in page]
    if len(rows) == len(page):
        return Page(shown)
    return Page(shown, base64.urlsafe_b64encode(json.dumps([digest, *page[-1][0]]).encode()).decode())


def _place(token: str, digest: str) -> tuple[Any, int]:
    try:
        made_for, key, seq = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError):
        made_for, key, seq = None, "", 0
    if made_for != digest or not isinstance(seq, int) or not isinstance(key, (str, int)):
        raise ApiError(400, "nextPageToken does not belong to this query")
    return key, seq


def reading(kind: str, shape: str) -> Callable[[Call], Row]:
    return lambda call: call.show(shape, call.find(kind, call.params["id"]))
