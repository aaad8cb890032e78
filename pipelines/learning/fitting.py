"""Fits the honest curve and the starting records to cases whose truth is known.

Used where the shipped figures are measured (generated ledgers) and by ``calibrate`` (confirmed decisions).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from pipelines.learning.honesty import LEAST, MOST, Honesty, log_odds
from pipelines.learning.patterns import group_of, objections_of, terms_of

# Log odds in bits at which the curve may bend.
KNOTS: Final = (LEAST, -6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0, 9.0, 12.0, 16.0, MOST)
# Fewer cases than this bend nothing; the straight line stays.
_ENOUGH: Final = 400
# A family with fewer cases gets no term of its own.
_FAMILY_CASES: Final = 40
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
    bits = np.array([log_odds(case.posterior) for case in cases])
    families = [terms_of(case.pattern) for case in cases]
    counts: dict[str, int] = defaultdict(int)
    for terms in families:
        for term in terms:
            counts[term] += 1
    names = sorted(name for name, count in counts.items() if count >= _FAMILY_CASES)
    place = {name: column for column, name in enumerate(names)}
    shape = np.zeros((len(cases), len(names)))
    for row, terms in enumerate(families):
        for term in terms:
            if term in place:
                shape[row, place[term]] = 1.0
    curve = _basis(bits)
    # Columns of one scale, so that the penalty treats them alike.
    model = LogisticRegression(C=1.0 / strength, max_iter=2000, tol=1e-6)
    model.fit(np.hstack([curve / 4.0, shape]), right)
    weights = model.coef_[0]
    at = np.array(KNOTS)
    values = (_basis(at) / 4.0 @ weights[: curve.shape[1]] + model.intercept_[0]) / _LN2
    values = IsotonicRegression().fit_transform(at, values)
    terms_bits = {name: round(float(weights[curve.shape[1] + place[name]]) / _LN2, 3) for name in names}
    knots = tuple((float(one), round(float(value), 3)) for one, value in zip(at, values, strict=True))
    return Honesty(knots, terms_bits)


def straighten(base: Honesty, cases: Sequence[Seen], strength: float = 10.0) -> Honesty:
    """The curve of ``base`` stretched and moved so that it fits these cases; ``base`` itself with too few of them.

    Two numbers only, shrunk towards no change: a month of decisions cannot say more.
    """
    right = np.array([case.right for case in cases], dtype=bool)
    if not base.knots or len(cases) < _ENOUGH or right.all() or not right.any():
        return base
    stated = np.array([log_odds(base.share(case.posterior, case.pattern)) for case in cases]) * _LN2

    def loss(move: np.ndarray) -> tuple[float, np.ndarray]:
        odds = (1.0 + move[0]) * stated + move[1]
        shares = 1.0 / (1.0 + np.exp(-odds))
        value = float(np.logaddexp(0.0, np.where(right, -odds, odds)).sum() + 0.5 * strength * (move**2).sum())
        off = shares - right
        return value, np.array([(off * stated).sum(), off.sum()]) + strength * move

    moved = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-0.7, 1.0), (-5.0, 5.0)]).x
    stretch, shift = 1.0 + float(moved[0]), float(moved[1]) / _LN2
    knots = tuple((one, round(stretch * value + shift, 3)) for one, value in base.knots)
    return Honesty(knots, {name: round(stretch * bits, 3) for name, bits in (base.terms or {}).items()})


def _basis(bits: np.ndarray) -> np.ndarray:
    """A line that may bend at the inner knots."""
    return np.column_stack([bits, *(np.maximum(bits - knot, 0.0) for knot in KNOTS[1:-1])])


def count_records(cases: Sequence[Seen]) -> dict[str, tuple[int, int]]:
    """Group → (cases, wrong) of what passed the gates."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in cases:
        if case.posted and not objections_of(case.pattern):
            count = found[group_of(case.pattern)]
            count[0] += 1
            count[1] += not case.right
    return {group: (count[0], count[1]) for group, count in sorted(found.items())}
