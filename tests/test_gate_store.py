"""What a gate remembers: nothing is lost and nothing moves back, whoever writes when."""

from __future__ import annotations

import itertools
import json
import logging
import queue
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_extend import gate_store
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.gate.evidence import Baseline, Evidence
from airflow_provider_extend.gate.report import Report
from airflow_provider_extend.gate_store import FolderStore, GateMemory, KeyValueStore, TooLarge, memory_of

LOG = logging.getLogger("gate")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Rows:
    """A store of Airflow's; `meanwhile` is what another does between a write and the look at what came of it."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.writes = 0
        self.meanwhile: list[Callable[[], None]] = []

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.rows[key]) if key in self.rows else default

    def set(self, key: str, value: Any) -> None:
        self.writes += 1
        self.rows[key] = json.dumps(value)

    def sleep(self, seconds: float) -> None:
        assert 0.5 <= seconds <= 1.5
        if self.meanwhile:
            self.meanwhile.pop(0)()

    def store(self) -> KeyValueStore:
        return KeyValueStore("rows", self.get, self.set, self.sleep)


@pytest.fixture(params=["folder", "rows"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return FolderStore(f"file://{tmp_path}/gate") if request.param == "folder" else Rows().store()


def evidence(
    run_id: str = "bpr_1", config: str | None = "c", items: str | None = "i", **more: Any
) -> Evidence:
    told = {"id": run_id, "processor_id": "ex_1", "config_fingerprint": config, "items_fingerprint": items}
    return Evidence.of_result({**told, "metrics": {"extract.accuracy": 0.9}, "counts": {}, **more})


# One writer after the other


def test_names_are_added_once_and_keys_are_apart(store) -> None:
    assert store.names("looks.a") == frozenset()
    assert store.add("looks.a", "one") == {"one"}
    assert store.add("looks.a", "one") == {"one"}
    assert store.add("looks.a", "two") == store.names("looks.a") == {"one", "two"}
    assert store.names("looks.b") == frozenset()


def test_a_newer_value_stays_whatever_is_written_after_it(store) -> None:
    assert store.newest("k") is None
    assert store.keep("k", NOON, {"n": 1}) is True
    assert store.keep("k", NOON + timedelta(microseconds=1), {"n": 2}) is True
    assert store.keep("k", NOON - timedelta(days=400), {"n": 0}) is False
    assert store.newest("k") == {"n": 2}


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_in_which_values_are_written_does_not_matter(tmp_path_factory, order) -> None:
    rows, folder = Rows().store(), FolderStore(f"file://{tmp_path_factory.mktemp('gate')}")
    for n in order:
        for each in (rows, folder):
            each.keep("k", NOON + timedelta(seconds=n // 2), {"n": n})
            each.add("names", str(n))
    # Two of one moment: every order ends with the same one of them.
    assert rows.newest("k") == {"n": 4}
    assert folder.newest("k") == {"n": 4}
    assert rows.names("names") == folder.names("names") == {"0", "1", "2", "3", "4"}


# Two writers at once


def test_a_look_that_another_writer_has_taken_away_is_added_again() -> None:
    rows = Rows()
    store = rows.store()
    # Another, that has read before this write and writes after it.
    rows.meanwhile = [lambda: rows.set("k", {"names": ["other"]})]
    assert store.add("k", "mine") == {"mine", "other"}
    assert store.names("k") == {"mine", "other"}


def test_a_newer_baseline_that_an_older_one_has_taken_the_place_of_is_put_back() -> None:
    rows = Rows()
    older = {"at": "20250101T000000.000000Z", "value": {"n": 1}}
    rows.meanwhile = [lambda: rows.set("k", older)]
    assert rows.store().keep("k", NOON, {"n": 2}) is True
    assert rows.store().newest("k") == {"n": 2}


def test_a_newer_baseline_of_another_writer_stays() -> None:
    rows = Rows()
    newer = {"at": "20990101T000000.000000Z", "value": {"n": 3}}
    rows.meanwhile = [lambda: rows.set("k", newer)]
    assert rows.store().keep("k", NOON, {"n": 2}) is False
    assert rows.store().newest("k") == {"n": 3}


def test_a_store_that_keeps_nothing_is_an_error_and_no_success() -> None:
    rows = Rows()
    store = KeyValueStore("a broken store", rows.get, lambda key, value: None, lambda seconds: None)
    with pytest.raises(RuntimeError, match="a broken store does not keep what is written to it under k"):
        store.add("k", "mine")


class Turns:
    """Lets one of several writers make its next call, chosen by chance. A pause ends once no writer stands between its
    read and its write: it is longer than that takes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._came: queue.Queue[tuple[str, str]] = queue.Queue()
        self._go: dict[str, threading.Event] = {}

    def step(self, name: str, what: str) -> None:
        self._came.put((name, what))
        self._go[name].wait(10)
        self._go[name].clear()

    def run(self, writers: dict[str, Callable[[], None]]) -> None:
        def work(name: str) -> None:
            self.step(name, "read")
            writers[name]()
            self._came.put((name, "done"))

        threads = [threading.Thread(target=work, args=(name,)) for name in writers]
        self._go = {name: threading.Event() for name in writers}
        for thread in threads:
            thread.start()
        stand = dict(self._came.get(timeout=10) for _ in writers)
        while stand:
            ready = [name for name, what in stand.items() if what != "pause"]
            between = [name for name, what in stand.items() if what == "write"]
            chosen = self._chance.choice(sorted(ready if between or ready else stand))
            self._go[chosen].set()
            name, what = self._came.get(timeout=10)
            stand[name] = what
            if what == "done":
                del stand[name]
        for thread in threads:
            thread.join(10)


