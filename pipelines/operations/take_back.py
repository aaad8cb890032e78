"""A person names the invoice whose payment a return takes back; the rest of the return is charges."""

from __future__ import annotations

from pipelines import book
from pipelines.errors import DecisionRefused
from pipelines.model.ledger import JournalEntry
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.moved_money import MovedMoney
from pipelines.operations.effect import Ground
from pipelines.ports.journal import CashPosition, Settlement


def take_back(ground: Ground, cash: CashPosition, invoice_number: str) -> list[JournalEntry]:
    """The payment's entry reversed, and with it whatever moved its money on."""
    booked = -cash.rest_minor
    original = _payment(ground, invoice_number, booked)
    moved = MovedMoney(ground.work.operations.moved([original.transaction_id]))
    place = (original.transaction_id, original.invoice_number, original.debtor_number)
    links = [_link(cash, original.entry_id, original, original.cash_minor, booked - original.cash_minor)]
    links += [_link(cash, one.entry_id, original, 0, 0) for one in moved.followers(*place)]
    originals = ground.work.journal.entries([link.original_entry_id for link in links])
    return book.return_entries(cash, links, originals, ground.chart, ground.work.context.mode)


def _payment(ground: Ground, invoice_number: str, booked: int) -> Settlement:
    journal = ground.work.journal
    settled: list[Settlement] = [
        one for one in journal.settlements(invoice_numbers=[invoice_number]) if 0 < one.cash_minor <= booked
    ]
    for pool in ground.work.operations.item_money(invoice_number) if invoice_number and not settled else ():
        # Money that was rebooked here: the payment came to rest somewhere else first.
        moved = MovedMoney(ground.work.operations.moved([pool.transaction_id]))
        first = moved.origin(pool.transaction_id, invoice_number)
        settled += [
            one
            for one in journal.settlements(transaction_ids=[pool.transaction_id])
            if (one.invoice_number, one.debtor_number) == first and 0 < one.cash_minor <= booked
        ]
    if len(settled) != 1:
        raise DecisionRefused(
            f"Invoice {invoice_number or '(none named)'} has {len(settled)} payments this return could take back."
        )
    return settled[0]


def _link(cash: CashPosition, entry_id: str, original: Settlement, returned: int, charges: int) -> ReturnLink:
    return ReturnLink(
        transaction_id=cash.transaction_id,
        state=ReturnState.LINKED,
        reason_code="",
        invoice_number=original.invoice_number,
        debtor_number=original.debtor_number,
        original_transaction_id=original.transaction_id,
        original_entry_id=entry_id,
        returned_minor=returned,
        charges_minor=charges,
    )
