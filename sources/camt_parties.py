"""Parties, their accounts and banks inside ``TxDtls``, in the shapes of .001.02 and of .001.08 and later."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from pipelines.model.construct import maker
from pipelines.model.statement import NOBODY, Party
from pipelines.normalize import squeeze
from sources.camt_xml import NAMES, child, find, find_text, text_of

_made = maker(Party)


class Roles:
    """What ``RltdPties`` and ``RltdAgts`` say, gathered field by field because they stand in different branches."""

    __slots__ = (
        "creditor_account", "creditor_bank", "creditor_iban", "creditor_id", "creditor_name",
        "debtor_account", "debtor_bank", "debtor_iban", "debtor_id", "debtor_name",
        "ultimate_creditor", "ultimate_debtor",
    )  # fmt: skip

    def __init__(self) -> None:
        self.creditor_account = self.creditor_bank = self.creditor_iban = self.creditor_id = self.creditor_name = ""
        self.debtor_account = self.debtor_bank = self.debtor_iban = self.debtor_id = self.debtor_name = ""
        self.ultimate_creditor = self.ultimate_debtor = ""

    def debtor(self) -> Party:
        if self.debtor_name or self.debtor_iban or self.debtor_account or self.debtor_bank or self.debtor_id:
            return _made(self.debtor_name, self.debtor_iban, self.debtor_account, self.debtor_bank, self.debtor_id)
        return NOBODY

    def creditor(self) -> Party:
        if self.creditor_name or self.creditor_iban or self.creditor_account or self.creditor_bank or self.creditor_id:
            return _made(
                self.creditor_name, self.creditor_iban, self.creditor_account, self.creditor_bank, self.creditor_id
            )
        return NOBODY


def read_parties(element: Element, roles: Roles) -> None:
    """``RltdPties``."""
    for item in element:
        name = NAMES[item.tag]
        if name == "Dbtr":
            roles.debtor_name, roles.debtor_id, bank = _party(item)
            roles.debtor_bank = roles.debtor_bank or bank
        elif name == "Cdtr":
            roles.creditor_name, roles.creditor_id, bank = _party(item)
            roles.creditor_bank = roles.creditor_bank or bank
        elif name == "DbtrAcct":
            roles.debtor_iban, roles.debtor_account = account_of(item)
        elif name == "CdtrAcct":
            roles.creditor_iban, roles.creditor_account = account_of(item)
        elif name == "UltmtDbtr":
            roles.ultimate_debtor = _party(item)[0]
        elif name == "UltmtCdtr":
            roles.ultimate_creditor = _party(item)[0]


def read_agents(element: Element, roles: Roles) -> None:
    """``RltdAgts``: the banks of both sides."""
    for item in element:
        name = NAMES[item.tag]
        if name == "DbtrAgt":
            roles.debtor_bank = bank_of(item) or roles.debtor_bank
        elif name == "CdtrAgt":
            roles.creditor_bank = bank_of(item) or roles.creditor_bank


def _party(element: Element, *, inner: bool = False) -> tuple[str, str, str]:
    """Name, identifier and, where the party is a bank itself (``Agt``), its BIC."""
    name = identifier = bank = ""
    for item in element:
        tag = NAMES[item.tag]
        if tag == "Nm":
            name = (item.text or "").strip()
        elif tag == "Pty" and not inner:
            return _party(item, inner=True)
        elif tag == "Id":
            identifier = _identifier(item)
        elif tag == "Agt":
            name, bank = find_text(item, "FinInstnId", "Nm"), bank_of(item)
    return name, identifier, bank


def _identifier(element: Element) -> str:
    """``Id/PrvtId|OrgId/Othr/Id``; a creditor identifier (SchmeNm SEPA) wins over other numbers."""
    first = ""
    for kind in element:
        for other in kind:
            tag = NAMES[other.tag]
            if tag in ("Othr", "OthrId", "PrtryId"):
                value = find_text(other, "Id")
                if find_text(other, "SchmeNm", "Prtry").upper() == "SEPA":
                    return value
                first = first or value
            elif tag in ("AnyBIC", "BICOrBEI", "LEI"):
                first = first or text_of(other)
    return first


def account_of(element: Element) -> tuple[str, str]:
    """IBAN and other account number of an account element (``Id/IBAN``, ``Id/Othr/Id``; .01 ``BBAN``)."""
    found = child(element, "Id")
    if found is None:
        return "", ""
    for item in found:
        tag = NAMES[item.tag]
        if tag == "IBAN":
            return squeeze(item.text or ""), ""
        if tag in ("Othr", "PrtryAcct"):
            return "", find_text(item, "Id")
        if tag in ("BBAN", "UPIC"):
            return "", (item.text or "").strip()
    return "", ""


def bank_of(element: Element) -> str:
    """BIC of an agent, else its clearing code (Bankleitzahl), else its other id."""
    institution = child(element, "FinInstnId")
    if institution is None:
        return ""
    bank = other = ""
    for item in institution:
        tag = NAMES[item.tag]
        if tag in ("BIC", "BICFI"):
            return (item.text or "").strip()
        if tag == "ClrSysMmbId":
            bank = find_text(item, "MmbId") or (item.text or "").strip()
        elif tag == "CmbndId":
            bank = find_text(item, "BIC")
        elif tag == "Othr":
            other = find_text(item, "Id")
    return bank or other


def owner_of(account: Element) -> str:
    """The account holder's name (``Acct/Ownr``)."""
    owner = find(account, "Ownr")
    return "" if owner is None else _party(owner)[0]
