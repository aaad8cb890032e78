"""Number series are inferred from the items themselves: prefixes, lengths, where the year stands, what counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.matching.columns import MAX_DIGITS, Flags, Ints

# A stretch is taken for the year when it is the issue year in nearly all items of a series.
_YEAR_SHARE = 0.9
_LEAST = 3


@dataclass(frozen=True, slots=True)
class Series:
    """What the loaded invoice numbers look like.

    prefixes: letters they begin with. lengths: how many digits they have in all. year_lengths: those lengths at which
    every series begins with a year. years: the years that occur. longest: characters of the longest key.
    starts_with_digit: whether any number begins with a digit. counters: see ItemIndex.counters.
    short_year: the digits with the year cut to two places, −1 where the series has no four-digit year in front.
    """

    prefixes: frozenset[str]
    lengths: frozenset[int]
    year_lengths: frozenset[int]
    years: frozenset[int]
    longest: int
    starts_with_digit: bool
    counters: Ints
    short_year: Ints

    def is_own_shape(self, prefix: str, digits: str) -> bool:
        """Whether digits behind a prefix ("" for none) look like an invoice number of ours."""
        if len(digits) not in self.lengths:
            return False
        if len(digits) in self.year_lengths:
            return int(digits[:4]) in self.years
        return len(digits) >= 4 or prefix in self.prefixes


def find_series(keys: Any, digits: Ints, lengths: Ints, issue: Ints) -> Series:
    """Infer the series of compact keys; ``issue`` are issue days, from which the years come."""
    prefix_codes, prefixes = _prefixes(keys)
    usable = digits >= 0
    power = np.power(10, np.maximum(lengths - 4, 0), dtype=np.int64)
    year = issue.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    leading = np.where(usable & (lengths > 4), digits // power, -1)
    trailing = np.where(usable & (lengths > 4), digits % 10000, -1)
    power2 = np.power(10, np.maximum(lengths - 2, 0), dtype=np.int64)
    leading2 = np.where(usable & (lengths > 4), digits // power2, -1)
    group = prefix_codes * (MAX_DIGITS + 2) + np.minimum(lengths, MAX_DIGITS + 1)
    _, members = np.unique(group, return_inverse=True)
    sizes = np.bincount(members)

    def mostly(hit: Flags) -> Flags:
        share = np.bincount(members, weights=hit.astype(np.float64)) / np.maximum(sizes, 1)
        result: Flags = ((share >= _YEAR_SHARE) & (sizes >= _LEAST))[members]
        return result

    front = mostly(leading == year)
    back = mostly(trailing == year) & ~front
    front2 = mostly(leading2 == year % 100) & ~front & ~back
    counters = np.where(front, digits % power, np.where(back, digits // 10000, np.where(front2, digits % power2, -1)))
    plain = usable & ~front & ~back & ~front2
    rows = np.flatnonzero(plain & (prefix_codes > 0))
    counters[rows] = digits[rows]
    short = np.where(front, (digits // power % 100) * power + digits % power, -1)
    known_lengths = frozenset(int(length) for length in np.unique(lengths[usable]))
    without_year = frozenset(int(length) for length in np.unique(lengths[usable & ~front]))
    years = frozenset(int(value) for value in np.unique(leading[front])) if front.any() else frozenset()
    longest = pc.max(pc.binary_length(keys)).as_py() if len(keys) else 0
    return Series(
        prefixes=frozenset(prefix for prefix in prefixes if prefix.strip()),
        lengths=known_lengths,
        year_lengths=known_lengths - without_year,
        years=years | frozenset(value + 1 for value in years),
        longest=longest or 0,
        starts_with_digit="" in prefixes,
        counters=counters,
        short_year=short,
    )


def _prefixes(keys: Any) -> tuple[Ints, list[str]]:
    """The leading letters of each key as a code (0 for none), and the list of them."""
    letters = pc.replace_substring_regex(keys, "[0-9].*$", "")
    encoded = pa.concat_arrays([pa.array([""], pa.large_string()), letters]).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)[1:]
    names = encoded.dictionary.to_pylist()
    used = set(np.unique(codes).tolist())
    return codes, [name if code in used else " " for code, name in enumerate(names)]
