"""Automatic or review, and why: the gates every proposal passes, and one line for people about what was missing (D12).

The posterior alone never posts. Two independent kinds of evidence are needed (reference, amount, payer), nothing may
contradict, and what is unusual (part, overpayment, discount outside its terms) needs more. What passes must also have
earned it: the record of its evidence pattern keeps within the risk (``learning.earned``). What fails for a matter of
custom only, and was confirmed by people often enough, posts as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelines.learning.earned import SOFT, Earned
from pipelines.learning.patterns import pattern_of
from pipelines.learning.reasons import near_miss, text
from pipelines.matching.amounts import EXPLAINING
from pipelines.matching.assign import Choice
from pipelines.matching.batch import Batch
from pipelines.matching.evidence import DAMAGED, FAINT, NAMING
from pipelines.matching.explain import Explanation, Judgement
from pipelines.model.proposal import AllocationKind, Disposition
from pipelines.policy import Policy

# Bits from which a field counts as a kind of evidence of its own.
_KIND_BITS = 5.0
_PAYER_BITS = 8.0
_STRONG_PAYER_BITS = 10.0
_SOME_PAYER_BITS = 4.0
_STRONG_REFERENCE_BITS = 10.0
_RARE_AMOUNT_BITS = 9.0
_SETS = frozenset({"range", "listed", "listed_part", "listed_more"})
_WHOLE = frozenset({"own_id", "creditor_reference", "document", "full", "bare", "digits"})
_NAMED = NAMING | _SETS | {"batch_total"}
_REFERRING = NAMING | DAMAGED | _SETS
_LEGIBLE = DAMAGED - FAINT
_WHOLE_AMOUNT = EXPLAINING | {"late_discount"}


class Decision(NamedTuple):
    """What becomes of a receipt's best explanation. pattern: its evidence pattern, with every objection to it."""

    disposition: Disposition
    reason: str
    message: str
    pattern: str


def sides(policy: Policy, one: tuple[float, float, float, float, float]) -> tuple[bool, ...]:
    """On which side of every gate that asks for a number an explanation is: two that agree in this, and in their
    levels, are decided alike.

    one: bits of the reference, of the amount and of the payer's strongest field; probability; margin.
    """
    reference, amount, payer, probability, margin = one
    return (
        reference >= _KIND_BITS, reference >= _STRONG_REFERENCE_BITS, amount >= _KIND_BITS, amount >= _RARE_AMOUNT_BITS,
        payer >= _PAYER_BITS, payer >= _STRONG_PAYER_BITS, payer >= _SOME_PAYER_BITS,
        probability < policy.automation.min_probability, margin < policy.automation.min_margin_bits,
    )  # fmt: skip


def decide(policy: Policy, earned: Earned, batch: Batch, judgement: Judgement, choice: Choice) -> Decision:
    """The gates, the most telling reason first; then whether the pattern has earned to post by itself."""
    objections = list(dict.fromkeys(_objections(policy, batch, judgement, choice)))
    one = choice.explanation
    if one is None:
        return Decision(Disposition.REVIEW, objections[0], text(objections[0]), "none")
    pattern = pattern_of(one.evidence, one.closed, objections)
    if not objections:
        unearned = earned.objection(pattern)
        if not unearned:
            reason = _ground(one)
            return Decision(Disposition.AUTO, reason, text(reason), pattern)
        objections = [unearned]
        pattern = pattern_of(one.evidence, one.closed, objections if unearned in SOFT else ())
        if unearned in SOFT and earned.promotes and not earned.objection(pattern):
            return Decision(Disposition.AUTO, "earned", text("earned"), pattern)
    elif earned.promotes and SOFT.issuperset(objections) and not earned.objection(pattern):
        return Decision(Disposition.AUTO, "earned", text("earned"), pattern)
    return Decision(Disposition.REVIEW, objections[0], near_miss(objections[0], pattern, objections[1:]), pattern)


def _objections(policy: Policy, batch: Batch, judgement: Judgement, choice: Choice) -> Iterator[str]:
    one = choice.explanation
    if one is None:
        yield "duplicate" if choice.claimed else "no-candidate"
        return
    if one.closed:
        yield one.closed
        return
    rules = policy.automation
    if choice.bounded:
        yield "too-many-claims"
    yield from one.contradictions
    yield from filter(None, (_amount_objection(policy, batch, judgement, one),))
    yield from filter(None, (_evidence_objection(policy, batch, judgement, one),))
    if choice.claimed or choice.margin < rules.min_margin_bits:
        yield "ambiguous"
    if choice.probability < rules.min_probability:
        yield "not-sure-enough"
    if rules.max_auto_minor and _largest_payment(batch.amounts[judgement.receipt], one) > rules.max_auto_minor:
        yield "above-limit"


def _largest_payment(amount: int, one: Explanation) -> int:
    """What one debtor paid: a batch of our own debits is as many payments as it collects items."""
    return max(line.cash for line in one.lines) if one.amount == "batch_total" else amount