@pytest.mark.parametrize("seed", range(40))
def test_writers_at_once_lose_nothing_where_none_stands_still_for_longer_than_the_pause(seed) -> None:
    rows, turns, names = Rows(), Turns(seed), [f"run_{n}" for n in range(4)]

    def writer(name: str) -> Callable[[], None]:
        def get(key: str) -> Any:
            turns.step(name, "read")
            return rows.get(key)

        def put(key: str, value: Any) -> None:
            turns.step(name, "write")
            rows.set(key, value)

        def work() -> None:
            store = KeyValueStore("rows", get, put, lambda seconds: turns.step(name, "pause"))
            store.add("k", name)
            store.keep("b", NOON + timedelta(seconds=names.index(name)), {"run": name})

        return work

    turns.run({name: writer(name) for name in names})
    assert rows.store().names("k") == set(names)
    assert rows.store().newest("b") == {"run": names[-1]}


def test_in_a_folder_each_writer_writes_what_is_its_own(tmp_path) -> None:
    """No order of two writers' calls makes one take the other's away: they never write the same object."""
    stores = [FolderStore(f"file://{tmp_path}") for _ in range(2)]
    written: list[list[str]] = []
    for n, each in enumerate(stores):
        before = {str(path) for path in tmp_path.rglob("*.json")}
        each.add("k", f"run_{n}")
        each.keep("b", NOON + timedelta(seconds=n), {"n": n})
        written.append([str(path) for path in tmp_path.rglob("*.json") if str(path) not in before])
    assert not set(written[0]) & set(written[1])
    assert [len(each) for each in written] == [2, 2]
    assert not list(tmp_path.rglob("*.part")), "what is written is there whole, or not at all"


# What is damaged


@pytest.mark.parametrize("held", [{"other": 1}, [1], "text"])
def test_a_value_that_is_none_of_ours_is_not_taken_for_none_at_all(held) -> None:
    rows = Rows()
    rows.set("k", held)
    with pytest.raises(ValueError, match="holds something else than this gate has written"):
        rows.store().newest("k")
    with pytest.raises(ValueError, match="holds something else"):
        rows.store().names("k")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"other": 1}'])
def test_a_damaged_file_is_an_error(tmp_path, text) -> None:
    store = FolderStore(f"file://{tmp_path}")
    store.keep("k", NOON, {"n": 1})
    (path,) = (tmp_path / "k").glob("*.json")
    path.write_text(text)
    with pytest.raises(ValueError, match=r"holds something else|Expecting"):
        store.newest("k")


# The memory of a gate


@pytest.fixture
def memory(store) -> GateMemory:
    return GateMemory(store, LOG)


def test_a_look_is_a_run_and_counts_once_at_its_question(memory) -> None:
    assert memory.look(evidence("bpr_1")) == 1
    assert memory.look(evidence("bpr_1")) == 1, "judged again"
    assert memory.look(evidence("bpr_2")) == 2
    assert memory.look(evidence("bpr_3", config="another")) == 1
    assert memory.look(evidence("bpr_4", items="others")) == 1
    assert memory.look(evidence("bpr/../5 with odd letters")) == 3


@pytest.mark.parametrize("lacking", [{"config": None}, {"items": None}, {"run_id": ""}])
def test_no_look_is_counted_where_the_question_is_not_known(memory, lacking) -> None:
    assert memory.look(evidence(**lacking)) is None


@pytest.mark.parametrize(
    ("verdict", "kept"),
    [("PASS", True), ("FAIL", True), ("WARN", False), ("INCONCLUSIVE", False), ("ERROR", False)],
)
def test_an_answer_is_kept_where_the_question_was_decided(memory, verdict, kept) -> None:
    known = evidence()
    memory.keep_answer(Report(verdict, "", evidence=known), NOON)
    answer = memory.answer(str(known.question))
    assert (answer is not None) == kept
    if answer is not None:
        assert (answer.evidence, answer.verdict) == (known, verdict)
        assert answer.at == "2026-01-01T12:00:00+00:00"


def test_an_answer_without_a_question_is_not_kept(memory) -> None:
    memory.keep_answer(Report("PASS", "", evidence=evidence(config=None)), NOON)
    assert memory.answer("anything") is None


def test_an_answer_of_another_version_is_an_error(memory) -> None:
    question = str(evidence().question)
    memory.store.keep(f"answer.{gate_store._short(question)}", NOON, {"answer": 2})
    with pytest.raises(ValueError, match="of another version, or damaged"):
        memory.answer(question)


