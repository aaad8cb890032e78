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
SOME_PAYER_BITS = 5.0


def foreign(batch: Batch) -> float:
    """log2 weight of foreign money."""
    return math.log2(batch.policy.priors["foreign"])


def unlisted(batch: Batch, weigher: Weigher) -> float:
    """log2 weight of something one debtor owes that is not loaded."""
    return math.log2(batch.policy.priors["unlisted"]) + weigher.prior_debtor


def repeats(share: float, surprise: float) -> float:
    """Bits for an item of the same debtor that is not loaded, when this share of the debtor's items costs the same.

    surprise: bits a fitting amount is worth.
    """
    if not share:
        return 0.0
    background = 2.0**-surprise
    return math.log2((0.1 * share + background) / background)


def rivals(batch: Batch, weigher: Weigher, receipt: int, ranked: Sequence[Explanation]) -> list[float]:
    """log2 weights of the explanations without lines; the first one is foreign money.

    ranked: the explanations by items, best first.
    """
    bits = batch.policy.bits["reference"]
    of_debtor = unlisted(batch, weigher)
    found = [foreign(batch)]
    amount = batch.amounts[receipt]
    surprise = weigher.surprise(receipt, 1)
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
        if payer.bits < SOME_PAYER_BITS:
            continue
        # Where the item is named, how often its amount repeats does not matter.
        share = 0.0 if clearly else weigher.same_amount_share(debtor, amount, rows)
        against = repeats(share, surprise)
        if clearly and best is not None and debtor != best.debtor:
            # Somebody else's unknown item does not explain why this one is named.
            against = bits["other"]
        elif best is not None and best.reference == "period" and debtor == best.debtor:
            # An item not loaded yet is of another month than the one named.
            against += bits["other_period"]
        found.append(of_debtor + payer.bits + against)
    return found
