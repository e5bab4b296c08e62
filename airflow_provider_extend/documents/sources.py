"""Where documents come from: prefixes, patterns and files of an object store, addresses, ids of files, texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from airflow_provider_extend.api.calls import without_signature
from airflow_provider_extend.api.errors import ExtendInputError, ExtendStorageError
from airflow_provider_extend.api.files import USES, why_refused
from airflow_provider_extend.documents import listing
from airflow_provider_extend.documents.folders import BLOCK, Folder, filesystem, path_of, why

#: What a store tells of a file's content without its being read: MD5 sums, in S3 of files that came in one part.
_SUMS = ("ETag", "md5Hash")
#: Why a document was not sent, in Extend's words where it has some (README section 4).
EMPTY, TYPE, UNREADABLE, INVALID = "EMPTY_FILE", "FILE_TYPE_NOT_SUPPORTED", "UNREADABLE", "INVALID_INPUT"
GONE = "NOT_FOUND"

#: How results name a document of a list that has no name of its own: a text, and an address with a query.
_SHOWN_ALONE = re.compile(r"documents\[\d+\]|https?://[^?]*\?sha256=[0-9a-f]{16}")
_PATHS = "A path of a store begins with '/' or with its scheme, such as s3://conn@bucket/; in a mapping it is `path`."

Read = Callable[[Any, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """One document, as it was found.

    :ivar source: names it in results: its path with its connection, its address without the query (a hash of it, where
        it names the document), its id, or its place in the list.
    :ivar store: where it lies: scheme and connection, `s3://conn@`; None: it is in no store.
    :ivar key: its path there.
    :ivar size: bytes. :ivar sum: of its content, as the store has it. Both None where they are not known.
    :ivar given: `file_id`, `file_url` or `text` of one that is in no store; and perhaps `file_name`.
    :ivar metadata: of its own. :ivar problem: why it is not sent: a code, and words.
    :ivar twin: another one may have the same content.
    """

    source: str
    store: str | None = None
    key: str | None = None
    size: int | None = None
    sum: str | None = None
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    twin: bool = False

    @property
    def identity(self) -> str:
        """Tells it from the others: the same file with other metadata, or another name, is read once more."""
        # Two names that are no UTF-8 may be shown alike, and so may addresses that tell documents by a `token`.
        place = [self.store, self.key] if self.key is not None else self.given.get("file_url", self.source)
        return json.dumps([place, self.given.get("file_name"), self.metadata], sort_keys=True)

    @property
    def name(self) -> str | None:
        """How Extend shows it; None where it has none of its own."""
        named = self.given.get("file_name")
        return clean(PurePosixPath(self.key).name) if named is None and self.key is not None else named

    def as_row(self) -> dict[str, Any]:
        named = asdict(self)
        return {name: value for name, value in named.items() if value or (name == "size" and value == 0)}


def source_of(row: Mapping[str, Any]) -> Source:
    """What `Source.as_row` made."""
    problem = row.get("problem")
    return Source(**{**row, "problem": tuple(problem) if problem else None})


def find(given: Any, use: str, version: str, read: Read, beside: Folder | None = None) -> Iterator[Source]:
    """The documents that an author names, in the order of naming; files of a prefix sorted by path.

    What Extend would refuse by its type or size, and a file that is not there, comes with its `problem`.

    :param given: a path, prefix or glob pattern of an object store, an address, or a list of such, of ids of uploaded
        files, of mappings as `read` takes them, and of {"path": ...}; each mapping perhaps with `metadata`, and
        `file_name` where it is one document.
    :param use: what is done with them, a key of `api.files.USES`.
    :param read: of an entry that is no path: `file_id`, `file_url` or `text`, and perhaps `file_name`; raises
        `ExtendInputError` for what is no document. It is also given words that name the entry.
    :param beside: results are written there: what lies in it is no document.
    :raises ExtendInputError: an entry is nothing that can be a document.
    :raises ExtendStorageError: a prefix or pattern cannot be listed.
    """
    alone = isinstance(given, Mapping) or path_of(given) is not None or isinstance(given, str)
    entries = [given] if alone else given
    if not isinstance(entries, Iterable):
        raise ExtendInputError(
            f"documents is a {type(given).__name__}: expected a path, or a list of documents. Nothing was sent."
        )
    for number, entry in enumerate(entries):
        for found in _entry(entry, f"documents[{number}]", read, beside, alone):
            yield _checked(found, use, version)


def of_assets(events: Mapping[Any, Iterable[Any]]) -> Iterator[Any]:
    """Documents of asset events: those that their extra names, else what the asset's URI leads to.

    :raises ExtendInputError: an extra names nothing that can be documents.
    """
    for its_events in events.values():
        for event in its_events:
            named = (event.extra or {}).get("documents")
            if named is None:
                yield event.asset.uri
            elif isinstance(named, str | Mapping):
                yield named
            elif isinstance(named, Iterable):
                yield from named
            else:
                raise ExtendInputError(
                    f"documents in the extra of an event of the asset {event.asset.uri!r} is a "
                    f"{type(named).__name__}: expected a path, or a list of documents. Nothing was sent."
                )


def _entry(entry: Any, where: str, read: Read, beside: Folder | None, alone: bool) -> Iterator[Source]:
    metadata: Any = {}
    own: dict[str, str] = {}
    if isinstance(entry, Mapping):
        metadata = entry.get("metadata") or {}
        if not isinstance(metadata, Mapping):
            raise ExtendInputError(f"metadata of {where} is no object. Nothing was sent.")
        entry = {key: value for key, value in entry.items() if key != "metadata"}
        if "path" in entry and entry.keys() <= {"path", "file_name"}:
            own, entry = _own_name(entry, where), entry["path"]
    path = path_of(entry)
    if path is None:
        given = {**_given(entry, where, read), **own}
        address = given.get("file_url")
        shown = given.get("file_id") or (_shown(address) if address else where)
        yield Source(shown, given=given, metadata=metadata)
        return
    count = 0
    for count, found in enumerate(_in_store(path, beside), 1):
        if own and count > 1:
            raise ExtendInputError(
                f"{where} has a file_name, and its path leads to several files: expected the path of one. Nothing was "
                "sent."
            )
        yield replace(found, metadata=metadata, given=own)
    if not count and not alone:
        is_pattern = listing.PATTERN & set(path)
        words = "matches no file" if is_pattern else "is no file, and no prefix of files"
        yield Source(clean(path), problem=(UNREADABLE, words), metadata=metadata)


def _own_name(entry: Mapping[str, Any], where: str) -> dict[str, str]:
    """`file_name` of a mapping with a `path`, where it has one."""
    named = entry.get("file_name")
    if named is not None and (not isinstance(named, str) or not named):
        raise ExtendInputError(f"file_name of {where} is {named!r}: expected a text. Nothing was sent.")
    return {"file_name": named} if named else {}


def _given(entry: Any, where: str, read: Read) -> Mapping[str, str]:
    """What `read` makes of an entry that is no path.

    :raises ExtendInputError: it is no document, or only what results call one.
    """
    try:
        given = read(entry, where)
    except ExtendInputError as error:
        told = error.message.removesuffix("Nothing was sent.").rstrip()
        raise ExtendInputError(f"{told} {_PATHS} Nothing was sent.") from None
    if _SHOWN_ALONE.fullmatch(given.get("file_url") or given.get("file_id") or ""):
        raise ExtendInputError(
            f"{where} is a name that a table of results has for a document, and no id or address of one: "
            "'documents[0]' stands for a text, an address that ends with '?sha256=' and a hash for one with a query. "
            "Expected the text or the address itself. Nothing was sent."
        )
    return given


def _shown(address: str) -> str:
    """Without its query, which may hold a key; where that names the document too, with a hash of it."""
    shown, _, query = without_signature(address).partition("?")
    return f"{shown}?sha256={sha256(query.encode()).hexdigest()[:16]}" if query else shown


def _in_store(path: str, beside: Folder | None) -> Iterator[Source]:
    fs, root = filesystem(path)
    scheme, separator, rest = path.partition("://")
    conn_id, at, _ = rest.partition("/")[0].partition("@")
    store = f"{scheme if separator else 'file'}://{f'{conn_id}@' if at else ''}"
    if beside is not None and filesystem(beside.path)[0] is not fs:
        beside = None
    begun = False
    try:
        fs.invalidate_cache()
        for key, info in listing.files(fs, root):
            begun = True
            if beside is None or not beside.holds(key):
                total = next((str(info[name]).strip('"') for name in _SUMS if info.get(name)), None)
                yield Source(clean(f"{store}{key}"), store, key, info.get("size"), total)
    except Exception as error:
        if isinstance(error, FileNotFoundError) and not begun:
            if _has_no_bucket(fs, root):
                raise ExtendStorageError(
                    f"{path!r} is in a bucket or container that is not there, or that the connection may not see. "
                    "Nothing was sent."
                ) from None
            return
        raise ExtendStorageError(
            f"{path!r} cannot be listed ({why(path, error)}). Nothing was sent."
        ) from None
    finally:
        fs.invalidate_cache()  # it keeps what it has listed


def _has_no_bucket(fs: Any, root: str) -> bool:
    """Whether the bucket or container of a path is certainly not there: its prefixes come and go with their files."""
    bucket = root.partition("/")[0]
    if not bucket:
        return False  # of a store that has none, a disk for instance
    try:
        fs.info(bucket)
    except FileNotFoundError:
        return True
    except Exception:
        return False  # who may read a prefix need not be allowed to ask for its bucket
    return False


def _checked(found: Source, use: str, version: str) -> Source:
    problem: tuple[str, str] | None = None
    if found.problem:
        return found
    if found.size == 0:
        problem = (EMPTY, "is empty")
    elif "text" in found.given and version not in USES[use]:
        problem = (INVALID, f"is a text, which is not taken in API version {version}")
    elif found.key is not None and (refused := why_refused(_typed(found), found.size, use, version)):
        problem = (TYPE, refused)
    return replace(found, problem=problem) if problem else found


def _typed(found: Source) -> str:
    """What tells the type of a document of a store."""
    return found.given.get("file_name") or found.key or ""


def clean(text: str) -> str:
    """`text` without the halves of characters that stand for bytes of a name that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()


def opened(source: Source) -> BinaryIO:
    """The bytes of a document that lies in a store, as a stream that can be rewound."""
    stream: BinaryIO = store_of(source).open(source.key, "rb", block_size=4 * BLOCK)
    return stream


def store_of(source: Source) -> Any:
    """The file system in which it lies."""
    assert source.store is not None
    return filesystem(f"{source.store}{'/' if source.store == 'file://' else 'bucket'}")[0]
