"""How much may be cleared as a small difference: per item, and per debtor and calendar year."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """In minor units of any currency. under: what an item lacks, at our cost. over: what was paid too much, to our
    income. The yearly limits hold for all differences of a debtor together, automatic ones too."""

    under_item_minor: int = 300
    over_item_minor: int = 300
    under_year_minor: int = 3000
    over_year_minor: int = 3000

    def refusal(self, gap_minor: int, year_so_far: tuple[int, int]) -> str:
        """Why a difference may not be cleared, "" if it may. gap_minor: positive for what lacks, negative for too much;
        year_so_far: (under, over) of the debtor, unsigned."""
        under = gap_minor > 0
        size = abs(gap_minor)
        item, year = (
            (self.under_item_minor, self.under_year_minor) if under else (self.over_item_minor, self.over_year_minor)
        )
        if size > item:
            return "it is above the limit for one item"
        if year_so_far[0 if under else 1] + size > year:
            return "the debtor's limit for this year is used up"
        return ""


def add(sums: dict[tuple[str, str], tuple[int, int]], key: tuple[str, str], gap_minor: int) -> None:
    """Takes one more difference into the sums of a year."""
    under, over = sums.get(key, (0, 0))
    sums[key] = (under + max(gap_minor, 0), over + max(-gap_minor, 0))
