"""Books in which thousands of payments wait: what the grid has to carry on a very bad Monday."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipelines import config
from pipelines.app import Kontoklar
from tests.builders import Line, camt053, write_csv

DAY = date(2026, 10, 6)
_STREETS = ("Linden", "Ahorn", "Birken", "Eichen", "Buchen", "Kastanien", "Ulmen", "Pappel")


def crowded(folder: Path, count: int = 5000) -> Path:
    """Books with ``count`` payments that nobody could match, and as many open items; the configuration file.

    Every payment names an invoice that does not exist, so that each waits with a reason of its own kind.
    """
    file = folder / "kontoklar.toml"
    file.write_text(
        f'[company]\nmode = "test"\n[database]\nurl = "sqlite:///{folder / "kontoklar.db"}"\n', encoding="utf-8"
    )
    items = [
        {
            "invoice_number": f"RE-2026-{place:05d}", "debtor_number": f"{10000 + place // 5}",
            "amount": f"{60 + place * 7 % 900}.{place % 100:02d}", "issue_date": "2026-09-01", "due_date": "2026-10-31",
            "debtor_name": f"{_STREETS[place // 5 % 8]}hof Handel {place // 5} GmbH",
        }
        for place in range(count)
    ]  # fmt: skip
    lines = [
        Line(
            f"{20 + place * 13 % 1900}.{place * 3 % 100:02d}", f"Unbekannt {_STREETS[place % 8]} {place}",
            "DE02500105170137075030", f"Abschlag {place} laut Schreiben", ref=f"B{place}",
        )
        for place in range(count)
    ]  # fmt: skip
    app = Kontoklar(config.load(file), clock=lambda: "2026-10-06T06:00:00+00:00")
    try:
        app.init()
        app.load("receivables", [write_csv(folder / "receivables.csv", items)], DAY)
        statement = folder / "statement.xml"
        statement.write_bytes(camt053(date(2026, 10, 5), "1000.00", *lines))
        app.pull(DAY, files=[statement])
        app.match(DAY)
    finally:
        app.close()
    return file
