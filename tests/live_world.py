<<<<<<< HEAD
"""An office at the simulated bank: the same world through finAPI, FinTS or files, with everything else alike."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.simulator import twins
from pipelines.simulator.bank import SimulatedBank
from pipelines.simulator.faults import Faults
from pipelines.simulator.fints_dialogs import Manner
from pipelines.simulator.fints_server import FintsServer
from pipelines.simulator.office import finapi_source, fints_source, receivables
from pipelines.simulator.world import World
from pipelines.step import Step

NOW = "2026-11-21T06:00:00+00:00"
# The ways to the same account. The kinds of FinTS are two banks' manners.
CHANNELS = ("finapi", "fints-camt", "fints-mt940", "camt-files", "mt940-files")
CAMT, MT940 = Manner(mt940=False, waits=(3, 0, 0)), Manner(camt=False, waits=(3, 0, 0))


@dataclass
class Bank:
    """A running bank: one world, a FinTS server that speaks camt and one that speaks MT940."""

    world: World
    simulated: SimulatedBank
    old: FintsServer

    @property
    def faults(self) -> Faults:
        return self.simulated.faults


@contextmanager
def running(world: World, *, seed: int = 0, slow_seconds: float = 1.0) -> Iterator[Bank]:
    faults = Faults(seed)
    with ExitStack() as stack:
        simulated = stack.enter_context(SimulatedBank(world, faults, manner=CAMT, slow_seconds=slow_seconds))
        old = stack.enter_context(FintsServer(world, faults, manner=MT940, slow_seconds=slow_seconds))
        yield Bank(world, simulated, old)
        crashes = [*simulated.finapi.crashes, *simulated.fints.crashes, *old.crashes]
        assert not crashes, crashes


@dataclass
class LiveOffice:
    """One set of books in a folder; the channel of each account may change from pull to pull."""

    folder: Path
    bank: Bank
    delivered: set[tuple[str, date, str]] = field(default_factory=set)
    extra: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        secrets = self.folder / "secrets"
        secrets.mkdir(exist_ok=True)
        for name, value in self.bank.simulated.secrets().items():
            (secrets / name).write_text(value, encoding="utf-8")

    # --- configuration --------------------------------------------------------------------------------------------

    def configure(self, channels: dict[str, str]) -> Path:
        """channels: IBAN → one of CHANNELS. Accounts that come as files need no source."""
        text = '[company]\nname = "Probe"\nmode = "test"\n\n[database]\nurl = "sqlite:///books.db"\n' + self.extra
        for channel in ("finapi", "fints-camt", "fints-mt940"):
            ibans = [iban for iban, chosen in channels.items() if chosen == channel]
            if ibans:
                text += self._source(channel, ibans)
        path = self.folder / "kontoklar.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def _source(self, channel: str, ibans: list[str]) -> str:
        if channel == "finapi":
            return finapi_source(self.bank.simulated, ibans) + "update_seconds = 5\ntimeout_seconds = 0.5\ntries = 2\n"
        text = fints_source(self.bank.simulated, ibans).replace("house-bank", channel) + "timeout = 0.5\n"
        if channel == "fints-mt940":
            text = text.replace(self.bank.simulated.fints.url, self.bank.old.url)
        return text

    # --- working --------------------------------------------------------------------------------------------------

    @contextmanager
    def open(self, channels: dict[str, str]) -> Iterator[Kontoklar]:
        settings = config.load(self.configure(channels), environ={})
        with Kontoklar(settings, clock=lambda: NOW) as app:
            yield app

    def load(self, channels: dict[str, str], as_of: date) -> None:
        path = self.folder / "receivables.csv"
        path.write_text(receivables(self.bank.world), encoding="utf-8")
        with self.open(channels) as app:
            app.load("receivables", [path], as_of)

    def run(self, channels: dict[str, str], as_of: date, *, steps: Sequence[str] = ("match", "post")) -> Step:
        """One run over all accounts: sources first, then what arrived as files."""
        files = self.arrived(channels)
        with self.open(channels) as app:
            step = Step("pull")
            if app.source_names():
                step.add(app.pull(as_of))
            if files:
                step.add(app.pull(as_of, files=files))
            for name in steps:
                getattr(app, name)(as_of)
        return step

    def arrived(self, channels: dict[str, str]) -> list[Path]:
        """The files that have not been delivered yet, of accounts that come as files."""
        found = []
        for iban, channel in channels.items():
            if not channel.endswith("-files"):
                continue
            form = channel.removesuffix("-files")
            for day in self.bank.world.bank_days():
                if (iban, day, form) in self.delivered:
                    continue
                self.delivered.add((iban, day, form))
                content = {"camt": twins.camt053, "mt940": twins.mt940}[form](self.bank.world, iban, day)
                path = self.folder / f"{form}-{iban[-6:]}-{day}"
                path.write_bytes(content)
                found.append(path)
        return found

    # --- looking --------------------------------------------------------------------------------------------------

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open("wb") as out:
            out.write(self.export(name))
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle, delimiter=";"))

    def export(self, name: str) -> bytes:
        path = self.folder / f"export-{name}.csv"
        with Kontoklar(config.load(self.folder / "kontoklar.toml", environ={}), clock=lambda: NOW) as app:
            app.export(name, path)
        return path.read_bytes()

    def proven(self) -> bool:
        """``check`` finds every invariant to hold."""
        with Kontoklar(config.load(self.folder / "kontoklar.toml", environ={}), clock=lambda: NOW) as app:
            return all(result.ok for result in app.check()[1])

    def bookings(self) -> list[tuple[str, str, str]]:
        """Account, day and amount of everything that posts, sorted."""
        return sorted(
            (row["account_iban"], row["booking_date"], row["amount"])
            for row in self.table("transactions")
            if row["state"] != "held"
        )

    def truth(self, last: date | None = None) -> list[tuple[str, str, str]]:
        """The same, as the world has it."""
        return sorted(
            (account.iban, one.day.isoformat(), f"{one.amount / 100:.2f}")
            for account in self.bank.world.accounts
            for one in self.bank.world.booked(account.iban, last=last)
        )
=======
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
>>>>>>> b1
