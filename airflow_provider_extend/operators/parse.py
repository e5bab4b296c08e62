"""Parse runs: the text of documents, in chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import PARSE_BATCH, PARSE_RUN
from airflow_provider_extend.api.versions import V2024, V2026
from airflow_provider_extend.operators._batch import ExtendBatchOperator
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

#: Extend answers a synchronous call within five minutes (runs.md 2); seconds, with some for the way.
_SYNC_TIMEOUT = 310.0
_RETENTIONS = ("workspace_default", "zero")


class ExtendParseOperator(ExtendDocumentRunOperator):
    """Parse a document into chunks of text (all API versions), once, and wait for the result.

    2026-02-09: POST /parse_runs. 2025-04-21: POST /parse/async. 2024-12-23 has POST /parse alone, which takes up to
    five minutes and whose answer is the result: it cannot be waited for in the triggerer, read again or looked for, so
    that a lost answer is decided by `on_unknown_submission`.

    The chunks are document content: they are pushed only with `push_output=True` (XCom `output`: on 2026-02-09 the
    run's `output`, before that its `chunks`), or written to `output_path`.

    :param config: how to parse (templated): `target`, `chunkingStrategy`, `blockOptions`, ...; 2024-12-23 wants one.
    :param data_retention: `workspace_default` or `zero`: what Extend keeps of the run (2026-02-09).

    The document (`file_id` or `file_url`; single parse runs take no text and no priority) and `metadata` (2026-02-09):
    see `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = PARSE_RUN
    creates = "parse_runs.create"
    takes_text = False
    takes_priority = False
    #: A parse run has no address in the dashboard.
    operator_extra_links = ()
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "config",
        *ExtendRunOperator.template_fields,
    )

    def __init__(
        self, *, config: Mapping[str, Any] | None = None, data_retention: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.data_retention = data_retention

    @classmethod
    def starts(cls, version: str) -> Mapping[str, str]:
        return {PARSE_RUN: "parse_runs.create_sync" if version == V2024 else "parse_runs.create"}

    def adapt(self, version: str) -> None:
        self.takes_metadata = version == V2026
        self.creates = self.starts(version)[PARSE_RUN]

    def form(self, version: str) -> list[str]:
        return [version]  # no run of the older versions carries a token

    def check(self) -> None:
        super().check()
        version = self._account.api_version
        if self.data_retention not in (None, *_RETENTIONS):
            raise ExtendInputError(
                f"data_retention is {self.data_retention!r}: expected {' or '.join(map(repr, _RETENTIONS))}. Nothing "
                "was sent."
            )
        if self.data_retention is not None and version != V2026:
            raise ExtendInputError(
                f"data_retention is given, and API version {version} does not know it: {V2026} does. Nothing was sent."
            )
        if version == V2024 and not self.wait_for_completion:
            raise ExtendInputError(
                f"wait_for_completion is False: in API version {version} the answer is the result, and no call reads "
                "it later. Nothing was sent."
            )

    def configs(self, version: str) -> list[Config]:
        return [Config("parse", version, self.config)] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"config": self.config, "data_retention": self.data_retention}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        retention = {"mode": self.data_retention} if self.data_retention else None
        body = self.body_of_document(client.api_version)
        body |= without_none({"config": self.config, "dataRetention": retention})
        timeout = _SYNC_TIMEOUT if self.creates == "parse_runs.create_sync" else None
        return client.call(self.creates, body=self.with_common(body, metadata), timeout=timeout)


class ExtendBatchParseOperator(ExtendBatchOperator):
    """Parse up to 1000 documents in one call (POST /parse_runs/batch, 2026-02-09), and wait for all.

    :param config: how to parse them (templated).

    The documents (`inputs`), `metadata`, `priority`, `on_partial`, and what is pushed: see `ExtendBatchOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = PARSE_BATCH
    creates = "parse_runs.create_batch"
    template_fields: Sequence[str] = ("config", *ExtendBatchOperator.batch_fields)

    def __init__(self, *, config: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config

    def configs(self, version: str) -> list[Config]:
        return [Config("parse", version, self.config)] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"config": self.config}

    def named(self, version: str) -> dict[str, Any]:
        return without_none({"config": self.config})
