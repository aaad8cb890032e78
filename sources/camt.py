"""CAMT.052, .053 and .054 of every version (.001.01 to .001.13), read as a stream by local names (ISO 20022)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from pipelines.errors import UnreadableDocument
from pipelines.model.collector import paused
from pipelines.model.statement import Document, Entry, Statement
from sources.camt_entries import read_entry
from sources.camt_statements import account_currency, build_statement
from sources.camt_xml import NAMES, BadField
from sources.notes import Notes
from sources.pages import merge_pages
from sources.xml_head import find_doctype, xml_root

_MESSAGES = {"BkToCstmrStmt": "053", "BkToCstmrAcctRpt": "052", "BkToCstmrDbtCdtNtfctn": "054"}
_CONTAINERS = {"053": "Stmt", "052": "Rpt", "054": "Ntfctn"}
_NAMESPACE = re.compile(r"camt\.05[234]\.001\.\d\d")
_CHUNK = 65_536
_LARGEST_CHUNK = 8 * 1024 * 1024
_DEEPEST = 20_000
_MOST_WAITING = 4_000_000  # tags in memory at once; one entry with tens of thousands of payments stays below
_ENVELOPES = 5
_READ = "read"


class CamtReader:
    """Reads CAMT documents. Safe against hostile XML: no DOCTYPE and so no entities, bounded depth and breadth."""

    name = "camt"
    version = "camt-2"

    def recognises(self, head: bytes) -> bool:
        root = xml_root(head)
        return root is not None and (
            _NAMESPACE.search(root.namespace) is not None or _family(root.first_child) is not None
        )

    def read(self, document: Document) -> Iterator[Statement]:
        """All statements; see StatementReader. The whole document is read before the first one is given away."""
        if find_doctype(document.content):
            raise UnreadableDocument(
                "xml-doctype", "The XML declares a DOCTYPE, which no bank sends; it was not read.", "line 1"
            )
        try:
            with paused():
                statements = _Stream(document).statements()
        except ParseError as problem:
            raise UnreadableDocument(
                "xml-malformed",
                f"The XML is not well-formed or cut off (parser error {problem.code}); fetch the file again.",
                f"line {problem.position[0]}",
            ) from None
        except (LookupError, ValueError):  # an encoding nobody knows
            raise UnreadableDocument(
                "xml-encoding", "The XML names an encoding that cannot be read; fetch the file again.", "line 1"
            ) from None
        if not statements:
            raise UnreadableDocument(
                "camt-no-statement",
                "The document is a CAMT message without any statement, report or notification; this is not the same "
                "as a day without bookings. Fetch the file again.",
                "Document",
            )
        yield from merge_pages(statements)


READER = CamtReader()


def _family(message: str) -> str | None:
    """``053`` for ``BkToCstmrStmt`` and ``BkToCstmrStmtV01``; None for other messages."""
    return _MESSAGES.get(message) or _MESSAGES.get(re.sub(r"V\d\d$", "", message))


class _Stream:
    """One pass over a document. The parser grows a tree under a root of ours; after every chunk the entries that are
    complete are read and cut off, so memory holds one chunk and the values, not the file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._done: list[Statement] = []
        self._report: _Report | None = None
        self._number = 0

    def statements(self) -> list[Statement]:
        content, encoding = _prepared(self._document.content)
        builder = TreeBuilder()
        root = builder.start("root", {})
        parser = XMLParser(target=builder, encoding=encoding)
        start = waiting = depth = 0
        size = _CHUNK
        while start < len(content):
            chunk = content[start : start + size]
            start += size
            tags = chunk.count(b"<")
            waiting += tags
            # Elements still open, or fewer: no text can make this count higher than the truth by much.
            depth += tags - 2 * chunk.count(b"</") - chunk.count(b"/>") - chunk.count(b"<!") - chunk.count(b"<?")
            if depth <= _DEEPEST:
                parser.feed(chunk)
            if depth <= _DEEPEST and self._advance(root, last=False):
                size, waiting = _CHUNK, 0
            elif depth > _DEEPEST or waiting > _MOST_WAITING:
                raise UnreadableDocument(
                    "xml-too-complex", "The XML is nested or repeated beyond all reason; it was not read.", "Document"
                )
            else:
                size = min(2 * size, _LARGEST_CHUNK)  # an endless token costs its length at every feed
        parser.close()
        self._advance(root, last=True)
        return self._done

    def _advance(self, root: Element, *, last: bool) -> bool:
        """Read what is complete; whether anything was."""
        progress = False
        messages = list(_messages(root, _ENVELOPES))
        for message, family, version in messages:
            open_end = not last and message is messages[-1][0] and len(message) > 0
            newest = message[-1] if open_end else None
            for container in [item for item in message if NAMES[item.tag] == _CONTAINERS[family]]:
                if self._report is None or self._report.container is not container:
                    self._number += 1
                    self._report = _Report(self._document, container, family, version, self._number)
                progress = self._report.read_entries(complete=container is not newest) or progress
                if container is not newest:
                    self._done.append(self._report.statement())
                    self._report, progress = None, True
                    container.clear()
                    container.tag = _READ
        return progress


