"""Default interest by § 288 BGB: the base rate of § 247 plus 5 points, 9 where no consumer is involved. Pure.

Days are counted actual/365 from the day after default begins to the day of payment, both included; the span is split
where the rate changes (1 January, 1 July). There is no interest on interest (§ 289) and none past the last rate that
is known: a guess would be a wrong claim.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigurationError, KontoklarError

CONSUMER_POINTS: Final = 500
BUSINESS_POINTS: Final = 900
# § 288 (5): once per claim, only where the debtor is no consumer; set off against the cost of legal pursuit.
FLAT_RATE_MINOR: Final = 4000
_YEAR: Final = 365
_BASIS: Final = 10_000
_DAY: Final = timedelta(days=1)


class BaseRateUnknown(KontoklarError):
    """Interest was asked for days whose base rate nobody has entered. Add it to the file of base rates."""


@dataclass(frozen=True, slots=True)
class BaseRate:
    """A base rate in basis points a year (1.27 % is 127; it may be negative), in force from its day on."""

    first: date
    basis_points: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one rate: both ends included. basis_points: base rate and surcharge together, at least 0."""

    first: date
    last: date
    basis_points: int

    @property
    def days(self) -> int:
        """How many days interest runs."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Interest:
    """minor: rounded once, at the end, to whole minor units (half up). stretches: how it came about."""

    minor: int
    stretches: tuple[Stretch, ...]


def default_interest(
    principal: Sequence[tuple[date, int]], to: date, *, business: bool, rates: Sequence[BaseRate] | None = None
) -> Interest:
    """Interest on a claim up to and including ``to``.

    principal: (first day with interest, minor units owed from that day on), ascending; a later entry follows a part
    payment and replaces the one before. business: whether no consumer is involved. rates: None for the shipped ones.
    Raises BaseRateUnknown when a day is needed whose rate is not known.
    """
    rates = shipped_rates() if rates is None else rates
    total, told = Decimal(0), []
    for (first, owed), (following, _) in pairwise([*principal, (to + _DAY, 0)]):
        last = min(following - _DAY, to)
        if owed <= 0 or last < first:
            continue
        for stretch in stretches(first, last, business=business, rates=rates):
            told.append(stretch)
            total += Decimal(owed) * stretch.basis_points * stretch.days / (_BASIS * _YEAR)
    return Interest(int(total.quantize(Decimal(1), ROUND_HALF_UP)), tuple(told))


def stretches(first: date, last: date, *, business: bool, rates: Sequence[BaseRate]) -> Iterator[Stretch]:
    """The days split where the rate may change, at every 1 January and 1 July."""
    points = BUSINESS_POINTS if business else CONSUMER_POINTS
    while first <= last:
        end = min(last, half_year_end(first))
        yield Stretch(first, end, max(0, _rate_on(first, rates) + points))
        first = end + _DAY


def half_year_end(day: date) -> date:
    """30 June or 31 December of its half-year."""
    return date(day.year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)


def _rate_on(day: date, rates: Sequence[BaseRate]) -> int:
    known = [rate for rate in rates if rate.first <= day]
    if not known:
        raise BaseRateUnknown(f"no base rate is known for {day}; the first one is from {rates[0].first}")
    newest = known[-1]
    # An announced rate lasts its half-year; only followed by a later one it is known to have gone on.
    if newest is rates[-1] and day > half_year_end(newest.first):
        raise BaseRateUnknown(
            f"no base rate is known for {day}: the last one is from {newest.first}. Look up the Bundesbank's rate of "
            f"{half_year_end(newest.first) + _DAY} and add it to the file of base rates ([dunning] base_rates)."
        )
    return newest.basis_points


@lru_cache(maxsize=1)
def shipped_rates() -> tuple[BaseRate, ...]:
    """The rates that came with this version."""
    return parse_rates(resources.files(__package__).joinpath("base_rates.toml").read_text(encoding="utf-8"), "shipped")


def load_rates(path: Path | None) -> tuple[BaseRate, ...]:
    """Rates from a file; the shipped ones for None. Raises ConfigurationError that names the line's day."""
    if path is None:
        return shipped_rates()
    try:
        return parse_rates(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"the file of base rates {path} cannot be read") from None


def parse_rates(text: str, origin: str) -> tuple[BaseRate, ...]:
    """``[[rates]]`` with ``from`` (a day) and ``percent`` (a text), in any order."""
    try:
        tables = tomllib.loads(text)["rates"]
        found = sorted((_rate(table) for table in tables), key=lambda rate: rate.first)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, InvalidOperation):
        raise ConfigurationError(
            f'{origin}: base rates are [[rates]] with from = 2026-01-01, percent = "1.27"'
        ) from None
    if not found or any(one.first == other.first for one, other in pairwise(found)):
        raise ConfigurationError(f"{origin}: no base rate, or two from the same day")
    return tuple(found)


def _rate(table: dict[str, object]) -> BaseRate:
    first, percent = table["from"], table["percent"]
    if not isinstance(first, date) or not isinstance(percent, str) or set(table) != {"from", "percent"}:
        raise ValueError("not a rate")
    points = Decimal(percent) * 100
    if points != points.to_integral_value() or abs(points) > _BASIS or (first.month, first.day) not in ((1, 1), (7, 1)):
        raise ValueError("not a rate of the Bundesbank")
    return BaseRate(first, int(points))
