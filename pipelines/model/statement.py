"""What a bank file says, in the bank's own structure: statement, entry, detail (CAMT Stmt / Ntry / TxDtls).

These are observations. They become bookings and transactions (``transaction.py``) only after classification,
de-duplication and the balance gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipelines.model.finding import Finding
from pipelines.model.money import Money


class EntryStatus(StrEnum):
    """Only ``booked`` entries may ever post; pending and info entries are shown at most (D5). A ``doubtful`` entry is
    what its source takes for a possible repetition of another: it is booked only if the balance needs it."""

    BOOKED = "booked"
    PENDING = "pending"
    INFO = "info"
    DOUBTFUL = "doubtful"


class BalanceKind(StrEnum):
    """Which balance. CAMT OPBD and PRCD (the previous closing) are ``opening``, CLBD is ``closing``;
    MT940 :60F: and :62F: likewise. :60M:/:62M: and ITBD are the interim kinds. The rest is never used in a proof."""

    OPENING = "opening"
    CLOSING = "closing"
    INTERIM_OPENING = "interim_opening"
    INTERIM_CLOSING = "interim_closing"
    AVAILABLE = "available"
    FORWARD = "forward"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance the bank states. ``day`` is None where the file omits it."""

    kind: BalanceKind
    amount: Money
    day: date | None


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a payment as the file names it; every text is "" when absent.

    account: an account number that is not an IBAN (old Konto, proprietary id); bank: BIC or Bankleitzahl;
    identifier: creditor identifier or other party id.
    """

    name: str = ""
    iban: str = ""
    account: str = ""
    bank: str = ""
    identifier: str = ""


NOBODY = Party()


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """One payment inside an entry (TxDtls). An MT940 booking has exactly one detail, a batch has n, or none.

    amount: signed as booked; None where the format gives no amount per detail (then the entry's amount is meant).
    counterparty: the other side where the format names it as such (MT940 ?30–?33, finAPI). CAMT names ``debtor``
    and ``creditor`` instead, which on returns keep the roles of the ORIGINAL payment; ``classify`` picks the side.
    remittance: free text, several Ustrd joined by one blank; for MT940 the SVWZ part only.
    creditor_reference: structured reference (CdtrRefInf/Ref). document_numbers: RfrdDocInf/Nb.
    reason_code: ISO return reason from RtrInf/Rsn/Cd; reason_text: Rsn/Prtry or AddtlInf. is_return: RtrInf present.
    original_amount: unsigned InstdAmt / OAMT / OCMT; None if absent.
    charges: unsigned sum of charges at the detail (Chrgs / COAM / CHGS); None if absent.
    declared_discount: DscntApldAmt, unsigned; None if absent.
    """

    amount: Money | None = None
    debtor: Party = NOBODY
    creditor: Party = NOBODY
    counterparty: Party = NOBODY
    ultimate_debtor: str = ""
    ultimate_creditor: str = ""
    remittance: str = ""
    creditor_reference: str = ""
    document_numbers: tuple[str, ...] = ()
    end_to_end_id: str = ""
    mandate_id: str = ""
    creditor_id: str = ""
    instruction_id: str = ""
    customer_reference: str = ""
    payment_information_id: str = ""
    message_id: str = ""
    transaction_id: str = ""
    bank_reference: str = ""
    purpose_code: str = ""
    gvc: str = ""
    swift_code: str = ""
    domain_code: str = ""
    text_key_extension: str = ""
    additional_info: str = ""
    is_return: bool = False
    reason_code: str = ""
    reason_text: str = ""
    original_amount: Money | None = None
    charges: Money | None = None
    declared_discount: Money | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the bank announces it (NtryDtls/Btch); ``count`` is None where not stated."""

    message_id: str = ""
    payment_information_id: str = ""
    count: int | None = None
    total: Money | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking line of the statement (Ntry, :61:).

    position: where in the file, e.g. ``Stmt 1/Ntry 3`` or ``line 27``.
    amount: signed from the account holder's view; MT940 RC and RD already turned (RC −, RD +). ``is_reversal``
    is information only and never flips a CAMT sign.
    booking_date: None where the file gives none (then the value date is meant); value_date None likewise.
    bank_reference: AcctSvcrRef, the text after ``//`` in :61:, finAPI id; "" for absent and for NONREF.
    gvc: the three-digit national code; swift_code: NTRF, NRTI …; domain_code: ``PMNT-RCDT-ESCT``.
    """

    position: str
    amount: Money
    status: EntryStatus
    booking_date: date | None
    value_date: date | None
    details: tuple[EntryDetail, ...] = ()
    bank_reference: str = ""
    entry_reference: str = ""
    is_reversal: bool = False
    gvc: str = ""
    swift_code: str = ""
    domain_code: str = ""
    primanota: str = ""
    text_key_extension: str = ""
    booking_text: str = ""
    batch: Batch | None = None
    charges: Money | None = None


class Coverage(StrEnum):
    """How much of its period a document claims to tell.

    ``complete``: every booking between its balances (053, MT940, finAPI with balance). ``partial``: an excerpt or
    intraday report without a closing balance (052, 054, MT942).
    """

    COMPLETE = "complete"
    PARTIAL = "partial"


class Proof(StrEnum):
    """What a statement's balances can prove.

    ``stated``: the bank states what it states; without an opening balance the entries may stay unproven.
    ``snapshot``: all entries of a window and the balance of the moment, from an API. Its opening balance is what the
    entries leave of it. It may begin the chain of an account; where there is one it has to lead on from it, or is held.
    ``doubted``: a snapshot whose source itself says that something is missing: it has to lead on from a proven balance
    and cannot begin a chain, nor can a snapshot with doubtful entries.
    """

    STATED = "stated"
    SNAPSHOT = "snapshot"
    DOUBTED = "doubted"


@dataclass(frozen=True, slots=True)
class Statement:
    """One account statement or report as delivered.

    account: IBAN in electronic form, or the account text of the file where it has none. currency: ISO 4217.
    format: ``camt.053.001.08``, ``mt940``, ``mt942`` … number/page: as printed, "" if absent.
    from_day/to_day: first and last day it covers, None where neither file nor entries say.
    opening/closing: the pair used for the balance proof; None where the format has none.
    defects: what the reader found wrong. A finding of severity ``error`` keeps the statement from being posted although
    it could be read: it is held. ``warning`` and ``info`` hold nothing; they are only stored.
    """

    account: str
    currency: str
    format: str
    position: str
    identification: str
    number: str
    page: str
    coverage: Coverage
    from_day: date | None
    to_day: date | None
    opening: Balance | None
    closing: Balance | None
    entries: tuple[Entry, ...]
    balances: tuple[Balance, ...] = ()
    account_owner: str = ""
    defects: tuple[Finding, ...] = ()
    proof: Proof = Proof.STATED


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes as fetched, before anything looked into them (D3).

    name: file name or request as delivered, unpacked archives as ``outer.zip/inner.xml``.
    source: the configured source's name, ``file`` for the command line.
    """

    name: str
    content: bytes
    source: str
