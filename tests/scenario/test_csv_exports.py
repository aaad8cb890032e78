"""A bank that gives nothing but CSV: its day posts, the balance proves it, and CAMT of the same day adds nothing."""

from __future__ import annotations

from datetime import date

from tests.scenario.office import Office
from tests.statement_files import ACCOUNT, PAYER, balance, camt, details, entry

DAY = date(2026, 10, 6)
VR = (
    "IBAN Auftragskonto;Buchungstag;Valutadatum;Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;Buchungstext;"
    "Verwendungszweck;Betrag;Waehrung;Saldo nach Buchung\r\n"
    f"{ACCOUNT};05.10.2026;05.10.2026;Weiss Handel GmbH;{PAYER};Gutschrift;Rechnung RE-2026-0815;119,00;EUR;1119,00\r\n"
    f"{ACCOUNT};02.10.2026;02.10.2026;Weiss Handel GmbH;{PAYER};Gutschrift;Rechnung RE-2026-0814;50,00;EUR;1000,00\r\n"
)


def owe(office: Office) -> None:
    for number, amount in (("RE-2026-0814", "50.00"), ("RE-2026-0815", "119.00")):
        office.owed(number, "10001", amount, debtor_name="Weiss Handel GmbH", debtor_ibans=PAYER)
    office.load()


def paid(amount: str, day: str, text: str) -> str:
    payer = f"<RltdPties><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct></RltdPties>"
    return entry(
        amount,
        inner=details(f"{payer}<RmtInf><Ustrd>{text}</Ustrd></RmtInf>"),
        booked=f"<BookgDt><Dt>{day}</Dt></BookgDt>",
        value=f"<ValDt><Dt>{day}</Dt></ValDt>",
    )


def test_an_export_with_a_running_balance_is_proven_and_posts(office: Office) -> None:
    owe(office)
    answer = office.day(DAY, VR.encode())
    assert office.exit_code == 0, answer
    assert [office.open_amount(number) for number in ("RE-2026-0814", "RE-2026-0815")] == ["0.00", "0.00"]
    assert office.proven()


def test_the_same_days_by_camt_add_nothing(office: Office) -> None:
    owe(office)
    office.day(DAY, VR.encode())
    before = office.table("journal")
    told = camt(
        balance("OPBD", "950.00", day="2026-10-02"),
        balance("CLBD", "1119.00", day="2026-10-05"),
        paid("50.00", "2026-10-02", "Rechnung RE-2026-0814"),
        paid("119.00", "2026-10-05", "Rechnung RE-2026-0815"),
    )
    office.day(DAY, told.encode())
    assert office.table("journal") == before
    assert len(office.table("transactions")) == 2
    assert office.proven()


def test_a_row_filtered_out_of_the_export_holds_it_and_posts_nothing(office: Office) -> None:
    owe(office)
    lines = VR.replace("1000,00", "990,00")
    office.day(DAY, lines.encode())
    assert office.exit_code == 1
    assert [row["code"] for row in office.table("findings") if row["severity"] == "error"] == [
        "csv-balance-broken",
        "statement-defective",
    ]
    assert office.table("journal") == []
