"""What a document is, from its content alone, and who reads it. What nobody reads is refused with a reason."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Document, Statement
from pipelines.ports.source import StatementReader
from sources.xml_head import decode_head, find_doctype, xml_root

# Modules of this package that offer a ``READER``; a new format is one new file and its name here.
FORMATS = ("camt", "mt940", "finapi_json", "fints_balance", "csv_export")

HEAD_BYTES = 65_536
_HTML = re.compile(
    r"\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\x0c\x1b\x01\x03\x1a")
_MAGIC = (
    (b"%PDF-", "document-pdf", "a PDF"),
    (b"PK\x03\x04", "document-zip", "a ZIP archive inside a document"),
    (b"\x1f\x8b", "document-compressed", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "document-binary", "an old Office file"),
    (b"\x89PNG", "document-binary", "an image"),
    (b"\xff\xd8\xff", "document-binary", "an image"),
    (b"Rar!", "document-compressed", "a RAR archive"),
    (b"7z\xbc\xaf", "document-compressed", "a 7z archive"),
    (b"PAR1", "document-binary", "a Parquet table"),
)


@lru_cache(maxsize=1)
def readers() -> tuple[StatementReader, ...]:
    """Every statement reader, in the order they are asked."""
    return tuple(import_module(f"sources.{name}").READER for name in FORMATS)


def reader_for(document: Document) -> StatementReader:
    """The reader of a document. Raises UnreadableDocument with the reason when there is none."""
    content = document.content
    if not content.strip(b"\x00 \t\r\n\x0b\x0c\xef\xbb\xbf"):
        raise UnreadableDocument(
            "document-empty",
            "The file is empty; an empty file is not a day without bookings. Fetch it again.",
            "byte 0",
        )
    head = content[:HEAD_BYTES]
    for magic, code, what in _MAGIC:
        if head.startswith(magic):
            raise UnreadableDocument(code, f"The file is {what}, not a bank statement.", "byte 0")
    for reader in readers():
        if reader.recognises(head):
            return reader
    raise _refusal(content, head)


def read(document: Document) -> tuple[StatementReader, tuple[Statement, ...]]:
    """Recognise and read a document whole. Raises UnreadableDocument; nothing else comes out of a broken file."""
    reader = reader_for(document)
    return reader, tuple(reader.read(document))


def _refusal(content: bytes, head: bytes) -> UnreadableDocument:
    text = decode_head(head)
    if _HTML.match(text):
        return UnreadableDocument(
            "document-html", "The file is a web page, probably an error message of the bank's server.", "line 1"
        )
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _refused_xml(content, head)
    if b"\x00" in head or sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head[:4096]) > 8:
        return UnreadableDocument("document-binary", "The file holds binary data, not a bank statement.", "byte 0")
    return UnreadableDocument(
        "document-unknown",
        "The content is none of CAMT.052/053/054, MT940, MT942, finAPI JSON or a bank's CSV export. "
        "Check what was delivered here.",
        "line 1",
    )


def _refused_xml(content: bytes, head: bytes) -> UnreadableDocument:
    if find_doctype(content):
        return UnreadableDocument(
            "xml-doctype", "The XML declares a DOCTYPE, which no bank sends; it was not read.", "line 1"
        )
    root = xml_root(head)
    if root is None:
        return UnreadableDocument("xml-malformed", "The file begins like XML but has no root element.", "line 1")
    message = re.search(r"(?:pain|camt|pacs|head|admi|acmt)\.\d{3}\.\d{3}\.\d\d", root.namespace)
    what = message[0] if message else "another kind of XML"
    return UnreadableDocument(
        "xml-not-a-statement",
        f"The XML is {what}, not a CAMT.052/053/054 statement.",
        "root element",
    )
