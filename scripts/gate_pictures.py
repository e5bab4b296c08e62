"""Pictures of the gate's report for the documentation, in docs/images: `python scripts/gate_pictures.py`.

They are taken by headless Chromium of reports that the gate itself makes of the runs below. Needs `chromium`
and Pillow, which the dev extra brings.
"""

from __future__ import annotations

import datetime
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from airflow_provider_extend.gate.evidence import Baseline, Evidence  # noqa: E402
from airflow_provider_extend.gate.html import as_html  # noqa: E402
from airflow_provider_extend.gate.judge import judge  # noqa: E402
from airflow_provider_extend.gate.report import Report  # noqa: E402
from airflow_provider_extend.gate.rules_file import load_rules  # noqa: E402

IMAGES = ROOT / "docs" / "images"
TODAY = datetime.date(2026, 11, 26)

INVOICES = """\
version: 1
baseline: {from: last_passed, on_missing: absolute_only}
rules:
  - {select: extract.accuracy, min: 93%, floor: 88%}
  - {select: "extract.fields.*.accuracy", min: 90%, floor: 82%}
  - {select: extract.fields.total.accuracy, max_drop: 5pp}
waivers:
  - {select: extract.fields.po_number.accuracy, until: 2026-12-31, owner: data-team, reason: relabelling}
"""

ALL = """\
version: 1
baseline: {from: last_passed, on_missing: absolute_only}
rules:
  - {select: extract.accuracy, min: 95%, floor: 90%}
  - {select: "extract.fields.**.accuracy", min: 95%, floor: 90%, max_drop: 10pp}
  - {select: extract.fields.tax_id.accuracy, min: 99%, severity: warn}
  - {select: extract.fields.seal.accuracy, min: 90%}
  - {select: "classify.confusion.invoice.receipt", max: 1%, ceiling: 4%}
  - {select: latency.p95_ms, max: 2500ms, severity: warn}
waivers:
  - {select: extract.fields.po_number.accuracy, until: 2026-12-31, owner: data-team, reason: relabelling}
"""

FIELDS = """invoice_number invoice_date due_date total subtotal tax tax_rate tax_id currency vendor.name vendor.street
vendor.city vendor.country vendor.iban customer.name customer.street customer.city customer.country po_number
payment_terms discount shipping delivery_date delivery_note line_items.sku line_items.quantity line_items.unit
line_items.unit_price line_items.amount line_items.tax_rate line_items.description bank.name bank.bic reference
project cost_center signed stamp page_count language""".split()


def result(metrics: dict[str, tuple[int, int]], files: int, **beside: object) -> dict[str, object]:
    """A run's return value, with these counts."""
    values = {name: k / n for name, (k, n) in metrics.items()}
    return {
        "id": "bpr_Xj8mK2pL9nR4vT7qY5wZ",
        "kind": "evaluation_set_run",
        "status": "PROCESSED",
        "outcome": "succeeded",
        "api_version": "2026-02-09",
        "metrics_from": "evaluation_set_run",
        "metrics": values,
        "counts": {name: list(pair) for name, pair in metrics.items()},
        "files": [files, files],
        "source": "EVAL_SET",
        "source_id": "ev_2LcgeY_mp2T5yPaEuq5Lw",
        "processor_id": "ex_Xj8mK2pL9nR4vT7qY5wZ",
        "processor_version_id": "exv_xK9mLPqRtN3vS8wF5hB2cQ",
        "config_fingerprint": "c0" * 32,
        "items_fingerprint": "17" * 32,
        "usage": {"totalCredits": files * 3},
        **beside,
    }


def fields(rights: dict[str, int], documents: int) -> dict[str, tuple[int, int]]:
    return {f"extract.fields.{name}.accuracy": (right, documents) for name, right in rights.items()}


def invoices() -> Report:
    """Six fields, of which one is clearly bad, one open, one waived."""
    now = fields(
        {"total": 186, "invoice_date": 191, "vendor": 174, "iban": 160, "currency": 198, "po_number": 148},
        200,
    )
    before = fields(
        dict.fromkeys(("total", "invoice_date", "vendor", "iban", "currency", "po_number"), 188), 200
    )
    return _judged(INVOICES, now, before, 200, {"extract.accuracy": 0.92})


def forty() -> Report:
    """Forty fields and every verdict."""
    chance = random.Random(7)
    documents = 240
    rights = {name: documents - int(chance.expovariate(0.28)) for name in FIELDS}
    rights |= {
        "vendor.iban": 205,
        "po_number": 206,
        "delivery_note": 196,
        "tax_id": 233,
        "line_items.unit": 227,
    }
    now = fields(rights, documents)
    now["extract.fields.stamp.accuracy"] = (21, 24)
    now["extract.fields.signed.accuracy"] = (40, 41)
    now["classify.confusion.invoice.receipt"] = (5, 240)
    before = fields({name: min(documents, right + 2) for name, right in rights.items()}, documents)
    before["extract.fields.total.accuracy"] = (240, 240)
    beside = {"extract.accuracy": 0.957, "latency.p95_ms": 2610.0}
    return _judged(ALL, now, before, documents, beside, looks=3)


def clean() -> Report:
    """Nothing to complain about."""
    now = fields(
        {"total": 199, "invoice_date": 197, "vendor": 196, "iban": 198, "currency": 200, "po_number": 195},
        200,
    )
    return _judged(INVOICES, now, now, 200, {"extract.accuracy": 0.985})


def _judged(
    rules: str,
    now: dict[str, tuple[int, int]],
    before: dict[str, tuple[int, int]],
    files: int,
    values: dict[str, float],
    looks: int | None = 1,
) -> Report:
    given = result(now, files)
    given["metrics"] = {**given["metrics"], **values}  # type: ignore[dict-item]
    baseline = Baseline(Evidence.of_result(result(before, files)), "last passed")
    evidence = Evidence.of_result(given)
    return judge(load_rules(rules, "gate.yaml"), evidence, today=TODAY, baseline=baseline, looks=looks)


#: Name -> report, width, height, dark.
PICTURES = {
    "gate-light": (invoices, 1180, 960, False),
    "gate-dark": (invoices, 1180, 960, True),
    "gate-pass": (clean, 1180, 760, False),
    "gate-40-fields": (forty, 1180, 1640, False),
    "gate-narrow": (invoices, 480, 1180, True),
}


def take(page: Path, picture: Path, width: int, height: int, dark: bool) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("There is no chromium. Install it (Debian: apt-get install chromium) and start this again.")
    scheme = [
        "--blink-settings=preferredColorScheme=0" if dark else "--blink-settings=preferredColorScheme=1"
    ]
    with tempfile.TemporaryDirectory() as profile:
        command = [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--hide-scrollbars",
        ]
        command += [
            "--disable-background-networking",
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
        ]
        command += [*scheme, f"--screenshot={picture}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    # A page has few colours: with a palette the file is half as large.
    Image.open(picture).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(picture, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, (report, width, height, dark) in PICTURES.items():
            page = Path(folder, f"{name}.html")
            page.write_text(as_html(report()))
            take(page, IMAGES / f"{name}.png", width, height, dark)
            sys.stdout.write(f"{name}.png\n")


if __name__ == "__main__":
    main()
