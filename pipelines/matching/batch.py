"""One batch of receipts as strategies and core see it: columns as lists, texts read once, what was found so far."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pipelines.frames import CANDIDATES, CandidateRows, conform
from pipelines.learning.payers import Learned
from pipelines.matching.columns import days, whole_numbers
from pipelines.matching.items import ItemIndex
from pipelines.policy import Policy
from pipelines.ports.matcher import Hit, Window
from pipelines.references import Scan, clean_iban, scan, scan_all
from pipelines.text import fold

# Signs that may stand inside one number; a comma, plus or semicolon separates numbers.
_INNER = frozenset(" -/._:#'")
_CLOSE = frozenset("-/._")
_WORD = re.compile(r"[0-9A-Z]+(?:[-/._]+[0-9A-Z]+)*")
_NO_SIGNS = {ord(sign): None for sign in "-/._"}
_MOST_RUNS = 6
# A named tuple without asking for its fields by name: there are several for every text.
_tuple = tuple.__new__
_LONGEST_TEXT = 2000
# Held against so many debtors, a payer is compared with all at once.
_MANY = 3
# Field levels after which no further search is needed when the amount fits.
CLEAR_LEVELS = frozenset({"own_id", "creditor_reference", "document", "full", "digits", "bare"})


class Group:
    """Items a strategy proposes as paid together. amounts: what each receives, 0 for what it takes to settle it."""

    __slots__ = ("amounts", "field", "level", "rows", "ways")

    def __init__(self, field: str, level: str, ways: float) -> None:
        self.field = field
        self.level = level
        self.ways = ways
        self.rows: list[int] = []
        self.amounts: list[int] = []


class Batch:
    """A MatchIndex over one RECEIPTS frame."""

    def __init__(
        self, items: ItemIndex, receipts: pd.DataFrame, policy: Policy, learned: Learned | None = None
    ) -> None:
        self.items = items
        self.policy = policy
        self.learned = learned or Learned()
        self.frame = receipts
        self.count = len(receipts)
        self.amounts: list[int] = whole_numbers(receipts["amount_minor"]).tolist()
        self.days: list[int] = days(receipts["booking_date"]).tolist()
        self._texts: dict[str, list[str]] = {}
        self._scans: list[Scan | None] = [None] * self.count
        self._windows: list[list[Window] | None] = [None] * self.count
        self._known_windows: list[list[Window] | None] = [None] * self.count
        self._all_read = False
        self._known: set[str] = set()
        self._ibans: list[str] | None = None
        self._payers: list[list[str]] | None = None
        self._item_hits: list[dict[int, list[Hit]]] = [{} for _ in range(self.count)]
        self._debtor_hits: list[dict[int, list[Hit]]] = [{} for _ in range(self.count)]
        self._worth: list[list[int] | None] = [None] * self.count
        self._clear = [False] * self.count
        self._done = [False] * self.count
        self.equal_counts = items.equal_open(self.amounts)
        self._groups: list[dict[tuple[str, int], Group]] = [{} for _ in range(self.count)]
        self._starts = items.series.prefixes | items.other_prefixes
        self._longest = max(items.series.longest, 40)

    def text(self, column: str) -> list[str]:
        """A text column of the receipts as a list."""
        found = self._texts.get(column)
        if found is None:
            found = self._texts[column] = self.frame[column].tolist()
        return found

    def ibans(self) -> list[str]:
        """The payers' accounts in electronic form."""
        if self._ibans is None:
            self._ibans = [clean_iban(value) if value else "" for value in self.text("counterparty_iban")]
            self.items.prime_ibans(self._ibans)
        return self._ibans

    def payers(self, receipt: int) -> list[str]:
        """The names of who paid: counterparty and ultimate debtor, without doubles and empties."""
        if self._payers is None:
            both = zip(self.text("counterparty_name"), self.text("ultimate_name"), strict=True)
            self._payers = [[*dict.fromkeys(filter(None, names))] for names in both]
        return self._payers[receipt]

    def prime_names(self) -> None:
        """Read the names of everybody in question at once, payers' and debtors'."""
        unread = [receipt for receipt in range(self.count) if not self._done[receipt]]
        debtors = {debtor for receipt in unread for debtor in self._debtor_hits[receipt] if debtor >= 0}
        payers = [name for receipt in unread for name in self.payers(receipt)]
        held: list[str] = []
        against: list[int] = []
        for receipt in unread:
            owing = [self.items.debtor_at[row] for row in self.worth_weighing(receipt)]
            if len(owing) < _MANY:
                debtors.update(owing)
                continue
            for name in self.payers(receipt):
                held += [name] * len(owing)
                against += owing
        names = self.items.names
        names.prime(payers, np.array(sorted(debtors), np.int64))
        # Where many owe the same amount nearly all of them are strangers.
        names.rule_out(held, against)
        # Whoever is in question is named by number in the end.
        everybody = {debtor for hits in self._debtor_hits for debtor in hits if debtor >= 0} | debtors
        everybody.update(against)
        self.items.debtor_numbers.prime(np.fromiter(everybody, np.int64, len(everybody)))

    def worth_weighing(self, receipt: int) -> list[int]:
        """Items found for a receipt, without those of strangers that merely cost the same, where something better fits.

        An item that no number names and no account, number or name connects with the payer loses to one that has any
        of these by more than the margin; weighing it would change nothing. Asked once all strategies have been.
        """
        found = self._worth[receipt]
        if found is None:
            found = self._worth[receipt] = self._find_worth_weighing(receipt)
        return found

    def _find_worth_weighing(self, receipt: int) -> list[int]:
        hits = self._item_hits[receipt]
        if len(hits) < 2:
            return list(hits)
        debtors = self._debtor_hits[receipt]
        connected = [
            row
            for row, found in hits.items()
            if self.items.debtor_at[row] in debtors or any(hit.field == "reference" for hit in found)
        ]
        if len(connected) == len(hits):
            return connected
        amount = self.amounts[receipt]
        fits = any(self.items.open_at[row] == amount for row in connected)
        return connected if fits else list(hits)

    def scan(self, receipt: int) -> Scan:
        """The remittance text of a receipt, noise blanked."""
        found = self._scans[receipt]
        if found is None:
            text = self.text("remittance")[receipt][:_LONGEST_TEXT]
            found = self._scans[receipt] = scan(text, self._is_number)
        return found

    def _is_number(self, stretch: str) -> bool:
        key = "".join(sign for sign in stretch if sign.isalnum())
        return any(self.items.numbers[row].upper() == stretch for row in self.items.with_key(key))

    def windows(self, receipt: int) -> list[Window]:
        """Every stretch of the remittance text that may be one number."""
        found = self._windows[receipt]
        if found is None:
            self._read_all()
            found = self._windows[receipt]
        if found is None:
            found = self._windows[receipt] = self._find_windows(self.scan(receipt))
            self._known |= self.items.prime(window.key for window in found)
        return found

    def known_windows(self, receipt: int) -> list[Window]:
        """Those of ``windows`` that are a key of an item or debtor as they are."""
        found = self._known_windows[receipt]
        if found is None:
            windows, known = self.windows(receipt), self._known
            found = self._known_windows[receipt] = [window for window in windows if window.key in known]
        return found

    def _read_all(self) -> None:
        """The windows of every text that still has to be read, and all their keys looked up at once."""
        if self._all_read:
            return
        self._all_read = True
        texts = self.text("remittance")
        unread = [one for one in range(self.count) if not self._done[one] and self._windows[one] is None]
        unscanned = [receipt for receipt in unread if self._scans[receipt] is None]
        folded = [fold(texts[receipt][:_LONGEST_TEXT]) for receipt in unscanned]
        for receipt, found in zip(unscanned, scan_all(folded, self._is_number), strict=True):
            self._scans[receipt] = found
        keys: dict[str, None] = {}
        for receipt in unread:
            if self._windows[receipt] is None:
                windows = self._windows[receipt] = self._find_windows(self.scan(receipt))
                for window in windows:
                    keys[window.key] = None
        self._known = self.items.prime(keys)

    def _find_windows(self, text: Scan) -> list[Window]:
        runs, whole, longest = text.runs, text.text, self._longest
        count = len(runs)
        result: list[Window] = []
        for first, (word, start, end) in enumerate(runs):
            key, natural = word, True
            digits = word[0] <= "9"
            if digits:
                result.append(_tuple(Window, (word, first, first, start, end, True)))
            elif word not in self._starts:
                continue
            for last in range(first + 1, min(first + _MOST_RUNS, count)):
                following, next_start, next_end = runs[last]
                is_digit = following[0] <= "9"
                if next_start > end:
                    gap = whole[end:next_start]
                    if len(gap) > 3 or not (_INNER if is_digit else _CLOSE).issuperset(gap):
                        break
                    natural = natural and " " not in gap
                key += following
                end = next_end
                if len(key) > longest:
                    break
                if digits or is_digit:
                    digits = True
                    result.append(_tuple(Window, (key, first, last, start, end, natural)))
        if self.items.series.mixed:
            result += self._words_with_letters(text, {(window.start, window.end) for window in result})
        return result

    def _words_with_letters(self, text: Scan, known: set[tuple[int, int]]) -> list[Window]:
        """Words that are numbers of ours whose letters count, wherever these stand."""
        starts = {start: place for place, (_, start, _) in enumerate(text.runs)}
        ends = {end: place for place, (_, _, end) in enumerate(text.runs)}
        found = []
        for word in _WORD.finditer(text.text):
            key = word.group().translate(_NO_SIGNS)
            if word.span() not in known and self.items.series.is_mixed_shape(key) and self.items.with_key(key):
                found.append(Window(key, starts[word.start()], ends[word.end()], word.start(), word.end(), True))
        return found

    # --- what was found ------------------------------------------------------------------------------------------

    def add(self, strategy: str, found: pd.DataFrame | CandidateRows) -> None:
        """Take in what a strategy found; rows that point nowhere are refused by ``conform`` or left out."""
        if not isinstance(found, CandidateRows):
            frame = conform(found, CANDIDATES, f"candidates of {strategy}")
            found = CandidateRows(zip(*(frame[one.name].tolist() for one in CANDIDATES), strict=True))
        size, debtors, count = self.items.size, len(self.items.debtor_numbers), self.count
        opened, amounts = self.items.open_at, self.amounts
        items, owners = self._item_hits, self._debtor_hits
        named: set[int] = set()
        whole_token = strategy == "whole_token"
        for row in found:
            receipt, item, debtor, group, field, level, _, _, ways, cents = row
            if not (0 <= receipt < count and -1 <= item < size and -1 <= debtor < debtors):
                continue
            if group >= 0:
                if item >= 0:
                    named.add(item)
                    whole = self._groups[receipt].setdefault((strategy, group), Group(field, level, ways))
                    whole.rows.append(item)
                    whole.amounts.append(cents)
                continue
            hit = _tuple(Hit, row[4:8])
            if item < 0:
                owners[receipt].setdefault(debtor, []).append(hit)
                continue
            named.add(item)
            items[receipt].setdefault(item, []).append(hit)
            if level in CLEAR_LEVELS and opened[item] == amounts[receipt]:
                self._clear[receipt] = True
                self._done[receipt] = whole_token and self._pays_for(receipt, item)
        self.items.numbers.prime(np.fromiter(named, np.int64, len(named)))

    def _pays_for(self, receipt: int, item: int) -> bool:
        """Whether the payer's account is known for the item's debtor and for nobody else."""
        hits = self._debtor_hits[receipt]
        own = hits.get(self.items.debtor_at[item], ())
        return len(hits) == 1 and len(self._item_hits[receipt]) == 1 and any(hit.level == "iban" for hit in own)

    def is_done(self, receipt: int) -> bool:
        """Whether a whole number, the exact amount and the payer's account agree: nothing more needs to be read."""
        return self._done[receipt]

    def item_hits(self, receipt: int) -> dict[int, list[Hit]]:
        """What the strategies before found about items of a receipt."""
        return self._item_hits[receipt]

    def debtor_hits(self, receipt: int) -> dict[int, list[Hit]]:
        """What the strategies before found about debtors of a receipt (−1: nobody in particular)."""
        return self._debtor_hits[receipt]

    def groups(self, receipt: int) -> list[Group]:
        """The sets of items proposed for a receipt."""
        return list(self._groups[receipt].values())

    def has_groups(self, receipt: int) -> bool:
        """Whether sets of items are proposed for a receipt."""
        return bool(self._groups[receipt])

    def is_clear(self, receipt: int) -> bool:
        """Whether an item named in full fits the amount already: then a search would add nothing."""
        return self._clear[receipt]
