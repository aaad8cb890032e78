"""Everything on the accounts that no customer's invoice explains: rent, wages, cards, payouts, own transfers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from pipelines.demo import names
from pipelines.demo.company import CAMT_ACCOUNT, MT940_ACCOUNT, NAME
from pipelines.demo.payments import Payment

NOTHING = "nothing to match"
STRANGER = "a stranger, text like ours"


def noise(rng: Random, days: Sequence[date]) -> list[Payment]:
    """The bookings that have nothing to match, and a few that only look as if they had."""
    result = [
        _out(
            CAMT_ACCOUNT, days[0], 480_000, "117", "Immobilien Altbau GbR", other(1), "Miete Oktober Lager Hafenstr. 12"
        ),
        _out(CAMT_ACCOUNT, days[-2], 3_874_150, "191", "", "", "LOHN/GEHALT 10/2026 18 POSTEN"),
        _out(
            CAMT_ACCOUNT, days[6], 1_243_700, "116", "Finanzamt Musterstadt", other(2), "USt 09/2026 StNr 12/345/67890"
        ),
        _out(
            MT940_ACCOUNT, days[9], 18_990, "105", "Telefon Weitblick AG", other(3), "Kundennr 10012 Rechnung 2026-0398"
        ),
        _out(MT940_ACCOUNT, days[3], 6_420, "106", "TANKSTELLE AN DER B7", "", "Karte 4412 05.10. 18.44 Uhr"),
        _out(MT940_ACCOUNT, days[14], 11_385, "106", "BUEROBEDARF KLAMMER", "", "Karte 4412 20.10. 09.12 Uhr"),
        _out(CAMT_ACCOUNT, days[-1], 2_250, "808", "", "", "Entgeltabrechnung 10/2026", kind="charge"),
        _out(MT940_ACCOUNT, days[-1], 1_490, "808", "", "", "Kontofuehrung 10/2026", kind="charge"),
        _in(MT940_ACCOUNT, days[-1], 87, "814", "", "", "Habenzinsen 10/2026", kind="other"),
        _in(
            CAMT_ACCOUNT,
            days[11],
            35_000,
            "166",
            "Clara Thiele",
            other(4),
            "Kaution Schluessel 10023",
            kind="receipt",
            story=STRANGER,
        ),
        _in(
            MT940_ACCOUNT,
            days[12],
            8_900,
            "166",
            "Verein Hafenfest e.V.",
            other(5),
            "Standmiete 18140411",
            kind="receipt",
            story=STRANGER,
        ),
        _in(
            CAMT_ACCOUNT,
            days[16],
            12_700,
            "166",
            "Nils Petersen",
            other(6),
            "Fundbuero Az RE-2026-04120077",
            kind="receipt",
            story=STRANGER,
        ),
    ]
    for number in range(8):
        supplier = f"Lieferant {('Nord', 'Sued', 'West', 'Ost')[number % 4]} GmbH"
        text = f"Rechnung {rng.randrange(20000, 99999)} Kd 4711"
        account = CAMT_ACCOUNT if number % 2 else MT940_ACCOUNT
        result.append(
            _out(account, rng.choice(days), rng.randrange(20_000, 900_000), "116", supplier, other(10 + number), text)
        )
    for day in (days[2], days[7], days[12], days[17]):
        text = f"1047{rng.randrange(10**9):09d} PP.4163.PP . {NAME}, Ihr Einkauf"
        amount = rng.randrange(40_000, 260_000)
        result.append(
            _in(CAMT_ACCOUNT, day, amount, "166", "PayPal Europe S.a.r.l. et Cie S.C.A", other(30), text, kind="payout")
        )
    for day, amount in ((days[5], 1_500_000), (days[15], 2_000_000)):
        text = "Umbuchung Liquiditaet"
        result.append(_out(CAMT_ACCOUNT, day, amount, "116", NAME, MT940_ACCOUNT, text, kind="own_transfer"))
        result.append(_in(MT940_ACCOUNT, day, amount, "166", NAME, CAMT_ACCOUNT, text, kind="own_transfer"))
    return result


def other(number: int) -> str:
    """The account of somebody who is no customer."""
    return names.iban("10050000", 90_000_000 + number)


def _out(
    account: str, day: date, amount: int, gvc: str, name: str, iban: str, text: str, kind: str = "outgoing"
) -> Payment:
    return Payment(account, day, -amount, gvc, name=name, iban=iban, text=text, kind=kind, story=NOTHING)


def _in(
    account: str, day: date, amount: int, gvc: str, name: str, iban: str, text: str, kind: str, story: str = NOTHING
) -> Payment:
    return Payment(account, day, amount, gvc, name=name, iban=iban, text=text, kind=kind, story=story)
