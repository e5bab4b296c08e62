"""The document that a run is given: an id of an uploaded file, an address, or a text; exactly one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from airflow_provider_extend.api.calls import check_id, without_signature
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.limits import check_package, check_priority
from airflow_provider_extend.api.versions import V2026, split_url
from airflow_provider_extend.operators._run import ExtendRunOperator


@dataclass(frozen=True, slots=True)
class Document:
    """One input of a run.

    :param file_id: of an uploaded file.
    :param file_url: where Extend fetches it from; the signature of a link counts for nothing when two of them are
        compared, since it changes from one signing to the next.
    :param text: the document itself.
    :param name: how Extend shows it; not with `file_id`.
    """

    file_id: str | None = None
    file_url: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    name: str | None = None

    def check(self) -> None:
        """:raises ExtendInputError: naming what is wrong, never the text."""
        given = [key for key in ("file_id", "file_url", "text") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ExtendInputError(
                f"Given are {', '.join(given) or 'none'} of file_id, file_url and text: expected exactly one. Nothing "
                "was sent."
            )
        if self.file_id is not None:
            check_id(self.file_id, "file_id")
        if self.file_url is not None:
            parts = split_url(self.file_url) if isinstance(self.file_url, str) else None
            if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
                raise ExtendInputError(
                    f"file_url is {_kind_of(self.file_url)}: expected an address that begins with https://. Nothing "
                    "was sent."
                )
        if self.text is not None and (not isinstance(self.text, str) or not self.text.strip()):
            raise ExtendInputError("text is empty or is no text. Nothing was sent.")

    @property
    def parts(self) -> dict[str, Any]:
        """What tells one document from another (see `fingerprints`)."""
        url = without_signature(self.file_url) if self.file_url else None
        return {"file_id": self.file_id, "file_url": url, "text": self.text, "file_name": self.name}

    def body(self, version: str) -> dict[str, Any]:
        """The file of a request: `file` of 2026-02-09, one of `files` before."""
        named = {"name" if version == V2026 else "fileName": self.name} if self.name else {}
        if version == V2026:
            given = {"id": self.file_id, "url": self.file_url, "text": self.text}
        else:
            given = {"fileId": self.file_id, "fileUrl": self.file_url}
        if self.file_id is not None and version == V2026:
            named = {}
        return without_none(given) | named


def document_of(given: Any, what: str) -> Document:
    """One file of a package, or one input of a batch.

    :param given: the id of an uploaded file, an address that begins with http:// or https://, a mapping with one of
        `file_id`, `file_url` and `text` and perhaps `file_name`, or a file as `ExtendUploadFilesOperator` returns it.
    :param what: names it in an error.
    :raises ExtendInputError: it is none of these.
    """
    if isinstance(given, str):
        if given.startswith(("http://", "https://")):
            return Document(file_url=given)
        try:
            return Document(file_id=check_id(given))
        except ExtendInputError:
            # It may be anything: a text, or another address with a password in it.
            raise ExtendInputError(
                f"{what} is {_kind_of(given)} and no id of a file: expected one, or an address that begins with "
                "https://. Nothing was sent."
            ) from None
    if isinstance(given, Mapping):
        if {"id"} <= given.keys() <= {"id", "name", "type", "path"}:
            return Document(file_id=given["id"])
        if given.keys() <= _KEYS.keys():
            return Document(**{_KEYS[key]: value for key, value in given.items()})
    shown = (
        f"a mapping with {', '.join(map(repr, given))}"
        if isinstance(given, Mapping)
        else f"a {type(given).__name__}"
    )
    raise ExtendInputError(
        f"{what} is {shown}: expected the id of a file, an address, or a mapping with one of file_id, file_url and "
        "text, and perhaps file_name. Nothing was sent."
    )


_KEYS = {"file_id": "file_id", "file_url": "file_url", "text": "text", "file_name": "name"}


class ExtendDocumentRunOperator(ExtendRunOperator):
    """Base of the operators whose run reads one document.

    :param file_id: an uploaded file (templated). Exactly one of this, `file_url` and `text`.
    :param file_url: where Extend fetches the document from (templated). A signed link changes from try to try: its
        signature counts for nothing when a retry looks for the run of an earlier try. Airflow does not show it.
    :param text: the document itself (templated). Airflow does not show it. Not every kind of run takes text.
    :param file_name: how Extend shows the document (templated); not with `file_id`.
    :param package: 2 to 50 files that are read together in one run, in place of one document (templated): ids of
        uploaded files, addresses, or {"file_url": ..., "file_name": ...}; only where the operator says so, on
        2026-02-09. Airflow does not show it.
    :param metadata: your own (templated), up to 9 KB; it is sent beside a token by which the run is found again.
    :param priority: 1 to 100, lower runs first; Extend's default is 50. Not every kind of run takes one.
    """

    document_fields: ClassVar[tuple[str, ...]] = (
        "file_id",
        "file_url",
        "text",
        "file_name",
        "package",
        "metadata",
    )
    confidential_fields: ClassVar[tuple[str, ...]] = ("file_url", "text", "package")
    #: What the create takes besides a file.
    takes_text: bool = True
    takes_package: bool = False
    takes_priority: bool = True

    def __init__(
        self,
        *,
        file_id: str | None = None,
        file_url: str | None = None,
        text: str | None = None,
        file_name: str | None = None,
        package: Sequence[str | Mapping[str, Any]] | None = None,
        metadata: Mapping[str, Any] | None = None,
        priority: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file_id = file_id
        self.file_url = file_url
        self.text = text
        self.file_name = file_name
        self.package = package
        self.metadata = metadata
        self.priority = priority

    @property
    def document(self) -> Document:
        return Document(self.file_id, self.revealed("file_url"), self.revealed("text"), self.file_name)

    @property
    def files(self) -> list[Document]:
        """Of the package; empty where there is none."""
        given = self.revealed("package")
        if given is None:
            return []
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise ExtendInputError(
                f"package is a {type(given).__name__}: expected a list of files. Nothing was sent."
            )
        # Iterated: XCom may hand in a lazy sequence.
        return [document_of(file, f"package[{number}]") for number, file in enumerate(given)]

    def check(self) -> None:
        self._check_taken()
        if self.package is None:
            self.document.check()
        else:
            self._check_package()
        check_priority(self.priority)

    def _check_taken(self) -> None:
        for name, taken in (
            ("text", self.takes_text),
            ("package", self.takes_package),
            ("priority", self.takes_priority),
        ):
            if getattr(self, name) is not None and not taken:
                raise ExtendInputError(
                    f"{name} is given: {self.kind.replace('_', ' ')}s take none. Nothing was sent."
                )

    def _check_package(self) -> None:
        if self._account.api_version != V2026:
            raise ExtendInputError(
                f"package is given, and API version {self._account.api_version} has no runs of several files: {V2026} "
                "has. Nothing was sent."
            )
        if any(value is not None for value in (self.file_id, self.file_url, self.text, self.file_name)):
            raise ExtendInputError(
                "package is given beside file_id, file_url, text or file_name: expected one of them. Nothing was sent."
            )
        for file in self.files:
            file.check()
        check_package([file.body(V2026) for file in self.files])

    def parts(self) -> dict[str, Any]:
        # Only where it is given: below Airflow 3.3 the names of the parts are in the token by which a run is found.
        package = {"package": [file.parts for file in self.files]} if self.package is not None else {}
        return self.document.parts | package

    def body_of_document(self, version: str) -> dict[str, Any]:
        """`file` or `package` of a request of 2026-02-09; `file` of an older one."""
        if self.package is None:
            return {"file": self.document.body(version)}
        return {"package": {"files": [file.body(version) for file in self.files]}}

    def own_metadata(self) -> Mapping[str, Any] | None:
        return self.metadata

    def with_common(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> dict[str, Any]:
        """`body` with what such creates take besides."""
        return body | without_none({"metadata": metadata, "priority": self.priority})


def unsigned(value: Any) -> Any:
    """JSON `value` with each of its texts that is an address as `Document.parts` has it."""
    if isinstance(value, Mapping):
        return {key: unsigned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unsigned(item) for item in value]
    is_address = isinstance(value, str) and value.startswith(("http://", "https://"))
    return without_signature(value) if is_address else value


def _kind_of(url: Any) -> str:
    """What a refused address is, without what it may hold: a document, a password, a signature."""
    if not isinstance(url, str):
        return f"a {type(url).__name__}"
    scheme, separator, _ = url.partition("://")
    begins = f"begins with {scheme!r}" if separator and scheme.isalnum() else "has no scheme"
    return f"a text of {len(url)} characters that {begins}"


def without_none(named: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in named.items() if value is not None}
