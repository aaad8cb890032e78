"""Why a payment came back: ISO reason codes from every place banks hide them (EPC; DK Anlage 3)."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines.text import compact, fold

_CODE = re.compile(r"\b(?:(?:AC|AG|AM|BE|MD|MS|RC|RR|SL|TM|FF|ED|DT)\d\d|FOCR|CNOR|DNOR)\b")
_AFTER_GROUND = re.compile(r"(?:GRUND|REASON|RTRN)[^A-Z0-9]{0,4}")
_ISO = re.compile(r"[A-Z]{2}\d{2}|[A-Z]{4}")

# Textschlüsselergänzung on returns; 905, 911 and 914 are ambiguous between banks, the commoner reading is taken.
EXTENSIONS = {
    "901": "AC01",
    "902": "AC04",
    "903": "AC06",
    "904": "AG01",
    "905": "AG02",
    "906": "AM04",
    "907": "AM05",
    "908": "BE04",
    "909": "MD01",
    "910": "MD02",
    "911": "BE05",
    "912": "MD06",
    "913": "MD07",
    "914": "MS03",
    "915": "RC01",
    "916": "TM01",
    "917": "RR01",
    "918": "SL01",
    "930": "AC13",
    "931": "FF05",
}

# Blank-free, folded beginnings of what German banks write; texts are often cut, so the stems are short.
_PHRASES = (
    ("WIDERSPRUCH", "MD06"),
    ("KONTOAUFGELOES", "AC04"),
    ("KONTOERLOSCHEN", "AC04"),
    ("KONTOGELOESCHT", "AC04"),
    ("KONTOGESPERRT", "AC06"),
    ("KONTOGESCHLOSSEN", "AC04"),
    ("KEINGUELTIGESMANDAT", "MD01"),
    ("KEINMANDAT", "MD01"),
    ("MANDATUNGUELTIG", "MD01"),
    ("KEINEERMAECHTIGUNG", "MD01"),
    ("KEINEEINZUGSERM", "MD01"),
    ("MANDATSDATEN", "MD02"),
    ("IBANFEHLERHAFT", "AC01"),
    ("IBANUNGUELTIG", "AC01"),
    ("IBANFALSCH", "AC01"),
    ("KONTONUMMERFALSCH", "AC01"),
    ("KONTONRFALSCH", "AC01"),
    ("MANGELSDECKUNG", "AM04"),
    ("DECKUNGUNGENUEGEND", "AM04"),
    ("KEINEDECKUNG", "AM04"),
    ("UNZUREICHENDEDECKUNG", "AM04"),
    ("KONTOINHABERVERSTORBEN", "MD07"),
    ("ZAHLERVERSTORBEN", "MD07"),
    ("VERSTORBEN", "MD07"),
    ("DOPPELEINREICHUNG", "AM05"),
    ("DOPPELTEEINREICHUNG", "AM05"),
    ("LASTSCHRIFTNICHTZULAESSIG", "AG01"),
    ("BICFEHLERHAFT", "RC01"),
    ("BICUNGUELTIG", "RC01"),
    ("SONSTIGEGRUENDE", "MS03"),
    ("NICHTSPEZIFIZIERT", "MS03"),
)


class Reason(NamedTuple):
    """code: ISO reason; source: ``file``, ``text``, ``extension``, ``phrase`` or ``default`` (the bank is silent)."""

    code: str
    source: str


def reason_of(stated: str, bank_words: str, text: str, extension: str) -> Reason:
    """The reason of an entry already known to be a return.

    stated: RtrInf/Rsn/Cd. bank_words: Rsn/Prtry and AddtlInf. text: booking text and remittance. extension: ``?34``.
    """
    if _ISO.fullmatch(stated):
        return Reason(stated, "file")
    words = fold(f"{bank_words} {text}")
    found = _code_in(words)
    if found:
        return Reason(found, "text")
    for candidate in (extension, bank_words.strip()):
        if candidate in EXTENSIONS:
            return Reason(EXTENSIONS[candidate], "extension")
    letters = compact(words)
    best = min(((at, code) for stem, code in _PHRASES if (at := letters.find(stem)) >= 0), default=None)
    return Reason(best[1], "phrase") if best else Reason("MS03", "default")


def _code_in(words: str) -> str:
    """The first code; one that follows ``…grund:`` wins over letters and digits of the payer's own text."""
    for ground in _AFTER_GROUND.finditer(words):
        found = _CODE.match(words, ground.end())
        if found:
            return found[0]
    first = _CODE.search(words)
    return first[0] if first else ""
