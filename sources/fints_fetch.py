"""One account's statements over an open dialogue: camt first, MT940 second, all pages or none.

The bank's bytes are taken as they came. Several documents may stand in one answer, one document may be spread over
several answers, and some banks send documents without anything in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from fints.exceptions import FinTSUnsupportedOperation
from fints.formals import KTI1, Account2, Account3, BankIdentifier, SupportedMessageTypes
from fints.segments.saldo import HKSAL5, HKSAL6, HKSAL7
from fints.segments.statement import HKCAZ1, HKKAZ5, HKKAZ6, HKKAZ7

from sources.fints_client import BankClient, parameters_of
from sources.fints_codes import MORE, NO_DATA, Kind, Refused
from sources.fints_raw import segments_of
from sources.fints_talk import Talk, TanWanted

_KAZ: Final = (HKKAZ5, HKKAZ6, HKKAZ7)
_SAL: Final = (HKSAL5, HKSAL6, HKSAL7)
_MOST_PAGES: Final = 5_000
_DEFAULT_CAMT: Final = "urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"
_GERMANY: Final = "280"


class BankAccount(NamedTuple):
    """An account of the login. orders: what the bank allows for it, None where it does not say."""

    iban: str
    bic: str
    number: str
    subaccount: str
    bank_code: str
    orders: frozenset[str] | None


class PagesDiffer(Exception):
    """Pages repeat or lead nowhere: what came is not the whole."""


@dataclass(slots=True)
class Delivery:
    """What the bank told of an account.

    kind: ``camt`` or ``mt940``. documents: booked, in the bank's order. pending: not booked yet. empty: documents
    without any content that were left out. said_nothing: the bank itself said that there is nothing.
    first: the first day asked for; later than wanted where the bank keeps no more. balance: the raw HISAL segment.
    trouble: dashed code of why this cannot be all of it, "" when nothing speaks against it.
    """

    kind: str
    first: date | None
    documents: list[bytes] = field(default_factory=list)
    pending: list[bytes] = field(default_factory=list)
    empty: int = 0
    said_nothing: bool = False
    balance: bytes = b""
    trouble: str = ""


def fetch(talk: Talk, account: BankAccount, first: date | None, last: date) -> Delivery:
    """Booked and pending statements and the balance of one account.

    Raises FinTSUnsupportedOperation where the bank offers neither format, PagesDiffer, and what ``Talk.ask`` raises.
    """
    if _offers_camt(talk.client, account):
        try:
            delivery = _camt(talk, account, _clipped(talk.client, "HICAZS", first, last), last)
        except Refused as problem:
            if problem.kind is not Kind.ORDER or problem.ended or not _offers_mt940(talk.client, account):
                raise
        else:
            delivery.balance = _balance(talk, account)
            return delivery
    if not _offers_mt940(talk.client, account):
        raise FinTSUnsupportedOperation("no statements")
    delivery = _mt940(talk, account, _clipped(talk.client, "HIKAZS", first, last), last)
    delivery.balance = _balance(talk, account)
    return delivery


def _allowed(account: BankAccount, order: str) -> bool:
    return account.orders is None or order in account.orders


def _offers_camt(client: BankClient, account: BankAccount) -> bool:
    return _allowed(account, "HKCAZ") and client.bpd.find_segment_first("HICAZS", 1) is not None


def _offers_mt940(client: BankClient, account: BankAccount) -> bool:
    versions = [order.VERSION for order in _KAZ]
    return _allowed(account, "HKKAZ") and client.bpd.find_segment_first("HIKAZS", versions) is not None


# --- how far back ---------------------------------------------------------------------------------------------------


def kept_days(client: BankClient, parameters: str) -> int | None:
    """How many days the bank keeps statements (Speicherzeitraum of HICAZS/HIKAZS); None where it does not say."""
    found = client.bpd.find_segment_highest_version(parameters)
    if found is None:
        return None
    stated = getattr(getattr(found, "parameter", None), "storage_duration", None)
    if stated is None:
        group = found._additional_data[3] if len(found._additional_data) > 3 else None
        stated = group[0] if isinstance(group, list) and group else group
    digits = str(stated or "")
    return int(digits) if digits.isdigit() and int(digits) > 0 else None


def _clipped(client: BankClient, parameters: str, first: date | None, last: date) -> date | None:
    """The first day to ask for. Banks refuse or silently shorten orders that go back further than they keep."""
    days = kept_days(client, parameters)
    if first is None or days is None:
        return first
    return min(max(first, last - timedelta(days=days)), last)


# --- camt -----------------------------------------------------------------------------------------------------------


def _camt(talk: Talk, account: BankAccount, first: date | None, last: date) -> Delivery:
    formats = _camt_formats(talk.client)

    def order(touchdown: str | None) -> Any:
        return HKCAZ1(
            account=KTI1(iban=account.iban, bic=account.bic or None),
            supported_camt_messages=SupportedMessageTypes(formats),
            all_accounts=False,
            date_start=first,
            date_end=last,
            touchdown_point=touchdown,
        )

    delivery = Delivery("camt", first)
    for answer in _pages(talk, order, "HICAZ"):
        delivery.said_nothing = delivery.said_nothing or answer.said_nothing
        for segment in answer.segments:
            booked, pending = _camt_of(segment)
            delivery.empty += sum(not _has_content(one) for one in booked)
            delivery.documents += [one for one in booked if _has_content(one)]
            delivery.pending += [one for one in pending if _has_content(one)]
    return delivery


def _camt_formats(client: BankClient) -> list[str]:
    """What we can read of what the bank offers, the newest version only; camt.052 before 053 and 054."""
    offer = client.bpd.find_segment_first("HICAZS", 1)
    parameter = getattr(offer, "parameter", None)
    names = [str(name) for name in getattr(parameter, "supported_camt_formats", ()) if name]
    for family in ("camt.052", "camt.053"):
        found = sorted(name for name in names if family in name)
        if found:
            return [found[-1]]
    return [_DEFAULT_CAMT]


def _camt_of(segment: Any) -> tuple[list[bytes], list[bytes]]:
    """Booked and pending documents of a HICAZ, also of one the library did not understand."""
    if hasattr(segment, "statement_booked"):
        booked = list(segment.statement_booked.camt_statements)
        pending = [segment.statement_pending]
    else:
        places = [*segment._additional_data, None, None, None, None]
        booked = places[2] if isinstance(places[2], list) else [places[2]]
        pending = places[3] if isinstance(places[3], list) else [places[3]]
    return [bytes(one) for one in booked if one], [bytes(one) for one in pending if one]


def _has_content(document: bytes) -> bool:
    """Whether a camt document tells an entry or a balance; what is no XML at all is left to the reader to refuse."""
    return b"Ntry" in document or b"Bal>" in document or b"<" not in document or b"<html" in document.lower()


# --- MT940 ----------------------------------------------------------------------------------------------------------


def _mt940(talk: Talk, account: BankAccount, first: date | None, last: date) -> Delivery:
    kind = talk.client._find_highest_supported_command(*_KAZ)

    def order(touchdown: str | None) -> Any:
        return kind(
            account=_account_group(kind, account),
            all_accounts=False,
            date_start=first,
            date_end=last,
            touchdown_point=touchdown,
        )

    delivery = Delivery("mt940", first)
    booked: list[bytes] = []
    pending: list[bytes] = []
    for answer in _pages(talk, order, "HIKAZ"):
        delivery.said_nothing = delivery.said_nothing or answer.said_nothing
        for segment in answer.segments:
            first_part, second_part = _mt940_of(segment)
            booked.append(first_part)
            pending.append(second_part)
    # Pages are cut anywhere, in the middle of a statement too: one document is made of all of them.
    delivery.documents = [whole for whole in (b"".join(booked),) if whole.strip()]
    delivery.pending = [whole for whole in (b"".join(pending),) if whole.strip()]
    delivery.empty = sum(not part.strip() for part in booked)
    return delivery


def _mt940_of(segment: Any) -> tuple[bytes, bytes]:
    if hasattr(segment, "statement_booked"):
        parts = [segment.statement_booked, segment.statement_pending]
    else:
        parts = [*segment._additional_data, None, None]
    booked, pending = (part if isinstance(part, bytes) else b"" for part in parts[:2])
    return booked, pending


def _account_group(order: Any, account: BankAccount) -> Any:
    """The account as the order's version wants it: national up to 6, international from 7 on."""
    kind = order._fields["account"].type
    if kind is KTI1:
        return KTI1(iban=account.iban, bic=account.bic or None)
    if kind is Account2:
        return Account2(account.number, account.subaccount or None, _GERMANY, account.bank_code)
    return Account3(account.number, account.subaccount or None, BankIdentifier(_GERMANY, account.bank_code))


