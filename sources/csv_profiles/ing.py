"""ING: a long preamble, no counterparty account, two columns called ``Währung``, a running balance if exported with it.

Header seen in six spellings between 2019 and 2026: gbviktor/bankdash (ing.csv), MatWein/XMC (Umsatzanzeige_….csv) and
nicolettas-muggelbude/RechnungsFee (ing.csv, ing-mit-saldo.csv).
"""

from __future__ import annotations

import re

from sources.csv_profile import Frame, Line, Profile, Row, Rows, labelled
from sources.sepa_tags import Tagged, colon_tags

_DAY = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")


def _line(row: Row) -> Line:
    tagged = colon_tags(Tagged({}, row["Verwendungszweck"], ""))
    return Line(
        booking_day=row["Buchung"],
        value_day=row.first("Wertstellungsdatum", "Valuta"),
        amount=row["Betrag"],
        # With a balance the first currency is the balance's, the second the amount's.
        currency=row.second("Währung") or row["Währung"],
        balance=row["Saldo"],
        name=row["Auftraggeber/Empfänger"],
        iban=tagged.values.get("IBAN", ""),
        text=tagged.text,
        booking_text=row["Buchungstext"],
        end_to_end_id=tagged.values.get("EREF", ""),
        mandate_id=tagged.values.get("MREF", ""),
        creditor_id=tagged.values.get("CRED", ""),
    )


def _frame(before: Rows, _after: Rows) -> Frame:
    period = _DAY.findall(labelled(before, "Zeitraum"))
    made = _DAY.search(" ".join(cell for row in before[:2] for cell in row))
    return Frame(
        account=labelled(before, "IBAN"),
        first_day=period[0] if len(period) == 2 else "",
        last_day=period[1] if len(period) == 2 else "",
        made_on=made[0] if made else "",
    )


PROFILE = Profile(
    name="csv-ing",
    header=("Buchung", "Auftraggeber/Empfänger", "Buchungstext", "Verwendungszweck", "Betrag", "Währung"),
    line=_line,
    frame=_frame,
)
