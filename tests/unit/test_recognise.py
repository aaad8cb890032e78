"""Recognition by content, and a clear refusal for everything else."""

from __future__ import annotations

import pytest

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Document
from sources.recognise import reader_for, readers
from tests.statement_files import balance, camt, mt940, refusal, statements


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "document-empty"),
        (b" \r\n\t", "document-empty"),
        (b"\xef\xbb\xbf", "document-empty"),
        (b"\x00" * 100, "document-empty"),
        (b"<!DOCTYPE html><html><body>503</body></html>", "document-html"),
        (b"<html><body>:20:X\n:25:Y</body></html>", "document-html"),
        (b"  <HTML>", "document-html"),
        (b"%PDF-1.7 ...", "document-pdf"),
        (b"\x89PNG\r\n\x1a\n", "document-binary"),
        (b"\x1f\x8b\x08", "document-compressed"),
        (bytes(range(256)) * 20, "document-binary"),
        (b"hello world", "document-unknown"),
        (b"Buchungstag;Betrag\n01.08.2026;5,00\n", "document-unknown"),
        (b'{"transactions": []}', "document-unknown"),
        (b"<", "xml-malformed"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.008.001.08'><X/></Document>", "xml-not-a-statement"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.029.001.08'><X/></Document>", "xml-not-a-statement"),
        (b"<rss version='2'/>", "xml-not-a-statement"),
        (b"<!DOCTYPE x><rss/>", "xml-doctype"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "xml-doctype"),
    ],
)
def test_refusals(content: bytes, code: str) -> None:
    error = refusal(content)
    assert error.code == code
    assert error.position
    assert str(error)


@pytest.mark.parametrize(
    "content",
    [
        b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'>" + b"<a>" * 300_000,
        b":20:X\n" * 1_600_000,
        b":20:X\n" + b"-\n" * 6_100_000,
    ],
    ids=["nested", "fields", "lines"],
)
def test_complexity_beyond_reason(content: bytes) -> None:
    assert refusal(content).code.endswith("-too-complex")


def test_pain_names_what_it_is() -> None:
    error = refusal("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'/>")
    assert "pain.001.001.09" in str(error)


def test_every_reader_is_asked_by_content() -> None:
    camt_text = camt(balance("OPBD", "0"), balance("CLBD", "0"))
    for text, name in (
        (camt_text, "camt"),
        ("<!-- note -->" + camt_text.split("?>", 1)[1], "camt"),
        (mt940(), "mt940"),
    ):
        assert reader_for(Document("wrong.pdf", text.encode(), "file")).name == name
    assert [reader.name for reader in readers()] == ["camt", "mt940", "finapi-json", "fints-balance", "csv"]


def told(text: str) -> list[str]:
    """Everything a reader says about a broken document."""
    try:
        return [defect.message for statement in statements(text) for defect in statement.defects]
    except UnreadableDocument as error:
        return [str(error)]


def test_messages_repeat_nothing_of_the_content() -> None:
    secret = "Erika-Geheim"
    for text in (
        secret,
        f"<x>{secret}",
        camt(f"<Ntry><Amt Ccy='EUR'>{secret}</Amt></Ntry>"),
        camt("<Ntry>") + secret,
        mt940(f":61:2608010801C{secret}"),
        mt940(closing=f"C260801EUR{secret}"),
    ):
        messages = told(text)
        assert messages
        assert secret not in " ".join(messages)
