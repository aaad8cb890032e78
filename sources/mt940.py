"""MT940 and MT942 (SWIFT; DK Anlage 3), read by ourselves: known libraries lose bookings, storno signs and text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pipelines.errors import UnreadableDocument
from pipelines.model.collector import paused
from pipelines.model.construct import maker
from pipelines.model.money import Money
from pipelines.model.statement import (
    NOBODY,
    Balance,
    BalanceKind,
    Coverage,
    Document,
    Entry,
    EntryDetail,
    EntryStatus,
    Statement,
)
from sources.accounts import account_key
from sources.mt940_details import Information, parse_information, parse_national
from sources.mt940_fields import Field, Message, decode, messages
from sources.mt940_lines import (
    BadLine,
    BookingLine,
    balance_currency,
    parse_balance,
    parse_booking,
    parse_total,
)
from sources.notes import Notes
from sources.pages import merge_pages

_FIELD = re.compile(rb"(?:^|[\r\n]|\xef\xbb\xbf|@@)\s*:(?:20|25P?|28C?|60[FM]|61|62[FM]|86|34F|90[CD]):")
# A file at the size limit with bookings in it stays far below.
_MOST_FIELDS, _MOST_LINES = 1_500_000, 6_000_000
_MT942 = frozenset({"34F", "90C", "90D", "13D", "13"})
_BALANCES = frozenset({"60F", "60M", "62F", "62M", "64", "65"})
_CURRENCY_AT_END = re.compile(r"(?<=\d)([A-Z]{3})\s*$", re.ASCII)
_AMOUNT_IN_TAG = re.compile(r"\s*(?:([A-Z]{3})\s*)?(\d+(?:,\d*)?)\s*([A-Z]{3})?", re.ASCII)
_NOTHING = Information()
_detail, _booking = maker(EntryDetail), maker(Entry)


class Mt940Reader:
    """Reads MT940 (booked, provable) and MT942 (pending, never posted)."""

    name = "mt940"
    version = "mt940-1"

    def recognises(self, head: bytes) -> bool:
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            head = decode(head).encode()
        return not head.lstrip().startswith(b"<") and _FIELD.search(head) is not None

    def read(self, document: Document) -> Iterator[Statement]:
        """All statements; see StatementReader."""
        text = decode(document.content)
        if text.count("\n:") > _MOST_FIELDS or text.count("\n") > _MOST_LINES:
            raise UnreadableDocument(
                "mt940-too-complex",
                "The file holds more fields or lines than any statement; it was not read.",
                "line 1",
            )
        with paused():
            found = messages(text)
            statements = [statement for message in found if (statement := _statement(message, document)) is not None]
        if not statements:
            raise UnreadableDocument(
                "mt940-no-statement",
                "MT940 fields were found, but no statement with a balance or a booking; fetch the file again.",
                f"line {found[0].line if found else 1}",
            )
        if not any(statement.account for statement in statements):
            raise UnreadableDocument(
                "mt940-no-account",
                "No statement names its account (:25:), so nothing in the file can be assigned; fetch the file again.",
                statements[0].position,
            )
        yield from merge_pages(statements)


READER = Mt940Reader()


def _statement(message: Message, document: Document) -> Statement | None:
    """One message, None when it holds neither balance nor booking."""
    notes = Notes(document)
    position = f"line {message.line}"
    by_tag: dict[str, Field] = {}
    for field in message.fields:
        by_tag.setdefault(field.tag, field) if field.tag in ("60F", "60M") else by_tag.update({field.tag: field})
    tags = by_tag.keys()
    interim_report = not tags.isdisjoint(_MT942)
    if tags.isdisjoint(_BALANCES) and "61" not in tags and not interim_report:
        return None
    account_text = _account_text(by_tag)
    currency = _currency(message.fields, account_text)
    if not currency:
        currency = "EUR"
        notes.warning("mt940-no-currency", "No balance names a currency; EUR was assumed.", position)
    account = account_key(account_text)
    if not account:
        notes.error("mt940-no-account", "The statement names no account (:25:).", position)
    balances = _balances(message.fields, currency, notes)
    opening = _first(balances, BalanceKind.OPENING, BalanceKind.INTERIM_OPENING)
    closing = _first(balances, BalanceKind.CLOSING, BalanceKind.INTERIM_CLOSING)
    entries = _entries(message.fields, currency, notes, pending=interim_report)
    if interim_report:
        _check_totals(message.fields, entries, notes)
    elif "62F" not in tags and "62M" not in tags:
        code = "mt940-truncated" if opening is not None else "mt940-booking-outside"
        notes.error(
            code,
            "The statement has no closing balance (:62F:): it is cut off or not a statement. Fetch the file again.",
            position,
        )
    elif "60F" not in tags and "60M" not in tags:
        notes.error("mt940-no-opening", "The statement has no opening balance (:60F:). Fetch it again.", position)
    if any(balance.amount.currency != currency for balance in balances):
        notes.error("mt940-currencies", "The balances of the statement are in different currencies.", position)
    number, _, page = _text(by_tag.get("28C") or by_tag.get("28")).partition("/")
    from_day, to_day = _period(opening, closing, entries)
    return Statement(
        account=account,
        currency=currency,
        format="mt942" if interim_report else "mt940",
        position=position,
        identification=_text(by_tag.get("20")),
        number=number.strip(),
        page=page.strip(),
        coverage=Coverage.PARTIAL if interim_report or closing is None else Coverage.COMPLETE,
        from_day=from_day,
        to_day=to_day,
        opening=opening,
        closing=closing,
        entries=tuple(entries),
        balances=tuple(balances),
        defects=tuple(notes.found),
    )


def _text(field: Field | None) -> str:
    return "" if field is None else field.lines[0].strip()


def _account_text(by_tag: dict[str, Field]) -> str:
    return _text(by_tag.get("25") or by_tag.get("25P"))


def _currency(fields: list[Field], account_text: str) -> str:
    for field in fields:
        if field.tag in _BALANCES or field.tag in _MT942:
            found = balance_currency(field.lines)
            if found:
                return found
    at_end = _CURRENCY_AT_END.search(account_text)
    return at_end[1] if at_end else ""


def _balances(fields: list[Field], currency: str, notes: Notes) -> list[Balance]:
    balances = []
    for field in fields:
        if field.tag in _BALANCES:
            try:
                balances.append(parse_balance(field.tag, field.lines, currency))
            except BadLine as problem:
                report = notes.warning if field.tag in ("64", "65") else notes.error
                report("mt940-bad-balance", f"Field :{field.tag}: cannot be read: {problem}.", f"line {field.line}")
    return balances


def _first(balances: list[Balance], *kinds: BalanceKind) -> Balance | None:
    return next((balance for balance in balances if balance.kind in kinds), None)


def _period(opening: Balance | None, closing: Balance | None, entries: list[Entry]) -> tuple[date | None, date | None]:
    """From the first booking day to the closing balance's day; a day without bookings is the closing's day alone."""
    days = [day for entry in entries if (day := entry.booking_date or entry.value_date) is not None]
    to_day = (closing.day if closing is not None else None) or max(days, default=None)
    if to_day is None and opening is not None:
        to_day = opening.day
    from_day = min(days, default=to_day)
    return (to_day if from_day is not None and to_day is not None and from_day > to_day else from_day), to_day


def _entries(fields: list[Field], currency: str, notes: Notes, *, pending: bool) -> list[Entry]:
    entries: list[Entry] = []
    count = len(fields)
    for index, field in enumerate(fields):
        if field.tag != "61":
            continue
        following = index + 1
        information = _NOTHING
        if following < count and fields[following].tag == "86":
            lines = fields[following].lines
            following += 1
            while following < count and fields[following].tag == "86":
                lines = [*lines, *fields[following].lines]
                following += 1
            information = parse_information(lines)
        elif following < count and fields[following].tag == "NS":
            information = parse_national(fields[following].lines)
        position = f"line {field.line}"
        try:
            line = parse_booking(field.lines, currency)
        except BadLine as problem:
            notes.error("mt940-bad-booking", f"Field :61: cannot be read: {problem}. The statement is held.", position)
            continue
        if line.clamped:
            notes.info(
                "day-clamped", "A date does not exist in the calendar; the month's last day was taken.", position
            )
        entries.append(_entry(line, information, position, pending=pending))
    return entries


def _entry(line: BookingLine, information: Information, position: str, *, pending: bool) -> Entry:
    tags = information.tags
    original = line.original
    charges = line.charges
    other = information.other_text
    if line.supplement:
        other = f"{other} {line.supplement}" if other else line.supplement
    if tags:
        get = tags.get
        oamt = get("OAMT")
        if oamt:
            original = _tag_amount(oamt, line.amount.currency) or original
            if charges is None:  # COAM alone is only a declared compensation: it does not tell the original
                charges = _tag_amount(get("COAM", ""), line.amount.currency)
        detail = _detail(
            line.amount, NOBODY, NOBODY, information.counterparty, get("ABWA", ""),
            get("ABWE", ""), information.remittance, "", (), get("EREF", ""), get("MREF", ""),
            get("CRED", ""), get("BREF", ""), get("KREF") or _own_reference(line.reference), "", "", "", "",
            get("PURP", ""), information.gvc, line.swift_code, "", information.extension, other,
            False, "", "", original, charges, None,
        )  # fmt: skip
    else:
        detail = _detail(
            line.amount, NOBODY, NOBODY, information.counterparty, "",
            "", information.remittance, "", (), "", "",
            "", "", _own_reference(line.reference), "", "", "", "",
            "", information.gvc, line.swift_code, "", information.extension, other,
            False, "", "", original, charges, None,
        )  # fmt: skip
    return _booking(
        position, line.amount, EntryStatus.PENDING if pending or line.expected else EntryStatus.BOOKED,
        line.booking_date, line.value_date, (detail,), line.bank_reference, line.reference, line.reversal,
        information.gvc, line.swift_code, "", information.primanota, information.extension, information.booking_text,
        None, None,
    )  # fmt: skip


def _own_reference(text: str) -> str:
    """The customer reference of ``:61:``; ``KREF+`` and the like only say where the real one stands."""
    return "" if text.endswith("+") or text in ("EREF", "KREF", "MREF", "PREF", "MARF") else text


def _tag_amount(text: str, currency: str) -> Money | None:
    """OAMT/COAM: an unsigned amount, the currency before or behind it optional; None for anything else."""
    found = _AMOUNT_IN_TAG.match(text)
    if not found or (found[1] or found[3] or currency) != currency:
        return None
    whole, _, cents = found[2].partition(",")
    return Money(int(whole) * 100 + int((cents + "00")[:2]), currency) if len(whole) < 13 else None


def _check_totals(fields: list[Field], entries: list[Entry], notes: Notes) -> None:
    """``:90D:`` and ``:90C:`` count and sum the entries: the only proof an MT942 offers."""
    for field in fields:
        if field.tag not in ("90D", "90C"):
            continue
        try:
            count, total = parse_total(field.lines)
        except BadLine as problem:
            notes.warning("mt942-bad-total", f"Field :{field.tag}: cannot be read: {problem}.", f"line {field.line}")
            continue
        amounts = [abs(entry.amount.minor) for entry in entries if (entry.amount.minor < 0) == (field.tag == "90D")]
        if field.tag == "90C":
            amounts = [amount for amount in amounts if amount] if count < len(amounts) else amounts
        if len(amounts) != count or sum(amounts) != total.minor:
            notes.error(
                "mt942-totals-differ",
                f"Field :{field.tag}: announces {count} entries with a sum that the file does not show.",
                f"line {field.line}",
            )