# --- pages ----------------------------------------------------------------------------------------------------------


class _Answer(NamedTuple):
    segments: Sequence[Any]
    said_nothing: bool


def _pages(talk: Talk, order: Callable[[str | None], Any], kind: str) -> Iterator[_Answer]:
    """Every page from the first to the one without a touchdown point. Raises PagesDiffer.

    After a TAN the answer refers to the TAN's segment and not to the order's, so what counts is the kind alone.
    """
    touchdown: str | None = None
    used: set[str] = set()
    before: list[bytes] = []
    for _ in range(_MOST_PAGES):
        answer = talk.ask(order(touchdown))
        yield _Answer(list(answer.find_segments(kind)), parameters_of(answer, NO_DATA) is not None)
        content = [_after_head(raw) for raw in segments_of(talk.client.connection.last_answer, kind.encode())]
        if content and content == before:
            raise PagesDiffer
        before = content
        more = parameters_of(answer, MORE)
        if more is None:
            return
        if not more or more[0] in used:
            raise PagesDiffer
        touchdown = more[0]
        used.add(touchdown)
    raise PagesDiffer


def _after_head(segment: bytes) -> bytes:
    """A segment without its head, which carries a running number."""
    return segment.partition(b"+")[2]


# --- balance --------------------------------------------------------------------------------------------------------


def _balance(talk: Talk, account: BankAccount) -> bytes:
    """The raw HISAL; b"" where the bank gives none. A balance is a check, not worth a failure or a TAN of its own."""
    if not talk.usable or not _allowed(account, "HKSAL"):
        return b""
    try:
        kind = talk.client._find_highest_supported_command(*_SAL)
    except FinTSUnsupportedOperation:
        return b""
    order = kind(account=_account_group(kind, account), all_accounts=False)
    try:
        talk.ask_unattended(order)
    except TanWanted:
        talk.close()
        return b""
    except Refused as refused:
        if refused.kind in (Kind.PIN_LOCKED, Kind.PIN_WRONG):
            raise
        return b""
    found = segments_of(talk.client.connection.last_answer, b"HISAL")
    return found[0] if len(found) == 1 else b""
