"""finAPI JSON as a statement: what ``sources.finapi`` archives, and transactions somebody saved to a file.

Archived form (``ENVELOPE``), one account of one fetch; the pages are finAPI's answers byte for byte::

    {"kontoklar": "finapi-account/1", "window": {"from": "2026-10-01" | null}, "bank": {"blz": …} | null,
     "account": {…finAPI Account, decimals as texts…}, "transactions": [page, …], "pending": [page, …]}

Also read: a single answer ``{"transactions": […], "paging": {…}}``, with ``"accounts": […]`` beside it when the file is
to say whose transactions these are, and a bare list of transactions. Field names of v1 and v2.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from pipelines.amounts import AmountError
from pipelines.errors import UnreadableDocument
from pipelines.model.collector import paused
from pipelines.model.money import Money
from pipelines.model.statement import (
    Balance,
    BalanceKind,
    Coverage,
    Document,
    Entry,
    EntryStatus,
    Proof,
    Statement,
)
from sources.accounts import account_key
from sources.finapi_fields import BadRow, currency_of, day_of, entry_of, text_of
from sources.json_strict import BadJson, loads, minor_units
from sources.notes import Notes

ENVELOPE: Final = "finapi-account/1"
FORMAT: Final = "finapi-json"
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_FIELDS = (b'"bankBookingDate"', b'"isAdjustingEntry"', b'"finapiBookingDate"')


class FinapiJsonReader:
    """Reads finAPI JSON. A statement per account; its balance is the account's, where the file holds the account."""

    name = "finapi-json"
    version = "finapi-json-1"

    def recognises(self, head: bytes) -> bool:
        if _HEAD.match(head) is None:
            return False
        if f'"kontoklar":"{ENVELOPE}"'.encode() in head[:200]:
            return True
        listed = b'"transactions"' in head or b'"pendingTransactions"' in head
        return any(field in head for field in _FIELDS) or (listed and (b'"paging"' in head or b'"accounts"' in head))

    def read(self, document: Document) -> Iterator[Statement]:
        """Every account's statement; see StatementReader."""
        with paused():
            try:
                body = loads(document.content)
            except BadJson as wrong:
                raise UnreadableDocument(
                    "json-malformed", f"The JSON cannot be read: {wrong}. Fetch it again.", "byte 0"
                ) from None
            statements = list(_statements(body, document))
        if not statements:
            raise UnreadableDocument(
                "finapi-no-transactions",
                "The JSON holds neither transactions nor an account; an answer without both proves nothing.",
                "byte 0",
            )
        yield from statements


READER = FinapiJsonReader()


def _statements(body: Any, document: Document) -> Iterator[Statement]:
    if isinstance(body, dict) and body.get("kontoklar") == ENVELOPE:
        yield _Account(document, body.get("account"), body.get("bank"), snapshot=True).statement(
            _rows(body.get("transactions"), "transactions"), _rows(body.get("pending"), "pendingTransactions")
        )
        return
    if isinstance(body, list):
        body = {"transactions": body}
    if not isinstance(body, dict):
        return
    rows = _listed(body, "transactions")
    accounts = {text_of(one, "id"): one for one in _listed(body, "accounts")}
    whole = _is_whole(body, rows)
    by_account: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for key in accounts:
        by_account[key] = []
    for row in rows:
        by_account[text_of(row, "accountId")].append(row)
    pending = _listed(body, "pendingTransactions")
    for row in pending:
        by_account[text_of(row, "accountId")].extend(())
    for number, (key, own) in enumerate(sorted(by_account.items()), start=1):
        waiting = [row for row in pending if text_of(row, "accountId") == key]
        part = _Account(document, accounts.get(key), None, snapshot=False, whole=whole, place=f"account {number}")
        yield part.statement(own, waiting)


