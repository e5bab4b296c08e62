"""Runs of every kind that exist already: read one, list, cancel, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api import uses
from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.api.errors import ExtendInputError, ExtendNotFound, ExtendRunMoving, plain_error
from airflow_provider_extend.api.runs import PROCESSOR_RUN, READS, WORKFLOW_BATCH, Run, cancels, reads
from airflow_provider_extend.cancelling import cancel_run
from airflow_provider_extend.decisions import GONE
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.linked import whole
from airflow_provider_extend.operators._base import ExtendOperator, warn_deprecated
from airflow_provider_extend.operators._call import (
    BY_CREATION,
    ExtendDeleteOperator,
    ExtendListOperator,
    Request,
)
from airflow_provider_extend.processors import NAME_ITS_TYPE, check_processor_type, family_in
from airflow_provider_extend.reading import glance, look_up
from airflow_provider_extend.results import OUTPUT_KEY, RUN_URL_KEY, XCOM_LIMIT, check_push_limit, push_run

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: Type of processor on 2026-02-09 -> kind of its runs, which the older versions call processor runs.
_KINDS: Mapping[str, str] = MappingProxyType(
    {"extractor": "extract_run", "classifier": "classify_run", "splitter": "split_run"}
)

#: Kinds of which one can be named: no call reads a batch of workflow runs.
_READABLE = tuple(kind for kind in READS if kind != WORKFLOW_BATCH)
_NONE: frozenset[str] = frozenset()

#: Of a list's parameters those that are no filters.
_PAGING = frozenset({"nextPageToken", "maxPageSize", "sortBy", "sortDir"})


class _OneRun(ExtendOperator):
    """A run that is named by its kind and id (see `ExtendGetRunOperator`)."""

    template_fields: Sequence[str] = ("kind", "run_id", "processor_type", "extend_conn_id")

    def __init__(self, *, kind: str, run_id: str, processor_type: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.run_id = run_id
        self.processor_type = processor_type

    def named(self, client: ExtendClient) -> str:
        """The kind in the connection's API version.

        :raises ExtendInputError: there are no such runs, or the id is none.
        """
        kind = _kind_in(client.api_version, self.kind, self.processor_type)
        check_id(self.run_id, "run_id")
        if kind == PROCESSOR_RUN:
            read = reads(kind, client.api_version)[0]
            warn_deprecated(self.log, read, client.api_version, NAME_ITS_TYPE)
        return kind


class ExtendGetRunOperator(_OneRun):
    """Read a run as it is now, once. Returns its result (docs/xcom.md); `outcome` is null while it moves.

    To wait for a run use its sensor. A run that has failed is returned too: `outcome` tells. Pushes `run_url` where
    the API gives one.

    :param kind: `extract_run`, `classify_run`, `split_run`, `parse_run`, `edit_run`, `verify_run`,
        `form_detection_run`, `workflow_run`, `evaluation_set_run`, `batch_processor_run`, `extract_batch` (and
        `classify`, `split`, `parse`), or `processor_run`: the runs of all processors on the older versions, and on a
        deprecated path of 2026-02-09 (templated).
    :param run_id: (templated).
    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER` of a `processor_run` (templated): with it 2026-02-09 is
        asked on the path of that type.
    :param push_output: push what was read from the document, as XCom `output`. It is document content.
    :param push_limit: bytes of JSON up to which `push_output` pushes what was read; beyond it XCom says where in
        `output_path` it is (see `results.read_output`).
    :param output_path: where the API's whole answer and the result are written (templated).
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = (*_OneRun.template_fields, "output_path")

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return _NONE.union(*(uses.glancing(kind, version) for kind in _READABLE))

    def __init__(
        self,
        *,
        push_output: bool = False,
        push_limit: int = XCOM_LIMIT,
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.push_output = push_output
        self.push_limit = push_limit
        self.output_path = output_path

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        with airflow_errors():
            check_push_limit(self.push_limit)
            read = look_up if self.push_output or self.output_path else glance
            run = read(client, self.named(client), self.run_id)
            if self.push_output or self.output_path:
                run = whole(client, run)
            if run.url:
                context["ti"].xcom_push(key=RUN_URL_KEY, value=run.url)
            output = {OUTPUT_KEY: run.output} if self.push_output else {}
            return push_run(
                context, run, self.output_path, self.log, output, must_write=True, push_limit=self.push_limit
            )


class ExtendCancelRunOperator(_OneRun):
    """Cancel a run. Returns {id, kind, status, outcome, became}; `became` is `cancelled`, or `ended` before that.

    Where the API cannot cancel this kind the task fails; where a run goes on although it can be cancelled, it is
    retried.

    `kind`, `run_id`, `processor_type`: see `ExtendGetRunOperator`.
    """

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return _NONE.union(*(uses.cancelling(kind, version) for kind in _READABLE))

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        with airflow_errors():
            kind = self.named(client)
            if cancels(kind, client.api_version) is None:
                raise ExtendInputError(
                    f"API version {client.api_version} has no call that cancels a {kind}. Nothing was sent."
                )
            done = cancel_run(client, kind, self.run_id)
            if done.means == GONE or done.run is None:
                raise ExtendInputError(f"Extend knows no {kind} {self.run_id} (404). Nothing was cancelled.")
            if done.refused:
                raise ExtendRunMoving(
                    f"The {kind} {self.run_id} {done.words}. A retry cancels it again.", run_id=self.run_id
                )
        self.log.info("The %s %s %s.", kind, self.run_id, done.words)
        run = done.run
        told = {"id": run.id, "kind": kind, "status": run.status, "outcome": run.outcome}
        return told | {"became": done.means}


class ExtendDeleteRunOperator(_OneRun, ExtendDeleteOperator):
    """Delete a run and what it has read, for good. Returns its id; a retry that finds nothing left has succeeded.

    A run that moves is not deleted: what Extend makes of that is not documented. Not on 2024-12-23.

    `kind`, `run_id`, `processor_type`: see `ExtendGetRunOperator`.
    """

    instead = NAME_ITS_TYPE

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        deleted = [kind for kind in _READABLE if uses.of_runs([kind], "delete", version)]
        looked_at = _NONE.union(*(uses.glancing(kind, version) for kind in deleted))
        return looked_at | uses.of_runs(deleted, "delete", version)

    def ask(self, version: str) -> Request:
        kind = _kind_in(version, self.kind, self.processor_type)
        return Request(_listed_or_deleted(kind, "delete"), (check_id(self.run_id, "run_id"),))

    def execute(self, context: Context) -> str:
        client = self.client()
        with airflow_errors():
            # Whether it can be deleted comes before the question whether it moves.
            self.ask(client.api_version).check(client.api_version)
            kind = _kind_in(client.api_version, self.kind, self.processor_type)
        try:
            run: Run | None = glance(client, kind, self.run_id)
        except Exception as error:
            if not isinstance(plain_error(error), ExtendNotFound):
                raise
            run = None  # what a 404 means is said by the delete
        with airflow_errors():
            if run is not None and not run.ended:
                raise ExtendRunMoving(
                    f"The {kind} {self.run_id} is {run.status}: only a run that has ended is deleted. Cancel it first, "
                    "or let a retry come later. Nothing was deleted.",
                    run_id=self.run_id,
                )
        return super().execute(context)


class ExtendListRunsOperator(ExtendListOperator):
    """List runs of one kind, newest first.

    :param kind: `extract_run`, `classify_run`, `split_run`, `parse_run`, `edit_run`, `verify_run`, `workflow_run` or
        `processor_run` (templated).
    :param filters: of that list, by the API's names or in snake case, for instance {"status": "FAILED"} (templated).

    `limit`, `fields`, and what is returned: see `ExtendListOperator`.
    """

    template_fields: Sequence[str] = ("kind", "filters", "extend_conn_id")
    default_fields = (
        *("id", "status", "failureReason", "file", "files", "batchId"),
        *("workflow", "workflowId", "processorId", "extractor", "classifier", "splitter"),
        *("createdAt", "updatedAt"),
    )
    instead = "the kinds extract_run, classify_run and split_run"

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        return uses.of_runs(READS, "list", version)

    def __init__(self, *, kind: str, filters: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.filters = filters

    def ask(self, version: str) -> Request:
        endpoint = find(_listed_or_deleted(self.kind, "list"))
        endpoint.path(version)
        named = {p.name: p for p in endpoint.parameters(version)}
        # A filter that Extend does not know might be ignored, and all runs be taken for those that were asked for.
        filters = {
            key: p.name for p in named.values() for key in (p.name, p.keyword) if p.name not in _PAGING
        }
        unknown = sorted(key for key in self.filters or {} if key not in filters)
        if unknown:
            raise ExtendInputError(
                f"filters names {', '.join(unknown)}: a list of {self.kind}s is filtered by "
                f"{', '.join(sorted(set(filters.values())))}. Nothing was sent."
            )
        given = {filters[key]: value for key, value in (self.filters or {}).items()}
        newest = BY_CREATION if "sortBy" in named else {}  # the list of parse runs has no sort
        return Request(endpoint.name, query={**given, **self.page(), **newest})


def _kind_in(version: str, kind: Any, processor_type: str | None) -> str:
    """`kind` as `version` has it.

    :raises ExtendInputError: unknown kind, or a type of processor where there is none.
    """
    check_processor_type(processor_type)
    if kind not in READS:
        raise ExtendInputError(f"kind is {kind!r}: expected one of {', '.join(READS)}. Nothing was sent.")
    if kind == WORKFLOW_BATCH:
        raise ExtendInputError(
            "No call of Extend reads a workflow_batch: list its runs with ExtendListRunsOperator, kind workflow_run "
            "and the filter batch_id. Nothing was sent."
        )
    if processor_type is not None and kind != PROCESSOR_RUN:
        raise ExtendInputError(
            f"processor_type is given with kind {kind!r}: it belongs to processor_run. Nothing was sent."
        )
    family = family_in(version, processor_type)
    return _KINDS[family] if family else str(kind)


def _listed_or_deleted(kind: str, verb: str) -> str:
    """Endpoint of a kind of run.

    :raises ExtendInputError: no API version has it.
    """
    try:
        return find(f"{kind}s.{verb}").name
    except ExtendInputError:
        raise ExtendInputError(f"No API version has a call for {verb} of {kind}. Nothing was sent.") from None
