"""How documents get to Extend: by an address that their store signs, or uploaded, what is the same once."""

from __future__ import annotations

import errno
import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from io import SEEK_END
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import (
    ExtendError,
    ExtendInputError,
    ExtendInvalidRequest,
    ExtendStorageError,
    plain_error,
)
from airflow_provider_extend.api.files import suffix_of, why_refused
from airflow_provider_extend.api.versions import V2026
from airflow_provider_extend.documents import sources
from airflow_provider_extend.documents.folders import Folder, why
from airflow_provider_extend.documents.ledger import Ledger
from airflow_provider_extend.documents.progress import EVERY
from airflow_provider_extend.documents.sources import Source
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.operators._document import Document
from airflow_provider_extend.reading import read_file

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient

AUTO, URL, UPLOAD = WAYS = ("auto", "url", "upload")
#: Requests that are under way at a time: as many as keep a plan's rate busy at usual latencies.
_THREADS = 8
#: Uploads after which their ids are written down: so many a crash makes again at most.
_NOTED = 100
_CHUNK = 64 * 1024
#: Of S3: what it says of a key, where it says of an object that it may not be read.
_OF_THE_KEY = ("ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch")


class Files:
    """
    :param send: one of `WAYS`: by address, uploaded, or `auto`, by address where the store makes one that begins with
        https://.
    :param link_seconds: how long a signed address is good for.
    :param uploads: where several tasks keep what they have uploaded, by its content; None: this task for itself, of
        those documents that may be alike.
    :param account: in which they are at Extend.
    :param heed_kill: raises if the task was told to end.
    """

    def __init__(
        self,
        client: ExtendClient,
        ledger: Ledger,
        send: str,
        link_seconds: float,
        uploads: Folder | None,
        account: str,
        log: Any,
        heed_kill: Callable[[], None],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._uploads = uploads if uploads is not None else ledger.uploads
        self._compares_all = uploads is not None
        self._account = account
        self._send = send
        self._link_seconds = link_seconds
        self._log = log
        self._heed_kill = heed_kill
        #: Store -> whether Extend fetches from it.
        self._signs: dict[str, bool] = {}
        #: Ids of files that were uploaded, and are not at Extend any more.
        self._gone: set[str] = set()

    def inputs(self, batch: int) -> list[tuple[int, dict[str, Any], Mapping[str, Any]]]:
        """(place, body, metadata) of each document of a batch that is ready, and can be sent."""
        sent = self._ledger.sent(batch)
        inputs = []
        for place, source in enumerate(self._ledger.documents(batch)):
            if str(place) not in sent["refused"]:
                file_id = sent["files"].get(str(place))
                document = Document(file_id=file_id) if file_id else self._document(source)
                inputs.append((place, self._body(document), source.metadata))
        return inputs

    def _body(self, document: Document) -> dict[str, Any]:
        version = self._client.api_version
        if document.text is not None and version != V2026:
            return {"rawText": document.text}
        return {"file": document.body(version)}

    def _document(self, source: Source) -> Document:
        if source.key is None:
            given = dict(source.given)
            return Document(
                given.get("file_id"), given.get("file_url"), given.get("text"), given.get("file_name")
            )
        return Document(file_url=self._signed(source), name=source.name)

    def _signed(self, source: Source) -> str:
        signed: str = sources.store_of(source).sign(source.key, expiration=int(self._link_seconds))
        return signed

    def _by_address(self, source: Source) -> bool:
        """Whether Extend fetches it: by `auto` only from where everybody can."""
        assert source.store is not None
        if source.store not in self._signs:
            # Here, before any thread needs it: Airflow 3.0 answers one question about connections at a time.
            sources.store_of(source)
            self._signs[source.store] = self._send != UPLOAD and self._fetchable(source)
        return self._signs[source.store]

    def _fetchable(self, source: Source) -> bool:
        try:
            signed = self._signed(source)
        except Exception as error:  # each store says in its own way that it cannot; its text may hold a key
            if self._send == URL:
                raise ExtendInputError(
                    f"send is 'url', and {source.store} makes no signed addresses ({type(error).__name__}): expected "
                    "'upload' or 'auto'. Nothing was sent."
                ) from None
            self._log.info(
                "%s makes no signed addresses (%s): documents are uploaded.",
                source.store,
                type(error).__name__,
            )
            return False
        return self._send == URL or signed.startswith("https://")

    def make_ready(self, batch: int) -> int:
        """Upload what is to be uploaded; what an earlier try did stands (see `Ledger.sent`). Returns how many documents
        can be sent."""
        documents, sent = self._ledger.documents(batch), self._ledger.sent(batch)
        files, refused = sent["files"], sent["refused"]
        refused |= {str(place): why for place, source in enumerate(documents) if (why := _why_not(source))}
        known = files.keys() | refused.keys()
        waiting = [
            (place, source)
            for place, source in enumerate(documents)
            if source.key is not None and str(place) not in known and not self._by_address(source)
        ]
        told = time.monotonic()
        uploads = side_by_side(self._distinct(waiting, sent), self._upload_one, self._heed_kill)
        try:
            for number, (places, done) in enumerate(uploads, 1):
                if isinstance(done, str):
                    files |= dict.fromkeys(places, done)
                else:
                    refused |= dict.fromkeys(places, done)
                if number % _NOTED == 0:
                    self._ledger.note_sent(batch, sent)
                if time.monotonic() - told >= EVERY:
                    told = time.monotonic()
                    self._log.info(
                        "Batch %d: %d of %d files uploaded.", batch + 1, len(files), len(documents)
                    )
        finally:
            self._ledger.note_sent(batch, sent)
        return len(documents) - len(refused)

    def drop_gone(self, batch: int) -> bool:
        """Look for files that Extend has no more, after it has said so of a batch. Returns whether there were any.

        What was uploaded, and deleted meanwhile, is uploaded once more; an id that the author named is refused.
        """
        sent = self._ledger.sent(batch)
        ids = {
            place: file_id
            for place, source in enumerate(self._ledger.documents(batch))
            if (file_id := sent["files"].get(str(place)) or source.given.get("file_id"))
            and str(place) not in sent["refused"]
        }
        found = False
        for place, file in side_by_side(ids.items(), partial(read_file, self._client), self._heed_kill):
            if file is not None:
                continue
            found = True
            if (uploaded := sent["files"].pop(str(place), None)) is not None:
                self._gone.add(uploaded)
            else:
                sent["refused"][str(place)] = (sources.GONE, "is no file at Extend")
        if found:
            self._ledger.note_sent(batch, sent)
        return found

    def _distinct(
        self, waiting: list[tuple[int, Source]], sent: dict[str, Any]
    ) -> list[tuple[list[str], tuple[Source, str | None]]]:
        """(places, (source, name of its content)) of what is to be uploaded, what has the same content once.

        Places are put into `sent` where their file is at Extend already, or cannot be read.
        """
        distinct: list[tuple[list[str], tuple[Source, str | None]]] = []
        alike: dict[str, tuple[list[str], Source]] = {}
        compared = []
        for place, source in waiting:
            if source.twin or self._compares_all:
                compared.append(((str(place), source), source))
            else:
                distinct.append(([str(place)], (source, None)))
        for (text, source), (content, known, problem) in side_by_side(
            compared, self._compare, self._heed_kill
        ):
            if problem is not None:
                sent["refused"][text] = problem
            elif known is not None:
                sent["files"][text] = known
            else:
                alike.setdefault(content, ([], source))[0].append(text)
        distinct += [(places, (source, content)) for content, (places, source) in alike.items()]
        return distinct

    def _compare(self, source: Source) -> tuple[str, str | None, tuple[str, str] | None]:
        """Name of its content; id of a file at Extend that has it; why it cannot be read."""
        try:
            content = _digest(source, self._account)
        except Exception as error:
            return "", None, _unreadable(source, error)
        found = self._uploads.read(content)
        known = found["id"] if found else None
        return content, None if known in self._gone else known, None

    def _upload_one(self, given: tuple[Source, str | None]) -> Any:
        """Id of the file at Extend, or why there is none: a code, and words."""
        source, content = given
        done = self._upload(source)
        if content is not None and isinstance(done, str):
            self._uploads.write(content, {"id": done})
        return done

    def _upload(self, source: Source) -> str | tuple[str, str]:
        guarded: Guarded | None = None
        try:
            with sources.opened(source) as stream:
                guarded = Guarded(stream)
                file_id: str = self._client.upload(guarded, name=source.name)["id"]  # type: ignore[arg-type]
                return file_id
        except Exception as error:
            plain = plain_error(error)
            cause = guarded.failed if guarded is not None and guarded.failed else plain
            if isinstance(plain, ExtendInvalidRequest) and cause is plain:
                return plain.code or sources.INVALID, f"is refused by Extend: {plain.context['said']}"
            if (
                isinstance(plain, ExtendInputError)
                and cause is plain
                and (why := self._refused(source, guarded))
            ):
                return why
            if isinstance(plain, ExtendError) and cause is plain:
                raise
            return _unreadable(source, cause)

    def _refused(self, source: Source, guarded: Guarded | None) -> tuple[str, str] | None:
        """Why the client does not send it; None: that has nothing to do with the file."""
        size = guarded.size if guarded is not None else None
        why = why_refused(source.name or "", size, "upload", self._client.api_version)
        return (sources.EMPTY if size == 0 else sources.TYPE, why) if why else None


def side_by_side(
    entries: Iterable[tuple[Any, Any]], work: Callable[[Any], Any], heed_kill: Callable[[], None]
) -> Iterator[tuple[Any, Any]]:
    """(entry's first, result) of `work` on each entry's second, a few at a time, in order; memory holds those few."""
    waiting: deque[tuple[Any, Future[Any]]] = deque()
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="extend-documents")
    try:
        for first, second in entries:
            heed_kill()
            waiting.append((first, pool.submit(work, second)))
            if len(waiting) > _THREADS:
                named, future = waiting.popleft()
                yield named, future.result()
        while waiting:
            named, future = waiting.popleft()
            yield named, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


