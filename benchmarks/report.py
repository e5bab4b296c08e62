"""The tables of docs/benchmarks.md, rendered from the files of results: no number of the page is typed by hand.

`python -m benchmarks.report [--check] [--results FOLDER]`: each table stands between `<!-- table: NAME -->` and
`<!-- end -->`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import results, volume_report
from benchmarks.tables import (
    NOT_MEASURED,
    Figure,
    Number,
    Row,
    at_least,
    at_most,
    below,
    figure,
    machine,
    most,
    shown,
    table,
)

PAGE = results.ROOT / "docs" / "benchmarks.md"
_SLOT = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.S)
_NAMES = {"dbt-cloud": "dbt-cloud's trigger", "http": "http's trigger", "sdk": "the official SDK's poller"}
#: What a figure is compared with: the better of these two.
_TRIGGERS = ("dbt-cloud", "http")
_PEERS = (*_TRIGGERS, "sdk")


class Waiting:
    """The rows of the waiting that gave a result."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.all = list(rows)
        self.done = [row for row in self.all if "measured" in row]

    def find(self, **wanted: Any) -> Row | None:
        """The first row whose settings are these."""
        return next(
            (row for row in self.done if all(row[name] == value for name, value in wanted.items())), None
        )

    def cpu(self, row: Row) -> float:
        """Part of a core that the waiting took: the process's, less what one takes that only holds the ruler."""
        idle = self.find(side="nobody", runs=row["runs"])
        return max(0.0, _gross(row) - (_gross(idle) if idle else 0.0))

    def cpu_per_request(self, row: Row) -> float | None:
        """Milliseconds."""
        one = row["measured"]
        return 10 * self.cpu(row) * one["seconds"] / one["requests"] if one["requests"] else None

    def beyond_airflow(self, row: Row) -> float | None:
        """KB a waiter beyond those of Airflow's own trigger object."""
        idle = self.find(side="nobody", runs=row["runs"])
        return row["measured"]["waiter_kb"] - idle["measured"]["waiter_kb"] if idle else None

    def better(
        self, runs: int, measure: Callable[[Row], Number], sides: Sequence[str], tls: bool = True
    ) -> float | None:
        """The lowest measure that one of the peers has with so many runs."""
        rows = [self.find(side=side, runs=runs, tls=tls) for side in sides]
        return min((found for row in rows if row and (found := measure(row)) is not None), default=None)


def render(page: str, folder: Path) -> str:
    """`page` with each of its tables made anew.

    :param folder: of the files of results.
    """
    waiting = results.load(folder, "waiting")
    tables: dict[str, Callable[[], str]] = {
        "machine": lambda: machine(waiting.get("machine")),
        "asked": lambda: _asked(Waiting(waiting["rows"])),
        "waiting": lambda: _waiting(Waiting(waiting["rows"])),
        "imports": lambda: _imports(results.load(folder, "imports")["rows"]),
        "client": lambda: _client(results.load(folder, "client")["rows"]),
        "triggerer": lambda: _triggerer(results.load(folder, "triggerer")),
        **volume_report.tables(folder),
    }
    return _SLOT.sub(lambda found: f"{found[1]}{tables[found[2]]()}\n{found[3]}", page)


def _label(row: Row) -> str:
    if row["side"] != "extend":
        return _NAMES[row["side"]] + ("" if row["tls"] else ", without TLS")
    if row["kind"] != "extract_run":
        return f"extend: {row['kind']}, {row['rate']:g}/s"
    others = f", {row['others']:g} changes/s of others" if row["others"] else ""
    return f"extend: extract_run, pages of {row['pages']}, {row['rate']:g}/s{others}"


