"""The plan of a match run: receipts and returns in the order in which they happened.

Matching decides on paper first. A collection on the 5th settles an invoice, its return on the 10th reopens it, and a
transfer on the 20th settles it again, even when all three arrive in one file; so the days with returns cut the receipts
into cohorts, and every cohort is solved as one assignment on the open items as they stood that morning (D11, D13).
Nothing is written here: ``post`` carries the plan out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Protocol

import pandas as pd

from pipelines.model.proposal import Disposition, Proposal
from pipelines.model.return_debit import ReturnLink, ReturnState, SettledPayment
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.resolve import ReturnResolver

SettlementsOf = Callable[[str, Proposal], Sequence[tuple[str, str, str, int, int]]]


class CohortMatcher(Protocol):
    """A matcher whose open items move with the plan (``pipelines.match.Matcher``)."""

    def plan(self, receipts: pd.DataFrame) -> list[Proposal]: ...

    def settle(self, invoice_number: str, amount_minor: int) -> None: ...

    def reopen(self, invoice_number: str, amount_minor: int) -> None: ...


@dataclass(slots=True)
class Plan:
    """considered: transaction ids in the order of the plan; proposals by rank; links of returns, all states."""

    considered: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    links: list[ReturnLink] = field(default_factory=list)


def make_plan(
    receipts: pd.DataFrame,
    returns: Sequence[Transaction],
    matcher: CohortMatcher,
    resolver: ReturnResolver,
    settlements_of: SettlementsOf,
    rejected: Collection[tuple[str, frozenset[str]]] = (),
    seen_before: Collection[str] = (),
) -> Plan:
    """Plans every receipt and return once.

    receipts: RECEIPTS frame of unallocated money in. settlements_of: (transaction_id, proposal) → the entries posting
    it would make, as (entry_id, invoice_number, debtor_number, cash_minor, effect_minor). rejected: explanations a
    person refused; they stay proposals. seen_before: receipts of earlier runs; one that a return takes back is not
    matched any more.
    """
    return _Planner(matcher, resolver, settlements_of, frozenset(rejected), frozenset(seen_before)).run(
        receipts, returns
    )


class _Planner:
    def __init__(
        self,
        matcher: CohortMatcher,
        resolver: ReturnResolver,
        settlements_of: SettlementsOf,
        rejected: frozenset[tuple[str, frozenset[str]]],
        seen_before: frozenset[str],
    ) -> None:
        self._matcher = matcher
        self._resolver = resolver
        self._settlements_of = settlements_of
        self._rejected = rejected
        self._seen_before = seen_before
        self._plan = Plan()

    def run(self, receipts: pd.DataFrame, returns: Sequence[Transaction]) -> Plan:
        receipts = receipts.sort_values(["booking_date", "transaction_id"], kind="stable").reset_index(drop=True)
        taken_back = {self._resolver.unsettled_original(r) for r in returns} & self._seen_before
        receipts = receipts[~receipts["transaction_id"].isin(taken_back)]
        days = _iso(receipts["booking_date"])
        waiting: list[Transaction] = []
        done = ""
        for day, group in groupby(sorted(returns, key=_by_day), key=lambda r: r.booking_date):
            # Returns come before the receipts of their day: what came back may be paid again that very day.
            cohort = receipts[(days >= done) & (days < day.isoformat())]
            done = day.isoformat()
            self._match(cohort)
            waiting = self._link([*waiting, *group])
        self._match(receipts[days >= done])
        for transaction in self._link(waiting):
            self._record(self._resolver.link(transaction))
        return self._plan

    def _match(self, receipts: pd.DataFrame) -> None:
        if receipts.empty:
            return
        facts = {
            str(key): (date.fromisoformat(day), str(end_to_end), str(mandate), str(iban), str(kind))
            for key, day, end_to_end, mandate, iban, kind in zip(
                receipts["transaction_id"], _iso(receipts["booking_date"]), receipts["end_to_end_id"],
                receipts["mandate_id"], receipts["counterparty_iban"], receipts["kind"], strict=True,
            )
        }  # fmt: skip
        self._plan.considered.extend(facts)
        for proposal in self._matcher.plan(receipts):
            invoices = frozenset(line.invoice_number for line in proposal.lines)
            if proposal.disposition is Disposition.AUTO and (proposal.transaction_id, invoices) in self._rejected:
                proposal = replace(
                    proposal,
                    disposition=Disposition.REVIEW,
                    reason="refused-before",
                    message="A person refused or took back this very allocation.",
                )
            self._plan.proposals.append(proposal)
            if proposal.disposition is Disposition.AUTO:
                self._settle(proposal, *facts[proposal.transaction_id])

    def _settle(self, proposal: Proposal, day: date, end_to_end: str, mandate: str, iban: str, kind: str) -> None:
        for line in proposal.lines:
            if line.invoice_number:
                self._matcher.settle(line.invoice_number, line.amount_minor)
        for entry_id, invoice, debtor, cash, effect in self._settlements_of(proposal.transaction_id, proposal):
            self._resolver.settle(
                SettledPayment(
                    entry_id=entry_id,
                    transaction_id=proposal.transaction_id,
                    invoice_number=invoice,
                    debtor_number=debtor,
                    cash_minor=cash,
                    effect_minor=effect,
                    booking_date=day,
                    end_to_end_id=end_to_end,
                    mandate_id=mandate,
                    counterparty_iban=iban,
                    by_collection=kind == TransactionKind.COLLECTION,
                )
            )

    def _link(self, returns: Sequence[Transaction]) -> list[Transaction]:
        """Links what can be linked now; gives back what still waits for its collection."""
        waiting = []
        for transaction in returns:
            links = self._resolver.link(transaction)
            if any(link.state is ReturnState.WAITING for link in links):
                waiting.append(transaction)
                continue
            self._record(links)
            for link in links:
                if link.state is ReturnState.LINKED:
                    effect = self._resolver.take_back(link, transaction.end_to_end_id)
                    if link.invoice_number:
                        self._matcher.reopen(link.invoice_number, effect)
        return waiting

    def _record(self, links: Sequence[ReturnLink]) -> None:
        self._plan.considered.append(links[0].transaction_id)
        self._plan.links.extend(links)


def _iso(days: pd.Series) -> pd.Series:
    return days.astype("str").str[:10]


def _by_day(transaction: Transaction) -> tuple[date, str]:
    return transaction.booking_date, transaction.transaction_id
