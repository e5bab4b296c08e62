"""Write the tables of the gate's simulation in docs/gate.md anew: `.venv/bin/python scripts/gate_tables.py`.

From benchmarks/results/gate_simulation.json, which `python -m benchmarks.gate_simulation` writes. A test holds the page
against it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gate.md"
NUMBERS = ROOT / "benchmarks" / "results" / "gate_simulation.json"

#: Policy -> where its healthy release has its fields.
HEALTHY = {"balanced": "target", "prove": "midway", "point": "midway"}
_PART = re.compile(r"(<!-- gate simulation: begin -->\n).*?(<!-- gate simulation: end -->)", re.DOTALL)


def page() -> str:
    """docs/gate.md with the tables of the numbers."""
    numbers = json.loads(NUMBERS.read_text())
    tables = f"\n{_limits(numbers['cells'])}\n{_AFTER}\n{_nightly(numbers['nightly'])}\n"
    return _PART.sub(lambda found: found[1] + tables + found[2], PAGE.read_text())


def _limits(cells: list[dict[str, Any]]) -> str:
    """The larger share of the two kinds of document, by number of documents."""

    def share(n: int, policy: str, name: str) -> str:
        found = [
            cell[name] / cell["draws"]
            for cell in cells
            if (cell["interval"], cell["n"], cell["policy"]) == ("exact", n, policy)
            and cell["healthy"] == HEALTHY[policy]
        ]
        return _percent(max(found))

    columns = [("publish_at_floor", policy) for policy in HEALTHY] + [
        ("fail_healthy", policy) for policy in HEALTHY
    ]
    columns += [("inconclusive_healthy", policy) for policy in ("balanced", "prove")]
    words = {
        "publish_at_floor": "bad, published",
        "fail_healthy": "healthy, FAIL",
        "inconclusive_healthy": "healthy, open",
    }
    head = [f"{words[name]}: {policy}" for name, policy in columns]
    lines = [f"| documents | {' | '.join(head)} |", "|---" * (len(columns) + 1) + "|"]
    for n in sorted({cell["n"] for cell in cells}):
        lines.append(f"| {n} | {' | '.join(share(n, policy, name) for name, policy in columns)} |")
    return "\n".join(lines) + "\n"


_AFTER = """\
*Bad*: one field is at its floor, the others are always right. *Healthy*: all fields are at their target for
`balanced`, and midway from there to 100 % for `prove` and `point`. *Open* is INCONCLUSIVE. Of fields that are
independent and fields that are right and wrong together the worse is shown.
[All numbers](../benchmarks/results/gate_simulation.md).

And a bad draft that is evaluated again on each of 30 nights, unchanged, until it is published:
"""


def _nightly(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| documents | policy | published on the first night | within 30 nights | with a store |",
        "|---" * 5 + "|",
    ]
    for row in rows:
        told = [
            _percent(row[name] / row["draws"])
            for name in ("first_night", "published", "published_with_store")
        ]
        lines.append(f"| {row['n']} | `{row['policy']}` | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


if __name__ == "__main__":
    PAGE.write_text(page())
