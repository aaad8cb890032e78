"""SEPA direct debits we submitted: pain.008 (customer direct debit initiation), every version from .001.01 on.

Source: ISO 20022, CstmrDrctDbtInitn / PmtInf / DrctDbtTxInf. Which invoice a debit is for is not a field of the
message; ``candidates`` lists what it may be, most telling first, and the caller knows which of them are our invoices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from lxml import etree

from pipelines.errors import UnreadableDocument
from pipelines.model.finding import Finding, Severity
from pipelines.model.receivable import Collection
from pipelines.ports.receivables import DraftCollection
from sources.cells import NO_REFERENCE, CellError, parse_currency, parse_day, parse_iban, parse_minor

_PAIN: Final = re.compile(rb"urn:iso:std:iso:20022:(?:tech|DKS):xsd:pain\.008\.|pain\.008\.\d{3}\.\d{2}")
_LOOK_AT: Final = 8192
# What stands around an invoice number in free text; a hyphen or slash may be part of it.
_AROUND: Final = re.compile(r"[\s,;:+()]+")
_MAX_TOKENS: Final = 40


def is_pain008(path: Path) -> bool:
    """Whether the file's beginning says that it is a pain.008 message."""
    with path.open("rb") as stream:
        start = stream.read(_LOOK_AT)
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and bool(_PAIN.search(start))


def read_pain008(path: Path) -> tuple[list[DraftCollection], list[Finding]]:
    """All debits of the message, and findings for those that cannot be used.

    Raises UnreadableDocument when it is no well-formed pain.008 or declares a DOCTYPE.
    """
    debits: list[DraftCollection] = []
    findings: list[Finding] = []
    message_id, information_id, day, groups, count = "", "", None, 0, 0
    try:
        # The depth limit of libxml2 stays on; entities and network are off.
        for event, node in etree.iterparse(
            str(path), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
        ):
            if not isinstance(node.tag, str):
                continue
            if node.getroottree().docinfo.doctype:
                raise UnreadableDocument("xml-doctype", "declares a DOCTYPE, which no payment message needs")
            name = etree.QName(node).localname
            if event == "start":
                if name == "PmtInf":
                    groups, count, information_id, day = groups + 1, 0, "", None
                continue
            if name == "MsgId" and not message_id:
                message_id = (node.text or "").strip()
            elif name == "PmtInfId":
                information_id = (node.text or "").strip()
            elif name == "ReqdColltnDt":
                day = _day(_text(node, "Dt") or (node.text or ""))
            elif name == "DrctDbtTxInf":
                count += 1
                position = f"PmtInf {groups}/DrctDbtTxInf {count}"
                try:
                    debits.append(_debit(node, message_id, information_id, day, position))
                except CellError as error:
                    findings.append(_refused(path.name, position, _text(node, "PmtId", "EndToEndId"), str(error)))
                node.clear()
                while node.getprevious() is not None and node.getparent() is not None:
                    previous = node.getprevious()
                    if previous is None or etree.QName(previous).localname != "DrctDbtTxInf":
                        break
                    node.getparent().remove(previous)
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument("xml-broken", "is not well-formed XML", f"line {error.lineno}") from None
    if not groups:
        raise UnreadableDocument("pain008-empty", "is no pain.008 message with payment information (PmtInf)")
    return debits, findings


def _children(node: etree._Element, name: str) -> Iterator[etree._Element]:
    for child in node:
        if isinstance(child.tag, str) and etree.QName(child).localname == name:
            yield child


def _find(node: etree._Element, *path: str) -> etree._Element | None:
    found: etree._Element | None = node
    for name in path:
        found = next(_children(found, name), None) if found is not None else None
    return found


def _text(node: etree._Element, *path: str) -> str:
    found = _find(node, *path)
    return (found.text or "").strip() if found is not None else ""


def _day(text: str) -> date | None:
    try:
        return parse_day(text.strip()[:10])
    except CellError:
        return None


def _debit(
    node: etree._Element, message_id: str, information_id: str, day: date | None, position: str
) -> DraftCollection:
    amount = _find(node, "InstdAmt")
    if amount is None or not amount.text:
        raise CellError("InstdAmt is missing")
    if day is None:
        raise CellError("ReqdColltnDt is missing")
    currency = parse_currency(amount.get("Ccy", "EUR"))
    minor = parse_minor(amount.text.strip(), currency, ".")
    if minor <= 0:
        raise CellError("InstdAmt is not above 0")
    end_to_end = _text(node, "PmtId", "EndToEndId")
    if not end_to_end or end_to_end.upper() in NO_REFERENCE:
        raise CellError("EndToEndId is missing, so a return could not be told apart")
    iban = _text(node, "DbtrAcct", "Id", "IBAN")
    remittance = _find(node, "RmtInf")
    texts: list[str] = []
    if remittance is not None:
        for structured in _children(remittance, "Strd"):
            texts += [_text(document, "Nb") for document in _children(structured, "RfrdDocInf")]
            texts.append(_text(structured, "CdtrRefInf", "Ref"))
        texts.append(" ".join((child.text or "").strip() for child in _children(remittance, "Ustrd")))
    collection = Collection(
        end_to_end,
        _text(node, "DrctDbtTx", "MndtRltdInf", "MndtId"),
        "",
        minor,
        currency,
        day,
        parse_iban(iban) if iban else "",
        information_id,
        message_id,
    )
    return DraftCollection(collection, _candidates(texts, end_to_end), position)


def _candidates(texts: list[str], end_to_end_id: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        if not text:
            continue
        found[text] = None
        for token in _AROUND.split(text)[:_MAX_TOKENS]:
            found[token.strip(".-/")] = None
            found[token] = None
    found[end_to_end_id] = None
    found.pop("", None)
    return tuple(found)


def _refused(file: str, position: str, end_to_end_id: str, reason: str) -> Finding:
    subject = end_to_end_id if end_to_end_id.isprintable() and end_to_end_id else file
    return Finding(
        "row-refused",
        Severity.ERROR,
        subject,
        f"collections, a direct debit is not loaded: {reason}. Without it its return cannot be linked.",
        file,
        position,
    )
