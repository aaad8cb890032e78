"""The sample company's month live: one bank through finAPI, the other through FinTS, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.demo.files import Sample
    from pipelines.simulator.bank import SimulatedBank

# What happens on which day: a server that is down for a moment, a lost token, a dialogue that ends early, a booking
# that may be there twice, and a morning on which the bank wants a TAN and nobody is there to give it.
TROUBLE = {
    date(2026, 10, 6): ("http-503", "http-429"),
    date(2026, 10, 8): ("finapi-token-lost",),
    date(2026, 10, 14): ("fints-aborted", "connection-reset"),
    date(2026, 10, 16): ("finapi-potential-duplicate",),
    date(2026, 10, 21): ("fints-tan:always",),
}
EXPECTED = {"SourceUnavailable", "AccountsNotFetched"}


@dataclass(slots=True)
class LiveMonth:
    """The bank of the demo. days: how each of them ended where it was not simply done."""

    bank: SimulatedBank
    ended: dict[date, str]

    def morning(self, day: date) -> None:
        """The bank's clock, and what goes wrong today; yesterday's trouble is over."""
        self.bank.faults.disarm()
        self.bank.world.set_today(day)
        for fault in TROUBLE.get(day, ()):
            self.bank.faults.ask(fault)

    def evening(self, day: date, name: str) -> bool:
        """Notes how the run ended; whether that was to be expected."""
        self.ended[day] = name
        return name in EXPECTED and day in TROUBLE

    def counts(self) -> dict[str, int]:
        """How often each fault fired."""
        return {f"fault_{name.replace('-', '_')}": fired for name, fired in sorted(self.bank.faults.fired.items())}


@contextmanager
def live_month(sample: Sample) -> Iterator[LiveMonth]:
    """Starts the bank, and adds its two sources to the sample's configuration."""
    from pipelines.demo.company import CAMT_ACCOUNT, MT940_ACCOUNT
    from pipelines.simulator.bank import SimulatedBank
    from pipelines.simulator.faults import Faults
    from pipelines.simulator.generate import world_of
    from pipelines.simulator.office import finapi_source, fints_source, write_secrets

    with SimulatedBank(world_of(sample.payments), Faults(2026)) as bank:
        bank.state.polls = 0
        write_secrets(bank, sample.configuration.parent / "secrets")
        sources = finapi_source(bank, [CAMT_ACCOUNT]) + fints_source(bank, [MT940_ACCOUNT])
        with sample.configuration.open("a", encoding="utf-8") as out:
            out.write(sources)
        yield LiveMonth(bank, {})
