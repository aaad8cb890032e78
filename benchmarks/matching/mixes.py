"""Kinds of companies and what arrives on their accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.matching.world import Market


@dataclass(frozen=True, slots=True)
class Mix:
    """shares: kind of payment → share of all bookings, see ``payments``. market: what the company bills."""

    shares: Mapping[str, float]
    market: Market


# "trade" is the workload every figure is about unless another is named.
MIXES = {
    "trade": Mix(
        {
            "clean": 0.55, "damaged": 0.20, "customer_number": 0.025, "name_amount": 0.075, "several": 0.05,
            "noise": 0.05, "return": 0.05,
        },
        Market(),
    ),
    "b2b": Mix(
        {
            "clean": 0.34, "damaged": 0.12, "customer_number": 0.02, "name_amount": 0.04, "several": 0.38,
            "noise": 0.05, "return": 0.05,
        },
        Market(per_debtor=60.0, persons=0.0, repeats=0.04, discounts=0.5),
    ),
    "telecom": Mix(
        {
            "clean": 0.50, "damaged": 0.18, "customer_number": 0.10, "name_amount": 0.06, "contract": 0.06,
            "noise": 0.05, "return": 0.05,
        },
        Market(
            per_debtor=1.15, persons=0.95, tariffs=(999, 1499, 1999, 2499, 2999, 3999, 4999, 5999), tariff_share=0.85,
            discounts=0.0, monthly=True, mandates=0.3, contracts=1.0, managed=0.0,
        ),
    ),
    "rent": Mix(
        {
            "clean": 0.08, "period": 0.62, "contract": 0.06, "customer_number": 0.06, "name_amount": 0.10,
            "noise": 0.05, "return": 0.03,
        },
        Market(per_debtor=1.15, persons=0.95, discounts=0.0, monthly=True, mandates=0.1, contracts=1.0, managed=0.01),
    ),
    "managers": Mix(
        {
            "clean": 0.35, "damaged": 0.10, "customer_number": 0.12, "period": 0.12, "across": 0.14, "several": 0.08,
            "noise": 0.05, "return": 0.04,
        },
        Market(per_debtor=2.0, persons=0.7, discounts=0.0, managed=0.9, managed_size=(20, 61)),
    ),
    "subscription": Mix(
        {
            "clean": 0.35, "damaged": 0.10, "customer_number": 0.18, "contract": 0.12, "name_amount": 0.10,
            "period": 0.05, "noise": 0.05, "return": 0.05,
        },
        Market(
            per_debtor=1.15, persons=0.8, tariffs=(990, 1490, 1990, 2990, 4900, 9900), tariff_share=0.95, discounts=0.0,
            monthly=True, mandates=0.2, contracts=0.7, managed=0.005,
        ),
    ),
}  # fmt: skip
