"""Write docs/api-coverage.md anew: each call of Extend's API, and what there is of it here.

`.venv/bin/python scripts/api_coverage.py`; with `--check` nothing is written: it fails where the page is not what there
is. Nothing in the page is claimed: the hook's client, the classes of operators and sensors, the routes of the local
Extend and the tests are asked. It fails where a call lacks a method of the client, a route or a test.
"""

import ast
import importlib
import os
import pkgutil
import re
import runpy
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("AIRFLOW_HOME", str(ROOT / ".dev" / "airflow"))  # never ~/airflow

from airflow_provider_extend import operators, sensors  # noqa: E402
from airflow_provider_extend.api.endpoints import ENDPOINTS, REPLACED_BY, Endpoint  # noqa: E402
from airflow_provider_extend.api.versions import API_VERSIONS, V2024, V2025, V2026  # noqa: E402
from airflow_provider_extend.client import ClientSettings, ExtendClient  # noqa: E402
from airflow_provider_extend.emulator import routes  # noqa: E402
from airflow_provider_extend.emulator.state import ApiError  # noqa: E402
from tests.sdk.names import WITHOUT_METHOD, endpoint_of  # noqa: E402

PAGE = ROOT / "docs" / "api-coverage.md"
#: The program that drives the local Extend, in each version.
SEED = "tests/emulator/test_answers_2024.py"
CLIENTS = {V2025: "tests/sdk/oldest.py", V2026: "tests/sdk/newest.py"}
#: Calls nearly everything: it is told of at the head of the page.
ANY_CALL = "ExtendApiOperator"
HEAD = """\
# What of Extend's API there is here

Made by `scripts/api_coverage.py` from the table of endpoints, the classes, the local Extend and its tests.
`make docs-check` fails where the page is not what there is, and where a call lacks a method, a route or a test.

| API version | calls | hook method | local Extend | test | operator or sensor of its own |
|---|---|---|---|---|---|
{counts}

How to read the tables:

* **hook method**: on what `ExtendHook().get_conn()` returns, for instance `client.files.retrieve(file_id)`; `help()` of
  it has the parameters.
* **limit**: which of the three rate limits a call counts against: GET, WRITE, or RUN, which starts what Extend charges
  for.
* **call**: method and path, and the versions that have it: 2024 is 2024-12-23, 2025 is 2025-04-21, 2026 is 2026-02-09.
* **operators and sensors**: those that may call it. `Extract` is short for `ExtendExtractOperator`, `RunSensor` for
  `ExtendRunSensor`; a year says that they call it in that version alone. What starts a run also reads and cancels it,
  and looks in the list for one whose id was lost. `ExtendApiOperator` (see [administration](administration.md)) calls
  every row but {not_any}.
  That each calls what stands here and nothing else is held by [test_uses](../tests/test_uses.py).
* **local Extend, test**: in which versions the [local Extend](emulator.md) has the call, and what drives it there. For
  2025 and 2026 these are the vendor's own clients (`make test-sdk`), and each answer is held against the client's own
  model. For 2024, which has no client, the fields of each answer are held against the documentation.
"""
COLUMNS = """\
| hook method | limit | call | operators and sensors | local Extend, test |
|---|---|---|---|---|
"""
TITLES = {
    "files": "Files",
    "processors": "Extractors, classifiers, splitters and their versions",
    "evaluation": "Evaluation sets, items and runs",
    "processor_runs": "Extract, classify, split and processor runs",
    "parse_runs": "Parse runs",
    "edit_runs": "Edit runs, templates, schemas and form detection",
    "verify_runs": "Verify runs",
    "workflows": "Workflows and their versions",
    "workflow_runs": "Workflow runs",
    "webhooks": "Webhooks",
}


class Incomplete(Exception):
    """Calls of which something is not there, one line each."""


# ------------------------------------------------------------------------------------------------ what there is


