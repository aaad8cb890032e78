"""Snapshots of an account and reports of the day: what proves them, what holds them, what a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from pipelines.chart import load_chart
from pipelines.model.money import Money
from pipelines.model.statement import Balance, BalanceKind, Coverage, EntryStatus, Proof, Statement
from pipelines.review import DecisionRefused, ReviewDesk
from sinks.books import SqlBooks
from tests.pull_world import AS_OF, IBAN, Real, World, day, entry, statement

A = Real(day(1), 11900, "E1", text="RE 1", reference="71")
B = Real(day(2), 5000, "E2", text="RE 2", reference="72")
C = Real(day(3), 700, "E3", text="RE 3", reference="73")


@pytest.fixture
def world(books: SqlBooks) -> World:
    return World(books)


def snapshot(
    reals: Sequence[Real],
    balance: int,
    on: date,
    *,
    doubtful: Sequence[Real] = (),
    proof: Proof = Proof.SNAPSHOT,
) -> Statement:
    """What an account information service tells at a moment of day ``on``."""
    entries = [entry(real, "finapi-json", place) for place, real in enumerate(reals, 1)]
    entries += [
        entry(real, "finapi-json", place, status="doubtful") for place, real in enumerate(doubtful, len(reals) + 1)
    ]
    days = [real.day for real in (*reals, *doubtful)]
    return Statement(
        account=IBAN,
        currency="EUR",
        format="finapi-json",
        position="account 1",
        identification="",
        number="",
        page="",
        coverage=Coverage.COMPLETE,
        from_day=min(days, default=on),
        to_day=on,
        opening=None,
        closing=Balance(BalanceKind.INTERIM_CLOSING, Money(balance, "EUR"), on),
        entries=tuple(entries),
        proof=proof,
    )


def pulled(world: World, *statements: Statement) -> list[str]:
    world.pull([world.document(one) for one in statements])
    return sorted(world.verdicts().values())


def proven_until(world: World) -> date | None:
    with world.books.read() as work:
        return work.statements.coverage()[0].proven_until


# --- snapshots --------------------------------------------------------------------------------------------------------


def test_the_first_snapshot_begins_the_chain_and_its_day_stays_open(world: World) -> None:
    assert pulled(world, snapshot([A, B], 116900, day(2))) == ["proven"]
    assert world.bank_account() == world.proven_balance() == 116900
    assert proven_until(world) == day(1)


def test_the_next_one_has_to_lead_on_from_it(world: World) -> None:
    pulled(world, snapshot([A], 111900, day(1)))
    assert pulled(world, snapshot([A, B, C], 117600, day(3))) == ["proven", "proven"]
    assert world.bank_account() == 117600
    assert proven_until(world) == day(2)


def test_a_missing_booking_holds_all_of_it_until_it_is_there(world: World) -> None:
    pulled(world, snapshot([A], 111900, day(1)))
    assert pulled(world, snapshot([A, C], 117600, day(3))) == ["held", "proven"]
    assert world.booked() == [(A.day, A.minor)]
    assert "statement-gap" in world.codes()
    later = Real(day(4), 100, "E4", reference="74")
    assert "held" not in pulled(world, snapshot([A, B, C, later], 117700, day(4)))
    assert world.bank_account() == 117700


def test_a_balance_that_was_wrong_for_a_day_leaves_nothing_held(world: World) -> None:
    pulled(world, snapshot([A], 111900, day(1)))
    assert pulled(world, snapshot([A, B], 116901, day(2))) == ["held", "proven"]
    assert "held" not in pulled(world, snapshot([A, B, C], 117600, day(3)))
    assert world.bank_account() == 117600


def test_a_source_that_forgets_a_proven_booking_changes_nothing(world: World) -> None:
    pulled(world, snapshot([A, B], 116900, day(2)))
    assert "held" not in pulled(world, snapshot([A, C], 117600, day(3)))
    assert len(world.booked()) == 3
    assert world.bank_account() == 117600


def test_a_source_that_says_something_is_missing_cannot_begin_a_chain(world: World) -> None:
    assert pulled(world, snapshot([A, B], 116900, day(2), proof=Proof.DOUBTED)) == ["held"]
    assert world.booked() == []
    assert "statement-doubted" in world.codes()


def test_but_its_word_does_not_count_where_the_balance_fits(world: World) -> None:
    pulled(world, snapshot([A], 111900, day(1)))
    assert pulled(world, snapshot([A, B], 116900, day(2), proof=Proof.DOUBTED)) == ["proven", "proven"]


def test_a_statement_of_the_bank_and_a_snapshot_tell_one_booking(world: World) -> None:
    told = statement([A, B], 100000, 116900, first=day(1), last=day(2))
    assert pulled(world, told) == ["proven"]
    pulled(world, snapshot([A, B, C], 117600, day(3)))
    pulled(world, statement([C], 116900, 117600, first=day(3), last=day(3)))
    assert world.booked() == [(one.day, one.minor) for one in (A, B, C)]
    assert set(world.verdicts().values()) <= {"proven", "known"}
    assert proven_until(world) == day(3)


# --- possible repetitions ---------------------------------------------------------------------------------------------

TWIN = replace(A, reference="79", end_to_end_id="")


def test_the_balance_proves_that_a_repetition_never_happened(world: World) -> None:
    pulled(world, snapshot([], 100000, day(1)))
    assert pulled(world, snapshot([A], 111900, day(2), doubtful=[TWIN])) == ["proven", "proven"]
    assert len(world.booked()) == 1


def test_the_balance_proves_that_it_is_a_second_payment(world: World) -> None:
    pulled(world, snapshot([], 100000, day(1)))
    assert pulled(world, snapshot([A], 123800, day(2), doubtful=[TWIN])) == ["proven", "proven"]
    assert len(world.booked()) == 2
    assert world.bank_account() == 123800


def test_of_two_that_would_both_fit_none_is_taken(world: World) -> None:
    pulled(world, snapshot([], 100000, day(1)))
    other = replace(TWIN, reference="80", text="RE 9")
    assert pulled(world, snapshot([], 111900, day(2), doubtful=[TWIN, other])) == ["held", "proven"]
    assert world.booked() == []


@pytest.mark.parametrize(("command", "bookings"), [("release", 2), ("reject", 1)])
def test_without_a_proven_balance_a_person_decides(world: World, command: str, bookings: int) -> None:
    told = world.document(snapshot([A], 123800, day(2), doubtful=[TWIN]))
    world.pull([told])
    assert set(world.verdicts().values()) == {"held"}
    (finding,) = [one for one in world.findings() if one.code == "possible-duplicate"]
    desk = ReviewDesk(world.books, load_chart("SKR03"), AS_OF)
    with pytest.raises(DecisionRefused):
        desk.hold(finding.subject, user="anna", reason="?")
    getattr(desk, command)(finding.subject, user="anna", reason="asked the bank")
    world.pull([])
    assert set(world.verdicts().values()) == {"proven"}
    assert len(world.booked()) == bookings
    assert world.bank_account() == 123800
    with world.books.read() as work:
        assert work.match_facts.rejected() == set()  # it was no proposal that was refused
    # The next snapshot still shows both, and nothing is asked again.
    assert "held" not in pulled(world, snapshot([A, B], 128800, day(3), doubtful=[TWIN]))
    assert not [one for one in world.findings() if one.code == "possible-duplicate"]
    assert len(world.booked()) == bookings + 1


# --- reports of the day -----------------------------------------------------------------------------------------------


def report(reals: Sequence[Real], opening: int | None, closing: int | None, on: date, number: str = "") -> Statement:
    """A camt.052: entries of a day, with a booked balance of the moment or without."""
    told = statement(
        reals, opening, closing, first=on, last=on, format_name="camt.052.001.08", number=number, interim=(False, True)
    )
    return replace(told, coverage=Coverage.PARTIAL)


def test_an_account_that_only_has_reports_becomes_proven(world: World) -> None:
    pulled(world, report([A], 100000, 111900, day(1)), report([B], 111900, 116900, day(2)))
    assert set(world.verdicts().values()) == {"proven"}
    pulled(world, report([], 116900, 116900, day(3)))
    assert proven_until(world) == day(2)


def test_growing_reports_of_one_day(world: World) -> None:
    more = Real(day(1), 300, "E5", reference="75")
    pulled(world, report([A], 100000, 111900, day(1), "1"))
    pulled(world, report([A, more], 100000, 112200, day(1), "2"))
    assert set(world.verdicts().values()) == {"proven"}
    assert world.bank_account() == 112200


def test_reports_that_tell_only_what_is_new(world: World) -> None:
    more = Real(day(1), 300, "E5", reference="75")
    pulled(world, report([A], 100000, 111900, day(1), "1"))
    pulled(world, report([more], 100000, 112200, day(1), "2"))
    assert set(world.verdicts().values()) == {"proven"}
    assert world.bank_account() == 112200


def test_a_report_that_fits_nothing_stays_unproven(world: World) -> None:
    pulled(world, report([A], 100000, 111900, day(1)))
    assert pulled(world, report([C], None, 999999, day(3))) == ["proven", "unproven"]
    assert len(world.booked()) == 2
    assert entry(C, "camt", 1).status is EntryStatus.BOOKED
