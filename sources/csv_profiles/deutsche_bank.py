"""Deutsche Bank before 2024: cp1252, ``TT.MM.JJJJ``, ``Betrag`` empty, amounts in ``Soll`` (negative) and ``Haben``.

Newer exports have Postbank's layout and are read by that profile.
"""

from __future__ import annotations

import re

from sources.csv_profile import Profile
from sources.csv_profiles.postbank import COLUMNS, surroundings

PROFILES = (
    Profile(
        name="deutsche-bank",
        required=("Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN;Soll;Haben;Währung"),
        columns=COLUMNS,
        debit="Soll",
        credit="Haben",
        surroundings=surroundings,
        # The last line begins with the account's own name; bookings begin with their day.
        footer=re.compile(r"\D"),
    ),
)
