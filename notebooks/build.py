"""Writes the notebooks from their cells, so that what is committed is small, the same for everybody and without output.

``python notebooks/build.py`` after changing a cell here.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

SETUP = """\
# What is here belongs to whoever may see payments: names and texts of payers.
from desk import open_books

desk = open_books()"""

NOTEBOOKS: dict[str, list[tuple[str, str]]] = {
    "review": [
        (
            "markdown",
            "# Klärungsliste · Review queue\n\nWas nicht von selbst gebucht wurde, das Dringendste zuerst. `?` zeigt die "
            "Tasten. · What did not post by itself, the most urgent first. `?` shows the keys.",
        ),
        ("code", SETUP),
        ("code", "from desk import review\n\nreview(desk)"),
    ],
    "debtor": [
        (
            "markdown",
            "# Debitor · Debtor\n\nEin Kunde: Konto, offene Posten, Mahnungen, Belege. Eine Kundennummer in "
            "Anführungszeichen statt `None` zeigt einen anderen. · One customer: account, open items, dunning, "
            "documents. A customer number in quotes instead of `None` shows another one.",
        ),
        ("code", SETUP),
        ("code", 'from desk import debtor\n\none = debtor(desk, None)  # debtor(desk, "10016", whole_ibans=True)\none'),
        ("markdown", "## Offene Posten · Open items"),
        ("code", "one.open_items()"),
        ("markdown", "## Saldo im Zeitverlauf · Balance over time"),
        ("code", "one.balance()"),
        ("markdown", "## Kontoauszug · Statement of account"),
        ("code", "one.statement()"),
        ("markdown", "## Mahnverlauf · Dunning history"),
        ("code", "one.dunning()"),
        ("markdown", "## Belege · Documents"),
        ("code", '# Für den Kunden als PDF · for the customer: one.statement_pdf("kontoauszug.pdf")\none.documents()'),
    ],
    "explain": [
        (
            "markdown",
            "# Eine Zahlung erklärt · One payment explained\n\nAlles, was die Bücher über eine Buchung der Bank wissen. "
            "Eine Kennung oder ihr Anfang in Anführungszeichen statt `None` zeigt eine andere. · Everything the books "
            "know about one booking of the bank. An id, or its beginning, in quotes instead of `None` shows another one.",
        ),
        ("code", SETUP),
        ("code", 'from desk import explain\n\none = explain(desk, None)  # explain(desk, "72cb839b")\none'),
        ("markdown", "## Die Buchung · The booking"),
        ("code", "one.raw()"),
        ("code", "one.normalised()"),
        ("markdown", "## Kandidaten und Belege · Candidates and evidence"),
        ("code", "one.candidates()"),
        ("code", "one.waterfall()  # waterfall(2): die zweite Erklärung · the second explanation"),
        ("code", "one.competing()"),
        ("markdown", "## Entscheidung und Buchung · Decision and postings"),
        ("code", "one.decision()"),
        ("code", "one.postings()"),
        ("markdown", "## Was folgte · What followed"),
        ("code", "one.returns()"),
        ("code", "one.dunning()"),
        ("code", "one.audit()"),
    ],
    "backtest": [
        (
            "markdown",
            "# Was wäre, wenn · What if\n\nDer letzte Monat, Morgen für Morgen nachgespielt unter einer anderen Regel. "
            "Nichts davon wird gespeichert. · The last month, replayed morning by morning under another policy. Nothing "
            "of it is stored.",
        ),
        ("code", SETUP),
        (
            "code",
            "from desk import trial\n\n# Was, wenn eine Person alles über 5.000 € bestätigt? · What if a person confirms "
            'everything above €5,000?\n# Eine ganze Regeldatei · a whole policy file: trial(desk, "policy.toml")\n'
            'what_if = trial(desk, changes={"automation": {"max_auto_minor": 5_000_00}})\nwhat_if',
        ),
        ("code", "what_if.days()"),
        ("code", "what_if.changes()"),
        ("markdown", "## Risiko gegen Automatik · Risk against automation"),
        ("code", "what_if.risk()"),
        ("markdown", "## Sind die Wahrscheinlichkeiten ehrlich? · Are the probabilities honest?"),
        ("code", "what_if.reliability()"),
    ],
    "month_end": [
        (
            "markdown",
            '# Monatsabschluss · Month end\n\nDer letzte ganze Monat; `"2026-10"` statt `None` nimmt einen anderen. · '
            'The last whole month; `"2026-10"` instead of `None` takes another one.',
        ),
        ("code", SETUP),
        ("code", "from desk import month_end\n\nmonth = month_end(desk, None)\nmonth"),
        ("markdown", "## Offene Posten nach Alter · Open items by age"),
        ("code", "month.aged_picture()"),
        ("code", "month.aged()"),
        ("markdown", "## Was noch wartet · What still waits"),
        ("code", "month.waiting()  # waiting(names=True)"),
        ("markdown", "## Banksalden, bewiesen · Bank balances, proven"),
        ("code", "month.bank()"),
        ("code", "month.bank_picture()"),
        ("code", "month.bank_days()"),
        ("markdown", "## Für die Steuerberatung · For the tax adviser"),
        ("code", 'month.export()  # export("folder")'),
    ],
}


def write(folder: Path) -> None:
    """All notebooks into ``folder``."""
    for name, cells in NOTEBOOKS.items():
        notebook = nbformat.v4.new_notebook()
        for number, (kind, text) in enumerate(cells):
            cell = nbformat.v4.new_code_cell(text) if kind == "code" else nbformat.v4.new_markdown_cell(text)
            cell["id"] = f"{name}-{number}"
            notebook.cells.append(cell)
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        nbformat.write(notebook, folder / f"{name}.ipynb")


if __name__ == "__main__":
    write(Path(__file__).parent)
