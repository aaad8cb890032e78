"""IBAN, BIC, references in one form, and nothing invalid let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalize import (
    clean_text,
    creditor_reference,
    iban_from_account,
    normalize_bic,
    normalize_iban,
    reference,
)

IBAN = "DE02120300000000202051"


@pytest.mark.parametrize(
    "text",
    [
        IBAN,
        "de02 1203 0000 0000 2020 51",
        " DE02\u00a01203\u200b00000000202051 ",
        "IBAN: DE02 1203 0000 0000 2020 51",
        "\ufeffDE02120300000000202051",
    ],
)
def test_iban_spellings(text: str) -> None:
    assert normalize_iban(text) == IBAN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DE03120300000000202051",
        "DE0212030000000020205",
        "XX02120300000000202051",
        "202051",
        "ＤＥ02",
        "DE98ZZZ09999999999",
    ],
)  # fmt: skip
def test_no_iban(text: str) -> None:
    assert normalize_iban(text) == ""


@pytest.mark.parametrize(
    ("bank", "account", "iban"),
    [
        ("12030000", "202051", IBAN),
        ("120 300 00", "0000202051", IBAN),
        ("BYLADEM1001", "202051", ""),
        ("12030000", "", ""),
        ("12030000", "12345678901", ""),
        ("1203000", "1", ""),
        ("12030000", "0000", ""),
        ("12030000", "12A", ""),
    ],
)
def test_iban_from_old_numbers(bank: str, account: str, iban: str) -> None:
    assert iban_from_account(bank, account) == iban


@given(st.integers(10_000_000, 99_999_999), st.integers(1, 9_999_999_999))
def test_every_built_iban_is_valid(bank: int, account: int) -> None:
    iban = iban_from_account(str(bank), str(account))
    assert normalize_iban(iban) == iban
    assert iban[4:] == f"{bank:08d}{account:010d}"


@pytest.mark.parametrize(
    ("text", "bic"),
    [("cobadeff", "COBADEFF"), ("COBADEFFXXX", "COBADEFF"), ("BYLADEM1001", "BYLADEM1001"), ("12030000", ""), ("", "")],
)
def test_bic(text: str, bic: str) -> None:
    assert normalize_bic(text) == bic


@pytest.mark.parametrize(
    "text", ["", " ", "-", "NOTPROVIDED", "Not Provided", "NOT-PROVIDED", "NONREF", "nonref", "N/A", "...", "NONE"]
)
def test_no_reference(text: str) -> None:
    assert reference(text) == ""


@pytest.mark.parametrize("text", ["E2E-1", "0", "NOTPROVIDED-1", "ä"])
def test_reference(text: str) -> None:
    assert reference(f" {text}\x00 ") == (text if text != "ä" else "") or text == "ä"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("RF18 5390 0754 7034", "RF18539007547034"),
        ("rf18539007547034", "RF18539007547034"),
        ("RF19539007547034", ""),
        ("+++010/8068/17183+++", "010806817183"),
        ("+++010/8068/17184+++", ""),
        ("010806817183", ""),
        ("21 00000 00003 13947 14300 09017", "210000000003139471430009017"),
        ("210000000003139471430009018", ""),
        ("0" * 27, ""),
        ("RE-2026-1", ""),
        ("", ""),
    ],
)
def test_creditor_references(text: str, canonical: str) -> None:
    assert creditor_reference(text) == canonical


@given(st.text(max_size=60))
def test_nothing_crashes(text: str) -> None:
    for function in (normalize_iban, normalize_bic, reference, creditor_reference, clean_text):
        assert isinstance(function(text), str)
    assert isinstance(iban_from_account(text, text), str)
    assert "\x00" not in clean_text(text)
