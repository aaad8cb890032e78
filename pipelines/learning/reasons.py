"""What the reason codes and evidence levels mean, in English and German: one line for people, no personal data.

A near miss is explained by its reason code and by what the compared fields showed: "amount exact; number lacks its
prefix, year or zeros; account unknown".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipelines.learning.patterns import OBJECTIONS

LANGUAGES: Final = ("en", "de")

REASONS: Final[dict[str, tuple[str, str]]] = {
    "own-id-returned": ("our own reference came back with the fitting amount", "unsere eigene Referenz kam mit dem passenden Betrag zurück"),
    "collection-batch": ("the batch is one of our collections and its total agrees", "der Sammler ist einer unserer Einzüge und die Summe stimmt"),
    "exact-reference-and-amount": ("reference and amount name this item", "Nummer und Betrag nennen diesen Posten"),
    "exact-reference-and-payer": ("the reference and the payer name this item; a part is paid", "Nummer und Zahler nennen diesen Posten; ein Teil ist bezahlt"),
    "overpayment": ("the reference and the payer name this item; the rest stays on the debtor's account", "Nummer und Zahler nennen diesen Posten; der Rest bleibt auf dem Debitorenkonto"),
    "cash-discount": ("reference or payer and the amount less the agreed cash discount name this item", "Nummer oder Zahler und der Betrag abzüglich des vereinbarten Skontos nennen diesen Posten"),
    "discount-left-open": ("the reference and the payer name this item; the discount was not due and stays open", "Nummer und Zahler nennen diesen Posten; das Skonto stand nicht zu und bleibt offen"),
    "several-items": ("the named items add up to the amount", "die genannten Posten ergeben zusammen den Betrag"),
    "damaged-reference-and-amount": ("a damaged reference and the exact amount name this item", "eine beschädigte Nummer und der genaue Betrag nennen diesen Posten"),
    "payer-and-amount": ("the payer is known and the amount fits one item only", "der Zahler ist bekannt und der Betrag passt nur auf einen Posten"),
    "name-and-amount": ("the payer's name and a rare amount fit one item only", "der Name des Zahlers und ein seltener Betrag passen nur auf einen Posten"),
    "earned": ("people confirmed payments like this one often enough", "Zahlungen dieser Art wurden oft genug bestätigt"),
    "no-candidate": ("nothing that is owed resembles this payment", "kein offener Posten ähnelt dieser Zahlung"),
    "duplicate": ("the item it names or fits is settled already, or another payment of this batch settles it", "der genannte oder passende Posten ist schon ausgeglichen, oder eine andere Zahlung gleicht ihn aus"),
    "cancelled-item": ("the item it names is cancelled", "der genannte Posten ist storniert"),
    "above-limit": ("the amount is above the limit for automatic posting", "der Betrag liegt über der Grenze für automatisches Buchen"),
    "names-other-items": ("the text names other items of ours as well", "der Text nennt noch andere unserer Posten"),
    "unnamed-items": ("the amount fits only with further items that the text does not name", "der Betrag passt nur mit weiteren Posten, die der Text nicht nennt"),
    "several-debtors": ("the items belong to several debtors; this needs approval", "die Posten gehören mehreren Debitoren; das braucht eine Freigabe"),
    "batch-total-differs": ("the batch total differs from our collections", "die Summe des Sammlers weicht von unseren Einzügen ab"),
    "account-of-another-debtor": ("the payer's account belongs to another debtor", "das Konto des Zahlers gehört einem anderen Debitor"),
    "names-another-customer": ("the text names another debtor's number", "der Text nennt die Nummer eines anderen Debitors"),
    "payer-is-another-debtor": ("the payer's name is another debtor's", "der Zahler heißt wie ein anderer Debitor"),
    "refund-wording": ("the text speaks of a refund or reversal", "der Text spricht von Erstattung oder Rückzahlung"),
    "other-purpose": ("the text speaks of something that is no payment of an invoice", "der Text spricht von etwas, das keine Rechnung bezahlt"),
    "discount-after-deadline": ("cash discount was taken after its last day", "Skonto wurde nach Fristende gezogen"),
    "discount-without-terms": ("cash discount was taken that is not agreed", "es wurde Skonto gezogen, das nicht vereinbart ist"),
    "small-difference": ("the amount differs by a little from what is open", "der Betrag weicht ein wenig vom offenen ab"),
    "partly-settled": ("the full amount was paid although a part is settled", "der volle Betrag wurde bezahlt, obwohl ein Teil schon ausgeglichen ist"),
    "part-payment-unconfirmed": ("less than open was paid; reference or payer is not certain enough", "es wurde weniger als offen bezahlt; Nummer oder Zahler ist nicht sicher genug"),
    "overpayment-unconfirmed": ("more than open was paid; the rest may belong to another item", "es wurde mehr als offen bezahlt; der Rest könnte zu einem anderen Posten gehören"),
    "unexplained-number": ("the text holds a number that is none of ours", "der Text enthält eine Nummer, die keine von uns ist"),
    "damaged-reference-only": ("the number is damaged and nothing about the payer confirms it", "die Nummer ist beschädigt und nichts am Zahler bestätigt sie"),
    "single-evidence": ("only one kind of evidence; reference, amount and payer must agree in two", "nur eine Art von Beleg; von Nummer, Betrag und Zahler müssen zwei stimmen"),
    "amount-unexplained": ("no item or combination of items explains the amount", "kein Posten und keine Kombination erklärt den Betrag"),
    "ambiguous": ("another explanation is nearly as likely", "eine andere Erklärung ist fast so wahrscheinlich"),
    "not-sure-enough": ("the probability is below the policy's threshold", "die Wahrscheinlichkeit liegt unter der Schwelle der Regeln"),
    "too-many-claims": ("more payments claim the same items than are solved together", "mehr Zahlungen beanspruchen dieselben Posten, als zusammen gelöst werden"),
    "unproven-pattern": ("evidence of this kind has not been confirmed often enough to post by itself", "Belege dieser Art wurden noch nicht oft genug bestätigt, um selbst zu buchen"),
    "demoted-pattern": ("evidence of this kind was wrong here; it must be confirmed again before it posts by itself", "Belege dieser Art waren hier falsch; sie müssen erst wieder bestätigt werden"),
    "risk-budget": ("the day's automatic posts have used up the amount that may be at risk", "die automatischen Buchungen des Tages haben den Betrag ausgeschöpft, der im Risiko stehen darf"),
    "refused-before": ("a person refused or took back this very allocation, or the same payer's payment of it", "eine Person hat genau diese Zuordnung schon abgelehnt oder zurückgenommen"),
    "alternative": ("a less likely explanation", "eine weniger wahrscheinliche Erklärung"),
    "audit": ("posted by itself and drawn for checking", "automatisch gebucht und zur Prüfung ausgelost"),
}  # fmt: skip

# field:level → what was seen. Levels that are beside the point are left out.
_SEEN: Final[dict[str, tuple[str, str]]] = {
    "reference:own_id": ("our own id came back", "unsere eigene Kennung kam zurück"),
    "reference:creditor_reference": ("creditor reference right", "Gläubigerreferenz stimmt"),
    "reference:document": ("document number right", "Belegnummer stimmt"),
    "reference:full": ("number complete", "Nummer vollständig"),
    "reference:bare": ("number complete, but short and without a word that says what it is", "Nummer vollständig, aber kurz und ohne erklärendes Wort"),
    "reference:digits": ("number complete but for its prefix", "Nummer bis auf ihr Präfix vollständig"),
    "reference:order": ("order number given", "Auftragsnummer genannt"),
    "reference:shipment": ("shipment number given", "Liefernummer genannt"),
    "reference:contract": ("contract number given", "Vertragsnummer genannt"),
    "reference:joined": ("number with blanks inside", "Nummer mit Leerzeichen darin"),
    "reference:confused": ("number has letters for digits", "Nummer hat Buchstaben statt Ziffern"),
    "reference:transposed": ("number has two signs swapped", "Nummer hat einen Zahlendreher"),
    "reference:edited": ("number has one sign missing, added or wrong", "in der Nummer fehlt ein Zeichen, ist eines zu viel oder falsch"),
    "reference:short": ("number lacks its prefix, year or zeros", "der Nummer fehlen Präfix, Jahr oder Nullen"),
    "reference:glued": ("number stands inside another one", "Nummer steckt in einer anderen"),
    "reference:near": ("number is only similar", "Nummer ist nur ähnlich"),
    "reference:range": ("inside the stated range", "im genannten Bereich"),
    "reference:listed": ("every item named", "alle Posten genannt"),
    "reference:listed_part": ("some items named", "einige Posten genannt"),
    "reference:listed_more": ("more items needed than are named", "es braucht mehr Posten, als genannt sind"),
    "reference:all_open": ("text says all open items", "Text sagt: alle offenen Posten"),
    "reference:period": ("month named", "Monat genannt"),
    "reference:batch_total": ("batch total known", "Sammlersumme bekannt"),
    "reference:batch_less": ("batch total lacks a collection", "der Sammlersumme fehlt ein Einzug"),
    "reference:absent": ("no number given", "keine Nummer genannt"),
    "reference:unexplained": ("a number nobody knows", "eine unbekannte Nummer"),
    "reference:foreign_number": ("a number of our shape that we never issued", "eine Nummer unserer Form, die es nicht gibt"),
    "reference:other_period": ("another month named", "anderer Monat genannt"),
    "reference:other": ("another item named", "anderer Posten genannt"),
    "amount:exact": ("amount exact", "Betrag stimmt genau"),
    "amount:discount": ("amount less the agreed discount", "Betrag abzüglich vereinbartem Skonto"),
    "amount:declared": ("amount less a declared discount", "Betrag abzüglich erklärtem Skonto"),
    "amount:listed_sum": ("amounts add up", "Beträge ergeben die Summe"),
    "amount:combined_sum": ("some items add up", "einige Posten ergeben die Summe"),
    "amount:late_discount": ("discount taken too late", "Skonto zu spät gezogen"),
    "amount:unagreed_discount": ("discount nobody agreed", "Skonto ohne Vereinbarung"),
    "amount:small_difference": ("amount off by a little", "Betrag weicht wenig ab"),
    "amount:original": ("full amount, of which a part is settled", "voller Betrag, von dem ein Teil ausgeglichen ist"),
    "amount:partial": ("less than open", "weniger als offen"),
    "amount:over": ("more than open", "mehr als offen"),
    "amount:batch_total": ("batch total right", "Sammlersumme stimmt"),
    "payer:iban": ("account known", "Konto bekannt"),
    "payer:learned": ("account learned", "Konto gelernt"),
    "payer:learned_once": ("account seen once", "Konto einmal gesehen"),
    "payer:learned_many": ("account pays for many debtors", "Konto zahlt für viele Debitoren"),
    "payer:unknown": ("account unknown", "Konto unbekannt"),
    "payer:changed": ("not one of the debtor's known accounts", "keines der bekannten Konten des Debitors"),
    "payer:absent": ("no account given", "kein Konto angegeben"),
    "payer:shared": ("account known for others", "Konto für andere bekannt"),
    "payer:other": ("account of another debtor", "Konto eines anderen Debitors"),
    "name:full": ("name agrees", "Name stimmt"),
    "name:close": ("name nearly agrees", "Name stimmt fast"),
    "name:part": ("part of the name agrees", "Name stimmt teilweise"),
    "name:learned": ("this name paid for the debtor before", "dieser Name hat für den Debitor schon gezahlt"),
    "name:learned_once": ("this name paid for the debtor once", "dieser Name hat für den Debitor einmal gezahlt"),
    "name:none": ("name differs", "Name weicht ab"),
    "name:other": ("name of another debtor", "Name eines anderen Debitors"),
    "customer:mandate": ("mandate named", "Mandat genannt"),
    "customer:named": ("customer number named", "Kundennummer genannt"),
    "customer:alone": ("customer number given", "Kundennummer angegeben"),
    "customer:other": ("another debtor's number named", "Nummer eines anderen Debitors genannt"),
    "habit:usual": ("as this payer usually writes", "wie dieser Zahler meist schreibt"),
    "habit:unusual": ("not as this payer usually writes", "nicht wie dieser Zahler meist schreibt"),
}  # fmt: skip
_ORDER: Final = {"amount": 0, "reference": 1, "payer": 2, "name": 3, "customer": 4}


def text(code: str, language: str = "en") -> str:
    """What a reason code means; the code itself when it is not in the catalogue."""
    found = REASONS.get(code)
    return found[LANGUAGES.index(language)] if found else code


def seen(pattern: str, language: str = "en") -> str:
    """What the compared fields of a pattern showed, in one line; "" for a payment that nothing explains."""
    place = LANGUAGES.index(language)
    levels = [level for level in pattern.partition(OBJECTIONS)[0].split("|") if level in _SEEN]
    levels.sort(key=lambda level: _ORDER.get(level.partition(":")[0], 9))
    return "; ".join(_SEEN[level][place] for level in levels)


def near_miss(code: str, pattern: str, further: Iterable[str] = (), language: str = "en") -> str:
    """Why something did not post, and what the evidence was. further: other objections beside ``code``."""
    parts = [text(code, language), *(text(other, language) for other in further if other != code)]
    line = "; ".join(dict.fromkeys(parts))
    shown = seen(pattern, language)
    return f"{line} ({shown})" if shown else line
