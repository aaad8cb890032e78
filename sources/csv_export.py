"""CSV exports of German online banking: the last resort where a bank gives neither CAMT nor MT940.

The layouts are in ``csv_profiles``, one file a bank. Where the export has a running balance, every step of it is
checked and the statement is proven like any other; where it has none, the bookings are taken but stay unproven.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from pipelines.errors import UnreadableDocument
from pipelines.model.money import Money
from pipelines.model.statement import (
    Balance,
    BalanceKind,
    Coverage,
    Document,
    Entry,
    EntryDetail,
    EntryStatus,
    Party,
    Statement,
)
from sources.accounts import account_key
from sources.csv_profile import SPREADSHEET, Booking, CellRefused, Preamble
from sources.csv_table import Found, Numbered, find_table
from sources.notes import Notes

_Placed = tuple[int, Booking]
# The national code for charges (DK Anlage 3); a fee that a payment provider keeps is nothing else.
_GVC_CHARGES = "808"


class CsvExportReader:
    """Reads the exports of the profiles; what no profile recognises is not this format."""

    name = "csv"
    version = "csv-1"

    def recognises(self, head: bytes) -> bool:
        """Whether a header line (or, for exports without one, the first row) of a profile stands at the beginning."""
        try:
            return find_table(head, rows=False) is not None
        except csv.Error:
            return False

    def read(self, document: Document) -> Iterator[Statement]:
        """One statement per account and currency, in the order of their first rows."""
        try:
            found = find_table(document.content)
        except csv.Error:
            found = None
        if found is None:
            raise UnreadableDocument(
                "csv-unreadable",
                "The file begins like a bank's CSV export but its rows cannot be separated; export it again.",
                "line 1",
            )
        around = found.profile.surroundings(found.above, found.below)
        notes = Notes(document)
        groups = _groups(found, around, notes)
        if not groups:
            raise UnreadableDocument(
                "csv-no-rows",
                f"The export ({found.profile.name}) holds no booking that could be read; that is not a day without "
                "bookings. Export it again.",
                f"line {found.header_line}",
            )
        if not any(account for account, _ in groups):
            raise UnreadableDocument(
                "csv-no-account",
                f"The export ({found.profile.name}) does not name its account, so nothing in it can be assigned. "
                "Export it again with the account's IBAN in it.",
                f"line {found.header_line}",
            )
        several = len(groups) > 1
        for (account, currency), placed in groups.items():
            # What is wrong with a row holds all statements of the file: nobody knows whose row it was.
            own = Notes(document)
            own.found.extend(notes.found)
            yield _statement(found, Preamble() if several else around, account, currency, placed, own)


READER = CsvExportReader()


def _groups(found: Found, around: Preamble, notes: Notes) -> dict[tuple[str, str], list[_Placed]]:
    """The rows by account and currency, in file order. Rows that cannot be read become defects."""
    groups: dict[tuple[str, str], list[_Placed]] = {}
    profile = found.profile
    own = around.account or (profile.own_account([row.cells for row in found.rows]) if profile.own_account else "")
    touched = False
    for row in found.rows:
        try:
            if row.refused:
                raise CellRefused(row.refused)
            booking = profile.booking(row.cells, own)
        except CellRefused as problem:
            notes.error("csv-bad-row", f"The row {problem}; export the file again.", f"line {row.line}")
            continue
        touched = touched or _is_touched(row)
        groups.setdefault((account_key(booking.account), booking.currency), []).append((row.line, booking))
    if touched:
        notes.warning(
            "csv-spreadsheet",
            "A spreadsheet program has rounded long references in this file. Use the bank's own file, unopened.",
            f"line {found.header_line}",
        )
    return groups


def _is_touched(row: Numbered) -> bool:
    return any("E+" in cell and SPREADSHEET.fullmatch(cell) for cell in row.cells.values())


def _statement(
    found: Found, around: Preamble, account: str, currency: str, placed: Sequence[_Placed], notes: Notes
) -> Statement:
    ordered, opening, closing = _prove(placed, around, notes)
    days = [booking.booking_day for _, booking in placed]
    to_day = max([*days, *([around.to_day] if around.to_day else [])])
    from_day = min([*days, *([around.from_day] if around.from_day else [])])
    entries = tuple(entry for line, booking in ordered for entry in _entries(line, booking))
    complete = opening is not None and closing is not None
    return Statement(
        account=account,
        currency=currency,
        format=f"csv.{found.profile.name}",
        position=f"line {found.header_line}",
        identification="",
        number="",
        page="",
        # Balances around the table may mean another moment than the rows: they prove if they add up, else nothing.
        coverage=Coverage.COMPLETE if complete and _has_running_balance(placed) else Coverage.PARTIAL,
        from_day=from_day,
        to_day=to_day,
        opening=_balance(BalanceKind.OPENING, opening, currency, from_day),
        # The export was made during its last day: more may have followed.
        closing=_balance(BalanceKind.INTERIM_CLOSING, closing, currency, to_day),
        entries=entries,
        defects=tuple(notes.found),
    )


def _balance(kind: BalanceKind, minor: int | None, currency: str, day: date) -> Balance | None:
    return None if minor is None else Balance(kind, Money(minor, currency), day)


def _has_running_balance(placed: Sequence[_Placed]) -> bool:
    return any(booking.balance_minor is not None for _, booking in placed)


def _prove(
    placed: Sequence[_Placed], around: Preamble, notes: Notes
) -> tuple[Sequence[_Placed], int | None, int | None]:
    """The rows oldest first, with the balances before and after them; None where the export tells none.

    The running balance also tells which way the file is sorted. A step that does not add up holds the statement.
    """
    backwards = list(reversed(placed))
    newest_first = placed[0][1].booking_day > placed[-1][1].booking_day
    moving = [(line, booking) for line, booking in placed if booking.is_booked and booking.moves_balance]
    told = [booking.balance_minor for _, booking in moving]
    if not moving or any(minor is None for minor in told):
        if any(minor is not None for minor in told):
            notes.warning(
                "csv-balance-gaps",
                "Some rows have no running balance, so the export proves nothing; its bookings stay unproven.",
                f"line {moving[0][0]}",
            )
        return (backwards if newest_first else placed), around.opening_minor, around.closing_minor
    forward, reverse = _breaks(moving), _breaks(list(reversed(moving)))
    # Bookings that cancel out add up both ways; then the days tell.
    upside_down = len(reverse) < len(forward) or (len(reverse) == len(forward) and newest_first)
    ordered, broken = (backwards, reverse) if upside_down else (placed, forward)
    if broken:
        notes.error(
            "csv-balance-broken",
            f"The running balance does not follow from the row before it ({len(broken)} times): a row is missing, "
            "changed or filtered out. Export all bookings of the period again.",
            f"line {broken[0]}",
        )
    first = next(booking for _, booking in ordered if booking.is_booked and booking.moves_balance)
    last = next(booking for _, booking in reversed(ordered) if booking.is_booked and booking.moves_balance)
    assert first.balance_minor is not None
    return ordered, first.balance_minor - first.amount_minor - first.fee_minor, last.balance_minor


def _breaks(rows: Sequence[_Placed]) -> list[int]:
    """Lines whose balance is not the one before plus their amount."""
    return [
        line
        for (_, before), (line, booking) in pairwise(rows)
        if (before.balance_minor or 0) + booking.amount_minor + booking.fee_minor != booking.balance_minor
    ]


def _entries(line: int, booking: Booking) -> Iterator[Entry]:
    """The booking, and what a provider kept of it as a booking of its own."""
    if not booking.is_booked:
        status = EntryStatus.PENDING
    else:
        status = EntryStatus.BOOKED if booking.moves_balance else EntryStatus.INFO
    iban = booking.iban
    party = Party(name=booking.name, iban=iban, account="" if iban else booking.counter_account, bank=booking.bank)
    currency = booking.currency
    detail = EntryDetail(
        counterparty=party,
        ultimate_debtor=booking.ultimate_name if booking.amount_minor >= 0 else "",
        ultimate_creditor=booking.ultimate_name if booking.amount_minor < 0 else "",
        remittance=booking.remittance,
        end_to_end_id=booking.end_to_end_id,
        mandate_id=booking.mandate_id,
        creditor_id=booking.creditor_id,
        payment_information_id=booking.payment_information_id,
        bank_reference=booking.bank_reference,
        original_amount=None if booking.original_minor is None else Money(booking.original_minor, currency),
        charges=None if booking.charges_minor is None else Money(booking.charges_minor, currency),
    )
    yield Entry(
        position=f"line {line}",
        amount=Money(booking.amount_minor, currency),
        status=status,
        booking_date=booking.booking_day,
        value_date=booking.value_day,
        details=(detail,),
        bank_reference=booking.bank_reference,
        booking_text=booking.booking_text,
    )
    if booking.fee_minor:
        yield Entry(
            position=f"line {line}, fee",
            amount=Money(booking.fee_minor, currency),
            status=status,
            booking_date=booking.booking_day,
            value_date=booking.value_day,
            details=(EntryDetail(remittance=booking.bank_reference),),
            gvc=_GVC_CHARGES,
            booking_text="Gebühr",
        )
