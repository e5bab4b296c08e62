"""One gate run as a person wants to read it, and as `summary.json` keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from airflow_provider_extend.gate.report import Report
from demo.recount import Counts

PASS, WARN, FAIL = "PASS", "WARN", "FAIL"
#: What is published.
GOES_ON = (PASS, WARN)


@dataclass
class GateRun:
    """What was expected of one run of a DAG, and what came of it.

    :ivar verdict: None if the DAG did not get as far as its gate. :ivar report: the gate's, as it was pushed.
    :ivar rules: its judgements by a minimum. :ivar page: file of the page that it left.
    :ivar version: number of the published version, None if none was. :ivar problems: empty if all is right.
    """

    title: str
    dag_id: str
    api_version: str
    processor: str
    expected: str
    run_id: str | None = None
    verdict: str | None = None
    rules: list[dict[str, Any]] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    page: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    counts: dict[str, list[int]] = field(default_factory=dict)
    recounted: Counts = field(default_factory=dict)
    version: str | None = None
    version_id: str | None = None
    latest: str | None = None  # the newest version on the server after the run
    seconds: float = 0.0
    failed_tasks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Whether something else than a verdict went wrong, so that Airflow's log is what to read."""
        return self.verdict is None or bool(set(self.failed_tasks) - {"gate"})

    @property
    def ok(self) -> bool:
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            **{
                key: value
                for key, value in asdict(self).items()
                if key not in ("expected", "version_id", "latest", "report")
            },
            "expected_verdict": self.expected,
            "published_version_id": self.version_id,
            "ok": self.ok,
        }


_HELD = {PASS: "every rule held", WARN: "every rule held, with a warning"}


def page_of(number: int) -> str:
    """The file of the page that the gate of a run leaves behind."""
    return f"gate-{number}.html"


def told(run: GateRun) -> str:
    """The gate's own report, as it stands in the task's log."""
    text = Report.from_dict(run.report).as_text()
    return "\n".join(f"   {line}" for line in text.splitlines())


def sentence(run: GateRun) -> str:
    if run.verdict is None:
        return f"Not judged: {' '.join(run.problems) or 'the DAG did not get as far as its gate.'}"
    if run.version_id:
        held = _HELD.get(run.verdict, f"although the gate said {run.verdict}")
        return f'Published: version {run.version} ({run.version_id}) of "{run.processor}", {held}.'
    if run.verdict in GOES_ON:
        return f'Not published although every rule held: "{run.processor}".'
    stays = f"stays at version {run.latest}" if run.latest else "has no published version"
    broken = " and ".join(_broken(rule, run.recounted) for rule in run.rules if rule["verdict"] != PASS)
    return f'Held back: "{run.processor}" {stays}, because {broken or "it could not be judged"}.'


def _broken(rule: Mapping[str, Any], recounted: Counts) -> str:
    if rule["value"] is None:
        return f"there is no {rule['rule']}"
    counts = rule["counts"] or recounted.get(rule["selector"])
    of = f" ({counts[0]} of {counts[1]})" if counts else ""
    minimum = percent(rule["minimum"]).replace(".0 %", " %")
    return f"{_name(rule['selector'])} {percent(rule['value'])}{of} is below {minimum}"


def _name(selector: str) -> str:
    """`extract.fields.total.accuracy` -> `total accuracy`, `extract.accuracy` -> `overall accuracy`."""
    name = selector.removeprefix("extract.")
    name = name.removeprefix("fields.") if name.startswith("fields.") else f"overall {name}"
    return name.replace(".", " ").replace("_", " ")


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
