"""This package's errors as Airflow's: which of its two classes decides whether the task is retried.

    AirflowException                 the task is retried as its `retries` say
     +- ExtendException
     +- AirflowFailException         the task fails at once: a retry cannot help
         +- ExtendFailException

Both carry the plain error (`airflow_provider_extend.api.errors`) as `.error`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow_provider_extend._compat import AirflowException, AirflowFailException
from airflow_provider_extend.api.errors import ExtendError


class ExtendException(AirflowException):
    """An error of Extend that a retry of the task may not meet again.

    :ivar error: the plain error.
    """

    def __init__(self, error: ExtendError) -> None:
        super().__init__(error.message)
        self.error = error


class ExtendFailException(AirflowFailException):
    """An error of Extend that a retry of the task would meet again.

    :ivar error: the plain error.
    """

    def __init__(self, error: ExtendError) -> None:
        super().__init__(error.message)
        self.error = error


def as_airflow(error: ExtendError) -> ExtendException | ExtendFailException:
    """Airflow's exception for a plain error: fail where somebody has to change something first, else retry."""
    return ExtendFailException(error) if error.is_permanent() else ExtendException(error)


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Raise the plain errors of pure functions as Airflow's, as the client of a hook does by itself."""
    try:
        yield
    except ExtendError as error:
        raise as_airflow(error) from None
