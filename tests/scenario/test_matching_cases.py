"""The catalogue of what payers really write (GERMAN_BANKING §4), and what each must become."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.model.proposal import AllocationKind, Disposition
from pipelines.policy import override
from tests.matching_ledger import (
    DAY,
    MUELLER,
    SCHMIDT,
    STRANGER,
    crowd,
    item,
    matcher,
    paid,
    payment,
    plan,
    receipts,
    stranger,
)

LEDGER = [
    *crowd(),
    item("RE-2026-00123", 128317),
    item("RE-2026-00777", 4950, "10002"),
    item("20264471", 88112, "10003"),
]


@pytest.mark.parametrize(
    "text",
    [
        "RE-2026-00123",
        "Rechnung re-2026-00123 vom 20.10.2026",
        "Rg.Nr. 2026/00123 Kd.Nr. 10001",
        "RE 2026 00123, 1.283,17 EUR",
        "RE202600123",
        "Rechnungsnr.:RE-2026-00123/Danke",
        "Tel. 0221/445566 RE-2026-00123",
        "SVWZ RE-2026-00 123",
    ],
)
@pytest.mark.parametrize("payer", [payment, stranger])
def test_clean_number_and_exact_amount_post_whoever_pays(text: str, payer: object) -> None:
    [found] = plan(LEDGER, payer(128317, text))  # type: ignore[operator]
    assert paid(found) == {"RE-2026-00123": 128317}
    assert found.disposition is Disposition.AUTO
    assert found.remainder_minor == 0


@pytest.mark.parametrize(
    "text",
    [
        "RE-2O26-OO123",
        "RE-2026-0O123",
        "RE-2026-00132",
        "RE-2026-0123",
        "RE-2026-001223",
        "RE-2026-00124",
        "Rechnung 123",
        "RG 26-00123",
        "RE 2026 00 12 3",
        "Rechnung2026-00123vom 20.10.",
        "AR-2026-00123",
    ],
)
def test_damaged_number_posts_with_payer_and_amount(text: str) -> None:
    [found] = plan(LEDGER, payment(128317, text))
    assert paid(found) == {"RE-2026-00123": 128317}
    assert found.disposition is Disposition.AUTO


def test_damaged_number_alone_never_posts() -> None:
    [found] = plan(LEDGER, stranger(128000, "RE-2026-00132"))
    assert found.disposition is Disposition.REVIEW


@pytest.mark.parametrize(
    "one",
    [
        stranger(99000, "Erstattung zu RE-2026-00123"),
        stranger(5511, "Rechnung 2026-00123"),
        stranger(250000, "RE-2026-00123"),
        stranger(128317, "Danke"),
        stranger(128317, "Rechnung 4711-0815"),
        payment(128317, "RE-2026-88441"),
        payment(128317, "Kaution Wohnung"),
        payment(7000, "Danke"),
        stranger(4950, "Vertrag 9RE2026007771"),
        payment(128317, "KdNr 10002"),
        stranger(128000, "RE-2026-00123", counterparty_name="Petra Schmidt", counterparty_iban=SCHMIDT),
        stranger(128317, "RE-2026-00132", counterparty_name="Petra Schmidt", counterparty_iban=SCHMIDT),
    ],
)
def test_traps_wait_for_a_person(one: dict[str, object]) -> None:
    [found] = plan(LEDGER, one)
    assert found.disposition is Disposition.REVIEW
    assert found.message


def test_whole_tokens_only() -> None:
    ledger = [*crowd(), item("14", 9911), item("1814", 5050, "10002")]
    [found] = plan(ledger, stranger(9911, "Rechnung 1814"))
    assert found.disposition is Disposition.REVIEW
    assert paid(found) != {"14": 9911}


def test_a_number_inside_a_longer_one_of_our_shape_names_nothing() -> None:
    ledger = [*crowd(), item("RE-2026-13939", 15715), item("73993", 4000, "10002", open_minor=0)]
    ledger += [item(str(70000 + place), 31 * place + 777, f"{20000 + place}") for place in range(5)]
    [found] = plan(ledger, stranger(15715, "Rechnung RE-2026-73993", counterparty_name="Müller Maschinenbau GmbH"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "unexplained-number")


def test_known_account_and_rare_amount_post_without_a_number() -> None:
    [found] = plan(LEDGER, payment(128317, "Danke"))
    assert (found.disposition, found.reason) == (Disposition.AUTO, "payer-and-amount")


def test_name_and_rare_amount_post_without_a_number() -> None:
    [found] = plan(LEDGER, stranger(88112, "Rechnung", counterparty_name="LINDENHOFER OPTIK KG"))
    assert (found.disposition, found.reason) == (Disposition.AUTO, "name-and-amount")
    assert paid(found) == {"20264471": 88112}


@pytest.mark.parametrize("name", ["Müller Maschinenbau", "MUELLER MASCHINENBAU GMBH", "M?ller Maschinenbau GmbH", "Muller Maschinenbau GmbH", "MÃ¼ller Maschinenbau GmbH"])  # fmt: skip  # noqa: E501
def test_broken_umlauts_are_one_name(name: str) -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317, debtor_ibans="")]
    [found] = plan(ledger, stranger(128317, "", counterparty_name=name))
    assert paid(found) == {"RE-2026-00123": 128317}
    assert any(row.field == "name" and row.level in {"full", "close"} for row in found.waterfall)


@pytest.mark.parametrize(
    ("payer", "owing"),
    [
        ("Anna Meyer", "Anna Meier"),
        ("Meyer, Anna", "Anna Meier"),
        ("Winkler Holzhandel GmbH", "Winkler Holzhandel GmbH & Co. KG"),
    ],
)
@pytest.mark.parametrize("text", ["Rechnung", "RE-2026-0012"])
def test_who_is_a_customer_to_the_letter_does_not_pay_for_one_of_a_similar_name(
    payer: str, owing: str, text: str
) -> None:
    theirs = item("RE-2026-00123", 128317, "11001", debtor_name=owing)
    own = item("RE-2026-00577", 13131, "11002", debtor_name=" ".join(reversed(payer.split(", "))))
    arrived = payment(128317, text, counterparty_name=payer, counterparty_iban=STRANGER)
    [found] = plan([*crowd(), theirs, own], arrived)[:1]
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "payer-is-another-debtor")
    # Nobody else bears the name, or the number is whole: then it is theirs.
    assert plan([*crowd(), theirs], arrived)[0].disposition is Disposition.AUTO
    named = {**arrived, "remittance": "RE-2026-00123"}
    assert plan([*crowd(), theirs, own], named)[0].disposition is Disposition.AUTO


def test_an_unexplained_number_vetoes_name_and_amount() -> None:
    [found] = plan(LEDGER, stranger(88112, "Rechnung 993377", counterparty_name="Lindenhofer Optik KG"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "unexplained-number")


def test_customer_number_and_amount_post() -> None:
    [found] = plan(LEDGER, stranger(128317, "Kd.Nr. 10001"))
    assert (found.disposition, paid(found)) == (Disposition.AUTO, {"RE-2026-00123": 128317})


def test_twins_of_one_debtor_are_ambiguous() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317), item("RE-2026-00124", 128317)]
    [found] = plan(ledger, payment(128317, "Danke"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "ambiguous")


def test_a_number_decides_between_twins() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317), item("RE-2026-00124", 128317)]
    [found] = plan(ledger, payment(128317, "RE-2026-00124"))
    assert (found.disposition, paid(found)) == (Disposition.AUTO, {"RE-2026-00124": 128317})


@pytest.mark.parametrize(
    ("opened", "status", "reason"), [(0, "open", "duplicate"), (128317, "cancelled", "cancelled-item")]
)
def test_closed_items_are_recognised(opened: int, status: str, reason: str) -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317, open_minor=opened, status=status)]
    [found] = plan(ledger, payment(128317, "RE-2026-00123"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, reason)
    assert paid(found) == {"": 128317}


def test_a_second_payment_of_the_same_day_is_a_duplicate() -> None:
    one, other = payment(128317, "RE-2026-00123"), payment(128317, "RE-2026-00123", transaction_id="t-again")
    first, second = plan(LEDGER, one, other)
    assert {first.disposition, second.disposition} == {Disposition.AUTO, Disposition.REVIEW}
    assert {first.reason, second.reason} == {"exact-reference-and-amount", "duplicate"}


def test_part_payment_needs_number_and_payer() -> None:
    [found] = plan(LEDGER, payment(50000, "RE-2026-00123 Teilzahlung"))
    assert found.disposition is Disposition.AUTO
    assert [line.kind for line in found.lines] == [AllocationKind.PARTIAL]
    [found] = plan(LEDGER, stranger(50000, "RE-2026-00123 Teilzahlung"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "part-payment-unconfirmed")


def test_overpayment_leaves_the_rest_on_account() -> None:
    [found] = plan(LEDGER, payment(130000, "RE-2026-00123"))
    assert found.disposition is Disposition.AUTO
    assert paid(found) == {"RE-2026-00123": 128317, "": 1683}
    assert sum(line.cash_minor for line in found.lines) == 130000


DISCOUNT = {"cash_discount_basis_points": 200, "cash_discount_until": date(2026, 11, 10)}


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 11, 5), "cash-discount"),
        (date(2026, 11, 13), "cash-discount"),
        (date(2026, 11, 25), "discount-left-open"),
    ],
)
def test_cash_discount_within_terms_and_tolerance(day: date, reason: str) -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317, **DISCOUNT)]
    [found] = plan(ledger, payment(128317 - 2566, "RE-2026-00123", booking_date=day))
    assert found.reason == reason
    assert found.disposition is Disposition.AUTO
    granted = [(125751, 125751), (2566, 0)] if reason == "cash-discount" else [(125751, 125751)]
    assert [(line.amount_minor, line.cash_minor) for line in found.lines] == granted


def test_discount_nobody_agreed_stays_open() -> None:
    [found] = plan(LEDGER, payment(128317 - 2566, "RE-2026-00123 abzgl. 2% Skonto"))
    assert (found.disposition, found.reason) == (Disposition.AUTO, "discount-left-open")
    assert paid(found) == {"RE-2026-00123": 128317 - 2566}
    assert found.lines[0].kind is AllocationKind.PARTIAL


def test_discount_nobody_agreed_waits_when_the_payer_is_unknown() -> None:
    [found] = plan(LEDGER, stranger(128317 - 2566, "RE-2026-00123 abzgl. 2% Skonto"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "discount-without-terms")


def test_one_customer_pays_for_another() -> None:
    schmidt = {"counterparty_name": "Petra Schmidt", "counterparty_iban": SCHMIDT}
    [found] = plan(LEDGER, payment(128317, "RE-2026-00123", **schmidt))
    assert (found.disposition, paid(found)) == (Disposition.AUTO, {"RE-2026-00123": 128317})
    own = item("RE-2026-00778", 128317, "10002", open_minor=0)
    [found] = plan([*LEDGER, own], payment(128317, "RE-2026-00123", **schmidt))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "account-of-another-debtor")


SEVERAL = [
    *crowd(),
    item("RE-2026-01001", 11111),
    item("RE-2026-01002", 22222),
    item("RE-2026-01003", 34567),
    item("RE-2026-01009", -5000),
]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("RE-2026-01001, RE-2026-01002", (1, 2)),
        ("RE-2026-01001/02/03", (1, 2, 3)),
        ("RE-2026-01001 - RE-2026-01003", (1, 2, 3)),
        ("2026-01001 bis 2026-01003", (1, 2, 3)),
        ("RE-2026-01001 und RE-2026-01003", (1, 3)),
        ("RE-2026-01003 abzgl. Gutschrift RE-2026-01009", (3, 9)),
        ("RE-2026-01003 abzgl. Gutschrift", (3, 9)),
        ("alle offenen Rechnungen", (1, 2, 3, 9)),
        ("RE-2026-01001 RE-2026-01O02", (1, 2)),
    ],
)
def test_several_items(text: str, numbers: tuple[int, ...]) -> None:
    amounts = {1: 11111, 2: 22222, 3: 34567, 9: -5000}
    expected = {f"RE-2026-0100{number}": amounts[number] for number in numbers}
    [found] = plan(SEVERAL, payment(sum(expected.values()), text))
    assert paid(found) == expected
    assert found.disposition is Disposition.AUTO


def test_a_sum_must_be_the_only_one() -> None:
    cancelling = [item("RE-2026-01011", 599), item("RE-2026-01012", -599)]
    total = 11111 + 22222 + 34567 - 5000
    [found] = plan([*SEVERAL, *cancelling], payment(total, "Danke"))
    assert found.disposition is Disposition.REVIEW
    [found] = plan(SEVERAL, payment(total, "Danke"))
    assert (found.disposition, len(paid(found))) == (Disposition.AUTO, 4)


def test_further_items_need_a_word() -> None:
    [found] = plan(SEVERAL, payment(45678, "RE-2026-01001"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "unnamed-items")
    assert paid(found) == {"RE-2026-01001": 11111, "RE-2026-01003": 34567}
    [found] = plan(SEVERAL, payment(45678, "RE-2026-01001 u.a."))
    assert found.disposition is Disposition.AUTO


@pytest.mark.parametrize(
    ("text", "disposition"),
    [
        ("Mitgliedsbeitrag 1001 Sportverein", Disposition.REVIEW),
        ("Rechnung 1001", Disposition.AUTO),
        ("1001", Disposition.AUTO),
    ],
)
def test_a_few_digits_among_words_may_count_anything(text: str, disposition: Disposition) -> None:
    ledger = [*crowd(), *(item(str(1000 + place), 11913 + place, f"{20000 + place}") for place in range(9))]
    [found] = plan(ledger, stranger(11914, text))
    assert paid(found) == {"1001": 11914}
    assert found.disposition is disposition


def test_items_of_several_debtors_need_approval() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317), item("RE-2026-00777", 4950, "10002")]
    [found] = plan(ledger, stranger(133267, "RE-2026-00123 RE-2026-00777"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "several-debtors")
    assert paid(found) == {"RE-2026-00123": 128317, "RE-2026-00777": 4950}


def test_two_items_named_but_one_paid_waits() -> None:
    [found] = plan(SEVERAL, payment(11111, "RE-2026-01001 RE-2026-01002"))
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "names-other-items")


def test_own_end_to_end_id_posts() -> None:
    collections = [{"end_to_end_id": "E2E-77", "invoice_number": "RE-2026-00123", "amount_minor": 128317}]
    [found] = plan(
        LEDGER,
        payment(128317, "", kind="collection", end_to_end_id="E2E-77", counterparty_iban="", counterparty_name=""),
        collections=collections,
    )
    assert (found.disposition, found.reason) == (Disposition.AUTO, "own-id-returned")


COLLECTIONS = [
    {"end_to_end_id": f"E{place}", "invoice_number": f"RE-2026-{10000 + place:05d}", "amount_minor": 5000 + 37 * place,
     "collection_date": DAY, "payment_information_id": "PMT-1", "message_id": "MSG-1"}
    for place in range(20)
]  # fmt: skip


@pytest.mark.parametrize("ids", [{"payment_information_id": "PMT-1"}, {"customer_reference": "PMT-1"}, {"message_id": "MSG-1"}, {"remittance": "Lastschriften PMT-1"}, {}])  # fmt: skip  # noqa: E501
def test_collection_batch_is_resolved(ids: dict[str, object]) -> None:
    total = sum(int(str(one["amount_minor"])) for one in COLLECTIONS)
    batch = payment(
        total, "", kind="collection", is_batch=True, batch_count=20, counterparty_iban="", counterparty_name=""
    )
    [found] = plan(LEDGER, {**batch, **ids}, collections=COLLECTIONS)
    assert (found.disposition, found.reason) == (Disposition.AUTO, "collection-batch")
    assert paid(found) == {str(one["invoice_number"]): one["amount_minor"] for one in COLLECTIONS}


def test_the_limit_is_for_the_payments_of_a_batch_not_for_its_total() -> None:
    total = sum(row["amount_minor"] for row in COLLECTIONS)
    largest = max(row["amount_minor"] for row in COLLECTIONS)
    batch = payment(total, "", kind="collection", is_batch=True, batch_count=20, payment_information_id="PMT-1")
    for limit, expected in ((largest, "collection-batch"), (largest - 1, "above-limit")):
        policy = override({"automation.max_auto_minor": limit})
        [found] = plan(LEDGER, batch, collections=COLLECTIONS, policy=policy)
        assert found.reason == expected


def test_a_batch_with_another_total_waits() -> None:
    total = sum(int(str(one["amount_minor"])) for one in COLLECTIONS)
    batch = payment(total - 1, "", kind="collection", is_batch=True, payment_information_id="PMT-1")
    [found] = plan(LEDGER, batch, collections=COLLECTIONS)
    assert found.disposition is Disposition.REVIEW
    without_one = payment(total - 5037, "", kind="collection", is_batch=True, payment_information_id="PMT-1")
    [found] = plan(LEDGER, without_one, collections=COLLECTIONS)
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "batch-total-differs")
    assert len(paid(found)) == 19


def test_creditor_reference_in_its_field_and_in_the_text() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317, creditor_reference="RF18539007547034")]
    for one in (
        stranger(128317, "", creditor_reference="RF18 5390 0754 7034"),
        stranger(128317, "RF18 5390 0754 7034"),
    ):
        [found] = plan(ledger, one)
        assert (found.disposition, paid(found)) == (Disposition.AUTO, {"RE-2026-00123": 128317})


def test_order_and_shipment_numbers() -> None:
    ledger = [*crowd(), item("RE-2026-00123", 128317, order_number="B445566", shipment_ids="L998877|L998878")]
    for text in ("Bestellung B445566", "Lieferung L998878"):
        [found] = plan(ledger, payment(128317, text))
        assert (found.disposition, paid(found)) == (Disposition.AUTO, {"RE-2026-00123": 128317})


def test_a_learned_account_counts_as_payer() -> None:
    ledger = [*crowd(), item("20264471", 88112, "10003")]
    payers = [{"iban": "DE02 7001 0010 0006 8201 01", "debtor_number": "10003", "count": 4}]
    [found] = plan(ledger, stranger(88112, "Danke"), payers=payers)
    assert (found.disposition, found.reason) == (Disposition.AUTO, "payer-and-amount")


def test_another_currency_never_posts() -> None:
    [found] = plan(LEDGER, payment(128317, "RE-2026-00123", currency="CHF"))
    assert found.disposition is Disposition.REVIEW


def test_the_limit_for_automatic_posting() -> None:
    policy = override({"automation.max_auto_minor": 100000})
    [found] = plan(LEDGER, payment(128317, "RE-2026-00123"), policy=policy)
    assert (found.disposition, found.reason) == (Disposition.REVIEW, "above-limit")
    assert found.policy_hash == policy.hash


def test_settle_and_reopen_move_what_is_open() -> None:
    one = matcher(LEDGER)
    one.settle("RE-2026-00123", 128317)
    assert one.open_minor("RE-2026-00123") == 0
    [first, *_] = one.plan(receipts(payment(128317, "RE-2026-00123")))
    assert first.reason == "duplicate"
    one.reopen("RE-2026-00123", 128317)
    [first, *_] = one.plan(receipts(payment(128317, "RE-2026-00123")))
    assert first.disposition is Disposition.AUTO
    one.settle("RE-2026-00123", 28317)
    [first, *_] = one.plan(receipts(payment(100000, "Rest RE-2026-00123")))
    assert (first.disposition, paid(first)) == (Disposition.AUTO, {"RE-2026-00123": 100000})
    [first, *_] = one.plan(receipts(payment(100000, "Danke")))
    assert paid(first) == {"RE-2026-00123": 100000}


def test_dates_that_look_like_numbers() -> None:
    ledger = [*crowd(), item("20261007", 45678), item("7102026", 999, "10002")]
    [found] = plan(ledger, payment(45678, "20261007"))
    assert (found.disposition, paid(found)) == (Disposition.AUTO, {"20261007": 45678})
    [found] = plan(ledger, stranger(999, "Miete vom 07.10.2026"))
    assert found.disposition is Disposition.REVIEW
    assert found.lines == () or "7102026" not in paid(found) or found.reason == "single-evidence"


def test_mueller_is_not_schmidt() -> None:
    assert MUELLER != SCHMIDT
    [found] = plan(LEDGER, payment(4950, "Danke"))
    assert found.disposition is Disposition.REVIEW
