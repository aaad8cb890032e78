"""The account it came from: known with the debtor, or learned from confirmed payments."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy


class PayerIban(RowStrategy):
    """Payer IBAN → debtors. An account known for very many debtors names nobody."""

    name = "payer_iban"

    def __init__(self, most_debtors: int) -> None:
        self._most = most_debtors

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """One row per receipt and debtor its account is known for."""
        rows = CandidateRows()
        for receipt, iban in enumerate(index.ibans()):
            if not iban:
                continue
            owners = index.items.by_iban(iban)
            if len(owners) > self._most:
                continue
            for debtor, level in owners:
                rows.add(receipt, "payer", level, debtor=debtor)
        return rows


def build(options: Mapping[str, object]) -> PayerIban:
    """The strategy. ``most_debtors``: above this an account names nobody (default 20)."""
    most = options.get("most_debtors", 20)
    return PayerIban(most if isinstance(most, int) else 20)
