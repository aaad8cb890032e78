"""Lines of an MT940/MT942 file to messages and fields. Decides what is a tag and what only looks like one (SWIFT
block 4; DK Anlage 3)."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_HEADER = frozenset({"20", "21", "25", "25P", "28", "28C", "13", "13D", "34F", "60F", "60M"})
_BODY = frozenset({"61", "86", "NS"})
_END = frozenset({"62F", "62M", "64", "65", "90C", "90D"})
_PLAIN = {"61:": "61", "86:": "86"}
_CLOSING = frozenset({"62F", "62M", "90C", "90D"})
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
    """UTF-8 if it is, else cp1252, else latin-1 (which never fails); byte order marks removed.

    FinTS delivers ``@@`` where files have line ends.
    """
    text = _decode(content)
    return text.replace("@@", "\n") if "@@:" in text[:4096] else text


def _decode(content: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def messages(text: str) -> list[Message]:
    """All messages of a file. What stands before the first field and between messages (SWIFT blocks, bank headers) is
    no data and is left out."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    splitter = _Splitter()
    line = 1
    chunks = text.split("\n:")
    for index, chunk in enumerate(chunks):
        if index and (tag := _PLAIN.get(chunk[:3])) and "\n-" not in chunk and "\n{" not in chunk:
            splitter.plain(tag, chunk, line)
        elif index or chunk[:1] == ":":
            splitter.field(chunk if index else chunk[1:], line, chunks, index)
        else:
            splitter.text(chunk.split("\n"), line, chunks, index)
        line += chunk.count("\n") + 1
    return splitter.finish()


class _Splitter:
    """Builds messages from chunks of text, each beginning where a line begins with a colon."""

    def __init__(self) -> None:
        self._found: list[Message] = []
        self._fields: list[Field] = []
        self._current: list[str] | None = None
        self._booked = self._closed = False  # a booking was seen; a closing balance or total was seen

    def plain(self, tag: str, chunk: str, line: int) -> None:
        """A booking or its information with nothing in it that could end a message: nearly every chunk there is."""
        if tag == "61":
            if self._closed:
                self._start(_head(self._fields))
            self._booked = True
        self._current = chunk[3:].split("\n")
        self._fields.append(Field(tag, line, self._current))

    def field(self, chunk: str, line: int, chunks: list[str], index: int) -> None:
        """A chunk whose first line, its colon cut off, may be a field."""
        end = chunk.find(":", 1, 5)
        tag = chunk[:end] if end > 0 else ""
        if tag not in _TAGS or (
            tag in _HEADER and self._booked and not self._closed and not _is_head(tag, chunks, index)
        ):
            self.text((":" + chunk).split("\n"), line, chunks, index)
            return
        if tag == "61":
            if self._closed:
                self._start(_head(self._fields))
            self._booked = True
        elif tag in _HEADER:
            if tag == "20":
                self._start([])
            elif self._closed:
                self._start(_head(self._fields))
        elif tag in _CLOSING:
            self._closed = True
        value = chunk[end + 1 :]
        if "\n" in value:
            lines = value.split("\n")
            self._current = lines[:1]
            self._fields.append(Field(tag, line, self._current))
            if "\n-" in value or "\n{" in value:
                self.text(lines[1:], line + 1, chunks, index)
            else:
                self._current += lines[1:]
        else:
            self._current = [value]
            self._fields.append(Field(tag, line, self._current))

    def text(self, lines: list[str], line: int, chunks: list[str], index: int) -> None:
        """Lines that start no field: they continue one, end the message, or are no data."""
        for number, text in enumerate(lines):
            if text[:1] == "-" and self._ends_message(text, lines, number, chunks, index):
                # A booking behind the end still belongs to this account; its statement then has no balances.
                self._start(_head(self._fields))
                self._current = None
            elif text.startswith("{1:"):
                self._start([])
                self._current = None
            elif self._current is not None:
                self._current.append(text)

    def _start(self, fields: list[Field]) -> None:
        if self._fields:
            self._found.append(Message(self._fields))
        self._fields, self._booked, self._closed = fields, False, False

    def finish(self) -> list[Message]:
        self._start([])
        return [message for message in self._found if any(field.line > 0 for field in message.fields)]

    def _ends_message(self, text: str, lines: list[str], number: int, chunks: list[str], index: int) -> bool:
        """``-`` or ``-}`` alone on a line; between bookings only when nothing of this message follows."""
        rest = text[1:].strip("\x00\x01\x02\x03\x1a \t")
        if rest.startswith("}"):
            return True
        if rest:
            return False
        if self._closed:
            return True
        following = next((other for other in lines[number + 1 :] if other.strip()), "")
        if following:
            return following.startswith("{")
        return index + 1 >= len(chunks) or chunks[index + 1].startswith("20:")


def _head(fields: list[Field]) -> list[Field]:
    """Reference and account, carried over to what follows without a head of its own."""
    return [Field(field.tag, -abs(field.line), field.lines) for field in fields if field.tag in ("20", "25", "25P")]


def _is_head(tag: str, chunks: list[str], index: int) -> bool:
    """Whether a header tag between bookings is real. Payers write lines like ``:20:``; a new message without an end of
    the last one goes on with its account or number."""
    if tag != "20" or "\n" in chunks[index].strip() or index + 1 >= len(chunks):
        return False
    return chunks[index + 1].startswith(("21:", "25:", "25P:", "28:", "28C:"))
