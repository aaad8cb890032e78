"""Columns of text without a Python object per value, and look-up tables from text to rows as sorted hashes.

A dictionary of a million keys costs a third of a second and 200 MB before the first question is asked. Here the keys
stay in one Arrow buffer and are hashed in bulk; a table is a sorted array of hashes, and every hit is compared with the
text it stands for, so that a collision can never name a wrong item.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from pipelines.matching.columns import in_order

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_START = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_END = np.uint64(0xC4CEB9FE1A85EC53)
_START_ONE, _MIX_ONE, _END_ONE, _ALL = int(_START), int(_MIX), int(_END), (1 << 64) - 1
_KEEP = np.array([(1 << (8 * count)) - 1 for count in range(9)], dtype=np.uint64)
# So many answers a table remembers before it forgets them all; a batch asks for each key several times.
_REMEMBERED = 2_000_000


class Texts(Sequence[str]):
    """A read-only list of texts over an Arrow ``large_string`` array without nulls."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self._count = len(array)
        self._seen: dict[int, str] = {}
        _, offsets, data = array.buffers()
        first = array.offset
        self._offsets = np.frombuffer(offsets, np.int64)[first : first + self._count + 1].data if offsets else None
        self._bytes = memoryview(data) if data is not None else memoryview(b"")

    def __reduce__(self) -> tuple[type[Texts], tuple[Any]]:
        return Texts, (self.array,)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        # Asked hundreds of thousands of times, nearly always for a text that was read before.
        try:
            return self._seen[place]  # type: ignore[index]
        except (KeyError, TypeError):
            return self._read(place)

    def _read(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            found: list[str] = self.array[place].to_pylist()
            return found
        if self._offsets is None or not -self._count <= place < self._count:
            raise IndexError(place)
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        at = place % self._count
        text = self._seen[place] = str(self._bytes[self._offsets[at] : self._offsets[at + 1]], "utf-8")
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self.array.to_pylist())

    def prime(self, places: Ints) -> None:
        """Read many places at once, so that asking for one only has to remember it."""
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen.update(zip(places.tolist(), self.array.take(pa.array(places)).to_pylist(), strict=True))


def hashed(array: Any) -> Hashes:
    """A 64-bit hash of every text of a ``large_string`` array, the same in every process and on every machine.

    Eight bytes at a time are mixed in for all texts at once.
    """
    count = len(array)
    if not count:
        return np.empty(0, np.uint64)
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + count + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    first, last = int(ends[0]), int(ends[-1])
    raw = np.concatenate([raw[first:last], np.zeros(8, np.uint8)])
    # Every position seen as the eight bytes that begin there.
    words: Hashes = np.ndarray((len(raw) - 7,), np.uint64, raw.data, strides=(1,))
    starts, left = ends[:-1] - first, np.diff(ends)
    result = left.astype(np.uint64) * _START
    live = np.arange(count) if left.min() <= 0 else None
    if live is not None:
        live = np.flatnonzero(left > 0)
        starts, left = starts[live], left[live]
    while len(left):
        part = words[starts] & _KEEP[np.minimum(left, 8)]
        mixed = (result if live is None else result[live]) ^ part
        mixed *= _MIX
        mixed ^= mixed >> np.uint64(32)
        if live is None:
            result = mixed
        else:
            result[live] = mixed
        more = left > 8
        if not more.all():
            live = np.flatnonzero(more) if live is None else live[more]
            starts, left = starts[more], left[more]
        starts, left = starts + 8, left - 8
    result *= _END
    result ^= result >> np.uint64(29)
    return result


def _hash_of(text: str) -> int:
    """``hashed`` of one text; a tenth of the time of asking for an array of one."""
    raw = text.encode()
    result = len(raw) * _START_ONE & _ALL
    for start in range(0, len(raw), 8):
        result = (result ^ int.from_bytes(raw[start : start + 8], "little")) * _MIX_ONE & _ALL
        result ^= result >> 32
    result = result * _END_ONE & _ALL
    return result ^ result >> 29


