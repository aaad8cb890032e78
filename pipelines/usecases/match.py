"""``match``: decides on paper what every waiting receipt and return is, and stores the plan for ``post``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from pipelines.debtors.blocking import BlockingMatcher
from pipelines.frames import RECEIPTS, conform
from pipelines.learning.earned import Earned, Record, audited, record_of
from pipelines.learning.payers import Learned, learned, payers_frame
from pipelines.model.finding import Finding, Severity
from pipelines.model.ids import derive
from pipelines.model.proposal import Disposition
from pipelines.model.return_debit import ReturnState
from pipelines.model.transaction import Transaction
from pipelines.plan import CohortMatcher, Plan, SettlementsOf, make_plan
from pipelines.policy import Policy
from pipelines.ports.work import Books, Work
from pipelines.resolve import ReturnResolver


class Basis(NamedTuple):
    """What a matcher is made from: the frames, and what the books taught (``learning``)."""

    items: pd.DataFrame
    collections: pd.DataFrame
    known_payers: pd.DataFrame
    debtors: pd.DataFrame
    record: Record
    learned: Learned


MakeMatcher = Callable[[Basis], CohortMatcher]


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
    policy: Policy,
    as_of: date,
) -> MatchResult:
    """Plans all unallocated receipts and unlinked returns and stores proposals and links as one match run.

    settlements_of: ledger mode → the function
    that foretells entry ids. The plan depends only on facts and policy: with neither changed nothing is written.
    """
    with books.read() as work:
        facts = work.match_facts
        key = input_key(work, policy)
        last = work.proposals.last_match()
        if last is not None and last.input_key == key:
            return MatchResult(counts=_counts(Plan()), unchanged=True)
        receipts, returns = conform(facts.receipts(), RECEIPTS, "receipts"), facts.returns()
        known = basis(work, policy, as_of)
        matcher: CohortMatcher = BlockingMatcher(make_matcher(known), work, receipts["transaction_id"].tolist(), as_of)
        resolver = _resolver(work, returns)
        rejected, seen = facts.rejected(), facts.seen()
    plan = make_plan(receipts, returns, matcher, resolver, settlements_of(books.mode), rejected, seen)
    findings = tuple(_findings(plan))
    with books.write() as work:
        number = work.proposals.store(
            as_of=as_of,
            input_key=key,
            policy_hash=policy.hash,
            considered=plan.considered,
            proposals=plan.proposals,
            links=plan.links,
        )
        earned = Earned(policy, known.record)
        posted = [one for one in plan.proposals if one.rank == 1 and one.disposition is Disposition.AUTO]
        drawn = [one.transaction_id for one in posted if audited(one.transaction_id, earned.audit_share(one.pattern))]
        work.learning.draw(drawn, number)
        clear = {link.transaction_id for link in plan.links if link.state is ReturnState.LINKED}
        told = work.findings.open(codes=["return-waiting", "return-unclear"], subjects=sorted(clear))
        work.findings.resolve([finding.finding_id for finding in told], "linked by a later match run")
        work.findings.add(findings)
    return MatchResult(_counts(plan), findings)


def input_key(work: Work, policy: Policy) -> str:
    """What the plan depends on, facts and policy, as one key."""
    return derive("match", work.match_facts.input_key(), policy.hash)


def basis(work: Work, policy: Policy, as_of: date) -> Basis:
    """Everything a matcher is made from, as the books know it; what was learned lasts and survives as the policy
    says."""
    return Basis(
        work.receivables.items(),
        work.receivables.collections(),
        payers_frame(work.learning.payers(), as_of, policy.automation),
        work.receivables.debtors(),
        record(work, policy, as_of),
        what_was_learned(work, policy, as_of),
    )


def record(work: Work, policy: Policy, as_of: date) -> Record:
    """What the books confirmed about evidence patterns."""
    rules, learning = policy.automation, work.learning
    since = as_of - timedelta(days=rules.record_days)
    survived = learning.survived_counts(since, as_of - timedelta(days=rules.survival_days))
    return record_of(learning.outcomes(since, as_of), survived)


def what_was_learned(work: Work, policy: Policy, as_of: date) -> Learned:
    """What the books taught about payers beside their accounts."""
    one = work.learning
    return learned(one.names(), one.manners(), one.refusals(), as_of, policy.automation)


def _resolver(work: Work, returns: Sequence[Transaction]) -> ReturnResolver:
    """The lookups for linking returns; most mornings have a few, many have none, and then nothing is loaded."""
    if not returns:
        return ReturnResolver([], [])
    facts = work.match_facts
    collections, money_in = facts.collections(returns), facts.money_in(returns)
    items = work.journal.open_items({collection.invoice_number for collection in collections})
    settlements = facts.settlements(returns, collections, money_in)
    return ReturnResolver(
        collections,
        settlements,
        money_in,
        {number: abs(item.settled_elsewhere_minor) for number, item in items.items()},
        facts.returned(),
        {number: item.debtor_number for number, item in items.items()},
        moved=work.operations.moved({settlement.transaction_id for settlement in settlements}),
    )


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
