"""Which claims a payment settles when it does not say so clearly: the order of BGB §§ 366 and 367. Pure.

The payer's designation comes first (§366 (1)). What it leaves open goes to what is due, then to what is less secured,
then to what weighs more heavily on the debtor, then to the older, then in proportion (§366 (2)). Within one claim
costs come before interest and interest before the principal (§367 (1)). Who pays exactly the total of an invoice with
its number has thereby designated the principal: the invoice is settled and its fees stay open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final

from pipelines.ports.operations import ClaimRow
from pipelines.text import compact, holds_whole


class Rule(StrEnum):
    """Why a claim got its share."""

    DESIGNATION = "designation"
    EXACT_TOTAL = "exact-total"
    ONLY_CLAIM = "only-claim"
    DUE = "due"
    LESS_SECURED = "less-secured"
    MORE_BURDENSOME = "more-burdensome"
    OLDER = "older"
    PROPORTIONAL = "proportional"


_LAW: Final = {
    Rule.DESIGNATION: "BGB §366(1)",
    Rule.EXACT_TOTAL: "BGB §366(1), §367(2)",
    Rule.ONLY_CLAIM: "BGB §362(1)",
}
_OTHERWISE: Final = "BGB §366(2)"
_WITHIN: Final = {"costs": 0, "interest": 1, "principal": 2}
_SHORTEST_NUMBER: Final = 4


@dataclass(frozen=True, slots=True)
class LawfulShare:
    """What one claim gets. rule: as stored and exported, such as ``due`` or ``designation/costs``; law: where it is
    written."""

    claim: ClaimRow
    amount_minor: int
    rule: str
    law: str


@dataclass(frozen=True, slots=True)
class _Debt:
    """A principal with its costs and interest (§367), or a fee that belongs to nothing known."""

    parts: tuple[ClaimRow, ...]

    @property
    def open_minor(self) -> int:
        return sum(part.open_minor for part in self.parts)

    @property
    def head(self) -> ClaimRow:
        return self.parts[-1]

    def key(self, as_of: date) -> tuple[bool, bool, int, date]:
        """§366 (2): due first, less secured first, the heavier first, the older first."""
        head = self.head
        burden = max(part.dunning_level for part in self.parts) * 2 + any(
            part.kind == "interest" for part in self.parts
        )
        return head.due_date > as_of, head.is_secured, -burden, head.issue_date


_CRITERIA: Final = (Rule.DUE, Rule.LESS_SECURED, Rule.MORE_BURDENSOME, Rule.OLDER)


def designated(text: str, claims: Iterable[ClaimRow]) -> set[str]:
    """The invoice numbers that a payment's own words name, each as a whole (``14`` is not in ``1814``)."""
    said = compact(text)
    return {
        claim.invoice_number
        for claim in claims
        if len(compact(claim.invoice_number)) >= _SHORTEST_NUMBER and holds_whole(said, compact(claim.invoice_number))
    }


def allocate_by_law(
    amount_minor: int, claims: Sequence[ClaimRow], named: Collection[str], as_of: date
) -> tuple[list[LawfulShare], int]:
    """Divides money over the open claims of one debtor in one currency; the second value is what is left over.

    claims: with open_minor > 0; credit notes are left out, because setting them off is a declaration of its own.
    named: invoice numbers the payer designated. as_of: the day that decides what is due.
    """
    debts = _debts([claim for claim in claims if claim.open_minor > 0])
    exact = _exact_total(amount_minor, debts, named)
    if exact:
        return exact, 0
    shares: list[LawfulShare] = []
    chosen = [debt for debt in debts if any(part.invoice_number in named for part in debt.parts)]
    others = [debt for debt in debts if debt not in chosen]
    rest = _serve(amount_minor, chosen, as_of, shares, Rule.DESIGNATION)
    rest = _serve(rest, others, as_of, shares, Rule.ONLY_CLAIM if len(debts) == 1 else None)
    return shares, rest


def _debts(claims: Sequence[ClaimRow]) -> list[_Debt]:
    by_head: dict[str, list[ClaimRow]] = defaultdict(list)
    heads = {claim.invoice_number for claim in claims if claim.kind == "principal"}
    for claim in claims:
        belongs = claim.kind != "principal" and claim.of_invoice in heads
        by_head[claim.of_invoice if belongs else claim.invoice_number].append(claim)
    ordered = [
        sorted(parts, key=lambda c: (_WITHIN[c.kind], c.issue_date, c.invoice_number)) for parts in by_head.values()
    ]
    return [_Debt(tuple(parts)) for parts in ordered]


def _exact_total(amount_minor: int, debts: Sequence[_Debt], named: Collection[str]) -> list[LawfulShare]:
    """The named principals when the money is exactly theirs; [] otherwise."""
    heads = [debt.head for debt in debts if debt.head.invoice_number in named]
    if not heads or sum(head.open_minor for head in heads) != amount_minor:
        return []
    law = _LAW[Rule.EXACT_TOTAL]
    return [LawfulShare(head, head.open_minor, Rule.EXACT_TOTAL.value, law) for head in heads]


def _serve(rest: int, debts: Sequence[_Debt], as_of: date, shares: list[LawfulShare], given: Rule | None) -> int:
    """Pays debts in the order of §366 (2); given: the rule that brought them up, None for the order itself."""
    order = sorted(debts, key=lambda debt: (debt.key(as_of), debt.head.invoice_number))
    groups = [list(group) for _, group in groupby(order, key=lambda debt: debt.key(as_of))]
    for place, group in enumerate(groups):
        if rest <= 0:
            break
        rule = given or _deciding(groups, place, as_of)
        wanted = sum(debt.open_minor for debt in group)
        if wanted <= rest or len(group) == 1:
            for debt in group:
                rest -= _pay(debt, min(rest, debt.open_minor), rule, shares)
            continue
        # Equal in every respect: in proportion, the last cents to the largest remainders.
        money = rest
        exact = [divmod(money * debt.open_minor, wanted) for debt in group]
        parts = [whole for whole, _ in exact]
        for index in sorted(range(len(group)), key=lambda i: (-exact[i][1], i))[: money - sum(parts)]:
            parts[index] += 1
        for debt, part in zip(group, parts, strict=True):
            rest -= _pay(debt, part, Rule.PROPORTIONAL if given is None else given, shares)
    return rest


def _deciding(groups: Sequence[Sequence[_Debt]], place: int, as_of: date) -> Rule:
    """The criterion that put a group before the next one; the last group is told by what put it there."""
    if len(groups) == 1:
        return Rule.ONLY_CLAIM if len(groups[0]) == 1 else Rule.PROPORTIONAL
    other = place + 1 if place + 1 < len(groups) else place - 1
    mine, theirs = groups[place][0].key(as_of), groups[other][0].key(as_of)
    return next(rule for rule, one, two in zip(_CRITERIA, mine, theirs, strict=True) if one != two)


def _pay(debt: _Debt, amount_minor: int, rule: Rule, shares: list[LawfulShare]) -> int:
    """§367 (1): costs, interest, principal. Returns what was paid."""
    rest = amount_minor
    for part in debt.parts:
        paid = min(rest, part.open_minor)
        if paid > 0:
            law = _LAW.get(rule, _OTHERWISE)
            name = rule.value
            if len(debt.parts) > 1:
                name, law = f"{name}/{part.kind}", f"{law}, §367(1)"
            shares.append(LawfulShare(part, paid, name, law))
            rest -= paid
    return amount_minor - rest
