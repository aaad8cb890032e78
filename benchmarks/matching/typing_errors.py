"""How people and banks write numbers: clean in many ways, and damaged in many more."""

from __future__ import annotations

import random
import re

_PREFIXES = (
    "Rechnung ",
    "RG ",
    "Rg.Nr. ",
    "Rechnungsnr. ",
    "Re.Nr.:",
    "RNr ",
    "Invoice ",
    "Rechn. ",
    "",
    "",
    "RE ",
    "Re-Nr ",
)
_CONFUSED = {"0": "O", "1": "I", "5": "S", "8": "B"}


def clean(rng: random.Random, number: str) -> str:
    """The number with nothing missing or wrong; separators, case and the words around it vary."""
    way = rng.random()
    if way < 0.6:
        shown = number
    elif way < 0.7:
        shown = number.lower()
    elif way < 0.8:
        shown = re.sub(r"[-/]", rng.choice((" ", "", "/", "-", ".")), number)
    elif way < 0.9:
        shown = re.sub(r"^[A-Z]+[-/]?", "", number)
    else:
        shown = re.sub(r"^([A-Z]+)-?", r"\1 ", number)
    return rng.choice(_PREFIXES) + shown


def damaged(rng: random.Random, number: str) -> tuple[str, str]:
    """The number with one damage (sometimes two), and the damage's name."""
    kind = rng.choice((
        "confused", "transposed", "dropped", "doubled", "wrong", "no_prefix_no_zeros", "no_year", "short_year",
        "blanks",        "wrapped", "other_prefix", "glued", "counter_only",
    ))  # fmt: skip
    shown = _damage(rng, number, kind)
    if rng.random() < 0.08:
        second = rng.choice(("confused", "blanks", "wrong"))
        shown = _damage(rng, shown, second)
        kind = f"{kind}+{second}"
    return rng.choice(_PREFIXES) + shown, kind


def _damage(rng: random.Random, number: str, kind: str) -> str:
    digits = [place for place, sign in enumerate(number) if sign.isdigit()]
    if len(digits) < 3:
        return number
    place = rng.choice(digits)
    if kind == "confused":
        places = [at for at in digits if number[at] in _CONFUSED] or [place]
        at = rng.choice(places)
        return number[:at] + _CONFUSED.get(number[at], "O") + number[at + 1 :]
    if kind == "transposed":
        pairs = [at for at in digits[:-1] if number[at + 1].isdigit() and number[at] != number[at + 1]] or [digits[0]]
        at = rng.choice(pairs)
        return number[:at] + number[at + 1 : at + 2] + number[at] + number[at + 2 :]
    if kind == "dropped":
        return number[:place] + number[place + 1 :]
    if kind == "doubled":
        return number[:place] + number[place] + number[place:]
    if kind == "wrong":
        return number[:place] + str((int(number[place]) + rng.randrange(1, 10)) % 10) + number[place + 1 :]
    if kind == "no_prefix_no_zeros":
        return re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"^[A-Z]+[-/]?", "", number))
    if kind == "no_year":
        return re.sub(r"20[0-9]{2}[-/]?", "", number, count=1)
    if kind == "short_year":
        return re.sub(r"20([0-9]{2})", r"\1", number, count=1)
    if kind == "blanks":
        at = rng.choice(digits[1:])
        return f"{number[:at]} {number[at:]}"
    if kind == "wrapped":
        at = rng.randrange(1, len(number))
        return f"{number[:at]}  {number[at:]}" if rng.random() < 0.5 else f"{number[:at]} {number[at:]}"
    if kind == "other_prefix":
        return rng.choice(("RG", "R-", "AR", "Rnr", "BELEG ")) + re.sub(r"^[A-Z]+[-/]?", "", number)
    if kind == "glued":
        return f"Rechnung{number}vom".replace("-", "") if rng.random() < 0.5 else f"RNR{number}"
    counter: str = re.findall(r"[0-9]+", number)[-1]
    return counter.lstrip("0") or counter


def bank_text(rng: random.Random, text: str) -> str:
    """What the banking system leaves of a text: 140 characters, blanks at wraps, upper case, lost umlauts."""
    if rng.random() < 0.15:
        text = text.upper()
    if rng.random() < 0.1:
        # A blank is invented at column 27, as MT940 subfields do.
        text = "".join(text[at : at + 27] + (" " if at + 27 < len(text) else "") for at in range(0, len(text), 27))
    return umlauts(rng, text)[:140]


def umlauts(rng: random.Random, text: str) -> str:
    """A name or text with its umlauts as some bank writes them."""
    way = rng.random()
    if text.isascii() or way < 0.35:
        return text
    if way < 0.7:
        for sign, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
            text = text.replace(sign, two)
        return text
    if way < 0.82:
        bare: str = text.translate(str.maketrans("äöüÄÖÜß", "aouAOUs"))
        return bare
    if way < 0.92:
        return "".join(sign if sign.isascii() else "?" for sign in text)
    return text.encode().decode("latin-1")
