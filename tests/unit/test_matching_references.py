"""What is noise in a remittance text, and what is left of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.references import clean_iban, confuse, scan


@pytest.mark.parametrize(
    ("text", "runs", "noise"),
    [
        ("RE-2026-00123 Kd 4711 vom 03.05.2026", ["RE", "2026", "00123", "KD", "4711", "VOM"], ["date"]),
        ("Rechnung 4711, 119,00 EUR, 2% Skonto", ["RECHNUNG", "4711", "EUR", "SKONTO"], ["amount", "percent"]),
        ("Tel. 0221/123456 RG 4711", ["RG", "4711"], ["phone"]),
        ("+49 221 4711081 RG 12", ["RG", "12"], ["phone"]),
        ("IBAN DE02120300000000202051 RE 5", ["RE", "5"], ["iban"]),
        ("DE02 1203 0000 0000 2020 51", [], ["iban"]),
        ("BLZ 12030000 Kto 0000202051", [], ["bank", "bank"]),
        ("1.234,56", [], ["amount"]),
        ("Miete 05/26", ["MIETE"], ["period"]),
        ("2026-10-07 um 12:33 Uhr", ["UM"], ["date", "time"]),
        ("RF18 5390 0754 7034", ["RF", "18", "5390", "0754", "7034"], []),
        ("1001/02/03", ["1001", "02", "03"], []),
        ("RE-2026-10-07", ["RE", "2026", "10", "07"], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_noise_comes_out(text: str, runs: list[str], noise: list[str]) -> None:
    found = scan(text)
    assert [run for run, _, _ in found.runs] == runs
    assert found.noise == noise


def test_a_number_of_ours_that_looks_like_noise_stays() -> None:
    assert [run for run, _, _ in scan("2026-10-07", lambda text: text == "2026-10-07").runs] == ["2026", "10", "07"]


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("alle offenen Rechnungen", "all_open"),
        ("Teilzahlung 4711", "partial"),
        ("Rückerstattung", "refund"),
        ("abzgl. Gutschrift 12", "credit"),
        ("./. 2 % Skonto", "discount"),
        ("Kaution Wohnung 3", "other_purpose"),
    ],
)
def test_words_are_recognised(text: str, flag: str) -> None:
    assert getattr(scan(text), flag)
    assert not getattr(scan("Rechnung 4711 Danke"), flag)


def test_keywords_before_numbers() -> None:
    found = scan("Kd. Nr: 4711 Rg.Nr. 1007 Nr 5 irgendwas 99")
    words = {run: found.keyword(position) for position, (run, _, _) in enumerate(found.runs) if run.isdigit()}
    assert words == {"4711": "customer", "1007": "invoice", "5": "invoice", "99": ""}


def test_months_are_read() -> None:
    assert scan("Miete Mai 2026").months == (5,)
    assert scan("Abschlag 11/26").months == (11,)
    assert scan("Rechnung").months == ()


def test_confusion_and_ibans() -> None:
    assert confuse("2O26-B1S") == "2026-815"
    assert clean_iban("de02 1203 0000 0000 2020 51") == "DE02120300000000202051"


@given(st.text(max_size=160))
def test_every_text_is_read_and_runs_are_whole(text: str) -> None:
    found = scan(text)
    for position, (run, start, end) in enumerate(found.runs):
        assert found.text[start:end] == run
        assert run.isdigit() or run.isalpha()
        if position and found.runs[position - 1][2] == start:
            assert run.isdigit() != found.runs[position - 1][0].isdigit()
        else:
            assert start == 0 or not found.text[start - 1].isalnum()
