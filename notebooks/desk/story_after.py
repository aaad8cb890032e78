"""What followed a transaction: returns and the answers to them, dunning, the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk import formats
from desk.opening import Desk, records
from desk.tables import Sheet, Table, columns, sheet
from desk.vocabulary import Say


def returns(desk: Desk, transaction_id: str, told: Mapping[str, Any], say: Say) -> Sheet:
    """Links in both directions, and what the policy of returns answered."""
    language, currency = desk.language, str(told["transaction"]["currency"])
    rows = [
        [say("takes-back"), one["invoice_number"], one["original_transaction_id"][:8], one["reason_code"],
         formats.decimal(one["returned"], currency, language), formats.decimal(one["charges"], currency, language),
         one["reason"]]
        for one in told["return_links"]
    ]  # fmt: skip
    table = desk.app.inquiries.table("returns")
    for one in records(table[table["original_transaction_id"] == transaction_id]):
        rows.append([
            say("taken-by"), one["invoice_number"], one["transaction_id"][:8], one["reason_code"],
            formats.decimal(one["original_amount"], currency, language),
            formats.decimal(one["charges"], currency, language), one["reason"],
        ])  # fmt: skip
    heads = columns(say("what"), f"!{say('invoice')}", f"!{say('id')}", f"!{say('return-code')}", f">{say('amount')}",
                    f">{say('charges')}", say("reason"))  # fmt: skip
    ids = {transaction_id, *table[table["original_transaction_id"] == transaction_id]["transaction_id"]}
    answers = [
        [one["invoice_number"], ", ".join(say.of("step", step) for step in str(one["steps"]).split("|")),
         say.of("done", one["done"]), say.of("bearer", one["bearer"]), formats.day(one["as_of"], language)]
        for id_ in sorted(ids) for one in desk.app.return_answers(id_)
    ]  # fmt: skip
    answer_heads = columns(f"!{say('invoice')}", say("answer"), say("answer-done"), say("bearer"), f"!{say('day')}")
    second = Table(say("answer"), answer_heads, answers) if answers else None
    return sheet(Table(say("returns"), heads, rows, empty=say("no-returns")), second)


def dunning(desk: Desk, told: Mapping[str, Any], say: Say) -> Table:
    """Triggers of the invoices the transaction pays or may pay, of its debtors where it names no invoice; and what the
    transaction does to them."""
    language = desk.language
    lines = [*told["allocations"], *(line for one in told["proposals"] for line in one["lines"]), *told["return_links"]]
    invoices = {str(line["invoice_number"]) for line in lines if line.get("invoice_number")}
    debtors = {str(line["debtor_number"]) for line in lines if line.get("debtor_number")} if not invoices else set()
    table = desk.app.inquiries.table("triggers")
    mine = table[table["invoice_number"].isin(invoices) | table["debtor_number"].isin(debtors)]
    rows, tones = [], {}
    for place, one in enumerate(records(mine)):
        hold, _, _detail = one["hold_reason"].partition(":")
        effect = {"held": "effect.held", "cancelled": "effect.settled"}.get(one["state"], "effect.goes")
        if one["state"] == "held":
            tones[place, 6] = "bad"
        rows.append([
            one["invoice_number"], one["debtor_number"], formats.day(one["as_of"], language),
            say.of("act", one["action"]), say.of("trig", one["state"]), formats.day(one["state_as_of"], language),
            say(effect), say.of("hold", hold) if hold else "",
        ])  # fmt: skip
    heads = columns(f"!{say('invoice')}", f"!{say('debtor')}", f"!{say('day')}", f"!{say('action')}",
                    f"!{say('state')}", f"!{say('next')}", say("effect"), say("why"))  # fmt: skip
    return Table(say("dunning"), heads, rows, empty=say("no-dunning"), tones=tones, more=say("more-rows"))


def audit(desk: Desk, transaction_id: str, say: Say) -> Table:
    """The trail's rows about the transaction."""
    rows = [
        [one["sequence"], _instant(one["at"], desk.language), one["user"], say.of("event", one["event"]),
         one["comment"], one["hash"][:12]]
        for one in desk.app.inquiries.audit({"transaction_id": transaction_id})
    ]  # fmt: skip
    heads = columns(f">{say('number')}", f"!{say('when')}", say("user"), say("event"), say("comment"),
                    f"!{say('hash')}")  # fmt: skip
    return Table(say("audit"), heads, rows, empty=say("no-audit"))


def _instant(text: str, language: str) -> str:
    """Day and time of an ISO instant, as the trail has it (UTC)."""
    return f"{formats.day(text, language)} {text[11:16]}"
