"""Receipts that clearly pay one item, decided by example: equal evidence has equal consequences.

Where exactly what is open of one item is paid, and no other item is in question, what a receipt may be depends on a
handful of levels and bits. The first receipt with the same levels, on the same side of every gate, is judged in full;
the others of the batch take over its reason and disposition (``pipelines.by_example``), only their bits are added up
anew, and no explanation is built for them. What is left out here is judged one by one; so is who claims an item that
another one claims as well.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.matching.batch import Batch
from pipelines.matching.evidence import CLEAR, Weigher
from pipelines.matching.explain import Explainer, posterior
from pipelines.matching.fields import Payer
from pipelines.matching.rivals import SOME_PAYER_BITS, foreign, repeats, unlisted
from pipelines.matching.unusual import namesake
from pipelines.model.proposal import Evidence

# A receipt that is done has no number nobody knows, no number of our shape, no word for a refund or another purpose.
_NOTHING = (False, False, False, False)


class Case(NamedTuple):
    """A receipt that clearly pays one item, and everything its outcome depends on.

    level, reference: how the item is named, and its bits. against: reason codes of what speaks against it. share: of
    the debtor's other items that cost the same. surprise: bits a fitting amount is worth. flags: digits nobody knows, a
    number of our shape, a word for a refund, for another purpose. above_limit: too much to post by itself. others: log2
    weights of something not loaded of other debtors in question.
    """

    row: int
    level: str
    reference: float
    against: tuple[str, ...]
    share: float
    surprise: float
    payer: Payer
    date: Evidence
    flags: tuple[bool, bool, bool, bool]
    above_limit: bool
    others: tuple[float, ...]


class Weight(NamedTuple):
    """What the only explanation of a clear receipt is worth. margin: bits over the best rival."""

    amount: float
    probability: float
    margin: float


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
        self._bits = batch.policy.bits
        self._foreign = foreign(batch)
        self._unlisted = unlisted(batch, weigher)

    def of(self, receipt: int) -> Case | None:
        """What the outcome of a receipt depends on; None where it has to be judged in full."""
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
        surprise = weigher.surprise(receipt, 1)
        hits = batch.debtor_hits(receipt)
        others = () if len(hits) < 2 and debtor in hits else self._others(receipt, debtor, level, surprise)
        return Case(
            row, level, reference, tuple(against), share, surprise, payer, weigher.date(receipt, (row,)), flags,
            amount > self._limit > 0, others,
        )  # fmt: skip

    def _others(self, receipt: int, debtor: int, level: str, surprise: float) -> tuple[float, ...]:
        """Of each other debtor in question: the log2 weight of something of theirs that is not loaded."""
        found = []
        for other in self._batch.debtor_hits(receipt):
            if other < 0 or other == debtor:
                continue
            bits = self._weigher.payer(receipt, other).bits
            if bits < SOME_PAYER_BITS:
                continue
            if level in CLEAR:
                against = self._bits["reference"]["other"]
            else:
                amount = self._batch.amounts[receipt]
                against = repeats(self._weigher.same_amount_share(other, amount, ()), surprise)
            found.append(self._unlisted + bits + against)
        return tuple(found)

    def weigh(self, case: Case) -> Weight:
        """What judging the receipt in full would come to: the same sums in the same order."""
        payer_bits = case.payer.bits
        exact = self._bits["amount"]["exact"]
        amount = max(exact + case.surprise, exact)
        # Our own id says who paid as well.
        paid_by = 0.0 if case.level == "own_id" else payer_bits
        score = self._weigher.prior_item + case.reference + amount + paid_by + case.date.bits
        rivals = [self._foreign]
        if payer_bits >= SOME_PAYER_BITS:
            against = repeats(case.share, case.surprise)
            if case.level == "period":
                against += self._bits["reference"]["other_period"]
            rivals.append(self._unlisted + payer_bits + against)
        rivals += case.others
        return Weight(amount, posterior([score, *rivals], 1)[0], score - max(rivals))

    def _by_account(self, receipt: int, debtor: int) -> Payer:
        """The payer of a receipt that is done: known by an account of this debtor alone, and not looked at closer."""
        if len(self._batch.debtor_hits(receipt)[debtor]) > 1:
            return self._weigher.payer(receipt, debtor)
        if self._payer is None:
            self._payer = self._weigher.payer(receipt, debtor)
        return self._payer
