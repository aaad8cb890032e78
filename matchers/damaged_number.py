"""Damaged references: letters for digits, swapped, missing or wrong signs, lost prefixes, years and zeros.

Identifiers are never fuzzy on their own (D10). With dense numbering the neighbour of every number is another valid
invoice, so only items of the payer's own or of fitting amount are compared with the text at all; amount and payer
decide. A number that names another item exactly is compared too: a typo usually does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz.distance import OSA

from matchers._alike import PAIRS, alike
from pipelines.ports.matcher import CandidateRows, MatchIndex, Scan, Window, confuse, is_plain_word

_NOT_DIGIT = re.compile(r"[^0-9]+")
_CHUNK = re.compile(r"[0-9A-Z]*[0-9][0-9A-Z]*")
_LAST_RUN = re.compile(r"([0-9]+)[^0-9]*$")
_STRONG = frozenset({"own_id", "creditor_reference", "document", "full", "bare", "digits", "order", "shipment"})


class DamagedNumber:
    """Verifies the numbers of fitting items against the text."""

    name = "damaged_number"

    def candidates(self, index: MatchIndex, receipts: pd.DataFrame) -> pd.DataFrame:
        """Rows for receipts that no exact number explains yet."""
        rows = CandidateRows()
        waiting: list[tuple[int, list[Chunk], list[int]]] = []
        pairs = 0
        for receipt in range(index.count):
            if index.is_clear(receipt):
                continue
            chunks = _chunks(index, receipt)
            if not chunks:
                continue
            hits = index.item_hits(receipt)
            fitting = [
                item
                for item in self._fitting(index, receipt, chunks)
                if not any(hit.level in _STRONG for hit in hits.get(item, ()))
            ]
            waiting.append((receipt, chunks, fitting))
            pairs += len(chunks) * len(fitting)
            if pairs >= PAIRS:
                self._compare(rows, index, waiting)
                waiting, pairs = [], 0
        self._compare(rows, index, waiting)
        return rows.frame()

    @staticmethod
    def _compare(rows: CandidateRows, index: MatchIndex, waiting: list[tuple[int, list[Chunk], list[int]]]) -> None:
        """Looks closely only at pairs that ``alike`` lets through: of a thousand fitting items hardly any is alike."""
        for (receipt, _, _), similar in zip(waiting, alike(index.items, waiting), strict=True):
            for item, chunks in similar:
                found = compare(chunks, Number(index, item))
                if found:
                    level, chunk = found
                    rows.add(receipt, "reference", level, item=item, start=chunk.start, end=chunk.end)

    @staticmethod
    def _fitting(index: MatchIndex, receipt: int, chunks: list[Chunk]) -> list[int]:
        items = index.items
        fitting = {row for row, hits in index.item_hits(receipt).items() if any(hit.field == "amount" for hit in hits)}
        for debtor in index.debtor_hits(receipt):
            if debtor < 0:
                continue
            own = items.items_of(debtor)
            if len(own) <= index.policy.limits.debtor_candidates:
                fitting.update(own.tolist())
        if index.equal_counts[receipt] > index.policy.limits.equal_amount_candidates:
            fitting |= _neighbours(index, receipt, chunks)
        return sorted(fitting)


class Chunk:
    """One number as it stands in the text. digits: with confused letters turned into digits."""

    __slots__ = ("confused", "digits", "end", "start", "value")

    def __init__(self, digits: str, start: int, end: int, confused: bool) -> None:
        self.digits = digits
        self.value = int(digits)
        self.start = start
        self.end = end
        self.confused = confused


class Number:
    """An item's number in the parts that may be left of it."""

    __slots__ = ("counter", "digits", "last", "short_year")

    def __init__(self, index: MatchIndex, item: int) -> None:
        items = index.items
        self.digits = _NOT_DIGIT.sub("", items.numbers[item])
        self.counter = int(items.counters[item])
        self.short_year = int(items.series.short_year[item])
        found = _LAST_RUN.search(items.numbers[item])
        self.last = int(found.group(1)) if found else -1


def compare(chunks: list[Chunk], number: Number) -> tuple[str, Chunk] | None:
    """The best level at which one of the chunks is this number, damaged; None if none is."""
    best: tuple[int, str, Chunk] | None = None
    for chunk in chunks:
        level = _level(chunk, number)
        if level and (best is None or _ORDER[level] > best[0]):
            best = (_ORDER[level], level, chunk)
    return (best[1], best[2]) if best else None


_ORDER = {"near": 0, "short": 1, "edited": 2, "transposed": 3, "confused": 4}


def _level(chunk: Chunk, number: Number) -> str:
    typed, own = chunk.digits, number.digits
    if typed == own:
        return "confused"
    value = chunk.value
    if len(typed) >= 2 and value == number.short_year:
        return "confused" if chunk.confused else "short"
    if len(typed) >= 2 and (value in (number.counter, number.last) or value == int(own or 0)):
        return "short"
    if len(own) >= 4 and abs(len(typed) - len(own)) <= 2 and len(typed) >= 3:
        distance = OSA.distance(typed, own, score_cutoff=2)
        if distance == 1:
            return "transposed" if len(typed) == len(own) and sorted(typed) == sorted(own) else "edited"
        if distance == 2 and len(own) >= 8:
            return "near"
    short_year = str(number.short_year) if number.short_year > 0 else ""
    if len(short_year) >= 5 and OSA.distance(typed, short_year, score_cutoff=1) == 1:
        return "edited"
    counter = str(number.counter) if number.counter > 0 else ""
    if len(counter) >= 4 and OSA.distance(typed.lstrip("0"), counter, score_cutoff=1) == 1:
        return "near"
    return ""


