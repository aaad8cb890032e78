"""Damaged references: letters for digits, swapped, missing or wrong signs, lost prefixes, years and zeros.

Identifiers are never fuzzy on their own (D10). With dense numbering the neighbour of every number is another valid
invoice, so only items of the payer's own or of fitting amount are compared with the text at all; amount and payer
decide. A number that names another item exactly is compared too: a typo usually does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd
from rapidfuzz.distance import OSA

from matchers._alike import PAIRS, alike
from matchers._neighbours import neighbours
from pipelines.ports.matcher import CandidateRows, MatchIndex, RowStrategy, Scan, Window, confuse, is_plain_word
from pipelines.text import compact

_NOT_DIGIT = re.compile(r"[^0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_CHUNK = re.compile(r"[0-9A-Z]*[0-9][0-9A-Z]*")
_PIECE = re.compile(r"[0-9A-Z]+")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONGEST_WORD = 24
_LAST_RUN = re.compile(r"([0-9]+)[^0-9]*$")
_TIGHT = frozenset("-/._")
_MOST_BESIDE = 18
_STRONG = frozenset({"own_id", "creditor_reference", "document", "full", "bare", "digits", "order", "shipment"})


class DamagedNumber(RowStrategy):
    """Verifies the numbers of fitting items against the text."""

    name = "damaged_number"

    def rows(self, index: MatchIndex, receipts: pd.DataFrame) -> CandidateRows:
        """Rows for receipts that no exact number explains yet."""
        rows = CandidateRows()
        read: list[tuple[int, list[Chunk], list[Word]]] = []
        for receipt in range(index.count):
            if index.is_clear(receipt):
                continue
            chunks = _chunks(index, receipt)
            words = _words(index, receipt) if index.items.series.mixed else []
            if chunks or words:
                read.append((receipt, chunks, words))
        most = index.policy.limits.equal_amount_candidates
        common = [(receipt, chunks) for receipt, chunks, _ in read if index.equal_counts[receipt] > most]
        beside = neighbours(index, common) if common else {}
        waiting: list[tuple[int, list[Chunk], list[int]]] = []
        lettered: list[dict[int, tuple[str, Word] | None]] = []
        pairs = 0
        for receipt, chunks, words in read:
            fitting = self._fitting(index, receipt, beside.get(receipt, ()))
            if not fitting:
                continue
            mixed = _mixed(index, words, fitting)
            waiting.append((receipt, chunks, [item for item in fitting if item not in mixed]))
            lettered.append(mixed)
            pairs += len(chunks) * len(fitting)
            if pairs >= PAIRS:
                self._compare(rows, index, waiting, lettered)
                waiting, lettered, pairs = [], [], 0
        self._compare(rows, index, waiting, lettered)
        return rows

    @staticmethod
    def _compare(
        rows: CandidateRows,
        index: MatchIndex,
        waiting: list[tuple[int, list[Chunk], list[int]]],
        lettered: list[dict[int, tuple[str, Word] | None]],
    ) -> None:
        """Looks closely only at pairs that ``alike`` lets through: of a thousand fitting items hardly any is alike."""
        similar = alike(index.items, waiting)
        for (receipt, _, _), mixed, plain in zip(waiting, lettered, similar, strict=True):
            found: dict[int, tuple[str, Word | Chunk] | None] = {**mixed}
            for item, chunks in plain:
                found[item] = compare(chunks, Number(index, item))
            for item in sorted(found):
                best = found[item]
                if best:
                    level, chunk = best
                    rows.add(receipt, "reference", level, item=item, start=chunk.start, end=chunk.end)

    @staticmethod
    def _fitting(index: MatchIndex, receipt: int, beside: Iterable[int]) -> list[int]:
        """Items of fitting amount, of debtors in question, and those beside a number of the text; not those that are
        named as they are."""
        items = index.items
        fitting = set(beside)
        named = set()
        for row, hits in index.item_hits(receipt).items():
            for hit in hits:
                if hit.level in _STRONG:
                    named.add(row)
                if hit.field == "amount":
                    fitting.add(row)
        # Who is named by one number may be meant by a damaged one beside it.
        debtors = {debtor for debtor in index.debtor_hits(receipt) if debtor >= 0}
        debtors.update([items.debtor_at[row] for row in named])
        for debtor in debtors:
            own = items.items_of(debtor)
            if len(own) <= index.policy.limits.debtor_candidates:
                fitting.update(own.tolist())
        return sorted(fitting - named)


class Chunk:
    """One number as it stands in the text. digits: with confused letters turned into digits.

    around: numbers joined to it by a sign that is no blank, such as the year in ``2025-00123``.
    """

    __slots__ = ("around", "confused", "digits", "end", "start", "value")

    def __init__(self, digits: str, start: int, end: int, confused: bool, around: tuple[int, ...] = ()) -> None:
        self.digits = digits
        self.value = int(digits)
        self.start = start
        self.end = end
        self.confused = confused
        self.around = around


class Word(NamedTuple):
    """A word of the text, or neighbouring ones put together, that may be a number with letters in it."""

    key: str
    start: int
    end: int


class Number:
    """An item's number in the parts that may be left of it."""

    __slots__ = ("counter", "digits", "last", "mixed", "parts", "short_year")

    def __init__(self, index: MatchIndex, item: int) -> None:
        items = index.items
        self.digits = _NOT_DIGIT.sub("", items.numbers[item])
        # Letters behind digits count like digits do.
        key = compact(items.numbers[item]) if items.series.mixed else ""
        self.mixed = key if key and items.series.is_mixed_shape(key) else ""
        self.counter = int(items.counters[item])
        self.short_year = int(items.series.short_year[item])
        parts = [int(run) for run in _DIGITS.findall(items.numbers[item])]
        self.parts = {*parts, *(part % 100 for part in parts if 1900 < part < 2100), self.counter}
        found = _LAST_RUN.search(items.numbers[item])
        self.last = int(found.group(1)) if found else -1