def _waiting(waiting: Waiting) -> str:
    """A table for each number of runs: the peers, then this provider's rows."""
    head = [
        "who waits",
        "% of a core",
        "",
        "requests",
        "",
        "most in a second",
        "KB a waiter",
        "lag p99",
        "CPU a request",
    ]
    head += ["end seen after, p50", "p99", "seen"]
    parts = []
    for runs in sorted({row["runs"] for row in waiting.all}):
        rows = [row for row in waiting.all if row["runs"] == runs and row["side"] != "nobody"]
        rows.sort(key=lambda row: row["side"] == "extend")
        parts.append(f"#### {runs:,} runs\n\n" + table(head, [_cells(waiting, row) for row in rows]))
        idle = waiting.find(side="nobody", runs=runs)
        if idle:
            one = idle["measured"]
            parts.append(
                f"Nobody waiting: {one['core_percent']:.2f} % of a core, {one['waiter_kb']:.1f} KB for each of "
                f"Airflow's own trigger objects, lag p99 {one['lag_ms']['p99']:.1f} ms."
            )
    return "\n\n".join(parts) or f"({NOT_MEASURED})"


def _cells(waiting: Waiting, row: Row) -> list[str]:
    if "measured" not in row:
        return [_label(row), f"failed: {row['failed']}", *[""] * 10]
    one, runs = row["measured"], row["runs"]
    wanted = one["wanted"]
    requests = f"{one['requests']:,}" + (f" of {wanted:,} wanted" if wanted else "")
    beyond = waiting.beyond_airflow(row)
    failures = sum(one["failures"].values())
    worst = max(one["failures"], key=one["failures"].__getitem__, default="")
    return [
        _label(row),
        f"{waiting.cpu(row):.2f}",
        _times(waiting.cpu(row), waiting.better(runs, waiting.cpu, _TRIGGERS)),
        requests,
        _times(one["requests"], waiting.better(runs, _requests, _TRIGGERS)),
        str(one["busiest_second"]),
        f"{one['waiter_kb'] if beyond is None else beyond:.1f}",
        f"{one['lag_ms']['p99']:.1f} ms",
        shown(waiting.cpu_per_request(row), "{:.2f} ms"),
        *(
            shown(one["latency_s"][name], "{:.2f} s", "not seen" if one["ended"] else "-")
            for name in ("p50", "p99")
        ),
        f"{one['seen']} of {one['ended']}"
        + (f"; {failures:,} failed: {worst}" if failures else "")
        + (f"; {one['started']:,} waits had begun" if one["started"] < runs else ""),
    ]


def _requests(row: Row) -> int:
    return int(row["measured"]["requests"])


def _latency(row: Row) -> float | None:
    found: float | None = row["measured"]["latency_s"]["p50"]
    return found


def _times(value: float, peer: Number) -> str:
    """How many times less, or more, than the better peer's; nothing beside that one itself."""
    if not peer or not value or value == peer:
        return "-"
    return f"{peer / value:.1f} x less" if value <= peer else f"{value / peer:.1f} x more"


def _asked(waiting: Waiting) -> str:
    """What was set out to be reached, what was measured, and whether that is it."""
    rows = [*_shared(waiting), *_single(waiting), *_ten_thousand(waiting)]
    return table(
        ["what was set out", "measured", ""], [[text, found, verdict] for text, found, verdict in rows]
    )


def _ratio(peer: Number, own: Number) -> float | None:
    return peer / own if peer and own else None


def _shared(waiting: Waiting) -> list[Figure]:
    own = waiting.find(side="extend", runs=1000, kind="extract_run", pages=100, others=0.0, rate=10.0)
    case = "1,000 listable runs, pages of 100, no other traffic: "

    def less(text: str, measure: Callable[[Row], Number], times: float, tls: bool = True) -> Figure:
        peer = waiting.better(1000, measure, _TRIGGERS, tls)
        ratio = _ratio(peer, measure(own)) if own else None
        return figure(case + text, ratio, "{:.0f} times", at_least(times))

    waits = waiting.better(1000, _latency, _TRIGGERS)
    late = None
    if own:
        late = math.inf if (seen := _latency(own)) is None else seen
    return [
        less(
            "at least 50 times fewer requests than the better of dbt-cloud's and http's triggers",
            _requests,
            50,
        ),
        less("at least 30 times less CPU than theirs", waiting.cpu, 30),
        less("the same where only theirs is spared TLS", waiting.cpu, 30, tls=False),
        less("the same with the ruler's own CPU counted on both sides", _gross, 30),
        figure(
            f"{case}an end is seen no later than by theirs (p50, {shown(waits, '{:.2f} s')})",
            late,
            "{:.2f} s",
            at_most(waits),
        ),
    ]


