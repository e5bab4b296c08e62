"""What the gate says about a line: one sentence for a person."""

from __future__ import annotations

from airflow_provider_extend.gate.rules import BALANCED, MILLISECONDS
from airflow_provider_extend.gate.verdicts import FAIL, INCONCLUSIVE, PASS, WARN


def shown(value: float | None, unit: str = "ratio", beside: float | None = None) -> str:
    """`value` for a person; with as many digits as it takes to tell it from `beside`."""
    if value is None:
        return "-"
    if unit == MILLISECONDS:
        return f"{value:.12g}ms"
    for digits in range(1, 13):
        text = f"{value:.{digits}%}"
        if beside is None or value == beside or text != f"{beside:.{digits}%}":
            break
    return text


def bound(value: float | None, unit: str = "ratio") -> str:
    """A number of the rules, as it was written."""
    if value is None:
        return "-"
    return f"{value:.12g}ms" if unit == MILLISECONDS else f"{value * 100:.10g}%"


def points(change: float | None) -> str:
    """A change in percentage points."""
    return "-" if change is None else f"{change * 100:+.1f}pp"


def counted(k: float, n: float) -> str:
    """Successes of trials; a tilde where they are a share of documents."""
    whole = k == int(k)
    return f"{k:.0f} of {n:.0f}" if whole else f"about {k:.1f} of {n:.0f}"


def judged(
    verdict: str,
    check: str,
    evidence: str,
    target: str,
    floor: str,
    policy: str,
    fields: int,
) -> str:
    """Of a `min` or `max` line that was judged by its bounds."""
    bad, guarded = ("below", "floor") if check == "min" else ("above", "ceiling")
    if verdict == FAIL:
        corrected = f", beyond chance among {fields} fields" if fields > 1 else ", beyond chance"
        return f"{evidence}, {bad} {target}{corrected}."
    if policy != BALANCED:
        if verdict == PASS:
            return f"{evidence}, shown to be not {bad} {target}."
        return f"{evidence}: that it is not {bad} {target} is neither shown nor ruled out."
    at_floor = f"{bad} the {guarded} {floor}"
    if verdict == PASS:
        return f"{evidence}, not {bad} {target}; {at_floor} is ruled out."
    if verdict == WARN:
        return f"{evidence}, {bad} {target} within chance; {at_floor} is ruled out."
    return f"{evidence}: too few to rule out that it is {at_floor}."


def more(needed: int | None, more_documents: int | None, healthy: str) -> str:
    """How an INCONCLUSIVE gets settled."""
    if needed is None:
        return "No number of documents would settle it; mend the rule."
    if not more_documents:
        return (
            f"{needed} documents settle a field that is {healthy}, and it has as many: it may be worse than that. "
            "More documents would tell."
        )
    return f"About {more_documents} more documents would settle it, if it is {healthy}."


def point(verdict: str, check: str, evidence: str, target: str) -> str:
    bad = "below" if check == "min" else "above"
    return f"{evidence}, {'not ' if verdict == PASS else ''}{bad} {target}."


#: Why a line that was judged by bounds elsewhere was judged by its point.
WITHOUT_COUNTS = " It comes without counts, so chance is not taken into account."


def compared(verdict: str, change: str, drop: str, origin: str) -> str:
    told = {
        PASS: f"not more than {drop} below",
        FAIL: f"more than {drop} below, beyond chance,",
        INCONCLUSIVE: f"too few to tell whether it is more than {drop} below",
    }
    return f"{change}: {told[verdict]} {origin}."
