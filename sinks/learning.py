"""What the books remember for learning (ports.learning): cases, payers, refusals, samples, backtests, activations."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from pipelines.model.ids import derive
from pipelines.model.money import format_minor
from pipelines.model.proposal import AllocationKind, Disposition
from pipelines.model.transaction import TransactionKind
from pipelines.ports.learning import (
    Activation,
    AuditCase,
    Manner,
    Outcome,
    Paid,
    Refusal,
    StoredBacktest,
)
from pipelines.ports.work import WorkContext
from sinks import current
from sinks import tables as t
from sinks.bulk import among, insert_rows
from sinks.positions import not_undone

_JUDGING: Final = ("accept", "assign", "split", "reject", "undo", "confirm")
_MONEY_IN: Final = (TransactionKind.RECEIPT.value, TransactionKind.COLLECTION.value)
_PAYING: Final = (AllocationKind.SETTLEMENT.value, AllocationKind.PARTIAL.value, AllocationKind.ON_ACCOUNT.value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class LearningRepository:
    """Implements ports.learning.Learning over one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    # --- cases --------------------------------------------------------------------------------------------------

    def outcomes(self, since: date, until: date) -> list[Outcome]:
        d, tx = t.decision, t.bank_transaction
        query = (
            select(d.c.transaction_id, d.c.command, d.c.payload, tx.c.booking_date)
            .join(tx, tx.c.transaction_id == d.c.transaction_id)
            .where(d.c.command.in_(_JUDGING), tx.c.kind.in_(_MONEY_IN), tx.c.amount_minor > 0)
            .where(tx.c.booking_date >= since.isoformat(), tx.c.booking_date <= until.isoformat())
            .order_by(tx.c.booking_date, d.c.transaction_id, d.c.sequence)
        )
        decided: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        days: dict[str, str] = {}
        for key, command, payload, day in self._connection.execute(query):
            decided[key].append((command, json.loads(payload)))
            days[key] = day
        standing, undone = self._standing(decided), self._undone_automatic(decided)
        best = self._best(decided)
        found = []
        for key, commands in decided.items():
            settled = standing.get(key)
            posted = undone.get(key)
            pattern, proposed = posted or best.get(key, ("", {}))
            refused = tuple(
                frozenset(payload["invoices"]) for command, payload in commands if command in ("reject", "undo")
            )
            if settled is not None:
                wrong = dict(settled) != dict(proposed)
            else:
                refusal = any(command == "reject" and payload.get("rank") == 1 for command, payload in commands)
                wrong = posted is not None or refusal
                if not wrong:
                    continue
            found.append(Outcome(key, days[key], settled, "person", refused, pattern, proposed, wrong))
        return found

    def _standing(self, keys: Collection[str]) -> dict[str, dict[str, int]]:
        """Transaction → invoice → effect of what was allocated and not taken back by ourselves."""
        a = t.allocation
        query = (
            select(a.c.transaction_id, a.c.invoice_number, func.sum(a.c.amount_minor))
            .where(among(self._connection, a.c.transaction_id, keys), not_undone())
            .group_by(a.c.transaction_id, a.c.invoice_number)
        )
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for key, invoice, effect in self._connection.execute(query):
            found[key][invoice] = int(effect)
        return found

    def _undone_automatic(self, keys: Collection[str]) -> dict[str, tuple[str, dict[str, int]]]:
        """Transaction → pattern and effects of the automatic post that a person took back (the first one)."""
        a, p, r, v = t.allocation, t.proposal, t.allocation_reversal, t.allocation.alias("undoing")
        query = (
            select(p.c.transaction_id, p.c.pattern, p.c.lines, p.c.match_no)
            .join(a, a.c.proposal_id == p.c.proposal_id)
            .join(r, r.c.original_allocation_id == a.c.allocation_id)
            .join(v, v.c.allocation_id == r.c.allocation_id)
            .where(a.c.disposition == Disposition.AUTO.value, v.c.transaction_id == a.c.transaction_id)
            .where(among(self._connection, p.c.transaction_id, keys))
            .order_by(p.c.match_no.desc())
        )
        return {row[0]: (row[1], _effects(row[2])) for row in self._connection.execute(query)}

    def _best(self, keys: Collection[str]) -> dict[str, tuple[str, dict[str, int]]]:
        """Transaction → pattern and effects of the newest first-ranked proposal."""
        p = t.proposal
        query = (
            select(p.c.transaction_id, p.c.pattern, p.c.lines)
            .where(among(self._connection, p.c.transaction_id, keys), p.c.rank == 1)
            .order_by(p.c.match_no)
        )
        return {row[0]: (row[1], _effects(row[2])) for row in self._connection.execute(query)}

    def _surviving(self, since: date, until: date, *columns: Any) -> Select[Any]:
        """First-ranked automatic proposals that were posted, stand, and nobody decided about."""
        a, p, d, tx = t.allocation, t.proposal, t.decision, t.bank_transaction
        stands = select(a.c.proposal_id).where(a.c.disposition == Disposition.AUTO.value, not_undone()).distinct()
        judged = select(d.c.transaction_id).where(d.c.command.in_(_JUDGING))
        return (
            select(*columns)
            .join(tx, tx.c.transaction_id == p.c.transaction_id)
            .where(p.c.rank == 1, p.c.disposition == Disposition.AUTO.value, p.c.proposal_id.in_(stands))
            .where(tx.c.booking_date >= since.isoformat(), tx.c.booking_date <= until.isoformat())
            .where(p.c.transaction_id.not_in(judged))
        )

    def survived(self, since: date, until: date) -> list[Outcome]:
        p, tx = t.proposal, t.bank_transaction
        query = self._surviving(since, until, p.c.transaction_id, tx.c.booking_date, p.c.pattern, p.c.lines)
        found = []
        for key, day, pattern, lines in self._connection.execute(query.order_by(tx.c.booking_date, p.c.transaction_id)):
            effects = _effects(lines)
            found.append(Outcome(key, day, effects, "survived", (), pattern, effects, False))
        return found

    def survived_counts(self, since: date, until: date) -> dict[str, int]:
        p = t.proposal
        query = self._surviving(since, until, p.c.pattern, func.count()).group_by(p.c.pattern)
        return {pattern: int(count) for pattern, count in self._connection.execute(query)}

    # --- payers -------------------------------------------------------------------------------------------------

    def payers(self) -> list[Paid]:
        return self._paid(t.bank_transaction.c.counterparty_iban)

    def names(self) -> list[Paid]:
        return self._paid(t.bank_transaction.c.counterparty_name)

    def _paid(self, key: Any) -> list[Paid]:
        a, tx = t.allocation, t.bank_transaction
        query = (
            select(
                key, a.c.debtor_number, func.count(a.c.transaction_id.distinct()),
                func.min(tx.c.booking_date), func.max(tx.c.booking_date),
            )
            .join(tx, tx.c.transaction_id == a.c.transaction_id)
            .where(a.c.kind.in_(_PAYING), a.c.debtor_number != "", key != "", not_undone())
            .where(tx.c.kind.in_(_MONEY_IN), tx.c.amount_minor > 0)
            .group_by(key, a.c.debtor_number)
            .order_by(key, a.c.debtor_number)
        )  # fmt: skip
        return [
            Paid(row[0], row[1], int(row[2]), date.fromisoformat(row[3]), date.fromisoformat(row[4]))
            for row in self._connection.execute(query)
        ]

    def manners(self) -> list[Manner]:
        a, p, tx = t.allocation, t.proposal, t.bank_transaction
        items = (
            select(a.c.transaction_id, func.count(a.c.invoice_number.distinct()).label("item_count"))
            .where(a.c.invoice_number != "", not_undone())
            .group_by(a.c.transaction_id)
            .subquery()
        )
        newest = current.latest_consideration().subquery()
        query = (
            select(tx.c.counterparty_iban, p.c.pattern, items.c.item_count, func.count())
            .join(items, items.c.transaction_id == tx.c.transaction_id)
            .join(newest, newest.c.transaction_id == tx.c.transaction_id)
            .join(p, (p.c.transaction_id == tx.c.transaction_id) & (p.c.match_no == newest.c.match_no))
            .where(p.c.rank == 1, tx.c.counterparty_iban != "", tx.c.amount_minor > 0)
            .group_by(tx.c.counterparty_iban, p.c.pattern, items.c.item_count)
            .order_by(tx.c.counterparty_iban, p.c.pattern, items.c.item_count)
        )
        return [Manner(row[0], row[1], int(row[2]), int(row[3])) for row in self._connection.execute(query)]

    def refusals(self) -> list[Refusal]:
        d, tx, r = t.decision, t.bank_transaction, t.receivable
        query = (
            select(tx.c.counterparty_iban, d.c.payload, d.c.transaction_id)
            .join(tx, tx.c.transaction_id == d.c.transaction_id)
            .where(d.c.command.in_(["reject", "undo"]), tx.c.counterparty_iban != "", tx.c.amount_minor > 0)
            .order_by(d.c.sequence)
        )
        refused = [
            (iban, json.loads(payload)["invoices"], key) for iban, payload, key in self._connection.execute(query)
        ]
        if not refused:
            return []
        numbers = {number for _, invoices, _ in refused for number in invoices if number}
        owners = {
            row[0]: row[1]
            for row in self._connection.execute(
                select(r.c.invoice_number, r.c.debtor_number).where(
                    among(self._connection, r.c.invoice_number, numbers)
                )
            )
        }
        confirmed_items, confirmed_debtors = self._confirmed({iban for iban, _, _ in refused})
        standing = self._debtors_of({key for _, _, key in refused})
        found: dict[Refusal, None] = {}
        for iban, invoices, key in refused:
            for number in invoices:
                if not number:
                    continue
                if (iban, number) not in confirmed_items:
                    found[Refusal(iban, number, "")] = None
                debtor = owners.get(number, "")
                # Only who was found to pay for somebody else is known not to pay for this one.
                elsewhere = standing.get(key, set()) - {debtor}
                if debtor and elsewhere and (iban, debtor) not in confirmed_debtors:
                    found[Refusal(iban, "", debtor)] = None
        return list(found)

    def _confirmed(self, ibans: Collection[str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        a, tx = t.allocation, t.bank_transaction
        query = (
            select(tx.c.counterparty_iban, a.c.invoice_number, a.c.debtor_number)
            .join(a, a.c.transaction_id == tx.c.transaction_id)
            .where(among(self._connection, tx.c.counterparty_iban, ibans), not_undone())
        )
        rows = list(self._connection.execute(query))
        return {(row[0], row[1]) for row in rows}, {(row[0], row[2]) for row in rows}

    def _debtors_of(self, keys: Collection[str]) -> dict[str, set[str]]:
        a = t.allocation
        query = select(a.c.transaction_id, a.c.debtor_number).where(
            among(self._connection, a.c.transaction_id, keys), not_undone()
        )
        found: dict[str, set[str]] = defaultdict(set)
        for key, debtor in self._connection.execute(query):
            found[key].add(debtor)
        return found

    # --- audit samples ------------------------------------------------------------------------------------------

    def draw(self, transaction_ids: Collection[str], match_no: int) -> None:
        if not transaction_ids:
            return
        p = t.proposal
        query = select(p.c.proposal_id, p.c.transaction_id).where(
            p.c.match_no == match_no, p.c.rank == 1, among(self._connection, p.c.transaction_id, transaction_ids)
        )
        rows = [
            {"proposal_id": row[0], "transaction_id": row[1], "match_no": match_no, "run_id": self._context.run_id}
            for row in self._connection.execute(query)
        ]
        insert_rows(self._connection, t.audit_sample, rows)

    def _audits(self) -> Select[Any]:
        s, p, a, tx, d = t.audit_sample, t.proposal, t.allocation, t.bank_transaction, t.decision
        stands = select(a.c.proposal_id).where(a.c.disposition == Disposition.AUTO.value, not_undone())
        checked = select(d.c.transaction_id).where(d.c.command.in_(["confirm", "undo"]))
        return (
            select(
                tx.c.transaction_id, tx.c.booking_date, tx.c.amount_minor, tx.c.currency, tx.c.kind,
                tx.c.counterparty_name, tx.c.remittance, p.c.lines, p.c.probability,
            )
            .join(s, s.c.transaction_id == tx.c.transaction_id)
            .join(p, p.c.proposal_id == s.c.proposal_id)
            .where(s.c.proposal_id.in_(stands), tx.c.transaction_id.not_in(checked))
            .order_by(tx.c.booking_date, tx.c.transaction_id)
        )  # fmt: skip

    def audits(self) -> list[AuditCase]:
        return [
            AuditCase(
                row.transaction_id, row.booking_date, format_minor(int(row.amount_minor), row.currency), row.currency,
                row.kind, row.counterparty_name, row.remittance,
                tuple(invoice for invoice in _effects(row.lines) if invoice), row.probability,
            )
            for row in self._connection.execute(self._audits())
        ]  # fmt: skip

    def is_audit(self, transaction_id: str) -> bool:
        query = self._audits().where(t.bank_transaction.c.transaction_id == transaction_id)
        return self._connection.execute(query).first() is not None

    # --- policies -----------------------------------------------------------------------------------------------

    def add_backtest(
        self, policy_hash: str, policy_name: str, period: tuple[date, date], figures: Mapping[str, Any]
    ) -> StoredBacktest:
        first, last = period
        told = _json(figures)
        key = derive("backtest", self._context.mode, policy_hash, str(first), str(last), told)
        row = {
            "backtest_id": key, "policy_hash": policy_hash, "policy_name": policy_name, "from_day": str(first),
            "to_day": str(last), "figures": told, "at": self._context.now, "run_id": self._context.run_id,
        }  # fmt: skip
        # The same replay with the same result is the same backtest.
        insert_rows(self._connection, t.policy_backtest, [row], skip_existing=True)
        return StoredBacktest(key, policy_hash, policy_name, first, last, dict(figures), self._context.now)

    def backtests(self, policy_hash: str | None = None) -> list[StoredBacktest]:
        b = t.policy_backtest
        query = select(b).order_by(b.c.at, b.c.backtest_id)
        if policy_hash is not None:
            query = query.where(b.c.policy_hash == policy_hash)
        return [
            StoredBacktest(
                row.backtest_id, row.policy_hash, row.policy_name, date.fromisoformat(row.from_day),
                date.fromisoformat(row.to_day), json.loads(row.figures), row.at,
            )
            for row in self._connection.execute(query)
        ]  # fmt: skip

    def activate(
        self, policy_hash: str, backtest_id: str, policy: Mapping[str, Any], user: str, reason: str
    ) -> Activation:
        c = t.policy_activation
        sequence = int(self._connection.scalar(select(func.max(c.c.sequence))) or 0) + 1
        made = Activation(sequence, policy_hash, backtest_id, policy, user, reason, self._context.now)
        row = made._asdict() | {"policy": _json(policy), "run_id": self._context.run_id}
        insert_rows(self._connection, c, [row])
        return made

    def activations(self) -> list[Activation]:
        c = t.policy_activation
        return [
            Activation(
                int(row.sequence),
                row.policy_hash,
                row.backtest_id,
                json.loads(row.policy),
                row.user,
                row.reason,
                row.at,
            )
            for row in self._connection.execute(select(c).order_by(c.c.sequence))
        ]

    def add_calibration(
        self, policy_hash: str, base_hash: str, period: tuple[date, date], figures: Mapping[str, Any]
    ) -> str:
        told = _json(figures)
        key = derive("calibration", self._context.mode, policy_hash, base_hash, *map(str, period), told)
        row = {
            "calibration_id": key, "policy_hash": policy_hash, "base_hash": base_hash, "from_day": str(period[0]),
            "to_day": str(period[1]), "figures": told, "at": self._context.now, "run_id": self._context.run_id,
        }  # fmt: skip
        insert_rows(self._connection, t.calibration_run, [row], skip_existing=True)
        return key


def _effects(lines: str) -> dict[str, int]:
    """Invoice number ("" for on account) → effect on what is owed, of stored proposal lines."""
    found: dict[str, int] = {}
    parts: Iterable[dict[str, Any]] = json.loads(lines or "[]")
    for line in parts:
        found[line["invoice_number"]] = found.get(line["invoice_number"], 0) + int(line["amount_minor"])
    return found
