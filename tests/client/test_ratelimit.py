"""Requests are spaced as the account's limits ask, by a clock that the tests set."""

import itertools
import math
import random
import threading

import pytest

from airflow_provider_extend.ratelimit import Bucket, buckets_of

_numbers = itertools.count()


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def account():
    return f"account-{next(_numbers)}"


def test_requests_of_a_moment_are_spaced_evenly_and_the_first_waits_for_nothing(clock):
    bucket = Bucket(10.0, clock)
    assert [bucket.reserve() for _ in range(4)] == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_idle_time_is_not_saved_up_for_a_burst(clock):
    bucket = Bucket(10.0, clock)
    bucket.reserve()
    clock.now += 60.0
    assert [bucket.reserve() for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])


def test_a_turn_can_be_asked_for_without_taking_it(clock):
    bucket = Bucket(10.0, clock)
    assert bucket.turn_in() == 0.0
    bucket.reserve()
    assert [bucket.turn_in() for _ in range(3)] == pytest.approx([0.1] * 3)
    clock.now += 60.0
    assert bucket.turn_in() == 0.0


def test_requests_that_come_slower_than_the_rate_never_wait(clock):
    bucket = Bucket(2.0, clock)
    for _ in range(5):
        assert bucket.reserve() == 0.0
        clock.now += 0.5


def test_no_second_holds_more_than_the_rate(clock):
    bucket = Bucket(10.0, clock)
    moments = [clock.now + bucket.reserve() for _ in range(50)]
    for start in moments:
        assert sum(start <= moment < start + 0.999 for moment in moments) <= 10


@pytest.mark.parametrize("rate", [2.0, 4.0, 7.5, 10.0, 75.0])
@pytest.mark.parametrize("stall", [0.0, 3.0])
def test_no_second_holds_more_than_the_rate_whatever_is_sent_together_and_however_long_it_takes(
    clock, rate, stall
):
    bucket, chance, sent = Bucket(rate, clock), random.Random(7), []
    threads = [(clock.now, 1, 1)] * 6  # when each sends its next, of how many, and how many are left
    for step in range(2000):
        at, together, left = threads.pop(threads.index(min(threads)))
        clock.now = max(clock.now, at)
        moment = clock.now + bucket.reserve(together)
        sent.append(moment)
        answered = moment + chance.lognormvariate(-2, 0.5) + (stall if step % 97 == 0 else 0)
        left -= 1
        if not left:
            together = left = chance.choice([1, max(1, min(8, int(rate / 2)))])
        threads.append((answered, together, left))
    assert sent == sorted(sent)
    assert all(later - first >= 0.999 for first, later in zip(sent, sent[math.ceil(rate) :], strict=False))
    if not stall:
        assert len(sent) / (sent[-1] - sent[0]) > 0.9 * min(rate, 6 / 0.16)


def test_those_that_are_sent_together_are_early_by_as_much_as_a_pause_follows(clock):
    bucket = Bucket(10.0, clock)
    assert [bucket.reserve(5) for _ in range(7)] == pytest.approx([0.0] * 5 + [0.1, 0.2])
    assert bucket.turn_in() == pytest.approx(0.7)
    clock.now += 60.0
    assert [bucket.reserve(5) for _ in range(6)] == pytest.approx([0.0] * 5 + [0.1])


def test_together_no_more_than_a_second_holds_are_sent_in_one(clock):
    bucket = Bucket(10.0, clock)
    for _ in range(10):
        clock.now += bucket.reserve()
    clock.now += 0.1
    assert [bucket.reserve(5) for _ in range(2)] == pytest.approx([0.03, 0.13])


def test_a_429_halves_the_rate_and_a_second_one_halves_it_again(clock):
    bucket = Bucket(8.0, clock)
    bucket.throttled()
    assert bucket.rate == 4.0
    assert [bucket.reserve() for _ in range(3)] == pytest.approx([0.0, 0.25, 0.5])
    bucket.throttled()
    assert bucket.rate == 4.0, "of the same second"
    clock.now += 1.0
    bucket.throttled()
    assert bucket.rate == pytest.approx((4.0 + 8.0 / 60) / 2)


