"""The rules of a gate as values: what is asked of which metric. Reading them from a file is `rules_file`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from airflow_provider_extend.gate.selectors import levels
from airflow_provider_extend.gate.verdicts import FAIL, PASS, WARN, softer

POINT = "point"
BALANCED = "balanced"
PROVE = "prove"
POLICIES = (BALANCED, PROVE, POINT)
EXACT = "exact"
WILSON = "wilson"
INTERVALS = (EXACT, WILSON)
#: What a rule's verdict does to the whole: all; at most a WARN; nothing. An ERROR counts whatever the severity.
SEVERITIES = ("fail", "warn", "info")
AT_WORST = {"fail": FAIL, "warn": WARN, "info": PASS}
LAST_PASSED = "last_passed"
SOURCES = (LAST_PASSED, "run", "report")
ABSOLUTE_ONLY = "absolute_only"
ON_MISSING = ("inconclusive", ABSOLUTE_ONLY)
#: How far the floor is from the target where a rule names none.
DEFAULT_MARGIN = 0.05
RATIO = "ratio"
MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of the metrics that `select` means. Ratios are fractions 0..1, a change is in fractions too.

    :ivar min: the target; `floor`: what must not get through, 5 points below the target where None.
    :ivar max: the target of a metric that should be small; `ceiling`: its floor, 5 points above.
    :ivar max_drop: how far a metric may fall below the baseline. :ivar max_gain: beyond it a gain is suspicious (WARN).
    :ivar baseline: a number to compare with, in place of the rules' own baseline.
    :ivar min_n: with fewer trials the metric is INCONCLUSIVE.
    :ivar n: documents behind a metric that comes without counts.
    :ivar unit: `ratio`, or `ms` for a rule about latencies. :ivar line: where it stands in the file, from 1.
    """

    select: str
    min: float | None = None
    floor: float | None = None
    max: float | None = None
    ceiling: float | None = None
    max_drop: float | None = None
    max_gain: float | None = None
    baseline: float | None = None
    min_n: int | None = None
    n: int | None = None
    severity: str = "fail"
    unit: str = RATIO
    line: int | None = None

    @property
    def held_floor(self) -> float:
        """The floor of `min`, given or not."""
        assert self.min is not None
        return self.floor if self.floor is not None else max(0.0, round(self.min - DEFAULT_MARGIN, 12))

    @property
    def held_ceiling(self) -> float:
        """The ceiling of `max`, given or not."""
        assert self.max is not None
        return self.ceiling if self.ceiling is not None else min(1.0, round(self.max + DEFAULT_MARGIN, 12))

    @property
    def compares(self) -> bool:
        """Whether it asks for the rules' baseline."""
        return self.baseline is None and (self.max_drop is not None or self.max_gain is not None)

    @property
    def comparison_at_worst(self) -> str:
        """The worst that its comparison with a baseline counts as."""
        at_worst = AT_WORST[self.severity]
        return at_worst if self.max_drop is not None else softer(at_worst, WARN)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A metric that may fail for a while: at most a WARN, up to and with the day `until` (ISO, UTC)."""

    select: str
    until: str
    owner: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class BaselineSource:
    """Where the baseline comes from.

    :ivar source: `last_passed`, `run`, `report`. :ivar value: the run's id or the report's path.
    :ivar on_missing: where there is none yet: `inconclusive`, or `absolute_only`, which judges by the other bounds.
    """

    source: str = LAST_PASSED
    value: str | None = None
    on_missing: str = "inconclusive"


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole rules file.

    :ivar policy: `balanced`, `prove`, `point`. :ivar confidence: of each one-sided bound, above 0.5 and below 1.
    :ivar interval: `exact` (Clopper-Pearson) or `wilson`. :ivar min_processed: least share of processed files, 0..1.
    """

    rules: tuple[Rule, ...]
    waivers: tuple[Waiver, ...] = ()
    policy: str = BALANCED
    confidence: float = 0.95
    interval: str = EXACT
    baseline: BaselineSource | None = None
    min_processed: float = 1.0
    name: str = field(default="rules", compare=False)

    @property
    def error(self) -> float:
        """Chance of a wrong verdict that is accepted: 1 - confidence."""
        return round(1 - self.confidence, 12)

    @property
    def fingerprint(self) -> str:
        """sha256 of what the rules say, whatever their order and layout."""
        import hashlib  # these take longer to import than the rest of the gate
        import json

        told = asdict(self)
        told.pop("name")
        for part in ("rules", "waivers"):
            for entry in told[part]:
                entry.pop("line")
            told[part] = sorted(json.dumps(entry, sort_keys=True) for entry in told[part])
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class RulesError(ValueError):
    """The rules cannot be used.

    :ivar problems: (line or None, what is wrong and the way out), all that were found.
    """

    def __init__(self, name: str, problems: Sequence[tuple[int | None, str]]) -> None:
        self.name = name
        self.problems = tuple(problems)
        told = [f"{name}, line {line}: {text}" if line else f"{name}: {text}" for line, text in problems]
        super().__init__("\n".join(told))


def minimums(rules: Mapping[str, float], policy: str = POINT) -> Rules:
    """Rules of a plain mapping, selector -> minimum as a fraction; by default judged by their point.

    A minimum for `coverage` says how many files may be left out, in place of the guard, which lets none.

    :raises RulesError: naming the rule, its value and what was expected.
    """
    if not isinstance(rules, Mapping) or not rules:
        raise RulesError(
            "rules",
            [
                (
                    None,
                    f"{rules!r}: expected a mapping of selector to minimum, such as {{'extract.accuracy': 0.95}}.",
                )
            ],
        )
    made: list[Rule] = []
    problems: list[tuple[int | None, str]] = []
    for selector, minimum in rules.items():
        try:
            first = levels(selector)[0] if isinstance(selector, str) else None
        except ValueError as error:
            problems.append((None, str(error)))
            continue
        if first is None:
            problems.append((None, f"Rule {selector!r}: a selector is text such as 'extract.accuracy'."))
        elif first == "latency":
            problems.append((None, f"Rule {selector!r}: a latency has no minimum to reach."))
        elif isinstance(minimum, bool) or not isinstance(minimum, int | float) or not 0 <= minimum <= 1:
            told = f"the minimum is {minimum!r}; expected a fraction from 0 to 1 (95 % is 0.95)."
            problems.append((None, f"Rule {selector!r}: {told}"))
        else:
            made.append(Rule(selector, min=float(minimum)))
    if problems:
        raise RulesError("rules", problems)
    return Rules(tuple(made), policy=policy, min_processed=0.0 if "coverage" in rules else 1.0)
