"""Foreign text made harmless for the eye: what steers a page, a terminal or a line of text becomes visible instead.

Remittance text comes from strangers. The grid writes it into text nodes only; this takes care of what even a text node
obeys: control characters, and marks that turn the direction of writing and let ``001`` look like ``100``.
"""

from __future__ import annotations

import html
import re
import unicodedata

_STEERING = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """The text with every control or direction sign shown by a symbol (``␛``, ``⟦202E⟧``); nothing is left out."""
    if text.isascii() and text.isprintable():
        return text
    shown = _STEERING.sub(lambda found: f"⟦{ord(found[0]):04X}⟧", text)
    return "".join(_visible(sign) for sign in shown)


def _visible(sign: str) -> str:
    code = ord(sign)
    if code < 32:
        return chr(0x2400 + code)
    if code == 127:
        return "\u2421"
    return f"⟦{code:04X}⟧" if unicodedata.category(sign) in ("Cc", "Cs", "Co") else sign


def markup(text: str) -> str:
    """The text for an HTML table of a notebook: inert, and no sign of it is markup, Markdown or mathematics."""
    escaped = html.escape(inert(text), quote=True)
    return re.sub(r"[$`*_\[\]{}|\\~]", lambda found: f"&#{ord(found[0])};", escaped)


def cell(text: str) -> str:
    """The text for a spreadsheet: inert, and never a formula."""
    shown = inert(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
