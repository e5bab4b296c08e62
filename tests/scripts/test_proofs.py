"""The count at the end of `make test-all`: a proof that is missing or skipped is named, and fails in CI."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "proofs.py"


@pytest.fixture
def proofs():
    spec = importlib.util.spec_from_file_location("proofs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def report(proofs, tmp_path):
    """Writes a report in which all proofs have passed, but for those that are given."""

    def write(skipped=(), left_out=()):
        names = [f"{test}[{b}]" if b else test for test, inside in proofs.PROOFS.items() for b in inside]
        cases = [
            f'<testcase name="{name}">{"<skipped/>" if name in skipped else ""}</testcase>'
            for name in names
            if name not in left_out
        ]
        counts = f'tests="{len(cases)}" skipped="{len(skipped)}" failures="0" errors="0" time="1"'
        (tmp_path / "system.xml").write_text(
            f"<testsuites><testsuite {counts}>{''.join(cases)}</testsuite></testsuites>"
        )
        return tmp_path

    return write


ONE = "test_a_wait_that_is_killed_finds_the_same_run[airflow-3.3-its worker]"


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("1", 1), ("", 0)])
@pytest.mark.parametrize("how", ["skipped", "left_out"])
def test_a_proof_that_did_not_pass_is_named_and_fails_in_ci(
    proofs, report, monkeypatch, capsys, ci, code, how
):
    monkeypatch.setenv("CI", ci)
    assert proofs.main(report(**{how: [ONE]})) == code
    assert f"not proven here: {ONE}" in capsys.readouterr().out


def test_all_proofs(proofs, report, monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")
    assert proofs.main(report()) == 0
    total = sum(map(len, proofs.PROOFS.values()))
    assert f"{total} of {total}" in capsys.readouterr().out


def test_each_proof_is_a_test_that_there_is(proofs):
    tests = "".join(path.read_text() for path in (SCRIPT.parents[1] / "tests").rglob("test_*.py"))
    for name in proofs.PROOFS:
        assert f"def {name}(" in tests, name
