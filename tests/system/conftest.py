"""Both ends of the supported range, each as a real Airflow that serves all tests of this folder."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from demo.dashboard import V2024, V2026
from tests.machine import require
from tests.system.deployment import PYTHONS, Deployment
from tests.system.extend import RUN_SECONDS, TOKEN, LocalExtend
from tests.system.postgres import binaries

NO_LIMITS = {"GET": 0, "WRITE": 0, "RUN": 0}
DEPLOYMENT = pytest.StashKey[Deployment]()


@pytest.fixture(scope="session")
def extend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalExtend]:
    local = LocalExtend(tmp_path_factory.mktemp("extend"))
    # A server that quotes the key back in its errors: the hardest case for whoever must not log it.
    local.control("POST", "/settings", {"echo_authorization": True})
    yield local
    local.process.stop()


@pytest.fixture(scope="session", params=PYTHONS, ids=[f"airflow-{name}" for name in PYTHONS])
def deployment(request: pytest.FixtureRequest, extend: LocalExtend) -> Iterator[Deployment]:
    python = PYTHONS[request.param]
    require(binaries(), "Postgres is not installed (Debian, Ubuntu: apt-get install postgresql)")
    require(python.exists(), f"there is no {python}: make test-floor makes it (Python 3.11 or 3.12)")
    made = Deployment(python, {})
    try:
        made.start()
        for conn_id, connection in {
            "extend_default": extend.connection(V2026),
            "extend_smallest_plan": extend.connection(V2026, rate=10),
            "extend_legacy": extend.connection(V2024),
            "extend_wrong_key": extend.connection(V2026, key=f"{TOKEN}_revoked"),
        }.items():
            made.connect(conn_id, connection)
        assert made.version.startswith(f"{request.param}."), made.version
        yield made
    finally:
        made.close()


@pytest.fixture
def airflow(
    request: pytest.FixtureRequest, deployment: Deployment, extend: LocalExtend
) -> Iterator[Deployment]:
    """The deployment, healthy, with the runs of this test only."""
    deployment.start_what_is_not_there()
    request.node.stash[DEPLOYMENT] = deployment
    yield deployment
    extend.control("DELETE", "/faults")
    extend.settings(run_seconds=RUN_SECONDS, list_lag=0, rate_limits=NO_LIMITS, retry_after=None)
    deployment.forget_runs()


SEED = int(os.environ.get("EXTEND_TEST_SEED") or random.SystemRandom().randrange(2**31))


def pytest_report_header() -> str:
    return f"EXTEND_TEST_SEED={SEED} repeats what is left to chance"


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Draws of this test; with the seed of the header it draws the same again."""
    return random.Random(f"{SEED} {request.node.nodeid}")


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """What a proof came to, in numbers: shown at the end of the tests, whatever came of them."""

    def say(**numbers: object) -> None:
        for name, number in numbers.items():
            record_property(name, number)

    return say


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [report for report in reports if report.when == "call" and report.user_properties]
    if told:
        terminalreporter.section("what the proofs came to")
    for report in told:
        numbers = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in report.user_properties)
        name = report.nodeid.rpartition("::")[2]
        terminalreporter.write_line(f"{name}: {numbers} ({report.outcome}, {report.duration:.0f} s)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report = yield
    deployment = item.stash.get(DEPLOYMENT, None)
    if report.when == "call" and report.failed and deployment is not None:
        try:
            report.sections.append(("Airflow", deployment.report()))
        except Exception as error:
            report.sections.append(("Airflow", f"cannot be read: {error!r}"))
    return report
