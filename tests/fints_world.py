"""A FinTS source against the simulated bank: real messages over real HTTP on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipelines.errors import DialogueAborted, KontoklarError
from pipelines.model.access import AccessState, AccountOutcome
from pipelines.model.finding import Finding
from pipelines.model.statement import Document
from pipelines.ports.access import Choice
from pipelines.ports.source import Arrival, Proven, Window
from pipelines.secret import Secret
from pipelines.simulator.faults import Faults
from pipelines.simulator.fints_manner import Manner
from pipelines.simulator.fints_server import FintsServer
from pipelines.simulator.generate import PIN, USER, generate
from pipelines.simulator.world import World
from sources.fints import FintsSource, build
from sources.recognise import read

TODAY = date(2026, 10, 14)
PIN_VARIABLE = "KONTOKLAR_TEST_FINTS_PIN"
# A PIN that nothing but the bank may ever see.
CANARY_PIN = "Pin9canary"
CANARY_TAN = "735291"


class Store:
    """A memory as the books would keep it, unsealed."""

    def __init__(self) -> None:
        self.states: list[bytes] = []

    def load(self, source: str) -> bytes | None:
        return self.states[-1] if self.states else None

    def save(self, source: str, state: bytes) -> None:
        if not self.states or self.states[-1] != state:
            self.states.append(state)


@dataclass
class Person:
    """A person who does as the test says. tans: typed one after the other; picks: by the start of the question.

    shown: texts; images and codes: what was to be looked at. gives_up_on: leaves at the first question that has this.
    """

    tans: list[str] = field(default_factory=lambda: [CANARY_TAN])
    picks: dict[str, str] = field(default_factory=dict)
    gives_up_on: str = "\0"
    shown: list[str] = field(default_factory=list)
    images: list[tuple[str, bytes]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    waits: list[tuple[float, float, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def _hears(self, question: str) -> None:
        self.asked.append(question)
        if self.gives_up_on in question:
            raise DialogueAborted("the person left")

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        if len(choices) == 1:
            return choices[0].key
        self._hears(question)
        for start, key in self.picks.items():
            if question.startswith(start):
                assert key in [choice.key for choice in choices]
                return key
        return choices[0].key

    def ask(self, question: str, *, secret: bool = False) -> str:
        self._hears(question)
        return self.tans.pop(0)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def show_image(self, image: bytes, mime_type: str, text: str) -> None:
        self.shown.append(text)
        self.images.append((mime_type, image))

    def show_flicker(self, code: str, text: str) -> None:
        self.shown.append(text)
        self.codes.append(code)

    def wait_for(
        self, text: str, poll: Callable[[], bool], *, first_seconds: float, every_seconds: float, at_most: int
    ) -> bool:
        self.shown.append(text)
        self.waits.append((first_seconds, every_seconds, at_most))
        return any(poll() for _ in range(at_most))


@dataclass
class Bank:
    """A running bank with one login, and a source for it."""

    world: World
    server: FintsServer
    store: Store = field(default_factory=Store)
    pauses: list[float] = field(default_factory=list)

    @property
    def faults(self) -> Faults:
        return self.server.faults

    @property
    def ibans(self) -> list[str]:
        return [account.iban for account in self.world.accounts]

    @property
    def orders(self) -> list[str]:
        return self.server.bank.seen

    def source(self, **options: Any) -> FintsSource:
        """The source as a configuration would build it, with this bank's memory."""
        os.environ.setdefault(PIN_VARIABLE, self.world.logins[0].pin)
        made = build(
            {
                "name": "house-bank",
                "server": self.server.url,
                "bank_code": "12345678",
                "user": USER,
                "pin": Secret("env", PIN_VARIABLE),
                "product_id": "TESTPRODUCT",
                "timeout": 5,
                **options,
            }
        )
        made.pause = self.pauses.append
        made.remember_in(self.store)
        return made

    def window(self, **more: Any) -> Window:
        return Window(self.world.today, **more)

    def fetch(self, **options: Any) -> Fetched:
        return taken(self.source(**options).fetch(self.window()))

    def authorize(self, person: Person, **options: Any) -> Fetched:
        return taken(self.source(**options).authorize(person, self.window()))

    def tan_is_due(self) -> None:
        """The last TAN is too long ago."""
        self.world.logins[0].consent_until = date(2026, 1, 1)


@dataclass
class Fetched:
    """What a fetch gave. error: what it ended with."""

    documents: list[Document] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    outcomes: dict[str, AccountOutcome] = field(default_factory=dict)
    error: KontoklarError | None = None

    def states(self) -> list[tuple[str, str]]:
        return [(outcome.state.value, outcome.code) for outcome in self.outcomes.values()]

    @property
    def complete(self) -> bool:
        return self.error is None and all(one.state is AccessState.COMPLETE for one in self.outcomes.values())

    def booked(self, suffix: str = "") -> list[Document]:
        """Documents of booked statements."""
        return [
            one
            for one in self.documents
            if "pending" not in one.name and not one.name.endswith(".hisal") and one.name.endswith(suffix)
        ]


def taken(arrivals: Iterator[Arrival]) -> Fetched:
    """Everything a source gives, its error as a value."""
    found = Fetched()
    try:
        for one in arrivals:
            if isinstance(one, AccountOutcome):
                found.outcomes[one.account] = one
            elif isinstance(one, Finding):
                found.findings.append(one)
            else:
                found.documents.append(one)
    except KontoklarError as error:
        found.error = error
    return found


@contextmanager
def open_bank(
    *,
    manner: Manner | None = None,
    accounts: int = 2,
    seed: int = 7,
    pin: str = PIN,
    slow_seconds: float = 0.5,
) -> Iterator[Bank]:
    """A bank with half a month of bookings; the test fails when the server itself makes a mistake."""
    world = generate(seed, accounts=accounts, days=30, today=TODAY)
    world.logins[0].pin = pin
    world.logins[0].tan = CANARY_TAN
    manner = manner or Manner()
    manner.waits = (4, 0, 0)
    with FintsServer(world, Faults(seed), manner=manner, slow_seconds=slow_seconds) as server:
        os.environ[PIN_VARIABLE] = pin
        yield Bank(world, server)
        assert server.crashes == []
    os.environ.pop(PIN_VARIABLE, None)


def told(documents: Sequence[Document]) -> list[tuple[str, str, int]]:
    """Account, booking day and amount of every booked entry, sorted."""
    return sorted(
        (statement.account, str(entry.booking_date), entry.amount.minor)
        for document in documents
        for statement in read(document)[1]
        for entry in statement.entries
        if entry.status == "booked"
    )


def truth(world: World, first: date | None = None) -> list[tuple[str, str, int]]:
    """What the bank has booked by today."""
    return sorted(
        (account.iban, str(one.day), one.amount)
        for account in world.accounts
        for one in world.booked(account.iban, first)
    )


def proven(world: World, until: date) -> dict[str, Proven]:
    """All accounts proven up to a day."""
    return {account.iban: Proven(world.start, until) for account in world.accounts}
