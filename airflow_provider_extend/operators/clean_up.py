"""Delete at Extend what the tasks of a DAG run have left there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.endpoints import ENDPOINTS, find
from airflow_provider_extend.api.errors import ExtendInputError, ExtendRunMoving, ExtendTaskKilled
from airflow_provider_extend.api.lookups import KINDS, TASK_KEY, LookUp, look_up_of
from airflow_provider_extend.api.runs import parse_time, read_run
from airflow_provider_extend.documents.file_ids import of_results, of_uploads
from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.operators._address import address_of
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._document_files import side_by_side
from airflow_provider_extend.reading import is_gone, read_file
from airflow_provider_extend.searching import CLOCK_SKEW

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

_PAGE_SIZE = 100
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Found:
    """A run: no more of it than that, since there may be many.

    :ivar file_ids: of the files that it has read, as far as they were made in this DAG run.
    """

    kind: str
    id: str
    ended: bool
    file_ids: tuple[str, ...]


class ExtendCleanUpOperator(ExtendOperator):
    """Delete the runs that this DAG run has started, what they have read, and their files, for good.

    They are found in Extend's lists by the task's address in their metadata, which operators send unless
    `send_address=False`; kinds that take no metadata (edit, form detection, evaluation set runs) are not. Files are
    those that these runs have read, and those that `results` and `uploads_path` name; others stay: what
    `ExtendUploadFilesOperator` has uploaded and no run of this DAG run has read, for instance. A file is deleted only
    if it was made after the DAG run had started, and no run of others has read it since: else it is somebody else's. So
    are runs of another `[extend] deployment`. What is gone already counts as deleted, so a retry goes on where the last
    try ended. A run that moves is left, with its files, and the task is retried.

    Put it last: `[extract, summary] >> ExtendCleanUpOperator(task_id="clean_up")` runs when both have succeeded. With
    `.as_teardown()` after it, it runs whatever has become of them: not where you would clear an `extract` that has
    failed on its way and have it go on (`on_clear="go_on"`), since what it has paid for is deleted. Name no `setups`:
    whoever clears `summary` would clear `extract` with it, and pay for all again.

    Not on 2024-12-23, which deletes nothing. To have Extend keep nothing of a parse run from the start:
    `data_retention="zero"` of `ExtendParseOperator`.

    Returns {runs: {kind: number}, files: number, dry_run}.

    :param kinds: kinds of run to delete, for instance `["extract_run"]` (templated); None: all that can be found.
    :param files: delete files, too.
    :param results: `output_path` of a task with many documents, what it has returned, or a list of these (templated):
        files that it has uploaded are deleted where no run has read them, as when their batch was refused. About a
        hundred uploads at most, which it had not noted when its process died, are not found.
    :param uploads_path: folder of uploads that tasks of this DAG run share (templated): the files that it names are
        deleted, and their names in it.
    :param dry_run: delete nothing, and say what would be.
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = ("kinds", "results", "uploads_path", "extend_conn_id")

    def __init__(
        self,
        *,
        kinds: Sequence[str] | None = None,
        files: bool = True,
        results: Any = None,
        uploads_path: str | None = None,
        dry_run: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds
        self.files = files
        self.results = results
        self.uploads_path = uploads_path
        # `dry_run` is a method of Airflow's operators.
        self.only_tells = dry_run
        self._killed = False

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        ways = [(kind, way) for kind in _deletable(version) if (way := look_up_of(kind, version))]
        named = {name for _, way in ways for name in (way.list, way.read) if name}
        deleted = {f"{kind}s.delete" for kind, _ in ways}
        return frozenset(named | deleted | ({"files.retrieve", "files.delete"} if ways else set()))

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        with airflow_errors():
            kinds = self._kinds(client.api_version)
            uploads = Folder(self.uploads_path) if self.uploads_path and self.files else None
            shared = of_uploads(uploads) if uploads is not None else {}
            named = {*shared.values(), *self._named()} if self.files else set()
            others: set[str] = set()
            found = list(self._found(client, context, kinds, others))
        moving = [one for one in found if not one.ended]
        over = [one for one in found if one.ended]
        busy = {file_id for one in moving for file_id in one.file_ids}
        read = {file_id for one in over for file_id in one.file_ids}
        with airflow_errors():
            more, gone = self._own(client, named - read - busy - others, context)
        files = sorted((read | more) - busy - others) if self.files else []
        told = {
            "runs": dict(Counter(one.kind for one in over)),
            "files": len(files),
            "dry_run": self.only_tells,
        }
        if self.only_tells:
            shown = ", ".join([one.id for one in over][:_SHOWN] + files[:_SHOWN])
            self.log.info("Would delete %d runs and %d files: %s ...", len(over), len(files), shown)
            return told
        # Files first: it is by their runs that a retry finds them.
        for calls in (
            [("files.delete", file_id) for file_id in files],
            [(f"{one.kind}s.delete", one.id) for one in over],
        ):
            for _ in side_by_side(
                ((None, call) for call in calls), lambda call: _delete(client, *call), self._heed_kill
            ):
                pass
        if uploads is not None:
            over_with = gone.union(files)
            with airflow_errors():
                uploads.remove(name for name, file_id in shared.items() if file_id in over_with)
        self.log.info("Deleted %d runs and %d files.", len(over), len(files))
        if moving:
            raise as_airflow(
                ExtendRunMoving(
                    f"{len(moving)} runs of this DAG run still move, {moving[0].id} for instance: they were not "
                    "deleted. A retry deletes those that have ended by then.",
                    run_id=moving[0].id,
                )
            )
        return told

    def on_kill(self) -> None:
        self._killed = True

    def _heed_kill(self) -> None:
        if self._killed:
            raise as_airflow(ExtendTaskKilled("The task was told to end. A retry deletes what is left."))

    def _kinds(self, version: str) -> list[str]:
        known = _deletable(version)
        if not known:
            find("workflow_runs.delete").path(version)  # raises, naming the versions that have it
        unknown = sorted(set(self.kinds or ()) - set(known))
        if unknown or isinstance(self.kinds, str):
            raise ExtendInputError(
                f"kinds is {self.kinds!r}: expected some of {', '.join(known)}. Nothing was deleted."
            )
        return list(self.kinds or known)

    def _named(self) -> Iterator[str]:
        """Ids of files that `results` name."""
        # Iterated: XCom may hand in a lazy sequence.
        several = isinstance(self.results, Iterable) and not isinstance(self.results, str | Mapping)
        for entry in self.results if several else [self.results]:
            path = entry.get("path") if isinstance(entry, Mapping) else entry
            if entry is None:  # of a task that has returned nothing
                continue
            if not isinstance(path, str):
                raise ExtendInputError(
                    f"results names a {type(entry).__name__}: expected output_path of a task with many documents, or "
                    "what it has returned. Nothing was deleted."
                )
            yield from of_results(Folder(path))

    def _own(self, client: ExtendClient, named: Iterable[str], context: Context) -> tuple[set[str], set[str]]:
        """Of these files, those that were made in this DAG run, and those that are gone."""
        own, gone, started = set(), set(), _started(context)
        entries = ((file_id, file_id) for file_id in sorted(named))
        for file_id, file in side_by_side(entries, partial(read_file, client), self._heed_kill):
            if file is None:
                gone.add(file_id)
            elif list(_own_files({"file": file}, started)):
                own.add(file_id)
        return own, gone

    def _found(
        self, client: ExtendClient, context: Context, kinds: Sequence[str], others: set[str]
    ) -> Iterator[_Found]:
        """
        :param others: files that runs of others have read are put in.
        """
        dag_run: Any = context["dag_run"]
        began = [moment for moment in (dag_run.run_after, dag_run.start_date) if moment is not None]
        since = min(moment.timestamp() for moment in began) - CLOCK_SKEW
        started = _started(context)
        address = address_of(context["ti"])
        owner = {name: address.get(name) for name in ("dag_id", "run_id", "deployment")}
        for kind in kinds:
            way = look_up_of(kind, client.api_version)
            assert way is not None
            for row in _rows(client, way, since):
                metadata = row.get("metadata")
                found = metadata.get(TASK_KEY) if isinstance(metadata, Mapping) else None
                # A clock that differs leaves a file where it is, rather than delete somebody else's.
                files = tuple(_own_files(row, started))
                if isinstance(found, Mapping) and all(found.get(name) == owner[name] for name in owner):
                    run = read_run(kind, client.api_version, row)
                    yield _Found(kind, run.id, run.ended, files)
                else:
                    others.update(files)


def _started(context: Context) -> float:
    """A DAG run may have waited for its turn, and what was made meanwhile is somebody else's."""
    dag_run: Any = context["dag_run"]
    return float((dag_run.start_date or dag_run.run_after).timestamp())


def _deletable(version: str) -> list[str]:
    """Kinds of run that can be found by their metadata and deleted."""
    return [
        kind
        for kind in KINDS
        if (endpoint := ENDPOINTS.get(f"{kind}s.delete")) is not None
        and version in endpoint.paths
        and look_up_of(kind, version) is not None
        and not (kind == "processor_run" and version in endpoint.deprecated)
    ]


def _rows(client: ExtendClient, way: LookUp, since: float) -> Iterator[dict[str, Any]]:
    """Runs that were made since then, with their metadata."""
    query: dict[str, Any] = {"maxPageSize": _PAGE_SIZE}
    if way.by_creation:
        query |= {"sortBy": "createdAt", "sortDir": "desc"}
    for row in client.iterate(way.list, query=query):
        made = parse_time(row.get("createdAt"))
        if made is not None and made.timestamp() < since:
            if way.by_creation:
                return
            continue
        if way.read is None:
            yield row
            continue
        try:
            yield client.call(way.read, row["id"])
        except Exception as error:
            if not is_gone(error):
                raise


def _own_files(row: Mapping[str, Any], since: float) -> Iterator[str]:
    """Files of a run that were made no earlier."""
    for file in (row.get("file"), *(row.get("files") or ())):
        made = parse_time(file.get("createdAt")) if isinstance(file, Mapping) else None
        if made is not None and made.timestamp() >= since:
            yield str(file["id"])


def _delete(client: ExtendClient, name: str, its_id: str) -> None:
    try:
        client.call(name, its_id)
    except Exception as error:
        if not is_gone(error):
            raise
