"""Risk against coverage: what posting everything down to a probability would mean."""

from __future__ import annotations

import pytest

from pipelines.learning.reliability import exact_interval
from pipelines.usecases.rehearse import Stated, risk_curve


def cases(*told: tuple[float, bool | None]) -> list[Stated]:
    return [Stated(str(place), share, False, right) for place, (share, right) in enumerate(told)]


def test_the_surest_come_first_and_equal_ones_together() -> None:
    points = risk_curve(cases((0.9, False), (0.99, True), (0.99, None), (0.0, None)))
    assert [point.threshold for point in points] == [0.99, 0.9]
    assert [point.coverage for point in points] == [0.5, 0.75]
    assert [(point.known, point.wrong) for point in points] == [(1, 0), (2, 1)]


def test_what_is_expected_is_what_was_stated() -> None:
    (point,) = risk_curve(cases((0.75, True), (0.75, True)))
    assert point.expected == pytest.approx(0.25)


def test_the_bound_is_of_the_wrong_ones_among_the_known() -> None:
    *_, last = risk_curve(cases((0.9, True), (0.8, True), (0.7, False), (0.6, None)))
    assert last.high == exact_interval(1, 3)[1]


def test_without_anything_known_nothing_is_excluded() -> None:
    (point,) = risk_curve(cases((0.999, None)))
    assert (point.known, point.high) == (0, 1.0)


def test_without_receipts_there_is_no_curve() -> None:
    assert risk_curve([]) == []