def _listed(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise UnreadableDocument("json-malformed", f"{name} is not a list of objects. Fetch the file again.", name)
    return value


def _rows(pages: Any, name: str) -> list[Mapping[str, Any]]:
    """The rows of all pages, in their order."""
    if not isinstance(pages, list) or not all(isinstance(page, dict) for page in pages):
        raise UnreadableDocument("json-malformed", f"The pages of {name} are missing. Fetch the account again.", name)
    return [row for page in pages for row in _listed(page, name)]


def _is_whole(body: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a saved answer holds all pages of its query, so that a balance beside it can prove something."""
    paging = body.get("paging")
    return isinstance(paging, dict) and paging.get("totalCount") == len(rows)


class _Account:
    """One account of a document on its way to a statement.

    account: finAPI's Account, None where the file does not hold it. snapshot: fetched by ourselves, so that the rows
    are all of a window. whole: a saved answer that holds all pages of its query; which query that was nobody knows.
    """

    def __init__(
        self,
        document: Document,
        account: Any,
        bank: Any,
        *,
        snapshot: bool,
        whole: bool = True,
        place: str = "account 1",
    ) -> None:
        self.account: Mapping[str, Any] = account if isinstance(account, dict) else {}
        self.bank: Mapping[str, Any] = bank if isinstance(bank, dict) else {}
        self.snapshot = snapshot
        self.whole = whole
        self.place = place
        self.notes = Notes(document)

    def statement(self, rows: Sequence[Mapping[str, Any]], pending: Sequence[Mapping[str, Any]]) -> Statement:
        """The statement of these rows."""
        key = account_key(text_of(self.account, "iban") or text_of(self.account, "accountNumber"), self._bank_code())
        if not key:
            self.notes.error(
                "finapi-account-unknown",
                "The file does not say whose transactions these are: finAPI's ids name no account. Put the answer of "
                'GET /accounts beside them as "accounts", or pull from finAPI itself.',
                self.place,
            )
        currency = self._currency()
        adjusting = [row for row in rows if row.get("isAdjustingEntry") is True]
        entries = self._entries([row for row in rows if row.get("isAdjustingEntry") is not True], currency)
        entries += self._pending(pending, currency)
        self._note_adjusting(adjusting)
        days = [day for entry in entries if entry.status is not EntryStatus.PENDING and (day := _day(entry))]
        to_day = self._balance_day() or max(days, default=None)
        closing = self._closing(currency, to_day, adjusting, entries) if self.whole else None
        from_day = min(days, default=to_day)
        return Statement(
            account=key,
            currency=currency,
            format=FORMAT,
            position=self.place,
            identification="",
            number="",
            page="",
            coverage=Coverage.PARTIAL if closing is None else Coverage.COMPLETE,
            from_day=min(from_day, to_day) if from_day and to_day else to_day,
            to_day=to_day,
            opening=None,
            closing=closing,
            entries=tuple(entries),
            balances=() if closing is None else (closing,),
            account_owner=text_of(self.account, "accountHolderName"),
            defects=tuple(self.notes.found),
            proof=self._proof(closing, doubted=bool(adjusting)),
        )

    def _proof(self, closing: Balance | None, *, doubted: bool) -> Proof:
        if closing is None or not self.snapshot:
            return Proof.STATED
        return Proof.DOUBTED if doubted else Proof.SNAPSHOT

    def _bank_code(self) -> str:
        return text_of(self.bank, "blz")

    def _currency(self) -> str:
        try:
            currency = currency_of(self.account, "accountCurrency", "")
        except BadRow:
            currency = ""
        if not currency:
            if self.account:
                self.notes.info("finapi-no-currency", "The account names no currency; EUR was assumed.", self.place)
            currency = "EUR"
        return currency

    def _entries(self, rows: Sequence[Mapping[str, Any]], currency: str) -> list[Entry]:
        entries: list[Entry] = []
        seen: set[str] = set()
        for row in rows:
            place = f"transaction {text_of(row, 'id') or '?'}"
            if row.get("parentId") is not None:
                self.notes.error(
                    "finapi-user-view",
                    "The row is a part of a split booking (userView). Fetch with view=bankView.",
                    place,
                )
                continue
            doubtful = row.get("isPotentialDuplicate") is True
            try:
                entry = entry_of(row, currency, EntryStatus.DOUBTFUL if doubtful else EntryStatus.BOOKED)
            except BadRow as wrong:
                self.notes.error("finapi-bad-row", f"The transaction cannot be read: {wrong}.", place)
                continue
            if entry.bank_reference in seen:
                self.notes.error(
                    "finapi-row-repeated", "The same transaction is there twice: pages shifted. Fetch it again.", place
                )
                continue
            seen.add(entry.bank_reference)
            entries.append(entry)
        return entries

    def _pending(self, rows: Sequence[Mapping[str, Any]], currency: str) -> list[Entry]:
        """Pending ones never post, so one that cannot be read is only left out."""
        entries: list[Entry] = []
        for row in rows:
            try:
                entries.append(entry_of(row, currency, EntryStatus.PENDING))
            except BadRow:
                continue
        return entries

    def _note_adjusting(self, rows: Sequence[Mapping[str, Any]]) -> None:
        # A file without a balance of ours to lead on from must not post around a hole.
        report = self.notes.warning if self.snapshot else self.notes.error
        for row in rows:
            report(
                "finapi-adjusting-entry",
                'finAPI made up an entry ("Zwischensaldo") because its bookings do not explain the balance: bookings '
                "are missing. It is never booked; the statement counts only if it fits the proven balance without it.",
                f"transaction {text_of(row, 'id') or '?'}",
            )

    def _balance_day(self) -> date | None:
        """The day of the account's balance: its last successful update from the bank."""
        days: list[date] = []
        interfaces = self.account.get("interfaces")
        for one in interfaces if isinstance(interfaces, list) else ():
            days += _tried_day(one, "lastSuccessfulUpdate")
        if not days:
            days = _tried_day(self.account, "lastSuccessfulUpdate")
        return max(days, default=None)

    def _closing(
        self,
        currency: str,
        day: date | None,
        adjusting: Sequence[Mapping[str, Any]],
        entries: Sequence[Entry],
    ) -> Balance | None:
        value = self.account.get("balance")
        if value is None:
            if self.account:
                self.notes.warning(
                    "finapi-no-balance", "The account has no balance, so nothing proves its bookings.", self.place
                )
            return None
        try:
            minor = minor_units(value, currency)
            made_up = sum(minor_units(row.get("amount"), currency) for row in adjusting)
        except AmountError:
            self.notes.error("finapi-bad-balance", "The account's balance is no amount of its currency.", self.place)
            return None
        pending = sum(entry.amount.minor for entry in entries if entry.status is EntryStatus.PENDING)
        if made_up and made_up == pending:
            # The bank counts pending bookings into the balance; finAPI's entry says by how much.
            minor -= made_up
            self.notes.info("finapi-balance-with-pending", "The balance holds pending bookings.", self.place)
        # Of the moment: bookings of that day may still follow.
        return Balance(BalanceKind.INTERIM_CLOSING, Money(minor, currency), day)


def _day(entry: Entry) -> date | None:
    return entry.booking_date or entry.value_date


def _tried_day(row: Any, name: str) -> list[date]:
    try:
        found = day_of(row, name) if isinstance(row, dict) else None
    except BadRow:
        return []
    return [found] if found else []
