"""What stands around the entries of a CAMT report: account, period, balances, counts."""

from __future__ import annotations

from datetime import date
from xml.etree.ElementTree import Element

from pipelines.model.money import Money
from pipelines.model.statement import Balance, BalanceKind, Coverage, Entry, EntryStatus, Statement
from sources.accounts import account_key
from sources.camt_parties import account_of, owner_of
from sources.camt_xml import NAMES, BadField, amount_of, child, day_of, find, find_text, sign_of
from sources.notes import Notes

_KINDS = {
    "OPBD": BalanceKind.OPENING,
    "PRCD": BalanceKind.OPENING,
    "CLBD": BalanceKind.CLOSING,
    "CLAV": BalanceKind.AVAILABLE,
    "OPAV": BalanceKind.AVAILABLE,
    "ITAV": BalanceKind.AVAILABLE,
    "FWAV": BalanceKind.FORWARD,
}


def account_currency(container: Element) -> str:
    """The account's currency as far as the elements before the entries tell it, "" when they do not."""
    currency = find_text(container, "Acct", "Ccy")
    if currency:
        return currency
    for item in container:
        if NAMES[item.tag] == "Bal":
            amount = child(item, "Amt")
            if amount is not None and amount.get("Ccy"):
                return amount.get("Ccy") or ""
    return ""


def build_statement(
    container: Element, family: str, version: str, position: str, entries: list[Entry], notes: Notes
) -> Statement:
    """A Statement of a complete ``Stmt``/``Rpt``/``Ntfctn`` whose entries were read already.

    family: ``053`` …; version: the namespace's message name, "" where the file has none.
    """
    account, owner = _account(container)
    if not account:
        notes.error("camt-no-account", "The report names no account (Acct/Id).", position)
    currency = account_currency(container) or (entries[0].amount.currency if entries else "")
    paged = find(container, "StmtPgntn") is not None or find(container, "RptPgntn") is not None
    balances = _balances(container, currency, position, notes)
    opening, closing = _proof_pair(container, balances, paged=paged)
    complete = closing is not None and (family == "053" or (family == "052" and opening is not None))
    if closing is None and family == "052":
        # A booked balance of the moment may prove a report but need not: it may hold only what is new since the last.
        closing = _booked_now(balances)
    if not currency:
        currency = balances[0].amount.currency if balances else "EUR"
    if any(entry.amount.currency != currency for entry in entries):
        wrong = next(entry for entry in entries if entry.amount.currency != currency)
        notes.error(
            "camt-entry-currency", "The entry is in another currency than its account; look at the bank's file.",
            wrong.position,
        )  # fmt: skip
    if any(balance is not None and balance.amount.currency != currency for balance in (opening, closing)):
        notes.error("camt-balance-currency", "Opening and closing balance are in different currencies.", position)
    _check_content(container, family, balances, entries, position, notes)
    _check_counts(container, entries, position, notes)
    from_day, to_day = _period(container, closing, entries, position, notes)
    return Statement(
        account=account,
        currency=currency,
        format=version or f"camt.{family}",
        position=position,
        identification=find_text(container, "Id"),
        number=find_text(container, "ElctrncSeqNb") or find_text(container, "LglSeqNb"),
        page=find_text(container, "StmtPgntn", "PgNb") or find_text(container, "RptPgntn", "PgNb"),
        coverage=Coverage.COMPLETE if complete else Coverage.PARTIAL,
        from_day=from_day,
        to_day=to_day,
        opening=opening,
        closing=closing,
        entries=tuple(entries),
        balances=tuple(balances),
        account_owner=owner,
        defects=tuple(notes.found),
    )


def _account(container: Element) -> tuple[str, str]:
    account = child(container, "Acct")
    if account is None:
        return "", ""
    iban, number = account_of(account)
    bank = find_text(account, "Svcr", "FinInstnId", "ClrSysMmbId", "MmbId")
    return account_key(iban or number, bank), owner_of(account)


def _balances(container: Element, currency: str, position: str, notes: Notes) -> list[Balance]:
    balances = []
    number = 0
    for item in container:
        if NAMES[item.tag] != "Bal":
            continue
        number += 1
        try:
            balances.append(_balance(item, currency))
        except BadField as problem:
            notes.error("camt-bad-balance", f"A balance cannot be read: {problem}.", f"{position}/Bal {number}")
    return balances