class KeyTable:
    """A multi-map from keys to whole numbers (rows, debtors).

    texts: the keys. codes: which text each entry has; None: entry i has text i. values: what each entry stands for.
    Entries of one key are answered in the order given; "" is no key.
    """

    def __init__(self, texts: Any, codes: Ints | None, values: Ints) -> None:
        hashes = hashed(texts)
        usable = np.diff(_offsets(texts)) > 0
        if codes is not None:
            hashes, usable = hashes[codes], usable[codes]
        if not usable.all():
            keep = np.flatnonzero(usable)
            hashes, values = hashes[keep], values[keep]
            codes = keep if codes is None else codes[keep]
        order = in_order(hashes)
        self._hashes = hashes[order]
        self._values = values[order]
        self._codes = order if codes is None else codes[order]
        self._plain = self._hashes.data
        self._texts = Texts(texts)
        self._known: dict[str, tuple[int, ...]] = {}

    def __getstate__(self) -> tuple[Hashes, Ints, Ints, Texts]:
        return self._hashes, self._values, self._codes, self._texts

    def __setstate__(self, state: tuple[Hashes, Ints, Ints, Texts]) -> None:
        self._hashes, self._values, self._codes, self._texts = state
        self._plain = self._hashes.data
        self._known = {}

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def texts(self) -> Any:
        """The keys as an Arrow array, "" perhaps among them."""
        return self._texts.array

    @property
    def values(self) -> Ints:
        """What the entries stand for, in no particular order."""
        return self._values

    def get(self, key: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """What a key stands for; ``default`` if nothing does."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._look_up(key)
        return found or default

    def _look_up(self, key: str) -> tuple[int, ...]:
        wanted = _hash_of(key)
        place = bisect_left(self._plain, wanted)
        found = []
        while place < len(self._plain) and self._plain[place] == wanted:
            if key and self._texts[self._codes[place]] == key:
                found.append(int(self._values[place]))
            place += 1
        return tuple(found)

    def prime(self, keys: Sequence[str], hashes: Hashes | None = None) -> list[str]:
        """Look up many keys at once, so that ``get`` only has to remember them; the keys there are.

        hashes: of the keys, where the caller asks several tables. Keys that are not there are not remembered: who
        primes a table asks it only for those that are.
        """
        known, texts, values, codes = self._known, self._texts, self._values, self._codes
        if len(known) > _REMEMBERED:
            known.clear()
        if not len(self._hashes) or not len(keys):
            return []
        if hashes is None:
            hashes = hashed(pa.array(keys, pa.large_string()))
        low = self._hashes.searchsorted(hashes)
        there = np.flatnonzero(self._hashes[np.minimum(low, len(self._hashes) - 1)] == hashes)
        low = low[there]
        # Hardly any hash is there twice: only for those it is asked how often.
        high = low + 1
        again = np.flatnonzero(self._hashes[np.minimum(high, len(self._hashes) - 1)] == hashes[there])
        high[again] = self._hashes.searchsorted(hashes[there[again]], side="right")
        held, stands = texts.array.take(pa.array(codes[low])).to_pylist(), values[low].tolist()
        found = []
        for place, start, end, text, value in zip(
            there.tolist(), low.tolist(), high.tolist(), held, stands, strict=True
        ):
            key = keys[place]
            if end == start + 1:
                if key and text == key:
                    known[key] = (value,)
                    found.append(key)
                continue
            same = [at for at in range(start, end) if texts[codes[at]] == key]
            if key and same:
                known[key] = tuple(int(values[at]) for at in same)
                found.append(key)
        return found

    def prime_all(self, keys: Sequence[str]) -> None:
        """``prime``, for who will ask for every one of the keys: that there is no such key is remembered as well."""
        self._known.update(dict.fromkeys(keys, ()))
        self.prime(keys)

    def remember(self, keys: Iterable[str]) -> None:
        """That those of the keys are not there that were just primed and not found."""
        self._known.update(dict.fromkeys(set(keys) - self._known.keys(), ()))


class BothTables:
    """Two tables asked as one: what a key stands for in either, ascending."""

    def __init__(self, one: KeyTable, other: KeyTable) -> None:
        self._one, self._other = one, other

    def get(self, key: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """What a key stands for; ``default`` if nothing does."""
        found = self._one.get(key), self._other.get(key)
        if found[0] and found[1]:
            return tuple(sorted({*found[0], *found[1]}))
        return found[0] or found[1] or default

    def prime(self, keys: Sequence[str], hashes: Hashes | None = None) -> list[str]:
        """See ``KeyTable.prime``."""
        return list(dict.fromkeys((*self._one.prime(keys, hashes), *self._other.prime(keys, hashes))))

    def remember(self, keys: Iterable[str]) -> None:
        """See ``KeyTable.remember``."""
        found = list(keys)
        self._one.remember(found)
        self._other.remember(found)


def _offsets(array: Any) -> Ints:
    offsets = array.buffers()[1]
    if offsets is None:
        return np.zeros(1, np.int64)
    return np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
