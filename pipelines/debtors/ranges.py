"""Number ranges of customer numbers (``[debtors] number_ranges``): a number outside is refused wherever it arrives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.errors import ConfigurationError

_NUMBER: Final = re.compile(r"(.*?)(\d+)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class NumberRange:
    """From–to of numbers with one prefix and one length: ``10000-69999``, ``K10000-K19999``."""

    prefix: str
    digits: int
    first: int
    last: int

    def __contains__(self, number: object) -> bool:
        found = _NUMBER.fullmatch(number) if isinstance(number, str) else None
        if found is None or found[1] != self.prefix or len(found[2]) != self.digits:
            return False
        return self.first <= int(found[2]) <= self.last


def parse_ranges(texts: Sequence[str], where: str) -> tuple[NumberRange, ...]:
    """``["10000-69999"]`` as ranges. Raises ConfigurationError."""
    return tuple(_parse(text, where) for text in texts)


def _parse(text: str, where: str) -> NumberRange:
    head, dash, tail = text.replace(" ", "").replace("–", "-").rpartition("-")
    first, last = _NUMBER.fullmatch(head), _NUMBER.fullmatch(tail)
    if not dash or first is None or last is None:
        raise ConfigurationError(f'{where}: "{text}" is no range such as "10000-69999" or "K10000-K19999"')
    if first[1] != last[1] or len(first[2]) != len(last[2]) or int(first[2]) > int(last[2]):
        raise ConfigurationError(
            f'{where}: both ends of "{text}" need the same letters and length, the lower one first'
        )
    return NumberRange(first[1], len(first[2]), int(first[2]), int(last[2]))


def is_within(ranges: Sequence[NumberRange], number: str) -> bool:
    """Whether a customer number may exist; without ranges every number may."""
    return not ranges or any(number in one for one in ranges)
