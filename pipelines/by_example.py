"""Clear receipts decided by example: the first of its kind is judged in full, the others take over what was decided.

Of one kind are receipts whose fields fall into the same levels, on the same side of every gate (``decide.sides``). What
differs between them is how rare the amount and the payer's name are: so bits and probability are worked out for each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from pipelines.decide import Decision, sides
from pipelines.matching.batch import Batch
from pipelines.matching.clear import Case, ClearCases, Weight
from pipelines.matching.evidence import Weigher
from pipelines.matching.fields import Memory, Payer
from pipelines.model.construct import maker
from pipelines.model.proposal import AllocationKind, Disposition, Evidence, Proposal, ProposedLine
from pipelines.policy import Policy

_make_proposal, _make_line = maker(Proposal), maker(ProposedLine)


class _Outcome(NamedTuple):
    """What receipts with the very same bits come to."""

    disposition: Disposition
    reason: str
    message: str
    pattern: str
    probability: float
    waterfall: tuple[Evidence, ...]


class Examples:
    """The clear receipts of one batch.

    in_full: judges and decides one receipt. memory: what was decided so far, added to; nothing in it is about this
    batch.
    """

    def __init__(
        self,
        policy: Policy,
        batch: Batch,
        weigher: Weigher,
        cases: ClearCases,
        in_full: Callable[[int], Decision],
        memory: Memory,
    ) -> None:
        self._policy = policy
        self._batch = batch
        self._weigher = weigher
        self._cases = cases
        self._in_full = in_full
        self._prior = weigher.prior()
        self._decided: dict[Hashable, Decision] = memory.decided
        self._outcomes: dict[Hashable, _Outcome] = memory.outcomes
        self._kinds = memory.kinds
        self._taken: dict[int, tuple[int, _Outcome]] = {}

    def takes(self, receipt: int) -> bool:
        """Whether a receipt is clear; then it is decided."""
        case = self._cases.of(receipt)
        if case is None:
            return False
        key = case[1:6], id(case.payer), *case[7:]
        outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = self._outcomes[key] = self._decide(receipt, case)
        self._taken[receipt] = case.row, outcome
        return True

    def claims(self) -> dict[int, list[int]]:
        """Row → the receipts that would post all that is open of it."""
        found: dict[int, list[int]] = {}
        for receipt, (row, outcome) in self._taken.items():
            if outcome.disposition is Disposition.AUTO:
                found.setdefault(row, []).append(receipt)
        return found

    def proposal(self, receipt: int) -> Proposal:
        """What a receipt that was taken comes to."""
        row, outcome = self._taken[receipt]
        items, amount = self._batch.items, self._batch.amounts[receipt]
        debtor = items.debtor_numbers[items.debtor_at[row]]
        return _make_proposal(
            self._batch.text("transaction_id")[receipt], 1,
            (_make_line(items.numbers[row], debtor, amount, amount, AllocationKind.SETTLEMENT),),
            outcome.probability, outcome.disposition, outcome.reason, outcome.message, outcome.pattern,
            outcome.waterfall, 0, self._policy.hash,
        )  # fmt: skip

    def _decide(self, receipt: int, case: Case) -> _Outcome:
        weight = self._cases.weigh(case)
        decision = self._decision(receipt, case, weight)
        row = self._weigher.row
        payer = () if case.level == "own_id" else case.payer.evidence
        waterfall = (
            self._prior, row("reference", case.level, case.reference), row("amount", "exact", weight.amount),
            *payer, case.date,
        )  # fmt: skip
        probability = self._policy.honesty.share(weight.probability, decision.pattern)
        return _Outcome(*decision, probability, waterfall)

    def _decision(self, receipt: int, case: Case, weight: Weight) -> Decision:
        on_sides = sides(
            self._policy, (case.reference, weight.amount, case.payer.strength, weight.probability, weight.margin)
        )
        key = case.level, case.against, self._kind(case.payer), case.flags, case.above_limit, on_sides
        found = self._decided.get(key)
        if found is None:
            found = self._decided[key] = self._in_full(receipt)
        return found

    def _kind(self, payer: Payer) -> Hashable:
        """The levels of a payer's fields and what is said of them."""
        found = self._kinds.get(id(payer))
        if found is None:
            levels = tuple([row.level for row in payer.evidence])
            found = self._kinds[id(payer)] = levels, payer.named, payer.identified, payer.other_name
        return found
