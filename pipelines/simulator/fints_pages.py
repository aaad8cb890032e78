"""Statements as the FinTS server hands them out: camt.052 by day, or MT940 in one run, cut into pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.demo import camt_out, mt940_out
from pipelines.demo.payments import Payment
from pipelines.model.money import format_minor
from pipelines.simulator.world import World


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: camt documents or a piece of MT940. pending: what is not booked yet, b"" for nothing."""

    booked: tuple[bytes, ...]
    pending: bytes = b""


def camt_pages(world: World, iban: str, first: date, last: date, documents: int, *, empty: bool) -> list[Page]:
    """camt.052 reports with balances, one per day with bookings, several in one page; [] when nothing was booked.

    empty: one more document, without entries and balances, as some banks send for days without bookings.
    """
    found = [
        camt_out.document(
            camt_out.REPORT, iban, day, payments, number=int(f"{day:%j}"), opening=_opening(world, iban, day)
        )
        for day, payments in _by_day(world, iban, first, last)
    ]
    if empty:
        found.insert(len(found) // 2, camt_out.document(camt_out.REPORT, iban, last, [], number=int(f"{last:%j}")))
    pending = world.pending(iban)
    waiting = b""
    if pending:
        waiting = camt_out.document(camt_out.REPORT, iban, world.today, pending, number=999)
        waiting = waiting.replace(b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts><Cd>PDNG</Cd></Sts>")
    pages = [Page(tuple(found[start : start + documents])) for start in range(0, len(found), documents)]
    return _with_pending(pages, waiting)


def mt940_pages(world: World, iban: str, first: date, last: date, size: int, *, cut: bool) -> list[Page]:
    """MT940 statements of all days, in pages of about ``size`` bytes. cut: anywhere, else between statements."""
    statements = [
        mt940_out.statement(iban, day, payments, number=int(f"{day:%j}"), opening=_opening(world, iban, day))
        for day, payments in _by_day(world, iban, first, last)
    ]
    pieces: list[bytes] = []
    if cut:
        whole = b"".join(statements)
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    else:
        for statement in statements:
            if pieces and len(pieces[-1]) + len(statement) <= size:
                pieces[-1] += statement
            else:
                pieces.append(statement)
    pending = world.pending(iban)
    waiting = _interim_report(world, iban, pending) if pending else b""
    return _with_pending([Page((piece,)) for piece in pieces], waiting)


def _with_pending(pages: list[Page], waiting: bytes) -> list[Page]:
    if waiting and pages:
        pages[-1] = Page(pages[-1].booked, waiting)
    return pages


def _by_day(world: World, iban: str, first: date, last: date) -> list[tuple[date, Sequence[Payment]]]:
    days: dict[date, list[Payment]] = {}
    for payment in world.booked(iban, first, last):
        days.setdefault(payment.day, []).append(payment)
    return sorted(days.items())


def _opening(world: World, iban: str, day: date) -> int:
    return world.balance(iban, day - timedelta(days=1))


def _interim_report(world: World, iban: str, pending: Sequence[Payment]) -> bytes:
    """Pending entries as MT942, the way HIKAZ carries them."""
    day = world.today
    lines = [":20:STARTDISPE", f":25:{iban[4:12]}/{iban[12:].lstrip('0')}", ":28C:00000/001", ":34F:EUR0,00"]
    lines.append(f":13:{day:%y%m%d}0600")
    for payment in pending:
        amount = format_minor(abs(payment.amount), "EUR").replace(".", ",")
        lines += [
            f":61:{payment.day:%y%m%d}{payment.day:%m%d}{'C' if payment.amount >= 0 else 'D'}{amount}NMSCNONREF",
            f":86:{payment.gvc}?00VORGEMERKT?20{payment.reference}",
        ]
    return ("\r\n".join([*lines, "-"]) + "\r\n").encode("latin-1", "replace")