def _prepared(content: bytes) -> tuple[bytes, str | None]:
    """Bytes for the parser and their encoding where it is not the declared one: UTF-16 becomes UTF-8; blanks before
    the XML declaration and control bytes behind the end, which some transports add, go."""
    encoding = None
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
        guess = "utf-16-be" if content[:1] == b"\x00" else "utf-16-le"
        marked = content[:1] in (b"\xff", b"\xfe")
        content, encoding = content.decode("utf-16" if marked else guess).encode(), "utf-8"
    trimmed = content.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").rstrip(b" \t\r\n\x00\x1a")
    return trimmed, encoding


def _messages(element: Element, depth: int) -> Iterator[tuple[Element, str, str]]:
    """``BkToCstmr…`` elements with family and version, also inside the wrappers some banks put around them."""
    for item in element:
        tag = item.tag
        family = _family(NAMES[tag])
        if family is not None:
            found = _NAMESPACE.search(tag)
            yield item, family, found[0] if found else ""
        elif depth:
            yield from _messages(item, depth - 1)


class _Report:
    """A ``Stmt``, ``Rpt`` or ``Ntfctn`` while it is being read."""

    def __init__(self, document: Document, container: Element, family: str, version: str, number: int) -> None:
        self.container = container
        self._family, self._version = family, version
        self._position = f"{NAMES[container.tag]} {number}"
        self._notes = Notes(document)
        self._entries: list[Entry] = []
        self._count = 0
        self._header = 0  # children before the first entry
        self._currency: str | None = None

    def read_entries(self, *, complete: bool) -> bool:
        """Read and cut off the entries that have ended: all of them, or all but the last child."""
        container = self.container
        end = len(container) if complete else len(container) - 1
        first = self._header
        while first < end and NAMES[container[first].tag] != "Ntry":
            first += 1
        self._header = first
        if first >= end:
            return False
        if self._currency is None:
            self._currency = account_currency(container)
        for element in container[first:end]:
            if NAMES[element.tag] == "Ntry":
                self._entry(element)
        kept = [element for element in container[first:end] if NAMES[element.tag] != "Ntry"]
        container[first:end] = kept
        return len(kept) < end - first

    def _entry(self, element: Element) -> None:
        self._count += 1
        position = f"{self._position}/Ntry {self._count}"
        try:
            self._entries.append(
                read_entry(element, position, self._currency or "", self._notes, final=self._family == "053")
            )
        except BadField as problem:
            self._notes.error("camt-bad-entry", f"An entry cannot be read: {problem}. The statement is held.", position)

    def statement(self) -> Statement:
        return build_statement(self.container, self._family, self._version, self._position, self._entries, self._notes)
