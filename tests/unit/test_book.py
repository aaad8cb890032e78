"""Posting schemes of GERMAN_BANKING §5.2 to the cent, and what the builder refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipelines
from pipelines import book
from pipelines.chart import Chart, load_chart, parse_chart
from pipelines.errors import ConfigurationError, LedgerInvariantBroken
from pipelines.model.ledger import Cause, JournalEntry, JournalLine
from pipelines.model.proposal import AllocationKind, ProposedLine
from pipelines.model.return_debit import ReturnLink, ReturnState
from pipelines.model.transaction import Transaction
from pipelines.ports.journal import OpenItem
from tests.ledger_world import CHART, IBAN, World

SHIPPED = Path(pipelines.__file__).parent / "charts" / "skr03.toml"
SKR04 = load_chart("skr04")


def signed(entry: JournalEntry) -> dict[str, int]:
    """Account → debit minus credit."""
    sums: dict[str, int] = {}
    for line in entry.lines:
        sums[line.account] = sums.get(line.account, 0) + line.debit_minor - line.credit_minor
    return sums


def taxed(number: str, rate: int | None) -> dict[str, OpenItem]:
    return {number: OpenItem(number, f"D{number}", 11900, 0, 0, "EUR", "open", rate)}


def allocate(
    paid: int, *lines: tuple[int, int, AllocationKind], rate: int | None = 1900, chart: Chart = CHART
) -> tuple[Transaction, list[JournalEntry]]:
    world = World()
    world.item("RE-1", 11900)
    (transaction,) = world.booking(paid)
    proposal = world.propose(transaction, *(world.line("RE-1", amount, cash, kind) for amount, cash, kind in lines))
    entries = book.allocation_entries(transaction, proposal, taxed("RE-1", rate), chart, "test", proposal_id="P")
    return transaction, entries


def test_a_booking_moves_money_between_bank_and_clearing() -> None:
    world = World()
    world.booking(11900)
    world.booking(-500, -300)
    world.booking(0)
    receipt, batch, nothing = (book.bank_entry(b, CHART, "test") for b in world.bookings)
    assert receipt is not None
    assert signed(receipt) == {"1200": 11900, "1590": -11900}
    assert receipt.transaction_id == world.bookings[0].transactions[0].transaction_id
    assert batch is not None
    assert signed(batch) == {"1200": -800, "1590": 800}
    assert batch.transaction_id == ""
    assert nothing is None


def test_an_account_of_its_own_and_an_opening_balance() -> None:
    chart = parse_chart((SHIPPED.read_text() + f'"{IBAN}" = "1210"\n'), "own")
    entry = book.opening_entry(IBAN, date(2026, 11, 1), -4200, "EUR", "S1", chart, "test")
    assert entry is not None
    assert signed(entry) == {"1210": -4200, "9000": 4200}
    assert book.opening_entry(IBAN, date(2026, 11, 1), 0, "EUR", "S1", chart, "test") is None
    assert chart.ledger_accounts().bank_by_iban == {IBAN: "1210"}


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (CHART, {"1590": 11662, "8736": 200, "1776": 38, "1400": -11900}),
        (SKR04, {"1370": 11662, "4736": 200, "3806": 38, "1200": -11900}),
    ],
)
def test_cash_discount_corrects_the_vat(chart: Chart, expected: dict[str, int]) -> None:
    _, (entry,) = allocate(
        11662, (11662, 11662, AllocationKind.SETTLEMENT), (238, 0, AllocationKind.CASH_DISCOUNT), chart=chart
    )
    assert signed(entry) == expected
    assert sum(a.amount_minor for a in entry.allocations) == 11900
    assert sum(a.cash_minor for a in entry.allocations) == 11662


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(700, {"8731": 222, "1771": 16}), (1600, {"8730": 205, "1770": 33}), (0, {"8730": 238}), (None, {"8730": 238})],
)
def test_cash_discount_by_tax_rate(rate: int | None, expected: dict[str, int]) -> None:
    _, (entry,) = allocate(
        11662, (11662, 11662, AllocationKind.SETTLEMENT), (238, 0, AllocationKind.CASH_DISCOUNT), rate=rate
    )
    assert signed(entry) == {"1590": 11662, "1400": -11900, **expected}


@pytest.mark.parametrize(
    ("paid", "lines", "expected"),
    [
        (5000, [(5000, 5000, AllocationKind.PARTIAL)], {"1590": 5000, "1400": -5000}),
        (
            11897,
            [(11897, 11897, AllocationKind.SETTLEMENT), (3, 0, AllocationKind.SMALL_DIFFERENCE)],
            {"1590": 11897, "8720": 3, "1400": -11900},
        ),
        (
            11902,
            [(11902, 11902, AllocationKind.SETTLEMENT), (-2, 0, AllocationKind.SMALL_DIFFERENCE)],
            {"1590": 11902, "2700": -2, "1400": -11900},
        ),
        (
            11902,
            [(11900, 11900, AllocationKind.SETTLEMENT), (0, 2, AllocationKind.SMALL_DIFFERENCE)],
            {"1590": 11902, "2700": -2, "1400": -11900},
        ),
        (
            11400,
            [(11400, 11400, AllocationKind.SETTLEMENT), (500, 0, AllocationKind.FEE)],
            {"1590": 11400, "4970": 500, "1400": -11900},
        ),
        (
            1000,
            [(1000, 1000, AllocationKind.PARTIAL), (10900, 0, AllocationKind.WRITE_OFF)],
            {"1590": 1000, "2406": 9160, "1776": 1740, "1400": -11900},
        ),
    ],
)
def test_schemes(paid: int, lines: list[tuple[int, int, AllocationKind]], expected: dict[str, int]) -> None:
    _, (entry,) = allocate(paid, *lines)
    assert signed(entry) == expected
    assert entry.cause is Cause.ALLOCATION


def test_one_entry_per_item_and_the_debtor_on_the_line() -> None:
    world = World()
    world.item("RE-1", 10000)
    world.item("GS-1", -2000)
    (transaction,) = world.booking(8500)
    proposal = world.propose(
        transaction,
        world.line("RE-1", 10000),
        world.line("GS-1", -2000),
        ProposedLine("", "DRE-1", 500, 500, AllocationKind.ON_ACCOUNT),
    )
    entries = book.allocation_entries(transaction, proposal, {}, CHART, "test")
    assert [signed(e) for e in entries] == [
        {"1590": 500, "1400": -500},
        {"1590": -2000, "1400": 2000},
        {"1590": 10000, "1400": -10000},
    ]
    receivable = [line for e in entries for line in e.lines if line.account == "1400"]
    assert [(line.invoice_number, line.debtor_number) for line in receivable] == [
        ("", "DRE-1"),
        ("GS-1", "DGS-1"),
        ("RE-1", "DRE-1"),
    ]
    foretold = book.settlements_of("test")(transaction.transaction_id, proposal)
    assert [(e.entry_id, sum(a.cash_minor for a in e.allocations)) for e in entries] == [
        (entry_id, cash) for entry_id, _, _, cash, _ in foretold
    ]
    shuffled = replace(proposal, lines=proposal.lines[::-1])
    assert book.allocation_entries(transaction, shuffled, {}, CHART, "test") == entries


def linked(back: Transaction, entry: JournalEntry, charges: int) -> ReturnLink:
    return ReturnLink(
        back.transaction_id, ReturnState.LINKED, "AM04", "RE-1", "DRE-1", "", entry.entry_id, 11662, charges
    )


def test_a_return_takes_back_the_discount_too_and_books_the_charge() -> None:
    _, (original,) = allocate(11662, (11662, 11662, AllocationKind.SETTLEMENT), (238, 0, AllocationKind.CASH_DISCOUNT))
    (back,) = World().booking(-11662 - 800)
    taken, charge = book.return_entries(
        back, [linked(back, original, 800)], {original.entry_id: original}, CHART, "test"
    )
    assert signed(taken) == {"1590": -11662, "8736": -200, "1776": -38, "1400": 11900}
    assert taken.reverses == original.entry_id
    assert taken.transaction_id == back.transaction_id
    assert {a.reverses for a in taken.allocations} == {a.allocation_id for a in original.allocations}
    assert sum(a.amount_minor for a in taken.allocations) == -11900
    assert signed(charge) == {"4970": 800, "1590": -800}
    assert [(a.kind, a.amount_minor, a.cash_minor) for a in charge.allocations] == [(AllocationKind.FEE, 0, -800)]
    assert sum(a.cash_minor for e in (taken, charge) for a in e.allocations) == back.amount_minor


def test_a_return_of_before_go_live_reopens_the_item() -> None:
    (back,) = World().booking(-12000)
    link = ReturnLink(back.transaction_id, ReturnState.LINKED, "MD06", "RE-1", "DRE-1", "", "", 11900, 100)
    taken, charge = book.return_entries(back, [link], {}, CHART, "test")
    assert signed(taken) == {"1400": 11900, "1590": -11900}
    assert [(a.kind, a.amount_minor, a.reverses) for a in taken.allocations] == [(AllocationKind.REVERSAL, -11900, "")]
    assert signed(charge) == {"4970": 100, "1590": -100}


def test_a_return_is_refused_when_it_does_not_fit() -> None:
    _, (original,) = allocate(11900, (11900, 11900, AllocationKind.SETTLEMENT))
    (back,) = World().booking(-11800)
    with pytest.raises(LedgerInvariantBroken, match="another amount"):
        book.return_entries(back, [linked(back, original, 0)], {original.entry_id: original}, CHART, "test")
    with pytest.raises(LedgerInvariantBroken, match="not there"):
        book.return_entries(back, [linked(back, original, 0)], {}, CHART, "test")
    waiting = ReturnLink(back.transaction_id, ReturnState.WAITING, "AM04")
    with pytest.raises(LedgerInvariantBroken, match="not linked"):
        book.return_entries(back, [waiting], {}, CHART, "test")


def test_a_storno_puts_the_money_back_into_clearing() -> None:
    transaction, (entry,) = allocate(11900, (11900, 11900, AllocationKind.SETTLEMENT))
    undone = book.reversal_entry(entry, "test", date(2026, 11, 20), decision_id="X", text="wrong invoice")
    assert signed(undone) == {"1590": -11900, "1400": 11900}
    assert undone.transaction_id == transaction.transaction_id
    assert sum(a.cash_minor for e in (entry, undone) for a in e.allocations) == 0
    assert undone.reverses == entry.entry_id


def test_an_undone_pair_gets_a_new_id() -> None:
    _, (entry,) = allocate(11900, (11900, 11900, AllocationKind.SETTLEMENT))
    again = book.allocation_entry_id("test", entry.transaction_id, "RE-1", "DRE-1", 1)
    assert again != entry.entry_id == book.allocation_entry_id("test", entry.transaction_id, "RE-1", "DRE-1", 0)


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(LedgerInvariantBroken, match="as much money"):
        allocate(11900, (11900, 11800, AllocationKind.SETTLEMENT))
    line = JournalLine("1200", 5, 0, "EUR")
    entry = JournalEntry("e", date(2026, 11, 1), IBAN, "", Cause.OPENING, (line,))
    with pytest.raises(LedgerInvariantBroken, match="balance"):
        book.checked(entry)
    with pytest.raises(LedgerInvariantBroken, match="balance"):
        book.checked(JournalEntry("e", date(2026, 11, 1), IBAN, "", Cause.OPENING, ()))
    odd = (JournalLine("1200", 5, 5, "EUR"), JournalLine("1200", 0, 0, "EUR"))
    with pytest.raises(LedgerInvariantBroken, match="one positive side"):
        book.checked(JournalEntry("e", date(2026, 11, 1), IBAN, "", Cause.OPENING, odd))
    mixed = (JournalLine("1200", 5, 0, "EUR"), JournalLine("1590", 0, 5, "USD"))
    with pytest.raises(LedgerInvariantBroken, match="balance"):
        book.checked(JournalEntry("e", date(2026, 11, 1), IBAN, "", Cause.OPENING, mixed))


@given(st.integers(-(10**12), 10**12), st.sampled_from([1900, 700, 1600, 500]))
def test_vat_share_is_commercial_rounding(gross: int, rate: int) -> None:
    share = book.vat_share(gross, rate)
    assert abs(2 * (share * (10_000 + rate) - gross * rate)) <= 10_000 + rate
    assert book.vat_share(-gross, rate) == -share


# --- charts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("clearing = ", "clering = "), "Did you mean clearing"),
        (('clearing = "1590"', ""), "lacks clearing"),
        (('clearing = "1590"', "clearing = 1590"), "in quotes"),
        (('clearing = "1590"', 'clearing = "1200"'), "must not share"),
        (("[vat]", "[vatt]"), "Did you mean vat"),
        (('7 = "1771"', '"x" = "1771"'), "tax rate"),
        (('7 = "1771"', '"NaN" = "1771"'), "tax rate"),
        (("[vat]", "[vat"), "chart test"),
        (('name = "SKR03"', "accounts = 1"), "chart test"),
    ],
)
def test_a_wrong_chart_is_refused(change: tuple[str, str], message: str) -> None:
    text = SHIPPED.read_text()
    assert change[0] in text
    with pytest.raises(ConfigurationError, match=message):
        parse_chart(text.replace(change[0], change[1]), "test")


def test_charts_load_by_name_and_by_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(SHIPPED.with_name("skr04.toml").read_text().replace("SKR04", "Eigen"))
    assert load_chart("own.toml", folder=tmp_path).name == "Eigen"
    assert (load_chart("SKR03").name, SKR04.name) == ("SKR03", "SKR04")
    with pytest.raises(ConfigurationError, match="neither"):
        load_chart("SKR99")
