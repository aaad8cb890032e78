"""Sums of items: right, unique, bounded."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from matchers._sums import Choice, unique_sum


def _all(choices: list[Choice], target: int) -> list[tuple[int, ...]]:
    """Every way to reach the target, by brute force."""
    options = [[*choice.amounts] + ([] if choice.required else [None]) for choice in choices]
    found = []
    for picked in product(*options):
        if sum(amount for amount in picked if amount is not None) == target:
            chosen = (choice.item for choice, amount in zip(choices, picked, strict=True) if amount is not None)
            found.append(tuple(chosen))
    return found


@given(
    st.lists(st.tuples(st.integers(-20, 60).filter(bool), st.booleans(), st.booleans()), min_size=1, max_size=8),
    st.integers(1, 150),
)
def test_a_unique_sum_is_the_only_one(rows: list[tuple[int, bool, bool]], target: int) -> None:
    choices = [
        Choice(place, (amount, amount - 1) if reduced else (amount,), required)
        for place, (amount, required, reduced) in enumerate(rows)
    ]
    expected = _all(choices, target)
    found = unique_sum(choices, target, 10_000)
    assert (found.items if found else None) == (expected[0] if len(expected) == 1 else None)


def test_the_bound_holds() -> None:
    choices = [Choice(place, (3**place,), False) for place in range(24)]
    assert unique_sum(choices, 3**23 + 3**5 + 1, 1000) is None
