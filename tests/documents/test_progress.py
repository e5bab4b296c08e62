"""How far a task is, and how long it still takes."""

import pytest

from airflow_provider_extend.documents.progress import Progress, duration, longest


def progress(**given: float) -> Progress:
    defaults = {"total": 50_000, "succeeded": 0, "failed": 0, "at_extend": 2000, "seconds": 0.0, "pace": 80.0}
    return Progress(**{**defaults, **given})  # type: ignore[arg-type]


def test_before_the_first_has_ended_the_plan_says_how_long_it_takes() -> None:
    line = str(progress())
    assert line == "0 of 50,000 documents done; 2,000 at Extend; at most 80 a minute, about 10 h 25 min left"


def test_then_it_is_what_was_measured_and_never_above_the_plan() -> None:
    slow = progress(succeeded=990, failed=10, seconds=1200)
    assert str(slow) == (
        "1,000 of 50,000 documents done, 10 of them not in success; 2,000 at Extend; 50.0 a minute, "
        "about 16 h 20 min left"
    )
    fast = progress(succeeded=1000, seconds=60)
    assert fast.per_minute == pytest.approx(1000)
    assert fast.seconds_left == pytest.approx(49_000 / 80 * 60)


def test_in_the_end_nothing_is_left() -> None:
    done = progress(total=3, succeeded=2, failed=1, at_extend=0, seconds=60)
    assert str(done) == "3 of 3 documents done, 1 of them not in success; 0 at Extend"
    assert done.gauges == {
        "done": 3,
        "failed": 1,
        "remaining": 0,
        "at_extend": 0,
        "per_minute": 3,
        "seconds_left": 0,
    }


@pytest.mark.parametrize(
    ("total", "pace", "seconds"),
    [
        (10, 80, 86_400),
        (50_000, 80, 86_400),
        (50_000, 50, 2 * 60_000 + 3600),
        (50_000, 300, 86_400),
        (200_000, 120, 203_600),
    ],
)
def test_the_default_deadline_knows_the_plan(total, pace, seconds) -> None:
    assert longest(total, pace) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (29, "29 s"), (61, "1 min"), (3599, "1 h 00 min"), (7260, "2 h 01 min")],
)
def test_times_in_words(seconds, words) -> None:
    assert duration(seconds) == words
