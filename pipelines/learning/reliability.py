"""How honest stated probabilities are: ten bins, Brier score, and how much may post at a given risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.special import betaincinv  # type: ignore[import-untyped]
from scipy.stats import binom  # type: ignore[import-untyped]

BINS: Final = 10


class Bin(NamedTuple):
    """A tenth of the stated probabilities. stated: their mean; low/high: 95 % interval (Clopper–Pearson) of the
    observed share; honest: whether it holds the stated mean, None without cases."""

    start: float
    cases: int
    right: int
    stated: float
    low: float
    high: float
    honest: bool | None


class Reliability(NamedTuple):
    """coverage: risk as a share → share of all cases that may be taken as right, the surest first, with at most that
    share of them wrong."""

    cases: int
    brier: float
    bins: tuple[Bin, ...]
    coverage: dict[str, float]

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {**self._asdict(), "bins": [one._asdict() for one in self.bins]}


def exact_interval(right: int, cases: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper–Pearson interval of a share; (0, 1) without cases."""
    if cases == 0:
        return 0.0, 1.0
    side = (1.0 - level) / 2.0
    low = float(betaincinv(right, cases - right + 1, side)) if right else 0.0
    high = float(betaincinv(right + 1, cases - right, 1.0 - side)) if right < cases else 1.0
    return low, high


def measure(stated: Sequence[float], right: Sequence[bool]) -> Reliability:
    """What stated probabilities were worth against the truth."""
    shares, truth = np.asarray(stated, dtype=float), np.asarray(right, dtype=bool)
    place = np.minimum((shares * BINS).astype(int), BINS - 1)
    bins = []
    for at in range(BINS):
        inside = place == at
        cases, hits = int(inside.sum()), int(truth[inside].sum())
        mean = float(shares[inside].mean()) if cases else 0.0
        low, high = exact_interval(hits, cases)
        bins.append(Bin(at / BINS, cases, hits, mean, low, high, low <= mean <= high if cases else None))
    brier = float(((shares - truth) ** 2).mean()) if len(shares) else 0.0
    return Reliability(
        len(shares),
        brier,
        tuple(bins),
        {"0.0001": _coverage(shares, truth, 1e-4), "0.001": _coverage(shares, truth, 1e-3)},
    )


def pooled(several: Sequence[Reliability]) -> tuple[Bin, ...]:
    """The bins of several ledgers together."""
    found = []
    for alike in zip(*(one.bins for one in several), strict=True):
        cases, right = sum(one.cases for one in alike), sum(one.right for one in alike)
        stated = sum(one.stated * one.cases for one in alike) / cases if cases else 0.0
        low, high = exact_interval(right, cases)
        found.append(Bin(alike[0].start, cases, right, stated, low, high, low <= stated <= high if cases else None))
    return tuple(found)


def missed_by_chance(bins: Sequence[Bin]) -> float:
    """How many of these bins would miss on average if every case were right with just the probability stated, each by
    itself. Exact intervals hold more than 95 %, so this is below one in twenty."""
    total = 0.0
    for one in bins:
        if not one.cases:
            continue
        hits = np.arange(one.cases + 1)
        low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), one.cases - hits + 1, 0.025), 0.0)
        high = np.where(hits < one.cases, betaincinv(hits + 1, np.maximum(one.cases - hits, 1), 0.975), 1.0)
        missed = (one.stated < low) | (one.stated > high)
        total += float(binom.pmf(hits[missed], one.cases, one.stated).sum())
    return total


def _coverage(shares: np.ndarray, truth: np.ndarray, risk: float) -> float:
    if not len(shares):
        return 0.0
    order = np.argsort(-shares, kind="stable")
    sorted_shares, wrong = shares[order], np.cumsum(~truth[order])
    taken = np.arange(1, len(order) + 1)
    # A threshold takes all cases of one probability or none of them.
    last = np.append(sorted_shares[1:] != sorted_shares[:-1], True)
    fits = np.flatnonzero(last & (wrong <= risk * taken))
    return float(taken[fits[-1]] / len(order)) if len(fits) else 0.0
