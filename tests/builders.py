"""Small statements and open items for scenarios, written the way banks and billing systems write them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

HOUSE = "DE89370400440532013000"
PAYER = "DE02120300000000202051"
STRANGER = "DE02500105170137075030"


@dataclass(frozen=True, slots=True)
class Line:
    """One booking as the bank tells it. amount: decimal text, negative for money out. gvc: national code.

    original, charges, reason: only on returns. ref: the bank's own reference of the booking.
    """

    amount: str
    name: str = "Erika Musterfrau"
    iban: str = PAYER
    text: str = ""
    gvc: str = "166"
    end_to_end: str = ""
    mandate: str = ""
    ref: str = ""
    reason: str = ""
    original: str = ""
    charges: str = ""
    batch: str = ""

    @property
    def cents(self) -> int:
        return round(float(self.amount) * 100)


def returned(original: Line, amount: str, reason: str, *, ref: str, charges: str = "") -> Line:
    """The return of one of our collections: parties keep their roles, the amount is original plus charges."""
    return replace(
        original, amount=amount, gvc="109", reason=reason, ref=ref, original=original.amount, charges=charges
    )


def camt053(day: date, opening: str, *lines: Line, number: int = 1, account: str = HOUSE, version: str = "08") -> bytes:
    """A CAMT.053 day statement (.001.08) with OPBD and CLBD that add up."""
    start = round(float(opening) * 100)
    closing = start + sum(line.cents for line in lines)
    entries = "".join(_entry(line, day) for line in lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_balance('OPBD', start, day)}{_balance('CLBD', closing, day)}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _side(cents: int) -> str:
    return "CRDT" if cents >= 0 else "DBIT"


def _decimal(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _balance(code: str, cents: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{_decimal(cents)}</Amt>"
        f"<CdtDbtInd>{_side(cents)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(line: Line, day: date) -> str:
    ours = "<Nm>Muster Handels GmbH</Nm>"
    theirs = f"<Nm>{escape(line.name)}</Nm>"
    theirs_is_debtor = line.cents > 0 or line.gvc in {"108", "109", "159", "899"}
    debtor, creditor = (theirs, ours) if theirs_is_debtor else (ours, theirs)
    account = "DbtrAcct" if theirs_is_debtor else "CdtrAcct"
    amounts = f"<AmtDtls><InstdAmt><Amt Ccy='EUR'>{line.original}</Amt></InstdAmt></AmtDtls>" if line.original else ""
    charges = (
        f"<Chrgs><Rcrd><Amt Ccy='EUR'>{line.charges}</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
        if line.charges
        else ""
    )
    mandate = f"<MndtId>{line.mandate}</MndtId>" if line.mandate else ""
    batch = f"<PmtInfId>{line.batch}</PmtInfId>" if line.batch else ""
    reason = f"<RtrInf><Rsn><Cd>{line.reason}</Cd></Rsn></RtrInf>" if line.reason else ""
    code = f"<BkTxCd><Prtry><Cd>NTRF+{line.gvc}+9310</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
    return (
        f"<Ntry><Amt Ccy='EUR'>{_decimal(line.cents)}</Amt><CdtDbtInd>{_side(line.cents)}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{line.ref or 'NONREF'}</AcctSvcrRef>{code}<NtryDtls><TxDtls>"
        f"<Refs>{batch}<EndToEndId>{line.end_to_end or 'NOTPROVIDED'}</EndToEndId>{mandate}</Refs>"
        f"<Amt Ccy='EUR'>{_decimal(line.cents)}</Amt><CdtDbtInd>{_side(line.cents)}</CdtDbtInd>{amounts}{code}{charges}"
        f"<RltdPties><Dbtr><Pty>{debtor}</Pty></Dbtr><{account}><Id><IBAN>{line.iban}</IBAN></Id></{account}>"
        f"<Cdtr><Pty>{creditor}</Pty></Cdtr></RltdPties>"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf>{reason}</TxDtls></NtryDtls></Ntry>"
    )


def mt940(day: date, opening: str, *lines: Line, number: int = 1, account: str = HOUSE) -> bytes:
    """An MT940 day statement with the German :86: fields."""
    start = round(float(opening) * 100)
    closing = start + sum(line.cents for line in lines)
    out = [":20:STARTUMS", f":25:{account[4:12]}/{account[12:].lstrip('0')}", f":28C:{number:05d}/001"]
    out.append(_mt_balance("60F", start, day))
    for line in lines:
        mark = "C" if line.cents >= 0 else "D"
        ref = f"//{line.ref}" if line.ref else ""
        out.append(f":61:{day:%y%m%d}{day:%m%d}{mark}{_comma(line.cents)}NTRFNONREF{ref}")
        out.append(_field86(line))
    out.append(_mt_balance("62F", closing, day))
    out.append("-")
    return ("\r\n".join(out) + "\r\n").encode("cp1252", "replace")


def _comma(cents: int) -> str:
    return _decimal(cents).replace(".", ",")


def _mt_balance(tag: str, cents: int, day: date) -> str:
    return f":{tag}:{'C' if cents >= 0 else 'D'}{day:%y%m%d}EUR{_comma(cents)}"


def _field86(line: Line) -> str:
    tags = [f"EREF+{line.end_to_end}" if line.end_to_end else "", f"MREF+{line.mandate}" if line.mandate else ""]
    if line.original:
        tags.append(f"OAMT+{_comma(round(float(line.original) * 100))}")
    reason = f"Rueckgabegrund: {line.reason} " if line.reason else ""
    tags.append(f"SVWZ+{reason}{line.text}")
    chunks = [tag[i : i + 27] for tag in tags if tag for i in range(0, len(tag), 27)]
    fields = "".join(f"?{20 + n}{chunk}" for n, chunk in enumerate(chunks[:10]))
    return f":86:{line.gvc}?00BUCHUNG?109310{fields}?30COBADEFFXXX?31{line.iban}?32{line.name[:27]}"


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    """A ``;``-separated table as billing systems export it; columns are the union of the rows' keys."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, delimiter=";", restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(buffer.getvalue(), encoding="utf-8")
    return path
