"""What weighing the fields of a receipt comes to, before explanations are made of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from pipelines.model.construct import maker
from pipelines.model.proposal import Evidence


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid, judged for one debtor. bits: their sum; strength: the strongest field alone.

    contradiction: reason code when a field says it is somebody else, else "". named: the name fits. identified: by
    account or number. other_name: the name is exactly another debtor's.
    """

    bits: float
    strength: float
    evidence: tuple[Evidence, ...]
    contradiction: str
    named: bool
    identified: bool
    other_name: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text says about numbers, whoever it is about.

    unexplained: digits nobody knows. foreign: some of them have the shape of our own numbers. clear: items named
    clearly, with the characters that name them.
    """

    unexplained: bool
    foreign: bool
    clear: dict[int, tuple[int, int]]


# The same values, made without paying for their frozenness: there is one or more for every receipt.
make_evidence, make_payer, make_reading = maker(Evidence), maker(Payer), maker(Reading)


_MOST_REMEMBERED = 200_000


@dataclass(slots=True)
class Memory:
    """What was worked out for one batch and holds for every batch of one matcher: under one policy, against one index.

    payers: equal ways in which payers are known, one object each. carried: bits by (row, level). surprises: bits by
    (amount, others that cost the same). evidence: waterfall rows. outcomes, kinds, decided: see
    ``pipelines.by_example``.
    """

    payers: dict[Hashable, Payer] = field(default_factory=dict)
    equal_payers: dict[Hashable, Payer] = field(default_factory=dict)
    carried: dict[tuple[int, str], float] = field(default_factory=dict)
    surprises: dict[tuple[int, int], float] = field(default_factory=dict)
    evidence: dict[tuple[str, str, float], Evidence] = field(default_factory=dict)
    outcomes: dict[Hashable, Any] = field(default_factory=dict)
    kinds: dict[int, Hashable] = field(default_factory=dict)
    decided: dict[Hashable, Any] = field(default_factory=dict)

    def trim(self) -> None:
        """Forget what has become too much; nothing else changes by that. Not while a batch is judged."""
        for one in (self.carried, self.surprises):
            if len(one) > _MOST_REMEMBERED:
                one.clear()
        if max(len(self.outcomes), len(self.payers), len(self.evidence)) > _MOST_REMEMBERED:
            # What is known by its place in memory is forgotten together with it.
            for many in (self.outcomes, self.kinds, self.payers, self.equal_payers, self.evidence):
                many.clear()