class Guarded:
    """A stream that remembers why it could not be read: an HTTP library makes a lost connection of it.

    :ivar size: bytes, once somebody has gone to its end; None before.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.failed: Exception | None = None
        self.size: int | None = None

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._watched(self._stream.read, size)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        # Some stores' streams answer None.
        self._watched(self._stream.seek, offset, whence)
        at = self.tell()
        self.size = at if whence == SEEK_END else self.size
        return at

    def tell(self) -> int:
        return int(self._watched(self._stream.tell))

    def _watched(self, step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except Exception as error:
            self.failed = error
            raise


def _why_not(source: Source) -> tuple[str, str] | None:
    if source.problem is None and source.key is None and not source.given:
        return (
            sources.UNREADABLE,
            "was not there when the documents were listed; a clear of the task lists them anew",
        )
    return source.problem


def _unreadable(source: Source, error: BaseException) -> tuple[str, str]:
    """Why a file cannot be sent.

    :raises ExtendStorageError: it is not the file's fault, but the store's: a retry may read it.
    """
    if isinstance(error, OSError) and _is_of_the_file(source, error):
        return sources.UNREADABLE, f"cannot be read ({why(source.source, error)})"
    raise as_airflow(
        ExtendStorageError(f"{source.source!r} cannot be read ({type(error).__name__}).")
    ) from None


def _is_of_the_file(source: Source, error: OSError) -> bool:
    """A store of objects says with an OSError, too, that it is busy, or that it does not take the key."""
    if isinstance(error, ConnectionError | TimeoutError):
        return False
    if source.store == "file://":
        return True
    answer = getattr(error.__cause__, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, Mapping) else None
    if code in _OF_THE_KEY:
        return False
    kinds = (FileNotFoundError, IsADirectoryError, PermissionError)
    return isinstance(error, kinds) or error.errno == errno.ENAMETOOLONG


def _digest(source: Source, account: str) -> str:
    """Of the content and the type, which Extend tells by the name; and of the name, where the author gave it one."""
    digest = hashlib.sha256(f"{account} {suffix_of(source.name or '')} {source.size} ".encode())
    digest.update(source.given.get("file_name", "").encode())
    if source.sum is not None:
        digest.update(source.sum.encode())
        return digest.hexdigest()
    with sources.opened(source) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
