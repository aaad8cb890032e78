"""What the notebooks say, in German and English. A key that lacks a translation is a failing test, not a gap."""

from __future__ import annotations

LANGUAGES = ("de", "en")

GRID: dict[str, tuple[str, str]] = {
    "lang": ("de", "en"),
    "queue": ("Klärungsliste", "Review queue"),
    "search": ("Suchen ( / )", "Search ( / )"),
    "cause": ("Grund", "Cause"),
    "all": ("alle Gründe ({n})", "all causes ({n})"),
    "count": ("{n} Fälle {picked}", "{n} cases {picked}"),
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
    "like": ("{n} ähnliche Fälle warten noch (b).", "{n} like cases wait as well (b)."),
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
    "already": ("Dieser Fall ist schon entschieden.", "This case is decided already."),
    "nothing-alike": ("Kein gleicher Fall mit diesem Vorschlag.", "No like case with this proposal."),
    "batch-of": ("{n} Fälle, zusammen {amount}", "{n} cases, {amount} in all"),
    "kind.receipt": ("Zahlungseingang", "receipt"),
    "kind.collection": ("Lastschrifteinzug", "collection"),
    "kind.return_debit": ("Rücklastschrift", "return debit"),
    "kind.return_transfer": ("Rücküberweisung", "returned transfer"),
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
    "stale": ("Inzwischen hat sich der Fall geändert; er wurde neu geladen und nicht gebucht.",
              "The case has changed meanwhile; it was loaded anew and nothing was posted."),
    "nothing-to-undo": ("Es gibt nichts rückgängig zu machen.", "There is nothing to undo."),
}  # fmt: skip


def texts(catalogue: dict[str, tuple[str, str]], language: str) -> dict[str, str]:
    """One language of a catalogue; ValueError for a language there is none of."""
    place = LANGUAGES.index(language)
    return {key: words[place] for key, words in catalogue.items()}
