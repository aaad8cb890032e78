"""One account's settlement as one commit: statements, bookings, journal, findings and audit together (D8)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from pipelines.book import bank_entry, opening_entry, reversal_entry
from pipelines.chain import HELD, PROVEN
from pipelines.chart import Chart
from pipelines.model.finding import Finding, Severity
from pipelines.model.ledger import JournalEntry
from pipelines.ports.audit import AuditEvent
from pipelines.ports.statements import ObservationRow, RangeRow, StatementRow, Statements, VerdictRow
from pipelines.ports.work import Work
from pipelines.settlement import AccountFacts, Settlement, Verdict


def has_news(settlement: Settlement) -> bool:
    return bool(
        settlement.new_bookings
        or settlement.links
        or settlement.supersessions
        or any(verdict.is_news for verdict in settlement.verdicts)
    )


def commit_settlement(work: Work, settlement: Settlement, facts: AccountFacts, chart: Chart) -> None:
    """Everything one account's settlement adds, in one commit."""
    statements: Statements = work.statements
    mode = work.context.mode
    news = [verdict for verdict in settlement.verdicts if verdict.is_news]
    statements.add_statements([_statement_row(item) for item in settlement.verdicts if item.waiting.prior is None])
    statements.add_verdicts([_verdict_row(item) for item in news])
    statements.add_bookings(settlement.new_bookings)
    statements.add_observations(_observation_rows(settlement))
    for item in settlement.supersessions:
        statements.supersede(item.transaction_id, item.statement_id, item.transactions)
    statements.add_ranges(_range_rows(settlement, facts))
    for statement_id, transactions in settlement.held:
        statements.add_held(statement_id, transactions)
    entries = _opening_entries(work, settlement, facts, chart)
    entries += [
        entry for booking, _ in settlement.new_bookings if (entry := bank_entry(booking, chart, mode)) is not None
    ]
    work.journal.append(entries)
    events = _events(news)
    if settlement.ranges:
        events += _prove_earlier(statements, settlement)
    work.findings.add(settlement.findings)
    work.findings.resolve(_settled_findings(news), "the statement was looked at again")
    if events:
        work.audit.append(events)


def _statement_row(item: Verdict) -> StatementRow:
    statement, told = item.waiting.statement, item.told
    opening, closing = statement.opening, statement.closing
    return StatementRow(
        statement_id=item.waiting.statement_id,
        sha256=item.waiting.sha256,
        position=statement.position,
        account=statement.account,
        currency=statement.currency,
        format=statement.format,
        coverage=statement.coverage.value,
        identification=statement.identification,
        number=statement.number,
        page=statement.page,
        from_day=told.first,
        to_day=told.last,
        opening_minor=_opening_minor(item),
        opening_day=None if opening is None else opening.day,
        closing_minor=None if closing is None else closing.amount.minor,
        closing_day=None if closing is None else closing.day,
        entries=len(statement.entries),
        booked_minor=told.total_minor,
        source=item.waiting.source,
        source_file=item.waiting.source_file,
    )


def _opening_minor(item: Verdict) -> int | None:
    """The opening balance that the chain proved, else the stated one, else None."""
    if item.verdict == PROVEN:
        return item.told.opening_minor
    opening = item.waiting.statement.opening
    return None if opening is None else opening.amount.minor


def _verdict_row(item: Verdict) -> VerdictRow:
    prior = item.waiting.prior
    number = 1 if prior is None else prior.number + 1
    return VerdictRow(item.waiting.statement_id, number, item.verdict, item.code, item.message)


def _observation_rows(settlement: Settlement) -> list[ObservationRow]:
    seen: Counter[tuple[str, str]] = Counter()
    rows = []
    for link in settlement.links:
        seen[link.statement_id, link.position] += 1
        number = seen[link.statement_id, link.position]
        position = link.position if number == 1 else f"{link.position}~{number}"
        alias = link.alias
        rows.append(
            ObservationRow(
                link.statement_id, position, link.known.booking_id, link.format, alias.bank_reference,
                alias.end_to_end_id, alias.counterparty_iban, alias.text_key,
            )
        )  # fmt: skip
    return rows


def _range_rows(settlement: Settlement, facts: AccountFacts) -> list[RangeRow]:
    return [
        RangeRow(
            settlement.account, settlement.currency, number, step.chain.start_day, step.chain.start_minor,
            step.chain.end_day, step.chain.end_minor, step.chain.end_is_open, step.statement_id,
        )
        for number, step in enumerate(settlement.ranges, start=facts.range_no + 1)
    ]  # fmt: skip


def _opening_entries(work: Work, settlement: Settlement, facts: AccountFacts, chart: Chart) -> list[JournalEntry]:
    """The opening entry, or its correction when the chain now begins earlier."""
    if settlement.opening is None:
        return []
    day, amount_minor = settlement.opening
    openings = work.statements.openings(settlement.account, settlement.currency)
    standing: dict[str, JournalEntry] = work.journal.entries(openings.standing)
    held = sum(entry.lines[0].debit_minor - entry.lines[0].credit_minor for entry in standing.values())
    days = {entry.booking_date for entry in standing.values()}
    if held == amount_minor and days <= {day}:
        return []
    mode = work.context.mode
    entries = [
        reversal_entry(entry, mode, entry.booking_date, disposition="auto", text="opening balance of an earlier day")
        for _, entry in sorted(standing.items())
    ]
    cause = f"{settlement.account} {openings.posted}"
    opening = opening_entry(settlement.account, day, amount_minor, settlement.currency, cause, chart, mode)
    return entries if opening is None else [*entries, opening]


def _prove_earlier(statements: Statements, settlement: Settlement) -> list[AuditEvent]:
    """Statements that had no proof of their own are proven once the chain contains all they told."""
    unproven = statements.unproven(settlement.account, settlement.currency)
    open_ids = {key for item in unproven for key in item.booking_ids} - settlement.proven_booking_ids
    proven = settlement.proven_booking_ids | statements.proven_bookings(open_ids)
    rows = [
        VerdictRow(item.statement_id, item.verdict_no + 1, PROVEN, "proven-later", "")
        for item in unproven
        if item.booking_ids <= proven
    ]
    statements.add_verdicts(rows)
    return [AuditEvent("statement-proven", row.statement_id, details='{"code": "proven-later"}') for row in rows]


def _events(news: Sequence[Verdict]) -> list[AuditEvent]:
    return [
        AuditEvent(
            f"statement-{item.verdict}",
            item.waiting.statement_id,
            details=json.dumps(
                {"code": item.code, "document": item.waiting.sha256, "entries": len(item.told.observations)},
                sort_keys=True,
            ),
        )
        for item in news
    ]


def _settled_findings(news: Sequence[Verdict]) -> list[str]:
    """Ids of the findings that held a statement until now."""
    return [
        Finding(
            item.waiting.prior.code,
            Severity.ERROR,
            item.waiting.statement_id,
            item.waiting.prior.message,
            item.waiting.source_file,
            item.waiting.statement.position,
        ).finding_id
        for item in news
        if item.waiting.prior is not None and item.waiting.prior.verdict == HELD
    ]
