"""Receipts cut into parts that are judged apart, in other processes or on other machines, with the same result.

What a receipt may be does not depend on the other receipts; only what it gets does, where several claim the same cents.
So a part judges its receipts and says what each would take. Where all parts together want more of an item than is
open, the receipts that claim it are judged once more, together, and that settles them exactly as one assignment of the
whole batch would: every claimant of a contested item is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

from pipelines.model.construct import maker
from pipelines.model.proposal import AllocationKind, Disposition, Evidence, Proposal, ProposedLine

_KINDS = {kind.value: kind for kind in AllocationKind}
_DISPOSITIONS = {one.value: one for one in Disposition}
_proposal, _line = maker(Proposal), maker(ProposedLine)


@dataclass(slots=True)
class Part:
    """What a part of the receipts comes to, receipts in order.

    proposals: per receipt its ranked proposals. claims: per receipt what it would take, taken alone, of which invoice
    (minor units, signed like the item); empty where it would not post by itself.
    """

    proposals: list[list[Proposal]]
    claims: list[dict[str, int]]


def bounds(count: int, parts: int) -> list[tuple[int, int]]:
    """From and to of ``parts`` nearly equal stretches of ``count`` rows; fewer where there are fewer rows."""
    parts = max(min(parts, count), 1)
    cuts = [count * place // parts for place in range(parts + 1)]
    return list(pairwise(cuts))


def contested(parts: Sequence[Part], open_minor: Callable[[str], int | None]) -> list[int]:
    """Positions, counted over all parts, of the receipts that claim more of some item than is open."""
    wanted: dict[str, int] = {}
    several: set[str] = set()
    for part in parts:
        for claims in part.claims:
            for number, amount in claims.items():
                if number in wanted:
                    several.add(number)
                    amount += wanted[number]
                wanted[number] = amount
    # Hardly any item is claimed twice.
    over = {number for number in several if abs(wanted[number]) > abs(open_minor(number) or 0)}
    if not over:
        return []
    every = chain.from_iterable(part.claims for part in parts)
    return [position for position, claims in enumerate(every) if not over.isdisjoint(claims)]


def join(
    parts: Sequence[Part],
    open_minor: Callable[[str], int | None],
    together: Callable[[list[int]], list[list[Proposal]]],
) -> list[list[Proposal]]:
    """The proposals of all receipts. together: judges the receipts at these positions as one batch."""
    found = [ranked for part in parts for ranked in part.proposals]
    again = contested(parts, open_minor)
    if again:
        for position, ranked in zip(again, together(again), strict=True):
            found[position] = ranked
    return found


# --- over the wire --------------------------------------------------------------------------------------------------


def pack(part: Part) -> tuple[Any, ...]:
    """A part as plain tuples: a tenth of the time and size of pickling the values themselves."""
    rows: dict[tuple[str, str, float], int] = {}
    # Many receipts have the very same waterfall; it is known again by its place in memory.
    seen: dict[int, list[int]] = {}

    def rows_of(waterfall: tuple[Evidence, ...]) -> list[int]:
        found = seen.get(id(waterfall))
        if found is None:
            found = seen[id(waterfall)] = [
                rows.setdefault((row.field, row.level, row.bits), len(rows)) for row in waterfall
            ]
        return found

    proposals = [
        [
            (
                one.transaction_id,
                one.rank,
                [
                    (line.invoice_number, line.debtor_number, line.amount_minor, line.cash_minor, line.kind.value)
                    for line in one.lines
                ],
                one.probability,
                one.disposition.value,
                one.reason,
                one.message,
                one.pattern,
                rows_of(one.waterfall),
                one.remainder_minor,
                one.policy_hash,
            )
            for one in ranked
        ]
        for ranked in part.proposals
    ]
    return proposals, part.claims, list(rows)


def unpack(packed: tuple[Any, ...]) -> Part:
    """The part that ``pack`` took apart."""
    proposals, claims, rows = packed
    evidence = [Evidence(*row) for row in rows]
    # Lists that were one object when they were packed are one object again.
    seen: dict[int, tuple[Evidence, ...]] = {}

    def waterfall_of(places: list[int]) -> tuple[Evidence, ...]:
        found = seen.get(id(places))
        if found is None:
            found = seen[id(places)] = tuple([evidence[row] for row in places])
        return found

    return Part(
        [
            [
                _proposal(
                    key, rank,
                    tuple([_line(number, debtor, amount, cash, _KINDS[kind]) for number, debtor, amount, cash, kind
                           in lines]),
                    probability, _DISPOSITIONS[disposition], reason, message, pattern,
                    waterfall_of(waterfall), remainder, policy_hash,
                )
                for key, rank, lines, probability, disposition, reason, message, pattern, waterfall, remainder,
                policy_hash in ranked
            ]
            for ranked in proposals
        ],
        claims,
    )  # fmt: skip
