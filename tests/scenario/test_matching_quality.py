"""The quality gate at reduced size, on a seed nobody tuned on."""

from __future__ import annotations

import pytest

import matchers
from benchmarks.matching.baseline import strict_merge
from benchmarks.matching.generator import collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import judge
from benchmarks.matching.statistics import exact_interval
from pipelines.match import Matcher
from pipelines.policy import default_policy

SEED = 977


def test_no_wrong_post_and_enough_right_ones() -> None:
    case = generate(SEED, payments=4000, items=20_000)
    items, payments = items_frame(case.world), receipts_frame(case.payments)
    policy = default_policy()
    one = Matcher(items, collections_frame(case.world), None, policy, strategies=matchers.load(policy.strategies))
    verdict = judge(case.payments, one.plan(payments))
    assert verdict.wrong_list == []
    assert verdict.traps_posted == 0
    assert verdict.traps > 150
    assert verdict.recall >= 0.89
    assert verdict.right >= 0.80 * verdict.payments
    assert verdict.in_top_three >= 0.90 * verdict.reviewed
    strict = judge(case.payments, strict_merge(items, payments))
    assert strict.wrong > 0
    assert verdict.recall > strict.recall + 0.3


def test_days_one_after_the_other_with_what_posted_in_between() -> None:
    case = generate(SEED + 1, payments=1200, items=5000)
    items, payments = items_frame(case.world), receipts_frame(case.payments)
    policy = default_policy()
    one = Matcher(items, collections_frame(case.world), None, policy, strategies=matchers.load(policy.strategies))
    proposals = []
    for _, day in payments.groupby("booking_date", sort=True):
        planned = one.plan(day)
        proposals += planned
        for proposal in planned:
            if proposal.disposition == "auto":
                for line in proposal.lines:
                    one.settle(line.invoice_number, line.amount_minor)
    verdict = judge(case.payments, proposals)
    assert verdict.wrong_list == []
    assert verdict.recall >= 0.88


@pytest.mark.parametrize(("count", "trials", "low", "high"), [(0, 100, 0.0, 0.0362), (5, 10, 0.187, 0.813), (10, 10, 0.6915, 1.0)])  # fmt: skip  # noqa: E501
def test_intervals_are_those_of_clopper_and_pearson(count: int, trials: int, low: float, high: float) -> None:
    assert exact_interval(count, trials) == pytest.approx((low, high), abs=1e-3)
