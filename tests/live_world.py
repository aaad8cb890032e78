"""A company whose accounts are at the simulated bank: the configured application over a real HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from pipelines.app import Kontoklar
from pipelines.config import Company, Part, Settings
from pipelines.simulator.bank import SimulatedBank
from pipelines.simulator.faults import Faults
from pipelines.simulator.generate import generate
from pipelines.simulator.world import World
from pipelines.step import Step
from sources.http_retry import Patience, Policy

CLOCK = "2026-11-21T06:00:00+00:00"


@dataclass(frozen=True)
class Shown:
    """A secret reference whose secret is known."""

    value: str

    def reveal(self) -> str:
        return self.value


def impatient(name: str = "finapi", **changes: Any) -> Patience:
    """Patience that does not take any time: its clock moves only while it sleeps."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Patience(name, replace(Policy(), **changes), clock=lambda: now[0], sleep=sleep, dice=Random(1))


@dataclass
class Live:
    """The application on the simulated bank. options: of the source, beyond its login."""

    bank: SimulatedBank
    folder: Path
    mode: str = "test"
    options: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    more: tuple[Part, ...] = ()
    database_url: str = ""

    def settings(self) -> Settings:
        known = self.bank.state.credentials
        options: dict[str, Any] = {
            "base_url": self.bank.finapi.url,
            "client_id": Shown(known.client_id),
            "client_secret": Shown(known.client_secret),
            "username": Shown(known.username),
            "password": Shown(known.password),
            "since": self.bank.world.start,
            "timeout_seconds": 5.0,
            **self.options,
        }
        return Settings(
            company=Company(name="Probe", mode=self.mode),
            database_url=self.database_url or f"sqlite:///{self.folder}/live.db",
            sources=(Part("finapi", "finapi", options), *self.more),
        )

    @contextmanager
    def app(self) -> Iterator[Kontoklar]:
        """The application; its finAPI source loses no time waiting."""
        with Kontoklar(self.settings(), clock=lambda: CLOCK) as app:
            build = app._build

            def hurried(kind: str, part: Part) -> Any:
                made = build(kind, part)
                if part.use == "finapi":
                    made.api.http.patience = impatient(part.name, **self.policy)
                return made

            app._build = hurried  # type: ignore[method-assign]
            yield app

    def pull(self, as_of: date | None = None, **how: Any) -> Step:
        """One pull on the bank's day."""
        with self.app() as app:
            return app.pull(as_of or self.bank.world.today, **how)

    def table(self, name: str) -> pd.DataFrame:
        """An export."""
        with self.app() as app:
            return app.inquiries.table(name)

    def standing(self) -> dict[tuple[str, str], str]:
        """(source, account) → state and code as stored."""
        with self.app() as app, app.books.read() as work:
            return {
                (fact.source, fact.account): f"{fact.state.value} {fact.code}".strip() for fact in work.access.latest()
            }

    def proven(self) -> dict[str, date | None]:
        """Account → last proven day."""
        with self.app() as app:
            return {row.account: row.proven_until for row in app.inquiries.accounts()}


@contextmanager
def live(
    folder: Path, *, seed: int = 7, accounts: int = 2, days: int = 10, faults: Faults | None = None, **world: Any
) -> Iterator[Live]:
    """A running bank with a company on it; the bank's clock stands at the end of the world."""
    with SimulatedBank(generate(seed, accounts=accounts, days=days, **world), faults, slow_seconds=6.0) as bank:
        yield Live(bank, folder)


def true_bookings(world: World) -> dict[tuple[str, str, int], int]:
    """(account, day, amount) → how often the bank truly booked it by now."""
    counted: dict[tuple[str, str, int], int] = {}
    for account in world.accounts:
        for one in world.booked(account.iban):
            key = (one.account, one.day.isoformat(), one.amount)
            counted[key] = counted.get(key, 0) + 1
    return counted


def told_bookings(table: pd.DataFrame) -> dict[tuple[str, str, int], int]:
    """The same of the ``transactions`` table."""
    counted: dict[tuple[str, str, int], int] = {}
    for row in table.to_dict("records"):
        key = (row["account_iban"], row["booking_date"], round(float(row["amount"]) * 100))
        counted[key] = counted.get(key, 0) + 1
    return counted
