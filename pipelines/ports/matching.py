"""The facts a match run reads, as of now."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from pipelines.model.receivable import Collection
from pipelines.model.return_debit import SettledPayment
from pipelines.model.transaction import Transaction


class MatchFacts(Protocol):
    """Read-only; every call sees the same snapshot when made on one ``Work``."""

    def input_key(self) -> str:
        """Changes whenever something arrived that matching has not seen: bank data, items, collections, decisions.

        What matching itself posted does not count, so that re-running a day changes nothing.
        """

    def receipts(self) -> pd.DataFrame:
        """Money in that nothing has been allocated of: receipts and collections, not held by a decision."""

    def returns(self) -> list[Transaction]:
        """Returns and reversals without a posted link, oldest first."""

    def money_in(self) -> list[Transaction]:
        """Every receipt and collection, allocated or not; what a taken-back transfer may refer to."""

    def settlements(self) -> list[SettledPayment]:
        """Active (unreversed) settlement entries, one per transaction and invoice."""

    def returned(self) -> list[tuple[str, str]]:
        """(EndToEndId of the return, invoice) of every posted return."""

    def collections(self) -> list[Collection]:
        """Our own direct debits, current version."""

    def rejected(self) -> set[tuple[str, frozenset[str]]]:
        """(transaction, invoices) that a person refused or took back; never posted automatically again."""

    def seen(self) -> set[str]:
        """Transactions that an earlier match run has considered."""
