"""Fits the honest curve and the starting records to cases whose truth is known.

Used where the shipped figures are measured (generated ledgers) and by ``calibrate`` (confirmed decisions).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from pipelines.learning.earned import SOFT
from pipelines.learning.honesty import LEAST, MOST, Honesty, log_odds, share_of
from pipelines.learning.patterns import group_of, objections_of, terms_of

# Log odds in bits at which the curve may bend.
KNOTS: Final = (LEAST, -6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0, 9.0, 12.0, 16.0, MOST)
_FINISH: Final = (-10.0, -6.0, -4.0, -2.5, -1.5, -0.75, 0.0, 0.75, 1.5, 2.5, 4.0, 6.0, 9.0, 12.0, 16.0)
# Fewer cases than this bend nothing; the straight line stays.
_ENOUGH: Final = 400
# Stated log odds in bits at which a month may bend the curve in force.
_BENDS: Final = (-4.0, 0.0, 4.0, 9.0)
# A family with fewer cases gets no term of its own.
_FAMILY_CASES: Final = 40
# A group with an objection that was seen less often says nothing about ledgers of one's own.
_TELLING: Final = 20
_LN2: Final = math.log(2.0)


class Seen(NamedTuple):
    """One best explanation whose truth is known. posterior: by evidence alone. posted: whether it passed the gates."""

    posterior: float
    pattern: str
    right: bool
    posted: bool


def fit_honesty(cases: Sequence[Seen], strength: float = 1.0) -> Honesty:
    """The curve that makes stated and observed shares agree; the identity with too few cases.

    strength: of the shrinkage towards no family terms (inverse of scikit-learn's C).
    """
    right = np.array([case.right for case in cases], dtype=bool)
    if len(cases) < _ENOUGH or right.all() or not right.any():
        return Honesty()
    # Many cases are alike: equal ones count together.
    alike = Counter((round(20.0 * log_odds(case.posterior)), case.pattern, case.right) for case in cases)
    groups = list(alike)
    weight = np.array([alike[group] for group in groups], dtype=float)
    truth = np.array([group[2] for group in groups], dtype=bool)
    terms = [terms_of(group[1]) for group in groups]
    counts: Counter[str] = Counter()
    for names_of, count in zip(terms, weight.tolist(), strict=True):
        for term in names_of:
            counts[term] += int(count)
    names = sorted(name for name, count in counts.items() if count >= _FAMILY_CASES)
    place = {name: column for column, name in enumerate(names)}
    shape = np.zeros((len(groups), len(names)))
    for row, names_of in enumerate(terms):
        for term in names_of:
            if term in place:
                shape[row, place[term]] = 1.0
    curve = _basis(np.array([group[0] / 20.0 for group in groups]))
    # Columns of one scale, so that the penalty treats them alike.
    model = LogisticRegression(C=1.0 / strength, max_iter=2000, tol=1e-6)
    model.fit(np.hstack([curve / 4.0, shape]), truth, sample_weight=weight)
    weights = model.coef_[0]
    at = np.array(KNOTS)
    values = (_basis(at) / 4.0 @ weights[: curve.shape[1]] + model.intercept_[0]) / _LN2
    values = IsotonicRegression().fit_transform(at, values)
    terms_bits = {name: round(float(weights[curve.shape[1] + place[name]]) / _LN2, 3) for name in names}
    knots = tuple((float(one), round(float(value), 3)) for one, value in zip(at, values, strict=True))
    first = Honesty(knots, terms_bits)
    sums = np.array([first.bits(share_of(group[0] / 20.0), group[1]) for group in groups])
    return replace(first, finish=_finish(sums, truth, weight))


def _finish(bits: np.ndarray, right: np.ndarray, weight: np.ndarray) -> tuple[tuple[float, float], ...]:
    """A curve over the sum of curve and terms, hardly shrunk: one dimension has cases enough."""
    model = LogisticRegression(C=100.0, max_iter=2000, tol=1e-7)
    inner = [knot for knot in _FINISH[1:-1] if bits.min() < knot < bits.max()]
    places = (float(min(bits.min(), _FINISH[0])), *inner, float(max(bits.max(), _FINISH[-1])))
    model.fit(_basis(bits, places) / 4.0, right, sample_weight=weight)
    values = (_basis(np.array(places), places) / 4.0 @ model.coef_[0] + model.intercept_[0]) / _LN2
    values = IsotonicRegression().fit_transform(places, values)
    return tuple((round(one, 3), round(float(value), 3)) for one, value in zip(places, values, strict=True))


def straighten(base: Honesty, cases: Sequence[Seen], strength: float = 20.0) -> Honesty:
    """The curve of ``base`` bent so that it fits these cases; ``base`` itself with too few of them.

    A month holds a few hundred wrong explanations: enough to say that a ledger differs, too few for a curve of its own.
    So the base is bent at a few places only, and each bend is shrunk towards none (``strength``: the penalty).
    """
    right = np.array([case.right for case in cases], dtype=bool)
    if not base.knots or len(cases) < _ENOUGH or right.all() or not right.any():
        return base
    stated = np.array([base.bits(case.posterior, case.pattern) for case in cases])
    shape = _bends(stated)

    def loss(bends: np.ndarray) -> tuple[float, np.ndarray]:
        odds = (stated + shape @ bends) * _LN2
        off = 1.0 / (1.0 + np.exp(-odds)) - right
        value = float(np.logaddexp(0.0, np.where(right, -odds, odds)).sum() + 0.5 * strength * (bends**2).sum())
        return value, shape.T @ off * _LN2 + strength * bends

    bends = minimize(loss, np.zeros(shape.shape[1]), jac=True, method="L-BFGS-B").x
    inner = np.array(base.finish or ((LEAST, LEAST), (MOST, MOST)))
    places = np.unique(np.concatenate([inner[:, 0], np.interp(_BENDS, inner[:, 1], inner[:, 0])]))
    values = np.interp(places, inner[:, 0], inner[:, 1])
    values = IsotonicRegression().fit_transform(places, values + _bends(values) @ bends)
    finish = tuple((round(one, 3), round(float(value), 3)) for one, value in zip(places.tolist(), values, strict=True))
    return replace(base, finish=finish)


def _bends(bits: np.ndarray) -> np.ndarray:
    """A shift, a stretch, and a line from each bend on; in quarters of bits, so that the penalty treats them alike."""
    return np.column_stack([np.ones_like(bits), bits / 4.0, *(np.maximum(bits - knot, 0.0) / 4.0 for knot in _BENDS)])


def _basis(bits: np.ndarray, knots: tuple[float, ...] = KNOTS) -> np.ndarray:
    """A line that may bend at the inner knots."""
    return np.column_stack([bits, *(np.maximum(bits - knot, 0.0) for knot in knots[1:-1])])


def count_records(cases: Sequence[Seen]) -> dict[str, tuple[int, int]]:
    """Group → (cases, wrong) of what passed the gates, and of what failed for a matter of custom or doubt only."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in cases:
        if SOFT.issuperset(objections_of(case.pattern)) and (case.posted or objections_of(case.pattern)):
            count = found[group_of(case.pattern)]
            count[0] += 1
            count[1] += not case.right
    told = sorted(group for group, count in found.items() if count[0] >= _TELLING or not objections_of(group))
    return {group: (found[group][0], found[group][1]) for group in told}
