"""What the checks found, as lines for a terminal and as JSON for a support request; secrets struck out of both."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from airflow_provider_extend import __version__

Status = Literal["ok", "warn", "fail", "skip"]

_KEY = re.compile(r"\bsk_[\w-]{4,}")
_USERINFO = re.compile(r"//[^/\s@'\"]+@")
_LEAST = 5  # as Airflow's masker: what is shorter stands in ordinary words too
_SHOWN = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skip": "skip"}


class Skipped(Exception):
    """Why something could not be looked at: raised by what a check depends on."""


@dataclass(frozen=True)
class Finding:
    """What one check found: a sentence, which holds the fix where something is wrong."""

    status: Status
    sentence: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Report:
    """Everything that was found about one connection, in the order of the checks."""

    conn_id: str
    airflow: str | None = None
    findings: dict[str, Finding] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set, repr=False)

    @property
    def ok(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> list[str]:
        return [name for name, finding in self.findings.items() if finding.status == "fail"]

    def hide(self, values: Iterable[str | None]) -> None:
        """Strike these out of everything that is shown."""
        for value in values:
            for form in (value or "", (value or "").strip(), quote(value or "", safe="")):
                if len(form) >= _LEAST:
                    self.secrets.add(form)

    def as_text(self) -> str:
        width = max(map(len, self.findings))
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        lines = []
        for name, finding in self.findings.items():
            head = f"{_SHOWN[finding.status]:<4}  {name:<{width}}  "
            sentence = self._plain(finding.sentence)
            if columns > len(head) + 30:
                wrapped = textwrap.wrap(sentence, columns - len(head), break_on_hyphens=False)
                sentence = f"\n{' ' * len(head)}".join(wrapped)
            lines.append(head + sentence)
        ending = f"Failed: {', '.join(self.failed)}." if self.failed else "Nothing failed."
        return "\n".join([*lines, "", ending])

    def as_json(self) -> str:
        checks = []
        for name, finding in self.findings.items():
            check = {"name": name, "status": finding.status, "sentence": finding.sentence}
            checks.append(check | ({"details": finding.details} if finding.details else {}))
        bundle = {
            "ok": self.ok,
            "provider": __version__,
            "airflow": self.airflow,
            "python": sys.version.split()[0],
            "conn_id": self.conn_id,
            "checks": checks,
        }
        return json.dumps(self._scrubbed(bundle), indent=2)

    def _scrubbed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._scrubbed(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._scrubbed(item) for item in value]
        return self._plain(value) if isinstance(value, str) else value

    def _plain(self, text: str) -> str:
        """One line without secrets, and without what a terminal would take for a command."""
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return _USERINFO.sub("//***@", _KEY.sub("sk_***", text))
