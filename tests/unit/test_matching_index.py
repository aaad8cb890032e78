"""Number series and names: what is inferred from the items alone."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.matching.columns import canonical_name
from tests.matching_ledger import item, matcher


def _index(numbers: list[str], **more: object):  # type: ignore[no-untyped-def]
    return matcher([item(number, 100 + place, f"D{place}", **more) for place, number in enumerate(numbers)])._items


def test_a_year_in_front_is_found() -> None:
    index = _index([f"RE-2026-{count:05d}" for count in range(1, 40)])
    assert index.counters[:3].tolist() == [1, 2, 3]
    assert index.series.prefixes == {"RE"}
    assert index.series.is_own_shape("RE", "202600999")
    assert not index.series.is_own_shape("", "510001234")
    assert index.series.short_year[0] == 2600001


@pytest.mark.parametrize(
    ("numbers", "counters"),
    [
        ([f"2026{count:04d}" for count in range(1, 9)], [1, 2]),
        ([f"26-{count:05d}" for count in range(1, 9)], [1, 2]),
        ([f"{count:04d}/2026" for count in range(1, 9)], [1, 2]),
        ([f"AR{100000 + count}" for count in range(1, 9)], [100001, 100002]),
        ([f"R{count:03d}-{45000 + count}" for count in range(1, 9)], [145001, 245002]),
        ([f"{4711 + count}" for count in range(1, 9)], [-1, -1]),
    ],
)
def test_counting_parts(numbers: list[str], counters: list[int]) -> None:
    found = _index(numbers).counters[:2].tolist()
    assert found == counters


def test_several_series_at_once() -> None:
    index = _index([*(f"RE-2026-{count:05d}" for count in range(9)), *(f"{40000 + count}" for count in range(9))])
    assert index.series.starts_with_digit
    assert index.series.lengths == {5, 9}
    assert index.series.is_own_shape("", "41234")


def test_number_keys_ignore_separators_and_case() -> None:
    index = _index(["RE-2026/00123", "re 7", "Ä-9"])
    assert index.with_key("RE202600123") == (0,)
    assert index.with_key("RE7") == (1,)
    assert index.with_key("AE9") == (2,)
    assert index.row_of("re 7") == 1
    assert index.row_of("RE7") == -1


@pytest.mark.parametrize("text", ["Müller", "MUELLER", "Muller", "MÃ¼ller", "müller"])
def test_umlauts_meet_in_one_form(text: str) -> None:
    assert canonical_name(text) == "MULLER"


@pytest.mark.parametrize(
    ("payer", "level"),
    [
        ("Müller Maschinenbau GmbH", "full"),
        ("MUELLER MASCHINENBAU", "full"),
        ("Maschinenbau Müller GmbH & Co. KG", "full"),
        ("Muellr Maschinenbau", "close"),
        ("Müller Maschinenb", "close"),
        ("Anna Müller", "part"),
        ("Quast", "none"),
        ("", "absent"),
    ],
)
def test_names_against_a_debtor(payer: str, level: str) -> None:
    index = matcher([item("1", 1), item("2", 2, "10002"), item("3", 3, "10003")])._items
    assert index.names.compare(payer, int(index.debtor[0]))[0] == level


def test_rare_words_are_worth_more() -> None:
    rows = [item(str(place), place, f"D{place}", debtor_name=f"Peter Sonder{place}") for place in range(1, 65)]
    names = matcher(rows)._items.names
    assert names.rarity("SONDER3") == 6.0
    assert names.rarity("PETER") == 0.0
    assert [int(name) for name in names.candidates("Peter Sonder7", 10)] == [6]
    assert names.exactly("SONDER7, PETER") == (6,)


def test_open_amounts_move() -> None:
    index = matcher([item("1", 500), item("2", 500, issue_date=date(2026, 1, 1))])._items
    assert index.fitting([500], 0, 9) == [[0, 1]]
    index.move(0, 200)
    assert index.fitting([500, 200], 0, 9) == [[1], [0]]
    index.move(0, 500)
    assert index.fitting([500, 200], 0, 9) == [[0, 1], []]
    assert index.fitting([500], 0, 1) == [None]
    assert index.fitting_of(index.debtor_at[0], 500, 0) == [0, 1]
