"""Months a text names, against the days of an item."""

from __future__ import annotations

from pipelines.matching.items import ItemIndex

_LOOKED_AT = 400


def in_months(items: ItemIndex, row: int, months: tuple[int, ...]) -> bool:
    """Whether an item belongs to one of these months (1–12): the one it was issued in, else the one it was due in,
    unless the debtor has another item of just that month."""
    if month_of(items.issue_at[row]) in months:
        return True
    if month_of(items.due_at[row]) not in months:
        return False
    own = items.items_of(items.debtor_at[row])[:_LOOKED_AT].tolist()
    return not any(month_of(items.issue_at[other]) in months for other in own if items.open_at[other])


def month_of(day: int) -> int:
    """The month of a day number (days since 1970-01-01); 0 for no day.

    Civil-from-days (H. Hinnant), without building date objects in a hot loop.
    """
    if day <= 0:
        return 0
    day += 719468
    era_day = day % 146097
    year_of_era = (era_day - era_day // 1460 + era_day // 36524 - era_day // 146096) // 365
    day_of_year = era_day - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    return month + 3 if month < 10 else month - 9
