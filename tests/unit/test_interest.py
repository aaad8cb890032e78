"""Default interest: split at the half-years, refused past the last known rate, nothing on nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dunning.interest import (
    BaseRate,
    BaseRateUnknown,
    default_interest,
    parse_rates,
    shipped_rates,
    stretches,
)
from pipelines.errors import ConfigurationError

LAST = date(2026, 6, 30)
days = st.dates(date(2015, 1, 1), LAST)


def test_a_consumer_owes_five_points_above_the_base_rate() -> None:
    # 1,000.00 for the whole of 2025: 181 days at 7.27 % and 184 at 6.27 %.
    found = default_interest([(date(2025, 1, 1), 100_000)], date(2025, 12, 31), business=False)
    assert [(one.days, one.basis_points) for one in found.stretches] == [(181, 727), (184, 627)]
    assert found.minor == round(100_000 * (181 * 0.0727 + 184 * 0.0627) / 365)


def test_a_business_owes_nine() -> None:
    found = default_interest([(date(2026, 1, 1), 100_000)], date(2026, 1, 1), business=True)
    assert (found.stretches[0].basis_points, found.minor) == (1027, 28)


def test_a_part_payment_lowers_what_bears_interest() -> None:
    whole = default_interest([(date(2026, 1, 1), 100_000)], date(2026, 1, 31), business=False).minor
    paid = default_interest([(date(2026, 1, 1), 100_000), (date(2026, 1, 16), 0)], date(2026, 1, 31), business=False)
    assert paid.stretches[-1].last == date(2026, 1, 15)
    assert 0 < paid.minor < whole


def test_past_the_last_known_rate_it_is_refused_and_says_what_to_do() -> None:
    assert default_interest([(date(2026, 6, 1), 100_000)], LAST, business=False).minor > 0
    with pytest.raises(BaseRateUnknown, match=r"2026-07-01.*add it"):
        default_interest([(date(2026, 6, 1), 100_000)], LAST + timedelta(days=1), business=False)
    with pytest.raises(BaseRateUnknown, match="2014"):
        default_interest([(date(2014, 6, 1), 100_000)], date(2014, 6, 2), business=False)


@given(days, days)
def test_the_stretches_cover_each_day_once(one: date, other: date) -> None:
    first, last = sorted((one, other))
    found = list(stretches(first, last, business=False, rates=shipped_rates()))
    assert sum(stretch.days for stretch in found) == (last - first).days + 1
    assert all(after.first - before.last == timedelta(days=1) for before, after in pairwise(found))


@given(days, days, st.integers(1, 10_000_000))
def test_waiting_longer_never_costs_less(one: date, other: date, owed: int) -> None:
    first, last = sorted((one, other))
    earlier = default_interest([(date(2015, 1, 1), owed)], first, business=True).minor
    assert earlier <= default_interest([(date(2015, 1, 1), owed)], last, business=True).minor


def test_rates_are_read_strictly() -> None:
    assert parse_rates('[[rates]]\nfrom = 2026-07-01\npercent = "-0.5"', "x") == (BaseRate(date(2026, 7, 1), -50),)
    for bad in (
        "rates = 1",
        '[[rates]]\nfrom = 2026-07-02\npercent = "1"',
        "[[rates]]\nfrom = 2026-07-01\npercent = 1.27",
        '[[rates]]\nfrom = 2026-07-01\npercent = "1.275"',
        '[[rates]]\nfrom = 2026-07-01\npercent = "1"\n[[rates]]\nfrom = 2026-07-01\npercent = "2"',
    ):
        with pytest.raises(ConfigurationError):
            parse_rates(bad, "x")


def test_a_negative_base_rate_lowers_but_never_below_zero() -> None:
    rates = (BaseRate(date(2020, 1, 1), -600),)
    assert default_interest([(date(2020, 1, 1), 100_000)], date(2020, 6, 30), business=False, rates=rates).minor == 0
    assert Decimal(shipped_rates()[1].basis_points) == -88
