"""What a trigger does when Airflow tells it to go: find out why, and cancel its run only after a kill by a user."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.decisions import ENDED_STATES, kill_cancels
from airflow_provider_extend.triggers.watch import CANCEL_FIRST, client_of, in_thread

if TYPE_CHECKING:
    from airflow_provider_extend.triggers.run import ExtendRunTrigger

#: Airflow waits 30 s for on_kill; what is not done by then goes on by itself.
_PATIENCE = 25.0
_CALL_TIMEOUT = 5.0
#: A cancel whose call fails is tried that often, with pauses of that many seconds.
_TRIES = 6
_PAUSE = 3.0
#: Strong references: the event loop keeps none to its tasks.
_at_work: set[asyncio.Task[None]] = set()


async def cancel_after_kill(trigger: ExtendRunTrigger) -> None:
    """Cancel the trigger's run if that is right, in a task that Airflow's cancelling does not reach.

    Airflow cancels a trigger that it has told to go again each second, and with it whatever `on_kill` awaits.
    """
    task = asyncio.create_task(_cancel(trigger))
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while not task.done() and (left := until - loop.time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)  # unlike `wait_for`, it never cancels what it waits for
        except asyncio.CancelledError:
            continue


async def _cancel(trigger: ExtendRunTrigger) -> None:
    log = trigger.log
    try:
        state = await _state(trigger.task_instance)
    except Exception as error:
        log.warning("The run %s is left alone: its task cannot be read (%s).", trigger.run_id, error)
        return
    if state not in ENDED_STATES:
        log.info(
            "The wait for %s ends here, and the run goes on: its task is %s.",
            trigger.run_id,
            state or "not found",
        )
        return
    for number in range(_TRIES):
        if number:
            await asyncio.sleep(_PAUSE)
        try:
            words = await _cancel_once(trigger, state)
        except ExtendError as error:
            log.warning("Cancelling %s %s: %s", trigger.kind, trigger.run_id, error)
            if error.is_permanent():
                return
        except Exception as error:
            log.warning("Cancelling %s %s: %s", trigger.kind, trigger.run_id, error)
        else:
            log.info("The task was ended (%s): %s %s %s.", state, trigger.kind, trigger.run_id, words)
            return
    log.error("%s %s could not be cancelled and may go on.", trigger.kind, trigger.run_id)


async def _cancel_once(trigger: ExtendRunTrigger, state: str | None) -> str:
    from airflow_provider_extend.cancelling import cancel_run
    from airflow_provider_extend.reading import look_up

    how: dict[str, Any] = {"attempts": 1, "timeout": _CALL_TIMEOUT}
    client = await client_of(trigger.extend_conn_id)
    args = (client, trigger.kind, trigger.run_id)
    run = await in_thread(look_up, *args, priority=CANCEL_FIRST, **how)
    may = kill_cancels(
        wanted=trigger.cancel_on_kill,
        fired=trigger._fired,
        overdue=time.time() >= trigger.deadline,
        state=state,
        moving=not run.ended,
    )
    if not may:
        return f"is left as it is ({run.status})"
    done = await in_thread(cancel_run, *args, priority=CANCEL_FIRST, **how)
    return str(done.words)


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
