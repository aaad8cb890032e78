"""Confidence intervals for shares, without a statistics library."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist


def binomial_tail(count: int, trials: int, share: float) -> float:
    """Probability of at most ``count`` hits in ``trials`` at ``share`` each."""
    if share <= 0.0:
        return 1.0
    if share >= 1.0:
        return 1.0 if count >= trials else 0.0
    total = 0.0
    for hits in range(count + 1):
        log = math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
        total += math.exp(log + hits * math.log(share) + (trials - hits) * math.log1p(-share))
    return min(total, 1.0)


def exact_interval(count: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper–Pearson interval of a share of ``count`` in ``trials``; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    if count > trials - count:
        low, high = exact_interval(trials - count, trials, level)
        return 1.0 - high, 1.0 - low
    side = (1.0 - level) / 2.0
    high = _bisect(lambda share: binomial_tail(count, trials, share) - side)
    low = 0.0 if count == 0 else _bisect(lambda share: side - (1.0 - binomial_tail(count - 1, trials, share)))
    return low, high


def wilson_interval(count: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share of ``count`` in ``trials``; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    deviate = NormalDist().inv_cdf(0.5 + level / 2.0)
    share, square = count / trials, deviate * deviate
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    width = deviate / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(middle - width, 0.0), min(middle + width, 1.0)


def _bisect(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
