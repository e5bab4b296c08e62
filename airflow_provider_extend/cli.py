"""`airflow-extend`: the command line of this package. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import NoReturn

from airflow_provider_extend import __version__, gate_cli


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what it returns is the exit code."""
    given = _parser().parse_args(argv)
    code: int = given.run(given)
    if argv is None:
        # The process ends now, and Airflow may log what it clears away.
        sys.stdout.flush()
        os.dup2(2, 1)
        sys.stdout = sys.stderr
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse shows the usage alone; whoever mistypes wants to see what there is.
        self.print_help(sys.stderr)
        self.exit(2, f"\n{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="airflow-extend", description="Tools of the Airflow provider for Extend.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    doctor = commands.add_parser(
        "doctor",
        help="examine a connection to Extend, and say what is wrong and how to mend it",
        description=(
            "Examine a connection to Extend, as this machine sees it, and say what is wrong and how to mend it. "
            "One request is sent, which costs nothing. Exit code: 0 if nothing failed, 1 otherwise, 2 for usage."
        ),
    )
    doctor.add_argument("conn_id", nargs="?", default="extend_default", metavar="CONN_ID")
    doctor.add_argument("--json", action="store_true", help="a report for a support request; holds no secret")
    doctor.set_defaults(run=_doctor)
    gate_cli.add_commands(commands)
    return parser


def _doctor(given: argparse.Namespace) -> int:
    with _stdout_for_the_report_alone():
        from airflow_provider_extend.doctor import examine
        from airflow_provider_extend.doctor.stored import left_behind

        report = examine(given.conn_id)
    _write(report.as_json() if given.json else report.as_text())
    code = 0 if report.ok else 1
    if left_behind():
        os._exit(code)  # Airflow's clean-up would trip over a database session that hangs
    return code


@contextmanager
def _stdout_for_the_report_alone() -> Iterator[None]:
    """Send to stderr what Airflow and its plugins print, log or warn while they are imported and used."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)  # for what writes past sys.stdout
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()
