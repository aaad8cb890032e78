"""Bank CSV exports: each bank's layout, the running balance as proof, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import BalanceKind, Coverage, EntryStatus, Statement
from pipelines.model.transaction import TransactionKind
from sources.csv_table import profiles
from tests.statement_files import ACCOUNT, PAYER, codes, difference, refusal, statements, transactions

SPARKASSE = (
    '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Glaeubiger ID";"Mandatsreferenz";'
    '"Kundenreferenz (End-to-End)";"Sammlerreferenz";"Lastschrift Ursprungsbetrag";"Auslagenersatz Ruecklastschrift";'
    '"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"\r\n'
)
VR = (
    "Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftragskonto;Buchungstag;Valutadatum;"
    "Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;"
    "Verwendungszweck;Betrag;Waehrung;Saldo nach Buchung;Bemerkung;Gekennzeichneter Umsatz;Glaeubiger ID;"
    "Mandatsreferenz\r\n"
)
DKB = (
    f'"Girokonto";"{ACCOUNT}"\n"Zeitraum:";"01.10.2026 - 31.10.2026"\n"Kontostand vom 02.11.2026:";"9.999,99 €"\n""\n'
    '"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";'
    '"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz"\n'
)
DKB_OLD = (
    f'"Kontonummer:";"{ACCOUNT} / Girokonto";\n\n"Von:";"01.10.2022";\n"Bis:";"31.10.2022";\n'
    '"Kontostand vom 31.10.2022:";"1.234,56 EUR";\n\n'
    '"Buchungstag";"Wertstellung";"Buchungstext";"Auftraggeber / Begünstigter";"Verwendungszweck";"Kontonummer";"BLZ";'
    '"Betrag (EUR)";"Gläubiger-ID";"Mandatsreferenz";"Kundenreferenz";\n'
)
ING = (
    "Umsatzanzeige;Datei erstellt am: 25.10.2026 10:00\n\nIBAN;DE02 1203 0000 0000 2020 51\nKontoname;Girokonto\n"
    "Bank;ING\nZeitraum;01.10.2026 - 25.10.2026\nSaldo;2.345,67;EUR\n\nSortierung;Datum absteigend\n\n"
    "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung\n"
)
COMMERZBANK = "\ufeffBuchungstag;Wertstellung;Umsatzart;Buchungstext;Betrag;Währung;IBAN Kontoinhaber;Kategorie\n"
POSTBANK = (
    f"\ufeffUmsätze\nKonto;Filial-/Kontonummer;IBAN;Währung\nGiro;123 1234567 00;{ACCOUNT};EUR\n\n"
    "1.10.2026 - 31.10.2026\n"
    "Letzter Kontostand;;;;2.500,00;EUR\nVorgemerkte und noch nicht gebuchte Umsätze sind nicht Bestandteil.\n"
    "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN / Kontonummer;BIC;Kundenreferenz;"
    "Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Anzahl der Aufträge;"
    "Anzahl der Schecks;Soll;Haben;Währung\n"
)
DEUTSCHE_BANK = (
    "Umsätze Girokonto;Zeitraum: 01.10.2023 - 31.10.2023;\nNeuer Kontostand;2.345,67 EUR\n;\n"
    f"IBAN;{ACCOUNT}\n;\n"
    "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN;BIC;Kundenreferenz;Mandatsreferenz ;"
    "Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Abweichender Auftraggeber;Anzahl der Aufträge;"
    "Anzahl der Schecks;Soll;Haben;Währung\n"
)
PAYPAL = (
    '\ufeff"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto",'
    '"Absender E-Mail-Adresse","Empfänger E-Mail-Adresse","Transaktionscode","Rechnungsnummer","Guthaben","Hinweis",'
    '"Auswirkung auf Guthaben"\n'
)


def one(text: str, encoding: str = "utf-8") -> Statement:
    found = statements(text.encode(encoding))
    assert len(found) == 1
    return found[0]


def figures(statement: Statement) -> list[tuple[date | None, int]]:
    return [(entry.booking_date, entry.amount.minor) for entry in statement.entries]


def day(number: int, month: int = 10, year: int = 2026) -> date:
    return date(year, month, number)


class TestSparkasse:
    RETURN = (
        f'"{ACCOUNT}";"06.10.26";"05.10.26";"RUECKLASTSCHRIFT";"RE-2026-0815";"DE98ZZZ09999999999";"M-1";"E-1";"";'
        f'"119,00";"4,50";"Müller & Söhne";"{PAYER}";"COBADEFFXXX";"-123,50";"EUR";"Umsatz gebucht"\r\n'
    )
    RECEIPT = (
        f'"{ACCOUNT}";"05.10.26";"05.10.26";"GUTSCHR. UEBERWEISUNG";"Rechnung RE-2026-0816; danke";"";"";"NOTPROVIDED";'
        f'"";"";"";"Jörg Weiß";"{PAYER}";"COBADEFFXXX";"1.190,00";"EUR";"Umsatz gebucht"\r\n'
    )
    PENDING = (
        f'"{ACCOUNT}";"";"07.10.26";"GUTSCHRIFT";"RE-1";"";"";"";"";"";"";"Jemand";"";"";"5,00";"EUR";'
        '"Umsatz vorgemerkt"\r\n'
    )

    def test_reads_what_was_paid(self) -> None:
        statement = one(SPARKASSE + self.RETURN + self.RECEIPT, "cp1252")
        assert statement.account == ACCOUNT
        assert statement.format == "csv.sparkasse-camt"
        assert figures(statement) == [(day(5), 119_000), (day(6), -12_350)]
        detail = statement.entries[0].details[0]
        assert (detail.counterparty.name, detail.counterparty.iban) == ("Jörg Weiß", PAYER)
        assert detail.remittance == "Rechnung RE-2026-0816; danke"

    def test_has_no_balance_so_it_stays_unproven(self) -> None:
        statement = one(SPARKASSE + self.RECEIPT, "cp1252")
        assert (statement.coverage, statement.opening, statement.closing) == (Coverage.PARTIAL, None, None)

    def test_a_return_tells_original_and_charges(self) -> None:
        (found,) = transactions((SPARKASSE + self.RETURN).encode("cp1252"))
        assert found.kind is TransactionKind.RETURN_DEBIT
        assert (found.original_minor, found.charges_minor) == (11_900, 450)
        assert (found.mandate_id, found.end_to_end_id) == ("M-1", "E-1")

    def test_what_is_only_announced_is_pending(self) -> None:
        statement = one(SPARKASSE + self.PENDING + self.RECEIPT, "cp1252")
        assert [entry.status for entry in statement.entries] == [EntryStatus.BOOKED, EntryStatus.PENDING]

    def test_the_mt940_form_keeps_its_tags_in_the_text(self) -> None:
        header = (
            '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";'
            '"Beguenstigter/Zahlungspflichtiger";"Kontonummer";"BLZ";"Betrag";"Waehrung";"Info"\n'
        )
        row = (
            f'"{ACCOUNT}";"05.10.26";"05.10.26";"GUTSCHRIFT";"EREF+E2E-1SVWZ+Rechnung RE-9";"A";"{PAYER}";'
            '"COBADEFFXXX";"9,00";"EUR";"Umsatz gebucht"\n'
        )
        statement = one(header + row)
        assert statement.format == "csv.sparkasse-mt940"
        detail = statement.entries[0].details[0]
        assert (detail.end_to_end_id, detail.remittance) == ("E2E-1", "Rechnung RE-9")


class TestVr:
    @staticmethod
    def row(amount: str, balance: str, text: str = "RE-1", on: str = "05.10.2026", name: str = "A GmbH") -> str:
        return (
            f"Giro;{ACCOUNT};GENODEF1XXX;VR Bank;{on};{on};{name};{PAYER};COBADEFFXXX;Gutschrift;{text};{amount};EUR;"
            f"{balance};;;;\r\n"
        )

    def test_the_running_balance_proves_it_and_tells_the_order(self) -> None:
        newest_first = one(
            "\ufeff" + VR + self.row("-50,00", "1150,00", on="06.10.2026") + self.row("200,00", "1200,00")
        )
        assert newest_first.coverage is Coverage.COMPLETE
        assert figures(newest_first) == [(day(5), 20_000), (day(6), -5_000)]
        assert difference(newest_first) == 0
        assert newest_first.opening is not None
        assert newest_first.opening.amount.minor == 100_000
        assert newest_first.closing is not None
        assert newest_first.closing.kind is BalanceKind.INTERIM_CLOSING
        oldest_first = one(VR + self.row("200,00", "1200,00") + self.row("-50,00", "1150,00", on="06.10.2026"))
        assert figures(oldest_first) == figures(newest_first)

    def test_bookings_that_cancel_out_are_ordered_by_their_days(self) -> None:
        returned = self.row("-119,00", "1000,00", on="08.10.2026")
        statement = one(VR + returned + self.row("119,00", "1119,00"))
        assert figures(statement) == [(day(5), 11_900), (day(8), -11_900)]
        assert statement.opening is not None
        assert statement.opening.amount.minor == 100_000

    def test_a_missing_row_holds_it(self) -> None:
        statement = one(VR + self.row("10,00", "1010,00") + self.row("10,00", "1030,00"))
        assert codes(statement) == [("error", "csv-balance-broken")]
        assert statement.defects[0].position == "line 3"

    def test_without_balances_it_is_unproven(self) -> None:
        statement = one(VR + self.row("10,00", "") + self.row("10,00", ""))
        assert (statement.coverage, statement.opening) == (Coverage.PARTIAL, None)
        assert codes(statement) == []

    def test_some_balances_prove_nothing(self) -> None:
        statement = one(VR + self.row("10,00", "10,00") + self.row("10,00", ""))
        assert (statement.coverage, statement.opening) == (Coverage.PARTIAL, None)
        assert codes(statement) == [("warning", "csv-balance-gaps")]

    def test_references_at_the_end_of_the_text_are_taken_out(self) -> None:
        text = "Beitrag 2026 EREF: E-77 MREF: M-5 CRED: DE98ZZZ09999999999 IBAN: DE1 BIC: X"
        detail = one(VR + self.row("10,00", "10,00", text)).entries[0].details[0]
        assert (detail.remittance, detail.end_to_end_id, detail.mandate_id) == ("Beitrag 2026", "E-77", "M-5")

    def test_two_accounts_in_one_file_are_two_statements(self) -> None:
        other = "DE75512108001245126199"
        text = VR + self.row("10,00", "10,00") + self.row("20,00", "70,00").replace(ACCOUNT, other)
        found = statements(text)
        assert [(statement.account, difference(statement)) for statement in found] == [(ACCOUNT, 0), (other, 0)]


class TestDkb:
    def test_the_other_side_depends_on_the_direction(self) -> None:
        text = DKB + (
            f'"24.10.26";"24.10.26";"Gebucht";"Wir GmbH";"Lieferant AG";"R 7";"Ausgang";"{PAYER}";"-62,3";"";"";""\n'
            f'"23.10.26";"23.10.26";"Gebucht";"Kundin";"Wir GmbH";"RE-2";"Eingang";"{PAYER}";"1.000";"";"";"E-2"\n'
            f'"25.10.26";"25.10.26";"Vorgemerkt";"Wir GmbH";"Telefon AG";"x";"Ausgang";"{PAYER}";"-39,99 €";"";"";""\n'
        )
        statement = one("\ufeff" + text)
        assert statement.account == ACCOUNT
        assert figures(statement)[:2] == [(day(24), -6_230), (day(23), 100_000)]
        assert [entry.details[0].counterparty.name for entry in statement.entries] == [
            "Lieferant AG", "Kundin", "Telefon AG",
        ]  # fmt: skip
        assert [str(entry.status) for entry in statement.entries] == ["booked", "booked", "pending"]
        assert statement.coverage is Coverage.PARTIAL

    def test_the_old_portal(self) -> None:
        row = f'"05.10.2022";"05.10.2022";"GUTSCHRIFT";"Kundin";"RE-3";"{PAYER}";"COBADEFFXXX";"1.234,50";"";"";"";\n'
        statement = one(DKB_OLD + row, "cp1252")
        assert (statement.account, statement.format) == (ACCOUNT, "csv.dkb-2016")
        assert figures(statement) == [(day(5, year=2022), 123_450)]


class TestIng:
    def test_two_columns_of_the_same_name(self) -> None:
        rows = (
            "24.10.2026;24.10.2026;Lieferant AG;Lastschrift;R 7 EREF: E-1 MREF: M-9;2.345,67;EUR;-119,00;EUR\n"
            "20.10.2026;20.10.2026;Kundin;Gutschrift;RE-2026-0815;2.464,67;EUR;1.190,00;EUR\n"
        )
        statement = one(ING + rows, "cp1252")
        assert figures(statement) == [(day(20), 119_000), (day(24), -11_900)]
        assert difference(statement) == 0
        assert statement.coverage is Coverage.COMPLETE
        assert (statement.from_day, statement.to_day) == (day(1), day(25))

    def test_the_form_without_balance(self) -> None:
        text = ING.replace(";Saldo;Währung;Betrag", ";Betrag") + "20.10.2026;20.10.2026;K;Gutschrift;R;5,00;EUR\n"
        statement = one(text, "cp1252")
        assert (statement.coverage, figures(statement)) == (Coverage.PARTIAL, [(day(20), 500)])


class TestCommerzbank:
    def test_one_text_is_taken_apart_at_the_banks_own_marks(self) -> None:
        text = (
            f"Kundin Beispiel COBADEFFXXX {PAYER} Rechnung RE-8 End-to-End-Ref.: E-8 Mandatsref: M-8 "
            "Gläubiger-ID: DE98ZZZ09999999999 SEPA-BASISLASTSCHRIFT wiederholend"
        )
        statement = one(COMMERZBANK + f"24.10.2026;24.10.2026;L;{text};-119,00;EUR;{ACCOUNT};x\n")
        detail = statement.entries[0].details[0]
        assert (detail.counterparty.name, detail.counterparty.iban) == ("Kundin Beispiel", PAYER)
        assert (detail.remittance, detail.end_to_end_id) == ("Rechnung RE-8", "E-8")
        assert (detail.mandate_id, detail.creditor_id) == ("M-8", "DE98ZZZ09999999999")

    def test_without_an_iban_nobody_knows_where_the_name_ends(self) -> None:
        row = f"20.10.2026;20.10.2026;Gutschrift;Kundin RE-2026-0815 End-to-End-Ref.: NOTPROVIDED;1190;EUR;{ACCOUNT};\n"
        (found,) = transactions(COMMERZBANK + row)
        assert (found.counterparty_name, found.remittance) == ("", "Kundin RE-2026-0815")
        assert (found.amount_minor, found.end_to_end_id) == (119_000, "")


class TestPostbankAndDeutscheBank:
    ROWS = (
        f"30.10.2026;30.10.2026;SEPA Lastschrift;Lieferant;R 7;{PAYER};;E-1;M-1;DE98;;-1.000,00;;;;-1.000,00;;EUR\n"
        f"2.10.2026;2.10.2026;SEPA-Gutschrift;Kundin;RE-4;{PAYER};;NOTPROVIDED;;;;750;;;;;750;EUR\n"
    )

    def test_balances_above_and_below_prove_the_rows(self) -> None:
        statement = one(POSTBANK + self.ROWS + "Kontostand;31.10.2026;;;2.250,00;EUR\n")
        assert figures(statement) == [(day(2), 75_000), (day(30), -100_000)]
        assert difference(statement) == 0
        assert (statement.from_day, statement.to_day) == (day(1), day(31))

    def test_balances_of_another_moment_prove_nothing_but_hold_nothing(self) -> None:
        statement = one(POSTBANK + self.ROWS + "Kontostand;31.10.2026;;;9.999,00;EUR\n")
        assert statement.coverage is Coverage.PARTIAL
        assert codes(statement) == []

    def test_lines_a_spreadsheet_filled_up_are_still_no_bookings(self) -> None:
        statement = one(POSTBANK + self.ROWS + "Kontostand;31.10.2026;;;2.250,00;EUR;;;;;;;;;;;;\n")
        assert len(statement.entries) == 2
        assert codes(statement) == []

    def test_the_old_deutsche_bank_layout(self) -> None:
        row = f'07.10.2023;07.10.2023;"Gutschrift";Kundin;RE-5;{PAYER};COBADEFFXXX;E-5;;;;;;;;;;1.380,00;EUR\n'
        debit = f'08.10.2023;08.10.2023;"Lastschrift";Lieferant;R;{PAYER};COBADEFFXXX;;;;;;;;;;-59,00;;EUR\n'
        statement = one(DEUTSCHE_BANK + debit + row, "cp1252")
        assert statement.format == "csv.deutsche-bank"
        assert figures(statement) == [(day(7, year=2023), 138_000), (day(8, year=2023), -5_900)]


class TestTargobank:
    def test_without_a_header(self) -> None:
        text = (
            f"05.10.2026;Gutschrift   Kundin   {PAYER}   COBADEFFXXX   RE-6;;119,00;;;'{ACCOUNT}'\n"
            f"04.10.2026;Lastschrift   Strom AG   {PAYER}   COBADEFFXXX   Abschlag;-80,00;;;;'{ACCOUNT}'\n"
        )
        statement = one(text)
        assert (statement.account, statement.format) == (ACCOUNT, "csv.targobank")
        assert figures(statement) == [(day(4), -8_000), (day(5), 11_900)]
        detail = statement.entries[1].details[0]
        assert (detail.counterparty.name, detail.counterparty.iban, detail.remittance) == ("Kundin", PAYER, "RE-6")


class TestPaypal:
    @staticmethod
    def row(
        gross: str, fee: str, net: str, balance: str, effect: str, status: str = "Abgeschlossen", on: int = 5
    ) -> str:
        them, us = "kundin@example.com", "wir@example.com"
        sender, receiver = (us, them) if gross.startswith("-") else (them, us)
        return (
            f'"{on:02d}.10.2026","10:00:00","Europe/Berlin","Kundin","Zahlung","{status}","EUR","{gross}","{fee}",'
            f'"{net}","{sender}","{receiver}","4XX{on}","RE-7","{balance}","","{effect}"\n'
        )

    def test_the_fee_is_a_booking_of_its_own_and_the_balance_proves_both(self) -> None:
        text = PAYPAL + self.row("119,00", "-3,50", "115,50", "215,50", "Haben")
        statement = one(text)
        assert [entry.amount.minor for entry in statement.entries] == [11_900, -350]
        assert difference(statement) == 0
        found = transactions(text)
        assert [transaction.kind for transaction in found] == [TransactionKind.RECEIPT, TransactionKind.CHARGE]
        assert (found[0].remittance, found[0].bank_reference) == ("RE-7", "4XX5")

    def test_rows_that_only_inform_or_wait_do_not_move_the_balance(self) -> None:
        text = (
            PAYPAL
            + self.row("10,00", "0,00", "10,00", "110,00", "Haben")
            + self.row("-10,00", "0,00", "-10,00", "110,00", "Memo", on=6)
            + self.row("99,00", "0,00", "99,00", "110,00", "Haben", status="Offen", on=6)
            + self.row("5,00", "0,00", "5,00", "115,00", "Haben", on=7)
        )
        statement = one(text)
        assert [str(entry.status) for entry in statement.entries] == ["booked", "info", "pending", "booked"]
        assert difference(statement) == 0

    def test_the_account_is_ours_whatever_the_direction(self) -> None:
        incoming = one(PAYPAL + self.row("10,00", "0,00", "10,00", "10,00", "Haben"))
        outgoing = one(PAYPAL + self.row("-10,00", "0,00", "-10,00", "0,00", "Soll"))
        assert incoming.account == outgoing.account
        assert incoming.account.startswith("PAYPAL")
        assert "@" not in incoming.account

    def test_gross_fee_and_net_must_agree(self) -> None:
        statement = one(
            PAYPAL
            + self.row("10,00", "-1,00", "10,00", "10,00", "Haben")
            + self.row("1,00", "", "1,00", "1,00", "Haben")
        )
        assert codes(statement) == [("error", "csv-bad-row")]


class TestWhatIsWrong:
    def test_a_bad_row_holds_the_statement_and_says_where(self) -> None:
        good = TestVr.row("10,00", "10,00")
        for bad in (
            TestVr.row("1O,00", "20,00"),
            TestVr.row("10,00", "20,00", on="31.02.2026"),
            "Giro;only;three;1\r\n",
        ):
            (defect,) = one(VR + good + bad).defects
            assert (defect.code, defect.position, defect.severity.value) == ("csv-bad-row", "line 3", "error")

    def test_no_cell_is_repeated_in_a_message(self) -> None:
        statement = one(
            VR + TestVr.row("10,00", "10,00") + TestVr.row("zehn Euro", "x", text="Geheimes", name="Privat")
        )
        assert not any(word in defect.message for defect in statement.defects for word in ("zehn", "Geheim", "Privat"))

    def test_a_file_a_spreadsheet_has_saved_is_noticed(self) -> None:
        rows = TestPostbankAndDeutscheBank.ROWS.replace("E-1", "6,17761250170673E+025")
        assert codes(one(POSTBANK + rows)) == [("warning", "csv-spreadsheet")]

    def test_a_header_alone_is_not_a_day_without_bookings(self) -> None:
        assert refusal(VR).code == "csv-no-rows"

    def test_an_account_that_is_not_named_is_refused(self) -> None:
        text = (
            ING.replace("IBAN;DE02 1203 0000 0000 2020 51", "IBAN;") + "20.10.2026;20.10.2026;K;G;R;5,00;EUR;5,00;EUR\n"
        )
        assert refusal(text.encode("cp1252")).code == "csv-no-account"

    def test_an_unknown_table_says_what_is_known(self) -> None:
        found = refusal("Datum;Betrag;Text\n01.10.2026;5,00;x\n")
        assert isinstance(found, UnreadableDocument)
        assert found.code == "document-unknown"

    @pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.name)
    def test_every_profile_names_what_a_booking_needs(self, profile: object) -> None:
        lookup = profile.lookup  # type: ignore[attr-defined]
        assert "booking_day" in lookup
        assert "amount" in lookup or profile.debit  # type: ignore[attr-defined]

    def test_a_forgotten_quote_swallows_no_booking_in_silence(self) -> None:
        text = SPARKASSE + TestSparkasse.RECEIPT.replace('"Jörg Weiß"', '"Jörg Weiß') + TestSparkasse.RECEIPT
        found = one(text, "cp1252")
        assert codes(found), "a row was swallowed without a finding"
