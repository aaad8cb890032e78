"""Who a debtor is: found by what anybody knows, renumbered without losing anything, changed by name and reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders import PAYER, STRANGER, Line, camt053
from tests.scenario.office import Office

MONDAY = date(2026, 10, 12)
AS_OF = ("--as-of", "2026-10-16")
WHO = ("--user", "anna", "--reason", "letter of 12 October")
OTHER = "DE75512108001245126199"


def debtor(office: Office, *arguments: str) -> dict[str, Any]:
    return office.command("debtor", *arguments, *(() if arguments[0] == "history" else AS_OF))


def found(office: Office, *arguments: str) -> list[str]:
    answer = debtor(office, "search", *arguments)
    assert office.exit_code == 0, answer
    return [row["debtor_number"] for row in answer["items"]]


@pytest.fixture
def known(office: Office) -> Office:
    """Three debtors with all that can be known of them."""
    office.load(
        "debtors",
        [
            {"debtor_number": "10001", "name": "Müller & Söhne GmbH", "ibans": PAYER, "external_id": "shop-1",
             "email": "Buchhaltung@mueller.example", "tags": "vip|nord", "aliases": "Autohaus Müller"},
            {"debtor_number": "10002", "name": "Kanzlei Nördlinger", "tags": "vip", "external_id": "shop-2"},
            {"debtor_number": "10003", "name": "Möbel Maier", "ibans": OTHER},
        ],
    )  # fmt: skip
    office.owed("RE-2026-1001", "10001", "119.00", debtor_ibans=PAYER, contract_id="V-1", mandate_id="M-1")
    office.owed("RE-2026-1002", "10002", "300.00", due="2026-10-02", order_number="A-77")
    office.owed("RE-2026-1003", "10004", "10.00", debtor_name="Nur Rechnung")
    office.load()
    return office


SEARCHES: list[tuple[tuple[str, ...], list[str]]] = [
    (("--number", "10002"), ["10002"]),
    (("--name", "mueller"), ["10001"]),
    (("--name", "Muler soehne"), ["10001"]),
    (("--name", "autohaus"), ["10001"]),
    (("--name", "nördl"), ["10002"]),
    (("--name", "Rechnung"), ["10004"]),
    (("--name", "Schmidt"), []),
    (("--iban", "de02 1203 0000 0000 2020 51\u200b"), ["10001"]),
    (("--email", "buchhaltung@MUELLER.example"), ["10001"]),
    (("--tag", "VIP"), ["10001", "10002"]),
    (("--tag", "vi"), []),
    (("--external-id", "shop-2"), ["10002"]),
    (("--invoice", "re-2026-1003"), ["10004"]),
    (("--contract", "V-1"), ["10001"]),
    (("--mandate", "M-1"), ["10001"]),
    (("--order", "A-77"), ["10002"]),
    (("--tag", "vip", "--name", "kanzlei"), ["10002"]),
    (("--tag", "vip", "--name", "kanzlei", "--number", "10001"), []),
    (("--from", "2026-10-01", "--to", "2026-10-01"), ["10001", "10002", "10004"]),
    (("--from", "2026-10-02"), []),
    (("--tag", "vip", "--sort=-balance"), ["10002", "10001"]),
]


def test_found_by_what_anybody_knows(known: Office) -> None:
    assert {criteria: found(known, *criteria) for criteria, _ in SEARCHES} == dict(SEARCHES)


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("--tag", "vip", "--name", "a", "--number", "1", "--email", "x@y.de"), "at most 3"),
    ((), "name what to search for"),
    (("--iban", "DE02"), "whole, valid IBAN"),
    (("--name", "…"), "letters or digits"),
    (("--tag", "vip", "--sort", "balanse"), 'did you mean "balance"'),
]


def test_a_search_that_cannot_be_meant_is_refused(known: Office) -> None:
    for criteria, message in REFUSED:
        answer = debtor(known, "search", *criteria)
        assert known.exit_code == 2
        assert message in answer["error"]


def test_accounts_are_masked_until_somebody_says_why(known: Office) -> None:
    (row,) = debtor(known, "search", "--number", "10001")["items"]
    assert row["ibans"] == "DE02 … 2051"
    assert PAYER not in str(debtor(known, "show", "10001"))
    assert debtor(known, "unmask", "10001", *WHO)["ibans"] == [PAYER]
    last = known.table("audit")[-1]
    assert (last["event"], last["user"], last["debtor_number"]) == ("iban-unmasked", "anna", "10001")
    assert PAYER not in str(last)


def test_more_than_anybody_reads_is_an_error_that_names_the_count(office: Office) -> None:
    office.load(
        "debtors", [{"debtor_number": str(10001 + n), "name": f"Kunde {n}", "tags": "alle"} for n in range(1001)]
    )
    answer = debtor(office, "search", "--tag", "alle")
    assert office.exit_code == 2
    assert "1,001 debtors" in answer["error"]
    assert found(office, "--tag", "alle", "--name", "Kunde 77", "--number", "10078") == ["10078"]


def test_the_id_survives_another_number(known: Office) -> None:
    known.day(MONDAY, camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", ref="B1")))
    before = debtor(known, "show", "10001")
    debtor(known, "renumber", "10001", "20001", *WHO)
    assert known.exit_code == 0
    known.items[0]["debtor_number"] = "20001"
    known.owed("RE-2026-1005", "20001", "50.00")
    known.load()
    after = debtor(known, "show", "20001")
    assert after["debtor"]["debtor_id"] == before["debtor"]["debtor_id"]
    assert (after["debtor"]["debtor_number"], after["debtor"]["earlier_numbers"]) == ("20001", ["10001"])
    assert after["debtor"]["name"] == "Müller & Söhne GmbH"
    assert [row["balance"] for row in after["accounts"]] == ["0.00", "50.00"]
    assert found(known, "--number", "10001") == ["20001"]
    assert debtor(known, "show", before["debtor"]["debtor_id"][:8])["debtor"]["debtor_number"] == "20001"
    assert debtor(known, "show", "shop-1")["debtor"]["debtor_number"] == "20001"
    assert known.proven()


def test_a_number_that_is_taken_or_outside_the_range_is_refused(known: Office) -> None:
    configuration = known.folder / "kontoklar.toml"
    text = '[company]\nmode = "test"\n[debtors]\nnumber_ranges = ["10000-69999"]\n'
    configuration.write_text(text, encoding="utf-8")
    for number in ("10002", "20001 ", "99", ""):
        debtor(known, "renumber", "10001", number, *WHO)
        assert known.exit_code == 2
    assert debtor(known, "show", "10001")["debtor"]["earlier_numbers"] == []


def test_rows_outside_the_number_range_are_refused_and_the_others_load(office: Office) -> None:
    configuration = office.folder / "kontoklar.toml"
    text = '[company]\nmode = "test"\n[debtors]\nnumber_ranges = ["10000-10999", "K100-K199"]\n'
    configuration.write_text(text, encoding="utf-8")
    rows = [{"debtor_number": number, "name": "Wer"} for number in ("10001", "K150", "11000", "K200", "010001")]
    told = office.load("debtors", rows)
    assert told["counts"] == {"files": 1, "rows": 5, "refused": 3, "new": 2, "findings": 3}
    assert {row["code"] for row in office.table("findings")} == {"row-refused"}


def test_a_persons_word_stands_above_the_load_until_it_is_taken_back(known: Office) -> None:
    debtor(known, "change", "10001", "--set", "email=neu@mueller.example", "--add", "tag=mahnfrei", "--remove",
           "alias=Autohaus Müller", *WHO)  # fmt: skip
    assert known.exit_code == 0
    rows = [{"debtor_number": "10001", "name": "Müller & Söhne KG", "email": "alt@mueller.example", "tags": "vip",
             "aliases": "Autohaus Müller"}]  # fmt: skip
    known.load("debtors", rows)
    shown = debtor(known, "show", "10001")["debtor"]
    assert (shown["name"], shown["email"]) == ("Müller & Söhne KG", "neu@mueller.example")
    assert (shown["tags"], shown["aliases"]) == (["vip", "mahnfrei"], [])
    assert found(known, "--email", "alt@mueller.example") == []
    debtor(known, "change", "10001", "--unset", "email", *WHO)
    assert debtor(known, "show", "10001")["debtor"]["email"] == "alt@mueller.example"
    changes = [(row["user"], row["what"], row["action"]) for row in debtor(known, "history", "10001")["items"]]
    assert [change for change in changes if change[0] == "anna"] == [
        ("anna", "email", "set"), ("anna", "tags", "add"), ("anna", "aliases", "remove"), ("anna", "email", "unset"),
    ]  # fmt: skip
    assert [change for change in changes if change[0] == "kontoklar"] == [
        ("kontoklar", "loaded", "version 1"), ("kontoklar", "loaded", "version 2"),
    ]  # fmt: skip


NONSENSE: list[tuple[str, ...]] = [
    ("change", "10001", "--add", "iban=DE00"),
    ("change", "10001", "--set", "email=kein-at"),
    ("change", "10001", "--set", "tag=vip"),
    ("change", "10001", "--set", "email"),
    ("change", "10001", "--unset", "email=neu@mueller.example"),
    ("change", "10001"),
    ("change", "10001", "--add", "tag=vip"),
    ("change", "10001", "--remove", "tag=unknown"),
    ("change", "99999", "--add", "tag=x"),
    ("add", "10001", "--name", "Zweiter"),
    ("add", "10009", "--name", " "),
]


def test_a_change_that_says_nothing_or_nonsense_is_refused(known: Office) -> None:
    before = known.table("audit")
    for arguments in NONSENSE:
        debtor(known, *arguments, *WHO)
        assert known.exit_code == 2, arguments
    assert known.table("audit") == before


def test_an_account_learned_from_a_person_lets_the_payment_post_by_itself(known: Office) -> None:
    line = Line("300.00", name="Notaranderkonto", iban=STRANGER, text="Danke", ref="B1")
    known.day(MONDAY, camt053(MONDAY, "0.00", line))
    assert known.allocated() == []
    debtor(known, "change", "10002", "--add", f"iban={STRANGER}", *WHO)
    known.command("run", "--as-of", MONDAY.isoformat())
    assert known.allocated() == [("RE-2026-1002", "300.00", "settlement")]


def test_every_account_says_where_and_when_it_was_learned(known: Office) -> None:
    collection = {"end_to_end_id": "E1", "mandate_id": "M-1", "invoice_number": "RE-2026-1001", "amount": "119.00",
                  "collection_date": "2026-10-12", "debtor_iban": OTHER}  # fmt: skip
    known.load("collections", [collection])
    known.day(MONDAY, camt053(MONDAY, "0.00", Line("119.00", text="RE-2026-1001", iban=PAYER, ref="B1")))
    debtor(known, "change", "10001", "--add", f"iban={STRANGER}", *WHO)
    learned = [
        (row["iban"], row["origin"], row["payments"], row["by"]) for row in debtor(known, "show", "10001")["ibans"]
    ]
    assert sorted(learned) == [
        ("DE02 … 2051", "loaded", 0, ""),
        ("DE02 … 2051", "payment", 1, ""),
        ("DE02 … 5030", "person", 0, "anna"),
        ("DE75 … 6199", "collection", 0, ""),
    ]
    assert all(row["since"] for row in debtor(known, "show", "10001")["ibans"])


def test_a_debtor_by_hand_is_taken_over_by_a_later_load(office: Office) -> None:
    debtor(office, "add", "10009", "--name", "Neukunde", "--add", f"iban={PAYER}", *WHO)
    assert office.exit_code == 0
    office.load("debtors", [{"debtor_number": "10009", "name": "Neukunde AG"}])
    shown = debtor(office, "show", "10009")
    assert shown["debtor"]["name"] == "Neukunde AG"
    assert [row["iban"] for row in shown["ibans"]] == ["DE02 … 2051"]


def test_the_access_hash_opens_one_page_until_it_is_renewed(known: Office) -> None:
    first = debtor(known, "access", "10001", *WHO)["access_hash"]
    assert first == debtor(known, "access", "10001", *WHO)["access_hash"]
    id_, _, proof = first.partition(".")
    assert (len(proof), id_) == (32, debtor(known, "show", "10001")["debtor"]["debtor_id"])
    other = debtor(known, "access", "10002", *WHO)["access_hash"]
    assert other.partition(".")[2] != proof
    renewed = debtor(known, "access", "10001", "--renew", *WHO)["access_hash"]
    assert renewed != first
    assert all(first.partition(".")[2] not in str(row) for row in known.table("audit"))


def test_a_new_number_that_was_loaded_first_is_noticed_and_joined_by_a_person(known: Office) -> None:
    rows = [{"debtor_number": "20001", "name": "Müller & Söhne GmbH", "external_id": "shop-1"}]
    told = known.load("debtors", rows)
    assert known.exit_code == 1
    assert [finding["code"] for finding in told["findings"]] == ["debtor-renumbered"]  # type: ignore[index, attr-defined]
    known.owed("RE-2026-1005", "20001", "50.00")
    known.load()
    debtor(known, "renumber", "10001", "20001", *WHO)
    assert known.exit_code == 2, "a number that is known is not taken over by mistake"
    debtor(known, "renumber", "10001", "20001", "--join", *WHO)
    assert known.exit_code == 0
    assert [row["balance"] for row in debtor(known, "show", "20001")["accounts"]] == ["119.00", "50.00"]
    assert found(known, "--external-id", "shop-1") == ["20001"]
    known.load("debtors", rows)
    assert known.exit_code == 0
    assert {row["resolved"] != "" for row in known.table("findings")} == {True}
    debtor(known, "change", "10003", "--add", "tag=x", *WHO)
    debtor(known, "renumber", "20001", "10003", "--join", *WHO)
    assert known.exit_code == 2, "nobody joins a customer somebody has worked on"
