"""What the gate costs: to import, and to judge with."""

import random
import subprocess
import sys
import time

from airflow_provider_extend.gate.rules import Rule
from tests.gate.cases import judged, rules, run


def test_importing_it_loads_nothing_that_a_judgement_does_not_need():
    code = (
        "import sys, airflow_provider_extend.gate.judge, airflow_provider_extend.gate.rules_file\n"
        "heavy = ('yaml', 'statistics', 'random', 'hashlib', 'difflib', 'numpy', 'scipy', 'airflow')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_five_thousand_fields_under_ten_rules_take_about_a_second():
    rng = random.Random(1)
    counts = {}
    for field in range(5000):
        n = rng.randint(200, 400)
        counts[f"extract.fields.section_{field % 50}.field_{field}.accuracy"] = (
            n - rng.randint(0, n // 12),
            n,
        )
    wanted = rules(*(Rule("extract.fields.**.accuracy", min=0.80 + place / 100) for place in range(10)))
    evidence = run(counts, (400, 400))
    started = time.process_time()
    report = judged(wanted, evidence)
    spent = time.process_time() - started
    assert len(report.lines) == 50_001
    assert spent < 10, f"{spent:.1f} s: some step takes the square of the fields"
