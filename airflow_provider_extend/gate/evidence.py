"""What is judged, and what it is compared with: the contract of a run's return value, and a baseline, as values."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.gate.verdicts import PASS

if TYPE_CHECKING:
    from airflow_provider_extend.gate.report import Report

_TEXTS = (
    "id",
    "kind",
    "status",
    "outcome",
    "api_version",
    "url",
    "metrics_from",
    "source",
    "source_id",
    "processor_id",
    "processor_version_id",
    "config_fingerprint",
    "items_fingerprint",
)
_BASELINE_VERSION = 1
#: Beyond this a number is no measurement.
_MOST = 1e15
#: How far a value may be from its counts: rounding to whole percents, no more.
_ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run as the gate sees it; the fields are those of the XCom contract (docs/xcom.md).

    :ivar metrics: selector -> fraction 0..1 (`latency.*`: milliseconds). :ivar counts: selector -> (successes, trials).
    :ivar files: (processed, total), None where the API gives no total.
    :ivar unusable: selector -> why the metric that was given under it cannot be judged.
    :ivar truncated: aggregates alone were handed in; the run has more metrics.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    files: tuple[int, int] | None = None
    unusable: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None
    kind: str | None = None
    status: str | None = None
    outcome: str | None = None
    api_version: str | None = None
    url: str | None = None
    metrics_from: str | None = None
    source: str | None = None
    source_id: str | None = None
    processor_id: str | None = None
    processor_version_id: str | None = None
    usage: Mapping[str, Any] | None = None
    config_fingerprint: str | None = None
    items_fingerprint: str | None = None
    truncated: bool = False

    @classmethod
    def of_result(cls, result: Mapping[str, Any]) -> Evidence:
        """From the return value of a task that ended a run, or from `as_dict`.

        A metric that is no number, or whose counts cannot be, is kept as `unusable`: a rule that asks for it is an
        ERROR.

        :raises ValueError: it is no such value.
        """
        if not isinstance(result, Mapping):
            raise ValueError(
                f"A run's result is a mapping with metrics and counts; this is {type(result).__name__}."
            )
        metrics, counts, unusable = _usable(result.get("metrics"), result.get("counts"))
        told = result.get("unusable")
        unusable.update(
            {str(name): str(why) for name, why in told.items()} if isinstance(told, Mapping) else {}
        )
        files = result.get("files")
        if files is not None and _pair(files) is None:
            unusable["coverage"] = f"is {_shown(files)}, where [processed, of how many] is expected"
        usage = result.get("usage")
        texts = {name: str(result[name]) for name in _TEXTS if result.get(name) is not None}
        return cls(
            metrics={name: value for name, value in metrics.items() if name not in unusable},
            counts={name: pair for name, pair in counts.items() if name not in unusable},
            files=_pair(files),
            unusable=unusable,
            usage=dict(usage) if isinstance(usage, Mapping) else None,
            truncated=bool(result.get("truncated")),
            **texts,
        )

    def only(self, named: Container[str | None]) -> Evidence:
        """Truncated to the metrics that are named."""
        return replace(
            self,
            metrics={name: value for name, value in self.metrics.items() if name in named},
            counts={name: pair for name, pair in self.counts.items() if name in named},
            unusable={name: why for name, why in self.unusable.items() if name in named},
            truncated=True,
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, in the form of the contract; `of_result` reads it back."""
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "metrics": dict(self.metrics),
            "counts": {name: list(pair) for name, pair in self.counts.items()},
            "files": list(self.files) if self.files else None,
            "usage": dict(self.usage) if self.usage is not None else None,
            **({"unusable": dict(self.unusable)} if self.unusable else {}),
            **({"truncated": True} if self.truncated else {}),
        }

    @property
    def question(self) -> str | None:
        """What the run asked: sha256 over config and items; None where either is not known."""
        if not self.config_fingerprint or not self.items_fingerprint:
            return None
        import hashlib

        return hashlib.sha256(f"{self.config_fingerprint}\n{self.items_fingerprint}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a run is compared with.

    :ivar origin: where it comes from, in words for the report, such as `last passed`.
    """

    evidence: Evidence
    origin: str

    @classmethod
    def after(cls, report: Report, before: Baseline | None, origin: str = "last passed") -> Baseline | None:
        """The baseline of the next run: it moves on PASS only."""
        if report.verdict != PASS or report.left_out:
            return before
        return cls(report.evidence, origin)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, for a store; `from_dict` reads it back."""
        return {"baseline": _BASELINE_VERSION, "origin": self.origin, "evidence": self.evidence.as_dict()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Baseline:
        """:raises ValueError: it is no baseline, or of a version that is not known here."""
        if not isinstance(stored, Mapping) or stored.get("baseline") != _BASELINE_VERSION:
            raise ValueError(
                f"This is no baseline of version {_BASELINE_VERSION}. Record it anew, or take it out of the rules."
            )
        return cls(Evidence.of_result(stored.get("evidence") or {}), str(stored.get("origin")))


def _usable(metrics: Any, counts: Any) -> tuple[dict[str, float], dict[str, tuple[int, int]], dict[str, str]]:
    values: dict[str, float] = {}
    pairs: dict[str, tuple[int, int]] = {}
    unusable: dict[str, str] = {}
    given_counts = counts if isinstance(counts, Mapping) else {}
    for name, given in metrics.items() if isinstance(metrics, Mapping) else ():
        value = _number(given)
        if value is None or value < 0 or (value > 1 and not str(name).startswith("latency.")):
            expected = (
                "a number of milliseconds" if str(name).startswith("latency.") else "a fraction from 0 to 1"
            )
            unusable[str(name)] = f"is {_shown(given)}, where {expected} is expected"
        else:
            values[str(name)] = value
    for name, given in given_counts.items():
        if given is None:
            continue
        pair = _pair(given)
        if pair is None:
            unusable[str(name)] = f"has the counts {_shown(given)}, where [right, of how many] is expected"
            continue
        pairs[str(name)] = pair
        known = values.get(str(name))
        if known is None and str(name) not in unusable and pair[1] > 0:
            values[str(name)] = pair[0] / pair[1]
        elif known is not None and pair[1] > 0 and abs(known - pair[0] / pair[1]) > _ROUNDING:
            unusable[str(name)] = f"is {known:.4g}, but {pair[0]} of {pair[1]} is {pair[0] / pair[1]:.4g}"
    return values, pairs, unusable


def _number(given: Any) -> float | None:
    if (
        isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) <= _MOST  # NaN is not
    ):
        return None
    return float(given)


def _pair(given: Any) -> tuple[int, int] | None:
    if not isinstance(given, list | tuple) or len(given) != 2:
        return None
    k, n = (_number(part) for part in given)
    if k is None or n is None or not (k.is_integer() and n.is_integer()) or not 0 <= k <= n:
        return None
    return int(k), int(n)


def _shown(given: Any) -> str:
    return repr(given)[:60]
