"""Who waits: this provider, two peers, Extend's own SDK, and nobody. Each as a call that returns when a run has ended.

Nothing of a side is imported before it is chosen. Connections are handed out by `_connections`: outside a triggerer
there is no supervisor to ask for one, and a look-up is not what is measured, so it costs each side alike: nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

#: Seconds between two looks of the peers: what their sensors have by default.
PEER_INTERVAL = 5.0
_KEY = "sk_benchmark"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a waiting process has to wait for.

    :param url: of the stub.
    :param kind: of the runs, as `ExtendRunTrigger` takes it.
    :param rate: requests per second that the connection allows this provider; the peers have no such setting.
    """

    url: str
    kind: str = "extract_run"
    rate: float = 10.0


Wait = Callable[[int, str], Awaitable[Any]]
"""Called with the number and the id of a run; returns True when it has ended, else what came instead."""


def _ours(setting: Waiting) -> Wait:
    from airflow_provider_extend.triggers.run import ExtendRunTrigger

    extra = {"get_per_second": setting.rate}
    _connections(_connection("extend", setting.url, json.dumps(extra)))

    async def wait(number: int, run_id: str) -> Any:
        event = await _event(ExtendRunTrigger("extend", setting.kind, run_id, time.time() + 3600))
        return event["event"] == "ended" or event["event"]

    return wait


def _dbt(setting: Waiting) -> Wait:
    from airflow.providers.dbt.cloud.hooks.dbt import DbtCloudHook
    from airflow.providers.dbt.cloud.triggers.dbt import DbtCloudRunJobTrigger

    scheme, _, host = setting.url.partition("://")
    _connections(_connection("dbt", host))
    as_it_is = DbtCloudHook.get_request_url_params
    if scheme == "http":
        # The hook knows https alone: here it is spared what that costs.
        DbtCloudHook.get_request_url_params = staticmethod(
            lambda *args, **kwargs: (
                (found := as_it_is(*args, **kwargs))[0].replace("https", "http", 1),
                found[1],
            )
        )

    async def wait(number: int, run_id: str) -> Any:
        trigger = DbtCloudRunJobTrigger("dbt", number, time.time() + 3600, PEER_INTERVAL, account_id=1)
        event = await _event(trigger)
        return event["status"] == "success" or event["message"]

    return wait


def _http(setting: Waiting) -> Wait:
    from airflow.providers.http.triggers.http import HttpSensorTrigger

    _connections(_connection("http", setting.url))

    async def wait(number: int, run_id: str) -> Any:
        endpoint = f"when_ended/{run_id}"
        return await _event(HttpSensorTrigger(endpoint, "http", poke_interval=PEER_INTERVAL))

    return wait


def _sdk(setting: Waiting) -> Wait:
    from extend_ai import AsyncExtend
    from extend_ai.wrapper.polling import poll_until_done_async

    client = AsyncExtend(base_url=setting.url, token=_KEY)
    resource = getattr(client, f"{setting.kind}s")

    async def wait(number: int, run_id: str) -> Any:
        run = await poll_until_done_async(
            retrieve=lambda: resource.retrieve(run_id),
            is_terminal=lambda seen: seen.status not in ("PENDING", "PROCESSING", "CANCELLING"),
        )
        return run.status == "PROCESSED" or run.status

    return wait


def _nobody(setting: Waiting) -> Wait:
    from airflow.triggers.base import BaseTrigger

    class Idle(BaseTrigger):
        """Airflow's own trigger object and the coroutine that it waits in, and nothing else."""

        def serialize(self) -> tuple[str, dict[str, Any]]:
            return "", {}

        async def run(self) -> Any:
            await asyncio.get_running_loop().create_future()
            yield None

    async def wait(number: int, run_id: str) -> Any:
        return True if number == 0 else await _event(Idle())

    return wait


SIDES: dict[str, Callable[[Waiting], Wait]] = {
    "extend": _ours,
    "dbt-cloud": _dbt,
    "http": _http,
    "sdk": _sdk,
    "nobody": _nobody,
}


def interval(side: str, age: float) -> float | None:
    """Seconds between two looks that a side wants `age` seconds after the wait began; None: it decides for all."""
    if side in ("dbt-cloud", "http"):
        return PEER_INTERVAL
    if side != "sdk":
        return None
    if age < 30:  # the defaults of PollingOptions of SDK 1.20.0
        return 1.0
    return min(30.0, 1.0 + (age - 30) * 0.15)


async def _event(trigger: Any) -> Any:
    """The payload of the event that a trigger fires."""
    payload = None
    async for event in trigger.run():
        payload = event.payload
    return payload


def _connection(conn_id: str, host: str, extra: str | None = None) -> Any:
    from airflow.sdk import Connection

    return Connection(conn_id=conn_id, conn_type=conn_id, host=host, password=_KEY, extra=extra)


def _connections(only: Any) -> None:
    """The one connection that there is, whoever asks for it."""
    from airflow.sdk import Connection

    async def async_get(conn_id: str) -> Any:
        return only

    Connection.get = staticmethod(lambda conn_id: only)  # type: ignore[method-assign]
    Connection.async_get = staticmethod(async_get)  # type: ignore[method-assign]
