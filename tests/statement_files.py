"""Small statement files for tests of the readers."""

from __future__ import annotations

from pipelines.classify import classify
from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Document, Entry, Statement
from pipelines.model.transaction import Transaction
from sources.recognise import read

ACCOUNT = "DE02120300000000202051"
PAYER = "DE89370400440532013000"


def statements(content: bytes | str) -> tuple[Statement, ...]:
    raw = content if isinstance(content, bytes) else content.encode()
    return read(Document("file.sta", raw, "file"))[1]


def outcome(document: Document) -> tuple[Statement, ...] | UnreadableDocument:
    """What reading gives: statements, or the refusal as a value."""
    try:
        return read(document)[1]
    except UnreadableDocument as error:
        return error


def refusal(content: bytes | str) -> UnreadableDocument:
    """The refusal of a document that must not be readable."""
    raw = content if isinstance(content, bytes) else content.encode()
    found = outcome(Document("file.sta", raw, "file"))
    assert isinstance(found, UnreadableDocument), "the document was read"
    return found


def transactions(content: bytes | str, own_accounts: frozenset[str] = frozenset()) -> list[Transaction]:
    return [
        transaction
        for statement in statements(content)
        for entry in statement.entries
        for transaction in classify(statement, entry, own_accounts, "file.sta")
    ]


def codes(statement: Statement) -> list[tuple[str, str]]:
    return [(defect.severity.value, defect.code) for defect in statement.defects]


def difference(statement: Statement) -> int:
    """What the balance proof leaves: closing − opening − Σ booked; 0 when it holds."""
    assert statement.opening is not None
    assert statement.closing is not None
    booked = sum(entry.amount.minor for entry in statement.entries if entry.status == "booked")
    return statement.closing.amount.minor - statement.opening.amount.minor - booked


def mt940(*lines: str, closing: str = "C260801EUR0,00", opening: str = "C260731EUR0,00") -> str:
    head = [":20:STARTUMS", ":25:12030000/0000202051", ":28C:00001/001", f":60F:{opening}"]
    return "\r\n".join([*head, *lines, f":62F:{closing}", "-", ""])


def mt940_one(line61: str, *line86: str) -> Entry:
    """The single entry of a statement with one booking."""
    (statement,) = statements(mt940(line61, *line86))
    (entry,) = statement.entries
    return entry


def balance(kind: str, amount: str, day: str = "2026-08-01", sign: str = "CRDT", currency: str = "EUR") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{amount}</Amt>"
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(
    amount: str = "119.00",
    sign: str = "CRDT",
    inner: str = "",
    *,
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    booked: str = "<BookgDt><Dt>2026-08-01</Dt></BookgDt>",
    value: str = "<ValDt><Dt>2026-08-01</Dt></ValDt>",
    code: str = "",
    currency: str = " Ccy='EUR'",
) -> str:
    bank_code = f"<BkTxCd><Prtry><Cd>{code}</Cd><Issr>DK</Issr></Prtry></BkTxCd>" if code else "<BkTxCd/>"
    return (
        f"<Ntry><Amt{currency}>{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{status}{booked}{value}{bank_code}"
        f"{inner}</Ntry>"
    )


def details(*payments: str, batch: str = "") -> str:
    return f"<NtryDtls>{batch}{''.join(f'<TxDtls>{payment}</TxDtls>' for payment in payments)}</NtryDtls>"


def camt(
    *parts: str,
    version: str = "camt.053.001.08",
    account: str = f"<Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy>",
    head: str = "<Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb><CreDtTm>2026-08-02T04:00:00</CreDtTm>",
) -> str:
    return camt_document(f"{head}<Acct>{account}</Acct>{''.join(parts)}", version=version)


def camt_document(*reports: str, version: str = "camt.053.001.08") -> str:
    message, container = {
        "053": ("BkToCstmrStmt", "Stmt"),
        "052": ("BkToCstmrAcctRpt", "Rpt"),
        "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[version[5:8]]
    inner = "".join(f"<{container}>{report}</{container}>" for report in reports)
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:{version}'><{message}><GrpHdr><MsgId>M</MsgId></GrpHdr>"
        f"{inner}</{message}></Document>"
    )
