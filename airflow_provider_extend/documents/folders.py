"""A folder of an object store, in which a file is whole or not there."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from airflow_provider_extend.api.errors import ExtendInputError, ExtendStorageError

#: Schemes of a disk, where a file that is copied is there before it is whole.
_ON_DISK = ("", "file", "local")
#: Bytes that are read ahead: some stores' own default is fifty times as much.
BLOCK = 1024 * 1024


def path_of(entry: Any) -> str | None:
    """`entry` as a path of a store; None: it is none."""
    if isinstance(entry, str):
        is_path = entry.startswith("/") or ("://" in entry and not entry.startswith(("http://", "https://")))
        return entry if is_path else None
    if not hasattr(entry, "protocol") and not hasattr(entry, "__fspath__"):
        return None
    conn_id, text = (
        getattr(entry, "conn_id", None),
        str(entry),
    )  # of an ObjectStoragePath, whose text lacks it
    scheme, separator, rest = text.partition("://")
    return f"{scheme}://{conn_id}@{rest}" if conn_id and separator and "@" not in rest else text


def folder_path(entry: Any) -> str | None:
    """As `path_of`, where the path has to tell the store by itself: a path object of this machine may be relative."""
    return path_of(path_of(entry))


def filesystem(path: str) -> tuple[Any, str]:
    """The file system of `path`, as Airflow's connections and providers give it, and the path inside it.

    :raises ExtendInputError: no store is known for its scheme, or it holds a password.
    :raises ExtendStorageError: it cannot be reached.
    """
    from airflow.sdk import ObjectStoragePath

    scheme, _, rest = path.partition("://")
    user, at, place = rest.partition("/")[0].rpartition("@")
    if at and ":" in user:
        raise ExtendInputError(
            f"A path in {scheme}://…@{place} holds a password: expected the id of a connection before the @, which "
            "holds it for you."
        )
    try:
        found = ObjectStoragePath(path)
        return found.fs, str(found.path)
    except (ValueError, ImportError) as error:
        raise ExtendInputError(f"{path!r} is in no store that is known here ({why(path, error)}).") from None
    except Exception as error:
        raise ExtendStorageError(f"{path!r} cannot be reached ({why(path, error)}).") from None


def why(path: str, error: Exception) -> str:
    """The kind of error, never its text: that may hold a key of the store."""
    scheme, separator, _ = path.partition("://")
    unknown = separator and isinstance(error, ValueError | ImportError)
    hint = f"; is a provider with a store for {scheme}:// installed?" if unknown else ""
    # In the words of this system: what a store's client says there may be the store's own text.
    number = getattr(error, "errno", None)
    reason = os.strerror(number) if isinstance(number, int) else type(error).__name__
    return f"{reason}{hint}"


class Folder:
    """Files by name below `path`; other tasks may have folders beside it.

    :param path: for instance `s3://conn@bucket/results` or `file:///data/results`, or an `ObjectStoragePath`.
    :raises ExtendStorageError: whatever is asked of it cannot be done; a retry may.
    """

    def __init__(self, path: Any) -> None:
        self.path = str(path_of(path) or path).rstrip("/")
        self._fs, root = filesystem(self.path)
        self._root = root.rstrip("/")
        self._on_disk = self.path.partition("://")[0] in _ON_DISK or "://" not in self.path

    def __str__(self) -> str:
        return self.path

    def below(self, name: str) -> Folder:
        return Folder(f"{self.path}/{name}")

    def holds(self, path: str) -> bool:
        """Whether `path`, inside the same store, lies in this folder."""
        return path == self._root or path.startswith(f"{self._root}/")

    def read(self, name: str) -> Any:
        """The JSON of a file; None where there is none."""
        try:
            with self._fs.open(self._at(name), "rb", block_size=BLOCK) as stream:
                return json.loads(stream.read())
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._failed("read", name, error) from None

    def lines(self, name: str) -> Iterator[Any]:
        """The JSON of each line of a file, as it is read; nothing where there is none."""
        try:
            with self._fs.open(self._at(name), "rb", block_size=BLOCK) as stream:
                for line in stream:
                    yield json.loads(line)
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._failed("read", name, error) from None

    def write(self, name: str, value: Any) -> None:
        self.write_lines(name, [value])

    def write_lines(self, name: str, values: Iterable[Any]) -> int:
        """One line of JSON for each value. Returns their number."""
        with tempfile.TemporaryDirectory(prefix="extend-") as here:
            local, count = Path(here) / "lines", 0
            try:
                with local.open("w") as stream:
                    for value in values:
                        stream.write(json.dumps(value) + "\n")
                        count += 1
            except OSError as error:
                raise self._failed("written", name, error) from None
            self.put(name, local)
            return count

    def put(self, name: str, local: Path) -> None:
        """A file of this machine; one of that name is replaced."""
        try:
            if not self._on_disk:
                self._fs.put_file(str(local), self._at(name))
                return
            self._fs.makedirs(self._root, exist_ok=True)
            half = f"{self._root}/.{name}.{secrets.token_hex(4)}"
            try:
                self._fs.put_file(str(local), half)
                Path(half).replace(self._at(name))
            except BaseException:
                Path(half).unlink(missing_ok=True)
                raise
        except Exception as error:
            raise self._failed("written", name, error) from None

    def names(self) -> list[str]:
        """Of its files, sorted."""
        try:
            self._fs.invalidate_cache(self._root)
            return sorted(PurePosixPath(path).name for path in self._fs.ls(self._root, detail=False))
        except FileNotFoundError:
            return []
        except Exception as error:
            raise self._failed("listed", "", error) from None
        finally:
            self._fs.invalidate_cache(self._root)  # what another process writes is not in what it keeps

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self._fs.rm_file(self._at(name))
            except FileNotFoundError:
                pass
            except Exception as error:
                raise self._failed("removed", name, error) from None

    def remove_all(self) -> None:
        """The folder itself, too."""
        try:
            if self._fs.exists(self._root):
                self._fs.rm(self._root, recursive=True)
        except Exception as error:
            raise self._failed("removed", "", error) from None

    def open(self, name: str) -> Any:
        """A file's bytes, as a stream that can be rewound."""
        try:
            return self._fs.open(self._at(name), "rb", block_size=BLOCK)
        except Exception as error:
            raise self._failed("read", name, error) from None

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _failed(self, done: str, name: str, error: Exception) -> ExtendStorageError:
        at = f"{self.path}/{name}".rstrip("/")
        return ExtendStorageError(f"{at!r} cannot be {done} ({why(self.path, error)}).")
