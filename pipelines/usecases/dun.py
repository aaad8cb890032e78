"""The daily run of dunning: read the facts, decide, and commit triggers, events and messages together (D14, D15)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pipelines.dun import ROW_REFUSED, DunFacts, DunOutcome, DunSettings, Notice, plan_dunning
from pipelines.model.access import AccessState
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import TriggerState
from pipelines.model.finding import Finding
from pipelines.model.ids import derive
from pipelines.model.money import format_minor
from pipelines.plans import Plans
from pipelines.ports.access import AccountAccess
from pipelines.ports.outbox import Message
from pipelines.ports.work import Books, Work

READY: Final = "dunning.trigger.ready"
CANCELLED: Final = "dunning.trigger.cancelled"
STATEMENT_HELD: Final = "statement-held"
STATEMENT_GAP: Final = "statement-gap"
CoverageReader = Callable[[Work], Sequence[BankCoverage]]


@dataclass(slots=True)
class DunResult:
    """What a run of dunning did. counts: ready, held, cancelled (changes of this run), new, messages.

    holds: how many triggers are held now, by reason. waiting: ready triggers not delivered so far.
    """

    counts: Counter[str] = field(default_factory=Counter)
    holds: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)


def dun(
    books: Books,
    plans: Plans,
    *,
    as_of: date,
    settings: DunSettings | None = None,
    coverage: CoverageReader | None = None,
) -> DunResult:
    """Opens, holds, frees and takes back dunning triggers as of a day. A second run on the same day changes nothing.

    coverage: how to learn how far the bank data is proven; without it the stored statements tell.
    """
    result = DunResult()
    with books.lease("dun", as_of):
        with books.read() as work:
            facts = read_facts(work, as_of, coverage)
        outcome = plan_dunning(facts, plans, settings)
        store(books, outcome)
    states = {fact.trigger.trigger_id: fact.trigger for fact in facts.triggers}
    for trigger in outcome.new:
        states[trigger.trigger_id] = trigger
    result.counts["new"] = len(outcome.new)
    result.counts["messages"] = len(outcome.notices)
    last = {event.trigger_id: event for event in outcome.events}
    for event in last.values():
        result.counts[event.state.value] += 1
    for key, trigger in states.items():
        state = last[key].state if key in last else trigger.state
        if state is TriggerState.HELD:
            result.holds[last[key].hold_reason if key in last else trigger.hold_reason] += 1
        elif state is TriggerState.READY:
            result.waiting += 1
    result.findings = outcome.findings
    return result


def stored_coverage(work: Work) -> list[BankCoverage]:
    """Per account how far its statements are proven; a quarantined statement or a gap is an open problem."""
    problems: dict[str, set[str]] = defaultdict(set)
    for held in work.statements.held():
        problems[held.row.account].add(STATEMENT_GAP if held.verdict.code == STATEMENT_GAP else STATEMENT_HELD)
    troubles = _troubles(work.access.latest())
    for account, why in troubles.items():
        if why == AccessState.INCOMPLETE.value:
            # More than late: what came contradicts itself, so bookings of proven days are missing or were changed.
            problems[account].add(why)
    found = [
        BankCoverage(row.account, row.proven_until, tuple(sorted(problems[row.account])), troubles.get(row.account, ""))
        for row in work.statements.coverage()
    ]
    # Accounts that a source knows and has never delivered anything of.
    told = {one.account for one in found}
    return found + [
        BankCoverage(account, None, (), why) for account, why in sorted(troubles.items()) if account not in told
    ]


def _troubles(facts: Sequence[AccountAccess]) -> dict[str, str]:
    """account → why its source could not fetch it, "" when it could; a refused source refuses all its accounts. Of
    several sources that have an account, one that could is enough."""
    refused = {fact.source: fact for fact in facts if not fact.account and fact.state is not AccessState.COMPLETE}
    found: dict[str, str] = {}
    for fact in facts:
        if fact.account:
            last = refused.get(fact.source, fact)
            why = "" if last.state is AccessState.COMPLETE else last.state.value
            found[fact.account] = why if found.get(fact.account, why) else ""
    return found


def read_facts(work: Work, as_of: date, coverage: CoverageReader | None = None) -> DunFacts:
    """Everything dunning looks at, from one snapshot."""
    store = work.receivables
    return DunFacts(
        as_of=as_of,
        mode=work.context.mode,
        items=store.items(),
        debtors=store.debtors(),
        contracts=store.contracts(),
        collections=store.collections(),
        payments=work.dunning.payment_facts(),
        triggers=work.dunning.triggers(),
        coverage=(coverage or stored_coverage)(work),
        unclear=frozenset(finding.subject for finding in work.findings.open(codes={ROW_REFUSED})),
    )


def store(books: Books, outcome: DunOutcome) -> None:
    """Commits an outcome: triggers, events, messages and findings in one piece, or nothing when nothing changed."""
    if not (outcome.new or outcome.events or outcome.findings):
        return
    with books.write() as work:
        work.dunning.add(outcome.new, outcome.events)
        work.outbox.add(messages(outcome.notices, work.context.mode, work.context.now))
        work.findings.add(outcome.findings)


def message_id(topic: str, trigger_id: str, event_no: int) -> str:
    """One message per event of a trigger; every try of it carries this id."""
    return "msg_" + derive("message", topic, trigger_id, event_no)


def messages(notices: Sequence[Notice], mode: str, now: str) -> list[Message]:
    """The messages for notices. now: ISO instant. They hold numbers and amounts, no personal data."""
    return [_message(notice, mode, now) for notice in notices]


def _message(notice: Notice, mode: str, now: str) -> Message:
    trigger = notice.trigger
    data: dict[str, object] = {
        "trigger_id": trigger.trigger_id,
        "debtor_number": trigger.debtor_number,
        "invoice_number": trigger.invoice_number,
        "reason": trigger.reason.value,
        "level": trigger.level,
        "action": trigger.action,
        "plan": trigger.plan,
        "open_amount": format_minor(trigger.open_minor, trigger.currency),
        "currency": trigger.currency,
        "due_date": notice.due_date.isoformat(),
        "as_of": trigger.as_of.isoformat(),
        "mode": mode,
    }
    if notice.cause:
        topic = CANCELLED
        data["cause"] = notice.cause
    else:
        topic = READY
        data["channel"] = notice.channel
        data["debtor_credit"] = format_minor(notice.credit_minor, trigger.currency)
    payload = json.dumps({"type": topic, "timestamp": now, "data": data}, ensure_ascii=False, sort_keys=True)
    return Message(message_id(topic, trigger.trigger_id, notice.event_no), topic, trigger.trigger_id, payload, mode)
