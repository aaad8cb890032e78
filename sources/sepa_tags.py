"""SEPA tags inside the remittance lines of ``:86:``: ``EREF+…``, and the colon form of cooperative banks.

On paper each tag starts a subfield and continuations carry none. In reality tags stand in the middle, are split over
two subfields, and payers type things that look like tags. A tag counts where the grammar allows it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

_NAMES = "EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|BREF|RREF|PURP|MDAT|RCUR|SQTP|ANAM"
_TAG = re.compile(rf"({_NAMES})\+")
_COLON = re.compile(r"(?:(?<=\s)|^)(EREF|KREF|MREF|CRED|DEBT|IBAN|BIC|ABWA|ABWE|SVWZ|PURP|OAMT|COAM): ?")
_TAG_NAMES = frozenset(_NAMES.split("|"))
_TEXTS = frozenset({"SVWZ", "ABWA", "ABWE"})
_AFTER_TEXT = frozenset({"ABWA", "ABWE"})
_WIDTH = 27
_NEARLY_FULL = 25  # trailing blanks are cut; a value that ends earlier does not go on in the next subfield
_LONGEST_ID = 35


class Tagged(NamedTuple):
    """values by tag name (without SVWZ); text: the payer's remittance; rest: bank text outside of any tag."""

    values: dict[str, str]
    text: str
    rest: str


def wrapped(pieces: list[str], lost: int = 0) -> str:
    """Subfields to one text: a subfield shorter than its width lost a trailing blank, which is put back.

    lost: signs cut off the first piece already (its tag).
    """
    if len(pieces) == 1:
        return pieces[0]
    out: list[str] = []
    width = lost
    for piece in pieces:
        if out and width < _WIDTH and piece[:1] != " " and out[-1][-1:] not in ("", " "):
            out.append(" ")
        out.append(piece)
        width = len(piece)
        if len(out) == 1:
            width += lost
    return "".join(out)


def plus_tags(pieces: list[str]) -> Tagged:
    """The remittance subfields in file order → tags and text. Without any tag everything is text."""
    plain = _by_the_book(pieces)
    if plain is not None:
        return plain
    joined = "".join(pieces)
    first = _TAG.search(joined) if "+" in joined else None
    if first is None:
        return Tagged({}, wrapped(pieces).strip(), "")
    ends = list(accumulate(map(len, pieces)))
    starts = [0, *ends[:-1]]
    accepted = _accept(joined, pieces, starts)
    if not accepted:
        return Tagged({}, wrapped(pieces).strip(), "")
    values: dict[str, str] = {}
    texts: list[str] = []
    rest: list[str] = []
    if accepted[0].start():
        rest.append(_slice(pieces, starts, 0, accepted[0].start()))
    last = len(accepted) - 1
    for index, found in enumerate(accepted):
        begin = found.end()
        end = accepted[index + 1].start() if index < last else len(joined)
        name = found[1]
        if name in _TEXTS:
            value = _slice(pieces, starts, begin, end)
        else:
            stop = _end_of_value(pieces, starts, begin, end)
            value = joined[begin:stop]
            if stop < end:
                rest.append(_slice(pieces, starts, stop, end))
        if name == "SVWZ":
            texts.append(value)
        else:
            values[name] = value.strip()
    other = " ".join(piece.strip() for piece in rest if piece.strip())
    if texts:
        return Tagged(values, texts[0].strip(), other)
    return Tagged(values, other, "")


def _by_the_book(pieces: list[str]) -> Tagged | None:
    """Subfields where every ``+`` ends a tag of its own subfield, in the common order; None for anything livelier."""
    values: dict[str, str] = {}
    texts: list[str] = []
    name = ""
    full = False
    for piece in pieces:
        plus = piece.find("+")
        if plus < 0:
            if name == "SVWZ":
                texts.append(piece)
            elif full and name not in _TEXTS:
                value = values[name] + piece
                if len(value) > _LONGEST_ID:
                    return None
                values[name] = value
                full = len(piece) >= _NEARLY_FULL
            else:
                return None
            continue
        found = piece[:plus]
        if found not in _TAG_NAMES or found in values or name in _TEXTS or piece.find("+", plus + 1) >= 0:
            return None
        name = found
        if name == "SVWZ":
            texts.append(piece[5:])
        else:
            values[name] = piece[plus + 1 :]
            full = len(piece) >= _NEARLY_FULL
    if not texts:
        return None
    text = wrapped(texts, len("SVWZ+"))
    for key, value in values.items():
        values[key] = value.strip()
    return Tagged(values, text.strip(), "")


