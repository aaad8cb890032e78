"""The order of the law: designation, due, less secured, heavier, older, in proportion; costs, interest, principal."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.allocation_order import allocate_by_law, designated
from pipelines.ports.operations import ClaimRow

TODAY = date(2026, 10, 5)


def claim(
    number: str, minor: int, *, due: int = 1, issued: int = 1, kind: str = "principal", of: str = "",
    secured: bool = False, level: int = 0,
) -> ClaimRow:  # fmt: skip
    """due, issued: days of September 2026; due 0 is not due yet."""
    due_date = date(2026, 9, due) if due else date(2026, 12, 1)
    return ClaimRow(number, "10001", minor, "EUR", due_date, date(2026, 9, issued), kind, of, secured, level)


def told(amount: int, *claims: ClaimRow, named: tuple[str, ...] = ()) -> list[tuple[str, int, str]]:
    shares, _ = allocate_by_law(amount, claims, named, TODAY)
    return [(share.claim.invoice_number, share.amount_minor, share.rule) for share in shares]


def test_the_designation_is_binding_even_if_an_older_item_is_overdue() -> None:
    old, new = claim("RE-1", 5000), claim("RE-2", 10000, due=0, issued=20)
    assert told(10000, old, new, named=("RE-2",)) == [("RE-2", 10000, "exact-total")]
    assert told(12000, old, new, named=("RE-2",)) == [("RE-2", 10000, "designation"), ("RE-1", 2000, "due")] or told(
        12000, old, new, named=("RE-2",)
    ) == [("RE-2", 10000, "designation"), ("RE-1", 2000, "only-claim")]


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        (claim("RE-9", 5000, due=5), claim("RE-1", 5000, due=0), "due"),
        (claim("RE-9", 5000), claim("RE-1", 5000, secured=True), "less-secured"),
        (claim("RE-9", 5000, level=2), claim("RE-1", 5000), "more-burdensome"),
        (claim("RE-9", 5000, issued=1), claim("RE-1", 5000, issued=2), "older"),
    ],
)
def test_the_rungs_of_366(first: ClaimRow, second: ClaimRow, rule: str) -> None:
    assert told(5000, second, first) == [("RE-9", 5000, rule)]


def test_oldest_first_is_only_the_last_rung_but_one() -> None:
    old_secured, young = claim("RE-1", 5000, issued=1, secured=True), claim("RE-2", 5000, issued=25)
    assert told(5000, old_secured, young) == [("RE-2", 5000, "less-secured")]


def test_equals_share_in_proportion_to_the_last_cent() -> None:
    shares = told(100, claim("RE-1", 100), claim("RE-2", 100), claim("RE-3", 100))
    assert sorted(minor for _, minor, _ in shares) == [33, 33, 34]
    assert {rule for _, _, rule in shares} == {"proportional"}


def test_costs_then_interest_then_principal() -> None:
    claims = (
        claim("RE-1", 11900), claim("RE-1-Z1", 300, kind="interest", of="RE-1"),
        claim("RE-1-M1", 200, kind="costs", of="RE-1"),
    )  # fmt: skip
    assert told(400, *claims) == [("RE-1-M1", 200, "only-claim/costs"), ("RE-1-Z1", 200, "only-claim/interest")]
    shares, rest = allocate_by_law(12500, claims, (), TODAY)
    assert (sum(share.amount_minor for share in shares), rest) == (12400, 100)
    assert shares[0].law == "BGB §362(1), §367(1)"


def test_exactly_the_invoice_with_its_number_leaves_the_fees_open() -> None:
    claims = (claim("RE-1", 11900), claim("RE-1-M1", 200, kind="costs", of="RE-1"))
    assert told(11900, *claims, named=("RE-1",)) == [("RE-1", 11900, "exact-total")]
    assert told(11900, *claims)[0] == ("RE-1-M1", 200, "only-claim/costs")


def test_a_number_is_named_as_a_whole() -> None:
    claims = [claim("RE-1014", 1), claim("RE-101", 1), claim("14", 1)]
    assert designated("Rechnung re 1014, danke", claims) == {"RE-1014"}


CLAIMS = st.lists(
    st.tuples(
        st.integers(1, 50_000), st.integers(0, 28), st.integers(1, 28), st.booleans(), st.integers(0, 2),
        st.sampled_from(["principal", "costs", "interest"]), st.integers(0, 5),
    ),
    max_size=7,
)  # fmt: skip


@given(CLAIMS, st.integers(0, 200_000), st.sets(st.integers(0, 6)))
def test_no_cent_is_lost_and_no_claim_overpaid(
    drawn: list[tuple[int, int, int, bool, int, str, int]], amount: int, named: set[int]
) -> None:
    claims = [
        claim(f"RE-{place}", minor, due=due, issued=issued, secured=secured, level=level, kind=kind, of=f"RE-{of}")
        for place, (minor, due, issued, secured, level, kind, of) in enumerate(drawn)
    ]
    shares, rest = allocate_by_law(amount, claims, {f"RE-{place}" for place in named}, TODAY)
    paid: dict[str, int] = {}
    for share in shares:
        assert share.amount_minor > 0
        paid[share.claim.invoice_number] = paid.get(share.claim.invoice_number, 0) + share.amount_minor
    assert sum(paid.values()) + rest == amount
    assert all(paid.get(one.invoice_number, 0) <= one.open_minor for one in claims)
    assert rest == max(0, amount - sum(one.open_minor for one in claims))
    shuffled, _ = allocate_by_law(amount, claims[::-1], {f"RE-{place}" for place in named}, TODAY)
    assert {(s.claim.invoice_number, s.amount_minor) for s in shuffled} == {
        (s.claim.invoice_number, s.amount_minor) for s in shares
    }
