"""From events to balanced journal entries: pure, deterministic, ids derived (D6–D8; GERMAN_BANKING §5.2).

Two steps: a booking moves money between bank and clearing; an allocation moves it from clearing to the receivable.
There is one allocation entry per (transaction, item), so that each can be taken back alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from pipelines.chart import Chart
from pipelines.entries import Generations, Payment, Sheet, TaxedItem, checked, vat_share, within
from pipelines.errors import LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.model.ledger import Allocation, Cause, JournalEntry
from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.model.transaction import Booking
from pipelines.take_back import return_entries, reversal_entry

__all__ = [
    "allocation_entries",
    "allocation_entry_id",
    "bank_entry",
    "checked",
    "opening_entry",
    "return_entries",
    "reversal_entry",
    "settlements_of",
    "vat_share",
    "within",
]

_MONEY_ONLY: Final = frozenset(
    {AllocationKind.SETTLEMENT, AllocationKind.PARTIAL, AllocationKind.ON_ACCOUNT, AllocationKind.REBOOKING}
)


# --- bank money ---------------------------------------------------------------------------------------------------


def bank_entry(booking: Booking, chart: Chart, mode: str) -> JournalEntry | None:
    """bank ↔ clearing for one booking; None for a booking of zero, which moves nothing.

    transaction_id is filled when the booking is a single payment, "" for batches.
    """
    if not booking.amount_minor:
        return None
    single = booking.transactions[0].transaction_id if len(booking.transactions) == 1 else ""
    sheet = Sheet(booking.currency)
    sheet.add(chart.bank(booking.account), booking.amount_minor)
    sheet.add(chart.account("clearing"), -booking.amount_minor)
    return checked(
        JournalEntry(
            entry_id=derive("entry", mode, "bank_booking", booking.booking_id),
            booking_date=booking.booking_date,
            account=booking.account,
            transaction_id=single,
            cause=Cause.BANK_BOOKING,
            lines=sheet.lines(),
            text="bank booking",
        )
    )


def opening_entry(
    account: str, day: date, amount_minor: int, currency: str, statement_id: str, chart: Chart, mode: str
) -> JournalEntry | None:
    """bank ↔ opening balance of an account; None for zero.

    account: the bank account's IBAN. day: the day of the opening balance. statement_id: the first proven statement. If
    an earlier one is proven later, reverse this entry (``reversal_entry``) and post that one's.
    """
    if not amount_minor:
        return None
    sheet = Sheet(currency)
    sheet.add(chart.bank(account), amount_minor)
    sheet.add(chart.account("opening"), -amount_minor)
    return checked(
        JournalEntry(
            entry_id=derive("entry", mode, "opening", account, currency, statement_id),
            booking_date=day,
            account=account,
            transaction_id="",
            cause=Cause.OPENING,
            lines=sheet.lines(),
            text="opening balance",
        )
    )


# --- allocations --------------------------------------------------------------------------------------------------


def allocation_entry_id(
    mode: str, transaction_id: str, invoice_number: str, debtor_number: str = "", generation: int = 0
) -> str:
    """Id of the entry that allocates a transaction to an item; for money on account the debtor takes its place.

    generation: how often an allocation of this very pair was undone before (``Journal.generations``).
    """
    target = ("item", invoice_number) if invoice_number else ("account", debtor_number)
    return derive("entry", mode, "allocation", transaction_id, *target, generation)


def settlements_of(
    mode: str, generations: Generations | None = None
) -> Callable[[str, Proposal], list[tuple[str, str, str, int, int]]]:
    """Foretells what posting a proposal will make, for planning returns of payments that are not posted yet.

    The function takes a transaction id and a proposal and gives (entry id, invoice number, debtor number, cash, effect
    on the item) per entry, as ``allocation_entries`` will make them.
    """
    known = generations or {}

    def foretell(transaction_id: str, proposal: Proposal) -> list[tuple[str, str, str, int, int]]:
        return [
            (
                _id(mode, transaction_id, invoice, debtor, known),
                invoice,
                debtor,
                sum(line.cash_minor for line in lines),
                sum(line.amount_minor for line in lines),
            )
            for (invoice, debtor), lines in _by_item(proposal.lines)
        ]

    return foretell


def allocation_entries(
    transaction: Payment,
    proposal: Proposal,
    items: Mapping[str, TaxedItem],
    chart: Chart,
    mode: str,
    *,
    disposition: str = Disposition.AUTO,
    proposal_id: str = "",
    generations: Generations | None = None,
    cause: Cause = Cause.ALLOCATION,
) -> list[JournalEntry]:
    """clearing ↔ receivable, one entry per item of the proposal, with cash discount and small differences.

    items: by invoice number, for their tax rate. disposition: ``auto``, or ``decided`` (then without probability).
    proposal_id: id of the proposal or decision. Raises LedgerInvariantBroken when the lines do not add up to the
    transaction or a line's kind cannot carry its difference.
    """
    if sum(line.cash_minor for line in proposal.lines) + proposal.remainder_minor != transaction.amount_minor:
        raise LedgerInvariantBroken(f"A proposal for transaction {transaction.transaction_id} does not add up.")
    return [
        _allocation_entry(
            transaction,
            invoice,
            debtor,
            lines,
            items[invoice].tax_rate_basis_points if invoice in items else None,
            chart,
            entry_id=_id(mode, transaction.transaction_id, invoice, debtor, generations or {}),
            disposition=str(disposition),
            probability=proposal.probability if disposition == Disposition.AUTO else None,
            proposal_id=proposal_id,
            cause=cause,
        )
        for (invoice, debtor), lines in _by_item(proposal.lines)
    ]


def _id(mode: str, transaction_id: str, invoice: str, debtor: str, generations: Generations) -> str:
    generation = generations.get((transaction_id, invoice, debtor), 0)
    return allocation_entry_id(mode, transaction_id, invoice, debtor, generation)


def _by_item(lines: Iterable[ProposedLine]) -> list[tuple[tuple[str, str], list[ProposedLine]]]:
    groups: dict[tuple[str, str], list[ProposedLine]] = defaultdict(list)
    for line in lines:
        groups[line.invoice_number, line.debtor_number].append(line)
    return [
        (key, sorted(group, key=lambda line: (line.kind, line.amount_minor, line.cash_minor)))
        for key, group in sorted(groups.items())
        if any(line.amount_minor or line.cash_minor for line in group)
    ]


def _allocation_entry(
    transaction: Payment,
    invoice: str,
    debtor: str,
    lines: Sequence[ProposedLine],
    tax_rate: int | None,
    chart: Chart,
    *,
    entry_id: str,
    disposition: str,
    probability: float | None,
    proposal_id: str,
    cause: Cause,
) -> JournalEntry:
    sheet = Sheet(transaction.currency)
    sheet.add(chart.account("clearing"), sum(line.cash_minor for line in lines))
    for line in lines:
        _add_difference(sheet, line, tax_rate, chart)
    sheet.add(chart.account("receivable"), -sum(line.amount_minor for line in lines), debtor, invoice)
    return checked(
        JournalEntry(
            entry_id=entry_id,
            booking_date=transaction.booking_date,
            account=transaction.account,
            transaction_id=transaction.transaction_id,
            cause=cause,
            lines=sheet.lines(),
            allocations=tuple(
                Allocation(
                    allocation_id=derive("allocation", entry_id, number),
                    entry_id=entry_id,
                    transaction_id=transaction.transaction_id,
                    debtor_number=debtor,
                    invoice_number=invoice,
                    amount_minor=line.amount_minor,
                    cash_minor=line.cash_minor,
                    currency=transaction.currency,
                    kind=line.kind,
                    disposition=disposition,
                    probability=probability,
                    proposal_id=proposal_id,
                )
                for number, line in enumerate(lines)
            ),
            text="allocation" if invoice else "allocation on account",
        )
    )


def _add_difference(sheet: Sheet, line: ProposedLine, tax_rate: int | None, chart: Chart) -> None:
    """What the item loses beyond the money goes to expense by kind; what the money exceeds it to other income."""
    gap = line.amount_minor - line.cash_minor
    if not gap:
        return
    if line.kind in _MONEY_ONLY or line.kind is AllocationKind.REVERSAL:
        raise LedgerInvariantBroken(f"An allocation of kind {line.kind} must move as much money as it settles.")
    if line.kind is AllocationKind.FEE:
        sheet.add(chart.account("bank_charges" if gap > 0 else "other_income"), gap)
    elif line.kind is AllocationKind.SMALL_DIFFERENCE and gap < 0:
        sheet.add(chart.account("other_income"), gap)
    else:
        role = {
            AllocationKind.CASH_DISCOUNT: "cash_discount",
            AllocationKind.SMALL_DIFFERENCE: "revenue_reduction",
            AllocationKind.WRITE_OFF: "bad_debt",
        }[line.kind]
        taxed = chart.taxed(role, tax_rate)
        if taxed is None or tax_rate is None:
            sheet.add(chart.account(role), gap)
            return
        vat = vat_share(gap, tax_rate)
        sheet.add(taxed[0], gap - vat)
        sheet.add(taxed[1], vat)
