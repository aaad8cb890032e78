"""One assignment for the whole batch (D11): nothing receives more than is open, whatever the order of arrival.

Most receipts claim items nobody else claims; they keep their best explanation. Receipts that claim the same open cents
are solved together: exactly, by branch and bound over their explanations and "a duplicate", within stated counters;
what is beyond them goes to a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipelines.matching.batch import Batch
from pipelines.matching.explain import Explanation, Judgement
from pipelines.policy import Policy

_OPTIONS = 4


@dataclass(slots=True)
class Choice:
    """What the assignment gives a receipt.

    explanation: None when nothing explains it or others have a better claim. margin: bits over the best different
    solution. claimed: another receipt took what this one wanted. bounded: the component was too large to solve.
    """

    explanation: Explanation | None
    probability: float
    margin: float
    claimed: bool = False
    bounded: bool = False


def assign(batch: Batch, judgements: list[Judgement], policy: Policy) -> list[Choice]:
    """One choice per judgement, in the same order."""
    choices = [_alone(judgement) for judgement in judgements]
    claims: dict[int, list[int]] = {}
    for receipt, choice in enumerate(choices):
        if choice.explanation is not None and not choice.explanation.closed:
            for line in choice.explanation.lines:
                if line.row >= 0:
                    claims.setdefault(line.row, []).append(receipt)
    contested = [row for row, receipts in claims.items() if len(receipts) > 1 and _exceeds(batch, choices, row, receipts)]
    for component in _components(contested, claims):
        _solve(batch, judgements, choices, component, policy)
    return choices


def _alone(judgement: Judgement) -> Choice:
    if not judgement.explanations:
        return Choice(None, 1.0, 0.0)
    best = judgement.explanations[0]
    probabilities = judgement.probabilities()
    others = [one.score for one in judgement.explanations[1:]] + judgement.rivals
    return Choice(best, probabilities[0], best.score - max(others))


def _exceeds(batch: Batch, choices: list[Choice], row: int, receipts: list[int]) -> bool:
    wanted = 0
    for receipt in dict.fromkeys(receipts):
        explanation = choices[receipt].explanation
        if explanation is not None:
            wanted += sum(line.amount for line in explanation.lines if line.row == row)
    return abs(wanted) > abs(int(batch.items.open_minor[row]))


def _components(contested: list[int], claims: dict[int, list[int]]) -> list[list[int]]:
    """Receipts connected by contested items, each component sorted."""
    parent: dict[int, int] = {}

    def root(receipt: int) -> int:
        while parent.setdefault(receipt, receipt) != receipt:
            parent[receipt] = parent[parent[receipt]]
            receipt = parent[receipt]
        return receipt

    for row in contested:
        first = root(claims[row][0])
        for receipt in claims[row][1:]:
            parent[root(receipt)] = first
            first = root(first)
    found: dict[int, list[int]] = {}
    for receipt in list(parent):
        found.setdefault(root(receipt), []).append(receipt)
    return [sorted(receipts) for _, receipts in sorted(found.items())]


def _solve(
    batch: Batch, judgements: list[Judgement], choices: list[Choice], component: list[int], policy: Policy
) -> None:
    receipts = _without_copies(batch, judgements, choices, component)
    if len(receipts) > policy.limits.component_receipts:
        for receipt in receipts:
            choices[receipt].bounded = True
            choices[receipt].margin = 0.0
        return
    if len(receipts) == 1 and not _exceeds_alone(batch, choices[receipts[0]]):
        return
    duplicate = math.log2(policy.priors["duplicate"])
    options = []
    for receipt in receipts:
        ranked = [one for one in judgements[receipt].explanations if not one.closed][:_OPTIONS]
        floor = max([ranked[0].score + duplicate, *judgements[receipt].rivals])
        options.append([*((one.score, one) for one in ranked), (floor, None)])
    search = _Search(batch, options, policy.limits.component_nodes)
    search.run()
    for place, receipt in enumerate(receipts):
        picked = search.best_pick[place] if search.best_pick else len(options[place]) - 1
        explanation = options[place][picked][1]
        margin = search.margin(place, picked)
        choice = choices[receipt]
        changed = explanation is not choice.explanation
        choice.margin = min(choice.margin, margin) if not changed else margin
        choice.bounded = search.exhausted
        choice.claimed = changed
        choice.probability = min(choice.probability, 1.0 / (1.0 + 2.0 ** -max(margin, -60.0)))
        choice.explanation = explanation


def _exceeds_alone(batch: Batch, choice: Choice) -> bool:
    explanation = choice.explanation
    if explanation is None:
        return False
    wanted: dict[int, int] = {}
    for line in explanation.lines:
        if line.row >= 0:
            wanted[line.row] = wanted.get(line.row, 0) + line.amount
    return any(abs(amount) > abs(int(batch.items.open_minor[row])) for row, amount in wanted.items())


def _without_copies(
    batch: Batch, judgements: list[Judgement], choices: list[Choice], component: list[int]
) -> list[int]:
    """Receipts told apart by nothing but their date and id: the first keeps its claim, the rest are duplicates.

    Which of two equal payments settles the invoice makes no difference to anybody.
    """
    seen: dict[tuple[object, ...], int] = {}
    kept = []
    for receipt in component:
        explanation = choices[receipt].explanation
        assert explanation is not None
        key = (
            batch.amounts[receipt], batch.ibans()[receipt], batch.text("counterparty_name")[receipt],
            explanation.rows, explanation.reference, explanation.amount,
        )  # fmt: skip
        if key in seen and explanation.amount != "partial":
            choice = choices[receipt]
            choice.explanation, choice.claimed, choice.margin = None, True, 0.0
        else:
            seen.setdefault(key, receipt)
            kept.append(receipt)
    return kept


class _Search:
    """Every combination of options within the open amounts, best first, at most ``nodes`` of them."""

    def __init__(
        self, batch: Batch, options: list[list[tuple[float, Explanation | None]]], nodes: int
    ) -> None:
        self._batch = batch
        self._options = options
        self._nodes = nodes
        self.exhausted = False
        self.best_pick: list[int] = []
        self._best = -math.inf
        self._best_with: list[dict[int, float]] = [{} for _ in options]
        self._used: dict[int, int] = {}
        self._pick: list[int] = []

    def run(self) -> None:
        """Search; afterwards ``best_pick`` holds one option per receipt."""
        self._descend(0, 0.0)

    def margin(self, place: int, picked: int) -> float:
        """Bits by which the best solution beats the best one that gives this receipt something else."""
        others = [score for option, score in self._best_with[place].items() if option != picked]
        return self._best - max(others) if others else 60.0

    def _descend(self, place: int, score: float) -> None:
        if self._nodes <= 0:
            self.exhausted = True
            return
        self._nodes -= 1
        if place == len(self._options):
            if score > self._best:
                self._best, self.best_pick = score, list(self._pick)
            for at, option in enumerate(self._pick):
                if score > self._best_with[at].get(option, -math.inf):
                    self._best_with[at][option] = score
            return
        for option, (bits, explanation) in enumerate(self._options[place]):
            wanted: dict[int, int] = {}
            for line in explanation.lines if explanation is not None else ():
                if line.row >= 0:
                    wanted[line.row] = wanted.get(line.row, 0) + line.amount
            if all(self._fits(row, amount) for row, amount in wanted.items()):
                for row, amount in wanted.items():
                    self._used[row] = self._used.get(row, 0) + amount
                self._pick.append(option)
                self._descend(place + 1, score + bits)
                self._pick.pop()
                for row, amount in wanted.items():
                    self._used[row] -= amount

    def _fits(self, row: int, amount: int) -> bool:
        return abs(self._used.get(row, 0) + amount) <= abs(int(self._batch.items.open_minor[row]))
