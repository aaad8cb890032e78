"""Columnar helpers: arrays of strings to keys, groups and sorted look-up tables without a Python loop per row."""

from __future__ import annotations

import re
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
    result = pc.replace_substring_regex(pc.ascii_upper(array), "[^0-9A-Z]+", "")
    if pc.all(ascii_only).as_py() is False:
        values = array.to_pylist()
        fixed = result.to_pylist()
        for row in np.flatnonzero(~ascii_only.to_numpy(zero_copy_only=False)):
            fixed[row] = compact(values[row])
        result = pa.array(fixed, pa.large_string())
    return result


def digit_values(keys: Any) -> tuple[Ints, Ints]:
    """All digits of every key as one number (−1 where none or more than MAX_DIGITS), and how many digits there are."""
    digits = pc.replace_substring_regex(keys, "[^0-9]+", "")
    lengths = pc.binary_length(digits).to_numpy(zero_copy_only=False).astype(np.int64)
    usable = (lengths > 0) & (lengths <= MAX_DIGITS)
    values = pc.cast(pc.if_else(pa.array(usable), digits, "0"), pa.int64()).to_numpy(zero_copy_only=False).copy()
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


class Groups:
    """Rows grouped by a code 0..n−1: ``groups.of(code)`` are its rows in ascending order."""

    def __init__(self, codes: Ints, count: int) -> None:
        self._order = np.argsort(codes, kind="stable")
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
        order = np.argsort(keys[rows], kind="stable")
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


def first_rows(keys: list[str]) -> tuple[dict[str, int], dict[str, tuple[int, ...]]]:
    """Key → row, and key → all rows for the keys that occur more than once. "" is left out."""
    rows = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    several: dict[str, tuple[int, ...]] = {}
    if len(rows) < len(keys):
        doubles: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            if rows[key] != row:
                doubles.setdefault(key, [rows[key]]).append(row)
        several = {key: tuple(found) for key, found in doubles.items() if key}
    rows.pop("", None)
    return rows, several


def split_pairs(array: Any, codes: Ints) -> tuple[list[str], Ints, Ints]:
    """The distinct values of a ``|``-joined text column and the distinct pairs (value code, row code), sorted.

    "" is left out. Values keep their text; the pairs come as two parallel arrays.
    """
    lists = pc.split_pattern(array, "|")
    parents = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    encoded = pc.list_flatten(lists).dictionary_encode()
    values: list[str] = encoded.dictionary.to_pylist()
    value_codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    span = int(codes.max(initial=0)) + 1
    pairs = np.unique(value_codes * span + codes[parents])
    left, right = pairs // span, pairs % span
    if "" in values:
        keep = left != values.index("")
        left, right = left[keep], right[keep]
    return values, left, right


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


def _repaired(text: str) -> str:
    """UTF-8 that was read as latin-1 or cp1252, read again."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text
