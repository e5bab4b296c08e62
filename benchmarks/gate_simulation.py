"""How often the evaluation gate is wrong: releases drawn at random, judged by the gate itself.

`python -m benchmarks.gate_simulation` draws what `tests/gate/simulation/scenario.yaml` describes, writes
`benchmarks/results/gate_simulation.json` and the tables of it, `gate_simulation.md` beside it, and ends with 1 where a
limit of the scenario is not kept. It needs numpy. `--tables` writes the tables anew from the numbers that are there.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate.judge import judge
from airflow_provider_extend.gate.plan import documents_needed, healthy_share
from airflow_provider_extend.gate.rules import Rule, Rules
from airflow_provider_extend.gate.verdicts import FAIL, INCONCLUSIVE, PASS, WARN

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "tests" / "gate" / "simulation" / "scenario.yaml"
RESULTS = ROOT / "benchmarks" / "results" / "gate_simulation.json"
TABLES = RESULTS.with_suffix(".md")
FIELDS = "extract.fields.*.accuracy"
WHOLE = "extract.accuracy"
POLICIES = ("balanced", "prove", "point")
_DAY = datetime.date(2026, 1, 1)
#: Uniform numbers that are held at a time.
_AT_ONCE = 6_000_000


@dataclass(frozen=True)
class Share:
    """How often something was seen."""

    seen: int
    draws: int

    @property
    def value(self) -> float:
        return self.seen / self.draws

    def keeps(self, limit: float, standard_errors: float) -> bool:
        """Whether it is at most `limit`, but for the luck of the draw."""
        return self.value <= limit + standard_errors * math.sqrt(limit * (1 - limit) / self.draws)


class Gate:
    """One rule of the gate; what it says about counts that it has seen before is remembered."""

    def __init__(self, scenario: Mapping[str, Any], policy: str, interval: str, select: str = FIELDS) -> None:
        rule = Rule(select, min=scenario["target"], floor=scenario["floor"])
        self.rules = Rules((rule,), policy=policy, interval=interval, confidence=scenario["confidence"])
        self.fields = scenario["fields"]
        self._fields: dict[tuple[int, ...], tuple[str, bool]] = {}
        self._whole: dict[tuple[int, int], str] = {}

    def of_fields(self, right: Sequence[int], n: int) -> tuple[str, bool]:
        """The verdict on fields of which so many were right, and whether each of them is settled."""
        key = (n, *sorted(right))
        if key not in self._fields:
            names = [f"extract.fields.f{place}.accuracy" for place in range(len(right))]
            evidence = _evidence(
                n,
                metrics={name: int(k) / n for name, k in zip(names, right, strict=True)},
                counts={name: (int(k), n) for name, k in zip(names, right, strict=True)},
            )
            report = judge(self.rules, evidence, today=_DAY)
            settled = all(line.verdict != INCONCLUSIVE for line in report.lines)
            self._fields[key] = report.verdict, settled
        return self._fields[key]

    def of_whole(self, right: int, n: int) -> str:
        """The verdict on `extract.accuracy`, where so many fields of all were right."""
        if (right, n) not in self._whole:
            evidence = _evidence(n, metrics={WHOLE: right / (n * self.fields)})
            self._whole[right, n] = judge(self.rules, evidence, today=_DAY).verdict
        return self._whole[right, n]

    def verdicts(self, drawn: np.ndarray, n: int) -> tuple[Counter[str], int]:
        """How often each verdict, and how often all fields are settled."""
        seen: Counter[str] = Counter()
        settled = 0
        for right in drawn.tolist():
            verdict, all_settled = self.of_fields(right, n)
            seen[verdict] += 1
            settled += all_settled
        return seen, settled


def _evidence(n: int, **given: Any) -> Evidence:
    return Evidence(files=(n, n), outcome="succeeded", metrics_from="evaluation_set_run", **given)


def draw(rng: np.random.Generator, draws: int, n: int, shares: Sequence[float], icc: float) -> np.ndarray:
    """Right values of each field in n documents, `draws` times: an array [draws, fields]."""
    if icc == 0:
        return rng.binomial(n, shares, size=(draws, len(shares)))
    rows = max(1, _AT_ONCE // (n * len(shares)))
    parts = []
    for start in range(0, draws, rows):
        size = (min(rows, draws - start), n, len(shares))
        of_document = rng.random((*size[:2], 1))
        luck = np.where(rng.random(size) < math.sqrt(icc), of_document, rng.random(size))
        parts.append((luck < np.asarray(shares)).sum(axis=1))
    return np.concatenate(parts)


def random_numbers(scenario: Mapping[str, Any], *cell: Any) -> np.random.Generator:
    """Of one cell of the table, whatever is drawn before it."""
    name = hashlib.sha256(repr(cell).encode()).digest()
    return np.random.default_rng([scenario["seed"], int.from_bytes(name[:8], "big")])


def places(scenario: Mapping[str, Any]) -> dict[str, float]:
    return {
        "target": healthy_share(scenario["target"], "balanced"),
        "midway": healthy_share(scenario["target"], "prove"),
    }


def cells(
    scenario: Mapping[str, Any],
    sizes: Sequence[int],
    draws: int,
    interval: str,
    policies: Sequence[str] = POLICIES,
) -> Iterator[dict[str, Any]]:
    """The three numbers for each n, correlation and policy."""
    fields, floor = scenario["fields"], scenario["floor"]
    gates = {policy: Gate(scenario, policy, interval) for policy in policies}
    for icc in scenario["icc"]:
        for n in sizes:
            one_bad = draw(
                random_numbers(scenario, "floor", n, icc), draws, n, [floor] + [1.0] * (fields - 1), icc
            )
            healthy = {
                place: draw(random_numbers(scenario, place, n, icc), draws, n, [share] * fields, icc)
                for place, share in places(scenario).items()
            }
            for policy, gate in gates.items():
                bad, _ = gate.verdicts(one_bad, n)
                for place in scenario["healthy"][policy]:
                    good, settled = gate.verdicts(healthy[place], n)
                    yield {
                        "interval": interval,
                        "icc": icc,
                        "n": n,
                        "policy": policy,
                        "healthy": place,
                        "draws": draws,
                        "publish_at_floor": bad[PASS] + bad[WARN],
                        "fail_healthy": good[FAIL],
                        "inconclusive_healthy": good[INCONCLUSIVE],
                        "settled_healthy": settled,
                    }


def aggregates(scenario: Mapping[str, Any], draws: int) -> Iterator[dict[str, Any]]:
    """A rule on the share over all fields and documents, which counts as n documents."""
    fields = scenario["fields"]
    gates = {policy: Gate(scenario, policy, "exact", WHOLE) for policy in ("balanced", "prove")}
    for icc in scenario["aggregate"]["icc"]:
        for n in scenario["aggregate"]["n"]:
            for policy, gate in gates.items():
                [place] = scenario["healthy"][policy]
                seen = {}
                for name, share in (("floor", scenario["floor"]), ("healthy", places(scenario)[place])):
                    rng = random_numbers(scenario, "aggregate", n, icc, name, share)
                    drawn = draw(rng, draws, n, [share] * fields, icc).sum(axis=1)
                    seen[name] = Counter(gate.of_whole(right, n) for right in drawn.tolist())
                yield {
                    "icc": icc,
                    "n": n,
                    "policy": policy,
                    "healthy": place,
                    "draws": draws,
                    "publish_at_floor": seen["floor"][PASS] + seen["floor"][WARN],
                    "fail_healthy": seen["healthy"][FAIL],
                    "inconclusive_healthy": seen["healthy"][INCONCLUSIVE],
                }


def advice(scenario: Mapping[str, Any], draws: int) -> Iterator[dict[str, Any]]:
    """Whether as many documents as are advised settle a healthy release, and half as many do not."""
    target, floor, fields = scenario["target"], scenario["floor"], scenario["fields"]
    for policy in ("balanced", "prove"):
        [place] = scenario["healthy"][policy]
        share = places(scenario)[place]
        settled = scenario["advice"]["settled"]
        advised = documents_needed(target, floor, policy, scenario["confidence"], "exact", fields, settled)
        assert advised is not None
        gate = Gate(scenario, policy, "exact")
        for icc in scenario["icc"]:
            for n in (advised, advised // 2):
                drawn = draw(random_numbers(scenario, "advice", n, icc), draws, n, [share] * fields, icc)
                seen, all_settled = gate.verdicts(drawn, n)
                yield {
                    "policy": policy,
                    "healthy": place,
                    "icc": icc,
                    "advised": advised,
                    "n": n,
                    "draws": draws,
                    "inconclusive_healthy": seen[INCONCLUSIVE],
                    "settled_healthy": all_settled,
                }


def nightly(scenario: Mapping[str, Any], draws: int) -> Iterator[dict[str, Any]]:
    """A bad draft, looked at each night, unchanged: how often it is out in the end, and how often it was paid for."""
    nights = scenario["nightly"]["nights"]
    for n in scenario["nightly"]["n"]:
        rng = random_numbers(scenario, "nightly", n)
        right = rng.binomial(n, scenario["floor"], size=(draws, nights))
        for policy in POLICIES:
            gate = Gate(scenario, policy, "exact")
            all_right = [n] * (scenario["fields"] - 1)
            verdicts = [gate.of_fields([k, *all_right], n)[0] for k in range(n + 1)]
            passes = np.array([verdict in (PASS, WARN) for verdict in verdicts])[right]
            fails = np.array([verdict == FAIL for verdict in verdicts])[right]
            # Without a store a FAIL is forgotten by the next night; with one it stands, and nothing is run.
            first_pass = _first(passes)
            answered = np.minimum(first_pass, _first(fails))
            yield {
                "n": n,
                "policy": policy,
                "nights": nights,
                "draws": draws,
                "first_night": int(passes[:, 0].sum()),
                "published": int((first_pass < nights).sum()),
                "paid": int(np.minimum(first_pass + 1, nights).sum()),
                "published_with_store": int(((first_pass == answered) & (first_pass < nights)).sum()),
                "paid_with_store": int(np.minimum(answered + 1, nights).sum()),
            }


def _first(seen: np.ndarray) -> np.ndarray:
    """The first night on which it was seen; after the last where never."""
    return np.where(seen.any(axis=1), seen.argmax(axis=1), seen.shape[1])


def broken(scenario: Mapping[str, Any], numbers: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The limits of the scenario that are not kept."""
    limits = scenario["limits"]
    errors = limits["standard_errors"]
    found = []
    held = [row for row in numbers["cells"] if row["interval"] == "exact" and row["policy"] != "point"]
    for row in [*held, *numbers["aggregates"]]:
        for name in ("publish_at_floor", "fail_healthy"):
            share = Share(row[name], row["draws"])
            if not share.keeps(limits[name], errors):
                found.append(f"{name} is {share.value:.2%} in {row}")
    for row in numbers["advice"]:
        share = Share(row["inconclusive_healthy"], row["draws"])
        if row["n"] == row["advised"] and not share.keeps(scenario["advice"]["inconclusive"], errors):
            found.append(f"inconclusive_healthy is {share.value:.2%} in {row}")
    return found


