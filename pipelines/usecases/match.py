"""``match``: decides on paper what every waiting receipt and return is, and stores the plan for ``post``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from pipelines.frames import RECEIPTS, conform
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.proposal import Disposition
from pipelines.model.return_debit import ReturnState
from pipelines.plan import CohortMatcher, Plan, SettlementsOf, make_plan
from pipelines.ports.work import Books
from pipelines.resolve import ReturnResolver

MakeMatcher = Callable[[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame], CohortMatcher]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """counts: considered, automatic, review, unmatched, returns_linked, returns_waiting, returns_review.

    unchanged: nothing had arrived since the last match run, so nothing was decided anew.
    """

    counts: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    unchanged: bool = False


def match(
    books: Books,
    make_matcher: MakeMatcher,
    settlements_of: Callable[[str], SettlementsOf],
    policy_hash: str,
    as_of: date,
) -> MatchResult:
    """Plans all unallocated receipts and unlinked returns and stores proposals and links as one match run.

    make_matcher: (items, collections, known payers, debtors) → matcher. settlements_of: ledger mode → the function
    that foretells entry ids. The plan depends only on facts and policy: with neither changed nothing is written.
    """
    with books.read() as work:
        facts = work.match_facts
        input_key = derive("match", facts.input_key(), policy_hash)
        last = work.proposals.last_match()
        if last is not None and last.input_key == input_key:
            return MatchResult(counts=_counts(Plan()), unchanged=True)
        receipts, returns = conform(facts.receipts(), RECEIPTS, "receipts"), facts.returns()
        items = work.receivables.items()
        collections = facts.collections() if returns else []
        matcher = make_matcher(
            items, work.receivables.collections(), work.receivables.known_payers(), work.receivables.debtors()
        )
        resolver = ReturnResolver(
            collections,
            facts.settlements() if returns else [],
            facts.money_in() if returns else [],
            _settled_before(items, {c.invoice_number for c in collections}),
            facts.returned() if returns else [],
            dict(zip(items["invoice_number"], items["debtor_number"], strict=True)) if returns else {},
        )
        rejected, seen = facts.rejected(), facts.seen()
    plan = make_plan(receipts, returns, matcher, resolver, settlements_of(books.mode), rejected, seen)
    findings = tuple(_findings(plan))
    with books.write() as work:
        work.proposals.store(
            as_of=as_of,
            input_key=input_key,
            policy_hash=policy_hash,
            considered=plan.considered,
            proposals=plan.proposals,
            links=plan.links,
        )
        clear = {link.transaction_id for link in plan.links if link.state is ReturnState.LINKED}
        told = work.findings.open(codes=["return-waiting", "return-unclear"], subjects=sorted(clear))
        work.findings.resolve([finding.finding_id for finding in told], "linked by a later match run")
        work.findings.add(findings)
    return MatchResult(_counts(plan), findings)


def _settled_before(items: pd.DataFrame, invoices: set[str]) -> dict[str, int]:
    """Invoice → unsigned minor units settled outside kontoklar, for the invoices we collected."""
    if not invoices:
        return {}
    own = items[items["invoice_number"].isin(invoices)]
    pairs = zip(own["invoice_number"], own["settled_elsewhere_minor"], strict=True)
    return {str(number): abs(int(minor)) for number, minor in pairs if minor}


def _findings(plan: Plan) -> list[Finding]:
    """Returns a person should know about; one per return."""
    told: dict[str, Finding] = {}
    for link in plan.links:
        if link.state is ReturnState.WAITING:
            told[link.transaction_id] = Finding(
                "return-waiting",
                Severity.WARNING,
                link.transaction_id,
                f"A return ({link.reason_code or 'no reason code'}) waits: {link.reason}. "
                "It is tried again whenever bank data or collections arrive.",
            )
        elif link.state is ReturnState.REVIEW:
            told[link.transaction_id] = Finding(
                "return-unclear",
                Severity.WARNING,
                link.transaction_id,
                f"A return ({link.reason_code or 'no reason code'}) could not be linked: {link.reason}. "
                "Decide it with 'kontoklar review show'.",
            )
    return list(told.values())


def _counts(plan: Plan) -> dict[str, int]:
    best = {p.transaction_id: p.disposition for p in plan.proposals if p.rank == 1}
    dispositions = Counter(best.values())
    returns = {link.transaction_id: link.state for link in plan.links}
    states = Counter(returns.values())
    return {
        "considered": len(plan.considered),
        "automatic": dispositions[Disposition.AUTO],
        "review": dispositions[Disposition.REVIEW],
        "unmatched": len(plan.considered) - len(best) - len(returns),
        "returns_linked": states[ReturnState.LINKED],
        "returns_waiting": states[ReturnState.WAITING],
        "returns_review": states[ReturnState.REVIEW],
    }
