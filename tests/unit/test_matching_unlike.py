"""Names ruled out together are those that a close look finds nothing in common with, and nobody else."""

from __future__ import annotations

import random
from typing import Any

from tests.matching_ledger import item, matcher

_TEXT = (
    "Anna Jonas Meyer Meier Maier Mueller Müller Ö Li Ng Bo Schmidt Schmitt Schmid Wassermann Wasser Mann Holzbau Holz "
    "Bau Jena GmbH KG Co und von der Gebäudereinigung Gebaudereinigun Reinigung Maschinenb Maschinenbau Ab C A B 3M 24"
)
_WORDS = _TEXT.split()


def _names(seed: int, count: int) -> list[str]:
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        words = draw.choices(_WORDS, k=draw.randint(1, 4))
        if draw.random() < 0.3:
            place = draw.randrange(len(words))
            words[place] = words[place][: draw.randint(1, 9)]
        made.append(draw.choice([" ", " ", " ? ", "-", ""]).join(words))
    return made


def _index(names: list[str]) -> Any:
    rows = [item(str(place), place + 1, f"D{place:04}", debtor_name=name) for place, name in enumerate(names)]
    # Some debtors have a second name.
    rows += [item(f"9{place}", 1, f"D{place:04}", debtor_name=name) for place, name in enumerate(reversed(names[:40]))]
    return matcher(rows)._items


def test_who_is_ruled_out_has_nothing_in_common_with_the_payer() -> None:
    known, payers = _names(60, 120), ["", "GmbH", *_names(61, 120)]
    index, asked = _index(known), _index(known)
    names = index.names
    names.prime(payers, index.debtor[:0])
    debtors = sorted(set(index.debtor.tolist()))
    pairs = [(payer, debtor) for payer in payers for debtor in debtors]
    names.rule_out([payer for payer, _ in pairs], [debtor for _, debtor in pairs])
    ruled_out = dict(names._compared)
    assert len(ruled_out) > len(pairs) / 3
    assert {pair: asked.names.compare(*pair) for pair in ruled_out} == ruled_out
    missed = [pair for pair in pairs if pair not in ruled_out and asked.names.compare(*pair) == ("none", 0.0)]
    assert len(missed) < len(ruled_out) / 5


def test_the_bearers_of_a_name_are_all_who_have_its_telling_words() -> None:
    known = _names(62, 200)
    names = _index(known).names
    bearers: dict[tuple[str, ...], set[int]] = {}
    for debtor in range(len(known)):
        for own in names.of(debtor):
            bearers.setdefault(tuple(sorted(own)), set()).add(debtor)
    payers = [*known, *_names(63, 200), "", "der GmbH"]
    names.prime(payers[::2], names._owner_debtor[:0])
    for payer in payers:
        words = tuple(sorted(names.payer(payer)))
        assert names.exactly(payer) == (tuple(sorted(bearers.get(words, ()))) if words else ())
