"""Estimates what evidence levels are worth from confirmed decisions.

Each case is a choice among the explanations of one receipt and "none of these". The weights are shifted per level so
that what people chose becomes likely: a conditional logistic regression (McFadden 1974), regularised towards the
weights in force, so that few decisions move them little. Levels keep their order of strength.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

# How far a weight may lie from the one in force, in bits: one standard deviation, and at most.
_SPREAD: Final = 0.25
_FARTHEST: Final = 1.0
# A level seen in fewer cases keeps its weight.
_SEEN: Final = 10
_LN2: Final = math.log(2.0)
# Bits at which rules tell some from strong evidence (``decide``, ``matching.explain``, ``matching.evidence``). They
# are about what a level means: an estimate moves a weight up to such a line, never across.
_LINES: Final = (4.0, 5.0, 8.0, 9.0, 10.0, 12.0, 14.0)
# Levels from strong to weak; estimates never turn them round.
CHAINS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "reference": (
        ("own_id", "creditor_reference", "document", "full", "digits", "joined", "confused", "transposed", "edited",
         "short", "glued", "near", "absent", "unexplained", "foreign_number"),
        ("full", "bare"),
        ("listed", "listed_part", "listed_more", "absent", "incomplete"),
        ("absent", "other"),
    ),
    "amount": (("exact", "discount", "late_discount", "unagreed_discount"), ("exact", "listed_sum", "combined_sum"),
               ("exact", "declared"), ("exact", "partial", "over")),
    "payer": (("iban", "learned", "learned_once", "learned_many", "unknown", "shared", "other"),),
    "name": (("full", "close", "part", "absent", "none", "other"), ("learned", "learned_once")),
    "customer": (("mandate", "named", "alone", "absent", "other"),),
    "date": (("plausible", "late", "early"),),
}  # fmt: skip
# Never estimated: our own ids and a person's refusal mean what they mean.
_FIXED: Final = frozenset({"reference.own_id", "reference.batch_total", "reference.batch_less", "amount.batch_total"})
_FIXED_FIELDS: Final = frozenset({"prior", "refusal"})


class Option(NamedTuple):
    """One explanation of a case. effects: invoice → effect ("" on account). levels: field.level of its evidence.
    score: log2 of its weight under the weights in force."""

    effects: Mapping[str, int]
    levels: tuple[str, ...]
    score: float


class Choice(NamedTuple):
    """A case. none: log2 weight of everything that is no explanation. chosen: the right option, None for none of
    these. refused: options known to be wrong where nothing is known to be right (chosen is −1 then)."""

    options: Sequence[Option]
    none: float
    chosen: int | None
    refused: tuple[int, ...] = ()


class Estimate(NamedTuple):
    """shifts: field.level → bits to add; seen: in how many cases a level took part; loss: mean surprise of the truth
    in bits, before and after."""

    shifts: dict[str, float]
    seen: dict[str, int]
    loss_before: float
    loss_after: float


def estimate(cases: Sequence[Choice], bits: Mapping[str, Mapping[str, float]]) -> Estimate:
    """Shifts of the weights ``bits`` that make the choices likely."""
    seen: Counter[str] = Counter()
    for case in cases:
        for level in {level for option in case.options for level in option.levels}:
            seen[level] += 1
    names = sorted(name for name, count in seen.items() if count >= _SEEN and _estimated(name))
    problem = _Problem(cases, names)
    start = np.zeros(len(names))
    found = minimize(problem.loss, start, jac=True, method="L-BFGS-B", bounds=[(-_FARTHEST, _FARTHEST)] * len(names))
    shifts = _centred(dict(zip(names, found.x.tolist(), strict=True)), cases)
    ordered = _within_lines(_keep_order(shifts, bits, seen), bits)
    final = np.array([ordered[name] for name in names])
    return Estimate(
        {name: round(shift, 2) for name, shift in ordered.items() if abs(shift) >= 0.05},
        dict(seen),
        problem.surprise(start),
        problem.surprise(final),
    )


def _centred(shifts: Mapping[str, float], cases: Sequence[Choice]) -> dict[str, float]:
    """Shifts that leave a field's mean worth as it is, over what was chosen.

    How often it is none of these says the honest curve; the weights say only which level is worth more than another.
    Otherwise a month with much foreign money would make every number worth less, and nothing would clear the margin.
    """
    chosen: Counter[str] = Counter()
    for case in cases:
        if case.chosen is not None and case.chosen >= 0:
            chosen.update(level for level in case.options[case.chosen].levels if level in shifts)
    total: Counter[str] = Counter()
    moved: dict[str, float] = {}
    for name, count in chosen.items():
        field = name.partition(".")[0]
        total[field] += count
        moved[field] = moved.get(field, 0.0) + count * shifts[name]
    means = {field: moved[field] / total[field] for field in total}
    return {name: shift - means.get(name.partition(".")[0], 0.0) for name, shift in shifts.items()}


def _estimated(name: str) -> bool:
    return name not in _FIXED and name.partition(".")[0] not in _FIXED_FIELDS


class _Problem:
    """The penalised likelihood over all options of all cases at once."""

    def __init__(self, cases: Sequence[Choice], names: Sequence[str]) -> None:
        place = {name: column for column, name in enumerate(names)}
        rows, columns, scores, starts, good = [], [], [], [], []
        row = 0
        for case in cases:
            starts.append(row)
            for at, option in enumerate(case.options):
                for level in option.levels:
                    if level in place:
                        rows.append(row)
                        columns.append(place[level])
                scores.append(option.score)
                good.append(at not in case.refused if case.chosen == -1 else at == case.chosen)
                row += 1
            scores.append(case.none)
            good.append(case.chosen is None or case.chosen == -1)
            row += 1
        self._shape = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(row, max(len(names), 1)))
        self._scores = np.array(scores) * _LN2
        self._starts = np.array(starts, dtype=np.int64)
        self._good = np.array(good, dtype=bool)
        self._sizes = np.diff(np.append(self._starts, row))
        self._count = max(len(cases), 1)
        self._names = len(names)

    def _log_shares(self, shifts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log share of each option, and of the good options of each case."""
        scores = self._scores + (self._shape @ shifts) * _LN2 if self._names else self._scores
        top = np.repeat(np.maximum.reduceat(scores, self._starts), self._sizes)
        weights = np.exp(np.maximum(scores - top, -700.0))
        totals = np.repeat(np.add.reduceat(weights, self._starts), self._sizes)
        shares = weights / totals
        right = np.add.reduceat(np.where(self._good, shares, 0.0), self._starts)
        return shares, np.maximum(right, 1e-300)

    def surprise(self, shifts: np.ndarray) -> float:
        """Mean surprise of the truth in bits."""
        _, right = self._log_shares(shifts)
        return float(-np.log2(right).mean())

    def loss(self, shifts: np.ndarray) -> tuple[float, np.ndarray]:
        """Negative log posterior and its gradient."""
        shares, right = self._log_shares(shifts)
        inside = np.where(self._good, shares, 0.0) / np.repeat(right, self._sizes)
        gradient = (self._shape.T @ (shares - inside)) * _LN2 + shifts / _SPREAD**2
        value = float(-np.log(right).sum() + 0.5 * (shifts**2).sum() / _SPREAD**2)
        return value, gradient


