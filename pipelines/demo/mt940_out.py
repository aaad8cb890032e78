"""The second bank of the sample company: MT940 with the German structure of :86:, in the transfer character set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pipelines.demo.company import CREDITOR_ID
from pipelines.demo.payments import Payment
from pipelines.demo.texts import bank_form
from pipelines.model.money import format_minor

_BOOKING_TEXTS = {
    "166": "GUTSCHRIFT", "167": "GUTSCHRIFT", "116": "UEBERWEISUNG", "117": "DAUERAUFTRAG", "105": "LASTSCHRIFT",
    "106": "KARTENZAHLUNG", "109": "SEPA-LASTSCHR. RETOURE CORE", "192": "SEPA SAMMLER LASTSCHRIFT",
    "808": "ENTGELT", "814": "ZINSEN",
}  # fmt: skip
_REASONS = {"AC01": "901", "AC04": "902", "AC06": "903", "AM04": "906", "MD01": "909", "MD06": "912", "MS03": "914"}


def statement(account: str, day: date, payments: Sequence[Payment], *, number: int, opening: int) -> bytes:
    """One statement. opening: cents before the first booking."""
    closing = opening + sum(payment.amount for payment in payments)
    lines = [
        f":20:STARTUMS{day:%y%m%d}",
        f":25:{account[4:12]}/{account[12:].lstrip('0')}",
        f":28C:{number:05d}/001",
        f":60F:{_balance(opening, day - timedelta(days=1))}",
        *(line for payment in payments for line in _booking(payment)),
        f":62F:{_balance(closing, day)}",
        "-",
    ]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1", "replace")


def _comma(minor: int) -> str:
    return format_minor(abs(minor), "EUR").replace(".", ",")


def _balance(minor: int, day: date) -> str:
    return f"{'C' if minor >= 0 else 'D'}{day:%y%m%d}EUR{_comma(minor)}"


def _booking(payment: Payment) -> list[str]:
    mark = "C" if payment.amount >= 0 else "D"
    customer = "NONREF"
    lines = [
        f":61:{payment.day:%y%m%d}{payment.day:%m%d}{mark}{_comma(payment.amount)}NTRF{customer}//{payment.reference}"
    ]
    if payment.original and payment.charges:
        lines.append(f"/OCMT/EUR{_comma(payment.original)}//CHGS/EUR{_comma(payment.charges)}/")
    fields = [f"{payment.gvc}?00{_BOOKING_TEXTS.get(payment.gvc, 'BUCHUNG')}", "?100931"]
    slots = [f"?{number}" for number in (*range(20, 30), *range(60, 64))]
    for slot, chunk in zip(slots, _chunks(payment), strict=False):
        fields.append(slot + chunk)
    if payment.iban:
        fields += [f"?30{payment.iban[4:12]}", f"?31{payment.iban}"]
    name = bank_form(payment.name)
    if name:
        fields += [f"?32{name[:27]}", *([f"?33{name[27:54]}"] if name[27:] else [])]
    if payment.reason_code:
        fields.append(f"?34{_REASONS[payment.reason_code]}")
    text = ":86:" + "".join(fields)
    return lines + [text[start : start + 65] for start in range(0, len(text), 65)]


def _chunks(payment: Payment) -> list[str]:
    """The remittance in pieces of 27; every tag starts a piece of its own, as the format book asks."""
    tags: list[tuple[str, str]] = []
    if payment.end_to_end_id:
        tags.append(("EREF", payment.end_to_end_id))
    if payment.batch_id:
        tags.append(("KREF", payment.batch_id))
    if payment.mandate_id:
        tags.append(("MREF", payment.mandate_id))
    if payment.creditor_id:
        tags.append(("CRED", CREDITOR_ID))
    if payment.original and payment.charges:
        tags += [("COAM", _comma(payment.charges)), ("OAMT", _comma(payment.original))]
    text = payment.creditor_reference or bank_form(payment.text)
    if text:
        tags.append(("SVWZ", text))
    pieces = []
    for tag, value in tags:
        whole = f"{tag}+{value}"
        pieces += [whole[start : start + 27] for start in range(0, len(whole), 27)]
    return pieces
