"""Stores what operations decided (``pipelines.ports.operations``)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from sqlalchemy import Connection, insert, select

from pipelines.model.ids import content_hash
from pipelines.model.receivable import DocumentType, ItemStatus, Receivable
from pipelines.ports.operations import Operation, PaymentFile, Refund
from pipelines.ports.receivables import ItemVersion
from pipelines.ports.work import WorkContext
from pipelines.text import compact, holds_whole
from sinks import tables as t
from sinks.bulk import among, insert_rows
from sinks.credit import CreditQueries
from sinks.receivables import ReceivableRepository

_FIELDS: Final = (
    "decision_id", "end_to_end_id", "debtor_number", "invoice_number", "amount_minor", "currency", "iban", "account",
    "execution_day", "message_id",
)  # fmt: skip
_REFUNDS: Final = f"""
SELECT {", ".join(f"f.{name}" for name in _FIELDS)}, p.transaction_id, p.entry_id, v.allocation_id, u.decision_id,
    d.sequence
FROM refund f JOIN decision d ON d.decision_id = f.decision_id
LEFT JOIN operation_undo u ON u.original_decision_id = f.decision_id
LEFT JOIN allocation p ON p.proposal_id = f.decision_id AND p.kind = 'refund'
LEFT JOIN allocation_reversal v ON v.original_allocation_id = p.allocation_id
ORDER BY d.sequence
"""  # noqa: S608 - constants only
_VERSION: Final = {
    "transaction": """
        SELECT (SELECT COUNT(*) FROM allocation WHERE transaction_id = :key),
            (SELECT COALESCE(MAX(sequence), 0) FROM decision WHERE transaction_id = :key),
            (SELECT COALESCE(MAX(match_no), 0) FROM match_consideration WHERE transaction_id = :key),
            (SELECT COUNT(*) FROM superseded_transaction WHERE transaction_id = :key)
    """,
    "item": """
        SELECT (SELECT COUNT(*) FROM allocation WHERE invoice_number = :key),
            (SELECT COALESCE(MAX(version), 0) FROM receivable WHERE invoice_number = :key),
            (SELECT COUNT(*) FROM operation WHERE invoice_number = :key)
    """,
    "debtor": """
        SELECT (SELECT COUNT(*) FROM allocation WHERE debtor_number = :key),
            (SELECT COUNT(*) FROM operation WHERE debtor_number = :key),
            (SELECT COUNT(*) FROM refund WHERE debtor_number = :key)
    """,
}
_SHORTEST_NUMBER: Final = 6  # shorter ones are no evidence
# A payment that waits as a duplicate, and an item of the same debtor that came back once and is settled.
_DUPLICATES: Final = """
SELECT x.transaction_id, x.amount_minor, x.remittance, p.lines
FROM bank_transaction x
JOIN proposal p ON p.transaction_id = x.transaction_id AND p.rank = 1 AND p.reason = 'duplicate'
WHERE x.amount_minor > 0
    AND NOT EXISTS (SELECT 1 FROM match_consideration n WHERE n.transaction_id = x.transaction_id
                    AND n.match_no > p.match_no)
    AND NOT EXISTS (SELECT 1 FROM superseded_transaction s WHERE s.transaction_id = x.transaction_id)
    AND (SELECT COALESCE(SUM(a.cash_minor), 0) FROM allocation a WHERE a.transaction_id = x.transaction_id) = 0
ORDER BY x.transaction_id
"""
_RETURNED: Final = """
SELECT r.invoice_number, r.debtor_number, r.amount_minor FROM receivable r
JOIN (
    SELECT a.invoice_number, SUM(a.amount_minor) AS total,
        MAX(CASE WHEN a.kind = 'reversal' AND e.cause = 'return' THEN 1 ELSE 0 END) AS returned
    FROM allocation a JOIN journal_entry e ON e.entry_id = a.entry_id
    WHERE a.invoice_number <> '' GROUP BY a.invoice_number
) AS s ON s.invoice_number = r.invoice_number
WHERE s.returned = 1 AND r.amount_minor = r.settled_elsewhere_minor + s.total
    AND NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)
