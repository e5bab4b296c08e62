"""Each of the vendor's clients is installed in a folder of its own (`make test-sdk`), since both have the same import
name, and runs in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.machine import require

ROOT = Path(__file__).parents[2]
CLIENTS = {"1.20.0": ("tests.sdk.newest", "2026-02-09"), "0.2.0": ("tests.sdk.oldest", "2025-04-21")}


class Driven:
    """What a client did, and what it made of the answers."""

    def __init__(self, report: dict[str, Any], version: str, server: Any) -> None:
        self.methods: list[str] = report["methods"]
        self.calls: list[dict[str, Any]] = report["calls"]
        self.version = version
        self.server = server

    def exchanges(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for call in self.calls:
            for exchange in call["exchanges"]:
                yield call["method"], exchange


@pytest.fixture(scope="module", params=CLIENTS)
def driven(request: pytest.FixtureRequest, _extend_emulator_server: Any) -> Driven:
    program, version = CLIENTS[request.param]
    folder = ROOT / ".dev" / "sdk" / request.param
    require(
        (folder / "extend_ai").is_dir(), f"the vendor's client {request.param}: make test-sdk installs it"
    )
    server = _extend_emulator_server
    server.state.reset()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-m", program, server.base_url, "sk_emulator"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return Driven(json.loads(done.stdout), version, server)