def _accept(joined: str, pieces: list[str], starts: list[int]) -> list[re.Match[str]]:
    """The tags that are tags, in order."""
    accepted: list[re.Match[str]] = []
    seen: set[str] = set()
    in_text = False
    boundaries = {start: index for index, start in enumerate(starts)}
    for found in _TAG.finditer(joined):
        name, at = found[1], found.start()
        index = boundaries.get(at)
        if name in seen:
            continue
        if not accepted and index is None:
            continue  # the payer's own words: no tag has opened the structure yet
        if accepted and (in_text or _is_free(pieces, starts, accepted[-1].end(), at)):
            # Behind the text only a subfield of its own is a tag, and not where the text merely wraps.
            wraps = name not in _AFTER_TEXT and index is not None and len(pieces[index - 1]) >= _WIDTH
            if index is None or wraps:
                continue
        accepted.append(found)
        seen.add(name)
        in_text = in_text or name == "SVWZ"
    return accepted


def _is_free(pieces: list[str], starts: list[int], begin: int, at: int) -> bool:
    """Whether the value that begins at ``begin`` ended in an earlier subfield than the one ``at`` lies in, or before
    the subfield that starts at ``at`` with text in between."""
    here = bisect_right(starts, at) - 1
    if starts[here] == at:
        here -= 1
    first = bisect_right(starts, begin) - 1
    return any(len(pieces[index]) < _NEARLY_FULL for index in range(first, here))


def _end_of_value(pieces: list[str], starts: list[int], begin: int, end: int) -> int:
    """Where an identifier ends: with its subfield unless that is full, and never beyond 35 characters."""
    index = bisect_right(starts, begin) - 1
    stop = starts[index] + len(pieces[index])
    if begin == stop and index + 1 < len(pieces):  # the tag itself filled its subfield
        index += 1
        stop += len(pieces[index])
    while stop < end and index + 1 < len(pieces):
        following = stop + len(pieces[index + 1])
        if len(pieces[index]) < _NEARLY_FULL or min(following, end) - begin > _LONGEST_ID:
            return stop
        index, stop = index + 1, following
    return min(stop, end)


def _slice(pieces: list[str], starts: list[int], begin: int, end: int) -> str:
    """Text between two places of the joined subfields with the blanks at the wraps put back."""
    first = bisect_right(starts, begin) - 1
    last = bisect_right(starts, end - 1) - 1 if end > begin else first
    if first == last:
        return pieces[first][begin - starts[first] : end - starts[first]]
    parts = [pieces[first][begin - starts[first] :], *pieces[first + 1 : last], pieces[last][: end - starts[last]]]
    return wrapped(parts, begin - starts[first])


def colon_tags(tagged: Tagged) -> Tagged:
    """Cooperative banks append ``EREF: … MREF: … IBAN: …`` to the text, sometimes twice. The block is cut off and
    fills what the plus form left open; a block that contradicts it was typed by the payer and stays text.
    """
    matches = list(_COLON.finditer(tagged.text))
    if not matches or (len(matches) == 1 and matches[0][1] not in ("ABWA", "ABWE", "SVWZ")):
        return tagged
    block: dict[str, str] = {}
    for index, found in enumerate(matches):
        end = matches[index + 1].start() if index + 1 < len(matches) else len(tagged.text)
        block.setdefault(found[1], tagged.text[found.end() : end].strip())
    for name, value in block.items():
        known = tagged.values.get(name, "")
        squeezed, other = value.replace(" ", ""), known.replace(" ", "")
        if name != "SVWZ" and known and not (squeezed.startswith(other) or other.startswith(squeezed)):
            return tagged
    head = tagged.text[: matches[0].start()].strip()
    inner = block.pop("SVWZ", "")
    values = {**block, **tagged.values}
    return Tagged(values, " ".join(part for part in (head, inner) if part), tagged.rest)
