"""One assignment for the whole batch (D11): nothing receives more than is open, whatever the order of arrival.

Most receipts claim items nobody else claims; they keep their best explanation. Receipts good enough to post that claim
the same open cents are solved together: exactly, over their explanations and "none of these", within stated counters;
what is beyond them goes to a person.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.matching.batch import Batch
from pipelines.matching.evidence import CLEAR
from pipelines.matching.explain import Explanation, Judgement
from pipelines.policy import Policy

_OPTIONS = 4
_CERTAIN = 60.0


@dataclass(slots=True)
class Choice:
    """What the assignment gives a receipt.

    explanation: None when nothing explains it or others have a better claim. margin: bits over the best different
    solution. claimed: another receipt took what this one wanted. bounded: the component was too large to
    solve. contested: it was in a component. gap: where it is bounded, by how many bits the best assignment of its
    component may at most beat the one found.
    """

    explanation: Explanation | None
    probability: float
    margin: float
    claimed: bool = False
    bounded: bool = False
    contested: bool = False
    gap: float = 0.0


def assign(
    batch: Batch,
    judgements: dict[int, Judgement],
    clear: dict[int, list[int]],
    judge: Callable[[int], Judgement],
    policy: Policy,
    may_post: Callable[[Judgement, Choice], bool],
) -> dict[int, Choice]:
    """One choice per judgement, by receipt.

    clear: row → receipts that were not judged, because each of them clearly takes all that is open of it. Those that
    are not alone with their claim are judged now (``judge``) and added to ``judgements``.
    may_post: whether a receipt taken alone would post; only these claim what is open. Weaker ones never take anything
    from them, nor do they make them doubtful.
    """
    choices: dict[int, Choice] = {}
    claims: dict[int, list[int]] = {}

    def claim(receipt: int, judgement: Judgement) -> None:
        choice = choices[receipt] = alone(judgement)
        if may_post(judgement, choice) and choice.explanation is not None:
            for row in dict.fromkeys([line.row for line in choice.explanation.lines if line.row >= 0]):
                claims.setdefault(row, []).append(receipt)

    for receipt, judgement in judgements.items():
        claim(receipt, judgement)
    for row, receipts in clear.items():
        if len(receipts) > 1 or row in claims:
            for receipt in receipts:
                judgements[receipt] = judge(receipt)
                claim(receipt, judgements[receipt])
    contested = sorted(
        row for row, receipts in claims.items() if len(receipts) > 1 and _exceeds(batch, choices, row, receipts)
    )
    for component in _components(contested, claims):
        for receipt in component:
            choices[receipt].contested = True
        _solve(batch, judgements, choices, component, policy)
    return choices


def alone(judgement: Judgement) -> Choice:
    """What a receipt is given when nobody else wants anything."""
    if not judgement.explanations:
        return Choice(None, 1.0, 0.0)
    best = judgement.explanations[0]
    others = [one.score for one in judgement.explanations[1:]] + judgement.rivals
    return Choice(best, judgement.probabilities()[0], best.score - max(others))


def wanted_by(explanation: Explanation | None) -> dict[int, int]:
    """Row → how much of what is open an explanation takes."""
    wanted: dict[int, int] = {}
    for line in explanation.lines if explanation is not None else ():
        if line.row >= 0:
            wanted[line.row] = wanted.get(line.row, 0) + line.amount
    return wanted


def _exceeds(batch: Batch, choices: dict[int, Choice], row: int, receipts: list[int]) -> bool:
    wanted = sum(wanted_by(choices[receipt].explanation).get(row, 0) for receipt in receipts)
    return abs(wanted) > abs(batch.items.open_at[row])


def _components(contested: list[int], claims: dict[int, list[int]]) -> list[list[int]]:
    """Receipts connected by contested items, each component sorted."""
    parent: dict[int, int] = {}

    def root(receipt: int) -> int:
        while parent.setdefault(receipt, receipt) != receipt:
            parent[receipt] = parent[parent[receipt]]
            receipt = parent[receipt]
        return receipt

    for row in contested:
        for receipt in claims[row]:
            parent[root(receipt)] = root(claims[row][0])
    found: dict[int, list[int]] = {}
    for receipt in list(parent):
        found.setdefault(root(receipt), []).append(receipt)
    return sorted(sorted(receipts) for receipts in found.values())


def _solve(
    batch: Batch, judgements: dict[int, Judgement], choices: dict[int, Choice], component: list[int], policy: Policy
) -> None:
    options = []
    for receipt in component:
        ranked: list[tuple[float, Explanation | None]] = [
            (one.score, one) for one in judgements[receipt].explanations[:_OPTIONS] if not one.closed
        ]
        options.append([*ranked, (max(judgements[receipt].rivals), None)])
    # Everybody gets what fits best, as if there were no others: no assignment can be worth more.
    most = sum(max(score for score, _ in place) for place in options)
    if len(component) > policy.limits.component_receipts:
        gap = most - _greedy(batch, options)
        for receipt in component:
            choices[receipt].bounded, choices[receipt].gap = True, gap
        return
    search = Search(batch, options, policy.limits.component_nodes)
    search.run()
    before = [choices[receipt].explanation for receipt in component]
    for place, receipt in enumerate(component):
        picked = search.best_pick[place] if search.best_pick else len(options[place]) - 1
        explanation = options[place][picked][1]
        choice = choices[receipt]
        choice.bounded = search.exhausted
        choice.gap = max(most - search.best, 0.0) if search.exhausted else 0.0
        choice.claimed = explanation is not choice.explanation
        if choice.claimed or not _interchangeable(batch, component, before, place):
            margin = search.margin(place, picked)
            choice.margin = min(choice.margin, margin)
            choice.probability = min(choice.probability, 1.0 / (1.0 + 2.0 ** -max(margin, -_CERTAIN)))
        choice.explanation = explanation


def _greedy(batch: Batch, options: list[list[tuple[float, Explanation | None]]]) -> float:
    """What an assignment is worth that serves the best claims first: one pass, however many receipts there are."""
    used: dict[int, int] = {}
    total = 0.0
    for place in sorted(range(len(options)), key=lambda one: (-max(score for score, _ in options[one]), one)):
        for score, explanation in sorted(options[place], key=lambda option: -option[0]):
            wanted = wanted_by(explanation)
            if all(abs(used.get(row, 0) + cents) <= abs(batch.items.open_at[row]) for row, cents in wanted.items()):
                for row, cents in wanted.items():
                    used[row] = used.get(row, 0) + cents
                total += score
                break
    return total


def _interchangeable(batch: Batch, component: list[int], before: list[Explanation | None], place: int) -> bool:
    """Whether all who claim the same items mean just these: then one is a second payment, and whichever of them
    settles the item, the item is settled rightly."""
    mine = before[place]
    if mine is None:
        return False
    rivals = [
        other
        for at, other in enumerate(before)
        if at != place and other is not None and set(other.rows) & set(mine.rows)
    ]
    if all(other.rows == mine.rows for other in rivals):
        if mine.reference in CLEAR and all(other.reference in CLEAR for other in rivals):
            return True
        payers = {(batch.ibans()[receipt], batch.amounts[receipt]) for receipt in component}
        return len(payers) == 1 and batch.ibans()[component[0]] != "" and mine.payer_identified
    return False


class Search:
    """Every combination of options within the open amounts, at most ``nodes`` branches of it.

    options: per receipt its (score, explanation), the last one being none of these.
    """

    def __init__(self, batch: Batch, options: list[list[tuple[float, Explanation | None]]], nodes: int) -> None:
        self._open = batch.items.open_at
        self._options = options
        self._wanted = [[wanted_by(explanation) for _, explanation in place] for place in options]
        self._nodes = nodes
        self.exhausted = False
        self.best_pick: list[int] = []
        self.best = -math.inf
        self._best_with: list[dict[int, float]] = [{} for _ in options]
        self._used: dict[int, int] = {}
        self._pick: list[int] = []

    def run(self) -> None:
        """Search; afterwards ``best_pick`` holds one option per receipt. Of equal solutions the first counts: the
        one that gives the item to the receipt booked first."""
        self._descend(0, 0.0)

    def margin(self, place: int, picked: int) -> float:
        """Bits by which the best solution beats the best one that gives this receipt something else."""
        others = [score for option, score in self._best_with[place].items() if option != picked]
        return self.best - max(others) if others else _CERTAIN

    def _descend(self, place: int, score: float) -> None:
        if self._nodes <= 0:
            self.exhausted = True
            return
        self._nodes -= 1
        if place == len(self._options):
            if score > self.best + 1e-9:
                self.best, self.best_pick = score, list(self._pick)
            for at, option in enumerate(self._pick):
                if score > self._best_with[at].get(option, -math.inf):
                    self._best_with[at][option] = score
            return
        for option, (bits, _) in enumerate(self._options[place]):
            wanted = self._wanted[place][option]
            if all(self._fits(row, amount) for row, amount in wanted.items()):
                for row, amount in wanted.items():
                    self._used[row] = self._used.get(row, 0) + amount
                self._pick.append(option)
                self._descend(place + 1, score + bits)
                self._pick.pop()
                for row, amount in wanted.items():
                    self._used[row] -= amount

    def _fits(self, row: int, amount: int) -> bool:
        return abs(self._used.get(row, 0) + amount) <= abs(int(self._open[row]))
