"""What happens to statements in daily life, told in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from pipelines.model.finding import Severity
from pipelines.model.money import Money
from pipelines.model.statement import Document, Statement
from pipelines.usecases.pull import archived_documents
from sinks.books import SqlBooks
from tests.pull_world import IBAN, Real, World, day, statement, with_days_untold

RENT = Real(day(1), 80_000, "E-1", "DE75512108001245126199", "Miete Oktober", "R1")
SHOP = Real(day(1), -4_990, "E-2", "DE02100500000054540402", "Einkauf", "R2")
TWIN_A = Real(day(2), 2_500, "", "DE02300209000106531065", "Kursgebuehr", "R3")
TWIN_B = Real(day(2), 2_500, "", "DE02300209000106531065", "Kursgebuehr", "R4")
LATE = Real(day(5), 12_345, "E-5", "DE75512108001245126199", "RE-4711", "R5")
TRUTH = (RENT, SHOP, TWIN_A, TWIN_B, LATE)
START = 100_000


@pytest.fixture
def world(books: SqlBooks) -> World:
    return World(books)


def of_day(when: date, reals: Sequence[Real] = TRUTH) -> list[Real]:
    return [real for real in reals if real.day == when]


def balance_before(when: date, reals: Sequence[Real] = TRUTH) -> int:
    return START + sum(real.minor for real in reals if real.day < when)


def daily(number: int, format_name: str = "camt.053.001.08", reals: Sequence[Real] = TRUTH) -> Statement:
    when = day(number)
    return statement(
        of_day(when, reals), balance_before(when, reals), balance_before(when + timedelta(days=1), reals),
        first=when, last=when, format_name=format_name, number=str(number),
    )  # fmt: skip


def excerpt(number: int, format_name: str, reals: Sequence[Real] = TRUTH) -> Statement:
    return statement(
        of_day(day(number), reals), None, None, first=day(number), last=day(number), format_name=format_name,
        identification=f"{format_name}-{number}",
    )  # fmt: skip


def truth(reals: Sequence[Real] = TRUTH) -> list[tuple[date, int]]:
    return sorted((real.day, real.minor) for real in reals)


def assert_truth(world: World, reals: Sequence[Real] = TRUTH) -> None:
    closing = START + sum(real.minor for real in reals)
    assert world.booked() == truth(reals)
    assert world.proven_balance() == closing
    assert world.bank_account() == closing


def test_days_in_order_become_bookings_and_their_balance_is_proven(world: World) -> None:
    result = world.pull([world.document(daily(1)), world.document(daily(2)), world.document(daily(5))])
    assert_truth(world)
    assert (result.documents, result.statements, result.proven, result.bookings_new) == (3, 3, 3, 5)
    assert world.findings() == []


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_the_same_days_in_four_formats_in_any_order_are_booked_once(sqlite_books: SqlBooks, order: tuple[int]) -> None:
    world = World(sqlite_books)
    documents = [
        world.document(daily(1), daily(2), daily(5)),
        world.document(*(excerpt(number, "camt.052.001.08") for number in (1, 2, 5))),
        world.document(*(excerpt(number, "camt.054.001.08") for number in (1, 2, 5))),
        world.document(statement(TRUTH, START, START + sum(r.minor for r in TRUTH), first=day(1), last=day(5),
                                 format_name="mt940")),
    ]  # fmt: skip
    for index in order:
        world.pull([documents[index], documents[order[0]]])
    assert_truth(world)
    assert not {finding.code for finding in world.findings() if finding.severity is not Severity.INFO}


def test_four_formats_in_one_pull(world: World) -> None:
    world.pull(
        [
            world.document(*(excerpt(number, "camt.052.001.08") for number in (1, 2, 5))),
            world.document(daily(1, "mt940"), daily(2, "mt940"), daily(5, "mt940")),
            world.document(daily(5), daily(2), daily(1)),
        ]
    )
    assert_truth(world)


def test_pulling_the_same_files_again_changes_no_table(world: World) -> None:
    documents = [world.document(daily(1), daily(2)), world.document(excerpt(5, "camt.052.001.08"))]
    world.pull(documents)
    before = world.row_counts()
    again = world.pull(documents)
    assert world.row_counts() == before
    assert (again.documents, again.repeated, again.bookings_new) == (2, 2, 0)


def test_the_same_statement_in_another_file_is_known(world: World) -> None:
    world.pull([world.document(daily(1))])
    result = world.pull([world.document(daily(1), replace(daily(2), number="2"))])
    assert (result.known, result.proven, result.bookings_new) == (1, 1, 2)
    assert len(world.booked()) == 4


def test_two_equal_payments_of_one_statement_stay_two(world: World) -> None:
    world.pull([world.document(daily(1), daily(2))])
    assert world.booked().count((day(2), 2_500)) == 2


def test_equal_payments_in_two_statements_of_one_day_are_two(world: World) -> None:
    first = statement([replace(TWIN_A, reference="")], 0, 2_500, first=day(2), last=day(2), number="1")
    second = statement([replace(TWIN_B, reference="")], 2_500, 5_000, first=day(2), last=day(2), number="2")
    world.pull([world.document(second)])
    world.pull([world.document(first)])
    assert world.booked() == [(day(2), 2_500)] * 2
    assert world.proven_balance() == world.bank_account() == 5_000


def test_three_statements_of_one_day_with_equal_payments_arrive_in_every_order(sqlite_books: SqlBooks) -> None:
    plain = replace(TWIN_A, reference="")
    parts = [statement([plain], n * 2_500, (n + 1) * 2_500, first=day(2), last=day(2), number=str(n)) for n in range(3)]
    world = World(sqlite_books)
    for number in (1, 0, 2):
        world.pull([world.document(parts[number])])
    assert world.booked() == [(day(2), 2_500)] * 3
    assert world.bank_account() == 7_500


def test_a_missing_day_holds_what_follows_and_heals_when_it_arrives(world: World) -> None:
    world.pull([world.document(daily(1))])
    result = world.pull([world.document(daily(5))])
    assert result.held == 1
    assert world.booked() == truth([RENT, SHOP])
    (finding,) = world.findings()
    assert finding.code == "statement-gap"
    assert "50.00 EUR" in finding.message
    assert "2026-10-01" in finding.message
    assert "2026-10-05" in finding.message
    world.pull([world.document(daily(2))])
    assert_truth(world)
    assert world.findings() == []


def test_held_transactions_are_listed_as_held_and_later_as_bookings(world: World) -> None:
    world.pull([world.document(daily(1)), world.document(daily(5))])
    with world.books.read() as work:
        listed = [(row.transaction.amount_minor, row.state.value) for row in work.statements.listing()]
    assert sorted(listed) == [(-4_990, "not_ours"), (12_345, "held"), (80_000, "unmatched")]
    world.pull([world.document(daily(2))])
    with world.books.read() as work:
        assert "held" not in {row.state.value for row in work.statements.listing()}


def test_a_statement_that_does_not_add_up_is_held_by_how_much_and_blocks_no_other_account(world: World) -> None:
    wrong = statement([RENT, SHOP], START, START + 75_011, first=day(1), last=day(1))
    other = statement([LATE], 0, 12_345, first=day(5), last=day(5), account="DE75512108001245126199")
    result = world.pull([world.document(wrong), world.document(other)])
    assert (result.held, result.proven) == (1, 1)
    (finding,) = world.findings()
    assert finding.code == "statement-balance-mismatch"
    for amount in ("1000.00 EUR", "750.10 EUR", "1750.11 EUR", "0.01 EUR"):
        assert amount in finding.message
    assert finding.source_file == "file-1.xml"
    assert finding.position == "Stmt 1"
    assert world.booked() == [(day(5), 12_345)]


def test_a_broken_statement_gives_way_to_the_one_sent_again(world: World) -> None:
    broken = statement([RENT], START, START + 75_010, first=day(1), last=day(1))
    world.pull([world.document(broken)])
    assert world.codes() == {"statement-balance-mismatch"}
    world.pull([world.document(daily(1))])
    assert world.booked() == truth([RENT, SHOP])
    assert world.findings() == []


def test_a_corrected_statement_contradicts_what_is_proven(world: World) -> None:
    world.pull([world.document(daily(1))])
    corrected = statement([replace(RENT, minor=80_100), SHOP], START, START + 75_110, first=day(1), last=day(1))
    result = world.pull([world.document(corrected)])
    assert result.held == 1
    assert world.codes() == {"statement-contradicts"}
    assert world.booked() == truth([RENT, SHOP])


def test_the_same_balances_with_other_amounts_contradict(world: World) -> None:
    world.pull([world.document(daily(1))])
    other = statement([replace(RENT, minor=80_010), replace(SHOP, minor=-5_000)], START, START + 75_010,
                      first=day(1), last=day(1))  # fmt: skip
    world.pull([world.document(other)])
    assert world.codes() == {"statement-contradicts"}
    assert world.booked() == truth([RENT, SHOP])


def test_earlier_days_come_before_the_start_and_correct_the_opening_balance(world: World) -> None:
    world.pull([world.document(daily(5))])
    assert world.bank_account() == START + sum(real.minor for real in TRUTH)
    world.pull([world.document(daily(1))])
    assert world.codes() == {"statement-gap"}
    world.pull([world.document(daily(2))])
    assert_truth(world)
    assert world.findings() == []


def test_pages_of_a_statement_in_two_files(world: World) -> None:
    middle = START + RENT.minor
    page_1 = statement([RENT], START, middle, first=day(1), last=day(1), page="1", interim=(False, True))
    page_2 = statement([SHOP], middle, middle + SHOP.minor, first=day(1), last=day(1), page="2", interim=(True, False))
    world.pull([world.document(page_2), world.document(page_1)])
    assert world.booked() == truth([RENT, SHOP])
    assert world.proven_balance() == middle + SHOP.minor
    assert world.findings() == []


def test_one_statement_over_the_whole_week_after_its_days_and_before(world: World) -> None:
    week = statement(TRUTH, START, START + sum(r.minor for r in TRUTH), first=day(1), last=day(5), format_name="mt940")
    world.pull([world.document(daily(2))])
    world.pull([world.document(week)])
    assert_truth(world)
    world.pull([world.document(daily(1)), world.document(daily(5))])
    assert_truth(world)
    assert world.findings() == []


def test_a_statement_that_overlaps_the_end_adds_only_what_is_new(world: World) -> None:
    world.pull([world.document(daily(1), daily(2))])
    overlapping = statement([TWIN_B, TWIN_A, LATE], balance_before(day(2)), balance_before(day(6)),
                            first=day(2), last=day(5), format_name="mt940")  # fmt: skip
    result = world.pull([world.document(overlapping)])
    assert result.bookings_new == 1
    assert_truth(world)


# --- excerpts ---------------------------------------------------------------------------------------------------------


def test_intraday_bookings_post_at_once_and_are_proven_later(world: World) -> None:
    world.pull([world.document(daily(1))])
    result = world.pull([world.document(excerpt(2, "camt.052.001.08"))])
    assert (result.unproven, result.bookings_new) == (1, 2)
    world.pull([world.document(daily(2)), world.document(daily(5))])
    assert_truth(world)
    assert set(world.verdicts().values()) == {"proven"}


def test_a_complete_statement_without_a_booking_told_before_is_held(world: World) -> None:
    world.pull([world.document(daily(1))])
    extra = replace(TWIN_A, minor=99_900, end_to_end_id="E-9", reference="R9")
    world.pull([world.document(excerpt(2, "camt.052.001.08", [extra]))])
    result = world.pull([world.document(daily(2))])
    assert result.held == 1
    assert world.codes() == {"statement-contradicts"}


def test_a_day_known_only_from_an_excerpt_is_proven_by_the_next_opening_balance(world: World) -> None:
    world.pull([world.document(daily(1))])
    world.pull([world.document(excerpt(2, "camt.052.001.08"))])
    world.pull([world.document(daily(5))])
    assert_truth(world)
    assert set(world.verdicts().values()) == {"proven"}
    world.pull([world.document(daily(2))])
    assert_truth(world)
    assert world.findings() == []


def test_excerpts_before_any_statement_do_not_double_the_opening_balance(world: World) -> None:
    world.pull([world.document(excerpt(1, "camt.052.001.08"))])
    assert world.bank_account() == RENT.minor + SHOP.minor
    world.pull([world.document(daily(2)), world.document(daily(5))])
    assert world.bank_account() == START + sum(real.minor for real in TRUTH)
    world.pull([world.document(daily(1))])
    assert_truth(world)


def test_excerpts_with_other_ids_are_other_bookings_and_without_ids_the_same(world: World) -> None:
    one = Real(day(1), 5_000, "E-1", text="a")
    other = Real(day(1), 5_000, "E-2", text="b")
    silent = Real(day(1), 5_000)
    world.pull([world.document(excerpt(1, "camt.052.001.08", [one]))])
    world.pull([world.document(excerpt(1, "camt.052.001.02", [other]))])
    world.pull([world.document(excerpt(1, "mt942", [silent]))])
    assert world.booked() == [(day(1), 5_000)] * 2


def test_a_booking_moved_over_the_weekend_stays_one(world: World) -> None:
    saturday = Real(day(3), 7_700, "E-7", "DE75512108001245126199", "Samstag", "REF-7")
    monday = replace(saturday, day=day(5))
    before = statement([], START, START, first=day(2), last=day(2))
    after = statement([monday], START, START + 7_700, first=day(5), last=day(5))
    world.pull([world.document(before)])
    world.pull([world.document(excerpt(3, "camt.052.001.08", [saturday]))])
    world.pull([world.document(after)])
    assert world.booked() == [(day(3), 7_700)]
    assert world.proven_balance() == world.bank_account() == START + 7_700
    assert world.findings() == []


def test_a_friday_booking_that_the_bank_moves_to_monday_waits_for_mondays_statement(world: World) -> None:
    friday = Real(day(2), 7_700, "E-7", "DE75512108001245126199", "Freitag", "REF-7")
    world.pull([world.document(excerpt(2, "camt.052.001.08", [friday]))])
    world.pull([world.document(statement([], START, START, first=day(2), last=day(2)))])
    assert world.codes() == {"statement-contradicts"}
    monday = statement([replace(friday, day=day(5))], START, START + 7_700, first=day(5), last=day(5))
    world.pull([world.document(monday)])
    assert world.booked() == [(day(2), 7_700)]
    assert world.bank_account() == START + 7_700
    assert world.findings() == []


def test_the_same_reference_next_week_is_another_booking(world: World) -> None:
    one = Real(day(1), 1_000, reference="0001")
    other = Real(day(8), 1_000, reference="0001")
    world.pull([world.document(excerpt(1, "camt.052.001.08", [one]), excerpt(8, "camt.052.001.08", [other]))])
    assert world.booked() == [(day(1), 1_000), (day(8), 1_000)]


def test_a_statement_without_booking_dates_tells_the_same_days(world: World) -> None:
    late_value = replace(LATE, value_day=day(6))
    reals = [RENT, SHOP, late_value]
    told = statement(reals, START, START + 87_355, first=day(1), last=day(5))
    world.pull([world.document(told)])
    untold = with_days_untold(replace(told, format="mt940"))
    result = world.pull([world.document(untold)])
    assert (result.known, result.bookings_new) == (1, 0)
    assert len(world.booked()) == 3


def test_pending_entries_are_counted_and_never_booked(world: World) -> None:
    told = daily(1)
    pending = replace(told.entries[0], status=type(told.entries[0].status).PENDING, position="Stmt 1/Ntry 9")
    result = world.pull([world.document(replace(told, entries=(*told.entries, pending)))])
    assert result.pending == 1
    assert world.booked() == truth([RENT, SHOP])
    assert world.codes() == {"entries-not-booked"}


def test_reversals_are_read_with_the_sign_the_balance_demands(world: World) -> None:
    told = statement([RENT, replace(SHOP, minor=4_990)], START, START + 75_010, first=day(1), last=day(1))
    told = replace(told, entries=(told.entries[0], replace(told.entries[1], is_reversal=True)))
    world.pull([world.document(told)])
    assert world.booked() == truth([RENT, SHOP])
    assert world.codes() == {"reversal-sign-settled-by-balance"}


# --- batches ----------------------------------------------------------------------------------------------------------

BATCH = Real(day(1), 30_000, reference="B1", details=((10_000, "C-1"), (12_000, "C-2"), (8_000, "C-3")))
SINGLES = [Real(day(1), minor, key, text="Beitrag") for minor, key in BATCH.details]


def batch_statement(detailed: bool, format_name: str = "camt.053.001.08") -> Statement:
    return statement([BATCH], START, START + 30_000, first=day(1), last=day(1), detailed=detailed,
                     format_name=format_name)  # fmt: skip


def payments(world: World) -> list[tuple[int, str]]:
    with world.books.read() as work:
        return sorted((item.amount_minor, item.end_to_end_id) for item in work.statements.all_transactions())


def test_details_of_a_batch_arrive_later(world: World) -> None:
    world.pull([world.document(batch_statement(False))])
    assert payments(world) == [(30_000, "")]
    result = world.pull([world.document(excerpt(1, "camt.054.001.08", [BATCH]))])
    assert result.bookings_new == 0
    assert payments(world) == sorted(BATCH.details)
    assert world.booked() == [(day(1), 30_000)]
    assert world.bank_account() == START + 30_000


def test_details_of_a_batch_as_entries_of_their_own_are_no_bookings(world: World) -> None:
    world.pull([world.document(batch_statement(False)), world.document(excerpt(1, "camt.054.001.08", SINGLES))])
    assert world.booked() == [(day(1), 30_000)]
    assert payments(world) == sorted(BATCH.details)


def test_a_batch_and_its_singles_in_the_other_order(world: World) -> None:
    world.pull([world.document(excerpt(1, "camt.054.001.08", SINGLES))])
    world.pull([world.document(batch_statement(False))])
    assert payments(world) == sorted(BATCH.details)
    assert world.proven_balance() == world.bank_account() == START + 30_000
    assert world.findings() == []


def test_a_batch_told_as_singles_by_another_complete_format_is_known(world: World) -> None:
    world.pull([world.document(batch_statement(False, "mt940"))])
    singles = statement(SINGLES, START, START + 30_000, first=day(1), last=day(1))
    result = world.pull([world.document(singles)])
    assert (result.known, result.bookings_new) == (1, 0)
    assert world.codes() == {"statement-tells-differently"}
    assert world.bank_account() == START + 30_000
    assert payments(world) == sorted(BATCH.details)


def test_singles_told_as_a_batch_by_another_complete_format_are_known(world: World) -> None:
    singles = statement(SINGLES, START, START + 30_000, first=day(1), last=day(1))
    world.pull([world.document(singles)])
    world.pull([world.document(batch_statement(True))])
    assert payments(world) == sorted(BATCH.details)
    assert world.bank_account() == START + 30_000


# --- odd statements ---------------------------------------------------------------------------------------------------


def test_a_sweep_account_that_ends_every_day_at_zero(world: World) -> None:
    def swept(number: int) -> Statement:
        return statement([Real(day(number), 5_000), Real(day(number), -5_000)], 0, 0,
                         first=day(number), last=day(number))  # fmt: skip

    for number in (1, 5, 2):
        world.pull([world.document(swept(number))])
    world.pull([world.document(replace(swept(2), format="mt940"))])
    assert len(world.booked()) == 6
    assert world.findings() == []


def test_a_day_without_bookings_is_proven_and_an_empty_excerpt_is_not_silence(world: World) -> None:
    world.pull([world.document(statement([], START, START, first=day(1), last=day(1)))])
    assert world.proven_balance() == START
    world.pull([world.document(statement([], None, None, first=day(2), last=day(2), format_name="camt.052.001.08"))])
    assert world.codes() == {"statement-without-entries"}


def test_days_without_bookings_move_the_proof_on_and_their_gaps_are_seen(world: World) -> None:
    def quiet(number: int, minor: int) -> Statement:
        return statement([], minor, minor, first=day(number), last=day(number))

    closing = START + RENT.minor + SHOP.minor
    world.pull([world.document(daily(1)), world.document(quiet(6, closing))])
    with world.books.read() as work:
        (coverage,) = work.statements.coverage()
    assert coverage.proven_until == day(6)
    world.pull([world.document(quiet(7, closing + 1))])
    assert world.codes() == {"statement-gap"}
    result = world.pull([world.document(replace(quiet(6, closing), format="mt940"))])
    assert (result.known, result.held) == (1, 1)


def test_a_longer_statement_without_news_moves_the_proof_on(world: World) -> None:
    world.pull([world.document(daily(1))])
    longer = statement([RENT, SHOP], START, START + 75_010, first=day(1), last=day(3), format_name="mt940")
    world.pull([world.document(longer)])
    with world.books.read() as work:
        (coverage,) = work.statements.coverage()
    assert coverage.proven_until == day(3)
    assert world.booked() == truth([RENT, SHOP])


def test_balances_that_fit_a_repetition_and_a_continuation_are_left_to_a_person(world: World) -> None:
    swing = [Real(day(1), 5_000), Real(day(1), -5_000)]
    world.pull([world.document(statement(swing[:1], 0, 5_000, first=day(1), last=day(1), number="1"))])
    world.pull([world.document(statement(swing[1:], 5_000, 0, first=day(1), last=day(1), number="2"))])
    unclear = replace(swing[0], day=day(1))
    part = statement([unclear], 0, 5_000, first=day(1), last=day(1), format_name="mt940")
    world.pull([world.document(part)])
    assert world.booked() == [(day(1), -5_000), (day(1), 5_000)]


def test_a_day_that_cancels_out_is_found_missing_when_a_statement_tells_it(world: World) -> None:
    reals = [RENT, Real(day(3), 1_000), Real(day(4), 1_000, "E-4"), Real(day(4), -1_000), Real(day(5), 1_000)]
    world.pull([world.document(daily(5, reals=reals))])
    first = statement(reals[:2], START, START + 81_000, first=day(1), last=day(3))
    world.pull([world.document(first)])
    assert len(world.booked()) == 3
    overlapping = statement(reals[1:4], START + 80_000, START + 81_000, first=day(3), last=day(4), format_name="mt940")
    world.pull([world.document(overlapping)])
    assert_truth(world, reals)
    assert world.findings() == []


def test_days_of_a_week_that_ends_where_it_began(world: World) -> None:
    reals = [Real(day(4), -1_000), Real(day(5), 1_000)]
    world.pull([world.document(statement(reals, START, START, first=day(2), last=day(5)))])
    result = world.pull([world.document(daily(4, "mt940", reals)), world.document(daily(5, "mt940", reals))])
    assert (result.known, result.bookings_new) == (2, 0)
    assert world.findings() == []


def test_one_account_in_two_currencies(world: World) -> None:
    euro = daily(1)
    yen = Real(day(1), 500, "J", currency="JPY")
    other = statement([yen], 1_000, 1_500, first=day(1), last=day(1), currency="JPY")
    world.pull([world.document(euro, other)])
    assert world.proven_balance() == START + 75_010
    assert world.proven_balance(currency="JPY") == 1_500


def test_an_entry_of_another_currency_holds_its_statement(world: World) -> None:
    told = daily(1)
    foreign = replace(told.entries[0], amount=Money(80_000, "USD"))
    world.pull([world.document(replace(told, entries=(foreign, told.entries[1])))])
    assert world.codes() == {"entry-currency-differs"}
    assert world.booked() == []


def test_only_a_closing_balance_proves_when_it_follows_from_ours(world: World) -> None:
    world.pull([world.document(daily(1))])
    half = replace(daily(2), opening=None)
    result = world.pull([world.document(half)])
    assert result.proven == 1
    assert world.proven_balance() == balance_before(day(3))


def test_only_a_closing_balance_cannot_begin_a_chain(world: World) -> None:
    result = world.pull([world.document(replace(daily(1), opening=None))])
    assert (result.unproven, result.bookings_new) == (1, 2)
    assert world.proven_balance() is None


def test_an_unreadable_document_is_archived_and_the_others_go_on(world: World) -> None:
    result = world.pull([Document("broken.xml", b"<html>", "file"), world.document(daily(1))])
    assert (result.documents, result.refused, result.proven) == (2, 1, 1)
    (finding,) = world.findings()
    assert (finding.code, finding.source_file) == ("document-unknown", "broken.xml")
    assert [document.name for document in archived_documents(world.books)].count("broken.xml") == 1


def test_a_large_document_comes_back_from_the_archive_byte_for_byte(world: World) -> None:
    content = bytes(range(256)) * 10_000
    world.pull([Document("big.bin", content, "file")])
    (document,) = archived_documents(world.books)
    assert document == Document("big.bin", content, "file")


def test_the_archive_replayed_into_empty_books_gives_the_same_bookings(
    sqlite_books: SqlBooks, postgresql_books: SqlBooks
) -> None:
    first = World(sqlite_books)
    first.pull([first.document(daily(2)), first.document(excerpt(5, "camt.052.001.08"))])
    first.pull([first.document(daily(1)), first.document(daily(5))])
    second = World(postgresql_books, first.statements)
    second.pull(archived_documents(sqlite_books))
    assert second.booked() == first.booked()
    assert second.bank_account() == first.bank_account()
    for name in ("booking", "bank_transaction"):
        mine, theirs = first.contents()[name], second.contents()[name]
        assert [row[0] for row in mine] == [row[0] for row in theirs]


def test_a_held_statement_delivered_twice_waits_once(world: World) -> None:
    world.pull([world.document(daily(1))])
    world.pull(
        [world.document(daily(5)), world.document(daily(5), name="copy.xml"), world.document(daily(5), daily(5))]
    )
    assert sorted(world.verdicts().values()).count("held") == 1


def test_coverage_tells_how_far_each_account_is_proven(world: World) -> None:
    world.pull([world.document(daily(1)), world.document(excerpt(2, "camt.052.001.08")), world.document(daily(5))])
    with world.books.read() as work:
        (coverage,) = work.statements.coverage()
    assert (coverage.account, coverage.proven_from, coverage.proven_until) == (IBAN, day(1), day(5))
    assert (coverage.held_statements, coverage.unproven_bookings) == (0, 0)
