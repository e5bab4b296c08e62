"""A process with a log: started in a group of its own, stopped, killed, frozen and thawed with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

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

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        assert self._child, "it was never started"
        return self._child.pid

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all its children."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, patience: float = 20) -> float:
        """Ask it to end; insist after `patience` seconds. Returns the seconds that it took."""
        if self._child is None:
            return 0.0
        started = time.monotonic()
        if self.alive:
            self._child.terminate()
            try:
                self._child.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        seconds = time.monotonic() - started
        self.kill()
        return seconds

    def kill(self) -> None:
        """`kill -9`, children too."""
        if self._child is not None:
            self.signal(signal.SIGKILL)
            self._child.wait()

    def tail(self, lines: int = 40) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
