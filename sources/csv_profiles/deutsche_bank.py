"""Deutsche Bank until about 2024: ``Betrag`` empty, ``Soll`` (negative) and ``Haben`` instead, cp1252.

Header seen in BananaAccounting/Germany (deutschebank formats 2 and 3, 2014 and 2024) with 16 and 19 columns; the name
``Mandatsreferenz `` has a blank at its end. Later exports look like Postbank's.
"""

from __future__ import annotations

import re

from sources.csv_profile import Frame, Profile, Rows
from sources.csv_profiles.postbank import frame_of, line_of

_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")


def _frame(before: Rows, after: Rows) -> Frame:
    frame = frame_of(before, after)
    if frame.account:
        return frame
    cells = [cell for row in before for cell in row]
    account = next((found[0] for cell in cells if (found := _IBAN.search(cell))), "")
    return Frame(account, "EUR", frame.first_day, frame.last_day, frame.made_on, frame.closing, frame.closing_day)


PROFILE = Profile(
    name="csv-deutsche-bank",
    header=(
        "Buchungstag", "Wert", "Umsatzart", "Begünstigter / Auftraggeber", "Verwendungszweck", "IBAN", "Kundenreferenz",
        "Soll", "Haben", "Währung",
    ),
    line=line_of,
    frame=_frame,
)  # fmt: skip
