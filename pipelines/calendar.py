"""Banking days of the TARGET2 system, on which euro payments settle (ECB calendar ``XECB``)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import holidays

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@lru_cache(maxsize=64)
def _closed(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("XECB", years=year))


def is_banking_day(day: date) -> bool:
    """Whether TARGET2 is open: no Saturday, no Sunday, none of its six closing days."""
    return day.weekday() < _SATURDAY and day not in _closed(day.year)


def shift(day: date, banking_days: int) -> date:
    """The n-th banking day after (n > 0) or before (n < 0) ``day``; 0 gives ``day`` itself or the next banking day."""
    if banking_days == 0:
        while not is_banking_day(day):
            day += _ONE_DAY
        return day
    step = _ONE_DAY if banking_days > 0 else -_ONE_DAY
    for _ in range(abs(banking_days)):
        day += step
        while not is_banking_day(day):
            day += step
    return day


def previous_banking_day(day: date) -> date:
    """The last banking day before ``day``: what a statement fetched on the morning of ``day`` can tell."""
    return shift(day, -1)


def payable_by(due_date: date) -> date:
    """The last day on which a payment of ``due_date`` is in time: a due date on a weekend or holiday moves to the
    next banking day (§ 193 BGB)."""
    return shift(due_date, 0)
