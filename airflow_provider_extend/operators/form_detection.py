"""Form detection runs: find the fields of a form."""

from __future__ import annotations

from airflow_provider_extend.api.runs import FORM_DETECTION_RUN
from airflow_provider_extend.operators._configured import ExtendConfiguredRunOperator


class ExtendDetectFormOperator(ExtendConfiguredRunOperator):
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
    config_kind = "form_detection"
    takes_metadata = False