def classes() -> Iterator[type]:
    """The public operators and sensors."""
    for package in (operators, sensors):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.startswith("_"):
                continue
            loaded = importlib.import_module(f"{package.__name__}.{module.name}")
            for name, value in vars(loaded).items():
                if name.endswith(("Operator", "Sensor")) and value.__module__ == loaded.__name__:
                    yield value


def has_hook_method(endpoint: Endpoint, version: str) -> bool:
    client = ExtendClient(ClientSettings("https://api.extend.ai", "sk_none", api_version=version))
    return callable(getattr(getattr(client, endpoint.resource, None), endpoint.verb, None))


def family(endpoint: Endpoint, version: str) -> str | None:
    """Module of the local Extend that has the route of the call; None: it has none."""
    path = endpoint.paths[version]
    try:
        route, _ = routes.resolve(endpoint.method, re.sub(r"{\w+}", "x_1", path), version)
    except ApiError:
        return None
    if _nameless(route.path) != _nameless(path):
        return None  # another call's route, which takes any id
    [found] = [module for module in routes.FAMILIES if route in module.ROUTES]
    return found.__name__.rpartition(".")[2]


def test(endpoint: Endpoint, version: str) -> str | None:
    """What drives the call in the local Extend; None: nothing does."""
    if named := WITHOUT_METHOD.get(version, {}).get(endpoint.name):
        path, _, function = named.partition("::")
        return (
            named if (endpoint.method, _nameless(endpoint.paths[version])) in sent(path, function) else None
        )
    if version == V2024:
        found = (endpoint.method, _nameless(endpoint.paths[version])) in sent(SEED)
        return SEED if found else None
    return CLIENTS[version] if endpoint.name in driven(CLIENTS[version]) else None


@cache
def driven(program: str) -> frozenset[str]:
    """Endpoints for which a program calls the vendor's client: it is gone through with nothing behind it."""
    nothing = MagicMock()
    stubs = ("extend_ai", "extend_ai.wrapper", "extend_ai.wrapper.polling", "httpx")
    stubs += ("extend_ai.types", "tests.sdk.recorder")
    module = program.removesuffix(".py").replace("/", ".")
    with patch.dict(sys.modules, dict.fromkeys(stubs, nothing)), patch("time.sleep"):
        with patch.object(sys, "argv", [program, "http://127.0.0.1:9", "sk_none"]):
            runpy.run_module(module, run_name="__main__")
    return frozenset(endpoint_of(call.args[0]) for call in nothing.Recorder.return_value.do.call_args_list)


