"""A sensor's wait, for one run or for many, the same in poke, reschedule and deferrable mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.sdk import BaseSensorOperator, PokeReturnValue

from airflow_provider_extend import waiting
from airflow_provider_extend._compat import (
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    conf,
)
from airflow_provider_extend.api import uses
from airflow_provider_extend.api.endpoints import REPLACED_BY, find
from airflow_provider_extend.api.runs import Run, reads
from airflow_provider_extend.exceptions import airflow_errors, as_airflow
from airflow_provider_extend.hooks.extend import ExtendHook
from airflow_provider_extend.results import RUN_ID_KEY, XCOM_LIMIT, push_run
from airflow_provider_extend.waiting import Waits, WaitsForRun

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context


class WaitingSensor(Waits, BaseSensorOperator):
    """Waits at Extend. How that ends, in every mode:

    | | plain | soft_fail | never_fail |
    |---|---|---|---|
    | run succeeded | SUCCESS | SUCCESS | SUCCESS |
    | run ended otherwise | FAILED, not retried | SKIPPED | SKIPPED |
    | permanent error (401, 403, 404, bad input) | FAILED, not retried | SKIPPED | SKIPPED |
    | timeout | FAILED, not retried | SKIPPED | SKIPPED |
    | transient error, after the call's own retries | FAILED, retried as `retries` says | as plain | SKIPPED |

    With `silent_fail` a transient error is logged and the wait goes on; in the triggerer it goes on in any case, until
    the timeout. A sensor never cancels a run.

    :param extend_conn_id: connection (templated).
    :param deferrable: wait in the triggerer, without a worker slot; default `[operators] default_deferrable`.
    :param output_path: where all that is known at the end is written, whatever its size, for instance
        `s3://conn@bucket/runs/{{ run_id }}.json` (templated).
    :param timeout: seconds from the start of this try (in reschedule mode, as Airflow has it, from the first
        look of the first try); the smaller of it and `execution_timeout` counts in every mode. Deferred or
        rescheduled, a wait may end up to 10 s later: see `poke_interval`.
    :param poke_interval: seconds between two looks; in deferrable mode the longest time between two: a young
        run is looked at each second, an older one less often. In reschedule mode, and for the first look of the
        triggerer, it is at least 10 s (twice `[workers] min_heartbeat_interval`).
    """

    template_fields: Sequence[str] = ("extend_conn_id", "output_path")
    ui_color = "#dcebff"
    #: Kinds of run that it waits for.
    kinds: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        *,
        extend_conn_id: str = ExtendHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        output_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.extend_conn_id = extend_conn_id
        self.deferrable = deferrable
        self.output_path = output_path

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        """Endpoints that it may call in API `version`, its trigger included."""
        return frozenset[str]().union(*(uses.watching(kind, version) for kind in cls.kinds))

    def execute(self, context: Context) -> Any:
        with self._ends_as_declared():
            self._begins(context)
            if self.deferrable:
                return self._look_or_defer(context, self._deadline(context))
            # Airflow holds a poke to both limits and a reschedule to the first only.
            self.timeout = self._seconds
            return super().execute(context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Overridden: the base class resumes with other states than its poke loop ends with."""
        with self._ends_as_declared():
            return self._resume(next_method, next_kwargs, context)

    def poke(self, context: Context) -> PokeReturnValue:
        seen = self._read(context)
        over = self._is_over(seen)
        return PokeReturnValue(over, self._ends(context, seen) if over else None)

    def _begins(self, context: Context) -> None:
        """What comes before the first look of a process."""

    def _tell_if_deprecated(self, version: str) -> None:
        read = find(reads(self.kind, version)[0])
        if version in read.deprecated:
            kinds = " or ".join(name.partition("s.")[0] for name in REPLACED_BY[read.name])
            self.log.warning(
                "Extend calls %s of API version %s deprecated and may take it away: use the kind %s.",
                *(read.name, version, kinds),
            )

    def _too_late(self, context: Context, seen: Any) -> NoReturn:
        raise self._timed_out()

    def _timed_out(self) -> AirflowSensorTimeout:
        raise NotImplementedError

    @property
    def _interval(self) -> float:
        return float(self.poke_interval)

    def _looks_past(self, error: Exception) -> bool:
        return bool(self.silent_fail)

    @property
    def _counts_failed_waits(self) -> bool:
        return not self.silent_fail

    @property
    def _limits(self) -> tuple[float, ...]:
        return (float(self.timeout),)

    @contextmanager
    def _ends_as_declared(self) -> Iterator[None]:
        """Give each error the state that the class's table says."""
        try:
            yield
        except (AirflowSensorTimeout, AirflowTaskTimeout) as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(self._timed_out())) from error
            raise self._timed_out() from None
        except AirflowFailException as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise
        except AirflowSkipException as skip:
            # Airflow's own loop says only that soft_fail is set, or that its time is over: say why and of what run.
            raise AirflowSkipException(str(skip.__cause__ or self._timed_out())) from skip.__cause__
        except AirflowRescheduleException as again:
            soonest = datetime.now(UTC) + timedelta(seconds=waiting.REAPED_SECONDS)
            raise AirflowRescheduleException(max(again.reschedule_date, soonest)) from None
        except Exception as error:
            if self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise


class RunSensor(WaitsForRun, WaitingSensor):
    """Waits for one run. Subclasses name its kind and hold its id.

    `output_path` gets the whole answer and result. Other parameters, and how the wait ends: see `WaitingSensor`.
    """

    push_limit = XCOM_LIMIT

    def _begins(self, context: Context) -> None:
        context["ti"].xcom_push(key=RUN_ID_KEY, value=self._waits_for)

    def _ends(self, context: Context, run: Run) -> dict[str, Any]:
        """Push what there is to know of the ended run; raise unless it succeeded."""
        with airflow_errors():
            result = push_run(
                context, run, self.output_path, self.log, self.beside(run), push_limit=self.push_limit
            )
        if not self.is_success(run):
            raise as_airflow(self._failure(run, "A retry of this task would find the same run."))
        return result

    def beside(self, run: Run) -> dict[str, Any]:
        """What is pushed of an ended run beside its result, by XCom key."""
        return {}

    def _timed_out(self) -> AirflowSensorTimeout:
        return AirflowSensorTimeout(
            f"{self._named} did not end within {self._seconds:.0f} s; it was {self._status or 'not read'} last. It "
            "goes on, and nothing was cancelled: look at it in the dashboard, or clear this task to wait again."
        )
