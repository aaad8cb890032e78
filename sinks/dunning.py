"""Dunning triggers in the database, and the payment facts they depend on (``pipelines.ports.dunning``)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, exists, select, text

from pipelines.model.dunning import Trigger, TriggerReason, TriggerState
from pipelines.ports.dunning import PaymentFacts, Reopening, TriggerEvent, TriggerFact, WaitingReceipt
from pipelines.ports.work import WorkContext
from sinks import tables
from sinks.bulk import among, insert_rows

# Money in that may settle an item of ours. Payouts of payment services stand for many payers and are not searched.
_MONEY_IN: Final = "('receipt', 'collection', 'other')"
_SAID: Final = (
    "x.transaction_id, x.booking_date, x.currency, x.kind, x.counterparty_iban, x.counterparty_name, x.ultimate_name, "
    "x.remittance, x.creditor_reference, x.document_numbers, x.end_to_end_id, x.mandate_id, x.customer_reference, "
    "x.payment_information_id, x.message_id"
)
_WAITING: Final = f"""
SELECT {_SAID}, x.amount_minor - COALESCE(a.total, 0) AS rest_minor
FROM bank_transaction x
LEFT JOIN (SELECT transaction_id, CAST(SUM(cash_minor) AS BIGINT) AS total FROM allocation GROUP BY transaction_id) a
    ON a.transaction_id = x.transaction_id
WHERE x.kind IN {_MONEY_IN} AND x.amount_minor > 0 AND x.amount_minor - COALESCE(a.total, 0) > 0
AND NOT EXISTS (SELECT 1 FROM superseded_transaction s WHERE s.transaction_id = x.transaction_id)
ORDER BY x.transaction_id
"""  # noqa: S608 - constants only
_HELD: Final = f"""
SELECT {_SAID}, x.amount_minor AS rest_minor
FROM held_transaction x
JOIN statement_verdict v ON v.statement_id = x.statement_id AND v.verdict = 'held'
WHERE x.kind IN {_MONEY_IN} AND x.amount_minor > 0
AND NOT EXISTS (
    SELECT 1 FROM statement_verdict n WHERE n.statement_id = v.statement_id AND n.verdict_no > v.verdict_no
)
AND NOT EXISTS (SELECT 1 FROM bank_transaction b WHERE b.transaction_id = x.transaction_id)
ORDER BY x.transaction_id
"""  # noqa: S608 - constants only
_ON_ACCOUNT: Final = """
SELECT a.debtor_number, a.currency, CAST(SUM(a.amount_minor) AS BIGINT) FROM allocation a
LEFT JOIN allocation o ON o.allocation_id = a.reverses
WHERE a.invoice_number = '' AND a.debtor_number <> '' AND a.kind <> 'fee' AND COALESCE(o.kind, '') <> 'fee'
GROUP BY a.debtor_number, a.currency HAVING SUM(a.amount_minor) <> 0
"""
# Money on an item that is cancelled or was lowered afterwards is in the house as well.
_ON_ITEMS: Final = """
SELECT r.debtor_number, r.currency,
    CAST(SUM(CASE WHEN r.status = 'cancelled' THEN a.total
        ELSE a.total + r.settled_elsewhere_minor - r.amount_minor END) AS BIGINT)
FROM receivable r
JOIN (SELECT invoice_number, CAST(SUM(amount_minor) AS BIGINT) AS total FROM allocation
      WHERE invoice_number <> '' GROUP BY invoice_number) a ON a.invoice_number = r.invoice_number
WHERE r.amount_minor > 0 AND a.total > 0
    AND (r.status = 'cancelled' OR a.total + r.settled_elsewhere_minor > r.amount_minor)
    AND NOT EXISTS (SELECT 1 FROM receivable n WHERE n.invoice_number = r.invoice_number AND n.version > r.version)
GROUP BY r.debtor_number, r.currency
"""
# What an item got back is negative on an invoice; the newest reopening says whether a return debit was the reason.
# A bank that corrects its own booking returned nothing: the customer is told of no return.
_REOPENED: Final = """
SELECT a.invoice_number, COUNT(DISTINCT a.entry_id), MAX(e.posting_number),
    MAX(CASE WHEN e.cause = 'return' AND x.kind <> 'reversal' THEN e.posting_number ELSE 0 END),
    MAX(CASE WHEN e.cause = 'return' AND x.kind <> 'reversal' THEN e.booking_date ELSE '' END)
