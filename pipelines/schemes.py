"""Posting schemes of an analyst's operations: balanced entries beside the bank's bookings (GERMAN_BANKING §5.2).

Every entry stands alone and can be taken back alone. ``number`` tells entries of one decision apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.chart import Chart
from pipelines.entries import Sheet, checked, vat_share
from pipelines.model.ids import derive
from pipelines.model.ledger import Allocation, Cause, JournalEntry
from pipelines.model.proposal import AllocationKind


@dataclass(frozen=True, slots=True)
class Share:
    """Part of an amount under one tax rate. gross_minor: unsigned; rate: basis points, None when unknown."""

    gross_minor: int
    rate: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """One allocation to be: what it does to an item (or account, with invoice_number "") and to a payment's money."""

    invoice_number: str
    debtor_number: str
    amount_minor: int
    cash_minor: int
    kind: AllocationKind


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an entry is posted: chart, ledger mode, the deciding decision and its day."""

    chart: Chart
    mode: str
    decision_id: str
    day: date
    currency: str


def add_taxed(sheet: Sheet, chart: Chart, role: str, shares: Iterable[Share]) -> None:
    """Debits the role net and its VAT, rate by rate (UStG §17); a negative gross credits both."""
    for share in shares:
        taxed = chart.taxed(role, share.rate)
        if taxed is None or share.rate is None:
            sheet.add(chart.account(role), share.gross_minor)
            continue
        vat = vat_share(share.gross_minor, share.rate)
        sheet.add(taxed[0], share.gross_minor - vat)
        sheet.add(taxed[1], vat)


def rebooking_entry(
    scene: Scene,
    number: int,
    payment: tuple[str, str],
    amount_minor: int,
    source: tuple[str, str],
    target: tuple[str, str],
    *,
    prepaid: tuple[str, int, int] | None = None,
) -> JournalEntry:
    """Soll source debtor / Haben target debtor. payment: (transaction id, bank account) whose money moves, "" for none.

    source, target: (invoice number, debtor number). prepaid: (net account, net, VAT) of an advance payment that is
    released with it.
    """
    chart, sheet = scene.chart, Sheet(scene.currency)
    sheet.add(chart.account("receivable"), amount_minor, source[1], source[0])
    sheet.add(chart.account("receivable"), -amount_minor, target[1], target[0])
    if prepaid:
        release_prepaid(sheet, chart, *prepaid)
    cash = amount_minor if payment[0] else 0
    kind = AllocationKind.REBOOKING
    moves = [Move(*source, -amount_minor, -cash, kind), Move(*target, amount_minor, cash, kind)]
    return _entry(scene, "rebooking", number, sheet, moves, payment, text="rebooking")


def credit_entry(
    scene: Scene, shares: Sequence[Share], debtor: str, invoice: str, to_item: int, to_account: int
) -> JournalEntry:
    """Soll revenue and VAT / Haben debtor. to_item: what the item still owed of it; to_account: the rest, which was
    paid already and is now to the debtor's credit."""
    sheet = Sheet(scene.currency)
    add_taxed(sheet, scene.chart, "revenue", shares)
    receivable = scene.chart.account("receivable")
    sheet.add(receivable, -to_item, debtor, invoice)
    sheet.add(receivable, -to_account, debtor, "")
    kind = AllocationKind.CREDIT_NOTE
    moves = [Move(invoice, debtor, to_item, 0, kind), Move("", debtor, to_account, 0, kind)]
    return _entry(scene, "credit", 0, sheet, moves, text="credit note")


def write_off_entry(scene: Scene, share: Share, debtor: str, invoice: str) -> JournalEntry:
    """Soll bad debt and VAT / Haben debtor. The books are clear; the claim remains."""
    sheet = Sheet(scene.currency)
    add_taxed(sheet, scene.chart, "bad_debt", [share])
    sheet.add(scene.chart.account("receivable"), -share.gross_minor, debtor, invoice)
    moves = [Move(invoice, debtor, share.gross_minor, 0, AllocationKind.WRITE_OFF)]
    return _entry(scene, "writeoff", 0, sheet, moves, text="write-off")


def recovery_entry(scene: Scene, payment: tuple[str, str], share: Share, debtor: str, invoice: str) -> JournalEntry:
    """Money for a claim that was written off: Soll clearing / Haben recovered claims and VAT."""
    sheet = Sheet(scene.currency)
    sheet.add(scene.chart.account("clearing"), share.gross_minor)
    add_taxed(sheet, scene.chart, "recovered_bad_debt", [Share(-share.gross_minor, share.rate)])
    moves = [Move(invoice, debtor, 0, share.gross_minor, AllocationKind.RECOVERY)]
    return _entry(scene, "recovery", 0, sheet, moves, payment, text="payment of a claim written off")


def small_difference_entry(
    scene: Scene, number: int, share: Share, debtor: str, invoice: str, payment: tuple[str, str] = ("", "")
) -> JournalEntry:
    """What an item lacks goes to revenue reduction with its VAT; what is too much on an account to other income.

    share: positive for what lacks, negative for what is too much.
    """
    sheet = Sheet(scene.currency)
    if share.gross_minor > 0:
        add_taxed(sheet, scene.chart, "revenue_reduction", [share])
    else:
        sheet.add(scene.chart.account("other_income"), share.gross_minor)
    sheet.add(scene.chart.account("receivable"), -share.gross_minor, debtor, invoice)
    moves = [Move(invoice, debtor, share.gross_minor, 0, AllocationKind.SMALL_DIFFERENCE)]
    return _entry(scene, "small_difference", number, sheet, moves, payment, text="small difference")


