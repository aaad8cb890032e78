"""camt.053 as German banks send it, versions .001.02 and .001.08, written without any library of ours."""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import escape

from .world import CREDITOR_ID, Booking

FAMILIES = {
    "166": ("RCDT", "ESCT"),
    "167": ("RCDT", "ESCT"),
    "168": ("RRCT", "ESCT"),
    "192": ("IDDT", "ESDD"),
    "171": ("IDDT", "ESDD"),
    "109": ("IDDT", "UPDD"),
    "159": ("RCDT", "RRTN"),
    "202": ("RCDT", "XBCT"),
    "153": ("ICDT", "SALA"),
    "116": ("ICDT", "ESCT"),
    "156": ("RCDT", "ESCT"),
}


def decimal(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02d}"


def sign(cents: int) -> str:
    return "CRDT" if cents >= 0 else "DBIT"


class Camt:
    """Statements of one account; ``tagged``: the bank leaves its MT940 tags in the text, as some do."""

    def __init__(self, version: str, account: str, tagged: bool = False) -> None:
        self.version, self.account, self.tagged = version, account, tagged

    def statement(self, number: int, day: date, opening: int, bookings: list[Booking]) -> str:
        closing = opening + sum(b.amount for b in bookings)
        name = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{self.version}"
        entries = "".join(self.entry(b, day) for b in bookings)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{name}"><BkToCstmrStmt>'
            f"<GrpHdr><MsgId>M{number:05d}{self.account[-4:]}</MsgId>"
            f"<CreDtTm>{day}T21:00:00</CreDtTm></GrpHdr><Stmt><Id>S{number:05d}{self.account[-4:]}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
            f"<CreDtTm>{day}T21:00:00</CreDtTm><Acct><Id><IBAN>{self.account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
            f"{self.balance('OPBD' if self.version == '08' else 'PRCD', opening, day)}"
            f"{self.balance('CLBD', closing, day)}"
            f"{entries}</Stmt></BkToCstmrStmt></Document>"
        )

    def balance(self, code: str, cents: int, day: date) -> str:
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{decimal(cents)}</Amt>'
            f"<CdtDbtInd>{sign(cents)}</CdtDbtInd>"
            f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    def code(self, gvc: str) -> str:
        family = FAMILIES.get(gvc)
        domain = (
            f"<Domn><Cd>PMNT</Cd><Fmly><Cd>{family[0]}</Cd><SubFmlyCd>{family[1]}</SubFmlyCd></Fmly></Domn>"
            if family
            else ""
        )
        return f"<BkTxCd>{domain}<Prtry><Cd>NTRF+{gvc}+00931</Cd><Issr>DK</Issr></Prtry></BkTxCd>"

    def entry(self, b: Booking, day: date) -> str:
        status = "<Sts><Cd>BOOK</Cd></Sts>" if self.version == "08" else "<Sts>BOOK</Sts>"
        batch = ""
        if b.parts:
            batch = (
                f"<Btch>{f'<PmtInfId>{b.kref}</PmtInfId>' if b.kref else ''}<NbOfTxs>{len(b.parts)}</NbOfTxs></Btch>"
            )
        details = "".join(self.detail(part, bool(b.parts)) for part in b.parts or [b])
        return (
            f'<Ntry><Amt Ccy="EUR">{decimal(b.amount)}</Amt><CdtDbtInd>{sign(b.amount)}</CdtDbtInd>{status}'
            f"<BookgDt><Dt>{day}</Dt></BookgDt>"
            f"<ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{b.ref}</AcctSvcrRef>{self.code(b.gvc)}<NtryDtls>{batch}{details}</NtryDtls>"
            f"<AddtlNtryInf>{b.title}</AddtlNtryInf></Ntry>"
        )

    def detail(self, b: Booking, inside: bool) -> str:
        refs = "".join(
            f"<{tag}>{escape(value)}</{tag}>"
            for tag, value in (("PmtInfId", b.kref), ("EndToEndId", b.eref), ("MndtId", b.mref))
            if value
        )
        amount = ""
        if self.version == "08":
            amount = f'<Amt Ccy="EUR">{decimal(b.amount)}</Amt><CdtDbtInd>{sign(b.amount)}</CdtDbtInd>'
        if b.original is not None:
            amount += f'<AmtDtls><InstdAmt><Amt Ccy="EUR">{decimal(b.original)}</Amt></InstdAmt></AmtDtls>'
        elif inside and self.version == "02":
            amount = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{decimal(b.amount)}</Amt></TxAmt></AmtDtls>'
        if b.original is not None and inside and self.version == "02":
            amount = (
                f'<AmtDtls><InstdAmt><Amt Ccy="EUR">{decimal(b.original)}</Amt></InstdAmt>'
                f'<TxAmt><Amt Ccy="EUR">{decimal(b.amount)}</Amt></TxAmt></AmtDtls>'
            )
        charges = ""
        if b.charges:
            one = f'<Amt Ccy="EUR">{decimal(b.charges)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
            charges = f"<Chrgs><Rcrd>{one}</Rcrd></Chrgs>" if self.version == "08" else f"<Chrgs>{one}</Chrgs>"
        back = f"<RtrInf><Rsn><Cd>{b.reason}</Cd></Rsn></RtrInf>" if b.reason else ""
        inner = f"<Refs>{refs}</Refs>{amount}{self.code(b.gvc)}{charges}{self.parties(b)}{self.text(b)}{back}"
        return f"<TxDtls>{inner}</TxDtls>"

    def parties(self, b: Booking) -> str:
        """Payer and payee; on returns they keep the roles of the original collection."""
        if not b.name:
            return ""
        theirs = (
            "Cdtr"
            if (b.amount < 0 and b.gvc not in ("109", "159", "899")) or (b.gvc == "159" and b.amount > 0)
            else "Dbtr"
        )

        def party(role: str, name: str, extra: str = "") -> str:
            inner = f"<Nm>{escape(name)}</Nm>{extra}"
            return f"<{role}>{f'<Pty>{inner}</Pty>' if self.version == '08' else inner}</{role}>"

        account = f"<{theirs}Acct><Id><IBAN>{b.iban}</IBAN></Id></{theirs}Acct>" if b.iban else ""
        us = ""
        if b.gvc in ("109", "171"):
            us = party("Cdtr", "Trial GmbH", f"<Id><PrvtId><Othr><Id>{CREDITOR_ID}</Id></Othr></PrvtId></Id>")
        ultimate = party("UltmtDbtr", b.abwa) if b.abwa else ""
        return f"<RltdPties>{party(theirs, b.name)}{account}{ultimate}{us}</RltdPties>"

    def text(self, b: Booking) -> str:
        if b.structured:
            kind = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
            return f"<RmtInf><Strd><CdtrRefInf>{kind}<Ref>{b.structured}</Ref></CdtrRefInf></Strd></RmtInf>"
        text = b.text
        if self.tagged and b.eref and text:
            text = f"EREF+{b.eref} SVWZ+{text}"[:280]
        lines = "".join(f"<Ustrd>{escape(text[at : at + 140])}</Ustrd>" for at in range(0, len(text), 140))
        return f"<RmtInf>{lines}</RmtInf>" if text else ""
