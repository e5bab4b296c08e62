"""What the documentation shows is run: each block by the executor of its language. Commands in the text, links and
quoted messages are held against what there is."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.docs.executors import BIN, EXECUTORS, Machine, check_make, environment, execute, takes_long
from tests.docs.pages import PAGES, ROOT, Block, blocks, inline, messages, without_values

pytestmark = pytest.mark.docs

BLOCKS = [block for page in PAGES for block in blocks(page)]
PACKAGE = ROOT / "airflow_provider_extend"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    """An Airflow home whose database was made."""
    home = tmp_path_factory.mktemp("airflow-home")
    done = subprocess.run(
        [BIN / "airflow", "db", "migrate"],
        env=environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return home


@pytest.fixture
def machine(request, tmp_path, extend_emulator, monkeypatch) -> Machine:
    return Machine(tmp_path, lambda: request.getfixturevalue("migrated"), extend_emulator, monkeypatch)


@pytest.mark.parametrize(
    "block",
    [pytest.param(b, id=b.name, marks=[pytest.mark.slow] if takes_long(b) else []) for b in BLOCKS],
)
def test_block_does_what_it_shows(block, machine):
    execute(block, machine)


def test_every_fence_is_a_block():
    for page in PAGES:
        fences = sum(line.lstrip().startswith(("```", "~~~")) for line in page.read_text().splitlines())
        assert fences == 2 * len(blocks(page)), page.name
    assert {block.language for block in BLOCKS} == set(EXECUTORS), "no executor without a block"


@pytest.mark.parametrize(
    ("language", "code", "complaint"),
    [
        ("toml", "a = 1\n", "nothing executes a block in toml"),
        ("yaml", "a: 1\n", "there is no version"),
        ("", "a: 1\n", "nothing executes a block in no language"),
        ("bash", "make demo\nrm -rf /tmp/x\n", "nothing runs 'rm -rf /tmp/x'"),
        ("json", '{"a": 1}\n', "this JSON is no connection"),
        ("text", "some output\n", "no command above it prints anything"),
        ("ini", "[extend]\nallowed_host = a.example.com\n", r"there is no \[extend\] allowed_host"),
    ],
)
def test_a_block_that_nothing_executes_fails(language, code, complaint, machine):
    block = Block(ROOT / "CONTRIBUTING.md", 1, language, code)
    with pytest.raises((pytest.fail.Exception, LookupError, AssertionError, ValueError), match=complaint):
        execute(block, machine)


def test_a_block_that_is_not_closed_fails(tmp_path):
    (tmp_path / "page.md").write_text("1. a\n\n   ```bash\n   make demo\n   ```\n\n```bash\nmake demo\n")
    with pytest.raises(ValueError, match=r"page\.md:7: this block is not closed"):
        blocks(tmp_path / "page.md")


# ---------------------------------------------------------------------------------------- commands in the text


def _module_exists(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and (
        spec.submodule_search_locations is None or importlib.util.find_spec(f"{name}.__main__") is not None
    )


def _check_command(command: str) -> None:
    words = shlex.split(command)
    if words[0] in (".venv/bin/python", "python") and words[1] == "-m":
        assert _module_exists(words[2]), command
    elif words[0] == ".venv/bin/python":
        assert (ROOT / words[1]).is_file(), command
    elif words[0].startswith(".venv/bin/"):
        assert (BIN / Path(words[0]).name).exists(), command
    elif words[0] == "make":
        check_make(command, None)
    elif words[0] == "airflow-extend":
        from airflow_provider_extend import cli

        cli._parser().parse_args(words[1:])
    elif words[0] == "airflow":
        from airflow.cli.cli_parser import get_parser

        get_parser().parse_args(words[1:])


BEGINNINGS = ("make ", "python -m ", "airflow-extend ", "airflow ", ".venv/bin/")
INLINE = [
    (page, code) for page in PAGES for code in dict.fromkeys(inline(page)) if code.startswith(BEGINNINGS)
]


@pytest.mark.parametrize(("page", "command"), INLINE, ids=lambda value: getattr(value, "name", value))
def test_command_in_the_text_exists(page, command):
    try:
        _check_command(command)
    except SystemExit:
        if (
            re.fullmatch(r"[\w -]+", command) and "--" not in command
        ):  # a command's name without its arguments
            with pytest.raises(SystemExit) as shown:
                _check_command(f"{command} --help")
            assert shown.value.code == 0, f"{page.name}: the command line does not know {command!r}"
        else:
            pytest.fail(f"{page.name}: the command line does not take {command!r}")


@pytest.mark.parametrize(
    "command",
    [
        "make nothing",
        "python -m airflow_provider_extend.nothing",
        "python -m airflow_provider_extend.operators",
        ".venv/bin/python scripts/nothing.py",
        ".venv/bin/nothing",
        "airflow-extend nothing",
        "airflow connections nothing",
        "airflow connections nothing --help",
    ],
)
def test_a_command_that_does_not_exist_fails(command, capsys):
    with pytest.raises((AssertionError, SystemExit)):
        _check_command(command)


# ------------------------------------------------------------------------------------ quoted messages and links

#: Where Airflow says what the pages quote of it.
AIRFLOW_SAYS = (
    "airflow.jobs.triggerer_job_runner",
    "airflow.models.trigger",
    "airflow.sdk.bases.operator",
    "airflow.sdk.execution_time.context",
)
#: Said by Python itself, or by no single line of Airflow's source.
ELSEWHERE = {without_values("No module named 'airflow_provider_extend'")}


def _quoted(page: Path) -> list[str]:
    """What is no command, setting or piece of code: three words at least, one of which is a plain word."""
    spans = re.findall(r"(?<!`)`([^`]+)`(?!`)", page.read_text())
    return [
        " ".join(span.split())
        for span in spans
        if len(span.split()) > 2 and not span.startswith((*BEGINNINGS, "[", "with ", "GET "))
    ]


def test_messages_that_are_quoted_are_said():
    """Airflow's are those of the version that the page names."""
    ours = messages(PACKAGE.rglob("*.py"))
    tried = version("apache-airflow").startswith("3.3.")
    airflows = messages(
        Path(spec.origin) for name in AIRFLOW_SAYS if (spec := importlib.util.find_spec(name)) and spec.origin
    )
    page = ROOT / "docs" / "stuck-in-deferred.md"
    quoted = _quoted(page)
    assert len(quoted) > 8
    said = [quote for quote in quoted if any(without_values(quote) in message for message in ours)]
    assert len(said) > 5
    for quote in quoted:
        told = quote in said or without_values(quote) in ELSEWHERE
        assert told or not tried or any(without_values(quote) in message for message in airflows), quote


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", page.read_text()):
        if "://" in target:
            continue
        there = (page.parent / target) if target else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{target}#{anchor}"


def test_files_that_the_docs_name_exist():
    text = (ROOT / "docs" / "architecture.md").read_text() + (ROOT / "docs" / "assumptions.md").read_text()
    for name in set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)`", text)):
        assert (PACKAGE / name).exists(), name


def test_every_page_can_be_found():
    """From the README, by links."""
    seen, new = set(), [ROOT / "README.md"]
    while new:
        page = new.pop()
        seen.add(page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", page.read_text()):
            linked = (page.parent / target).resolve()
            if linked not in seen and "://" not in target:
                new.append(linked)
    assert set(PAGES) - seen <= {ROOT / "CONTRIBUTING.md"}
