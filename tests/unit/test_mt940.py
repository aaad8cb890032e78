"""MT940/MT942: every trap of the format book and of real banks, one small statement each."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.model.money import Money
from pipelines.model.statement import BalanceKind, Coverage, EntryStatus
from tests.statement_files import codes, difference, mt940, mt940_one, refusal, statements

TEXT = ":86:166?00GUTSCHR. UEBERWEISUNG?20SVWZ+Danke?32Max"


@pytest.mark.parametrize(
    ("mark", "minor", "reversal"),
    [
        ("C", 1050, False),
        ("D", -1050, False),
        ("CR", 1050, False),
        ("DR", -1050, False),
        ("RC", -1050, True),
        ("RD", 1050, True),
        ("RCR", -1050, True),
        ("RDR", 1050, True),
    ],
)
def test_marks(mark: str, minor: int, reversal: bool) -> None:
    entry = mt940_one(f":61:2608010801{mark}10,50NTRFNONREF//B1", TEXT)
    assert (entry.amount, entry.is_reversal, entry.bank_reference) == (Money(minor, "EUR"), reversal, "B1")


@pytest.mark.parametrize(("text", "minor"), [("12,", 1200), ("0,5", 50), ("000000012,34", 1234), ("500", 50000)])
def test_amount_spellings(text: str, minor: int) -> None:
    assert mt940_one(f":61:2608010801C{text}NTRFNONREF", TEXT).amount.minor == minor


@pytest.mark.parametrize("text", ["10.50", "1_000,00", "NaN", "1.000,00", "1,2,3", "10,505", "-5,00", "١٢,00"])
def test_amounts_that_are_none_hold_the_statement(text: str) -> None:
    good = [":61:2608010801C1,00NTRFNONREF", TEXT]
    (statement,) = statements(mt940(f":61:2608010801C{text}NTRFNONREF", TEXT, *good))
    assert ("error", "mt940-bad-booking") in codes(statement)
    (defect,) = statement.defects
    assert (defect.source_file, defect.position) == ("file.sta", "line 5")
    assert [entry.amount.minor for entry in statement.entries] == [100]


def test_blank_before_the_type_loses_no_booking() -> None:
    (statement,) = statements(
        mt940(":61:2608010801D12,35 NRTIKREF+", ":86:109?00R", ":61:2608010801C1,00NTRFNONREF", TEXT)
    )
    assert [entry.amount.minor for entry in statement.entries] == [-1235, 100]
    assert statement.entries[0].swift_code == "NRTI"


@pytest.mark.parametrize(
    ("line", "booking", "value"),
    [
        ("2512310102C1,00NTRF", date(2026, 1, 2), date(2025, 12, 31)),
        ("2601021231C1,00NTRF", date(2025, 12, 31), date(2026, 1, 2)),
        ("260801C1,00NTRF", None, date(2026, 8, 1)),
        ("260801    C1,00NTRF", None, date(2026, 8, 1)),
        ("2602300301C1,00NTRF", date(2026, 3, 1), date(2026, 2, 28)),
        ("2603010230C1,00NTRF", date(2026, 2, 28), date(2026, 3, 1)),
        ("2402290229C1,00NTRF", date(2024, 2, 29), date(2024, 2, 29)),
        ("9912310101C1,00NTRF", date(2000, 1, 1), date(1999, 12, 31)),
    ],
)
def test_days(line: str, booking: date | None, value: date) -> None:
    entry = mt940_one(f":61:{line}NONREF", TEXT)
    assert (entry.booking_date, entry.value_date) == (booking, value)


def test_a_day_that_does_not_exist_is_noted_and_holds_nothing() -> None:
    (statement,) = statements(mt940(":61:2602300301C1,00NTRFNONREF", TEXT))
    assert codes(statement) == [("info", "day-clamped")]


def test_impossible_day_holds() -> None:
    (statement,) = statements(mt940(":61:2613300301C1,00NTRFNONREF", TEXT))
    assert codes(statement) == [("error", "mt940-bad-booking")]


def test_original_amount_and_charges_of_the_supplementary_line() -> None:
    entry = mt940_one(":61:2608010801D12,35NRTIX//B", "/OCMT/EUR11,85//CHGS/EUR0,50/", ":86:109?00RETOURE")
    (detail,) = entry.details
    assert (detail.original_amount, detail.charges) == (Money(1185, "EUR"), Money(50, "EUR"))
    assert entry.bank_reference == "B"


def test_subfields_of_a_transfer() -> None:
    entry = mt940_one(
        ":61:2608010801CR119,00NTRFNONREF//BR7",
        ":86:166?00GUTSCHR. UEBERWEISUNG?100931?20EREF+E2E-1?21KREF+K-1?22",
        "MREF+M-1?23CRED+DE98ZZZ09999999999?24SVWZ+Rechnung RE-2026-0012?",
        "25 vom 12.07.?26ABWA+Erika Muster?30BYLADEM1001?31DE021203000000",
        "00202051?32Max Mustermann mit langem ?33Namen?34000?60 und mehr",
    )
    (detail,) = entry.details
    assert (entry.gvc, entry.primanota, entry.booking_text) == ("166", "0931", "GUTSCHR. UEBERWEISUNG")
    assert (detail.end_to_end_id, detail.customer_reference, detail.mandate_id) == ("E2E-1", "K-1", "M-1")
    assert detail.creditor_id == "DE98ZZZ09999999999"
    assert detail.ultimate_debtor.startswith("Erika Muster")
    assert detail.remittance == "Rechnung RE-2026-0012 vom 12.07."
    assert (detail.counterparty.name, detail.counterparty.iban) == (
        "Max Mustermann mit langem Namen",
        "DE02120300000000202051",
    )
    assert detail.counterparty.bank == "BYLADEM1001"


def test_remittance_goes_on_in_60_to_63() -> None:
    entry = mt940_one(":61:2608010801C1,00NTRFNONREF", ":86:166?00X?20SVWZ+A?21B?29C?32Max?60D?61E")
    assert entry.details[0].remittance == "A B C D E"


def test_tag_split_over_physical_lines_and_subfields() -> None:
    entry = mt940_one(
        ":61:2608010801C1,00NTRFNONREF",
        ":86:166?00GUTSCHRIFT?20EREF+1234567890123 ABCDEFGH?21MR",
        "EF+2-230852 CRED+ DE98ZZZ099?2299999999 S?23VWZ+Rechnung 4711",
    )
    (detail,) = entry.details
    assert detail.end_to_end_id == "1234567890123 ABCDEFGH"
    assert detail.mandate_id == "2-230852"
    assert detail.creditor_id == "DE98ZZZ09999999999"
    assert detail.remittance == "Rechnung 4711"


def test_identifier_goes_on_only_from_a_full_subfield() -> None:
    entry = mt940_one(
        ":61:2608010801C1,00NTRFNONREF", ":86:166?00X?20EREF+123/123/12345-----L110?211234567890123?22SVWZ+T"
    )
    assert entry.details[0].end_to_end_id == "123/123/12345-----L1101234567890123"
    short = mt940_one(":61:2608010801C1,00NTRFNONREF", ":86:166?00X?20EREF+NOTPROVIDED?21Rechnung 4711")
    assert (short.details[0].end_to_end_id, short.details[0].remittance) == ("NOTPROVIDED", "Rechnung 4711")


@pytest.mark.parametrize(
    ("subfields", "remittance"),
    [
        ("?20EREF+E1?21SVWZ+Rechnung 1 KREF+4711 d?22anke", "Rechnung 1 KREF+4711 danke"),
        ("?20Rechnung 1 KREF+4711?21EUR", "Rechnung 1 KREF+4711 EUR"),
        ("?20EREF+E1?21SVWZ+EREF+E2", "EREF+E2"),
        ("?20SVWZ+aaaaaaaaaaaaaaaaaaaaaa?21KREF+4711", "aaaaaaaaaaaaaaaaaaaaaaKREF+4711"),
    ],
)
def test_what_payers_type_is_no_tag(subfields: str, remittance: str) -> None:
    (detail,) = mt940_one(":61:2608010801C1,00NTRFNONREF", f":86:166?00X{subfields}?32Max").details
    assert (detail.remittance, detail.customer_reference) == (remittance, "")


def test_colon_form_inside_the_text() -> None:
    entry = mt940_one(
        ":61:2608010801D5,30NRTINONREF",
        ":86:109?00LS RUECKBELASTUNG?20SVWZ+Retoure SEPA Lastschri?21ft, Rueckgabegrund: MD06",
        "?22 SVWZ: Rechnung R1-4 EREF: X1 ?23MREF: M1 CRED: DE98ZZZ09999?24999999",
    )
    (detail,) = entry.details
    assert (detail.end_to_end_id, detail.mandate_id, detail.creditor_id) == ("X1", "M1", "DE98ZZZ09999999999")
    assert detail.remittance == "Retoure SEPA Lastschrift, Rueckgabegrund: MD06 Rechnung R1-4"


def test_colon_form_that_contradicts_the_bank_is_text() -> None:
    (detail,) = mt940_one(
        ":61:2608010801C1,00NTRFNONREF", ":86:166?00X?20EREF+REAL?21SVWZ+zu EREF: FAKE MREF: X"
    ).details
    assert (detail.end_to_end_id, detail.mandate_id) == ("REAL", "")
    assert detail.remittance == "zu EREF: FAKE MREF: X"


def test_question_mark_is_a_separator_only_before_a_subfield() -> None:
    (detail,) = mt940_one(":61:2608010801C1,00NTRFNONREF", ":86:166?00X?20SVWZ+M?ller wo? ?99?32J?rgen").details
    assert (detail.remittance, detail.counterparty.name) == ("M?ller wo? ?99", "J?rgen")


def test_other_separators() -> None:
    (detail,) = mt940_one(":61:2608010801C1,00NTRFNONREF", ":86:166>00GUT>20SVWZ+Text>32Max").details
    assert (detail.gvc, detail.remittance, detail.counterparty.name) == ("166", "Text", "Max")


@pytest.mark.parametrize(
    ("lines", "text", "gvc"),
    [
        ((":86:INVOICE 4711", "second line"), "INVOICE 4711 second line", ""),
        ((":86:" + "A" * 65, "BBB"), "A" * 65 + "BBB", ""),
        ((":86:999PN0911DAUERAUFTR",), "PN0911DAUERAUFTR", "999"),
        ((":86:091",), "", "091"),
        ((":86:",), "", ""),
    ],
)
def test_text_without_structure(lines: tuple[str, ...], text: str, gvc: str) -> None:
    (detail,) = mt940_one(":61:2608010801C1,00NTRFNONREF", *lines).details
    assert (detail.remittance.replace("-", ""), detail.gvc) == (text, gvc)


def test_booking_without_information_arrives() -> None:
    (statement,) = statements(mt940(":61:2608010801C1,00NTRFA", ":61:2608010801C2,00NTRFB", TEXT))
    assert [entry.amount.minor for entry in statement.entries] == [100, 200]


def test_several_information_fields_belong_to_one_booking() -> None:
    (detail,) = mt940_one(":61:2608010801C1,00NTRFA", ":86:EINS", ":86:ZWEI").details
    assert detail.remittance == "EINS ZWEI"


@pytest.mark.parametrize("line", [":20:X", "-", ":60F:C260731EUR5,00", ":28C:7/1", ":12:11", ":99:Z", "{x"])
def test_lines_payers_write_stay_text(line: str) -> None:
    (statement,) = statements(
        mt940(":61:2608010801C1,00NTRFA", ":86:166?20SVWZ+Text", line, "weiter?32Max",
              ":61:2608010801C2,00NTRFB", TEXT, closing="C260801EUR3,00")
    )  # fmt: skip
    assert difference(statement) == 0
    assert statement.entries[0].details[0].remittance == f"Text{line}weiter"
    assert not statement.defects


def test_smuggled_booking_is_exposed_by_the_balance() -> None:
    (statement,) = statements(
        mt940(":61:2608010801C1,00NTRFA", ":86:166?20SVWZ+x", ":61:2608010801C9999,00NTRFNONREF", ":86:y",
              closing="C260801EUR1,00")
    )  # fmt: skip
    assert difference(statement) == -999900


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n", "\r"),
        lambda text: text.rstrip("-\r\n"),
        lambda text: "{1:F01X}{2:O940X}{3:}{4:\r\n" + text.replace("\r\n-", "\r\n-}{5:}"),
        lambda text: "\x01\r\n" + text.replace("\r\n-", "\r\n-\x03"),
        lambda text: "BANKXX\r\n940\r\nBANKXX\r\n" + text,
        lambda text: "\r\n\r\n" + text,
        lambda text: "@@" + text.replace("\r\n", "@@"),
    ],
)
def test_wrappings(wrap: object) -> None:
    text = mt940(":61:2608010801C1,00NTRFA", TEXT, closing="C260801EUR1,00")
    (statement,) = statements(wrap(text))  # type: ignore[operator]
    assert (difference(statement), codes(statement)) == (0, [])


def test_encodings() -> None:
    text = mt940(":61:2608010801C1,00NTRFA", ":86:166?20SVWZ+Grüße für Müller € ß")
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        (statement,) = statements(text.encode(encoding))
        assert statement.entries[0].details[0].remittance == "Grüße für Müller € ß"


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("12030000/0000202051", "DE02120300000000202051"),
        ("12030000/202051EUR", "DE02120300000000202051"),
        ("DE02 1203 0000 0000 2020 51", "DE02120300000000202051"),
        ("DE02120300000000202051EUR", "DE02120300000000202051"),
        ("BYLADEM1001/DE02120300000000202051", "DE02120300000000202051"),
        ("1291.99.348EUR", "1291.99.348"),
        ("517852257", "517852257"),
    ],
)
def test_accounts(text: str, account: str) -> None:
    content = mt940(":61:2608010801C1,00NTRFA", TEXT).replace("12030000/0000202051", text)
    assert statements(content)[0].account == account


def page(number: str, opening: str, closing: str, *lines: str) -> str:
    head = [":20:STARTUMS", ":25:12030000/0000202051", f":28C:{number}", f":{opening}"]
    return "\r\n".join([*head, *lines, f":{closing}", "-", ""])


def test_pages_that_chain_become_one_statement() -> None:
    one = page("5/1", "60F:C260731EUR0,00", "62M:C260801EUR1,00", ":61:2608010801C1,00NTRFA", TEXT)
    two = page("5/2", "60M:C260801EUR1,00", "62M:C260801EUR3,00", ":61:2608010801C2,00NTRFA", TEXT)
    three = page("5/3", "60M:C260801EUR3,00", "62F:C260801EUR2,00", ":61:2608010801D1,00NTRFA", TEXT)
    for text in (one + two + three, one + three + two):
        (statement,) = statements(text)
        assert [entry.amount.minor for entry in statement.entries] == [100, 200, -100]
        assert (difference(statement), statement.coverage) == (0, Coverage.COMPLETE)
        assert statement.closing is not None
        assert statement.closing.kind is BalanceKind.CLOSING


def test_pages_with_a_gap_stay_apart() -> None:
    one = page("5/1", "60F:C260731EUR0,00", "62M:C260801EUR1,00", ":61:2608010801C1,00NTRFA", TEXT)
    three = page("5/3", "60M:C260801EUR3,00", "62F:C260801EUR2,00", ":61:2608010801D1,00NTRFA", TEXT)
    assert [difference(statement) for statement in statements(one + three)] == [0, 0]


def test_several_statements_and_accounts() -> None:
    text = mt940(":61:2608010801C1,00NTRFA", TEXT, closing="C260801EUR1,00")
    other = text.replace("0000202051", "0000202052").replace("-\r\n", "")
    found = statements(text + other + text)
    assert len(found) == 3
    assert len({statement.account for statement in found}) == 2
    assert [difference(statement) for statement in found] == [0, 0, 0]


def test_two_days_under_one_head() -> None:
    text = mt940(":61:2608010801C1,00NTRFA", TEXT, closing="C260801EUR1,00").replace("-\r\n", "") + "\r\n".join(
        [":60F:C260801EUR1,00", ":61:2608020802C2,00NTRFA", TEXT, ":62F:C260802EUR3,00", "-"]
    )
    found = statements(text)
    assert [difference(statement) for statement in found] == [0, 0]
    assert found[0].account == found[1].account


def test_truncated_statement_is_held() -> None:
    text = mt940(":61:2608010801C1,00NTRFA", TEXT)
    (statement,) = statements(text[: text.index(":62F:")])
    assert codes(statement) == [("error", "mt940-truncated")]
    (statement,) = statements(text[: text.index(":62F:") + 12])
    assert ("error", "mt940-bad-balance") in codes(statement)


def test_booking_behind_the_end_is_held_and_not_lost() -> None:
    text = mt940(":61:2608010801C1,00NTRFA", TEXT, closing="C260801EUR1,00")
    first, stray = statements(text + ":61:2608020802C5,00NTRFA\r\n:86:x\r\n")
    assert difference(first) == 0
    assert [entry.amount.minor for entry in stray.entries] == [500]
    assert ("error", "mt940-booking-outside") in codes(stray)
    assert stray.account == first.account


def test_balance_with_a_point_is_a_defect() -> None:
    (statement,) = statements(mt940(":61:2608010801C1,00NTRFA", TEXT, closing="C260801EUR1.00"))
    assert ("error", "mt940-bad-balance") in codes(statement)


def test_a_day_without_bookings_is_a_statement() -> None:
    (statement,) = statements(mt940(opening="C260731EUR5,00", closing="C260801EUR5,00"))
    assert (statement.entries, difference(statement), codes(statement)) == ((), 0, [])


def test_statement_without_account() -> None:
    text = mt940(":61:2608010801C1,00NTRFA", TEXT).replace(":25:12030000/0000202051\r\n", "")
    assert refusal(text).code == "mt940-no-account"
    good = mt940(":61:2608010801C1,00NTRFA", TEXT)
    assert [bool(statement.account) for statement in statements(good + text)] == [True, False]
    assert ("error", "mt940-no-account") in codes(statements(good + text)[1])


def mt942(*lines: str, totals: tuple[str, ...] = ()) -> str:
    head = [":20:STARTDISPE", ":25:12030000/0000202051", ":28C:0/1", ":34F:EUR0,", ":13D:2608011200+0200"]
    return "\r\n".join([*head, *lines, *totals, "-", ""])


def test_mt942_is_pending_and_partial() -> None:
    (statement,) = statements(
        mt942(":61:2608010801C1,00NTRFA", TEXT, ":61:2608010801D2,00NTRFA", TEXT,
              totals=(":90D:1EUR2,00", ":90C:1EUR1,00"))
    )  # fmt: skip
    assert (statement.format, statement.coverage, statement.currency) == ("mt942", Coverage.PARTIAL, "EUR")
    assert {entry.status for entry in statement.entries} == {EntryStatus.PENDING}
    assert (statement.opening, statement.closing, codes(statement)) == (None, None, [])


def test_mt942_with_missing_entries_is_held() -> None:
    (statement,) = statements(mt942(":61:2608010801C1,00NTRFA", TEXT, totals=(":90C:2EUR3,00",)))
    assert codes(statement) == [("error", "mt942-totals-differ")]


def test_non_swift_lines() -> None:
    (detail,) = mt940_one(
        ":61:2608010801C1,00S051NONREF", ":NS:01Rechnung 4711", "15Max", "3312030000", "34202051"
    ).details
    assert detail.remittance == "Rechnung 4711"
    assert (detail.counterparty.name, detail.counterparty.bank, detail.counterparty.account) == (
        "Max", "12030000", "202051",
    )  # fmt: skip


def test_fields_without_a_statement_are_refused() -> None:
    error = refusal(":20:X\r\n:25:12030000/202051\r\n")
    assert (error.code, error.position) == ("mt940-no-statement", "line 1")
