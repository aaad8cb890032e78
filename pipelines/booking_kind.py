"""Kind of a payment from its codes, its sign and, where codes are silent, the bank's words.

Returns are recognised in a fixed order: RtrInf, GVC, ISO sub-family, SWIFT NRTI, keywords. Weaker signs never overrule
an exact code, so a payment whose text mentions a Retoure stays a payment.
"""

from __future__ import annotations

import re

from pipelines.gvc import GVC, VAGUE, Group, domain_group
from pipelines.model.statement import Entry, EntryDetail
from pipelines.model.transaction import TransactionKind
from pipelines.normalize import reference
from pipelines.text import fold

_BANK_SAYS_RETURN = re.compile(
    r"RETOURE|RUECKLASTSCHR|RUECKBELAST|RUECKL\b|RUECKGABE|RUECKUEBERW|RETURN/REFUND|RUECKBEL|UNPAID DIRECT DEBIT|"
    r"LASTSCHRIFTR(?:ETO|UECK)|LS[ -]?RETOURE|LS[ -]?RUECK"
)
_TEXT_SAYS_RETURN = re.compile(
    r"RETOURE (?:AUS )?SEPA|RUECKLASTSCHR|RUECKBELAST|RUECKGABEGRUND|RUECKWEISUNGSGRUND|RETURN/REFUND|REJECT AUS SEPA"
)
_TEXT_SAYS_TRANSFER_RETURN = re.compile(r"(?:RETOURE|REJECT|RUECK\w{0,20}) (?:AUS )?SEPA[ -]?UE?BERWEISUNG")
_COLLECTS = re.compile(r"LASTSCHRIFTEIN(?:ZUG|REICH)|SAMMELLASTSCHRIFT|LASTSCHR\S{0,8} GUTSCHR|LS-?EINZUG")
_TRANSFER = re.compile(r"UE?BERWEIS|TRANSFER")
_CHARGE = re.compile(r"\b(?:ENTGELT|GEBUEHR|KONTOFUEHRUNG|KONTOABSCHLUSS|PROVISION|SPESEN)")


def kind_of(entry: Entry, detail: EntryDetail, minor: int, gvc: str, domain: str) -> TransactionKind:
    """What a payment is. minor: its signed amount; gvc and domain: its own codes or, lacking those, the entry's."""
    group = GVC.get(gvc)
    iso = domain_group(domain)
    returned = _return_kind(entry, detail, minor, group, iso, gvc)
    if returned is not None:
        return returned
    if group is Group.OUR_RETURN or (group is None and iso is Group.OUR_RETURN):
        return TransactionKind.OTHER
    if entry.is_reversal or Group.REVERSAL in (group, iso if group is None else None):
        return TransactionKind.REVERSAL
    meaning = group if group is not None and gvc not in VAGUE else iso or group
    if meaning is None and gvc not in VAGUE and gvc[:1] in ("3", "4", "5", "6"):
        return TransactionKind.OTHER  # securities, foreign exchange, deposits, loans
    if meaning is None:
        return _by_words(entry, detail, minor, gvc)
    if minor >= 0:
        return _CREDITS[meaning]
    return _DEBITS[meaning]


_CREDITS = {
    Group.RECEIPT: TransactionKind.RECEIPT,
    Group.COLLECTION: TransactionKind.COLLECTION,
    Group.RETURN_DEBIT: TransactionKind.OTHER,
    Group.RETURN_TRANSFER: TransactionKind.RETURN_TRANSFER,
    Group.OUR_RETURN: TransactionKind.OTHER,
    Group.OUTGOING: TransactionKind.OTHER,
    Group.REVERSAL: TransactionKind.REVERSAL,
    Group.CHARGE: TransactionKind.CHARGE,
    Group.INTEREST: TransactionKind.OTHER,
    Group.OWN_TRANSFER: TransactionKind.OWN_TRANSFER,
    Group.CARD_SETTLEMENT: TransactionKind.PAYOUT,
    Group.SUNDRY: TransactionKind.OTHER,
}
_DEBITS = {
    Group.RECEIPT: TransactionKind.OTHER,
    Group.COLLECTION: TransactionKind.OTHER,
    Group.RETURN_DEBIT: TransactionKind.RETURN_DEBIT,
    Group.RETURN_TRANSFER: TransactionKind.RETURN_TRANSFER,
    Group.OUR_RETURN: TransactionKind.OTHER,
    Group.OUTGOING: TransactionKind.OUTGOING,
    Group.REVERSAL: TransactionKind.REVERSAL,
    Group.CHARGE: TransactionKind.CHARGE,
    Group.INTEREST: TransactionKind.CHARGE,
    Group.OWN_TRANSFER: TransactionKind.OWN_TRANSFER,
    Group.CARD_SETTLEMENT: TransactionKind.OUTGOING,
    Group.SUNDRY: TransactionKind.OUTGOING,
}


