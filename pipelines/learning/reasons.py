"""What the reason codes and evidence levels mean, in English and German: one line for people, no personal data.

A near miss is explained by its reason code and by what the compared fields showed: "amount exact; number lacks its
prefix, year or zeros; account unknown".
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pipelines.learning.patterns import OBJECTIONS

LANGUAGES: Final = ("en", "de")

_TEXTS: Final = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))
REASONS: Final[dict[str, dict[str, str]]] = _TEXTS["reasons"]
_SEEN: Final[dict[str, dict[str, str]]] = _TEXTS["seen"]
_ORDER: Final = {"amount": 0, "reference": 1, "payer": 2, "name": 3, "customer": 4}


def text(code: str, language: str = "en") -> str:
    """What a reason code means; the code itself when it is not in the catalogue."""
    found = REASONS.get(code)
    return found[language] if found else code


def seen(pattern: str, language: str = "en") -> str:
    """What the compared fields of a pattern showed, in one line; "" for a payment that nothing explains."""
    levels = [level for level in pattern.partition(OBJECTIONS)[0].split("|") if level in _SEEN]
    levels.sort(key=lambda level: _ORDER.get(level.partition(":")[0], 9))
    return "; ".join(_SEEN[level][language] for level in levels)


def near_miss(code: str, pattern: str, further: Iterable[str] = (), language: str = "en") -> str:
    """Why something did not post, and what the evidence was. further: other objections beside ``code``."""
    parts = [text(code, language), *(text(other, language) for other in further if other != code)]
    line = "; ".join(dict.fromkeys(parts))
    shown = seen(pattern, language)
    return f"{line} ({shown})" if shown else line
