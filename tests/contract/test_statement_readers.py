"""What every statement reader promises, whatever its format (ports.source.StatementReader)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UnreadableDocument
from pipelines.model.statement import Document, Statement
from pipelines.ports.source import StatementReader
from sources.recognise import readers
from tests.statement_files import balance, camt, entry, mt940, outcome

EXAMPLES = {
    "fints-balance": b"HISAL:5:7:3+DE02120300000000202051:BYLADEM1001+Girokonto+EUR+C:119,:EUR:20260803'",
    "finapi-json": (
        b'{"kontoklar":"finapi-account/1","window":{"from":null},"bank":{},"account":{"id":1,'
        b'"iban":"DE02120300000000202051","accountCurrency":"EUR","balance":119.0},"transactions":[{"transactions":'
        b'[{"id":7,"accountId":1,"bankBookingDate":"2026-08-03","valueDate":"2026-08-03","amount":119.0,'
        b'"purpose":"RE 1"}],"paging":{"page":1,"perPage":500,"pageCount":1,"totalCount":1}}],"pending":[]}'
    ),
    "camt": camt(balance("OPBD", "0.00"), balance("CLBD", "119.00"), entry()).encode(),
    "mt940": mt940(":61:2608010801C1,00NTRFNONREF", ":86:166?20x", closing="C260801EUR1,00").encode(),
    "csv": (
        "IBAN Auftragskonto;Buchungstag;Valutadatum;Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;Verwendungszweck;"
        "Betrag;Waehrung;Saldo nach Buchung\r\nDE02120300000000202051;05.10.2026;05.10.2026;Jörg;"
        "DE89370400440532013000;RE-1;119,00;EUR;119,00\r\n"
    ).encode(),
}


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.name)
class TestReader:
    def test_has_a_name_and_a_version_that_names_it(self, reader: StatementReader) -> None:
        assert reader.version.startswith(f"{reader.name}-")

    def test_recognises_its_own_format_only(self, reader: StatementReader) -> None:
        for name, content in EXAMPLES.items():
            assert reader.recognises(content) is (name == reader.name)

    def test_reads_the_same_twice(self, reader: StatementReader) -> None:
        document = Document("x", EXAMPLES[reader.name], "file")
        first, second = list(reader.read(document)), list(reader.read(document))
        assert first == second
        assert all(isinstance(statement, Statement) for statement in first)

    def test_says_where_everything_stands(self, reader: StatementReader) -> None:
        for statement in reader.read(Document("x", EXAMPLES[reader.name], "file")):
            assert statement.position
            assert all(found.position for found in statement.entries)

    def test_recognition_never_raises(self, reader: StatementReader) -> None:
        for head in (b"", b"<", b"\xff\xfe", b"<\x00", b":", b"\x00" * 10, b"<?xml", b"<!--" * 1000, b"<a " * 5000):
            assert reader.recognises(head) is False


def survives(content: bytes) -> None:
    """Read or refused with code and position; statements or findings, never nothing."""
    statements = outcome(Document("x", content, "file"))
    if isinstance(statements, UnreadableDocument):
        assert statements.code
        assert statements.position
        return
    assert statements
    for statement in statements:
        assert all(defect.source_file == "x" and defect.position for defect in statement.defects)


@given(st.binary(max_size=400))
def test_random_bytes(content: bytes) -> None:
    survives(content)


@settings(max_examples=150)
@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_damaged_files(name: str, data: st.DataObject) -> None:
    content = bytearray(EXAMPLES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "drop", "insert"])):
            case "flip":
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[at + 1 :]
            case "drop":
                del content[at : at + data.draw(st.integers(1, 40))]
            case "insert":
                content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
        if not content:
            content = bytearray(b"x")
    survives(bytes(content))


@given(st.text(max_size=200))
def test_random_text_behind_a_real_head(text: str) -> None:
    survives(f":20:X\r\n:25:12030000/202051\r\n:60F:C260731EUR0,00\r\n:61:{text}\r\n:86:{text}\r\n".encode())
