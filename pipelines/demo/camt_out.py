"""The first bank of the sample company: camt.053, now and then camt.052 and camt.054, all version .001.08."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from xml.sax.saxutils import escape

from pipelines.demo.company import CREDITOR_ID, NAME
from pipelines.demo.payments import Payment
from pipelines.model.money import format_minor

# Message, root element, element of one statement.
STATEMENT = ("camt.053.001.08", "BkToCstmrStmt", "Stmt")
REPORT = ("camt.052.001.08", "BkToCstmrAcctRpt", "Rpt")
NOTIFICATION = ("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", "Ntfctn")

_DOMAINS = {
    "166": ("RCDT", "ESCT"), "167": ("RCDT", "ESCT"), "116": ("ICDT", "ESCT"), "117": ("ICDT", "STDO"),
    "109": ("IDDT", "UPDD"), "159": ("RCDT", "RRTN"), "192": ("IDDT", "ESDD"), "171": ("IDDT", "ESDD"),
    "191": ("ICDT", "ESCT"), "808": ("MDOP", "CHRG"),
}  # fmt: skip


def document(
    shape: tuple[str, str, str],
    account: str,
    day: date,
    payments: Sequence[Payment],
    *,
    number: int,
    opening: int | None = None,
    with_details: bool = False,
) -> bytes:
    """One message for one account and day. opening: cents before the first entry, None for messages without balances.

    with_details: batches list their payments although the statement only shows the sum (camt.054).
    """
    message, root, part = shape
    balances = ""
    if opening is not None:
        closing = opening + sum(payment.amount for payment in payments)
        balances = _balance("OPBD", opening, day - timedelta(days=1)) + _balance("CLBD", closing, day)
    entries = "".join(_entry(payment, with_details) for payment in payments)
    stamp = f"{day.isoformat()}T18:30:00+02:00"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><{root}>'
        f"<GrpHdr><MsgId>{message[5:7]}-{day:%Y%m%d}-{number}</MsgId><CreDtTm>{stamp}</CreDtTm></GrpHdr>\n"
        f"<{part}><Id>{number:03d}-2026</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{stamp}</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>{escape(NAME)}</Nm></Ownr></Acct>\n"
        f"{balances}{entries}</{part}></{root}></Document>\n"
    ).encode()


def _amount(minor: int, tag: str = "Amt") -> str:
    return f'<{tag} Ccy="EUR">{format_minor(abs(minor), "EUR")}</{tag}>'


def _side(minor: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if minor >= 0 else 'DBIT'}</CdtDbtInd>"


def _balance(code: str, minor: int, day: date) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{_amount(minor)}{_side(minor)}<Dt><Dt>{day}</Dt></Dt></Bal>\n"


def _codes(payment: Payment) -> str:
    family, sub = _DOMAINS.get(payment.gvc, ("OTHR", "OTHR"))
    domain = "ACMT" if payment.gvc == "808" else "PMNT"
    return (
        f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn>"
        f"<Prtry><Cd>NTRF+{payment.gvc}+00931</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
    )


def _entry(payment: Payment, with_details: bool) -> str:
    batch = ""
    if payment.batch_id:
        batch = (
            f"<Btch><MsgId>{payment.message_id}</MsgId><PmtInfId>{payment.batch_id}</PmtInfId>"
            f"<NbOfTxs>{len(payment.details)}</NbOfTxs>{_amount(payment.amount, 'TtlAmt')}{_side(payment.amount)}"
            "</Btch>"
        )
    shown = payment.details if payment.details and (payment.details_shown or with_details) else []
    details = "".join(_detail(detail) for detail in shown) if payment.details else _detail(payment)
    return (
        f"<Ntry>{_amount(payment.amount)}{_side(payment.amount)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{payment.day}</Dt></BookgDt><ValDt><Dt>{payment.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{payment.reference}</AcctSvcrRef>{_codes(payment)}<NtryDtls>{batch}{details}</NtryDtls></Ntry>\n"
    )


def _party(tag: str, name: str, iban: str, creditor_id: str = "") -> str:
    if not name and not iban:
        return ""
    identity = f"<Id><PrvtId><Othr><Id>{creditor_id}</Id></Othr></PrvtId></Id>" if creditor_id else ""
    party = f"<{tag}><Pty><Nm>{escape(name)}</Nm>{identity}</Pty></{tag}>" if name else ""
    return party + (f"<{tag}Acct><Id><IBAN>{iban}</IBAN></Id></{tag}Acct>" if iban else "")


def _parties(payment: Payment) -> str:
    """Who is debtor and creditor. On a return debit both keep the roles of the collection that comes back."""
    if payment.kind == "return_transfer":
        return _party("Dbtr", NAME, "") + _party("Cdtr", "", payment.iban)
    theirs_pay = payment.kind in ("return_debit", "collection") or payment.amount >= 0
    if theirs_pay:
        ours = _party("Cdtr", NAME, "", CREDITOR_ID) if payment.mandate_id else ""
        return _party("Dbtr", payment.name, payment.iban) + ours
    return _party("Cdtr", payment.name, payment.iban)


def _detail(payment: Payment) -> str:
    end_to_end = payment.end_to_end_id or "NOTPROVIDED"
    references = f"<AcctSvcrRef>{payment.reference}</AcctSvcrRef><EndToEndId>{end_to_end}</EndToEndId>"
    if payment.mandate_id:
        references += f"<MndtId>{payment.mandate_id}</MndtId>"
    amounts = charges = returned = ""
    if payment.original:
        amounts = f"<AmtDtls><InstdAmt>{_amount(payment.original)}</InstdAmt></AmtDtls>"
    if payment.charges:
        record = f"<Rcrd>{_amount(payment.charges)}<CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd>"
        charges = f"<Chrgs>{_amount(payment.charges, 'TtlChrgsAndTaxAmt')}{record}</Chrgs>"
    if payment.reason_code:
        returned = f"<RtrInf><Rsn><Cd>{payment.reason_code}</Cd></Rsn></RtrInf>"
    remittance = f"<Ustrd>{escape(payment.text)}</Ustrd>" if payment.text else ""
    if payment.creditor_reference:
        kind = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
        remittance += f"<Strd><CdtrRefInf>{kind}<Ref>{payment.creditor_reference}</Ref></CdtrRefInf></Strd>"
    return (
        f"<TxDtls><Refs>{references}</Refs>{_amount(payment.amount)}{_side(payment.amount)}{amounts}{charges}"
        f"<RltdPties>{_parties(payment)}</RltdPties><RmtInf>{remittance}</RmtInf>{returned}</TxDtls>"
    )
