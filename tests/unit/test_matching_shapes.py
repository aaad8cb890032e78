"""Shapes of invoice numbers are learned from the loaded items, whatever they look like."""

from __future__ import annotations

import random
from datetime import date

import pytest

import matchers
from benchmarks.matching.generator import collections_frame, generate, items_frame, receipts_frame
from benchmarks.matching.judge import judge
from benchmarks.matching.numbering import COMMON, DRAWN, ODD, Series, draw_shape, luhn_digit
from benchmarks.matching.statistics import exact_interval, wilson_interval
from pipelines.match import Matcher
from pipelines.matching.series import Series as Found
from pipelines.model.proposal import Disposition
from pipelines.policy import default_policy
from tests.matching_ledger import item, matcher, paid, payment, plan, stranger


def _series(*numbers: str) -> Found:
    return matcher([item(number, 1000 + 7 * place) for place, number in enumerate(numbers)])._items.series


def test_letters_behind_digits_that_never_change() -> None:
    found = _series(*(f"26K{place:05d}B" for place in range(20)))
    assert found.mixed == {"00A00000A": frozenset({"KB"})}
    assert found.is_mixed_shape("26K99999B")
    assert not found.is_mixed_shape("26X99999B")
    assert not found.letters_count("26K99999B")


def test_letters_that_count() -> None:
    rng = random.Random(5)
    signs = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    numbers = [f"{rng.randrange(10)}{''.join(rng.choices(signs, k=4))}{rng.randrange(10)}" for _ in range(80)]
    found = _series(*numbers)
    assert found.mixed == {"0AAAA0": None}
    assert found.letters_count("7QQQQ7")


def test_numbers_of_digits_alone_have_no_such_shape() -> None:
    assert _series(*(f"RE-2026-{place:05d}" for place in range(20))).mixed == {}


@pytest.mark.parametrize(
    ("text", "foreign"),
    [("Rechnung F-38-26", True), ("F 38-26", True), ("Whg 12-14", False), ("Zimmer 3", False), ("F-51-26", False)],
)
def test_a_short_number_of_our_shape_that_does_not_exist(text: str, foreign: bool) -> None:
    ledger = [item(f"F-{place}-26", 5000 + 137 * place, f"{20000 + place}") for place in range(60, 160)]
    ledger += [item("F-51-26", 128317)]
    [found] = plan(ledger, payment(128317, text))
    assert (found.reason == "unexplained-number") is foreign
    assert (found.disposition is Disposition.AUTO) is not foreign


def test_two_slips_that_name_another_number_wait() -> None:
    ledger = [item("F-9727-26", 128317), item("F-977-26", 4455, "10002", open_minor=0)]
    ledger += [item(f"F-{place}-26", 5000 + 137 * place, f"{20000 + place}") for place in range(60, 160)]
    [found] = plan(ledger, payment(128317, "Rechnung F-0977-26"))
    assert found.disposition is Disposition.REVIEW


def test_a_number_that_begins_like_a_telephone_number() -> None:
    ledger = [item(f"PXU {place:06d}-7", 5000 + 137 * place, f"{20000 + place}") for place in range(4900, 4990)]
    ledger += [item("PXU 004994-0", 128317)]
    [found] = plan(ledger, stranger(128317, "Rg.Nr. PXU  004994-0 1702, 64 EUR"))
    assert paid(found) == {"PXU 004994-0": 128317}
    assert found.disposition is Disposition.AUTO


@pytest.mark.parametrize("style", [*COMMON, *ODD, DRAWN])
def test_invented_series_are_dense_and_never_repeat(style: str) -> None:
    series = Series(style, random.Random(3))
    numbers = [series.next(date(2026, 1 + place // 400, 5), "10001") for place in range(2000)]
    assert len(set(numbers)) == len(numbers)


def test_check_digits_are_those_of_the_standard() -> None:
    assert luhn_digit("7992739871") == "3"


@pytest.mark.parametrize("seed", range(6))
def test_drawn_shapes_count(seed: int) -> None:
    shape = draw_shape(random.Random(seed))
    first, second = (shape.write(date(2026, 10, 5), counter) for counter in (41, 42))
    assert first != second
    assert any(sign.isdigit() for sign in first)


@pytest.mark.parametrize(("style", "seed"), [("BASE32", 90), (DRAWN, 91)])
def test_a_series_nobody_has_seen_needs_no_code(style: str, seed: int) -> None:
    case = generate(seed, payments=700, items=3500, styles=(style,))
    policy = default_policy()
    one = Matcher(
        items_frame(case.world), collections_frame(case.world), None, policy,
        strategies=matchers.load(policy.strategies),
    )  # fmt: skip
    verdict = judge(case.payments, one.plan(receipts_frame(case.payments)))
    assert verdict.wrong_list == []
    assert verdict.recall >= 0.88


@pytest.mark.parametrize(("count", "trials"), [(0, 50), (5, 10), (49, 50), (1, 1)])
def test_wilson_lies_within_what_is_possible_and_near_the_exact_interval(count: int, trials: int) -> None:
    low, high = wilson_interval(count, trials)
    exact_low, exact_high = exact_interval(count, trials)
    assert 0.0 <= low <= count / trials <= high <= 1.0
    assert low >= exact_low - 0.1
    assert high <= exact_high + 0.1
