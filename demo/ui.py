"""`python -m demo.ui`: a local Airflow and a local Extend to click through, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any

import requests

from demo import documents
from demo.components import AirflowServer, check, free_port
from demo.dashboard import V2024, V2026, Dashboard, legacy_config
from demo.processes import ROOT, TOKEN, Child, DemoError, Emulator, connection

GATE, BY_ID = "extend_evaluation_gate", "extend_gate_by_run_id"
Conf = dict[str, Any]


class Stopped(BaseException):
    """A signal came: the number is the signal's."""


def main() -> int:
    given = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    children: list[Child] = []
    home = Path(tempfile.mkdtemp(prefix="extend-ui-"))
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        _serve(given, home, children)
    except DemoError as error:
        print(f"\n{error}")
        if error.log:
            _show_end(error.log)
    except requests.RequestException as error:
        print(f"\nA local server did not answer: {error}\nThe logs are in {given.out}")
    except Stopped as stopped:
        print("\nstopping", flush=True)
        return 128 + int(stopped.args[0])
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it takes a moment, and nothing is to be left behind
        for child in children:
            child.let_go()
        for child in children:
            child.stop()
        shutil.rmtree(home, ignore_errors=True)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.ui", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of the UI, or another one if it is taken")
    parser.add_argument("--run-seconds", type=float, default=20, help="how long an evaluation run takes")
    parser.add_argument("--out", type=Path, default=ROOT / "demo-out" / "ui", help="where logs go")
    given = parser.parse_args()
    given.out = given.out.resolve()
    return given


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)


def _serve(given: argparse.Namespace, home: Path, children: list[Child]) -> None:
    started = time.monotonic()
    print(
        "Starting a local Extend and a local Airflow. It takes half a minute or so; Ctrl-C ends it.",
        flush=True,
    )
    emulator = Emulator(home / "extend", given.out / "emulator.log", given.run_seconds, guarded=home)
    children.append(emulator)
    base_url = emulator.base_url()
    good, regressed, by_id = _furnish(Dashboard(base_url, TOKEN), home / "documents")

    filled_in = {GATE: good, BY_ID: by_id}
    airflow = AirflowServer(home, free_port(given.port), given.out, filled_in, children)
    airflow.start()
    for conn_id, version in (("extend_default", V2026), ("extend_legacy", V2024)):
        # The Test button works for a connection that is stored with its port.
        port = int(base_url.rpartition(":")[2])
        airflow.connect(conn_id, _as_stored(connection(base_url, version)) | {"port": port})
    airflow.wait_for_dags(GATE, BY_ID)
    print(_guide(airflow.url, good, regressed, by_id, given, time.monotonic() - started), flush=True)
    while True:
        check(children)
        time.sleep(0.5)


def _as_stored(fields: Conf) -> Conf:
    return fields | {"extra": json.dumps(fields["extra"])}


def _furnish(extend: Dashboard, folder: Path) -> tuple[Conf, Conf, Conf]:
    """Documents, processors and a run, and what the DAGs are given to find them."""
    drafts = Path(__file__).parent / "drafts"
    good, regressed = (json.loads((drafts / f"{name}.json").read_text()) for name in ("good", "regressed"))
    documents.write(folder)
    truth = json.loads((folder / documents.TRUTH).read_text(encoding="utf-8"))
    extractors = [extend.create_extractor("Invoices", good), extend.create_extractor("Worse", regressed)]
    processor_id = extend.create_processor("Invoices (2024)", legacy_config(good))
    files = {name: extend.upload(folder / name) for name in truth}
    run_id = extend.press_run(processor_id, extend.create_evaluation_set(processor_id, truth, files))
    first, second = ({"extractor_id": each, "documents_dir": str(folder)} for each in extractors)
    return first, second, {"batch_processor_run_id": run_id}


def _guide(
    url: str, good: Conf, regressed: Conf, by_id: Conf, given: argparse.Namespace, seconds: float
) -> str:
    return f"""
Ready after {seconds:.0f} s. Open {url} (there is no login).

1. Admin > Connections: press Test Connection, the pulse at the end of a row.
2. Dags > {GATE} > Trigger. The form is filled in with:
     {json.dumps(good)}
   `wait` is deferred for some {given.run_seconds:.0f} s and holds no worker meanwhile. Then look at XCom: `gate` has
   its report, `publish` the published version.
3. The same with a worse draft: `gate` fails, and nothing is published. Advanced Options > Configuration JSON:
     {json.dumps(regressed)}
4. Dags > {BY_ID} > Trigger. It judges a run that was started in the dashboard (API 2024-12-23):
     {json.dumps(by_id)}

Task logs are in the UI, those of the servers in {_shown(given.out)}
Ctrl-C ends it all and throws its state away."""


def _show_end(log: Path, lines: int = 40) -> None:
    print(f"The end of {log}:")
    print("\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-lines:]))


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