def _return_kind(
    entry: Entry, detail: EntryDetail, minor: int, group: Group | None, iso: Group | None, gvc: str
) -> TransactionKind | None:
    """The kind of a return, None when the entry is none. Order of the format book's reference, strongest first."""
    exact = group is not None and gvc not in VAGUE
    ordinary = exact and _is_ordinary(group, minor)
    if detail.is_return and not (ordinary and not detail.reason_code and not detail.reason_text):
        return _kind_of_rtrinf(detail, minor, group, iso)
    if entry.is_reversal and group in (Group.RETURN_DEBIT, Group.RETURN_TRANSFER) and minor > 0:
        return None  # the bank takes its return back
    if group is Group.RETURN_DEBIT:
        return TransactionKind.RETURN_DEBIT if minor < 0 else None
    if group is Group.RETURN_TRANSFER:
        return TransactionKind.RETURN_TRANSFER
    if ordinary or group is Group.OUR_RETURN:
        return None
    if iso is Group.RETURN_DEBIT and minor < 0:
        return TransactionKind.RETURN_DEBIT
    if iso is Group.RETURN_TRANSFER:
        return TransactionKind.RETURN_TRANSFER
    if iso is Group.OUR_RETURN or (iso in (Group.CHARGE, Group.INTEREST, Group.OWN_TRANSFER) and group is None):
        return None
    swift = detail.swift_code or entry.swift_code
    if swift == "NRTI" and not entry.is_reversal:
        if minor < 0:
            return TransactionKind.RETURN_DEBIT
        return TransactionKind.RETURN_TRANSFER if not detail.mandate_id else None
    return _kind_by_bank_words(entry, detail, minor, iso)


def _is_ordinary(group: Group | None, minor: int) -> bool:
    """Whether a code has a plain meaning in this direction, so that no text may turn it into a return."""
    if group in (Group.RECEIPT, Group.COLLECTION, Group.CARD_SETTLEMENT):
        return minor >= 0
    if group is Group.OUTGOING:
        return minor < 0
    return group in (Group.CHARGE, Group.INTEREST, Group.OWN_TRANSFER, Group.REVERSAL)


def _kind_of_rtrinf(detail: EntryDetail, minor: int, group: Group | None, iso: Group | None) -> TransactionKind:
    if Group.OUR_RETURN in (group, iso):
        return TransactionKind.OTHER
    if minor >= 0:
        # Money back to us: our own transfer bounced, or a debit on our account was returned by us (mandate named).
        is_debit = bool(reference(detail.mandate_id)) and group is not Group.RETURN_TRANSFER
        return TransactionKind.OTHER if is_debit else TransactionKind.RETURN_TRANSFER
    if group is Group.RETURN_TRANSFER or (iso is Group.RETURN_TRANSFER and group is not Group.RETURN_DEBIT):
        return TransactionKind.RETURN_TRANSFER
    return TransactionKind.RETURN_DEBIT


def _kind_by_bank_words(entry: Entry, detail: EntryDetail, minor: int, iso: Group | None) -> TransactionKind | None:
    """Keyword rules, for entries whose codes say nothing. The payer's text alone never makes a credit a return."""
    booking_text = fold(entry.booking_text)
    says = bool(booking_text) and _BANK_SAYS_RETURN.search(booking_text) is not None
    text = fold(detail.remittance)
    if minor >= 0:
        if iso is not None and not says:
            return None
        bounced = _TEXT_SAYS_TRANSFER_RETURN.match(text) is not None
        if says and (bounced or _TRANSFER.search(booking_text) or _TEXT_SAYS_RETURN.search(text)):
            return TransactionKind.RETURN_TRANSFER
        return TransactionKind.RETURN_TRANSFER if bounced and not entry.booking_text else None
    if iso is Group.OUTGOING and not says:
        return None
    if _CHARGE.search(booking_text) and not _TEXT_SAYS_RETURN.search(text):
        return None
    if says or _TEXT_SAYS_RETURN.search(text) or _TEXT_SAYS_RETURN.search(fold(detail.additional_info)):
        transfer = _TRANSFER.search(booking_text) or _TEXT_SAYS_TRANSFER_RETURN.search(text)
        return TransactionKind.RETURN_TRANSFER if transfer else TransactionKind.RETURN_DEBIT
    return None


def _by_words(entry: Entry, detail: EntryDetail, minor: int, gvc: str) -> TransactionKind:
    """Without any code: charges by the bank's words, the rest by sign."""
    booking_text = fold(entry.booking_text)
    if minor < 0 and not detail.counterparty.iban and not detail.creditor.iban and _CHARGE.search(booking_text):
        return TransactionKind.CHARGE
    if minor >= 0 and (_COLLECTS.search(booking_text) or (reference(detail.mandate_id) and detail.creditor_id)):
        return TransactionKind.COLLECTION
    if gvc[:1] == "8" and gvc not in VAGUE:
        return TransactionKind.OTHER if minor >= 0 else TransactionKind.OUTGOING
    return TransactionKind.RECEIPT if minor >= 0 else TransactionKind.OUTGOING
