"""Several items in one payment: listed, abbreviated, ranges, "alle offenen", sums within one debtor, set-off."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from matchers._sums import Choice, unique_sum
from pipelines.ports.matcher import CandidateRows, Hit, MatchIndex, RowStrategy
from pipelines.text import compact

_STRONG = frozenset(
    {"own_id", "creditor_reference", "document", "full", "bare", "digits", "joined", "order", "shipment"}
)
_WRITTEN = frozenset({"own_id", "creditor_reference", "document", "full"})
_DAMAGED = frozenset({"confused", "transposed", "edited", "short"})
_PAYER = frozenset({"iban", "learned", "learned_once", "mandate", "named", "alone"})
_LIST_SIGNS = frozenset(" /,+;&.")
_LEAST_SIGNIFICANT = 2
_SHORTEST = 4
_LEAST_BEGUN = 4
# A text this long was cut off (140 characters in SEPA, less where banks wrap).
_FULL_TEXT = 130
_MORE = re.compile(r"\b(?:u\.? ?a\.?|usw|etc|weitere|mehrere|diverse|div\.|sammel\w*)(?:\W|$)", re.IGNORECASE)


class SeveralItems(RowStrategy):
    """Sets of items of one debtor that explain the whole amount."""

    name = "several_items"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """One group per explanation found."""
        rows = CandidateRows()
        for receipt in range(index.count):
            if index.amounts[receipt] > 0 and not index.is_clear(receipt):
                _Search(index, receipt, rows).run()
        return rows


class _Search:
    """The search for one receipt."""

    def __init__(self, index: MatchIndex, receipt: int, rows: CandidateRows) -> None:
        self._index = index
        self._items = index.items
        self._receipt = receipt
        self._rows = rows
        self._target = index.amounts[receipt]
        self._group = 0
        self._seen: set[tuple[int, ...]] = set()

    def run(self) -> None:
        named, expanded = self._named()
        named = [row for row in named if self._items.open_at[row]]
        debtors = {self._items.debtor_at[row] for row in named}
        if len(named) >= 2:
            self._listed(named, "range" if expanded else "listed")
        if len(debtors) > 1:
            # A damaged number in a list usually names somebody else's item: the payer's own are what is meant.
            payers = [debtor for debtor in self._payers() if debtor in debtors]
            debtors = set(payers) if len(payers) == 1 else set()
        if len(debtors) == 1:
            debtor = debtors.pop()
            self._with_others([row for row in named if self._items.debtor_at[row] == debtor], debtor)
        elif not named:
            for debtor in self._payers():
                self._whole_account(debtor)

    # --- what the text names -------------------------------------------------------------------------------------

    def _named(self) -> tuple[list[int], bool]:
        """Items named one by one, and whether a range was expanded."""
        hits = self._index.item_hits(self._receipt)
        spans: dict[tuple[int, int], list[int]] = {}
        named: dict[int, None] = {}
        for row, found in hits.items():
            for hit in found:
                if hit.level in _STRONG:
                    if hit.start < 0:
                        named[row] = None
                    else:
                        spans.setdefault((hit.start, hit.end), []).append(row)
        if not spans:
            return list(named), False
        placed = sorted((start, end, rows[0]) for (start, end), rows in spans.items() if len(rows) == 1)
        expanded = False
        for position, (_, end, row) in enumerate(placed):
            named[row] = None
            named.update(dict.fromkeys(self._abbreviated(end, row)))
            if position + 1 < len(placed) and self._is_range(end, placed[position + 1][0]):
                between = self._between(row, placed[position + 1][2])
                expanded = expanded or bool(between)
                named.update(dict.fromkeys(between))
        owners = {self._items.debtor_at[row] for row in named} or set(self._payers())
        for rows in spans.values():
            if len(rows) > 1:
                # One number for several items of one debtor (an order with two invoices) names all of them; one that
                # can be read as numbers of two series names the payer's.
                own = [row for row in rows if self._items.debtor_at[row] in owners]
                own = own or [row for row in rows if any(hit.level in _WRITTEN for hit in hits[row])]
                own = own if len({self._items.debtor_at[row] for row in own}) == 1 else []
                if own or len({self._items.debtor_at[row] for row in rows}) == 1:
                    named.update(dict.fromkeys(own or rows))
        return list(named), expanded

    def _abbreviated(self, end: int, row: int) -> list[int]:
        """``1001/02/03`` and ``1001-04``: later numbers give only their last digits."""
        scan = self._index.scan(self._receipt)
        key = self._items.keys[row].as_py()
        found: list[int] = []
        for run, start, run_end in scan.runs:
            if start < end:
                continue
            gap = scan.text[end:start]
            is_range = gap.strip() in {"-", "BIS"} or run == "BIS"
            if run in {"UND", "U", "BIS"}:
                end = run_end if run != "BIS" else end
                continue
            if not run.isdigit() or not (is_range or "BIS" in gap or _LIST_SIGNS.issuperset(gap)):
                break
            if not _LEAST_SIGNIFICANT <= len(run) < len(key) or not key[-len(run) :].isdigit():
                break
            others = self._items.with_key(key[: -len(run)] + run)
            if len(others) != 1 or self._items.debtor_at[others[0]] != self._items.debtor_at[row]:
                break
            if is_range or "BIS" in gap:
                found += self._between(row, others[0])
            found.append(others[0])
            end = run_end
        return found

    def _is_range(self, end: int, start: int) -> bool:
        gap = self._index.scan(self._receipt).text[end:start].strip()
        return gap == "-" or gap.split() in (["BIS"], ["BIS", "RE"], ["BIS", "NR"], ["-", "RE"])

    def _between(self, first: int, last: int) -> list[int]:
        """Items of the same debtor and series numbered between two of its items."""
        items = self._items
        if items.debtor_at[first] != items.debtor_at[last] or items.digit_lengths[first] != items.digit_lengths[last]:
            return []
        low, high = int(items.digits[first]), int(items.digits[last])
        return [
            row
            for row in items.items_of(items.debtor_at[first]).tolist()
            if low < items.digits[row] < high
            and items.digit_lengths[row] == items.digit_lengths[first]
            and items.open_at[row] > 0
        ][: self._index.policy.limits.group_items]

    # --- sums ----------------------------------------------------------------------------------------------------

    def _choice(self, row: int, required: bool) -> Choice:
        open_minor = self._items.open_at[row]
        discount = self._items.discount_of(row) if open_minor == self._items.amount_at[row] else 0
        return Choice(row, (open_minor, open_minor - discount) if discount > 0 else (open_minor,), required)

    def _listed(self, named: list[int], level: str) -> None:
        """All named items, gross or net of discount."""
        gross = sum(self._items.open_at[row] for row in named)
        if gross == self._target:
            self._emit(named, level, 1.0)
            return
        choices = [self._choice(row, True) for row in named]
        if sum(choice.amounts[-1] for choice in choices) == self._target:
            self._emit(named, level, 1.0)
            return
        if len(named) <= self._index.policy.limits.combination_items:
            solution = unique_sum(choices, self._target, self._index.policy.limits.combination_states)
            if solution:
                self._emit(solution.items, level, solution.ways)

    def _others(self, debtor: int, named: list[int]) -> list[int]:
        """What else is open of a debtor, without what was issued after the payment."""
        taken = set(named)
        opened, issued, day = self._items.open_at, self._items.issue_at, self._index.days[self._receipt]
        own = self._items.items_of(debtor).tolist()
        return [row for row in own if opened[row] and issued[row] <= day and row not in taken]

    def _with_others(self, named: list[int], debtor: int) -> None:
        """Named items plus others of the same debtor: lists cut off at 140 characters, credit notes set off."""
        if self._group:
            return
        others = self._others(debtor, named)
        damaged = {
            row
            for row, hits in self._index.item_hits(self._receipt).items()
            if any(hit.level in _DAMAGED and not self._is_taken(hit, named) for hit in hits)
        }
        credits = [row for row in others if self._items.open_at[row] < 0]
        tried = [credits, [row for row in others if row in damaged], self._begun(others), others]
        limits = self._index.policy.limits
        for optional in tried:
            if not optional or len(optional) + len(named) > limits.combination_items:
                continue
            choices = [self._choice(row, True) for row in named] + [self._choice(row, False) for row in optional]
            solution = unique_sum(choices, self._target, limits.combination_states)
            if solution and len(solution.items) > len(named):
                # "abzgl. Gutschrift" names the credit notes, though not by their numbers.
                said = optional is credits and self._index.scan(self._receipt).credit
                extra = len(solution.items) - len(named)
                room = optional is not others or self._leaves_room() or extra <= self._unread_numbers()
                level = "listed" if said else "listed_part" if room else "listed_more"
                self._emit(solution.items, level, solution.ways)
                return
        if len(others) + len(named) > limits.combination_items and (self._leaves_room() or self._unread_numbers()):
            # Too many for every combination: one further item is what is looked for.
            short = self._target - sum(self._items.open_at[row] for row in named)
            single = [row for row in others if self._items.open_at[row] == short]
            if named and short > 0 and len(single) == 1:
                self._emit([*named, *single], "listed_part", float(len(others)))
                return
        everything = [*named, *others]
        total = sum(self._items.open_at[row] for row in everything)
        if len(everything) > limits.combination_items and total == self._target:
            room = self._leaves_room() or len(others) <= self._unread_numbers()
            self._emit(everything, "listed_part" if room else "listed_more", 1.0)

    def _begun(self, others: list[int]) -> list[int]:
        """Items whose number begins as the text ends, where it was cut off."""
        text = self._index.text("remittance")[self._receipt]
        words = text.split()
        if len(text) < _FULL_TEXT or not words:
            return []
        tail = compact(words[-1])
        if len(tail) < _LEAST_BEGUN or not any(sign.isdigit() for sign in tail):
            return []
        keys = [(row, self._items.keys[row].as_py()) for row in others]
        return [row for row, key in keys if key.startswith(tail) and key != tail]

    def _is_taken(self, hit: Hit, named: list[int]) -> bool:
        """Whether the characters of a damaged number name one of these items as they are."""
        hits = self._index.item_hits(self._receipt)
        return any(
            one.level in _STRONG and one.start < hit.end and hit.start < one.end
            for row in named
            for one in hits.get(row, ())
        )

    def _unread_numbers(self) -> int:
        """How many numbers of the text nobody could read: each may be one that was damaged beyond recognition."""
        known = [
            (hit.start, hit.end)
            for hits in (self._index.item_hits(self._receipt), self._index.debtor_hits(self._receipt))
            for found in hits.values()
            for hit in found
            if hit.level in _STRONG or hit.field == "customer"
        ]
        return sum(
            1
            for run, start, end in self._index.scan(self._receipt).runs
            if run[0] <= "9"
            and len(run) >= _SHORTEST
            and not any(left <= start < end <= right for left, right in known)
        )

    def _leaves_room(self) -> bool:
        """Whether the text speaks of more than it names: cut off at its full length, "u.a.", "alle offenen"."""
        text = self._index.text("remittance")[self._receipt]
        return len(text) >= _FULL_TEXT or self._index.scan(self._receipt).all_open or _MORE.search(text) is not None

    def _payers(self) -> list[int]:
        """Debtors the payer is, by account, number or full name; nobody if there are several."""
        found = [
            debtor
            for debtor, hits in self._index.debtor_hits(self._receipt).items()
            if debtor >= 0 and any(hit.level in _PAYER or (hit.field == "name" and hit.level == "full") for hit in hits)
        ]
        return found if len(found) <= 3 else []

    def _whole_account(self, debtor: int) -> None:
        """Nothing is named: everything open, everything due, or the one combination that fits."""
        rows = self._others(debtor, [])
        if len(rows) < 2:
            return
        said = self._index.scan(self._receipt).all_open
        day = self._index.days[self._receipt]
        due = [row for row in rows if self._items.due_at[row] <= day]
        limits = self._index.policy.limits
        for chosen in (rows, due):
            # Everything, or what is due, is only one of many parts of an account (an item and its credit note make no
            # difference to the sum): unless the text says so, it must be the only part that fits.
            if not said or not 2 <= len(chosen) <= limits.group_items:
                continue
            choices = [self._choice(row, True) for row in chosen]
            for position in (0, -1):
                if sum(choice.amounts[position] for choice in choices) == self._target:
                    self._emit(chosen, "all_open", 2.0)
                    return
        if len(rows) <= limits.combination_items and not any(self._items.open_at[row] == self._target for row in rows):
            solution = unique_sum([self._choice(row, False) for row in rows], self._target, limits.combination_states)
            if solution and len(solution.items) >= 2:
                self._emit(solution.items, "absent", solution.ways)

    def _emit(self, rows: list[int] | tuple[int, ...], level: str, ways: float) -> None:
        key = tuple(sorted(rows))
        if key in self._seen or len(key) < 2 or len(key) > self._index.policy.limits.group_items:
            return
        self._seen.add(key)
        for row in key:
            self._rows.add(self._receipt, "reference", level, item=row, group=self._group, ways=ways)
        self._group += 1


def build(options: Mapping[str, object]) -> SeveralItems:
    """The strategy; it has no options."""
    return SeveralItems()
