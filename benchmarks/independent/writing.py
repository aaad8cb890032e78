"""What people type into the field for the remittance text, and what banks and fingers make of it."""

from __future__ import annotations

import random
import re

from .world import Item

LEADS = (  # noqa: SIM905
    "Rechnung |Rechnung Nr. |Rechnungsnr. |Rechnungsnummer |Rechnungsnummer: |RE |Re.-Nr. |Rg. |Rg.Nr.|RgNr. "
    "|RNr. |Re Nr |Rechn.-Nr. |Ihre Rechnung |Ihre Rg. |Beleg |Belegnr. |inv. |Invoice |Zahlung Rechnung "
    "|Zahlung zu |Begleichung |R.-Nr.:|Nr. |Faktura ||||"
).split("|")
TRAILS = (  # noqa: SIM905
    "| vom {date}| v. {short}| vom {date}| Kd.Nr. {customer}| Kundennr. {customer}, vielen Dank| Danke| MfG| "
    "{amount}| EUR {amount}| i.H.v. {amount} EUR| Bestellung 45{random7}| Unser Zeichen {random2}/{random4}| "
    "{name}| Objekt Hauptstr. {random2}| Lieferschein {random5}| / {date} / {amount}| Ihr Auftrag {order}| "
    "fuer {month}| DATUM {bankday}, 09.{random2} UHR| Tel. 0{random3}/{random7}| UNSER BELEG 51{random8}| AVIS"
    " 20{random8}"
).split("|")
MONTHS = "Januar Februar Maerz April Mai Juni Juli August September Oktober November Dezember".split()  # noqa: SIM905


def money(cents: int) -> str:
    whole = f"{cents // 100:,}".replace(",", ".")
    return f"{whole},{cents % 100:02d}"


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def around(rng: random.Random, item: Item, written: str, paid: int, rich: float = 0.6) -> str:
    """The number with what stands before and behind it."""
    text = rng.choice(LEADS) + written
    if rng.random() < rich:
        text += fill(rng, rng.choice(TRAILS), item, paid)
    if rng.random() < 0.1:
        text = (
            fill(rng, rng.choice(["Kd-Nr. {customer} ", "{name} ", "Kunde {customer}, ", "{date} "]), item, paid) + text
        )
    return text.strip()


def fill(rng: random.Random, pattern: str, item: Item, paid: int) -> str:
    pattern = re.sub(r"\{random(\d)\}", lambda hit: digits(rng, int(hit[1])), pattern)
    return pattern.format(
        date=f"{item.issued:%d.%m.%Y}",
        short=f"{item.issued.day}.{item.issued.month}.{item.issued:%y}",
        customer=item.debtor.number,
        amount=money(paid),
        name=item.debtor.name,
        order=item.order or "laut Angebot",
        month=MONTHS[item.issued.month - 1],
        bankday=f"{rng.randint(1, 28):02d}.10.2026",
    )


def own_form(rng: random.Random, number: str) -> str:
    """All of the number, other separators or case."""
    return rng.choice(
        [
            number.lower(),
            number.replace("-", " ").replace("/", " "),
            number.replace("-", "").replace("/", ""),
            number.replace("-", "/"),
            number.replace("-", ".").replace("/", "-"),
            number.replace("-", " - ").replace("/", " / "),
        ]
    )


# ---- damage: each takes a number and returns it damaged, or None where that cannot be done


def confused(rng: random.Random, number: str) -> str | None:
    twins = {"0": "O", "1": "Il", "5": "S", "8": "B", "2": "Z"}
    places = [place for place, sign in enumerate(number) if sign in twins]
    if not places:
        return None
    signs = list(number)
    for place in rng.sample(places, min(len(places), rng.choice([1, 1, 2]))):
        signs[place] = rng.choice(twins[number[place]])
    return "".join(signs)


def zeros_dropped(rng: random.Random, number: str) -> str | None:
    damaged = re.sub(r"(?<![0-9])0+(?=[1-9])", "", number)
    return damaged if damaged != number else None


def prefix_dropped(rng: random.Random, number: str) -> str | None:
    """What stands before the counter is left out: letters, year, customer number."""
    blocks = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]+", number)
    if len(blocks) < 3 or not any(sign in number for sign in "-/"):
        return None
    head = re.split(r"[-/]", number)
    return "-".join(head[1:]) if len(head[-1]) >= 4 else None


def year_dropped(rng: random.Random, number: str) -> str | None:
    if "2026" in number:
        return re.sub(r"2026-?", rng.choice(["26-", ""]) if "-" in number else "26", number, count=1)
    return None


def swapped(rng: random.Random, number: str) -> str | None:
    places = [
        p
        for p in range(len(number) - 1)
        if number[p].isalnum() and number[p + 1].isalnum() and number[p] != number[p + 1]
    ]
    if not places:
        return None
    place = rng.choice(places[-4:])
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def edited(rng: random.Random, number: str) -> str | None:
    place = rng.choice([p for p, sign in enumerate(number) if sign.isdigit()][-4:] or [len(number) - 1])
    other = rng.choice([d for d in "0123456789" if d != number[place]])
    return rng.choice(
        [
            number[:place] + other + number[place + 1 :],
            number[:place] + number[place + 1 :],
            number[:place] + other + number[place:],
        ]
    )


def blanked(rng: random.Random, number: str) -> str | None:
    place = rng.randrange(1, len(number))
    return f"{number[:place]} {number[place:]}"


DAMAGES = {
    "O/0, I/1": confused,
    "zeros dropped": zeros_dropped,
    "prefix missing": prefix_dropped,
    "year missing": year_dropped,
    "transposed": swapped,
    "one sign off": edited,
    "blank inside": blanked,
}


def broken_by_bank(rng: random.Random, text: str, number: str, width: int) -> str:
    """Text in which the number lies across a line of ``width``, printed with a blank where the line ends."""
    place = text.find(number)
    inside = rng.randrange(1, len(number))
    line = width if place + inside <= width else width * (1 + (place + inside - 1) // width)
    filler = "Vielen Dank fuer die gute Zusammenarbeit, wir zahlen hiermit die unten genannte Rechnung wie besprochen "
    text = filler[: max(0, line - place - inside)] + text
    # The filler may end in the middle of a word; people are cut off like that too.
    return " ".join(text[start : start + width] for start in range(0, len(text), width))


def truncated(rng: random.Random, number: str, lose: int) -> str:
    """140 characters, the last of the number lost."""
    filler = (
        "Ueberweisung im Auftrag der Eigentuemergemeinschaft gemaess Beschluss der Versammlung "
        "und Freigabe durch den Verwaltungsbeirat, "
        "Ihre Rechnung mit der Nummer "
    )
    keep = 140 - (len(number) - lose)
    return (
        filler[-keep:] if len(filler) >= keep else "Wie vereinbart. ".ljust(keep - len(filler), ".") + filler
    ) + number[: len(number) - lose]


def distance(left: str, right: str) -> int:
    """Edits and swaps of neighbours between two numbers (optimal string alignment), separators left out."""
    left, right = (re.sub(r"[^0-9A-Z]", "", text.upper()) for text in (left, right))
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, sign in enumerate(left, 1):
        current = [i]
        for j, other in enumerate(right, 1):
            best = min(row[j] + 1, current[-1] + 1, row[j - 1] + (sign != other))
            if i > 1 and j > 1 and sign == right[j - 2] and left[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        before, row = row, current
    return row[-1]
