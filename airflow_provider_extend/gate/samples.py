"""How much evidence a metric is: successes and trials, with the document as the unit.

The fields of one document are right and wrong together, so a share over many things of one document is no more
evidence than its documents: it is judged with n = documents. A file that was not processed counts as wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from airflow_provider_extend.gate.evidence import Evidence
from airflow_provider_extend.gate.selectors import levels_of_metric

#: More trials are judged as this many: beyond it a bound gains nothing.
_MOST_TRIALS = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One metric as evidence.

    :ivar share: fraction 0..1 as judged, with unprocessed files as wrong. :ivar k: successes.
    :ivar n: trials, None where nothing tells how many. :ivar observed: those that were seen.
    :ivar counts: as the API gave them.
    """

    share: float
    k: float
    n: float | None
    observed: float | None
    counts: tuple[int, int] | None

    def compared_to(self, bound: float) -> int:
        """-1, 0 or 1: whether the share is below, at or above `bound`, without rounding."""
        if abs(self.share - bound) > 1e-9:
            return -1 if self.share < bound else 1
        given = Fraction(str(bound))
        exact = self._exact()
        return (exact > given) - (exact < given)

    def _exact(self) -> Fraction:
        if self.n and self.k == int(self.k) and self.n == int(self.n):
            return Fraction(int(self.k), int(self.n))
        if self.counts and self.counts[1] and (self.n is None or self.n == self.observed):
            return Fraction(*self.counts)  # of more things than documents, or of files
        return Fraction(str(self.share))


def sample_of(
    selector: str,
    evidence: Evidence,
    documents_given: int | None = None,
    *,
    high_is_bad: bool = False,
    worst_case: bool = True,
) -> Sample:
    """The evidence for a metric that is a proportion.

    :param documents_given: of the rule, for a metric without counts.
    :param high_is_bad: a file that was not processed counts as a success then.
    :param worst_case: whether such a file counts at all.
    """
    counts = evidence.counts.get(selector)
    missing = evidence.files[1] - evidence.files[0] if evidence.files and worst_case else 0
    value = counts[0] / counts[1] if counts and counts[1] else evidence.metrics[selector]
    seen = _trials(selector, evidence, value, documents_given)
    if seen is None:
        if missing and evidence.files:
            value = (value * evidence.files[0] + high_is_bad * missing) / evidence.files[1]
        return Sample(value, 0, None, None, counts)
    k, n = seen
    if n and missing:
        k += high_is_bad * missing
        return Sample(k / (n + missing), k, n + missing, n, counts)
    return Sample(value, k, n, n, counts)


def point_sample(
    selector: str,
    evidence: Evidence,
    documents_given: int | None = None,
    *,
    high_is_bad: bool = False,
    worst_case: bool = True,
) -> Sample:
    """Of a metric that is no share of trials (`by_point_alone`): its value, with nothing to take chance from.

    A file that was not processed has the worst confidence; what its latency would have been nobody can tell.
    """
    counts, value = evidence.counts.get(selector), evidence.metrics[selector]
    observed = documents_given
    if evidence.files:
        processed, total = evidence.files
        observed = processed
        if worst_case and total > processed and selector.endswith(".confidence"):
            value = (value * processed + high_is_bad * (total - processed)) / total
    return Sample(value, 0, None, observed, counts)


def _trials(
    selector: str, evidence: Evidence, value: float, documents_given: int | None
) -> tuple[float, float] | None:
    """Successes and trials that were seen, no more trials than documents."""
    documents = evidence.files[0] if evidence.files else None
    if counts := evidence.counts.get(selector):
        k, n = counts
    elif documents is not None and len(levels_of_metric(selector)) <= 2:
        n = documents
    elif documents_given is not None:
        n = documents_given
    else:
        return None
    most = min(_MOST_TRIALS, _MOST_TRIALS if documents is None else documents)
    if counts and n <= most:
        return k, n
    return value * min(n, most), min(n, most)


def by_point_alone(selector: str) -> bool:
    """Whether a metric is no share of trials: a latency, a confidence, how many files were processed."""
    parts = levels_of_metric(selector)
    if parts[0] in ("latency", "coverage"):
        return True
    return parts[-1] == "confidence" and parts[:2] != ("classify", "confusion")
