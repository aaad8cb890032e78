"""Posting a plan: everything that fits, nothing twice, the same ledger whatever happens in between."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import book
from pipelines.model.proposal import AllocationKind, ProposedLine
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.usecases.post import OUTDATED, post
from sinks.books import SqlBooks
from sinks.bulk import insert_rows
from sinks.database import Database
from sinks.tables import receivable
from tests.conftest import new_books
from tests.ledger_state import broken, ledger
from tests.ledger_world import AS_OF, CHART, World, random_world, store, store_bank, store_plan


def test_a_random_month_keeps_every_invariant(books: SqlBooks) -> None:
    world = random_world(7, 120)
    store(books, world)
    assert broken(books) == []
    told: list[tuple[int, int]] = []
    summary = post(books, CHART, AS_OF, chunk=50, progress=lambda done, total: told.append((done, total)))
    assert broken(books) == []
    assert summary.counts["transactions"] > 60
    assert summary.counts["returns"] > 10
    assert summary.counts["outdated"] > 0
    assert told[-1][0] == told[-1][1]
    before = ledger(books)
    again = post(books, CHART, AS_OF)
    assert set(again.counts.values()) == {0}
    assert ledger(books) == before


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), size=st.integers(1, 30), chunk=st.integers(1, 9), cut=st.integers(0, 30))
def test_any_plan_keeps_every_invariant(seed: int, size: int, chunk: int, cut: int) -> None:
    world = random_world(seed, size)
    ledgers = []
    for interrupted in (False, True):
        database = Database("sqlite://")
        database.open("test")
        books = new_books(database)
        store(books, world)
        if interrupted:
            stop_after(books, cut % 7)
        post(books, CHART, AS_OF, chunk=5 if interrupted else chunk)
        assert broken(books) == []
        ledgers.append(ledger(books))
        database.close()
    assert ledgers[0] == ledgers[1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), rounds=st.integers(1, 3))
def test_posting_undoing_and_posting_again_keeps_every_invariant(seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    database = Database("sqlite://")
    database.open("test")
    books = new_books(database)
    world = random_world(seed, 12)
    store(books, world)
    post(books, CHART, AS_OF)
    for number in range(rounds):
        with books.lease("review", AS_OF), books.write() as work:
            paid = sorted({s.transaction_id for s in work.journal.settlements()})
            undone = work.journal.settlements(transaction_ids=[key for key in paid if rng.random() < 0.5])
            entries = work.journal.entries([s.entry_id for s in undone])
            work.journal.append([book.reversal_entry(entries[s.entry_id], "test", AS_OF) for s in undone])
        assert broken(books) == []
        again = World(considered=world.considered, proposals=world.proposals, links=world.links)
        store_plan(books, again, f"k{number}")
        post(books, CHART, AS_OF)
        assert broken(books) == []
    before = ledger(books)
    assert post(books, CHART, AS_OF).counts["entries"] == 0
    assert ledger(books) == before
    database.close()


class Killed(Exception):
    pass


def stop_after(books: SqlBooks, commits: int) -> None:
    def progress(done: int, total: int) -> None:
        nonlocal commits
        commits -= 1
        if commits < 0:
            raise Killed

    try:
        post(books, CHART, AS_OF, chunk=3, progress=progress)
    except Killed:
        return


def test_sqlite_and_postgresql_hold_the_same_ledger(sqlite_books: SqlBooks, postgresql_books: SqlBooks) -> None:
    for books in (sqlite_books, postgresql_books):
        store(books, random_world(11, 60))
        post(books, CHART, AS_OF)
    assert ledger(sqlite_books) == ledger(postgresql_books)


def world_with_one_payment(rest: int = 0) -> World:
    world = World()
    world.item("RE-1", 10000)
    (paid,) = world.booking(10000 + rest)
    world.propose(paid, world.line("RE-1", 10000))
    return world


def load_again(books: SqlBooks, world: World, **changes: object) -> None:
    row = {**world.items["RE-1"], "version": 2, **changes}
    with books.lease("load", AS_OF), books.write() as work:
        insert_rows(work.connection, receivable, [row])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"settled_elsewhere_minor": 1}, "no longer owes"),
        ({"status": "cancelled"}, "cancelled"),
        ({"debtor_number": "other"}, "another debtor"),
        ({"currency": "USD"}, "another currency"),
    ],
)
def test_what_no_longer_fits_is_left_alone(books: SqlBooks, changes: dict[str, object], why: str) -> None:
    world = world_with_one_payment()
    store(books, world)
    load_again(books, world, **changes)
    assert post(books, CHART, AS_OF).counts == {
        "transactions": 0, "entries": 0, "allocations": 0, "returns": 0, "outdated": 1,
    }  # fmt: skip
    assert post(books, CHART, AS_OF).counts["outdated"] == 0
    with books.read() as work:
        (finding,) = work.findings.open(codes=[OUTDATED])
        assert finding.subject == world.considered[0]
        assert why.split()[0] in finding.message
        assert work.audit.head().sequence == 0
    assert broken(books) == []


def test_an_outdated_part_posts_after_another_match_run(books: SqlBooks) -> None:
    world = world_with_one_payment()
    store(books, world)
    load_again(books, world, status="cancelled")
    post(books, CHART, AS_OF)
    load_again(books, world, version=3)
    assert post(books, CHART, AS_OF).counts["transactions"] == 0
    store_plan(books, world, "k2")
    assert post(books, CHART, AS_OF).counts["transactions"] == 1
    with books.read() as work:
        assert work.findings.open() == []
        assert work.proposals.last_input_key() == "k2"
        last = work.proposals.last_match()
        assert last
        assert (last.match_no, last.considered) == (2, 1)


def test_two_payments_for_one_item_post_once(books: SqlBooks) -> None:
    world = world_with_one_payment()
    (twice,) = world.booking(10000)
    world.propose(twice, world.line("RE-1", 10000))
    store(books, world)
    counts = post(books, CHART, AS_OF).counts
    assert (counts["transactions"], counts["outdated"]) == (1, 1)
    assert broken(books) == []


def test_money_that_is_allocated_already_is_not_allocated_again(books: SqlBooks) -> None:
    world = world_with_one_payment(rest=500)
    store(books, world)
    post(books, CHART, AS_OF)
    other = World(bookings=world.bookings, items=world.items)
    other.item("RE-2", 600)
    with books.lease("load", AS_OF), books.write() as work:
        insert_rows(work.connection, receivable, [other.items["RE-2"]])
    other.propose(world.bookings[0].transactions[0], other.line("RE-2", 600))
    store_plan(books, other, "k2")
    counts = post(books, CHART, AS_OF).counts
    assert (counts["transactions"], counts["outdated"]) == (0, 1)
    smaller = World(bookings=world.bookings, items=other.items)
    smaller.propose(world.bookings[0].transactions[0], other.line("RE-2", 500))
    store_plan(books, smaller, "k3")
    assert post(books, CHART, AS_OF).counts["transactions"] == 1
    assert broken(books) == []


def test_only_automatic_best_proposals_post(books: SqlBooks) -> None:
    world = World()
    world.item("RE-1", 10000)
    (paid,) = world.booking(10000)
    world.propose(paid, world.line("RE-1", 10000), auto=False)
    store(books, world)
    assert post(books, CHART, AS_OF).counts["transactions"] == 0
    with books.read() as work:
        (stored,) = work.proposals.latest([paid.transaction_id])[paid.transaction_id]
        assert (stored.proposal, stored.posted) == (world.proposals[0], False)
        assert work.proposals.latest(["nobody"]) == {}


def test_a_later_match_run_replaces_the_earlier_plan(books: SqlBooks) -> None:
    world = world_with_one_payment()
    store(books, world)
    store_plan(books, World(considered=world.considered), "k2")
    assert post(books, CHART, AS_OF).counts["transactions"] == 0


def paid_and_returned(charges: int = 300) -> World:
    world = world_with_one_payment()
    (back,) = world.booking(-10000 - charges)
    world.take_back(back, world.proposals[0], charges)
    return world


def test_a_return_in_the_same_plan_reopens_the_item(books: SqlBooks) -> None:
    world = paid_and_returned()
    store(books, world)
    counts = post(books, CHART, AS_OF, chunk=1).counts
    assert counts == {"transactions": 2, "entries": 3, "allocations": 3, "returns": 1, "outdated": 0}
    with books.read() as work:
        assert work.journal.open_items()["RE-1"].open_minor == 10000
        assert work.journal.cash() == {}
        (links,) = work.proposals.latest_links().values()
        assert [link.state for link in links] == [ReturnState.POSTED]
        assert work.proposals.latest_links([world.considered[0]]) == {}
    assert broken(books) == []


def test_a_return_finds_an_entry_of_a_later_generation(books: SqlBooks) -> None:
    world = world_with_one_payment()
    store(books, world)
    post(books, CHART, AS_OF)
    with books.lease("review", AS_OF), books.write() as work:
        (settled,) = work.journal.settlements()
        entries = work.journal.entries([settled.entry_id])
        work.journal.append([book.reversal_entry(entries[settled.entry_id], "test", AS_OF)])
    # The new plan pays the item again and takes the payment back; it foretells the id of the undone entry.
    again = paid_and_returned()
    fresh = World(bookings=again.bookings[1:])
    with books.lease("pull", AS_OF), books.write() as work:
        store_bank(work, fresh, statement_id="S2")
    store_plan(books, again, "k2")
    counts = post(books, CHART, AS_OF).counts
    assert (counts["transactions"], counts["returns"], counts["outdated"]) == (2, 1, 0)
    assert broken(books, but=["ledger bank balance = proven closing balance"]) == []


@pytest.mark.parametrize("state", [ReturnState.WAITING, ReturnState.REVIEW])
def test_a_return_with_an_open_question_waits(books: SqlBooks, state: ReturnState) -> None:
    world = paid_and_returned()
    world.links.append(ReturnLink(world.considered[1], state, "AM04"))
    store(books, world)
    assert post(books, CHART, AS_OF).counts["returns"] == 0


def test_a_return_is_not_posted_without_its_payment(books: SqlBooks) -> None:
    world = paid_and_returned()
    world.proposals.clear()
    store(books, world)
    counts = post(books, CHART, AS_OF).counts
    assert (counts["returns"], counts["outdated"]) == (0, 1)
    assert broken(books) == []


def test_a_payment_is_taken_back_once(books: SqlBooks) -> None:
    world = paid_and_returned(0)
    (twice,) = world.booking(-10000)
    world.take_back(twice, world.proposals[0])
    store(books, world)
    counts = post(books, CHART, AS_OF).counts
    assert (counts["returns"], counts["outdated"]) == (1, 1)
    assert broken(books) == []


def test_a_return_of_another_amount_is_left_alone(books: SqlBooks) -> None:
    world = paid_and_returned(0)
    (less,) = world.booking(-9000)
    world.considered.pop()
    world.links.clear()
    world.take_back(less, world.proposals[0])
    store(books, world)
    counts = post(books, CHART, AS_OF).counts
    assert (counts["returns"], counts["outdated"]) == (0, 1)


def test_a_return_of_before_go_live(books: SqlBooks) -> None:
    world = World()
    world.item("RE-1", 10000, settled=10000)
    for amount, charges in ((-10300, 300), (-10000, 0)):
        (back,) = world.booking(amount)
        world.considered.append(back.transaction_id)
        world.links.append(
            ReturnLink(back.transaction_id, ReturnState.LINKED, "MD06", "RE-1", "DRE-1", "", "", 10000, charges)
        )
    store(books, world)
    counts = post(books, CHART, AS_OF).counts
    assert (counts["returns"], counts["outdated"]) == (1, 1)
    with books.read() as work:
        assert work.journal.open_items()["RE-1"].open_minor == 10000
    assert broken(books) == []


def test_money_on_account_needs_a_debtor(books: SqlBooks) -> None:
    world = World()
    (paid,) = world.booking(100)
    world.propose(paid, ProposedLine("", "", 100, 100, AllocationKind.ON_ACCOUNT))
    store(books, world)
    assert post(books, CHART, AS_OF).counts["outdated"] == 1
