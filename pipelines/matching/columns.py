"""Columnar helpers: arrays of strings to keys, groups and sorted look-up tables without a Python loop per row."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import ascii_letters, digits
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.text import compact, fold

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# 18 digits are the most a signed 64-bit integer always holds.
MAX_DIGITS = 18
# Texts changed at once.
_BLOCK = 1 << 15


def strings(series: pd.Series) -> Any:
    """One pyarrow string array of a text column."""
    array = pa.array(series, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.large_string()) if array.type != pa.large_string() else array


def is_blank(array: Any) -> bool:
    """Whether a text column holds nothing at all: then nothing is indexed for it."""
    return len(array) == 0 or bool(pc.max(pc.binary_length(array)).as_py() in (0, None))


def compacted(array: Any) -> Any:
    """``text.compact`` of every value."""
    ascii_only = pc.string_is_ascii(array)
    result = _signs(array, _LETTERS_AND_DIGITS)
    places = np.flatnonzero(~ascii_only.to_numpy(zero_copy_only=False))
    return fixed(result, places, array, compact)


def _becoming(signs: bytes, becoming: bytes) -> npt.NDArray[np.uint8]:
    """What each byte becomes; 0 for what is left out."""
    table = np.zeros(256, np.uint8)
    table[list(signs)] = list(becoming)
    return table


_DIGITS_ALONE = _becoming(digits.encode(), digits.encode())
_LETTERS_AND_DIGITS = _becoming((digits + ascii_letters).encode(), (digits + ascii_letters).upper().encode())


def _signs(array: Any, becoming: npt.NDArray[np.uint8]) -> Any:
    """Every value with its bytes replaced or left out, at a third of the cost of a regular expression.

    A block at a time: memory that is used again costs nothing, and touching new memory is what is slow here.
    """
    if not len(array):
        return array
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    places = np.zeros(len(ends), np.int64)
    pieces, total = [], 0
    for start in range(0, len(array), _BLOCK):
        stop = min(start + _BLOCK, len(array))
        changed = becoming[raw[ends[start] : ends[stop]]]
        kept = changed != 0
        before = np.zeros(len(kept) + 1, np.int64)
        np.cumsum(kept, out=before[1:])
        places[start + 1 : stop + 1] = before[ends[start + 1 : stop + 1] - ends[start]] + total
        pieces.append(changed[kept])
        total += len(pieces[-1])
    buffers = [None, pa.py_buffer(places), pa.py_buffer(np.concatenate(pieces))]
    return pa.Array.from_buffers(pa.large_string(), len(array), buffers)


def digit_values(keys: Any) -> tuple[Ints, Ints]:
    """All digits of every key as one number (−1 where none or more than MAX_DIGITS), and how many digits there are."""
    texts = _signs(keys, _DIGITS_ALONE)
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    usable = (lengths > 0) & (lengths <= MAX_DIGITS)
    if not usable.all():
        texts = pc.if_else(pa.array(usable), texts, "0")
    values = pc.cast(texts, pa.int64()).to_numpy(zero_copy_only=False).copy()
    values[~usable] = -1
    return values, lengths


def days(series: pd.Series) -> Ints:
    """Days since 1970-01-01, a very negative number for absent dates (``NO_DAY``)."""
    values = series.to_numpy().astype("datetime64[D]")
    result = values.astype(np.int64)
    result[np.isnat(values)] = NO_DAY
    return result


NO_DAY = -(10**9)


def whole_numbers(series: pd.Series, absent: int = 0) -> Ints:
    """An Int64 column as plain integers."""
    return series.to_numpy(dtype="int64", na_value=absent).copy()


def in_order(keys: npt.NDArray[Any]) -> Ints:
    """Places in the order of their 64-bit keys, equal keys in the order given: a stable ``argsort``.

    Key and place in one word are sorted without looking anything up, in two thirds of the time.
    """
    width = max(len(keys) - 1, 1).bit_length()
    places = np.arange(len(keys), dtype=keys.dtype)
    packed: npt.NDArray[Any]
    if keys.dtype == np.uint64:
        shift = np.uint64(width)
        # Of a hash the first bits tell nearly all apart. Where they do not, it is sorted the slow way below.
        packed = (keys >> shift << shift) | places
    elif len(keys) and int(keys.min()) >= 0 and int(keys.max()) < 1 << (63 - width):
        packed = (keys << width) | places
    else:
        slowly: Ints = np.argsort(keys, kind="stable")
        return slowly
    packed.sort()
    packed &= keys.dtype.type((1 << width) - 1)
    order: Ints = packed.astype(np.int64, copy=False)
    found = keys[order]
    if bool((found[1:] < found[:-1]).any()):
        order = np.argsort(keys, kind="stable")
    return order


class Groups:
    """Rows grouped by a code 0..n−1: ``groups.of(code)`` are its rows in ascending order."""

    def __init__(self, codes: Ints, count: int) -> None:
        self._order = in_order(codes)
        self._starts = np.searchsorted(codes[self._order], np.arange(count + 1))

    def of(self, code: int) -> Ints:
        rows: Ints = self._order[self._starts[code] : self._starts[code + 1]]
        return rows

    def size(self, code: int) -> int:
        return int(self._starts[code + 1] - self._starts[code])


class SortedKeys:
    """A multi-map from whole numbers to rows as two sorted arrays: 16 bytes an entry, looked up in bulk."""

    def __init__(self, keys: Ints, usable: Flags | None = None) -> None:
        rows = np.flatnonzero(usable) if usable is not None else np.arange(len(keys))
        order = in_order(keys[rows])
        self._rows = rows[order]
        self._keys = keys[rows][order]

    def of(self, key: int) -> Ints:
        """Rows of one key."""
        return self.between(key, key)

    def between(self, least: int, most: int) -> Ints:
        """Rows of all keys from ``least`` to ``most``."""
        rows: Ints = self._rows[self._keys.searchsorted(least) : self._keys.searchsorted(most, side="right")]
        return rows

    def bounds(self, keys: Ints) -> tuple[Ints, Ints]:
        """For many keys at once: from and to, to be used with ``at``."""
        return np.searchsorted(self._keys, keys), np.searchsorted(self._keys, keys, side="right")

    def at(self, low: int, high: int) -> Ints:
        rows: Ints = self._rows[low:high]
        return rows


def distinct(values: Ints) -> Ints:
    """The distinct values, ascending. Ten times as fast as ``np.unique`` on a million numbers."""
    ordered = np.sort(values)
    if len(ordered) < 2:
        return ordered
    keep = np.empty(len(ordered), dtype=bool)
    keep[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def split_pairs(array: Any, codes: Ints) -> tuple[Any, Ints, Ints]:
    """The distinct values of a ``|``-joined text column and the distinct pairs (value code, row code), sorted.

    "" is left out. Values (a ``large_string`` array) keep their text; the pairs come as two parallel arrays.
    """
    lists = pc.split_pattern(array, "|")
    parents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    encoded = pc.list_flatten(lists).dictionary_encode()
    value_codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    span = int(codes.max(initial=0)) + 1
    pairs = distinct(value_codes * span + codes[parents])
    left, right = pairs // span, pairs % span
    blank = pc.index(encoded.dictionary, "").as_py()
    if blank >= 0:
        keep = left != blank
        left, right = left[keep], right[keep]
    return encoded.dictionary, left, right


def told_once(array: Any, codes: Ints) -> tuple[Any, Ints]:
    """A text column without the rows that repeat what the first row of their code says, and the codes of the rest.

    What is told of a debtor is told with each of his items: reading it once is a fraction of the work.
    """
    first = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    rows = np.arange(len(codes))
    first[codes[::-1]] = rows[::-1]
    of_code = first[codes]
    known = pc.equal(array, array.take(pa.array(of_code))).to_numpy(zero_copy_only=False)
    kept = np.flatnonzero((of_code == rows) | ~known)
    return array.take(pa.array(kept)), codes[kept]


_NAME_SIGNS = re.compile(r"[^0-9A-Z?]+")


def canonical_name(text: str) -> str:
    """A name in the form names are compared in: words of A–Z and digits, umlauts as their bare vowel.

    Banks turn ü into ue, u, ? or Ã¼; the bare vowel is the form all of them can be brought to (``?`` is dropped).
    """
    if not text.isascii():
        if "Ã" in text:
            text = _repaired(text)
        text = fold(text)
    else:
        text = text.upper()
    text = _NAME_SIGNS.sub(" ", text).replace("?", "")
    return text.replace("AE", "A").replace("OE", "O").replace("UE", "U").strip()


def canonical_names(array: Any) -> Any:
    """``canonical_name`` of every value."""
    plain = array
    for sign, letters in _PLAIN_UMLAUTS:
        plain = pc.replace_substring(plain, sign, letters)
    # What is still not ASCII needs more than umlauts replaced, and so do invisible signs beside umlauts.
    odd = pc.match_substring_regex(array, r"[\x00-\x08\x0b-\x1f\x7f]")
    simple = pc.and_(pc.string_is_ascii(plain), pc.or_(pc.string_is_ascii(array), pc.invert(odd)))
    result = pc.replace_substring_regex(pc.ascii_upper(plain), "[^0-9A-Z?]+", " ")
    result = pc.replace_substring(result, "?", "")
    for pair, vowel in (("AE", "A"), ("OE", "O"), ("UE", "U")):
        result = pc.replace_substring(result, pair, vowel)
    result = pc.ascii_trim(result, " ")
    return fixed(result, np.flatnonzero(~simple.to_numpy(zero_copy_only=False)), array, canonical_name)


_PLAIN_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "AE"), ("Ö", "OE"), ("Ü", "UE"))


def fixed(result: Any, places: Ints, source: Any, function: Callable[[str], str]) -> Any:
    """``result`` with the function of the source's text where the columnar way was not enough."""
    if not len(places):
        return result
    mended = pa.array([function(text) for text in source.take(pa.array(places)).to_pylist()], pa.large_string())
    mask = np.zeros(len(result), dtype=bool)
    mask[places] = True
    return pc.replace_with_mask(result, pa.array(mask), mended)


def _repaired(text: str) -> str:
    """UTF-8 that was read as latin-1 or cp1252, read again."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text
