"""CAMT.052/053/054: every path and trap of the reference, one small document each."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.model.money import Money
from pipelines.model.statement import BalanceKind, Coverage, Entry, EntryDetail, EntryStatus
from tests.statement_files import (
    ACCOUNT,
    PAYER,
    balance,
    camt,
    camt_document,
    codes,
    details,
    difference,
    entry,
    refusal,
    statements,
)

OPEN, CLOSE = balance("OPBD", "0.00"), balance("CLBD", "119.00")


def one_entry(text: str) -> Entry:
    (statement,) = statements(camt(OPEN, CLOSE, text))
    (found,) = statement.entries
    return found


def one_detail(inner: str, **options: str) -> EntryDetail:
    (found,) = one_entry(entry(inner=details(inner), **options)).details  # type: ignore[arg-type]
    return found


def test_statement_head() -> None:
    (statement,) = statements(camt(OPEN, CLOSE, entry()))
    assert (statement.account, statement.currency, statement.format) == (ACCOUNT, "EUR", "camt.053.001.08")
    assert (statement.identification, statement.number, statement.coverage) == ("S1", "7", Coverage.COMPLETE)
    assert (statement.from_day, statement.to_day) == (date(2026, 8, 1), date(2026, 8, 1))
    assert (difference(statement), codes(statement)) == (0, [])


@pytest.mark.parametrize("number", range(1, 14))
@pytest.mark.parametrize("family", ["052", "053", "054"])
def test_every_version(family: str, number: int) -> None:
    version = f"camt.{family}.001.{number:02d}"
    (statement,) = statements(camt(OPEN, CLOSE, entry(), version=version))
    assert (statement.format, len(statement.entries)) == (version, 1)
    assert statement.coverage is (Coverage.PARTIAL if family == "054" else Coverage.COMPLETE)


def test_prefixed_namespace_and_missing_namespace() -> None:
    plain = camt(OPEN, CLOSE, entry())
    prefixed = plain.replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?").replace("xmlns=", "xmlns:c=")
    bare = plain.replace(" xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'", "")
    for text, name in ((prefixed, "camt.053.001.08"), (bare, "camt.053")):
        (statement,) = statements(text)
        assert (statement.format, difference(statement)) == (name, 0)


def test_document_inside_a_business_message() -> None:
    inner = camt(OPEN, CLOSE, entry()).split("?>", 1)[1]
    (statement,) = statements(f"<BizMsg xmlns='urn:x'><AppHdr><Fr/></AppHdr>{inner}</BizMsg>")
    assert difference(statement) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str) -> None:
    text = camt(OPEN, CLOSE, entry(inner=details("<RmtInf><Ustrd>Grüße</Ustrd></RmtInf>")))
    raw = text.replace("UTF-8", encoding).encode(encoding)
    assert statements(raw)[0].entries[0].details[0].remittance == "Grüße"
    assert statements(b"\xef\xbb\xbf" + text.encode())[0].entries[0].details[0].remittance == "Grüße"


def test_sign_is_the_indicator_alone() -> None:
    for flag in ("true", "false"):
        found = one_entry(entry("8.50", "DBIT", f"<RvslInd>{flag}</RvslInd>"))
        assert (found.amount, found.is_reversal) == (Money(-850, "EUR"), flag == "true")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("<Sts>BOOK</Sts>", EntryStatus.BOOKED),
        ("<Sts><Cd>BOOK</Cd></Sts>", EntryStatus.BOOKED),
        ("<Sts>PDNG</Sts>", EntryStatus.PENDING),
        ("<Sts><Cd>PDNG</Cd></Sts>", EntryStatus.PENDING),
        ("<Sts><Cd>INFO</Cd></Sts>", EntryStatus.INFO),
        ("<Sts><Cd>FUTR</Cd></Sts>", EntryStatus.PENDING),
        ("<Sts><Prtry>XYZ</Prtry></Sts>", EntryStatus.INFO),
        ("", EntryStatus.BOOKED),
    ],
)
def test_status(status: str, expected: EntryStatus) -> None:
    assert one_entry(entry(status=status)).status is expected


def test_missing_status_in_an_intraday_report_is_not_booked() -> None:
    (statement,) = statements(camt(entry(status=""), version="camt.052.001.08"))
    assert statement.entries[0].status is EntryStatus.INFO


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("<Dt>2026-08-01</Dt>", date(2026, 8, 1)),
        ("<Dt>2026-08-01+02:00</Dt>", date(2026, 8, 1)),
        ("<DtTm>2026-08-01T23:30:00+02:00</DtTm>", date(2026, 8, 1)),
        ("<DtTm>2026-08-01T10:15:00.000</DtTm>", date(2026, 8, 1)),
        ("<DtTm>2026-07-31T22:00:00Z</DtTm>", date(2026, 8, 1)),
        ("<Dt>2026-02-30</Dt>", date(2026, 2, 28)),
    ],
)
def test_days(text: str, day: date) -> None:
    assert one_entry(entry(booked=f"<BookgDt>{text}</BookgDt>")).booking_date == day


def test_missing_booking_day_is_none() -> None:
    found = one_entry(entry(booked=""))
    assert (found.booking_date, found.value_date) == (None, date(2026, 8, 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": "NaN"}, "Amt"),
        ({"amount": "1e999"}, "Amt"),
        ({"amount": "1_000.00"}, "Amt"),
        ({"amount": "-5.00"}, "negative"),
        ({"amount": "-0"}, "negative"),
        ({"amount": "1,50"}, "Amt"),
        ({"amount": "1.005"}, "decimals"),
        ({"amount": ""}, "Amt"),
        ({"amount": "٣.00"}, "Amt"),
        ({"amount": "9" * 40}, "large"),
        ({"sign": ""}, "CdtDbtInd"),
        ({"sign": "CREDIT"}, "CdtDbtInd"),
        ({"booked": "<BookgDt><Dt>01.08.2026</Dt></BookgDt>"}, "BookgDt"),
        ({"currency": " Ccy='eur'"}, "Ccy"),
    ],
)
def test_bad_entry_holds_its_statement_and_the_others_go_on(change: dict[str, str], reason: str) -> None:
    bad = f"<Id>1</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>{OPEN}{CLOSE}" + entry(**change)  # type: ignore[arg-type]
    good = f"<Id>2</Id><Acct><Id><IBAN>{PAYER}</IBAN></Id><Ccy>EUR</Ccy></Acct>{OPEN}{CLOSE}" + entry()
    first, second = statements(camt_document(bad + entry("5.00"), good))
    assert codes(first) == [("error", "camt-bad-entry")]
    assert (first.defects[0].position, first.defects[0].source_file) == ("Stmt 1/Ntry 1", "file.sta")
    assert reason in first.defects[0].message
    assert [found.amount.minor for found in first.entries] == [500]
    assert (codes(second), difference(second)) == ([], 0)


@pytest.mark.parametrize(("text", "minor"), [("1.00000", 100), ("1", 100), ("1.5", 150), ("0", 0), ("+7.10", 710)])
def test_amount_spellings(text: str, minor: int) -> None:
    assert one_entry(entry(text)).amount.minor == minor


@pytest.mark.parametrize(("currency", "text", "minor"), [("JPY", "1200", 1200), ("KWD", "1.234", 1234)])
def test_decimals_of_the_currency(currency: str, text: str, minor: int) -> None:
    account = f"<Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>{currency}</Ccy>"
    (statement,) = statements(camt(entry(text, currency=f" Ccy='{currency}'"), account=account))
    assert statement.entries[0].amount == Money(minor, currency)


def test_currency_missing_on_account_or_entry() -> None:
    account = f"<Id><IBAN>{ACCOUNT}</IBAN></Id>"
    (statement,) = statements(camt(OPEN, CLOSE, entry(currency=""), account=account))
    assert (statement.currency, statement.entries[0].amount.currency, codes(statement)) == ("EUR", "EUR", [])
    (statement,) = statements(camt(entry("5", currency=" Ccy='CHF'"), account=account))
    assert statement.currency == "CHF"


def test_entry_in_another_currency_is_held() -> None:
    (statement,) = statements(camt(OPEN, CLOSE, entry(currency=" Ccy='USD'")))
    assert ("error", "camt-entry-currency") in codes(statement)


def test_previous_closing_is_an_opening_and_opening_wins() -> None:
    (statement,) = statements(camt(balance("PRCD", "0.00", "2026-07-31"), CLOSE, entry()))
    assert difference(statement) == 0
    (statement,) = statements(camt(balance("PRCD", "5.00", "2026-07-31"), OPEN, CLOSE, balance("CLAV", "9"), entry()))
    assert difference(statement) == 0


def test_intraday_report_without_closing_is_partial() -> None:
    (statement,) = statements(camt(OPEN, balance("ITBD", "119.00"), entry(), version="camt.052.001.08"))
    assert statement.coverage is Coverage.PARTIAL
    assert statement.closing is not None
    assert (statement.closing.kind, statement.closing.amount.minor) == (BalanceKind.INTERIM_CLOSING, 11900)


def paged(number: int, *parts: str) -> str:
    return (
        f"<Id>S{number}</Id><StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{'true' if number == 2 else 'false'}</LastPgInd>"
        f"</StmtPgntn><ElctrncSeqNb>7</ElctrncSeqNb><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>{''.join(parts)}"
    )


def interim(kind: str, amount: str) -> str:
    return balance(kind, amount).replace("</CdOrPrtry></Tp>", "</CdOrPrtry><SubTp><Cd>INTM</Cd></SubTp></Tp>")


@pytest.mark.parametrize(
    ("end_of_first", "start_of_second"),
    [
        (interim("CLBD", "119.00"), interim("OPBD", "119.00")),
        (balance("ITBD", "119.00"), balance("ITBD", "119.00")),
    ],
)
def test_pages_become_one_statement(end_of_first: str, start_of_second: str) -> None:
    one = paged(1, OPEN, end_of_first, entry())
    two = paged(2, start_of_second, balance("CLBD", "219.00"), entry("100.00"))
    for reports in ((one, two), (two, one)):
        (statement,) = statements(camt_document(*reports))
        assert difference(statement) == 0
        assert sorted(found.amount.minor for found in statement.entries) == [10000, 11900]
    (alone,) = statements(camt_document(one))
    assert difference(alone) == 0


@pytest.mark.parametrize(
    ("account", "key"),
    [
        (f"<Id><IBAN>{ACCOUNT}</IBAN></Id>", ACCOUNT),
        ("<Id><IBAN>de02 1203 0000 0000 2020 51</IBAN></Id>", ACCOUNT),
        ("<Id><Othr><Id>12030000/202051</Id></Othr></Id>", ACCOUNT),
        (
            "<Id><Othr><Id>202051</Id></Othr></Id><Svcr><FinInstnId><ClrSysMmbId><MmbId>12030000</MmbId>"
            "</ClrSysMmbId></FinInstnId></Svcr>",
            ACCOUNT,
        ),
        ("<Id><Othr><Id>ABCDE 1234</Id></Othr></Id>", "ABCDE1234"),
        ("<Id><PrtryAcct><Id>777</Id></PrtryAcct></Id>", "777"),
    ],
)
def test_accounts(account: str, key: str) -> None:
    assert statements(camt(entry(), account=account))[0].account == key


def test_without_account_it_is_held() -> None:
    (statement,) = statements(camt(entry(), account=""))
    assert ("error", "camt-no-account") in codes(statement)


# --- details -----------------------------------------------------------------------------------------------------

OLD_PARTIES = (
    f"<RltdPties><Dbtr><Nm>Max</Nm></Dbtr><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct>"
    "<UltmtDbtr><Nm>Erika</Nm></UltmtDbtr><Cdtr><Nm>Muster</Nm><Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr>"
    "</PrvtId></Id></Cdtr></RltdPties><RltdAgts><DbtrAgt><FinInstnId><BIC>COBADEFFXXX</BIC></FinInstnId></DbtrAgt>"
    "</RltdAgts>"
)
NEW_PARTIES = (
    OLD_PARTIES.replace("<Dbtr><Nm>Max</Nm></Dbtr>", "<Dbtr><Pty><Nm>Max</Nm></Pty></Dbtr>")
    .replace("<UltmtDbtr><Nm>Erika</Nm></UltmtDbtr>", "<UltmtDbtr><Pty><Nm>Erika</Nm></Pty></UltmtDbtr>")
    .replace("<Cdtr><Nm>", "<Cdtr><Pty><Nm>")
    .replace("</Id></Cdtr>", "</Id></Pty></Cdtr>")
    .replace("BIC>", "BICFI>")
)


@pytest.mark.parametrize("parties", [OLD_PARTIES, NEW_PARTIES])
def test_parties(parties: str) -> None:
    found = one_detail(parties)
    assert (found.debtor.name, found.debtor.iban, found.debtor.bank) == ("Max", PAYER, "COBADEFFXXX")
    assert (found.creditor.name, found.creditor_id) == ("Muster", "DE98ZZZ09999999999")
    assert found.ultimate_debtor == "Erika"


def test_a_bank_as_party() -> None:
    found = one_detail(
        "<RltdPties><Cdtr><Agt><FinInstnId><BICFI>COBADEFF</BICFI><Nm>Bank</Nm></FinInstnId></Agt></Cdtr></RltdPties>"
    )
    assert (found.creditor.name, found.creditor.bank) == ("Bank", "COBADEFF")


def test_references_and_texts() -> None:
    found = one_detail(
        "<Refs><MsgId>MSG</MsgId><AcctSvcrRef>NONREF</AcctSvcrRef><PmtInfId>PMT</PmtInfId><InstrId>I</InstrId>"
        "<EndToEndId>E2E</EndToEndId><TxId>TX</TxId><MndtId>M-1</MndtId>"
        "<Prtry><Tp>FI-UMSATZ-ID</Tp><Ref>U-9</Ref></Prtry></Refs><Purp><Cd>SALA</Cd></Purp>"
        "<RmtInf><Ustrd>Rechnung</Ustrd><Ustrd>4711</Ustrd><Strd><RfrdDocInf><Nb>RE-1</Nb></RfrdDocInf>"
        "<RfrdDocAmt><DscntApldAmt Ccy='EUR'>2.38</DscntApldAmt></RfrdDocAmt>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf><AddtlRmtInf>mehr</AddtlRmtInf></Strd>"
        "<Strd><RfrdDocInf><Nb>RE-2</Nb></RfrdDocInf><RfrdDocAmt><DscntApldAmt><Amt Ccy='EUR'>1</Amt></DscntApldAmt>"
        "</RfrdDocAmt></Strd></RmtInf><AddtlTxInf>Info</AddtlTxInf>"
    )
    assert (found.end_to_end_id, found.mandate_id, found.payment_information_id) == ("E2E", "M-1", "PMT")
    assert (found.message_id, found.instruction_id, found.transaction_id) == ("MSG", "I", "TX")
    assert (found.bank_reference, found.purpose_code, found.additional_info) == ("", "SALA", "Info")
    assert found.remittance == "Rechnung 4711 mehr"
    assert (found.creditor_reference, found.document_numbers) == ("RF18539007547034", ("RE-1", "RE-2"))
    assert found.declared_discount == Money(338, "EUR")


def test_bank_reference_falls_back_to_the_detail() -> None:
    umsatz = details("<Refs><Prtry><Tp>FI-UMSATZ-ID</Tp><Ref>U-9</Ref></Prtry></Refs>")
    assert one_entry(entry(inner=f"<AcctSvcrRef>NONREF</AcctSvcrRef>{umsatz}")).bank_reference == "U-9"
    assert one_entry(entry(inner=f"<AcctSvcrRef>A-1</AcctSvcrRef>{umsatz}")).bank_reference == "A-1"


@pytest.mark.parametrize(
    ("code", "issuer", "expected"),
    [
        ("NTRF+166+00931+888", "DK", ("NTRF", "166", "00931", "888")),
        ("NTRF+166+00931", "ZKA", ("NTRF", "166", "00931", "")),
        ("NRTI+109++901", "DK", ("NRTI", "109", "", "901")),
        ("NTRF+166", "", ("NTRF", "166", "", "")),
        ("+166+00931", "DK", ("", "166", "00931", "")),
        ("166", "DK", ("", "166", "", "")),
        ("544", "", ("", "", "", "")),
        ("Z04", "", ("", "", "", "")),
    ],
)
def test_german_codes(code: str, issuer: str, expected: tuple[str, ...]) -> None:
    tag = f"<Issr>{issuer}</Issr>" if issuer else ""
    text = entry().replace("<BkTxCd/>", f"<BkTxCd><Prtry><Cd>{code}</Cd>{tag}</Prtry></BkTxCd>")
    found = one_entry(text)
    assert (found.swift_code, found.gvc, found.primanota, found.text_key_extension) == expected


def test_iso_code_in_the_details_only() -> None:
    found = one_detail(
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
    )
    assert found.domain_code == "PMNT-RCDT-ESCT"


def amounts(text: str) -> list[int | None]:
    return [found.amount.minor if found.amount else None for found in one_entry(text).details]


def tx(amount: str, sign: str = "CRDT", more: str = "") -> str:
    return f"<Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more}"


def old(amount: str, kind: str = "TxAmt", more: str = "") -> str:
    return f"<AmtDtls><{kind}><Amt Ccy='EUR'>{amount}</Amt></{kind}></AmtDtls>{more}"


CHARGE = "<Chrgs><Rcrd><Amt Ccy='EUR'>2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
OLD_CHARGE = "<Chrgs><Amt Ccy='EUR'>2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (entry("30", inner=details(tx("10"), tx("20"))), [1000, 2000]),
        (entry("30", inner=details(old("10"), old("20"))), [1000, 2000]),
        (entry("30", inner=details(old("10", "InstdAmt"), old("20", "InstdAmt"))), [1000, 2000]),
        (entry("30", inner=details(tx("10"), old("20"))), [1000, 2000]),
        (entry("10", inner=details(tx("20"), tx("10", "DBIT"))), [2000, -1000]),
        (entry("30", "DBIT", details(tx("10"), tx("20"))), [-1000, -2000]),
        (entry("27", "DBIT", details(old("11", "InstdAmt", CHARGE), old("11", "InstdAmt", CHARGE))), [-1350, -1350]),
        (entry("27", "DBIT", details(tx("13.50", "DBIT", CHARGE), tx("13.50", "DBIT", CHARGE))), [-1350, -1350]),
        (entry("27.50", inner=CHARGE + details(tx("10"), tx("20"))), [1000, 2000]),
        (entry("30", inner=details(tx("10"), tx("21"))), [None, None]),
        (entry("30", inner=details("", "")), [None, None]),
        (entry("4500", inner=details(old("0.04"))), [450000]),
        (entry("30", inner=details("")), [3000]),
    ],
)
def test_what_each_payment_of_a_batch_amounts_to(text: str, expected: list[int | None]) -> None:
    assert amounts(text) == expected


def test_details_that_do_not_add_up_are_noted_but_not_held() -> None:
    (statement,) = statements(camt(OPEN, CLOSE, entry(inner=details(tx("10"), tx("20")))))
    assert codes(statement) == [("warning", "camt-details-differ")]


def test_broken_amount_in_a_detail_holds() -> None:
    (statement,) = statements(camt(OPEN, CLOSE, entry(inner=details(tx("NaN"), tx("20")))))
    assert ("error", "camt-bad-detail") in codes(statement)
    assert statement.defects[0].position == "Stmt 1/Ntry 1/TxDtls 1"


def test_batch_with_and_without_details() -> None:
    batch = "<Btch><MsgId>MSG</MsgId><PmtInfId>PMT</PmtInfId><NbOfTxs>12</NbOfTxs><TtlAmt Ccy='EUR'>9</TtlAmt></Btch>"
    for inner in (f"<NtryDtls>{batch}</NtryDtls>", batch):
        found = one_entry(entry(inner=inner))
        assert found.batch is not None
        assert (found.batch.payment_information_id, found.batch.message_id, found.batch.count) == ("PMT", "MSG", 12)
        assert found.details == ()


@pytest.mark.parametrize(
    ("inner", "charges"),
    [
        (CHARGE, 250),
        (OLD_CHARGE, 250),
        (OLD_CHARGE * 2, 500),
        ("<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>3</TtlChrgsAndTaxAmt></Chrgs>", 300),
        (CHARGE.replace("</Rcrd>", "<ChrgInclInd>false</ChrgInclInd></Rcrd>"), None),
    ],
)
def test_charges(inner: str, charges: int | None) -> None:
    for text in (entry(inner=details(inner)), entry(inner=inner + details("")), entry(inner=inner + details(inner))):
        found = one_entry(text).details[0].charges
        assert (found.minor if found else None) == charges


def test_return_information() -> None:
    found = one_detail(
        "<AmtDtls><InstdAmt><Amt Ccy='EUR'>11.00</Amt></InstdAmt></AmtDtls>"
        "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Konto</AddtlInf><AddtlInf>zu</AddtlInf></RtrInf>"
    )
    assert (found.is_return, found.reason_code, found.reason_text) == (True, "AC04", "Konto zu")
    assert found.original_amount == Money(1100, "EUR")
    silent = one_detail("<RtrInf><Orgtr><Nm>X</Nm></Orgtr></RtrInf>")
    assert (silent.is_return, silent.reason_code) == (True, "")


# --- whole documents --------------------------------------------------------------------------------------------


def test_several_statements() -> None:
    report = f"<Id>1</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>{OPEN}{CLOSE}{entry()}"
    found = statements(camt_document(report, report.replace("<Id>1<", "<Id>2<"), report))
    assert [(statement.position, difference(statement)) for statement in found] == [
        ("Stmt 1", 0), ("Stmt 2", 0), ("Stmt 3", 0),
    ]  # fmt: skip


def test_a_day_without_bookings_is_a_statement() -> None:
    (statement,) = statements(camt(OPEN, balance("CLBD", "0.00")))
    assert (statement.entries, difference(statement), codes(statement)) == ((), 0, [])


def test_nothing_at_all_is_never_a_day_without_bookings() -> None:
    (statement,) = statements(camt())
    assert codes(statement) == [("error", "camt-empty-statement")]
    assert refusal(camt_document()).code == "camt-no-statement"
    assert refusal("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'/>").code == "camt-no-statement"


def test_announced_entries_that_are_missing_are_noted() -> None:
    summary = "<TxsSummry><TtlNtries><NbOfNtries>35</NbOfNtries></TtlNtries></TxsSummry>"
    (statement,) = statements(camt(OPEN, CLOSE, summary, entry()))
    assert codes(statement) == [("warning", "camt-entry-count")]


def test_look_alikes_inside_other_elements_are_no_entries() -> None:
    fake = f"<SplmtryData><Envlp>{camt(OPEN, CLOSE, entry()).split('?>', 1)[1]}{entry('5')}</Envlp></SplmtryData>"
    (statement,) = statements(camt(OPEN, CLOSE, entry(inner=fake), fake))
    assert (len(statement.entries), difference(statement)) == (1, 0)


def test_comments_and_cdata() -> None:
    text = camt(OPEN, CLOSE, "<!-- <Ntry/> -->", entry("1<!-- x -->19.00", inner=details(
        "<RmtInf><Ustrd><![CDATA[<Ntry> & Co]]></Ustrd></RmtInf>")))  # fmt: skip
    (statement,) = statements(text)
    assert difference(statement) == 0
    assert statement.entries[0].details[0].remittance == "<Ntry> & Co"


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_truncated_xml_is_refused_with_its_line(cut: float) -> None:
    text = camt(OPEN, CLOSE, *[entry() + "\n" for _ in range(50)])
    error = refusal(text[: int(len(text) * cut)])
    assert error.code == "xml-malformed"
    assert error.position.startswith("line ")


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE Document>",
        "<!DOCTYPE Document [<!ENTITY x 'y'>]>",
        "<!DOCTYPE D SYSTEM 'file:///etc/passwd'>",
        "<!-- " + "x" * 70000 + " --><!DOCTYPE D [<!ENTITY x 'y'>]>",
    ],
)
def test_doctype_is_refused(doctype: str) -> None:
    text = camt(OPEN, CLOSE, entry())
    head, body = text.split("?>", 1)
    for raw in (f"{head}?>{doctype}{body}".encode(), f"{doctype}{body}".encode("utf-16")):
        assert refusal(raw).code == "xml-doctype"


def test_deep_nesting_is_survived() -> None:
    deep = "<a>" * 1000 + "</a>" * 1000
    (statement,) = statements(camt(OPEN, CLOSE, entry(inner=deep)))
    assert difference(statement) == 0
    assert refusal(camt(OPEN) + deep).code == "xml-malformed"
    assert refusal(camt(OPEN, CLOSE, entry(inner="<a>" * 200_000))).code == "xml-too-complex"
    party = "<Pty>" * 5000 + "<Nm>x</Nm>" + "</Pty>" * 5000
    assert len(statements(camt(entry(inner=details(f"<RltdPties><Dbtr>{party}</Dbtr></RltdPties>"))))) == 1


def test_many_entries_cross_the_chunks_of_the_stream() -> None:
    texts = [
        entry(f"{number}.00", inner=details(f"<Refs><EndToEndId>E{number}</EndToEndId></Refs>"))
        for number in range(1, 1001)
    ]
    (statement,) = statements(camt(OPEN, balance("CLBD", "500500.00"), *texts))
    assert difference(statement) == 0
    (wide,) = statements(camt(OPEN, balance("CLBD", "500500.00"), *texts).replace("UTF-8", "UTF-16").encode("utf-16"))
    assert wide == statement
    assert [found.details[0].end_to_end_id for found in statement.entries] == [f"E{n}" for n in range(1, 1001)]
    assert statement.entries[999].position == "Stmt 1/Ntry 1000"


def test_blanks_in_front_and_control_bytes_behind() -> None:
    text = camt(OPEN, CLOSE, entry())
    for raw in (b"\r\n " + text.encode(), text.encode() + b"\x00\x00\x1a", b"\xef\xbb\xbf\n" + text.encode()):
        (statement,) = statements(raw)
        assert difference(statement) == 0
