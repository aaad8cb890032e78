"""What a payment may be that is no item of ours: foreign money, or something of a debtor that is not loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.matching.batch import Batch
from pipelines.matching.evidence import CLEAR, Weigher

if TYPE_CHECKING:
    from pipelines.matching.explain import Explanation

# Below this nothing says that the debtor paid at all.
_SOME_PAYER_BITS = 5.0


def rivals(batch: Batch, weigher: Weigher, receipt: int, ranked: Sequence[Explanation]) -> list[float]:
    """log2 weights of the explanations without lines; the first one is foreign money.

    ranked: the explanations by items, best first.
    """
    priors, bits = batch.policy.priors, batch.policy.bits["reference"]
    unlisted = math.log2(priors["unlisted"]) + weigher.prior_debtor
    found = [math.log2(priors["foreign"])]
    amount = batch.amounts[receipt]
    background = 2.0 ** -weigher.surprise(receipt, 1)
    best = ranked[0] if ranked and not ranked[0].closed else None
    clearly = best is not None and best.reference in CLEAR
    debtors: dict[int, tuple[int, ...]] = {}
    for one in ranked:
        if not one.closed:
            debtors.setdefault(one.debtor, one.rows)
    for debtor in batch.debtor_hits(receipt):
        if debtor >= 0:
            debtors.setdefault(debtor, ())
    for debtor, rows in debtors.items():
        payer = weigher.payer(receipt, debtor)
        if payer.bits < _SOME_PAYER_BITS:
            continue
        # Where the item is named, how often its amount repeats does not matter.
        share = 0.0 if clearly else weigher.same_amount_share(debtor, amount, rows)
        against = math.log2((0.1 * share + background) / background) if share else 0.0
        if clearly and best is not None and debtor != best.debtor:
            # Somebody else's unknown item does not explain why this one is named.
            against = bits["other"]
        elif best is not None and best.reference == "period" and debtor == best.debtor:
            # An item not loaded yet is of another month than the one named.
            against += bits["other_period"]
        found.append(unlisted + payer.bits + against)
    return found
