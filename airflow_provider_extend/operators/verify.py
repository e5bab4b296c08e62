"""Verify runs: look for signs that a document was forged."""

from __future__ import annotations

from airflow_provider_extend.api.runs import VERIFY_RUN
from airflow_provider_extend.operators._configured import ExtendConfiguredRunOperator


class ExtendVerifyOperator(ExtendConfiguredRunOperator):
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
    config_kind = "verify"
