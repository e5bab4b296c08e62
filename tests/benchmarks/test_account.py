"""The account that the stub serves: when runs end, and what its list shows meanwhile."""

from __future__ import annotations

import pytest

from benchmarks.account import ENDED, MOVING, Account

NOW = 1_800_000_000.0


def listed(account: Account, size: int = 100, **query: str) -> list[str]:
    """Ids of all pages."""
    found, token = [], None
    while True:
        page = account.page(size, token=token, **query)
        assert len(page.rows) <= size
        found += [run.id for run in page.rows]
        token = page.token
        if token is None:
            return found


def test_a_third_of_the_runs_ends_within_the_minute_and_at_no_other_time():
    account = Account(300, NOW)
    account.schedule(NOW + 5, 60, 1 / 3)
    account.advance(NOW + 5)
    assert account.ends == {}
    account.advance(NOW + 35)
    assert 30 < len(account.ends) < 70
    account.advance(NOW + 3600)
    assert len(account.ends) == 100
    assert all(NOW + 5 <= end <= NOW + 65 for end in account.ends.values())
    assert {run.id for run in account.own if run.status == ENDED} == set(account.ends)


def test_the_same_seed_ends_the_same_runs():
    ends = []
    for _ in range(2):
        account = Account(50, NOW, seed=7)
        account.schedule(NOW, 60, 0.5)
        account.advance(NOW + 60)
        ends.append(account.ends)
    assert ends[0] == ends[1]


@pytest.mark.parametrize("others", [0.0, 20.0])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_pages_hold_each_run_once_the_last_change_first(others, size):
    account = Account(120, NOW, others)
    account.schedule(NOW, 60, 1 / 3)
    account.advance(NOW + 30)
    ids = listed(account, size)
    assert len(ids) == len(set(ids)) == (120 + 1 + (500 if others else 0))
    changes = [run.updated for run in account.page(1000).rows]
    assert changes == sorted(changes, reverse=True)


def test_what_ends_while_pages_are_read_is_on_the_first_page_and_shifts_no_other():
    account = Account(100, NOW)
    account.schedule(NOW, 60, 1.0)
    first = account.page(10)
    account.advance(NOW + 60)
    second = account.page(10, token=first.token)
    # The rows after the place of the token have all moved away, to the front; but for the one that ended long ago.
    assert [run.id for run in second.rows] == [account.warm.id]
    assert len(listed(account, 10)) == 101


def test_a_run_that_ends_is_the_next_first_row():
    account = Account(10, NOW)
    account.schedule(NOW, 60, 0.1)
    before = [run.id for run in account.page(3).rows]
    account.advance(NOW + 60)
    (ended,) = account.ends
    assert [run.id for run in account.page(1).rows] == [ended]
    assert before[0] == account.own[0].id


def test_others_change_as_often_as_asked_for():
    account = Account(10, NOW, others=20)
    before = account.page(1).rows[0].updated
    account.advance(NOW + 10)
    moved = [run for run in account.page(1000).rows if run.updated > before]
    assert 150 < len(moved) <= 200  # 200 changes; some runs changed more than once
    assert {run.status for run in moved} == {MOVING, ENDED}
    assert not {run.id for run in moved} & {run.id for run in account.own}


@pytest.mark.parametrize(("direction", "ordered"), [("desc", True), ("asc", False)])
def test_sorts_by_creation(direction, ordered):
    account = Account(30, NOW, others=5)
    account.schedule(NOW, 10, 1.0)
    account.advance(NOW + 10)
    ids = listed(account, 7, sort="createdAt", direction=direction)
    created = [account.runs[run].created for run in ids if run in account.runs]
    assert created == sorted(created, reverse=ordered)
    assert len(created) == 31


def test_filters_by_status():
    account = Account(30, NOW)
    account.schedule(NOW, 10, 1 / 3)
    account.advance(NOW + 10)
    assert set(listed(account, 7, status=ENDED)) == {*account.ends, account.warm.id}
    assert len(listed(account, 7, status=MOVING)) == 20


@pytest.mark.parametrize("token", ["nonsense", ""])
def test_a_token_belongs_to_its_query(token):
    account = Account(30, NOW)
    with pytest.raises(ValueError, match="nextPageToken"):
        account.page(10, token=token)
    bound = account.page(10).token
    with pytest.raises(ValueError, match="nextPageToken"):
        account.page(10, sort="createdAt", token=bound)


@pytest.mark.parametrize("query", [{"sort": "name"}, {"direction": "up"}, {"size": 0}])
def test_refuses_what_the_api_does_not_know(query):
    with pytest.raises(ValueError, match="sortBy"):
        Account(1, NOW).page(**({"size": 10} | query))
