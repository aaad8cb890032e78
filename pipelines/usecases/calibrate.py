"""``calibrate``: estimates weights from what people decided and what survived, and writes them as a policy file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipelines.chart import Chart
from pipelines.errors import KontoklarError
from pipelines.learning.calibration import (
    LEAST_CASES,
    LEAST_DECIDED,
    Calibrated,
    Collector,
    calibrate_policy,
    cases_of,
)
from pipelines.learning.toml_out import policy_text
from pipelines.policy import Policy, differences
from pipelines.ports.work import Books
from pipelines.usecases.match import MakeMatcher
from pipelines.usecases.replay import replay


class TooFewDecisions(KontoklarError):
    """Too few payments have a known truth to estimate anything; nothing was written."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """A finished calibration and where its file is."""

    calibrated: Calibrated
    base: Policy
    out: Path
    figures: dict[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """Cases and changed weights."""
        return {
            "decided": self.calibrated.decided,
            "survived": self.calibrated.survived,
            "weights_changed": len(self.figures["weights"]),
        }


def calibrate(
    books: Books,
    scratch: Books,
    make_matcher: Callable[[Collector], MakeMatcher],
    chart: Chart,
    policy: Policy,
    period: tuple[date, date],
    as_of: date,
    out: Path,
    *,
    progress: Callable[[int, int], object] | None = None,
) -> Calibration:
    """Judges every receipt of the period again as it was first seen, and fits the weights to what became of it.

    make_matcher: for an observer → as for ``match``. policy: the one in force, without the limits of ``[matching]``.
    Raises TooFewDecisions and writes nothing when fewer than 50 decisions of people or 200 cases are known.
    """
    collector = Collector()
    replay(books, scratch, make_matcher(collector), chart, policy, period, progress)
    with books.read() as work:
        # What was first seen in the period may have been booked a little before it.
        since = period[0] - timedelta(days=policy.automation.record_days)
        decided = {one.transaction_id: one for one in work.learning.outcomes(since, period[1])}
        settled = min(period[1], as_of - timedelta(days=policy.automation.survival_days))
        survived = {one.transaction_id: one for one in work.learning.survived(since, settled)}
    cases = cases_of(collector.judged, {**survived, **decided})
    by_people = sum(1 for key in collector.judged if key in decided)
    if by_people < LEAST_DECIDED or len(cases) < LEAST_CASES:
        raise TooFewDecisions(
            f"{by_people} decisions and {len(cases)} cases in all are known from {period[0]} to {period[1]}; at least "
            f"{LEAST_DECIDED} and {LEAST_CASES} are needed. Nothing was written; the policy in force stays"
        )
    window = {
        "from": str(period[0]), "to": str(period[1]), "decided": by_people, "survived": len(cases) - by_people,
        "base": policy.hash,
    }  # fmt: skip
    found = calibrate_policy(policy, cases, by_people, f"calibrated-{period[1]}", window)
    rows = found.rows(policy)
    figures = {
        **window,
        "policy": found.policy.name,
        "policy_hash": found.policy.hash,
        "weights": rows,
        "surprise_bits": [round(found.estimate.loss_before, 4), round(found.estimate.loss_after, 4)],
        "before": found.before.as_dict(),
        "after": found.after.as_dict(),
    }
    out.write_text(policy_text(differences(found.policy), _comments(found, window)), encoding="utf-8")
    with books.lease("calibrate", as_of), books.write() as work:
        work.learning.add_calibration(found.policy.hash, policy.hash, period, figures)
    return Calibration(found, policy, out, figures)


def _comments(found: Calibrated, window: dict[str, Any]) -> list[str]:
    return [
        f"Estimated from {window['decided']} decisions and {window['survived']} automatic posts that survived,",
        f"{window['from']} to {window['to']}. Hash of the resulting policy: {found.policy.hash}",
        "Replay a period with it before use: kontoklar backtest --policy THIS --from DATE --to DATE --activate …",
    ]