def test_each_processor_has_a_baseline_and_it_does_not_move_back(memory) -> None:
    first, later = Baseline(evidence("bpr_1"), "o"), Baseline(evidence("bpr_2"), "o")
    assert memory.baseline(evidence()) is None
    assert memory.move_baseline(later, NOON) is True
    assert memory.move_baseline(first, NOON - timedelta(hours=1)) is False
    assert memory.baseline(evidence("any")) == later
    assert memory.baseline(evidence("any", processor_id="ex_2")) is None


def test_what_is_too_large_for_airflows_database_is_left_out_and_the_log_says_so(caplog) -> None:
    memory = GateMemory(Rows().store(), LOG)
    large = evidence(
        metrics={f"extract.fields.a_long_name_of_a_column_{n}.accuracy": 0.5 for n in range(2000)}
    )
    with caplog.at_level("WARNING"):
        assert memory.move_baseline(Baseline(large, "o"), NOON) is False
    assert "The baseline is not kept in rows. It is larger than" in caplog.text
    assert memory.baseline(large) is None
    with pytest.raises(TooLarge):
        memory.store.keep("k", NOON, {"text": "x" * gate_store.MOST_BYTES})


def test_a_folder_holds_what_is_large(tmp_path) -> None:
    memory = GateMemory(FolderStore(f"file://{tmp_path}"), LOG)
    large = evidence(
        metrics={f"extract.fields.a_long_name_of_a_column_{n}.accuracy": 0.5 for n in range(2000)}
    )
    assert memory.move_baseline(Baseline(large, "o"), NOON) is True
    assert memory.baseline(large) == Baseline(large, "o")


# Where it is


def test_none_is_no_memory() -> None:
    assert memory_of(None, {}, LOG) is None


@pytest.mark.parametrize("given", ["", "  ", 5, object(), ["x"]])
def test_what_is_no_store_is_refused_by_name(given) -> None:
    with pytest.raises(ExtendInputError, match="expected an Asset, or the path of a folder"):
        memory_of(given, {}, LOG)


def test_a_store_that_airflow_does_not_know_is_refused_before_anything_is_paid_for() -> None:
    with pytest.raises(ExtendInputError, match="'nowhere://bucket/gate', which Airflow does not know"):
        memory_of("nowhere://bucket/gate", {}, LOG)


def test_an_object_store_is_a_folder() -> None:
    import fsspec
    from airflow.sdk.io.store import attach

    attach("memory", fs=fsspec.filesystem("memory"))
    memory = memory_of("memory://bucket/gate", {}, LOG)
    assert memory is not None
    assert memory.look(evidence()) == 1
    assert memory_of("memory://bucket/gate", {}, LOG).look(evidence("bpr_2")) == 2  # type: ignore[union-attr]
    assert memory.move_baseline(Baseline(evidence(), "o"), NOON) is True
    assert memory.baseline(evidence()) == Baseline(evidence(), "o")


def test_the_state_store_of_an_asset_where_airflow_has_one(monkeypatch) -> None:
    monkeypatch.setattr(gate_store.time, "sleep", lambda seconds: None)
    asset, rows = SimpleNamespace(name="gate", uri="gate"), Rows()
    memory = memory_of(asset, {"asset_state_store": Accessors(asset, rows)}, LOG)
    assert memory is not None
    assert (memory.look(evidence()), memory.told) == (1, "the state store of asset gate")
    assert all(key.startswith("extend_gate.looks.") for key in rows.rows)


class Accessors:
    def __init__(self, asset: Any, rows: Rows) -> None:
        self.asset, self.rows = asset, rows

    def __getitem__(self, asset: Any) -> Rows:
        assert asset is self.asset
        return self.rows


def test_variables_below_airflow_3_3(monkeypatch, caplog) -> None:
    kept: dict[str, str] = {}
    variable = SimpleNamespace(get=lambda key, default: kept.get(key, default), set=kept.__setitem__)
    monkeypatch.setattr(airflow.sdk, "Variable", variable)
    monkeypatch.setattr(gate_store.time, "sleep", lambda seconds: None)
    asset = SimpleNamespace(name="Invoices: the gate", uri="x")
    with caplog.at_level("INFO"):
        memory = memory_of(asset, {}, LOG)
    assert memory is not None
    assert "kept in Variables" in caplog.text
    assert memory.look(evidence()) == 1
    assert memory_of(asset, {}, LOG).look(evidence("bpr_2")) == 2  # type: ignore[union-attr]
    assert all(" " not in key and ":" not in key for key in kept)
    other = memory_of(SimpleNamespace(name="another", uri="x"), {}, LOG)
    assert other is not None
    assert other.look(evidence()) == 1


def test_names_are_of_one_width_so_that_they_sort_by_time() -> None:
    moments = [
        NOON - timedelta(days=40),
        NOON,
        NOON + timedelta(microseconds=5),
        datetime(2999, 1, 1, tzinfo=UTC),
    ]
    stamps = [gate_store._stamp(moment) for moment in moments]
    assert all(a < b for a, b in itertools.pairwise(stamps))
    east = NOON.astimezone(datetime.now().astimezone().tzinfo)
    assert gate_store._stamp(east) == gate_store._stamp(NOON)
