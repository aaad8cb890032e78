"""Evidence in bits: in which level a compared field falls, and what the level is worth for this receipt (D9).

Weights are log2 likelihood ratios against "this payment has nothing to do with us". Frequency counts: a word many
debtors carry, an account known for many, an amount many items share, a number with few digits are worth little.
"""

from __future__ import annotations

import math
import re
from datetime import date

import numpy as np

from pipelines.learning.patterns import family_of_reference
from pipelines.matching.amounts import density
from pipelines.matching.batch import Batch
from pipelines.matching.columns import NO_DAY
from pipelines.matching.fields import Memory, Payer, Reading, make_evidence, make_payer, make_reading
from pipelines.model.proposal import Evidence
from pipelines.ports.matcher import Hit
from pipelines.references import Scan
from pipelines.text import compact

# Reference levels that say "this item" as an identifier; the others only lean towards it.
NAMING = frozenset(
    {"own_id", "creditor_reference", "document", "full", "bare", "digits", "order", "shipment", "joined"}
)
DAMAGED = frozenset({"confused", "transposed", "edited", "short", "near", "glued"})
# Levels of items that are named so clearly that naming them contradicts every other item.
CLEAR = frozenset({"own_id", "creditor_reference", "document", "full", "bare", "digits"})
# Too faint to explain a number that names another item or has our own shape.
FAINT = frozenset({"near", "glued"})
# Bits a digit of a number carries at most; a little less than log2(10), numbers are not evenly used.
_DIGIT_BITS = 3.1
# Evidence about one person from several fields is not independent: the strongest counts whole, the rest a part.
_SECOND = 0.2
# Bits from which an account or customer number says who it is.
_IDENTIFIED = 10.0
_BACKGROUND_ITEMS = 1000.0
_LOOKED_AT = 400
_WORD = re.compile(r"[A-Z]*[0-9][0-9A-Z./_-]*[0-9A-Z]|[A-Z]+[./_-][0-9A-Z./_-]*[0-9A-Z]")
_NO_SIGNS = {ord(sign): None for sign in "-/._"}
_EPOCH = date(1970, 1, 1).toordinal()