def test_a_halved_rate_creeps_back_within_a_minute_and_not_beyond_its_full_value(clock):
    bucket = Bucket(10.0, clock)
    bucket.throttled()
    clock.now += 15.0
    assert bucket.rate == pytest.approx(7.5)
    clock.now += 15.0
    assert bucket.rate == pytest.approx(10.0)
    clock.now += 1000.0
    assert bucket.rate == 10.0


def test_a_rate_never_falls_to_nothing(clock):
    bucket = Bucket(10.0, clock)
    for _ in range(100):
        bucket.throttled()
        clock.now += 1.0
    assert bucket.rate > 0
    bucket.reserve()
    assert bucket.reserve() <= 20.0


def test_the_slowest_rate_of_a_connection_is_kept_after_a_429(clock):
    bucket = Bucket(0.01, clock)
    bucket.throttled()
    assert bucket.rate <= 0.01


def test_threads_share_a_bucket_without_taking_the_same_moment(clock):
    bucket = Bucket(10.0, clock)
    taken = []

    def work():
        taken.extend(bucket.reserve() for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == pytest.approx([number / 10 for number in range(200)])


def test_reads_writes_and_runs_are_counted_apart(account):
    buckets = buckets_of(account, {"GET": 0.5})
    assert set(buckets) == {"GET", "WRITE", "RUN"}
    assert buckets["GET"].reserve() == 0.0
    assert buckets["GET"].reserve() > 1.0
    assert buckets["WRITE"].reserve() == buckets["RUN"].reserve() == 0.0
    assert [buckets[name].full_rate for name in ("GET", "WRITE", "RUN")] == [0.5, 10.0, 10.0]


def test_all_clients_of_an_account_share_its_limits_and_other_accounts_have_their_own(account):
    assert buckets_of(account, {})["GET"] is buckets_of(account, {})["GET"]
    assert buckets_of(account, {})["GET"] is not buckets_of(f"{account}-other", {})["GET"]


def test_a_changed_rate_of_the_connection_counts_from_then_on(account):
    assert buckets_of(account, {"RUN": 5.0})["RUN"].full_rate == 5.0
    assert buckets_of(account, {"RUN": 7.0})["RUN"].full_rate == 7.0


def test_a_client_waits_for_its_turn(make_client, requests_mock, slept):
    requests_mock.get("https://api.extend.ai/files/f", json={})
    requests_mock.post("https://api.extend.ai/extract_runs", json={"id": "exr_1"})
    client = make_client(rates={"GET": 0.1, "RUN": 0.1})
    for _ in range(3):
        client.files.retrieve("f")
    client.extract_runs.create(file={"id": "f"})
    assert slept == pytest.approx([10.0, 20.0], abs=0.5)


def test_two_clients_of_one_key_share_the_limit_whatever_version_they_speak(
    make_client, requests_mock, slept
):
    requests_mock.get("https://api.extend.ai/files/f", json={})
    make_client(rates={"GET": 0.1}).files.retrieve("f")
    make_client(rates={"GET": 0.1}, api_version="2025-04-21").files.retrieve("f")
    assert slept == pytest.approx([10.0], abs=0.5)


def test_another_key_has_its_own_limit(make_client, requests_mock, slept):
    requests_mock.get("https://api.extend.ai/files/f", json={})
    make_client(rates={"GET": 0.1}).files.retrieve("f")
    make_client(rates={"GET": 0.1}, api_key="sk_another_account").files.retrieve("f")
    assert slept == []


def test_a_repeat_takes_a_turn_too(make_client, requests_mock, slept):
    requests_mock.get(
        "https://api.extend.ai/files/f", [{"status_code": 503, "json": {"message": "x"}}, {"json": {}}]
    )
    make_client(rates={"GET": 0.1}).files.retrieve("f")
    assert max(slept) == pytest.approx(10.0, abs=0.5)
