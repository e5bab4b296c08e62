"""Names of Airflow that moved between 3.0 and 3.3, found by looking for them, never by comparing versions."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import BaseHook, BranchMixIn, Context
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
        TaskDeferralError,
        TaskDeferralTimeout,
    )

    _mask: Callable[[str], None]
else:
    from airflow.sdk import Context

    try:
        from airflow.sdk import BaseHook
    except ImportError:
        from airflow.hooks.base import BaseHook
    try:
        from airflow.sdk import BranchMixIn
    except ImportError:
        from airflow.providers.standard.operators.branch import BranchMixIn
    try:
        from airflow.sdk.configuration import conf
    except ImportError:
        from airflow.configuration import conf
    try:
        from airflow.sdk.exceptions import (
            AirflowException,
            AirflowFailException,
            AirflowRescheduleException,
            AirflowSensorTimeout,
            AirflowSkipException,
            AirflowTaskTimeout,
            TaskDeferralError,
            TaskDeferralTimeout,
        )
    except ImportError:
        from airflow.exceptions import (
            AirflowException,
            AirflowFailException,
            AirflowRescheduleException,
            AirflowSensorTimeout,
            AirflowSkipException,
            AirflowTaskTimeout,
            TaskDeferralError,
            TaskDeferralTimeout,
        )

    def _mask(secret):
        # At the call: importing Airflow's logging costs more than this package.
        try:
            from airflow.sdk.log import mask_secret as mask
        except ImportError:
            from airflow.sdk.execution_time.secrets_masker import mask_secret as mask
        mask(secret)


__all__ = [
    "AirflowException",
    "AirflowFailException",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseHook",
    "BranchMixIn",
    "Context",
    "TaskDeferralError",
    "TaskDeferralTimeout",
    "conf",
    "gauge",
    "mask_secret",
]


def mask_secret(secret: str) -> None:
    """Have Airflow replace `secret` by `***` in every log of this process and of its supervisor."""
    _mask(secret)


def gauge(name: str, value: float, tags: dict[str, str]) -> None:
    """Report a number to what Airflow's metrics are configured for; nothing where it has no such place."""
    for place in ("airflow.sdk.observability.stats", "airflow.stats"):
        try:
            found = import_module(place)
        except ImportError:
            continue
        report = getattr(found, "gauge", None) or found.Stats.gauge
        report(name, value, tags=tags)
        return
