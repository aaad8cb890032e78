"""Number series of invented companies: seven common styles, eight odd ones, and shapes drawn at random from a seed.

The matcher knows none of them. ``drawn`` series exist so that nobody, the authors included, can have built them in.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

COMMON = ("RE", "YEAR", "SLASH", "CUSTOMER", "SHORT", "AR", "PLAIN")
ODD = ("LUHN", "MOD97", "LETTERS", "SIX", "DOTS", "BRANCH", "BASE32", "MONTHLY")
DRAWN = "DRAWN"
# Styles that begin again at 1 every year.
_YEARLY = frozenset({"RE", "YEAR", "SLASH", "SHORT", "LUHN", "LETTERS", "DOTS", "BRANCH"})
_BASE32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def luhn_digit(digits: str) -> str:
    """The check digit that makes ``digits`` + it pass the Luhn test (ISO/IEC 7812-1)."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


@dataclass(frozen=True, slots=True)
class Shape:
    """A drawn shape: its parts in order, each with the separator in front of it.

    parts: (kind, separator); kinds are ``prefix``, ``year4``, ``year2``, ``month``, ``counter``, ``suffix``, ``check``.
    """

    parts: tuple[tuple[str, str], ...]
    prefix: str
    suffix: str
    width: int

    def write(self, day: date, counter: int) -> str:
        """The number of an invoice of ``day``."""
        result = ""
        for kind, separator in self.parts:
            digits = "".join(sign for sign in result if sign.isdigit())
            piece = {
                "prefix": self.prefix,
                "year4": f"{day.year}",
                "year2": f"{day.year % 100:02d}",
                "month": f"{day.month:02d}",
                "counter": f"{counter:0{self.width}d}",
                "suffix": self.suffix,
                "check": luhn_digit(digits) if digits else "",
            }[kind]
            result += (separator if result else "") + piece
        return result


def draw_shape(rng: random.Random) -> Shape:
    """Any shape a billing system may have been set up with."""
    kinds: list[str] = []
    if rng.random() < 0.6:
        kinds.append("prefix")
    year = rng.choice(("", "year4", "year4", "year2", "year2"))
    if year and rng.random() < 0.75:
        kinds.append(year)
        if rng.random() < 0.2:
            kinds.append("month")
    kinds.append("counter")
    if year and year not in kinds:
        kinds.append(year)
    if rng.random() < 0.2:
        kinds.append("check")
    if rng.random() < 0.15:
        kinds.append("suffix")
    common = rng.choice(("-", "", "/", ".", " ", "_", "-"))
    separators = [rng.choice((common, common, common, "", "-")) for _ in kinds]
    letters = "ABCDEFGHKLMNPRSTUVWX"
    return Shape(
        parts=tuple(zip(kinds, separators, strict=True)),
        prefix="".join(rng.choice(letters) for _ in range(rng.choice((1, 2, 2, 3, 4)))),
        suffix="".join(rng.choice(letters) for _ in range(rng.choice((1, 2)))),
        width=rng.choice((1, 4, 5, 6, 6, 7)) if "counter" in kinds else 1,
    )


class Series:
    """One series with its running counter; dense, as invoice numbers have to be.

    style: one of COMMON, ODD or DRAWN.
    """

    def __init__(self, style: str, rng: random.Random) -> None:
        self.style = style
        self._shape = draw_shape(rng) if style == DRAWN else None
        self._counter = rng.randrange(100, 900)
        self._last_year = 0
        has_year = self._shape is not None and any(kind.startswith("year") for kind, _ in self._shape.parts)
        self._yearly = style in _YEARLY or has_year
        if self._shape is not None and not has_year:
            self._counter += rng.choice((0, 10_000, 300_000))
        self._write: Callable[[date, int, str], str] = getattr(self, f"_{style.lower()}")

    def next(self, day: date, debtor_number: str) -> str:
        """The next number, for an invoice of ``day``."""
        if self._yearly and day.year != self._last_year:
            self._last_year = day.year
            self._counter = 0
        self._counter += 1
        return self._write(day, self._counter, debtor_number)

    def _drawn(self, day: date, count: int, debtor: str) -> str:
        assert self._shape is not None
        return self._shape.write(day, count)

    def _re(self, day: date, count: int, debtor: str) -> str:
        return f"RE-{day.year}-{count:05d}"

    def _year(self, day: date, count: int, debtor: str) -> str:
        return f"{day.year}{count:05d}"

    def _slash(self, day: date, count: int, debtor: str) -> str:
        return f"INV/{day.year}/{day.month:02d}/{count:05d}"

    def _customer(self, day: date, count: int, debtor: str) -> str:
        return f"R{debtor[-3:]}-{40000 + count}"

    def _short(self, day: date, count: int, debtor: str) -> str:
        return f"{day.year % 100}-{count:05d}"

    def _ar(self, day: date, count: int, debtor: str) -> str:
        return f"AR{100000 + count}"

    def _plain(self, day: date, count: int, debtor: str) -> str:
        return f"{40000 + count}"

    def _luhn(self, day: date, count: int, debtor: str) -> str:
        body = f"{day.year % 100:02d}{count:06d}"
        return body + luhn_digit(body)

    def _mod97(self, day: date, count: int, debtor: str) -> str:
        return f"F{100000 + count}-{98 - (100000 + count) * 100 % 97:02d}"

    def _letters(self, day: date, count: int, debtor: str) -> str:
        return f"{day.year % 100:02d}K{count:05d}B"

    def _six(self, day: date, count: int, debtor: str) -> str:
        # Looks like a customer number, a postcode with one digit more, and on many days like DDMMYY.
        return f"{100000 + count}"

    def _dots(self, day: date, count: int, debtor: str) -> str:
        return f"{day.year}.{day.month:02d}.{count:05d}"

    def _branch(self, day: date, count: int, debtor: str) -> str:
        return f"{('HH', 'KA', 'M')[count % 3]}-{day.year}/{count:05d}"

    def _base32(self, day: date, count: int, debtor: str) -> str:
        # Scrambled, so that neighbours in time are no neighbours in writing; a bijection on 30 bits.
        value = (count * 387_420_489 + 104_729) % 2**30
        signs = ""
        for _ in range(6):
            value, rest = divmod(value, 32)
            signs += _BASE32[rest]
        return f"{signs[:3]}-{signs[3:]}{count % 10}"

    def _monthly(self, day: date, count: int, debtor: str) -> str:
        return f"{day.year % 100:02d}{day.month:02d}-{count:06d}"
