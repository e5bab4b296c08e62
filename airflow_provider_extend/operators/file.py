"""Files: upload documents to Extend, read what is known of them, list and delete them."""

from __future__ import annotations

import glob
import io
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendEndpointNotInVersion, ExtendInputError
from airflow_provider_extend.api.files import why_refused
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.exceptions import airflow_errors
from airflow_provider_extend.operators._base import ExtendOperator
from airflow_provider_extend.operators._call import (
    ExtendCallOperator,
    ExtendDeleteOperator,
    ExtendListOperator,
    Request,
    checked_ids,
    checked_text,
)
from airflow_provider_extend.operators._document import without_none
from airflow_provider_extend.results import write_answer

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context

#: Forms in which GET /files/{id} gives a document's content.
_FORMS = ("rawText", "markdown", "html")


class ExtendUploadFilesOperator(ExtendOperator):
    """Upload documents (POST /files/upload), each in constant memory.

    Returns one {id, name, type, path} for each file, in the order of `paths`; a glob's files come sorted.
    Extend takes no money for an upload; a retry uploads anew.

    :param paths: paths on the worker, or one glob pattern such as `/data/invoices/*.pdf` (templated).
    :param convert_to_pdf: have Extend convert them; not on 2024-12-23.
    :param extend_conn_id: connection (templated).
    """

    calls = "files.upload"
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


class ExtendGetFileOperator(ExtendCallOperator):
    """Read what Extend knows of a file. Returns {id, name, type, page_count, parent_file_id}.

    :param file_id: (templated).
    :param contents: forms in which the document's content is wanted: `rawText`, `markdown`, `html`. They go to
        `output_path` alone, which then has to be given. 2026-02-09 calls them deprecated: parse the file instead.
    :param output_path: where the API's whole answer is written (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "files.retrieve"
    template_fields: Sequence[str] = ("file_id", "output_path", "extend_conn_id")

    def __init__(
        self,
        *,
        file_id: str,
        contents: Sequence[str] = (),
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file_id = file_id
        self.contents = contents
        self.output_path = output_path

    def ask(self, version: str) -> Request:
        unknown = [form for form in self.contents if form not in _FORMS]
        if isinstance(self.contents, str) or unknown:
            raise ExtendInputError(
                f"contents is {self.contents!r}: expected a list of {', '.join(_FORMS)}. Nothing was sent."
            )
        if self.contents and not self.output_path:
            raise ExtendInputError(
                "contents is given without output_path: what stands in a document goes there and nowhere else. "
                "Nothing was sent."
            )
        query = dict.fromkeys(self.contents, True)
        return Request("files.retrieve", checked_ids(file_id=self.file_id), query=query)

    def result(self, answer: Any) -> dict[str, Any]:
        if self.output_path:
            write_answer(self.output_path, {"file": answer})
        metadata = answer.get("metadata") or {}
        return {
            "id": answer.get("id"),
            "name": answer.get("name"),
            "type": answer.get("type"),
            "page_count": metadata.get("pageCount"),
            "parent_file_id": answer.get("parentFileId"),
        }


class ExtendListFilesOperator(ExtendListOperator):
    """List files, newest first.

    :param name_contains: part of the name (templated); None: all.

    `limit`, `fields`, and what is returned: see `ExtendListOperator`.
    """

    calls = "files.list"
    template_fields: Sequence[str] = ("name_contains", "extend_conn_id")
    default_fields = ("id", "name", "type", "createdAt")

    def __init__(self, *, name_contains: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name_contains = name_contains

    def ask(self, version: str) -> Request:
        query = {"nameContains": self.name_contains, "sortDir": "desc"}
        return Request("files.list", query={**query, **self.page()})


class ExtendDeleteFileOperator(ExtendDeleteOperator):
    """Delete a file at Extend, for good. Returns its id; a retry that finds nothing left has succeeded.

    Not on 2024-12-23. The runs that have read it stay.

    :param file_id: (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "files.delete"
    template_fields: Sequence[str] = ("file_id", "extend_conn_id")

    def __init__(self, *, file_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file_id = file_id

    def ask(self, version: str) -> Request:
        return Request("files.delete", checked_ids(file_id=self.file_id))


class ExtendCreateFileOperator(ExtendCallOperator):
    """Make a file of a text or an address (POST /files, which Extend calls deprecated). Returns its id.

    On 2026-02-09, which has no such call, a text is uploaded; an address is refused: hand it as `file_url` to the
    operator that reads the document. Extend takes no money for a file; a retry makes another.

    :param name: of the file (templated).
    :param raw_text: the document itself (templated). Exactly one of this and `url`. Airflow shows neither.
    :param url: where Extend fetches the document from (templated).
    :param media_type: of the document, before 2026-02-09.
    :param extend_conn_id: connection (templated).
    """

    calls = "files.create files.upload@2026"
    template_fields: Sequence[str] = ("name", "raw_text", "url", "extend_conn_id")
    confidential_fields = ("raw_text", "url")
    instead = "an upload, or hand the address to the operator that reads the document"

    def __init__(
        self,
        *,
        name: str,
        raw_text: str | None = None,
        url: str | None = None,
        media_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.raw_text = raw_text
        self.url = url
        self.media_type = media_type

    def ask(self, version: str) -> Request:
        text, url = self.revealed("raw_text"), self.revealed("url")
        if (text is None) == (url is None):
            raise ExtendInputError(
                f"Given are {'none' if text is None else 'both'} of raw_text and url: expected exactly one. Nothing "
                "was sent."
            )
        if version == V2026:
            raise ExtendEndpointNotInVersion(
                f"API version {version} makes no file of an address: hand it as file_url to the operator that reads "
                "the document, or download it and upload it with ExtendUploadFilesOperator. Nothing was sent."
            )
        body = {"name": checked_text(self.name, "name"), "rawText": text, "url": url}
        return Request("files.create", body=without_none({**body, "mediaType": self.media_type}))

    def execute(self, context: Context) -> Any:
        client, text = self.client(), self.revealed("raw_text")
        if client.api_version != V2026 or text is None or self.revealed("url") is not None:
            return super().execute(context)
        with airflow_errors():
            name = checked_text(self.name, "name")
            if not isinstance(text, str) or not text:
                raise ExtendInputError("raw_text is empty or is no text. Nothing was sent.")
        # Extend tells types by names.
        named = name if PurePath(name).suffix else f"{name}.txt"
        with airflow_errors():
            return self.result(client.upload(io.BytesIO(text.encode()), name=named))
