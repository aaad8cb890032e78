"""Why a statement is held, in words for people: the amounts, the days, and what to do (D4)."""

from __future__ import annotations

from pipelines.chain import CONTRADICTS, GAP, Chain, Claim, Refused, Told
from pipelines.model.money import Money


def mismatch_message(opening: Money, booked_minor: int, closing: Money) -> str:
    """Says by how much a statement fails its own proof."""
    booked = Money(booked_minor, opening.currency)
    difference = Money(closing.minor - opening.minor - booked_minor, opening.currency)
    return (
        f"Opening balance {opening} plus booked entries {booked} is not the closing balance {closing}: "
        f"difference {difference}. Nothing of this statement was posted; get it from the bank again."
    )


def gap_to(told: Claim, chain: Chain, waiting_minor: int) -> Refused | None:
    """A statement behind or before the chain whose balance does not meet it; None when it is not that.

    waiting_minor: Σ of bookings since the chain that are known without proof.
    """
    reached = chain.end_minor + waiting_minor
    if told.first > chain.end_day and told.opening_minor not in (chain.end_minor, reached):
        return Refused(
            GAP,
            f"The opening balance {_money(told.opening_minor, told)} on {told.first} does not follow from "
            f"{_money(reached, told)} on {chain.end_day}: bookings of {_money(told.opening_minor - reached, told)} "
            f"are missing between {chain.end_day} and {told.first}. Pull the statement in between.",
        )
    if told.last < chain.start_day and told.closing_minor != chain.start_minor:
        gap = chain.start_minor - told.closing_minor
        return Refused(
            GAP,
            f"The closing balance {_money(told.closing_minor, told)} on {told.last} does not lead to "
            f"{_money(chain.start_minor, told)} on {chain.start_day}: bookings of {_money(gap, told)} are "
            f"missing between {told.last} and {chain.start_day}. Pull the statement in between.",
        )
    return None


def without_day(told: Told) -> Refused:
    """A balance without any day that equals none of ours."""
    return Refused(GAP, f"The balance of {_money(told.opening_minor, told)} has no day and fits nowhere.")


def lacks_bookings(told: Claim) -> Refused:
    """A statement that proves itself but does not contain what was told for its days before."""
    return Refused(
        CONTRADICTS,
        f"The statement of {_days(told)} adds up but lacks bookings that were told before for its days. "
        "Compare both with the bank's statement.",
    )


def ambiguous(told: Claim) -> Refused:
    """Known bookings once more, or equal ones that are new: the balances allow both."""
    return Refused(
        CONTRADICTS,
        f"The statement of {_days(told)} from {_money(told.opening_minor, told)} may tell known bookings once more or "
        "equal ones that are new; its balances fit both. Compare it with the bank's statements.",
    )


def contradiction(told: Claim, chain: Chain) -> Refused:
    """A statement that proves itself but not together with ours."""
    return Refused(
        CONTRADICTS,
        f"The statement of {_days(told)} from {_money(told.opening_minor, told)} to "
        f"{_money(told.closing_minor, told)} contradicts statements that are proven for these days "
        f"(proven up to {chain.end_day} with {_money(chain.end_minor, told)}). Ask the bank which one holds.",
    )


def _days(told: Claim) -> str:
    return f"{told.first}" if told.first == told.last else f"{told.first} to {told.last}"


def _money(minor: int | None, told: Claim | Told) -> str:
    return str(Money(minor or 0, told.currency))
