"""Debtors' names: blocks by rare words, and what an equal name is worth."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import compress, pairwise, repeat
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from rapidfuzz.distance import Indel

from pipelines.matching.columns import Flags, Ints, canonical_name, canonical_names, distinct
from pipelines.matching.same_words import SameWords, sums
from pipelines.matching.texts import Texts, hashed
from pipelines.matching.unlike import unlike


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Legal forms and small words say nothing about who somebody is.
_WEAK = _vocabulary(
    "GMBH AG KG CO MBH UG OHG GBR EK E K EV V SE KGAA INH INHABER LTD INC SARL BV GESELLSCHAFT HAFTUNGSBESCHRANKT "
    "HAFTUNGSBESCHR UND U FUR DER DIE DAS DES VON ZU HERR HERRN FRAU FAMILIE DR PROF DIPL ING ODER IN IM AM"
)
_VOWELS = re.compile(r"(?<!^)[AEIOUY]")
_SIMILAR = 0.8
_REMEMBERED = ("_words", "_of", "_payer_words", "_carried", "_exact", "_weights", "_compared")
_LARGEST_BLOCK = 20_000
# So much is remembered of one kind before it is forgotten; what one part of a day needs is far less.
_MOST_KEPT = 100_000
_STRANGER = ("none", 0.0)


def words(name: str) -> tuple[str, ...]:
    """The telling words of a name in canonical form; all words if none is telling."""
    return telling(canonical_name(name))


def telling(canonical: str) -> tuple[str, ...]:
    """``words`` of a name that is in canonical form."""
    every = canonical.split()
    return tuple([word for word in every if word not in _WEAK]) or tuple(every)


class Names:
    """All names of all debtors.

    texts: distinct names (``large_string`` array); owner_name / owner_debtor: distinct pairs (name code, debtor code),
    sorted by name.
    """

    def __init__(self, texts: Any, owner_name: Ints, owner_debtor: Ints, debtors: int) -> None:
        self._texts = Texts(texts)
        self._owner_name = owner_name
        self._owner_debtor = owner_debtor
        self._debtors = max(debtors, 1)
        by_debtor = np.argsort(owner_debtor, kind="stable")
        self._debtor_names = owner_name[by_debtor]
        self._debtor_starts = np.searchsorted(owner_debtor[by_debtor], np.arange(debtors + 1))
        self._words: dict[int, tuple[str, ...]] = {}
        self._of: dict[int, list[tuple[str, ...]]] = {}
        self._payer_words: dict[str, tuple[str, ...]] = {}
        # Where those are that may have a payer's very name; only until somebody asks.
        self._carried: dict[str, tuple[int, int]] = {}
        self._exact: dict[str, tuple[int, ...]] = {}
        self._weights: dict[tuple[str, ...], float] = {}
        self._compared: dict[tuple[str, int], tuple[str, float]] = {}

    def build(self) -> None:
        """Build the tables now (see ItemIndex.build)."""
        assert self._blocks is not None
        assert self._rarities is not None
        assert self._same_words is not None

    def __getstate__(self) -> dict[str, Any]:
        """The tables, and nothing that was remembered or is only needed to build them."""
        self.build()
        state = {name: value for name, value in self.__dict__.items() if name not in {"_table", *_REMEMBERED}}
        return state | {name: {} for name in _REMEMBERED}

    def of(self, debtor: int) -> list[tuple[str, ...]]:
        """The telling words of each of a debtor's names."""
        result = self._of.get(debtor)
        if result is None:
            start, end = int(self._debtor_starts[debtor]), int(self._debtor_starts[debtor + 1])
            result = self._of[debtor] = [self._known(code) for code in self._debtor_names[start:end].tolist()]
        return result

    def _known(self, code: int) -> tuple[str, ...]:
        found = self._words.get(code)
        if found is None:
            found = self._words[code] = telling(self._canonical[code])
        return found

    def payer(self, name: str) -> tuple[str, ...]:
        """The telling words of a payer's name."""
        found = self._payer_words.get(name)
        if found is None:
            found = self._payer_words[name] = words(name)
        return found

    def prime(self, payers: Iterable[str], debtors: Ints) -> None:
        """Read the names of many payers and debtors at once, so that asking for one only has to remember it."""
        self._forget()
        names = [name for name in dict.fromkeys(payers) if name not in self._payer_words]
        if names:
            canonical = canonical_names(pa.array(names, pa.large_string())).to_pylist()
            words_of = list(map(telling, canonical))
            self._payer_words.update(zip(names, words_of, strict=True))
            self._carried.update(zip(names, self._same_words.stretches(words_of), strict=True))
        new = [debtor for debtor in debtors.tolist() if debtor not in self._of]
        asked = np.array(new, np.int64)
        starts, ends = self._debtor_starts[asked], self._debtor_starts[asked + 1]
        codes = self._debtor_names[_stretches(starts, ends)]
        words_of = list(map(telling, self._canonical.array.take(pa.array(codes)).to_pylist()))
        bounds = np.cumsum(np.concatenate(([0], ends - starts))).tolist()
        for debtor, (start, end) in zip(new, pairwise(bounds), strict=True):
            self._of[debtor] = words_of[start:end]

    def _forget(self) -> None:
        """Forget what no longer fits; whatever is asked again is read again."""
        for kept in (self._words, self._of, self._payer_words, self._carried, self._exact, self._compared):
            if len(kept) >= _MOST_KEPT:
                kept.clear()

    def rule_out(self, payers: Sequence[str], debtors: Sequence[int]) -> None:
        """Find out at once which of these pairs have nothing in common, so that ``compare`` need not look at them.

        payers: names that are primed. debtors: whom each of them is held against.
        """
        if not payers:
            return
        places: dict[str, int] = {}
        payer = np.array([places.setdefault(name, len(places)) for name in payers], np.int64)
        asked, debtor = np.unique(np.array(debtors, np.int64), return_inverse=True)
        starts, ends = self._debtor_starts[asked], self._debtor_starts[asked + 1]
        names = self._canonical.array.take(pa.array(self._debtor_names[_stretches(starts, ends)]))
        owners = np.repeat(np.arange(len(asked)), ends - starts)
        strangers = unlike([self.payer(name) for name in places], names, owners, _WEAK, payer, debtor)
        self._compared.update(zip(compress(zip(payers, debtors, strict=True), strangers.tolist()), repeat(_STRANGER)))

    @cached_property
    def _canonical(self) -> Texts:
        return Texts(canonical_names(self._texts.array))

    @cached_property
    def _table(self) -> tuple[dict[str, int], Ints, Ints, Ints]:
        """Word → code, in how many debtors' names a word occurs, and the pairs (word code, name code)."""
        lists = pc.split_pattern(self._canonical.array, " ")
        parents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
        encoded = pc.list_flatten(lists).dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        owners = np.bincount(self._owner_name, minlength=len(self._texts))
        count = np.bincount(codes, weights=owners[parents], minlength=len(encoded.dictionary)).astype(np.int64)
        return {word: code for code, word in enumerate(encoded.dictionary.to_pylist())}, count, codes, parents

    @cached_property
    def _rarities(self) -> dict[str, float]:
        vocabulary, count, _, _ = self._table
        bits = np.log2(np.maximum(self._debtors / np.maximum(count, 1), 1.0)).tolist()
        return {word: bits[code] for word, code in vocabulary.items()}

    def rarity(self, word: str) -> float:
        """Bits a word is worth: log2 of one in how many debtors carries it; unknown words count as one debtor."""
        return self._rarities.get(word, self._unknown)

    @cached_property
    def _unknown(self) -> float:
        return math.log2(self._debtors)

    @cached_property
    def _blocks(self) -> tuple[dict[str, int], list[int], Ints]:
        """Word skeleton → code, where the block of each code starts, and the debtors block after block."""
        vocabulary, _, codes, parents = self._table
        skeletons: dict[str, int] = {}
        of_word = np.empty(max(len(vocabulary), 1), dtype=np.int64)
        for word, code in vocabulary.items():
            of_word[code] = skeletons.setdefault(skeleton(word), len(skeletons))
        # A name may have several owners: one pair for each of them.
        owners = np.bincount(self._owner_name, minlength=len(self._texts))
        starts = np.concatenate(([0], np.cumsum(owners)))
        times = owners[parents]
        first = np.repeat(starts[parents], times)
        inside = np.arange(len(first)) - np.repeat(np.cumsum(times) - times, times)
        skeleton_of_pair = np.repeat(of_word[codes], times)
        debtor_of_pair = self._owner_debtor[first + inside]
        # Each block is sorted by debtor and free of doubles, so that two blocks are intersected by binary search.
        pairs = distinct(skeleton_of_pair * (self._debtors + 1) + debtor_of_pair)
        starts_of_block = np.searchsorted(pairs // (self._debtors + 1), np.arange(len(skeletons) + 1))
        return skeletons, starts_of_block.tolist(), pairs % (self._debtors + 1)

    def _block(self, word: str) -> Ints:
        """Debtors in whose names a word of this skeleton occurs, ascending."""
        skeletons, starts, debtors = self._blocks
        code = skeletons.get(skeleton(word))
        result: Ints = debtors[:0] if code is None else debtors[starts[code] : starts[code + 1]]
        return result

    def candidates(self, name: str, limit: int) -> list[int]:
        """Debtors a payer's name may mean: those that share two of its rarest words (by consonant skeleton), else those
        that share its rarest word; at most ``limit``."""
        words_of = [word for word in self.payer(name) if len(word) > 1 and word not in _WEAK]
        blocks = sorted((block for word in words_of if len(block := self._block(word))), key=len)[:3]
        if not blocks:
            return []
        rarest = blocks[0]
        if len(rarest) > _LARGEST_BLOCK:
            return []
        if len(blocks) > 1:
            shared = _in_both(rarest, blocks[1])
            for one in blocks[2:]:
                shared = shared | _in_both(rarest, one)
            if shared.any():
                found: list[int] = rarest[shared].tolist()
                return found if len(found) <= limit else []
        return rarest.tolist() if len(rarest) <= limit else []

    @cached_property
    def _same_words(self) -> SameWords:
        vocabulary, _, codes, parents = self._table
        hashes = hashed(pa.array(list(vocabulary), pa.large_string()))
        hashes[vocabulary.get("", len(hashes)) :][:1] = 0
        # Only the telling words of a name count, and all of them where none is telling.
        strong = np.fromiter((word not in _WEAK and word != "" for word in vocabulary), bool, len(vocabulary))[codes]
        told = np.bincount(parents[strong], minlength=len(self._texts)) > 0
        counted = np.where(strong | ~told[parents], hashes[codes], np.uint64(0))
        of_name = sums(counted, np.bincount(parents, minlength=len(self._texts)))
        owners = np.repeat(np.arange(self._debtor_starts.size - 1), np.diff(self._debtor_starts))
        return SameWords(of_name[self._debtor_names], self._debtor_names, owners)

    def exactly(self, name: str) -> tuple[int, ...]:
        """Debtors whose name has exactly these words, in any order."""
        found = self._exact.get(name)
        if found is None:
            words_of = self.payer(name)
            stretch = self._carried.pop(name, None) or self._same_words.stretches([words_of])[0]
            found = ()
            if words_of and stretch[0] < stretch[1]:
                wanted = sorted(words_of)
                names, bearers = self._same_words.at(*stretch)
                # Those who bear the same name are many, and the ways to write it few.
                same = {code for code in set(names) if sorted(self._known(code)) == wanted}
                found = tuple(dict.fromkeys(one for code, one in zip(names, bearers, strict=True) if code in same))
                if found and min(len(self._block(word)) for word in wanted) > _LARGEST_BLOCK:
                    found = ()
            self._exact[name] = found
        return found

    def borne_by_another(self, name: str, debtor: int) -> bool:
        """Whether another debtor has this very name and this one does not: Meyer is not Meier, nor a GmbH its KG."""
        others = self.exactly(name)
        if debtor not in others:
            return bool(others)
        if len(others) == 1:
            return False
        written = sorted(canonical_name(name).split())
        return not self._written(debtor, written) and any(self._written(one, written) for one in others)

    def _written(self, debtor: int, wanted: list[str]) -> bool:
        """Whether one of a debtor's names has these words, legal form and small words included."""
        start, end = int(self._debtor_starts[debtor]), int(self._debtor_starts[debtor + 1])
        return any(sorted(self._canonical[code].split()) == wanted for code in self._debtor_names[start:end].tolist())

    def compare(self, name: str, debtor: int) -> tuple[str, float]:
        """The level (``full``, ``close``, ``part``, ``none``) of a payer's name against a debtor, and the rarity of
        what is shared in bits."""
        key = name, debtor
        best = self._compared.get(key)
        if best is None:
            best = ("none", 0.0)
            payer = self.payer(name)
            names = self.of(debtor)
            if payer and len(names) == 1:
                best = self._against(payer, names[0])
            for known in names if payer and len(names) > 1 else ():
                found = self._against(payer, known)
                if _ORDER[found[0]] > _ORDER[best[0]] or (found[0] == best[0] and found[1] > best[1]):
                    best = found
            if not payer:
                best = ("absent", 0.0)
            if len(self._compared) >= _MOST_KEPT:
                self._compared.clear()
            self._compared[key] = best
        return best

    def _against(self, payer: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, float]:
        if payer == known:
            weight = self._weights.get(known)
            if weight is None:
                weight = self._weights[known] = sum([self.rarity(word) for word in known])
            return "full", weight
        shared = total = 0.0
        matched = 0
        left = list(payer)
        rarities, unknown = self._rarities, self._unknown
        for word in known:
            weight = rarities.get(word, unknown) + 0.5
            total += weight
            if word in left:
                left.remove(word)
                shared += weight
                matched += 1
                continue
            near = _nearest(word, left, payer)
            if near:
                left.remove(near)
                shared += weight * 0.9
                matched += 1
        if not matched:
            glued = "".join(payer), "".join(known)
            if min(map(len, glued)) >= 6 and _may_be(*glued, 0.9) and Indel.normalized_similarity(*glued) >= 0.9:
                return "close", total * 0.8
            return "none", 0.0
        covered = shared / total
        payer_total = sum([rarities.get(word, unknown) + 0.5 for word in payer])
        strange = sum([rarities.get(word, unknown) + 0.5 for word in left]) / payer_total
        if covered >= 0.97 and (matched >= 2 or strange <= 0.2):
            return "full", shared
        if covered >= 0.78 and (matched >= 2 or strange <= 0.3) and strange <= 0.5:
            return "close", shared
        return "part", shared


_ORDER = {"absent": 0, "none": 1, "part": 2, "close": 3, "full": 4}


def _stretches(starts: Ints, ends: Ints) -> Ints:
    """start, start + 1 … end − 1 of each pair, one after the other."""
    lengths = ends - starts
    result: Ints = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    return result


def _in_both(one: Ints, other: Ints) -> Flags:
    """Which members of an ascending array are in another ascending one."""
    places = np.minimum(other.searchsorted(one), len(other) - 1)
    result: Flags = other[places] == one if len(other) else np.zeros(len(one), dtype=bool)
    return result


def _may_be(one: str, other: str, least: float) -> bool:
    """Whether words of these lengths can be so similar at all: a quarter of the cost of comparing them."""
    short, long = len(one), len(other)
    if short > long:
        short, long = long, short
    # A hair less, lest rounding decides.
    return 2.0 * short >= (least - 1e-9) * (short + long)


@lru_cache(maxsize=100_000)
def _similar(word: str, other: str) -> bool:
    """Whether one word is the other one misspelt. People of a country share their names: most pairs come again."""
    return bool(Indel.normalized_similarity(word, other) >= _SIMILAR)


def _nearest(word: str, left: list[str], payer: tuple[str, ...]) -> str:
    """A payer's word that is this one misspelt, shortened at the end of the name, or broken in two; "" if none."""
    size, last = len(word), payer[-1]
    for other in left:
        # No call for each: three comparisons of lengths are what most pairs end at.
        length = len(other)
        if size >= 4 <= length and 5 * size >= 2 * (size + length) <= 5 * length and _similar(word, other):
            return other
        # A name cut off at 27 or 54 characters ends in the beginning of a word.
        if other == last and length >= 3 and word.startswith(other):
            return other
    if len(left) > 1:
        for one, two in pairwise(payer):
            if len(one) + len(two) == size and one in left and two in left and one + two == word:
                return one
    return ""


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """A word without its inner vowels: what MUELLER, MULLER and M?LLER have in common."""
    return _VOWELS.sub("", word)
