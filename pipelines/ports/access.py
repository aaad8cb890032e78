"""What a live source needs of its surroundings: a memory, and a person who answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipelines.model.access import AccessState


class AccessStore(Protocol):
    """What sources remember between runs (FinTS system id and bank parameters). Encrypted at rest, versioned.

    Never a PIN, password or token: what a secret reference names is asked for anew every time.
    """

    def load(self, source: str) -> bytes | None:
        """The newest state of a source by its configured name; None where there is none, or none that the present
        key opens."""
        ...

    def save(self, source: str, state: bytes) -> None:
        """Keeps a state; the same bytes again change nothing. Opens its own commit: never call it from another
        thread or inside a unit of work."""
        ...


class AccountAccess(NamedTuple):
    """How a source could last reach an account, as stored when it changed.

    account: as in ``AccountOutcome``; "" for the source as a whole. access_no: 1, 2, … per source and account; the
    highest counts. since: the day of the run that first saw it so.
    """

    source: str
    account: str
    access_no: int
    state: AccessState
    code: str
    consent_until: date | None
    since: date


class AccessRecords(Protocol):
    """The stored facts about access."""

    def latest(self) -> list[AccountAccess]:
        """The newest fact per source and account, sorted."""
        ...

    def add(self, facts: Sequence[AccountAccess]) -> None:
        """Stores facts; their numbers continue those already stored."""
        ...

    def memory(self, source: str) -> str:
        """The newest sealed memory of a source, "" where there is none."""
        ...

    def remember(self, source: str, sealed: str) -> None:
        """Keeps a sealed memory as the newest one."""
        ...


class Choice(NamedTuple):
    """One of several answers. key: what the source gets back; label: what the person reads."""

    key: str
    label: str


class Dialogue(Protocol):
    """A person at a terminal or notebook, or a test that plays one. Any of it raises DialogueAborted when the person
    gives up. What is shown may be personal: it is never stored or logged."""

    def choose(self, question: str, choices: Sequence[Choice]) -> str:
        """The key of the chosen answer; with a single choice that one, unasked."""
        ...

    def ask(self, question: str, *, secret: bool = False) -> str:
        """A line of text such as a TAN. secret: do not echo."""
        ...

    def show(self, text: str) -> None:
        """Something to read: the bank's challenge, a link to open."""
        ...

    def show_image(self, image: bytes, mime_type: str, text: str) -> None:
        """A photoTAN or QR matrix."""
        ...

    def show_flicker(self, code: str, text: str) -> None:
        """A chipTAN optical code (HHD_UC), as the hexadecimal text the bank sent."""
        ...

    def wait_for(
        self, text: str, poll: Callable[[], bool], *, first_seconds: float, every_seconds: float, at_most: int
    ) -> bool:
        """Asks ``poll`` until it says True, at most that many times; False when it never did (decoupled approval)."""
        ...
