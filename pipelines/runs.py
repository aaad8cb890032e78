"""Runs of digits and of letters, cut out of many texts at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Run = tuple[str, int, int]

_OTHER, _DIGIT, _LETTER = range(3)
_CLASSES = np.full(256, _OTHER, np.uint8)
_CLASSES[ord("0") : ord("9") + 1] = _DIGIT
_CLASSES[ord("A") : ord("Z") + 1] = _LETTER


def cut(texts: Sequence[str]) -> list[list[Run]]:
    """The runs of 0–9 or A–Z of each text, with the characters they stand at: ``RE12 3`` → RE, 12, 3.

    The texts, which must be ASCII, are laid end to end and looked at as one array of bytes.
    """
    joined = "\n".join(texts)
    signs = np.frombuffer(joined.encode("ascii"), np.uint8)
    if not len(signs):
        return [[] for _ in texts]
    classes = _CLASSES[signs]
    change = np.flatnonzero(classes[1:] != classes[:-1]) + 1
    bounds = np.concatenate(([0], change, [len(signs)]))
    kept = classes[bounds[:-1]] != _OTHER
    starts, ends = bounds[:-1][kept], bounds[1:][kept]
    words = [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    # Where each text begins, one sign further on for each that is before it.
    begins = np.cumsum(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
    begins = np.concatenate(([0], begins))
    owner = np.searchsorted(begins, starts, side="right") - 1
    first = begins[owner]
    runs = list(zip(words, (starts - first).tolist(), (ends - first).tolist(), strict=True))
    places = np.searchsorted(starts, begins).tolist()
    return [runs[low:high] for low, high in pairwise(places)]
