"""Statements made by hand for the tests of ``pull``: what the bank truly booked, and how formats tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import func, select

from pipelines.chart import load_chart
from pipelines.classify import classify
from pipelines.errors import UnreadableDocument
from pipelines.model.finding import Finding
from pipelines.model.money import Money
from pipelines.model.statement import (
    Balance,
    BalanceKind,
    Batch,
    Coverage,
    Document,
    Entry,
    EntryDetail,
    EntryStatus,
    Party,
    Statement,
)
from pipelines.usecases.pull import PullResult, pull
from sinks import tables
from sinks.books import SqlBooks

IBAN = "DE02120300000000202051"
CHART = load_chart("SKR03")
AS_OF = date(2026, 11, 21)


def day(number: int) -> date:
    """The n-th day of the tests' month; day 1 is Thursday, 1 October 2026."""
    return date(2026, 10, number)


@dataclass(frozen=True)
class Real:
    """One booking as it truly happened. details: amounts and ids of a batch's payments."""

    day: date
    minor: int
    end_to_end_id: str = ""
    iban: str = ""
    text: str = ""
    reference: str = ""
    value_day: date | None = None
    details: tuple[tuple[int, str], ...] = ()
    currency: str = "EUR"


def entry(real: Real, format_name: str, place: int, *, detailed: bool = True, status: str = "booked") -> Entry:
    """The booking as one format tells it."""
    mt = format_name.startswith("mt")
    money = Money(real.minor, real.currency)
    batch = None
    if real.details:
        batch = Batch(payment_information_id=f"PMT-{real.reference}", count=len(real.details), total=money)
        details = tuple(
            EntryDetail(amount=Money(minor, real.currency), end_to_end_id=key, counterparty=Party(name="Kunde " + key))
            for minor, key in real.details
        )
        if not detailed or mt:
            details = ()
    else:
        details = (
            EntryDetail(
                amount=money,
                counterparty=Party(name="Erika Muster", iban=real.iban),
                end_to_end_id=real.end_to_end_id,
                remittance=real.text,
            ),
        )
    return Entry(
        position=f"line {place}" if mt else f"Stmt 1/Ntry {place}",
        amount=money,
        status=EntryStatus(status),
        booking_date=real.day,
        value_date=real.value_day or real.day,
        details=details,
        bank_reference=real.reference if not mt else "",
        gvc="166" if not real.details else "191",
        batch=batch,
    )


def statement(
    reals: Sequence[Real],
    opening: int | None,
    closing: int | None,
    *,
    first: date,
    last: date,
    format_name: str = "camt.053.001.08",
    number: str = "",
    page: str = "",
    account: str = IBAN,
    interim: tuple[bool, bool] = (False, False),
    detailed: bool = True,
    identification: str = "",
    currency: str = "EUR",
) -> Statement:
    """A statement of these bookings between two balances (None: the format has none)."""
    kinds = (
        BalanceKind.INTERIM_OPENING if interim[0] else BalanceKind.OPENING,
        BalanceKind.INTERIM_CLOSING if interim[1] else BalanceKind.CLOSING,
    )
    both = opening is not None and closing is not None
    return Statement(
        account=account,
        currency=currency,
        format=format_name,
        position="Stmt 1",
        identification=identification,
        number=number,
        page=page,
        coverage=Coverage.COMPLETE if both else Coverage.PARTIAL,
        from_day=first,
        to_day=last,
        opening=Balance(kinds[0], Money(opening, currency), first) if opening is not None else None,
        closing=Balance(kinds[1], Money(closing, currency), last) if closing is not None else None,
        entries=tuple(entry(real, format_name, place, detailed=detailed) for place, real in enumerate(reals, start=1)),
    )


@dataclass
class World:
    """Documents whose reading is known, and the books they are pulled into."""

    books: SqlBooks
    statements: dict[bytes, tuple[Statement, ...]] = field(default_factory=dict)

    def document(self, *statements: Statement, name: str = "") -> Document:
        """A document that reads as these statements."""
        content = repr(statements).encode()
        self.statements[content] = statements
        return Document(name or f"file-{len(self.statements)}.xml", content, "file")

    def read(self, document: Document) -> Iterator[Statement]:
        """Stands for the readers."""
        found = self.statements.get(document.content)
        if found is None:
            raise UnreadableDocument("document-unknown", "The content is no bank statement.", "line 1")
        yield from found

    def pull(self, documents: Iterable[Document | Finding]) -> PullResult:
        """One run of ``pull``."""
        return pull(self.books, documents, self.read, classify, CHART, reader="test-1", as_of=AS_OF)

    # --- what the books hold afterwards -----------------------------------------------------------------------------

    def booked(self) -> list[tuple[date, int]]:
        """Day and amount of every booking, sorted."""
        with self.books.read() as work:
            rows = work.connection.execute(select(tables.booking.c.booking_date, tables.booking.c.amount_minor))
            return sorted((date.fromisoformat(row[0]), row[1]) for row in rows)

    def verdicts(self) -> dict[str, str]:
        """Statement id → latest verdict."""
        with self.books.read() as work:
            rows = work.connection.execute(
                select(tables.statement_verdict.c.statement_id, tables.statement_verdict.c.verdict).order_by(
                    tables.statement_verdict.c.verdict_no
                )
            )
            return {row[0]: row[1] for row in rows}

    def proven_balance(self, account: str = IBAN, currency: str = "EUR") -> int | None:
        """The balance at the end of the chain."""
        with self.books.read() as work:
            newest, _ = work.statements.chain(account, currency)
            return newest.end_minor if newest else None

    def bank_account(self) -> int:
        """Balance of the general ledger's bank account."""
        lines = tables.journal_line
        with self.books.read() as work:
            total = work.connection.execute(
                select(func.coalesce(func.sum(lines.c.debit_minor - lines.c.credit_minor), 0)).where(
                    lines.c.account == CHART.bank(IBAN)
                )
            ).scalar_one()
            return int(total)

    def findings(self) -> list[Finding]:
        """Open findings."""
        with self.books.read() as work:
            return list(work.findings.open())

    def codes(self) -> set[str]:
        """Codes of the open findings."""
        return {finding.code for finding in self.findings()}

    def contents(self, *, without: Iterable[str] = ()) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table, for comparing two books. Instants and run ids are left out."""
        skip = {"fence", "meta", *without}
        found: dict[str, list[tuple[object, ...]]] = {}
        with self.books.read() as work:
            for name, table in tables.metadata.tables.items():
                if name not in skip:
                    columns = [column for column in table.c if column.name not in ("run_id", "at", "started_at")]
                    rows = work.connection.execute(select(*columns))
                    found[name] = sorted((tuple(row) for row in rows), key=repr)
        return found

    def row_counts(self) -> dict[str, int]:
        """Number of rows of every table."""
        with self.books.read() as work:
            return {
                name: int(work.connection.execute(select(func.count()).select_from(table)).scalar_one())
                for name, table in tables.metadata.tables.items()
                if name != "fence"
            }


def with_days_untold(told: Statement) -> Statement:
    """The same statement without booking dates, as some banks write ``:61:``."""
    return replace(told, entries=tuple(replace(item, booking_date=None) for item in told.entries))
