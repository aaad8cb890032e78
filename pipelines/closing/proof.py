"""Bank balances, proven account by account and day by day.

Two sources that know nothing of each other are put side by side: what the ledger says (opening entry and bookings) and
what the bank states on its statements. A day is proven when a statement of the proven chain covers it; an account is
proven for a month when its last banking day is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from pipelines.amounts import parse_amount
from pipelines.calendar import is_banking_day
from pipelines.model.ledger import Cause
from pipelines.ports.statements import AccountCoverage, MemberRow
from pipelines.ports.work import Books

_ONE_DAY: Final = timedelta(days=1)


class DayProof(NamedTuple):
    """One day of an account. ledger: balance of our books in the evening. bank: the balance the bank states for that
    evening, None where no statement ends on it. covered: whether the proven chain tells this day."""

    day: date
    opening_minor: int
    booked_minor: int
    ledger_minor: int
    bank_minor: int | None
    covered: bool

    @property
    def agrees(self) -> bool:
        """Whether nothing contradicts: a stated balance is ours."""
        return self.bank_minor is None or self.bank_minor == self.ledger_minor


@dataclass(frozen=True, slots=True)
class AccountProof:
    """A month of one account. proven: whether every banking day is covered and every stated balance is ours. why: what
    is missing, as codes: ``nothing``, ``begins``, ``ends``, ``differs``, ``held`` or ``unproven``, with a day or a
    count."""

    account: str
    currency: str
    days: tuple[DayProof, ...]
    proven_until: date | None
    why: tuple[tuple[str, str], ...]

    @property
    def proven(self) -> bool:
        """Whether nothing is missing."""
        return not self.why

    @property
    def closing_minor(self) -> int:
        """The balance of our books on the last evening."""
        return self.days[-1].ledger_minor if self.days else 0


def last_banking_day(first: date, last: date) -> date | None:
    """The last banking day of a period; None when there is none."""
    day = last
    while day >= first:
        if is_banking_day(day):
            return day
        day -= _ONE_DAY
    return None


def prove(
    coverage: AccountCoverage,
    chain: Iterable[MemberRow],
    booked: Mapping[date, int],
    openings: Mapping[date, int],
    first: date,
    last: date,
) -> AccountProof:
    """One account over a period. chain: its proven statements. booked: what the ledger moved on its bank account by
    day; openings: its opening entries, which stand before the day. Days before the first known one are left out."""
    stated = {one.to_day: one.closing_minor for one in chain}
    begins = max(first, coverage.proven_from or min(booked, default=first))
    balance = sum(minor for known in (booked, openings) for day, minor in known.items() if day < begins)
    days = []
    day = begins
    while day <= last:
        opening, moved = balance + openings.get(day, 0), booked.get(day, 0)
        balance = opening + moved
        covered = bool(
            coverage.proven_from and coverage.proven_until and coverage.proven_from <= day <= coverage.proven_until
        )
        if is_banking_day(day) or moved or day in stated:
            days.append(DayProof(day, opening, moved, balance, stated.get(day), covered))
        day += _ONE_DAY
    return AccountProof(
        coverage.account, coverage.currency, tuple(days), coverage.proven_until, _why(coverage, days, first, last)
    )


def _why(coverage: AccountCoverage, days: Iterable[DayProof], first: date, last: date) -> tuple[tuple[str, str], ...]:
    found = []
    wanted = last_banking_day(first, last)
    if coverage.proven_until is None:
        found.append(("nothing", ""))
    elif wanted is not None and coverage.proven_until < wanted:
        found.append(("ends", coverage.proven_until.isoformat()))
    if coverage.proven_from is not None and coverage.proven_from > first:
        opened = last_banking_day(first, coverage.proven_from - _ONE_DAY)
        found += [("begins", coverage.proven_from.isoformat())] if opened else []
    found += [("differs", one.day.isoformat()) for one in days if not one.agrees]
    if coverage.held_statements:
        found.append(("held", str(coverage.held_statements)))
    if coverage.unproven_bookings:
        found.append(("unproven", str(coverage.unproven_bookings)))
    return tuple(found)


def read(books: Books, first: date, last: date, ledger_account: Mapping[str, str] | None = None) -> list[AccountProof]:
    """Every account over a period. ledger_account: the chart's account by IBAN, "" for all others."""
    chosen = ledger_account or {}
    with books.read() as work:
        coverage: list[AccountCoverage] = work.statements.coverage()
        chains = {(one.account, one.currency): work.statements.chain(one.account, one.currency)[1] for one in coverage}
        journal = work.exports.table("journal")
    booked, openings = _moves(), _moves()
    names = ("bank_account", "account", "currency", "booking_date", "debit", "credit", "cause")
    for bank, account, currency, day, debit, credit, cause in zip(*(journal[name] for name in names), strict=True):
        if bank and account == chosen.get(bank, chosen.get("", account)):
            moved = parse_amount(debit or "0", currency) - parse_amount(credit or "0", currency)
            to = openings if cause == Cause.OPENING else booked
            to[bank, currency][date.fromisoformat(day)] += moved
    keys = [(one.account, one.currency) for one in coverage]
    return [
        prove(one, chains[key], booked[key], openings[key], first, last)
        for one, key in zip(coverage, keys, strict=True)
    ]


def _moves() -> dict[tuple[str, str], dict[date, int]]:
    return defaultdict(lambda: defaultdict(int))
