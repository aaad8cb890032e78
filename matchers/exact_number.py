"""Invoice, order, shipment and contract numbers that stand in the text as they are, whatever the separators."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy, Scan, Window, is_plain_word

_DIGITS = re.compile(r"[0-9]+")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORTEST = 3
_LONG_ENOUGH = 6
_TELLING = 6
_ECHOES = 16
_LONGEST = 18


class ExactNumber(RowStrategy):
    """Whole numbers first, the longest stretch winning; then all digits of a number without its letters."""

    name = "exact_number"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """Rows with the characters each number explains."""
        rows = CandidateRows()
        series = index.items.series
        lengths = series.lengths | series.bare_lengths
        pending: list[tuple[int, Window]] = []
        echoes: list[tuple[int, Window]] = []
        for receipt in range(index.count):
            if index.is_done(receipt):
                continue
            windows = index.windows(receipt)
            if windows:
                taken = self._whole(rows, index, receipt, windows, echoes)
                pending += self._digit_windows(index, receipt, windows, taken, lengths)
        self._by_digits(rows, index, pending)
        self._same_digits(rows, index, echoes)
        return rows

    @staticmethod
    def _whole(
        rows: CandidateRows,
        index: MatchIndex,
        receipt: int,
        windows: list[Window],
        echoes: list[tuple[int, Window]],
    ) -> set[int]:
        known = index.known_windows(receipt)
        if not known:
            return set()
        found = []
        for window in known:
            items = index.items.with_key(window.key) if len(window.key) >= _SHORTEST else ()
            others = index.items.other_numbers(window.key)
            if items or others:
                found.append((window, items, others))
        taken: set[int] = set()
        scan = index.scan(receipt)
        for window, items, others in sorted(found, key=lambda hit: (-len(hit[0].key), hit[0].first)):
            span = set(range(window.first, window.last + 1))
            if span & taken:
                continue
            if scan.keyword(window.first) == "customer" and window.key.isdigit():
                if index.items.debtor_with_key(window.key) >= 0:
                    continue
                items = ()
            taken |= span
            written = scan.text[window.start : window.end]
            if not any(index.items.numbers[item].upper() == written for item in items) or window.key.isdigit():
                echoes.append((receipt, window))
            level = _glue(scan, window) or _part(index, windows, window) or _whole_level(scan, window)
            for item in items:
                rows.add(receipt, "reference", level, item=item, start=window.start, end=window.end)
            for other, item in others:
                rows.add(receipt, "reference", other, item=item, start=window.start, end=window.end)
        return taken

    @staticmethod
    def _digit_windows(
        index: MatchIndex, receipt: int, windows: list[Window], taken: set[int], lengths: frozenset[int]
    ) -> list[tuple[int, Window]]:
        """Stretches of digits that name nothing as they are. lengths: digits a number of ours has, or has when cut."""
        scan = index.scan(receipt)
        result = []
        for window in windows:
            key, first, last, _, _, _ = window
            if not _SHORTEST <= len(key) <= _LONGEST or not key.isdigit():
                continue
            if last > first and len(key) not in lengths:
                continue
            if taken and not taken.isdisjoint(range(first, last + 1)):
                continue
            if scan.keyword(first) != "customer":
                result.append((receipt, window))
        return result

    @staticmethod
    def _by_digits(rows: CandidateRows, index: MatchIndex, pending: list[tuple[int, Window]]) -> None:
        if not pending:
            return
        values = np.array([int(window.key) for _, window in pending], dtype=np.int64)
        tables = (index.items.by_digits, index.items.by_short_year)
        bounds = [table.bounds(values) for table in tables]
        taken: set[tuple[int, int]] = set()
        found = (bounds[0][1] > bounds[0][0]) | (bounds[1][1] > bounds[1][0])
        hits = np.flatnonzero(found).tolist()
        for position in sorted(hits, key=lambda hit: (pending[hit][0], -len(pending[hit][1].key), pending[hit][1])):
            receipt, window = pending[position]
            span = {(receipt, run) for run in range(window.first, window.last + 1)}
            if span & taken:
                continue
            items = [
                item
                for table, (low, high) in zip(tables, bounds, strict=True)
                for item in table.at(int(low[position]), int(high[position])).tolist()
            ]
            if len(items) > index.policy.limits.equal_amount_candidates:
                continue
            taken |= span
            scan = index.scan(receipt)
            for item in items:
                part = _part(index, index.windows(receipt), window)
                level = _glue(scan, window) or part or _digit_level(index, receipt, window, item)
                rows.add(receipt, "reference", level, item=item, start=window.start, end=window.end)

    @staticmethod
    def _same_digits(rows: CandidateRows, index: MatchIndex, echoes: list[tuple[int, Window]]) -> None:
        """``RE 202601522`` is RE-2026-01522, but it may be 202601522 of another series with the word RE in front."""
        digits = [_NOT_DIGIT.sub("", window.key) for _, window in echoes]
        usable = [position for position, text in enumerate(digits) if _SHORTEST <= len(text) <= _LONGEST]
        if not usable:
            return
        table = index.items.by_digits
        low, high = table.bounds(np.array([int(digits[position]) for position in usable], dtype=np.int64))
        for place, position in enumerate(usable):
            if not 2 <= high[place] - low[place] <= _ECHOES:
                continue
            receipt, window = echoes[position]
            for item in table.at(int(low[place]), int(high[place])).tolist():
                if index.items.digit_lengths[item] == len(digits[position]) and item not in index.items.with_key(
                    window.key
                ):
                    rows.add(receipt, "reference", "digits", item=item, start=window.start, end=window.end)


def _part(index: MatchIndex, windows: list[Window], window: Window) -> str:
    """``glued`` for digits inside a longer number of our own shape: 73993 is no invoice in ``INV/2026/07/73993``."""
    if not window.key.isdigit():
        return ""
    for longer in windows:
        if longer.first > window.first:
            break
        if longer.natural and longer.last >= window.last and len(longer.key) > len(window.key):
            digits = _NOT_DIGIT.sub("", longer.key)
            prefix = longer.key[: len(longer.key) - len(longer.key.lstrip(_LETTERS))]
            if len(digits) > len(window.key) and index.items.series.is_own_shape(prefix, digits):
                return "glued"
    return ""


def _whole_level(scan: Scan, window: Window) -> str:
    """``bare`` for a few digits among words none of which says "invoice": they may count anything."""
    if not window.key.isdigit():
        return "full"
    if scan.keyword(window.first) == "order":
        return "bare"
    among_words = len(window.key) < _LONG_ENOUGH and any(run[0] > "9" for run, _, _ in scan.runs)
    if among_words and scan.keyword(window.first) != "invoice":
        return "bare"
    return "full" if window.natural else "joined"


def _digit_level(index: MatchIndex, receipt: int, window: Window, item: int) -> str:
    number = index.items.numbers[item]
    own = _DIGITS.findall(number)
    if sum(map(len, own)) != len(window.key):
        # Without its leading zeros, or with a year of two digits, it is still all there.
        return "digits" if len(window.key) >= _TELLING and window.natural else "short"
    if window.first == window.last:
        return "digits"
    runs = index.scan(receipt).runs[window.first : window.last + 1]
    same_cut = [len(run) for run in own] == [len(run[0]) for run in runs]
    return "digits" if window.natural or same_cut else "joined"


def _glue(scan: Scan, window: Window) -> str:
    """``glued`` when letters that are no word for "number" touch the stretch: then it is part of another identifier."""
    runs = scan.runs
    if window.first and runs[window.first - 1][2] == window.start:
        before = runs[window.first - 1][0]
        if not is_plain_word(before) and not (before[-1].isdigit()):
            return "glued"
    if window.last + 1 < len(runs) and runs[window.last + 1][1] == window.end and len(runs[window.last + 1][0]) <= 2:
        return "glued"
    return ""


def build(options: Mapping[str, object]) -> ExactNumber:
    """The strategy; it has no options."""
    return ExactNumber()
