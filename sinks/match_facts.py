"""What a match run reads: unallocated money, returns, settlements, refusals (ports.matching)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select

from pipelines.model.ids import derive
from pipelines.model.proposal import AllocationKind
from pipelines.model.receivable import Collection
from pipelines.model.return_debit import SettledPayment
from pipelines.model.transaction import RETURN_KINDS, Transaction, TransactionKind, possible_originals
from pipelines.ports.work import WorkContext
from sinks import current
from sinks import tables as t
from sinks.bulk import among
from sinks.frames_out import read_frame
from sinks.positions import settles
from sinks.transaction_rows import FIELDS, from_row

_MONEY_IN = (TransactionKind.RECEIPT, TransactionKind.COLLECTION)
# Everything that may change what matching would say, except what matching posted itself.
_INPUTS: tuple[Table, ...] = (
    t.bank_transaction, t.superseded_transaction, t.receivable, t.debtor, t.collection, t.decision,
    t.debtor_fact, t.debtor_renumbering, t.block, t.block_end,
)  # fmt: skip


class SqlMatchFacts:
    """Implements ports.matching.MatchFacts over one connection."""

    def __init__(self, connection: Connection, _context: WorkContext) -> None:
        self._connection = connection

    def input_key(self) -> str:
        counts = [int(self._connection.scalar(select(func.count()).select_from(source)) or 0) for source in _INPUTS]
        return derive("match-input", *counts)

    def receipts(self) -> pd.DataFrame:
        live = self._free(_MONEY_IN).subquery()
        return read_frame(self._connection, select(live).where(live.c.amount_minor > 0))

    def returns(self) -> list[Transaction]:
        live = self._free(RETURN_KINDS).subquery()
        return self._transactions(select(live))

    def money_in(self, returns: Sequence[Transaction]) -> list[Transaction]:
        live = current.live_transactions().subquery()
        return self._transactions(
            select(live)
            .where(live.c.kind.in_(_MONEY_IN), live.c.amount_minor > 0)
            .where(
                or_(
                    self._among(live.c.end_to_end_id, (r.end_to_end_id for r in returns)),
                    self._among(live.c.counterparty_iban, (r.counterparty_iban for r in returns)),
                )
            )
        )

    def settlements(
        self, returns: Sequence[Transaction], collections: Sequence[Collection], money_in: Sequence[Transaction]
    ) -> list[SettledPayment]:
        a, gone, tx = t.allocation, t.allocation_reversal, t.bank_transaction
        query = (
            select(
                a.c.entry_id, a.c.transaction_id, a.c.invoice_number, a.c.debtor_number,
                func.sum(a.c.cash_minor).label("cash_minor"),
                func.sum(a.c.amount_minor).label("effect_minor"), tx.c.booking_date, tx.c.end_to_end_id,
                tx.c.mandate_id,
                tx.c.counterparty_iban, tx.c.kind,
            )
            .join(tx, tx.c.transaction_id == a.c.transaction_id)
            .join(gone, gone.c.original_allocation_id == a.c.allocation_id, isouter=True)
            .where(gone.c.allocation_id.is_(None), a.c.reverses == "", settles())
            .where(tx.c.amount_minor > 0)
            .where(
                or_(
                    self._among(a.c.invoice_number, (c.invoice_number for c in collections)),
                    self._among(a.c.transaction_id, (m.transaction_id for m in money_in)),
                    self._among(tx.c.end_to_end_id, (r.end_to_end_id for r in returns)),
                )
            )
            .group_by(
                a.c.entry_id, a.c.transaction_id, a.c.invoice_number, a.c.debtor_number, tx.c.booking_date,
                tx.c.end_to_end_id, tx.c.mandate_id, tx.c.counterparty_iban, tx.c.kind,
            )
        )  # fmt: skip
        return [
            SettledPayment(
                entry_id=row.entry_id,
                transaction_id=row.transaction_id,
                invoice_number=row.invoice_number,
                debtor_number=row.debtor_number,
                cash_minor=int(row.cash_minor),
                effect_minor=int(row.effect_minor),
                booking_date=date.fromisoformat(row.booking_date),
                end_to_end_id=row.end_to_end_id,
                mandate_id=row.mandate_id,
                counterparty_iban=row.counterparty_iban,
                by_collection=row.kind == TransactionKind.COLLECTION,
            )
            for row in self._connection.execute(query)
        ]

    def returned(self) -> list[tuple[str, str]]:
        a, tx = t.allocation, t.bank_transaction
        query = (
            select(tx.c.end_to_end_id, a.c.invoice_number)
            .join(tx, tx.c.transaction_id == a.c.transaction_id)
            .where(a.c.kind == AllocationKind.REVERSAL, tx.c.kind.in_(RETURN_KINDS))
            .distinct()
        )
        return [(end_to_end_id, invoice) for end_to_end_id, invoice in self._connection.execute(query)]

    def collections(self, returns: Sequence[Transaction]) -> list[Collection]:
        c = t.collection.c
        batches = {
            name for r in returns for name in (r.customer_reference, r.payment_information_id, r.message_id) if name
        }
        query = current.newest(t.collection, "end_to_end_id", "mandate_id", "invoice_number").where(
            or_(
                self._among(c.end_to_end_id, (r.end_to_end_id for r in returns)),
                self._among(c.mandate_id, (r.mandate_id for r in returns)),
                self._among(c.debtor_iban, (r.counterparty_iban for r in returns)),
                self._among(c.payment_information_id, batches),
                self._among(c.message_id, batches),
                c.amount_minor.in_({amount for r in returns for amount in possible_originals(r)}),
            )
        )
        return [
            Collection(
                end_to_end_id=row["end_to_end_id"],
                mandate_id=row["mandate_id"],
                invoice_number=row["invoice_number"],
                amount_minor=int(row["amount_minor"]),
                currency=row["currency"],
                collection_date=date.fromisoformat(row["collection_date"]),
                debtor_iban=row["debtor_iban"],
                payment_information_id=row["payment_information_id"],
                message_id=row["message_id"],
            )
            for row in self._connection.execute(query).mappings()
        ]

    def rejected(self) -> set[tuple[str, frozenset[str]]]:
        d = t.decision
        query = select(d.c.transaction_id, d.c.payload).where(d.c.command.in_(["reject", "undo"]))
        told = [(transaction, json.loads(payload)) for transaction, payload in self._connection.execute(query)]
        # Who rejects a possible repetition (``snapshots``) says nothing about invoices.
        return {(transaction, frozenset(said["invoices"])) for transaction, said in told if "invoices" in said}

    def seen(self) -> set[str]:
        return set(self._connection.scalars(select(t.match_consideration.c.transaction_id).distinct()))

    def _among(self, column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
        return among(self._connection, column, sorted({value for value in values if value}))

    def _free(self, kinds: Iterable[TransactionKind]) -> Select[tuple[object, ...]]:
        """Live transactions of these kinds with nothing allocated and no hold of an analyst on them."""
        live = current.live_transactions().subquery()
        cash = current.cash_by_transaction().subquery()
        d = t.decision
        last = (
            select(d.c.transaction_id, func.max(d.c.sequence).label("sequence"))
            .where(d.c.command.in_(["hold", "release"]))
            .group_by(d.c.transaction_id)
            .subquery()
        )
        held = (
            select(d.c.transaction_id)
            .join(last, (last.c.transaction_id == d.c.transaction_id) & (last.c.sequence == d.c.sequence))
            .where(d.c.command == "hold")
        )
        return (
            select(live)
            .join(cash, cash.c.transaction_id == live.c.transaction_id, isouter=True)
            .where(func.coalesce(cash.c.cash_minor, 0) == 0)
            .where(live.c.kind.in_(list(kinds)), live.c.transaction_id.not_in(held))
            .order_by(live.c.booking_date, live.c.transaction_id)
        )

    def _transactions(self, query: Select[tuple[object, ...]]) -> list[Transaction]:
        return [from_row([row[name] for name in FIELDS]) for row in self._connection.execute(query).mappings()]