def refund_entry(scene: Scene, payment: tuple[str, str], debtor: str, amount_minor: int) -> JournalEntry:
    """The bank carried a refund out: Soll debtor / Haben clearing. payment: the outgoing transaction."""
    sheet = Sheet(scene.currency)
    sheet.add(scene.chart.account("receivable"), amount_minor, debtor, "")
    sheet.add(scene.chart.account("clearing"), -amount_minor)
    moves = [Move("", debtor, -amount_minor, -amount_minor, AllocationKind.REFUND)]
    return _entry(scene, "refund", 0, sheet, moves, payment, cause=Cause.REFUND, text="refund")


def charge_entry(scene: Scene, role: str, amount_minor: int, debtor: str, claim: str) -> JournalEntry:
    """A fee or interest we charge: Soll debtor / Haben other or interest income. Damages, so no VAT (UStAE 1.3 (6))."""
    sheet = Sheet(scene.currency)
    sheet.add(scene.chart.account("receivable"), amount_minor, debtor, claim)
    sheet.add(scene.chart.account(role), -amount_minor)
    return _entry(scene, "claim", 0, sheet, [], cause=Cause.CLAIM, text="claim")


def transit_entry(scene: Scene, payment: tuple[str, str], cash_minor: int, gross_minor: int) -> JournalEntry:
    """A payout of a payment service: Soll clearing and charges / Haben money in transit, at the gross amount."""
    sheet = Sheet(scene.currency)
    sheet.add(scene.chart.account("clearing"), cash_minor)
    sheet.add(scene.chart.account("bank_charges"), gross_minor - cash_minor)
    sheet.add(scene.chart.account("transit"), -gross_minor)
    moves = [Move("", "", 0, cash_minor, AllocationKind.TRANSIT)]
    return _entry(scene, "transit", 0, sheet, moves, payment, text="money in transit")


def prepayment_entry(scene: Scene, payment: tuple[str, str], debtor: str, share: Share) -> JournalEntry:
    """An advance payment: on the debtor's account, and as received advance with VAT, which is due on receipt
    (UStG §13 (1) no. 1 a). The clearing account of advance payments stands against the debtor's credit."""
    chart, sheet = scene.chart, Sheet(scene.currency)
    sheet.add(chart.account("clearing"), share.gross_minor)
    sheet.add(chart.account("receivable"), -share.gross_minor, debtor, "")
    sheet.add(chart.account("prepayment_clearing"), share.gross_minor)
    add_taxed(sheet, chart, "prepayment", [Share(-share.gross_minor, share.rate)])
    moves = [Move("", debtor, share.gross_minor, share.gross_minor, AllocationKind.ON_ACCOUNT)]
    return _entry(scene, "prepayment", 0, sheet, moves, payment, text="advance payment")


def release_entry(scene: Scene, number: int, payment: tuple[str, str], prepaid: tuple[str, int, int]) -> JournalEntry:
    """An advance payment is no longer one because it is sent back."""
    sheet = Sheet(scene.currency)
    release_prepaid(sheet, scene.chart, *prepaid)
    return _entry(scene, "release", number, sheet, [], payment, cause=Cause.REFUND, text="advance payment released")


def release_prepaid(sheet: Sheet, chart: Chart, net_account: str, net: int, vat: int) -> None:
    """Soll received advance and VAT / Haben clearing account of advance payments."""
    sheet.add(net_account, net)
    if vat:
        sheet.add(vat_account(chart, net_account), vat)
    sheet.add(chart.account("prepayment_clearing"), -(net + vat))


def vat_account(chart: Chart, net_account: str) -> str:
    """The VAT account that belongs to an account of received advance payments."""
    for rate, account in chart.by_rate["prepayment"].items():
        if account == net_account and rate in chart.by_rate["vat"]:
            return chart.by_rate["vat"][rate]
    return chart.account("output_vat")


def _entry(
    scene: Scene,
    scheme: str,
    number: int,
    sheet: Sheet,
    moves: Iterable[Move],
    payment: tuple[str, str] = ("", ""),
    *,
    cause: Cause = Cause.DECISION,
    text: str,
) -> JournalEntry:
    entry_id = derive("entry", scene.mode, scheme, scene.decision_id, number)
    return checked(
        JournalEntry(
            entry_id=entry_id,
            booking_date=scene.day,
            account=payment[1],
            transaction_id=payment[0],
            cause=cause,
            lines=sheet.lines(),
            allocations=tuple(
                Allocation(
                    allocation_id=derive("allocation", entry_id, place),
                    entry_id=entry_id,
                    transaction_id=payment[0],
                    debtor_number=move.debtor_number,
                    invoice_number=move.invoice_number,
                    amount_minor=move.amount_minor,
                    cash_minor=move.cash_minor,
                    currency=scene.currency,
                    kind=move.kind,
                    disposition="decided",
                )
                for place, move in enumerate(moves)
                if move.amount_minor or move.cash_minor
            ),
            text=text,
        )
    )