def _mixed(index: MatchIndex, words: list[Word], items: list[int]) -> dict[int, tuple[str, Word] | None]:
    """Those of the items whose numbers have letters behind digits, with what the text says of them; where the letters
    are always the same, only those of which it says something: the digits of the others may say it all."""
    series = index.items.series
    if not series.mixed:
        return {}
    found = {}
    for item in items:
        number = Number(index, item)
        if number.mixed:
            best = compare_mixed(words, number)
            if best or series.letters_count(number.mixed):
                found[item] = best
    return found


def compare(chunks: list[Chunk], number: Number) -> tuple[str, Chunk] | None:
    """The best level at which one of the chunks is this number, damaged; None if none is."""
    best: tuple[int, str, Chunk] | None = None
    for chunk in chunks:
        level = _level(chunk, number)
        if level and (best is None or _ORDER[level] > best[0]):
            best = (_ORDER[level], level, chunk)
    return (best[1], best[2]) if best else None


def compare_mixed(words: list[Word], number: Number) -> tuple[str, Word] | None:
    """The same for a number with letters behind digits."""
    best: tuple[int, str, Word] | None = None
    own = confuse(number.mixed)
    bare = confuse(number.mixed.lstrip(_LETTERS))
    for word in words:
        typed = confuse(word.key)
        level = ""
        if word.key == number.mixed:
            level = "joined"
        elif typed == own:
            level = "confused"
        elif typed == bare and len(bare) >= 4:
            level = "short"
        elif len(own) >= 6 and abs(len(typed) - len(own)) <= 1:
            distance = OSA.distance(typed, own, score_cutoff=2)
            if distance == 1:
                level = "transposed" if sorted(typed) == sorted(own) else "edited"
            elif distance == 2 and len(own) >= 8:
                level = "near"
        if level and (best is None or _ORDER[level] > best[0]):
            best = (_ORDER[level], level, word)
    return (best[1], best[2]) if best else None


_ORDER = {"near": 0, "short": 1, "edited": 2, "transposed": 3, "confused": 4, "joined": 5}


def _level(chunk: Chunk, number: Number) -> str:
    typed, own = chunk.digits, number.digits
    if typed == own:
        return "confused"
    value = chunk.value
    if len(typed) >= 2 and value == number.short_year:
        return "confused" if chunk.confused else "short"
    counted = len(typed) >= 2 and (value in (number.counter, number.last) or value == int(own or 0))
    # The same counter of another year or series is another invoice.
    if counted and all(beside in number.parts for beside in chunk.around):
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
        if scan.keyword(window.first) in {"customer", "order"} or _is_inside(scan, window, index.items.series.prefixes):
            continue
        digits = window.key if window.key.isdigit() else _NOT_DIGIT.sub("", window.key)
        if 2 <= len(digits) <= 18:
            beside = _beside(scan, window)
            found.setdefault((window.start, window.end), Chunk(digits, window.start, window.end, False, beside))
    for start, end, digits in _confused(index, receipt):
        found.setdefault((start, end), Chunk(digits, start, end, True))
    return list(found.values())


def _words(index: MatchIndex, receipt: int) -> list[Word]:
    scan = index.scan(receipt)
    pieces = [(match.group(), match.start(), match.end()) for match in _PIECE.finditer(scan.text)]
    found = []
    for position, (text, start, end) in enumerate(pieces):
        key = text
        if not is_plain_word(text):
            found.append(Word(key, start, end))
        for following, next_start, next_end in pieces[position + 1 : position + 4]:
            if next_start - end > 3 or not set(scan.text[end:next_start]) <= set(" -/._"):
                break
            key, end = key + following, next_end
            if len(key) > _LONGEST_WORD:
                break
            found.append(Word(key, start, end))
    return [word for word in found if len(word.key) >= 4 and any(sign.isdigit() for sign in confuse(word.key))]


def _beside(scan: Scan, window: Window) -> tuple[int, ...]:
    """Numbers joined to a stretch by anything but a blank."""
    runs, first, last = scan.runs, window.first, window.last
    found: tuple[int, ...] = ()
    if first:
        before, _, end = runs[first - 1]
        if before[0] <= "9" and end < window.start and len(before) <= _MOST_BESIDE:
            found = (int(before),) if _TIGHT.issuperset(scan.text[end : window.start]) else ()
    if last + 1 < len(runs):
        behind, start, _ = runs[last + 1]
        if behind[0] <= "9" and window.end < start and len(behind) <= _MOST_BESIDE:
            found += (int(behind),) if _TIGHT.issuperset(scan.text[window.end : start]) else ()
    return found


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
    if "".join([text for text, _, _ in pieces]).isdigit():
        # Without a letter nothing can be confused.
        return
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


def build(options: Mapping[str, object]) -> DamagedNumber:
    """The strategy; it has no options."""
    return DamagedNumber()
