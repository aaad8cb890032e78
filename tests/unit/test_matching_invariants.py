"""What must hold for every plan: order does not matter, cents add up, nothing is given twice, bounds hold."""

from __future__ import annotations

import time
from collections import defaultdict

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matchers
from benchmarks.matching.generator import collections_frame, generate, items_frame, receipts_frame
from pipelines.match import Matcher
from pipelines.model.proposal import Disposition, Proposal
from pipelines.policy import default_policy
from tests.matching_ledger import crowd, item, matcher, paid, payment, plan, receipts, stranger

CASE = generate(seed=4, payments=400, items=1500)
ITEMS, COLLECTIONS, RECEIPTS = items_frame(CASE.world), collections_frame(CASE.world), receipts_frame(CASE.payments)


def _plan(items: pd.DataFrame, payments: pd.DataFrame) -> list[Proposal]:
    policy = default_policy()
    return Matcher(items, COLLECTIONS, None, policy, strategies=matchers.load(policy.strategies)).plan(payments)


PLAN = _plan(ITEMS, RECEIPTS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    shuffled = _plan(ITEMS.sample(frac=1, random_state=seed), RECEIPTS.sample(frac=1, random_state=seed))
    assert shuffled == PLAN


def test_planning_twice_gives_the_same() -> None:
    assert _plan(ITEMS, RECEIPTS) == PLAN


def test_cents_add_up_and_nothing_is_over_allocated() -> None:
    amounts = dict(zip(RECEIPTS["transaction_id"], RECEIPTS["amount_minor"], strict=True))
    opened = dict(zip(ITEMS["invoice_number"], ITEMS["open_minor"], strict=True))
    cancelled = set(ITEMS.loc[ITEMS["status"] == "cancelled", "invoice_number"])
    taken: dict[str, int] = defaultdict(int)
    seen: dict[str, list[int]] = defaultdict(list)
    for one in PLAN:
        seen[one.transaction_id].append(one.rank)
        assert sum(line.cash_minor for line in one.lines) + one.remainder_minor == amounts[one.transaction_id]
        assert 0.0 <= one.probability <= 1.0
        assert one.reason
        assert one.message
        if one.disposition is Disposition.AUTO:
            assert one.rank == 1
            assert one.remainder_minor == 0
            for line in one.lines:
                taken[line.invoice_number] += line.amount_minor
    taken.pop("", None)
    assert all(abs(amount) <= abs(opened[number]) for number, amount in taken.items())
    assert not cancelled & set(taken)
    assert set(seen) == set(amounts)
    assert all(ranks == list(range(1, len(ranks) + 1)) and len(ranks) <= 3 for ranks in seen.values())


def test_the_waterfall_explains_the_probability() -> None:
    for one in PLAN:
        if one.disposition is Disposition.AUTO:
            assert one.waterfall[0].field == "prior"
            assert sum(row.bits for row in one.waterfall) > 0
            assert one.pattern.startswith("reference:")


def test_an_open_item_is_given_once_whatever_claims_it() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317)]
    payments = [
        payment(128317, "RE-2026-00123", transaction_id=f"t{place}", counterparty_iban="" if place % 2 else "DE1")
        for place in range(30)
    ]
    found = plan(ledger, *payments)
    assert sum(1 for one in found if one.disposition is Disposition.AUTO) <= 1


def test_two_parts_of_one_item_both_post() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317)]
    found = plan(ledger, payment(60000, "RE-2026-00123 Teil 1"), payment(68317, "RE-2026-00123 Rest"))
    assert [one.disposition for one in found] == [Disposition.AUTO, Disposition.AUTO]
    assert [paid(one) for one in found] == [{"RE-2026-00123": 60000}, {"RE-2026-00123": 68317}]


@pytest.mark.parametrize(
    ("items", "one"),
    [
        ([item(f"RE-2026-{place:05d}", 2999) for place in range(5000)], payment(2999, "Danke")),
        ([item(f"RE-2026-{place:05d}", 2999) for place in range(5000)], payment(2999 * 7, "Danke")),
        ([item(f"RE-2026-{place:05d}", 2999) for place in range(5000)], stranger(2999, "RE-2026-99999")),
        (crowd(3000), stranger(5000, "1234567 " * 17)),
        (crowd(3000), stranger(5000, "8" * 140)),
        (crowd(3000), stranger(5000, "1 2 3 4 5 6 7 8 9 0 " * 7)),
        (crowd(3000), stranger(5000, "RE-2026- " * 15)),
        ([item(f"RE-2026-{place:05d}", 1000 + place) for place in range(500)],
         payment(sum(1000 + place for place in range(500)), "alle offenen Rechnungen")),
        ([item(f"RE-2026-{place:05d}", 1000 + place) for place in range(500)],
         payment(123456, "RE-2026-00001 RE-2026-00002 RE-2026-00003 u.a.")),
    ],
)  # fmt: skip
def test_worst_cases_are_bounded(items: list[dict[str, object]], one: dict[str, object]) -> None:
    ready = matcher(items)
    frame = receipts(one)
    start = time.process_time()
    [first, *_] = ready.plan(frame)
    assert time.process_time() - start < 2.0
    assert first.disposition is Disposition.REVIEW or len(paid(first)) == 500


TEXTS = st.text(alphabet="RE-2026 0123479/,OIKdNr.", max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400000), TEXTS), min_size=1, max_size=6))
def test_nothing_breaks_and_nothing_is_given_twice(rows: list[tuple[int, str]]) -> None:
    ledger = [*crowd(30), item("RE-2026-00123", 128317), item("4711", 4711), item("20260412", 9900, "10002")]
    payments = [payment(amount, text, transaction_id=f"t{place}") for place, (amount, text) in enumerate(rows)]
    taken: dict[str, int] = defaultdict(int)
    opened = {str(one["invoice_number"]): int(str(one["open_minor"])) for one in ledger}
    for one in matcher(ledger).plan(receipts(*payments)):
        if one.disposition is Disposition.AUTO:
            for line in one.lines:
                taken[line.invoice_number] += line.amount_minor
    taken.pop("", None)
    assert all(amount <= opened[number] for number, amount in taken.items())
