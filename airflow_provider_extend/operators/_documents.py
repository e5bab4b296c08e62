"""Base of the operators that read many documents: found in a store, sent in batches, written as rows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend import fingerprints
from airflow_provider_extend._compat import AirflowSkipException, TaskDeferralError, TaskDeferralTimeout, conf
from airflow_provider_extend.api import uses
from airflow_provider_extend.api.configs import check_config
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import (
    ExtendError,
    ExtendInputError,
    ExtendRunFailed,
    ExtendRunTimeout,
    ExtendStorageError,
    ExtendTaskKilled,
    plain_error,
)
from airflow_provider_extend.api.limits import BATCH_INPUTS, check_json
from airflow_provider_extend.api.runs import MEMBERS, Run
from airflow_provider_extend.documents import sources
from airflow_provider_extend.documents.folders import Folder, path_of
from airflow_provider_extend.documents.ledger import FAILED, Ledger
from airflow_provider_extend.documents.listing import PATTERN
from airflow_provider_extend.documents.progress import FILES_PER_MINUTE, duration, longest
from airflow_provider_extend.documents.summary import failure, result_of, write_kept_back
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.operators._address import address_of, deployment
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._document import document_of, unsigned, without_none
from airflow_provider_extend.operators._document_batches import GOES_ON, Awaited, Batches, Options
from airflow_provider_extend.operators._document_checks import (
    ANEW,
    GO_ON,
    SKIP,
    check_ledger,
    check_parameters,
    checked_metadata,
)
from airflow_provider_extend.operators._document_files import AUTO
from airflow_provider_extend.operators._spent import Spent
from airflow_provider_extend.operators._start import Config
from airflow_provider_extend.results import SPENT_XCOM_KEY
from airflow_provider_extend.triggers.run import ExtendRunTrigger
from airflow_provider_extend.triggers.runs import ExtendRunsTrigger
from airflow_provider_extend.waiting import FAIL, REAPED_SECONDS, SUCCEED

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: Key, in the task state store and in XCom, of where the ledger is.
DOCUMENTS_KEY = "extend_documents"
#: What may be done once a task has failed for good.
_AFTERWARDS = (
    "Clearing this task pays for all of them again. To accept what there is, set on_partial, and on_clear to 'go_on', "
    "before you clear it; or send those that failed with another task."
)
#: Airflow's own timeout of a deferral comes this much later than ours: it is a backstop only.
_BACKSTOP = timedelta(seconds=60)
#: A sleep in a worker is cut into these, so that a task that is told to end does not sleep on.
_NAP = 1.0


class ExtendDocumentsOperator(ExtendOperator):
    """Base: any number of documents of an object store, in batches, with one row of results for each.

    Each document is paid for once, whatever dies when (docs/guarantees.md): which documents there are, and how far each
    batch is, is kept beside the results, and a retry goes on from there. Clearing the task starts anew. Memory holds a
    batch at a time: the documents, and what was read from them, are in files. No call of Extend's API cancels a batch:
    one that is at Extend when the task ends goes on, and a retry takes it up.

    Returns (docs/xcom.md) {kind, documents, succeeded, failed, statuses, failures, batches, path, format, parts,
    failed_path, credits, credits_unknown}, below 10 KB; pushes `spent`. `documents.reader.read_documents` reads the
    rows of what it returns.

    :param documents: (templated) a path, prefix or glob pattern, for instance `s3://conn@bucket/invoices/`; or a list
        of paths, addresses, ids of uploaded files, and mappings with one of `path`, `file_id`, `file_url` and `text`,
        and perhaps `file_name` (beside `path`: of one file) and `metadata`. None: the assets whose events have
        triggered the DAG run, or what these name under `documents` in their extra. Airflow does not show it.
    :param output_path: a folder for the results of this task alone, for instance
        `s3://conn@bucket/results/{{ run_id }}` (templated).
    :param output_format: `jsonl`, or `parquet`, which needs the extra `parquet`.
    :param send: `upload` documents of a store, have Extend fetch them by a signed `url`, or `auto`: by url where the
        store makes one that begins with https://. Other documents are sent as they are named.
    :param link_seconds: how long a signed url is good for.
    :param uploads_path: a folder that tasks of a DAG run share, for instance
        `s3://conn@bucket/uploads/{{ run_id }}` (templated): what one of them has uploaded, none uploads again. None:
        what is the same is uploaded once for each task.
    :param batch_size: documents of a batch, 1 to 1000.
    :param batches_in_flight: batches that are at Extend at a time.
    :param on_partial: what the task is when some documents did not succeed: `fail`, `succeed`, or `succeed` from a
        share of successes on: a fraction such as 0.95.
    :param on_empty: what it is when there is no document: `fail` or `skip`.
    :param on_clear: what clearing the task means: `anew`, all documents are paid for again; or `go_on` with those that
        are missing, for a task that has failed on its way, for want of credits for instance. From Airflow 3.3 on it
        may be set after the failure, before the task is cleared; below, before its first try.
    :param metadata: for each of the runs (templated); the document's own wins.
    :param priority: 1 to 100, lower runs first.
    :param files_per_minute: documents a minute of the account's plan: for the time that is left, and for `timeout`.
    :param timeout: seconds from the start of this try; None: twice what the plan's pace takes and an hour, and at
        least a day.
    :param poll_interval: longest time between two looks at a batch, in seconds.
    :param deferrable: wait in the triggerer, without a worker slot; default `[operators] default_deferrable`.
    :param max_runs: most runs that this task may pay for in its DAG run, all tries together; None: no limit.
    :param send_address: send the task's address (DAG, run, task) in the runs' metadata, for people to find them by.
    :param extend_conn_id: connection (templated).
    """

    #: Kind of batch, and the endpoint that starts one.
    kind: ClassVar[str]
    creates: ClassVar[str]
    #: What is done with the documents, a key of `api.files.USES`.
    use: ClassVar[str]
    documents_fields: ClassVar[tuple[str, ...]] = (
        "documents",
        "output_path",
        "uploads_path",
        "metadata",
        "extend_conn_id",
    )
    template_fields: Sequence[str] = documents_fields
    confidential_fields = ("documents",)

    def __init__(
        self,
        *,
        output_path: str | ObjectStoragePath,
        documents: Any = None,
        output_format: str = "jsonl",
        send: str = AUTO,
        link_seconds: float = 3600.0,
        uploads_path: str | ObjectStoragePath | None = None,
        batch_size: int = BATCH_INPUTS[1],
        batches_in_flight: int = 2,
        on_partial: str | float = FAIL,
        on_empty: str = FAIL,
        on_clear: str = ANEW,
        metadata: Mapping[str, Any] | None = None,
        priority: int | None = None,
        files_per_minute: float = FILES_PER_MINUTE,
        timeout: float | None = None,
        poll_interval: float = 30.0,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        max_runs: int | None = None,
        send_address: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.documents = documents
        self.output_path = output_path
        self.output_format = output_format
        self.send = send
        self.link_seconds = link_seconds
        self.uploads_path = uploads_path
        self.batch_size = batch_size
        self.batches_in_flight = batches_in_flight
        self.on_partial = on_partial
        self.on_empty = on_empty
        self.on_clear = on_clear
        self.metadata = metadata
        self.priority = priority
        self.files_per_minute = files_per_minute
        self.timeout = timeout
        self.poll_interval = poll_interval
        self.deferrable = deferrable
        self.max_runs = max_runs
        self.send_address = send_address
        self._killed = False
        #: What a later process needs to find the ledger, in the task state store and in XCom.
        self._kept: dict[str, Any] = {}
        #: Seconds before the trigger may look.
        self._pause = 0.0

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        started = uses.starting(cls.kind, cls.creates, version)
        if not started:
            return started
        return (
            started
            | uses.watching(MEMBERS[cls.kind], version)
            | uses.named("files.upload files.retrieve", version)
        )

    # ------------------------------------------------------------------------------ what a subclass says

    def check(self, version: str) -> None:
        """Refuse what cannot be sent; raises `ExtendInputError`."""

    def parts(self) -> dict[str, Any]:
        """What the author named, beside the documents: a change of any of it starts anew."""
        raise NotImplementedError

    def named(self, version: str) -> dict[str, Any]:
        """What of the request names the work to be done on each document."""
        raise NotImplementedError

    def configs(self, version: str) -> Iterable[Config]:
        """Of the request, to be checked against the version that takes them."""
        return ()

    def narrowed(self) -> dict[str, Any]:
        """Filters of the list of runs that these are known to pass."""
        return {}

    # ------------------------------------------------------------------------------------------- the task

    def execute(self, context: Context) -> Any:
        client = self.client()
        with airflow_errors():
            self._check(client.api_version)
            ledger = self._open(context, client)
            if (ended := self._ended_before(context, ledger)) is not None:
                return ended
            if ledger.plan is None:
                self._lay_out(context, client, ledger)
            elif self._may_be_bettered(ledger) and (count := ledger.lay_out_again()):
                self.log.info("%d documents that did not succeed are sent once more.", count)
            self._remember(context)
            return self._work(context, client, ledger, self._deadline(context, ledger))

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Back from the triggerer: whatever came of the wait there, the batches are looked at here."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            self.log.warning("Airflow's own timeout of the deferral came first; looking once more.")
            return self.execute_complete(context)
        except TaskDeferralError as error:
            self.log.warning("The wait in the triggerer failed (%s); looking here.", error)
            return self.execute_complete(context)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Called by Airflow when the trigger has fired. What it said is looked at afresh, never believed."""
        client = self.client()
        with airflow_errors():
            ledger = self._open(context, client)
            if ledger.plan is None:
                return self.execute(context)
            said = event if isinstance(event, Mapping) else {}
            # Whoever comes back for nothing must not do so at once, again and again.
            self._pause = self.poll_interval
            deadline = said.get("deadline")
            if not isinstance(deadline, int | float):
                deadline = self._deadline(context, ledger)
            return self._work(context, client, ledger, deadline)

    def on_kill(self) -> None:
        """In the task's signal handler: what is under way ends at its next step."""
        self._killed = True

    # -------------------------------------------------------------------------------------------- the plan

    def _open(self, context: Context, client: ExtendClient) -> Ledger:
        """What earlier processes of this task have kept, if any."""
        ti, store = context["ti"], context.get("task_state_store")
        address = [deployment(), ti.dag_id, ti.run_id, ti.task_id, ti.map_index]
        pulled = ti.xcom_pull(task_ids=self.task_id, key=DOCUMENTS_KEY, map_indexes=ti.map_index)
        kept: Any = store.get(DOCUMENTS_KEY) if store is not None else None
        if isinstance(pulled, Mapping):  # of this very try, which was deferred
            self._kept, known = dict(pulled), True
        else:
            asked = fingerprints.of([address, self._named_parts(context)])[:16]
            # Clearing a task raises max_tries, and a retry does not.
            known = (
                isinstance(kept, Mapping)
                and kept.get("asked") == asked
                and (self.on_clear == GO_ON or kept.get("max_tries") == ti.max_tries)
            )
            anew = fingerprints.of([asked, ti.max_tries if self.on_clear == ANEW else None])[:16]
            # A template may make another path of each try.
            state, path = (kept["state"], kept["path"]) if known else (anew, self.output_path)
            self._kept = {"state": state, "path": path, "asked": asked, "max_tries": ti.max_tries}
        if isinstance(kept, Mapping) and not known:
            self.log.warning(
                "This task was cleared, or asks for something else than before: it starts anew. Batches of the earlier "
                "try that are at Extend go on, and are paid for: no call cancels one."
            )
        ledger = check_ledger(Ledger(Folder(self._kept["path"]), self._kept["state"]), client)
        if known and ledger.plan is None and ledger.whole() is None:
            raise ExtendInputError(
                f"An earlier process of this task has kept at {ledger.output.path!r} which documents it has sent, and "
                "that is gone. They are paid for, and nothing was sent again. Restore it, or clear this task, with "
                "on_clear 'anew', to pay for all of them anew."
            )
        self._kept["path"] = ledger.output.path
        return ledger

    def _named_parts(self, context: Context) -> dict[str, Any]:
        named = self._documents(context)
        check_json("documents", named)
        return {**self.parts(), "documents": unsigned(named)}

    def _documents(self, context: Context) -> Any:
        given = self.revealed("documents")
        if given is None:
            given = list(sources.of_assets(context.get("triggering_asset_events") or {}))
        if isinstance(given, str | Mapping) or not isinstance(given, Iterable) or path_of(given):
            return path_of(given) or given
        if not isinstance(given, Sequence):
            raise ExtendInputError(
                f"documents is a {type(given).__name__}, which has no order that a retry would find again: expected a "
                "list. Nothing was sent."
            )
        # Iterated: XCom may hand in a lazy sequence.
        return [path_of(entry) or entry for entry in given]

    def _lay_out(self, context: Context, client: ExtendClient, ledger: Ledger) -> None:
        """Find the documents and write them down, before anything is sent."""
        version, output = client.api_version, ledger.output
        owner = address_of(context["ti"])
        other = ledger.claim(owner)
        if other is not None:
            raise ExtendInputError(
                f"output_path is {output.path!r}, which holds the results of another task ({_shown(other)}): give "
                "each task of each DAG run a folder of its own, for instance with {{ run_id }}. Nothing was sent."
            )
        found = sources.find(self._documents(context), self.use, version, _read, output)
        job = {
            "version": version,
            "kind": self.kind,
            "creates": self.creates,
            "body": self.named(version) | without_none({"priority": self.priority}),
            "metadata": dict(self.metadata or {}),
            "narrow": self.narrowed(),
        }
        documents, batches = ledger.lay_out(checked_metadata(found, self.metadata), self.batch_size)
        if not documents:
            ledger.withdraw()
            message = f"{_none_of(self.revealed('documents'))} Nothing was sent."
            raise AirflowSkipException(message) if self.on_empty == SKIP else ExtendInputError(message)
        # Only now: results of before a clear are left where there is nothing to take their place.
        counted = {"documents": documents, "batches": batches, "size": self.batch_size}
        ledger.begin({**counted, "job": job, "began": time.time()}, owner)
        self.log.info(
            "%s documents in %d batches; at %.0f a minute they take %s.",
            f"{documents:,}",
            batches,
            self.files_per_minute,
            duration(documents / self.files_per_minute * 60),
        )

    def _remember(self, context: Context) -> None:
        """Where the ledger is, before anything is sent: a retry looks there, whatever a template makes of the path."""
        store: Any = context.get("task_state_store")
        if store is not None and store.get(DOCUMENTS_KEY) != self._kept:
            store.set(DOCUMENTS_KEY, self._kept)

    # -------------------------------------------------------------------------------------------- the work

    def _work(self, context: Context, client: ExtendClient, ledger: Ledger, deadline: float) -> Any:
        """Send and write until all is done; or come back when a batch has ended."""
        batches = Batches(context, client, ledger, self._options(context), self.log, lambda: self._killed)
        while left := [batch for batch in ledger.batches if not ledger.done(batch)]:
            moving = [batch for batch in left if ledger.receipt(batch)]
            late = deadline <= time.time()
            # One at a time: memory holds the runs of one batch, however many have ended meanwhile.
            ended = self._first_ended(batches, moving, late)
            if ended is not None:
                moving.remove(ended[0])
            # What Extend is to do next comes before what is written of what it has done.
            for batch in left:
                if len(moving) >= self.batches_in_flight or self._killed or deadline <= time.time():
                    break
                if ledger.receipt(batch):
                    continue
                try:
                    batches.send(batch)
                except Exception as error:
                    if not isinstance(plain_error(error), ExtendError) or (not moving and ended is None):
                        raise
                    # What is at Extend is paid for, and read before this task fails, if it still has to.
                    self.log.warning("Batch %d is not sent now: %s", batch + 1, error)
                    break
                moving += [batch] if not ledger.done(batch) else []
            if wrote := ended is not None:
                batches.write(*ended)
                self._pause = 0.0
            ended = None  # before the next is read
            self._heed_kill()
            batches.tell(progress := batches.progress())
            if wrote:
                continue
            if late:
                raise as_airflow(
                    ExtendRunTimeout(f"It is too late: {progress}. {GOES_ON}", run_id=None, cancelled=False)
                )
            if not moving:
                continue
            if self.deferrable and (awaited := batches.awaited(moving)).run_ids:
                self._defer(context, awaited, deadline)
            self._sleep(min(self.poll_interval, deadline - time.time()))
        return self._ends(context, ledger, batches.spent())

    def _first_ended(self, batches: Batches, moving: list[int], late: bool) -> tuple[int, Run] | None:
        """A batch that has ended, if any: one that cannot be looked at does not keep the others from being written."""
        problem: Exception | None = None
        for batch in moving:
            try:
                run = batches.ended(batch, late)
            except Exception as error:
                if not isinstance(plain_error(error), ExtendError):
                    raise
                problem = problem or error
                continue
            if run is not None:
                return batch, run
        if problem is not None:
            raise problem
        return None

    def _defer(self, context: Context, awaited: Awaited, deadline: float) -> None:
        """Wait in the triggerer until a batch has ended. Does not return."""
        context["ti"].xcom_push(key=DOCUMENTS_KEY, value=self._kept)
        common: dict[str, Any] = {
            "extend_conn_id": self.extend_conn_id,
            "kind": awaited.kind,
            "deadline": deadline,
            "max_interval": self.poll_interval,
            "not_before": max(time.time() + max(REAPED_SECONDS, self._pause), awaited.not_before),
        }
        self.defer(
            trigger=ExtendRunTrigger(run_id=awaited.run_ids[0], members=awaited.members, **common)
            if awaited.members
            else ExtendRunsTrigger(run_ids=awaited.run_ids, first=awaited.kind == self.kind, **common),
            method_name="execute_complete",
            timeout=timedelta(seconds=max(deadline - time.time(), 0.0)) + _BACKSTOP,
        )

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._killed:
            time.sleep(min(left, _NAP))
        self._heed_kill()

    def _heed_kill(self) -> None:
        if self._killed:
            raise as_airflow(ExtendTaskKilled(f"The task was told to end. {GOES_ON}"))

    def _options(self, context: Context) -> Options:
        return Options(
            send=self.send,
            link_seconds=self.link_seconds,
            uploads_path=self.uploads_path,
            output_format=self.output_format,
            pace=self.files_per_minute,
            max_runs=self.max_runs,
            address=address_of(context["ti"]) if self.send_address else None,
        )

    def _deadline(self, context: Context, ledger: Ledger) -> float:
        assert ledger.plan is not None
        started = getattr(context["ti"], "start_date", None)
        limits = [self.timeout or longest(ledger.plan["documents"], self.files_per_minute)]
        if self.execution_timeout:
            limits.append(self.execution_timeout.total_seconds())
        return (started.timestamp() if started else time.time()) + min(limits)

    # --------------------------------------------------------------------------------------------- the end

    def _ends(self, context: Context, ledger: Ledger, spent: Spent) -> Any:
        assert ledger.plan is not None
        ti, totals, documents = context["ti"], ledger.totals(), ledger.plan["documents"]
        if totals.documents != documents:
            raise ExtendStorageError(
                f"What was kept at {ledger.output.path!r} tells of {totals.documents:,} documents of "
                f"{documents:,}: something of it is gone. Results that are there stay. Restore it, or clear this task "
                "to pay for all documents anew."
            )
        ti.xcom_push(key=SPENT_XCOM_KEY, value=spent.summary())
        if totals.failed:
            ledger.output.write_lines(FAILED, ledger.failures())
        else:
            ledger.output.remove([FAILED])  # of a try before
        enough = self._enough(totals.succeeded, documents)
        if not enough and totals.kept_back and ti.try_number <= ti.max_tries:
            raise as_airflow(
                failure(ledger, totals, f"A retry sends {totals.kept_back} of them once more.", True)
            )
        if totals.kept_back:
            totals.parts.append(write_kept_back(ledger, self.output_format))
        result = result_of(MEMBERS[self.kind], ledger, totals, self.output_format)
        ledger.finish(totals.parts, result=result)
        if not enough:
            raise as_airflow(failure(ledger, totals, _AFTERWARDS, False))
        return result

    def _enough(self, succeeded: int, documents: int) -> bool:
        if isinstance(self.on_partial, str):
            return succeeded == documents or self.on_partial == SUCCEED
        return succeeded / documents >= self.on_partial

    def _may_be_bettered(self, ledger: Ledger) -> bool:
        """Whether all is done, and it is not enough."""
        if ledger.plan is None or not all(ledger.done(batch) for batch in ledger.batches):
            return False
        return not self._enough(ledger.totals().succeeded, ledger.plan["documents"])

    def _ended_before(self, context: Context, ledger: Ledger) -> Any:
        """What an earlier process came to: of this try, that died before it could say so, or of before a clear that
        goes on. Whether it is enough is asked anew."""
        manifest = ledger.whole()
        if manifest is None:
            return None
        ledger.close()
        result = manifest["result"]
        store: Any = context.get("task_state_store")
        if store is not None:
            context["ti"].xcom_push(key=SPENT_XCOM_KEY, value=Spent(store).summary())
        if not self._enough(result["succeeded"], result["documents"]):
            raise as_airflow(
                ExtendRunFailed(
                    f"{result['failed']:,} of {result['documents']:,} documents did not succeed: see "
                    f"{ledger.output.path}/{FAILED}. {_AFTERWARDS}",
                    run_id=ledger.state,
                    outcome="failed",
                )
            )
        return result

    # ------------------------------------------------------------------------------------------- the checks

    def _check(self, version: str) -> None:
        find(self.creates).path(version)
        check_parameters(self)
        for name, value in self.parts().items():
            check_json(name, value)
        self.check(version)
        for config in self.configs(version):
            for warning in check_config(config.kind, config.version, config.value, partial=config.partial):
                self.log.warning("%s", warning)


def _none_of(given: Any) -> str:
    """Why there is no document."""
    if given is None:
        return "No asset event that names a document has triggered this DAG run, and documents is None."
    path = path_of(given)
    if path is None or "?" in path:
        return "documents names no document."
    prefix = (
        ""
        if PATTERN & set(path)
        else " A path is a file or a folder; names that begin so are found with * after it."
    )
    return f"There is no document at {path!r}; what lies in output_path is none.{prefix}"


def _read(entry: Any, where: str) -> Mapping[str, str]:
    document = document_of(entry, where)
    document.check()
    named = {"file_id": document.file_id, "file_url": document.file_url, "text": document.text}
    return without_none({**named, "file_name": document.name})


def _shown(owner: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {owner.get(name)}" for name in ("dag_id", "run_id", "task_id", "map_index"))
