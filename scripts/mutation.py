"""Change the code in small ways, one at a time, and see how many of the changes make a test fail.

    .venv/bin/python scripts/mutation.py                          all the changes
    .venv/bin/python scripts/mutation.py --seconds 120 --seed 7   as many as there is time for, drawn at random

`[tool.mutmut]` in pyproject.toml names the modules and their tests. mutmut changes what stands in functions and tries
each change in a fork. What is carried out on import it leaves out, the retry table and the constants among it: such
changes are made by the same operators and tried in a new interpreter each.

All of it happens in a copy below .dev/mutation. The exit code is 1 if too small a share of the changes was noticed.
"""

import argparse
import contextlib
import datetime
import difflib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".dev" / "mutation"
FLOOR = 0.87  # the share that has to be noticed; of all changes it is 0.97, of a few it may be less
DROPPED = ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PYTEST_ADDOPTS", "MUTANT_UNDER_TEST")


def rank(seed, name):
    """Return a mutant's place in the random order."""
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()


def run(command, seconds, log=None):
    """Run a command as a session of its own; return its exit code, or None if time was up."""
    env = {name: value for name, value in os.environ.items() if name not in DROPPED}
    env["TMPDIR"] = str(WORK / "tmp")
    streams = {"stdin": subprocess.DEVNULL, "stdout": log or subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    child = subprocess.Popen(command, env=env, start_new_session=True, **streams)
    try:
        return child.wait(max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)  # mutmut then ends in good order
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(10)
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def in_functions(paths, seed, deadline):
    """Yield path, status and, of a survivor, the difference for every mutant in a function."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    with Path("mutmut.log").open("w") as log:
        code = run([sys.executable, __file__, "--seed", seed, "--mutmut"], deadline - time.monotonic(), log)
    if code:
        sys.exit(f"mutmut failed (exit code {code}), as it does where tests fail: {WORK / 'mutmut.log'}")
    for path in paths:
        data = SourceFileMutationData(path=Path(path))
        data.load()
        for name, exit_code in data.exit_code_by_key.items():
            status = status_by_exit_code[exit_code]
            survived = status == "survived"
            yield path, status, f"{name}\n{get_diff_for_mutant(name, path=path)}" if survived else ""


def on_import(paths, seed, deadline):
    """Yield the same for every mutant outside of functions."""
    from mutmut.configuration import config
    from mutmut.mutation.file_mutation import create_mutations, deep_replace

    mutants = []
    for path in paths:
        code = Path(path).read_text()
        module, mutations, *_ = create_mutations(path, code)
        for number, mutation in enumerate(mutations):
            if mutation.contained_by_top_level_function is None:
                changed = deep_replace(module, mutation.original_node, mutation.mutated_node).code
                mutants.append((rank(seed, f"{path} {number}"), path, code, changed))
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", *config().pytest_add_cli_args]
    tests = config().pytest_add_cli_args_test_selection
    if run([*pytest, *tests], deadline - time.monotonic()):
        sys.exit("The tests fail without any change.")
    light = [test for test in tests if test.startswith("tests/api/")]  # half a second: these need no Airflow
    for number, (_, path, code, changed) in enumerate(sorted(mutants)):
        Path(path).write_text(changed)
        os.utime(path, (number, number))  # else the bytecode of another change of this second might be used
        result, left = 0, deadline - time.monotonic()
        for some in (light, [test for test in tests if test not in light]):
            if result == 0 and left > 0:
                result, left = run([*pytest, *some], min(left, 60.0)), deadline - time.monotonic()
        Path(path).write_text(code)
        status = "not checked" if left <= 0 else {0: "survived", None: "timeout"}.get(result, "killed")
        lines = difflib.unified_diff(code.splitlines(), changed.splitlines(), path, path, n=1, lineterm="")
        yield path, status, "\n".join(lines) if status == "survived" else ""


def main():
    """Run, print the counts, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1e6, help="take a sample: about as long as this")
    parser.add_argument("--seed", default=datetime.date.today().isoformat(), help="of the draw (today)")
    parser.add_argument("--mutmut", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.mutmut:  # the process that in_functions starts
        from mutmut import __main__ as mutmut

        mutmut.estimated_worst_case_time = lambda name: rank(args.seed, name)  # what it sorts by
        return mutmut._run([], 1)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()
    print(f"Mutants in a random order, seed {args.seed}", flush=True)
    shutil.rmtree(WORK, ignore_errors=True)
    for name in ("airflow_provider_extend", "tests"):
        shutil.copytree(ROOT / name, WORK / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", WORK)
    (WORK / "tmp").mkdir()
    os.chdir(WORK)
    from mutmut.configuration import config  # it reads what lies here

    paths, counts = config().only_mutate, {}
    for part, share in ((in_functions, 0.75), (on_import, 1.0)):
        for path, status, difference in part(paths, args.seed, began + args.seconds * share):
            counts.setdefault(path, Counter())[status] += 1
            if difference:
                print(f"\nsurvived: {difference}", flush=True)
    print()
    for path, found in (*counts.items(), ("all", total := sum(counts.values(), Counter()))):
        print(f"{path:42}", ", ".join(f"{number} {status}" for status, number in sorted(found.items())))
    checked, noticed = total.total() - total["not checked"], total["killed"] + total["timeout"]
    enough = checked and noticed >= FLOOR * checked
    print(f"{noticed} of {checked} noticed, seed {args.seed}, {time.monotonic() - began:.0f} s")
    return 0 if enough else f"Too few: at least {FLOOR:.0%} are asked for."  # printed, and the exit code is 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
