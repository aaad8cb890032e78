"""The books of the demo company after its first days, as its daily run would have left them, without a server."""

from __future__ import annotations

from pathlib import Path

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.demo.files import write

DAYS = 10
AS_OF = "2026-11-02"


def run_days(folder: Path, days: int = DAYS) -> Path:
    """Writes the company and runs its first banking days; gives the configuration file."""
    sample = write(folder)
    with Kontoklar(config.load(sample.configuration), clock=lambda: "2026-10-01T05:00:00+00:00") as app:
        app.init()
        for day in sample.days[:days]:
            for kind, paths in day.billing.items():
                app.load(kind, paths, day.day)
            for _step in app.run(day.day, files=day.statements):
                pass
    return Path(sample.configuration)
