"""Automatic or review, and why: the gates every proposal passes, and one line for people about what was missing (D12).

The posterior alone never posts. Two independent kinds of evidence are needed (reference, amount, payer), nothing may
contradict, and what is unusual (part, overpayment, discount outside its terms) needs more.
"""

from __future__ import annotations

from typing import NamedTuple

from pipelines.matching.amounts import EXPLAINING
from pipelines.matching.assign import Choice
from pipelines.matching.batch import Batch
from pipelines.matching.evidence import DAMAGED, FAINT, NAMING
from pipelines.matching.explain import Explanation, Judgement
from pipelines.model.proposal import AllocationKind, Disposition
from pipelines.policy import Policy

_MESSAGES = {
    "own-id-returned": "our own reference came back with the fitting amount",
    "collection-batch": "the batch is one of our collections and its total agrees",
    "exact-reference-and-amount": "reference and amount name this item",
    "exact-reference-and-payer": "the reference and the payer name this item; a part is paid",
    "overpayment": "the reference and the payer name this item; the rest stays on the debtor's account",
    "cash-discount": "reference or payer and the amount less the agreed cash discount name this item",
    "several-items": "the named items add up to the amount",
    "damaged-reference-and-amount": "a damaged reference and the exact amount name this item",
    "payer-and-amount": "the payer is known and the amount fits one item only",
    "name-and-amount": "the payer's name and a rare amount fit one item only",
    "no-candidate": "nothing that is owed resembles this payment",
    "duplicate": "the item it names or fits is settled already, or another payment of this batch settles it",
    "cancelled-item": "the item it names is cancelled",
    "above-limit": "the amount is above the limit for automatic posting",
    "names-other-items": "the text names other items of ours as well",
    "several-debtors": "the items belong to several debtors; this needs approval",
    "batch-total-differs": "the batch total differs from our collections",
    "account-of-another-debtor": "the payer's account belongs to another debtor",
    "names-another-customer": "the text names another debtor's number",
    "payer-is-another-debtor": "the payer's name is another debtor's",
    "refund-wording": "the text speaks of a refund or reversal",
    "other-purpose": "the text speaks of something that is no payment of an invoice",
    "discount-after-deadline": "cash discount was taken after its last day",
    "discount-without-terms": "cash discount was taken that is not agreed",
    "small-difference": "the amount differs by a little from what is open",
    "partly-settled": "the full amount was paid although a part is settled",
    "part-payment-unconfirmed": "less than open was paid; reference or payer is not certain enough",
    "overpayment-unconfirmed": "more than open was paid; the rest may belong to another item",
    "unexplained-number": "the text holds a number that is none of ours",
    "damaged-reference-only": "the number is damaged and nothing about the payer confirms it",
    "single-evidence": "only one kind of evidence; reference, amount and payer must agree in two",
    "amount-unexplained": "no item or combination of items explains the amount",
    "ambiguous": "another explanation is nearly as likely",
    "not-sure-enough": "the probability is below the policy's threshold",
    "too-many-claims": "more payments claim the same items than are solved together",
}  # fmt: skip

# Bits from which a field counts as a kind of evidence of its own.
_KIND_BITS = 5.0
_PAYER_BITS = 8.0
_STRONG_PAYER_BITS = 10.0
_SOME_PAYER_BITS = 4.0
_STRONG_REFERENCE_BITS = 10.0
_RARE_AMOUNT_BITS = 9.0
_SETS = frozenset({"range", "listed", "listed_part"})
_WHOLE = frozenset({"own_id", "creditor_reference", "document", "full", "digits"})


class Decision(NamedTuple):
    """What becomes of a receipt's best explanation."""

    disposition: Disposition
    reason: str
    message: str


def decide(policy: Policy, batch: Batch, judgement: Judgement, choice: Choice) -> Decision:
    """The gates, the most telling reason first."""
    reason = _objection(policy, batch, judgement, choice)
    if reason:
        return Decision(Disposition.REVIEW, reason, _MESSAGES[reason])
    assert choice.explanation is not None
    reason = _ground(choice.explanation)
    return Decision(Disposition.AUTO, reason, _MESSAGES[reason])


def _objection(policy: Policy, batch: Batch, judgement: Judgement, choice: Choice) -> str:
    one = choice.explanation
    if one is None:
        return "duplicate" if choice.claimed else "no-candidate"
    if one.closed:
        return one.closed
    rules = policy.automation
    amount = batch.amounts[judgement.receipt]
    if choice.bounded:
        return "too-many-claims"
    for gate in (
        one.contradictions[0] if one.contradictions else "",
        _amount_objection(policy, batch, judgement, one),
        _evidence_objection(policy, batch, judgement, one),
    ):
        if gate:
            return gate
    if choice.claimed:
        return "ambiguous"
    if choice.margin < rules.min_margin_bits:
        return "ambiguous"
    if choice.probability < rules.min_probability:
        return "not-sure-enough"
    if rules.max_auto_minor and amount > rules.max_auto_minor:
        return "above-limit"
    return ""


def kinds(one: Explanation) -> int:
    """How many independent kinds of evidence speak for an explanation: reference, amount, payer."""
    reference = one.reference in NAMING | DAMAGED | _SETS and one.reference_bits >= _KIND_BITS
    reference = reference or one.reference == "batch_total"
    amount = one.amount in EXPLAINING and (one.amount_bits >= _KIND_BITS or one.amount == "batch_total")
    return int(reference) + int(amount) + int(one.payer_strength >= _PAYER_BITS)


def _amount_objection(policy: Policy, batch: Batch, judgement: Judgement, one: Explanation) -> str:
    if one.amount == "late_discount":
        return "discount-after-deadline"
    if one.amount == "unagreed_discount":
        return "discount-without-terms"
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
    named = one.reference in NAMING | _SETS | {"batch_total"}
    if one.reference in DAMAGED:
        if one.amount not in EXPLAINING:
            return "amount-unexplained"
        # The neighbour of a number may be an invoice of another company: the payer, or a relative, must fit as well.
        # Letters typed for digits are no neighbours: the number is all there.
        alone = one.payer_strength < _SOME_PAYER_BITS and one.reference != "confused"
        if alone and not policy.automation.damaged_without_payer:
            return "damaged-reference-only"
    if judgement.refund and one.reference != "own_id" and one.payer_strength < _STRONG_PAYER_BITS:
        return "refund-wording"
    if found < policy.automation.min_kinds:
        return "single-evidence"
    if not named and one.reference not in DAMAGED - FAINT:
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
    if one.reference in NAMING:
        return "exact-reference-and-amount"
    if one.reference in DAMAGED:
        return "damaged-reference-and-amount"
    if one.payer_identified:
        return "payer-and-amount"
    return "name-and-amount"
