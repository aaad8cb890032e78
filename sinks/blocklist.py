"""The blocklist (``pipelines.ports.debtors.Blocklist``): keyed hashes of whole values beside their masked form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from pipelines.errors import LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.ports.debtors import BlockRow
from pipelines.ports.work import WorkContext
from sinks import tables as t
from sinks.bulk import among, insert_rows
from sinks.keys import key_id, keyed_hash, secret_key


class BlocklistRepository:
    """Implements ports.debtors.Blocklist over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    @cached_property
    def _key(self) -> bytes:
        return secret_key(self._connection)

    def add(
        self, kind: str, value: str, masked: str, debtor_id: str, until: date | None, user: str, reason: str
    ) -> str:
        """Blocks a normalised value."""
        number = int(self._connection.scalar(select(func.count()).select_from(t.block)) or 0) + 1
        block_id = derive("block", self._context.mode, number)
        row = {
            "block_id": block_id, "kind": kind, "fingerprint": keyed_hash(self._key, kind, value), "masked": masked,
            "key_id": key_id(self._key), "debtor_id": debtor_id, "until": until.isoformat() if until else None,
            "user": user, "reason": reason, "at": self._context.now, "run_id": self._context.run_id,
        }  # fmt: skip
        insert_rows(self._connection, t.block, [row])
        return block_id

    def end(self, block_ids: Collection[str], user: str, reason: str) -> None:
        """Takes blocks back."""
        rows = [
            {"block_id": id_, "user": user, "reason": reason, "at": self._context.now, "run_id": self._context.run_id}
            for id_ in sorted(block_ids)
        ]
        insert_rows(self._connection, t.block_end, rows)

    def of(self, kind: str, values: Collection[str], on: date) -> Mapping[str, Sequence[BlockRow]]:
        """value → blocks that hold on a day."""
        standing: dict[str, list[BlockRow]] = defaultdict(list)
        for row in self._connection.execute(self._standing(on).where(t.block.c.kind == kind)).mappings():
            if row["key_id"] != key_id(self._key):
                raise LedgerInvariantBroken(
                    "The blocklist was made under another secret key; restore table meta from a backup."
                )
            standing[row["fingerprint"]].append(_row(row))
        if not standing:
            return {}
        found = {value: standing.get(keyed_hash(self._key, kind, value), []) for value in set(values) if value}
        return {value: rows for value, rows in found.items() if rows}

    def all(self, on: date) -> list[BlockRow]:
        """Blocks that hold on a day, the oldest first."""
        return [_row(row) for row in self._connection.execute(self._standing(on)).mappings()]

    @staticmethod
    def _standing(on: date) -> Select[Any]:
        return (
            select(t.block)
            .join(t.block_end, t.block_end.c.block_id == t.block.c.block_id, isouter=True)
            .where(t.block_end.c.block_id.is_(None))
            .where(or_(t.block.c.until.is_(None), t.block.c.until >= on.isoformat()))
            .order_by(t.block.c.at, t.block.c.block_id)
        )

    def payments(self, transaction_ids: Collection[str], on: date) -> Mapping[str, frozenset[str]]:
        """transaction → debtor ids for which its payer's account is blocked; "" stands for all debtors."""
        if self._connection.execute(self._standing(on).where(t.block.c.kind == "iban").limit(1)).first() is None:
            return {}
        bank = t.bank_transaction.c
        query = select(bank.transaction_id, bank.counterparty_iban).where(
            bank.counterparty_iban != "", among(self._connection, bank.transaction_id, transaction_ids)
        )
        payers = {row[0]: row[1] for row in self._connection.execute(query)}
        blocks = self.of("iban", set(payers.values()), on)
        return {
            transaction: frozenset(row.debtor_id for row in blocks[iban])
            for transaction, iban in payers.items()
            if iban in blocks
        }


def _row(row: Mapping[Any, Any]) -> BlockRow:
    until = date.fromisoformat(row["until"]) if row["until"] else None
    return BlockRow(
        row["block_id"], row["kind"], row["masked"], row["debtor_id"], until, row["user"], row["reason"], row["at"]
    )
