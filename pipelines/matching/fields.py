"""What weighing the fields of a receipt comes to, before explanations are made of it."""

from __future__ import annotations

from dataclasses import dataclass

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
