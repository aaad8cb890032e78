"""An accounts office in a folder: load what is owed, drop the bank's files, run the day, look at the tables."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from pipelines.cli import run as command_line
from tests.builders import write_csv

Row = dict[str, str]


@dataclass
class Office:
    """Everything goes through the command line and comes back through ``export``, as a user would see it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    database: str
    exit_code: int = 0
    items: list[Row] = field(default_factory=list)
    received: int = 0

    def command(self, *arguments: str) -> dict[str, object]:
        self.capsys.readouterr()
        self.exit_code = command_line(["--database", self.database, *arguments, "--json"])
        printed = self.capsys.readouterr().out
        answer: dict[str, object] = json.loads(printed) if printed.strip() else {}
        return answer

    def owed(self, invoice: str, debtor: str, amount: str, due: str = "2026-10-31", **more: str) -> None:
        """An invoice the billing system reports with the next load."""
        self.items.append(
            {"invoice_number": invoice, "debtor_number": debtor, "amount": amount, "issue_date": "2026-10-01",
             "due_date": due, **more}
        )  # fmt: skip

    def load(self, kind: str = "receivables", rows: list[Row] | None = None) -> dict[str, object]:
        path = write_csv(self.folder / f"{kind}.csv", self.items if rows is None else rows)
        return self.command("load", kind, str(path))

    def file(self, content: bytes, name: str = "") -> Path:
        self.received += 1
        path = self.folder / (name or f"statement-{self.received}")
        path.write_bytes(content)
        return path

    def day(self, as_of: date, *contents: bytes, extra: tuple[str, ...] = ()) -> dict[str, object]:
        """The daily run with these files of the bank."""
        files = [str(self.file(content)) for content in contents]
        return self.command("run", "--as-of", as_of.isoformat(), *(["--file", *files] if files else []), *extra)

    def table(self, name: str) -> list[Row]:
        out = self.folder / f"{name}.csv"
        self.command("export", name, "--out", str(out))
        with out.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle, delimiter=";"))

    def open_amount(self, invoice: str) -> str:
        return next(row["open_amount"] for row in self.table("open-items") if row["invoice_number"] == invoice)

    def transaction(self, **wanted: str) -> Row:
        rows = [r for r in self.table("transactions") if all(r[k] == v for k, v in wanted.items())]
        assert len(rows) == 1, f"{len(rows)} transactions with {wanted}"
        return rows[0]

    def allocated(self) -> list[tuple[str, str, str]]:
        """(invoice, amount, kind) of what is allocated and not taken back, sorted."""
        return sorted(
            (row["invoice_number"], row["amount"], row["kind"])
            for row in self.table("allocations")
            if not row["reversed_by"] and not row["reverses"]
        )

    def journal(self, account: str) -> str:
        """Debit minus credit of a ledger account."""
        cents = sum(
            _cents(row["debit"]) - _cents(row["credit"]) for row in self.table("journal") if row["account"] == account
        )
        return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"

    def proven(self) -> bool:
        """``check`` finds every invariant to hold."""
        self.command("check")
        return self.exit_code == 0


def _cents(amount: str) -> int:
    return round(float(amount or 0) * 100)