def _chunks(index: MatchIndex, receipt: int) -> list[Chunk]:
    scan = index.scan(receipt)
    if not any(run[0][0] <= "9" for run in scan.runs):
        return []
    found: dict[tuple[int, int], Chunk] = {}
    for window in index.windows(receipt):
        if scan.keyword(window.first) == "customer" or _is_inside(scan, window, index.items.series.prefixes):
            continue
        digits = _NOT_DIGIT.sub("", window.key)
        if 2 <= len(digits) <= 18:
            found.setdefault((window.start, window.end), Chunk(digits, window.start, window.end, False))
    for start, end, digits in _confused(index, receipt):
        found.setdefault((start, end), Chunk(digits, start, end, True))
    return list(found.values())


def _is_inside(scan: Scan, window: Window, prefixes: frozenset[str]) -> bool:
    """Whether signs that are no word for "number" touch the stretch in front: then it is part of something else."""
    start = window.start
    for position in range(window.first - 1, -1, -1):
        before, begin, end = scan.runs[position]
        if end != start:
            return False
        if before[0] <= "9" or (before not in prefixes and not is_plain_word(before) and len(before) < 4):
            return True
        start = begin
    return False


def _confused(index: MatchIndex, receipt: int) -> Iterator[tuple[int, int, str]]:
    """Stretches of letters and digits, blanks and signs closed up at most once, read with the confusion map."""
    scan = index.scan(receipt)
    prefixes = index.items.series.prefixes
    pieces = [(match.group(), match.start(), match.end()) for match in _CHUNK.finditer(scan.text)]
    for position, (text, start, end) in enumerate(pieces):
        yield from _readings(text, start, end, prefixes)
        joined = text
        for following, next_start, next_end in pieces[position + 1 : position + 4]:
            if not set(scan.text[end:next_start]) <= set(" -/._:") or next_start - end > 3:
                break
            joined += following
            end = next_end
            yield from _readings(joined, start, end, prefixes)


def _readings(text: str, start: int, end: int, prefixes: frozenset[str]) -> Iterator[tuple[int, int, str]]:
    if text.isdigit() or len(text) > 24:
        return
    letters = len(text) - len(text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    for cut in range(letters + 1):
        # A known prefix, any word for "number", or nothing may stand in front.
        if cut and text[:cut] not in prefixes and not is_plain_word(text[:cut]):
            continue
        read = confuse(text[cut:])
        if read.isdigit() and 2 <= len(read) <= 18:
            yield start + cut, end, read


def _neighbours(index: MatchIndex, receipt: int, chunks: list[Chunk]) -> set[int]:
    """Items of exactly this amount whose number is one edit from a chunk; for amounts that very many items share."""
    items, amount = index.items, index.amounts[receipt]
    result: set[int] = set()
    lengths = items.series.lengths
    for chunk in chunks:
        if not 4 <= len(chunk.digits) <= 17:
            continue
        values = _edits(chunk.value, len(chunk.digits), lengths)
        low, high = items.by_digits.bounds(values)
        for position in np.flatnonzero(high > low).tolist():
            rows = items.by_digits.at(int(low[position]), int(high[position]))
            result.update(rows[items.open_minor[rows] == amount].tolist())
        rows = items.by_counter.of(chunk.value)
        result.update(rows[items.open_minor[rows] == amount].tolist())
    return result


_DIGITS = np.arange(10, dtype=np.int64)


def _edits(value: int, length: int, lengths: frozenset[int]) -> npt.NDArray[np.int64]:
    """Numbers one edit from ``value``, which has ``length`` digits: those whose own number of digits occurs."""
    powers = 10 ** np.arange(length, -1, -1, dtype=np.int64)
    heads, tails = value // powers, value % powers
    found = []
    if length + 1 in lengths:
        found.append((heads * powers * 10 + tails)[:, None] + _DIGITS * powers[:, None])
    cut, low = heads[:-1], powers[1:]
    rest = tails[:-1] % low
    if length in lengths:
        found.append((cut * powers[:-1] + rest)[:, None] + _DIGITS * low[:, None])
        if length > 1:
            # Two neighbouring digits swapped.
            left, right = value // powers[1:-1] % 10, value // powers[2:] % 10
            found.append((value + (right - left) * powers[1:-1] + (left - right) * powers[2:])[:, None])
    if length - 1 in lengths:
        found.append((cut * low + rest)[:, None])
    return np.concatenate([one.ravel() for one in found]) if found else np.empty(0, np.int64)


def build(options: Mapping[str, object]) -> DamagedNumber:
    """The strategy; it has no options."""
    return DamagedNumber()
