"""Asking a person with Airflow's own human-in-the-loop: the task is parked, and goes on with the answer.

Airflow 3.3 parks it in `awaiting_input`, without a trigger; 3.1 and 3.2 defer it to the trigger of the standard
provider. What an Airflow has is looked for here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_extend.api.errors import ExtendInputError

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context


@dataclass(frozen=True, slots=True)
class PersonsAnswer:
    """:ivar chosen: the option. :ivar by: {id, name}, None where Airflow does not tell. :ivar at: ISO."""

    chosen: str
    by: Mapping[str, str] | None
    at: str | None

    def as_dict(self) -> dict[str, Any]:
        return {"chosen": self.chosen, "by": dict(self.by) if self.by else None, "at": self.at}

    @property
    def words(self) -> str:
        who = f"{self.by['name']} ({self.by['id']})" if self.by else "Somebody"
        return f"{who} chose '{self.chosen}'" + (f" at {self.at}" if self.at else "")


def check_can_ask(parameter: str) -> None:
    """:raises ExtendInputError: this Airflow cannot ask a person."""
    try:
        from airflow.sdk.execution_time.hitl import upsert_hitl_detail  # noqa: F401
    except ImportError:
        raise ExtendInputError(
            f"{parameter} is 'ask': this Airflow has no human-in-the-loop, which came with 3.1. The run was not "
            "judged; choose 'fail', 'skip', 'continue' or a task."
        ) from None


def ask(
    operator: Any,
    context: Context,
    *,
    subject: str,
    body: str,
    options: Sequence[str],
    method_name: str,
    timeout: timedelta | None,
    users: Sequence[Mapping[str, str]] | None,
) -> NoReturn:
    """Park the task until somebody has chosen one of `options`; it goes on in `method_name`, with `event`.

    :param body: Markdown. :param users: who may answer, {id, name} each; None: everybody who may edit the DAG run.
    """
    from airflow.sdk.execution_time.hitl import upsert_hitl_detail

    ti_id: Any = context["ti"].id
    who: Any = {"assigned_users": list(users)} if users else {}
    chosen = list(options)
    upsert_hitl_detail(ti_id=ti_id, options=chosen, subject=subject, body=body, params={}, **who)
    operator.log.info("Waiting for a person: %s", subject)
    try:
        from airflow.sdk.exceptions import TaskAwaitingInput
    except ImportError:
        from airflow.providers.standard.triggers.hitl import HITLTrigger

        until = datetime.now(UTC) + timeout if timeout else None
        trigger = HITLTrigger(ti_id=ti_id, options=chosen, params={}, timeout_datetime=until)
        operator.defer(trigger=trigger, method_name=method_name)
        raise AssertionError("defer does not return") from None
    raise TaskAwaitingInput(method_name=method_name, timeout=timeout)


def answer_in(event: Any, options: Sequence[str]) -> PersonsAnswer | None:
    """What the event of a parked task says; None where nobody has answered in time.

    :raises ExtendInputError: it is no answer to what was asked.
    """
    told = event if isinstance(event, Mapping) else {}
    if told.get("error_type") == "timeout":
        return None
    chosen = told.get("chosen_options")
    if (
        not isinstance(chosen, Sequence)
        or isinstance(chosen, str)
        or len(chosen) != 1
        or chosen[0] not in options
    ):
        raise ExtendInputError(
            f"The answer of a person is {chosen!r} ({told.get('error_type') or 'no error'}): expected one of "
            f"{', '.join(options)}. Nothing was decided; clear this task to ask again."
        )
    user = told.get("responded_by_user")
    by = {key: str(user.get(key)) for key in ("id", "name")} if isinstance(user, Mapping) else None
    at = told.get("responded_at")
    return PersonsAnswer(chosen[0], by, at.isoformat() if isinstance(at, datetime) else at)
