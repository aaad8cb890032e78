"""What the flows share: the books of the run, its day, its name and its tags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from prefect.runtime import flow_run

from pipelines import config as configuration
from pipelines.app import Kontoklar
from pipelines.orchestration.running import sanitised, tag_run

BERLIN: Final = ZoneInfo("Europe/Berlin")
TAGS: Final = ["kontoklar"]

# The books of the flow that is running. As a parameter Prefect would look into them.
_books: ContextVar[Kontoklar] = ContextVar("books")


@contextmanager
def opened(config: str | None, *tags: str) -> Iterator[Kontoklar]:
    """Opens the books of a configuration for the tasks of one flow, and tags its run."""
    tag_run([*TAGS, *tags])
    with sanitised():
        settings = configuration.load(Path(config) if config else None)
        with Kontoklar(settings, clock=lambda: datetime.now(UTC).isoformat(timespec="seconds")) as app:
            token = _books.set(app)
            try:
                yield app
            finally:
                _books.reset(token)


def books() -> Kontoklar:
    """The books that ``opened`` has opened around the caller."""
    return _books.get()


def day_of(as_of: date | None) -> date:
    """The day a run is for; None is today in Berlin."""
    return as_of or datetime.now(BERLIN).date()


def run_name() -> str:
    """Command and day, so that a list of runs reads by itself; the result is added when it is known."""
    name = str(flow_run.get_flow_name()).removeprefix("kontoklar-")
    return f"{name} {flow_run.get_parameters().get('as_of') or day_of(None)}"
