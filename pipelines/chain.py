"""Nouns of the balance proof: what a statement tells, the chain of proven statements, and verdicts (D4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from pipelines.bookings import Known, Observation
from pipelines.regroup import Group

PROVEN: Final = "proven"
UNPROVEN: Final = "unproven"
HELD: Final = "held"
KNOWN: Final = "known"

MISMATCH: Final = "statement-balance-mismatch"
GAP: Final = "statement-gap"
CONTRADICTS: Final = "statement-contradicts"
DOUBTED: Final = "statement-doubted"


@dataclass(frozen=True, slots=True)
class Told:
    """What one statement tells, ready for the gate. Amounts in minor units; None where the format has no such balance.

    first/last: days it covers, entries included; None when neither the file nor an entry names one.
    last_is_open: its last day may go on (interim balance or page). total_minor: Σ booked observations.
    """

    statement_id: str
    currency: str
    opening_minor: int | None
    closing_minor: int | None
    first: date | None
    last: date | None
    last_is_open: bool
    observations: tuple[Observation, ...]

    @property
    def total_minor(self) -> int:
        """Σ of the booked entries."""
        return sum(item.amount_minor for item in self.observations)

    @property
    def adds_up(self) -> bool:
        """Both balances are there and the entries lead from the one to the other."""
        return (
            self.opening_minor is not None
            and self.closing_minor is not None
            and self.opening_minor + self.total_minor == self.closing_minor
        )

    def with_more(self, observations: tuple[Observation, ...]) -> Told:
        """The same closing balance with further entries; the opening balance moves by them."""
        more = sum(item.amount_minor for item in observations)
        opening = None if self.opening_minor is None else self.opening_minor - more
        return replace(self, opening_minor=opening, observations=(*self.observations, *observations))

    def claim(self) -> Claim | None:
        """What it claims, when it has both balances and a day; None otherwise."""
        if self.opening_minor is None or self.closing_minor is None or self.first is None or self.last is None:
            return None
        return Claim(
            self.statement_id, self.currency, self.opening_minor, self.closing_minor, self.first, self.last,
            self.last_is_open, self.observations,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with days and both balances; the fields are those of ``Told``."""

    statement_id: str
    currency: str
    opening_minor: int
    closing_minor: int
    first: date
    last: date
    last_is_open: bool
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A statement of the chain: its days and balances."""

    statement_id: str
    first: date
    last: date
    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class Chain:
    """The proven stretch of an account: from a balance on a day to a balance on a day.

    end_is_open: bookings of ``end_day`` may still follow. members: the statements it consists of.
    """

    start_day: date
    start_minor: int
    end_day: date
    end_minor: int
    end_is_open: bool
    members: tuple[Member, ...] = ()

    def is_closed(self, day: date) -> bool:
        """Whether the bookings of this day are proven to be complete."""
        return self.start_day <= day <= self.end_day and not (self.end_is_open and day == self.end_day)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A statement that passed. verdict: ``proven`` or ``known``.

    pairs: per observation its booking, None for a new one or one that is part of ``groups``. carried: bookings told
    before without proof that the opening balance of this statement proves. chain: the chain afterwards, None when it
    did not move. notes: dashed codes of what is worth an information.
    """

    verdict: str
    pairs: tuple[Known | None, ...]
    groups: tuple[Group, ...] = ()
    carried: tuple[Known, ...] = ()
    chain: Chain | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement that does not fit, and why, for people."""

    code: str
    message: str


def reaches_beyond(told: Claim, chain: Chain) -> bool:
    """Whether accepting the statement would move an end of the chain; a day without bookings does so too."""
    closes = told.last == chain.end_day and chain.end_is_open and not told.last_is_open
    return told.first < chain.start_day or told.last > chain.end_day or closes


def member_of(told: Claim) -> Member:
    return Member(told.statement_id, told.first, told.last, told.opening_minor, told.closing_minor)


def chain_of(told: Claim) -> Chain:
    member = member_of(told)
    return Chain(member.first, member.opening_minor, member.last, member.closing_minor, told.last_is_open, (member,))


def is_member(told: Claim, chain: Chain) -> bool:
    """Whether a chained statement has the same balances and shares days with this one."""
    return any(
        member.opening_minor == told.opening_minor
        and member.closing_minor == told.closing_minor
        and member.first <= told.last
        and told.first <= member.last
        for member in chain.members
    )


def balances_of(chain: Chain) -> set[int]:
    inner = {balance for member in chain.members for balance in (member.opening_minor, member.closing_minor)}
    return inner | {chain.start_minor, chain.end_minor}
