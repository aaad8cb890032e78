"""The facts a match run reads, as of now."""

from __future__ import annotations

from collections.abc import Sequence
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

    def money_in(self, returns: Sequence[Transaction]) -> list[Transaction]:
        """Receipts and collections, allocated or not, that share an EndToEndId or an IBAN with one of the returns."""

    def settlements(
        self, returns: Sequence[Transaction], collections: Sequence[Collection], money_in: Sequence[Transaction]
    ) -> list[SettledPayment]:
        """Active (unreversed) settlement entries, one per transaction and invoice, that the returns could mean."""

    def returned(self) -> list[tuple[str, str]]:
        """(EndToEndId of the return, invoice) of every posted return."""

    def collections(self, returns: Sequence[Transaction]) -> list[Collection]:
        """Our own direct debits, current version, that agree with one of the returns in anything that could link it."""

    def rejected(self) -> set[tuple[str, frozenset[str]]]:
        """(transaction, invoices) that a person refused or took back; never posted automatically again."""

    def seen(self) -> set[str]:
        """Transactions that an earlier match run has considered."""
