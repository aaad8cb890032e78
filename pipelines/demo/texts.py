"""What payers type into the remittance field: from clean to broken (GERMAN_BANKING §4)."""

from __future__ import annotations

from datetime import date
from random import Random

from pipelines.model.receivable import Receivable


def clean(rng: Random, item: Receivable) -> str:
    return rng.choice(("{0}", "Rechnung {0}", "{0} vom {1}", "Rechnungsnr. {0}, Kd-Nr. {2}", "Zahlung {0}")).format(
        item.invoice_number, f"{item.issue_date:%d.%m.%Y}", item.debtor_number
    )


def abbreviated(rng: Random, item: Receivable) -> str:
    """The number is whole, but written the payer's way."""
    year, serial = item.invoice_number.removeprefix("RE-").split("-")
    return rng.choice(
        ("Rg. {0}-{1}", "RE {0} {1}", "RE{0}{1}", "Re.Nr.: {0}/{1}", "RNr {0}-{1} v. {2}", "Ihre Rg {0}{1} danke")
    ).format(year, serial, f"{item.issue_date:%d.%m.}")


def damaged(rng: Random, item: Receivable) -> str:
    """One slip: a letter for a digit, two digits swapped, a blank where a line was wrapped."""
    number = item.invoice_number
    slip = rng.randrange(3)
    if slip == 0:
        return f"Rechnung {number.replace('0', 'O', 1)}"
    if slip == 1:
        head, tail = number[:-2], number[-2:]
        return f"Rechnung {head}{tail[::-1]}" if tail[0] != tail[1] else f"Rechnung {number[:-1]} {number[-1]}"
    cut = rng.randrange(4, len(number) - 1)
    return f"Rechnung {number[:cut]} {number[cut:]}"


def several(rng: Random, items: list[Receivable]) -> str:
    numbers = [item.invoice_number for item in items]
    if rng.random() < 0.5:
        return "Rechnungen " + ", ".join(numbers)
    return "RE " + " + ".join(number.removeprefix("RE-") for number in numbers)


def cash_discount(rng: Random, item: Receivable, percent: str) -> str:
    return clean(rng, item) + rng.choice((f" abzgl. {percent} % Skonto", f" ./. {percent}% Skto", ""))


def set_off(item: Receivable, credit_note: Receivable) -> str:
    return f"{item.invoice_number} abzgl. GS {credit_note.invoice_number}"


def vague(rng: Random, item: Receivable, day: date) -> str:
    """Nothing that names the item."""
    return rng.choice(
        ("lt. Rechnung", "Danke", f"Rechnung vom {item.issue_date:%d.%m.%Y}", f"Zahlung {day:%m/%Y}", "Ihre Lieferung")
    )


def on_behalf(rng: Random, item: Receivable, name: str) -> str:
    """A third party pays: the customer is named in the text, if at all."""
    return rng.choice(
        (f"{item.invoice_number} für {name}", f"i.A. {name} {item.invoice_number}", f"Rechnung {item.invoice_number}")
    )


def bank_form(text: str) -> str:
    """The SEPA character set as many banks pass it on: no umlauts, nothing outside the permitted signs."""
    table = str.maketrans(
        {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "&": "+", "%": " "}
    )
    return text.translate(table)
