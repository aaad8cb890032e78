"""From events to balanced journal entries: pure, deterministic, ids derived (D6–D8; GERMAN_BANKING §5.2).

Two steps: a booking moves money between bank and clearing; an allocation moves it from clearing to the receivable.
There is one allocation entry per (transaction, item), so that each can be taken back alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Protocol

from pipelines.chart import Chart
from pipelines.errors import LedgerInvariantBroken
from pipelines.model.ids import derive
from pipelines.model.ledger import Allocation, Cause, JournalEntry, JournalLine
from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.model.transaction import Booking

# (transaction id, invoice number, debtor number) → how many of its entries were undone before.
Generations = Mapping[tuple[str, str, str], int]
_MONEY_ONLY: Final = frozenset(
    {AllocationKind.SETTLEMENT, AllocationKind.PARTIAL, AllocationKind.ON_ACCOUNT, AllocationKind.REBOOKING}
)


class Payment(Protocol):
    """What an entry needs to know of a bank transaction (``Transaction`` and ``CashPosition`` are such)."""

    @property
    def transaction_id(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def booking_date(self) -> date: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...


class TaxedItem(Protocol):
    """What an entry needs to know of an item (``Receivable`` and ``OpenItem`` are such)."""

    @property
    def tax_rate_basis_points(self) -> int | None: ...


class _Sheet:
    """Collects signed amounts per account (debit positive) into lines; amounts of one account come together."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._sums: dict[tuple[str, str, str], int] = {}

    def add(self, account: str, debit_minor: int, debtor_number: str = "", invoice_number: str = "") -> None:
        key = (account, debtor_number, invoice_number)
        self._sums[key] = self._sums.get(key, 0) + debit_minor

    def lines(self) -> tuple[JournalLine, ...]:
        return tuple(
            JournalLine(account, max(minor, 0), max(-minor, 0), self._currency, debtor_number, invoice_number)
            for (account, debtor_number, invoice_number), minor in self._sums.items()
            if minor
        )


def checked(entry: JournalEntry) -> JournalEntry:
    """The entry itself; raises LedgerInvariantBroken unless it has lines and debit equals credit per currency."""
    sums: dict[str, int] = defaultdict(int)
    for line in entry.lines:
        if (line.debit_minor > 0) == (line.credit_minor > 0) or min(line.debit_minor, line.credit_minor) < 0:
            raise LedgerInvariantBroken(f"A line of entry {entry.entry_id} does not have exactly one positive side.")
        sums[line.currency] += line.debit_minor - line.credit_minor
    if not entry.lines or any(sums.values()):
        raise LedgerInvariantBroken(f"Entry {entry.entry_id} does not balance.")
    return entry


# --- bank money ---------------------------------------------------------------------------------------------------


def bank_entry(booking: Booking, chart: Chart, mode: str) -> JournalEntry | None:
    """bank ↔ clearing for one booking; None for a booking of zero, which moves nothing.

    transaction_id is filled when the booking is a single payment, "" for batches.
    """
    if not booking.amount_minor:
        return None
    single = booking.transactions[0].transaction_id if len(booking.transactions) == 1 else ""
    sheet = _Sheet(booking.currency)
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
    sheet = _Sheet(currency)
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
    sheet = _Sheet(transaction.currency)
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


def _add_difference(sheet: _Sheet, line: ProposedLine, tax_rate: int | None, chart: Chart) -> None:
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


def vat_share(gross_minor: int, tax_rate_basis_points: int) -> int:
    """VAT contained in a gross amount, commercially rounded: 2,38 at 19 % → 0,38; the net takes the odd cent."""
    doubled = 2 * abs(gross_minor) * tax_rate_basis_points
    share = (doubled + 10_000 + tax_rate_basis_points) // (2 * (10_000 + tax_rate_basis_points))
    return share if gross_minor >= 0 else -share


# --- taking back ----------------------------------------------------------------------------------------------------


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
        # Money out, no item: the bank's charge is our cost.
        line = ProposedLine("", "", 0, -charges, AllocationKind.FEE)
        generation = known.get((transaction.transaction_id, "", ""), 0)
        entries.append(
            _allocation_entry(
                transaction,
                "",
                "",
                [line],
                None,
                chart,
                entry_id=derive("entry", mode, "return_charge", transaction.transaction_id, generation),
                disposition=str(Disposition.AUTO),
                probability=None,
                proposal_id=proposal_id,
                cause=Cause.RETURN_CHARGE,
            )
        )
    cash = sum(allocation.cash_minor for entry in entries for allocation in entry.allocations)
    if not within(cash, transaction.amount_minor):
        raise LedgerInvariantBroken(
            f"Return {transaction.transaction_id} takes back another amount than the bank booked."
        )
    return entries


def within(part: int, whole: int) -> bool:
    """Whether an amount lies between zero and another, on the same side."""
    return 0 <= part <= whole if whole >= 0 else whole <= part <= 0


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
        return _mirror(
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
    sheet = _Sheet(transaction.currency)
    sheet.add(chart.account("receivable"), -sign * link.returned_minor, link.debtor_number, link.invoice_number)
    sheet.add(chart.account("clearing"), sign * link.returned_minor)
    return checked(
        JournalEntry(
            entry_id=entry_id,
            booking_date=transaction.booking_date,
            account=transaction.account,
            transaction_id=transaction.transaction_id,
            cause=Cause.RETURN,
            lines=sheet.lines(),
            allocations=(
                Allocation(
                    allocation_id=derive("allocation", entry_id, 0),
                    entry_id=entry_id,
                    transaction_id=transaction.transaction_id,
                    debtor_number=link.debtor_number,
                    invoice_number=link.invoice_number,
                    amount_minor=sign * link.returned_minor,
                    cash_minor=sign * link.returned_minor,
                    currency=transaction.currency,
                    kind=AllocationKind.REVERSAL,
                    disposition=str(Disposition.AUTO),
                    proposal_id=proposal_id,
                ),
            ),
            text="return of a payment from before the start of this ledger",
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
    return _mirror(
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


def _mirror(
    original: JournalEntry,
    *,
    entry_id: str,
    booking_date: date,
    account: str,
    transaction_id: str,
    cause: Cause,
    disposition: str,
    proposal_id: str,
    text: str,
) -> JournalEntry:
    return checked(
        JournalEntry(
            entry_id=entry_id,
            booking_date=booking_date,
            account=account,
            transaction_id=transaction_id,
            cause=cause,
            lines=tuple(
                JournalLine(
                    line.account,
                    line.credit_minor,
                    line.debit_minor,
                    line.currency,
                    line.debtor_number,
                    line.invoice_number,
                )
                for line in original.lines
            ),
            allocations=tuple(
                Allocation(
                    allocation_id=derive("allocation", entry_id, allocation.allocation_id),
                    entry_id=entry_id,
                    transaction_id=transaction_id,
                    debtor_number=allocation.debtor_number,
                    invoice_number=allocation.invoice_number,
                    amount_minor=-allocation.amount_minor,
                    cash_minor=-allocation.cash_minor,
                    currency=allocation.currency,
                    kind=AllocationKind.REVERSAL,
                    disposition=disposition,
                    proposal_id=proposal_id,
                    reverses=allocation.allocation_id,
                )
                for allocation in original.allocations
            ),
            reverses=original.entry_id,
            text=text,
        )
    )
