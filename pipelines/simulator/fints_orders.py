"""HKCAZ and HKKAZ at the bank: which days, which page, and where the next one begins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fints.formals import KTI1, BookedCamtStatements1
from fints.segments.statement import HICAZ1, HIKAZ5, HIKAZ6, HIKAZ7

from pipelines.simulator.faults import Faults
from pipelines.simulator.fints_bpd import CAMT_FORMAT
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.fints_pages import Page, camt_pages, mt940_pages
from pipelines.simulator.fints_wire import Answer
from pipelines.simulator.world import World

_HIKAZ = {5: HIKAZ5, 6: HIKAZ6, 7: HIKAZ7}


def statements(world: World, faults: Faults, manner: Manner, iban: str, order: Any, answer: Answer) -> None:
    """One page of statements, with the point where the next begins (3040)."""
    camt = order.header.type == "HKCAZ"
    if faults.fires("fints-order-refused"):
        answer.tell(order, "9010", "Der Auftrag wurde nicht ausgeführt.")
        return
    if camt and faults.fires("fints-camt-refused"):
        answer.tell(order, "9010", "Der Auftrag kann zurzeit nicht ausgeführt werden.")
        return
    first, last = _days(world, manner, order)
    if not order.touchdown_point and faults.fires("fints-no-data"):
        answer.tell(order, "3010", "Es liegen keine Umsätze vor.")
        return
    pages = _pages(world, faults, manner, iban, first, last, camt=camt)
    place = touchdown_place(order.touchdown_point) if order.touchdown_point else 0
    if not pages:
        answer.tell(order, "3010", "Es liegen keine Umsätze vor.")
        return
    if place is None or place >= len(pages):
        answer.tell(order, "9210", "Der Aufsetzpunkt ist nicht bekannt.")
        return
    following = place + 1
    page = pages[place]
    if following < len(pages) and faults.fires("fints-page-lost"):
        following += 1
    if place and faults.fires("fints-page-repeats"):
        page, following = pages[place - 1], place
    answer.add(order, _segment(world, iban, order, page))
    if following < len(pages):
        answer.tell(order, "3040", "Es liegen weitere Informationen vor.", touchdown(following))
    else:
        answer.tell(order, "0020", "Die Umsätze wurden übermittelt.")


def touchdown(place: int) -> str:
    """Where a page begins, in the characters banks are fond of."""
    return f"0_={place}#=?:+'@{place:04d}#="


def touchdown_place(point: str) -> int | None:
    """The page a point stands for; None for one that this bank never gave."""
    digits = point.partition("=")[2].partition("#")[0]
    return int(digits) if digits.isdigit() and touchdown(int(digits)) == point else None


def _days(world: World, manner: Manner, order: Any) -> tuple[date, date]:
    kept = world.today - timedelta(days=manner.days)
    first = order.date_start or kept
    return max(first, kept), min(order.date_end or world.today, world.today)


def _pages(
    world: World, faults: Faults, manner: Manner, iban: str, first: date, last: date, *, camt: bool
) -> list[Page]:
    if camt:
        return camt_pages(world, iban, first, last, manner.documents, empty=faults.fires("fints-empty-document"))
    return mt940_pages(world, iban, first, last, manner.page_bytes, cut=faults.fires("fints-cut"))


def _segment(world: World, iban: str, order: Any, page: Page) -> Any:
    if order.header.type == "HKCAZ":
        return HICAZ1(
            KTI1(iban=iban, bic=world.account(iban).bic),
            CAMT_FORMAT,
            BookedCamtStatements1(list(page.booked)),
            page.pending or None,
        )
    return _HIKAZ[order.header.version](page.booked[0], page.pending or None)
