"""Payers nobody knows by account: debtors whose name shares the rarest words, verified word by word."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy

_PAYER = frozenset({"iban", "learned", "mandate", "named", "alone"})
_BEST = 6


class DebtorName(RowStrategy):
    """Debtors by the payer's name, only where neither account nor number names anybody."""

    name = "debtor_name"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """The best few debtors per receipt at level ``full`` or ``close``."""
        rows = CandidateRows()
        names = index.items.names
        names.prime(
            [name for receipt in range(index.count) if not index.is_done(receipt) for name in index.payers(receipt)],
            np.empty(0, np.int64),
        )
        most = index.policy.limits.name_candidates
        asked = [
            (receipt, [(payer, names.candidates(payer, most)) for payer in index.payers(receipt)])
            for receipt in range(index.count)
            if not index.is_clear(receipt)
            and not any(hit.level in _PAYER for hits in index.debtor_hits(receipt).values() for hit in hits)
        ]
        names.prime([], np.array(sorted({one for _, of in asked for _, debtors in of for one in debtors}), np.int64))
        for receipt, candidates in asked:
            found: dict[int, tuple[float, str]] = {}
            for payer, debtors in candidates:
                for debtor in debtors:
                    level, rarity = names.compare(payer, debtor)
                    if level in {"full", "close"}:
                        found[debtor] = max(found.get(debtor, (0.0, "")), (rarity, level))
            for debtor in sorted(found, key=lambda owner: (-found[owner][0], index.items.debtor_numbers[owner]))[
                :_BEST
            ]:
                rows.add(receipt, "name", found[debtor][1], debtor=debtor)
        return rows


def build(options: Mapping[str, object]) -> DebtorName:
    """The strategy; it has no options."""
    return DebtorName()
