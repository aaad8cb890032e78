"""What the notebooks say, in German and English. A key that lacks a translation is a failing test, not a gap."""

from __future__ import annotations

LANGUAGES = ("de", "en")

GRID: dict[str, tuple[str, str]] = {
    "lang": ("de", "en"),
    "queue": ("Klärungsliste", "Review queue"),
    "search": ("Suchen, auch >500 ( / )", "Search, >500 as well ( / )"),
    "cause": ("Grund", "Cause"),
    "all": ("alle Gründe ({n})", "all causes ({n})"),
    "count": ("{n} Fälle", "{n} cases"),
    "picked": ("{n} ausgewählt", "{n} picked"),
    "date": ("Buchung", "Booked"),
    "name": ("Zahler und Text", "Payer and text"),
    "why": ("Warum nicht gebucht", "Why it did not post"),
    "amount": ("Betrag", "Amount"),
    "age": ("Alter", "Age"),
    "d": ("T", "d"),
    "nobody": ("(ohne Namen)", "(no name)"),
    "empty": ("Nichts wartet. Alles ist geklärt.", "Nothing waits. Everything is settled."),
    "no-ways": ("Kein Vorschlag: zuordnen (s), aufteilen (p) oder zurückstellen (h).",
                "No proposal: assign (s), split (p) or hold (h)."),
    "like": ("Bestätigen würde {n} gleiche mit erledigen (b)", "confirming would settle {n} like it (b)"),
    "held": ("zurückgestellt", "on hold"),
    "dunned": ("Mahnung hängt daran", "a reminder waits for it"),
    "show-iban": ("IBAN zeigen", "show the IBAN"),
    "lesson": ("Gelernt, aber noch nicht benutzt", "Learned, but not used yet"),
    "lesson-resolves": ("Damit würden diese {n} wartenden Zahlungen gebucht, zusammen {amount}:",
                        "With it these {n} waiting payments would post, {amount} in all:"),
    "lesson-use": ("Benutzen und buchen", "Use it and post"),
    "lesson-not": ("Nicht benutzen: diese zurückstellen", "Do not use it: hold these back"),
    "lesson-later": ("später entscheiden", "decide later"),
    "evidence": ("Belege in Bit", "evidence in bits"),
    "decided-n": ("{n} entschieden", "{n} decided"),
    "nothing-found": ("Nichts passt zu diesem Filter.", "Nothing fits this filter."),
    "over": ("zu viel verteilt: {amount}", "divided too much: {amount}"),
    "accept": ("Annehmen", "Accept"),
    "reject": ("Ablehnen", "Reject"),
    "assign": ("Zuordnen", "Assign"),
    "split": ("Aufteilen", "Split"),
    "on_account": ("Auf Konto", "On account"),
    "hold": ("Zurückstellen", "Hold"),
    "refund": ("Erstatten", "Refund"),
    "writeoff": ("Ausbuchen", "Write off"),
    "batch": ("Gleiche annehmen", "Accept alike"),
    "undo": ("Rückgängig", "Undo"),
    "move": ("auf und ab", "up and down"),
    "choose": ("Vorschlag wählen", "choose a proposal"),
    "pick": ("auswählen", "pick"),
    "back": ("zurück", "back"),
    "help": ("Tasten", "Keys"),
    "invoice": ("Rechnung", "Invoice"),
    "debtor": ("Debitor", "Debtor"),
    "invoice-or-debtor": ("Rechnung oder @Debitor", "Invoice or @debtor"),
    "reason": ("Begründung", "Reason"),
    "reason-why": ("steht im Protokoll", "goes into the audit trail"),
    "do": ("Ausführen", "Do it"),
    "drop": ("entfernen", "remove"),
    "rest": ("Rest: {amount}", "Rest: {amount}"),
    "one-more": ("+ Rechnung", "+ invoice"),
    "what": ("Konto", "Account"),
    "before": ("vorher", "before"),
    "change": ("Änderung", "change"),
    "after": ("nachher", "after"),
    "working": ("wird gebucht …", "posting …"),
    "elsewhere": ("inzwischen anderswo entschieden", "decided elsewhere meanwhile"),
    "filter": ("Grund filtern", "filter by cause"),
    "resort": ("anders sortieren", "sort otherwise"),
    "sorted": ("Sortiert nach: {what}", "Sorted by: {what}"),
    "score": ("Dringlichkeit", "urgency"),
    "already": ("Dieser Fall ist schon entschieden.", "This case is decided already."),
    "nothing-alike": ("Kein gleicher Fall mit diesem Vorschlag.", "No like case with this proposal."),
    "batch-of": ("{n} Fälle, zusammen {amount}", "{n} cases, {amount} in all"),
    "kind.receipt": ("Zahlungseingang", "receipt"),
    "kind.collection": ("Lastschrifteinzug", "collection"),
    "kind.return_debit": ("Rücklastschrift", "return debit"),
    "kind.return_transfer": ("Rücküberweisung", "returned transfer"),
}  # fmt: skip

