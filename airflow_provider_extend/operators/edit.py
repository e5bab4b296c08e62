"""Edit runs: fill in a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.calls import check_id
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.runs import EDIT_RUN, Run
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.operators._document import ExtendDocumentRunOperator, without_none
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config
from airflow_provider_extend.results import EDITED_FILE_KEY, edited_file_id

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class ExtendEditOperator(ExtendDocumentRunOperator):
    """Fill in or change a PDF (2026-02-09: POST /edit_runs; 2025-04-21: POST /edit/async), once, and wait for the
    result.

    No call cancels an edit run or looks for one whose id was lost: it goes on when its task is ended, and a lost
    answer is decided by `on_unknown_submission`. Pushes XCom `edited_file_id`, the file that was made. What was filled
    in is document content: it is pushed only with `push_output=True` (XCom `output`), or written to `output_path`.

    :param template_id: an edit template in place of a file (templated, 2026-02-09).
    :param config: what to fill in, and how (templated): `schema`, `instructions`, `advancedOptions`. Airflow does not
        show it.

    The document (`file_id` or `file_url`; edit runs take no text, metadata or priority): see
    `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = EDIT_RUN
    creates = "edit_runs.create"
    takes_metadata = False
    takes_text = False
    takes_priority = False
    #: An edit run has no address in the dashboard.
    operator_extra_links = ()
    #: What is to be filled in is document content.
    confidential_fields = (*ExtendDocumentRunOperator.confidential_fields, "config")
    template_fields: Sequence[str] = (
        *ExtendDocumentRunOperator.document_fields,
        "template_id",
        "config",
        *ExtendRunOperator.template_fields,
    )

    def __init__(
        self, *, template_id: str | None = None, config: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.template_id = template_id
        self.config = config

    def check(self) -> None:
        if self.template_id is None:
            super().check()
            return
        self._check_taken()
        if self._account.api_version != V2026:
            raise ExtendInputError(
                f"template_id is given, and API version {self._account.api_version} has no runs of a template: "
                f"{V2026} has. Nothing was sent."
            )
        check_id(self.template_id, "template_id")
        if any(value is not None for value in (self.file_id, self.file_url, self.file_name)):
            raise ExtendInputError("Both a file and template_id are given: expected one. Nothing was sent.")

    def configs(self, version: str) -> list[Config]:
        return [Config("edit", version, self.revealed("config"))] if self.config is not None else []

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"template_id": self.template_id, "config": self.revealed("config")}

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        named = self.body_of_document(client.api_version)
        if self.template_id is not None:
            named = {"templateId": self.template_id}
        return client.call(self.creates, body=named | without_none({"config": self.revealed("config")}))

    def beside(self, run: Run) -> dict[str, Any]:
        return {EDITED_FILE_KEY: edited_file_id(run)}
