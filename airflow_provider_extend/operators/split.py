"""Split runs: cut a file into the documents that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_extend.api.runs import SPLIT_BATCH, SPLIT_RUN
from airflow_provider_extend.operators._batch import ExtendProcessorBatchOperator
from airflow_provider_extend.operators._processor import ExtendProcessorOperator


class ExtendSplitOperator(ExtendProcessorOperator):
    """Split a file into documents (POST /split_runs, 2026-02-09), once, and wait for the result.

    The splits, with a `fileId` for each document, are pushed only with `push_output=True` (XCom `output`, as the API
    gives them), or written to `output_path`.

    :param splitter_id: the splitter (templated). Exactly one of this and `config`.
    :param version: of the splitter: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param config: a config instead of a splitter (templated).
    :param override_config: parts of the splitter's config to replace for this run (templated).

    The document (`file_id` or `file_url`; split runs take no text), `metadata`, `priority`: see
    `ExtendDocumentRunOperator`. Other parameters: see `ExtendRunOperator`.
    """

    kind = SPLIT_RUN
    creates = "split_runs.create"
    noun = "splitter"
    takes_text = False
    template_fields: Sequence[str] = ("splitter_id", *ExtendProcessorOperator.processor_fields)

    def __init__(self, *, splitter_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.splitter_id = splitter_id


class ExtendBatchSplitOperator(ExtendProcessorBatchOperator):
    """Split up to 1000 files in one call (POST /split_runs/batch, 2026-02-09), and wait for all.

    :param splitter_id: the splitter (templated).
    :param version: of the splitter: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).

    The files (`inputs`, no texts), `metadata`, `priority`, `on_partial`, and what is pushed: see `ExtendBatchOperator`.
    Other parameters: see `ExtendRunOperator`.
    """

    kind = SPLIT_BATCH
    creates = "split_runs.create_batch"
    noun = "splitter"
    takes_text = False
    template_fields: Sequence[str] = ("splitter_id", *ExtendProcessorBatchOperator.processor_fields)

    def __init__(self, *, splitter_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.splitter_id = splitter_id