def _balance(element: Element, currency: str) -> Balance:
    kind = find_text(element, "Tp", "CdOrPrtry", "Cd") or find_text(element, "Tp", "Cd")
    interim = find_text(element, "Tp", "SubTp", "Cd") == "INTM"
    amount = child(element, "Amt")
    if amount is None:
        raise BadField("Amt is missing")
    money = amount_of(amount, currency, "Bal/Amt")
    sign = sign_of(find_text(element, "CdtDbtInd"), "Bal/CdtDbtInd")
    day_element = child(element, "Dt")
    day = None if day_element is None else day_of(day_element, "Bal/Dt")
    found = _KINDS.get(kind, BalanceKind.OTHER)
    if kind == "ITBD":
        found = BalanceKind.INTERIM_CLOSING
    elif interim and found is BalanceKind.OPENING:
        found = BalanceKind.INTERIM_OPENING
    elif interim and found is BalanceKind.CLOSING:
        found = BalanceKind.INTERIM_CLOSING
    return Balance(found, Money(sign * money.minor, money.currency), None if day is None else day.day)


def _proof_pair(container: Element, balances: list[Balance], *, paged: bool) -> tuple[Balance | None, Balance | None]:
    """Opening and closing for the proof. OPBD wins over PRCD, which repeats the day before. On pages ITBD stands for
    the missing end; elsewhere it is only a balance of the moment."""
    openings = [balance for balance in balances if balance.kind is BalanceKind.OPENING]
    opening = openings[0] if openings else None
    if len(openings) > 1:
        kinds = [
            find_text(item, "Tp", "CdOrPrtry", "Cd") or find_text(item, "Tp", "Cd")
            for item in container
            if NAMES[item.tag] == "Bal"
        ]
        if "OPBD" in kinds and len(kinds) == len(balances):
            opening = next(
                balance
                for kind, balance in zip(kinds, balances, strict=True)
                if kind == "OPBD" or balance is openings[-1]
            )
    closings = [balance for balance in balances if balance.kind is BalanceKind.CLOSING]
    closing = closings[-1] if closings else None
    interim = [balance for balance in balances if balance.kind is BalanceKind.INTERIM_CLOSING]
    if opening is None:
        opening = next((balance for balance in balances if balance.kind is BalanceKind.INTERIM_OPENING), None)
    if paged and interim and opening is None:
        first = interim.pop(0)
        opening = Balance(BalanceKind.INTERIM_OPENING, first.amount, first.day)
    if closing is None and interim and (paged or _has_interim_subtype(container)):
        closing = interim[-1]
    return opening, closing


def _booked_now(balances: list[Balance]) -> Balance | None:
    """The last interim booked balance (ITBD)."""
    return next((one for one in reversed(balances) if one.kind is BalanceKind.INTERIM_CLOSING), None)


def _has_interim_subtype(container: Element) -> bool:
    return any(NAMES[item.tag] == "Bal" and find_text(item, "Tp", "SubTp", "Cd") == "INTM" for item in container)


def _check_content(
    container: Element, family: str, balances: list[Balance], entries: list[Entry], position: str, notes: Notes
) -> None:
    """An empty report is never "no transactions": only balances can say that nothing happened."""
    if entries or balances or notes.found:
        return
    message = "The report has neither balances nor entries, so it does not say whether anything was booked."
    if family == "053":
        notes.error("camt-empty-statement", message, position)
    else:
        notes.warning("camt-empty-statement", message, position)


def _check_counts(container: Element, entries: list[Entry], position: str, notes: Notes) -> None:
    """``TxsSummry`` counts the entries; fewer read than counted means that some are missing."""
    stated = find_text(container, "TxsSummry", "TtlNtries", "NbOfNtries")
    if stated.isascii() and stated.isdigit() and len(stated) < 10 and int(stated) != len(entries):
        notes.warning(
            "camt-entry-count",
            f"The file announces {int(stated)} entries and holds {len(entries)}; ask the bank for the rest.",
            position,
        )


def _period(
    container: Element, closing: Balance | None, entries: list[Entry], position: str, notes: Notes
) -> tuple[date | None, date | None]:
    """First and last day: the closing balance's day, else the stated period's end, else the last entry's."""
    stated_from = _stated_day(container, ("FrDt", "FrDtTm"), position, notes)
    stated_to = _stated_day(container, ("ToDt", "ToDtTm"), position, notes)
    days = [
        day
        for entry in entries
        if entry.status is EntryStatus.BOOKED and (day := entry.booking_date or entry.value_date) is not None
    ]
    created_element = child(container, "CreDtTm")
    to_day = (closing.day if closing is not None else None) or stated_to or max(days, default=None)
    if to_day is None and created_element is not None:
        try:
            created = day_of(created_element, "CreDtTm")
        except BadField:
            created = None
        to_day = None if created is None else created.day
    if stated_from is not None and to_day is not None and stated_from <= to_day:
        return min([stated_from, *days]), to_day
    return min(days, default=to_day), to_day


def _stated_day(container: Element, names: tuple[str, str], position: str, notes: Notes) -> date | None:
    period = child(container, "FrToDt")
    if period is None:
        return None
    for name in names:
        element = child(period, name)
        if element is not None:
            try:
                found = day_of(element, name)
            except BadField as problem:
                notes.warning("camt-bad-period", f"The period cannot be read: {problem}.", position)
                return None
            return None if found is None else found.day
    return None
