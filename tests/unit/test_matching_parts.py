"""Receipts judged in parts, in processes and with tables of an earlier run: always the same plan."""

from __future__ import annotations

import os
import signal
import threading
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import matchers
from benchmarks.matching.generator import Case, collections_frame, generate, items_frame, receipts_frame
from pipelines.match import Matcher
from pipelines.matching import items as items_module
from pipelines.matching import processes
from pipelines.matching.partition import Part, bounds, contested, pack, unpack
from pipelines.model.proposal import Disposition, Proposal
from pipelines.policy import default_policy
from pipelines.ports.kept import TableStore
from sinks.kept_index import KeptIndex
from tests.matching_ledger import crowd, item, payment, receipts

MIXES = ["trade", "b2b", "telecom"]
POLICY = default_policy()


@cache
def _case(mix: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    case: Case = generate(6, 500, 2500, mix=mix)
    return items_frame(case.world), collections_frame(case.world), receipts_frame(case.payments)


def _matcher(mix: str, tables: TableStore | None = None, count: int = 1) -> Matcher:
    owed, collected, _ = _case(mix)
    strategies = matchers.load(POLICY.strategies)
    return Matcher(owed, collected, None, POLICY, strategies=strategies, tables=tables, processes=count)


@cache
def _plan(mix: str) -> list[Proposal]:
    return _matcher(mix).plan(_case(mix)[2])


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("count", [2, 5])
def test_parts_judged_apart_make_the_same_plan(mix: str, count: int) -> None:
    strategies = matchers.load(POLICY.strategies)
    owed, collected, arrived = _case(mix)
    asked: list[int] = []

    def elsewhere(frame: pd.DataFrame, moved: object) -> list[Part]:
        assert moved == {}
        asked.append(len(frame))
        # Every part by a matcher of its own, and over the wire.
        return [
            unpack(pack(_matcher(mix).part(frame.iloc[start:end].reset_index(drop=True))))
            for start, end in bounds(len(frame), count)
        ]

    spread = Matcher(owed, collected, None, POLICY, strategies=strategies, spread=elsewhere)
    assert spread.plan(arrived) == _plan(mix)
    assert asked == [len(arrived)]


def test_a_contest_across_parts_is_settled_as_one() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317)]
    rows = receipts(*(payment(128317, "RE-2026-00123", transaction_id=f"t{place}") for place in range(6)))
    frame = pd.DataFrame(ledger)
    strategies = matchers.load(POLICY.strategies)
    alone = Matcher(frame, None, None, POLICY, strategies=strategies).plan(rows)
    seen: list[list[int]] = []

    def elsewhere(arrived: pd.DataFrame, moved: object) -> list[Part]:
        judge = Matcher(frame, None, None, POLICY, strategies=strategies)
        parts = [judge.part(arrived.iloc[start:end].reset_index(drop=True)) for start, end in bounds(len(arrived), 3)]
        seen.append(contested(parts, judge.open_minor))
        return parts

    assert Matcher(frame, None, None, POLICY, strategies=strategies, spread=elsewhere).plan(rows) == alone
    assert seen == [[0, 1, 2, 3, 4, 5]]
    assert sum(one.disposition is Disposition.AUTO for one in alone) == 1


