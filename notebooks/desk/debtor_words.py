"""What ``debtor.ipynb`` says, in German and English."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "head": ("{number} · {name}", "{number} · {name}"),
    "address-facts": ("Stammdaten", "Who it is"), "aliases": ("auch genannt", "also known as"),
    "external": ("Nummer im Vorsystem", "Number in the billing system"), "earlier": ("frühere Nummern", "Earlier numbers"),
    "tags": ("Merkmale", "Tags"), "email": ("E-Mail", "E-mail"),
    "ibans": ("Bankverbindungen", "Bank accounts"), "learned-loaded": ("Stammdaten", "master data"),
    "learned-payment": ("aus Zahlungen gelernt", "learned from payments"),
    "learned-person": ("von einer Person", "from a person"), "uses": ("Zahlungen", "Payments"),
    "since": ("bekannt seit", "Known since"),
    "totals": ("Konto am {day}", "Account on {day}"), "owed": ("offen", "Owed"), "overdue": ("davon überfällig", "Of it overdue"),
    "provisional": ("noch rückgabefähig", "Can still be claimed back"), "credit-left": ("Guthaben auf Konto", "Credit on account"),
    "blocks": ("Sperren", "Blocks"), "until": ("bis", "Until"),
    "items": ("Offene Posten", "Open items"), "no-items": ("Nichts ist offen.", "Nothing is open."),
    "days-late": ("Tage überfällig", "Days overdue"),
    "statement": ("Kontoauszug", "Statement of account"), "no-lines": ("Noch keine Bewegung.", "No movement yet."),
    "dunning": ("Mahnverlauf", "Dunning history"), "no-dunning": ("Es wurde nie gemahnt.", "Never dunned."),
    "trigger-day": ("ausgelöst", "Raised"), "held-why": ("angehalten, weil", "Held because"),
    "documents": ("Belege und ihre Herkunft", "Documents and where they come from"),
    "no-documents": ("Keine Belege.", "No documents."), "billing": ("Rechnungswesen", "billing system"),
    "books": ("eigene Buchung", "our own entry"), "posting": ("Buchungsnr.", "Posting"),
    "picked": ("Ohne Nummer steht hier, wer am meisten schuldet: debtor(desk, \"{number}\") zeigt einen anderen.",
               "Without a number this is who owes most: debtor(desk, \"{number}\") shows another one."),
    "nobody-owes": ("Es gibt noch keinen Debitor.", "There is no debtor yet."),
}  # fmt: skip