FROM allocation a JOIN journal_entry e ON e.entry_id = a.entry_id
LEFT JOIN bank_transaction x ON x.transaction_id = a.transaction_id
WHERE a.kind = 'reversal' AND a.invoice_number <> '' AND a.amount_minor < 0
GROUP BY a.invoice_number
"""
_LAST_PAID: Final = """
SELECT c.invoice_number, MAX(e.booking_date)
FROM (SELECT DISTINCT invoice_number FROM collection WHERE invoice_number <> '') c
JOIN allocation a ON a.invoice_number = c.invoice_number
JOIN journal_entry e ON e.entry_id = a.entry_id
WHERE a.kind <> 'reversal' AND a.amount_minor > 0
GROUP BY c.invoice_number
"""
_PAYERS: Final = """
SELECT DISTINCT t.counterparty_iban, a.debtor_number
FROM allocation a JOIN bank_transaction t ON t.transaction_id = a.transaction_id
WHERE a.debtor_number <> '' AND t.counterparty_iban <> '' AND t.amount_minor > 0 AND a.kind <> 'reversal'
"""
_TRIGGERS: Final = """
SELECT t.trigger_id, t.debtor_number, t.invoice_number, t.reason, t.level, t.action, t.plan, t.currency,
    e.event_no, e.state, e.hold_reason, e.open_minor, e.as_of,
    CASE WHEN sent.subject IS NULL THEN 0 ELSE 1 END
