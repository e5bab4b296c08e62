"""Which way the arrows point, and what importing a module costs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import airflow_provider_extend

NAME = "airflow_provider_extend"
PACKAGE = Path(airflow_provider_extend.__file__).parent
HTTP_LIBRARIES = {"requests", "urllib3", "httpx", "aiohttp", "http.client"}
HEAVY = (
    "requests",
    "urllib3",
    "fastapi",
    "starlette",
    "uvicorn",
    "pandas",
    "numpy",
    "httpx",
    "aiohttp",
    "pypdf",
)
SURFACES = ("hooks", "operators", "sensors", "triggers")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
SURFACE_MODULES = [
    name for name, path in FILES.items() if path.parent.name in SURFACES and path.stem != "__init__"
]


def imports(module: str) -> Iterator[tuple[str, bool]]:
    """What `module` imports anywhere in it, as full names, and whether only for the type checker."""
    tree = ast.parse(FILES[module].read_text())

    def walk(node: ast.AST, typing_only: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for inner in child.body:
                    yield from walk(ast.Module([inner], []), True)
                for inner in child.orelse:
                    yield from walk(ast.Module([inner], []), typing_only)
            elif isinstance(child, ast.Import):
                yield from ((alias.name, typing_only) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are absolute"
                yield str(child.module), typing_only
                yield from ((f"{child.module}.{alias.name}", typing_only) for alias in child.names)
            else:
                yield from walk(child, typing_only)

    yield from walk(tree, False)


def imported(module: str, *, typing: bool = True) -> set[str]:
    return {name for name, typing_only in imports(module) if typing or not typing_only}


def modules_of(folder: str) -> list[str]:
    return [name for name in FILES if name == f"{NAME}.{folder}" or name.startswith(f"{NAME}.{folder}.")]


def hits(names: set[str], roots: set[str]) -> set[str]:
    return {name for name in names if any(name == root or name.startswith(f"{root}.") for root in roots)}


def test_the_search_sees_imports_wherever_they_stand() -> None:
    found = imported(f"{NAME}.sensors._run")
    assert "airflow.sdk.BaseSensorOperator" in found
    assert f"{NAME}.waiting" in found
    assert f"{NAME}.client.ExtendClient" in imported(f"{NAME}.reading")
    assert f"{NAME}.client.ExtendClient" not in imported(f"{NAME}.reading", typing=False)
    assert f"{NAME}.client.ExtendClient" in imported(f"{NAME}.hooks.extend", typing=False), (
        "inside a function"
    )
    assert len(SURFACE_MODULES) >= 10


@pytest.mark.parametrize("module", [*modules_of("api"), *modules_of("gate")])
def test_what_the_api_is_and_how_it_is_judged_know_neither_airflow_nor_http(module) -> None:
    assert hits(imported(module), {"airflow", *HTTP_LIBRARIES}) == set()
    above = {f"{NAME}.{name}" for name in (*SURFACES, "client", "emulator", "exceptions", "_compat")}
    assert hits(imported(module), above) == set()


@pytest.mark.parametrize("module", [f"{NAME}.client", f"{NAME}.ratelimit", f"{NAME}.multipart"])
def test_the_client_knows_no_airflow(module) -> None:
    above = {f"{NAME}.{name}" for name in (*SURFACES, "exceptions", "_compat")}
    assert hits(imported(module), {"airflow", *above}) == set()


@pytest.mark.parametrize("module", modules_of("emulator"))
def test_the_emulator_is_written_without_a_look_at_the_rest(module) -> None:
    own = hits(imported(module), {NAME})
    assert hits(own, {f"{NAME}.emulator"}) == own
    assert hits(imported(module), {"airflow"}) == set()


@pytest.mark.parametrize("module", [name for name in FILES if name not in modules_of("operators")])
def test_nothing_imports_an_operator(module) -> None:
    assert hits(imported(module), {f"{NAME}.operators"}) == set()


@pytest.mark.parametrize("module", [*modules_of("triggers"), *modules_of("sensors")])
def test_what_waits_never_submits(module) -> None:
    assert not any("_submit" in name for name in imported(module))
    assert "submit_once" not in FILES[module].read_text()


@pytest.mark.parametrize("module", modules_of("hooks"))
def test_a_hook_knows_no_operator_sensor_or_trigger(module) -> None:
    above = {f"{NAME}.{name}" for name in ("operators", "sensors", "triggers")}
    assert hits(imported(module), above) == set()


def test_http_is_spoken_by_the_transport_alone() -> None:
    outside = [name for name in FILES if name not in modules_of("emulator")]
    assert [name for name in outside if hits(imported(name, typing=False), HTTP_LIBRARIES)] == [
        f"{NAME}.client",
        f"{NAME}.connection_errors",
        f"{NAME}.linked",  # what is no address of the API, and gets no key
    ]


def test_airflows_provider_information_imports_nothing() -> None:
    assert imported(f"{NAME}.get_provider_info") - {"__future__", "__future__.annotations"} == set()


# What is loaded when Airflow parses a DAG file. Each module in a process of its own, forked after Airflow.
PROBE = """
import json, os, sys, time, warnings
import airflow.sdk
from airflow.sdk import DAG, BaseOperator, BaseSensorOperator, Context, PokeReturnValue
try:
    from airflow.sdk import BaseHook, BranchMixIn
except ImportError:
    from airflow.hooks.base import BaseHook
    from airflow.providers.standard.operators.branch import BranchMixIn
before = set(sys.modules)
for module in sys.argv[1:]:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        import importlib
        try:
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                importlib.import_module(module)
            told = {"loaded": sorted(set(sys.modules) - before), "warnings": [str(w.message) for w in seen]}
        except BaseException as error:
            told = {"error": repr(error)}
        os.write(writer, json.dumps(told).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        print("PROBE", module, pipe.read(), flush=True)
    os.waitpid(pid, 0)
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, dict]:
    command = [sys.executable, "-c", PROBE, *SURFACE_MODULES]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=120)
    lines = [line.split(" ", 2) for line in done.stdout.splitlines() if line.startswith("PROBE ")]
    assert len(lines) == len(SURFACE_MODULES), done.stderr[-2000:]
    return {module: json.loads(told) for _, module, told in lines}


@pytest.mark.parametrize("module", SURFACE_MODULES)
def test_importing_it_loads_nothing_heavy(loaded, module) -> None:
    told = loaded[module]
    assert "error" not in told, told
    assert hits(set(told["loaded"]), {*HEAVY, "airflow.models", "airflow.api_fastapi", "sqlalchemy"}) == set()
    assert f"{NAME}.client" not in told["loaded"]
    assert hits(set(told["loaded"]), {f"{NAME}.emulator"}) == set()


@pytest.mark.parametrize("module", SURFACE_MODULES)
def test_importing_it_warns_of_nothing(loaded, module) -> None:
    assert loaded[module]["warnings"] == []


def test_the_api_and_the_gate_are_imported_without_airflow() -> None:
    modules = [*modules_of("api"), *modules_of("gate")]
    wanted = [name for name in modules if not name.endswith("__main__")]
    code = (
        f"import importlib, sys; [importlib.import_module(name) for name in {wanted!r}];"
        f"print([name for name in sys.modules if name.split('.')[0] in {sorted({'airflow', *HTTP_LIBRARIES})!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
