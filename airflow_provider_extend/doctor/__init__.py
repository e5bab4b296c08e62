"""`airflow-extend doctor`: is this connection to Extend right, as this machine sees it, and if not, how to mend it.

Nothing that is examined may end the examination: what breaks is a finding too, and the next check goes on.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable

from airflow_provider_extend.doctor import account, installation
from airflow_provider_extend.doctor.report import Finding, Report, Skipped
from airflow_provider_extend.doctor.stored import Lookup, look_up

_NO_AIRFLOW = "Not looked at, because Airflow does not start."


def examine(conn_id: str) -> Report:
    """Look at everything once and report it; bounded to some ten seconds."""
    report = Report(conn_id)
    report.airflow = installation.airflow_version()
    report.findings["versions"] = _told(lambda: installation.versions(report.airflow))
    works = report.ok
    lookup = look_up(conn_id) if works else Lookup(conn_id)
    report.hide(lookup.secrets())
    answer = account.ask(lookup.stored) if lookup.stored else None
    checks: dict[str, Callable[[], Finding]] = {
        "connection": lambda: account.connection(lookup),
        "host": lambda: account.host(lookup.found(), answer),
        "api_version": lambda: account.api_version(lookup.found(), answer),
        "key": lambda: account.key(lookup.found(), answer),
        "rates": lambda: account.rates(lookup.found()),
        "test_button": lambda: installation.button(lookup.found(), report.airflow),
        "triggerer": lambda: installation.triggerer(lookup.database_trouble),
    }
    for name, check in checks.items():
        report.findings[name] = _told(check) if works else Finding("skip", _NO_AIRFLOW)
    return report


def _told(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Skipped as why:
        return Finding("skip", f"Not looked at, because {why}.")
    except (Exception, SystemExit) as error:  # Airflow ends the process over some settings
        *_, last = traceback.extract_tb(error.__traceback__)
        return Finding(
            "fail",
            f"The check broke off with {type(error).__name__} in {last.name}: see Airflow's configuration with "
            "`airflow info`, and if it is sound, report this with the output of --json.",
            {"error": type(error).__name__, "at": f"{last.filename}:{last.lineno}"},
        )
