"""From cases with known truth to a calibrated policy: weights, the honest curve, and what changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipelines.decide import Decision
from pipelines.learning.fitting import Seen, straighten
from pipelines.learning.reliability import Reliability, measure
from pipelines.learning.weights import Choice as Case
from pipelines.learning.weights import Estimate, Option, estimate
from pipelines.matching.assign import Choice
from pipelines.matching.batch import Batch
from pipelines.matching.explain import Explanation, Judgement
from pipelines.model.proposal import Disposition
from pipelines.policy import Policy, with_values
from pipelines.ports.learning import Outcome

# Fewer decisions of people, or fewer cases in all, say too little about weights.
LEAST_DECIDED = 50
LEAST_CASES = 200


class Judged(NamedTuple):
    """How a receipt was judged when it was first seen. best: place among the options, −1 for none of them. posterior:
    of that one, by evidence alone."""

    options: tuple[Option, ...]
    none: float
    best: int
    posterior: float
    pattern: str
    posted: bool


@dataclass(slots=True)
class Collector:
    """Keeps how each receipt was judged when it was first seen (``Matcher``'s ``observe``)."""

    judged: dict[str, Judged] = field(default_factory=dict)

    def __call__(self, batch: Batch, judgement: Judgement, choice: Choice, decision: Decision) -> None:
        key = batch.text("transaction_id")[judgement.receipt]
        if key in self.judged or not judgement.explanations:
            return
        options = tuple(_option(batch, one) for one in judgement.explanations)
        top = max(judgement.rivals)
        none = top + _log2_sum(judgement.rivals, top)
        best = next((at for at, one in enumerate(judgement.explanations) if one is choice.explanation), -1)
        self.judged[key] = Judged(
            options, none, best, choice.probability, decision.pattern, decision.disposition is Disposition.AUTO
        )


def _log2_sum(values: Sequence[float], top: float) -> float:
    return math.log2(sum(2.0 ** max(value - top, -1000.0) for value in values))


def _option(batch: Batch, one: Explanation) -> Option:
    effects: dict[str, int] = {}
    for line in one.lines:
        number = batch.items.numbers[line.row] if line.row >= 0 else ""
        effects[number] = effects.get(number, 0) + line.amount
    levels = tuple(f"{row.field}.{row.level}" for row in one.evidence if row.field != "prior")
    return Option(effects, levels, one.score)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration found. before/after: reliability of the cases under the old and the new policy."""

    policy: Policy
    changes: dict[str, Any]
    estimate: Estimate
    decided: int
    survived: int
    before: Reliability
    after: Reliability

    def rows(self, base: Policy) -> list[dict[str, Any]]:
        """Old against new, one row per weight that changed."""
        found = []
        for name in sorted(self.estimate.shifts):
            fieldname, level = name.split(".", 1)
            old, new = base.bits[fieldname][level], self.policy.bits[fieldname][level]
            if old != new:
                cases = self.estimate.seen.get(name, 0)
                found.append({"weight": name, "old": old, "new": new, "shift": round(new - old, 2), "cases": cases})
        return found


def cases_of(judged: Mapping[str, Judged], outcomes: Mapping[str, Outcome]) -> list[tuple[Judged, Case]]:
    """Receipts whose truth is known, as choices among their explanations."""
    found = []
    for key, one in judged.items():
        outcome = outcomes.get(key)
        if outcome is None:
            continue
        if outcome.settled is not None:
            chosen = next(
                (at for at, option in enumerate(one.options) if dict(option.effects) == dict(outcome.settled)), None
            )
            found.append((one, Case(one.options, one.none, chosen)))
            continue
        refused = tuple(
            at
            for at, option in enumerate(one.options)
            if frozenset(number for number in option.effects if number) in outcome.refused
        )
        if refused:
            found.append((one, Case(one.options, one.none, -1, refused)))
    return found


def calibrate_policy(
    base: Policy, cases: Sequence[tuple[Judged, Case]], decided: int, name: str, window: Mapping[str, Any]
) -> Calibrated:
    """A policy whose weights and whose curve fit the cases; ``changes`` is what its file says beside the base."""
    estimated = estimate([case for _, case in cases], base.bits)
    bits: dict[str, dict[str, float]] = {}
    for key, shift in estimated.shifts.items():
        fieldname, level = key.split(".", 1)
        bits.setdefault(fieldname, {})[level] = round(base.bits[fieldname][level] + shift, 2)
    old = seen_of(cases, {})
    new = seen_of(cases, estimated.shifts)
    honesty = straighten(base.honesty, new)
    changes: dict[str, Any] = {"name": name, "calibration": dict(window), "bits": bits}
    if honesty is not base.honesty:
        changes["honesty"] = {"finish": [list(knot) for knot in honesty.finish]}
    policy = with_values(base, changes)
    return Calibrated(
        policy, changes, estimated, decided, len(cases) - decided,
        _reliability(base, old), _reliability(policy, new),
    )  # fmt: skip


def seen_of(cases: Sequence[tuple[Judged, Case]], shifts: Mapping[str, float]) -> list[Seen]:
    """The best explanation of each case after the shifts, its posterior, and whether it was right."""
    found = []
    for judged, case in cases:
        scores = [option.score + sum(shifts.get(level, 0.0) for level in option.levels) for option in judged.options]
        best = max(range(len(scores)), key=scores.__getitem__) if shifts else judged.best
        if best < 0 or not any(judged.options[best].effects):
            continue
        top = max(*scores, judged.none)
        weights = [2.0 ** max(score - top, -1000.0) for score in (*scores, judged.none)]
        posterior = weights[best] / sum(weights)
        if best == judged.best:
            pattern, posterior = judged.pattern, posterior if shifts else judged.posterior
        else:
            pattern = "|".join(level.replace(".", ":", 1) for level in judged.options[best].levels)
        right = best == case.chosen
        if case.chosen == -1 and best not in case.refused:
            continue
        found.append(Seen(posterior, pattern, right, judged.posted))
    return found


def _reliability(policy: Policy, cases: Sequence[Seen]) -> Reliability:
    return measure(
        [policy.honesty.share(case.posterior, case.pattern) for case in cases], [case.right for case in cases]
    )


__all__ = ["Calibrated", "Collector", "Judged", "calibrate_policy", "cases_of", "seen_of"]
