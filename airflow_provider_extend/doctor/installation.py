"""The checks of this Airflow: versions, its Test button, its triggerer."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from airflow_provider_extend import __version__
from airflow_provider_extend.doctor.report import Finding
from airflow_provider_extend.doctor.stored import DATABASE, Stored, in_database

#: Refuse to test a connection that is stored without a port; the first one without a host, too.
_REFUSES_WITHOUT = {"3.3.1": ("port", "host"), "3.3.2": ("port",)}


def airflow_version() -> str | None:
    for name in ("apache-airflow-core", "apache-airflow"):
        try:
            return version(name)
        except PackageNotFoundError:
            pass
    return None


def versions(airflow: str | None) -> Finding:
    named = f"Provider {__version__} on Airflow {airflow} and Python {sys.version.split()[0]}"
    try:
        import_module("airflow.configuration")
    except (Exception, SystemExit) as error:
        return Finding(
            "fail",
            f"{named}: Airflow does not start ({type(error).__name__}): correct its configuration (airflow.cfg, the "
            "variables AIRFLOW__...) until `airflow version` works.",
        )
    keeps = find_spec("airflow.models.task_state_store") is not None
    details = {"task_state_store": keeps}
    if keeps:
        return Finding("ok", f"{named}.", details)
    return Finding(
        "warn",
        f"{named}: this Airflow has no task state store, so a retry of a task that has started a run fails rather "
        "than pay for it twice; Airflow 3.3 takes that run up again.",
        details,
    )


def button(stored: Stored, airflow: str | None) -> Finding:
    """A connection without a port cannot be tested in the UI of some versions."""
    from airflow.configuration import conf

    if stored.kind != DATABASE:
        return Finding(
            "ok",
            f"Airflow's UI tests connections of the metadata database only; this one comes from {stored.source}.",
        )
    setting = conf.get("core", "test_connection", fallback="Disabled")
    enabled = setting.lower() == "enabled"
    missing = [
        field
        for field in _REFUSES_WITHOUT.get(airflow or "", ())
        if getattr(stored, field) is None or (field == "host" and not stored.host)
    ]
    details = {"test_connection": setting, "refused_without": missing}
    switch = f"The Test button is {'on' if enabled else 'off'} ([core] test_connection = {setting})"
    if not missing:
        ending = "" if enabled else "; Enabled, in the API server's configuration, switches it on"
        return Finding("ok", f"{switch}{ending}.", details)
    fixes = {"port": "Port to 443", "host": "Base URL to the address above"}
    fix = f"set {' and '.join(fixes[field] for field in missing)}"
    return Finding(
        "warn" if enabled else "ok",
        f"{switch}, {'but' if enabled else 'and'} Airflow {airflow} refuses to test a connection that is stored "
        f"without a {' or '.join(missing)}, as this one is: {fix}.",
        details,
    )


def triggerer(database_trouble: str | None) -> Finding:
    from airflow.configuration import conf

    deferrable = conf.getboolean("operators", "default_deferrable", fallback=False)
    switch = f"[operators] default_deferrable is {'on' if deferrable else 'off'}"
    details: dict[str, object] = {"default_deferrable": deferrable}
    trouble = database_trouble
    alive = False
    if trouble is None:
        try:
            alive = in_database(_is_alive)
        except Exception as error:
            trouble = f"the metadata database cannot be read here ({type(error).__name__})"
    if trouble is not None:
        return Finding(
            "skip", f"{switch}; whether a triggerer is alive cannot be seen, because {trouble}.", details
        )
    details["alive"] = alive
    if alive:
        return Finding("ok", f"{switch}, and a triggerer is alive.", details)
    if deferrable:
        return Finding(
            "warn",
            f"{switch} but no triggerer is alive: start `airflow triggerer`, or deferred tasks only time out.",
            details,
        )
    return Finding(
        "ok",
        f"{switch} and no triggerer is alive: none is needed before a task has deferrable=True, then start "
        "`airflow triggerer`.",
        details,
    )


def _is_alive() -> bool:
    from airflow.jobs.job import most_recent_job

    job = most_recent_job("TriggererJob")
    return job is not None and bool(job.is_alive())
