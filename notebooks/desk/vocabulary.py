"""Names of things in German and English: kinds, states, columns, titles. A key lacking a language is a failing test."""

from __future__ import annotations

from desk.words import LANGUAGES
from pipelines.learning.reasons import REASONS
from pipelines.learning.reasons import text as known_reason

TERMS: dict[str, tuple[str, str]] = {
    # columns and facts
    "account": ("Konto", "Account"), "accounts": ("Bankkonten", "Bank accounts"),
    "action": ("Schritt", "Step"), "address": ("Anschrift", "Address"), "age": ("Tage", "Days"),
    "amount": ("Betrag", "Amount"), "balance": ("Saldo", "Balance"), "bank-account": ("Bankkonto", "Bank account"),
    "bank-says": ("Saldo laut Bank", "Balance stated by the bank"), "bits": ("Bits", "Bits"),
    "booked": ("Buchungen", "Booked"), "booking-date": ("Buchungstag", "Booking date"), "by": ("von", "by"),
    "cause": ("Grund", "Cause"), "code": ("Kürzel", "Code"), "comment": ("Bemerkung", "Comment"),
    "credit": ("Haben", "Credit"), "day": ("Tag", "Day"), "debit": ("Soll", "Debit"), "debtor": ("Debitor", "Debtor"),
    "difference": ("Differenz", "Difference"), "due": ("fällig", "Due"), "entry": ("Buchung", "Entry"),
    "event": ("Ereignis", "Event"), "evidence": ("Was dafür und dagegen spricht", "What speaks for and against it"),
    "file": ("Datei", "File"), "format": ("Format", "Format"), "holds": ("Zustand", "State"),
    "iban": ("IBAN", "IBAN"), "id": ("Kennung", "Id"), "invoice": ("Beleg", "Document"), "issued": ("vom", "Issued"),
    "kind": ("Art", "Kind"), "level": ("Stufe", "Level"), "name": ("Name", "Name"),
    "next": ("gilt seit", "Since"), "number": ("Nr.", "No."), "open": ("offen", "Open"),
    "opening": ("Anfangssaldo", "Opening"), "closing": ("Endsaldo", "Closing"), "origin": ("Herkunft", "Origin"),
    "our-balance": ("Saldo laut Büchern", "Balance in our books"), "payer": ("Zahler", "Payer"),
    "payments": ("Zahlungen", "Payments"), "position": ("Stelle", "Position"),
    "probability": ("Wahrscheinlichkeit", "Probability"), "rank": ("Rang", "Rank"),
    "reason": ("Begründung", "Reason"), "result": ("Ergebnis", "Result"), "share": ("Anteil", "Share"),
    "state": ("Stand", "State"), "sum": ("Summe", "Total"), "text": ("Verwendungszweck", "Remittance text"),
    "value-date": ("Wertstellung", "Value date"), "why": ("Warum", "Why"), "what": ("Was", "What"),
    "more-rows": ("… und {n} weitere", "… and {n} more"), "nobody": ("(ohne Namen)", "(no name)"),
    "yes": ("ja", "yes"), "no": ("nein", "no"), "on-account": ("(auf Konto)", "(on account)"),
    # lines of an account
    "line.claim": ("Rechnung", "Invoice"), "line.credit": ("Gutschrift", "Credit note"),
    "line.return_debit_fee": ("Rücklastschriftgebühr", "Return debit fee"),
    "line.default_interest": ("Verzugszinsen", "Default interest"), "line.shipping": ("Versandkosten", "Shipping"),
    "line.dunning_fee": ("Mahngebühr", "Dunning fee"), "line.goods_return": ("Retoure", "Goods returned"),
    "line.fee": ("Gebühr", "Fee"), "line.cancellation": ("Storno der Rechnung", "Invoice cancelled"),
    "line.payment": ("Zahlung", "Payment"), "line.paid_elsewhere": ("Zahlung (übernommen)", "Payment (taken over)"),
    "line.return_debit": ("Rücklastschrift", "Return debit"), "line.reversal": ("Stornobuchung", "Reversal"),
    "line.refund": ("Erstattung", "Refund"), "line.write_off": ("Ausbuchung", "Write-off"),
    "line.recovery": ("Eingang auf Ausgebuchtes", "Recovered"), "line.rebooking": ("Umbuchung", "Rebooking"),
    "line.cash_discount": ("Skonto", "Cash discount"), "line.small_difference": ("Kleindifferenz", "Small difference"),
    # states of an item
    "status.ok": ("ausgeglichen", "settled"), "status.open": ("offen", "open"),
    "status.pre_authorised": ("Einzug angekündigt", "direct debit announced"),
    "status.in_progress": ("Einzug läuft", "direct debit on its way"),
    "status.failed": ("zurückgegeben", "returned"), "status.cancelled": ("storniert", "cancelled"),
    # kinds and states of a transaction
    "tx.receipt": ("Zahlungseingang", "receipt"), "tx.collection": ("Lastschrifteinzug", "collection"),
    "tx.return_debit": ("Rücklastschrift", "return debit"),
    "tx.return_transfer": ("Rücküberweisung", "returned transfer"), "tx.refund": ("Erstattung", "refund"),
    "tx.reversal": ("Bankstorno", "reversal"), "tx.charge": ("Bankentgelt", "bank charge"),
    "tx.own_transfer": ("Umbuchung eigener Konten", "own transfer"), "tx.payout": ("Auszahlung Zahldienst", "payout"),
    "tx.outgoing": ("Zahlungsausgang", "outgoing"), "tx.other": ("Sonstiges", "other"),
    "state.allocated": ("zugeordnet", "allocated"), "state.partly_allocated": ("teilweise zugeordnet", "partly allocated"),
    "state.proposed": ("wartet mit Vorschlag", "waits with a proposal"),
    "state.unmatched": ("wartet ohne Vorschlag", "waits without a proposal"),
    "state.not_ours": ("nichts zuzuordnen", "nothing to match"),
    "state.held": ("Auszug angehalten", "statement held"),
    # what happens to an item
    "how.settlement": ("Ausgleich", "settlement"), "how.partial": ("Teilzahlung", "part payment"),
    "how.cash_discount": ("Skonto", "cash discount"), "how.small_difference": ("Kleindifferenz", "small difference"),
    "how.on_account": ("auf Konto", "on account"), "how.fee": ("Gebühr", "fee"),
    "how.write_off": ("Ausbuchung", "write-off"), "how.rebooking": ("Umbuchung", "rebooking"),
    "how.reversal": ("Storno", "reversal"), "how.refund": ("Erstattung", "refund"),
    "how.credit_note": ("Gutschrift", "credit note"),
    "by.auto": ("automatisch", "automatic"), "by.decided": ("durch eine Person", "by a person"),
    "by.review": ("zur Entscheidung", "for a person"),
    # causes of an entry
    "cause.opening": ("Eröffnung", "opening"), "cause.bank_booking": ("Bankbuchung", "bank booking"),
    "cause.allocation": ("Zuordnung", "allocation"), "cause.return": ("Rückgabe", "return"),
    "cause.return_charge": ("Rückgabeentgelt", "return charge"), "cause.correction": ("Korrektur", "correction"),
    "cause.decision": ("Entscheidung", "decision"), "cause.refund": ("Erstattung", "refund"),
    "cause.claim": ("Forderung", "claim"),
    # dunning
    "dun.overdue": ("überfällig", "overdue"), "dun.return_debit": ("nach Rücklastschrift", "after a return debit"),
    "act.reminder": ("Zahlungserinnerung", "reminder"), "act.dunning_1": ("1. Mahnung", "first dunning letter"),
    "act.dunning_2": ("2. Mahnung", "second dunning letter"), "act.final_notice": ("Letzte Mahnung", "final notice"),
    "act.return_notice": ("Schreiben zur Rücklastschrift", "return notice"),
    "act.agency": ("Übergabe an Inkasso", "collection agency"),
    "trig.held": ("angehalten", "held"), "trig.ready": ("bereit", "ready"), "trig.delivered": ("versandt", "sent"),
    "trig.cancelled": ("zurückgenommen", "taken back"),
    "hold.receipt-waiting": ("eine ungeklärte Zahlung könnte von hier sein", "a waiting payment may be theirs"),
    "hold.bank-data-stale": ("Bankdaten fehlen noch", "bank data is missing"),
    "hold.collection-pending": ("ein Einzug läuft noch", "a direct debit is on its way"),
    "hold.dunning-block": ("Mahnsperre", "dunning block"),
    "hold.awaiting-release": ("wartet auf Freigabe", "waits for a release"),
    "hold.row-refused": ("die letzte Lieferung der Rechnung war fehlerhaft", "the invoice's last load was refused"),
    # evidence
    "ev.prior": ("Ausgangslage: Zahl der möglichen Posten", "Start: number of possible items"),
    "ev.date.plausible": ("Datum passt", "date fits"), "ev.date.named": ("Rechnungsdatum genannt", "invoice date named"),
    "ev.date.other_day": ("anderes Datum genannt", "another date named"),
    "ev.date.before": ("vor der Rechnung gezahlt", "paid before the invoice"),
    "ev.date.late": ("spät gezahlt", "paid late"), "ev.date.early": ("früh gezahlt", "paid early"),
    "ev.name.absent": ("kein Name angegeben", "no name given"),
    "ev.customer.absent": ("keine Kundennummer genannt", "no customer number named"),
    "field.reference": ("Nummer", "number"), "field.amount": ("Betrag", "amount"), "field.payer": ("Konto", "account"),
    "field.name": ("Name", "name"), "field.customer": ("Kundennummer", "customer number"),
    "field.date": ("Datum", "date"), "field.habit": ("Gewohnheit", "habit"), "field.prior": ("Ausgangslage", "start"),
    # why something waits, beside the reasons of matching
    "reason.return-review": ("eine Rückgabe, die keiner Zahlung sicher zuzuordnen ist",
                             "a return that could not be linked to a payment for certain"),
    "reason.paid-twice": ("zweimal bezahlt", "paid twice"),
    # age
    "bucket.current": ("nicht fällig", "not due"), "bucket.1-30": ("1–30 Tage", "1–30 days"),
    "bucket.31-60": ("31–60 Tage", "31–60 days"), "bucket.61-90": ("61–90 Tage", "61–90 days"),
    "bucket.91+": ("über 90 Tage", "over 90 days"), "bucket.credit": ("Guthaben", "credit"),
}  # fmt: skip


class Say:
    """The words of one language. ``say("open")``; ``say.of("status", "ok")`` for a value of the books.

    A value nobody translated stays as it is: new kinds must not break a notebook.
    """

    def __init__(self, language: str, *catalogues: dict[str, tuple[str, str]]) -> None:
        place = LANGUAGES.index(language)
        self._words = {key: both[place] for one in (TERMS, *catalogues) for key, both in one.items()}

    def __call__(self, key: str, **values: object) -> str:
        text = self._words[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is a word for this."""
        return key in self._words

    def of(self, group: str, value: str) -> str:
        """The name of a value; "" stays ""."""
        return self._words.get(f"{group}.{value}", value.replace("_", " "))


def reason(code: str, language: str) -> str:
    """What a reason code means; the code itself when nobody translated it."""
    return known_reason(code, language) if code in REASONS else Say(language).of("reason", code)
