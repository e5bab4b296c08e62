"""Looking at many runs of one kind with few requests: by list as far as it helps, one by one what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendError, plain_error
from airflow_provider_extend.api.polling import listing_of, refusals_of
from airflow_provider_extend.api.runs import FAILED, Run, read_run
from airflow_provider_extend.reading import glance, is_gone

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

_PAGE_SIZE = 100
#: Pages in a row that show none of the runs: one, and one more for so many runs that are still to be found.
_RUNS_A_BARREN_PAGE = 20
#: Rows of some lists do not say why a run failed (objects.md 7): so many of these runs are read.
_REASONS = 10
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at many runs has found.

    :ivar runs: id -> run, of those that are over: without `raw` and `metadata`, which may hold what was read.
    :ivar gone: ids that Extend does not know.
    :ivar moving: a run that goes on, the first that was found: the look ends there. None: each run is in `runs` or in
        `gone`.
    """

    runs: Mapping[str, Run]
    gone: tuple[str, ...]
    moving: Run | None


def look_at(
    client: ExtendClient,
    kind: str,
    run_ids: Iterable[str],
    is_over: Callable[[Run], bool],
    known: Mapping[str, Run] = _NOTHING,
) -> Look:
    """How runs of one kind stand, until one is found that is not over.

    The kind's list is read newest change first while it takes fewer requests than reading each run, then the others
    are read, the last of them first: it has probably been started last. The list alone says of no run that it moves,
    since it may lag: that run is read. What Extend delivers once is left to be read.

    1,000 runs that are over and changed last take 10 pages of 100; the same while one of them moves 1 page and 1 read.

    :param known: of an earlier look, runs that need no other.
    :raises ExtendError: (or its translation) as the client does, but for runs that it does not know.
    """
    look = _Look(client, kind, [run_id for run_id in run_ids if run_id not in known], is_over)
    look.work()
    return Look({**known, **look.runs}, tuple(look.gone), look.moving)


class _Look:
    def __init__(
        self, client: ExtendClient, kind: str, run_ids: Iterable[str], is_over: Callable[[Run], bool]
    ) -> None:
        self.runs: dict[str, Run] = {}
        self.gone: list[str] = []
        self.moving: Run | None = None
        self._client = client
        self._kind = kind
        self._is_over = is_over
        self._left = dict.fromkeys(run_ids)
        self._listing = listing_of(kind, client.api_version)
        self._batches: set[str] = set()
        self._reasons = 0

    def work(self) -> None:
        if self._listing is not None and self._listing.newest_first:
            self._list(self._listing.query())
        while self._goes_on:
            self._read(next(reversed(self._left)))

    @property
    def _goes_on(self) -> bool:
        return bool(self._left) and self.moving is None

    def _list(self, narrowed: Mapping[str, Any]) -> None:
        """Pages of the list, while they show runs that are looked for."""
        assert self._listing is not None
        token: str | None = None
        barren = 0
        while self._goes_on and len(self._left) > 1 and barren <= len(self._left) // _RUNS_A_BARREN_PAGE:
            query = {"maxPageSize": _PAGE_SIZE, **narrowed, "nextPageToken": token}
            try:
                rows, following = self._client.page(self._listing.name, query=query)
            except Exception as error:
                plain = plain_error(error)
                if isinstance(plain, ExtendError) and refusals_of(plain, None):
                    return  # where runs cannot be read either, that is said of them
                raise
            barren += 1
            for row in rows:
                if self._goes_on and row.get("id") in self._left and isinstance(row.get("status"), str):
                    barren = 0
                    self._shown(row)
            if following is None or following == token:
                return
            token = following

    def _shown(self, row: Mapping[str, Any]) -> None:
        run = read_run(self._kind, self._client.api_version, row)
        nameless = run.outcome == FAILED and "failureReason" not in row and self._reasons < _REASONS
        self._reasons += nameless
        if self._is_over(run) and not nameless:
            self._found(run.id, run)
        else:
            self._read(run.id)

    def _read(self, run_id: str) -> None:
        try:
            run = glance(self._client, self._kind, run_id)
        except Exception as error:
            if not is_gone(error):
                raise
            del self._left[run_id]
            self.gone.append(run_id)
            return
        if not self._is_over(run):
            self.moving = run
            return
        self._found(run_id, run)
        batch_id = run.raw.get("batchId")
        if self._listing is None or self._listing.newest_first or not isinstance(batch_id, str):
            return
        if batch_id not in self._batches:  # runs of one batch are listed together, if in no order
            self._batches.add(batch_id)
            self._list(self._listing.query(batch_id))

    def _found(self, run_id: str, run: Run) -> None:
        del self._left[run_id]
        members = tuple(_without_content(member) for member in run.members)
        self.runs[run_id] = replace(_without_content(run), members=members)


def _without_content(run: Run) -> Run:
    return replace(run, raw=_NOTHING, metadata=_NOTHING)
