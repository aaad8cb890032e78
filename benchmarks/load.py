"""Loading receivables, beside the bare library in the same run; then what the rest of a day reads from them.

    python benchmarks/load.py [--rows 100000] [--json]

Measured: ``load`` of a file with all columns into an empty SQLite database, the same file once more (nothing new), the
frame of open items, and one run of dunning over them with a tenth overdue. Beside it: ``csv.reader`` and a plain
``executemany`` of the same cells as text, with no check, no decision about decimal marks and no version.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipelines.model.coverage import BankCoverage
from pipelines.plans import load_plans
from pipelines.usecases.dun import dun
from pipelines.usecases.load import load
from sinks.books import SqlBooks
from sinks.database import Database
from sources.receivables import RECEIVABLES, TableFiles

AS_OF = date(2026, 11, 20)
COLUMNS = [*RECEIVABLES.required, *RECEIVABLES.optional]


def iban(number: int) -> str:
    """A German IBAN with right check digits."""
    account = f"12030000{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def write_file(path: Path, rows: int) -> None:
    """A list of open items with German amounts; every tenth is overdue. Always the same for a number of rows."""
    chance = random.Random(20261120)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(COLUMNS)
        for number in range(rows):
            debtor = number % max(1, rows // 3)
            amount = f"{chance.randint(100, 999_999) / 100:.2f}".replace(".", ",")
            due = AS_OF + timedelta(days=chance.randint(1, 40) if number % 10 else -chance.randint(10, 60))
            cells = {
                "invoice_number": f"RE-2026-{number:07d}", "debtor_number": str(10_000 + debtor), "amount": amount,
                "issue_date": (due - timedelta(days=30)).isoformat(), "due_date": due.isoformat(), "currency": "EUR",
                "open_amount": amount, "document_type": "invoice", "status": "open",
                "debtor_name": f"Müller {debtor} Handels GmbH", "debtor_ibans": iban(debtor),
                "payment_method": "transfer", "order_number": f"B{number}", "shipment_ids": f"S{number}|T{number}",
                "contract_id": f"C{debtor}", "cash_discount_percent": "2", "cash_discount_until": due.isoformat(),
                "tax_rate": "19",
            }  # fmt: skip
            writer.writerow([cells.get(name, "") for name in COLUMNS])


def bare(path: Path, database: Path) -> None:
    """The same cells into SQLite without looking at them."""
    connection = sqlite3.connect(database)
    connection.execute(f"CREATE TABLE items ({', '.join(COLUMNS)}, PRIMARY KEY (invoice_number))")
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, delimiter=";")
        next(reader)
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany("INSERT INTO items VALUES (" + marks + ")", reader)  # noqa: S608 - question marks only
    connection.commit()
    connection.close()


def timed(figures: dict[str, Any], name: str, action: Callable[[], object]) -> None:
    """Seconds of one step, and the peak memory so far."""
    start = time.perf_counter()
    action()
    figures[name] = round(time.perf_counter() - start, 2)
    figures[f"{name}_peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(rows: int) -> dict[str, Any]:
    """All figures for one size."""
    figures: dict[str, Any] = {"rows": rows}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.csv"
        write_file(path, rows)
        figures["file_mib"] = round(path.stat().st_size / 2**20, 1)
        database = Database(f"sqlite:///{folder}/kontoklar.db")
        database.init("test")
        books = SqlBooks(database, clock=lambda: "2026-11-20T06:00:00+00:00")
        timed(figures, "bare", lambda: bare(path, Path(folder) / "bare.db"))
        timed(figures, "load", lambda: load(books, TableFiles(), "receivables", [path], as_of=AS_OF))
        timed(figures, "load_again", lambda: load(books, TableFiles(), "receivables", [path], as_of=AS_OF))

        def items() -> None:
            with books.read() as work:
                assert len(work.receivables.items()) == rows

        timed(figures, "items", items)
        coverage = [BankCoverage("DE1", AS_OF)]
        timed(figures, "dun", lambda: dun(books, load_plans(), as_of=AS_OF, coverage=lambda _work: coverage))
        timed(figures, "dun_again", lambda: dun(books, load_plans(), as_of=AS_OF, coverage=lambda _work: coverage))
        database.close()
    return figures


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.rows)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24}{value:>12}")


if __name__ == "__main__":
    main()