@pytest.mark.parametrize("mix", MIXES)
def test_two_processes_make_the_same_plan(mix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEAST", 50)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert processes.useful(500, 2) == 2
    assert _matcher(mix, count=2).plan(_case(mix)[2]) == _plan(mix)


def test_the_part_of_a_process_that_dies_is_judged_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEAST", 50)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    parent = os.getpid()
    judge = Matcher.part

    def dies_in_a_child(self: Matcher, frame: pd.DataFrame) -> Part:
        if os.getpid() != parent:
            os._exit(9)
        return judge(self, frame)

    monkeypatch.setattr(Matcher, "part", dies_in_a_child)
    assert _matcher("trade", count=3).plan(_case("trade")[2]) == _plan("trade")


def test_what_a_process_brought_before_it_died_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEAST", 50)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    parent, done = os.getpid(), 0
    judge = Matcher.part

    def dies_at_the_second(self: Matcher, frame: pd.DataFrame) -> Part:
        nonlocal done
        done += 1
        if os.getpid() != parent and done == 2:
            os._exit(9)
        return judge(self, frame)

    monkeypatch.setattr(Matcher, "part", dies_at_the_second)
    monkeypatch.setattr(processes, "_LEAST_PIECE", 20)
    assert _matcher("trade", count=2).plan(_case("trade")[2]) == _plan("trade")


def test_no_process_is_left_behind_when_judging_fails_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LEAST", 50)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    parent = os.getpid()

    def fails_here(self: Matcher, frame: pd.DataFrame) -> Part:
        if os.getpid() == parent:
            raise MemoryError
        while True:
            signal.pause()

    fork, children = os.fork, []

    def noted() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", noted)
    monkeypatch.setattr(Matcher, "part", fails_here)
    with pytest.raises(MemoryError):
        _matcher("trade", count=3).plan(_case("trade")[2])
    assert len(children) == 2
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("receipts_of_day", [1, 399, 3_000, 95_428])
def test_every_receipt_is_in_one_piece(receipts_of_day: int, count: int) -> None:
    cut = processes.pieces(receipts_of_day, count)
    assert [place for start, end in cut for place in range(start, end)] == list(range(receipts_of_day))
    # The last piece keeps nobody waiting for long.
    assert count == 1 or all(end - start <= 400 for start, end in cut[-1:])


def test_other_threads_keep_it_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert processes.useful(100_000, 2) == 1


# --- tables kept between runs -------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptIndex:
    monkeypatch.setattr(items_module, "LEAST_KEPT", 1)
    return KeptIndex(tmp_path / "index")


@pytest.mark.parametrize("mix", MIXES)
def test_kept_tables_make_the_same_plan(mix: str, kept: KeptIndex) -> None:
    first = _matcher(mix, kept)
    assert first.plan(_case(mix)[2]) == _plan(mix)
    first.keep()
    again = _matcher(mix, kept)
    assert again._items._is_kept
    assert again.plan(_case(mix)[2]) == _plan(mix)


def test_what_is_kept_belongs_to_its_owner_alone(kept: KeptIndex) -> None:
    _matcher("trade", kept).keep()
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert kept.file.parent.stat().st_mode & 0o777 == 0o700
    kept.forget()
    assert not kept.file.parent.exists()


def test_open_amounts_are_never_kept(kept: KeptIndex) -> None:
    _matcher("trade", kept).keep()
    owed, collected, arrived = _case("trade")
    settled = owed.assign(open_minor=owed["open_minor"].where(owed.index % 2 == 0, 0))
    strategies = matchers.load(POLICY.strategies)
    fresh = Matcher(settled, collected, None, POLICY, strategies=strategies).plan(arrived)
    again = Matcher(settled, collected, None, POLICY, strategies=strategies, tables=kept)
    assert again._items._is_kept
    assert again.plan(arrived) == fresh != _plan("trade")


@pytest.mark.parametrize(
    "column", ["invoice_number", "debtor_number", "debtor_name", "debtor_ibans", "order_number", "mandate_id"]
)
def test_stale_tables_are_not_used(column: str, kept: KeptIndex) -> None:
    _matcher("trade", kept).keep()
    owed = _case("trade")[0].copy()
    owed.loc[3, column] = "CHANGED-1"
    strategies = matchers.load(POLICY.strategies)
    changed = Matcher(owed, _case("trade")[1], None, POLICY, strategies=strategies, tables=kept)
    assert not changed._items._is_kept


def test_a_payer_of_an_unknown_debtor_is_not_lost(kept: KeptIndex) -> None:
    _matcher("trade", kept).keep()
    payers = pd.DataFrame({"iban": ["DE89370400440532013000"], "debtor_number": ["GONE-1"], "count": [3]})
    owed, collected, arrived = _case("trade")
    strategies = matchers.load(POLICY.strategies)
    fresh = Matcher(owed, collected, payers, POLICY, strategies=strategies).plan(arrived)
    assert Matcher(owed, collected, payers, POLICY, strategies=strategies, tables=kept).plan(arrived) == fresh


@pytest.mark.parametrize("place", [0, 20, 60, 400, -5])
def test_damaged_tables_are_built_anew(place: int, kept: KeptIndex) -> None:
    _matcher("trade", kept).keep()
    data = bytearray(kept.file.read_bytes())
    data[place] ^= 0xFF
    kept.file.write_bytes(data)
    mended = _matcher("trade", kept)
    assert not mended._items._is_kept
    assert mended.plan(_case("trade")[2]) == _plan("trade")
    mended.keep()
    assert _matcher("trade", kept)._items._is_kept


@pytest.mark.parametrize("size", [0, 10, 1000])
def test_a_file_cut_off_is_no_table(size: int, kept: KeptIndex) -> None:
    _matcher("trade", kept).keep()
    kept.file.write_bytes(kept.file.read_bytes()[:size])
    assert not _matcher("trade", kept)._items._is_kept


def test_a_file_of_somebody_else_makes_nothing(kept: KeptIndex) -> None:
    kept.store("mine", {"a": frozenset({"x"})})
    assert kept.load("mine") == {"a": frozenset({"x"})}
    assert kept.load("other") is None
    kept.store("mine", {"a": os.getcwd})
    assert kept.load("mine") is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items_module, "LEAST_KEPT", 1)
    (tmp_path / "file").write_text("")
    _matcher("trade", KeptIndex(tmp_path / "file" / "index")).keep()
