"""`python -m demo`: evaluate two drafts of an extractor, publish the good one, hold the bad one back."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import requests

from demo import documents
from demo.dashboard import V2024, V2026, Dashboard, legacy_config
from demo.processes import ROOT, TOKEN, Airflow, DemoError, Emulator
from demo.recount import disagreements, recount
from demo.report import FAIL, GOES_ON, PASS, WARN, GateRun, page_of, sentence, told

EXTRACTOR, PROCESSOR = "Invoices", "Invoices (2024)"


def main() -> int:
    given = _arguments()
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    given.out.mkdir(parents=True, exist_ok=True)
    for name in (
        "summary.json",
        "outputs.json",
        *(page.name for page in given.out.glob("gate-*")),
    ):  # of an earlier demo
        (given.out / name).unlink(missing_ok=True)
    children: list[Emulator | Airflow] = []
    home = Path(tempfile.mkdtemp(prefix="extend-demo-"))
    try:
        runs = _play(given, home, children)
    except DemoError as error:
        print(f"\n{error}")
        if error.log:
            _show_end(error.log)
        return 1
    except requests.RequestException as error:
        print(f"\nThe local Extend did not answer: {error}\nIts log: {given.out / 'emulator.log'}")
        return 1
    except KeyboardInterrupt:
        print("\nstopped")
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it takes a moment, and nothing is to be left behind
        for child in reversed(children):
            child.stop()
        shutil.rmtree(home, ignore_errors=True)
    return _conclude(runs, given.out, time.monotonic() - started)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    drafts = Path(__file__).parent / "drafts"
    parser.add_argument(
        "--drafts", type=Path, default=drafts, help="folder with good.json and regressed.json"
    )
    parser.add_argument("--documents", type=Path, help="use this folder of documents and truth.json")
    parser.add_argument("--out", type=Path, default=ROOT / "demo-out", help="where logs and results go")
    given = parser.parse_args()
    given.out = given.out.resolve()
    given.documents = given.documents.resolve() if given.documents else None
    needed = [given.drafts / "good.json", given.drafts / "regressed.json"]
    needed += [given.documents / documents.TRUTH] if given.documents else []
    for path in needed:
        if not path.is_file():
            parser.error(f"there is no {path}")
    return given


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _play(given: argparse.Namespace, home: Path, children: list[Emulator | Airflow]) -> list[GateRun]:
    good, regressed = (
        json.loads((given.drafts / f"{name}.json").read_text()) for name in ("good", "regressed")
    )
    emulator = Emulator(home / "extend", given.out / "emulator.log")
    children.append(emulator)
    folder = given.documents
    if folder is None:
        folder = given.out / "documents"
        shutil.rmtree(folder, ignore_errors=True)
        documents.write(folder)
    truth = json.loads((folder / documents.TRUTH).read_text(encoding="utf-8"))
    print(f"{len(truth)} labelled invoices and receipts in {_shown(folder)}", flush=True)

    base_url = emulator.base_url()
    print(f"Extend (a local one) at {base_url}", flush=True)
    airflow = Airflow(home / "airflow", base_url, given.out / "airflow.log")
    children.append(airflow)
    print(f"Airflow {airflow.answer()['airflow']} (its log: {_shown(airflow.log)})", flush=True)

    stage = _Stage(airflow, Dashboard(base_url, TOKEN), truth, given.out)
    extend = stage.extend
    extractor_id = extend.create_extractor(EXTRACTOR, good)
    conf = {"extractor_id": extractor_id, "documents_dir": str(folder)}
    gate_run = GateRun("The good draft", "extend_evaluation_gate", V2026, EXTRACTOR, PASS)
    runs = [stage.run(gate_run, extractor_id, good, conf)]
    extend.change_extractor(extractor_id, regressed)
    gate_run = GateRun("Somebody edits the draft", "extend_evaluation_gate", V2026, EXTRACTOR, FAIL)
    runs.append(stage.run(gate_run, extractor_id, regressed, conf))

    processor_id = extend.create_processor(PROCESSOR, legacy_config(good))
    set_id = extend.create_evaluation_set(processor_id, truth, extend.uploaded())
    # That API version does not tell how many files there were, which is a warning.
    conf = {"batch_processor_run_id": extend.press_run(processor_id, set_id)}
    gate_run = GateRun("An older account: a run by its id", "extend_gate_by_run_id", V2024, PROCESSOR, WARN)
    runs.append(stage.run(gate_run, processor_id, legacy_config(good), conf))
    return runs


class _Stage:
    """Runs a DAG and looks at what really came of it."""

    def __init__(self, airflow: Airflow, extend: Dashboard, truth: dict[str, Any], out: Path) -> None:
        self._airflow, self.extend, self._truth = airflow, extend, truth
        self._outputs: dict[str, Any] = {}
        self._out = out
        self._number = 0

    def run(self, run: GateRun, processor_id: str, draft: dict[str, Any], conf: dict[str, Any]) -> GateRun:
        self._number += 1
        print(f"\n{self._number}. {run.title}: {run.dag_id}, API version {run.api_version}", flush=True)
        started = time.monotonic()
        before = self.extend.published(processor_id, run.api_version)
        page = self._out / page_of(self._number)
        answer = self._airflow.run(run.dag_id, {**conf, "report_path": str(page)})
        after = self.extend.published(processor_id, run.api_version)
        run.seconds = round(time.monotonic() - started, 1)
        self._fill(run, answer)
        run.page = page.name if page.exists() else None
        self._check(run, answer, draft, before, after)
        if run.report:
            print(told(run))
            print(f"   The same as a page: {_shown(page)}\n")
        print(f"   {sentence(run)}", flush=True)
        return run

    def _fill(self, run: GateRun, answer: dict[str, Any]) -> None:
        waited, report = answer["xcoms"].get("wait") or {}, answer["xcoms"].get("gate") or {}
        run.run_id = waited.get("id")
        run.metrics, run.counts = waited.get("metrics") or {}, waited.get("counts") or {}
        run.report, run.verdict, run.rules = report, report.get("verdict"), report.get("rules") or []
        if run.run_id:
            outputs = self.extend.outputs(run.run_id)
            run.recounted = recount(self._truth, outputs)
            self._outputs[f"{self._number}. {run.title}"] = dict(sorted(outputs.items()))
            text = json.dumps(self._outputs, indent=2, ensure_ascii=False)
            (self._out / "outputs.json").write_text(text + "\n", encoding="utf-8")
            if outputs.keys() != self._truth.keys():
                run.problems.append(f"{len(outputs)} of {len(self._truth)} documents were evaluated.")

    def _check(
        self,
        run: GateRun,
        answer: dict[str, Any],
        draft: dict[str, Any],
        before: list[dict[str, Any]],
        after: list[dict[str, Any]],
    ) -> None:
        tell: Callable[[str], None] = run.problems.append
        run.latest = after[0]["version"] if after else None
        known = {version["id"] for version in before}
        new = [version for version in after if version["id"] not in known]
        if new:
            run.version, run.version_id = new[0]["version"], new[0]["id"]
        run.failed_tasks = failed = [task for task, state in answer["tasks"].items() if state == "failed"]
        if run.verdict is None:
            return tell(f"The gate said nothing; failed tasks: {', '.join(failed) or 'none'}.")
        if run.page is None:
            tell("The gate left no page of its report.")
        if run.verdict != run.expected:
            tell(f"The gate said {run.verdict}, expected was {run.expected}.")
        # Whatever was expected: what the gate says is to be true, and to be what happens.
        if failed != ([] if run.verdict in GOES_ON else ["gate"]):
            tell(f"Failed tasks: {', '.join(failed) or 'none'}.")
        if (recounted := _verdict(run)) != (PASS if run.verdict in GOES_ON else run.verdict):
            tell(f"Recounted, the verdict is {recounted}.")
        for difference in disagreements(run.recounted, run.metrics, run.counts):
            tell(f"{difference}.")
        if run.verdict not in GOES_ON:
            if new or "publish" in answer["xcoms"]:
                tell("A version was published.")
        elif len(new) != 1:
            tell(f"{len(new)} versions were published.")
        elif new[0]["config"] != draft:
            tell("The published config is not the draft that was judged.")
        elif new[0]["id"] != (answer["xcoms"].get("publish") or {}).get("id"):
            tell("The task publish returned another version than the one on the server.")


def _verdict(run: GateRun) -> str:
    """The gate's decision once more, from the recount alone."""
    for rule in run.rules:
        k, n = run.recounted.get(rule["selector"] or "", (0, 0))
        if not n or k / n < rule["minimum"]:
            return FAIL
    return PASS


def _conclude(runs: list[GateRun], out: Path, seconds: float) -> int:
    wrong = [run for run in runs if not run.ok]
    summary = {"ok": not wrong, "seconds": round(seconds, 1), "gate_runs": [run.as_dict() for run in runs]}
    (out / "summary.json").write_text(
        json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    if not wrong:
        print(
            f"\nAll as expected in {seconds:.0f} s. The versions were looked up on the server, and every score was "
            f"recounted from the documents.\nResults: {_shown(out / 'summary.json')}, the extracted values: "
            f"{_shown(out / 'outputs.json')}"
        )
        return 0
    if any(run.broken for run in wrong):
        print()
        _show_end(out / "airflow.log")
    print("\nNot as expected:")
    for run in wrong:
        print("\n".join(f"- {run.title}: {problem}" for problem in run.problems))
    print(f"Airflow's log: {_shown(out / 'airflow.log')}")
    return 1


def _show_end(log: Path, lines: int = 40) -> None:
    print(f"The end of {log}:")
    print("\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-lines:]))


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    sys.exit(main())
