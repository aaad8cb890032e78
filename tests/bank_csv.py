"""Exports as German banks write them, with made-up content: the habits of each bank, one function per bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

HOUSE = "DE89370400440532013000"


@dataclass(frozen=True)
class Told:
    """One booking. cents: signed. balance: after it, in cents."""

    day: date
    cents: int
    name: str = "Erika Musterfrau"
    iban: str = "DE02120300000000202051"
    text: str = "RE-2026-0412"
    kind: str = "Gutschrift"
    end_to_end: str = ""
    mandate: str = ""
    creditor: str = ""
    pending: bool = False


def german(cents: int, *, groups: bool = True, zeros: bool = True) -> str:
    """``-1.234,56``; without zeros ``1.234,5`` and ``2040`` as banks do that print numbers their own way."""
    whole = f"{abs(cents) // 100:,}".replace(",", "." if groups else "")
    rest = f"{abs(cents) % 100:02d}"
    if not zeros:
        rest = rest.rstrip("0")
    return ("-" if cents < 0 else "") + whole + (f",{rest}" if rest else "")


def balances(told: list[Told], opening: int) -> list[int]:
    """After each booking, oldest first."""
    found = []
    for one in told:
        opening += one.cents
        found.append(opening)
    return found


def quoted(*cells: str) -> str:
    return ";".join(f'"{cell}"' for cell in cells)


def sparkasse(told: list[Told], opening: int = 0) -> bytes:
    head = ("Auftragskonto", "Buchungstag", "Valutadatum", "Buchungstext", "Verwendungszweck", "Glaeubiger ID",
            "Mandatsreferenz", "Kundenreferenz (End-to-End)", "Sammlerreferenz", "Lastschrift Ursprungsbetrag",
            "Auslagenersatz Ruecklastschrift", "Beguenstigter/Zahlungspflichtiger", "Kontonummer/IBAN",
            "BIC (SWIFT-Code)", "Betrag", "Waehrung", "Info")  # fmt: skip
    rows = [quoted(*head)]
    for one in reversed(told):
        rows.append(
            quoted(HOUSE, f"{one.day:%d.%m.%y}", f"{one.day:%d.%m.%y}", one.kind.upper(), one.text, one.creditor,
                   one.mandate, one.end_to_end, "", "", "", one.name, one.iban, "BYLADEM1001",
                   german(one.cents, groups=False), "EUR", "Umsatz vorgemerkt" if one.pending else "Umsatz gebucht")
        )  # fmt: skip
    return ("\r\n".join(rows) + "\r\n").encode("cp1252")


def dkb(told: list[Told], opening: int = 0) -> bytes:
    last = max(one.day for one in told)
    booked = opening + sum(one.cents for one in told if not one.pending)
    rows = [
        quoted("Girokonto", "DE89 3704 0044 0532 0130 00"),
        '""',
        quoted(f"Kontostand vom {last:%d.%m.%Y}:", f"{german(booked)} €"),
        '""',
        quoted("Buchungsdatum", "Wertstellung", "Status", "Zahlungspflichtige*r", "Zahlungsempfänger*in",
               "Verwendungszweck", "Umsatztyp", "IBAN", "Betrag (€)", "Gläubiger-ID", "Mandatsreferenz",
               "Kundenreferenz"),
    ]  # fmt: skip
    for one in reversed(told):
        credit = one.cents >= 0
        rows.append(
            quoted(f"{one.day:%d.%m.%y}", "" if one.pending else f"{one.day:%d.%m.%y}",
                   "Vorgemerkt" if one.pending else "Gebucht", one.name if credit else "Wir GmbH",
                   "Wir GmbH" if credit else one.name, one.text, "Eingang" if credit else "Ausgang", one.iban,
                   german(one.cents, zeros=False), one.creditor, one.mandate, one.end_to_end)
        )  # fmt: skip
    return b"\xef\xbb\xbf" + "\n".join(rows).encode()


def dkb_before_2023(told: list[Told], opening: int = 0) -> bytes:
    last = max(one.day for one in told)
    rows = [
        f'"Kontonummer:";"{HOUSE} / Girokonto";',
        "",
        '"Von:";"01.10.2026";',
        f'"Bis:";"{last:%d.%m.%Y}";',
        f'"Kontostand vom {last:%d.%m.%Y}:";"{german(opening + sum(one.cents for one in told))} EUR";',
        "",
        quoted("Buchungstag", "Wertstellung", "Buchungstext", "Auftraggeber / Begünstigter", "Verwendungszweck",
               "Kontonummer", "BLZ", "Betrag (EUR)", "Gläubiger-ID", "Mandatsreferenz", "Kundenreferenz") + ";",
    ]  # fmt: skip
    for one in reversed(told):
        day = f"{one.day:%d.%m.%Y}"
        rows.append(quoted(day, day, one.kind, one.name, one.text, one.iban, "BYLADEM1001", german(one.cents),
                           one.creditor, one.mandate, one.end_to_end) + ";")  # fmt: skip
    return "\n".join(rows).encode("cp1252")


def ing(told: list[Told], opening: int = 0, *, running: bool = True) -> bytes:
    first, last = min(one.day for one in told), max(one.day for one in told)
    after = balances(told, opening)
    rows = [
        f"Umsatzanzeige;Datei erstellt am: {last:%d.%m.%Y} 19:23", "", "IBAN;DE89 3704 0044 0532 0130 00",
        "Kontoname;Girokonto", "Bank;ING", "Kunde;Wir GmbH", f"Zeitraum;{first:%d.%m.%Y} - 31.12.2026",
        f"Saldo;{german(after[-1])};EUR", "", "Sortierung;Datum absteigend", "",
        "In der CSV-Datei finden Sie alle bereits gebuchten Umsätze.", "",
        "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;"
        + ("Saldo;Währung;" if running else "") + "Betrag;Währung",
    ]  # fmt: skip
    for one, balance in reversed(list(zip(told, after, strict=True))):
        day = f"{one.day:%d.%m.%Y}"
        tags = f" EREF: {one.end_to_end} MREF: {one.mandate}" if one.end_to_end else ""
        middle = f"{german(balance)};EUR;" if running else ""
        rows.append(f"{day};{day};{one.name};{one.kind};{one.text}{tags};{middle}{german(one.cents)};EUR")
    return "\n".join(rows).encode("cp1252")


def commerzbank(told: list[Told], opening: int = 0) -> bytes:
    rows = ["Buchungstag;Wertstellung;Umsatzart;Buchungstext;Betrag;Währung;IBAN Kontoinhaber;Kategorie"]
    for one in told:
        day = f"{one.day:%d.%m.%Y}"
        text = f"{one.name} COBADEFFXXX {one.iban} {one.text} End-to-End-Ref.: {one.end_to_end or 'NOTPROVIDED'}"
        if one.mandate:
            text += f" Mandatsref: {one.mandate} Gläubiger-ID: {one.creditor} SEPA-BASISLASTSCHRIFT wiederholend"
        rows.append(f"{day};{day};{one.kind};{text};{german(one.cents, groups=False, zeros=False)};EUR;{HOUSE};")
    return b"\xef\xbb\xbf" + "\r\n".join(rows).encode()


def vr(told: list[Told], opening: int = 0, *, running: bool = True) -> bytes:
    rows = [
        "Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftragskonto;Buchungstag;Valutadatum;"
        "Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;"
        "Verwendungszweck;Betrag;Waehrung;Saldo nach Buchung;Bemerkung;Gekennzeichneter Umsatz;Glaeubiger ID;"
        "Mandatsreferenz"
    ]
    for one, balance in reversed(list(zip(told, balances(told, opening), strict=True))):
        day = f"{one.day:%d.%m.%Y}"
        tags = f" EREF: {one.end_to_end} MREF: {one.mandate}" if one.end_to_end else ""
        rows.append(
            f"Kontokorrent;{HOUSE};GENODEF1XXX;Volksbank Muster eG;{day};{day};{one.name};{one.iban};GENODEF1S05;"
            f"{one.kind};{one.text}{tags};{german(one.cents, groups=False)};EUR;"
            f"{german(balance, groups=False) if running else ''};;;{one.creditor};{one.mandate}"
        )
    return b"\xef\xbb\xbf" + ("\r\n".join(rows) + "\r\n").encode()


def postbank(told: list[Told], opening: int = 0) -> bytes:
    first, last = min(one.day for one in told), max(one.day for one in told)
    closing = german(opening + sum(one.cents for one in told))

    def day(value: date) -> str:
        return f"{value.day}.{value.month}.{value.year}"

    rows = [
        "Umsätze", "Konto;Filial-/Kontonummer;IBAN;Währung", f"AktivKonto;123 1234567 00;{HOUSE};EUR", "",
        f"{day(first)} - {day(last)}", f"Letzter Kontostand;;;;{closing};EUR",
        "Vorgemerkte und noch nicht gebuchte Umsätze sind nicht Bestandteil dieser Übersicht.",
        "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN / Kontonummer;BIC;Kundenreferenz;"
        "Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Anzahl der Aufträge;"
        "Anzahl der Schecks;Soll;Haben;Währung",
    ]  # fmt: skip
    for one in reversed(told):
        amount = german(one.cents, zeros=False)
        rows.append(
            f"{day(one.day)};{day(one.day)};{one.kind};{one.name};{one.text};{one.iban};;"
            f"{one.end_to_end or 'NOTPROVIDED'};"
            f"{one.mandate};{one.creditor};;{amount};;;;{amount if one.cents < 0 else ''};"
            f"{amount if one.cents >= 0 else ''};EUR"
        )
    rows.append(f"Kontostand;{day(last)};;;{closing};EUR")
    return b"\xef\xbb\xbf" + "\n".join(rows).encode()


def deutsche_bank(told: list[Told], opening: int = 0) -> bytes:
    last = max(one.day for one in told)
    rows = [
        f"Umsätze Girokonto (00);;;Kundennummer: 100 1234567;{HOUSE}", "", "Zeitraum: 90 Tage", "",
        "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN;BIC;Kundenreferenz;"
        "Mandatsreferenz ;Gläubiger ID;Fremde Gebühren;Betrag;Abweichender Empfänger;Abweichender Auftraggeber;"
        "Anzahl der Aufträge;Anzahl der Schecks;Soll;Haben;Währung",
    ]  # fmt: skip
    for one in reversed(told):
        day, amount = f"{one.day:%d.%m.%Y}", german(one.cents)
        rows.append(
            f'{day};{day};"{one.kind}";{one.name};{one.text};{one.iban};COBADEFFXXX;{one.end_to_end};{one.mandate};'
            f"{one.creditor};;;;;;;{amount if one.cents < 0 else ''};{amount if one.cents >= 0 else ''};EUR"
        )
    rows.append(f"Kontostand;{last:%d.%m.%Y};;;{german(opening + sum(one.cents for one in told))};EUR")
    return "\r\n".join(rows).encode("cp1252")


def targobank(told: list[Told], opening: int = 0, *, point: bool = False) -> bytes:
    rows = []
    for one in told:
        amount = german(one.cents, groups=False)
        amount = amount.replace(",", ".") if point else amount
        text = f"{one.kind}   {one.name}   {one.iban}   {one.text}"
        if one.mandate:
            text += f"   {one.end_to_end}   {one.creditor}   {one.mandate}"
        sides = f"{amount};" if one.cents < 0 else f";{amount}"
        rows.append(f"{one.day:%d.%m.%Y};{text};{sides};;;'{HOUSE}'")
    return ("\r\n".join(rows) + "\r\n").encode()


def paypal(told: list[Told], opening: int = 0, *, fee: int = 0) -> bytes:
    rows = [
        '"Datum","Uhrzeit","Zeitzone","Beschreibung","Währung","Brutto","Entgelt","Netto","Guthaben",'
        '"Transaktionscode","Absender E-Mail-Adresse","Name","Name der Bank","Bankkonto",'
        '"Versand- und Bearbeitungsgebühr","Umsatzsteuer","Rechnungsnummer","Zugehöriger Transaktionscode"'
    ]
    balance = opening
    for number, one in enumerate(told):
        balance += one.cents + fee
        cells = (f"{one.day:%d.%m.%Y}", f"1{number % 10}:09:12", "Europe/Berlin", "PayPal Express-Zahlung", "EUR",
                 german(one.cents), german(fee), german(one.cents + fee), german(balance), f"TX{number:06d}",
                 "kunde@example.org", one.name, "", "", "0,00", "0,00", one.text, "")  # fmt: skip
        rows.append(",".join(f'"{cell}"' for cell in cells))
    return b"\xef\xbb\xbf" + "\n".join(rows).encode()
