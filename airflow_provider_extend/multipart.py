"""A multipart body that is read from a file while it is sent: constant memory whatever the file's size."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Mapping
from typing import BinaryIO

_CHUNK = 64 * 1024


class MultipartFile:
    """`multipart/form-data` with text fields and one file, as a readable object of known length.

    requests builds multipart bodies in memory; given an object with `read`, `__iter__` and `__len__` it streams
    instead. No `io` class: one that cannot tell its position is sent chunked, without a length.

    :param stream: open at the file's first byte and seekable; its end gives the length.
    """

    def __init__(self, stream: BinaryIO, file_name: str, fields: Mapping[str, str] | None = None) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{value}\r\n'
            for key, value in (fields or {}).items()
        )
        head += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(file_name)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        tail = f"\r\n--{boundary}--\r\n"
        start = stream.tell()
        size = stream.seek(0, io.SEEK_END) - start
        stream.seek(start)
        ends = [head.encode("utf-8", "replace"), tail.encode()]
        self._parts: list[BinaryIO] = [io.BytesIO(ends[0]), stream, io.BytesIO(ends[1])]
        self._length = len(ends[0]) + size + len(ends[1])

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_CHUNK), b"")

    def read(self, size: int = -1) -> bytes:
        chunks = []
        while self._parts and size != 0:
            chunk = self._parts[0].read(size)
            if not chunk:
                self._parts.pop(0)
                continue
            chunks.append(chunk)
            size = -1 if size < 0 else size - len(chunk)
        return b"".join(chunks)


def _quoted(value: str) -> str:
    return value.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
