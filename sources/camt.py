"""CAMT.052, .053 and .054 of every version (.001.01 to .001.13), read as a stream by local names (ISO 20022)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Document, Entry, Statement
from sources.camt_entries import read_entry
from sources.camt_statements import account_currency, build_statement
from sources.camt_xml import BadField, local
from sources.notes import Notes
from sources.pages import merge_pages
from sources.xml_head import find_doctype, xml_root

_CONTAINERS = {"Stmt": "053", "Rpt": "052", "Ntfctn": "054"}
_MESSAGES = {"BkToCstmrStmt": "053", "BkToCstmrAcctRpt": "052", "BkToCstmrDbtCdtNtfctn": "054"}
_NAMESPACE = re.compile(r"camt\.05[234]\.001\.\d\d")


class CamtReader:
    """Reads CAMT documents. Safe against hostile XML: no DOCTYPE, no entities, no network, bounded depth and text."""

    name = "camt"
    version = "camt-1"

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
            statements = list(_statements(document))
        except etree.XMLSyntaxError as problem:
            line = problem.lineno or 0
            raise UnreadableDocument(
                "xml-malformed",
                f"The XML is not well-formed or cut off ({_kind_of(problem)}); fetch the file again.",
                f"line {line}",
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


def _kind_of(problem: etree.XMLSyntaxError) -> str:
    """The parser's error number: its text would repeat what stands in the file."""
    return f"parser error {getattr(problem, 'code', 0)}"


def _statements(document: Document) -> Iterator[Statement]:
    """The stream: an entry is read when it ends and freed when the next one has ended."""
    context = etree.iterparse(
        io.BytesIO(document.content),
        events=("start", "end"),
        tag=tuple(f"{{*}}{name}" for name in ("Ntry", *_CONTAINERS)),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    container: _Element | None = None
    done: _Element | None = None
    family = version = position = ""
    entries: list[Entry] = []
    notes = Notes(document)
    statement_number = entry_number = 0
    currency: str | None = None
    for event, element in context:
        name = local(element.tag)
        if name == "Ntry":
            if event == "start" or container is None or element.getparent() is not container:
                continue
            entry_number += 1
            if currency is None:
                currency = account_currency(container)
            entry = _entry(element, f"{position}/Ntry {entry_number}", currency, notes, final=family == "053")
            if entry is not None:
                entries.append(entry)
            if done is not None:
                container.remove(done)
            element.clear()
            done = element
        elif event == "start":
            found = _container_family(element, name) if container is None else None
            if found is not None:
                statement_number += 1
                container, (family, version), position = element, found, f"{name} {statement_number}"
                entries, notes, entry_number, done, currency = [], Notes(document), 0, None, None
        elif container is not None and element is container:
            yield build_statement(container, family, version, position, entries, notes)
            container.clear()
            container, done = None, None


def _container_family(element: _Element, name: str) -> tuple[str, str] | None:
    """Family and version when the element is a real statement: Document / BkToCstmr… / Stmt, wherever the Document
    stands (some banks wrap it into a business message)."""
    message = element.getparent()
    if message is None:
        return None
    family = _family(local(message.tag))
    if family is None or family != _CONTAINERS[name]:
        return None
    found = _NAMESPACE.search(message.tag)
    return family, found[0] if found else ""


def _entry(element: _Element, position: str, currency: str, notes: Notes, *, final: bool) -> Entry | None:
    try:
        entry = read_entry(element, position, currency, notes, final=final)
    except BadField as problem:
        notes.error(
            "camt-bad-entry",
            f"An entry cannot be read: {problem} (line {element.sourceline}). The statement is held.",
            position,
        )
        return None
    if entry.booking_date is None and entry.value_date is None:
        notes.warning(
            "camt-no-date", "The entry has neither booking nor value date; the report's day counts.", position
        )
    return entry
