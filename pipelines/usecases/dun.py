"""The daily run of dunning: read the facts, decide, and commit triggers, events and messages together (D14, D15)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Final

from pipelines.chart import Chart
from pipelines.dun import AWAITING_RELEASE, ROW_REFUSED, DunFacts, DunOutcome, DunSettings, Notice, plan_dunning
from pipelines.model.access import AccessState
from pipelines.model.coverage import BankCoverage
from pipelines.model.dunning import TriggerState
from pipelines.model.dunning_case import BlockScope, ListKind, NewCollection
from pipelines.model.finding import Finding
from pipelines.model.ids import content_hash, derive
from pipelines.model.money import format_minor
from pipelines.model.receivable import Collection
from pipelines.operations.commands import Charge
from pipelines.operations.perform import Performer, not_applied
from pipelines.plans import AGENCY, CONTRACT_ACTIONS, Plans
from pipelines.ports.access import AccountAccess
from pipelines.ports.dunning_cases import Terms
from pipelines.ports.outbox import Message
from pipelines.ports.receivables import RowVersion
from pipelines.ports.work import Books, Work

READY: Final = "dunning.trigger.ready"
AGENCY_READY: Final = "dunning.agency"
# Topics of messages that are only true while their trigger is ready.
ASKED: Final = frozenset({READY, AGENCY_READY, "contract.suspend", "contract.expire"})
COLLECT: Final = "collection.represent"
# Who acts when a plan or a policy does.
SYSTEM: Final = "kontoklar"
CANCELLED: Final = "dunning.trigger.cancelled"
STATEMENT_HELD: Final = "statement-held"
STATEMENT_GAP: Final = "statement-gap"
# What was decided and not charged for longer than this was through long ago.
MADE_GOOD: Final = timedelta(days=14)
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
    chart: Chart | None = None,
) -> DunResult:
    """Opens, holds, frees and takes back dunning triggers as of a day. A second run on the same day changes nothing.

    coverage: how to learn how far the bank data is proven; without it the stored statements tell. chart: where fees of
    the plans are posted; without it none are charged.
    """
    result = DunResult()
    with books.lease("dun", as_of):
        facts, outcome = ask(books, plans, as_of, settings, coverage, create=True)
        result.counts["fees"] = charge_fees(books, chart, as_of) if chart is not None else 0
        result.counts["listed"] = make_lists(books, as_of)
    states = {fact.trigger.trigger_id: fact.trigger for fact in facts.triggers}
    for trigger in outcome.new:
        states[trigger.trigger_id] = trigger
    result.counts["new"] = len(outcome.new)
    result.counts["messages"] = len(outcome.notices)
    result.counts["collections"] = len(outcome.collections)
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


def ask_again(
    books: Books,
    plans: Plans,
    *,
    as_of: date,
    settings: DunSettings | None = None,
    coverage: CoverageReader | None = None,
    chart: Chart | None = None,
) -> int:
    """Asks every open trigger anew and opens none. Returns how many became ready."""
    with books.lease("dun", as_of):
        _, outcome = ask(books, plans, as_of, settings, coverage, create=False)
        if chart is not None:
            charge_fees(books, chart, as_of)
    return sum(event.state is TriggerState.READY for event in outcome.events)


def ask(
    books: Books,
    plans: Plans,
    as_of: date,
    settings: DunSettings | None,
    coverage: CoverageReader | None,
    *,
    create: bool,
) -> tuple[DunFacts, DunOutcome]:
    """Decides every trigger anew and commits what changed; for callers that hold the lease. create: open new ones."""
    with books.read() as work:
        facts = read_facts(work, as_of, coverage)
    outcome = plan_dunning(facts, plans, settings, create=create)
    store(books, outcome)
    return facts, outcome


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
    items = store.items()
    cases = work.dunning_cases.cases(as_of)
    ibans = {iban for joined in items["debtor_ibans"][items["mandate_id"] != ""].unique() for iban in joined.split("|")}
    cases = replace(
        cases,
        blocks=_under_every_number(work, cases.blocks),
        blocked_ibans=frozenset(work.blocklist.of("iban", ibans - {""}, as_of)),
    )
    return DunFacts(
        as_of=as_of,
        mode=work.context.mode,
        items=items,
        debtors=store.debtors(),
        contracts=store.contracts(),
        collections=store.collections(),
        payments=work.dunning.payment_facts(),
        triggers=work.dunning.triggers(),
        coverage=(coverage or stored_coverage)(work),
        unclear=frozenset(finding.subject for finding in work.findings.open(codes={ROW_REFUSED})),
        cases=cases,
    )


def _under_every_number(work: Work, blocks: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """A debtor's block holds under all the numbers the debtor ever had."""
    found = dict(blocks)
    for (scope, key), cause in blocks.items():
        if scope == BlockScope.DEBTOR:
            for number in work.debtors.numbers(work.debtors.id_of(key)):
                found.setdefault((scope, number), cause)
    return found


