"""Nouns of settling an account: what is known before, what waits, and what the books gain."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pipelines.bookings import Alias, Known
from pipelines.chain import Chain, Told
from pipelines.model.finding import Finding
from pipelines.model.statement import Entry, Statement
from pipelines.model.transaction import Booking, Transaction


class Classify(Protocol):
    """Entry of a statement → its payments, without ids (``pipelines.classify``)."""

    def __call__(
        self, statement: Statement, entry: Entry, own_accounts: AbstractSet[str], source_file: str, /
    ) -> tuple[Transaction, ...]: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """The latest stored verdict on a statement."""

    number: int
    verdict: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that needs a verdict: a new one, or one that is held (then ``prior`` is its latest verdict)."""

    statement_id: str
    statement: Statement
    sha256: str
    source: str
    source_file: str
    prior: Judgement | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the books know of an account around the days of the waiting statements.

    known: bookings of these days and since the end of the chain. tail_minor: Σ of later proven bookings.
    head_minor: Σ of unproven bookings before all of ``known``; only needed while the start of the chain may move.
    own_accounts: all accounts we hold. decided: doubtful entries a person has judged, by id: whether they are real.
    """

    account: str
    currency: str
    chain: Chain | None = None
    range_no: int = 0
    known: tuple[Known, ...] = ()
    tail_minor: int = 0
    head_minor: int = 0
    own_accounts: frozenset[str] = frozenset()
    decided: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """One row of ``observation``."""

    statement_id: str
    position: str
    format: str
    known: Known
    alias: Alias


@dataclass(frozen=True, slots=True)
class RangeStep:
    """One row of ``proven_range``: the chain after a statement joined."""

    statement_id: str
    chain: Chain


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of this run on one statement."""

    waiting: Waiting
    told: Told
    verdict: str
    code: str
    message: str

    @property
    def is_news(self) -> bool:
        """Whether it differs from the stored one."""
        prior = self.waiting.prior
        return prior is None or (prior.verdict, prior.code, prior.message) != (self.verdict, self.code, self.message)


@dataclass(frozen=True, slots=True)
class Supersession:
    """Details that replace the undetailed transaction of a known batch."""

    transaction_id: str
    statement_id: str
    transactions: tuple[Transaction, ...]


@dataclass(slots=True)
class Settlement:
    """What settling an account adds to the books. Rows come in a fixed order.

    new_bookings: with the statement that tells each best. opening_minor: what the opening entry must say from now on,
    None when it stays as it is.
    """

    account: str
    currency: str
    verdicts: list[Verdict] = field(default_factory=list)
    new_bookings: list[tuple[Booking, str]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    supersessions: list[Supersession] = field(default_factory=list)
    ranges: list[RangeStep] = field(default_factory=list)
    held: list[tuple[str, tuple[Transaction, ...]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    opening: tuple[date, int] | None = None
    proven_booking_ids: set[str] = field(default_factory=set)
    known_bookings: int = 0
    pending_entries: int = 0