def simulate(scenario: Mapping[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    numbers: dict[str, Any] = {"scenario": hashlib.sha256(SCENARIO.read_bytes()).hexdigest(), "cells": []}
    for interval in scenario["intervals"]:
        for row in cells(scenario, scenario["n"], scenario["draws"], interval):
            print(f"{time.perf_counter() - started:6.0f} s", row, file=sys.stderr, flush=True)
            numbers["cells"].append(row)
    numbers["aggregates"] = list(aggregates(scenario, scenario["draws"]))
    numbers["advice"] = list(advice(scenario, scenario["draws"]))
    numbers["nightly"] = list(nightly(scenario, scenario["nightly"]["draws"]))
    numbers["seconds"] = round(time.perf_counter() - started)
    return numbers


# --- tables ----------------------------------------------------------------------------------------------------


def tables(scenario: Mapping[str, Any], numbers: Mapping[str, Any]) -> str:
    """The numbers in Markdown."""
    target, floor = f"{scenario['target']:.0%}", f"{scenario['floor']:.0%}"
    setting = f"{scenario['fields']} fields, `min: {target}`, `floor: {floor}`, confidence {scenario['confidence']:.0%}"
    out = [
        f"{setting}; {scenario['draws']:,} drawn evaluations a number, of documents whose fields are independent"
    ]
    out[0] += " / right and wrong together (intraclass correlation 0.3). Exact bounds.\n"
    out += ["One field at its floor, the others always right: how often is it published?\n"]
    out += _by_n(
        scenario,
        numbers,
        "publish_at_floor",
        [("balanced", "target"), ("prove", "midway"), ("point", "target")],
    )
    out += ["\nA healthy release: how often is it said to FAIL?\n"]
    healthy = [("balanced", "target"), ("point", "target"), ("prove", "midway"), ("point", "midway")]
    out += _by_n(scenario, numbers, "fail_healthy", healthy)
    out += ["\nThe same: how often is it left INCONCLUSIVE?\n"]
    out += _by_n(scenario, numbers, "inconclusive_healthy", healthy)
    out += [
        "\nThe advice: so many documents settle a healthy release of that many fields with 90 % probability.\n"
    ]
    out += ["| policy | documents | INCONCLUSIVE, independent | correlated |", "|---|---|---|---|"]
    out += [
        f"| {policy} | {n}{' (advised)' if n == advised else ''} | {' | '.join(shares)} |"
        for (policy, n, advised), shares in _grouped(numbers["advice"]).items()
    ]
    nights = scenario["nightly"]["nights"]
    out += [
        f"\nA bad draft, unchanged, looked at for {nights} nights: how often is it published, and runs paid for?\n"
    ]
    out += [
        "| documents | policy | first night | without a store | runs | with a store | runs |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in numbers["nightly"]:
        share = [
            _percent(row[name], row["draws"]) for name in ("first_night", "published", "published_with_store")
        ]
        paid, stored = (f"{row[name] / row['draws']:.1f}" for name in ("paid", "paid_with_store"))
        out.append(
            f"| {row['n']} | {row['policy']} | {share[0]} | {share[1]} | {paid} | {share[2]} | {stored} |"
        )
    return "\n".join(out) + "\n"


def _by_n(
    scenario: Mapping[str, Any], numbers: Mapping[str, Any], name: str, columns: Sequence[tuple[str, str]]
) -> list[str]:
    rows = {
        (row["n"], row["policy"], row["healthy"], row["icc"]): _percent(row[name], row["draws"])
        for row in numbers["cells"]
        if row["interval"] == "exact"
    }
    where = {"target": "at the target", "midway": "midway to 100 %"}
    heads = [
        policy if name == "publish_at_floor" else f"{policy}, {where[place]}" for policy, place in columns
    ]
    out = [f"| documents | {' | '.join(heads)} |", "|---" * (len(columns) + 1) + "|"]
    for n in scenario["n"]:
        told = [
            " / ".join(rows[n, policy, place, icc] for icc in scenario["icc"]) for policy, place in columns
        ]
        out.append(f"| {n} | {' | '.join(told)} |")
    return out


def _grouped(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int, int], list[str]]:
    found: dict[tuple[str, int, int], list[str]] = {}
    for row in rows:
        share = _percent(row["inconclusive_healthy"], row["draws"])
        found.setdefault((row["policy"], row["n"], row["advised"]), []).append(share)
    return found


def _percent(seen: int, draws: int) -> str:
    return f"{seen / draws:.1%}".replace("%", " %")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", action="store_true", help="only write the tables anew")
    given = parser.parse_args()
    scenario = yaml.safe_load(SCENARIO.read_text())
    RESULTS.parent.mkdir(exist_ok=True)
    if not given.tables:
        RESULTS.write_text(json.dumps(simulate(scenario), indent=1) + "\n")
    numbers = json.loads(RESULTS.read_text())
    TABLES.write_text(tables(scenario, numbers))
    print(TABLES.read_text())
    for told in (wrong := broken(scenario, numbers)):
        print(f"NOT KEPT: {told}")
    print(f"{len(wrong)} limits are not kept; {numbers['seconds']} s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
