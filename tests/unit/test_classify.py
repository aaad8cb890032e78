"""Kinds, returns with reason, original and charges, the other side, batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.classify import classify
from pipelines.gvc import GVC
from pipelines.model.transaction import Transaction
from pipelines.return_reasons import EXTENSIONS, reason_of
from tests.statement_files import (
    ACCOUNT,
    PAYER,
    balance,
    camt,
    details,
    entry,
    mt940,
    statements,
    transactions,
)

OUR = f"<Cdtr><Pty><Nm>Muster Handels GmbH</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>{ACCOUNT}</IBAN></Id></CdtrAcct>"
CUSTOMER = f"<Dbtr><Pty><Nm>Max</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{PAYER}</IBAN></Id></DbtrAcct>"
COLLECTED = f"<Refs><EndToEndId>E1</EndToEndId><MndtId>M1</MndtId></Refs><RltdPties>{CUSTOMER}{OUR}</RltdPties>"


def one_mt(mark: str, gvc: str, text: str = "?20SVWZ+Rechnung 1?32Max", swift: str = "NTRF") -> Transaction:
    (found,) = transactions(mt940(f":61:2608010801{mark}10,00{swift}NONREF", f":86:{gvc}{text}"))
    return found


def one_camt(text: str) -> Transaction:
    (found,) = transactions(camt(balance("OPBD", "0"), balance("CLBD", "0"), text))
    return found


def domain(family: str, leaf: str) -> str:
    return f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{leaf}</SubFmlyCd></Fmly></Domn></BkTxCd>"


@pytest.mark.parametrize(
    ("gvc", "mark", "kind"),
    [
        *(
            (code, "C", "receipt")
            for code in [
                "051",
                "152",
                "153",
                "156",
                "164",
                "165",
                "166",
                "167",
                "168",
                "169",
                "170",
                "088",
                "202",
                "194",
            ]
        ),
        *((code, "C", "collection") for code in ["071", "171", "174", "192", "196"]),
        *((code, "D", "return_debit") for code in ["108", "109", "110", "111", "009"]),
        ("159", "C", "return_transfer"),
        ("159", "D", "return_transfer"),
        ("160", "C", "return_transfer"),
        ("160", "D", "return_transfer"),
        *((code, "C", "other") for code in ["181", "182", "183", "184"]),
        *((code, "RD", "other") for code in ["181", "184"]),
        *(
            (code, "D", "outgoing")
            for code in [
                "104",
                "105",
                "106",
                "107",
                "116",
                "117",
                "118",
                "119",
                "177",
                "188",
                "191",
                "195",
                "197",
                "201",
                "020",
            ]
        ),
        ("193", "D", "reversal"),
        ("199", "D", "reversal"),
        ("899", "C", "reversal"),
        ("166", "RC", "reversal"),
        ("105", "RD", "reversal"),
        *((code, "D", "charge") for code in ["805", "806", "807", "808", "809", "814"]),
        ("808", "C", "charge"),
        ("814", "C", "other"),
        ("820", "D", "own_transfer"),
        ("833", "C", "own_transfer"),
        ("006", "C", "payout"),
        ("006", "D", "outgoing"),
        ("083", "D", "outgoing"),
        ("082", "C", "other"),
        ("109", "C", "other"),
        ("166", "D", "other"),
        ("116", "C", "other"),
        ("350", "C", "other"),
        ("", "C", "receipt"),
        ("", "D", "outgoing"),
        ("999", "C", "receipt"),
    ],
)
def test_kinds_by_gvc(gvc: str, mark: str, kind: str) -> None:
    assert one_mt(mark, gvc).kind == kind
    if gvc and mark in ("C", "D"):
        found = one_camt(entry("10", "CRDT" if mark == "C" else "DBIT", code=f"NTRF+{gvc}+00931"))
        assert found.kind == kind


@pytest.mark.parametrize(
    ("family", "leaf", "sign", "kind"),
    [
        ("RCDT", "ESCT", "CRDT", "receipt"),
        ("RRCT", "ESCT", "CRDT", "receipt"),
        ("ICDT", "ESCT", "DBIT", "outgoing"),
        ("RDDT", "ESDD", "DBIT", "outgoing"),
        ("IDDT", "ESDD", "CRDT", "collection"),
        ("IDDT", "UPDD", "DBIT", "return_debit"),
        ("IDDT", "PRDD", "DBIT", "return_debit"),
        ("RDDT", "UPDD", "CRDT", "other"),
        ("RCDT", "RRTN", "DBIT", "return_transfer"),
        ("ICDT", "RRTN", "CRDT", "return_transfer"),
        ("IDDT", "RCDD", "DBIT", "reversal"),
        ("MDOP", "CHRG", "DBIT", "charge"),
        ("*", "OTHR", "CRDT", "receipt"),
        ("NTAV", "NTAV", "DBIT", "outgoing"),
    ],
)
def test_kinds_by_iso_code(family: str, leaf: str, sign: str, kind: str) -> None:
    assert one_camt(entry("10", sign).replace("<BkTxCd/>", domain(family, leaf))).kind == kind
    assert one_camt(entry("10", sign, details(domain(family, leaf)))).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "?00GUTSCHR. UEBERWEISUNG?20SVWZ+Retoure 4711 Rueckgabe?32Max",
        "?00GUTSCHRIFT?20SVWZ+Ruecklastschrift ausgegli?21chen RETURN/REFUND MD06?32Max",
        "?00RETOURE?20SVWZ+Retoure SEPA Ueberweisung?32Max",
    ],
)
@pytest.mark.parametrize("gvc", ["166", "168", "152", "169", "171"])
def test_no_payment_is_called_a_return(gvc: str, text: str) -> None:
    assert one_mt("C", gvc, text).kind in ("receipt", "collection")


def test_a_payment_without_codes_that_mentions_a_return_stays_a_payment() -> None:
    for text in ("Retoure 4711", "RUECKLASTSCHRIFT beglichen", "Rückgabe der Ware, Retoure SEPA", "MD06"):
        assert one_camt(entry("10", inner=details(f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>"))).kind == "receipt"
        assert one_mt("C", "", f"?20{text}?32Max").kind == "receipt"
    assert one_mt("D", "116", "?00UEBERWEISUNG?20SVWZ+Erstattung Ruecklastschr?32Max").kind == "outgoing"
    refund = entry("10", "DBIT", details("<RmtInf><Ustrd>Erstattung Retoure 12</Ustrd></RmtInf>"))
    assert one_camt(refund).kind == "outgoing"


@pytest.mark.parametrize(
    ("booking_text", "text", "sign", "kind"),
    [
        ("Retourenbelastung", "Rechnung 1", "DBIT", "return_debit"),
        ("LS RUECKBELASTUNG", "Rechnung 1", "DBIT", "return_debit"),
        ("SEPA-LASTSCHR. RETOURE CORE", "", "DBIT", "return_debit"),
        ("Rücklastschrift", "", "DBIT", "return_debit"),
        ("Storno", "Retoure aus SEPA Basislastschrift, Rueckweisungsgrund: X", "DBIT", "return_debit"),
        ("", "RUECKLASTSCHRIFT ZINSAUSGLEICH", "DBIT", "return_debit"),
        ("SEPA Ueberweisung Retoure", "AC01", "CRDT", "return_transfer"),
        ("", "Retoure SEPA Ueberweisung vom 15.01.2024, Rueckgabegrund: AC01", "CRDT", "return_transfer"),
        ("Entgelt Rücklastschrift", "fuer Nr 7", "DBIT", "charge"),
        ("Kontoführungsgebühr", "", "DBIT", "charge"),
        ("Entgeltabschluss", "", "DBIT", "charge"),
    ],
)
def test_words_count_where_codes_are_silent(booking_text: str, text: str, sign: str, kind: str) -> None:
    inner = details(f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>") + f"<AddtlNtryInf>{booking_text}</AddtlNtryInf>"
    assert one_camt(entry("10", sign, inner)).kind == kind


def test_swift_return_type() -> None:
    assert one_mt("D", "", "?20x?32Max", "NRTI").kind == "return_debit"
    assert one_mt("C", "166", swift="NRTI").kind == "receipt"


RETURN = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"


def test_return_keeps_the_roles_of_the_collection() -> None:
    inner = details(
        COLLECTED + "<AmtDtls><InstdAmt><Amt Ccy='EUR'>11.00</Amt></InstdAmt></AmtDtls>"
        "<Chrgs><Rcrd><Amt Ccy='EUR'>2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>" + RETURN
    )
    for code in ("NRTI+109+00931+901", ""):
        found = one_camt(entry("13.50", "DBIT", inner, code=code))
        assert (found.kind, found.amount_minor) == ("return_debit", -1350)
        assert (found.counterparty_name, found.counterparty_iban) == ("Max", PAYER)
        assert (found.original_minor, found.charges_minor) == (1100, 250)
        assert (found.reason_code, found.reason_source) == ("AC04", "file")
        assert (found.end_to_end_id, found.mandate_id) == ("E1", "M1")


def test_a_detail_smaller_than_its_returned_entry_is_the_original() -> None:
    for amount in ("<Amt Ccy='EUR'>11.00</Amt>", "<AmtDtls><TxAmt><Amt Ccy='EUR'>11.00</Amt></TxAmt></AmtDtls>"):
        found = one_camt(entry("13.50", "DBIT", details(COLLECTED + amount + RETURN), code="NRTI+109"))
        assert (found.original_minor, found.charges_minor) == (1100, 250)


def test_several_returns_in_one_entry() -> None:
    fee = "<Chrgs><Rcrd><Amt Ccy='EUR'>2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
    one = COLLECTED + "<AmtDtls><InstdAmt><Amt Ccy='EUR'>11.00</Amt></InstdAmt></AmtDtls>" + fee + RETURN
    for inner in (details(one, one), details("<Amt Ccy='EUR'>11.00</Amt>" + one, "<Amt Ccy='EUR'>11.00</Amt>" + one)):
        found = transactions(camt(entry("27.00", "DBIT", inner, code="NRTI+109")))
        assert [(r.kind, r.amount_minor, r.original_minor, r.charges_minor) for r in found] == [
            ("return_debit", -1350, 1100, 250)
        ] * 2


def test_collections_without_codes() -> None:
    assert one_camt(entry("5", inner="<AddtlNtryInf>Lastschrifteinzug</AddtlNtryInf>")).kind == "collection"
    creditor = "<Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr></PrvtId></Id></Pty></Cdtr>"
    ours = COLLECTED.replace("</Pty></Cdtr>", creditor)
    assert one_camt(entry("5", inner=details(ours))).kind == "collection"


def test_roles_swapped_by_the_bank_are_told_apart_by_our_account() -> None:
    swapped = COLLECTED.replace("Cdtr", "X").replace("Dbtr", "Cdtr").replace("X", "Dbtr")
    found = one_camt(entry("11", "DBIT", details(swapped + RETURN), code="NRTI+109"))
    assert found.counterparty_iban == PAYER


def test_transfer_returned_to_us_and_taken_back_from_us() -> None:
    ours_out = (
        f"<RltdPties><Dbtr><Nm>Muster Handels GmbH</Nm></Dbtr><DbtrAcct><Id><IBAN>{ACCOUNT}</IBAN></Id></DbtrAcct>"
        f"<Cdtr><Nm>Max</Nm></Cdtr><CdtrAcct><Id><IBAN>{PAYER}</IBAN></Id></CdtrAcct></RltdPties>"
    )
    bounced = one_camt(entry("5", "CRDT", details(ours_out + RETURN), code="NTRF+159"))
    assert (bounced.kind, bounced.counterparty_iban) == ("return_transfer", PAYER)
    recalled = one_camt(entry("5", "DBIT", details(COLLECTED + RETURN), code="NTRF+159"))
    assert (recalled.kind, recalled.counterparty_iban) == ("return_transfer", PAYER)


def test_debit_on_our_account_given_back_is_no_income() -> None:
    for inner, code in ((RETURN, "NTRF+181"), (COLLECTED + RETURN, "")):
        assert one_camt(entry("5", "CRDT", details(inner), code=code)).kind == "other"


def test_empty_return_information_does_not_overrule_an_exact_code() -> None:
    assert one_camt(entry("5", inner=details("<RtrInf/>"), code="NTRF+166")).kind == "receipt"
    assert one_camt(entry("5", "DBIT", details("<RtrInf/>"))).kind == "return_debit"


@pytest.mark.parametrize(
    ("line", "extra", "subfields", "original", "charges"),
    [
        ("D12,35", "/OCMT/EUR11,85//CHGS/EUR0,50/", "?20OAMT+11,85", 1185, 50),
        ("D12,35", "/OCMT/EUR11,85//CHGS/EUR0,50/", "?20EREF+E", 1185, 50),
        ("D5,30", "", "?20EREF+E?21COAM+4,00?22OAMT+1,30", 130, 400),
        ("D128,11", "", "?20OAMT+120,00?21COAM+5,11", 12000, 811),
        ("D99,00", "", "?20EREF+E", None, None),
        ("D99,00", "", "?20COAM+4,00", None, None),
        ("D99,00", "", "?20OAMT+120,00", None, None),
        ("D10,00", "", "?20OAMT+10,00", 1000, 0),
        ("D12,35", "/CHGS/EUR0,50/", "?20EREF+E", 1185, 50),
        ("D28,11", "", "?20FREMDENTGELT 3,00 EUR EIGENENTGELT 5,11 EUR", 2000, 811),
    ],
)
def test_original_and_charges_of_mt940_returns(
    line: str, extra: str, subfields: str, original: int | None, charges: int | None
) -> None:
    lines = [f":61:2608010801{line}NRTINONREF", *([extra] if extra else []), f":86:109?00RETOURE{subfields}"]
    (found,) = transactions(mt940(*lines))
    assert (found.kind, found.original_minor, found.charges_minor) == ("return_debit", original, charges)


def test_payments_carry_no_return_fields() -> None:
    found = one_mt("C", "166", "?20OAMT+1,00?21SVWZ+MD06?34906?32Max")
    assert (found.reason_code, found.original_minor, found.charges_minor) == ("", None, None)


@pytest.mark.parametrize(
    ("stated", "words", "text", "extension", "reason"),
    [
        ("AC04", "", "MD06", "914", ("AC04", "file")),
        ("", "MD06", "", "914", ("MD06", "text")),
        ("", "", "RE MD01 Rueckgabegrund: MS03 ", "", ("MS03", "text")),
        ("", "", "Storno AM04 Deckung ungenuegend", "", ("AM04", "text")),
        ("", "", "FOCR", "", ("FOCR", "text")),
        ("", "", "Rechnung 1", "912", ("MD06", "extension")),
        ("", "901", "", "", ("AC01", "extension")),
        ("", "", "KONTO AUFGELOES", "", ("AC04", "phrase")),
        ("", "", "SONSTIGE GRUENDE", "", ("MS03", "phrase")),
        ("", "", "WIDERSPRUCH DURCH ZPFL", "992", ("MD06", "phrase")),
        ("", "", "KEIN GÜLTIGES MANDAT", "", ("MD01", "phrase")),
        ("", "", "Rechnung 1", "", ("MS03", "default")),
        ("", "", "XMD061 RAM044", "", ("MS03", "default")),
    ],
)
def test_reasons(stated: str, words: str, text: str, extension: str, reason: tuple[str, str]) -> None:
    assert tuple(reason_of(stated, words, text, extension)) == reason


def test_reason_from_each_extension() -> None:
    for extension, code in EXTENSIONS.items():
        assert one_mt("D", "109", f"?20SVWZ+Re 1?34{extension}").reason_code == code


def test_a_batch_with_details_is_one_transaction_each() -> None:
    inner = details(*(f"<Amt Ccy='EUR'>{n}</Amt><CdtDbtInd>CRDT</CdtDbtInd>{COLLECTED}" for n in (10, 20)))
    found = transactions(camt(balance("OPBD", "0"), balance("CLBD", "30"), entry("30", inner=inner, code="NDDT+192")))
    assert [(one.amount_minor, one.kind, one.is_batch) for one in found] == [
        (1000, "collection", False), (2000, "collection", False),
    ]  # fmt: skip


def test_charge_that_explains_the_difference_is_a_transaction_of_its_own() -> None:
    charge = "<Chrgs><Rcrd><Amt Ccy='EUR'>2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
    inner = charge + details("<Amt Ccy='EUR'>10</Amt>", "<Amt Ccy='EUR'>20</Amt>")
    found = transactions(camt(entry("27.50", inner=inner, code="NDDT+192")))
    assert [(one.amount_minor, one.kind) for one in found] == [
        (1000, "collection"), (2000, "collection"), (-250, "charge"),
    ]  # fmt: skip


def test_batch_without_details() -> None:
    batch = "<NtryDtls><Btch><MsgId>MSG</MsgId><PmtInfId>PMT</PmtInfId><NbOfTxs>12</NbOfTxs></Btch></NtryDtls>"
    found = one_camt(entry("30", inner=batch, code="NDDT+192"))
    assert (found.kind, found.is_batch, found.batch_count) == ("collection", True, 12)
    assert (found.payment_information_id, found.message_id) == ("PMT", "MSG")
    alone = one_mt("C", "192", "?20KREF+PMT-7")
    assert (alone.is_batch, alone.batch_count, alone.customer_reference) == (True, None, "PMT-7")
    single = batch.replace("12", "1")
    assert one_camt(entry("30", inner=single, code="NTRF+166")).is_batch is False


def test_details_that_explain_nothing_are_one_payment_with_all_their_texts() -> None:
    inner = details(*(f"<Amt Ccy='EUR'>{n}</Amt><RmtInf><Ustrd>RE {n}</Ustrd></RmtInf>" for n in (10, 21)))
    found = one_camt(entry("30", inner=inner, code="NTRF+166"))
    assert (found.amount_minor, found.remittance, found.is_batch, found.batch_count) == (3000, "RE 10 RE 21", True, 2)


def test_own_transfers_and_payouts() -> None:
    text = camt(entry("10", inner=details(f"<RltdPties>{CUSTOMER}</RltdPties>"), code="NTRF+166"))
    assert transactions(text)[0].kind == "receipt"
    assert transactions(text, frozenset({PAYER, ACCOUNT}))[0].kind == "own_transfer"
    for name in ("PayPal (Europe) S.a.r.l. et Cie", "STRIPE PAYMENTS EUROPE", "Klarna Bank AB"):
        assert one_mt("C", "166", f"?20x?32{name}").kind == "payout"
    for name in ("Stripes und Soehne GmbH", "Mollienhauer"):
        assert one_mt("C", "166", f"?20x?32{name}").kind == "receipt"


def test_old_account_numbers_become_ibans() -> None:
    found = one_mt("C", "051", "?20x?3012030000?310000202051?32Max")
    assert (found.counterparty_iban, found.counterparty_account) == (ACCOUNT, "")
    other = one_mt("C", "166", "?20x?30COBADEFFXXX?31DE00123?32Max")
    assert (other.counterparty_iban, other.counterparty_account, other.counterparty_bank) == ("", "DE00123", "COBADEFF")


@pytest.mark.parametrize("text", ["NOTPROVIDED", "NONREF", "NOT PROVIDED", "-", "", "notprovided"])
def test_references_that_say_nothing(text: str) -> None:
    assert one_mt("C", "166", f"?20EREF+{text}?21SVWZ+x").end_to_end_id == ""


def test_structured_references() -> None:
    strd = "<RmtInf><Strd><CdtrRefInf><Ref>RF18 5390 0754 7034</Ref></CdtrRefInf></Strd></RmtInf>"
    assert one_camt(entry(inner=details(strd))).creditor_reference == "RF18539007547034"
    assert one_mt("C", "167", "?20SVWZ+RF18 5390 0754 7034 Da?21nke?32Max").creditor_reference == "RF18539007547034"
    assert one_mt("C", "167", "?20SVWZ+RF19 5390 0754 7034?32Max").creditor_reference == ""


def test_bank_reference_is_the_entry_own_one() -> None:
    inner = "<AcctSvcrRef>ENTRY</AcctSvcrRef>" + details("<Refs><AcctSvcrRef>DETAIL</AcctSvcrRef></Refs>")
    assert one_camt(entry(inner=inner)).bank_reference == "ENTRY"


def test_control_characters_are_removed_and_nothing_else() -> None:
    assert one_mt("C", "166", "?20SVWZ+=1+1\x07<b>\u202e'--?32Max").remittance == "=1+1<b>\u202e'--"


def test_days_fall_back() -> None:
    assert one_camt(entry(booked="")).booking_date.isoformat() == "2026-08-01"
    assert one_camt(entry(booked="", value="")).value_date.isoformat() == "2026-08-01"


@given(
    gvc=st.sampled_from(["", "999", *sorted(GVC)]),
    mark=st.sampled_from(["C", "D", "RC", "RD"]),
    minor=st.integers(0, 10**9),
    text=st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=60),
)
def test_one_entry_gives_transactions_of_its_amount(gvc: str, mark: str, minor: int, text: str) -> None:
    line = f":61:2608010801{mark}{minor // 100},{minor % 100:02d}NTRFNONREF"
    (statement,) = statements(mt940(line, f":86:{gvc}?00X?20{text}"))
    for booked in statement.entries:
        found = classify(statement, booked)
        assert sum(one.amount_minor for one in found) == booked.amount.minor
        assert all((one.original_minor is None) or one.kind.startswith("return") for one in found)
