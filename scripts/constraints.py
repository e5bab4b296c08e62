"""Write the constraint files anew: `.venv/bin/python scripts/constraints.py [3.3 3.0 ...]`.

Each file pins everything that a development install needs for one Airflow release, for every Python that the
package supports. Run it after a change of the dependencies in pyproject.toml or to move to a newer Airflow.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Release, the day of its dependencies (an old Airflow breaks on much newer ones; None is today), and the extras.
AIRFLOW = {
    "3.3": ("3.3.2", None, ["dev", "stores", "system"]),
    "3.0": ("3.0.6", "2025-09-05", ["dev", "parquet"]),
}
OPTIONS = (
    "--no-emit-package airflow-provider-extend --universal --python-version 3.11 --no-strip-markers "
    "--no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade --quiet"
).split()


def write(series: str) -> None:
    release, day, extras = AIRFLOW[series]
    target = ROOT / "constraints" / f"airflow-{series}.txt"
    with tempfile.TemporaryDirectory() as tmp:
        pin = Path(tmp, "airflow.txt")
        pin.write_text(f"apache-airflow=={release}\n")
        pins = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "-c", str(pin), *OPTIONS]
            + [f"--extra={extra}" for extra in extras]
            + (["--exclude-newer", day] if day else []),
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    target.write_text(f"# To write this file anew: .venv/bin/python scripts/constraints.py {series}\n{pins}")
    print(f"{target.relative_to(ROOT)}: {len(pins.splitlines())} pins")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or AIRFLOW:
        write(wanted)
