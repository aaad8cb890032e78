"""From what the evidence says to what happens: the probability that is stored with a proposal.

Evidence in bits assumes fields that err independently; they do not quite. So the posterior is put through a monotone
curve, shifted per family of evidence, both fitted to cases whose truth is known: a logistic regression on the
posterior's log odds (Platt 1999) with one term per family. Ranks never change by it, and the probabilities of the
alternatives and of "none of these" still sum to one at most.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.learning.patterns import terms_of

# Log odds in bits beyond which a posterior says nothing more.
LEAST, MOST = -12.0, 24.0
# No proposal is certain.
CEILING = 0.999999


def log_odds(probability: float) -> float:
    """Log odds in bits, within the range the curve knows."""
    if probability <= 0.0:
        return LEAST
    if probability >= 1.0:
        return MOST
    return min(max(math.log2(probability / (1.0 - probability)), LEAST), MOST)


def share_of(bits: float) -> float:
    """The probability of log odds in bits."""
    if bits < -1000.0:
        return 0.0
    return float(1.0 / (1.0 + 2.0**-bits))


@dataclass(frozen=True, slots=True)
class Honesty:
    """The fitted curve. knots: (log odds by evidence, log odds observed), rising in both. terms: what tells
    patterns apart (``patterns.terms_of``) → bits added. finish: a second curve, over
    the sum, that sets right what the terms leave. Without knots the evidence is taken at its word."""

    knots: tuple[tuple[float, float], ...] = ()
    terms: Mapping[str, float] | None = None
    finish: tuple[tuple[float, float], ...] = ()
    # What was added up for a pattern; there are a few hundred of them.
    _shifts: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def share(self, probability: float, pattern: str) -> float:
        """The honest probability of an explanation whose posterior is ``probability``."""
        if not self.knots:
            return min(probability, CEILING)
        return min(share_of(self.bits(probability, pattern)), CEILING)

    def bits(self, probability: float, pattern: str) -> float:
        """The same as log odds in bits, without the ceiling."""
        bits = _interpolate(self.knots, log_odds(probability)) + self._shift(pattern)
        return self.finished(bits)

    def finished(self, bits: float) -> float:
        """Log odds after the second curve."""
        return _interpolate(self.finish, bits) if self.finish else bits

    def shares(self, probabilities: Sequence[float], patterns: Sequence[str]) -> list[float]:
        """Honest probabilities of one receipt's explanations, best first.

        The first is put through the curve; the others share what is left in the proportions the evidence gives them
        and never come out above it.
        """
        if not probabilities:
            return []
        first = self.share(probabilities[0], patterns[0])
        left = 1.0 - probabilities[0]
        scale = (1.0 - first) / left if left > 1e-12 else 0.0
        result = [first]
        for probability in probabilities[1:]:
            result.append(min(probability * scale, result[-1]))
        return result

    def _shift(self, pattern: str) -> float:
        found = self._shifts.get(pattern)
        if found is None:
            terms = self.terms or {}
            found = self._shifts[pattern] = sum([terms.get(term, 0.0) for term in terms_of(pattern)])
        return found


def _interpolate(knots: tuple[tuple[float, float], ...], bits: float) -> float:
    place = bisect_right(knots, (bits, math.inf))
    if place == 0:
        return knots[0][1]
    if place == len(knots):
        return knots[-1][1]
    (left, low), (right, high) = knots[place - 1], knots[place]
    return low + (high - low) * (bits - left) / (right - left)