ORDER BY r.invoice_number
"""


class OperationRepository(CreditQueries):
    """``pipelines.ports.operations.Operations`` on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        super().__init__(connection)
        self._context = context

    # --- decisions ----------------------------------------------------------------------------------------------

    def find(self, decision_id: str) -> Operation | None:
        """An applied decision."""
        o = t.operation
        columns = [o.c[name] for name in Operation._fields]
        row = self._connection.execute(select(*columns).where(o.c.decision_id == decision_id)).first()
        if row is None:
            return None
        values = dict(row._mapping) | {"entries": tuple(row.entries.split())}
        return Operation(**values)

    def begins(self, key: str) -> list[str]:
        """The ids of applied decisions that begin like this."""
        o = t.operation
        return list(
            self._connection.scalars(select(o.c.decision_id).where(o.c.decision_id.startswith(key, autoescape=True)))
        )

    def applied(self, decision_ids: Collection[str]) -> frozenset[str]:
        """Those of these decisions that were applied."""
        key = t.operation.c.decision_id
        query = select(key).where(among(self._connection, key, decision_ids))
        return frozenset(self._connection.scalars(query))

    def add(self, operation: Operation) -> None:
        """Records an applied decision."""
        row = operation._asdict() | {"entries": " ".join(operation.entries), "run_id": self._context.run_id}
        insert_rows(self._connection, t.operation, [row])

    def undone_by(self, decision_id: str) -> str:
        """The decision that undid this one."""
        u = t.operation_undo
        return self._connection.scalar(select(u.c.decision_id).where(u.c.original_decision_id == decision_id)) or ""

    def undo(self, original_decision_id: str, decision_id: str) -> None:
        """Records that a decision undid another."""
        row = {
            "original_decision_id": original_decision_id,
            "decision_id": decision_id,
            "run_id": self._context.run_id,
        }
        insert_rows(self._connection, t.operation_undo, [row])

    def version(self, kind: str, key: str) -> str:
        """A short hash over the state of something."""
        return content_hash([kind, key, *map(int, self._rows(_VERSION[kind], key=key)[0])])[:12]

    # --- refunds ------------------------------------------------------------------------------------------------

    def refunds(self, *, open_only: bool = False, debtor_number: str = "") -> list[Refund]:
        """Refunds with their state."""
        found: dict[str, Refund] = {}
        for row in self._rows(_REFUNDS):
            values = dict(zip(_FIELDS, row, strict=False))
            paid_by, entry_id, reversed_by, undone_by = row[len(_FIELDS) : len(_FIELDS) + 4]
            state = "undone" if undone_by else "bounced" if reversed_by else "paid" if paid_by else "ordered"
            values["execution_day"] = date.fromisoformat(values["execution_day"])
            found[values["decision_id"]] = Refund(**values, state=state, paid_by=paid_by or "", entry_id=entry_id or "")
        return [
            refund
            for refund in found.values()
            if (not open_only or refund.state in ("ordered", "paid"))
            and (not debtor_number or refund.debtor_number == debtor_number)
        ]

    def add_refund(self, refund: Refund, sources: Mapping[str, int], file: PaymentFile | None) -> None:
        """Orders a refund."""
        run = {"run_id": self._context.run_id}
        row = {name: getattr(refund, name) for name in _FIELDS}
        row["execution_day"] = refund.execution_day.isoformat()
        insert_rows(self._connection, t.refund, [row | run])
        insert_rows(
            self._connection,
            t.refund_source,
            [
                {"decision_id": refund.decision_id, "transaction_id": key, "amount_minor": minor}
                for key, minor in sorted(sources.items())
            ],
        )
        if file is not None:
            made = {"created_at": self._context.now, **run}
            insert_rows(self._connection, t.payment_file, [file._asdict() | made])

    def refund_sources(self, decision_id: str) -> Mapping[str, int]:
        """transaction id → its share of a refund."""
        s = t.refund_source.c
        query = select(s.transaction_id, s.amount_minor).where(s.decision_id == decision_id)
        return {row[0]: int(row[1]) for row in self._connection.execute(query)}

    def unwritten_files(self) -> list[PaymentFile]:
        """Payment files that nobody has been given yet."""
        f, w, u = t.payment_file, t.payment_file_written, t.operation_undo
        query = (
            select(f.c.message_id, f.c.decision_id, f.c.content)
            .join(w, w.c.message_id == f.c.message_id, isouter=True)
            .join(u, u.c.original_decision_id == f.c.decision_id, isouter=True)
            .where(w.c.message_id.is_(None), u.c.decision_id.is_(None))
            .order_by(f.c.message_id)
        )
        return [PaymentFile(*row) for row in self._connection.execute(query)]

    def file_written(self, message_id: str, name: str) -> None:
        """Notes that a payment file was given out."""
        row = {
            "message_id": message_id, "name": name, "written_at": self._context.now, "run_id": self._context.run_id,
        }  # fmt: skip
        insert_rows(self._connection, t.payment_file_written, [row])

    # --- claims of ours -----------------------------------------------------------------------------------------

    def claim(self, invoice_number: str) -> Receivable:
        """The newest version of a claim of ours."""
        r = t.receivable
        query = select(r).where(r.c.invoice_number == invoice_number).order_by(r.c.version.desc()).limit(1)
        row = self._connection.execute(query).mappings().first()
        if row is None:
            raise KeyError(invoice_number)
        return Receivable(
            row["invoice_number"], row["debtor_number"], int(row["amount_minor"]), int(row["open_minor"]),
            row["currency"], date.fromisoformat(row["issue_date"]), date.fromisoformat(row["due_date"]),
            DocumentType(row["document_type"]), ItemStatus(row["status"]), payment_method=row["payment_method"],
            tax_rate_basis_points=row["tax_rate_basis_points"],
        )  # fmt: skip

    def add_claim(self, claim: Receivable, kind: str, of_invoice: str) -> None:
        """Stores a new version of a claim of ours."""
        store = ReceivableRepository(self._connection, self._context)
        before = store.known_items([claim.invoice_number]).get(claim.invoice_number)
        version = before.version + 1 if before else 1
        sealed = content_hash([claim.invoice_number, version, claim.amount_minor, claim.status.value])
        store.add_items([ItemVersion(claim, version, 0, sealed)])
        if before is None:
            row = {"invoice_number": claim.invoice_number, "kind": kind, "of_invoice": of_invoice}
            insert_rows(self._connection, t.claim_kind, [row | {"run_id": self._context.run_id}])

    # --- rules --------------------------------------------------------------------------------------------------

    def add_rules(self, rules: Mapping[str, tuple[str, str]]) -> None:
        """allocation id → (rule, law)."""
        rows = [
            {"allocation_id": key, "rule": rule, "law": law, "run_id": self._context.run_id}
            for key, (rule, law) in sorted(rules.items())
        ]
        if rows:
            self._connection.execute(insert(t.allocation_rule), rows)

    # --- what was paid twice ------------------------------------------------------------------------------------

    def twice_paid(self) -> list[tuple[str, str, str]]:
        """(transaction, invoice, debtor) of receipts that pay once more what came back and was paid again."""
        waiting = self._rows(_DUPLICATES)  # few; what came back is looked for in all allocations
        returned = self._rows(_RETURNED) if waiting else ()
        found = []
        for payment, minor, remittance, lines in waiting:
            debtors = {line.get("debtor_number", "") for line in json.loads(lines)}
            said = compact(remittance)
            fits = [
                (invoice, debtor)
                for invoice, debtor, amount in returned
                if (debtor in debtors and int(amount) == int(minor)) or _names(said, compact(invoice))
            ]
            if len({debtor for _, debtor in fits}) == 1:
                found.append((payment, *fits[0]))
        return found


def _names(said: str, number: str) -> bool:
    return len(number) >= _SHORTEST_NUMBER and holds_whole(said, number)
