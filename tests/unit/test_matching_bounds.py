"""The worst that may arrive stays bounded: in steps, which are the same on every machine, and in memory.

A step is a call of a Python function. The budgets are several times what is needed, and far below what a search
without limits would take; what is beyond a limit goes to a person with a reason.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable

import pytest

from pipelines.model.proposal import Disposition, Proposal
from pipelines.policy import default_policy, override
from tests.matching_ledger import crowd, item, matcher, paid, payment, receipts, stranger

Rows = list[dict[str, object]]
LIMITS = default_policy().limits


def _counted(work: Callable[[], list[Proposal]]) -> tuple[list[Proposal], int]:
    """What ``work`` gives, and the calls of Python functions it took."""
    steps = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event == "call"

    sys.setprofile(count)
    try:
        found = work()
    finally:
        sys.setprofile(None)
    return found, steps


def _equal(count: int = 5000, amount: int = 2999) -> Rows:
    return [item(f"RE-2026-{place:05d}", amount) for place in range(count)]


DIGITS = "".join(str(7 * place * place % 11 % 10) for place in range(1, 141))


@pytest.mark.parametrize(
    ("items", "one", "reasons"),
    [
        (_equal(), payment(2999, "Danke"), {"ambiguous", "single-evidence"}),
        (_equal(), payment(2999 * 7, "Danke"), {"amount-unexplained", "no-candidate", "part-payment-unconfirmed",
                                                "overpayment-unconfirmed"}),
        (_equal(), payment(2999 * 7, "alle offenen Rechnungen"), set()),
        (_equal(), stranger(2999, "RE-2026-99999"), set()),
        (_equal(), stranger(2999, DIGITS), set()),
        ([*crowd(3000)], stranger(5000, DIGITS), set()),
        ([*crowd(3000)], stranger(5000, "8" * 140), set()),
        ([*crowd(3000)], stranger(5000, "1 " * 70), set()),
        ([*crowd(3000)], stranger(5000, "12345 " * 23), set()),
        ([*crowd(3000)], stranger(5000, "RE-2026- " * 15), set()),
        ([*crowd(3000)], stranger(5000, "O0I1S5B8" * 17), set()),
        ([*crowd(3000)], stranger(5000, "RE-2026-1" + "0001-1" * 20), set()),
    ],
)  # fmt: skip
def test_one_payment_takes_a_bounded_number_of_steps(items: Rows, one: dict[str, object], reasons: set[str]) -> None:
    assert len(str(one["remittance"])) <= 140
    ready = matcher(items)
    frame = receipts(one)
    ready.plan(frame)  # the look-up tables are built by the first who asks
    [first, *_], steps = _counted(lambda: ready.plan(frame))
    assert steps < 250_000
    assert first.disposition is Disposition.REVIEW
    assert first.reason
    assert not reasons or first.reason in reasons


def test_a_payment_of_five_hundred_invoices_named_one_by_one() -> None:
    owed = [item(f"RE-2026-{place:05d}", 1000 + place) for place in range(500)]
    total = sum(1000 + place for place in range(500))
    text = " ".join(f"2026{place:05d}" for place in range(190))
    numbers = "|".join(f"RE-2026-{place:05d}" for place in range(500))
    ready = matcher([*owed, *crowd(100)])
    ready.plan(receipts(payment(1)))
    [first, *_], steps = _counted(lambda: ready.plan(receipts(payment(total, text, document_numbers=numbers))))
    assert steps < 1_200_000
    assert len(paid(first)) == 500
    assert sum(paid(first).values()) == total


def test_five_hundred_invoices_and_no_sum_that_fits() -> None:
    owed = [item(f"RE-2026-{place:05d}", 1000 + 7 * place) for place in range(500)]
    numbers = "|".join(f"RE-2026-{place:05d}" for place in range(499))
    ready = matcher([*owed, *crowd(100)])
    ready.plan(receipts(payment(1)))
    [first, *_], steps = _counted(lambda: ready.plan(receipts(payment(777_777, "", document_numbers=numbers))))
    assert steps < 1_200_000
    assert first.disposition is Disposition.REVIEW


def test_thousands_of_payments_for_one_item() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317)]
    ready = matcher(ledger)
    rows = receipts(
        *(payment(128317, "RE-2026-00123", transaction_id=f"t{place:05d}", counterparty_name=f"Payer {place}",
                  counterparty_iban=f"DE{place:020d}") for place in range(3000))
    )  # fmt: skip
    ready.plan(rows.head(1))
    proposals, steps = _counted(lambda: ready.plan(rows))
    first = [one for one in proposals if one.rank == 1]
    assert steps < 3000 * 700
    assert len(first) == 3000
    assert sum(one.disposition is Disposition.AUTO for one in first) <= 1
    assert Counter(one.reason for one in first)["too-many-claims"] >= 2900
    # Somebody could get the item: the gap of what was found says how much better an assignment may be at most.
    gaps = [row.bits for one in first for row in one.waterfall if (row.field, row.level) == ("assignment", "gap")]
    assert len(gaps) >= 2900
    assert all(bits <= 0 for bits in gaps)
    assert min(gaps) < -1000


def test_a_component_within_the_limit_that_has_too_many_branches() -> None:
    limits = override({"limits.component_nodes": 50})
    ledger = [*crowd(), *(item(f"RE-2026-{place:05d}", 9900) for place in range(6))]
    ready = matcher(ledger, policy=limits)
    rows = receipts(
        *(payment(9900, f"RE-2026-{place % 6:05d}", transaction_id=f"t{place}", counterparty_iban=f"DE{place:020d}")
          for place in range(12))
    )  # fmt: skip
    proposals, steps = _counted(lambda: ready.plan(rows))
    assert steps < 200_000
    assert sum(one.disposition is Disposition.AUTO for one in proposals) <= 6
    for one in proposals:
        if one.reason == "too-many-claims":
            assert one.waterfall[-1].field == "assignment"


def test_a_day_of_equal_amounts_needs_memory_for_what_arrived() -> None:
    ready = matcher(_equal())
    rows = receipts(*(payment(2999, f"Rate {place}", transaction_id=f"t{place:04d}") for place in range(60)))
    ready.plan(rows.head(1))
    tracemalloc.start()
    try:
        proposals = ready.plan(rows)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20
    assert all(one.disposition is Disposition.REVIEW for one in proposals)


def test_sums_are_searched_within_their_states() -> None:
    """Amounts whose sums are all different: two to the power of 24 of them, and 20,000 may be held."""
    owed = [item(f"RE-2026-{place:05d}", 3**place % 9_999_991 + 10_000) for place in range(LIMITS.combination_items)]
    ready = matcher([*owed, *crowd(50)])
    ready.plan(receipts(payment(1)))
    [first, *_], steps = _counted(lambda: ready.plan(receipts(payment(55_555_555, "diverse"))))
    assert steps < 4_000_000
    assert first.disposition is Disposition.REVIEW
