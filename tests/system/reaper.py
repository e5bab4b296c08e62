"""Ends what the tests have started when they themselves are gone, however they ended.

A process of its own; each line of its standard input is a session to watch over. When its input ends, because the
tests let go of it or were killed, it kills all that is left of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil


def kill_session(session: int) -> None:
    """`kill -9` to all processes of a session: Airflow's tasks have process groups of their own."""
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass  # it has just ended, or is somebody else's


class Reaper:
    """The tests' end of it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, text=True, start_new_session=True
        )

    def watch(self, session: int) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{session}\n")
        self._process.stdin.flush()


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for ended in [int(line) for line in sys.stdin]:
        kill_session(ended)
