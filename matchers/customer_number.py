"""Customer, contract and mandate numbers in the text: they identify the debtor, not the item."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy, Scan, Window

# Below this a number without a keyword in front of it is too common to name a customer.
_SHORTEST_ALONE = 5
_WRITTEN = frozenset({"full", "bare", "digits", "creditor_reference"})
_JOINING = frozenset("-/._")


class CustomerNumber(RowStrategy):
    """Debtor numbers and mandates, with a keyword in front or distinctive in themselves."""

    name = "customer_number"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """One row per receipt and debtor named."""
        rows = CandidateRows()
        for receipt in range(index.count):
            if index.is_done(receipt):
                continue
            windows = index.known_windows(receipt)
            if not windows:
                continue
            scan = index.scan(receipt)
            taken: set[tuple[int, int]] | None = None
            for window in windows:
                debtor = index.items.debtor_with_key(window.key)
                mandated = () if debtor >= 0 else index.items.by_mandate.get(window.key, ())
                if debtor < 0 and not mandated:
                    continue
                if taken is None:
                    taken = _taken(index, receipt)
                word = scan.keyword(window.first)
                certain = word == "customer" or (word == "" and not window.key[0].isdigit())
                if word != "customer" and (
                    word in {"invoice", "order"}
                    or not _distinctive(scan, window)
                    or _inside(window, taken)
                    or _is_counter(index, scan, window)
                ):
                    continue
                for owner in (debtor,) if debtor >= 0 else mandated:
                    level = "mandate" if debtor < 0 else "named" if certain else "alone"
                    rows.add(receipt, "customer", level, debtor=owner, start=window.start, end=window.end)
        return rows


def _distinctive(scan: Scan, window: Window) -> bool:
    """Long enough, and no part of a longer number: 10789 is no customer in 26-10789."""
    if len(window.key) < _SHORTEST_ALONE or not (window.natural or not window.key.isdigit()):
        return False
    for left, right in ((window.first - 1, window.first), (window.last, window.last + 1)):
        if left >= 0 and right < len(scan.runs) and set(scan.gap(left, right)) <= _JOINING:
            return False
    return True


def _is_counter(index: MatchIndex, scan: Scan, window: Window) -> bool:
    """Whether it is the last part of what looks like an invoice number written with blanks: ``2026 08 15753``."""
    return window.first == window.last and index.items.series.is_joined_shape(scan.runs, scan.text, window.first)


def _taken(index: MatchIndex, receipt: int) -> set[tuple[int, int]]:
    """The characters that name an item as they are."""
    return {
        (hit.start, hit.end)
        for hits in index.item_hits(receipt).values()
        for hit in hits
        if hit.start >= 0 and hit.level in _WRITTEN
    }


def _inside(window: Window, taken: set[tuple[int, int]]) -> bool:
    return any(start <= window.start and window.end <= end for start, end in taken)


def build(options: Mapping[str, object]) -> CustomerNumber:
    """The strategy; it has no options."""
    return CustomerNumber()
