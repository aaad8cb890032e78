"""Opening the books for a notebook: the configuration as everywhere else, the demo's where there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import config
from pipelines.app import Kontoklar

if TYPE_CHECKING:
    from pandas import DataFrame

_DEMO = Path(__file__).resolve().parents[2] / "demo" / "kontoklar.toml"


@dataclass(frozen=True, slots=True)
class Desk:
    """The application, the day it looks from, who sits here and in which language.

    user: attributed to every decision; the environment's KONTOKLAR_USER, else the login name.
    """

    app: Kontoklar
    as_of: date
    user: str
    language: str


def open_books(config_file: str | None = None, *, as_of: date | None = None, language: str | None = None) -> Desk:
    """Opens the books of a configuration file, of KONTOKLAR_CONFIG, or of the demo.

    as_of: None is today; KONTOKLAR_AS_OF (ISO) overrules it, for rehearsals. language: ``de`` or ``en``; None takes
    KONTOKLAR_LANGUAGE, else German. Raises ConfigurationError when the file is not there.
    """
    named = config_file or os.environ.get("KONTOKLAR_CONFIG") or (str(_DEMO) if _DEMO.is_file() else None)
    settings = config.load(Path(named) if named else None)
    app = Kontoklar(replace(settings), clock=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    day = os.environ.get("KONTOKLAR_AS_OF")
    chosen = as_of or (date.fromisoformat(day) if day else datetime.now().astimezone().date())
    user = os.environ.get("KONTOKLAR_USER") or os.environ.get("USER") or "analyst"
    return Desk(app, chosen, user, language or os.environ.get("KONTOKLAR_LANGUAGE", "de"))


def records(table: DataFrame) -> list[dict[str, str]]:
    """The rows of a table of ``inquiries.table``, whose cells are all text."""
    return [{str(name): str(cell) for name, cell in row.items()} for row in table.to_dict("records")]
