"""What tests with real processes need of the machine."""

from __future__ import annotations

import os
import socket

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require(condition: object, reason: str) -> None:
    """Skip without what a test needs; fail where it has to be there, or nobody would see the gap."""
    if condition:
        return
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (needed under CI)", pytrace=False)
    pytest.skip(reason)
