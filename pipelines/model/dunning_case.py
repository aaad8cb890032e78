"""What people and policies add to dunning: blocks, steps by hand, lists, new collections, answers to returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class BlockScope(StrEnum):
    """What a dunning block covers: all of a debtor; one item alone; a claim, which is an item with its fees and
    interest."""

    DEBTOR = "debtor"
    ITEM = "item"
    CLAIM = "claim"


class BlockCause(StrEnum):
    """Why dunning rests (GERMAN_BANKING §6)."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    INSTALMENTS = "instalments"
    INSOLVENCY = "insolvency"
    DECEASED = "deceased"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DunningBlock:
    """A rest from dunning. key: debtor or invoice number. until: last blocked day, None until it is taken back."""

    block_id: str
    scope: BlockScope
    key: str
    cause: BlockCause
    until: date | None
    user: str
    reason: str
    at: str


class HandStep(StrEnum):
    """What a person may do to an item's course."""

    SKIP = "skip"
    REPEAT = "repeat"
    SET_LEVEL = "set-level"
    NEXT_DATE = "next-date"


@dataclass(frozen=True, slots=True)
class HandChange:
    """One step by hand. course: the reason and cycle of dunning it belongs to; another return voids it.

    round: counts how often the level was set back. level: the one it is about. day: it counts from. event_no: of the
    level's trigger when a repetition was asked for. send: whether the message goes out.
    """

    change_no: int
    invoice_number: str
    course: str
    round: int
    step: HandStep
    level: int
    day: date
    send: bool
    event_no: int = 0
    user: str = ""
    reason: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Hand:
    """What all steps by hand on a course come to.

    floor / floor_day: levels up to floor count as passed since that day. next_level / next_day: that level is due on
    that day. repeats: level → (event number it was asked at, day, whether to send).
    """

    round: int = 0
    floor: int = 0
    floor_day: date | None = None
    next_level: int = 0
    next_day: date | None = None
    repeats: tuple[tuple[int, int, date, bool], ...] = ()

    def after(self, change: HandChange) -> Hand:
        """With one more step."""
        now = self if change.round == self.round else Hand(change.round)
        level, day = change.level, change.day
        if change.step is HandStep.SKIP:
            ahead = level + 1 if change.send else 0
            return Hand(now.round, level, day, ahead, day if ahead else None, now.repeats)
        if change.step is HandStep.SET_LEVEL:
            if change.send:
                return Hand(now.round, level - 1, day, level, day, now.repeats)
            return Hand(now.round, level, day, 0, None, now.repeats)
        if change.step is HandStep.NEXT_DATE:
            return Hand(now.round, now.floor, now.floor_day, level, day, now.repeats)
        kept = tuple(one for one in now.repeats if one[0] != level)
        repeats = (*kept, (level, change.event_no, day, change.send))
        return Hand(now.round, now.floor, now.floor_day, now.next_level, now.next_day, repeats)


@dataclass(frozen=True, slots=True)
class NewCollection:
    """A direct debit to be presented once more. level: the dunning level it comes before, 0 after a return.

    transaction_id: the return it answers, "" before a level. Amount in minor units, unsigned.
    """

    end_to_end_id: str
    invoice_number: str
    debtor_number: str
    mandate_id: str
    debtor_iban: str
    amount_minor: int
    currency: str
    collection_date: date
    level: int = 0
    transaction_id: str = ""


class ListKind(StrEnum):
    """Dunning messages, or handing over to a collection agency."""

    DUNNING = "dunning"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class ListLine:
    """A line of a proposal list. state: of the trigger now; open_minor: owed now."""

    trigger_id: str
    debtor_number: str
    invoice_number: str
    reason: str
    level: int
    action: str
    plan: str
    open_minor: int
    currency: str
    state: str
    hold_reason: str


@dataclass(frozen=True, slots=True)
class ProposalList:
    """What waits for a person's release. outcome: "" while open, ``released`` or ``refused``."""

    list_id: str
    kind: ListKind
    as_of: date
    lines: tuple[ListLine, ...]
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class PostedReturn:
    """A return as it was posted, for one invoice. times: how often the item has come back by then.

    charges_minor: what the bank took, unsigned, on the return's first invoice. debtor_iban: the account it came from.
    """

    transaction_id: str
    invoice_number: str
    debtor_number: str
    reason_code: str
    times: int
    charges_minor: int
    currency: str
    debtor_iban: str
    end_to_end_id: str
    mandate_id: str
    booking_date: date


@dataclass(frozen=True, slots=True)
class ReturnAnswer:
    """What the policy said to a return, and what was done. steps / done: joined by "+". bearer: of the charges."""

    transaction_id: str
    invoice_number: str
    debtor_number: str
    reason_code: str
    reason_class: str
    times: int
    steps: str
    done: str
    because: str
    bearer: str
    charges_minor: int
    currency: str
    as_of: date
