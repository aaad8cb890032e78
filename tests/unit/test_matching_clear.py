"""Receipts decided by example come out exactly as if each of them had been judged in full."""

from __future__ import annotations

import pandas as pd
import pytest

import matchers
from benchmarks.matching.generator import collections_frame, generate, items_frame, receipts_frame
from pipelines.learning.payers import Habit, Learned
from pipelines.match import Matcher
from pipelines.matching.explain import Explainer
from pipelines.model.proposal import Disposition, Proposal
from pipelines.policy import default_policy
from tests.matching_ledger import crowd, item, payment, receipts

POLICY = default_policy()
Frames = tuple[pd.DataFrame, pd.DataFrame | None, pd.DataFrame]


def _world(mix: str, seed: int) -> Frames:
    case = generate(seed, 500, 2500, mix=mix)
    return items_frame(case.world), collections_frame(case.world), receipts_frame(case.payments)


def _plan(world: Frames, arrived: pd.DataFrame, in_full: bool, learned: Learned | None = None) -> list[Proposal]:
    owed, collected, _ = world
    matcher = Matcher(
        owed, collected, None, POLICY, strategies=matchers.load(POLICY.strategies), learned=learned,
        # Who observes is shown the judgement of every receipt.
        observe=(lambda *_: None) if in_full else None,
    )  # fmt: skip
    return matcher.plan(arrived)


@pytest.mark.parametrize("mix", ["trade", "b2b", "telecom", "rent", "managers", "subscription"])
@pytest.mark.parametrize("seed", [41, 42])
def test_by_example_or_in_full_the_plan_is_the_same_in_any_order(mix: str, seed: int) -> None:
    world = _world(mix, seed)
    in_full = _plan(world, world[2], in_full=True)
    for arrived in (world[2], world[2].iloc[::-1], world[2].sample(frac=1.0, random_state=seed)):
        assert _plan(world, arrived, in_full=False) == in_full


def test_most_clear_receipts_are_not_judged_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _world("trade", 43)
    judged: list[int] = []
    judge = Explainer.judge
    monkeypatch.setattr(Explainer, "judge", lambda self, receipt: judged.append(receipt) or judge(self, receipt))
    _plan(world, world[2], in_full=True)
    every = len(judged)
    judged.clear()
    _plan(world, world[2], in_full=False)
    assert len(judged) < 0.85 * every


def test_what_is_kept_from_batch_to_batch_changes_nothing_nor_does_forgetting_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owed, collected, arrived = _world("trade", 45)
    strategies = matchers.load(POLICY.strategies)

    def twice() -> tuple[list[Proposal], list[Proposal]]:
        one = Matcher(owed, collected, None, POLICY, strategies=strategies)
        return one.plan(arrived), one.plan(arrived)

    kept = twice()
    assert kept[0] == kept[1]
    monkeypatch.setattr("pipelines.matching.fields._MOST_REMEMBERED", 0)
    assert twice() == kept


def test_what_was_learned_about_payers_counts_as_well() -> None:
    world = _world("trade", 44)
    ibans = world[2]["counterparty_iban"].tolist()
    posted = [one for one in _plan(world, world[2], in_full=True) if one.disposition is Disposition.AUTO and one.lines]
    by_id = dict(zip(world[2]["transaction_id"], ibans, strict=True))
    learned = Learned(
        refused_items=frozenset((by_id[one.transaction_id], one.lines[0].invoice_number) for one in posted[::7]),
        refused_debtors=frozenset((by_id[one.transaction_id], one.lines[0].debtor_number) for one in posted[::11]),
        habits={iban: Habit(9, {"whole": 9}, 0, 0) for iban in ibans[::3] if iban},
    )
    in_full = _plan(world, world[2], in_full=True, learned=learned)
    assert in_full != _plan(world, world[2], in_full=True)
    assert _plan(world, world[2], in_full=False, learned=learned) == in_full


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_who_clearly_pays_what_another_one_claims_is_judged_with_them(order: tuple[int, ...]) -> None:
    owed = pd.DataFrame([*crowd(), item("RE-2026-00123", 128317), item("RE-2026-00124", 64100)])
    payments = [
        payment(128317, "RE-2026-00123", transaction_id="t1"),
        payment(128317, "RE-2026-00123", transaction_id="t2"),
        payment(64100, "RE-2026-00124", transaction_id="t3"),
    ]
    world = (owed, None, receipts(*(payments[place] for place in order)))
    found = _plan(world, world[2], in_full=False)
    assert found == _plan(world, world[2], in_full=True)
    first = {one.transaction_id: one for one in found if one.rank == 1}
    assert [first[name].disposition is Disposition.AUTO for name in ("t1", "t2", "t3")] == [True, False, True]
    assert first["t2"].reason == "duplicate"
