"""Queries that turn facts into the present: the latest version, the latest verdict, what is not reversed.

Every "state" in kontoklar is one of these views over append-only tables (D7).
"""

from __future__ import annotations

from sqlalchemy import Select, Table, and_, exists, func, select

from sinks import tables as t


def newest(source: Table, *keys: str, counter: str = "version") -> Select[tuple[object, ...]]:
    """Rows of a versioned table that no higher version of the same key follows. Versions count up by one."""
    later = source.alias("later")
    same = [later.c[key] == source.c[key] for key in keys]
    return select(source).where(~exists().where(and_(*same, later.c[counter] == source.c[counter] + 1)))


def live_transactions() -> Select[tuple[object, ...]]:
    """Transactions of accepted bookings, without the undetailed batches whose details came later."""
    gone = t.superseded_transaction
    return select(t.bank_transaction).where(
        ~exists().where(gone.c.transaction_id == t.bank_transaction.c.transaction_id)
    )


def held_transactions() -> Select[tuple[object, ...]]:
    """Transactions of statements whose latest verdict is ``held``."""
    verdict, later = t.statement_verdict, t.statement_verdict.alias("later")
    held = (
        select(verdict.c.statement_id)
        .where(verdict.c.verdict == "held")
        .where(
            ~exists().where(
                and_(later.c.statement_id == verdict.c.statement_id, later.c.verdict_no > verdict.c.verdict_no)
            )
        )
    )
    return select(t.held_transaction).where(t.held_transaction.c.statement_id.in_(held))


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