def kinds(one: Explanation) -> int:
    """How many independent kinds of evidence speak for an explanation: reference, amount, payer."""
    reference = one.reference in _REFERRING and one.reference_bits >= _KIND_BITS
    reference = reference or one.reference == "batch_total"
    amount = one.amount in _WHOLE_AMOUNT and (one.amount_bits >= _KIND_BITS or one.amount == "batch_total")
    return int(reference) + int(amount) + int(one.payer_strength >= _PAYER_BITS)


def _amount_objection(policy: Policy, batch: Batch, judgement: Judgement, one: Explanation) -> str:
    if one.amount in {"late_discount", "unagreed_discount"}:
        refused = all(line.kind is AllocationKind.PARTIAL for line in one.lines)
        if not refused or judgement.unexplained or judgement.refund or _fits_elsewhere(judgement, one):
            return "discount-after-deadline" if one.amount == "late_discount" else "discount-without-terms"
    if one.amount == "original":
        return "partly-settled"
    if one.amount == "small_difference":
        off = sum(line.amount for line in one.lines if line.kind is AllocationKind.SMALL_DIFFERENCE)
        over = sum(line.amount for line in one.lines if line.kind is AllocationKind.ON_ACCOUNT)
        amounts = policy.amounts
        if off > amounts.small_difference_under_minor or over > amounts.small_difference_over_minor:
            return "small-difference"
    if one.amount in {"partial", "over"}:
        certain = (
            one.reference in _WHOLE
            and one.reference_bits >= _STRONG_REFERENCE_BITS
            and one.payer_strength >= _STRONG_PAYER_BITS
            and not judgement.unexplained
            and not judgement.refund
        )
        if one.amount == "partial":
            if not certain or not policy.automation.part_payment or _fits_elsewhere(judgement, one):
                return "part-payment-unconfirmed" if one.reference in NAMING else "amount-unexplained"
        elif not certain or not policy.automation.over_payment or _could_pay_more(batch, judgement, one):
            return "overpayment-unconfirmed" if one.reference in NAMING else "amount-unexplained"
    return ""


def _fits_elsewhere(judgement: Judgement, one: Explanation) -> bool:
    """Whether the amount explains other items of this debtor completely: then the reference may be an old one."""
    return any(
        other.debtor == one.debtor and other.amount in EXPLAINING and not other.closed
        for other in judgement.explanations
        if other is not one
    )


def _could_pay_more(batch: Batch, judgement: Judgement, one: Explanation) -> bool:
    """Whether what is left over could pay (for) another open item of the debtor, or is suspiciously much."""
    rest = sum(line.amount for line in one.lines if line.row < 0)
    if rest * 2 > batch.amounts[judgement.receipt] or _fits_elsewhere(judgement, one):
        return True
    return any(
        0 < batch.items.open_at[row] * 9 <= rest * 10 and row not in one.rows
        for row in batch.items.items_of(one.debtor).tolist()
    )


def _evidence_objection(policy: Policy, batch: Batch, judgement: Judgement, one: Explanation) -> str:
    found = kinds(one)
    named = one.reference in _NAMED
    if one.reference in DAMAGED:
        if one.amount not in _WHOLE_AMOUNT:
            return "amount-unexplained"
        # The neighbour of a number may be an invoice of another company: the payer, or a relative, must fit as well.
        # Letters typed for digits are no neighbours: the number is all there.
        alone = one.payer_strength < _SOME_PAYER_BITS and one.reference != "confused"
        if alone and not policy.automation.damaged_without_payer:
            return "damaged-reference-only"
    if one.reference == "bare" and one.payer_strength < _SOME_PAYER_BITS:
        return "single-evidence"
    if judgement.refund and one.reference != "own_id" and one.payer_strength < _STRONG_PAYER_BITS:
        return "refund-wording"
    if one.reference == "listed_more":
        return "unnamed-items"
    if found < policy.automation.min_kinds:
        return "single-evidence"
    if not named and one.reference not in _LEGIBLE:
        if judgement.other_purpose:
            return "other-purpose"
        if judgement.foreign_number:
            return "unexplained-number"
        if not one.payer_identified:
            if not policy.automation.name_and_amount:
                return "single-evidence"
            if judgement.unexplained:
                return "unexplained-number"
            if not one.payer_named or one.amount_bits < _RARE_AMOUNT_BITS:
                return "single-evidence"
    return ""


def _ground(one: Explanation) -> str:
    if any(row.field == "reference" and row.level in {"own_id", "batch_total"} for row in one.evidence):
        return "collection-batch" if one.amount == "batch_total" else "own-id-returned"
    if one.amount == "partial":
        return "exact-reference-and-payer"
    if one.amount == "over":
        return "overpayment"
    if one.amount in {"discount", "declared"}:
        return "cash-discount"
    if one.amount in {"listed_sum", "combined_sum"}:
        return "several-items"
    if one.amount in {"late_discount", "unagreed_discount"}:
        return "discount-left-open"
    if one.reference in NAMING:
        return "exact-reference-and-amount"
    if one.reference in DAMAGED:
        return "damaged-reference-and-amount"
    if one.payer_identified:
        return "payer-and-amount"
    return "name-and-amount"
