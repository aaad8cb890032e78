"""Calendar days as banks write them: 30 February, two-digit years, instants that mean a day."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_BANK_ZONE = ZoneInfo("Europe/Berlin")


class Day(NamedTuple):
    """A day and whether the file's own day does not exist (30 February), so that the month's last was taken."""

    day: date
    clamped: bool = False


def calendar_day(year: int, month: int, day: int) -> Day:
    """A day of interest-calendar files, where every month may have 30 days. Raises ValueError for other nonsense."""
    if 1 <= month <= 12 and 28 < day <= 31:
        last = monthrange(year, month)[1]
        if day > last:
            return Day(date(year, month, last), True)
    return Day(date(year, month, day))


@lru_cache(maxsize=4096)
def iso_day(text: str) -> Day:
    """An ISO date (time zone ignored) or date-time. A time in UTC is turned to the bank's zone, because ``23:00Z`` is
    how systems write a winter midnight; any other offset is the bank's own and its day counts as written.

    Raises ValueError when the text is no date.
    """
    raw = text.strip()
    found = _ISO_DAY.fullmatch(raw)
    if found:
        return calendar_day(int(found[1]), int(found[2]), int(found[3]))
    if len(raw) < 11 or raw[10] not in "T ":
        raise ValueError("not an ISO date")
    day = iso_day(raw[:10])
    if raw.endswith(("Z", "+00:00")):
        moment = datetime.fromisoformat(raw)
        return Day(moment.astimezone(_BANK_ZONE).date(), day.clamped)
    return day


@lru_cache(maxsize=4096)
def short_day(text: str) -> Day:
    """``YYMMDD`` of MT940; years 80–99 are the 1900s. Raises ValueError when it is no date."""
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        raise ValueError("not a YYMMDD date")
    year = int(text[:2])
    return calendar_day(year + (1900 if year >= 80 else 2000), int(text[2:4]), int(text[4:6]))


@lru_cache(maxsize=4096)
def nearest_day(text: str, near: date) -> Day:
    """``MMDD`` in the year that brings it closest to ``near``. Raises ValueError when it is no date."""
    if len(text) != 4 or not text.isascii() or not text.isdigit():
        raise ValueError("not an MMDD date")
    month, day = int(text[:2]), int(text[2:])
    years = (near.year, near.year - 1, near.year + 1)
    candidates = [calendar_day(year, month, day) for year in years if 1 <= year <= 9999]
    # 29 February exists in one of the years only: a real day wins over a clamped one within reach.
    return min(candidates, key=lambda found: abs(found.day - near) + timedelta(days=60 * found.clamped))
