"""A scripted Extend behind requests-mock, and a driver that ends a sensor in any of its modes as Airflow would."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_extend import ratelimit
from airflow_provider_extend.api import retry
from airflow_provider_extend.sensors.batch_processor_run import BatchProcessorRunSensor
from airflow_provider_extend.triggers import schedule
from tests.airflow_names import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    TaskDeferred,
)
from tests.declared import only_declared

V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"
HOSTS = {V24: "https://api-prod.extend.app", V25: "https://api.extend.ai", V26: "https://api.extend.ai"}
KEY = "sk_of_the_tests"
RUN = "bpr_1"

SUCCESS = "success"
SKIPPED = "skipped"
FAILED = "failed, not retried"
TIMED_OUT = "timed out, not retried"
RETRIED = "failed, retried"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries of a call and looks of a trigger come at once, and a 429 slows nothing down."""
    really = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds, result=None: really(min(seconds, 0.001), result))
    monkeypatch.setattr(retry, "BACKOFF_CAP", 0.0)
    monkeypatch.setattr(schedule, "FIRST_INTERVAL", 0.001)
    monkeypatch.setattr(ratelimit.Bucket, "throttled", lambda bucket: None)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Set the default connection to an API version, and return its address."""

    def set_up(version: str = V24, **more: Any) -> str:
        extra = {"api_version": version, "get_per_second": 1e6}
        connection = {"conn_type": "extend", "password": KEY, "extra": extra, **more}
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
        return str(more.get("host") or HOSTS[version])

    return set_up


class FakeTaskInstance:
    """XCom as a dict of what JSON makes of it; times as Airflow keeps them over deferrals and reschedules."""

    task_id = "wait"
    map_index = -1

    def __init__(self) -> None:
        self.start_date = datetime.now(UTC)
        self.xcoms: dict[str, Any] = {}
        self.rescheduled_at: datetime | None = None

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = json.loads(json.dumps(value, allow_nan=False))

    def xcom_pull(self, task_ids: str, key: str = "return_value", map_indexes: int = -1) -> Any:
        assert (task_ids, map_indexes) == (self.task_id, self.map_index)
        return self.xcoms.get(key)

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        return self.rescheduled_at


@dataclass
class Ended:
    """How a task ended."""

    state: str
    value: Any = None
    error: BaseException | None = None
    deferrals: list[TaskDeferred] = field(default_factory=list)
    ti: Any = None

    @property
    def xcoms(self) -> dict[str, Any]:
        return self.ti.xcoms


def state_of(error: BaseException | None) -> str:
    """The state that Airflow's task runner gives a task for what its execute raised."""
    if error is None:
        return SUCCESS
    if isinstance(error, AirflowSkipException):
        return SKIPPED
    if isinstance(error, AirflowFailException):
        return FAILED
    if isinstance(error, AirflowSensorTimeout):
        return TIMED_OUT
    assert isinstance(error, AirflowException | AirflowTaskTimeout), repr(error)
    return RETRIED


