"""What a trigger does when Airflow tells it to go: find out why, and cancel its run only after a kill by a user."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.decisions import ENDED_STATES, kill_cancels
from airflow_provider_extend.triggers.connections import client_of
from airflow_provider_extend.triggers.threads import CANCEL_FIRST, in_thread

#: Airflow waits 30 s for on_kill; what is not done by then goes on by itself.
_PATIENCE = 25.0
_CALL_TIMEOUT = 5.0
#: Pauses before another attempt, in seconds: the task cannot be read, a call fails, the run refuses its cancel.
_PAUSES = (2.0, 3.0, 5.0, 10.0, 20.0)
#: Strong references: the event loop keeps none to its tasks.
_at_work: set[asyncio.Task[None]] = set()


class Killed(Protocol):
    """The trigger, as far as its end matters (`ExtendRunTrigger` says what each is)."""

    extend_conn_id: str
    kind: str
    run_id: str
    deadline: float
    cancel_on_kill: bool
    fired: bool

    @property
    def task_instance(self) -> Any: ...

    @property
    def log(self) -> Any: ...


async def cancel_after_kill(trigger: Killed) -> None:
    """Cancel the trigger's run if that is right, in a task that Airflow's cancelling does not reach.

    Airflow cancels a trigger that it has told to go again each second, and with it whatever `on_kill` awaits.
    """
    task = asyncio.create_task(_cancel(trigger, overdue=time.time() >= trigger.deadline))
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while not task.done() and (left := until - loop.time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)  # unlike `wait_for`, it never cancels what it waits for
        except asyncio.CancelledError:
            continue


async def _cancel(trigger: Killed, overdue: bool) -> None:
    named = f"{trigger.kind} {trigger.run_id}"
    for pause in (*_PAUSES, None):
        try:
            words = await _cancel_once(trigger, overdue)
        except Exception as error:
            trigger.log.warning("%s is not cancelled yet: %s", named, error)
            if isinstance(error, ExtendError) and error.is_permanent():
                break
        else:
            trigger.log.info("The wait for %s ends here: the run %s.", named, words)
            return
        if pause is not None:
            await asyncio.sleep(pause)
    trigger.log.error("%s could not be cancelled and may go on.", named)


async def _cancel_once(trigger: Killed, overdue: bool) -> str:
    """What became of the run, in words; raises where another attempt may do better."""
    from airflow_provider_extend.cancelling import cancel_run
    from airflow_provider_extend.reading import glance

    state = await _state(trigger.task_instance)
    if state not in ENDED_STATES:  # before anything is asked of Extend: this is the usual case
        return f"goes on, since its task is {state or 'not to be found'}"
    how: dict[str, Any] = {"attempts": 1, "timeout": _CALL_TIMEOUT}
    client = await client_of(trigger.extend_conn_id)
    args = (client, trigger.kind, trigger.run_id)
    run = await in_thread(glance, *args, priority=CANCEL_FIRST, **how)
    may = kill_cancels(
        wanted=trigger.cancel_on_kill,
        fired=trigger.fired,
        overdue=overdue,
        state=state,
        moving=not run.ended,
    )
    if not may:
        return f"is left as it is ({run.status})"
    done = await in_thread(cancel_run, *args, priority=CANCEL_FIRST, **how)
    if done.refused:
        raise RuntimeError(f"it {done.words}")
    return f"{done.words}, since its task was ended ({state})"


async def _state(task_instance: Any) -> str | None:
    """State of the task instance now, as Airflow's database has it."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    from asgiref.sync import sync_to_async

    if task_instance is None:
        return None
    read = sync_to_async(RuntimeTaskInstance.get_task_states, thread_sensitive=False)
    states = await read(
        dag_id=task_instance.dag_id,
        task_ids=[task_instance.task_id],
        run_ids=[task_instance.run_id],
        map_index=task_instance.map_index,
    )
    state = states.get(task_instance.run_id, {}).get(_key(task_instance))
    return None if state is None else str(getattr(state, "value", state))


def _key(task_instance: Any) -> str:
    index = task_instance.map_index
    return str(task_instance.task_id) if index is None or index < 0 else f"{task_instance.task_id}_{index}"
