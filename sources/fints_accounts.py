"""Which accounts a login has, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fints.exceptions import FinTSUnsupportedOperation
from fints.segments.accounts import HKSPA1

from pipelines.normalize import normalize_iban
from sources.fints_client import BankClient
from sources.fints_codes import Kind, Refused
from sources.fints_fetch import BankAccount
from sources.fints_talk import Talk

_STATEMENTS: Final = frozenset({"HKCAZ", "HKKAZ"})


def accounts_of(talk: Talk) -> list[BankAccount]:
    """The login's accounts that have an IBAN, by the SEPA account list (HKSPA) and the user parameters (UPD)."""
    orders = _orders(talk.client)
    found = [
        BankAccount(
            normalize_iban(one.iban or "") or "",
            one.bic or "",
            one.account_number or "",
            one.subaccount_number or "",
            (one.bank_identifier.bank_code if one.bank_identifier else "") or "",
            None,
        )
        for one in _listed(talk)
    ]
    known = {account.iban for account in found}
    found += [account for account in _from_parameters(talk.client) if account.iban not in known]
    unique = {account.iban: account for account in found if account.iban}
    return [account._replace(orders=orders.get(account.iban)) for account in unique.values()]


def chosen(accounts: Sequence[BankAccount], wanted: Sequence[str]) -> tuple[list[BankAccount], list[str]]:
    """The accounts to fetch, in the bank's order, and the IBANs asked for that the login does not have.

    Without a wish: all that have statements; depots and loans have none.
    """
    if not wanted:
        return [one for one in accounts if one.orders is None or one.orders & _STATEMENTS], []
    have = {account.iban for account in accounts}
    return [one for one in accounts if one.iban in wanted], [iban for iban in wanted if iban not in have]


def _listed(talk: Talk) -> list[Any]:
    try:
        talk.client._find_highest_supported_command(HKSPA1)
    except FinTSUnsupportedOperation:
        return []
    try:
        answer = talk.ask(HKSPA1())
    except Refused as refused:
        if refused.kind is not Kind.ORDER or refused.ended:
            raise
        return []
    return [one for segment in answer.find_segments("HISPA") for one in getattr(segment, "accounts", ())]


def _from_parameters(client: BankClient) -> list[BankAccount]:
    found = []
    for one in client.upd.find_segments("HIUPD"):
        iban = normalize_iban(getattr(one, "iban", None) or "")
        if iban:
            place = one.account_information
            code = place.bank_identifier.bank_code or ""
            found.append(BankAccount(iban, "", place.account_number or "", place.subaccount_number or "", code, None))
    return found


def _orders(client: BankClient) -> dict[str, frozenset[str]]:
    """By IBAN the orders the bank allows, where it lists any (UPD-Verwendung 0: what is not listed is locked)."""
    found: dict[str, frozenset[str]] = {}
    for one in client.upd.find_segments("HIUPD"):
        iban = normalize_iban(getattr(one, "iban", None) or "")
        # The library's list pretends to have 999 places; only those that were sent are looked at.
        listed = getattr(getattr(one, "allowed_transactions", None), "_data", ())
        names = frozenset(str(entry.transaction) for entry in listed if entry.transaction)
        if iban and names:
            found[iban] = names
    conclusive = client.upa is not None and getattr(client.upa.upd_usage, "value", "1") == "0"
    return found if conclusive else {iban: names for iban, names in found.items() if names & _STATEMENTS}
