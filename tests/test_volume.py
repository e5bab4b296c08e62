"""What many documents cost, in the short form; docs/benchmarks.md has the long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def told(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.volume", "--quick", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_thousand_documents_take_as_many_calls_as_they_must_and_little_memory(record_property) -> None:
    found = told("1000")
    record_property("found", found)
    assert (found["rows"], found["distinct"], found["paid"]) == (1000, 1000, 1000)
    assert found["calls"] < 1.05 * found["least_calls"]
    assert found["peak_mb"] < 50
    assert found["xcom_bytes"] < 10_000
    assert found["store_bytes"] < 10_000


def test_a_thousand_documents_are_paid_for_once_whoever_is_killed(record_property) -> None:
    found = told("--kills", "3", "1000")
    record_property("found", found)
    assert (found["rows"], found["distinct"], found["paid"]) == (1000, 1000, 1000)
    assert found["batches_sent"] == 1
    assert found["processes"] >= 4


def test_a_file_of_a_gigabyte_is_uploaded_with_little_memory() -> None:
    assert 0 <= told("--large", "1024")["more_mb"] < 50
