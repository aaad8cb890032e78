"""The budget in euros: what may be at risk on one booking day (D12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.learning.earned import Earned
from pipelines.learning.reasons import near_miss
from pipelines.model.proposal import Disposition, Proposal

if TYPE_CHECKING:
    from pipelines.policy import Policy


def within_budget(
    proposals: Sequence[Proposal], facts: Mapping[str, tuple[int, int]], policy: Policy, earned: Earned
) -> list[Proposal]:
    """The proposals, with those for review that would put more than ``risk_minor`` at risk on their booking day.

    facts: transaction → (booking day, amount in minor units). At risk is amount × upper bound of the pattern's error
    rate; the smallest risks go first, so that many small payments are not held up by a large one.
    """
    budget = policy.automation.risk_minor
    if not budget:
        return list(proposals)
    days: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for proposal in proposals:
        if proposal.disposition is Disposition.AUTO:
            day, amount = facts[proposal.transaction_id]
            rate = max(earned.standing(proposal.pattern).bound, 1.0 - proposal.probability)
            days[day].append((amount * rate, proposal.transaction_id))
    over: set[str] = set()
    for risks in days.values():
        spent = 0.0
        for risk, transaction_id in sorted(risks):
            spent += risk
            if spent > budget:
                over.add(transaction_id)
    return [
        replace(
            proposal,
            disposition=Disposition.REVIEW,
            reason="risk-budget",
            message=near_miss("risk-budget", proposal.pattern),
        )
        if proposal.transaction_id in over and proposal.disposition is Disposition.AUTO
        else proposal
        for proposal in proposals
    ]
