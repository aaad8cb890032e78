"""The same world as files: camt.053 and MT940, one statement per banking day."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.demo import camt_out, mt940_out
from pipelines.simulator.world import World


def camt053(world: World, iban: str, day: date) -> bytes:
    """The camt.053 statement of one day."""
    return camt_out.document(
        camt_out.STATEMENT,
        iban,
        day,
        world.booked(iban, day, day),
        number=_number(day),
        opening=_opening(world, iban, day),
    )


def camt052(world: World, iban: str, day: date) -> bytes:
    """The camt.052 report of one day: what is booked so far, without balances."""
    return camt_out.document(camt_out.REPORT, iban, day, world.booked(iban, day, day), number=_number(day))


def mt940(world: World, iban: str, day: date) -> bytes:
    """The MT940 statement of one day."""
    return mt940_out.statement(
        iban, day, world.booked(iban, day, day), number=_number(day), opening=_opening(world, iban, day)
    )


def _opening(world: World, iban: str, day: date) -> int:
    return world.balance(iban, day - timedelta(days=1))


def _number(day: date) -> int:
    """The statement's number: the day of the year, as banks that write one every day count."""
    return int(f"{day:%j}")
