"""FinTS and the books: how far an account is proven by statements and balances, and what a bank's slip does to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.demo.payments import Payment
from pipelines.ports.statements import AccountCoverage
from pipelines.simulator.generate import generate
from tests.live_office import Bank, LiveOffice, running

FRIDAY, MONDAY, WEDNESDAY = date(2026, 10, 9), date(2026, 10, 12), date(2026, 10, 14)


@pytest.fixture
def bank() -> Iterator[Bank]:
    world = generate(21, accounts=1, days=30, today=FRIDAY)
    with running(world) as bank:
        yield bank


@pytest.fixture
def office(bank: Bank, tmp_path: Path) -> LiveOffice:
    return LiveOffice(tmp_path / "office", bank)


def pulled(office: LiveOffice, day: date, channel: str = "fints-camt") -> AccountCoverage:
    """Fetches on a day, and says how far the account is known then."""
    if office.bank.world.today < day:
        office.bank.world.set_today(day)
    channels = {account.iban: channel for account in office.bank.world.accounts}
    with office.open(channels) as app:
        app.pull(day)
        with app.books.read() as work:
            (coverage,) = work.statements.coverage()
    return coverage


def nothing_happens(bank: Bank, after: date) -> None:
    """The bank books nothing for two weeks."""
    for payment in bank.world.payments:
        if payment.day > after:
            payment.day += timedelta(days=14)
    bank.world.index()


@pytest.mark.parametrize("channel", ["fints-camt", "fints-mt940"])
def test_days_without_bookings_are_proven_by_the_balance(channel: str, office: LiveOffice) -> None:
    nothing_happens(office.bank, FRIDAY)
    pulled(office, FRIDAY, channel)
    for day in (MONDAY, WEDNESDAY):
        coverage = pulled(office, day, channel)
        assert coverage.proven_until is not None
        # Of today more may come.
        assert coverage.proven_until >= day - timedelta(days=1)
        assert coverage.held_statements == 0
    assert office.bookings() == office.truth()
    assert office.proven()


@pytest.mark.parametrize("channel", ["fints-camt", "fints-mt940"])
def test_nothing_new_although_the_balance_moved_proves_nothing_and_heals(channel: str, office: LiveOffice) -> None:
    pulled(office, FRIDAY, channel)
    office.bank.faults.arm("fints-no-data", times=None)
    coverage = pulled(office, WEDNESDAY, channel)
    assert office.bank.faults.fired["fints-no-data"] == 3
    office.bank.faults.disarm()
    assert coverage.proven_until is not None
    assert coverage.proven_until <= MONDAY - timedelta(days=1)
    coverage = pulled(office, WEDNESDAY, channel)
    assert coverage.proven_until is not None
    assert coverage.proven_until >= WEDNESDAY - timedelta(days=1)
    assert coverage.held_statements == 0
    assert office.bookings() == office.truth()
    assert office.proven()


def test_a_booking_between_statement_and_balance_holds_nothing_up(
    office: LiveOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The balance is asked for last; what was booked meanwhile is in it and in no statement yet."""
    world = office.bank.world
    iban = world.accounts[0].iban
    pulled(office, FRIDAY)
    true_balance = type(world).balance
    late = Payment(iban, MONDAY, 12_345, "166", name="Erika Beispiel", text="RE 1", reference="990101000001")
    asked = [False]

    def balance(self: object, iban: str, day: date | None = None) -> int:
        found: int = true_balance(world, iban, day)
        if day is None and world.today == MONDAY:
            asked[0] = True
            found += late.amount
        return found

    monkeypatch.setattr(type(world), "balance", balance)
    coverage = pulled(office, MONDAY)
    assert asked[0]
    assert coverage.held_statements == 0
    monkeypatch.undo()
    world.payments.append(late)
    world.index()
    coverage = pulled(office, WEDNESDAY)
    assert coverage.held_statements == 0
    assert coverage.proven_until is not None
    assert coverage.proven_until >= WEDNESDAY - timedelta(days=1)
    assert office.bookings() == office.truth()
    assert office.proven()


def test_changing_from_camt_to_mt940_and_back_adds_nothing_twice(office: LiveOffice) -> None:
    for day, channel in [(FRIDAY, "fints-camt"), (MONDAY, "fints-mt940"), (WEDNESDAY, "fints-camt")]:
        assert pulled(office, day, channel).held_statements == 0
    assert office.bookings() == office.truth()
    assert office.proven()


def test_a_lost_page_that_stays_lost_is_a_visible_gap(office: LiveOffice) -> None:
    office.bank.faults.arm("fints-page-lost", times=None)
    coverage = pulled(office, FRIDAY)
    assert office.bank.faults.fired["fints-page-lost"] >= 3
    assert coverage.proven_until is None or coverage.proven_until < FRIDAY
    assert coverage.held_statements > 0
    assert set(office.bookings()) <= set(office.truth())
    office.bank.faults.disarm()
    coverage = pulled(office, MONDAY)
    assert coverage.held_statements == 0
    assert office.bookings() == office.truth()
    assert office.proven()
