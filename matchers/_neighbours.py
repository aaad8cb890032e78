"""Items of an amount that very many share, whose numbers are one edit from a number of the text.

Listing all of them would cost much; so the numbers one edit away are made up and looked up, for all texts at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matchers._alike import Typed
from pipelines.ports.matcher import MatchIndex

Ints = npt.NDArray[np.int64]

_TEN = np.arange(10, dtype=np.int64)
# Digits a number has at least and at most; one edit more still fits 64 bits.
_FEWEST, _MOST = 4, 17
# Numbers of texts looked at in one go: each makes some three hundred others.
_AT_ONCE = 2000


def neighbours(index: MatchIndex, receipts: Sequence[tuple[int, Sequence[Typed]]]) -> dict[int, set[int]]:
    """Receipt → items that cost exactly what it pays and are numbered like one of its chunks, but for one edit."""
    items = index.items
    lengths = items.series.lengths
    found: dict[int, set[int]] = {}
    of_length: dict[int, list[tuple[int, int]]] = {}
    for receipt, chunks in receipts:
        for chunk in chunks:
            if _FEWEST <= len(chunk.digits) <= _MOST:
                of_length.setdefault(len(chunk.digits), []).append((receipt, chunk.value))
    parts = [
        (length, asked[start : start + _AT_ONCE])
        for length, asked in of_length.items()
        for start in range(0, len(asked), _AT_ONCE)
    ]
    for length, asked in parts:
        values = np.array([value for _, value in asked], np.int64)
        owners = np.array([receipt for receipt, _ in asked], np.int64)
        edited = edits(values, length, lengths)
        for table, wanted in ((items.by_digits, edited), (items.by_counter, values[:, None])):
            low, high = table.bounds(wanted.ravel())
            hits = np.flatnonzero(high > low)
            places = hits // max(wanted.shape[1], 1)
            for receipt, start, end in zip(
                owners[places].tolist(), low[hits].tolist(), high[hits].tolist(), strict=True
            ):
                amount = index.amounts[receipt]
                fitting = [row for row in table.at(start, end).tolist() if items.open_at[row] == amount]
                if fitting:
                    found.setdefault(receipt, set()).update(fitting)
    return found


def edits(values: Ints, length: int, lengths: frozenset[int]) -> Ints:
    """One row per value, all of which have ``length`` digits: the numbers one edit from it whose own number of digits
    occurs among ``lengths``."""
    powers: Ints = np.power(10, np.arange(length, -1, -1), dtype=np.int64)
    column = values[:, None]
    heads, tails = column // powers, column % powers
    found: list[Ints] = [np.empty((len(values), 0), np.int64)]
    if length + 1 in lengths:
        found += [heads * powers * 10 + tails + digit * powers for digit in _TEN]
    cut, low = heads[:, :-1], powers[1:]
    rest = tails[:, :-1] % low
    if length in lengths:
        found += [cut * powers[:-1] + rest + digit * low for digit in _TEN]
        if length > 1:
            # Two neighbouring digits swapped.
            left, right = column // powers[1:-1] % 10, column // powers[2:] % 10
            swapped = column + (right - left) * powers[1:-1] + (left - right) * powers[2:]
            found.append(swapped.astype(np.int64, copy=False))
    if length - 1 in lengths:
        found.append(cut * low + rest)
    result: Ints = np.concatenate(found, axis=1)
    return result