@pytest.fixture
def log_text(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the task has logged since the last call; Airflow writes it past pytest's `caplog`."""
    return lambda: "".join(capfd.readouterr())


@pytest.fixture
def task_instance() -> FakeTaskInstance:
    return FakeTaskInstance()


@pytest.fixture
def sensor() -> Callable[..., BatchProcessorRunSensor]:
    """A sensor in one of the three modes: `poke`, `reschedule`, `deferrable`."""

    def make(mode: str = "poke", **given: Any) -> BatchProcessorRunSensor:
        given = {"batch_processor_run_id": RUN, "poke_interval": 0.001, "timeout": 60, **given}
        mode_of_airflow = "poke" if mode == "deferrable" else mode
        return BatchProcessorRunSensor(
            task_id="wait", mode=mode_of_airflow, deferrable=mode == "deferrable", **given
        )

    return make


def fire(deferred: TaskDeferred) -> dict[str, Any]:
    """The event of the trigger as a triggerer would run it: rebuilt from what the database holds of it."""
    from tests.airflow_names import import_string

    async def run() -> Any:
        class_path, kwargs = deferred.trigger.serialize()
        trigger = import_string(class_path)(**json.loads(json.dumps(kwargs)))
        async with asyncio.timeout(10):
            events = [event async for event in trigger.run()]
        assert len(events) == 1
        return json.loads(json.dumps(events[0].payload))

    return asyncio.run(run())


@pytest.fixture
def end(task_instance: FakeTaskInstance, sensor: Callable[..., Any]) -> Callable[..., Ended]:
    """Run a sensor until it has ended; each start of its process gets an operator of its own."""

    def drive(mode: str = "poke", **given: Any) -> Ended:
        context = {"ti": task_instance}
        ended = Ended(SUCCESS, ti=task_instance)
        latest = time.monotonic() + 20

        def watched(deferred: TaskDeferred) -> dict[str, Any]:
            with only_declared(sensor(mode, **given)):
                return fire(deferred)

        step = lambda: sensor(mode, **given).execute(context)  # noqa: E731
        while True:
            try:
                with only_declared(sensor(mode, **given)):
                    ended.value = step()
            except TaskDeferred as deferred:
                ended.deferrals.append(deferred)
                assert len(ended.deferrals) < 500, "deferred for ever"
                kwargs = {**(deferred.kwargs or {}), "event": watched(deferred)}
                method = deferred.method_name
                step = lambda: sensor(mode, **given).resume_execution(method, kwargs, context)  # noqa: B023, E731
            except AirflowRescheduleException:
                assert mode == "reschedule"
                assert time.monotonic() < latest, "rescheduled for ever"
                task_instance.rescheduled_at = task_instance.rescheduled_at or task_instance.start_date
            except BaseException as error:
                ended.error = error
                break
            else:
                json.dumps(ended.value, allow_nan=False)
                break
        ended.state = state_of(ended.error)
        return ended

    return drive


def run_body(version: str = V24, status: str = "PROCESSED", **more: Any) -> dict[str, Any]:
    """A batch processor run as that version answers it: percents, or counts of files only."""
    metrics: dict[str, Any] = {"numFiles": 10, "numPages": 25}
    if version == V24:
        field = {"meanConfidence": 0.95, "recallPerc": 98.5, "precisionPerc": 99.2}
        metrics |= {"type": "EXTRACT", "meanRunTimeMs": 1500, "fieldMetrics": {"invoice_number": field}}
    body = {
        "object": "batch_processor_run",
        "id": RUN,
        "processorId": "dp_5678",
        "processorVersionId": "dpv_91011",
        "metrics": metrics if status == "PROCESSED" else {},
        "status": status,
        "source": "EVAL_SET",
        "sourceId": "ev_1",
        "createdAt": "2026-05-15T10:30:45Z",
        **more,
    }
    return {"success": True, "batchProcessorRun": body}


def evaluation_body(status: str = "PROCESSED", **more: Any) -> dict[str, Any]:
    """An evaluation set run of 2026-02-09: fractions, with counts."""
    field = {"countTotal": 10, "countPresent": 10, "countExpected": 10, "countAccurate": 9, "accuracy": 0.9}
    metrics: dict[str, Any] = {"type": "EXTRACT", "numFilesTotal": 10, "numFilesProcessed": 10}
    if status == "PROCESSED":
        metrics |= {"accuracy": 0.9, "fieldMetrics": {"vendor.name": field}}
    return {
        "object": "evaluation_set_run",
        "id": RUN,
        "evaluationSetId": "ev_1",
        "entity": {"object": "extractor", "id": "ex_1"},
        "entityVersion": {"id": "exv_1", "version": "draft"},
        "metrics": metrics,
        "status": status,
        "createdAt": "2026-05-15T10:30:45Z",
        **more,
    }


@pytest.fixture
def bodies() -> tuple[Callable[..., dict[str, Any]], Callable[..., dict[str, Any]]]:
    return run_body, evaluation_body


def answer_of(step: Any, version: str) -> dict[str, Any]:
    """A status of the run, a whole body, an HTTP status, or bytes that are not Extend's."""
    if isinstance(step, int):
        return {"status_code": step, "json": {"success": False, "error": "made to order"}}
    if isinstance(step, bytes):
        return {"content": step}
    return {"json": step if isinstance(step, dict) else run_body(version, step)}


@pytest.fixture
def answers(requests_mock: Any, connect: Callable[..., str]) -> Callable[..., Any]:
    """Script what reading the run answers: statuses of the run, and so on; the last one for ever."""

    def script(*steps: Any, version: str = V24) -> Any:
        url = f"{connect(version)}/batch_processor_runs/{RUN}"
        answered = [answer_of(step, version) for step in steps]
        return requests_mock.get(url, answered)

    return script
