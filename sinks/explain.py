"""Reads the whole story of one transaction (ports.explain)."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from pipelines.model.money import format_minor
from pipelines.ports.explain import Explanation
from pipelines.ports.work import WorkContext
from sinks import current
from sinks import tables as t


class SqlExplanations:
    """Implements ports.explain.Explanations over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection

    def find(self, key: str) -> list[str]:
        for source in (t.bank_transaction, t.held_transaction):
            exact = self._ids(select(source.c.transaction_id).where(source.c.transaction_id == key))
            if exact:
                return exact
        found: set[str] = set()
        for source in (t.bank_transaction, t.held_transaction):
            matches = source.c.bank_reference == key
            if len(key) >= 6:
                matches = or_(matches, source.c.transaction_id.startswith(key, autoescape=True))
            found.update(self._ids(select(source.c.transaction_id).where(matches)))
        return sorted(found)

    def explain(self, transaction_id: str) -> Explanation:
        record = self._record(transaction_id)
        currency = record["currency"]
        return Explanation(
            transaction=record,
            told_by=self._told_by(record["booking_id"]),
            proposals=self._proposals(transaction_id, currency),
            return_links=self._links(transaction_id, currency),
            allocations=self._allocations(transaction_id, currency),
            entries=self._entries(transaction_id, currency),
            decisions=self._rows(
                select(
                    t.decision.c.sequence,
                    t.decision.c.command,
                    t.decision.c.user,
                    t.decision.c.reason,
                    t.decision.c.at,
                    t.decision.c.decision_id,
                )
                .where(t.decision.c.transaction_id == transaction_id)
                .order_by(t.decision.c.sequence)
            ),
            findings=self._rows(
                select(t.finding.c.code, t.finding.c.severity, t.finding.c.message)
                .where(t.finding.c.subject.in_([transaction_id, record["statement_id"]]))
                .order_by(t.finding.c.at, t.finding.c.finding_id)
            ),
        )

    def _record(self, transaction_id: str) -> dict[str, Any]:
        for source, state in ((t.bank_transaction, ""), (t.held_transaction, "held")):
            row = (
                self._connection.execute(select(source).where(source.c.transaction_id == transaction_id))
                .mappings()
                .first()
            )
            if row is not None:
                record = {name: value for name, value in row.items() if name != "run_id"}
                for name in ("amount", "original", "charges", "declared_discount"):
                    minor = record.pop(f"{name}_minor")
                    record[name] = None if minor is None else format_minor(int(minor), record["currency"])
                return record | ({"state": state} if state else {})
        raise KeyError(transaction_id)

    def _told_by(self, booking_id: str) -> list[dict[str, Any]]:
        if not booking_id:
            return []
        o, s = t.observation, t.statement
        return self._rows(
            select(s.c.source_file, o.c.position, o.c.format, o.c.bank_reference, s.c.source, s.c.sha256)
            .join(s, s.c.statement_id == o.c.statement_id)
            .where(o.c.booking_id == booking_id)
            .order_by(s.c.source_file, o.c.position)
        )

    def _proposals(self, transaction_id: str, currency: str) -> list[dict[str, Any]]:
        seen = current.latest_consideration().subquery()
        p = t.proposal
        query = (
            select(p)
            .join(seen, (seen.c.transaction_id == p.c.transaction_id) & (seen.c.match_no == p.c.match_no))
            .where(p.c.transaction_id == transaction_id)
            .order_by(p.c.rank)
        )
        return [
            {
                "rank": row["rank"],
                "probability": row["probability"],
                "disposition": row["disposition"],
                "reason": row["reason"],
                "message": row["message"],
                "lines": [
                    {
                        "invoice_number": line["invoice_number"],
                        "debtor_number": line["debtor_number"],
                        "kind": line["kind"],
                        "amount": format_minor(line["amount_minor"], currency),
                        "cash": format_minor(line["cash_minor"], currency),
                    }
                    for line in json.loads(row["lines"])
                ],
                "waterfall": json.loads(row["waterfall"]),
                "remainder": format_minor(row["remainder_minor"], currency),
                "pattern": row["pattern"],
                "policy_hash": row["policy_hash"],
            }
            for row in self._connection.execute(query).mappings()
        ]

    def _links(self, transaction_id: str, currency: str) -> list[dict[str, Any]]:
        seen = current.latest_consideration().subquery()
        link = t.return_link
        query = (
            select(link)
            .join(seen, (seen.c.transaction_id == link.c.transaction_id) & (seen.c.match_no == link.c.match_no))
            .where(link.c.transaction_id == transaction_id)
            .order_by(link.c.link_no)
        )
        return [
            {
                "state": row["state"],
                "reason": row["reason"],
                "reason_code": row["reason_code"],
                "invoice_number": row["invoice_number"],
                "original_transaction_id": row["original_transaction_id"],
                "original_entry_id": row["original_entry_id"],
                "returned": format_minor(row["returned_minor"], currency),
                "charges": format_minor(row["charges_minor"], currency),
                "evidence": json.loads(row["evidence"]),
            }
            for row in self._connection.execute(query).mappings()
        ]

    def _allocations(self, transaction_id: str, currency: str) -> list[dict[str, Any]]:
        a, gone, rule = t.allocation, t.allocation_reversal, t.allocation_rule
        query = (
            select(a, gone.c.allocation_id.label("reversed_by"), rule.c.rule, rule.c.law)
            .join(gone, gone.c.original_allocation_id == a.c.allocation_id, isouter=True)
            .join(rule, rule.c.allocation_id == a.c.allocation_id, isouter=True)
            .where(a.c.transaction_id == transaction_id)
            .order_by(a.c.entry_id, a.c.allocation_id)
        )
        return [
            {
                "invoice_number": row["invoice_number"],
                "debtor_number": row["debtor_number"],
                "kind": row["kind"],
                "amount": format_minor(row["amount_minor"], currency),
                "cash": format_minor(row["cash_minor"], currency),
                "disposition": row["disposition"],
                "probability": row["probability"],
                "entry_id": row["entry_id"],
                "reversed_by": row["reversed_by"] or "",
                "rule": row["rule"] or "",
                "law": row["law"] or "",
            }
            for row in self._connection.execute(query).mappings()
        ]

    def _entries(self, transaction_id: str, currency: str) -> list[dict[str, Any]]:
        entry, line = t.journal_entry, t.journal_line
        booking = select(t.bank_transaction.c.booking_id).where(t.bank_transaction.c.transaction_id == transaction_id)
        query = (
            select(
                entry.c.posting_number, entry.c.entry_id, entry.c.booking_date, entry.c.cause, entry.c.reverses,
                line.c.account, line.c.debit_minor, line.c.credit_minor, line.c.debtor_number, line.c.invoice_number,
            )
            .join(line, line.c.entry_id == entry.c.entry_id)
            .where(or_(entry.c.transaction_id == transaction_id, entry.c.transaction_id.in_(booking)))
            .order_by(entry.c.posting_number, line.c.line_no)
        )  # fmt: skip
        rows = self._rows(query)
        for row in rows:
            row["debit"] = format_minor(row.pop("debit_minor"), currency)
            row["credit"] = format_minor(row.pop("credit_minor"), currency)
        return rows

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def _ids(self, query: Select[tuple[str]]) -> list[str]:
        return list(self._connection.scalars(query))
