"""Verify runs: look for signs that a document was forged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.runs import VERIFY_RUN
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendVerifyOperator(ExtendDocumentRunOperator):
    """Look for signs that a document was forged (POST /verify_runs, 2026-02-09), once, and wait for the result.

    The risk level and the signals are pushed only with `push_output=True` (XCom `output`), or written to `output_path`.

    Where the workspace retains nothing, Extend gives the result once and purges it an hour after the run's end at the
    latest. So the triggerer looks at the list, which shows no result, and the worker reads it once; without
    `push_output` and `output_path` it is left for another task to read. If the process dies between the read and the
    push, the result is gone: a retry then fails and says so.

    :param config: `engine`, `engineVersion`, `advancedOptions` (templated); Extend refuses keys that it does not know.

    The document (`file_id` or `file_url` of a PDF, JPEG, PNG or WebP; verify runs take no text and no priority),
    `metadata`: see `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = VERIFY_RUN
    creates = "verify_runs.create"
    takes_text = False
    takes_priority = False
    #: A verify run has no address in the dashboard.
    operator_extra_links = ()
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "config",
        *ExtendRunOperator.template_fields,
    )

    def __init__(self, *, config: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config

    def configs(self, version: str) -> list[Config]:
        return [Config("verify", version, self.config)] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"config": self.config}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body = self.body_of_document(client.api_version) | without_none({"config": self.config})
        return client.call(self.creates, body=self.with_common(body, metadata))
