"""The backtest as a flow: what another policy would have posted in a past period, as tables of text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from pipelines import operator_view as view
from pipelines.errors import ConfigurationError
from pipelines.orchestration import artifacts
from pipelines.orchestration.opened import day_of, opened, run_name
from pipelines.orchestration.running import rename_run, sanitised

FIGURES: Final = "kontoklar-backtest"
CHANGES: Final = "kontoklar-backtest-changes"


def last_month(today: date) -> tuple[date, date]:
    """First and last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


@flow(name="kontoklar-backtest", flow_run_name=run_name, persist_result=False)
def backtest(
    first: date | None = None,
    last: date | None = None,
    policy: str | None = None,
    as_of: date | None = None,
    config: str | None = None,
) -> State[Any]:
    """Replays a period under a policy and compares with what was posted by itself; the ledger is not touched.

    first, last: the period; None is the month before. policy: a policy file on the worker; None is the configured one.
    The figures are stored as ``kontoklar backtest`` stores them. Putting a policy in force stays with the command line.
    """
    day = day_of(as_of)
    if (first is None) is not (last is None):
        raise ConfigurationError("give first and last, or neither for the month before")
    period = (first, last) if first and last else last_month(day)
    with opened(config, "kontoklar-backtest") as app, sanitised():
        _step, done = app.schoolroom.backtest(period, day, Path(policy) if policy else None, None)
    figures: Mapping[str, Any] = done.figures
    changed = [one for one in done.comparison.changes if one.kind != "same" or one.right is False]
    told = f"policy {view.inert(str(figures['policy']))}, {period[0]} to {period[1]}"
    artifacts.table(FIGURES, f"Against what was posted by itself: {told}", view.backtest(figures["changes"]))
    artifacts.table(
        CHANGES, f"What would be different: {told}: {len(changed)}", view.changes(one.row() for one in changed)
    )
    counts = done.counts
    words = ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in ("newly_posted", "lost", "changed"))
    rename_run(f"{run_name()} · {words}, {counts['known_wrong']} known wrong")
    return Completed(name="Done", message=f"{figures['mornings']} mornings replayed under {told}: {words}")
