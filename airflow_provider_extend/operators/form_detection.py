"""Form detection runs: find the fields of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.runs import FORM_DETECTION_RUN
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendDetectFormOperator(ExtendDocumentRunOperator):
    """Find the fields of a form (POST /form_detection_runs, 2026-02-09), once, and wait for the schema.

    No call cancels such a run or looks for one whose id was lost: it goes on when its task is ended, and a lost answer
    is decided by `on_unknown_submission`. The schema, for `ExtendEditOperator`, is pushed only with `push_output=True`
    (XCom `output`), or written to `output_path`.

    :param config: what to look for (templated).

    The document (`file_id` or `file_url`; these runs take no text, metadata or priority): see
    `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = FORM_DETECTION_RUN
    creates = "form_detection_runs.create"
    takes_metadata = False
    takes_text = False
    takes_priority = False
    #: Such a run has no address in the dashboard.
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
        return [Config("form_detection", version, self.config)] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"config": self.config}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        body = self.body_of_document(client.api_version) | without_none({"config": self.config})
        return client.call(self.creates, body=body)
