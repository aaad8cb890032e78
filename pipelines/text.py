"""Folding of names and remittance text to comparable forms.

Banks replace umlauts in several ways (ä → ae, a, ?, Ã¤), swallow blanks at wraps and invent others; both sides are
folded the same way before anything is compared.
"""

from __future__ import annotations

import re
import unicodedata

_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "AE", "Ö": "OE", "Ü": "UE", "æ": "ae", "ø": "oe", "å": "aa"}
)
_NOT_ALNUM = re.compile(r"[^0-9A-Z]+")
# Zero-width and directional marks carry no meaning and hide differences.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]")


def fold(text: str) -> str:
    """Upper-case ASCII with German transliteration (ä → AE, ß → SS), invisible characters removed, blanks kept."""
    if text.isascii():
        return (text if text.isprintable() else _INVISIBLE.sub("", text)).upper()
    clean = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_GERMAN)
    return unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode().upper()


def holds_whole(said: str, number: str) -> bool:
    """Whether compact text holds a compact number as a whole: ``14`` is not in ``1814``."""
    start = said.find(number)
    while start >= 0:
        before, after = said[start - 1 : start] if start else "", said[start + len(number) : start + len(number) + 1]
        if not (before.isdigit() and number[0].isdigit()) and not (after.isdigit() and number[-1].isdigit()):
            return True
        start = said.find(number, start + 1)
    return False


def compact(text: str) -> str:
    """``fold`` with everything but A–Z and 0–9 removed: the same remittance text wrapped differently compares equal."""
    return _NOT_ALNUM.sub("", fold(text))
