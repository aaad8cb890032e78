"""``backtest``: replays a period under a policy, stores the figures, and may put the policy in force on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines.chart import Chart
from pipelines.errors import ConfigurationError, KontoklarError
from pipelines.learning.backtest import Comparison, compare
from pipelines.policy import Policy
from pipelines.ports.audit import AuditEvent
from pipelines.ports.learning import Outcome
from pipelines.ports.work import Books, Work
from pipelines.usecases.match import MakeMatcher
from pipelines.usecases.replay import Replayed, replay

FIRST_USE = "first-use"


class PolicyNotBacktested(KontoklarError):
    """The configured policy file was never replayed on these books, so nothing is matched with it."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """A finished backtest. figures: as stored. activated: whether the policy was put in force."""

    backtest_id: str
    figures: dict[str, Any]
    comparison: Comparison
    activated: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Payments of each kind."""
        told = {name: part["payments"] for name, part in self.figures["changes"].items()}
        return {**told, "mornings": self.figures["mornings"]}


def backtest(
    books: Books,
    scratch: Books,
    make_matcher: MakeMatcher,
    chart: Chart,
    policy: Policy,
    policy_hash: str,
    period: tuple[date, date],
    as_of: date,
    *,
    activate: tuple[str, str] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Backtest:
    """Replays ``period`` under ``policy`` in ``scratch`` and compares with what was posted by itself.

    policy_hash: under which the result is stored (of the file, without the limits of ``[matching]``). activate: (user,
    reason) puts the policy in force. The ledger is not touched; what is stored are the figures and who activated.
    """
    if period[0] > period[1]:
        raise ConfigurationError(f"--from {period[0]} is after --to {period[1]}")
    if activate and not all(part.strip() for part in activate):
        raise ConfigurationError("activating a policy needs --user and --reason")
    done = replay(books, scratch, make_matcher, chart, policy, period, progress)
    with books.read() as work:
        truth = truths(work, done, as_of, policy.automation.survival_days)
    comparison = compare(done.actual, done.posted, truth, done.contradicted)
    figures = {
        "policy": policy.name,
        "policy_hash": policy_hash,
        "from": str(period[0]),
        "to": str(period[1]),
        "mornings": done.mornings,
        "decisions": {"followed": done.followed, "left": done.left, "contradicting": len(done.contradicted)},
        "changes": comparison.figures(),
    }
    with books.lease("backtest", as_of), books.write() as work:
        stored = work.learning.add_backtest(policy_hash, policy.name, period, figures)
        if activate:
            put_in_force(work, policy, policy_hash, stored.backtest_id, *activate)
    return Backtest(stored.backtest_id, figures, comparison, activate is not None)


def truths(work: Work, done: Replayed, as_of: date, survival_days: int) -> dict[str, Outcome]:
    """What is known today about the payments of a replay, by transaction."""
    days = [date.fromisoformat(one.booking_date) for one in (*done.actual, *done.posted)]
    if not days:
        return {}
    first, last = min(days), max(days)
    settled = work.learning.survived(first, min(last, as_of - timedelta(days=survival_days)))
    return {one.transaction_id: one for one in (*settled, *work.learning.outcomes(first, last))}


def put_in_force(work: Work, policy: Policy, policy_hash: str, backtest_id: str, user: str, reason: str) -> None:
    """Records who put a policy in force, on which backtest and why; the audit trail has it too."""
    made = work.learning.activate(policy_hash, backtest_id, policy.values, user, reason)
    details = {"policy": policy.name, "policy_hash": policy_hash, "backtest": backtest_id, "activation": made.sequence}
    told = json.dumps(details, sort_keys=True, separators=(",", ":"))
    work.audit.append([AuditEvent("policy-activated", policy_hash, user, reason, told)])


def demand_backtest(books: Books, policy: Policy, policy_hash: str, as_of: date) -> None:
    """Lets a policy file be used that was replayed on these books, or that somebody put in force.

    Books in which nothing was ever matched have nothing to replay: there the policy is put in force as it is, and the
    audit trail says so. Raises PolicyNotBacktested otherwise.
    """
    with books.read() as work:
        known = bool(work.learning.backtests(policy_hash)) or any(
            one.policy_hash == policy_hash for one in work.learning.activations()
        )
        last = work.proposals.last_match()
    if known:
        return
    if last is None:
        with books.lease("match", as_of), books.write() as work:
            put_in_force(work, policy, policy_hash, "", FIRST_USE, "nothing was matched in these books before")
        return
    raise PolicyNotBacktested(
        f'the policy "{policy.name}" ({policy_hash[:8]}) was never replayed on these books. Look at what it would '
        "change: kontoklar backtest --from DATE --to DATE --policy FILE; add --activate --user NAME --reason TEXT to "
        "put it in force. Without [matching] policy the shipped policy is used"
    )
