"""``rehearse``: a period replayed under another policy, with what each payment's probability was worth. Stores nothing.

``backtest`` stores its figures, so that a policy can be put in force on them; this is for looking and trying.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pipelines.chart import Chart
from pipelines.errors import ConfigurationError
from pipelines.learning.backtest import Comparison, compare
from pipelines.learning.calibration import Collector, Judged
from pipelines.match import Observe
from pipelines.policy import Policy
from pipelines.ports.learning import Outcome
from pipelines.ports.work import Books
from pipelines.usecases.backtest import truths
from pipelines.usecases.match import MakeMatcher
from pipelines.usecases.replay import replay


class Stated(NamedTuple):
    """A receipt with an explanation. probability: stated for the best one, honest. posted: by itself under the policy.
    right: whether people or time agree; None when nobody knows yet."""

    transaction_id: str
    probability: float
    posted: bool
    right: bool | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a period would have been. receipts: all that were judged, with an explanation or without one."""

    policy: Policy
    period: tuple[date, date]
    mornings: int
    comparison: Comparison
    stated: tuple[Stated, ...]
    survival_days: int

    @property
    def known(self) -> list[Stated]:
        """Those whose truth is known."""
        return [one for one in self.stated if one.right is not None]


def rehearse(
    books: Books,
    scratch: Books,
    make_matcher: Callable[[Policy, Observe], MakeMatcher],
    chart: Chart,
    policy: Policy,
    period: tuple[date, date],
    as_of: date,
    *,
    enough: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Rehearsal:
    """Replays ``period`` under ``policy`` in ``scratch``; the books are only read.

    enough: known cases that are wanted. Where the policy's own days of survival leave fewer, every automatic post that
    nobody has taken back so far counts as right, and ``survival_days`` of the result is 0.
    Raises ConfigurationError for a period that ends before it begins or in which nothing was matched.
    """
    if period[0] > period[1]:
        raise ConfigurationError(f"the period ends ({period[1]}) before it begins ({period[0]}); change its days")
    collector = Collector()
    done = replay(books, scratch, make_matcher(policy, collector), chart, policy, period, progress)

    def look(days: int) -> Rehearsal:
        with books.read() as work:
            truth = truths(work, done, as_of, days)
        return Rehearsal(
            policy, period, done.mornings, compare(done.actual, done.posted, truth, done.contradicted),
            tuple(_stated(key, one, policy, truth.get(key)) for key, one in sorted(collector.judged.items())), days,
        )  # fmt: skip

    found = look(policy.automation.survival_days)
    return found if len(found.known) >= enough else look(0)


def _stated(key: str, one: Judged, policy: Policy, outcome: Outcome | None) -> Stated:
    effects = dict(one.options[one.best].effects) if one.best >= 0 else {}
    share = policy.honesty.share(one.posterior, one.pattern) if effects else 0.0
    return Stated(key, share, one.posted, _right(effects, outcome) if effects else None)


def _right(effects: dict[str, int], outcome: Outcome | None) -> bool | None:
    if outcome is None:
        return None
    if outcome.settled is not None:
        return dict(outcome.settled) == effects
    return False if frozenset(filter(None, effects)) in outcome.refused else None


class Operating(NamedTuple):
    """A point of the curve of risk against coverage: what posting everything down to ``threshold`` would mean.

    coverage: share of all receipts that then post by themselves. wrong: known wrong of ``known``; low, high: 95 %
    interval of the share of wrong posts. expected: share that is wrong if every stated probability is true.
    """

    threshold: float
    coverage: float
    known: int
    wrong: int
    high: float
    expected: float


def risk_curve(stated: Sequence[Stated]) -> list[Operating]:
    """From the surest receipt down. Receipts of one probability are taken together: no threshold parts them."""
    from pipelines.learning.reliability import exact_interval

    order = sorted((one for one in stated if one.probability > 0.0), key=lambda one: -one.probability)
    points, known, wrong, lost = [], 0, 0, 0.0
    for taken, one in enumerate(order, start=1):
        known += one.right is not None
        wrong += one.right is False
        lost += 1.0 - one.probability
        if taken < len(order) and order[taken].probability == one.probability:
            continue
        high = exact_interval(wrong, known)[1]
        points.append(Operating(one.probability, taken / len(stated), known, wrong, high, lost / taken))
    return points
