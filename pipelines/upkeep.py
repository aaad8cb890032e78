"""What an installation needs besides the daily run: alarms, telling people, the month's end. For the flows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.alarms import Alarm, alarms

if TYPE_CHECKING:
    from pipelines.app import Kontoklar
    from pipelines.ports.invariants import CheckResult

# What a tax adviser asks for at the end of a month; ``findings`` and ``audit`` say why things are as they are.
MONTH_END_TABLES: Final = (
    "journal", "transactions", "allocations", "returns", "open-items", "triggers", "findings", "audit",
)  # fmt: skip


def alarms_of(app: Kontoklar, as_of: date, checked: Sequence[CheckResult] = ()) -> list[Alarm]:
    """What has to be told on ``as_of``. checked: the invariants if they were just proven; proving takes a while."""
    questions = app.inquiries
    return alarms(as_of, questions.accounts(), questions.access(), questions.review_queue(as_of), checked)


def tell(app: Kontoklar, event: str, subject: str, message: str, as_of: date) -> int:
    """Sends an alarm to the configured sinks; 0 without sinks or when it was sent already on this day."""
    from pipelines.usecases.tell import tell

    if not app.settings.sinks:
        return 0
    queued = tell(app.books, event, subject, message, as_of)
    if queued:
        app.deliver(as_of)
    return queued


def month_end(app: Kontoklar, as_of: date, out: Path) -> list[Path]:
    """The tables as CSV in ``out``/YYYY-MM; a second time they are written anew. Returns the files."""
    folder = out / f"{as_of:%Y-%m}"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in MONTH_END_TABLES:
        path = folder / f"{name}.csv"
        app.export(name, path)
        written.append(path)
    return written
