"""What dunning learns of payments from the ledger: waiting money, credit, returns, known payers."""

from __future__ import annotations

import json
from datetime import date

from sinks import tables
from sinks.books import SqlBooks
from sinks.bulk import insert_rows

TODAY = date(2026, 11, 17)


def test_what_the_ledger_knows_becomes_payment_facts(books: SqlBooks) -> None:
    def transaction(key: str, minor: int, **more: object) -> dict[str, object]:
        texts = {column.name: "" for column in tables.bank_transaction.c}
        return {
            **texts, "transaction_id": key, "booking_id": "b" + key, "account": "DE1", "booking_date": "2026-11-02",
            "value_date": "2026-11-02", "amount_minor": minor, "currency": "EUR", "kind": "receipt",
            "original_minor": None, "charges_minor": None, "declared_discount_minor": None, "is_batch": 0,
            "batch_count": None, **more,
        }  # fmt: skip

    def allocation(key: str, invoice: str, minor: int, kind: str, transaction_id: str, entry: str) -> dict[str, object]:
        return {
            "allocation_id": key, "entry_id": entry, "transaction_id": transaction_id, "debtor_number": "D1",
            "invoice_number": invoice, "amount_minor": minor, "cash_minor": minor, "currency": "EUR", "kind": kind,
            "disposition": "auto", "probability": None, "proposal_id": "", "reverses": "", "run_id": "",
        }  # fmt: skip

    def entry(key: str, number: int, day: str, cause: str) -> dict[str, object]:
        return {
            "entry_id": key, "posting_number": number, "booking_date": day, "account": "DE1", "transaction_id": "",
            "cause": cause, "reverses": "", "text": "", "content_hash": "", "run_id": "",
        }  # fmt: skip

    proposal = {
        "match_no": 1, "rank": 1, "probability": 0.5, "disposition": "review", "reason": "", "message": "",
        "pattern": "", "waterfall": "[]", "remainder_minor": 0, "policy_hash": "", "run_id": "", "transaction_id": "t1",
        "proposal_id": "p1", "lines": json.dumps([{"invoice_number": "R9", "debtor_number": "D9"}]),
    }  # fmt: skip
    with books.lease("post", TODAY), books.write() as work:
        c = work.connection
        insert_rows(
            c, tables.bank_transaction,
            [
                transaction("t1", 700, counterparty_iban="DE7", counterparty_name="Muster", remittance="Danke"),
                transaction("t2", 500, counterparty_iban="DE7"),
                transaction("t3", 500),
                transaction("t4", -500, kind="return_debit"),
                transaction("t5", 900, kind="payout"),
            ],
        )  # fmt: skip
        insert_rows(
            c, tables.held_transaction,
            [transaction("h1", 300, statement_id="s1"), transaction("h2", 300, statement_id="s2")],
        )  # fmt: skip
        verdicts = [("s1", 1, "held"), ("s2", 1, "held"), ("s2", 2, "proven")]
        insert_rows(
            c, tables.statement_verdict,
            [{"statement_id": s, "verdict_no": n, "verdict": v, "code": "", "message": "", "run_id": ""}
             for s, n, v in verdicts],
        )  # fmt: skip
        insert_rows(c, tables.match_consideration, [{"match_no": 1, "transaction_id": "t1", "plan_no": 1}])
        insert_rows(c, tables.proposal, [proposal])
        insert_rows(
            c, tables.journal_entry,
            [
                entry("e1", 1, "2026-11-02", "allocation"), entry("e2", 2, "2026-11-05", "return"),
                entry("e3", 3, "2026-11-06", "allocation"), entry("e4", 4, "2026-11-07", "correction"),
            ],
        )  # fmt: skip
        insert_rows(
            c, tables.allocation,
            [
                allocation("a1", "R1", 300, "settlement", "t2", "e1"),
                allocation("a2", "", 200, "on_account", "t2", "e1"),
                allocation("a3", "R1", -300, "reversal", "t4", "e2"),
                allocation("a4", "R2", 500, "settlement", "t3", "e3"),
                allocation("a5", "R2", -500, "reversal", "t3", "e4"),
                allocation("a6", "", -8, "fee", "t4", "e2"),
            ],
        )  # fmt: skip
    with books.read() as work:
        facts = work.dunning.payment_facts()
    waiting = {receipt.transaction_id: receipt for receipt in facts.waiting}
    assert {key: (receipt.rest_minor, receipt.held) for key, receipt in waiting.items()} == {
        "h1": (300, True), "t1": (700, False), "t3": (500, False),
    }  # fmt: skip
    assert (waiting["t1"].debtors, waiting["t1"].invoices) == ({"D9"}, {"R9"})
    assert (waiting["t1"].names, waiting["t1"].references) == (("Muster",), ("Danke",))
    assert facts.on_account == {("D1", "EUR"): 200}
    assert (facts.reopenings["R1"].times, facts.reopenings["R1"].returned_on) == (1, date(2026, 11, 5))
    assert (facts.reopenings["R2"].times, facts.reopenings["R2"].returned_on) == (1, None)
    assert facts.payers == {"DE7": {"D1"}}
