"""Every line of every debtor account as one query over facts: what was claimed, settled elsewhere, allocated.

The account that people see and the proof in ``check`` read the same lines. A receivable's lines belong to the debtor of
its newest version; money on account to the debtor it was allocated to.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, cast, func, literal, null, or_, select, union_all

from sinks import tables as t
from sinks.current import newest

CLAIM, ELSEWHERE, ALLOCATED = "claim", "elsewhere", "allocated"


def owners() -> Subquery:
    """invoice_number → the debtor number of its newest version."""
    rows = newest(t.receivable, "invoice_number").subquery()
    return select(rows.c.invoice_number, rows.c.debtor_number).subquery("owners")


def account_lines(
    items: ColumnElement[bool] | None = None, money: ColumnElement[bool] | None = None
) -> Select[tuple[object, ...]]:
    """The lines, unordered.

    items: condition on ``receivable`` that leaves whole items in (all their versions). money: condition on
    ``allocation``. None takes everything.
    """
    steps = bare_lines(items, money)
    owner = owners()
    belongs = case(
        (steps.c.invoice_number == "", steps.c.paid_for), else_=func.coalesce(owner.c.debtor_number, steps.c.paid_for)
    )
    return (
        select(steps, belongs.label("debtor_number"))
        .join(owner, owner.c.invoice_number == steps.c.invoice_number, isouter=True)
        .where(steps.c.effect_minor != 0)
    )


def bare_lines(items: ColumnElement[bool] | None = None, money: ColumnElement[bool] | None = None) -> Subquery:
    """``account_lines`` without the debtors they belong to."""
    told = _told(items)
    return union_all(
        _step(told, CLAIM, told.c.amount - func.coalesce(told.c.amount_before, 0)),
        _step(told, ELSEWHERE, func.coalesce(told.c.elsewhere_before, 0) - told.c.elsewhere),
        _allocated(money),
    ).subquery("lines")


def _told(items: ColumnElement[bool] | None) -> Subquery:
    """What each version claims and calls settled elsewhere, beside the version before; cancelled claims nothing."""
    r = t.receivable
    is_cancelled = r.c.status == "cancelled"
    amount = case((is_cancelled, 0), else_=r.c.amount_minor)
    # Nobody can say of a cancelled item what was paid for it elsewhere: its open amount is 0 either way.
    elsewhere = case((is_cancelled, 0), else_=r.c.settled_elsewhere_minor)
    query = select(
        r.c.invoice_number, r.c.version, r.c.currency, r.c.issue_date, r.c.document_type, r.c.status,
        t.run.c.as_of.label("loaded"), amount.label("amount"), elsewhere.label("elsewhere"),
        func.lag(amount).over(partition_by=r.c.invoice_number, order_by=r.c.version).label("amount_before"),
        func.lag(elsewhere).over(partition_by=r.c.invoice_number, order_by=r.c.version).label("elsewhere_before"),
    ).join(t.run, t.run.c.run_id == r.c.run_id, isouter=True)  # fmt: skip
    return (query if items is None else query.where(items)).subquery("told")


def _step(told: Subquery, source: str, effect: ColumnElement[int]) -> Select[tuple[object, ...]]:
    columns = (
        "kind", "taken_back", "cause", "entry_id", "transaction_id", "bank_reason", "bank_kind", "gvc", "mandate_id",
        "allocation_id", "reverses", "paid_for",
    )  # fmt: skip
    return select(
        literal(source).label("source"), told.c.invoice_number, effect.label("effect_minor"), told.c.currency,
        told.c.version, told.c.document_type, told.c.status, told.c.issue_date, told.c.loaded,
        cast(null(), t.BIGINT).label("posting_number"), *(literal("").label(name) for name in columns),
    ).where(effect != 0)  # fmt: skip


def _allocated(money: ColumnElement[bool] | None) -> Select[tuple[object, ...]]:
    a, entry, original, bank = t.allocation, t.journal_entry, t.allocation.alias("original"), t.bank_transaction
    # What a bank charged us, or went through a payment service, is on nobody's account.
    is_ours = and_(
        a.c.invoice_number == "",
        or_(a.c.debtor_number == "", a.c.kind == "fee", func.coalesce(original.c.kind, "") == "fee"),
    )
    query = (
        select(
            literal(ALLOCATED).label("source"), a.c.invoice_number, (-a.c.amount_minor).label("effect_minor"),
            a.c.currency, literal(0).label("version"), literal("").label("document_type"), literal("").label("status"),
            entry.c.booking_date.label("issue_date"), literal("").label("loaded"), entry.c.posting_number, a.c.kind,
            func.coalesce(original.c.kind, "").label("taken_back"), entry.c.cause, a.c.entry_id, a.c.transaction_id,
            func.coalesce(bank.c.reason_code, "").label("bank_reason"),
            func.coalesce(bank.c.kind, "").label("bank_kind"), func.coalesce(bank.c.gvc, "").label("gvc"),
            func.coalesce(bank.c.mandate_id, "").label("mandate_id"), a.c.allocation_id, a.c.reverses,
            a.c.debtor_number.label("paid_for"),
        )
        .join(entry, entry.c.entry_id == a.c.entry_id)
        .join(original, original.c.allocation_id == a.c.reverses, isouter=True)
        .join(bank, bank.c.transaction_id == a.c.transaction_id, isouter=True)
        .where(~is_ours)
    )  # fmt: skip
    return query if money is None else query.where(money)
