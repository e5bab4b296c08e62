"""What each of the vendor's clients takes, read from it in a process of its own (see conftest.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

from tests.machine import require
from tests.sdk.conftest import CLIENTS, ROOT

#: Client -> the API version that it speaks.
VERSIONS = {client: version for client, (_, version) in CLIENTS.items()}


@cache
def shapes(client: str, *models: str) -> Any:
    """`methods` of the client with their parameters, and `models` with their keys (see dump.py).

    :param models: names of the client's types; what they hold is read too.
    """
    folder = ROOT / ".dev" / "sdk" / client
    require((folder / "extend_ai").is_dir(), f"the vendor's client {client}: make test-sdk installs it")
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-m", "tests.sdk.dump", *models],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
