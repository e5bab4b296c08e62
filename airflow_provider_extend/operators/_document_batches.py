"""Batches of documents: sent once each, looked at, and written as rows; what is kept between two processes is in the
ledger and the task state store."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend._compat import gauge
from airflow_provider_extend.api.errors import (
    ExtendAnswerError,
    ExtendHostNotAllowed,
    ExtendResultTooLarge,
    ExtendStorageError,
    ExtendTaskKilled,
    plain_error,
)
from airflow_provider_extend.api.lookups import TASK_KEY, TOKEN_KEY, look_up_of
from airflow_provider_extend.api.runs import (
    CANCELLED,
    FAILED,
    MEMBERS,
    SUCCEEDED,
    WORKFLOW_BATCH,
    Run,
    read_run,
    reads,
)
from airflow_provider_extend.decisions import LIST_LAG
from airflow_provider_extend.documents import rows, sources
from airflow_provider_extend.documents.folders import Folder
from airflow_provider_extend.documents.ledger import Ledger
from airflow_provider_extend.documents.progress import EVERY, Progress
from airflow_provider_extend.documents.sources import Source
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.linked import whole
from airflow_provider_extend.operators._document_files import Files, side_by_side
from airflow_provider_extend.operators._spent import Spent
from airflow_provider_extend.operators._submit import (
    RECORD_KEY,
    Prepared,
    Sought,
    Submission,
    submit_once,
)
from airflow_provider_extend.reading import is_gone, look_up
from airflow_provider_extend.results import INPUT_KEY
from airflow_provider_extend.searching import runs_with_token

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

    from airflow_provider_extend.client import ExtendClient

#: Key, in the task state store, of how far the task is.
PROGRESS_KEY = "extend_progress"
#: Seconds for the answer to a create: a thousand runs are made.
_CREATE_TIMEOUT = 120.0
#: In place of the id of a batch whose id was lost, before the token that its runs carry.
_BY_TOKEN = "token:"
#: How often a batch is listed again that lacks runs.
_MORE_LOOKS = 2
_NOTED, _NOTED_BYTES = 100, 16 * 1024 * 1024
GOES_ON = "What is at Extend goes on and is paid for: a retry takes it up."


@dataclass(frozen=True, slots=True)
class Options:
    """What of an operator's parameters concerns how batches are sent and written.

    :ivar address: of the task, sent in each run's metadata; None: it is not.
    """

    send: str
    link_seconds: float
    uploads_path: str | ObjectStoragePath | None
    output_format: str
    pace: float
    max_runs: int | None
    address: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """
    :ivar kind: of what these ids name.
    :ivar members: of a batch that no call reads: runs that its list shows at least. None: it is read.
    :ivar not_before: when that list shows all of them, in seconds since the epoch.
    """

    kind: str
    run_ids: list[str]
    members: int | None = None
    not_before: float = 0.0


class _Records:
    """The task state store, with a record of its own for each batch; on Airflow below 3.3 the ledger in its place."""

    def __init__(self, store: Any, ledger: Ledger, batch: int) -> None:
        self._store = store
        self._ledger = ledger
        self._batch = batch

    def _named(self, key: str) -> str:
        return f"{key}.{self._batch:05d}" if key == RECORD_KEY else key

    def get(self, key: str, default: Any = None) -> Any:
        if self._store is not None:
            return self._store.get(self._named(key), default)
        found = self._ledger.record(self._named(key))
        return default if found is None else found

    def set(self, key: str, value: Any) -> None:
        if self._store is not None:
            self._store.set(self._named(key), value)
        else:
            self._ledger.note_record(self._named(key), value)

    def delete(self, key: str) -> None:
        if self._store is not None:
            self._store.delete(self._named(key))
        else:
            self._ledger.forget_record(self._named(key))


class Batches:
    """The batches of one task.

    :param context: of the task. :param killed: whether the task was told to end.
    """

    def __init__(
        self,
        context: Mapping[str, Any],
        client: ExtendClient,
        ledger: Ledger,
        options: Options,
        log: Any,
        killed: Callable[[], bool],
    ) -> None:
        assert ledger.plan is not None
        self._context = context
        self._client = client
        self._ledger = ledger
        self._options = options
        self._log = log
        self._killed = killed
        self._job = ledger.plan["job"]
        self._kind: str = self._job["kind"]
        self._runs_kind = MEMBERS[self._kind]
        settings = client.settings
        self._account = fingerprints.of([settings.base_url, settings.workspace_id])[:16]
        self._files = Files(
            client,
            ledger,
            options.send,
            options.link_seconds,
            Folder(options.uploads_path) if options.uploads_path else None,
            self._account,
            log,
            self._heed_kill,
        )
        self._told_at = time.monotonic()

    # ------------------------------------------------------------------------------------------------- sending

    def send(self, batch: int) -> None:
        """Start a batch, or take up what an earlier try started; where nothing of it can be sent, write its rows."""
        # Before the intent is looked for: nobody else can have made the call meanwhile, however long this takes.
        count = self._files.make_ready(batch)
        if not count:
            self.write(batch, None)
            return
        try:
            receipt = submit_once(self._submitting(batch), self._submission(batch), self._log)
        except Exception as error:
            if is_gone(error) and self._files.drop_gone(batch):
                return self.send(batch)
            raise
        record = self._records(batch).get(RECORD_KEY) or {}
        at = record.get("started_at", time.time())
        self._ledger.note_receipt(batch, {"id": receipt.id, "count": count, "at": at})
        self._log.info(
            "Batch %d of %d: %s documents, %s.", batch + 1, len(self._ledger.batches), count, receipt.id
        )

    def _records(self, batch: int) -> _Records:
        return _Records(self._context.get("task_state_store"), self._ledger, batch)

    def _submitting(self, batch: int) -> Any:
        # Whether a clear starts anew is in the ledger's state, which is one of the parts of each submission.
        return {
            "ti": SimpleNamespace(max_tries=0),
            "dag_run": self._context.get("dag_run"),
            "task_state_store": self._records(batch),
        }

    def _submission(self, batch: int) -> Submission:
        client, job = self._client, self._job

        def create(token: str, inputs: Any) -> Any:
            self._heed_kill()
            self._ledger.check()
            common = {
                TOKEN_KEY: token,
                **({TASK_KEY: self._options.address} if self._options.address else {}),
            }
            sent = [
                {**body, "metadata": {**job["metadata"], **own, **common, INPUT_KEY: place}}
                for place, body, own in inputs
            ]
            timeout = max(_CREATE_TIMEOUT, client.settings.timeout)
            answer = client.call(job["creates"], body={**job["body"], "inputs": sent}, timeout=timeout)
            # The one create whose answer names what it made otherwise than the rest.
            return {**answer, "id": answer.get("batchId")} if self._kind == WORKFLOW_BATCH else answer

        def search(sought: Sought) -> str | None:
            found = next(self._by_token(sought.token, sought.since), None)
            batch_id = found.get("batchId") if found else None
            return str(batch_id) if batch_id else f"{_BY_TOKEN}{sought.token}" if found else None

        return Submission(
            what=f"batch {batch + 1} of {len(self._ledger.batches)}",
            parts={"what is asked of this task": self._ledger.state, "batch": batch},
            prepare=partial(self._prepare, batch),
            create=create,
            keep=lambda _: True,
            look_up=search,
            left="goes on, since no call cancels a batch",
            account=self._account,
            killed=self._killed,
            max_runs=self._options.max_runs,
        )

    def _by_token(self, token: str, since: float) -> Iterator[dict[str, Any]]:
        way = look_up_of(self._kind, self._client.api_version)
        assert way is not None, "each kind of batch can be listed"
        return runs_with_token(self._client, way, token, since, self._job["narrow"])

    def _prepare(self, batch: int) -> Prepared:
        inputs = self._files.inputs(batch)
        return Prepared(value=inputs, runs=len(inputs))

    # ------------------------------------------------------------------------------------------------- looking

    def ended(self, batch: int, late: bool = False) -> Run | None:
        """A batch that is at Extend, with its runs, if all of them have ended.

        :param late: take one that has failed as a whole although runs of it are shown as moving.
        """
        receipt = self._ledger.receipt(batch)
        assert receipt is not None
        if receipt["id"].startswith(_BY_TOKEN):
            return self._ended_nameless(receipt)
        run = self._seen(receipt)
        if not run.ended or (not late and not all(member.ended for member in run.members)):
            return None
        # Pages of rows that sort alike may miss one: what is paid for is looked for again.
        for _ in range(_MORE_LOOKS):
            if len(run.members) >= receipt["count"]:
                break
            known = {member.id: member for member in (*self._seen(receipt).members, *run.members)}
            run = replace(run, members=tuple(known.values()))
        return run

    def _seen(self, receipt: Mapping[str, Any]) -> Run:
        # Of a batch of workflow runs only its list tells: once that shows all, what it lacks was deleted.
        count = receipt["count"] if time.time() <= receipt["at"] + LIST_LAG else 1
        return look_up(self._client, self._kind, receipt["id"], count)

    def awaited(self, batches: list[int]) -> Awaited:
        """What to wait for until one of these batches has ended, as far as can be told.

        Of a batch whose id was lost, runs that move: only when all of these have ended, it may have. No ids: its runs
        were all deleted.
        """
        receipts = [receipt for batch in batches if (receipt := self._ledger.receipt(batch))]
        named = [receipt for receipt in receipts if not receipt["id"].startswith(_BY_TOKEN)]
        if named and self._kind == WORKFLOW_BATCH:
            return Awaited(self._kind, [named[0]["id"]], 1, named[0]["at"] + LIST_LAG)
        if named:
            return Awaited(self._kind, [receipt["id"] for receipt in named])
        members = self._nameless(receipts[0])
        moving = [run.id for run in members if not run.ended]
        return Awaited(self._runs_kind, moving or [run.id for run in members[:1]])

    def _nameless(self, receipt: Mapping[str, Any]) -> list[Run]:
        token = receipt["id"].removeprefix(_BY_TOKEN)
        found = self._by_token(token, receipt["at"])
        by_id = {row["id"]: read_run(self._runs_kind, self._client.api_version, row) for row in found}
        return list(by_id.values())

    def _ended_nameless(self, receipt: Mapping[str, Any]) -> Run | None:
        """A batch of which only the runs are known: its own status is theirs."""
        members = self._nameless(receipt)
        settled = len(members) >= receipt["count"] or time.time() > receipt["at"] + LIST_LAG
        if not settled or not all(member.ended for member in members):
            return None
        body = {"id": receipt["id"], "status": "PROCESSED"}
        return replace(read_run(self._kind, self._client.api_version, body), members=tuple(members))

    # ------------------------------------------------------------------------------------------------- writing

    def write(self, batch: int, ended: Run | None) -> None:
        """Write the rows of a batch, and note that they are.

        :param ended: with its runs; None: nothing of it was sent.
        :raises ExtendStorageError: they cannot be written; a retry reads and writes them.
        """
        documents, sent = self._ledger.documents(batch), self._ledger.sent(batch)
        tally = _Tally()
        part = f"part-{batch:05d}.{self._options.output_format}"
        with TemporaryDirectory(prefix="extend-") as here:
            local = Path(here) / part
            try:
                with closing(rows.WRITERS[self._options.output_format](local)) as writer:
                    for place, row, again in self._rows(batch, documents, sent, ended, Path(here) / "rows"):
                        if again:
                            tally.keep_back(documents[place], row)
                        else:
                            tally.count(row)
                            writer.add(row)
                        self._tell(tally)
            except OSError as error:
                # What else fails so, a request for instance, has been made one of Extend's errors.
                raise as_airflow(
                    ExtendStorageError(
                        f"The rows of batch {batch + 1} cannot be written on this machine "
                        f"({error.strerror or type(error).__name__}). They are paid for, and a retry reads them again."
                    )
                ) from None
            self._ledger.check()
            if tally.rows:
                self._ledger.output.put(part, local)
        if ended is not None:
            Spent(self._records(batch)).cost(ended.id, tally.credits if not tally.unknown_credits else None)
        self._ledger.note_done(batch, tally.done(part if tally.rows else None), tally.failures, tally.kept)

    def _rows(
        self, batch: int, documents: list[Source], sent: Mapping[str, Any], ended: Run | None, here: Path
    ) -> Iterator[tuple[int, dict[str, Any], bool]]:
        """(place, row, whether another run may end better) of each document.

        :param here: a file of this machine, for rows on their way to the ledger.
        """
        for text, (code, words) in sent["refused"].items():
            row = rows.row_without_run(documents[int(text)], rows.NOT_SENT, code, words)
            yield int(text), row, code == sources.UNREADABLE
        if ended is None:
            return
        batch_id = None if ended.id.startswith(_BY_TOKEN) else ended.id
        left = {place for place in range(len(documents)) if str(place) not in sent["refused"]}
        known = set()
        for place, row, again in self._ledger.rows(batch):
            if place not in left:
                continue  # noted by two processes
            left.discard(place)
            known.add(row["run_id"])
            yield place, row, again
        kept = _Kept(self._ledger, batch, here)
        unread = [(run, run) for run in ended.members if run.id not in known]
        for listed, run in side_by_side(unread, self._read, self._heed_kill):
            place = run.metadata.get(INPUT_KEY, listed.metadata.get(INPUT_KEY)) if run is not None else None
            if place not in left or run is None:
                continue  # deleted meanwhile, or not of this batch
            left.discard(place)
            source = documents[place]
            own = source.given.get("file_id")
            file_id = sent["files"].get(str(place)) or (None if own else _file_of(run))
            row = rows.row_of_run(source, run, batch_id, run.output, file_id)
            again = run.outcome == CANCELLED or run.worth_new_run
            kept.add(place, row, again)
            yield place, row, again
        for place in sorted(left):
            status, failure = (rows.NOT_LISTED, rows.NOT_LISTED)
            words = "was sent, and Extend shows no run of it"
            if ended.outcome != SUCCEEDED:
                status, failure, words = ended.status, "BATCH_FAILED", "is of a batch that failed as a whole"
            file_id = sent["files"].get(str(place))
            yield (
                place,
                rows.row_without_run(documents[place], status, failure, words, batch_id, file_id),
                False,
            )

    def _read(self, listed: Run) -> Run | None:
        """A run with what it has read; None: it was deleted. Rows of most lists tell all of one that has failed."""
        tells_all = INPUT_KEY in listed.metadata and "failureReason" in listed.raw
        if tells_all and listed.outcome in (FAILED, CANCELLED):
            return listed
        try:
            name = reads(self._runs_kind, self._client.api_version)[0]
            run = read_run(self._runs_kind, self._client.api_version, self._client.call(name, listed.id))
        except Exception as error:
            if is_gone(error):
                return None
            raise
        try:
            return whole(self._client, run)
        except Exception as error:
            plain = plain_error(error)
            if isinstance(plain, ExtendResultTooLarge):
                reason = rows.TOO_LARGE
            elif isinstance(plain, ExtendAnswerError | ExtendHostNotAllowed):
                reason = rows.UNREADABLE_RESULT  # the others are written all the same
            else:
                raise
            return replace(run, outcome=FAILED, failure_reason=reason, failure_message=plain.message)

    def _heed_kill(self) -> None:
        if self._killed():
            raise as_airflow(ExtendTaskKilled(f"The task was told to end. {GOES_ON}"))

    def spent(self) -> Spent:
        """What this task has paid for in its DAG run."""
        return Spent(self._records(0))

    # ----------------------------------------------------------------------------------------------- progress

    def progress(self, more_succeeded: int = 0, more_failed: int = 0) -> Progress:
        assert self._ledger.plan is not None
        totals = self._ledger.totals()
        receipts = {
            batch: self._ledger.receipt(batch)
            for batch in self._ledger.batches
            if not self._ledger.done(batch)
        }
        return Progress(
            total=self._ledger.plan["documents"],
            succeeded=totals.succeeded + more_succeeded,
            failed=totals.failed + more_failed,
            at_extend=sum(receipt["count"] for receipt in receipts.values() if receipt)
            - more_succeeded
            - more_failed,
            seconds=time.time() - self._ledger.plan["began"],
            pace=self._options.pace,
        )

    def tell(self, progress: Progress) -> None:
        """One line of the log, and the same numbers as metrics `extend.documents.<name>` and in the task state store,
        where Airflow's UI shows them."""
        self._told_at = time.monotonic()
        self._log.info("%s.", progress)
        ti, store = self._context["ti"], self._context.get("task_state_store")
        if store is not None:
            with suppress(Exception):  # it is only shown
                store.set(PROGRESS_KEY, {"documents": progress.total, **progress.gauges})
        for name, number in progress.gauges.items():
            gauge(f"extend.documents.{name}", number, {"dag_id": ti.dag_id, "task_id": ti.task_id})

    def _tell(self, tally: _Tally) -> None:
        if time.monotonic() - self._told_at >= EVERY:
            self.tell(self.progress(tally.succeeded, tally.failed))


