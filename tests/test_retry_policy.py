"""The retry policy, as Airflow's task runner asks it; below Airflow 3.3 it says that there is none."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_extend.api.errors import ExtendRateLimited, ExtendUnauthorized
from airflow_provider_extend.exceptions import as_airflow

KNOWN = importlib.util.find_spec("airflow.sdk.definitions.retry_policy") is not None


def policy() -> Any:
    from airflow_provider_extend.retry_policy import ExtendRetryPolicy

    return ExtendRetryPolicy()


if KNOWN:

    def test_a_rate_limit_is_waited_out_as_long_as_extend_asks() -> None:
        error = as_airflow(ExtendRateLimited("x", status=429, retry_after=240.0))
        decision = policy().evaluate(error, 1, 5)
        assert (decision.action.value, decision.retry_delay) == ("retry", timedelta(seconds=240))
        assert "ExtendRateLimited" in decision.reason

    @pytest.mark.parametrize("translated", [True, False])
    def test_what_a_retry_cannot_mend_spends_none(translated: bool) -> None:
        plain = ExtendUnauthorized("x", status=401)
        decision = policy().evaluate(as_airflow(plain) if translated else plain, 1, 5)
        assert decision.action.value == "fail"
        assert "API key" in decision.reason
        assert len(decision.reason) <= 500

    def test_other_errors_are_none_of_its_business() -> None:
        assert policy().evaluate(ValueError("x"), 1, 5).action.value == "default"

    def test_an_operator_takes_it_and_it_survives_being_stored() -> None:
        from airflow.sdk import BaseOperator

        chosen = policy()
        operator = BaseOperator(task_id="t", retries=3, retry_policy=chosen)
        assert operator.has_retry_policy
        again = type(chosen).deserialize(chosen.serialize())
        assert type(again) is type(chosen)

else:

    def test_below_it_is_refused_in_one_line() -> None:
        with pytest.raises(ImportError, match=r"needs Airflow 3\.3 or newer.*Leave it out"):
            policy()
