"""Receipts that clearly pay one item, decided by example: equal evidence has equal consequences.

Where exactly what is open of one item is paid, and neither another item nor another debtor is in question, what a
receipt may be depends on a handful of levels and bits. The first receipt with these is judged in full; the others of
the batch take over its probability, waterfall, reason and disposition, and no explanation is built for them. What is
left out here is judged one by one; so is who claims an item that another one claims as well.
"""

from __future__ import annotations

from collections.abc import Hashable

from pipelines.matching.batch import Batch
from pipelines.matching.evidence import CLEAR, Payer, Weigher
from pipelines.matching.explain import Explainer
from pipelines.matching.unusual import namesake

# A receipt that is done has no number nobody knows, no number of our shape, no word for a refund or another purpose.
_NOTHING = (False, False, False, False)


class ClearCases:
    """Recognises the receipts of a batch that can be decided by example."""

    def __init__(self, batch: Batch, weigher: Weigher, explainer: Explainer) -> None:
        self._batch = batch
        self._items = batch.items
        self._weigher = weigher
        self._explainer = explainer
        self._limit = batch.policy.automation.max_auto_minor
        learned = batch.learned
        self._habits = learned.habits
        self._payer: Payer | None = None
        self._refuses = bool(learned.refused_items or learned.refused_debtors)

    def of(self, receipt: int) -> tuple[int, Hashable] | None:
        """The item a receipt pays and the evidence its outcome depends on; None where it has to be judged in full."""
        batch, weigher, items = self._batch, self._weigher, self._items
        amount = batch.amounts[receipt]
        if amount <= 0 or batch.has_groups(receipt):
            return None
        rows = self._explainer.worth_weighing(receipt)
        if len(rows) != 1:
            return None
        row = rows[0]
        debtor = items.debtor_at[row]
        if items.open_at[row] != amount or not self._explainer.same_currency(receipt, row):
            return None
        if not batch.debtor_hits(receipt).keys() <= {debtor}:
            return None
        if self._habits and batch.ibans()[receipt] in self._habits:
            return None
        if self._refuses and weigher.refusal(receipt, (row,), debtor) is not None:
            return None
        if batch.is_done(receipt):
            payer, flags = self._by_account(receipt, debtor), _NOTHING
        else:
            payer, reading, scan = weigher.payer(receipt, debtor), weigher.reading(receipt), batch.scan(receipt)
            flags = (reading.unexplained, reading.foreign, scan.refund, scan.other_purpose)
        if payer.contradiction:
            return None
        against: list[str] = []
        level, reference = self._explainer.reference(receipt, row, against)
        if level not in CLEAR and not payer.identified and namesake(batch, receipt, debtor):
            return None
        # Where the item is named, how often its amount repeats does not matter (see ``rivals``).
        share = 0.0 if level in CLEAR else weigher.same_amount_share(debtor, amount, (row,))
        return row, (
            level, reference, tuple(against), share, weigher.surprise(receipt, 1), id(payer),
            weigher.date(receipt, (row,)).level, flags, amount > self._limit > 0,
        )  # fmt: skip

    def _by_account(self, receipt: int, debtor: int) -> Payer:
        """The payer of a receipt that is done: known by an account of this debtor alone, and not looked at closer."""
        if len(self._batch.debtor_hits(receipt)[debtor]) > 1:
            return self._weigher.payer(receipt, debtor)
        if self._payer is None:
            self._payer = self._weigher.payer(receipt, debtor)
        return self._payer