# Why something waits, where matching has no reason of its own.
CAUSES: dict[str, tuple[str, str]] = {
    "unmatched": ("noch nicht abgeglichen", "not matched yet"),
    "partly-allocated": ("ein Teil ist zugeordnet, der Rest wartet", "a part is allocated, the rest waits"),
    "paid-twice": ("vermutlich doppelt bezahlt: erstatten oder zuordnen", "probably paid twice: refund or assign"),
    "return-review": ("Rückgabe: welche Zahlung kam zurück?", "return: which payment came back?"),
    "return-waiting": ("Rückgabe: ihr Einzug ist noch nicht gebucht", "return: its collection is not posted yet"),
    "return-linked": ("Rückgabe: wird mit dem nächsten Lauf gebucht", "return: will be posted by the next run"),
    "return-posted": ("Rückgabe: teilweise gebucht", "return: partly posted"),
}  # fmt: skip

# What a line of a proposal does, and what it says beside the number.
KINDS: dict[str, tuple[str, str]] = {
    "debtor": ("Debitor {debtor}", "debtor {debtor}"),
    "open": ("offen {amount}", "{amount} open"),
    "settlement": ("Ausgleich", "settles it"),
    "partial": ("Teilzahlung", "part payment"),
    "cash_discount": ("Skonto", "cash discount"),
    "small_difference": ("Kleindifferenz", "small difference"),
    "on_account": ("auf das Konto", "on account"),
    "fee": ("Gebühr", "fee"),
    "write_off": ("Ausbuchung", "write-off"),
    "rebooking": ("Umbuchung", "rebooking"),
    "reversal": ("Storno", "reversal"),
}  # fmt: skip

# Steps of a waterfall that a line of reasons leaves out.
STEPS: dict[str, tuple[str, str]] = {
    "prior:item": ("wie oft so ein Posten gemeint ist", "how often such an item is meant"),
    "prior:foreign": ("wie oft nichts von uns gemeint ist", "how often nothing of ours is meant"),
    "customer:absent": ("keine Kundennummer genannt", "no customer number given"),
    "date:plausible": ("zeitlich plausibel", "date plausible"),
    "date:named": ("Rechnungsdatum genannt", "invoice date named"),
    "date:other_day": ("Datum einer anderen Rechnung genannt", "date of another invoice named"),
    "date:late": ("lange überfällig", "long overdue"),
    "date:early": ("vor der Rechnung bezahlt", "paid before it was issued"),
    "date:absent": ("kein Datum genannt", "no date given"),
    "refusal:item": ("für diesen Zahler schon abgelehnt", "refused for this payer before"),
    "refusal:debtor": ("dieser Debitor schon abgelehnt", "this debtor refused before"),
}  # fmt: skip

# What a confirmed payment taught about its payer.
LESSONS: dict[str, tuple[str, str]] = {
    "account": ("Konto {payer}", "account {payer}"),
    "name": ("Name „{payer}“", "name “{payer}”"),
    "pays": ("{what} zahlt für Debitor {debtor} ({level})", "{what} pays for debtor {debtor} ({level})"),
    "learned_once": ("einmal gesehen", "seen once"),
    "learned": ("mehrmals gesehen", "seen several times"),
    "learned_many": ("zahlt für viele", "pays for many"),
}  # fmt: skip

# What the desk answers after a decision.
ANSWERS: dict[str, tuple[str, str]] = {
    "accept": ("Angenommen: {what}", "Accepted: {what}"),
    "reject": ("Abgelehnt: dieser Vorschlag kommt nicht wieder", "Rejected: this proposal will not come back"),
    "assign": ("Zugeordnet: {what}", "Assigned: {what}"),
    "split": ("Aufgeteilt: {what}", "Split: {what}"),
    "on_account": ("Auf dem Konto des Debitors: {what}", "On the debtor's account: {what}"),
    "hold": ("Zurückgestellt", "On hold"),
    "refund": ("Zur Erstattung vorgemerkt: {what}", "Refund noted: {what}"),
    "writeoff": ("Ausgebucht: {what}", "Written off: {what}"),
    "undo": ("Rückgängig gemacht: {what}", "Undone: {what}"),
    "batch": ("{n} Fälle angenommen", "{n} cases accepted"),
    "request": ("Wartet auf die Freigabe einer zweiten Person", "Waits for a second person's approval"),
    "released": ("Nicht mehr zurückgestellt", "No longer on hold"),
    "kept": ("Eine Ablehnung bewegt kein Geld und bleibt im Protokoll; der Fall wartet weiter.",
             "A rejection moves no money and stays in the trail; the case goes on waiting."),
    "used": ("Benutzt: {n} Zahlungen gebucht", "Used: {n} payments posted"),
    "not-used": ("Nicht benutzt: {n} Zahlungen zurückgestellt", "Not used: {n} payments held back"),
    "stale": ("Inzwischen hat sich der Fall geändert; er wurde neu geladen und nicht gebucht.",
              "The case has changed meanwhile; it was loaded anew and nothing was posted."),
    "nothing-to-undo": ("Es gibt nichts rückgängig zu machen.", "There is nothing to undo."),
}  # fmt: skip


def texts(catalogue: dict[str, tuple[str, str]], language: str) -> dict[str, str]:
    """One language of a catalogue; ValueError for a language there is none of."""
    place = LANGUAGES.index(language)
    return {key: words[place] for key, words in catalogue.items()}
