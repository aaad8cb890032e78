"""The demo company in a real Prefect: its first days as one daily run, then a dunning run that waits for a person.

For the browser test and the pictures; ``make ops`` shows the same to people.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.commands.session import instant
from pipelines.demo.files import Sample, write
from scripts.prefect_server import PrefectServer, until

DAYS = 9
SETTINGS = """
[dunning]
release = "person"

[users]
bert = ["approver"]
cron = ["ingest", "poster", "auditor", "analyst"]
"""
_FLOWS = """
import json, sys, flows
from datetime import date
day, config, files = date.fromisoformat(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
flows.daily(as_of=day, config=config, files=files, return_state=True)
flows.dunning_run(as_of=day, config=config, look_seconds=1, wait_minutes=30, return_state=True)
flows.settle()
"""


def prepared(folder: Path) -> tuple[Sample, date]:
    """The company's files with what its billing system knows loaded; letters wait for a person. And the day to run."""
    sample = write(folder)
    with Kontoklar(config.load(sample.configuration), clock=instant) as app:
        for day in sample.days[:DAYS]:
            for kind, paths in day.billing.items():
                app.load(kind, paths, day.day)
    text = sample.configuration.read_text(encoding="utf-8")
    sample.configuration.write_text(text + SETTINGS, encoding="utf-8")
    return sample, sample.days[DAYS - 1].day


@contextmanager
def waiting(
    server: PrefectServer, sample: Sample, day: date, more: tuple[Path, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The daily run has run and the dunning run has paused. more: statements beside the sample's own.

    Yields the process of the flows, which ends when the form was answered, and the paused run.
    """
    files = [str(path) for one in sample.days[:DAYS] for path in one.statements] + [str(path) for path in more]
    arguments = (day.isoformat(), str(sample.configuration), json.dumps(files))
    process = server.python("-c", _FLOWS, *arguments, KONTOKLAR_USER="cron")

    def paused() -> dict[str, Any] | None:
        if process.poll() is not None:
            raise RuntimeError(f"the flows ended: {process.communicate()[0][-4000:]}")
        wanted = {"state": {"type": {"any_": ["PAUSED"]}}}
        found: list[dict[str, Any]] = server.ask("flow_runs/filter", flow_runs=wanted)
        return found[0] if found else None

    try:
        yield process, until(paused, "the pause of the dunning run", 240)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)
