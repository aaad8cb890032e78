"""Queries that turn facts into the present: the latest version, the latest verdict, what is not reversed.

Every "state" in kontoklar is one of these views over append-only tables (D7).
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, Subquery, Table, and_, exists, func, select

from sinks import tables as t


def newest(source: Table, *keys: str, counter: str = "version") -> Select[tuple[object, ...]]:
    """Rows of a versioned table that no higher version of the same key follows. Versions count up by one."""
    later = source.alias("later")
    same = [later.c[key] == source.c[key] for key in keys]
    return select(source).where(~exists().where(and_(*same, later.c[counter] == source.c[counter] + 1)))


def is_live() -> ColumnElement[bool]:
    """Condition on ``bank_transaction``: no later detail has taken its place."""
    gone = t.superseded_transaction.c.transaction_id
    return ~exists().where(gone == t.bank_transaction.c.transaction_id)


def live_transactions() -> Select[tuple[object, ...]]:
    """Transactions of accepted bookings, without the undetailed batches whose details came later."""
    return select(t.bank_transaction).where(is_live())


def latest_verdicts() -> Subquery:
    """statement_id → its newest verdict row."""
    verdict = t.statement_verdict
    newest_no = (
        select(verdict.c.statement_id, func.max(verdict.c.verdict_no).label("newest"))
        .group_by(verdict.c.statement_id)
        .subquery()
    )
    same = and_(newest_no.c.statement_id == verdict.c.statement_id, newest_no.c.newest == verdict.c.verdict_no)
    return select(verdict).select_from(verdict.join(newest_no, same)).subquery("latest")


def held_transactions() -> Select[tuple[object, ...]]:
    """Transactions of statements whose latest verdict is ``held``."""
    latest = latest_verdicts()
    return (
        select(t.held_transaction)
        .join(latest, latest.c.statement_id == t.held_transaction.c.statement_id)
        .where(latest.c.verdict == "held")
    )


def latest_consideration() -> Select[tuple[object, ...]]:
    """Per transaction the last match run that looked at it."""
    seen = t.match_consideration
    return select(seen.c.transaction_id, func.max(seen.c.match_no).label("match_no")).group_by(seen.c.transaction_id)


def cash_by_transaction() -> Select[tuple[object, ...]]:
    """Σ cash of all allocations per transaction; reversals are negative rows, so undone money counts zero."""
    a = t.allocation
    return select(a.c.transaction_id, func.sum(a.c.cash_minor).label("cash_minor")).group_by(a.c.transaction_id)


def allocated_by_invoice() -> Select[tuple[object, ...]]:
    """Σ effect of all allocations per invoice."""
    a = t.allocation
    return (
        select(a.c.invoice_number, func.sum(a.c.amount_minor).label("allocated_minor"))
        .where(a.c.invoice_number != "")
        .group_by(a.c.invoice_number)
    )


def latest_trigger_state() -> Select[tuple[object, ...]]:
    """The last event of every dunning trigger."""
    event, later = t.trigger_event, t.trigger_event.alias("later")
    return select(event).where(
        ~exists().where(and_(later.c.trigger_id == event.c.trigger_id, later.c.event_no == event.c.event_no + 1))
    )
