"""What two ledgers must have in common, and what a ledger breaks."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, text

from sinks import tables
from sinks.books import SqlBooks
from tests.ledger_world import CHART

# Which run wrote a row, and when, may differ between an interrupted and an undisturbed month.
_RUN = {"run_id", "at", "hash", "previous_hash"}


def ledger(books: SqlBooks) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the ledger's tables, in an order of its own."""
    names = (
        "journal_entry", "journal_line", "allocation", "entry_reversal", "allocation_reversal", "finding",
        "finding_resolution", "audit",
    )  # fmt: skip
    with books.read() as work:
        return {
            name: sorted(
                tuple(row)
                for row in work.connection.execute(
                    select(*(c for c in tables.metadata.tables[name].c if c.name not in _RUN))
                )
            )
            for name in names
        }


def broken(books: SqlBooks, *, but: Collection[str] = ()) -> list[str]:
    """The invariants that do not hold."""
    with books.read() as work:
        results = work.invariants.check(CHART.ledger_accounts())
    assert len(results) >= 21
    assert all(result.ok == (result.detail == "") for result in results)
    return [f"{r.name}: {r.detail}" for r in results if not r.ok and r.name not in but]


def damage(books: SqlBooks, *statements: str) -> None:
    """What somebody with the database's password could do."""
    with books.database.write() as connection:
        for name in tables.metadata.tables:
            if name in tables.MUTABLE:
                continue
            if books.database.is_sqlite:
                for event in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER append_only_{name}_{event}"))
            else:
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER append_only_{name}"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0