def _gross(row: Row) -> float:
    return float(row["measured"]["core_percent"])


def _single(waiting: Waiting) -> list[Figure]:
    peer = waiting.better(1000, waiting.cpu_per_request, _PEERS)
    figures = []
    for rate, percent in ((10.0, 3.0), (75.0, 12.0)):
        # So many runs make the triggers ask as often, each 5 s.
        runs = round(5 * rate)
        as_often = waiting.better(runs, waiting.cpu_per_request, _TRIGGERS)
        rows = [
            row
            for row in waiting.done
            if row["side"] == "extend" and row["kind"] != "extract_run" and row["rate"] == rate
        ]
        kinds: list[tuple[str, Callable[[Row], Number], str, Callable[[float], bool]]] = [
            ("never above that", _busiest, "{:g} in a second", at_most(rate)),
            (f"less than {percent:g} % of a core", waiting.cpu, "{:.2f} %", below(percent)),
            ("lag of the event loop below 10 ms (p99)", _lag, "{:.1f} ms", below(10)),
            (
                f"less CPU a request than any peer ({shown(peer, '{:.2f} ms')} at 1,000 runs)",
                waiting.cpu_per_request,
                "{:.2f} ms",
                below(peer),
            ),
            (
                f"less CPU a request than either trigger that asks as often "
                f"({shown(as_often, '{:.2f} ms')} at {runs} runs)",
                waiting.cpu_per_request,
                "{:.2f} ms",
                below(as_often),
            ),
        ]
        for text, measure, form, met in kinds:
            case = f"kinds without a list, {rate:g} requests/s: {text}"
            figures.append(figure(case, most(rows, measure), form, met))
    return figures


def _busiest(row: Row) -> int:
    return int(row["measured"]["busiest_second"])


def _lag(row: Row) -> float:
    return float(row["measured"]["lag_ms"]["p99"])


def _ten_thousand(waiting: Waiting) -> list[Figure]:
    rows = [row for row in waiting.done if row["side"] == "extend" and row["runs"] == 10_000]
    return [
        figure(
            "10,000 runs: less than 20 % of a core, in every row",
            most(rows, waiting.cpu),
            "{:.1f} %",
            below(20),
        ),
        figure(
            "10,000 runs: less than 10 KB a waiter beyond Airflow's own trigger object",
            most(rows, waiting.beyond_airflow),
            "{:.1f} KB",
            below(10),
        ),
    ]


def _imports(rows: Sequence[Row]) -> str:
    cells = [
        [
            row["name"],
            f"{row['ms']:.0f} ms",
            f"{row['ms'] / row['airflow_ms']:.1%}",
            f"{row['mb']:.1f} MB",
            str(row["modules"]),
        ]
        if "failed" not in row
        else [row["name"], row["failed"], "", "", ""]
        for row in rows
    ]
    return table(["import", "time", "of Airflow's own import", "memory", "modules"], cells)


def _client(rows: Sequence[Row]) -> str:
    cells = [
        [
            row["name"],
            f"{row['extend']:.2f} ms",
            f"{row['requests']:.2f} ms",
            f"{row['extend'] / row['requests']:.2f}",
        ]
        for row in rows
    ]
    return table(["answer", "`ExtendClient.call`", "bare requests", "ratio"], cells)


def _triggerer(found: Any) -> str:
    """Whatever figures the file holds: {"name", "value", "unit"}."""
    rows = (
        found
        if isinstance(found, list)
        else next((one for one in found.values() if isinstance(one, list)), [])
    )
    return table(
        ["figure", "value"], [[row["name"], f"{row['value']} {row['unit']}".strip()] for row in rows]
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report")
    parser.add_argument("--check", action="store_true", help="fail if the page is not what the results say")
    parser.add_argument("--results", type=Path, default=results.FOLDER, metavar="FOLDER")
    args = parser.parse_args(argv)
    before = PAGE.read_text()
    page = render(before, args.results)
    if not args.check:
        PAGE.write_text(page)
    elif page != before:
        sys.exit("docs/benchmarks.md is not what benchmarks/results/ says: run python -m benchmarks.report")


if __name__ == "__main__":
    main()
