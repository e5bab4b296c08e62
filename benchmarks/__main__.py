"""Every benchmark, and the page of their results: `python -m benchmarks [--quick]`.

Waiting, imports and the client are measured anew; of what `python -m benchmarks.triggerer` measures, the last result is
shown. After an interruption `--from ROW` goes on with that row of the waiting.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import client, imports, report, results, waiting


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="few rows, into .dev/benchmarks; no page is written"
    )
    parser.add_argument(
        "--rows", nargs="*", default=[], metavar="PATTERN", help="these rows of the waiting alone"
    )
    parser.add_argument("--from", dest="first", metavar="ROW", help="go on with this row of the waiting")
    args = parser.parse_args(argv)
    folder: Path = results.WORK if args.quick else results.FOLDER
    rows = waiting.chosen(waiting.QUICK if args.quick else waiting.FULL, args.rows, args.first)
    started = time.monotonic()
    waiting.run(rows, folder)
    if not args.rows:
        imports.run(folder, 3)
        client.run(folder)
    print(f"{(time.monotonic() - started) / 60:.0f} minutes; results in {folder}")
    page = report.render(report.PAGE.read_text(), folder)
    if args.quick:
        print(page)
    else:
        report.PAGE.write_text(page)


if __name__ == "__main__":
    main()