def _within_lines(shifts: Mapping[str, float], bits: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Shifts that leave each weight on its side of the lines rules draw."""
    found = {}
    for name, shift in shifts.items():
        field, level = name.split(".", 1)
        was = bits[field][level]
        lowest = max((line for line in _LINES if line <= was), default=-math.inf)
        highest = min((line for line in _LINES if line > was), default=math.inf)
        found[name] = min(max(was + shift, lowest), highest - 0.01) - was
    return found


def _keep_order(
    shifts: Mapping[str, float], bits: Mapping[str, Mapping[str, float]], seen: Mapping[str, int]
) -> dict[str, float]:
    """Shifts after which no weaker level is worth more than a stronger one (pool adjacent violators)."""
    result = dict(shifts)
    for field, chains in CHAINS.items():
        for chain in chains:
            levels = [level for level in chain if level in bits.get(field, {})]
            was = [bits[field][level] for level in levels]
            ordered = all(one >= other for one, other in pairwise(was))
            if not ordered or not any(f"{field}.{level}" in result for level in levels):
                continue
            now = [bits[field][level] + result.get(f"{field}.{level}", 0.0) for level in levels]
            # What is not estimated does not move: it weighs more than any number of cases.
            weights = [
                seen.get(f"{field}.{level}", 0) + 1.0 if f"{field}.{level}" in result else 1e9 for level in levels
            ]
            pooled = IsotonicRegression(increasing=False).fit_transform(range(len(levels)), now, sample_weight=weights)
            for level, value, before in zip(levels, pooled.tolist(), was, strict=True):
                if f"{field}.{level}" in result:
                    result[f"{field}.{level}"] = value - before
    return result
