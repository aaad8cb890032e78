"""A look at the beginning of an XML document without parsing it: root element, namespace, DOCTYPE."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_SPACE_AND_NOTES = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_START_TAG = re.compile(r"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>?")
_NAMESPACES = re.compile(r"xmlns(?::([\w.\-]+))?\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_MESSAGE_ENVELOPES = 6  # how many elements deep a wrapped Document is looked for


class XmlRoot(NamedTuple):
    """root: local name; namespace: of the root or of the first element below that declares a CAMT one;
    first_child: the first local name that looks like a message (``BkToCstmrStmt``), "" if none is in sight."""

    root: str
    namespace: str
    first_child: str


def decode_head(head: bytes) -> str:
    """Text of a document's first bytes, for looking at only: a wrong guess of the encoding damages letters."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    if head.startswith(b"<\x00"):
        return head.decode("utf-16-le", "replace")
    if head.startswith(b"\x00<"):
        return head.decode("utf-16-be", "replace")
    return head.decode("latin-1")


def xml_root(head: bytes) -> XmlRoot | None:
    """The root of something that begins like XML, None for everything else. HTML counts as XML here if it looks so."""
    text = decode_head(head)
    start = _skip(text)
    if text.startswith("<!", start):
        return None
    found = _START_TAG.match(text, start)
    if not found:
        return None
    root, namespace = found[2], _namespace(found[1], found[3])
    first_child = ""
    message = found
    for _ in range(_MESSAGE_ENVELOPES):
        if message[2].startswith("BkToCstmr"):
            first_child = message[2]
            namespace = _namespace(message[1], message[3]) or namespace
            break
        declared = _namespace(message[1], message[3])
        if declared and "camt.05" in declared:
            namespace = declared
        following = _START_TAG.search(text, _skip(text, message.end()))
        if following is None:
            break
        message = following
    return XmlRoot(root, namespace, first_child)


def _skip(text: str, start: int = 0) -> int:
    found = _SPACE_AND_NOTES.match(text, start)
    return found.end() if found else start


def _namespace(prefix: str | None, attributes: str) -> str:
    wanted = (prefix or "").rstrip(":")
    for found in _NAMESPACES.finditer(attributes):
        if (found[1] or "") == wanted:
            return found[2] or found[3] or ""
    return ""


def find_doctype(content: bytes) -> bool:
    """Whether a DOCTYPE stands before the root element, however long the comments in front of it are."""
    text = decode_head(content[:65536])
    start = _skip(text)
    if start >= len(text) or text.startswith("<!--", start):  # the prologue is longer than the head
        text = decode_head(content)
        start = _skip(text)
    return text.startswith("<!DOCTYPE", start) or text[start : start + 9].upper() == "<!DOCTYPE"
