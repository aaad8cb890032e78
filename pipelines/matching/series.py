"""Number series are inferred from the items themselves: prefixes, lengths, where the year stands, what counts."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase, digits
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from pipelines.matching.columns import MAX_DIGITS, Flags, Ints

# A stretch is taken for the year when it is the issue year in nearly all items of a series.
_YEAR_SHARE = 0.9
_LEAST = 3
_JOINING = frozenset("-/._ ")
_CLASSES = {**{ord(sign): "0" for sign in digits}, **{ord(sign): "A" for sign in ascii_uppercase}}
_NO_DIGITS = {ord(sign): None for sign in digits}
# So many different letters at fixed places are no prefix or branch: they count.
_MOST_LETTERS = 12
_MOST_PREFIXES = 64


@dataclass(frozen=True, slots=True)
class Series:
    """What the loaded invoice numbers look like.

    prefixes: letters they begin with. lengths: how many digits they have in all. year_lengths: those lengths at which
    every series begins with a year. years: the years that occur. longest: characters of the longest key.
    starts_with_digit: whether any number begins with a digit. counters: see ItemIndex.counters.
    short_year: the digits with the year cut to two places, −1 where the series has no four-digit year in front.
    mixed: classes of signs (``00A00000A``) of numbers with letters behind digits, or with ever other letters in front →
    the letters that stand there, None when they count as well.
    bare_lengths: how many digits they have without leading zeros or with the year cut, six or more.
    """

    prefixes: frozenset[str]
    lengths: frozenset[int]
    year_lengths: frozenset[int]
    years: frozenset[int]
    longest: int
    starts_with_digit: bool
    counters: Ints
    short_year: Ints
    bare_lengths: frozenset[int]
    mixed: dict[str, frozenset[str] | None]

    def is_own_shape(self, prefix: str, digits: str) -> bool:
        """Whether digits behind a prefix ("" for none) look like an invoice number of ours."""
        if len(digits) not in self.lengths:
            return False
        if len(digits) in self.year_lengths:
            return int(digits[:4]) in self.years
        return len(digits) >= 4 or prefix in self.prefixes

    def is_mixed_shape(self, key: str) -> bool:
        """Whether letters and digits, without signs, look like a number of ours that has letters behind digits."""
        shape = key.translate(_CLASSES)
        if shape not in self.mixed:
            return False
        letters = self.mixed[shape]
        return letters is None or key.translate(_NO_DIGITS) in letters

    def letters_count(self, key: str) -> bool:
        """Whether the letters of a number of mixed shape are ever other ones."""
        return self.mixed.get(key.translate(_CLASSES), frozenset()) is None

    def is_part_of_own_shape(self, runs: list[tuple[str, int, int]], text: str, position: int) -> bool:
        """Whether a run of digits, alone or with its neighbours (``RE-2026-00999``), looks like a number of ours.

        runs, text: of a ``references.Scan``.
        """
        run = runs[position][0]
        before = runs[position - 1][0] if position and runs[position - 1][0][0] > "9" else ""
        return self.is_own_shape(before, run) or self.is_joined_shape(runs, text, position)

    def is_short_shape(self, runs: list[tuple[str, int, int]], text: str, position: int) -> bool:
        """Whether a run of one or two digits begins, right behind our own prefix, a number of ours: ``F-50-26``."""
        if not position or runs[position - 1][0] not in self.prefixes:
            return False
        gap = text[runs[position - 1][2] : runs[position][1]]
        return len(gap) <= 1 and _JOINING.issuperset(gap) and self.is_joined_shape(runs, text, position)

    def is_joined_shape(self, runs: list[tuple[str, int, int]], text: str, position: int) -> bool:
        """The same with at least one neighbour."""
        for first in range(max(position - 2, 0), position + 1):
            before = runs[first - 1][0] if first and runs[first - 1][0][0] > "9" else ""
            digits = ""
            for last in range(first, min(first + 3, len(runs))):
                run, start, _ = runs[last]
                if run[0] > "9" or (last > first and not _JOINING.issuperset(text[runs[last - 1][2] : start])):
                    break
                digits += run
                if last >= position and last > first and self.is_own_shape(before, digits):
                    return True
        return False


def find_series(keys: Any, numbers: Ints, lengths: Ints, issue: Ints) -> Series:
    """Infer the series of compact keys; ``issue`` are issue days, from which the years come."""
    prefix_codes, prefixes = _prefixes(keys)
    usable = numbers >= 0
    power = np.power(10, np.maximum(lengths - 4, 0), dtype=np.int64)
    year = issue.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    leading = np.where(usable & (lengths > 4), numbers // power, -1)
    trailing = np.where(usable & (lengths > 4), numbers % 10000, -1)
    power2 = np.power(10, np.maximum(lengths - 2, 0), dtype=np.int64)
    leading2 = np.where(usable & (lengths > 4), numbers // power2, -1)
    members = prefix_codes * (MAX_DIGITS + 2) + np.minimum(lengths, MAX_DIGITS + 1)
    if len(prefixes) > _MOST_PREFIXES:
        # Else counting leaves few places empty, and sorting a million numbers is saved.
        _, members = np.unique(members, return_inverse=True)
    sizes = np.bincount(members)

    def mostly(hit: Flags) -> Flags:
        share = np.bincount(members, weights=hit.astype(np.float64)) / np.maximum(sizes, 1)
        result: Flags = ((share >= _YEAR_SHARE) & (sizes >= _LEAST))[members]
        return result

    front = mostly(leading == year)
    back = mostly(trailing == year) & ~front
    front2 = mostly(leading2 == year % 100) & ~front & ~back
    counters = np.where(
        front, numbers % power, np.where(back, numbers // 10000, np.where(front2, numbers % power2, -1))
    )
    plain = usable & ~front & ~back & ~front2
    rows = np.flatnonzero(plain & (prefix_codes > 0))
    counters[rows] = numbers[rows]
    short = np.where(front, (numbers // power % 100) * power + numbers % power, -1)
    known_lengths = _occurring(lengths[usable])
    without_year = _occurring(lengths[usable & ~front])
    years = _occurring(leading[front])
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
        mixed=_mixed(keys, len(prefixes) > _MOST_PREFIXES),
        bare_lengths=_bare_lengths(numbers[usable], short),
    )


def _occurring(values: Ints) -> frozenset[int]:
    """The different ones of small whole numbers from 0 up."""
    return frozenset(np.flatnonzero(np.bincount(values)).tolist())


def _bare_lengths(numbers: Ints, short: Ints) -> frozenset[int]:
    values = np.concatenate((numbers, short[short > 0]))
    return frozenset(
        width
        for width in range(6, MAX_DIGITS + 1)
        if bool(((values >= 10 ** (width - 1)) & (values < 10**width)).any())
    )


def _mixed(keys: Any, many_prefixes: bool) -> dict[str, frozenset[str] | None]:
    """The shapes of keys whose letters count, each that three or more items have; see Series."""
    rows = pc.match_substring_regex(keys, "[0-9][A-Z]|^[A-Z]" if many_prefixes else "[0-9][A-Z]")
    if not pc.any(rows).as_py():
        return {}
    chosen = keys.filter(rows)
    shapes = pc.replace_substring_regex(pc.replace_substring_regex(chosen, "[0-9]", "0"), "[A-Z]", "A")
    letters = pc.replace_substring_regex(chosen, "[^A-Z]+", "")
    found: dict[str, frozenset[str] | None] = {}
    table = pa.table({"shape": shapes, "letters": letters}).group_by("shape")
    groups = table.aggregate([("letters", "count"), ("letters", "distinct")])
    columns = (groups[name].to_pylist() for name in ("shape", "letters_count", "letters_distinct"))
    for shape, count, different in zip(*columns, strict=True):
        behind = "0A" in shape
        if count >= _LEAST and (behind or len(different) > _MOST_LETTERS):
            found[shape] = frozenset(different) if len(different) <= _MOST_LETTERS else None
    return found


def _prefixes(keys: Any) -> tuple[Ints, list[str]]:
    """The leading letters of each key as a code (0 for none), and the list of them."""
    letters = pc.replace_substring_regex(keys, "[0-9].*$", "")
    encoded = pa.concat_arrays([pa.array([""], pa.large_string()), letters]).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)[1:]
    names = encoded.dictionary.to_pylist()
    used = _occurring(codes)
    return codes, [name if code in used else " " for code, name in enumerate(names)]
