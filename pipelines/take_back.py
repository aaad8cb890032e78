"""Taking entries back: the bank's return of a payment, and our own Storno (D7, D13).

Both mirror the original exactly, cash discount and VAT included. They differ in whose money it is: a return is a bank
transaction of its own and takes the amount from there; a Storno puts it back to the transaction it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pipelines.chart import Chart
from pipelines.entries import Generations, Payment, Sheet, checked, mirror, within
from pipelines.errors import LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.model.ledger import Allocation, Cause, JournalEntry
from pipelines.model.proposal import AllocationKind, Disposition
from pipelines.model.return_debit import ReturnLink, ReturnState


def return_entries(
    transaction: Payment,
    links: Sequence[ReturnLink],
    originals: Mapping[str, JournalEntry],
    chart: Chart,
    mode: str,
    *,
    proposal_id: str = "",
    generations: Generations | None = None,
) -> list[JournalEntry]:
    """A return debit: each original settlement exactly reversed, discount too, and one entry for the charges (D13).

    links: all of the return, each ``linked``. originals: the entries they name, with their allocations. A link without
    original_entry_id reopens an item that was settled before go-live: debtor ↔ clearing. Raises LedgerInvariantBroken
    when a link is not ready, an original is missing, or more is taken back than the bank booked.
    """
    known = generations or {}
    entries = [_return_entry(transaction, link, originals, chart, mode, proposal_id, known) for link in links]
    charges = sum(link.charges_minor for link in links)
    if charges:
        entries.append(_charge_entry(transaction, charges, chart, mode, proposal_id, known))
    cash = sum(allocation.cash_minor for entry in entries for allocation in entry.allocations)
    if not within(cash, transaction.amount_minor):
        raise LedgerInvariantBroken(
            f"Return {transaction.transaction_id} takes back another amount than the bank booked."
        )
    return entries


def _return_entry(
    transaction: Payment,
    link: ReturnLink,
    originals: Mapping[str, JournalEntry],
    chart: Chart,
    mode: str,
    proposal_id: str,
    generations: Generations,
) -> JournalEntry:
    if link.state is not ReturnState.LINKED:
        raise LedgerInvariantBroken(f"Return {transaction.transaction_id} is not linked completely.")
    if link.original_entry_id:
        original = originals.get(link.original_entry_id)
        if original is None:
            raise LedgerInvariantBroken(f"Return {transaction.transaction_id} names an entry that is not there.")
        return mirror(
            original,
            entry_id=derive("entry", mode, "return", transaction.transaction_id, original.entry_id),
            booking_date=transaction.booking_date,
            account=transaction.account,
            transaction_id=transaction.transaction_id,
            cause=Cause.RETURN,
            disposition=str(Disposition.AUTO),
            proposal_id=proposal_id,
            text="return of a payment",
        )
    generation = generations.get((transaction.transaction_id, link.invoice_number, link.debtor_number), 0)
    entry_id = derive("entry", mode, "return", transaction.transaction_id, "item", link.invoice_number, generation)
    sign = -1 if transaction.amount_minor < 0 else 1
    sheet = Sheet(transaction.currency)
    sheet.add(chart.account("receivable"), -sign * link.returned_minor, link.debtor_number, link.invoice_number)
    sheet.add(chart.account("clearing"), sign * link.returned_minor)
    return _entry(
        transaction,
        entry_id,
        Cause.RETURN,
        sheet,
        "return of a payment from before the start of this ledger",
        proposal_id,
        AllocationKind.REVERSAL,
        sign * link.returned_minor,
        sign * link.returned_minor,
        debtor=link.debtor_number,
        invoice=link.invoice_number,
    )


def _charge_entry(
    transaction: Payment, charges: int, chart: Chart, mode: str, proposal_id: str, generations: Generations
) -> JournalEntry:
    # Money out and no item: what the bank takes is our cost.
    generation = generations.get((transaction.transaction_id, "", ""), 0)
    entry_id = derive("entry", mode, "return_charge", transaction.transaction_id, generation)
    sheet = Sheet(transaction.currency)
    sheet.add(chart.account("bank_charges"), charges)
    sheet.add(chart.account("clearing"), -charges)
    return _entry(
        transaction,
        entry_id,
        Cause.RETURN_CHARGE,
        sheet,
        "charge of a return",
        proposal_id,
        AllocationKind.FEE,
        0,
        -charges,
    )


def _entry(
    transaction: Payment,
    entry_id: str,
    cause: Cause,
    sheet: Sheet,
    text: str,
    proposal_id: str,
    kind: AllocationKind,
    amount_minor: int,
    cash_minor: int,
    *,
    debtor: str = "",
    invoice: str = "",
) -> JournalEntry:
    """An entry of the return's own, with one allocation."""
    return checked(
        JournalEntry(
            entry_id=entry_id,
            booking_date=transaction.booking_date,
            account=transaction.account,
            transaction_id=transaction.transaction_id,
            cause=cause,
            lines=sheet.lines(),
            allocations=(
                Allocation(
                    allocation_id=derive("allocation", entry_id, 0),
                    entry_id=entry_id,
                    transaction_id=transaction.transaction_id,
                    debtor_number=debtor,
                    invoice_number=invoice,
                    amount_minor=amount_minor,
                    cash_minor=cash_minor,
                    currency=transaction.currency,
                    kind=kind,
                    disposition=str(Disposition.AUTO),
                    proposal_id=proposal_id,
                ),
            ),
            text=text,
        )
    )


def reversal_entry(
    entry: JournalEntry,
    mode: str,
    booking_date: date,
    *,
    decision_id: str = "",
    disposition: str = "decided",
    cause: Cause = Cause.CORRECTION,
    text: str = "correction",
) -> JournalEntry:
    """Our own Storno of an entry: every line and allocation mirrored, the money back in clearing.

    Not a return of the bank's, which takes the money from another transaction. booking_date: the day of the decision.
    text: the reason without personal data. An entry is reversed at most once; the journal refuses the second.
    """
    return mirror(
        entry,
        entry_id=derive("entry", mode, "reversal", entry.entry_id),
        booking_date=booking_date,
        account=entry.account,
        transaction_id=entry.transaction_id,
        cause=cause,
        disposition=disposition,
        proposal_id=decision_id,
        text=text,
    )
