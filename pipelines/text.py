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


def compact(text: str) -> str:
    """``fold`` with everything but A–Z and 0–9 removed: the same remittance text wrapped differently compares equal."""
    return _NOT_ALNUM.sub("", fold(text))
