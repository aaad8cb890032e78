"""Who stands on the other side of a payment, with account and structured reference in one form."""

from __future__ import annotations

import re

from pipelines.model.statement import NOBODY, EntryDetail, Party, Statement
from pipelines.model.transaction import TransactionKind
from pipelines.normalize import (
    clean_text,
    creditor_reference,
    iban_from_account,
    normalize_bic,
    normalize_iban,
    reference,
)
from pipelines.text import compact

_RETURN_KINDS = frozenset({TransactionKind.RETURN_DEBIT, TransactionKind.RETURN_TRANSFER})
_RF = re.compile(r"\bRF\d\d(?: ?[A-Z0-9]){1,21}", re.ASCII)


def counterparty(statement: Statement, detail: EntryDetail, minor: int, kind: TransactionKind) -> tuple[Party, str]:
    """The other side and who stands behind it. On returns the parties keep the roles of the original payment."""
    if detail.counterparty is not NOBODY:
        customer_pays = minor >= 0 or kind is TransactionKind.RETURN_DEBIT
        first, second = detail.ultimate_debtor, detail.ultimate_creditor
        return detail.counterparty, (first or second) if customer_pays else (second or first)
    debtor, creditor = detail.debtor, detail.creditor
    if debtor is NOBODY and creditor is NOBODY:
        return NOBODY, detail.ultimate_debtor if minor >= 0 else detail.ultimate_creditor
    if kind in (TransactionKind.RETURN_DEBIT, TransactionKind.REVERSAL):
        takes_debtor = True
    elif kind is TransactionKind.RETURN_TRANSFER:
        takes_debtor = minor < 0
    else:
        takes_debtor = minor >= 0
    if kind is TransactionKind.OTHER and detail.is_return:
        takes_debtor = False  # a debit on our account came back: its creditor is the other side
    if takes_debtor and _is_us(statement, debtor) and not _is_us(statement, creditor):
        takes_debtor = False
    elif not takes_debtor and _is_us(statement, creditor) and not _is_us(statement, debtor):
        takes_debtor = True
    chosen = debtor if takes_debtor else creditor
    if not chosen.name and not chosen.iban and not chosen.account:
        other = creditor if takes_debtor else debtor
        if not _is_us(statement, other) and (other.iban or other.name) and kind not in _RETURN_KINDS:
            chosen = other
    return chosen, detail.ultimate_debtor if takes_debtor else detail.ultimate_creditor


def _is_us(statement: Statement, party: Party) -> bool:
    if party.iban:
        return party.iban == statement.account
    owner = compact(statement.account_owner)
    return bool(owner) and bool(party.name) and compact(party.name) == owner


def account_of(party: Party) -> tuple[str, str, str]:
    """IBAN (from BLZ and Konto where the file has no IBAN), other account number, bank."""
    iban = normalize_iban(party.iban) if party.iban else ""
    account = party.account
    bank = party.bank.strip()
    if not iban and party.iban:
        account = account or party.iban
    elif not iban and account:
        iban = normalize_iban(account) or iban_from_account(bank, account)
    return iban, "" if iban else clean_text(account), normalize_bic(bank) or clean_text(bank)


def structured_reference(stated: str, remittance: str) -> str:
    """The creditor reference: canonical if its check digits are right, as stated otherwise; else one in the text."""
    if stated:
        return creditor_reference(stated) or reference(stated)
    if "RF" not in remittance and "rf" not in remittance:
        return ""
    for found in _RF.finditer(remittance.upper()):
        words = found[0].split(" ")
        for length in range(len(words), 0, -1):  # the payer's next word may look like part of it
            valid = creditor_reference("".join(words[:length]))
            if valid:
                return valid
    return ""
