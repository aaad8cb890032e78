"""What ``month_end.ipynb`` says, in German and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "head": ("Monatsabschluss {first} bis {last}", "Month end, {first} to {last}"),
    "summary": ("Auf einen Blick", "At a glance"),
    "open-items": ("offene Posten", "Open items"), "overdue": ("davon überfällig", "Of it overdue"),
    "credit-balance": ("Guthaben von Debitoren", "Credit of debtors"),
    "waiting": ("ungeklärte Zahlungen", "Payments that wait"),
    "bank-proof": ("Bankkonten bewiesen", "Bank accounts proven"), "of": ("{n} von {all}", "{n} of {all}"),
    "invariants": ("Prüfungen des Hauptbuchs", "Invariants of the ledger"),
    "all-hold": ("alle {n} halten", "all {n} hold"), "broken": ("{n} von {all} verletzt: kontoklar check",
                                                             "{n} of {all} broken: kontoklar check"),
    "aged": ("Offene Posten nach Alter am {day}", "Open items by age on {day}"),
    "aged-debtors": ("Offene Posten je Debitor", "Open items by debtor"),
    "no-open": ("Nichts ist offen.", "Nothing is open."),
    "aged-under": ("zusammen {sum}, davon {due} überfällig", "{sum} in all, {due} of it overdue"),
    "others": ("{n} weitere Debitoren", "{n} more debtors"),
    "top": ("Die größten Debitoren", "The largest debtors"),
    "waiting-cause": ("Ungeklärte Zahlungen nach Grund", "Payments that wait, by cause"),
    "waiting-payer": ("Ungeklärte Zahlungen nach Zahler", "Payments that wait, by payer"),
    "no-waiting": ("Nichts wartet.", "Nothing waits."), "oldest": ("älteste", "Oldest"),
    "waiting-note": ("Stand {day}: was heute noch wartet und bis {last} gebucht war. Namen und Konten sind verdeckt; waiting(names=True) zeigt sie.",
                     "As of {day}: what still waits today and was booked by {last}. Names and accounts are masked; waiting(names=True) shows them."),
    "bank": ("Banksalden am {day}", "Bank balances on {day}"), "proven": ("bewiesen", "proven"),
    "not-proven": ("nicht bewiesen", "not proven"), "proven-to": ("bewiesen bis", "Proven to"),
    "no-bank": ("Es gibt noch kein Bankkonto.", "There is no bank account yet."),
    "why.nothing": ("kein Auszug mit Salden liegt vor", "there is no statement with balances"),
    "why.ends": ("Auszüge nach dem {what} fehlen", "statements after {what} are missing"),
    "why.begins": ("Auszüge vor dem {what} fehlen", "statements before {what} are missing"),
    "why.differs": ("am {what} sagt die Bank etwas anderes als die Bücher", "on {what} the bank and the books differ"),
    "why.held": ("{what} Auszüge sind angehalten", "{what} statements are held"),
    "why.unproven": ("{what} Buchungen sind noch unbewiesen", "{what} bookings are not proven yet"),
    "bank-days": ("Tag für Tag: {account}", "Day by day: {account}"),
    "covered": ("Auszug", "Statement"), "day.proven": ("bewiesen", "proven"),
    "day.inside": ("im Auszug enthalten", "inside a statement"), "day.open": ("fehlt", "missing"),
    "day.differs": ("weicht ab", "differs"),
    "bank-picture": ("Banksalden im Monat ({unit})", "Bank balances of the month ({unit})"),
    "bank-under": ("Linie: unsere Bücher; Punkte: Salden, die die Bank nennt", "line: our books; dots: balances the bank states"),
    "folder": ("Ordner für die Steuerberatung", "Folder for the tax adviser"), "rows": ("Zeilen", "Rows"),
    "bytes": ("Bytes", "Bytes"), "checksum": ("SHA-256 (Anfang)", "SHA-256 (beginning)"),
    "written-to": ("Geschrieben nach {path}", "Written to {path}"),
    "about.journal": ("Journal: jede Buchungszeile des Monats", "Journal: every line posted in the month"),
    "about.open": ("Offene Posten am Stichtag", "Open items on the closing day"),
    "about.accounts": ("Summen und Salden der Sachkonten", "Totals and balances of the ledger accounts"),
    "about.bank": ("Nachweis der Banksalden, Tag für Tag", "Proof of bank balances, day by day"),
    "about.waiting": ("Ungeklärte Zahlungen", "Payments that wait"),
    "about.checks": ("Prüfungen des Hauptbuchs mit Ergebnis", "Invariants of the ledger with their result"),
}  # fmt: skip

# The folder is for the tax adviser, in German whoever writes it.
READ_ME = """\
{company}: Monatsabschluss {first} bis {last}, Stand {day}
erstellt mit kontoklar

{tables}

Die Tabellen sind CSV-Dateien: Trennzeichen Semikolon, Dezimalkomma, Datum TT.MM.JJJJ, UTF-8. Text, der mit einem
Rechenzeichen beginnt, trägt ein vorangestelltes Hochkomma, damit ihn keine Tabellenkalkulation als Formel liest.
index.xml beschreibt alle Tabellen nach dem Beschreibungsstandard für die Datenträgerüberlassung (GoBD);
die DTD dazu (gdpdu-01-09-2004.dtd) veröffentlicht die Finanzverwaltung.
SHA256SUMS enthält die Prüfsummen; sha256sum -c SHA256SUMS prüft sie.

Stand der Buchungen: {entries} Buchungen im Monat, Protokoll {sequence}:{hash}.
Rechnungen selbst bucht das Rechnungswesen; dieses Journal enthält, was die Bank mit ihnen tat.
"""
