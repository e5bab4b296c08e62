"""A wait that follows a failed one does not look again at once."""

import asyncio
import time

import pytest

from airflow_provider_extend.triggers import run
from airflow_provider_extend.triggers.run import ExtendRunTrigger
from airflow_provider_extend.triggers.waits import Wait


class Hub:
    def __init__(self) -> None:
        self.asked_at = 0.0

    async def wait(self, kind, run_ids, **given) -> Wait:
        self.asked_at = time.time()
        return Wait(deadline=0.0, event="ended")


async def first_look(monkeypatch: pytest.MonkeyPatch, **kwargs: float) -> float:
    hub = Hub()
    monkeypatch.setattr(run, "hub_of", lambda conn_id: hub)
    trigger = ExtendRunTrigger("extend_default", "batch_processor_run", "bpr_1", **kwargs)
    async with asyncio.timeout(10):
        [event] = [event async for event in trigger.run()]
    assert event.payload["event"] == "ended"
    return hub.asked_at


async def test_the_first_look_waits_for_its_moment(monkeypatch) -> None:
    moment = time.time() + 0.2
    assert await first_look(monkeypatch, deadline=moment + 60, not_before=moment) >= moment


async def test_a_deadline_before_it_waits_for_it_too(monkeypatch) -> None:
    """Fired sooner, the task might be back before Airflow has reaped the process that let go of it."""
    moment = time.time() + 0.4
    assert await first_look(monkeypatch, deadline=moment - 0.3, not_before=moment) >= moment


async def test_a_moment_that_is_over_holds_nothing_up(monkeypatch) -> None:
    now = time.time()
    assert await first_look(monkeypatch, deadline=now + 60, not_before=now - 60) < now + 0.9
