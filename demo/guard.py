"""`python -m demo.guard folder command ...`: runs a command, and leaves nothing of it behind.

Whoever starts this holds the other end of standard input and gives it a session of its own. When the command ends,
or when standard input does (because its holder let go, or was killed), every process of the session is ended:
Airflow's tasks have process groups of their own, so that ending the command's group would not reach them. The folder,
which holds the state of everything that was started, is removed if the holder ends it: if he was killed he cannot.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from types import FrameType

import psutil

#: How long the others may take to end by themselves: what they hold is thrown away anyway.
_PATIENCE = 2.5


def main() -> int:
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)  # a handler, not SIG_IGN: that would be inherited
    command = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL)
    while command.poll() is None and not asked and not select.select([0], [], [], 0.2)[0]:
        pass
    code = command.poll()
    for number, patience in ((signal.SIGTERM, _PATIENCE), (signal.SIGKILL, 2.0)):
        _signal_others(number)
        deadline = time.monotonic() + patience
        while any(_others()) and time.monotonic() < deadline:
            command.poll()
            time.sleep(0.05)
    if code is None:
        shutil.rmtree(
            sys.argv[1], ignore_errors=True
        )  # others may still write there: the last one removes it
    return 0 if code is None else code if code >= 0 else 128 - code


def _others() -> Iterator[int]:
    """The processes of this session, without this one and those that have ended."""
    for pid in psutil.pids():
        try:
            ours = pid != os.getpid() and os.getsid(pid) == os.getsid(0)
            if ours and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                yield pid
        except (OSError, psutil.Error):
            pass  # ended in the meantime, or somebody else's


def _signal_others(number: int) -> None:
    for pid in list(_others()):
        try:
            os.kill(pid, number)
        except OSError:
            pass


if __name__ == "__main__":
    sys.exit(main())
