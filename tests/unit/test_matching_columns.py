"""Columns of text changed and read in bulk say what the plain functions say value by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from pipelines.matching import columns
from pipelines.matching.columns import MAX_DIGITS, compacted, digit_values, in_order, split_pairs, told_once
from pipelines.text import compact

NUMBERS = [
    "RE-2026-00123", "re 2026/00124", "", "Größe 7", "Ärzte-4711", "12.120000001", "AB12CD34EF", "---", "0007",
    "1" * MAX_DIGITS, "9" * (MAX_DIGITS + 1), "x|y", "tab\t1", "ſ1", "№ 5", "１２",
]  # fmt: skip


def _column(texts: list[str]) -> Any:
    return pa.array(texts, pa.large_string())


@pytest.mark.parametrize("block", [1, 3, 1 << 15])
def test_letters_and_digits_of_a_column(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_BLOCK", block)
    assert compacted(_column(NUMBERS)).to_pylist() == [compact(text) for text in NUMBERS]
    # A stretch of a longer column does not begin at the first byte of its memory.
    assert compacted(_column(NUMBERS)[3:9]).to_pylist() == [compact(text) for text in NUMBERS[3:9]]
    assert compacted(_column([])).to_pylist() == []
    assert compacted(_column(["", ""])).to_pylist() == ["", ""]


def test_digits_of_a_column_as_numbers() -> None:
    keys = [compact(text) for text in NUMBERS]
    values, lengths = digit_values(_column(keys))
    digits = ["".join(sign for sign in key if sign.isdigit()) for key in keys]
    assert lengths.tolist() == [len(text) for text in digits]
    assert values.tolist() == [int(text) if 0 < len(text) <= MAX_DIGITS else -1 for text in digits]


def test_what_is_told_of_a_debtor_twice_is_read_once() -> None:
    told = ["Meier|Maier", "Schulz", "Meier|Maier", "", "Meyer", "Schulz", "Schulz"]
    debtors = np.array([0, 1, 0, 1, 0, 1, 2])
    once, of_debtor = told_once(_column(told), debtors)
    assert once.to_pylist() == ["Meier|Maier", "Schulz", "", "Meyer", "Schulz"]
    assert of_debtor.tolist() == [0, 1, 1, 0, 2]
    names, places, owners = split_pairs(once, of_debtor)
    all_names, all_places, all_owners = split_pairs(_column(told), debtors)
    assert names.to_pylist() == all_names.to_pylist()
    assert (places.tolist(), owners.tolist()) == (all_places.tolist(), all_owners.tolist())
    assert told_once(_column([]), debtors[:0])[0].to_pylist() == []


@pytest.mark.parametrize(
    "keys",
    [
        np.array([], np.int64), np.array([7]), np.array([3, 1, 3, 2, 1, 3]), np.array([5, -1, 5, -1]),
        np.array([10**18, 1, 10**18, 0]), np.array([9, 9, 2**64 - 1, 9], np.uint64),
        # Alike in all but the last bits, which the place takes.
        np.array([2**40 + 3, 2**40 + 1, 2**40 + 3, 2**40, 2**40 + 1], np.uint64),
    ],
    ids=["none", "one", "doubles", "negative", "too-long", "hashes", "alike"],
)  # fmt: skip
def test_equal_keys_keep_their_order(keys: np.ndarray) -> None:
    assert in_order(keys).tolist() == np.argsort(keys, kind="stable").tolist()
