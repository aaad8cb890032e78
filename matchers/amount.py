"""The amount alone makes candidates: items of which exactly this is open, or this after the agreed cash discount."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy


class Amount(RowStrategy):
    """Equal and discounted amounts. Where very many items are equal, only those of debtors already in question."""

    name = "amount"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """Rows without bits of their own: the core weighs the amount of every candidate anyway."""
        rows = CandidateRows()
        most = index.policy.limits.equal_amount_candidates
        items = index.items
        wanted = [
            receipt for receipt in range(index.count) if index.amounts[receipt] > 0 and not index.is_clear(receipt)
        ]
        amounts = [index.amounts[receipt] for receipt in wanted]
        tolerance = index.policy.amounts.rounding_minor
        found = items.fitting(amounts, tolerance, most)
        # Many payments of one amount by one debtor: his equal items are looked for once.
        known: dict[tuple[int, frozenset[int]], list[int]] = {}
        for receipt, equal in zip(wanted, found, strict=True):
            if equal is None:
                amount = index.amounts[receipt]
                debtors = {debtor for debtor in index.debtor_hits(receipt) if debtor >= 0}
                debtors |= {items.debtor_at[row] for row in index.item_hits(receipt)}
                key = amount, frozenset(debtors)
                equal = known.get(key)
                if equal is None:
                    equal = [row for debtor in debtors for row in items.fitting_of(debtor, amount, tolerance)]
                    # The order of the rows must not matter for which of too many are looked at.
                    equal = sorted(equal, key=lambda row: (items.due_at[row], items.numbers[row]))[:most]
                    known[key] = equal
            for row in equal:
                rows.add(receipt, "amount", "equal", item=row)
        return rows


def build(options: Mapping[str, object]) -> Amount:
    """The strategy; it has no options."""
    return Amount()
