"""The tables of the contract, read from the database (CONTRACT, "Tables out")."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import date

import pandas as pd
from sqlalchemy import Connection, func, select

from pipelines.model.money import format_minor
from pipelines.model.provisional import provisional_until
from pipelines.model.transaction import TransactionKind, TransactionState
from pipelines.ports.statements import transaction_state
from pipelines.ports.work import WorkContext
from sinks import current
from sinks import tables as t
from sinks.audit_view import COLUMNS as AUDIT_COLUMNS
from sinks.audit_view import AuditView
from sinks.frames_out import decimals, read_frame
from sinks.operations_out import allocation_rules, operations_table, refunded_transactions, refunds_table, written_off
from sinks.returns_out import returns_table

_TRANSACTIONS = [
    "transaction_id", "account_iban", "booking_date", "value_date", "amount", "currency", "counterparty_name",
    "counterparty_iban", "remittance", "end_to_end_id", "mandate_id", "bank_reference", "bank_code", "kind",
    "reason_code", "original_amount", "charges", "state", "source_file", "position", "ultimate_name",
    "creditor_reference", "creditor_id", "unallocated", "booking_id",
]  # fmt: skip
_OPEN_ITEMS = [
    "invoice_number", "debtor_number", "due_date", "amount", "open_amount", "currency", "dunning_level",
    "provisional_until", "document_type", "status", "issue_date", "settled_elsewhere", "written_off",
]  # fmt: skip


class Exports:
    """Implements ports.exports.ExportTables over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context
        self._readers: dict[str, Callable[[], pd.DataFrame]] = {
            "transactions": self._transactions,
            "proposals": self._proposals,
            "allocations": self._allocations,
            "returns": self._returns,
            "journal": self._journal,
            "open-items": self._open_items,
            "triggers": self._triggers,
            "findings": self._findings,
            "audit": self._audit,
            "operations": lambda: operations_table(self._connection),
            "refunds": lambda: refunds_table(self._connection),
        }

    def table(self, name: str) -> pd.DataFrame:
        """One of ports.exports.TABLES; KeyError for another name."""
        return self._readers[name]().astype("str")

    def _pairs(self, query: object) -> dict[str, int]:
        return {key: int(value) for key, value in self._connection.execute(query)}  # type: ignore[call-overload]

    def _transactions(self) -> pd.DataFrame:
        frame = read_frame(self._connection, current.live_transactions())
        held = read_frame(self._connection, current.held_transactions())
        cash = self._pairs(current.cash_by_transaction())
        seen = current.latest_consideration().subquery()
        p, link = t.proposal, t.return_link
        # A proposal without lines only says why there is none.
        proposed = {
            row[0]
            for source, says_something in ((p, p.c.lines != "[]"), (link, link.c.invoice_number != ""))
            for row in self._connection.execute(
                select(source.c.transaction_id)
                .join(
                    seen,
                    (seen.c.transaction_id == source.c.transaction_id) & (seen.c.match_no == source.c.match_no),
                )
                .where(says_something)
            )
        }
        frame["state"] = [
            str(
                transaction_state(
                    TransactionKind(kind), int(amount), int(amount) - cash.get(key, 0),
                    has_allocations=key in cash, has_proposals=key in proposed,
                )
            )
            for key, kind, amount in zip(frame["transaction_id"], frame["kind"], frame["amount_minor"], strict=True)
        ]  # fmt: skip
        frame["rest"] = [
            int(amount) - cash.get(key, 0)
            for key, amount in zip(frame["transaction_id"], frame["amount_minor"], strict=True)
        ]
        held["state"] = str(TransactionState.HELD)
        held["rest"] = held["amount_minor"]
        frame = pd.concat([frame, held], ignore_index=True).sort_values(
            ["booking_date", "account", "transaction_id"], kind="stable"
        )
        currency = frame["currency"]
        refunds = refunded_transactions(self._connection)
        frame["kind"] = [
            str(TransactionKind.REFUND) if key in refunds else kind
            for key, kind in zip(frame["transaction_id"], frame["kind"], strict=True)
        ]
        out = frame.rename(columns={"account": "account_iban", "gvc": "bank_code"})
        out["amount"] = decimals(frame["amount_minor"], currency)
        out["original_amount"] = decimals(frame["original_minor"], currency)
        out["charges"] = decimals(frame["charges_minor"], currency)
        out["unallocated"] = decimals(frame["rest"], currency)
        return out[_TRANSACTIONS]

    def _proposals(self) -> pd.DataFrame:
        seen = current.latest_consideration().subquery()
        p = t.proposal
        query = (
            select(p, t.bank_transaction.c.currency)
            .join(seen, (seen.c.transaction_id == p.c.transaction_id) & (seen.c.match_no == p.c.match_no))
            .join(t.bank_transaction, t.bank_transaction.c.transaction_id == p.c.transaction_id)
            .order_by(p.c.transaction_id, p.c.rank)
        )
        rows = []
        for row in self._connection.execute(query).mappings():
            amounts: dict[str, int] = defaultdict(int)
            on_account = 0
            for line in json.loads(row["lines"]):
                if line["invoice_number"]:
                    amounts[line["invoice_number"]] += line["amount_minor"]
                else:
                    on_account += line["amount_minor"]
            currency = row["currency"]
            rows.append(
                {
                    "transaction_id": row["transaction_id"],
                    "rank": str(row["rank"]),
                    "invoice_numbers": "|".join(amounts),
                    "amounts": "|".join(format_minor(minor, currency) for minor in amounts.values()),
                    "on_account": format_minor(on_account, currency) if on_account else "",
                    "probability": f"{row['probability']:.6f}",
                    "disposition": row["disposition"],
                    "reason": row["reason"],
                    "message": row["message"],
                    "pattern": row["pattern"],
                    "policy_hash": row["policy_hash"],
                }
            )
        columns = ["transaction_id", "rank", "invoice_numbers", "amounts", "probability", "disposition", "reason",
                   "message", "on_account", "pattern", "policy_hash"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _allocations(self) -> pd.DataFrame:
        a, gone = t.allocation, t.allocation_reversal
        query = (
            select(a, gone.c.allocation_id.label("reversed_by"), t.journal_entry.c.posting_number)
            .join(t.journal_entry, t.journal_entry.c.entry_id == a.c.entry_id)
            .join(gone, gone.c.original_allocation_id == a.c.allocation_id, isouter=True)
            .order_by(t.journal_entry.c.posting_number, a.c.allocation_id)
        )
        frame = read_frame(self._connection, query)
        frame["amount"] = decimals(frame["amount_minor"], frame["currency"])
        frame["cash_amount"] = decimals(frame["cash_minor"], frame["currency"])
        frame["probability"] = ["" if p is None else f"{p:.6f}" for p in frame["probability"]]
        frame["reversed_by"] = frame["reversed_by"].fillna("")
        rules = allocation_rules(self._connection)
        frame["rule"] = [rules.get(key, ("", ""))[0] for key in frame["allocation_id"]]
        frame["law"] = [rules.get(key, ("", ""))[1] for key in frame["allocation_id"]]
        return frame[
            ["transaction_id", "invoice_number", "debtor_number", "amount", "kind", "disposition", "probability",
             "entry_id", "reversed_by", "cash_amount", "currency", "allocation_id", "reverses", "rule", "law"]
        ]  # fmt: skip

    def _returns(self) -> pd.DataFrame:
        return returns_table(self._connection)

    def _journal(self) -> pd.DataFrame:
        entry, line = t.journal_entry, t.journal_line
        query = (
            select(
                entry.c.entry_id, entry.c.posting_number, entry.c.booking_date, line.c.account, line.c.debit_minor,
                line.c.credit_minor, line.c.currency, line.c.debtor_number, line.c.invoice_number,
                entry.c.transaction_id, entry.c.cause, entry.c.reverses, entry.c.text,
                entry.c.account.label("bank_account"), line.c.line_no,
            )
            .join(line, line.c.entry_id == entry.c.entry_id)
            .order_by(entry.c.posting_number, line.c.line_no)
        )  # fmt: skip
        frame = read_frame(self._connection, query)
        frame["debit"] = decimals(frame["debit_minor"], frame["currency"])
        frame["credit"] = decimals(frame["credit_minor"], frame["currency"])
        return frame[
            ["entry_id", "posting_number", "booking_date", "account", "debit", "credit", "currency", "debtor_number",
             "invoice_number", "transaction_id", "cause", "reverses", "text", "bank_account"]
        ]  # fmt: skip

    def _open_items(self) -> pd.DataFrame:
        frame = read_frame(
            self._connection, current.newest(t.receivable, "invoice_number").order_by(t.receivable.c.invoice_number)
        )
        allocated = self._pairs(current.allocated_by_invoice())
        frame["open_minor"] = [
            open_minor(int(amount), int(elsewhere), allocated.get(number, 0), status)
            for number, amount, elsewhere, status in zip(
                frame["invoice_number"], frame["amount_minor"], frame["settled_elsewhere_minor"], frame["status"],
                strict=True,
            )
        ]  # fmt: skip
        frame["amount"] = decimals(frame["amount_minor"], frame["currency"])
        frame["open_amount"] = decimals(frame["open_minor"], frame["currency"])
        lost = written_off(self._connection)
        frame["written_off"] = decimals(
            pd.Series([lost.get(number, 0) for number in frame["invoice_number"]], index=frame.index, dtype="Int64"),
            frame["currency"],
        )
        frame["settled_elsewhere"] = decimals(frame["settled_elsewhere_minor"], frame["currency"])
        state = current.latest_trigger_state().subquery()
        trigger = t.dunning_trigger
        levels = self._pairs(
            select(trigger.c.invoice_number, func.max(trigger.c.level))
            .join(state, state.c.trigger_id == trigger.c.trigger_id)
            .where(state.c.state.in_(["ready", "delivered"]))
            .group_by(trigger.c.invoice_number)
        )
        frame["dunning_level"] = [
            levels.get(number, 0) if still_open else 0
            for number, still_open in zip(frame["invoice_number"], frame["open_minor"], strict=True)
        ]
        provisional = self._provisional()
        frame["provisional_until"] = [provisional.get(number, "") for number in frame["invoice_number"]]
        return frame[_OPEN_ITEMS]

    def _provisional(self) -> dict[str, str]:
        """Invoice → last day on which the direct debit that settled it can still be claimed back."""
        a, gone, tx = t.allocation, t.allocation_reversal, t.bank_transaction
        query = (
            select(a.c.invoice_number, func.max(tx.c.booking_date))
            .join(tx, tx.c.transaction_id == a.c.transaction_id)
            .join(gone, gone.c.original_allocation_id == a.c.allocation_id, isouter=True)
            .where(tx.c.kind == TransactionKind.COLLECTION, a.c.invoice_number != "", a.c.cash_minor != 0)
            .where(gone.c.allocation_id.is_(None), a.c.reverses == "")
            .group_by(a.c.invoice_number)
        )
        return {
            number: provisional_until(date.fromisoformat(day)).isoformat()
            for number, day in self._connection.execute(query)
        }

    def _triggers(self) -> pd.DataFrame:
        state = current.latest_trigger_state().subquery()
        trigger = t.dunning_trigger
        frame = read_frame(
            self._connection,
            select(
                trigger.c.trigger_id, trigger.c.debtor_number, trigger.c.invoice_number, trigger.c.reason,
                trigger.c.level, trigger.c.action, trigger.c.plan, trigger.c.currency, trigger.c.as_of,
                state.c.state, state.c.hold_reason, state.c.open_minor, state.c.as_of.label("state_as_of"),
            )
            .join(state, state.c.trigger_id == trigger.c.trigger_id)
            .order_by(trigger.c.as_of, trigger.c.invoice_number, trigger.c.level),
        )  # fmt: skip
        frame["open_amount"] = decimals(frame["open_minor"], frame["currency"])
        return frame[
            ["trigger_id", "debtor_number", "invoice_number", "reason", "level", "action", "open_amount", "as_of",
             "state", "hold_reason", "currency", "plan", "state_as_of"]
        ]  # fmt: skip

    def _findings(self) -> pd.DataFrame:
        f, done = t.finding, t.finding_resolution
        frame = read_frame(
            self._connection,
            select(f, done.c.how.label("resolved"))
            .join(done, done.c.finding_id == f.c.finding_id, isouter=True)
            .order_by(f.c.at, f.c.code, f.c.finding_id),
        )
        frame["resolved"] = frame["resolved"].fillna("")
        return frame[
            ["finding_id", "code", "severity", "subject", "message", "source_file", "position", "resolved", "at"]
        ]

    def _audit(self) -> pd.DataFrame:
        rows = AuditView(self._connection, self._context).rows()
        return pd.DataFrame(list(rows), columns=list(AUDIT_COLUMNS))


def open_minor(amount: int, settled_elsewhere: int, allocated: int, status: str) -> int:
    """What is still owed, signed like the item; never beyond zero, and nothing for a cancelled item."""
    if status == "cancelled":
        return 0
    rest = amount - settled_elsewhere - allocated
    return max(rest, 0) if amount >= 0 else min(rest, 0)
