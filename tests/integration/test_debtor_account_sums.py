"""However payments, returns, discounts and credit notes mix: every reading of a debtor account gives the same cent."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest

from pipelines.debtors.account import debtor_account
from pipelines.debtors.statement import statements
from pipelines.model.debtor_account import EntryKind
from pipelines.usecases.post import post
from sinks.books import SqlBooks
from tests.ledger_state import broken
from tests.ledger_world import AS_OF, CHART, World, random_world, store


@pytest.mark.parametrize("seed", [11, 12])
def test_lines_balances_and_open_items_agree(books: SqlBooks, seed: int) -> None:
    world = random_world(seed, 60)
    store(books, world)
    post(books, CHART, AS_OF)
    assert broken(books) == []
    with books.read() as work:
        numbers = work.debtors.all_numbers()
        lines, items = work.debtor_accounts.lines(numbers), work.debtor_accounts.items(numbers)
        balances = {one.debtor_number: one for one in work.debtor_accounts.balances(numbers, AS_OF)}
        table = work.exports.table("open-items")
    open_items = dict(zip(table["invoice_number"], table["open_amount"], strict=True))
    by_debtor = defaultdict(list)
    for line in lines:
        by_debtor[line.debtor_number].append(line)
    assert {line.kind for line in lines} >= {
        EntryKind.CLAIM, EntryKind.CREDIT, EntryKind.PAYMENT, EntryKind.RETURN_DEBIT, EntryKind.CASH_DISCOUNT,
        EntryKind.SMALL_DIFFERENCE,
    }  # fmt: skip
    for number, own in by_debtor.items():
        mine = {key: facts for key, facts in items.items() if any(line.invoice_number == key for line in own)}
        account = debtor_account(own, mine, AS_OF)
        (total,) = account.totals
        assert total.balance_minor == sum(one.balance_minor for one in account.accounts) - total.on_account_minor
        told = balances[number]
        assert (total.debit_minor, total.credit_minor) == (told.debit_minor, told.credit_minor)
        for one in account.accounts:
            assert f"{one.balance_minor / 100:.2f}" == open_items[one.facts.invoice_number].replace("-0.00", "0.00")
        (whole,) = statements(account)
        assert whole.closing_minor == total.balance_minor
        for day in {line.day for line in own}:
            (until,), (since,) = (
                statements(account, last=day),
                statements(account, first=date.fromordinal(day.toordinal() + 1)),
            )
            assert until.closing_minor == since.opening_minor
            assert since.closing_minor == whole.closing_minor


def test_what_the_proof_finds(sqlite_books: SqlBooks) -> None:
    world = World()
    item = world.item("RE-1", 10_000, debtor="D1")
    (paid,) = world.booking(10_000)
    world.propose(paid, world.line(item, 10_000))
    store(sqlite_books, world)
    post(sqlite_books, CHART, AS_OF)
    name = "debtor accounts = their transaction accounts = open items"
    assert broken(sqlite_books) == []
    with sqlite_books.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER append_only_journal_line_update")
        connection.exec_driver_sql("UPDATE journal_line SET debtor_number = 'D2' WHERE debtor_number = 'D1'")
    found = [line for line in broken(sqlite_books) if line.startswith(name)]
    assert found == [
        f"{name}: debtor D1 differs from the journal by -10000; debtor D2 differs from the journal by 10000"
    ]