def store(books: Books, outcome: DunOutcome) -> None:
    """Commits an outcome: triggers, events, messages and findings in one piece, or nothing when nothing changed."""
    if not (outcome.new or outcome.events or outcome.findings or outcome.collections):
        return
    with books.write() as work:
        work.dunning.add(outcome.new, outcome.events)
        work.dunning_cases.add_terms([_terms(notice) for notice in outcome.notices if _has_terms(notice)])
        work.outbox.add(messages(outcome.notices, work.context.mode, work.context.now))
        submit(work, outcome.collections)
        work.findings.add(outcome.findings)


def submit(work: Work, collections: Sequence[NewCollection]) -> None:
    """Stores new collections and tells the receiver. From now on they are known as submitted, to dunning and matching.

    The message holds no account: who collects has it with the mandate.
    """
    if not collections:
        return
    work.dunning_cases.add_collections(collections)
    nouns = [
        Collection(
            one.end_to_end_id, one.mandate_id, one.invoice_number, one.amount_minor, one.currency,
            one.collection_date, one.debtor_iban,
        )
        for one in collections
    ]  # fmt: skip
    rows = [RowVersion(noun, 1, content_hash([str(getattr(noun, f.name)) for f in fields(noun)])) for noun in nouns]
    work.receivables.add_rows("collections", rows)
    mode, now = work.context.mode, work.context.now
    work.outbox.add([_collect(one, mode, now) for one in collections])


def _collect(one: NewCollection, mode: str, now: str) -> Message:
    data: dict[str, object] = {
        "end_to_end_id": one.end_to_end_id,
        "mandate_id": one.mandate_id,
        "invoice_number": one.invoice_number,
        "debtor_number": one.debtor_number,
        "amount": format_minor(one.amount_minor, one.currency),
        "currency": one.currency,
        "collection_date": one.collection_date.isoformat(),
        "before_level": one.level,
        "pre_notification": True,
        "mode": mode,
    }
    return tell(COLLECT, one.end_to_end_id, data, mode, now)


def tell(topic: str, subject: str, data: Mapping[str, object], mode: str, now: str) -> Message:
    """A message that is sent once for its subject."""
    payload = json.dumps({"type": topic, "timestamp": now, "data": data}, ensure_ascii=False, sort_keys=True)
    return Message(message_id(topic, subject, 0), topic, subject, payload, mode)


def charge_fees(books: Books, chart: Chart, as_of: date) -> int:
    """Charges what messages told, each fee once. Returns how many.

    It goes by what is stored, so a fee that a crash, or a message freed at delivery, kept back is charged by the next
    run.
    """
    with books.read() as work:
        told = work.dunning_cases.fees(as_of - MADE_GOOD)
        wanted = not_applied(
            work,
            [
                Charge(
                    invoice_number=one.invoice_number, kind="dunning_fee", amount_minor=one.fee_minor, user=SYSTEM,
                    reason=f"dunning plan {one.plan}, level {one.level}", command_id=f"dunning-fee:{one.trigger_id}",
                )
                for one in told
            ],
        )  # fmt: skip
    desk = Performer(books, chart, as_of)
    for command in wanted:
        desk.apply(command)
    return len(wanted)


def make_lists(books: Books, as_of: date) -> int:
    """Puts what waits for a release on a proposal list, messages and agency apart. Returns how many lines."""
    with books.read() as work:
        waiting = work.dunning_cases.to_list(AWAITING_RELEASE, as_of)
    if not waiting:
        return 0
    with books.write() as work:
        for kind in ListKind:
            ids = [id_ for id_, action in waiting if (action == AGENCY) is (kind is ListKind.AGENCY)]
            if ids:
                work.dunning_cases.add_list(kind, as_of, ids)
    return len(waiting)


def _has_terms(notice: Notice) -> bool:
    level = notice.level
    return level is not None and bool(level.template or level.deadline_days or notice.fee_minor)


def _terms(notice: Notice) -> Terms:
    assert notice.level is not None
    return Terms(
        notice.trigger.trigger_id, notice.event_no, notice.channel, notice.level.template, notice.fee_minor,
        notice.deadline,
    )  # fmt: skip


def message_id(topic: str, trigger_id: str, event_no: int) -> str:
    """One message per event of a trigger; every try of it carries this id."""
    return "msg_" + derive("message", topic, trigger_id, event_no)


def topic_of(action: str) -> str:
    """The topic of a trigger that is ready, by its action."""
    if action in CONTRACT_ACTIONS:
        return f"contract.{action}"
    return AGENCY_READY if action == AGENCY else READY


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
        topic = topic_of(trigger.action)
        data["channel"] = notice.channel
        level = notice.level
        if level is not None and level.template:
            data["template"] = level.template
        if notice.fee_minor:
            data["fee"] = format_minor(notice.fee_minor, trigger.currency)
        if notice.deadline:
            data["pay_until"] = notice.deadline.isoformat()
        if notice.contract_id:
            data["contract_id"] = notice.contract_id
        data["debtor_credit"] = format_minor(notice.credit_minor, trigger.currency)
    payload = json.dumps({"type": topic, "timestamp": now, "data": data}, ensure_ascii=False, sort_keys=True)
    return Message(message_id(topic, trigger.trigger_id, notice.event_no), topic, trigger.trigger_id, payload, mode)
