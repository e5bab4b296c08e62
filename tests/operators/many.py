"""Documents to be read, and a deferred task from its first process to its last."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_names import TaskDeferred, import_string


def fill(folder: Path, count: int, first: int = 0) -> list[Path]:
    paths = [folder / f"{number:04d}.txt" for number in range(first, first + count)]
    for number, path in enumerate(paths, first):
        path.write_text(f"No: INV-{number}\nTotal: {number}.00\n")
    return paths


def fire(away: Any) -> dict[str, Any]:
    """The event of the trigger, rebuilt from what the database holds of it."""
    class_path, kwargs = away.trigger.serialize()
    trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)) | {"not_before": None})

    async def run() -> Any:
        async with asyncio.timeout(20):
            return [event.payload async for event in trigger.run()]

    (payload,) = asyncio.run(run())
    return json.loads(json.dumps(payload))


def run_deferred(task: Any, make: Any) -> tuple[Any, int]:
    """From the first process to the end, each resume in a process of its own. Returns the value, and how many."""
    with pytest.raises(TaskDeferred) as caught:
        task.run(make())
    away, count = caught.value, 1
    while True:
        event = fire(away)
        count += 1
        try:
            value = make().resume_execution(away.method_name, {"event": event}, task.context)
        except TaskDeferred as again:
            away = again
            continue
        return json.loads(json.dumps(value)), count
