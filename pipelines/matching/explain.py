"""All explanations of one receipt, weighed: items, sets of items, settled items, an unlisted item, nothing of ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipelines.matching.amounts import EXPLAINING, Line, Settlement, settle_group, settle_one
from pipelines.matching.batch import Batch, Group
from pipelines.matching.evidence import CLEAR, DAMAGED, FAINT, NAMING, Weigher
from pipelines.matching.months import in_months
from pipelines.matching.rivals import rivals
from pipelines.matching.unusual import namesake, owes_the_same, without_discount
from pipelines.model.proposal import AllocationKind, Evidence

_KEPT = 8
_OWN_ITEMS = 6
_STRONG_REFERENCE = 14.0
_STRONG_PAYER = 10.0
_RARE_AMOUNT = 8.0
_KIND = 5.0
_LEGIBLE = DAMAGED - FAINT
_REFUSED = frozenset({"late_discount", "unagreed_discount"})


@dataclass(slots=True)
class Explanation:
    """One explanation of a receipt.

    rows: the items it is about, sorted. score: log2 of its weight, prior included. reference/amount: their levels.
    payer_strength: bits of the strongest field about the payer. closed: the item is settled (``duplicate``) or
    cancelled (``cancelled-item``), else "". payer_named / payer_identified: the name fits / the account or a number
    does. contradictions: reason codes that forbid posting by itself.
    """

    rows: tuple[int, ...]
    debtor: int
    lines: tuple[Line, ...]
    score: float
    reference: str
    reference_bits: float
    amount: str
    amount_bits: float
    payer_strength: float
    payer_named: bool
    payer_identified: bool
    evidence: tuple[Evidence, ...]
    closed: str = ""
    contradictions: list[str] = field(default_factory=list)
    ways: float = 1.0


@dataclass(slots=True)
class Judgement:
    """What is thought of one receipt: explanations, best first, and the weight of everything that is no item of ours.

    rivals: log2 weights of the explanations without lines: foreign, unlisted.
    """

    receipt: int
    explanations: list[Explanation]
    rivals: list[float]
    unexplained: bool
    foreign_number: bool
    refund: bool
    other_purpose: bool
    shares: list[float] | None = None

    def probabilities(self) -> list[float]:
        """Posterior of each explanation over all of them and the rivals."""
        if self.shares is None:
            scores = [explanation.score for explanation in self.explanations] + self.rivals
            self.shares = posterior(scores, len(self.explanations))
        return self.shares


def posterior(scores: list[float], count: int) -> list[float]:
    """The first ``count`` of all shares that log2 weights come to."""
    top = max(scores)
    weights = [2.0 ** max(score - top, -1000.0) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights[:count]]


class Explainer:
    """Builds and weighs the explanations of each receipt of a batch."""

    def __init__(self, batch: Batch, weigher: Weigher) -> None:
        self._batch = batch
        self._items = batch.items
        self._weigher = weigher
        self._open_of: dict[int, list[int]] = {}
        self._policy = batch.policy
        self._bits = batch.policy.bits
        self._declared: list[int] = batch.frame["declared_discount_minor"].fillna(0).astype("int64").tolist()
        self._charges: list[int] = batch.frame["charges_minor"].fillna(0).astype("int64").tolist()
        codes = {name: code for code, name in enumerate(batch.items.currencies)}
        self._currency = [codes.get(name or "EUR", -1) for name in batch.text("currency")]
        # The same memory, read one value at a time.
        self._currency_at: Sequence[int] = batch.items.currency_codes.data
        self._duplicate = math.log2(batch.policy.priors["duplicate"])

    def judge(self, receipt: int) -> Judgement:
        """Everything a receipt may be."""
        batch = self._batch
        reading = self._weigher.reading(receipt)
        found: dict[tuple[tuple[int, ...], str], Explanation] = {}
        if batch.amounts[receipt] > 0:
            for row in self.worth_weighing(receipt):
                self._keep(found, self._single(receipt, row))
            for group in batch.groups(receipt):
                self._keep(found, self._group(receipt, group))
            if not any(explanation.amount in EXPLAINING for explanation in found.values()):
                for row in self._own_items(receipt):
                    self._keep(found, self._single(receipt, row))
        ranked = list(found.values())
        if len(ranked) > 1:
            ranked.sort(key=lambda one: (-one.score, self._sort_key(one)))
        kept = ranked[:_KEPT]
        others = rivals(batch, self._weigher, receipt, kept)
        if batch.is_done(receipt):
            return Judgement(receipt, kept, others, False, False, False, False)
        scan = batch.scan(receipt)
        return Judgement(
            receipt, kept, others, reading.unexplained, reading.foreign, scan.refund, scan.other_purpose
        )  # fmt: skip

    def worth_weighing(self, receipt: int) -> list[int]:
        """Items found for a receipt that may explain it; see ``Batch.worth_weighing``."""
        return self._batch.worth_weighing(receipt)

    def _keep(self, found: dict[tuple[tuple[int, ...], str], Explanation], one: Explanation | None) -> None:
        if one is not None:
            key = (one.rows, one.closed)
            if key not in found or found[key].score < one.score:
                found[key] = one

    def _sort_key(self, one: Explanation) -> tuple[str, ...]:
        return tuple(self._items.numbers[row] for row in one.rows)

    def _own_items(self, receipt: int) -> list[int]:
        """A few items of the debtors in question, so that a person sees what it could be for."""
        hits = self._batch.item_hits(receipt)
        rows: list[int] = []
        debtors = [debtor for debtor in self._batch.debtor_hits(receipt) if debtor >= 0]
        for debtor in sorted(debtors, key=lambda one: self._items.debtor_numbers[one])[:3]:
            still = (row for row in self._still_open(debtor) if row not in hits)
            own = self._items.items_of(debtor)
            amount = self._batch.amounts[receipt]
            equal = own[(self._items.open_minor[own] == 0) & (self._items.amount[own] == amount)].tolist()
            closed = (row for row in equal if row not in hits)
            rows += [*islice(still, _OWN_ITEMS), *islice(closed, 1)]
        return rows

    def _still_open(self, debtor: int) -> list[int]:
        """The open items of a debtor, the first due first; nothing moves while a batch is judged."""
        found = self._open_of.get(debtor)
        if found is None:
            own = self._items.items_of(debtor)
            found = own[self._items.open_minor[own] > 0].tolist()
            found.sort(key=lambda row: (self._items.due_at[row], self._items.numbers[row]))
            self._open_of[debtor] = found
        return found

    def same_currency(self, receipt: int, row: int) -> bool:
        """Whether a receipt is in the currency of an item."""
        return self._currency_at[row] == self._currency[receipt]

    # --- one item ------------------------------------------------------------------------------------------------

    def _single(self, receipt: int, row: int) -> Explanation | None:
        items, batch = self._items, self._batch
        if self._currency_at[row] != self._currency[receipt]:
            return None
        amount = batch.amounts[receipt]
        if items.open_at[row] == 0:
            return self._closed(receipt, row, amount)
        told = batch.days[receipt], self._declared[receipt], self._charges[receipt]
        settlement = settle_one(items, self._policy.amounts, row, amount, *told)
        return None if settlement is None else self._weigh(receipt, (row,), settlement, None)

    def _closed(self, receipt: int, row: int, amount: int) -> Explanation | None:
        """The item is settled or cancelled already: the money would be the debtor's, not the item's."""
        if self._items.amount_at[row] <= 0:
            return None
        level = "exact" if self._items.amount_at[row] == amount else "partial"
        line = Line(-1, amount, amount, AllocationKind.ON_ACCOUNT)
        result = self._weigh(receipt, (row,), Settlement(level, (line,)), None)
        result.closed = "cancelled-item" if self._items.cancelled[row] else "duplicate"
        result.score += self._duplicate
        return result

    # --- several items -------------------------------------------------------------------------------------------

    def _group(self, receipt: int, group: Group) -> Explanation | None:
        rows, amounts = group.rows, group.amounts
        if any(self._items.currency_codes[row] != self._currency[receipt] for row in rows):
            return None
        order = sorted(range(len(rows)), key=lambda position: (self._items.numbers[rows[position]], position))
        settlement = settle_group(
            self._items, self._policy.amounts, [rows[position] for position in order],
            [amounts[position] for position in order], self._batch.amounts[receipt], self._batch.days[receipt],
        )  # fmt: skip
        if settlement is None:
            return None
        distinct = tuple(dict.fromkeys(rows[position] for position in order))
        result = self._weigh(receipt, distinct, settlement, group)
        if len({self._items.debtor_at[row] for row in distinct}) > 1 and group.field != "batch":
            result.contradictions.append("several-debtors")
        if group.level == "batch_less":
            result.contradictions.append("batch-total-differs")
        return result

    # --- weighing ------------------------------------------------------------------------------------------------

    def _weigh(self, receipt: int, rows: tuple[int, ...], settlement: Settlement, group: Group | None) -> Explanation:
        batch, weigher = self._batch, self._weigher
        debtor = self._items.debtor_at[rows[0]]
        contradictions: list[str] = []
        if group is not None:
            level, reference = self._group_reference(receipt, rows, group, contradictions)
        else:
            level, reference = self.reference(receipt, rows[0], contradictions)
        amount_level, amount = self._amount(receipt, settlement, group)
        is_ours = level == "own_id" or (group is not None and group.field == "batch")
        rows_of_evidence = [
            weigher.row("reference", level, reference),
            weigher.row("amount", amount_level, amount),
        ]
        strength, named, identified, payer_bits = 0.0, False, False, 0.0
        if is_ours:
            # Our own id came back: nobody else knows it, so it says who paid as well.
            strength, named, identified = self._bits["reference"]["own_id"], True, True
        else:
            payer = weigher.payer(receipt, debtor)
            strength, named, identified, payer_bits = payer.strength, payer.named, payer.identified, payer.bits
            rows_of_evidence += payer.evidence
            # One debtor of ours may clearly pay for another: the number whole, the amount rare and explained.
            if payer.contradiction and not (
                payer.contradiction == "account-of-another-debtor"
                and reference >= _STRONG_REFERENCE
                and (level in CLEAR or level == "listed")
                and amount_level in EXPLAINING
                and amount >= _RARE_AMOUNT
                and not owes_the_same(batch, receipt)
            ):
                contradictions.append(payer.contradiction)
            if level not in CLEAR and (payer.other_name or (not identified and namesake(batch, receipt, debtor))):
                # A namesake with the clean number and amount is a relative; without the number he is somebody else.
                contradictions.append("payer-is-another-debtor")
        lines = settlement.lines
        if amount_level in _REFUSED and group is None and self._policy.automation.part_payment:
            # Item and payer, or item and the very amount that was agreed, are certain: what was paid counts, the
            # discount that was not due stays open.
            agreed = amount_level == "late_discount" and amount >= _KIND and level in CLEAR | DAMAGED - FAINT
            whole = reference >= _STRONG_REFERENCE and strength >= _STRONG_PAYER
            lines = without_discount(lines) if whole or agreed else lines
        date = weigher.date(receipt, rows)
        rows_of_evidence.append(date)
        score = weigher.prior_item + reference + amount + payer_bits + date.bits
        if not is_ours:
            refusal = weigher.refusal(receipt, rows, debtor)
            if refusal is not None:
                contradictions.append("refused-before")
            for learned in (weigher.habit(receipt, level), refusal):
                if learned is not None:
                    rows_of_evidence.append(learned)
                    score += learned.bits
        return Explanation(
            tuple(sorted(rows)), debtor, lines, score, level, reference, amount_level, amount, strength,
            named, identified, tuple(rows_of_evidence), "", contradictions, group.ways if group else 1.0,
        )  # fmt: skip

    def _amount(self, receipt: int, settlement: Settlement, group: Group | None) -> tuple[str, float]:
        level = settlement.level
        if group is not None and level == "listed_sum" and group.level in {"absent", "listed_part", "all_open"}:
            level = "combined_sum"
        bits = self._bits["amount"][level]
        if level in {"partial", "over", "small_difference", "batch_total"}:
            return level, bits
        surprise = self._weigher.surprise(receipt, 1 if level == "exact" else 0)
        if group is not None:
            surprise -= math.log2(max(group.ways, 1.0))
        return level, max(bits + surprise, bits)

    def reference(self, receipt: int, row: int, contradictions: list[str]) -> tuple[str, float]:
        """How a receipt refers to one item, and its bits; reason codes of what speaks against are added."""
        bits = self._bits["reference"]
        reading = self._weigher.reading(receipt)
        hit, value = self._weigher.best_hit(receipt, row)
        clear = reading.clear
        # Most texts name one item, and it is this one.
        others = [other for other in clear if other != row] if len(clear) > (row in clear) else ()
        if hit is not None:
            if not others:
                return hit.level, value
            if hit.level in _LEGIBLE and hit.start >= 0:
                # What is read as a damaged form of this item may be the very number that names another one.
                apart = [other for other in others if not _overlap(reading.clear[other], (hit.start, hit.end))]
            elif hit.level in FAINT:
                # Two slips that happen to give another number of ours are hardly slips.
                apart = others
            else:
                same = (hit.start, hit.end) if hit.start >= 0 else reading.clear.get(row, (-1, -1))
                apart = [other for other in others if not _overlap(reading.clear[other], same)]
            apart = [other for other in apart if self._items.open_at[other] or hit.level in FAINT]
            if apart:
                contradictions.append("names-other-items")
                return hit.level, value + bits["incomplete"]
            return hit.level, value
        if others:
            contradictions.append("names-other-items")
            return "other", bits["other"]
        if reading.foreign:
            return "foreign_number", bits["foreign_number"]
        scan = self._batch.scan(receipt)
        if scan.all_open and self._has_others(row):
            # "All open invoices", and this is only one of them, whatever it costs.
            contradictions.append("names-other-items")
        months = scan.months
        if months:
            level = "period" if in_months(self._items, row, months) else "other_period"
            return level, bits[level] + (bits["unexplained"] if reading.unexplained else 0.0)
        level = "unexplained" if reading.unexplained else "absent"
        return level, bits[level]

    def _has_others(self, row: int) -> bool:
        own = self._items.items_of(self._items.debtor_at[row])
        return bool((self._items.open_minor[own] != 0).sum() > 1)

    def _group_reference(
        self, receipt: int, rows: tuple[int, ...], group: Group, contradictions: list[str]
    ) -> tuple[str, float]:
        bits = self._bits["reference"]
        level = group.level
        reading = self._weigher.reading(receipt)
        if group.field == "batch":
            return level, bits[level]
        missing = [
            row
            for row, span in reading.clear.items()
            if row not in rows and self._items.open_at[row] and not self._read_otherwise(receipt, rows, span)
        ]
        if level == "absent":
            if reading.clear:
                level = "other"
            elif reading.foreign:
                level = "foreign_number"
            elif reading.unexplained:
                level = "unexplained"
            if level != "absent":
                contradictions.append("unexplained-number" if level != "other" else "names-other-items")
            return level, bits[level]
        named = [self._weigher.best_hit(receipt, row)[1] for row in rows]
        value = min(bits[level], max(named, default=0.0)) if level != "all_open" else bits[level]
        if missing:
            contradictions.append("names-other-items")
            value += bits["incomplete"]
        return level, value

    def _read_otherwise(self, receipt: int, rows: tuple[int, ...], span: tuple[int, int]) -> bool:
        """Whether the characters that name another item are also the number, perhaps damaged, of one of these."""
        hits = self._batch.item_hits(receipt)
        return any(
            _overlap((hit.start, hit.end), span)
            for row in rows
            for hit in hits.get(row, ())
            if hit.level in (DAMAGED | CLEAR) - FAINT
        )


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] >= 0 and other[0] >= 0 and one[0] < other[1] and other[0] < one[1]


__all__ = ["CLEAR", "NAMING", "Explainer", "Explanation", "Judgement"]
