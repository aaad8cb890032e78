"""Which payers have nothing in common with which debtors, for very many pairs of names at once.

A payment that nothing identifies is held against everybody who owes the same amount, and nearly all of them are
strangers: no word of theirs is a word of the payer's, misspelt, shortened or broken in two. To find that out word by
word costs microseconds of Python a pair; here it costs a tenth. Whoever may have a word in common is looked at closely.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist

from pipelines.matching.columns import Flags, Ints

Words = tuple[str, ...]

# Words (and whole names) that are alike are at least so similar; a hair less, lest rounding decides.
_SIMILAR = 0.8 - 1e-6
# A shorter word is not misspelt but another one; a name cut off in its last word leaves at least so much of it.
_LEAST, _CUT_OFF = 4, 3
# Pairs compared in one go: they need a few megabytes.
_PAIRS = 10_000


def unlike(
    payers: Sequence[Words], names: Any, owners: Ints, weak: Collection[str], payer: Ints, debtor: Ints
) -> Flags:
    """Which pairs certainly share no telling word, in any spelling, and are not alike as a whole either.

    payers: the telling words of each payer's name. names: all names of the debtors in canonical form (``large_string``
    array). owners: the debtor of each name, ascending. weak: words that do not tell who somebody is. payer / debtor:
    the pairs, as places in ``payers`` and among the debtors. A payer without words is like everybody: it is not for
    this to say what an absent name means.
    """
    lists = pc.split_pattern(names, " ")
    of_name = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    encoded = pc.list_flatten(lists).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    words = encoded.dictionary.to_pylist()
    known = {word: code for code, word in enumerate(words)}
    left = _Written.of([_told(one) for one in payers], known)
    last = np.fromiter((known[one[-1]] if one else -1 for one in payers), np.int64, len(payers))
    # The telling words, or all where none is telling.
    strong = np.fromiter((word not in weak and word != "" for word in words), bool, len(words))[codes]
    told = np.bincount(of_name[strong], minlength=len(names)) > 0
    kept = np.flatnonzero(strong | (~told[of_name] & (codes != known.get("", -1))))
    codes, of_name = codes[kept], of_name[kept]
    bounds = np.searchsorted(of_name, np.arange(len(names) + 1))
    lists = pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), encoded.dictionary.take(pa.array(codes)))
    whole = pc.binary_join(lists, pa.scalar("", pa.large_string()))
    every = [*known, *whole.to_pylist()]
    codes = np.concatenate((codes, np.arange(len(known), len(every))))
    right = _Written(np.concatenate((owners[of_name], owners)), codes, int(debtor.max(initial=-1)) + 1)
    features = _Features(every)
    result = left.counts[payer] > 0
    for start in range(0, len(payer), _PAIRS):
        part = slice(start, start + _PAIRS)
        result[part][_maybe(features, left, right, last, payer[part], debtor[part])] = False
    return result


def _told(words: Words) -> list[str]:
    """Everything a payer's name may share with another one: its words, neighbours as one word, and all as one."""
    return [*words, *[one + two for one, two in pairwise(words)], "".join(words)] if words else []


class _Written:
    """Words by owner: numbers of words, how many each owner has and where these begin."""

    def __init__(self, owners: Ints, codes: Ints, count: int) -> None:
        self.codes = codes[np.argsort(owners, kind="stable")]
        self.counts = np.bincount(owners, minlength=count)
        self.starts = np.cumsum(self.counts) - self.counts

    @classmethod
    def of(cls, owned: Sequence[Sequence[str]], known: dict[str, int]) -> _Written:
        """The words each owner has; those that are not known yet get the next numbers."""
        codes = [known.setdefault(word, len(known)) for words in owned for word in words]
        counts = np.fromiter(map(len, owned), np.int64, len(owned))
        return cls(np.repeat(np.arange(len(owned)), counts), np.array(codes, np.int64), len(owned))


class _Features:
    """What rules most pairs of words out without comparing them: lengths, the letters they are made of, beginnings."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.lengths = np.fromiter(map(len, words), np.int64, len(words))
        signs = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32).astype(np.uint64)
        # So many signs behind the last word as may be looked at.
        signs = np.concatenate([signs, np.zeros(_CUT_OFF, np.uint64)])
        starts = np.cumsum(self.lengths) - self.lengths
        self.letters = np.bitwise_or.reduceat(np.uint64(1) << (signs & np.uint64(63)), starts)
        begins = signs[starts] << np.uint64(42) | signs[starts + 1] << np.uint64(21) | signs[starts + 2]
        self.begins = np.where(self.lengths >= _CUT_OFF, begins, np.uint64(0))


def _maybe(features: _Features, left: _Written, right: _Written, last: Ints, payer: Ints, debtor: Ints) -> Ints:
    """The places of the pairs that may have something in common."""
    debtor_of, word = _every(right, debtor)
    theirs = right.codes[word]
    # A name cut off at 27 or 54 characters ends in the beginning of a word.
    ends = last[payer][debtor_of]
    cut = (features.begins[theirs] == features.begins[ends]) & (features.begins[theirs] > 0) & (ends >= 0)
    pair_of, own_word = _every(left, payer[debtor_of])
    own, theirs, pair = left.codes[own_word], theirs[pair_of], debtor_of[pair_of]
    together = features.lengths[own] + features.lengths[theirs]
    # Every letter that only one of them has is an edit; so is everything by which they differ in length.
    apart = np.bitwise_count(features.letters[own] ^ features.letters[theirs])
    shorter = np.minimum(features.lengths[own], features.lengths[theirs])
    near = np.flatnonzero((5 * apart.astype(np.int64) <= together) & (5 * shorter >= 2 * together))
    own, theirs, pair, shorter = own[near], theirs[near], pair[near], shorter[near]
    alike = own == theirs
    unsure = np.flatnonzero(~alike & (shorter >= _LEAST))
    alike[unsure] = _similar(features.words, own[unsure], theirs[unsure])
    result: Ints = np.concatenate((debtor_of[cut], pair[alike]))
    return result


def _every(written: _Written, owners: Ints) -> tuple[Ints, Ints]:
    """Each owner with each of their words: the place in ``owners``, and that of the word."""
    counts = written.counts[owners]
    of = np.repeat(np.arange(len(owners)), counts)
    before = np.cumsum(counts) - counts
    return of, np.arange(len(of)) + (written.starts[owners] - before)[of]


def _similar(words: list[str], one: Ints, other: Ints) -> Flags:
    """Which pairs of words are alike; each pair is compared once, however often it occurs."""
    distinct, of = np.unique(one * len(words) + other, return_inverse=True)
    pairs: tuple[list[str], list[str]] = (
        [words[code] for code in (distinct // max(len(words), 1)).tolist()],
        [words[code] for code in (distinct % max(len(words), 1)).tolist()],
    )
    scores: npt.NDArray[Any] = cpdist(
        *pairs, scorer=Indel.normalized_similarity, score_cutoff=_SIMILAR, dtype=np.float64, workers=1
    )
    result: Flags = (scores > 0)[of]
    return result
