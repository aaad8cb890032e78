"""One payment inside an entry: ``TxDtls`` of every CAMT version."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from pipelines.model.construct import maker
from pipelines.model.money import Money
from pipelines.model.statement import NOBODY, EntryDetail
from sources.camt_parties import Roles, read_agents, read_parties
from sources.camt_xml import NAMES, BadField, amount_of, child, find, find_text, sign_of
from sources.sepa_tags import plus_tags

_SWIFT_TYPE = re.compile(r"[NSF](?:[A-Z]{3}|\d{3})", re.ASCII)
_CREDITOR_ID = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}", re.ASCII)
_entry_detail = maker(EntryDetail)
_GERMAN_ISSUERS = ("DK", "ZKA")


class BankCode:
    """``BkTxCd``: the ISO code and the German one inside ``Prtry``."""

    __slots__ = ("domain", "extension", "gvc", "primanota", "swift")

    def __init__(self) -> None:
        self.domain = self.swift = self.gvc = self.primanota = self.extension = ""


def read_code(element: Element, code: BankCode) -> None:
    """``Domn/{Cd, Fmly/{Cd, SubFmlyCd}}`` → ``PMNT-RCDT-ESCT``; ``NTRF+166+00931+888`` → its four parts."""
    for item in element:
        name = NAMES[item.tag]
        if name == "Domn":
            top = family = leaf = ""
            for part in item:
                tag = NAMES[part.tag]
                if tag == "Cd":
                    top = part.text or ""
                elif tag == "Fmly":
                    for inner in part:
                        if NAMES[inner.tag] == "Cd":
                            family = inner.text or ""
                        else:
                            leaf = inner.text or ""
            code.domain = _domain(top, family, leaf)
        elif name == "Prtry":
            value = issuer = ""
            for part in item:
                if NAMES[part.tag] == "Cd":
                    value = part.text or ""
                else:
                    issuer = part.text or ""
            code.swift, code.gvc, code.primanota, code.extension = _german_code(value, issuer)


@lru_cache(maxsize=1024)
def _domain(top: str, family: str, leaf: str) -> str:
    parts = (top.strip(), family.strip(), leaf.strip())
    return "-".join(parts) if any(parts) else ""


@lru_cache(maxsize=4096)
def _german_code(value: str, issuer: str) -> tuple[str, str, str, str]:
    """SWIFT type, GVC, Primanota, Textschlüsselergänzung; each "" where absent or not German."""
    parts = value.strip().split("+")
    swift = ""
    german = issuer.strip().upper().startswith(_GERMAN_ISSUERS)
    if not german and not (len(parts) > 1 and _SWIFT_TYPE.fullmatch(parts[0])):
        return "", "", "", ""  # other countries have three-digit codes of their own
    if _SWIFT_TYPE.fullmatch(parts[0]) or not parts[0]:
        swift, parts = parts[0], parts[1:]
    parts += ["", "", ""]
    if len(parts[0]) == 3 and parts[0].isascii() and parts[0].isdigit():
        return swift, parts[0], parts[1], parts[2]
    return swift, "", "", ""


class Charges:
    """Charges included in a booked amount: .02 repeats ``Chrgs``, .08 has one with ``Rcrd`` inside."""

    __slots__ = ("currency", "minor", "seen")

    def __init__(self) -> None:
        self.minor, self.currency, self.seen = 0, "", False

    def read(self, element: Element, currency: str) -> None:
        records = [item for item in element if NAMES[item.tag] == "Rcrd"]
        for record in records or [element]:
            if find_text(record, "ChrgInclInd").lower() in ("false", "0"):
                continue  # booked apart, not part of this amount
            found = child(record, "Amt")
            if found is None:
                found = child(element, "TtlChrgsAndTaxAmt")
            if found is None:
                continue
            money = amount_of(found, currency, "Chrgs")
            if self.currency not in ("", money.currency):
                continue
            self.seen, self.currency = True, money.currency
            self.minor += -money.minor if find_text(record, "CdtDbtInd") == "CRDT" else money.minor

    def money(self) -> Money | None:
        return Money(self.minor, self.currency) if self.seen and self.minor >= 0 else None


_BLANK = EntryDetail()


class Detail:
    """A ``TxDtls`` as read, with every amount it might stand for; which one does is known only with its siblings."""

    __slots__ = ("amount", "charges", "fields", "instructed", "sign", "transaction", "umsatz_id")

    def __init__(self) -> None:
        self.fields = _BLANK
        self.amount: Money | None = None  # TxDtls/Amt
        self.transaction: Money | None = None  # AmtDtls/TxAmt
        self.instructed: Money | None = None  # AmtDtls/InstdAmt
        self.charges: Money | None = None
        self.sign = 0  # 0 = not stated, then the entry's
        self.umsatz_id = ""


def read_amount_details(element: Element, currency: str) -> tuple[Money | None, Money | None]:
    """``AmtDtls`` → (TxAmt, InstdAmt)."""
    found: dict[str, Money] = {}
    for item in element:
        name = NAMES[item.tag]
        if name in ("TxAmt", "InstdAmt"):
            amount = child(item, "Amt")
            if amount is not None:
                found[name] = amount_of(amount, currency, f"AmtDtls/{name}")
    return found.get("TxAmt"), found.get("InstdAmt")


_TAGGED = re.compile(r"(?:EREF|KREF|MREF|SVWZ)\+")
_TAG_OF_REF = {"EREF": "EndToEndId", "MREF": "MndtId", "KREF": "InstrId"}


def read_detail(element: Element, currency: str) -> Detail:
    """One ``TxDtls``. Raises BadField for an amount that is none."""
    detail = Detail()
    code, roles, charges = BankCode(), Roles(), Charges()
    refs = _NO_REFS
    remittance = creditor_reference = purpose = additional = reason_code = reason_text = ""
    documents: tuple[str, ...] = ()
    discount: Money | None = None
    is_return = False
    for item in element:
        name = NAMES[item.tag]
        if name == "Refs":
            refs, detail.umsatz_id = _refs(item)
        elif name == "RltdPties":
            read_parties(item, roles)
        elif name == "RmtInf":
            remittance, creditor_reference, documents, discount = _remittance(item, currency)
        elif name == "Amt":
            detail.amount = amount_of(item, currency, "TxDtls/Amt")
        elif name == "CdtDbtInd":
            detail.sign = sign_of((item.text or "").strip(), "TxDtls/CdtDbtInd")
        elif name == "AmtDtls":
            detail.transaction, detail.instructed = read_amount_details(item, currency)
        elif name == "RltdAgts":
            read_agents(item, roles)
        elif name == "BkTxCd":
            read_code(item, code)
        elif name == "Purp":
            purpose = find_text(item, "Cd") or find_text(item, "Prtry")
        elif name == "Chrgs":
            charges.read(item, currency)
        elif name == "AddtlTxInf":
            additional = (item.text or "").strip()
        elif name == "RtrInf":
            is_return = True
            reason_code, reason_text = _return(item)
    if _TAGGED.match(remittance):
        remittance, refs = _without_tags(remittance, refs)
    detail.charges = charges.money()
    identifier = roles.creditor_id.replace(" ", "").upper()
    detail.fields = _entry_detail(
        None, roles.debtor(), roles.creditor(), NOBODY, roles.ultimate_debtor,
        roles.ultimate_creditor, remittance, creditor_reference, documents,
        refs["EndToEndId"], refs["MndtId"], identifier if _CREDITOR_ID.fullmatch(identifier) else "",
        refs["InstrId"], "", refs["PmtInfId"], refs["MsgId"], refs["TxId"] or refs["AcctSvcrTxId"],
        refs["AcctSvcrRef"], purpose, code.gvc, code.swift, code.domain, code.extension, additional,
        is_return, reason_code, reason_text, detail.instructed, detail.charges, discount,
    )  # fmt: skip
    return detail


def _without_tags(remittance: str, refs: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Some banks repeat ``EREF+`` and the like in ``Ustrd``, as in MT940: what the references tell anyway is no text of
    the payer. A tag that says something else than its reference leaves all as it stands."""
    tagged = plus_tags([remittance])
    if not tagged.values.keys() <= _TAG_OF_REF.keys() | {"CRED"}:
        return remittance, refs
    told = dict(refs)
    for tag, name in _TAG_OF_REF.items():
        value = tagged.values.get(tag, "")
        if value and refs[name] not in ("", "NOTPROVIDED", value):
            return remittance, refs
        told[name] = value or refs[name]
    return " ".join(filter(None, (tagged.rest.strip(), tagged.text))), told


