"""The journal on both databases: what goes in once, what is refused, what it says about money and items."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from pipelines import book
from pipelines.errors import AlreadyReversed, IdempotencyConflict, LedgerInvariantBroken
from pipelines.model.ledger import Cause, JournalEntry, JournalLine
from pipelines.model.proposal import AllocationKind, ProposedLine
from sinks.books import SqlBooks
from tests.ledger_world import AS_OF, CHART, IBAN, World, store


def a_paid_invoice(books: SqlBooks) -> tuple[World, list[JournalEntry]]:
    world = World()
    world.item("RE-1", 11900)
    (paid,) = world.booking(11662)
    proposal = world.propose(paid, world.line("RE-1", 11662), world.line("RE-1", 238, 0, AllocationKind.CASH_DISCOUNT))
    store(books, world)
    with books.read() as work:
        items = work.journal.open_items(["RE-1"])
    return world, book.allocation_entries(paid, proposal, items, CHART, "test", proposal_id="P")


def append(books: SqlBooks, *entries: JournalEntry) -> int:
    with books.lease("post", AS_OF), books.write() as work:
        return int(work.journal.append(entries))


def test_an_entry_comes_back_as_it_went_in(books: SqlBooks) -> None:
    _, entries = a_paid_invoice(books)
    assert append(books, *entries) == 1
    with books.read() as work:
        (back,) = work.journal.entries([entries[0].entry_id, "unknown"]).values()
        allocations = tuple(sorted(entries[0].allocations, key=lambda a: a.allocation_id))
        assert back == replace(entries[0], allocations=allocations)
        assert work.journal.entries([]) == {}
        assert work.journal.allocations_of_invoices(["RE-1"]) == list(allocations)
        assert work.journal.allocations_of_transactions(["nobody"]) == []


def test_the_same_entry_again_is_skipped_and_another_content_refused(books: SqlBooks) -> None:
    _, (entry,) = a_paid_invoice(books)
    assert append(books, entry) == 1
    assert append(books, entry, entry) == 0
    changed = replace(entry, booking_date=date(2026, 11, 3))
    with pytest.raises(IdempotencyConflict):
        append(books, changed)
    other_kind = replace(entry.allocations[0], kind=AllocationKind.PARTIAL)
    with pytest.raises(IdempotencyConflict):
        append(books, replace(entry, allocations=(other_kind, *entry.allocations[1:])))
    fresh = replace(entry, entry_id="new", allocations=())
    with pytest.raises(IdempotencyConflict):
        append(books, fresh, replace(fresh, text="another"))


def test_a_second_reversal_is_refused_and_leaves_nothing(books: SqlBooks) -> None:
    _, (entry,) = a_paid_invoice(books)
    append(books, entry)
    undone = book.reversal_entry(entry, "test", AS_OF)
    assert append(books, undone) == 1
    assert append(books, undone) == 0
    again = replace(undone, entry_id="other", allocations=())
    with pytest.raises(AlreadyReversed):
        append(books, again)
    twins = [replace(undone, entry_id=key, allocations=(), reverses=undone.entry_id) for key in ("a", "b")]
    with pytest.raises(AlreadyReversed):
        append(books, *twins)
    with books.read() as work:
        assert work.journal.entries(["other", "a", "b"]) == {}
        assert work.journal.reversals([entry.entry_id]) == {entry.entry_id: undone.entry_id}


def test_an_unbalanced_entry_is_refused(books: SqlBooks) -> None:
    lines = (JournalLine("1200", 5, 0, "EUR"), JournalLine("1590", 0, 4, "EUR"))
    with pytest.raises(LedgerInvariantBroken, match="balance"):
        append(books, JournalEntry("e", AS_OF, IBAN, "", Cause.OPENING, lines))


def test_posting_numbers_count_up_over_commits(books: SqlBooks) -> None:
    lines = (JournalLine("1200", 5, 0, "EUR"), JournalLine("1590", 0, 5, "EUR"))
    entries = [JournalEntry(f"e{n}", AS_OF, IBAN, "", Cause.CORRECTION, lines) for n in range(700)]
    append(books, *entries[:1])
    append(books, *entries)
    with books.read() as work:
        rows = work.connection.execute(text("SELECT entry_id, posting_number FROM journal_entry ORDER BY 2")).all()
    assert [tuple(row) for row in rows] == [(f"e{n}", n + 1) for n in range(700)]


def test_positions_follow_allocation_undoing_and_posting_again(books: SqlBooks) -> None:
    world, (entry,) = a_paid_invoice(books)
    paid = world.bookings[0].transactions[0]
    key = paid.transaction_id

    def positions() -> tuple[int, int, int]:
        with books.read() as work:
            journal = work.journal
            assert journal.cash().keys() == ({key} if journal.cash([key])[key].rest_minor else set())
            return (
                journal.cash([key])[key].rest_minor,
                journal.open_items(["RE-1"])["RE-1"].open_minor,
                journal.generations([key]).get((key, "RE-1", "DRE-1"), 0),
            )

    assert positions() == (11662, 11900, 0)
    append(books, entry)
    assert positions() == (0, 0, 0)
    with books.read() as work:
        assert work.journal.allocated() == {"RE-1": 11900}
        assert work.journal.open_items() == {}
        (settled,) = work.journal.settlements(invoice_numbers=["RE-1"])
        assert (settled.entry_id, settled.amount_minor, settled.cash_minor) == (entry.entry_id, 11900, 11662)
        assert work.journal.settlements(transaction_ids=["nobody"]) == []
    append(books, book.reversal_entry(entry, "test", AS_OF))
    assert positions() == (11662, 11900, 1)
    with books.read() as work:
        assert work.journal.settlements() == []
        generations = work.journal.generations([key])
        items = work.journal.open_items(["RE-1"])
    (again,) = book.allocation_entries(paid, world.proposals[0], items, CHART, "test", generations=generations)
    assert append(books, again) == 1
    assert positions() == (0, 0, 1)


def test_payers_are_learned_from_what_was_not_undone(books: SqlBooks) -> None:
    world = World()
    entries = []
    for number, iban in enumerate(["DE1", "DE1", "DE2", ""]):
        item = world.item(f"RE-{number}", 1000, debtor="D7")
        other = world.item(f"RF-{number}", 500, debtor="D7")
        (paid,) = world.booking(1500, iban=iban)
        proposal = world.propose(paid, world.line(item, 1000), world.line(other, 500))
        decided = "decided" if number == 1 else "auto"
        entries.append(book.allocation_entries(paid, proposal, {}, CHART, "test", disposition=decided))
    store(books, world)
    append(books, *(entry for pair in entries for entry in pair))
    append(books, *(book.reversal_entry(entry, "test", AS_OF) for entry in entries[2]))
    with books.read() as work:
        (payer,) = work.journal.payers()
    assert (payer.counterparty_iban, payer.debtor_number, payer.payments, payer.decided) == ("DE1", "D7", 2, 1)


def test_a_returned_payment_still_tells_who_pays(books: SqlBooks) -> None:
    world = World()
    world.item("RE-1", 1000)
    (paid,) = world.booking(1000)
    proposal = world.propose(paid, world.line("RE-1", 1000), ProposedLine("", "D", 0, 0, AllocationKind.FEE))
    (back,) = world.booking(-1000)
    world.take_back(back, proposal)
    store(books, world)
    (entry,) = book.allocation_entries(paid, proposal, {}, CHART, "test")
    append(books, entry, *book.return_entries(back, world.links, {entry.entry_id: entry}, CHART, "test"))
    with books.read() as work:
        assert [p.payments for p in work.journal.payers()] == [1]
        assert work.journal.settlements() == []
        assert work.journal.generations([paid.transaction_id, back.transaction_id]) == {}
        assert work.journal.cash() == {}
        assert work.journal.open_items()["RE-1"].open_minor == 1000


def test_a_cent_is_not_spent_twice(books: SqlBooks) -> None:
    world, (entry,) = a_paid_invoice(books)
    paid = world.bookings[0].transactions[0]
    append(books, entry)
    (again,) = book.allocation_entries(
        paid, world.proposals[0], {}, CHART, "test", generations={(paid.transaction_id, "RE-1", "DRE-1"): 1}
    )
    with pytest.raises(LedgerInvariantBroken, match="beyond its amount"):
        append(books, again)
    (lost,) = book.allocation_entries(replace(paid, transaction_id="unknown"), world.proposals[0], {}, CHART, "test")
    with pytest.raises(LedgerInvariantBroken, match="not booked"):
        append(books, lost)
    with books.read() as work:
        assert work.journal.entries([again.entry_id, lost.entry_id]) == {}


def test_half_a_set_off_cannot_be_undone(books: SqlBooks) -> None:
    world = World()
    world.item("RE-1", 10000)
    world.item("GS-1", -2000)
    (paid,) = world.booking(8000)
    proposal = world.propose(paid, world.line("RE-1", 10000), world.line("GS-1", -2000))
    store(books, world)
    credit, invoice = book.allocation_entries(paid, proposal, {}, CHART, "test")
    append(books, credit, invoice)
    with pytest.raises(LedgerInvariantBroken, match="beyond its amount"):
        append(books, book.reversal_entry(credit, "test", AS_OF))
    assert append(books, *(book.reversal_entry(e, "test", AS_OF) for e in (credit, invoice))) == 2
