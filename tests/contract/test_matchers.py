"""Every file of ``matchers/`` keeps the promise of its port, and a new file needs nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import matchers
from pipelines.frames import CANDIDATES, CandidateRows, conform
from pipelines.match import Matcher
from pipelines.matching.batch import Batch
from pipelines.model.proposal import Disposition
from pipelines.policy import default_policy, override
from pipelines.ports.matcher import MatchIndex, RowStrategy
from tests.matching_ledger import crowd, item, matcher, paid, payment, receipts, stranger

STRATEGIES = sorted(
    file.stem for file in Path(matchers.__file__).parent.glob("*.py") if not file.stem.startswith("_")
)  # fmt: skip
LEDGER = [*crowd(60), item("RE-2026-00123", 128317, order_number="B12345"), item("RE-2026-00777", 4950, "10002")]
RECEIPTS = receipts(
    payment(128317, "RE-2026-00123"),
    payment(128317, ""),
    stranger(4950, "RE-2026-OO777 KdNr 10002"),
    stranger(133267, "RE-2026-00123, RE-2026-00777"),
    payment(-500, "Rückgabe"),
    stranger(1, "9" * 140),
)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_returns_a_candidate_frame(name: str) -> None:
    [strategy] = matchers.load([name])
    assert strategy.name == name
    batch = Batch(matcher(LEDGER)._items, RECEIPTS, default_policy())
    levels = {(field, level) for field, values in default_policy().bits.items() for level in values}
    levels |= {("amount", "equal"), ("batch", "own_id"), ("batch", "batch_total"), ("batch", "batch_less")}
    for earlier in matchers.load(default_policy().strategies):
        frame = earlier.candidates(batch, RECEIPTS)
        if earlier.name == name:
            assert list(frame.columns) == [column.name for column in CANDIDATES]
            pd.testing.assert_frame_equal(frame, conform(frame, CANDIDATES, name))
            assert set(zip(frame["field"], frame["level"], strict=True)) <= levels
            assert frame["receipt"].between(0, len(RECEIPTS) - 1).all()
            return
        batch.add(earlier.name, frame)
    pytest.fail(f"{name} is not part of the shipped policy")


def test_rows_handed_over_as_they_are_say_the_same_as_their_frame() -> None:
    index = matcher(LEDGER)._items
    as_rows, as_frames = (Batch(index, RECEIPTS, default_policy()) for _ in range(2))
    for strategy in matchers.load(default_policy().strategies):
        assert isinstance(strategy, RowStrategy)
        as_rows.add(strategy.name, strategy.rows(as_rows, RECEIPTS))
        as_frames.add(strategy.name, strategy.candidates(as_frames, RECEIPTS))
    for receipt in range(len(RECEIPTS)):
        assert repr(as_rows.item_hits(receipt)) == repr(as_frames.item_hits(receipt))
        assert repr(as_rows.debtor_hits(receipt)) == repr(as_frames.debtor_hits(receipt))
        assert (as_rows.is_clear(receipt), as_rows.is_done(receipt)) == (
            as_frames.is_clear(receipt),
            as_frames.is_done(receipt),
        )
    assert any(as_rows.item_hits(receipt) for receipt in range(len(RECEIPTS)))


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_has_nothing_to_say_about_nothing(name: str) -> None:
    [strategy] = matchers.load([name])
    nothing = receipts(payment(1)).iloc[:0]
    batch = Batch(matcher(LEDGER)._items, nothing, default_policy())
    assert strategy.candidates(batch, nothing).empty


class Nickname:
    """A strategy from outside: somebody's private word for an invoice."""

    name = "nickname"

    def candidates(self, index: MatchIndex, receipts: pd.DataFrame) -> pd.DataFrame:
        rows = CandidateRows()
        for receipt, text in enumerate(index.text("remittance")):
            if "blaue mappe" in text.lower():
                rows.add(receipt, "reference", "document", item=index.items.row_of("RE-2026-00123"))
        return rows.frame()


def test_a_new_strategy_is_one_new_file(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("matchers.nickname")
    module.build = lambda options: Nickname()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "matchers.nickname", module)
    policy = override({"strategies": [*default_policy().strategies, "nickname"]})
    one = Matcher(pd.DataFrame(LEDGER), None, None, policy, strategies=matchers.load(policy.strategies))
    [found, *_] = one.plan(receipts(stranger(128317, "Blaue Mappe")))
    assert (found.disposition, paid(found)) == (Disposition.AUTO, {"RE-2026-00123": 128317})