_NO_REFS = dict.fromkeys(
    ("EndToEndId", "MndtId", "InstrId", "PmtInfId", "MsgId", "TxId", "AcctSvcrTxId", "AcctSvcrRef"), ""
)


def _refs(element: Element) -> tuple[dict[str, str], str]:
    refs = _NO_REFS.copy()
    umsatz_id = ""
    for item in element:
        name = NAMES[item.tag]
        if name in refs:
            refs[name] = (item.text or "").strip()
        elif name == "Prtry" and find_text(item, "Tp") == "FI-UMSATZ-ID":
            umsatz_id = find_text(item, "Ref")
    if refs["AcctSvcrRef"].upper() == "NONREF":
        refs["AcctSvcrRef"] = ""
    return refs, umsatz_id


def _remittance(element: Element, currency: str) -> tuple[str, str, tuple[str, ...], Money | None]:
    """Free text (``Ustrd`` and ``AddtlRmtInf`` joined by blanks), creditor reference, document numbers, discount."""
    texts: list[str] = []
    documents: list[str] = []
    reference = ""
    discount: Money | None = None
    for item in element:
        name = NAMES[item.tag]
        if name == "Ustrd":
            text = (item.text or "").strip()
            if text:
                texts.append(text)
        elif name == "Strd":
            for part in item:
                tag = NAMES[part.tag]
                if tag == "CdtrRefInf":
                    found = find_text(part, "Ref") or find_text(part, "CdtrRef")
                    if found and reference and found != reference:
                        texts.append(found)  # a second reference must not vanish
                    reference = reference or found
                elif tag == "RfrdDocInf":
                    number = find_text(part, "Nb") or find_text(part, "RfrdDocNb")
                    if number and number not in documents:
                        documents.append(number)
                elif tag == "RfrdDocAmt":
                    discount = _discount(part, currency, discount)
                elif tag == "AddtlRmtInf":
                    text = (part.text or "").strip()
                    if text:
                        texts.append(text)
    return " ".join(texts), reference, tuple(documents), discount


def _discount(element: Element, currency: str, before: Money | None) -> Money | None:
    """Sum of ``DscntApldAmt`` (text in .02, an ``Amt`` inside from .04 on). Nonsense is no declared discount."""
    total = before
    for item in element:
        if NAMES[item.tag] != "DscntApldAmt":
            continue
        inner = child(item, "Amt")
        try:
            money = amount_of(item if inner is None else inner, currency, "DscntApldAmt")
        except BadField:
            continue
        total = money if total is None or total.currency != money.currency else Money(*total.plus(money))
    return total


def _return(element: Element) -> tuple[str, str]:
    """``RtrInf`` → ISO reason code, and the bank's words (``Rsn/Prtry``, ``AddtlInf``)."""
    reason = find(element, "Rsn") if find(element, "Rsn") is not None else find(element, "RtrRsn")
    code = proprietary = ""
    if reason is not None:
        code, proprietary = find_text(reason, "Cd").upper(), find_text(reason, "Prtry")
    words = [(item.text or "").strip() for item in element if NAMES[item.tag] in ("AddtlInf", "AddtlRtrRsnInf")]
    return code, " ".join(word for word in (proprietary, *words) if word)
