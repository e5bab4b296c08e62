"""The page of what there is of the API: in step with it, and not made where something is lacking."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_extend.api.endpoints import ENDPOINTS
from airflow_provider_extend.emulator import routes

ROOT = Path(__file__).parents[2]
V24, V25, V26 = "2024-12-23", "2025-04-21", "2026-02-09"


@pytest.fixture(scope="module")
def script() -> Any:
    path = [*sys.path]
    spec = importlib.util.spec_from_file_location("api_coverage_script", ROOT / "scripts" / "api_coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


def test_the_page_is_what_there_is(script, capsys) -> None:
    assert script.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_stale_page_fails_with_one_line(script, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(script, "PAGE", script.ROOT / ".dev" / "api-coverage-of-a-test.md")
    try:
        assert script.main(["--check"]) == 1
        assert script.main([]) == 0
        assert script.main(["--check"]) == 0
        script.PAGE.write_text(script.PAGE.read_text().replace("UpdateProcessor", "ChangeProcessor"))
        capsys.readouterr()
        assert script.main(["--check"]) == 1
    finally:
        script.PAGE.unlink(missing_ok=True)
    told = capsys.readouterr().err
    assert told == ".dev/api-coverage-of-a-test.md is not what there is: run scripts/api_coverage.py\n"


def test_every_endpoint_has_one_row_with_its_paths(script) -> None:
    rows = re.findall(
        r"^\| `(\w+\.\w+)` \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", script.page(), re.MULTILINE
    )
    assert sorted(name for name, *_ in rows) == sorted(ENDPOINTS)
    for name, limit, call, _, tests in rows:
        endpoint = ENDPOINTS[name]
        assert limit == endpoint.rate_class
        assert set(re.findall(r"`\w+ (/[^`]+)`", call)) == set(endpoint.paths.values())
        assert re.findall(r"(\d{4}) \[", tests) == [version[:4] for version in endpoint.paths]


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("has_hook_method", "files.list has no hook method in 2025-04-21"),
        ("family", "files.list has no route in the local Extend in 2025-04-21"),
        ("test", "files.list has no test in 2025-04-21"),
    ],
)
def test_what_lacks_something_is_named(script, monkeypatch, capsys, lost, told) -> None:
    really = getattr(script, lost)
    monkeypatch.setattr(
        script, lost, lambda one, at: None if (one.name, at) == ("files.list", V25) else really(one, at)
    )
    before = script.PAGE.read_text()
    assert script.main([]) == 1
    assert capsys.readouterr().err == f"{told}\n"
    assert script.PAGE.read_text() == before


def test_a_route_is_one_of_its_own(script, monkeypatch) -> None:
    """That of another call, which takes any id in that place, is none."""
    endpoint = ENDPOINTS["extract_runs.create_batch"]
    assert script.family(endpoint, V26) == "processor_runs"
    kept = [route for route in routes.ROUTES if route.path != "/extract_runs/batch"]
    monkeypatch.setattr(routes, "ROUTES", kept)
    assert script.family(endpoint, V26) is None


def test_a_program_of_the_vendors_client_is_gone_through(script) -> None:
    newest, oldest = (script.driven(script.CLIENTS[version]) for version in (V26, V25))
    assert {"webhook_subscriptions.update", "processor_runs.cancel", "extract_runs.create_sync"} <= newest
    assert {"parse_runs.create", "workflow_runs.correct_outputs"} <= oldest
    assert "files.create" not in newest | oldest


def test_what_a_test_sends_is_read_in_it(script) -> None:
    sent = script.sent(script.SEED)
    assert ("POST", "/workflow_runs/{}/outputs/{}") in sent
    assert ("POST", "/extract_runs") not in sent
    function = "test_the_older_create_takes_a_link_or_a_text"
    assert ("POST", "/files") in script.sent("tests/emulator/test_files.py", function)
    assert ("POST", "/files") not in script.sent("tests/emulator/test_files.py", "test_lists_of_all_versions")
