"""Which items of one debtor add up to an amount: bounded by a number of partial sums, never by a clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Choice(NamedTuple):
    """An item and the amounts that would settle it (gross, and net of cash discount where that is agreed)."""

    item: int
    amounts: tuple[int, ...]
    required: bool


class Solution(NamedTuple):
    """The items that add up. ``ways``: how many combinations were possible."""

    items: tuple[int, ...]
    ways: float


def unique_sum(choices: Sequence[Choice], target: int, max_states: int) -> Solution | None:
    """The one set of items that sums to ``target``; None if there is none, more than one, or the bound is reached."""
    lowest, highest = [0], [0]
    for choice in reversed(choices):
        least, most = min(choice.amounts), max(choice.amounts)
        lowest.append(lowest[-1] + (least if choice.required else min(0, least)))
        highest.append(highest[-1] + (most if choice.required else max(0, most)))
    lowest.reverse()
    highest.reverse()
    if not lowest[0] <= target <= highest[0]:
        return None
    ways = 1.0
    # Partial sum → (how many ways, up to 2; the items of one way as a linked list).
    states: dict[int, tuple[int, tuple[int, object] | None]] = {0: (1, None)}
    for position, choice in enumerate(choices):
        ways *= len(choice.amounts) + (not choice.required)
        rest_low, rest_high = lowest[position + 1], highest[position + 1]
        following: dict[int, tuple[int, tuple[int, object] | None]] = {}
        for total, (count, path) in states.items():
            if not choice.required and rest_low <= target - total <= rest_high:
                _put(following, total, count, path)
            for amount in dict.fromkeys(choice.amounts):
                reached = total + amount
                if rest_low <= target - reached <= rest_high:
                    _put(following, reached, count, (choice.item, path))
        if len(following) > max_states:
            return None
        states = following
    found = states.get(target)
    if found is None or found[0] != 1:
        return None
    items = []
    link = found[1]
    while link is not None:
        items.append(link[0])
        link = link[1]  # type: ignore[assignment]
    return Solution(tuple(sorted(items)), ways)


def _put(
    states: dict[int, tuple[int, tuple[int, object] | None]], total: int, count: int, path: tuple[int, object] | None
) -> None:
    known = states.get(total)
    states[total] = (count, path) if known is None else (2, known[1])
