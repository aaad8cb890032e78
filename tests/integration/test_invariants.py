"""A sound ledger passes; every kind of damage is named by the check that is there for it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pipelines.errors import ConfigurationError
from pipelines.ports.invariants import CheckResult
from pipelines.usecases.post import post
from sinks import tables
from sinks.books import SqlBooks
from tests.ledger_state import broken, damage
from tests.ledger_world import AS_OF, CHART, IBAN, random_world, store


@pytest.fixture
def posted(books: SqlBooks) -> SqlBooks:
    store(books, random_world(3, 40))
    post(books, CHART, AS_OF)
    return books


def checks(books: SqlBooks, anchor: str = "") -> dict[str, CheckResult]:
    with books.read() as work:
        return {result.name: result for result in work.invariants.check(CHART.ledger_accounts(), anchor=anchor)}


def test_an_empty_ledger_holds(books: SqlBooks) -> None:
    assert broken(books) == []


def test_a_sound_ledger_holds_and_prints_figures(posted: SqlBooks) -> None:
    found = checks(posted)
    assert all(result.ok for result in found.values())
    assert found["ledger bank balance = proven closing balance"].figure == "1 accounts proven"
    assert found["posting numbers have no gap"].figure.startswith("1 to ")
    assert "EUR" in found["clearing = what is not allocated"].figure
    head = found["the audit chain holds"].figure.rpartition("head ")[2]
    assert checks(posted, anchor=head)["the audit chain holds"].ok
    forged = f"{head.partition(':')[0]}:{'0' * 64}"
    assert not checks(posted, anchor=forged)["the audit chain holds"].ok
    with pytest.raises(ConfigurationError, match="SEQUENCE:HASH"):
        checks(posted, anchor="nonsense")


BANK = "ledger bank balance = proven closing balance"
CLEARING = "clearing = what is not allocated"
FIRST_ALLOCATION = "(SELECT min(allocation_id) FROM allocation WHERE kind = 'settlement')"


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (
            "UPDATE journal_line SET debit_minor = debit_minor + 1 WHERE debit_minor > 0 AND account = '1590'",
            ["entries balance per currency", CLEARING, "no entry was changed"],
        ),
        ("DELETE FROM journal_entry WHERE posting_number = 5", ["posting numbers have no gap", "every line"]),
        ("DELETE FROM journal_entry WHERE posting_number = 2", ["every booking is posted once"]),
        ("UPDATE booking SET booking_date = '2026-11-29' WHERE occurrence = 2", ["every booking is posted once"]),
        ("UPDATE bank_transaction SET amount_minor = amount_minor + 1", ["a booking is the sum", CLEARING]),
        ("UPDATE statement SET closing_minor = closing_minor + 1", [BANK]),
        (
            "UPDATE allocation SET cash_minor = cash_minor + 1 WHERE allocation_id = FIRST",
            [CLEARING, "allocations agree with their entries", "no entry was changed"],
        ),
        (
            "UPDATE allocation SET cash_minor = cash_minor * 1000 WHERE allocation_id = FIRST",
            ["no cent is allocated twice"],
        ),
        (
            "UPDATE allocation SET amount_minor = amount_minor * 1000 WHERE allocation_id = FIRST",
            ["no item is settled beyond its amount", "allocations agree with their entries"],
        ),
        (
            "UPDATE allocation SET transaction_id = 'gone' WHERE allocation_id = FIRST",
            ["nothing held is allocated", "no entry was changed"],
        ),
        ("UPDATE allocation SET currency = 'USD' WHERE allocation_id = FIRST", ["no cent is allocated"]),
        ("DELETE FROM entry_reversal", ["each entry is reversed at most once"]),
        ("UPDATE entry_reversal SET original_entry_id = 'x' || original_entry_id", ["each entry is reversed"]),
        ("DELETE FROM allocation_reversal", ["each entry is reversed at most once"]),
        (
            "UPDATE journal_line SET invoice_number = 'other' WHERE account = '1400' AND entry_id IN "
            "(SELECT entry_id FROM entry_reversal)",
            ["each entry is reversed at most once, exactly", "allocations agree"],
        ),
        ("DELETE FROM receivable", ["no item is settled beyond its amount"]),
        ("UPDATE journal_entry SET text = 'changed' WHERE posting_number = 3", ["no entry was changed"]),
        ("UPDATE allocation SET probability = 0.1 WHERE probability IS NOT NULL", ["no entry was changed"]),
        ("UPDATE audit SET details = '' WHERE sequence = 2", ["the audit chain holds", "by a second reading"]),
    ],
)  # fmt: skip
def test_damage_is_named(posted: SqlBooks, statement: str, names: list[str]) -> None:
    damage(posted, statement.replace("FIRST", FIRST_ALLOCATION))
    told = broken(posted)
    for name in names:
        assert any(name in line for line in told), told
    assert all(IBAN not in line for line in told)


def test_a_held_transaction_may_not_be_allocated(posted: SqlBooks) -> None:
    damage(posted, "DELETE FROM bank_transaction WHERE transaction_id IN (SELECT transaction_id FROM allocation)")
    assert any("nothing held" in line for line in broken(posted))


def test_money_booked_after_the_last_proof_does_not_disturb_it(posted: SqlBooks) -> None:
    damage(
        posted,
        "UPDATE statement SET closing_day = '2026-11-10', closing_minor = opening_minor + "
        "(SELECT sum(amount_minor) FROM booking WHERE booking_date <= '2026-11-10')",
    )
    assert not any(BANK in line for line in broken(posted, but=["no entry was changed"]))


def test_an_item_corrected_after_payment_is_no_broken_ledger(posted: SqlBooks) -> None:
    with posted.database.write() as connection:
        columns = ", ".join(f'"{c.name}"' for c in tables.receivable.c)
        values = columns.replace('"version"', "2").replace('"amount_minor"', '"amount_minor" - 1')
        connection.execute(text(f"INSERT INTO receivable ({columns}) SELECT {values} FROM receivable"))  # noqa: S608
    assert broken(posted) == []
