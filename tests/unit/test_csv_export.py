"""Bank CSV exports: recognised by their header, read the way each bank writes, proven where they state balances."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from pipelines.errors import UnreadableDocument
from pipelines.model.finding import Severity
from pipelines.model.statement import BalanceKind, Coverage, Document, EntryStatus, Statement
from sources.csv_profiles import profiles
from sources.recognise import read
from tests import bank_csv
from tests.bank_csv import HOUSE, Told

Writer = Callable[[list[Told]], bytes]
MONTH = [
    Told(date(2026, 10, 2), 119_000, text="RE-2026-0412 Größe & Maß", end_to_end="E2E-1", mandate=""),
    Told(date(2026, 10, 2), -123_456, name="Müller & Söhne OHG", text="Miete Oktober", kind="Überweisung"),
    Told(date(2026, 10, 5), 100_000, text="tausend Euro genau"),
    Told(date(2026, 10, 9), -1_050, name="Strom AG", text="Abschlag", kind="Lastschrift", end_to_end="S-77",
         mandate="M-4711", creditor="DE98ZZZ09999999999"),
]  # fmt: skip
WRITERS: dict[str, Writer] = {
    "csv-sparkasse-camt": bank_csv.sparkasse,
    "csv-dkb": bank_csv.dkb,
    "csv-dkb-before-2023": bank_csv.dkb_before_2023,
    "csv-ing": bank_csv.ing,
    "csv-commerzbank": bank_csv.commerzbank,
    "csv-vr": bank_csv.vr,
    "csv-postbank": bank_csv.postbank,
    "csv-deutsche-bank": bank_csv.deutsche_bank,
    "csv-targobank": bank_csv.targobank,
    "csv-paypal": bank_csv.paypal,
}


def only(content: bytes) -> Statement:
    (statement,) = read(Document("umsaetze.csv", content, "test"))[1]
    return statement


def errors(statement: Statement) -> set[str]:
    return {defect.code for defect in statement.defects if defect.severity is Severity.ERROR}


def test_every_profile_has_a_test() -> None:
    assert {profile.name for profile in profiles()} == set(WRITERS)


@pytest.mark.parametrize("name", WRITERS)
def test_days_amounts_and_account_are_those_of_the_bank(name: str) -> None:
    statement = only(WRITERS[name](MONTH))
    assert statement.format == name
    assert statement.account == ("PAYPAL" if name == "csv-paypal" else HOUSE)
    assert statement.currency == "EUR"
    assert not errors(statement)
    told = sorted((entry.booking_date, entry.amount.minor) for entry in statement.entries)
    assert told == sorted((one.day, one.cents) for one in MONTH)
    assert all(entry.status is EntryStatus.BOOKED for entry in statement.entries)


@pytest.mark.parametrize("name", WRITERS)
def test_payer_and_remittance_are_told(name: str) -> None:
    statement = only(WRITERS[name](MONTH))
    detail = next(entry.details[0] for entry in statement.entries if entry.amount.minor == 119_000)
    assert "RE-2026-0412 Größe & Maß" in detail.remittance
    assert detail.counterparty.name == "Erika Musterfrau"
    if name not in ("csv-ing", "csv-paypal"):
        assert detail.counterparty.iban == "DE02120300000000202051"
    out = next(entry.details[0] for entry in statement.entries if entry.amount.minor == -123_456)
    assert out.counterparty.name == "Müller & Söhne OHG"


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in ("csv-paypal",)])
def test_end_to_end_id_and_mandate_are_told(name: str) -> None:
    detail = next(entry.details[0] for entry in only(WRITERS[name](MONTH)).entries if entry.amount.minor == -1_050)
    assert (detail.end_to_end_id, detail.mandate_id) == ("S-77", "M-4711")
    assert detail.remittance == "Abschlag"


@pytest.mark.parametrize("name", ["csv-ing", "csv-vr", "csv-paypal"])
def test_a_running_balance_gives_opening_and_closing(name: str) -> None:
    statement = only(WRITERS[name](MONTH, 500_000))  # type: ignore[call-arg]
    assert statement.coverage is Coverage.COMPLETE
    assert statement.opening is not None
    assert statement.closing is not None
    assert statement.opening.amount.minor == 500_000
    assert statement.closing.amount.minor == 500_000 + sum(one.cents for one in MONTH)
    # The day of the export may go on.
    assert statement.closing.kind is BalanceKind.INTERIM_CLOSING


@pytest.mark.parametrize("name", ["csv-dkb", "csv-dkb-before-2023", "csv-postbank", "csv-deutsche-bank"])
def test_a_stated_balance_is_half_a_proof(name: str) -> None:
    statement = only(WRITERS[name](MONTH, 500_000))  # type: ignore[call-arg]
    assert statement.opening is None
    assert statement.closing is not None
    assert statement.closing.amount.minor == 500_000 + sum(one.cents for one in MONTH)


@pytest.mark.parametrize("name", ["csv-sparkasse-camt", "csv-commerzbank", "csv-targobank"])
def test_without_any_balance_nothing_is_proven(name: str) -> None:
    statement = only(WRITERS[name](MONTH))
    assert (statement.opening, statement.closing) == (None, None)
    assert statement.coverage is Coverage.PARTIAL


@pytest.mark.parametrize("writer", [bank_csv.vr, bank_csv.ing])
def test_an_empty_balance_column_proves_nothing(writer: Callable[..., bytes]) -> None:
    statement = only(writer(MONTH, running=False))
    assert statement.coverage is Coverage.PARTIAL
    assert len(statement.entries) == len(MONTH)


def test_a_row_cut_out_breaks_the_running_balance() -> None:
    lines = bank_csv.vr(MONTH, 500_000).split(b"\r\n")
    assert errors(only(b"\r\n".join(lines[:2] + lines[3:]))) == {"csv-balance-broken"}


def test_a_changed_amount_breaks_the_running_balance() -> None:
    changed = bank_csv.ing(MONTH, 500_000).replace(b";1.000,00;EUR", b";1.001,00;EUR")
    assert errors(only(changed)) == {"csv-balance-broken"}


@pytest.mark.parametrize("opening", [0, 123_456])
def test_the_order_within_a_day_follows_the_balances(opening: int) -> None:
    day = date(2026, 10, 2)
    told = [Told(day, 500), Told(day, -500), Told(day, 700)]
    statement = only(bank_csv.vr(told, opening))
    assert statement.opening is not None
    assert statement.closing is not None
    assert (statement.opening.amount.minor, statement.closing.amount.minor) == (opening, opening + 700)


def test_a_thousand_without_cents_is_a_thousand() -> None:
    """DKB prints 1000,00 as ``1.000``, Commerzbank as ``1000``."""
    for writer in (bank_csv.dkb, bank_csv.commerzbank, bank_csv.postbank):
        assert 100_000 in {entry.amount.minor for entry in only(writer(MONTH)).entries}


def test_pending_rows_are_pending() -> None:
    told = [*MONTH, Told(date(2026, 10, 9), 4_200, pending=True)]
    for writer in (bank_csv.sparkasse, bank_csv.dkb):
        entries = only(writer(told)).entries
        assert [entry.amount.minor for entry in entries if entry.status is EntryStatus.PENDING] == [4_200]


def test_paypals_fee_is_a_booking_of_its_own() -> None:
    statement = only(bank_csv.paypal([Told(date(2026, 10, 2), 11_900)], 1_000, fee=-350))
    assert [entry.amount.minor for entry in statement.entries] == [11_900, -350]
    assert statement.closing is not None
    assert statement.closing.amount.minor == 1_000 + 11_900 - 350
    assert statement.entries[0].bank_reference == "TX000000"


def test_targobank_writes_comma_or_point() -> None:
    assert [e.amount.minor for e in only(bank_csv.targobank(MONTH, point=True)).entries] == [
        e.amount.minor for e in only(bank_csv.targobank(MONTH)).entries
    ]


def test_several_accounts_in_one_file_are_several_statements() -> None:
    other = "DE02500105170137075030"
    mine = bank_csv.vr(MONTH, 0)
    theirs = bank_csv.vr(MONTH[:1], 7_000).replace(HOUSE.encode(), other.encode()).split(b"\r\n", 1)[1]
    statements = read(Document("both.csv", mine + theirs, "test"))[1]
    assert [(one.account, len(one.entries)) for one in statements] == [(HOUSE, 4), (other, 1)]
    assert all(one.opening is not None for one in statements)


def test_charsets_and_line_ends_do_not_matter() -> None:
    text = bank_csv.sparkasse(MONTH).decode("cp1252")
    read_once = [entry.details[0].counterparty.name for entry in only(text.encode("cp1252")).entries]
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.replace("\r\n", "\n").encode("cp1252"),
                    b"\xff\xfe" + text.encode("utf-16-le")):  # fmt: skip
        assert [entry.details[0].counterparty.name for entry in only(content).entries] == read_once


def test_a_stray_quotation_mark_swallows_no_rows() -> None:
    """Banks that never quote pass on what payers type: a field that only begins with a mark."""
    told = [MONTH[0], Told(date(2026, 10, 5), 4_500, text='"Zaun" 2 m'), Told(date(2026, 10, 6), 9_900, text='"Tor'),
            MONTH[3]]  # fmt: skip
    for writer in (bank_csv.vr, bank_csv.postbank, bank_csv.commerzbank):
        statement = only(writer(told))
        assert not errors(statement)
        assert sorted(entry.amount.minor for entry in statement.entries) == sorted(one.cents for one in told)


def test_a_row_with_a_delimiter_too_many_holds_the_file() -> None:
    content = bank_csv.vr([*MONTH, Told(date(2026, 10, 12), 5_000, text="zwei;Felder")])
    assert "csv-bad-row" in errors(only(content))


def test_what_a_spreadsheet_made_of_a_reference_is_left_out() -> None:
    content = bank_csv.postbank([Told(date(2026, 10, 2), 500, end_to_end="6,17761250170673E+025")])
    statement = only(content)
    assert statement.entries[0].details[0].end_to_end_id == ""
    assert {defect.code for defect in statement.defects} == {"csv-spreadsheet"}


def test_the_period_asked_for_ends_when_the_export_was_made() -> None:
    statement = only(bank_csv.ing(MONTH, 500_000))
    assert (statement.from_day, statement.to_day) == (date(2026, 10, 2), date(2026, 10, 9))


@pytest.mark.parametrize("name", WRITERS)
def test_a_header_alone_is_not_a_day_without_bookings(name: str) -> None:
    if name == "csv-targobank":
        pytest.skip("it has no header")
    full = WRITERS[name](MONTH)
    ends = [place for place in range(len(full)) if full[place : place + 1] == b"\n"]
    head = next(
        full[:end] for end in ends if (b"uchung" in full[:end] and b"etrag" in full[:end]) or b"Netto" in full[:end]
    )
    with pytest.raises(UnreadableDocument) as refused:
        only(head)
    assert refused.value.code == "csv-no-booking"


@pytest.mark.parametrize(
    "content",
    [
        b"invoice_number;debtor_number;amount;issue_date;due_date\nRE-1;10001;5,00;2026-10-01;2026-10-31\n",
        b"Datum;Betrag;Text\n01.10.2026;5,00;Miete\n",
        b"Buchungstag;Betrag\n01.10.2026;5,00\n",
        b";;;\n",
    ],
)
def test_other_tables_are_nobodys_export(content: bytes) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        only(content)
    assert refused.value.code == "document-unknown"


@pytest.mark.parametrize("bad", ["12,345", "1.23,4", "NaN", "1e5", "12_000", "٣,٠٠"])
def test_an_amount_that_is_none_holds_the_file(bad: str) -> None:
    content = bank_csv.commerzbank(MONTH).replace(b";1190;", f";{bad};".encode())
    assert "csv-bad-amount" in errors(only(content))


def test_no_finding_repeats_what_stands_in_the_file() -> None:
    content = bank_csv.commerzbank(MONTH).replace(b";1190;", b";Erika;").replace(b"05.10.2026", b"Musterfrau")
    for defect in only(content).defects:
        assert "Erika" not in defect.message
        assert "Musterfrau" not in defect.message
