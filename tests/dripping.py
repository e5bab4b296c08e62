"""A server that begins to answer and never ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def dripping_server() -> Iterator[str]:
    """Its address; it answers one request, drop by drop, until the block is left."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        listener.settimeout(0.05)
        while True:
            try:
                connection, _ = listener.accept()
                break
            except TimeoutError:
                if over.is_set():  # nobody came
                    return
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(0.05):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
