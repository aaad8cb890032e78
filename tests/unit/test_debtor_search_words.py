"""Names as people type them, number ranges, and what masking leaves."""

from __future__ import annotations

import pytest

from pipelines.debtors.ranges import is_within, parse_ranges
from pipelines.debtors.search import meets, words
from pipelines.errors import ConfigurationError
from pipelines.model.masking import mask_email, mask_iban


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("mueller", "Müller & Söhne GmbH"),
        ("MÜLLER", "Mueller und Soehne"),
        ("muller", "Müller"),
        ("Mülelr", "Müller"),
        ("soehne müller", "Müller & Söhne GmbH"),
        ("nördl", "Kanzlei Nördlinger"),
        ("Strasse", "Straßenbau Süd"),
        ("schulze dellitzsch", "Schulze-Delitzsch eG"),
        ("4711", "Hotel 4711"),
        ("o'brien", "O’Brien Ltd"),
    ],
)
def test_found(typed: str, name: str) -> None:
    assert meets(words(typed), words(name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("meier", "Müller"),
        ("mueller schmidt", "Müller & Söhne"),
        ("4712", "Hotel 4711"),
        ("ott", "Versand Süd"),
        ("bux", "Baux"),
    ],
)
def test_not_found(typed: str, name: str) -> None:
    assert not meets(words(typed), words(name))


def test_number_ranges_keep_letters_and_length() -> None:
    ranges = parse_ranges(["10000-69999", "K 100 – K 199"], "debtors.number_ranges")
    assert [number for number in ("10000", "69999", "K150") if is_within(ranges, number)] == ["10000", "69999", "K150"]
    assert not any(is_within(ranges, number) for number in ("9999", "010000", "70000", "K99", "k150", "K200", "", "K"))
    assert is_within((), "anything")


@pytest.mark.parametrize("text", ["10000", "20000-10000", "100-10000", "A1-B9", "-", "a-b"])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"debtors\.number_ranges"):
        parse_ranges([text], "debtors.number_ranges")


def test_masking() -> None:
    assert mask_iban("DE02120300000000202051") == "DE02 … 2051"
    assert (mask_iban(""), mask_iban("DE0212")) == ("", "…")
    assert mask_email("erika@example.org") == "e…@example.org"
    assert (mask_email(""), mask_email("erika")) == ("", "…")