FROM dunning_trigger t
JOIN trigger_event e ON e.trigger_id = t.trigger_id
LEFT JOIN (
    SELECT DISTINCT o.subject FROM outbox o JOIN outbox_attempt p ON p.message_id = o.message_id
    WHERE p.outcome IN ('delivered', 'failed', 'dead')
) sent ON sent.subject = t.trigger_id
WHERE NOT EXISTS (SELECT 1 FROM trigger_event n WHERE n.trigger_id = e.trigger_id AND n.event_no > e.event_no)
"""
_NOTHING_SAID: Final = frozenset({"", "NOTPROVIDED"})


class DunningRepository:
    """``pipelines.ports.dunning.DunningStore`` on one connection."""

    def __init__(self, connection: Connection, context: WorkContext) -> None:
        self._connection = connection
        self._context = context

    # --- facts ------------------------------------------------------------------------------------------------

    def payment_facts(self) -> PaymentFacts:
        """Waiting money, credit on account, returns, known payers."""
        payers: dict[str, set[str]] = defaultdict(set)
        waiting = self._waiting()
        credit = {(debtor, currency): int(minor) for debtor, currency, minor in self._rows(_ON_ACCOUNT)}
        for debtor, currency, minor in self._rows(_ON_ITEMS):
            credit[debtor, currency] = credit.get((debtor, currency), 0) + int(minor)
        ibans = {receipt.counterparty_iban for receipt in waiting}
        for iban, debtor in self._rows(_PAYERS):
            if iban in ibans:
                payers[iban].add(debtor)
        return PaymentFacts(
            waiting=waiting,
            on_account=credit,
            reopenings={
                number: Reopening(times, date.fromisoformat(day) if last_return == last else None)
                for number, times, last, last_return, day in self._rows(_REOPENED)
            },
            last_paid={number: date.fromisoformat(day) for number, day in self._rows(_LAST_PAID)},
            payers={iban: frozenset(debtors) for iban, debtors in payers.items()},
        )

    def _rows(self, statement: str) -> Iterable[Any]:
        return self._connection.execute(text(statement))

    def _waiting(self) -> list[WaitingReceipt]:
        found = [*self._connection.execute(text(_WAITING)).mappings()]
        named = self._named({row["transaction_id"] for row in found})
        nobody: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        receipts = [_receipt(row, *named.get(row["transaction_id"], nobody), held=False) for row in found]
        held = self._connection.execute(text(_HELD)).mappings()
        return receipts + [_receipt(row, *nobody, held=True) for row in held]

    def _named(self, transaction_ids: Collection[str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        """Whom the newest proposals of these transactions name: debtors and invoices."""
        p, c = tables.proposal.c, tables.match_consideration
        newer = c.alias("newer")
        query = select(p.transaction_id, p.lines).where(
            among(self._connection, p.transaction_id, sorted(transaction_ids)),
            ~exists().where(newer.c.transaction_id == p.transaction_id, newer.c.match_no > p.match_no),
        )
        debtors: dict[str, set[str]] = defaultdict(set)
        invoices: dict[str, set[str]] = defaultdict(set)
        for transaction_id, lines in self._connection.execute(query):
            for line in json.loads(lines):
                debtors[transaction_id].add(line.get("debtor_number", ""))
                invoices[transaction_id].add(line.get("invoice_number", ""))
        return {key: (frozenset(debtors[key] - {""}), frozenset(invoices[key] - {""})) for key in debtors}

    # --- triggers ---------------------------------------------------------------------------------------------

    def triggers(self, *, cancelled: bool = True) -> list[TriggerFact]:
        """Every trigger with its state, sorted by id; without ``cancelled`` only those still alive."""
        condition = "" if cancelled else " AND e.state <> 'cancelled'"
        rows = self._connection.execute(text(_TRIGGERS + condition + " ORDER BY t.trigger_id"))
        return [_trigger_fact(row) for row in rows]

    def trigger_facts(self, trigger_ids: Collection[str]) -> dict[str, TriggerFact]:
        """Some triggers with their state."""
        wanted = set(trigger_ids)
        facts = self.triggers() if wanted else []
        return {fact.trigger.trigger_id: fact for fact in facts if fact.trigger.trigger_id in wanted}

    def add(self, triggers: Sequence[Trigger], events: Sequence[TriggerEvent]) -> None:
        """Stores new triggers and new events."""
        insert_rows(
            self._connection,
            tables.dunning_trigger,
            [
                {
                    "trigger_id": trigger.trigger_id,
                    "debtor_number": trigger.debtor_number,
                    "invoice_number": trigger.invoice_number,
                    "reason": trigger.reason.value,
                    "level": trigger.level,
                    "action": trigger.action,
                    "plan": trigger.plan,
                    "open_minor": trigger.open_minor,
                    "currency": trigger.currency,
                    "as_of": trigger.as_of.isoformat(),
                    "run_id": self._context.run_id,
                }
                for trigger in triggers
            ],
        )
        insert_rows(
            self._connection,
            tables.trigger_event,
            [
                {
                    "trigger_id": event.trigger_id,
                    "event_no": event.event_no,
                    "state": event.state.value,
                    "hold_reason": event.hold_reason,
                    "open_minor": event.open_minor,
                    "as_of": event.as_of.isoformat(),
                    "run_id": self._context.run_id,
                }
                for event in events
            ],
        )


def _receipt(row: Any, debtors: frozenset[str], invoices: frozenset[str], *, held: bool) -> WaitingReceipt:
    references = (
        row["remittance"], row["creditor_reference"], row["document_numbers"], row["end_to_end_id"],
        row["mandate_id"], row["customer_reference"], row["payment_information_id"], row["message_id"],
    )  # fmt: skip
    return WaitingReceipt(
        row["transaction_id"],
        date.fromisoformat(row["booking_date"]),
        int(row["rest_minor"]),
        row["currency"],
        row["counterparty_iban"],
        tuple(name for name in (row["counterparty_name"], row["ultimate_name"]) if name),
        tuple(reference for reference in references if reference not in _NOTHING_SAID),
        debtors,
        invoices,
        settles_collections=row["kind"] == "collection",
        held=held,
    )


def _trigger_fact(row: Any) -> TriggerFact:
    (
        trigger_id, debtor, invoice, reason, level, action, plan, currency,
        event_no, state, hold_reason, open_minor, as_of, maybe_sent,
    ) = row  # fmt: skip
    since = date.fromisoformat(as_of)
    trigger = Trigger(
        trigger_id,
        debtor,
        invoice,
        TriggerReason(reason),
        level,
        action,
        plan,
        open_minor,
        currency,
        since,
        TriggerState(state),
        hold_reason,
    )
    return TriggerFact(trigger, since, event_no, bool(maybe_sent))
