"""Extract runs: read fields out of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import EXTRACT_RUN
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendExtractOperator(ExtendDocumentRunOperator):
    """Extract fields from a document (POST /extract_runs, 2026-02-09), once, and wait for the result.

    The fields are document content: they are pushed only with `push_output=True` (XCom `output`, as the API gives
    them), or written to `output_path`.

    :param extractor_id: the extractor (templated). None, without `config`: Extend infers the fields.
    :param version: of the extractor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param config: a config instead of an extractor (templated).
    :param override_config: parts of the extractor's config to replace for this run (templated).

    The document (`file_id`, `file_url` or `text`), `metadata`, `priority`: see `ExtendDocumentRunOperator`. Other
    parameters: see `ExtendRunOperator`.
    """

    kind = EXTRACT_RUN
    creates = "extract_runs.create"
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "extractor_id",
        "version",
        "config",
        "override_config",
        *ExtendRunOperator.template_fields,
    )

    def __init__(
        self,
        *,
        extractor_id: str | None = None,
        version: str | None = None,
        config: Mapping[str, Any] | None = None,
        override_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.extractor_id = extractor_id
        self.version = version
        self.config = config
        self.override_config = override_config

    def check(self) -> None:
        super().check()
        if self.extractor_id is not None:
            check_id(self.extractor_id, "extractor_id")
            if self.config is not None:
                raise ExtendInputError(
                    "Both extractor_id and config are given: expected one. Nothing was sent."
                )
        elif self.version is not None or self.override_config is not None:
            raise ExtendInputError("version and override_config need an extractor_id. Nothing was sent.")

    def parts(self) -> dict[str, Any]:
        return super().parts() | {
            "extractor_id": self.extractor_id,
            "version": self.version,
            "config": self.config,
            "override_config": self.override_config,
        }

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body: dict[str, Any] = {"file": self.document.body(client.api_version)}
        if self.extractor_id is not None:
            named = {"id": self.extractor_id, "version": self.version, "overrideConfig": self.override_config}
            body["extractor"] = without_none(named)
        if self.config is not None:
            body["config"] = self.config
        return client.call(self.creates, body=self.with_common(body, metadata))

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        return {"extractorId": self.extractor_id} if self.extractor_id else {}