class _Kept:
    """Rows of a batch that is being read, noted in the ledger some at a time: so many a crash reads again at most."""

    def __init__(self, ledger: Ledger, batch: int, here: Path) -> None:
        self._ledger = ledger
        self._batch = batch
        self._here = here
        self._count = self._size = 0

    def add(self, place: int, row: dict[str, Any], again: bool) -> None:
        with self._here.open("a") as stream:
            self._size += stream.write(json.dumps([place, row, again]) + "\n")
        self._count += 1
        if self._count == _NOTED or self._size > _NOTED_BYTES:
            self._ledger.note_rows(self._batch, self._here)
            self._here.unlink()
            self._count = self._size = 0


class _Tally:
    """What the rows of one batch come to."""

    def __init__(self) -> None:
        self.succeeded = self.failed = self.unknown_credits = 0
        self.credits = 0.0
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.kept: list[dict[str, Any]] = []
        self.kept_statuses: Counter[str] = Counter()
        self.kept_reasons: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        return self.succeeded + self.failed

    def count(self, row: dict[str, Any]) -> None:
        self.statuses[row["status"]] += 1
        self._pay(row)
        if row["outcome"] == SUCCEEDED:
            self.succeeded += 1
            return
        self.failed += 1
        self.reasons[row["failure"] or row["status"]] += 1
        self.failures.append(rows.failure_of(row))

    def keep_back(self, source: Source, row: dict[str, Any]) -> None:
        self._pay(row)
        self.kept_statuses[row["status"]] += 1
        self.kept_reasons[row["failure"] or row["status"]] += 1
        document = source.as_row()
        if row["failure"] == sources.UNREADABLE:
            document.pop("problem", None)
        self.kept.append({"document": document, "row": row})

    def _pay(self, row: dict[str, Any]) -> None:
        self.credits += row["credits"] or 0.0
        self.unknown_credits += row["run_id"] is not None and row["credits"] is None

    def done(self, part: str | None) -> dict[str, Any]:
        names = ("succeeded", "failed", "credits", "unknown_credits")
        counted = {name: getattr(self, name) for name in names}
        kept = {"kept_statuses": dict(self.kept_statuses), "kept_reasons": dict(self.kept_reasons)}
        told = {"statuses": dict(self.statuses), "reasons": dict(self.reasons)}
        return {**counted, **told, **kept, "kept_back": len(self.kept), "part": part}


def _file_of(run: Run) -> str | None:
    file = run.raw.get("file")
    named = file.get("id") if isinstance(file, Mapping) else None
    return named if isinstance(named, str) else None
