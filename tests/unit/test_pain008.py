"""Our own direct debits from pain.008 messages of every version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import UnreadableDocument
from pipelines.model.receivable import Collection
from pipelines.ports.receivables import DraftCollection, KnownItem
from pipelines.usecases.load import collections_of
from sources.pain008 import is_pain008, read_pain008


def message(*debits: str, version: str = "001.02", head: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.{version}"><CstmrDrctDbtInitn>
<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-11-01T08:00:00</CreDtTm></GrpHdr>
<PmtInf><PmtInfId>PI-1</PmtInfId><PmtMtd>DD</PmtMtd><ReqdColltnDt>2026-11-05</ReqdColltnDt>{"".join(debits)}</PmtInf>
</CstmrDrctDbtInitn></Document>"""


def debit(end_to_end: str = "E-1", amount: str = "119.00", text: str = "RE-1 Danke", currency: str = "EUR") -> str:
    return f"""<DrctDbtTxInf><PmtId><EndToEndId>{end_to_end}</EndToEndId></PmtId>
<InstdAmt Ccy="{currency}">{amount}</InstdAmt>
<DrctDbtTx><MndtRltdInf><MndtId>M-1</MndtId></MndtRltdInf></DrctDbtTx>
<DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>
<RmtInf><Ustrd>{text}</Ustrd></RmtInf></DrctDbtTxInf>"""


def written(folder: Path, text: str) -> Path:
    path = folder / "debits.xml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("version", ["001.01", "001.02", "001.08", "001.09", "003.02"])
def test_every_version_tells_the_same(tmp_path: Path, version: str) -> None:
    path = written(tmp_path, message(debit(), version=version))
    assert is_pain008(path)
    debits, findings = read_pain008(path)
    assert findings == []
    assert [draft.collection for draft in debits] == [
        Collection("E-1", "M-1", "", 11900, "EUR", date(2026, 11, 5), "DE02120300000000202051", "PI-1", "MSG-1")
    ]
    assert debits[0].candidates[0] == "RE-1 Danke"
    assert {"RE-1", "Danke", "E-1"} <= set(debits[0].candidates)
    assert debits[0].position == "PmtInf 1/DrctDbtTxInf 1"


@pytest.mark.parametrize(
    "bad",
    [debit(end_to_end="NOTPROVIDED"), debit(amount="0.00"), debit(amount="1.234"), debit(amount="NaN"),
     debit(amount="-5.00"), debit(currency="XQZ")],
)  # fmt: skip
def test_an_unusable_debit_is_refused_and_the_others_stay(tmp_path: Path, bad: str) -> None:
    debits, findings = read_pain008(written(tmp_path, message(debit("E-0"), bad, debit("E-2"))))
    assert [draft.collection.end_to_end_id for draft in debits] == ["E-0", "E-2"]
    assert [(finding.code, finding.position, finding.source_file) for finding in findings] == [
        ("row-refused", "PmtInf 1/DrctDbtTxInf 2", "debits.xml")
    ]


@pytest.mark.parametrize(
    "text",
    [
        message(debit())[:400],
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.008.001.02'/>",
        message(debit(), head='<!DOCTYPE x [<!ENTITY a "b">]>'),
        message("<a>" * 400 + "</a>" * 400),
    ],
)
def test_broken_empty_and_hostile_messages_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableDocument):
        read_pain008(written(tmp_path, text))


def test_a_csv_is_no_pain008(tmp_path: Path) -> None:
    assert not is_pain008(written(tmp_path, "end_to_end_id;mandate_id\n"))


def draft(amount: int, *candidates: str, end_to_end: str = "E-1") -> DraftCollection:
    return DraftCollection(
        Collection(end_to_end, "M-1", "", amount, "EUR", date(2026, 11, 5)), (*candidates, end_to_end), "PmtInf 1"
    )


def known(amount: int, settled: int = 0) -> KnownItem:
    return KnownItem(1, "", amount, "EUR", "D1", settled)


ITEMS = {"RE-1": known(10000), "RE-2": known(5000, 1000), "E-9": known(700)}


def invoices(found: list[Collection]) -> list[tuple[str, int]]:
    return [(collection.invoice_number, collection.amount_minor) for collection in found]


def test_the_invoice_is_the_known_number_in_the_text() -> None:
    assert invoices(collections_of(draft(10000, "RE-1", "Danke"), ITEMS, {})) == [("RE-1", 10000)]


def test_several_numbers_count_only_when_they_add_up() -> None:
    assert invoices(collections_of(draft(15000, "RE-1", "RE-2"), ITEMS, {})) == [("RE-1", 10000), ("RE-2", 5000)]
    assert invoices(collections_of(draft(14000, "RE-1", "RE-2"), ITEMS, {})) == [("RE-1", 10000), ("RE-2", 4000)]
    assert invoices(collections_of(draft(14500, "RE-1", "RE-2"), ITEMS, {})) == [("", 14500)]


def test_otherwise_the_end_to_end_id_tells() -> None:
    assert invoices(collections_of(draft(700, "Danke", end_to_end="E-9"), ITEMS, {})) == [("E-9", 700)]
    assert invoices(collections_of(draft(700, "Danke"), ITEMS, {"E-1": ("RE-7",)})) == [("RE-7", 700)]
    assert invoices(collections_of(draft(700, "Danke"), ITEMS, {})) == [("", 700)]
