"""Lines of an MT940/MT942 file to messages and fields. Decides what is a tag and what only looks like one (SWIFT
block 4; DK Anlage 3)."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_HEADER = frozenset({"20", "21", "25", "25P", "28", "28C", "13", "13D", "34F", "60F", "60M"})
_BODY = frozenset({"61", "86", "NS"})
_END = frozenset({"62F", "62M", "64", "65", "90C", "90D"})
_TAGS = _HEADER | _BODY | _END


class Field(NamedTuple):
    """A tag, the line it stands on (from 1), its text line by line."""

    tag: str
    line: int
    lines: list[str]


class Message(NamedTuple):
    """The fields of one statement or of one of its pages, in file order; carried-over ones have negative lines."""

    fields: list[Field]

    @property
    def line(self) -> int:
        """Where its own first field stands."""
        return next((field.line for field in self.fields if field.line > 0), 1)


def decode(content: bytes) -> str:
    """UTF-8 if it is, else cp1252, else latin-1 (which never fails); byte order marks removed."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def tag_of(line: str) -> str:
    """``61`` for ``:61:…``, "" for a line that starts no known field."""
    if not line.startswith(":"):
        return ""
    end = line.find(":", 2, 6)
    tag = line[1:end] if end > 0 else ""
    return tag if tag in _TAGS else ""


def messages(text: str) -> list[Message]:
    """All messages of a file. What stands before the first field and between messages (SWIFT blocks, bank headers) is
    no data and is left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: list[Message] = []
    fields: list[Field] = []
    booked = closed = False  # a booking was seen; a closing balance or total was seen
    current: list[str] | None = None
    for number, line in enumerate(lines, 1):
        first = line[:1]
        if first == ":":
            tag = tag_of(line)
            if tag and not _allowed(tag, lines, number, booked=booked, closed=closed):
                tag = ""
            if tag:
                starts_anew = tag == "20" or (closed and tag in _HEADER)
                if starts_anew and fields:
                    carried = [] if tag == "20" else _head(fields)
                    found.append(Message(fields))
                    fields, booked, closed = carried, False, False
                elif tag == "61" and closed:
                    found.append(Message(fields))
                    fields, booked, closed = _head(fields), False, False
                booked = booked or tag == "61"
                closed = closed or tag in ("62F", "62M", "90C", "90D")
                current = [line[len(tag) + 2 :]]
                fields.append(Field(tag, number, current))
                continue
        elif first == "-" and _ends_message(line, lines, number, closed=closed):
            if fields:
                found.append(Message(fields))
            # A booking behind the end still belongs to this account; its statement then has no balances.
            fields, booked, closed, current = _head(fields), False, False, None
            continue
        elif first == "{" and line.startswith("{1:"):
            if fields and any(field.tag not in _HEADER for field in fields):
                found.append(Message(fields))
            fields, booked, closed, current = [], False, False, None
            continue
        if current is not None:
            current.append(line)
    if fields:
        found.append(Message(fields))
    return [message for message in found if not _only_carried(message)]


def _head(fields: list[Field]) -> list[Field]:
    """Reference and account, carried over to what follows without a head of its own."""
    return [Field(field.tag, -abs(field.line), field.lines) for field in fields if field.tag in ("20", "25", "25P")]


def _only_carried(message: Message) -> bool:
    return all(field.line < 0 for field in message.fields)


def _allowed(tag: str, lines: list[str], number: int, *, booked: bool, closed: bool) -> bool:
    """Whether a tag may stand here. Payers write lines like ``:20:``; between bookings a head is real only if the
    account or the number of a statement follows."""
    if tag not in _HEADER or not booked or closed:
        return True
    if tag != "20":
        return False
    following = next((line for line in lines[number : number + 3] if line.strip()), "")
    return tag_of(following) in ("21", "25", "25P", "28", "28C")


def _ends_message(line: str, lines: list[str], number: int, *, closed: bool) -> bool:
    """``-`` or ``-}`` alone on a line; between bookings only when nothing of this message follows."""
    rest = line[1:].strip("\x00\x01\x02\x03\x1a \t")
    if rest.startswith("}"):
        return True
    if rest:
        return False
    if closed:
        return True
    following = next((other for other in lines[number : number + 5] if other.strip()), "")
    return not following or tag_of(following) == "20" or following.startswith("{")
