"""Amounts as people type them: every usual way, and nothing that means two things."""

from __future__ import annotations

import pytest

from pipelines.amounts import AmountError, typed_amount


@pytest.mark.parametrize("text", ["1190", "1190,00", "1190.00", "1.190,00", "1,190.00", " 1190,0 "])
def test_usual_ways_to_write_an_amount(text: str) -> None:
    assert typed_amount(text, "EUR") == 119000


@pytest.mark.parametrize("text", ["1.190", "1,190", "1e3", "１２", "1_000", "", "NaN", "1.19.00", "1,190.000,00"])
def test_what_is_unclear_or_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        typed_amount(text, "EUR")


def test_three_decimals_are_decimals_where_the_currency_has_three() -> None:
    assert typed_amount("1.190", "KWD") == 1190
    with pytest.raises(AmountError, match="two ways"):
        typed_amount("12.000", "JPY")
