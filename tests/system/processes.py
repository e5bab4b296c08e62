"""A process with a log: started in a session of its own, stopped and killed with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

import psutil

from tests.system.reaper import Reaper, kill_session

T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T], seconds: float = 120, every: float = 0.5) -> T:
    """The first true answer of `look`."""
    until = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > until:
            raise AssertionError(f"waited {seconds:.0f} s for {what}; last seen: {seen!r}")
        time.sleep(every)


@cache
def reaper() -> Reaper:
    return Reaper()


class Process:
    def __init__(self, command: Sequence[str | Path], env: Mapping[str, str], log: Path) -> None:
        self.command, self.log = [str(part) for part in command], log
        self._env = dict(env)
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert not self.alive, f"{self.command} runs already"
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                self.command,
                cwd=self.log.parent,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        reaper().watch(self._child.pid)

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def code(self) -> int | None:
        return self._child.poll() if self._child else None

    @property
    def pid(self) -> int:
        assert self._child, "it was never started"
        return self._child.pid

    def stop(self, patience: float = 20) -> None:
        """Ask it to end; insist after `patience` seconds."""
        stop([self], patience)

    def kill(self) -> None:
        """`kill -9`, children too."""
        if self._child is not None:
            kill_session(self.pid)
            self._child.wait()

    def each(self, look: Callable[[psutil.Process], T]) -> list[T]:
        """What is seen of it and of each of its children, of those that are still there."""
        found = []
        with suppress(psutil.Error):
            parent = psutil.Process(self.pid)
            for one in (parent, *parent.children(recursive=True)):
                with suppress(psutil.Error):
                    found.append(look(one))
        return found

    def connections(self, port: int) -> int:
        """How many TCP connections it and its children have open to a port of this machine."""

        def to_port(one: psutil.Process) -> int:
            known = one.net_connections("tcp")
            return sum(
                each.status == psutil.CONN_ESTABLISHED and bool(each.raddr) and each.raddr.port == port
                for each in known
            )

        return sum(self.each(to_port))

    def tail(self, lines: int = 40) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def stop(processes: Iterable[Process], patience: float = 20) -> None:
    """Ask all of them to end, together; insist after `patience` seconds."""
    asked = [process for process in processes if process.alive]
    for process in asked:
        os.kill(process.pid, signal.SIGTERM)
    until = time.monotonic() + patience
    while any(process.alive for process in asked) and time.monotonic() < until:
        time.sleep(0.05)
    for process in asked:
        process.kill()
