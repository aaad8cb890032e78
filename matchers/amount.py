"""The amount alone makes candidates: items of which exactly this is open, or this after the agreed cash discount."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex


class Amount:
    """Equal and discounted amounts. Where very many items are equal, only those of debtors already in question."""

    name = "amount"

    def candidates(self, index: MatchIndex, receipts: pd.DataFrame) -> pd.DataFrame:
        """Rows without bits of their own: the core weighs the amount of every candidate anyway."""
        rows = CandidateRows()
        most = index.policy.limits.equal_amount_candidates
        tolerance = index.policy.amounts.rounding_minor
        items = index.items
        discounts = bool(items.discount_points.any())
        for receipt, amount in enumerate(index.amounts):
            if (
                amount <= 0
                or index.is_clear(receipt)
                or not (discounts or index.equal_counts[receipt] or items.has_moved)
            ):
                continue
            equal = items.with_open(amount) + items.with_net(amount, tolerance)
            if len(equal) > most:
                debtors = {debtor for debtor in index.debtor_hits(receipt) if debtor >= 0}
                debtors |= {int(items.debtor[row]) for row in index.item_hits(receipt)}
                equal = [row for row in equal if int(items.debtor[row]) in debtors][:most]
            for row in equal:
                rows.add(receipt, "amount", "equal", item=row)
        return rows.frame()


def build(options: Mapping[str, object]) -> Amount:
    """The strategy; it has no options."""
    return Amount()
