"""An office at the simulated bank: the same world through finAPI, FinTS or files, with everything else alike."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import config
from pipelines.app import Kontoklar
from pipelines.simulator import twins
from pipelines.simulator.bank import SimulatedBank
from pipelines.simulator.faults import Faults
from pipelines.simulator.finapi_state import Credentials
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.fints_server import FintsServer
from pipelines.simulator.office import finapi_source, fints_source, receivables
from pipelines.simulator.world import World
from pipelines.step import Step
from tests.live_world import impatient

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
def running(
    world: World,
    *,
    seed: int = 0,
    slow_seconds: float = 1.0,
    manner: Manner = CAMT,
    old_manner: Manner = MT940,
    credentials: Credentials | None = None,
) -> Iterator[Bank]:
    faults = Faults(seed)
    with ExitStack() as stack:
        simulated = stack.enter_context(
            SimulatedBank(world, faults, manner=manner, slow_seconds=slow_seconds, credentials=credentials)
        )
        old = stack.enter_context(FintsServer(world, faults, manner=old_manner, slow_seconds=slow_seconds))
        yield Bank(world, simulated, old)
        crashes = [*simulated.finapi.crashes, *simulated.fints.crashes, *old.crashes]
        assert not crashes, crashes


@dataclass
class LiveOffice:
    """One set of books in a folder; the channel of each account may change from pull to pull.

    extra, extra_finapi: more of the configuration and of its finAPI source. patience: seconds until a request fails.
    """

    folder: Path
    bank: Bank
    delivered: set[tuple[str, date, str]] = field(default_factory=set)
    extra: str = ""
    extra_finapi: str = ""
    patience: float = 10.0
    mode: str = "test"

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        secrets = self.folder / "secrets"
        secrets.mkdir(exist_ok=True)
        for name, value in self.bank.simulated.secrets().items():
            (secrets / name).write_text(value, encoding="utf-8")

    # --- configuration --------------------------------------------------------------------------------------------

    def configure(self, channels: dict[str, str]) -> Path:
        """channels: IBAN → one of CHANNELS. Accounts that come as files need no source."""
        text = (
            f'[company]\nname = "Probe"\nmode = "{self.mode}"\n\n[database]\nurl = "sqlite:///books.db"\n' + self.extra
        )
        for channel in ("finapi", "fints-camt", "fints-mt940"):
            ibans = [iban for iban, chosen in channels.items() if chosen == channel]
            if ibans:
                text += self._source(channel, ibans)
        path = self.folder / "kontoklar.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def _source(self, channel: str, ibans: list[str]) -> str:
        if channel == "finapi":
            return (
                finapi_source(self.bank.simulated, ibans) + self.extra_finapi + f"timeout_seconds = {self.patience}\n"
            )
        text = fints_source(self.bank.simulated, ibans).replace("house-bank", channel) + f"timeout = {self.patience}\n"
        if channel == "fints-mt940":
            text = text.replace(self.bank.simulated.fints.url, self.bank.old.url)
        return text

    # --- working --------------------------------------------------------------------------------------------------

    @contextmanager
    def open(self, channels: dict[str, str]) -> Iterator[Kontoklar]:
        settings = config.load(self.configure(channels), environ={})
        with Kontoklar(settings, clock=lambda: NOW) as app:
            build = app._build

            def hurried(kind: str, part: config.Part) -> Any:
                """No source loses time waiting."""
                made = build(kind, part)
                if part.use == "finapi":
                    made.api.http.patience = impatient(part.name, tries=2)
                elif part.use == "fints":
                    made.pause = lambda _seconds: None
                return made

            app._build = hurried  # type: ignore[method-assign]
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