class Weigher:
    """Weighs the fields of the receipts of one batch. memory: what batches before it left, added to."""

    def __init__(self, batch: Batch, memory: Memory) -> None:
        self._batch = batch
        self._items = batch.items
        self._bits = batch.policy.bits
        self._rules = batch.policy.amounts
        self._payers: dict[tuple[int, int], Payer] = {}
        self._alike = memory.payers
        self._same = memory.equal_payers
        self._carried = memory.carried
        self._surprises = memory.surprises
        self._names_learned = bool(batch.learned.names)
        self._refused = bool(batch.learned.refused_items or batch.learned.refused_debtors)
        self._readings: dict[int, Reading] = {}
        self._evidence = memory.evidence
        self._owners: dict[str, tuple[tuple[int, str], ...]] = {}
        self._dates = {level: self.row("date", level, bits) for level, bits in self._bits["date"].items()}
        self.prior_item = -math.log2(batch.items.open_count)
        self.prior_debtor = -math.log2(max(len(batch.items.debtor_numbers), 1))

    def row(self, field: str, level: str, bits: float) -> Evidence:
        """A waterfall row; equal rows are one object."""
        key = (field, level, bits)
        found = self._evidence.get(key)
        if found is None:
            rounded = (field, level, round(bits, 2))
            found = self._evidence[key] = self._evidence.setdefault(rounded, make_evidence(*rounded))
        return found

    def prior(self) -> Evidence:
        """The waterfall row of one item among all that are open."""
        return Evidence("prior", "item", round(self.prior_item, 2))

    # --- reference -----------------------------------------------------------------------------------------------

    def reference_bits(self, row: int, hit: Hit) -> float:
        """What a level of reference is worth for an item: never more than its number can carry."""
        key = row, hit.level
        found = self._carried.get(key)
        if found is None:
            found = self._carried[key] = self._reference_bits(row, hit)
        return found

    def _reference_bits(self, row: int, hit: Hit) -> float:
        base = self._bits["reference"][hit.level]
        if hit.level in {"own_id", "creditor_reference", "document", "order", "shipment", "contract"}:
            return base
        items = self._items
        if items.series.mixed and items.series.is_mixed_shape(key := compact(items.numbers[row])):
            return min(base, _DIGIT_BITS * len(key))
        digits = int(items.digit_lengths[row])
        year_in_front = bool(items.series.short_year[row] >= 0)
        if hit.level == "short":
            counter = int(items.counters[row])
            digits = len(str(counter)) if counter > 0 else digits
            return min(base, _DIGIT_BITS * digits - 1.0)
        carried = _DIGIT_BITS * (digits - 4 if year_in_front else digits) + (3.0 if year_in_front else 0.0)
        if hit.level == "full" and not items.numbers[row][:1].isdigit():
            carried += 2.0
        return min(base, carried)

    def best_hit(self, receipt: int, row: int) -> tuple[Hit | None, float]:
        """The strongest reference to an item and its bits."""
        best: Hit | None = None
        most = 0.0
        for hit in self._batch.item_hits(receipt).get(row, ()):
            if hit.field == "reference":
                bits = self.reference_bits(row, hit)
                if best is None or bits > most:
                    best, most = hit, bits
        return best, most

    def reading(self, receipt: int) -> Reading:
        """Which numbers of the text are known, and which are not."""
        found = self._readings.get(receipt)
        if found is None:
            found = self._readings[receipt] = self._read(receipt)
        return found

    def _read(self, receipt: int) -> Reading:
        batch = self._batch
        if batch.is_done(receipt):
            return make_reading(False, False, dict.fromkeys(batch.item_hits(receipt), (-1, -1)))
        spans: list[tuple[int, int]] = []
        clear: dict[int, tuple[int, int]] = {}
        for row, hits in batch.item_hits(receipt).items():
            for hit in hits:
                if hit.field != "reference":
                    continue
                if hit.start >= 0 and (hit.level in NAMING or hit.level == "contract"):
                    spans.append((hit.start, hit.end))
                if hit.level in CLEAR and self.reference_bits(row, hit) >= 8.0:
                    clear[row] = (hit.start, hit.end)
        for hits in batch.debtor_hits(receipt).values():
            spans += [(hit.start, hit.end) for hit in hits if hit.start >= 0]
        return self._left_over(batch.scan(receipt), spans, clear)

    def _left_over(self, scan: Scan, spans: list[tuple[int, int]], clear: dict[int, tuple[int, int]]) -> Reading:
        unexplained = foreign = False
        series = self._items.series
        runs = scan.runs
        for position, (run, start, end) in enumerate(runs):
            if run[0] > "9" or (len(run) < 3 and not series.is_short_shape(runs, scan.text, position)):
                continue
            if spans and any(left <= start and end <= right for left, right in spans):
                continue
            if len(run) == 4 and run[:2] in {"19", "20"} and not series.is_own_shape("", run):
                continue
            word = scan.keyword(position)
            if word == "order" and clear:
                continue
            unexplained = True
            if word != "customer":
                foreign = foreign or series.is_part_of_own_shape(scan.runs, scan.text, position)
        if series.mixed and not foreign and self._holds_mixed(scan, spans):
            unexplained = foreign = True
        return make_reading(unexplained, foreign, clear)

    def _holds_mixed(self, scan: Scan, spans: list[tuple[int, int]]) -> bool:
        """Whether a word that nothing explains looks like a number of ours with letters behind digits."""
        series = self._items.series
        for found in _WORD.finditer(scan.text):
            key = found.group().translate(_NO_SIGNS)
            if series.is_mixed_shape(key) and not self._items.with_key(key):
                start, end = found.span()
                if not any(left < end and start < right for left, right in spans):
                    return True
        return False

    # --- payer ---------------------------------------------------------------------------------------------------

    def payer(self, receipt: int, debtor: int) -> Payer:
        """Account, name and customer number of a receipt against a debtor."""
        key = (receipt, debtor)
        found = self._payers.get(key)
        if found is None:
            found = self._payers[key] = self._weigh_payer(receipt, debtor)
        return found

    def _weigh_payer(self, receipt: int, debtor: int) -> Payer:
        account_level, account, account_says = self._account(receipt, debtor)
        customer_level, customer, customer_says = self._customer(receipt, debtor)
        known = max(account, customer) >= 12.0
        # Where number, amount and account agree the name is not looked at: it could not change anything.
        name_level, name = ("absent", 0.0) if self._batch.is_done(receipt) else self._name(receipt, debtor)
        # Payers who are known in the same way are one object.
        key = (
            account_level, account, name_level, name, customer_level, customer, customer_says or account_says, known
        )  # fmt: skip
        found = self._alike.get(key)
        if found is None:
            found = self._alike[key] = self._payer(*key)
        return found

    def _payer(
        self,
        account_level: str,
        account: float,
        name_level: str,
        name: float,
        customer_level: str,
        customer: float,
        contradiction: str,
        known: bool,
    ) -> Payer:
        fields = [("payer", account_level, account), ("name", name_level, name), ("customer", customer_level, customer)]
        if name < 0 and (known or account_level == "other"):
            # The account or customer number settles who it is; the name on the account may be a partner's. Nor does it
            # count twice that the account and its holder's name are another debtor's.
            fields[1] = ("name", name_level, name * _SECOND)
        strongest = max(bits for _, _, bits in fields)
        counted = False
        rows = []
        for field, level, bits in fields:
            if bits > 0 and (bits < strongest or counted):
                bits *= _SECOND
            elif bits > 0:
                counted = True
            rows.append(self.row(field, level, bits))
        named = name_level in {"full", "close", "learned"}
        identified = max(account, customer) >= _IDENTIFIED
        other_name = name_level == "other" and not known
        strength = max(strongest, 0.0)
        # Equal rows are one object, so its place in memory says which it is.
        key = *map(id, rows), strength, contradiction, named, identified, other_name
        found = self._same.get(key)
        if found is None:
            bits = sum([row.bits for row in rows])
            found = make_payer(bits, strength, tuple(rows), contradiction, named, identified, other_name)
            self._same[key] = found
        return found

    def _account(self, receipt: int, debtor: int) -> tuple[str, float, str]:
        bits = self._bits["payer"]
        iban = self._batch.ibans()[receipt]
        if not iban:
            return "absent", bits["absent"], ""
        owners = self._owners.get(iban)
        if owners is None:
            owners = self._owners[iban] = self._items.by_iban(iban)
        if not owners:
            level = "changed" if self._items.has_iban[debtor] else "unknown"
            return level, bits[level], ""
        for owner, level in owners:
            if owner == debtor:
                return level, bits[level] - math.log2(len(owners)), ""
        if len(owners) == 1 and owners[0][1] in {"iban", "learned"}:
            return "other", bits["other"], "account-of-another-debtor"
        return "shared", bits["shared"], ""

    def _customer(self, receipt: int, debtor: int) -> tuple[str, float, str]:
        bits = self._bits["customer"]
        named = False
        for owner, hits in self._batch.debtor_hits(receipt).items():
            for hit in hits:
                if hit.field == "customer":
                    if owner == debtor:
                        return hit.level, bits[hit.level], ""
                    named = named or hit.level != "alone"
        if named:
            return "other", bits["other"], "names-another-customer"
        return "absent", bits["absent"], ""

    def _name(self, receipt: int, debtor: int) -> tuple[str, float]:
        bits = self._bits["name"]
        best = ("absent", bits["absent"])
        names = self._items.names
        for name in self._batch.payers(receipt):
            level, rarity = names.compare(name, debtor)
            if level in {"full", "close", "part"}:
                value = min(bits[level], rarity)
            elif level == "none":
                others = names.exactly(name)
                level = "other" if others and debtor not in others and rarity < 1.0 else "none"
                value = bits[level]
            else:
                value = bits["absent"]
            if best[0] == "absent" or value > best[1]:
                best = (level, value)
            if not self._names_learned:
                continue
            learned = self._batch.learned.name_level(name, self._items.debtor_numbers[debtor])
            if learned and bits[learned] > best[1]:
                best = (learned, bits[learned])
        return best

    # --- what was learned about the payer -----------------------------------------------------------------------

    def habit(self, receipt: int, reference: str) -> Evidence | None:
        """Whether this payer usually refers to what they pay in this way; None when nothing is known about it."""
        known = self._batch.learned.habits
        habit = known.get(self._batch.ibans()[receipt]) if known else None
        level = habit.level(family_of_reference(reference)) if habit else ""
        return self.row("habit", level, self._bits["habit"][level]) if level else None

    def refusal(self, receipt: int, rows: tuple[int, ...], debtor: int) -> Evidence | None:
        """What a person said about this payer and these items, or this debtor; None when nobody refused them."""
        if not self._refused:
            return None
        numbers = self._items.numbers
        level = self._batch.learned.refusal(
            self._batch.ibans()[receipt], (numbers[row] for row in rows), self._items.debtor_numbers[debtor]
        )
        return self.row("refusal", level, self._bits["refusal"][level]) if level else None

    # --- amount and date -----------------------------------------------------------------------------------------

    def surprise(self, receipt: int, own: int) -> float:
        """How little is explained by chance when an amount fits: log2 of one in how many payments carry it.

        own: how many of the equal items belong to the explanation itself.
        """
        amount = self._batch.amounts[receipt]
        others = max(self._batch.equal_counts[receipt] - own, 0)
        key = amount, others
        found = self._surprises.get(key)
        if found is None:
            share = (others + _BACKGROUND_ITEMS * density(amount)) / (self._items.open_count + _BACKGROUND_ITEMS)
            found = self._surprises[key] = min(self._rules.amount_cap, -math.log2(min(share, 1.0)))
        return found

    def date(self, receipt: int, rows: tuple[int, ...]) -> Evidence:
        """Whether the payment comes at a time at which one pays these items."""
        day = self._batch.days[receipt]
        if len(rows) == 1:
            issue, due = self._items.issue_at[rows[0]], self._items.due_at[rows[0]]
        else:
            issue = max([self._items.issue_at[row] for row in rows])
            due = min([self._items.due_at[row] for row in rows])
        dates = () if self._batch.is_done(receipt) else self._batch.scan(receipt).dates
        if issue == NO_DAY:
            level = "absent"
        elif dates and (said := self._said_day(receipt, rows)):
            level = said
        elif day < issue - 3:
            level = "early"
        elif due != NO_DAY and day > due + 120:
            level = "late"
        else:
            level = "plausible"
        return self._dates[level]

    def _said_day(self, receipt: int, rows: tuple[int, ...]) -> str:
        """``named`` when the text gives the day of issue of one of these items; ``other_day`` when it gives that of
        another item of the debtor; else "": people write all kinds of days."""
        days = {_day_number(*day) for day in self._batch.scan(receipt).dates}
        if any(self._items.issue_at[row] in days for row in rows):
            return "named"
        own = self._items.items_of(self._items.debtor_at[rows[0]]).tolist()
        return "other_day" if any(self._items.issue_at[row] in days for row in own[:_LOOKED_AT]) else ""

    def same_amount_share(self, debtor: int, amount: int, rows: tuple[int, ...]) -> float:
        """Share of a debtor's other items, open or settled, that have this very amount."""
        own = self._items.items_of(debtor)
        others = len(own) - len(rows)
        if others <= 0:
            return 0.0
        # Few items are read faster one by one than as an array.
        amounts = self._items.amount[own]
        equal = amounts.tolist().count(amount) if others < 100 else int(np.count_nonzero(amounts == amount))
        equal -= sum(1 for row in rows if self._items.amount_at[row] == amount)
        return max(equal, 0) / others


def _day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; NO_DAY for what is no date."""
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return NO_DAY