@cache
def sent(path: str, function: str = "") -> frozenset[tuple[str, str]]:
    """Method and path, `{}` for what varies, of the requests that a test file, or one function of it, writes out."""
    tree: ast.AST = ast.parse((ROOT / path).read_text())
    if function:
        [tree] = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == function]
    calls = (node.args for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) >= 2)
    pairs = ((_text(method), _text(path).partition("?")[0]) for method, path, *_ in calls)
    return frozenset((method, path) for method, path in pairs if method.isupper() and path.startswith("/"))


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _nameless(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


# ------------------------------------------------------------------------------------------------------ the page


def page() -> str:
    """The whole page.

    :raises Incomplete: naming each call that lacks something.
    """
    rows = [(endpoint, version) for endpoint in ENDPOINTS.values() for version in endpoint.paths]
    lacking = [
        f"{endpoint.name} has no {what} in {version}"
        for endpoint, version in rows
        for what, there in (
            ("hook method", has_hook_method(endpoint, version)),
            ("route in the local Extend", family(endpoint, version)),
            ("test", test(endpoint, version)),
        )
        if not there
    ]
    if lacking:
        raise Incomplete("\n".join(lacking))
    users = list(classes())
    counts = "\n".join(
        _count([e for e, at in rows if at == version], version, users) for version in API_VERSIONS
    )
    known = {name for user in users if user.__name__ == ANY_CALL for name in _used(user)}
    not_any = " and ".join(f"`{name}`" for name in ENDPOINTS if name not in known)
    text = HEAD.format(counts=counts, not_any=not_any)
    for name in (module.__name__.rpartition(".")[2] for module in routes.FAMILIES):
        of_family = [endpoint for endpoint in ENDPOINTS.values() if _family_of(endpoint) == name]
        text += f"\n## {TITLES[name]}\n\nIn the local Extend: `emulator/families/{name}.py`.\n\n{COLUMNS}"
        text += "".join(_row(endpoint, users) for endpoint in of_family)
    return text


def _count(endpoints: list[Endpoint], version: str, users: list[type]) -> str:
    """What was found of each, not how many there are."""
    own = {name for user in users if user.__name__ != ANY_CALL for name in user.endpoints(version)}
    found = (
        endpoints,
        [endpoint for endpoint in endpoints if has_hook_method(endpoint, version)],
        [endpoint for endpoint in endpoints if family(endpoint, version)],
        [endpoint for endpoint in endpoints if test(endpoint, version)],
        [endpoint for endpoint in endpoints if endpoint.name in own],
    )
    return f"| {version} | {' | '.join(str(len(each)) for each in found)} |"


def _family_of(endpoint: Endpoint) -> str | None:
    return family(endpoint, [*endpoint.paths][-1])


def _used(user: Any) -> set[str]:
    return {name for version in API_VERSIONS for name in user.endpoints(version)}


def _row(endpoint: Endpoint, users: list[type]) -> str:
    cells = (
        f"`{endpoint.name}`",
        endpoint.rate_class,
        _call(endpoint),
        ", ".join(_users(endpoint, users)) or "-",
        ", ".join(f"{version[:4]} {_shown_test(str(test(endpoint, version)))}" for version in endpoint.paths),
    )
    return f"| {' | '.join(cells)} |\n"


def _call(endpoint: Endpoint) -> str:
    """Each path with its versions, and what to call instead where it is deprecated."""
    by_path: dict[str, list[str]] = {}
    for version, path in endpoint.paths.items():
        by_path.setdefault(path, []).append(version)
    lines = [f"`{endpoint.method} {path}` {_years(versions)}" for path, versions in by_path.items()]
    gone = V2026 not in endpoint.paths
    if endpoint.deprecated or gone:
        instead = ", ".join(f"`{name}`" for name in REPLACED_BY.get(endpoint.name, ()))
        when = (
            f"deprecated ({_years(sorted(endpoint.deprecated))})" if endpoint.deprecated else "gone in 2026"
        )
        lines.append(f"{when}; instead: {instead}" if instead else f"{when}; nothing replaces it")
    return "<br>".join(lines)


def _users(endpoint: Endpoint, users: list[Any]) -> Iterator[str]:
    for user in sorted(users, key=lambda user: _short(user.__name__)):
        versions = [version for version in endpoint.paths if endpoint.name in user.endpoints(version)]
        if versions and user.__name__ != ANY_CALL:
            alone = "" if versions == [*endpoint.paths] else f" ({_years(versions)})"
            yield f"{_short(user.__name__)}{alone}"


def _short(name: str) -> str:
    return name.removeprefix("Extend").removesuffix("Operator")


def _shown_test(name: str) -> str:
    path, _, function = name.partition("::")
    return f"[{(function or Path(path).stem).removeprefix('test_')}](../{path})"


def _years(versions: Iterable[str]) -> str:
    return ", ".join(version[:4] for version in versions)


def main(arguments: list[str]) -> int:
    """Write the page, or compare it; return the exit code."""
    try:
        text = page()
    except Incomplete as lacking:
        print(lacking, file=sys.stderr)
        return 1
    shown = PAGE.relative_to(ROOT)
    if "--check" not in arguments:
        PAGE.write_text(text)
        print(f"{shown}: {len(text.splitlines())} lines")
        return 0
    if not PAGE.exists() or PAGE.read_text() != text:
        print(f"{shown} is not what there is: run scripts/api_coverage.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
