"""Processor versions: publish what was judged, read one, list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend import fingerprints
from airflow_provider_extend.api.errors import ExtendInputError, ExtendPublishedConfigDiffers, ExtendRunFailed
from airflow_provider_extend.api.runs import BATCH_PROCESSOR_RUN, SUCCEEDED, Run
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator, warn_deprecated
from airflow_provider_extend.operators._call import ExtendListOperator, Request, checked_ids
from airflow_provider_extend.operators._submit import Prepared, Sought, Submission, submit_once
from airflow_provider_extend.processors import (
    DRAFT,
    NAME_ITS_TYPE,
    Processor,
    ProcessorVersion,
    check_processor_type,
    check_release_type,
    family_in,
)
from airflow_provider_extend.reading import look_up
from airflow_provider_extend.results import XCOM_LIMIT, json_size

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient


class ExtendPublishProcessorVersionOperator(ExtendOperator):
    """Publish the processor version that a run judged: that very config, once.

    The config that was judged is sent along, and the published one is compared with it. A draft that changed
    since it was judged is not published: with `config_fingerprint` its config is compared with the one read
    before the run was started; without, the draft must not have changed after the run was created (on
    2026-02-09 the API gives no such time for a version; that a change of the draft moves `updatedAt` of its
    extractor, classifier or splitter is an assumption). A run of a version that is published already publishes
    nothing and returns that version.

    A token in the version's description lets a retry find the version that an earlier try made.

    Returns {id, version, processor_id, run_id, description, config_fingerprint} and pushes the id as XCom
    `processor_version_id`.

    :param run: return value of the sensor, or the id of a batch processor run (templated).
    :param release_type: `minor` or `major` (templated).
    :param description: shown in the dashboard, before the token (templated).
    :param config_fingerprint: XCom `config_fingerprint` of `ExtendRunEvaluationSetOperator` (templated).
    :param allow_unverified_draft: publish the draft as it is now although nothing shows that it was judged.
    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER`, where the run does not tell (templated): 2026-02-09 is
        then asked on the path of that type, else on the deprecated one of the older versions.
    :param extend_conn_id: connection (templated).
    """

    calls = (
        "batch_processor_runs.retrieve evaluation_set_runs.retrieve processor_versions.create "
        "processor_versions.retrieve processor_versions.list extractors.retrieve "
        "classifiers.retrieve splitters.retrieve extractor_versions.create "
        "classifier_versions.create splitter_versions.create extractor_versions.retrieve "
        "classifier_versions.retrieve splitter_versions.retrieve extractor_versions.list "
        "classifier_versions.list splitter_versions.list"
    )
    template_fields: Sequence[str] = (
        "run",
        "release_type",
        "description",
        "config_fingerprint",
        "processor_type",
        "extend_conn_id",
    )

    def __init__(
        self,
        *,
        run: Mapping[str, Any] | str,
        release_type: str = "minor",
        description: str = "",
        config_fingerprint: str | None = None,
        allow_unverified_draft: bool = False,
        processor_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.release_type = release_type
        self.description = description
        self.config_fingerprint = config_fingerprint
        self.allow_unverified_draft = allow_unverified_draft
        self.processor_type = processor_type

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        with airflow_errors():
            check_release_type(self.release_type)
            check_processor_type(self.processor_type)
            run = self._judged(client)
            processor = Processor(client, str(run.processor_id), run.processor_type or self.processor_type)
            judged = self._version_of(processor, run)
            if judged is not None:
                self.log.info("Run %s judged version %s, which is published already.", run.id, judged.name)
            else:
                if processor.family is None:
                    warn_deprecated(self.log, "processor_versions.create", client.api_version, NAME_ITS_TYPE)
                judged = self._publish(context, processor, run)
        context["ti"].xcom_push(key="processor_version_id", value=judged.id)
        return {
            "id": judged.id,
            "version": judged.name,
            "processor_id": judged.processor_id,
            "run_id": run.id,
            "description": judged.description,
            "config_fingerprint": fingerprints.of(judged.config),
        }

    def _judged(self, client: ExtendClient) -> Run:
        handed_in = self.run if isinstance(self.run, Mapping) else {"id": self.run}
        kind, run_id = handed_in.get("kind") or BATCH_PROCESSOR_RUN, handed_in.get("id")
        run = look_up(client, kind, run_id)
        if run.outcome != SUCCEEDED:
            raise ExtendRunFailed(
                f"Run {run.id} is {run.status}: only what a PROCESSED run judged is published. Nothing was "
                "published.",
                run_id=run.id,
                outcome=run.outcome or "moving",
            )
        if not run.processor_id:
            raise ExtendInputError(f"Run {run.id} names no processor. Nothing was published.")
        return run

    def _version_of(self, processor: Processor, run: Run) -> ProcessorVersion | None:
        """The published version that the run judged; None if it judged the draft."""
        if run.version_name == DRAFT:
            return None
        if not run.processor_version_id:
            raise ExtendInputError(
                f"Run {run.id} does not say which version it judged. Nothing was published."
            )
        version = processor.version(run.processor_version_id)
        return None if version.name == DRAFT else version

    def _publish(self, context: Context, processor: Processor, run: Run) -> ProcessorVersion:
        def prepare() -> Prepared:
            draft = processor.draft()
            self._check_unchanged(draft, run)
            return Prepared({"config_fingerprint": fingerprints.of(draft.config)}, draft, runs=0)

        def create(token: str, draft: ProcessorVersion) -> Any:
            description = f"{self.description} [airflow {token}]".strip()
            return processor.publish(draft.config, release_type=self.release_type, description=description)

        def look_up_version(sought: Sought) -> str | None:
            rows = processor.versions()
            return next(
                (str(row["id"]) for row in rows if sought.token in (row.get("description") or "")), None
            )

        submission = Submission(
            what="processor version",
            parts={"run": run.id, "processor": processor.id, "release_type": self.release_type},
            prepare=prepare,
            create=create,
            keep=lambda version_id: True,
            look_up=look_up_version,
        )
        receipt = submit_once(context, submission, self.log)
        answered = receipt.answer is not None and receipt.answer.get("config")
        version = processor.as_version(receipt.answer) if answered else processor.version(receipt.id)
        self._check_published(
            version, receipt.facts.get("config_fingerprint"), receipt.prepared or processor.draft()
        )
        self.log.info("Published version %s (%s) of processor %s.", version.name, version.id, processor.id)
        return version

    def _check_unchanged(self, draft: ProcessorVersion, run: Run) -> None:
        """Raise unless the draft is the one that `run` judged."""
        if not draft.config:
            raise ExtendInputError(
                f"Extend answered the draft of processor {draft.processor_id} without a config. Nothing was published."
            )
        if self.allow_unverified_draft:
            self.log.warning("Publishing the draft as it is now: allow_unverified_draft is set.")
            return
        if self.config_fingerprint:
            if fingerprints.of(draft.config) != self.config_fingerprint:
                raise ExtendInputError(
                    f"The draft of processor {draft.processor_id} changed after run {run.id} was started: its "
                    f"config has fingerprint {fingerprints.of(draft.config)[:12]}, judged was "
                    f"{self.config_fingerprint[:12]}. Nothing was published; evaluate the draft again."
                )
            return
        if draft.changed_at is None or run.created_at is None or draft.changed_at > run.created_at:
            raise ExtendInputError(
                f"It cannot be shown that run {run.id} (created {_shown(run.created_at)}) judged the draft of "
                f"processor {draft.processor_id} as it is now (changed {_shown(draft.changed_at)}). Nothing was "
                "published; evaluate the draft again, or set allow_unverified_draft=True to publish it unseen."
            )

    def _check_published(
        self, version: ProcessorVersion, judged: str | None, draft: ProcessorVersion
    ) -> None:
        """Raise if Extend published something else than what was sent; keys that it added do not matter.

        :param draft: as it was sent, or, where an earlier try sent it, as it is now.
        """
        if judged is None or fingerprints.of(version.config) == judged:
            return
        if fingerprints.of(draft.config) != judged:
            self.log.warning(
                "The draft changed since version %s was published, so its config cannot be compared.",
                version.name,
            )
        elif not _holds(version.config, draft.config):
            raise ExtendPublishedConfigDiffers(
                f"Version {version.name} ({version.id}) of processor {version.processor_id} was published, but its "
                "config is not the one that was judged. Look at it in the dashboard; a retry publishes no other."
            )


class ExtendGetProcessorVersionOperator(ExtendOperator):
    """Read a processor version.

    Returns {id, version, processor_id, description, config_fingerprint, config}; a config that XCom does not hold is
    left out, and the log says so.

    :param processor_id: (templated).
    :param version_id: (templated).
    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER` (templated). Without it 2026-02-09 is asked on the
        deprecated path of the older versions: ids do not tell the type.
    :param extend_conn_id: connection (templated).
    """

    calls = (
        "processor_versions.retrieve extractor_versions.retrieve classifier_versions.retrieve "
        "splitter_versions.retrieve"
    )
    template_fields: Sequence[str] = ("processor_id", "version_id", "processor_type", "extend_conn_id")

    def __init__(
        self, *, processor_id: str, version_id: str, processor_type: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.processor_id = processor_id
        self.version_id = version_id
        self.processor_type = processor_type

    def execute(self, context: Context) -> dict[str, Any]:
        client = self.client()
        with airflow_errors():
            check_processor_type(self.processor_type)
            ids = checked_ids(processor_id=self.processor_id, version_id=self.version_id)
        if self.processor_type is None:
            warn_deprecated(self.log, "processor_versions.retrieve", client.api_version, NAME_ITS_TYPE)
        with airflow_errors():
            version = Processor(client, ids[0], self.processor_type).version(ids[1])
        told = {
            "id": version.id,
            "version": version.name,
            "processor_id": version.processor_id,
            "description": version.description,
            "config_fingerprint": fingerprints.of(version.config),
        }
        whole = told | {"config": dict(version.config)}
        if json_size(whole) <= XCOM_LIMIT:
            return whole
        self.log.warning("The config of version %s is too large for XCom and left out there.", version.id)
        return told


class ExtendListProcessorVersionsOperator(ExtendListOperator):
    """List the versions of a processor, newest first, the draft among them on the older versions.

    :param processor_id: (templated).
    :param processor_type: see `ExtendGetProcessorVersionOperator` (templated).

    `limit`, `fields`, and what is returned: see `ExtendListOperator`.
    """

    calls = "processor_versions.list extractor_versions.list classifier_versions.list splitter_versions.list"
    template_fields: Sequence[str] = ("processor_id", "processor_type", "extend_conn_id")
    default_fields = ("id", "version", "description", "createdAt")
    instead = NAME_ITS_TYPE

    def __init__(self, *, processor_id: str, processor_type: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.processor_id = processor_id
        self.processor_type = processor_type

    def ask(self, version: str) -> Request:
        check_processor_type(self.processor_type)
        family = family_in(version, self.processor_type)
        ids = checked_ids(processor_id=self.processor_id)
        if family is None:
            return Request("processor_versions.list", ids)  # all of them at once
        return Request(f"{family}_versions.list", ids, query={**self.page(), "sortDir": "desc"})


def _holds(published: Any, sent: Any) -> bool:
    """Whether everything in `sent` is in `published`, at every depth."""
    if isinstance(sent, Mapping):
        return isinstance(published, Mapping) and all(
            key in published and _holds(published[key], value) for key, value in sent.items()
        )
    if isinstance(sent, list) and isinstance(published, list):
        return len(published) == len(sent) and all(map(_holds, published, sent))
    return bool(published == sent)


def _shown(when: Any) -> str:
    return when.isoformat() if when is not None else "at an unknown time"
