"""What a worker on another machine or in another process does: open the books for itself and judge parts of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import config as configuration
from pipelines.app import Kontoklar

if TYPE_CHECKING:
    from pipelines.usecases.match_parts import PartJudge

# Of the match run that goes on; a worker serves one at a time and reads its books once.
_judges: dict[tuple[str | None, date, str], tuple[Kontoklar, PartJudge]] = {}


def judge(
    config: str | None, as_of: date, input_key: str, transaction_ids: Sequence[str], moved: Mapping[str, int]
) -> tuple[Any, ...]:
    """The packed part of these receipts; see ``pipelines.usecases.match_parts.PartJudge.judge``."""
    known = _judges.get((config, as_of, input_key))
    if known is None:
        for app, _ in _judges.values():
            app.close()
        _judges.clear()
        settings = configuration.load(Path(config) if config else None)
        app = Kontoklar(settings, clock=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
        known = _judges[(config, as_of, input_key)] = app, app.matchmaker.part_judge(as_of)
    return known[1].judge(transaction_ids, moved, input_key)
