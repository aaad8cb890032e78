"""Names on payments that paid for a debtor before: a spouse, a tax adviser, a trading name nobody loaded."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy


class LearnedName(RowStrategy):
    """Payer's name → debtors it was confirmed for."""

    name = "learned_name"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """One row per receipt and debtor, at level ``learned`` or ``learned_once``."""
        rows = CandidateRows()
        if not index.learned.names:
            return rows
        for receipt in range(index.count):
            if index.is_clear(receipt):
                continue
            known = index.debtor_hits(receipt)
            for payer in index.payers(receipt):
                for number, level in sorted(index.learned.debtors_of_name(payer).items()):
                    debtor = index.items.debtor_of(number)
                    if debtor >= 0 and debtor not in known:
                        rows.add(receipt, "name", level, debtor=debtor)
        return rows


def build(options: Mapping[str, object]) -> LearnedName:
    """The strategy; it has no options."""
    return LearnedName()
