"""Files: upload documents to Extend."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.files import why_refused
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context


class ExtendUploadFilesOperator(ExtendOperator):
    """Upload documents (POST /files/upload), each in constant memory.

    Returns one {id, name, type, path} for each file, in the order of `paths`; a glob's files come sorted.
    Extend takes no money for an upload; a retry uploads anew.

    :param paths: paths on the worker, or one glob pattern such as `/data/invoices/*.pdf` (templated).
    :param convert_to_pdf: have Extend convert them; not on 2024-12-23.
    :param extend_conn_id: connection (templated).
    """

    template_fields: Sequence[str] = ("paths", "extend_conn_id")

    def __init__(
        self, *, paths: str | Sequence[str], convert_to_pdf: bool | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.paths = paths
        self.convert_to_pdf = convert_to_pdf

    def execute(self, context: Context) -> list[dict[str, Any]]:
        client = self.client()
        with airflow_errors():
            paths = self._found(client.api_version)
        uploaded = []
        for path in paths:
            file = client.upload(path, convert_to_pdf=self.convert_to_pdf)
            uploaded.append(
                {"id": file["id"], "name": file.get("name"), "type": file.get("type"), "path": str(path)}
            )
        self.log.info("Uploaded %d files.", len(uploaded))
        return uploaded

    def _found(self, version: str) -> list[Path]:
        """The files, all of them looked at before the first is sent."""
        if isinstance(self.paths, str):
            paths = sorted(Path(name) for name in glob.glob(self.paths, recursive=True))  # noqa: PTH207 - absolute patterns too
            paths = [path for path in paths if path.is_file()]
        else:
            paths = [Path(name) for name in self.paths]
        if not paths:
            raise ExtendInputError(
                f"paths is {self.paths!r}: no file there. Expected paths, or a pattern such as '/data/*.pdf'. "
                "Nothing was uploaded."
            )
        bad = [f"{path} {why}" for path in paths if (why := _why_refused(path, version))]
        if bad:
            raise ExtendInputError(
                f"{len(bad)} of {len(paths)} paths cannot be uploaded: {'; '.join(bad[:5])}. Nothing was uploaded."
            )
        return paths


def _why_refused(path: Path, version: str) -> str | None:
    if not path.is_file():
        return "is no file"
    return why_refused(path.name, path.stat().st_size, "upload", version)
