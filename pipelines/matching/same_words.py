"""Who has exactly these words for a name, in any order: a table of sums over the words' hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from pipelines.matching.columns import Ints, in_order
from pipelines.matching.texts import Hashes, hashed


class SameWords:
    """Debtors by the words of their names.

    sums: per pair (name, debtor) the sum over the hashes of the name's words, which does not ask for their order.
    names / debtors: codes of the pairs, in ascending order of the debtors.
    """

    def __init__(self, sums: Hashes, names: Ints, debtors: Ints) -> None:
        order = in_order(sums)
        self._sums = sums[order]
        self._names = names[order]
        self._debtors = debtors[order]

    def stretches(self, names: Iterable[Sequence[str]]) -> list[tuple[int, int]]:
        """Where those begin and end that may have the words of each of these names; see ``at``."""
        every = list(names)
        lengths = np.fromiter(map(len, every), np.int64, len(every))
        hashes = hashed(pa.array([word for name in every for word in name], pa.large_string()))
        wanted = sums(hashes, lengths)
        starts, ends = np.searchsorted(self._sums, wanted), np.searchsorted(self._sums, wanted, side="right")
        return list(zip(starts.tolist(), ends.tolist(), strict=True))

    def at(self, start: int, end: int) -> tuple[list[int], list[int]]:
        """Names and debtors of a stretch, debtors ascending: hashes may be equal by chance, so the words decide."""
        return self._names[start:end].tolist(), self._debtors[start:end].tolist()


def sums(hashes: Hashes, lengths: Ints) -> Hashes:
    """The sum over each of the stretches of these lengths, modulo 2^64."""
    total = np.concatenate((np.zeros(1, np.uint64), np.cumsum(hashes, dtype=np.uint64)))
    ends = np.cumsum(lengths)
    result: Hashes = total[ends] - total[ends - lengths]
    return result
