"""Which telling is which booking: pairing of observations and bookings as multisets."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.bookings import Alias, Known, Observation, Stock, format_family, richest, telling_of, twin_order
from pipelines.dedupe import contradicts, pair, pair_moved, pair_untold_days
from pipelines.model.transaction import Transaction, TransactionKind
from pipelines.regroup import regroup

DAY = date(2026, 10, 1)
IBAN_A, IBAN_B = "DE75512108001245126199", "DE02300209000106531065"


def alias(family: str = "camt", reference: str = "", end: str = "", iban: str = "", text: str = "") -> Alias:
    return Alias(family, reference, end, iban, text)


def payment(minor: int, end: str = "", text: str = "", *, batch: bool = False) -> Transaction:
    return Transaction(
        "", "", "DE02120300000000202051", DAY, DAY, minor, "EUR", TransactionKind.RECEIPT, end_to_end_id=end,
        remittance=text, is_batch=batch,
    )  # fmt: skip


def told(
    named: Alias, minor: int = 100, day: date = DAY, value_day: date | None = None, *, day_is_told: bool = True,
    payments: tuple[Transaction, ...] = (), keys: frozenset[str] = frozenset(),
) -> Observation:  # fmt: skip
    return Observation(
        "S", f"p{named}", "camt.053", day, day_is_told, value_day or day, minor, named,
        payments or (payment(minor, named.end_to_end_id),), keys,
    )  # fmt: skip


def known(named: Alias, minor: int = 100, day: date = DAY, value_day: date | None = None) -> Known:
    return Known(day, value_day or day, minor, proven=True, aliases=[named])


def paired(observations: list[Observation], bookings: list[Known], *, may_contradict: bool) -> list[Known | None]:
    return pair(observations, Stock(bookings).shelves, usable=lambda _: True, may_contradict=may_contradict)


def test_other_ids_contradict_and_silence_does_not() -> None:
    assert contradicts(alias(end="A"), [alias(end="B")])
    assert contradicts(alias(iban=IBAN_A), [alias(iban=IBAN_B)])
    assert contradicts(alias(reference="1"), [alias(reference="2")])
    assert not contradicts(alias("mt", reference="1"), [alias(reference="2")])
    assert not contradicts(alias(reference="1", end="A"), [alias(reference="2", end="A")])
    assert not contradicts(alias(), [alias(end="A", iban=IBAN_A, reference="1")])


def test_a_batch_reference_does_not_pair_payments_with_other_ids() -> None:
    first, second = known(alias(reference="BATCH", end="1")), known(alias(reference="BATCH", end="2"))
    result = paired(
        [told(alias(reference="BATCH", end="2")), told(alias(reference="BATCH", end="3"))],
        [first, second],
        may_contradict=False,
    )
    assert result == [second, None]


def test_the_count_decides_for_complete_statements_and_contradictions_for_excerpts() -> None:
    booking = known(alias(end="A"))
    other = told(alias(end="B"))
    assert paired([other], [booking], may_contradict=True) == [booking]
    assert paired([other], [booking], may_contradict=False) == [None]


def test_more_observations_than_bookings_leave_the_rest_unpaired() -> None:
    bookings = [known(alias()), known(alias())]
    result = paired([told(alias()) for _ in range(3)], bookings, may_contradict=True)
    assert result.count(None) == 1
    assert {id(item) for item in result if item} == {id(item) for item in bookings}


@given(st.lists(st.sampled_from(["A", "B", ""]), max_size=8), st.lists(st.sampled_from(["A", "B", ""]), max_size=8))
def test_pairing_is_a_matching_and_as_large_as_the_counts_allow(left: list[str], right: list[str]) -> None:
    observations, bookings = [told(alias(end=end)) for end in left], [known(alias(end=end)) for end in right]
    result = paired(observations, bookings, may_contradict=True)
    used = [id(item) for item in result if item is not None]
    assert len(used) == len(set(used)) == min(len(left), len(right))
    for end in ("A", "B"):
        same = sum(
            1 for o, k in zip(observations, result, strict=True) if k and o.alias == k.aliases[0] == alias(end=end)
        )
        assert same == min(left.count(end), right.count(end))


@given(st.permutations(range(6)))
def test_the_order_of_the_entries_does_not_matter(order: list[int]) -> None:
    named = [alias(end="A"), alias(iban=IBAN_A), alias(text="X"), alias(reference="R"), alias(), alias(end="Z")]
    bookings = [known(alias(end="A")), known(alias(iban=IBAN_A)), known(alias(text="X")), known(alias(reference="R"))]
    result = paired([told(named[index]) for index in order], bookings, may_contradict=False)
    by_name = {order[place]: item for place, item in enumerate(result)}
    assert [by_name[index] for index in range(4)] == bookings


def test_a_moved_date_needs_a_reference_that_is_unique_on_both_sides() -> None:
    saturday = known(alias(reference="R"), day=DAY)
    monday = told(alias(reference="R"), day=DAY + timedelta(days=2))
    pairs: list[Known | None] = [None]
    pair_moved([monday], pairs, Stock([saturday]), lambda _: True)
    assert pairs == [saturday]
    for observations, bookings in (
        ([monday], [saturday, known(alias(reference="R"), day=DAY + timedelta(days=1))]),
        ([monday, monday], [saturday]),
        ([told(alias(reference="R"), day=DAY + timedelta(days=6))], [saturday]),
        ([told(alias("mt", reference="R"), day=DAY + timedelta(days=2))], [saturday]),
        ([told(alias(reference="R"), minor=101, day=DAY + timedelta(days=2))], [saturday]),
    ):
        none: list[Known | None] = [None] * len(observations)
        pair_moved(observations, none, Stock(bookings), lambda _: True)
        assert none == [None] * len(observations)


def test_a_value_date_stands_for_a_booking_date_that_was_not_told() -> None:
    booking = known(alias(end="E"), day=DAY, value_day=DAY + timedelta(days=1))
    untold = told(alias("mt", end="E"), day=DAY + timedelta(days=1), day_is_told=False)
    pairs: list[Known | None] = [None]
    pair_untold_days([untold], pairs, Stock([booking]), lambda _: True)
    assert pairs == [booking]
    silent: list[Known | None] = [None]
    pair_untold_days([told(alias("mt"), day=DAY + timedelta(days=1), day_is_told=False)], silent, Stock([booking]),
                     lambda _: True)  # fmt: skip
    assert silent == [None]


def test_singles_of_a_batch_need_its_reference_or_its_count() -> None:
    batch = known(alias(), minor=300)
    batch.is_batch, batch.batch_count, batch.batch_keys = True, 2, {"PMT"}
    singles = [told(alias(end="1"), 100), told(alias(end="2"), 200)]
    (group,) = regroup(singles, [0, 1], [batch], balances_prove=False)
    assert (group.observations, group.bookings) == ((0, 1), (batch,))
    batch.batch_count = 3
    assert regroup(singles, [0, 1], [batch], balances_prove=False) == []
    named = [told(alias(end="1"), 100, keys=frozenset({"PMT"})), told(alias(end="2"), 200, keys=frozenset({"PMT"}))]
    stranger = told(alias(end="3"), 50)
    (group,) = regroup([*named, stranger], [0, 1, 2], [batch], balances_prove=False)
    assert group.observations == (0, 1)


def test_a_detailed_batch_finds_its_singles_by_name() -> None:
    singles = [known(alias(end="1"), 100), known(alias(end="2"), 200), known(alias(end="3"), 50)]
    batch = told(alias(), 300, payments=(payment(100, "1"), payment(200, "2")))
    (group,) = regroup([batch], [0], singles, balances_prove=False)
    assert list(group.bookings) == singles[:2]


def test_the_richest_telling_wins_in_any_order() -> None:
    poor = telling_of(told(alias(), payments=(payment(100, batch=True),)))
    plain = telling_of(told(alias(), payments=(payment(100),)))
    rich = telling_of(told(alias(end="E"), payments=(payment(100, "E", "Rechnung"),)))
    for seed in range(6):
        tellings = [poor, plain, rich]
        Random(seed).shuffle(tellings)
        assert richest(tellings) == rich


def test_twins_are_ordered_by_what_they_say() -> None:
    first, second = (telling_of(told(alias(end=end), payments=(payment(100, end),))) for end in ("A", "B"))
    assert twin_order(first) < twin_order(second)


def test_formats_have_families() -> None:
    names = ["camt.053.001.08", "mt940", "MT942", "finapi-json"]
    assert [format_family(name) for name in names] == ["camt", "mt", "mt", "finapi"]
